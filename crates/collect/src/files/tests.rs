//! One short file of every kind.

use crate::record::{Decoded, RawRecord, Sample};
use crate::registry::FORMATS;
use crate::web::testing::{origin, settings};
use proptest::prelude::*;
use vocab::Flags;

fn best(text: &str) -> (&'static str, f32) {
    let sample = Sample { bytes: text.as_bytes(), text, name: "x", complete: true, size: None };
    let mut best = ("", 0.0);
    for format in FORMATS {
        let score = (format.score)(&sample);
        if score > best.1 {
            best = (format.name, score);
        }
    }
    best
}

fn read(name: &str, text: &str) -> Vec<String> {
    let format = FORMATS.iter().find(|format| format.name == name).unwrap();
    let sample = Sample { bytes: text.as_bytes(), text, name: "x", complete: true, size: None };
    let settings = settings();
    let mut decoder = (format.decoder)(&sample, &settings);
    let mut out = Vec::new();
    let show = |event: &vocab::Event<'_>| {
        let text = |value: &vocab::Text<'_>| value.as_deref().unwrap_or("-").to_owned();
        format!(
            "{} {:?} {} {:?} {} {} {}",
            event.time.map_or(0, vocab::Timestamp::seconds),
            event.class,
            event.origin.grammar,
            event.outcome,
            event.src_ip.map_or("-".to_owned(), |ip| ip.to_string()),
            text(&event.user),
            text(&event.message),
        )
    };
    for line in text.lines() {
        let record = RawRecord {
            origin: origin(line.as_bytes()),
            text: line,
            flags: Flags::default(),
            year: 0,
            ..RawRecord::default()
        };
        let decoded = decoder.decode(&record, &settings, &mut |event| out.push(show(event)));
        if let Decoded::Unread(reason, _) = decoded {
            out.push(reason.name().to_owned());
        }
    }
    decoder.finish(&settings, &mut |event| out.push(show(event)));
    out
}

#[test]
fn json_lines() {
    let text = "{\"time\":\"2026-11-22T05:57:26Z\",\"level\":\"warn\",\"msg\":\"hello\",\"n\":{\"a\":1}}\n\
        {\"date\":1795327046.5,\"host\":\"web1\",\"ident\":\"sshd\",\"pid\":\"7\",\"message\":\"Failed password for root from 192.0.2.1 port 22 ssh2\"}\n\
        {\"broken\":\n";
    assert_eq!(best(text).0, "json");
    assert_eq!(
        read("json", text),
        [
            "1795327046 Base  Unknown - - hello",
            "1795327046 Authentication O01 Failure 192.0.2.1 root Failed password for root from 192.0.2.1 port 22 ssh2",
            "corrupt",
        ]
    );
    assert_eq!(best("[\n  {\n    \"a\": 1\n  },\n  {\n    \"a\": 2\n  }\n]\n").0, "json");
}

#[test]
fn csv_with_japanese_header() {
    let text = "日時,利用者,接続元,結果\n2026/11/22 14:57:26,山田,192.0.2.1,\"失敗, \"\"x\"\"\"\n2026/11/22 14:57:27,a\n";
    assert_eq!(best(text).0, "csv");
    assert_eq!(
        read("csv", text),
        [
            "1795327046 Base  Unknown - - 2026/11/22 14:57:26,山田,192.0.2.1,\"失敗, \"\"x\"\"\"",
            "grammar_miss",
        ]
    );
}

#[test]
fn vsftpd_own_log() {
    let text = "Sun Nov 22 14:57:26 2026 [pid 2] CONNECT: Client \"192.0.2.1\"\n\
        Sun Nov 22 14:57:26 2026 [pid 1] [x] OK LOGIN: Client \"198.51.100.9] FAIL LOGIN: Client \"::ffff:192.0.2.1\"\n\
        Sun Nov 22 14:57:26 2026 [pid 1] [alice] OK LOGIN: Client \"192.0.2.1\"\n";
    assert_eq!(best(text).0, "vsftpd");
    let events = read("vsftpd", text);
    assert!(events[0].starts_with("1795327046 Network M05 Unknown 192.0.2.1"), "{events:#?}");
    assert!(events[1].starts_with("1795327046 Authentication M05 Failure 192.0.2.1 x] OK"), "{events:#?}");
    assert!(events[2].starts_with("1795327046 Authentication M05 Success 192.0.2.1 alice"), "{events:#?}");
}

