//! The security log about itself, the directory, shares and the network.

use super::{Row, SECURITY, View, class, row};
use crate::windows::known;
use std::borrow::Cow;
use vocab::{Class, Event, Outcome, activity};

/// Provider of the event log itself.
const LOG: &str = "Microsoft-Windows-Eventlog";

pub(super) const ROWS: &[Row] = &[
    row(LOG, 1102, "EVTX-1102", cleared),
    row(LOG, 104, "EVTX-104", cleared),
    row(LOG, 1100, "EVTX-1100", stopped),
    row(SECURITY, 4719, "EVTX-4719", policy),
    row(SECURITY, 4616, "EVTX-4616", clock),
    row(SECURITY, 4662, "EVTX-4662", object),
    row(SECURITY, 4656, "EVTX-4656", object),
    row(SECURITY, 4663, "EVTX-4663", object),
    row(SECURITY, 5136, "EVTX-5136", object),
    row(SECURITY, 5137, "EVTX-5137", object),
    row(SECURITY, 5141, "EVTX-5141", object),
    row(SECURITY, 5140, "EVTX-5140", share),
    row(SECURITY, 5142, "EVTX-5142", share),
    row(SECURITY, 5145, "EVTX-5145", share),
    row(SECURITY, 5156, "EVTX-5156", connection),
    row(SECURITY, 5157, "EVTX-5157", connection),
];

/// 1102 and 104: a log was cleared.
fn cleared<'a>(view: &View<'a>, event: &mut Event<'a>) {
    class(event, Class::EventLog, activity::LOG_CLEAR);
    event.outcome = Outcome::Success;
    event.actor = view.text(known::SUBJECT_USER_NAME);
    event.actor_uid = view.text(known::SUBJECT_USER_SID);
    event.session = view.text(known::SUBJECT_LOGON_ID);
    event.user = event.actor.clone();
    event.user_domain = view.text(known::SUBJECT_DOMAIN_NAME);
    let channel = if view.event_id == 1102 { Some("Security") } else { view.said(known::CHANNEL) };
    event.path = channel.map(Cow::Borrowed);
}

fn stopped<'a>(_: &View<'a>, event: &mut Event<'a>) {
    class(event, Class::EventLog, activity::LOG_STOP);
    event.outcome = Outcome::Success;
}

/// 4719: what is written down was changed.
fn policy<'a>(view: &View<'a>, event: &mut Event<'a>) {
    // %%8448 and %%8450: success and failure are no longer written.
    let changes = view.get(known::AUDIT_POLICY_CHANGES).unwrap_or_default();
    let removed = ["%%8448", "%%8450", "removed"].iter().any(|part| changes.contains(part));
    class(event, Class::EventLog, if removed { activity::LOG_DISABLE } else { activity::LOG_ENABLE });
    view.subject(event);
    event.user = event.actor.clone();
    event.path = view.named("SubcategoryGuid").or_else(|| view.named("SubcategoryId")).map(Cow::Borrowed);
}

/// 4616: the clock was set.
fn clock<'a>(view: &View<'a>, event: &mut Event<'a>) {
    view.subject(event);
    event.user = event.actor.clone();
    event.process = view.text(known::PROCESS_NAME);
    event.pid = view.pid(known::PROCESS_ID);
}

/// Access to objects: files, keys, processes, entries of the directory.
fn object<'a>(view: &View<'a>, event: &mut Event<'a>) {
    view.subject(event);
    event.user = event.actor.clone();
    event.user_domain = view.text(known::SUBJECT_DOMAIN_NAME);
    event.path = view.text(known::OBJECT_NAME).or_else(|| view.text(known::OBJECT_DN));
    event.process = view.text(known::PROCESS_NAME);
    event.pid = view.pid(known::PROCESS_ID);
    if view.named("ObjectType") == Some("File") {
        class(event, Class::FileSystem, activity::OTHER);
    }
}

fn share<'a>(view: &View<'a>, event: &mut Event<'a>) {
    class(event, Class::Smb, activity::OTHER);
    view.subject(event);
    event.user = event.actor.clone();
    event.user_domain = view.text(known::SUBJECT_DOMAIN_NAME);
    event.src_ip = view.ip(known::IP_ADDRESS);
    event.src_port = view.port(known::IP_PORT);
    event.is_remote = event.src_ip.map(|ip| !ip.is_loopback());
    event.path = match (view.said(known::SHARE_NAME), view.said(known::RELATIVE_TARGET_NAME)) {
        (Some(share), Some(file)) => Some(Cow::Owned(format!("{share}\\{file}"))),
        (share, _) => share.map(Cow::Borrowed),
    };
}

/// 5156 and 5157: the filtering platform let a connection through, or did not.
fn connection<'a>(view: &View<'a>, event: &mut Event<'a>) {
    let refused = view.event_id == 5157;
    class(event, Class::Network, if refused { activity::NET_REFUSE } else { activity::NET_OPEN });
    event.outcome = if refused { Outcome::Failure } else { Outcome::Success };
    event.src_ip = view.ip(known::SOURCE_ADDRESS);
    event.src_port = view.port(known::SOURCE_PORT);
    event.dst_ip = view.ip(known::DEST_ADDRESS);
    event.dst_port = view.port(known::DEST_PORT);
    event.process = view.text(known::APPLICATION);
    event.pid = view.named("ProcessID").and_then(|pid| pid.parse().ok());
}
