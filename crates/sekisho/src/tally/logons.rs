//! What a logon is counted by.

use compact_str::{CompactString, ToCompactString as _, format_compact};
use hashbrown::Equivalent;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr};
use vocab::{Class, Event, Outcome, activity};

/// Who, from where, to where, how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Logon {
    /// Account with its domain, as logged.
    pub(crate) account: CompactString,
    /// Address or name of the source; empty = at the computer itself, or not told.
    pub(crate) source: CompactString,
    /// Computer.
    pub(crate) host: CompactString,
    /// Windows logon type with its name, else service and method.
    pub(crate) kind: CompactString,
}

/// A part of the key, as the event has it or put together; short ones take no memory of their own.
enum Part<'e> {
    Of(&'e str),
    Made(CompactString),
}

impl Part<'_> {
    fn as_str(&self) -> &str {
        match self {
            Self::Of(text) => text,
            Self::Made(text) => text,
        }
    }
}

/// The same, borrowed, with its outcome.
pub(super) struct LogonRef<'e> {
    account: Part<'e>,
    source: Part<'e>,
    host: &'e str,
    kind: Part<'e>,
    /// Success?
    pub(super) good: bool,
}

impl LogonRef<'_> {
    /// The owned form.
    pub(super) fn own(&self) -> Logon {
        Logon {
            account: self.account.as_str().into(),
            source: self.source.as_str().into(),
            host: self.host.into(),
            kind: self.kind.as_str().into(),
        }
    }
}

impl Hash for LogonRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // As `Logon` derives it: text by text.
        self.account.as_str().hash(state);
        self.source.as_str().hash(state);
        self.host.hash(state);
        self.kind.as_str().hash(state);
    }
}

impl Equivalent<Logon> for LogonRef<'_> {
    fn equivalent(&self, key: &Logon) -> bool {
        key.source == self.source.as_str()
            && key.account == self.account.as_str()
            && key.host == self.host
            && key.kind == self.kind.as_str()
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
        Some(domain) => Part::Made(format_compact!("{domain}\\{user}")),
        None => Part::Of(user),
    };
    let source = match event.src_ip {
        Some(IpAddr::V4(ip)) => Part::Made(dotted(ip)),
        Some(ip) => Part::Made(ip.to_compact_string()),
        None => Part::Of(event.src_host.as_deref().filter(|name| *name != "-").unwrap_or_default()),
    };
    let host = event.dst_host.as_deref().unwrap_or_default();
    Some(LogonRef { account, source, host, kind: kind(event), good })
}

/// The address as it is written, without the machinery of formatting: this is asked for with every try.
fn dotted(ip: Ipv4Addr) -> CompactString {
    let (mut text, mut end) = ([b'.'; 15], 0);
    for octet in ip.octets() {
        let digits = [octet / 100, octet / 10 % 10, octet % 10];
        let skip = if octet >= 100 { 0 } else { 2 - usize::from(octet >= 10) };
        for digit in digits.into_iter().skip(skip) {
            if let Some(slot) = text.get_mut(end) {
                *slot = b'0' + digit;
            }
            end += 1;
        }
        end += 1;
    }
    CompactString::from_utf8(text.get(..end - 1).unwrap_or_default()).unwrap_or_default()
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

fn kind<'e>(event: &'e Event<'_>) -> Part<'e> {
    if let Some(number) = event.logon_type {
        return Part::Of(type_name(number));
    }
    match event.activity {
        activity::AUTH_TICKET => return Part::Of("kerberos ticket"),
        activity::AUTH_PREAUTH => return Part::Of("kerberos pre-authentication"),
        _ => {}
    }
    let service = event.service.as_deref().unwrap_or(event.origin.parser);
    match event.auth_method.filter(|method| method.as_str() != service) {
        Some(method) => {
            let mut both = CompactString::from(service);
            both.push(' ');
            both.push_str(method.as_str());
            Part::Made(both)
        }
        None => Part::Of(service),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_the_standard_library_writes_them() {
        let octets = [0, 7, 9, 10, 42, 99, 100, 101, 199, 200, 255];
        for (first, last) in octets.into_iter().flat_map(|first| octets.map(|last| (first, last))) {
            let ip = Ipv4Addr::new(first, last, 255 - first, last / 2);
            assert_eq!(dotted(ip), ip.to_string());
        }
    }
}
