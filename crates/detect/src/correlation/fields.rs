//! Fields of an event that keys, states and expressions may name.

use super::expr::Value;
use crate::attempts::{Attempt, account_id, canonical, stable_hash};
use crate::signal::{Detail, Signal};
use std::net::IpAddr;
use vocab::{Class, UserKind};

/// An event under the eyes of a correlation.
#[derive(Clone, Copy, Debug)]
pub(crate) enum View<'a> {
    Attempt(&'a Attempt),
    Signal(&'a Signal),
}

/// A field. The comment of each row in [`FIELDS`] is its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Field {
    Src,
    Srcp,
    Net,
    Account,
    Host,
    Service,
    Session,
    KeyId,
    Outcome,
    Reason,
    Method,
    UserKind,
    Class,
    Actor,
    Target,
    Group,
    Device,
    Process,
    Cmdline,
    Path,
    HttpMethod,
    UrlPath,
    UrlQuery,
    UserAgent,
    Referrer,
    Status,
    Activity,
    BytesOut,
    Latency,
    DstPort,
}

/// Names of fields: ours first, then those of Sigma taxonomies.
const FIELDS: [(&str, Field); 69] = [
    ("src", Field::Src),
    ("srcp", Field::Srcp),
    ("net", Field::Net),
    ("account", Field::Account),
    ("host", Field::Host),
    ("service", Field::Service),
    ("session", Field::Session),
    ("key_id", Field::KeyId),
    ("outcome", Field::Outcome),
    ("reason", Field::Reason),
    ("method", Field::Method),
    ("user_kind", Field::UserKind),
    ("class", Field::Class),
    ("actor", Field::Actor),
    ("target", Field::Target),
    ("group", Field::Group),
    ("device", Field::Device),
    ("process", Field::Process),
    ("cmdline", Field::Cmdline),
    ("path", Field::Path),
    ("http_method", Field::HttpMethod),
    ("url_path", Field::UrlPath),
    ("url_query", Field::UrlQuery),
    ("user_agent", Field::UserAgent),
    ("referrer", Field::Referrer),
    ("status", Field::Status),
    ("activity", Field::Activity),
    ("bytes_out", Field::BytesOut),
    ("latency_ms", Field::Latency),
    ("dst_port", Field::DstPort),
    ("sc-bytes", Field::BytesOut),
    ("time-taken", Field::Latency),
    ("DestinationPort", Field::DstPort),
    ("SubjectLogonId", Field::Session),
    ("SourceAddress", Field::Src),
    ("s-computername", Field::Host),
    ("acct", Field::Account),
    ("svc", Field::Service),
    ("vhost", Field::Service),
    ("sess", Field::Session),
    ("src_ip", Field::Src),
    ("source.ip", Field::Src),
    ("c-ip", Field::Src),
    ("SourceIp", Field::Src),
    ("IpAddress", Field::Src),
    ("user", Field::Account),
    ("username", Field::Account),
    ("cs-username", Field::Account),
    ("User", Field::Account),
    ("TargetUserName", Field::Account),
    ("SubjectUserName", Field::Actor),
    ("dst_host", Field::Host),
    ("hostname", Field::Host),
    ("Computer", Field::Host),
    ("ComputerName", Field::Host),
    ("cs-host", Field::Service),
    ("LogonId", Field::Session),
    ("TargetLogonId", Field::Session),
    ("Image", Field::Process),
    ("CommandLine", Field::Cmdline),
    ("TargetFilename", Field::Path),
    ("cs-method", Field::HttpMethod),
    ("cs-uri-stem", Field::UrlPath),
    ("cs-uri-query", Field::UrlQuery),
    ("cs-user-agent", Field::UserAgent),
    ("c-useragent", Field::UserAgent),
    ("cs-referer", Field::Referrer),
    ("sc-status", Field::Status),
    ("WorkstationName", Field::Device),
];

impl Field {
    /// The field of this name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        FIELDS.iter().find(|(own, _)| *own == name).map(|(_, field)| *field)
    }

    /// Our name of the field.
    pub(crate) fn name(self) -> &'static str {
        FIELDS.iter().find(|(_, field)| *field == self).map_or("", |(name, _)| name)
    }

    /// Place of the field in an expression.
    pub(crate) const fn place(self) -> usize {
        self as usize
    }

    /// The field at a place.
    pub(crate) fn at(place: usize) -> Option<Self> {
        FIELDS.iter().map(|(_, field)| *field).find(|field| field.place() == place)
    }

    /// Can an expression read it? Addresses are keys only.
    pub(crate) const fn is_readable(self) -> bool {
        !matches!(self, Self::Src | Self::Srcp | Self::Net | Self::Session)
    }

    /// Is it a number?
    pub(crate) const fn is_number(self) -> bool {
        matches!(self, Self::Status | Self::Activity | Self::BytesOut | Self::Latency | Self::DstPort)
    }
}

