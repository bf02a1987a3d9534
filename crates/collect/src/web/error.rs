//! What the error logs of nginx and Apache share.

use crate::record::{RawRecord, Settings};
use crate::time::{Printed, Resolver};
use std::borrow::Cow;
use vocab::{Class, Event, Outcome, Reason, Trust, UserKind, activity};

/// An event of an error log with time and origin set.
pub(crate) fn event<'a>(
    record: &RawRecord<'a>,
    stamp: (&'a str, Printed),
    resolver: &mut Resolver,
    settings: &'a Settings,
    product: &'static str,
) -> Event<'a> {
    let resolved = resolver.resolve(&stamp.1, record.year);
    let mut event = Event {
        time: resolved.time,
        tz_offset_min: resolved.offset_min,
        original_time: Some(Cow::Borrowed(stamp.0)),
        product,
        category: "webserver",
        sigma_services: &["error"],
        dst_host: (!settings.host.is_empty()).then_some(Cow::Borrowed(settings.host.as_str())),
        count: 1,
        trust: Trust::Tr2,
        flags: record.flags,
        origin: record.origin.clone(),
        ..Event::default()
    };
    event.flags.set(resolved.flags);
    event
}

/// A refused Basic or Digest login.
pub(crate) fn refused<'a>(event: &mut Event<'a>, name: &'a str, reason: Reason) {
    event.class = Class::Authentication;
    event.activity = activity::AUTH_LOGON;
    event.outcome = Outcome::Failure;
    event.reason = reason;
    event.user = Some(super::escape::decode(name));
    event.is_remote = Some(true);
    if reason == Reason::UnknownUser {
        event.user_kind = Some(if name.is_empty() { UserKind::Empty } else { UserKind::Unknown });
    }
}

/// Severity of OCSF by the level's name.
pub(crate) fn severity(level: &str) -> u8 {
    match level.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "emerg" => 6,
        "alert" | "crit" => 5,
        "error" => 4,
        "warn" => 3,
        "notice" => 2,
        _ => 1,
    }
}

/// A worker process that ended by a signal (K-45).
pub(crate) fn crashed<'a>(event: &mut Event<'a>, pid: Option<u32>, why: &'a str) {
    event.class = Class::Process;
    event.activity = activity::PROCESS_TERMINATE;
    event.outcome = Outcome::Failure;
    event.pid = pid.or(event.pid);
    event.reason_code = Some(Cow::Borrowed(why));
}
