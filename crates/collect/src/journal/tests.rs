//! Entries of the journal in its three forms.

use super::{JOURNAL_EXPORT, JOURNAL_JSON, JOURNAL_VERBOSE};
use crate::record::{Decoded, RawRecord, Sample};
use crate::registry::Format;
use crate::web::testing::{origin, settings};
use proptest::prelude::*;
use vocab::Flags;

fn read(format: &Format, bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let sample = Sample { bytes, text: &text, name: "journal", complete: true, size: None };
    let settings = settings();
    let mut decoder = (format.decoder)(&sample, &settings);
    let mut out = Vec::new();
    let show = |event: &vocab::Event<'_>| {
        assert!(event.src_ip.is_none() || !event.flags.has(Flags::AMBIGUOUS));
        format!(
            "{} {} {}[{}] {} {:?} {:?} {} {}{}",
            event.origin.line,
            event.dst_host.as_deref().unwrap_or("-"),
            event.process.as_deref().unwrap_or("-"),
            event.pid.unwrap_or(0),
            event.origin.grammar,
            event.trust,
            event.outcome,
            event.src_ip.map_or("-".to_owned(), |ip| ip.to_string()),
            event.message.as_deref().unwrap_or("-"),
            event.extra("identity").map(|text| format!(" {text}")).unwrap_or_default(),
        )
    };
    for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let text = String::from_utf8_lossy(line);
        let mut origin = origin(line);
        origin.line = at as u64 + 1;
        let record =
            RawRecord { origin, text: &text, flags: Flags::default(), year: 0, ..RawRecord::default() };
        let decoded = decoder.decode(&record, &settings, &mut |event| out.push(show(event)));
        if let Decoded::Unread(reason, _) = decoded {
            out.push(reason.name().to_owned());
        }
    }
    decoder.finish(&settings, &mut |event| out.push(show(event)));
    out
}

fn json(comm: &str, uid: &str, identifier: &str, message: &str) -> String {
    format!(
        r#"{{"__CURSOR":"s=1","__REALTIME_TIMESTAMP":"1795287906000000","_HOSTNAME":"web1","SYSLOG_IDENTIFIER":"{identifier}","_PID":"77","_UID":"{uid}","_COMM":"{comm}","_TRANSPORT":"syslog","MESSAGE":"{message}"}}"#
    )
}

const FAILED: &str = "Failed password for root from 192.0.2.1 port 22 ssh2";

#[test]
fn json_entries_and_their_trust() {
    let text = [
        json("sshd", "0", "sshd", FAILED),
        json("sshd-session", "0", "sshd-session", FAILED),
        json("logger", "1000", "sshd", FAILED),
        json("sshd", "1000", "sshd", FAILED),
        json("cron", "0", "CRON", "(root) CMD (ls)"),
    ]
    .join("\n");
    let sample = Sample { bytes: text.as_bytes(), text: &text, name: "j", complete: true, size: None };
    assert!((JOURNAL_JSON.score)(&sample) > 0.9);
    assert_eq!(
        read(&JOURNAL_JSON, text.as_bytes()),
        [
            format!("1 web1 sshd[77] O01 Tr2 Failure 192.0.2.1 {FAILED}"),
            format!("2 web1 sshd-session[77] O01 Tr2 Failure 192.0.2.1 {FAILED}"),
            // HC-12: somebody on the host wrote it in sshd's name.
            format!("3 web1 sshd[77] O01 Tr1 Failure - {FAILED} contradicted"),
            format!("4 web1 sshd[77] O01 Tr1 Failure - {FAILED} contradicted"),
            "5 web1 CRON[77] P10 Tr2 Success - (root) CMD (ls)".to_owned(),
        ]
    );
    let bytes = r#"{"__REALTIME_TIMESTAMP":"1795287906000000","SYSLOG_IDENTIFIER":"app","MESSAGE":[227,129,130,27,10]}"#;
    assert_eq!(read(&JOURNAL_JSON, bytes.as_bytes()), ["1 - app[0]  Tr1 Unknown - あ\u{1b}\n"]);
    let twice = json("sshd", "0", "sshd", FAILED).replace("\"_PID\"", "\"MESSAGE\":\"x\",\"_PID\"");
    assert!(read(&JOURNAL_JSON, twice.as_bytes())[0].contains(" - "));
}

const VERBOSE: &str =
    "-- Journal begins at Fri 2026-11-20 09:00:00 JST, ends at Mon 2026-11-23 09:00:00 JST. --
