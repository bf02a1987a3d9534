//! Entries of the journal in both forms.

use super::{JOURNAL_EXPORT, JOURNAL_JSON};
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
        let mut with_head = b"__CURSOR=1\nMESSAGE\n".to_vec();
        with_head.extend_from_slice(&bytes);
        read(&JOURNAL_EXPORT, &with_head);
    }
}
