//! Error logs that real servers wrote (`tests/data/web`), and what hostile names do to them.

use super::apache_error::APACHE_ERROR;
use super::nginx_error::NGINX_ERROR;
use super::testing::{origin, settings};
use crate::record::{Decoded, RawRecord, Sample};
use crate::registry::Format;
use proptest::prelude::*;
use vocab::{Class, Flags, Outcome};

const NGINX: &[u8] = include_bytes!("../../tests/data/web/nginx_error.log");
const APACHE: &[u8] = include_bytes!("../../tests/data/web/apache_error.log");

fn sample(text: &str) -> Sample<'_> {
    Sample { bytes: text.as_bytes(), text, name: "error.log", complete: true, size: None }
}

/// Class, outcome, source, account and flags of each event; unread lines by their reason.
fn read(format: &Format, text: &str) -> Vec<String> {
    let settings = settings();
    let mut decoder = (format.decoder)(&sample(text), &settings);
    let mut out = Vec::new();
    let sink = |event: &vocab::Event<'_>, out: &mut Vec<String>| {
        assert!(event.src_ip.is_none() || !event.flags.has(Flags::AMBIGUOUS));
        out.push(format!(
            "{:?} {:?} {:?} {} {:?}{}",
            event.class,
            event.outcome,
            event.reason,
            event.src_ip.map_or("-".to_owned(), |ip| ip.to_string()),
            event.user.as_deref().unwrap_or("-"),
            if event.flags.has(Flags::AMBIGUOUS) { " ambiguous" } else { "" }
        ));
    };
    for line in text.lines() {
        let record = RawRecord {
            origin: origin(line.as_bytes()),
            text: line,
            flags: Flags::default(),
            year: 0,
            ..RawRecord::default()
        };
        let decoded = decoder.decode(&record, &settings, &mut |event| sink(event, &mut out));
        if let Decoded::Unread(reason, _) = decoded {
            out.push(reason.name().to_owned());
        }
    }
    decoder.finish(&settings, &mut |event| sink(event, &mut out));
    out
}

fn logins(events: &[String]) -> Vec<&String> {
    events.iter().filter(|event| event.starts_with("Authentication")).collect()
}

#[test]
fn real_nginx() {
    let text = String::from_utf8_lossy(NGINX);
    assert!((NGINX_ERROR.score)(&sample(&text)) > 0.9);
    let events = read(&NGINX_ERROR, &text);
    // The file holds two names with line ends; nothing is left unread, and no source is one that a name holds.
    assert!(events.iter().all(|event| event != "grammar_miss"), "{events:#?}");
    let forged = |event: &&String| event.split(' ').nth(3) == Some("198.51.100.9");
    assert_eq!(events.iter().filter(forged).count(), 0);
    let logins = logins(&events);
    let wanted = text.matches("\" was not found in \"/etc/nginx/pw\"").count()
        + text.matches("password mismatch").count();
    assert_eq!(logins.len(), wanted, "{logins:#?}");
    let good = |event: &&&String| event.contains("Failure") && event.contains("203.0.113.7");
    assert_eq!(logins.iter().filter(good).count(), wanted, "{logins:#?}");
    assert!(logins[0].starts_with("Authentication Failure BadSecret 203.0.113.7 \"alice\""));
    assert!(logins[1].starts_with("Authentication Failure UnknownUser 203.0.113.7 \"mallory\""));
}

#[test]
fn real_apache() {
    let text = String::from_utf8_lossy(APACHE);
    assert!((APACHE_ERROR.score)(&sample(&text)) > 0.9);
    let events = read(&APACHE_ERROR, &text);
    assert_eq!(events.len(), text.lines().count());
    let logins = logins(&events);
    let wanted = text.matches(" not found: ").count() + text.matches("Password Mismatch").count() + 1;
    assert_eq!(logins.len(), wanted, "{logins:#?}");
    assert!(
        logins.iter().all(|event| event.contains("Failure") && event.contains("203.0.113.7")),
        "{logins:#?}"
    );
}