impl<'a> View<'a> {
    pub(crate) fn src(self) -> Option<IpAddr> {
        match self {
            Self::Attempt(attempt) => attempt.src,
            Self::Signal(signal) => signal.src_ip,
        }
    }

    fn detail(self) -> Option<&'a Detail> {
        match self {
            Self::Attempt(_) => None,
            Self::Signal(signal) => signal.detail.as_deref(),
        }
    }

    /// Hash of a field, for keys and distinct values; `None` when it is absent.
    pub(crate) fn hash(self, field: Field) -> Option<u64> {
        match field {
            Field::Src => self.src().map(|ip| stable_hash(&ip)),
            Field::Srcp => self.src().map(crate::account::prefix),
            Field::Net => self.src().map(crate::account::net),
            Field::Session => {
                let id = match self {
                    Self::Attempt(attempt) => attempt.session,
                    Self::Signal(signal) => signal.attempt,
                };
                (id != 0).then_some(id)
            }
            Field::Account => match self {
                Self::Attempt(attempt) => Some(attempt.account_id),
                Self::Signal(signal) => Some(account_id(&signal.account)),
            }
            .filter(|id| *id != 0),
            _ => match self.value(field) {
                Value::Text(text) => Some(stable_hash(text)),
                Value::Number(number) => Some(stable_hash(&number.to_bits())),
                Value::Bool(_) | Value::Absent => None,
            },
        }
    }

    /// Text of a field, for people.
    pub(crate) fn text(self, field: Field) -> Option<String> {
        match field {
            Field::Src => self.src().map(|ip| ip.to_string()),
            Field::Srcp => self.src().map(|ip| network(ip, 32, 64)),
            Field::Net => self.src().map(|ip| network(ip, 24, 56)),
            Field::Session => self.hash(field).map(|id| format!("{id:x}")),
            _ => match self.value(field) {
                Value::Text(text) => Some(text.to_owned()),
                Value::Number(number) => Some(number.to_string()),
                Value::Bool(_) | Value::Absent => None,
            },
        }
    }

    /// Value of a field in an expression.
    pub(crate) fn value(self, field: Field) -> Value<'a> {
        let text = |text: &'a str| if text.is_empty() { Value::Absent } else { Value::Text(text) };
        let detail = |pick: fn(&'a Detail) -> &'a str| {
            self.detail().map_or(Value::Absent, |detail| text(pick(detail)))
        };
        match (field, self) {
            (Field::Account, Self::Attempt(attempt)) => text(&attempt.account),
            (Field::Account, Self::Signal(signal)) => text(&signal.account),
            (Field::Host, Self::Attempt(attempt)) => text(&attempt.host),
            (Field::Host, Self::Signal(signal)) => text(&signal.host),
            (Field::Service, Self::Attempt(attempt)) => text(&attempt.service),
            (Field::Service, Self::Signal(signal)) => text(&signal.service),
            (Field::KeyId, Self::Attempt(attempt)) => text(&attempt.key_id),
            (Field::Actor, Self::Attempt(attempt)) => text(&attempt.actor),
            (Field::Outcome, Self::Attempt(attempt)) => text(attempt.outcome.as_str()),
            (Field::Outcome, Self::Signal(signal)) => text(signal.outcome.as_str()),
            (Field::Reason, Self::Attempt(attempt)) => text(attempt.reason.as_str()),
            (Field::Reason, Self::Signal(signal)) => text(signal.reason.as_str()),
            (Field::Method, Self::Attempt(attempt)) => {
                attempt.method.map_or(Value::Absent, |m| text(m.as_str()))
            }
            (Field::Method, Self::Signal(signal)) => {
                signal.method.map_or(Value::Absent, |m| text(m.as_str()))
            }
            (Field::UserKind, Self::Attempt(attempt)) => told(attempt.known(), attempt.user_kind),
            (Field::UserKind, Self::Signal(signal)) => told(None, signal.user_kind),
            (Field::Class, Self::Attempt(_)) => Value::Text("authentication"),
            (Field::Class, Self::Signal(signal)) => {
                class_name(signal.class).map_or(Value::Absent, Value::Text)
            }
            (Field::Activity, Self::Signal(signal)) => Value::Number(f64::from(signal.activity)),
            (Field::Status, _) => self
                .detail()
                .and_then(|detail| detail.http_status)
                .map_or(Value::Absent, |status| Value::Number(f64::from(status))),
            (Field::BytesOut | Field::Latency | Field::DstPort, _) => {
                self.detail().and_then(|detail| measured(field, detail)).map_or(Value::Absent, Value::Number)
            }
            (Field::KeyId, _) => detail(|d| &d.key_id),
            (Field::Actor, _) => detail(|d| &d.actor),
            (Field::Target, _) => detail(|d| &d.target_user),
            (Field::Group, _) => detail(|d| &d.group),
            (Field::Device, _) => detail(|d| &d.device),
            (Field::Process, _) => detail(|d| &d.process),
            (Field::Cmdline, _) => detail(|d| &d.cmdline),
            (Field::Path, _) => detail(|d| &d.path),
            (Field::HttpMethod, _) => detail(|d| &d.http_method),
            (Field::UrlPath, _) => detail(|d| &d.url_path),
            (Field::UrlQuery, _) => detail(|d| &d.url_query),
            (Field::UserAgent, _) => detail(|d| &d.user_agent),
            (Field::Referrer, _) => detail(|d| &d.referrer),
            (Field::Src | Field::Srcp | Field::Net | Field::Session | Field::Activity, _) => Value::Absent,
        }
    }
}

