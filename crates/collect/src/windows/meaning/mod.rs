//! What the events mean (DT-FMT-53): the normal fields by provider and event id, as data that names a function. Everything
//! else stays as it is: rules see every field of every event.

mod account;
mod codes;
mod directory;
mod logon;
mod others;
mod process;
mod remote;
mod sysmon;

use super::fields::Fields;
use super::known;
use super::names::{NameId, Names, Part};
use super::sources::{SECURITY, SYSMON};
use crate::web::proxies::address;
use std::borrow::Cow;
use std::net::IpAddr;
use vocab::{Class, Event, Outcome, Text};

/// Fills in the normal fields.
pub(crate) type Meaning = for<'a> fn(&View<'a>, &mut Event<'a>);

/// A kind of event that has a meaning.
#[derive(Debug)]
pub(super) struct Row {
    provider: &'static str,
    event_id: u32,
    /// Row id, shown as `grammar`.
    pub(super) grammar: &'static str,
    pub(super) fill: Meaning,
}

const fn row(provider: &'static str, event_id: u32, grammar: &'static str, fill: Meaning) -> Row {
    Row { provider, event_id, grammar, fill }
}

/// Rows of all parts.
const PARTS: [&[Row]; 7] =
    [logon::ROWS, account::ROWS, process::ROWS, directory::ROWS, remote::ROWS, sysmon::ROWS, others::ROWS];

/// The row of an event; an event id means nothing without its provider (DT-FMT-57).
pub(super) fn of(provider: &str, event_id: &str) -> Option<&'static Row> {
    let event_id = event_id.parse::<u32>().ok()?;
    let mut rows = PARTS.iter().flat_map(|part| part.iter());
    rows.find(|row| row.event_id == event_id && row.provider == provider)
}

/// The fields of a record.
pub(crate) struct View<'a> {
    pub(super) fields: &'a Fields,
    pub(super) names: &'a Names,
    pub(super) event_id: u32,
}

impl<'a> View<'a> {
    /// Value of a field of the event's own; else of the head.
    fn get(&self, name: NameId) -> Option<&'a str> {
        self.fields.find(Part::Data, name).or_else(|| self.fields.find(Part::System, name))
    }

    /// As [`Self::get`]; `None` where the value says that there is none.
    fn said(&self, name: NameId) -> Option<&'a str> {
        self.get(name).map(str::trim).filter(|value| !matches!(*value, "" | "-" | "NULL" | "N/A" | "S-1-0-0"))
    }

    fn text(&self, name: NameId) -> Text<'a> {
        self.said(name).map(Cow::Borrowed)
    }

    /// A value by the name that no number is kept for.
    fn named(&self, name: &str) -> Option<&'a str> {
        let list = self.fields.list();
        let field =
            list.iter().find(|field| field.part == Part::Data && **self.names.name(field.name) == *name)?;
        Some(self.fields.value(field).trim()).filter(|value| !value.is_empty() && *value != "-")
    }

    /// A number, decimal or hexadecimal with `0x`.
    fn number(&self, name: NameId) -> Option<u64> {
        let text = self.said(name)?;
        match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        }
    }

    fn pid(&self, name: NameId) -> Option<u32> {
        self.number(name).and_then(|number| u32::try_from(number).ok())
    }

    fn ip(&self, name: NameId) -> Option<IpAddr> {
        address(self.said(name)?)
    }

    fn port(&self, name: NameId) -> Option<u16> {
        self.number(name).and_then(|number| u16::try_from(number).ok()).filter(|port| *port != 0)
    }

    /// Result that the security log states of each of its events.
    fn audited(&self) -> Outcome {
        const SUCCESS: u64 = 0x20_0000_0000_0000;
        const FAILURE: u64 = 0x10_0000_0000_0000;
        match self.fields.find(Part::System, known::KEYWORDS) {
            Some(text) if text.starts_with("0x") => match self.number(known::KEYWORDS) {
                Some(keywords) if keywords & FAILURE != 0 => Outcome::Failure,
                Some(keywords) if keywords & SUCCESS != 0 => Outcome::Success,
                _ => Outcome::Unknown,
            },
            Some("Audit Success" | "成功の監査") => Outcome::Success,
            Some("Audit Failure" | "失敗の監査") => Outcome::Failure,
            _ => Outcome::Unknown,
        }
    }

    /// Who did it, where the event names a subject.
    fn subject(&self, event: &mut Event<'a>) {
        event.actor = self.text(known::SUBJECT_USER_NAME);
        event.actor_uid = self.text(known::SUBJECT_USER_SID);
        event.session = self.text(known::SUBJECT_LOGON_ID);
        event.outcome = self.audited();
    }
}

/// `DOMAIN\name` in its two parts.
fn parted(name: &str) -> (Option<&str>, &str) {
    match name.split_once('\\') {
        Some((domain, user)) if !user.is_empty() => (Some(domain).filter(|domain| !domain.is_empty()), user),
        _ => (None, name),
    }
}

/// Sets the account from `DOMAIN\name`.
fn account<'a>(event: &mut Event<'a>, name: Option<&'a str>) {
    let Some(name) = name else { return };
    let (domain, user) = parted(name);
    event.user = Some(Cow::Borrowed(user));
    event.user_domain = domain.map(Cow::Borrowed);
}

fn class(event: &mut Event<'_>, class: Class, activity: u8) {
    event.class = class;
    event.activity = activity;
}

/// Accounts under which Windows itself works. No code is given for them, and no person stands behind them.
fn is_built_in(user: &str, sid: Option<&str>) -> bool {
    matches!(sid, Some("S-1-5-18" | "S-1-5-19" | "S-1-5-20"))
        || sid.is_some_and(|sid| sid.starts_with("S-1-5-90-") || sid.starts_with("S-1-5-96-"))
        || ["SYSTEM", "LOCAL SERVICE", "NETWORK SERVICE"].iter().any(|name| user.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_event_has_two_meanings() {
        let mut all: Vec<_> =
            PARTS.iter().flat_map(|part| part.iter()).map(|row| (row.provider, row.event_id)).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(of(SECURITY, "4624").is_some() && of(SYSMON, "1").is_some());
        assert!(of("Other", "4624").is_none() && of(SECURITY, "x").is_none());
    }
}
