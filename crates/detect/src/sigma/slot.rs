//! Sigma field names over the normalised event (detection.md B.2), resolved on demand.

use super::view::View;
use std::borrow::Cow;
use vocab::Event;

/// Which scanned text a field is part of. The literal prefilter looks into these texts only.
pub(super) mod group {
    /// Path, raw and every reading.
    pub(crate) const PATH: u8 = 1;
    /// Query, raw and every reading.
    pub(crate) const QUERY: u8 = 2;
    /// Both.
    pub(crate) const URL: u8 = PATH | QUERY;
    /// User agent.
    pub(crate) const AGENT: u8 = 4;
    /// Referrer.
    pub(crate) const REFERRER: u8 = 8;
    /// Method of the request.
    pub(crate) const METHOD: u8 = 16;
    /// Every other text.
    pub(crate) const REST: u8 = 32;
    /// All of them.
    pub(crate) const ALL: u8 = 63;
}

/// Where a Sigma field name points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    SrcIp,
    SrcPort,
    SrcHost,
    DstIp,
    DstPort,
    DstHost,
    Device,
    User,
    Uid,
    Domain,
    Actor,
    Target,
    Group,
    Session,
    Service,
    Process,
    Pid,
    Parent,
    Command,
    Folder,
    Path,
    Method,
    Uri,
    Stem,
    Query,
    Extension,
    UrlHost,
    Status,
    BytesOut,
    BytesIn,
    TimeTaken,
    Agent,
    Referrer,
    Message,
    ReasonCode,
    Signature,
    Outcome,
    Date,
    Clock,
    /// Readings of the canonical form.
    ReadPath,
    ReadQuery,
    ReadUrl,
    ReadReferrer,
    ReadAgent,
    ReadRequest,
    Rounds,
    Overlong,
    Nul,
    UnicodeEscape,
    /// By its own name.
    Extra,
}

/// The slot of a Sigma field name.
pub(super) fn slot(name: &str) -> Slot {
    match name {
        "c-ip" | "src_ip" | "SourceIp" | "source.ip" | "srcip" => Slot::SrcIp,
        "src_port" | "SourcePort" | "source.port" | "c-port" => Slot::SrcPort,
        "src_host" | "SourceHostname" => Slot::SrcHost,
        "s-ip" | "dst_ip" | "DestinationIp" | "destination.ip" => Slot::DstIp,
        "s-port" | "dst_port" | "DestinationPort" | "destination.port" => Slot::DstPort,
        "s-computername" | "dst_host" | "DestinationHostname" => Slot::DstHost,
        "cs-username" | "username" | "user" => Slot::User,
        "User" => Slot::Actor,
        "actor" => Slot::Actor,
        "user_domain" => Slot::Domain,
        "user_uid" => Slot::Uid,
        "device" | "tty" => Slot::Device,
        "target_user" => Slot::Target,
        "group" => Slot::Group,
        "LogonId" | "session" => Slot::Session,
        "s-sitename" | "service" => Slot::Service,
        "Image" | "process" => Slot::Process,
        "ProcessId" => Slot::Pid,
        "ParentImage" => Slot::Parent,
        "CommandLine" => Slot::Command,
        "CurrentDirectory" => Slot::Folder,
        "TargetFilename" | "file" => Slot::Path,
        "cs-method" | "c-method" | "http.request.method" => Slot::Method,
        "cs-uri" | "c-uri" | "url.original" => Slot::Uri,
        "cs-uri-stem" | "c-uri-stem" | "uri_path" => Slot::Stem,
        "cs-uri-query" | "c-uri-query" | "uri_query" => Slot::Query,
        "c-uri-extension" | "cs-uri-extension" => Slot::Extension,
        "cs-host" | "r-dns" | "c-uri-host" => Slot::UrlHost,
        "sc-status" => Slot::Status,
        "status" => Slot::Outcome,
        "sc-bytes" => Slot::BytesOut,
        "cs-bytes" => Slot::BytesIn,
        "time-taken" => Slot::TimeTaken,
        "cs-user-agent" | "c-useragent" | "user_agent.original" => Slot::Agent,
        "cs-referer" | "cs-referrer" => Slot::Referrer,
        "message" | "Message" => Slot::Message,
        "c-win32-status" | "reason" => Slot::ReasonCode,
        "signature" => Slot::Signature,
        "date" => Slot::Date,
        "time" => Slot::Clock,
        "sekisho.path" => Slot::ReadPath,
        "sekisho.query" => Slot::ReadQuery,
        "sekisho.url" => Slot::ReadUrl,
        "sekisho.referrer" => Slot::ReadReferrer,
        "sekisho.agent" => Slot::ReadAgent,
        "sekisho.request" => Slot::ReadRequest,
        "sekisho.decode.rounds" => Slot::Rounds,
        "sekisho.decode.overlong" => Slot::Overlong,
        "sekisho.decode.nul" => Slot::Nul,
        "sekisho.decode.unicode" => Slot::UnicodeEscape,
        _ => Slot::Extra,
    }
}