#[test]
fn packages() {
    let text = "2026-11-22 14:57:26 startup archives unpack\n2026-11-22 14:57:26 install nmap:amd64 <none> 7.93\n2026-11-22 14:57:26 status installed nmap:amd64 7.93\n";
    assert_eq!(best(text).0, "dpkg");
    assert_eq!(read("dpkg", text)[1], "1795327046 Base  Unknown - - install nmap:amd64 <none> 7.93");
    let text = "\nStart-Date: 2026-11-22  14:57:26\nCommandline: apt install nmap\nRequested-By: alice (1000)\nInstall: nmap:amd64 (7.93)\nEnd-Date: 2026-11-22  14:57:30\n";
    assert_eq!(best(text).0, "apt_history");
    assert_eq!(
        read("apt_history", text),
        [
            "1795327046 Process  Success - alice Commandline: apt install nmap; Requested-By: alice (1000); Install: nmap:amd64 (7.93)"
        ]
    );
}

#[test]
fn databases() {
    let text = "2026-11-22 14:57:26.789 JST [77] LOG:  connection received: host=192.0.2.1 port=4711\n\
        2026-11-22 14:57:26.790 JST [77] x@db FATAL:  password authentication failed for user \"x\"\n\
        2026-11-22 14:57:26.790 JST [77] x@db DETAIL:  Connection matched pg_hba.conf line 5\n\
        \tcontinued\n\
        2026-11-22 14:57:27.000 JST [78] x@db FATAL:  no pg_hba.conf entry for host \"192.0.2.1\", user \"x\", host \"198.51.100.9\", user \"y\", database \"db\", no encryption\n\
        2026-11-22 14:57:27.000 JST [79] a LOG:  connection authorized: user=root database=x@db FATAL:  role \"z\" does not exist\n\
        2026-11-22 14:57:27.000 JST [77] LOG:  connection authorized: user=alice database=db\n";
    assert_eq!(best(text).0, "postgresql");
    let events = read("postgresql", text);
    assert!(events[0].starts_with("1795327046 Network D02 Unknown 192.0.2.1"), "{events:#?}");
    assert!(events[1].starts_with("1795327046 Authentication D02 Failure 192.0.2.1 x "), "{events:#?}");
    assert!(
        events[3].starts_with("1795327047 Authentication D02 Failure 192.0.2.1 x\", host"),
        "{events:#?}"
    );
    assert!(events[4].starts_with("1795327047 Authentication D02 Failure - z "), "{events:#?}");
    assert!(events[5].starts_with("1795327047 Authentication D02 Success 192.0.2.1 alice "), "{events:#?}");

    let text = "2026-11-22T05:57:26.123456Z 10 [Note] [MY-010926] [Server] Access denied for user 'root'@'192.0.2.1' (using password: YES)\n\
        2026-11-22 14:57:26 10 [Warning] Access denied for user 'x'@'198.51.100.9' (using password: YES)'@'192.0.2.1' (using password: NO)\n\
        2026-11-22  4:57:26 10 [Warning] Access denied for user 'x'@'198.51.100.9' to database 'a'@'192.0.2.1' to database 'b'\n";
    assert_eq!(best(text).0, "mysql_error");
    let events = read("mysql_error", text);
    assert!(events[0].starts_with("1795327046 Authentication D01 Failure 192.0.2.1 root"), "{events:#?}");
    assert!(events[1].starts_with("1795327046 Authentication D01 Failure 192.0.2.1 x'@'198"), "{events:#?}");
    assert!(events[2].starts_with("1795291046 Authentication D01 Failure - - "), "{events:#?}");
}

#[test]
fn exim() {
    let text = "2026-11-22 14:57:26 plain_login authenticator failed for (x) [192.0.2.1]:4711: 535 Incorrect authentication data (set_id=alice)\n\
        2026-11-22 14:57:26 [9] dovecot_login authenticator failed for a.example (x) [198.51.100.9]: 535 y) [192.0.2.1]:4711 I=[203.0.113.5]:25: 535 Incorrect authentication data\n\
        2026-11-22 14:57:26 1tQabc-0001Ab-2C <= a@b H=a.example (x) [192.0.2.1]:4711 P=esmtpsa A=plain_login:alice S=1\n";
    assert_eq!(best(text).0, "exim");
    let events = read("exim", text);
    assert!(events[0].starts_with("1795327046 Authentication M03 Failure 192.0.2.1 alice"), "{events:#?}");
    assert!(events[1].starts_with("1795327046 Authentication M03 Failure - - "), "{events:#?}");
    assert!(events[2].starts_with("1795327046 Authentication M03 Success 192.0.2.1 alice"), "{events:#?}");
}

proptest! {
    #[test]
    fn any_text(text in "([ -~\u{3042}\n\t]|Start-Date: |日時,|\"){0,60}") {
        best(&text);
        for name in ["json", "csv", "vsftpd", "dpkg", "apt_history", "postgresql", "mysql_error", "exim"] {
            read(name, &text);
            read(name, &format!("日時,b\n{text}"));
            read(name, &format!("2026-11-22 14:57:26 [9] a@b LOG:  x authenticator failed for {text}"));
            read(name, &format!("2026-11-22 14:57:26 9 [Note] Access denied for user '{text}"));
        }
    }
}
