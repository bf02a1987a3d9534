//! JSON, LTSV and W3C access logs.

use super::named::{WEB_JSON, WEB_LTSV};
use super::testing::{origin, settings};
use super::w3c::W3C;
use crate::record::{Decoded, RawRecord, Sample};
use crate::registry::Format;
use proptest::prelude::*;
use vocab::Flags;

const JSON: &[u8] = include_bytes!("../../tests/data/web/nginx_json.log");
const LTSV: &[u8] = include_bytes!("../../tests/data/web/nginx_ltsv.log");

fn sample(text: &str) -> Sample<'_> {
    Sample { bytes: text.as_bytes(), text, name: "access.log", complete: true, size: None }
}

fn read(format: &Format, text: &str) -> Vec<String> {
    let settings = settings();
    let mut decoder = (format.decoder)(&sample(text), &settings);
    let mut out = Vec::new();
    for line in text.lines() {
        let record = RawRecord {
            origin: origin(line.as_bytes()),
            text: line,
            flags: Flags::default(),
            year: 0,
            ..RawRecord::default()
        };
        let decoded = decoder.decode(&record, &settings, &mut |event| {
            assert!(event.src_ip.is_none() || !event.flags.has(Flags::AMBIGUOUS));
            let text = |value: &vocab::Text<'_>| value.as_deref().unwrap_or("-").to_owned();
            out.push(format!(
                "{} {} {} {} {} {} {} {:?} {}{}",
                event.time.map_or(0, vocab::Timestamp::seconds),
                event.src_ip.map_or("-".to_owned(), |ip| ip.to_string()),
                text(&event.user),
                text(&event.http_method),
                text(&event.url_path),
                text(&event.url_query),
                event.http_status.unwrap_or(0),
                event.outcome,
                text(&event.user_agent),
                if event.flags.has(Flags::AMBIGUOUS) { " ambiguous" } else { "" },
            ));
        });
        if let Decoded::Unread(reason, _) = decoded {
            out.push(reason.name().to_owned());
        }
    }
    out
}

#[test]
fn real_json_and_ltsv_agree_with_each_other() {
    let (json_text, ltsv_text) = (String::from_utf8_lossy(JSON), String::from_utf8_lossy(LTSV));
    assert!((WEB_JSON.score)(&sample(&json_text)) > 0.9);
    assert!((WEB_LTSV.score)(&sample(&ltsv_text)) > 0.9);
    let (json, ltsv) = (read(&WEB_JSON, &json_text), read(&WEB_LTSV, &ltsv_text));
    assert_eq!(json.len(), json_text.lines().count());
    assert_eq!(ltsv.len(), ltsv_text.lines().count());
    assert_eq!(json[1], "1795327046 203.0.113.7 - GET /a b=c 404 Failure Mozilla/5.0 (X11)");
    assert_eq!(json[1], ltsv[1]);
    assert_eq!(json[3], "1795327046 203.0.113.7 alice GET /secret/ - 401 Failure -");
    assert!(json.iter().all(|event| event.contains(" 203.0.113.7 ")), "{json:#?}");
    assert!(ltsv.iter().all(|event| event.contains(" 203.0.113.7 ")), "{ltsv:#?}");
}

#[test]
fn other_products() {
    let caddy = r#"{"level":"info","ts":1795327046.5,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"192.0.2.1","remote_port":"4711","client_ip":"192.0.2.1","proto":"HTTP/2.0","method":"GET","host":"a.example","uri":"/x?y=z","headers":{"User-Agent":["curl/8"]}},"user_id":"","duration":0.001,"size":12,"status":200}"#;
    assert!((WEB_JSON.score)(&sample(caddy)) > 0.9);
    assert_eq!(read(&WEB_JSON, caddy), ["1795327046 192.0.2.1 - GET /x y=z 200 Success curl/8"]);
    let traefik = r#"{"ClientAddr":"192.0.2.1:4711","ClientHost":"192.0.2.1","ClientUsername":"-","DownstreamStatus":404,"Duration":1500000,"RequestMethod":"GET","RequestPath":"/x","StartUTC":"2026-11-22T05:57:26.123Z","request_User-Agent":"curl/8"}"#;
    assert_eq!(read(&WEB_JSON, traefik), ["1795327046 192.0.2.1 - GET /x - 404 Failure curl/8"]);
}

#[test]
fn iis() {
    let text = "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n\
        #Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status sc-substatus sc-win32-status time-taken\n\
        2026-11-22 05:57:26 203.0.113.5 GET /a b=c 443 - 192.0.2.1 Mozilla/5.0+(X11) 200 0 0 15\n\
        2026-11-22 05:57:26 203.0.113.5 GET /x+198.51.100.9 - 443 D\\u 192.0.2.1 x y 401 1 2148074254 15\n\
        #Fields: date time c-ip cs-method cs-uri-stem sc-status\n\
        2026-11-22 05:57:26 192.0.2.1 POST /b 500\n";
    assert!((W3C.score)(&sample(text)) > 0.9);
    assert_eq!(
        read(&W3C, text),
        [
            "1795327046 192.0.2.1 - GET /a b=c 200 Success Mozilla/5.0+(X11)",
            "1795327046 - D\\u GET /x+198.51.100.9 - 0 Unknown x ambiguous",
            "1795327046 192.0.2.1 - POST /b - 500 Failure -",
        ]
    );
}

#[test]
fn twice_named_is_ambiguous() {
    let json = r#"{"remote_addr":"192.0.2.1","time":"2026-11-22T05:57:26Z","request":"GET / HTTP/1.1","status":200,"agent":"x","remote_addr":"198.51.100.9"}"#;
    assert_eq!(read(&WEB_JSON, json), ["1795327046 - - GET / - 200 Success x ambiguous"]);
    let ltsv = "host:192.0.2.1\ttime:22/Nov/2026:05:57:26 +0000\treq:GET / HTTP/1.1\tstatus:200\tua:x\thost:198.51.100.9";
    assert_eq!(read(&WEB_LTSV, ltsv), ["1795327046 - - GET / - 200 Success x ambiguous"]);
}

proptest! {
    #[test]
    fn any_text(text in "[ -~\t\u{3042}\n]{0,80}") {
        for head in ["", "{\"remote_addr\":\"", "host:192.0.2.1\t", "#Fields: c-ip time sc-status\n"] {
            for format in [&WEB_JSON, &WEB_LTSV, &W3C] {
                let text = format!("{head}{text}");
                (format.score)(&sample(&text));
                read(format, &text);
            }
        }
    }
}
