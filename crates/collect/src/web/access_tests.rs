//! Tests of the access-log decoder: layouts, escapes, hostile requests (HC cases of detection.md 6.4).

use super::access::{AccessDecoder, Layout};
use super::proxies::{Prefix, TrustedProxies};
use crate::record::{Decoded, Decoder, RawRecord, Sample, Settings};
use crate::web::testing::{origin, settings};
use proptest::prelude::*;
use vocab::{Event, Flags, Outcome, Reason, Timestamp};

const COMBINED: &str = "203.0.113.7 - - [22/Nov/2026:04:05:06 +0900] \"GET /a?b=c HTTP/1.1\" 200 512 \
                        \"https://example.org/\" \"Mozilla/5.0 (X11)\"";

fn sample<'a>(text: &'a str, name: &'a str) -> Sample<'a> {
    Sample { bytes: text.as_bytes(), text, name, complete: true, size: None }
}

fn with<T>(learn: &str, line: &str, test: impl FnOnce(&Event<'_>) -> T) -> T {
    let mut decoder = AccessDecoder::new(&Layout::learn(&sample(learn, "log")), TrustedProxies::default());
    run(&mut decoder, &settings(), line, test)
}

fn run<T>(
    decoder: &mut dyn Decoder,
    settings: &Settings,
    line: &str,
    test: impl FnOnce(&Event<'_>) -> T,
) -> T {
    let record = RawRecord {
        origin: origin(line.as_bytes()),
        text: line,
        flags: Flags::default(),
        year: 0,
        ..RawRecord::default()
    };
    let (mut test, mut result) = (Some(test), None);
    let decoded = decoder.decode(&record, settings, &mut |event| {
        result = Some((test.take().expect("one event"))(event));
    });
    assert_eq!(decoded, Decoded::Events, "{line}");
    result.expect("an event")
}

fn ip(event: &Event<'_>) -> String {
    event.src_ip.map(|ip| ip.to_string()).unwrap_or_default()
}

#[test]
fn combined_line() {
    with(COMBINED, COMBINED, |event| {
        assert_eq!(ip(event), "203.0.113.7");
        assert_eq!(event.time, Some(Timestamp::from_seconds(1_795_287_906)));
        assert_eq!(event.tz_offset_min, Some(540));
        assert_eq!(event.activity, 3);
        assert_eq!(event.http_method.as_deref(), Some("GET"));
        assert_eq!(event.url_path.as_deref(), Some("/a"));
        assert_eq!(event.url_query.as_deref(), Some("b=c"));
        assert_eq!(event.http_status, Some(200));
        assert_eq!(event.bytes_out, Some(512));
        assert_eq!(event.referrer.as_deref(), Some("https://example.org/"));
        assert_eq!(event.user_agent.as_deref(), Some("Mozilla/5.0 (X11)"));
        assert_eq!(event.user, None);
        assert_eq!(event.outcome, Outcome::Success);
    });
}

#[test]
fn layouts_are_learned() {
    let common = "203.0.113.7 - alice [22/Nov/2026:04:05:06 +0900] \"POST /x HTTP/1.0\" 401 -";
    with(common, common, |event| {
        assert_eq!((event.user.as_deref(), event.bytes_out), (Some("alice"), None));
        assert_eq!((event.outcome, event.reason), (Outcome::Failure, Reason::BadSecret));
    });
    let vhost = format!("www.example.org:443 {COMBINED}");
    with(&vhost, &vhost, |event| {
        assert_eq!((ip(event).as_str(), event.service.as_deref()), ("203.0.113.7", Some("www.example.org")));
        assert_eq!(event.dst_port, Some(443));
    });
    let swapped = "203.0.113.7 - - [22/Nov/2026:04:05:06 +0900] \"GET / HTTP/1.1\" 200 5 \"Mozilla/5.0 (X)\" \
                   \"https://example.org/\"";
    with(swapped, swapped, |event| {
        assert_eq!(event.user_agent.as_deref(), Some("Mozilla/5.0 (X)"));
        assert_eq!(event.referrer.as_deref(), Some("https://example.org/"));
    });
    let timed = format!("{COMBINED} \"198.51.100.9\" 0.120 abc");
    with(&timed, &timed, |event| {
        assert_eq!((ip(event).as_str(), event.latency_us), ("203.0.113.7", Some(120_000)));
        assert_eq!(event.extra("x_forwarded_for"), Some("198.51.100.9"));
        assert_eq!(event.extra("column_5"), Some("abc"));
    });
}

#[test]
fn forwarded_addresses_only_from_trusted_proxies() {
    let line = format!("{COMBINED} \"198.51.100.9, 203.0.113.5\"");
    let layout = Layout::learn(&sample(&line, "log"));
    let trusted = TrustedProxies(vec![Prefix { address: [203, 0, 113, 7].into(), bits: 32 }]);
    run(&mut AccessDecoder::new(&layout, trusted), &settings(), &line, |event| {
        assert_eq!(ip(event), "203.0.113.5");
        assert_eq!(event.proxy_chain.as_deref(), Some("198.51.100.9, 203.0.113.5, 203.0.113.7"));
    });
}

#[test]
fn odd_requests_keep_the_address() {
    let line = |request: &str| {
        format!("203.0.113.7 - - [22/Nov/2026:04:05:06 +0900] \"{request}\" 400 0 \"-\" \"-\"")
    };
    for request in ["", "-", r"\x16\x03\x01\x02\x00", "GET /a b  c HTTP/1.1", "GET /old", r#"\"\" [\"#] {
        with(COMBINED, &line(request), |event| {
            assert_eq!(ip(event), "203.0.113.7", "{request}");
            assert_eq!(event.http_status.or(Some(400)), Some(400), "{request}");
        });
    }
    with(COMBINED, &line(r"GET /\x22\x5C?q=\xE8\xA1\xA8 HTTP/1.1"), |event| {
        assert_eq!(event.url_path.as_deref(), Some("/\"\\"));
        assert_eq!(event.url_query.as_deref(), Some("q=表"));
    });
}

#[test]
fn users_may_hold_anything() {
    let line = |user: &str, status: u16| {
        format!("203.0.113.7 - {user} [22/Nov/2026:04:05:06 +0900] \"GET / HTTP/1.1\" {status} 5 \"-\" \"-\"")
    };
    for (user, expected) in [
        ("x from 198.51.100.9 port 22", "x from 198.51.100.9 port 22"),
        (" lead", " lead"),
        ("\"\"", ""),
        ("", ""),
        (r#"a\" [22/Nov/2026:04:05:06 +0900] \"GET"#, "a\" [22/Nov/2026:04:05:06 +0900] \"GET"),
        ("[198.51.100.9]", "[198.51.100.9]"),
    ] {
        with(COMBINED, &line(user, 401), |event| {
            assert_eq!(ip(event), "203.0.113.7", "{user}");
            assert_eq!(event.user.as_deref(), Some(expected));
            assert_eq!(event.reason, Reason::BadSecret);
        });
    }
}

#[test]
fn forged_lines_inside_an_agent_are_one_event() {
    let forged = r#"x\" 200 1 \"-\" \"-\"\n198.51.100.9 - root [22/Nov/2026:04:05:06 +0900] \"GET /"#;
    let line =
        format!("203.0.113.7 - - [22/Nov/2026:04:05:06 +0900] \"GET / HTTP/1.1\" 404 5 \"-\" \"{forged}\"");
    with(COMBINED, &line, |event| {
        assert_eq!(
            (ip(event).as_str(), event.http_status, event.user.as_deref()),
            ("203.0.113.7", Some(404), None)
        );
        assert!(event.user_agent.as_deref().is_some_and(|agent| agent.contains("\n198.51.100.9")));
    });
}

#[test]
fn unescaped_quotes_are_ambiguous_when_they_change_the_outcome() {
    // escape=none: the user column holds a whole line.
    let line = "203.0.113.7 - a [22/Nov/2026:04:05:06 +0900] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\" \
                [22/Nov/2026:04:05:07 +0900] \"GET / HTTP/1.1\" 401 5 \"-\" \"-\"";
    with(COMBINED, line, |event| {
        assert!(event.flags.has(Flags::AMBIGUOUS));
        assert_eq!(event.src_ip, None);
        assert!(event.readings.iter().any(|reading| reading.outcome == Outcome::Failure));
        assert!(event.readings.iter().all(|reading| reading.src_ip.is_some()));
    });
    // Quotes that leave one reading only are accepted.
    let line =
        "203.0.113.7 - - [22/Nov/2026:04:05:06 +0900] \"GET /\"x\" HTTP/1.1\" 404 5 \"-\" \"say \"hi\"\"";
    with(COMBINED, line, |event| {
        assert_eq!((ip(event).as_str(), event.http_status), ("203.0.113.7", Some(404)));
        assert_eq!(event.url_path.as_deref(), Some("/\"x\""));
        assert!(!event.flags.has(Flags::AMBIGUOUS));
    });
}

#[test]
fn cut_lines_and_bad_times_keep_the_address() {
    with(COMBINED, "203.0.113.7 - - [22/Nov/2026:04:05:06 +0900] \"GET /aaaa", |event| {
        assert_eq!((ip(event).as_str(), event.http_status), ("203.0.113.7", None));
        assert!(event.flags.has(Flags::TRUNCATED));
    });
    with(COMBINED, &COMBINED.replace("04:05:06", "04:05:61"), |event| {
        assert!(event.flags.has(Flags::BAD_TIME));
        assert_eq!((ip(event).as_str(), event.time), ("203.0.113.7", None));
    });
}

#[test]
fn names_and_mapped_addresses() {
    with(COMBINED, &COMBINED.replace("203.0.113.7", "::ffff:203.0.113.7"), |event| {
        assert_eq!(ip(event), "203.0.113.7");
    });
    with(COMBINED, &COMBINED.replace("203.0.113.7", "198.51.100.9.example.org"), |event| {
        assert_eq!((ip(event).as_str(), event.src_host.as_deref()), ("", Some("198.51.100.9.example.org")));
    });
    with(
        COMBINED,
        &COMBINED.replace("[22/Nov/2026:04:05:06 +0900]", "[2026-11-22T04:05:06+09:00]"),
        |event| {
            assert_eq!(event.time, Some(Timestamp::from_seconds(1_795_287_906)));
        },
    );
}

#[test]
fn recognition() {
    let score = super::access::ACCESS.score;
    assert!(score(&sample(COMBINED, "x")) > 0.6);
    assert!(score(&sample("Nov 22 04:05:06 h sshd[1]: Failed password for root", "access.log")) < 0.1);
    assert!(score(&sample("[Sun Dec 04 04:47:44 2005] [notice] \"x\" y", "error.log")) < 0.1);
}

/// Writes a field as nginx does.
fn nginx(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'"' | b'\\' | 0..=31 | 127..=255 => out.push_str(&format!("\\x{byte:02X}")),
            _ => out.push(char::from(byte)),
        }
        out
    })
}