Sun 2026-11-22 04:05:06.000000 JST [s=0a1b;i=2c;b=3d4e;m=5f;t=660ce09e81c80;x=7a]
    _HOSTNAME=web1
    SYSLOG_IDENTIFIER=sshd
    _PID=77
    _UID=0
    _COMM=sshd
    MESSAGE=Failed password for root from 192.0.2.1 port 22 ssh2
-- Boot 3d4e5f --
Sun 2026-11-22 04:05:07.000000 JST [s=0a1b;i=2d;b=3d4e;m=60;t=660ce09f75ec0;x=7b]
    _HOSTNAME=web1
    SYSLOG_IDENTIFIER=app
    MESSAGE=first
                MESSAGE=Failed password for root from 198.51.100.9 port 22 ssh2
            
            SYSLOG_IDENTIFIER=sshd
    STACK=[2.1K blob data]
";

/// A value of several lines names nobody: only what journald set stands behind four spaces (DT-HOS-10).
#[test]
fn verbose_entries_with_values_of_several_lines() {
    let sample = Sample { bytes: VERBOSE.as_bytes(), text: VERBOSE, name: "j", complete: true, size: None };
    assert!((JOURNAL_VERBOSE.score)(&sample) > 0.9);
    assert!((JOURNAL_EXPORT.score)(&sample) < 0.1);
    let seen = read(&JOURNAL_VERBOSE, VERBOSE.as_bytes());
    assert_eq!(
        seen,
        [
            format!("8 web1 sshd[77] O01 Tr2 Failure 192.0.2.1 {FAILED}"),
            "13 web1 app[0]  Tr1 Unknown - first\n    MESSAGE=Failed password for root from 198.51.100.9 port 22 ssh2\n\nSYSLOG_IDENTIFIER=sshd".to_owned(),
        ]
    );
    // A release that does not indent: what stands twice takes the source away.
    let raw = VERBOSE.replace("_PID=77\n", "_PID=77\n    MESSAGE=x\n");
    assert!(read(&JOURNAL_VERBOSE, raw.as_bytes())[0].contains("Unknown"));
    assert_eq!(read(&JOURNAL_VERBOSE, b"no journal\n"), ["grammar_miss"]);
}

#[test]
fn the_time_of_a_verbose_entry_is_that_of_its_cursor() {
    let settings = settings();
    let sample = Sample { bytes: VERBOSE.as_bytes(), text: VERBOSE, name: "j", complete: true, size: None };
    let mut decoder = (JOURNAL_VERBOSE.decoder)(&sample, &settings);
    let mut times = Vec::new();
    for line in VERBOSE.lines() {
        let record = RawRecord { origin: origin(line.as_bytes()), text: line, ..RawRecord::default() };
        decoder.decode(&record, &settings, &mut |event| times.push(event.time.unwrap().to_string()));
    }
    assert_eq!(times, ["2026-11-21T19:05:06Z"]);
}

#[test]
fn export_entries_with_binary_values() {
    let mut text = format!("__CURSOR=s=1\n__REALTIME_TIMESTAMP=1795287906000000\n_HOSTNAME=web1\nSYSLOG_IDENTIFIER=sshd\n_PID=77\n_UID=0\n_COMM=sshd\nMESSAGE={FAILED}\n\n__CURSOR=s=2\n__REALTIME_TIMESTAMP=1795287907000000\nSYSLOG_IDENTIFIER=app\nMESSAGE\n").into_bytes();
    let value =
        b"a\n\nMESSAGE=Failed password for root from 198.51.100.9 port 22 ssh2\nSYSLOG_IDENTIFIER=sshd\n";
    text.extend_from_slice(&(value.len() as u64).to_le_bytes());
    text.extend_from_slice(value);
    text.extend_from_slice(b"\n_PID=9\n\n");
    let sample = Sample { bytes: &text, text: "", name: "j", complete: true, size: None };
    assert!((JOURNAL_EXPORT.score)(&sample) > 0.9);
    let events = read(&JOURNAL_EXPORT, &text);
    assert_eq!(events.len(), 2, "{events:#?}");
    assert_eq!(events[0], format!("8 web1 sshd[77] O01 Tr2 Failure 192.0.2.1 {FAILED}"));
    assert!(events[1].contains(" - app[9]  Tr1 Unknown - a\n\nMESSAGE=Failed"), "{events:#?}");
}

proptest! {
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'='), Just(b'A'), any::<u8>()], 0..120)) {
        read(&JOURNAL_EXPORT, &bytes);
        read(&JOURNAL_JSON, &bytes);
        read(&JOURNAL_VERBOSE, &bytes);
        let mut with_head = b"__CURSOR=1\nMESSAGE\n".to_vec();
        with_head.extend_from_slice(&bytes);
        read(&JOURNAL_EXPORT, &with_head);
    }
}
