//! One entry of the journal, whatever its form.

use crate::record::{Decoded, Settings, Sink};
use crate::syslog::{Delivery, deliver, program_name};
use crate::time::within_reason;
use crate::unread::Shapes;
use std::borrow::Cow;
use vocab::{Class, Event, Flags, Origin, Reading, Timestamp, Trust, activity};

/// Fields of an entry, looked up by name.
pub(super) trait Fields {
    /// Value of a field.
    fn get(&self, name: &str) -> Option<&str>;
}

/// Makes the event of an entry and hands it over. `doubtful` = a field stood twice.
pub(super) fn emit<'a>(
    fields: &'a dyn Fields,
    origin: Origin<'a>,
    flags: Flags,
    doubtful: bool,
    settings: &'a Settings,
    misses: &mut Shapes,
    sink: &mut Sink<'_>,
) -> Decoded {
    let get = |name: &str| fields.get(name).filter(|value| !value.is_empty());
    let program = get("SYSLOG_IDENTIFIER").or_else(|| get("_COMM")).unwrap_or_default();
    let body = get("MESSAGE").unwrap_or_default();
    let host = get("_HOSTNAME").unwrap_or(&settings.host);
    let pid = get("SYSLOG_PID").or_else(|| get("_PID")).and_then(|pid| pid.trim().parse().ok());
    let stamp = get("_SOURCE_REALTIME_TIMESTAMP").or_else(|| get("__REALTIME_TIMESTAMP"));
    let mut event = Event {
        time: stamp
            .and_then(|micros| micros.parse().ok())
            .map(Timestamp)
            .filter(|time| within_reason(*time, settings.clock)),
        original_time: stamp.map(Cow::Borrowed),
        dst_host: (!host.is_empty()).then_some(Cow::Borrowed(host)),
        process: (!program.is_empty()).then(|| Cow::Borrowed(program_name(program))),
        pid,
        message: Some(Cow::Borrowed(body)),
        severity: get("PRIORITY").and_then(|text| text.parse().ok()).map_or(0, severity),
        count: 1,
        trust: Trust::Tr1,
        flags,
        origin,
        ..Event::default()
    };
    if event.time.is_none() {
        event.flags.set(Flags::BAD_TIME);
    }
    for name in ["_UID", "_COMM", "_EXE", "_CMDLINE", "_SYSTEMD_UNIT", "_TRANSPORT", "_BOOT_ID", "__SEQNUM"] {
        if let Some(value) = get(name) {
            event.push_extra(name.to_owned(), value);
        }
    }
    let (uid, comm) = (get("_UID"), get("_COMM"));
    let kernel = get("_TRANSPORT") == Some("kernel");
    let delivery = Delivery { host, program, pid, cut: flags.has(Flags::TRUNCATED) };
    let mut judged = |event: &Event<'_>| {
        let mut event = event.clone();
        match identity(program, kernel, comm, uid, &event) {
            Identity::Confirmed(trust) => event.trust = trust,
            Identity::Unknown => {}
            Identity::Contradicted => {
                event.push_extra("identity", "contradicted");
                withdraw(&mut event);
            }
        }
        if doubtful {
            withdraw(&mut event);
        }
        sink(&event);
    };
    deliver(&delivery, body, event, misses, &mut judged)
}

/// Takes the source away: it is one of the readings.
fn withdraw(event: &mut Event<'_>) {
    event.flags.set(Flags::AMBIGUOUS);
    event.src_host = None;
    event.src_port = None;
    if let Some(ip) = event.src_ip.take() {
        let user = event.user.as_deref().unwrap_or_default().to_owned();
        event.readings.push(Reading { src_ip: Some(ip), user, outcome: event.outcome });
    }
}

const fn severity(priority: u8) -> u8 {
    crate::syslog::severity(priority)
}

enum Identity {
    Confirmed(Trust),
    Unknown,
    Contradicted,
}

/// Do the fields of journald agree with the program that the message names?
fn identity(
    program: &str,
    kernel: bool,
    comm: Option<&str>,
    uid: Option<&str>,
    event: &Event<'_>,
) -> Identity {
    let name = program_name(program);
    if kernel {
        return Identity::Confirmed(Trust::Tr3);
    }
    if name == "kernel" {
        return Identity::Contradicted;
    }
    let login = event.class == Class::Authentication
        && matches!(event.activity, activity::AUTH_LOGON | activity::AUTH_SWITCH)
        && !event.origin.grammar.is_empty();
    let Some(comm) = comm else { return Identity::Unknown };
    // The kernel cuts names at 15 bytes; programs print their name in their own way.
    let family = |text: &str| text.trim_start_matches('(').to_ascii_lowercase();
    let (short, comm) = (family(name.get(..15).unwrap_or(name)), family(comm));
    let same = short.starts_with(&comm) || comm.starts_with(&short);
    let sshd = name.starts_with("sshd");
    match (same, login) {
        // Whoever checks codes for all accounts runs as root; sessions of users only say goodbye.
        (true, true) if sshd && uid.is_some_and(|uid| uid != "0") => Identity::Contradicted,
        (true, _) => Identity::Confirmed(Trust::Tr2),
        (false, true) if sshd || matches!(name, "sudo" | "su" | "login") => Identity::Contradicted,
        (false, _) => Identity::Unknown,
    }
}
