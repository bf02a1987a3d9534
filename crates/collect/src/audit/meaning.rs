//! From audit records to events: who, with which program, and what the type of the record means (DT-FMT-20, DT-FMT-21).

use super::record::Record;
use super::{syscall, user};
use std::collections::VecDeque;
use vocab::{Class, Event, Flags, Outcome, activity};

/// A record with its fields, owned.
#[derive(Clone, Debug)]
pub(super) struct Own {
    pub(super) node: String,
    pub(super) kind: String,
    pub(super) stamp: String,
    pub(super) body: String,
    pub(super) fields: Vec<(String, String)>,
}

impl Own {
    pub(super) fn new(record: &Record<'_>) -> Self {
        Self {
            node: record.node.to_owned(),
            kind: record.kind.to_owned(),
            stamp: record.stamp.to_owned(),
            body: record.body.to_owned(),
            fields: record
                .fields()
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value.into_owned()))
                .collect(),
        }
    }

    /// Value of a field; `?` and an empty value are unknown (DT-FMT-21).
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        let value = self.fields.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
        value.filter(|value| !matches!(*value, "" | "?" | "(none)" | "unset" | "(unknown)"))
    }

    /// Does a key that says who or from where stand twice?
    fn is_doubtful(&self) -> bool {
        ["addr", "hostname", "acct", "res", "exe"]
            .iter()
            .any(|key| self.fields.iter().filter(|(name, _)| name == key).nth(1).is_some())
    }
}

/// What is kept from record to record.
pub(super) struct Known {
    failed: VecDeque<String>,
    max: usize,
}

impl Known {
    pub(super) const fn new(max: usize) -> Self {
        Self { failed: VecDeque::new(), max }
    }

    /// Notes that a process told of a failed try.
    pub(super) fn failed(&mut self, pid: &str) {
        if self.failed.len() >= self.max {
            self.failed.pop_front();
        }
        self.failed.push_back(pid.to_owned());
    }

    /// Did the process tell of a failed try before? Forgets it.
    pub(super) fn take_failed(&mut self, pid: &str) -> bool {
        let at = self.failed.iter().rposition(|known| known == pid);
        at.is_some_and(|at| self.failed.remove(at).is_some())
    }
}

/// Fills the event of one record; `false` when it says nothing that another record of the group does not say.
pub(super) fn describe<'a>(
    own: &'a Own,
    group: impl Iterator<Item = &'a Own> + Clone,
    host: &'a str,
    known: &mut Known,
    event: &mut Event<'a>,
) -> bool {
    if own.kind == "EOE" {
        return false;
    }
    event.signature = Some(own.kind.as_str().into());
    event.message = Some(own.body.as_str().into());
    let name = if own.node.is_empty() { host } else { &own.node };
    event.dst_host = (!name.is_empty()).then(|| name.into());
    event.push_extra("type", own.kind.as_str());
    for (key, value) in &own.fields {
        event.push_extra(key.as_str(), value.as_str());
    }
    if own.is_doubtful() {
        event.flags.set(Flags::AMBIGUOUS);
    }
    let call = group.clone().find(|other| other.kind == "SYSCALL").unwrap_or(own);
    who(own, call, event);
    if !std::ptr::eq(call, own) {
        for key in ["syscall", "SYSCALL", "success", "key", "exe", "comm", "auid", "uid", "euid", "ses"] {
            if own.get(key).is_none()
                && let Some(value) = call.get(key)
            {
                event.push_extra(key, value);
            }
        }
    }
    let understood =
        user::describe(own, known, event) || syscall::describe(own, group, event) || daemon(own, event);
    if !understood {
        event.class = Class::Base;
    }
    if event.flags.has(Flags::AMBIGUOUS) {
        event.src_ip = None;
        event.src_host = None;
        event.src_port = None;
    }
    true
}

/// Who and with what: login user, session, terminal, program.
fn who<'a>(own: &'a Own, call: &'a Own, event: &mut Event<'a>) {
    let get = |key: &str| own.get(key).or_else(|| call.get(key));
    let set = |value: &&str| !matches!(*value, "4294967295" | "-1");
    event.pid = get("pid").and_then(|pid| pid.parse().ok());
    event.parent = get("ppid").map(Into::into);
    event.process = get("exe").or_else(|| get("comm")).map(Into::into);
    event.session = get("ses").filter(set).map(Into::into);
    event.device = get("terminal").or_else(|| get("tty")).map(Into::into);
    event.actor_uid = get("auid").filter(set).map(Into::into);
    event.actor = get("AUID").filter(|name| *name != "unset").map(Into::into);
    event.user_uid = get("uid").map(Into::into);
    if let Some(result) = get("res").or_else(|| get("success")) {
        event.outcome = match result {
            "success" | "yes" | "1" => Outcome::Success,
            "failed" | "no" | "0" => Outcome::Failure,
            _ => Outcome::Unknown,
        };
    }
}

/// Services whose stop is the stop of a log.
const LOGGERS: &[&str] = &["rsyslog", "syslog-ng", "systemd-journald", "auditd"];

/// Life of the audit system, services, anomalies.
fn daemon<'a>(own: &'a Own, event: &mut Event<'a>) -> bool {
    let mut log = |what: u8| {
        event.class = Class::EventLog;
        event.activity = what;
        event.service = Some("auditd".into());
        true
    };
    match own.kind.as_str() {
        "DAEMON_START" | "DAEMON_RESUME" => log(activity::LOG_START),
        "DAEMON_END" | "DAEMON_ABORT" => log(activity::LOG_STOP),
        "DAEMON_ROTATE" => log(activity::LOG_ROTATE),
        "DAEMON_CONFIG" | "DAEMON_ERR" => log(activity::OTHER),
        "CONFIG_CHANGE" => {
            let off = own.get("audit_enabled") == Some("0");
            log(if off { activity::LOG_STOP } else { activity::OTHER })
        }
        "SERVICE_START" | "SERVICE_STOP" => {
            let Some(unit) = own.get("unit") else { return false };
            if LOGGERS.contains(&unit) {
                log(if own.kind == "SERVICE_START" { activity::LOG_START } else { activity::LOG_STOP });
            }
            event.service = Some(unit.into());
            true
        }
        "ANOM_ABEND" => {
            event.class = Class::Process;
            event.activity = activity::PROCESS_TERMINATE;
            event.outcome = Outcome::Failure;
            event.reason_code = own.get("sig").map(Into::into);
            event.service = own.get("comm").map(Into::into);
            true
        }
        "ANOM_PROMISCUOUS" => {
            event.device = own.get("dev").map(Into::into);
            if own.get("prom").is_some_and(|prom| prom != "0") {
                event.push_extra("promiscuous", "true");
            }
            true
        }
        "AVC" | "USER_AVC" => {
            if own.body.contains(" denied ") {
                event.outcome = Outcome::Failure;
            }
            true
        }
        "KERN_MODULE" => {
            event.class = Class::KernelExtension;
            event.activity = 1;
            event.path = own.get("name").map(Into::into);
            true
        }
        _ => false,
    }
}
