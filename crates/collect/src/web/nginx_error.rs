//! W06: the error log of nginx. Seen: 1.4 to 1.28.
//!
//! `YYYY/MM/DD hh:mm:ss [level] pid#tid: *n MESSAGE, client: A, server: S, request: "<R>", upstream: ".", host: "<h>", referrer:
//! "<r>"`. Free text: user and path in the message, and everything from the request on; nothing of it is escaped. Anchor:
//! `, client: A` followed by `, server: ` or the end; where more than one address fits the event is ambiguous (DT-HOS-03).
//!
//! Line ends in a name are written as they are, so a record may go on in the next line, and a whole forged record may
//! stand there: the log counts one class lower (DT-HOS-22), an unfinished record is joined to the line that finishes it,
//! and a record that stands between the two has no source (HC-06).

use super::error::{crashed, event, refused, severity};
use crate::grammar::text::{ip, number};
use crate::record::{Cut, Decoded, Decoder, RawRecord, Settings, Sink, UnreadReason};
use crate::registry::Format;
use crate::time::{Printed, Resolver, form};
use std::borrow::Cow;
use std::net::IpAddr;
use vocab::{Class, Event, Flags, Outcome, Reading, Reason, Trust, activity};

/// The format.
pub(crate) const NGINX_ERROR: Format = Format {
    name: "nginx_error",
    cut: |_| Cut::Lines,
    yearless: false,
    score: |sample| {
        let share = sample.share(|line| head(line).is_some());
        // Names with line ends make lines of their own.
        if share > 0.5 { 0.97 } else { share }
    },
    decoder: |_, settings| Box::new(NginxErrorDecoder { resolver: Resolver::new(settings), open: None }),
};

/// Lines for which an unfinished record is kept.
const OPEN_LINES_MAX: u8 = 8;
/// Most of an unfinished record that is kept, bytes.
const OPEN_BYTES_MAX: usize = 16 << 10;

/// The daemon-owned beginning of a line.
#[derive(Clone, Copy)]
struct Head<'a> {
    stamp: &'a str,
    printed: Printed,
    level: &'a str,
    pid: Option<u32>,
    /// `*n ` was there: the record belongs to a connection.
    connection: bool,
    text: &'a str,
}

fn head(line: &str) -> Option<Head<'_>> {
    if line.as_bytes().get(4) != Some(&b'/') {
        return None;
    }
    let printed = form::rfc3339(line.as_bytes())?;
    let stamp = line.get(..printed.length)?;
    let (level, rest) = line.get(printed.length..)?.strip_prefix(" [")?.split_once("] ")?;
    let (process, rest) = rest.split_once(": ")?;
    let (pid, thread) = process.split_once('#')?;
    number(thread)?;
    let inner = || {
        let (connection, text) = rest.strip_prefix('*')?.split_once(' ')?;
        connection.bytes().all(|byte| byte.is_ascii_digit()).then_some(text)
    };
    let inner = inner();
    Some(Head {
        stamp,
        printed,
        level,
        pid: number(pid),
        connection: inner.is_some(),
        text: inner.unwrap_or(rest),
    })
}

/// An unfinished record.
struct Open {
    text: String,
    lines: u8,
}

struct NginxErrorDecoder {
    resolver: Resolver,
    open: Option<Open>,
}

impl NginxErrorDecoder {
    /// One record with all its lines.
    fn whole(
        &mut self,
        line: &str,
        record: &RawRecord<'_>,
        doubtful: bool,
        settings: &Settings,
        sink: &mut Sink<'_>,
    ) -> Decoded {
        let Some(head) = head(line) else {
            return Decoded::Unread(
                UnreadReason::GrammarMiss,
                "YYYY/MM/DD hh:mm:ss [level] pid#tid: message",
            );
        };
        let mut event = event(record, (head.stamp, head.printed), &mut self.resolver, settings, "nginx");
        event.trust = Trust::Tr1;
        event.severity = severity(head.level);
        event.pid = head.pid;
        event.origin.parser = "nginx_error";
        event.origin.parser_version = 1;
        event.origin.grammar = "W06";
        event.message = Some(Cow::Borrowed(head.text));
        read(head.text, &mut event);
        if doubtful {
            withdraw(&mut event);
        }
        sink(&event);
        Decoded::Events
    }

    /// Gives up waiting for the end of an unfinished record: what is known of it is handed over without a source.
    fn give_up(&mut self, record: &RawRecord<'_>, settings: &Settings, sink: &mut Sink<'_>) {
        if let Some(open) = self.open.take() {
            self.whole(&open.text, record, true, settings, sink);
        }
    }
}

/// Does a record of a connection lack its end?
fn is_unfinished(head: &Head<'_>) -> bool {
    head.connection && head.text.contains('"') && clients(head.text).is_empty()
}

fn withdraw(event: &mut Event<'_>) {
    event.flags.set(Flags::AMBIGUOUS);
    if let Some(ip) = event.src_ip.take() {
        let user = event.user.as_deref().unwrap_or_default().to_owned();
        event.readings.push(Reading { src_ip: Some(ip), user, outcome: event.outcome });
    }
    event.src_port = None;
    event.src_host = None;
}

/// Every place where the client could stand: offset of `, client: `, and the address.
fn clients(text: &str) -> Vec<(usize, Option<IpAddr>)> {
    let mark = ", client: ";
    memchr::memmem::find_iter(text.as_bytes(), mark.as_bytes())
        .filter_map(|at| {
            let right = text.get(at + mark.len()..)?;
            let (address, rest) =
                right.split_once(',').map_or((right, ""), |(address, rest)| (address, rest));
            let fits = rest.is_empty() || rest.starts_with(" server: ");
            let address = ip(address).or_else(|| ip(address.rsplit_once(':')?.0));
            let local = right.starts_with("unix:");
            (fits && (address.is_some() || local)).then_some((at, address))
        })
        .take(9)
        .collect()
}

