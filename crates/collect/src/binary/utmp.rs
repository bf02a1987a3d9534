//! B01: utmp, wtmp and btmp, the login records of Linux. Free text: user and host, both of fixed place and cut to 32
//! and 256 bytes; the address has a field of its own.

use super::join_id;
use super::utmp_record::{SHAPES, Shape, Utmp, read, shape_of};
use crate::record::{Cut, Decoded, Decoder, RawRecord, Sample, Settings, Sink, UnreadReason};
use crate::registry::Format;
use std::borrow::Cow;
use vocab::{Class, Event, Flags, Outcome, Reason, Trust, activity};

/// The format.
pub(crate) const UTMP: Format = Format {
    name: "utmp",
    cut: |sample| Cut::Fixed(shape_of(sample.bytes).map_or(384, |(shape, _)| shape.bytes)),
    yearless: false,
    score,
    decoder: |sample, _| Box::new(UtmpDecoder::new(sample)),
};

const EMPTY: i16 = 0;
const RUN_LVL: i16 = 1;
const BOOT_TIME: i16 = 2;
const NEW_TIME: i16 = 3;
const OLD_TIME: i16 = 4;
const INIT_PROCESS: i16 = 5;
const LOGIN_PROCESS: i16 = 6;
const USER_PROCESS: i16 = 7;
const DEAD_PROCESS: i16 = 8;

/// Which of the three files it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Who is logged in now.
    Utmp,
    /// Logins and logouts.
    Wtmp,
    /// Failed logins.
    Btmp,
}

fn score(sample: &Sample<'_>) -> f32 {
    if !sample.text.is_empty() && memchr::memchr(0, sample.bytes).is_none() {
        return 0.0;
    }
    match shape_of(sample.bytes) {
        Some((_, share)) => share * 0.98,
        // Nothing but zeros: somebody wiped it; only the name tells.
        None => {
            let wiped = sample.bytes.len() >= 384 && sample.bytes.iter().all(|byte| *byte == 0);
            if wiped && named(sample.name).is_some() { 0.7 } else { 0.0 }
        }
    }
}

/// The file as its name tells.
fn named(name: &str) -> Option<Family> {
    let name = name.rsplit(['/', '!']).next().unwrap_or_default();
    [("btmp", Family::Btmp), ("wtmp", Family::Wtmp), ("utmp", Family::Utmp)]
        .into_iter()
        .find_map(|(part, family)| name.contains(part).then_some(family))
}

impl Family {
    /// Decides by content, then by name: failed logins stand in btmp alone and nothing else stands there; the records
    /// of wtmp are in order of time, those of utmp are one for each terminal.
    fn of(sample: &Sample<'_>, shape: Shape) -> Self {
        let named = named(sample.name);
        let records: Vec<_> = sample
            .bytes
            .chunks_exact(shape.bytes)
            .take(100)
            .filter_map(|bytes| read(bytes, shape))
            .filter(|record| record.kind != EMPTY)
            .collect();
        let system = records.iter().any(|record| !matches!(record.kind, LOGIN_PROCESS | USER_PROCESS));
        let failed = |record: &Utmp<'_>| {
            record.line == "ssh:notty" || (record.kind == LOGIN_PROCESS && record.user != "LOGIN")
        };
        if !system && records.iter().any(failed) {
            return Self::Btmp;
        }
        match named {
            Some(Self::Btmp) if system => Self::Wtmp,
            Some(family) => family,
            None => {
                let sorted = records.windows(2).all(|pair| matches!(pair, [a, b] if a.time <= b.time));
                if sorted { Self::Wtmp } else { Self::Utmp }
            }
        }
    }

    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Utmp => ("utmp", "B01-utmp"),
            Self::Wtmp => ("wtmp", "B01-wtmp"),
            Self::Btmp => ("btmp", "B01-btmp"),
        }
    }
}

/// Decodes the records of one file.
#[derive(Clone, Debug)]
pub struct UtmpDecoder {
    shape: Shape,
    family: Family,
}

impl UtmpDecoder {
    /// Chooses width, byte order and family from the sample.
    #[must_use]
    pub fn new(sample: &Sample<'_>) -> Self {
        let shape = shape_of(sample.bytes).map_or(SHAPES[0], |(shape, _)| shape);
        Self { shape, family: Family::of(sample, shape) }
    }

    fn event<'a>(&self, record: &RawRecord<'a>, settings: &Settings, utmp: Utmp<'a>) -> Event<'a> {
        let (parser, grammar) = self.family.names();
        let mut event = Event {
            time: utmp.time,
            tz_offset_min: Some(0),
            product: "linux",
            count: 1,
            trust: Trust::Tr3,
            flags: record.flags,
            origin: record.origin.clone(),
            pid: u32::try_from(utmp.pid).ok().filter(|pid| *pid > 0),
            message: Some(Cow::Owned(describe(&utmp))),
            ..Event::default()
        };
        event.origin.parser = parser;
        event.origin.parser_version = 1;
        event.origin.grammar = grammar;
        if !settings.host.is_empty() {
            event.dst_host = Some(Cow::Owned(settings.host.clone()));
        }
        if utmp.time.is_none() {
            event.flags.set(Flags::BAD_TIME);
        }
        if utmp.user_full {
            event.flags.set(Flags::TRUNCATED);
        }
        if utmp.session != 0 {
            event.push_extra("ut_session", utmp.session.to_string());
        }
        peer(&utmp, &mut event);
        self.classify(utmp, &mut event);
        event
    }

