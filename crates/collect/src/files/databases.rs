//! Error logs of MySQL, MariaDB (D01) and PostgreSQL (D02) as files.
//!
//! PostgreSQL: the default prefixes `%m [%p] ` and `%m [%p] %q%u@%d `. Account and database of the prefix are free text, so a
//! record in which more than one level could begin the message is ambiguous. The address comes from the line
//! `connection received` of the same process.

use crate::grammar::Parsed;
use crate::grammar::database::{mysql_body, postgres_body};
use crate::grammar::text::number;
use crate::record::{Cut, Decoded, Decoder, RawRecord, Sample, Settings, Sink, UnreadReason, attempt_id};
use crate::registry::Format;
use crate::time::{Printed, Resolver, form};
use crate::unread::Shapes;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::net::IpAddr;
use vocab::{Class, Event, Flags, activity};

/// Error log of MySQL and MariaDB.
pub(crate) const MYSQL: Format = Format {
    name: "mysql_error",
    cut: |_| Cut::Lines,
    yearless: false,
    score: |sample: &Sample<'_>| sample.share(|line| mysql(line).is_some()) * 0.97,
    decoder: |_, settings| Box::new(DatabaseDecoder::new(settings, false)),
};

/// Log of PostgreSQL.
pub(crate) const POSTGRES: Format = Format {
    name: "postgresql",
    cut: |_| Cut::Lines,
    yearless: false,
    score: |sample: &Sample<'_>| {
        let share = sample.share(|line| postgres(line).is_some() || line.starts_with('\t'));
        let first = sample.lines().next().is_some_and(|line| postgres(line).is_some());
        if first { share * 0.97 } else { 0.0 }
    },
    decoder: |_, settings| Box::new(DatabaseDecoder::new(settings, true)),
};

struct Head<'a> {
    printed: Printed,
    pid: Option<u32>,
    text: &'a str,
    /// More than one place could begin the message.
    doubtful: bool,
}

/// `STAMP [id ][LEVEL] ...`.
fn mysql(line: &str) -> Option<Head<'_>> {
    let bytes = line.as_bytes();
    if bytes.get(4) != Some(&b'-') {
        return None;
    }
    // MariaDB writes the hour without a leading zero.
    let padded = (bytes.get(11) == Some(&b' '))
        .then(|| format!("{} 0{}", line.get(..10).unwrap_or_default(), line.get(12..19).unwrap_or_default()));
    let printed = form::rfc3339(padded.as_deref().unwrap_or(line).as_bytes())?;
    let rest = line.get(printed.length..)?.trim_start();
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
    let level =
        ["[Note]", "[Warning]", "[ERROR]", "[Error]", "[System]"].iter().any(|level| rest.starts_with(level));
    level.then_some(Head { printed, pid: None, text: rest, doubtful: false })
}

const LEVELS: &[&str] = &[
    "LOG:  ",
    "FATAL:  ",
    "ERROR:  ",
    "WARNING:  ",
    "DETAIL:  ",
    "HINT:  ",
    "STATEMENT:  ",
    "CONTEXT:  ",
    "NOTICE:  ",
    "PANIC:  ",
];

/// `STAMP [pid] [U@D ]LEVEL:  message`.
fn postgres(line: &str) -> Option<Head<'_>> {
    let printed = form::rfc3339(line.as_bytes())?;
    let rest = line.get(printed.length..)?;
    // A zone by its name is left over by the stamp.
    let rest = rest.trim_start().trim_start_matches(|c: char| c.is_ascii_uppercase()).trim_start();
    let (pid, rest) = rest.strip_prefix('[')?.split_once("] ")?;
    let pid = number(pid.split('-').next()?)?;
    let places: Vec<usize> = LEVELS
        .iter()
        .flat_map(|level| rest.match_indices(level).map(|(at, _)| at))
        .filter(|at| {
            *at == 0 || rest.get(..*at).is_some_and(|left| left.ends_with(' ') && left.contains('@'))
        })
        .collect();
    let first = *places.iter().min()?;
    let doubtful = first > 0 && places.len() > 1;
    Some(Head { printed, pid: Some(pid), text: rest.get(first..)?, doubtful })
}

/// Processes whose address is remembered.
const PEERS_MAX: usize = 16_384;

struct DatabaseDecoder {
    resolver: Resolver,
    is_postgres: bool,
    peers: FxHashMap<u32, (IpAddr, Option<u16>)>,
    misses: Shapes,
}

impl DatabaseDecoder {
    fn new(settings: &Settings, is_postgres: bool) -> Self {
        Self {
            resolver: Resolver::new(settings),
            is_postgres,
            peers: FxHashMap::default(),
            misses: Shapes::default(),
        }
    }

    /// Address of the process (D02): noted at its first line, given to the others.
    fn joined(&mut self, pid: u32, event: &mut Event<'_>) {
        let opened = event.class == Class::Network && event.activity == activity::NET_OPEN;
        if opened {
            self.peers.remove(&pid);
            if let Some(ip) = event.src_ip
                && self.peers.len() < PEERS_MAX
            {
                self.peers.insert(pid, (ip, event.src_port));
            }
        } else if event.src_ip.is_none()
            && event.src_host.is_none()
            && let Some((ip, port)) = self.peers.get(&pid)
        {
            (event.src_ip, event.src_port) = (Some(*ip), *port);
            event.is_remote = Some(!ip.is_loopback());
        }
    }
}

impl Decoder for DatabaseDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, settings: &Settings, sink: &mut Sink<'_>) -> Decoded {
        let line = record.text;
        if line.trim().is_empty() || line.starts_with('\t') {
            return Decoded::Nothing;
        }
        let Some(head) = (if self.is_postgres { postgres(line) } else { mysql(line) }) else {
            return Decoded::Unread(UnreadReason::GrammarMiss, "a time stamp, a process and a level");
        };
        let mut event = Event {
            pid: head.pid,
            product: "sql",
            category: "database",
            message: Some(Cow::Borrowed(head.text)),
            ..super::stamped(record, settings, &head.printed, &mut self.resolver)
        };
        event.origin.parser_version = 1;
        event.origin.parser = if self.is_postgres { "postgresql" } else { "mysql" };
        let parsed = if self.is_postgres {
            postgres_body(head.text, &mut event)
        } else {
            mysql_body(head.text, &mut event)
        };
        if let Some(pid) = head.pid {
            event.attempt = attempt_id(record.origin.source, &settings.host, "postgres", pid);
            self.joined(pid, &mut event);
        }
        if head.doubtful || record.flags.has(Flags::TRUNCATED) {
            event.flags.set(Flags::AMBIGUOUS);
            // The address of the process is not written in this line, but the account and the outcome are doubtful.
            event.src_ip = None;
            event.src_port = None;
            event.src_host = None;
            if event.class == Class::Authentication && event.activity == activity::AUTH_LOGON {
                event.outcome = vocab::Outcome::Failure;
            }
        }
        sink(&event);
        if parsed == Parsed::Miss
            && crate::grammar::text::has_failure_words(head.text)
            && head.text.starts_with("FATAL")
        {
            self.misses.add(event.origin.parser, head.text);
        }
        Decoded::Events
    }

    fn take_misses(&mut self) -> Shapes {
        std::mem::take(&mut self.misses)
    }
}