/// A number of the record; latency in milliseconds, as web logs state it.
#[expect(clippy::cast_precision_loss, reason = "sizes and times stay far below 2^53")]
fn measured(field: Field, detail: &Detail) -> Option<f64> {
    match field {
        Field::BytesOut => detail.bytes_out.map(|bytes| bytes as f64),
        Field::Latency => detail.latency_us.map(|micros| micros as f64 / 1000.0),
        Field::DstPort => detail.dst_port.map(f64::from),
        _ => None,
    }
}

/// Canonical account name, for lists of words.
pub(crate) fn word(view: View<'_>, field: Field) -> Option<String> {
    match view.value(field) {
        Value::Text(text) if field == Field::Account => Some(canonical(text)),
        Value::Text(text) => Some(text.to_lowercase()),
        _ => None,
    }
}

fn told(known: Option<bool>, kind: Option<UserKind>) -> Value<'static> {
    match (kind, known) {
        (Some(UserKind::Unknown), _) | (None, Some(false)) => Value::Text("unknown"),
        (Some(UserKind::Known), _) | (None, Some(true)) => Value::Text("known"),
        (Some(UserKind::Disabled), _) => Value::Text("disabled"),
        (Some(UserKind::Expired), _) => Value::Text("expired"),
        (Some(UserKind::Locked), _) => Value::Text("locked"),
        (Some(UserKind::Empty), _) => Value::Text("empty"),
        (None, None) => Value::Absent,
    }
}

fn network(ip: IpAddr, four: u32, six: u32) -> String {
    match ip {
        IpAddr::V4(v4) if four >= 32 => v4.to_string(),
        IpAddr::V4(v4) => {
            let bits = v4.to_bits() & u32::MAX.checked_shl(32 - four).unwrap_or(0);
            format!("{}/{four}", std::net::Ipv4Addr::from_bits(bits))
        }
        IpAddr::V6(v6) => {
            let bits = v6.to_bits() & u128::MAX.checked_shl(128 - six).unwrap_or(0);
            format!("{}/{six}", std::net::Ipv6Addr::from_bits(bits))
        }
    }
}

/// Classes that a document may name.
const CLASSES: [(&str, Class); 9] = [
    ("authentication", Class::Authentication),
    ("http", Class::Http),
    ("account_change", Class::AccountChange),
    ("group_management", Class::GroupManagement),
    ("process", Class::Process),
    ("file", Class::FileSystem),
    ("network", Class::Network),
    ("scheduled_job", Class::ScheduledJob),
    ("event_log", Class::EventLog),
];

/// The class of this name.
pub(crate) fn class(name: &str) -> Option<Class> {
    CLASSES.iter().find(|(own, _)| *own == name).map(|(_, class)| *class)
}

fn class_name(class: Class) -> Option<&'static str> {
    CLASSES.iter().find(|(_, own)| *own == class).map(|(name, _)| *name)
}