    fn classify<'a>(&self, utmp: Utmp<'a>, event: &mut Event<'a>) {
        let failed = self.family == Family::Btmp && matches!(utmp.kind, LOGIN_PROCESS | USER_PROCESS);
        event.signature = Some(Cow::Borrowed(kind_name(&utmp)));
        if failed || utmp.kind == USER_PROCESS || utmp.kind == DEAD_PROCESS {
            event.class = Class::Authentication;
            event.activity =
                if utmp.kind == DEAD_PROCESS { activity::AUTH_LOGOFF } else { activity::AUTH_LOGON };
            event.outcome = if failed { Outcome::Failure } else { Outcome::Success };
            event.reason = if failed || utmp.kind == DEAD_PROCESS { Reason::Unknown } else { Reason::Ok };
            event.service = service(&utmp.line).map(Cow::Borrowed);
            event.attempt = join_id(&[b"utmp", utmp.line.as_bytes(), &utmp.pid.to_le_bytes()]);
            event.user = (failed || !utmp.user.is_empty()).then_some(utmp.user);
            event.session = Some(utmp.line.clone());
        } else {
            event.class = if utmp.kind == LOGIN_PROCESS { Class::Base } else { Class::EventLog };
            event.activity = activity::OTHER;
        }
        event.device = (!utmp.line.is_empty()).then_some(utmp.line);
    }
}

/// The peer: the address field first, then the host field where it is an address.
fn peer<'a>(utmp: &Utmp<'a>, event: &mut Event<'a>) {
    let named = crate::web::proxies::address(&utmp.host);
    let login = matches!(utmp.kind, LOGIN_PROCESS | USER_PROCESS | DEAD_PROCESS);
    if !login {
        return;
    }
    event.src_ip = utmp.address.or(named);
    if named.is_none() && !utmp.host.is_empty() {
        event.src_host = Some(utmp.host.clone());
    }
    // `:0` and `tmux(...)` are displays of the computer itself.
    let local = utmp.host.is_empty() || utmp.host.starts_with(':') || utmp.host.starts_with("tmux");
    event.is_remote = Some(event.src_ip.map_or(!local, |ip| !ip.is_loopback()));
}

fn service(line: &str) -> Option<&'static str> {
    let starts = [("ssh:", "sshd"), ("ftpd", "ftpd"), ("tty", "login"), (":", "display")];
    starts.iter().find(|(start, _)| line.starts_with(start)).map(|(_, service)| *service)
}

fn kind_name(utmp: &Utmp<'_>) -> &'static str {
    match utmp.kind {
        EMPTY => "EMPTY",
        RUN_LVL if utmp.user == "shutdown" => "SHUTDOWN",
        RUN_LVL => "RUN_LVL",
        BOOT_TIME => "BOOT_TIME",
        NEW_TIME => "NEW_TIME",
        OLD_TIME => "OLD_TIME",
        INIT_PROCESS => "INIT_PROCESS",
        LOGIN_PROCESS => "LOGIN_PROCESS",
        USER_PROCESS => "USER_PROCESS",
        DEAD_PROCESS => "DEAD_PROCESS",
        9 => "ACCOUNTING",
        _ => "UNKNOWN",
    }
}

fn describe(utmp: &Utmp<'_>) -> String {
    let Utmp { pid, line, user, host, .. } = utmp;
    let address = utmp.address.map(|address| address.to_string()).unwrap_or_default();
    format!("{} user={user} line={line} host={host} address={address} pid={pid}", kind_name(utmp))
}

impl Decoder for UtmpDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, settings: &Settings, sink: &mut Sink<'_>) -> Decoded {
        let bytes = record.origin.raw;
        let Some(utmp) = read(bytes, self.shape) else {
            return Decoded::Unread(UnreadReason::Corrupt, "a whole login record of 384 or 400 bytes");
        };
        if bytes.iter().all(|byte| *byte == 0) {
            // utmp keeps free places; in the other two nothing but a wiping tool leaves zeros.
            if self.family == Family::Utmp {
                return Decoded::Nothing;
            }
            let mut event = self.event(record, settings, utmp);
            event.activity = activity::LOG_DELETE;
            event.signature = Some(Cow::Borrowed("ZEROED_RECORD"));
            event.message = Some(Cow::Borrowed("ZEROED_RECORD: a login record was overwritten with zeros"));
            sink(&event);
            return Decoded::Events;
        }
        if !(EMPTY..=9).contains(&utmp.kind) {
            return Decoded::Unread(UnreadReason::Corrupt, "a login record type from 0 to 9");
        }
        if self.family == Family::Utmp && utmp.kind == EMPTY {
            return Decoded::Nothing;
        }
        sink(&self.event(record, settings, utmp));
        Decoded::Events
    }
}
