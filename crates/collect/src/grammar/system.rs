//! systemd, logind, the log daemons: row P10 of detection.md 3.4, and the life of log services for K-31 and K-32.
//!
//! Free text: descriptions of units, which come from files of the host. Templates are fixed at the left end.
//!
//! For the attempt counter: a logind session is not a try of a code (`count` 0); the program that checked the code says so
//! itself.

use super::fill::{self, class, row};
use super::program::between;
use super::text::is_word;
use super::{Message, Parsed};
use vocab::{Class, Event, Outcome, Reason, activity};

/// Grammar of `systemd-logind`.
pub(crate) fn logind<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    super::program::run(message, event, "systemd-logind", &["auth"], logind_rows)
}

fn logind_rows<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    let body = message.body;
    event.count = 0;
    if let Some((session, name)) =
        between(body, "New session ", ".").and_then(|rest| rest.split_once(" of user "))
    {
        class(event, Class::Authentication, activity::AUTH_LOGON);
        (event.outcome, event.reason) = (Outcome::Success, Reason::Ok);
        event.session = Some(session.into());
        // systemd 256 and later add the class of the session: `of user 'U' with class 'user' and type 'tty'`.
        let name = name.split(" with class ").next().unwrap_or(name);
        fill::user(event, name.trim_matches('\''));
        return row(event, "P10");
    }
    let ended = between(body, "Removed session ", ".").or_else(|| {
        let rest = body.strip_prefix("Session ")?;
        rest.split_once(" logged out").map(|(session, _)| session)
    });
    match ended {
        Some(session) if is_word(session) => {
            class(event, Class::Authentication, activity::AUTH_LOGOFF);
            event.outcome = Outcome::Success;
            event.session = Some(session.into());
            row(event, "P10")
        }
        _ => {
            event.count = 1;
            Parsed::Uninteresting
        }
    }
}

/// Grammar of `systemd`.
pub(crate) fn systemd<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    super::program::run(message, event, "systemd", &["syslog"], systemd_rows)
}

/// Log services by the names and descriptions of their units.
const LOGGERS: &[(&str, &str)] = &[
    ("rsyslog.service", "rsyslog"),
    ("System Logging Service", "rsyslog"),
    ("syslog-ng.service", "syslog-ng"),
    ("System Logger Daemon", "syslog-ng"),
    ("systemd-journald.service", "systemd-journald"),
    ("Journal Service", "systemd-journald"),
    ("auditd.service", "auditd"),
    ("Security Auditing Service", "auditd"),
    ("Security Audit Logging Service", "auditd"),
];

fn systemd_rows<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    let body = message.body;
    let verbs = [
        ("Started ", activity::LOG_START, Outcome::Success),
        ("Stopped ", activity::LOG_STOP, Outcome::Success),
        ("Failed to start ", activity::LOG_START, Outcome::Failure),
    ];
    for (verb, what, outcome) in verbs {
        let Some(unit) = body.strip_prefix(verb) else { continue };
        let unit = unit.strip_suffix('.').unwrap_or(unit);
        let (name, description) = unit.split_once(" - ").unwrap_or((unit, unit));
        event.outcome = outcome;
        event.service = Some(name.into());
        if let Some((_, logger)) = LOGGERS.iter().find(|(words, _)| name == *words || description == *words) {
            class(event, Class::EventLog, what);
            event.service = Some((*logger).into());
        } else {
            event.push_extra("unit", unit);
        }
        return row(event, "P10");
    }
    let Some((unit, rest)) = body.split_once(": ").filter(|(unit, _)| is_word(unit)) else {
        return Parsed::Uninteresting;
    };
    if let Some(rest) = rest.strip_prefix("Main process exited, code=") {
        class(event, Class::Process, activity::PROCESS_TERMINATE);
        let crashed = rest.starts_with("dumped") || rest.starts_with("killed");
        event.outcome = if crashed { Outcome::Failure } else { Outcome::Unknown };
        event.service = Some(unit.into());
        event.reason_code = Some(rest.into());
        return row(event, "P10");
    }
    if rest.starts_with("Failed with result ") {
        event.outcome = Outcome::Failure;
        event.service = Some(unit.into());
        event.reason_code = Some(rest.into());
        return row(event, "P10");
    }
    Parsed::Uninteresting
}

/// Grammar of rsyslogd, syslogd, syslog-ng, systemd-journald, auditd and klogd.
pub(crate) fn loggers<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    super::program::run(message, event, "syslog", &["syslog"], logger_rows)
}

fn logger_rows<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    let body = message.body;
    event.service = Some(crate::syslog::program_name(message.program).into());
    // rsyslogd: `[origin software="rsyslogd" ...] what`.
    let text = match body.trim_start().strip_prefix("[origin software=\"rsyslogd\" ") {
        Some(rest) => rest.split_once("] ").map_or("", |(_, what)| what),
        None => body,
    };
    let what = if text == "start" || text.starts_with("restart.") || text.ends_with("restart.") {
        activity::LOG_START
    } else if text.starts_with("exiting on signal ") || text.starts_with("syslog-ng shutting down") {
        activity::LOG_STOP
    } else if text.starts_with("syslog-ng starting up") || text == "Journal started" {
        activity::LOG_START
    } else if text == "Journal stopped" || text.starts_with("The audit daemon is exiting") {
        activity::LOG_STOP
    } else if text.starts_with("Init complete, auditd ") || text.ends_with("log source = /proc/kmsg started.")
    {
        activity::LOG_START
    } else if text == "rsyslogd was HUPed" || text.starts_with("Audit daemon rotating log files") {
        activity::LOG_ROTATE
    } else if text.starts_with("Deleted archived journal ") || text.starts_with("Vacuuming done, freed ") {
        activity::LOG_DELETE
    } else if text.starts_with("imuxsock lost ") || text.starts_with("imuxsock begins to drop messages") {
        event.push_extra("lost", "true");
        activity::OTHER
    } else if text.contains(" corrupted or uncleanly shut down, renaming and replacing") {
        event.push_extra("unclean", "true");
        activity::OTHER
    } else {
        return Parsed::Uninteresting;
    };
    // Journald thins out its own archive; that is no act of a person.
    let routine = what == activity::LOG_DELETE;
    class(event, Class::EventLog, if routine { activity::LOG_ROTATE } else { what });
    event.outcome = Outcome::Success;
    row(event, "P10")
}
