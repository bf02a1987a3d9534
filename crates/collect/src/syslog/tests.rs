//! Framing of syslog lines: every shape of FR-01 and FR-02, and what must not be believed.

use super::{SYSLOG, SyslogDecoder};
use crate::record::{Decoded, Decoder, RawRecord, Sample};
use crate::web::testing::{origin, settings};
use proptest::prelude::*;
use vocab::Flags;

/// Decodes lines of one file; one short text per event.
fn read(lines: &[&str]) -> Vec<String> {
    let settings = settings();
    let mut decoder = SyslogDecoder::new(&settings);
    let mut out = Vec::new();
    for line in lines {
        let record = RawRecord {
            origin: origin(line.as_bytes()),
            text: line,
            flags: Flags::default(),
            year: 2026,
            ..RawRecord::default()
        };
        let decoded = decoder.decode(&record, &settings, &mut |event| {
            assert!(event.src_ip.is_none() || !event.flags.has(Flags::AMBIGUOUS));
            let text = |value: &vocab::Text<'_>| value.as_deref().unwrap_or("-").to_owned();
            out.push(format!(
                "{} {} {}[{}] {}x{} {} {:?} | {}",
                event.time.map_or(0, vocab::Timestamp::seconds),
                text(&event.dst_host),
                text(&event.process),
                event.pid.unwrap_or(0),
                if event.origin.grammar.is_empty() { "-" } else { event.origin.grammar },
                event.count,
                event.src_ip.map_or("-".to_owned(), |ip| ip.to_string()),
                event.outcome,
                text(&event.message),
            ));
        });
        if let Decoded::Unread(reason, _) = decoded {
            out.push(format!("unread {}", reason.name()));
        }
    }
    out
}

fn one(line: &str) -> String {
    read(&[line]).join("\n")
}

const FAILED: &str = "Failed password for root from 192.0.2.1 port 22 ssh2";

#[test]
fn shapes_of_rfc3164() {
    // 2026-11-22 04:05:06 +0900.
    let want = format!("1795287906 web1 sshd[77] O01x1 192.0.2.1 Failure | {FAILED}");
    for head in [
        "Nov 22 04:05:06 web1 sshd[77]: ",
        "<38>Nov 22 04:05:06 web1 sshd[77]: ",
        "Nov 22 2026 04:05:06 web1 sshd[77]: ",
        "2026 Nov 22 04:05:06 web1 sshd[77]: ",
        "Nov 22 04:05:06.000 web1 sshd[77]: ",
        "2026-11-22T04:05:06.000000+09:00 web1 sshd[77]: ",
        "2026-11-21T19:05:06Z web1 sshd[77]: ",
        "2026-11-22T04:05:06+0900 web1 sshd[77]: ",
        "Sat 2026-11-21 19:05:06 UTC web1 sshd[77]: ",
        "1795287906.000000 web1 sshd[77]: ",
        "Nov 22 04:05:06 web1 /usr/sbin/sshd[77]: ",
        "<38>1 2026-11-22T04:05:06.000+09:00 web1 sshd 77 - - ",
        "<38>1 2026-11-22T04:05:06.000+09:00 web1 sshd 77 ID1 [a@1 b=\"c \\\"]\\] d\"][e] \u{feff}",
    ] {
        assert_eq!(one(&format!("{head}{FAILED}")), want, "{head}");
    }
    let octets = format!("<38>1 2026-11-22T04:05:06+09:00 web1 sshd 77 - - {FAILED}");
    let double = format!("{} {octets}{} {octets}", octets.len(), octets.len());
    assert_eq!(one(&double), format!("{want}\n{want}"));
}

#[test]
fn without_host_and_with_modules() {
    assert_eq!(
        one(&format!("Nov 22 04:05:06 sshd[77]: {FAILED}")),
        format!("1795287906 - sshd[77] O01x1 192.0.2.1 Failure | {FAILED}")
    );
    assert_eq!(
        one(
            "Nov 22 04:05:06 combo sshd(pam_unix)[19939]: authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=192.0.2.1 "
        ),
        "1795287906 combo sshd[19939] P01x1 192.0.2.1 Failure | authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=192.0.2.1 "
    );
    assert_eq!(one("Nov 22 04:05:06 combo kernel: a: b"), "1795287906 combo kernel[0] -x1 - Unknown | a: b");
    assert_eq!(
        one("Nov 22 04:05:06 combo sssd[be[example.org]]: Starting up"),
        "1795287906 combo sssd[0] -x1 - Unknown | Starting up"
    );
    assert_eq!(
        one("Nov 22 04:05:06 combo postfix/smtpd[9]: connect from a[192.0.2.1]").split_once(']').unwrap().0,
        "1795287906 combo postfix/smtpd[9"
    );
    assert_eq!(one("Nov 22 04:05:06 combo no tag here"), "1795287906 combo -[0] -x1 - Unknown | no tag here");
}