/// Fills the event from the text after the connection number.
fn read<'a>(text: &'a str, event: &mut Event<'a>) {
    let found = clients(text);
    let message = match found.first() {
        None => text,
        Some((at, _)) => text.get(..*at).unwrap_or(text),
    };
    let one = found.iter().all(|(_, ip)| found.first().is_some_and(|(_, first)| first == ip));
    if found.len() > 8 || !one {
        event.flags.set(Flags::AMBIGUOUS);
    } else if let Some((at, Some(ip))) = found.first() {
        event.src_ip = Some(*ip);
        event.is_remote = Some(!ip.is_loopback());
        if found.len() == 1 {
            tail(text.get(*at..).unwrap_or_default(), event);
        }
    }
    meaning(text, message, event);
    if event.flags.has(Flags::AMBIGUOUS) {
        let outcome = event.outcome;
        let user = event.user.as_deref().unwrap_or_default().to_owned();
        event.readings = found
            .iter()
            .take(8)
            .map(|(_, ip)| Reading { src_ip: *ip, user: user.clone(), outcome })
            .collect();
    }
}

/// `, client: A, server: S, request: "R", ..., host: "h", referrer: "r"`: only where one reading exists.
fn tail<'a>(text: &'a str, event: &mut Event<'a>) {
    if let Some((_, rest)) = text.split_once(", server: ") {
        let server = rest.split_once(", request: \"").map_or(rest, |(server, _)| server);
        if !server.is_empty() && server != "_" {
            event.service = Some(Cow::Borrowed(server));
        }
    }
    let Some((_, request)) = text.split_once(", request: \"") else { return };
    let ends = ["\", upstream: \"", "\", subrequest: \"", "\", host: \"", "\", referrer: \""];
    let end = ends.iter().filter_map(|end| request.find(end)).min();
    let request = match end {
        Some(end) => request.get(..end).unwrap_or(request),
        None => request.strip_suffix('"').unwrap_or(request),
    };
    let parts = super::request::split(request);
    event.http_method = parts.method.map(Cow::Borrowed);
    event.url_path = parts.path.map(Cow::Borrowed);
    event.url_query = parts.query.map(Cow::Borrowed);
}

/// What the message says. `text` goes on to the end of the record: a hostile name may hold what looks like its end.
fn meaning<'a>(text: &'a str, message: &'a str, event: &mut Event<'a>) {
    if let Some(rest) = message.strip_prefix("user \"") {
        if let Some(name) = rest.strip_suffix("\": password mismatch") {
            refused(event, name, Reason::BadSecret);
        } else if let Some((name, _)) = rest.rsplit_once("\" was not found in \"") {
            refused(event, name, Reason::UnknownUser);
        } else {
            // The name holds the rest of the record, or its end is missing.
            let reason =
                if text.contains("\" was not found in \"") { Reason::UnknownUser } else { Reason::Unknown };
            refused(event, rest, reason);
            event.user_kind = None;
            event.flags.set(Flags::AMBIGUOUS);
        }
        if event.flags.has(Flags::AMBIGUOUS) {
            withdraw(event);
        }
        return;
    }
    if let Some(rest) = message.strip_prefix("worker process ")
        && let Some((pid, why)) = rest.split_once(" exited on signal ")
    {
        crashed(event, number(pid), why);
        return;
    }
    event.class = Class::Base;
    let denied = message == "access forbidden by rule" || message.starts_with("limiting ");
    if denied || message.starts_with("client sent invalid ") || message.starts_with("client sent too ") {
        event.class = Class::Network;
        event.activity = if denied { activity::NET_REFUSE } else { activity::NET_FAIL };
        event.outcome = Outcome::Failure;
        event.reason = if message.starts_with("limiting ") {
            Reason::RateLimited
        } else if denied {
            Reason::NotAllowed
        } else {
            Reason::Protocol
        };
    }
}

impl Decoder for NginxErrorDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, settings: &Settings, sink: &mut Sink<'_>) -> Decoded {
        let line = record.text;
        let Some(head) = head(line) else {
            let Some(open) = &mut self.open else {
                return Decoded::Unread(
                    UnreadReason::GrammarMiss,
                    "YYYY/MM/DD hh:mm:ss [level] pid#tid: message",
                );
            };
            open.text.push('\n');
            open.text.push_str(line);
            open.lines += 1;
            let finished = head(&open.text).is_none_or(|head| !is_unfinished(&head));
            let beyond = open.text.len() > OPEN_BYTES_MAX || open.lines >= OPEN_LINES_MAX;
            if finished && let Some(open) = self.open.take() {
                return self.whole(&open.text, record, false, settings, sink);
            }
            if beyond {
                self.give_up(record, settings, sink);
            }
            return Decoded::Events;
        };
        if let Some(open) = &mut self.open {
            open.lines += 1;
            if open.lines >= OPEN_LINES_MAX {
                self.give_up(record, settings, sink);
            }
        }
        if is_unfinished(&head) && line.len() <= OPEN_BYTES_MAX {
            self.give_up(record, settings, sink);
            self.open = Some(Open { text: line.to_owned(), lines: 0 });
            return Decoded::Events;
        }
        let doubtful = self.open.is_some() && head.connection;
        self.whole(line, record, doubtful, settings, sink)
    }

    fn finish(&mut self, settings: &Settings, sink: &mut Sink<'_>) {
        let record = RawRecord::default();
        self.give_up(&record, settings, sink);
    }
}
