//! What a logon is counted by.

use hashbrown::Equivalent;
use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use vocab::{Class, Event, Outcome, activity};

/// Who, from where, to where, how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Logon {
    /// Account with its domain, as logged.
    pub(crate) account: String,
    /// Address or name of the source; empty = at the computer itself, or not told.
    pub(crate) source: String,
    /// Computer.
    pub(crate) host: String,
    /// Windows logon type with its name, else service and method.
    pub(crate) kind: String,
}

/// The same, borrowed, with its outcome.
pub(super) struct LogonRef<'e> {
    account: Cow<'e, str>,
    source: Cow<'e, str>,
    host: &'e str,
    kind: Cow<'e, str>,
    /// Success?
    pub(super) good: bool,
}

impl LogonRef<'_> {
    /// The owned form.
    pub(super) fn own(&self) -> Logon {
        Logon {
            account: self.account.to_string(),
            source: self.source.to_string(),
            host: self.host.to_owned(),
            kind: self.kind.to_string(),
        }
    }
}

impl Hash for LogonRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // As `Logon` derives it: text by text.
        self.account.hash(state);
        self.source.hash(state);
        self.host.hash(state);
        self.kind.hash(state);
    }
}

impl Equivalent<Logon> for LogonRef<'_> {
    fn equivalent(&self, key: &Logon) -> bool {
        self.account == key.account
            && self.source == key.source
            && self.host == key.host
            && self.kind == key.kind
    }
}

/// The logon that an event tells of; none for logoffs, and where nothing is said of the outcome or the source cannot be
/// told for sure.
pub(super) fn of<'e>(event: &'e Event<'_>) -> Option<LogonRef<'e>> {
    let good = match event.outcome {
        Outcome::Success => true,
        Outcome::Failure => false,
        Outcome::Unknown => return None,
    };
    // No code is given for a service ticket.
    let other = matches!(event.activity, activity::AUTH_LOGOFF | activity::AUTH_SERVICE_TICKET);
    if event.class != Class::Authentication || other {
        return None;
    }
    let user = event.user.as_deref().filter(|user| !user.is_empty() && *user != "-")?;
    let account = match event.user_domain.as_deref().filter(|domain| !domain.is_empty() && *domain != "-") {
        Some(domain) => Cow::Owned(format!("{domain}\\{user}")),
        None => Cow::Borrowed(user),
    };
    let source = match event.src_ip {
        Some(ip) => Cow::Owned(ip.to_string()),
        None => Cow::Borrowed(event.src_host.as_deref().filter(|name| *name != "-").unwrap_or_default()),
    };
    let host = event.dst_host.as_deref().unwrap_or_default();
    Some(LogonRef { account, source, host, kind: kind(event), good })
}

/// Name of a Windows logon type.
const fn type_name(number: u8) -> &'static str {
    match number {
        0 => "0 system",
        2 => "2 interactive",
        3 => "3 network",
        4 => "4 batch",
        5 => "5 service",
        7 => "7 unlock",
        8 => "8 network clear text",
        9 => "9 new credentials",
        10 => "10 remote interactive",
        11 => "11 cached interactive",
        12 => "12 cached remote interactive",
        13 => "13 cached unlock",
        _ => "other",
    }
}

fn kind<'e>(event: &'e Event<'_>) -> Cow<'e, str> {
    if let Some(number) = event.logon_type {
        return Cow::Borrowed(type_name(number));
    }
    match event.activity {
        activity::AUTH_TICKET => return Cow::Borrowed("kerberos ticket"),
        activity::AUTH_PREAUTH => return Cow::Borrowed("kerberos pre-authentication"),
        _ => {}
    }
    let service = event.service.as_deref().unwrap_or(event.origin.parser);
    match event.auth_method.filter(|method| method.as_str() != service) {
        Some(method) => Cow::Owned(format!("{service} {}", method.as_str())),
        None => Cow::Borrowed(service),
    }
}