#[test]
fn apache_of_2005_and_crashes() {
    let lines = "[Sun Dec 04 04:47:44 2005] [error] [client 192.0.2.1] Directory index forbidden by rule: /var/www/html/\n\
        [Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok /etc/httpd/conf/workers2.properties\n\
        [Sun Dec 04 04:47:44 2005] [notice] child pid 77 exit signal Segmentation fault (11)\n\
        [Sun Nov 22 05:57:25.054880 2026] [core:notice] [pid 1:tid 1] AH00052: child pid 78 exit signal Segmentation fault (11)\n";
    assert_eq!(
        read(&APACHE_ERROR, lines),
        [
            "Network Failure NotAllowed 192.0.2.1 \"-\"",
            "Base Unknown Unknown - \"-\"",
            "Process Failure Unknown - \"-\"",
            "Process Failure Unknown - \"-\"",
        ]
    );
}

const HEAD: &str = "2026/11/22 05:57:26 [error] 9#9: *9 user \"";
const TAIL: &str = "\" was not found in \"/etc/nginx/pw\", client: 192.0.2.1, server: a.example, request: \"GET / HTTP/1.1\", host: \"a.example\"";

#[test]
fn a_name_with_a_forged_end_is_ambiguous() {
    let forged = "x\": password mismatch, client: 198.51.100.9, server: a.example, request: \"GET / HTTP/1.1\", host: \"";
    assert_eq!(
        read(&NGINX_ERROR, &format!("{HEAD}{forged}{TAIL}\n")),
        ["Authentication Failure BadSecret - \"x\" ambiguous"]
    );
    // The same forgery in the referrer, to the right of the true client.
    let line = format!("{HEAD}alice{TAIL}, referrer: \"x, client: 198.51.100.9, server: b\"\n");
    assert_eq!(read(&NGINX_ERROR, &line), ["Authentication Failure UnknownUser - \"alice\" ambiguous"]);
}

#[test]
fn a_whole_forged_line_inside_a_name_has_no_source() {
    let forged = "x\n2026/11/22 05:57:26 [error] 9#9: *8 user \"root\": password mismatch, client: 198.51.100.9, server: a.example, request: \"GET / HTTP/1.1\", host: \"a\"\n";
    let events = read(&NGINX_ERROR, &format!("{HEAD}{forged}{TAIL}\n"));
    assert_eq!(events.len(), 2, "{events:#?}");
    assert_eq!(events[0], "Authentication Failure BadSecret - \"root\" ambiguous");
    assert!(events[1].starts_with("Authentication Failure UnknownUser 192.0.2.1 \"x"), "{events:#?}");
    // Never finished: the attempt still counts.
    assert_eq!(
        read(&NGINX_ERROR, &format!("{HEAD}x\nyy\n")),
        ["Authentication Failure Unknown - \"x\\nyy\" ambiguous"]
    );
}

proptest! {
    #[test]
    fn any_text(text in "([ -~\u{3042}\n]|, client: |\\[error\\]|user \"){0,80}") {
        for head in ["", HEAD, "[Sun Nov 22 05:57:25.054880 2026] [a:error] [pid 1:tid 1] "] {
            for format in [&NGINX_ERROR, &APACHE_ERROR] {
                let text = format!("{head}{text}");
                (format.score)(&sample(&text));
                for event in read(format, &text) {
                    prop_assert!(!event.contains("Success"));
                }
            }
        }
    }
}

#[test]
fn classes() {
    let text = String::from_utf8_lossy(NGINX);
    let events = read(&NGINX_ERROR, &text);
    let refused = events.iter().filter(|event| event.starts_with(&format!("{:?}", Class::Network))).count();
    assert!(
        refused >= 5
            && events.iter().any(|event| event.contains(&format!("{:?} NotAllowed", Outcome::Failure)))
    );
}