impl Slot {
    /// Scanned texts that hold the value; 0 = the value is no scanned text.
    pub(super) const fn groups(self) -> u8 {
        match self {
            Self::Stem | Self::Extension | Self::ReadPath => group::PATH,
            Self::Query | Self::ReadQuery => group::QUERY,
            Self::Uri | Self::ReadUrl => group::URL,
            Self::Agent | Self::ReadAgent => group::AGENT,
            Self::Referrer | Self::ReadReferrer => group::REFERRER,
            Self::ReadRequest => group::URL | group::AGENT | group::REFERRER,
            Self::SrcHost | Self::DstHost | Self::Device | Self::User | Self::Uid | Self::Domain => {
                group::REST
            }
            Self::Actor | Self::Target | Self::Group | Self::Session | Self::Service => group::REST,
            Self::Process | Self::Parent | Self::Command | Self::Folder | Self::Path => group::REST,
            Self::Method => group::METHOD,
            Self::UrlHost | Self::Message | Self::ReasonCode | Self::Signature => group::REST,
            Self::Extra => group::REST,
            Self::SrcIp | Self::SrcPort | Self::DstIp | Self::DstPort | Self::Pid | Self::Status => 0,
            Self::BytesOut | Self::BytesIn | Self::TimeTaken | Self::Outcome | Self::Date | Self::Clock => 0,
            Self::Rounds | Self::Overlong | Self::Nul | Self::UnicodeEscape => 0,
        }
    }
}

fn text<'e>(value: &'e vocab::Text<'_>) -> Option<Cow<'e, str>> {
    value.as_deref().map(Cow::Borrowed)
}

fn owned<'e>(value: impl ToString) -> Cow<'e, str> {
    Cow::Owned(value.to_string())
}

/// Value of a field, `None` when the event does not have it or the field has no place of its own.
pub(super) fn value<'e>(view: &'e View<'_>, slot: Slot) -> Option<Cow<'e, str>> {
    let event: &'e Event<'_> = view.event;
    match slot {
        Slot::SrcIp => event.src_ip.map(owned),
        Slot::SrcPort => event.src_port.map(owned),
        Slot::SrcHost => text(&event.src_host),
        Slot::DstIp => event.dst_ip.map(owned),
        Slot::DstPort => event.dst_port.map(owned),
        Slot::DstHost => text(&event.dst_host),
        Slot::Device => text(&event.device),
        Slot::User => text(&event.user),
        Slot::Uid => text(&event.user_uid),
        Slot::Domain => text(&event.user_domain),
        Slot::Actor => text(&event.actor).or_else(|| text(&event.user)),
        Slot::Target => text(&event.target_user),
        Slot::Group => text(&event.group),
        Slot::Session => text(&event.session),
        Slot::Service => text(&event.service),
        Slot::Process => text(&event.process),
        Slot::Pid => event.pid.map(owned),
        Slot::Parent => text(&event.parent),
        Slot::Command => text(&event.cmdline),
        Slot::Folder => text(&event.cwd),
        Slot::Path => text(&event.path),
        Slot::Method => text(&event.http_method),
        Slot::UrlHost => text(&event.url_host),
        Slot::Status => event.http_status.map(owned),
        Slot::BytesOut => event.bytes_out.map(owned),
        Slot::BytesIn => event.bytes_in.map(owned),
        Slot::TimeTaken => event.latency_us.map(|micros| owned(micros / 1000)),
        Slot::Agent => text(&event.user_agent),
        Slot::Referrer => text(&event.referrer),
        Slot::Message => text(&event.message),
        Slot::ReasonCode => text(&event.reason_code),
        Slot::Signature => text(&event.signature),
        Slot::Outcome => Some(Cow::Borrowed(match event.outcome {
            vocab::Outcome::Success => "success",
            vocab::Outcome::Failure => "failure",
            vocab::Outcome::Unknown => "unknown",
        })),
        Slot::Extra => None,
        _ => web_value(view, slot),
    }
}

fn web_value<'e>(view: &'e View<'_>, slot: Slot) -> Option<Cow<'e, str>> {
    let event: &'e Event<'_> = view.event;
    let line = |text: &'e str| Some(Cow::Borrowed(text));
    let truth = |truth: bool| line(if truth { "true" } else { "false" });
    match slot {
        Slot::Stem => text(&event.url_path),
        Slot::Query => text(&event.url_query),
        Slot::Uri => match (&event.url_path, &event.url_query) {
            (Some(path), Some(query)) => Some(owned(format!("{path}?{query}"))),
            (path, _) => text(path),
        },
        Slot::Extension => {
            let name = event.url_path.as_deref()?.rsplit('/').next()?;
            line(name.rsplit_once('.')?.1)
        }
        Slot::Date => event.time.map(|time| owned(clock(time.0).0)),
        Slot::Clock => event.time.map(|time| owned(clock(time.0).1)),
        _ if event.url_path.is_none() && event.user_agent.is_none() => None,
        Slot::ReadPath => line(view.path()),
        Slot::ReadQuery => event.url_query.as_ref().and_then(|_| line(view.query())),
        Slot::ReadUrl => line(view.url()),
        Slot::ReadReferrer => line(view.referrer()),
        Slot::ReadAgent => line(view.agent()),
        Slot::ReadRequest => line(view.whole()),
        Slot::Rounds => Some(owned(view.marks().rounds)),
        Slot::Overlong => truth(view.marks().overlong),
        Slot::Nul => truth(view.marks().nul),
        Slot::UnicodeEscape => truth(view.marks().unicode_escape),
        _ => None,
    }
}

/// Date and time of day, UTC, from microseconds since 1970.
fn clock(micros: i64) -> (String, String) {
    let seconds = micros.div_euclid(1_000_000);
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = vocab::civil_from_days(days);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    (format!("{year:04}-{month:02}-{day:02}"), format!("{hour:02}:{minute:02}:{second:02}"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn dates_are_civil() {
        assert_eq!(super::clock(0), ("1970-01-01".into(), "00:00:00".into()));
        assert_eq!(super::clock(951_827_696_000_000), ("2000-02-29".into(), "12:34:56".into()));
        assert_eq!(super::clock(1_767_225_599_000_000), ("2025-12-31".into(), "23:59:59".into()));
    }
}