/// Writes a field as Apache does.
fn apache(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b'\n' => out.push_str("\\n"),
            0..=31 | 127..=255 => out.push_str(&format!("\\x{byte:02x}")),
            _ => out.push(char::from(byte)),
        }
        out
    })
}

proptest! {
    #[test]
    fn any_text_is_survived(line in "\\PC*|[0-9 .\\[\\]\"\\\\/:a-z-]{0,200}") {
        let mut decoder = AccessDecoder::new(&Layout::learn(&sample(COMBINED, "log")), TrustedProxies::default());
        let record = RawRecord { origin: origin(line.as_bytes()), text: &line, flags: Flags::default(), year: 0, ..RawRecord::default() };
        let first = super::proxies::address(line.split(' ').next().unwrap_or_default());
        decoder.decode(&record, &settings(), &mut |event| {
            assert!(event.src_ip.is_none() || event.src_ip == first || event.src_port.is_some());
        });
    }

    /// Whatever the client sends, an escaped line gives the true first token, the true status and the text as sent.
    #[test]
    fn escaped_lines_are_read_as_written(
        address in any::<[u8; 4]>(), path in "\\PC{0,40}|[ \"\\\\\\[\\]0-9]{0,40}", user in "\\PC{1,30}|[ \"\\\\\\[\\]0-9]{1,30}",
        agent in "\\PC{1,60}|([ \"\\\\\\[\\]0-9]|\" 200 1 \"){1,20}", is_nginx in any::<bool>(),
    ) {
        let write = |text: &str| if is_nginx { nginx(text) } else { apache(text) };
        let address = std::net::IpAddr::from(address);
        let line = format!("{address} - {} [22/Nov/2026:04:05:06 +0900] \"GET /{} HTTP/1.1\" 404 5 \"-\" \"{}\"",
            write(&user), write(&path), write(&agent));
        with(COMBINED, &line, |event| {
            prop_assert_eq!(event.src_ip, Some(address));
            prop_assert_eq!(event.http_status, Some(404));
            if user != "-" { prop_assert_eq!(event.user.as_deref(), Some(user.as_str())); }
            if agent != "-" { prop_assert_eq!(event.user_agent.as_deref(), Some(agent.as_str())); }
            Ok(())
        })?;
    }

    /// Without any escape (nginx `escape=none`) the address is the first token or none, and never a forged success.
    #[test]
    fn unescaped_lines_never_give_another_address(
        user in "([ \"\\[\\]0-9a-z]|\" 200 1 |\\[22/Nov/2026:04:05:06 \\+0900\\] \"GET / HTTP/1.1\" 200 5){1,6}",
    ) {
        let line = format!("203.0.113.7 - {user} [22/Nov/2026:04:05:06 +0900] \"GET / HTTP/1.1\" 401 5 \"-\" \"-\"");
        let mut decoder = AccessDecoder::new(&Layout::learn(&sample(COMBINED, "log")), TrustedProxies::default());
        let record = RawRecord { origin: origin(line.as_bytes()), text: &line, flags: Flags::default(), year: 0, ..RawRecord::default() };
        decoder.decode(&record, &settings(), &mut |event| {
            assert!(event.src_ip.is_none() || event.src_ip == Some([203, 0, 113, 7].into()));
            assert_ne!(event.outcome, Outcome::Success, "{line}");
        });
    }
}