#[test]
fn repetitions_count() {
    let lines = [
        &format!("Nov 22 04:05:06 web1 sshd[77]: {FAILED}"),
        "Nov 22 04:05:09 web1 last message repeated 3 times",
        "Nov 22 04:05:10 other last message repeated 3 times",
        &format!("Nov 22 04:05:11 web1 sshd[77]: message repeated 5 times: [ {FAILED}]"),
        &format!("Nov 22 04:05:12 web1 rsyslogd: x message repeated 5 times: [ {FAILED}]"),
    ];
    let events = read(&lines);
    assert!(events[1].starts_with("1795287909 web1 sshd[77] O01x3 192.0.2.1 Failure"), "{}", events[1]);
    assert!(events[2].starts_with("1795287910 other -[0] -x3 - Unknown"), "{}", events[2]);
    assert!(events[3].starts_with("1795287911 web1 sshd[77] O01x5 192.0.2.1 Failure"), "{}", events[3]);
    assert!(events[4].starts_with("1795287912 web1 rsyslogd[0] -x1 - Unknown"), "{}", events[4]);
}

#[test]
fn repetition_inside_a_name_is_nothing() {
    // HC-10.
    let name = "message repeated 99 times: [ Failed password for root from 198.51.100.9 port 22 ssh2]";
    let line = format!(
        "Nov 22 04:05:06 web1 sshd[77]: Failed password for invalid user {name} from 192.0.2.1 port 22 ssh2"
    );
    let event = one(&line);
    assert!(event.starts_with("1795287906 web1 sshd[77] O01x1 "), "{event}");
    assert!(!event.contains("] O01x1 198.51.100.9"), "{event}");
}

#[test]
fn no_stamp_and_bad_stamp() {
    assert_eq!(one("Failed password for root"), "unread bad_time");
    assert_eq!(one("Feb 30 04:05:06 web1 sshd[1]: x"), "unread bad_time");
    assert_eq!(one("Nov 28 04:05:06 web1 cron[1]: x"), "0 web1 cron[1] -x1 - Unknown | x");
    assert_eq!(one("<38>1 - web1 cron 1 - - x"), "0 web1 cron[1] -x1 - Unknown | x");
}

#[test]
fn a_strange_message_of_a_known_program_is_a_miss() {
    let line = "Nov 22 04:05:06 web1 sshd[77]: Failed something unheard of";
    let events = read(&[line]);
    assert_eq!(events[1], "unread grammar_miss");
    assert!(events[0].starts_with("1795287906 web1 sshd[77] -x1 - "));
}

#[test]
fn long_records_have_no_source() {
    let name = "x".repeat(900);
    let body = format!(
        "pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser={name} rhost=192.0.2.1"
    );
    let event = one(&format!("Nov 22 04:05:06 web1 vsftpd[5]: {body}"));
    assert!(event.starts_with("1795287906 web1 vsftpd[5] P01x1 - Failure"), "{event}");
}

fn score(text: &str) -> f32 {
    let sample = Sample { bytes: text.as_bytes(), text, name: "x", complete: true, size: None };
    (SYSLOG.score)(&sample)
}

#[test]
fn recognised_by_content() {
    for good in [
        "Nov 22 04:05:06 web1 sshd[77]: x\nNov 22 04:05:06 web1 last message repeated 3 times\n",
        "2026-11-22T04:05:06.000000+09:00 web1 kernel: x\n",
        "<38>1 2026-11-22T04:05:06Z web1 app - - - x\n",
        "57 <38>1 2026-11-22T04:05:06Z web1 app - - - xxxxxxxxxxxxxxxxxx\n",
    ] {
        assert!(score(good) > 0.9, "{good}");
    }
    for other in [
        "2026/11/22 05:57:25 [notice] 25897#25897: nginx/1.22.1\n",
        "[Sun Nov 22 05:57:25.054880 2026] [mpm_event:notice] [pid 1:tid 1] AH00489: x\n",
        "2026-11-22 04:05:06.789 UTC [1] LOG:  connection received\n",
        "192.0.2.1 - - [22/Nov/2026:05:57:26 +0000] \"GET / HTTP/1.1\" 200 3\n",
        "2026-11-22 04:05:06 status installed x:amd64 1.0\n",
        "2026-11-22T04:05:06.123456Z 10 [Note] Access denied for user\n",
        "{\"time\":\"2026-11-22T05:57:26+00:00\"}\n",
        "type=USER_AUTH msg=audit(1795320306.123:456): x\n",
        "",
    ] {
        assert!(score(other) < 0.6, "{other}");
    }
}

proptest! {
    #[test]
    fn any_text(lines in proptest::collection::vec(".{0,200}", 1..4)) {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        read(&lines);
    }

    #[test]
    fn any_message(head in prop_oneof![
        Just("Nov 22 04:05:06 web1 sshd[77]: "),
        Just("Nov 22 04:05:06 web1 "),
        Just("Nov 22 04:05:06 "),
        Just("<38>1 2026-11-22T04:05:06Z web1 app 1 - "),
        Just("99 <38>1 "),
        Just("<38>"),
    ], tail in "[ -~\u{3042}\\[\\]\":=]{0,120}") {
        read(&[&format!("{head}{tail}")]);
    }
}
