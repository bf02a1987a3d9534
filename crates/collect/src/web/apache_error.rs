//! W07: the error log of Apache httpd, 2.2 and 2.4.
//!
//! `[time] [module:level] [pid n:tid n] [(errno)text: ][client A:P] [AHnnnnn: ]message[, referer: <r>]`; 2.2 has `[level]` and
//! `[client A]`. Free text: user, path and referrer, right of the client group; escaped (`\n`, `\xhh`, `\\`). Anchor: left,
//! the groups in their order. What looks like a client group inside the message means nothing.

use super::error::{crashed, event, refused, severity};
use crate::grammar::text::{Peer, number, port};
use crate::record::{Cut, Decoded, Decoder, RawRecord, Sample, Settings, Sink, UnreadReason};
use crate::registry::Format;
use crate::time::{Printed, Resolver, apache_error};
use std::borrow::Cow;
use vocab::{Class, Event, Outcome, Reason, activity};

/// The format.
pub(crate) const APACHE_ERROR: Format = Format {
    name: "apache_error",
    cut: |_| Cut::Lines,
    yearless: false,
    score: |sample: &Sample<'_>| sample.share(|line| frame(line).is_some()) * 0.97,
    decoder: |_, settings| Box::new(ApacheErrorDecoder { resolver: Resolver::new(settings) }),
};

/// A line taken apart.
#[derive(Clone, Copy)]
struct Frame<'a> {
    stamp: &'a str,
    printed: Printed,
    module: &'a str,
    level: &'a str,
    pid: Option<u32>,
    client: Option<Peer<'a>>,
    /// `AH01617`; may be empty.
    code: &'a str,
    text: &'a str,
}

const LEVELS: &[&str] = &["emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"];

fn frame(line: &str) -> Option<Frame<'_>> {
    let printed = apache_error(line.as_bytes())?;
    let stamp = line.get(1..printed.length - 1)?;
    let (group, mut rest) = line.get(printed.length..)?.strip_prefix(" [")?.split_once("] ")?;
    let (module, level) = group.split_once(':').unwrap_or(("", group));
    if !LEVELS.contains(&level) && !level.starts_with("trace") {
        return None;
    }
    let mut pid = None;
    if let Some((process, after)) = rest.strip_prefix("[pid ").and_then(|rest| rest.split_once("] ")) {
        pid = number(process.split(':').next().unwrap_or(process));
        rest = after;
    }
    // `(36)File name too long: ` is the daemon's own and stands before the client.
    if let Some(after) = rest.strip_prefix('(').and_then(errno) {
        rest = after;
    }
    let mut client = None;
    if let Some((address, after)) = rest.strip_prefix("[client ").and_then(|rest| rest.split_once("] ")) {
        client = Some(peer(address)?);
        rest = after;
    }
    let mut code = "";
    if let Some((name, after)) = rest.split_once(": ")
        && name.len() == 7
        && name.starts_with("AH")
    {
        (code, rest) = (name, after);
    }
    Some(Frame { stamp, printed, module, level, pid, client, code, text: rest })
}

/// `n)text: ` before the client: what follows it. The text is one of the system's own and holds no colon.
fn errno(text: &str) -> Option<&str> {
    let (digits, rest) = text.split_once(')')?;
    number(digits)?;
    rest.split_once(": ").map(|(_, after)| after)
}

/// `A`, `A:P`, or a name.
fn peer(text: &str) -> Option<Peer<'_>> {
    if let Some((address, digits)) = text.rsplit_once(':')
        && let Some(number) = port(digits)
        && let Some(found) = Peer::address(address.trim_start_matches('[').trim_end_matches(']'))
        && (address.contains('.') || address.contains(':'))
    {
        return Some(Peer { port: Some(number), ..found });
    }
    Peer::host(text)
}

struct ApacheErrorDecoder {
    resolver: Resolver,
}

impl Decoder for ApacheErrorDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, settings: &Settings, sink: &mut Sink<'_>) -> Decoded {
        if record.text.trim().is_empty() {
            return Decoded::Nothing;
        }
        let Some(frame) = frame(record.text) else {
            return Decoded::Unread(UnreadReason::GrammarMiss, "[time] [level] [client address] message");
        };
        let mut event = event(record, (frame.stamp, frame.printed), &mut self.resolver, settings, "apache");
        event.severity = severity(frame.level);
        event.pid = frame.pid;
        event.origin.parser = "apache_error";
        event.origin.parser_version = 1;
        event.origin.grammar = "W07";
        event.message = Some(super::escape::decode(frame.text));
        if !frame.code.is_empty() {
            event.signature = Some(Cow::Borrowed(frame.code));
        }
        if !frame.module.is_empty() {
            event.push_extra("module", frame.module);
        }
        if let Some(peer) = frame.client {
            event.src_ip = peer.ip;
            event.src_port = peer.port;
            event.src_host = peer.host.map(Cow::Borrowed);
            event.is_remote = Some(peer.ip.is_none_or(|ip| !ip.is_loopback()));
        }
        meaning(&frame, &mut event);
        sink(&event);
        Decoded::Events
    }
}

/// What the message says. Reasons stand at fixed places: at the end for a wrong password, behind the name else.
fn meaning<'a>(frame: &Frame<'a>, event: &mut Event<'a>) {
    let text = frame.text;
    if let Some(rest) = text.strip_prefix("user ") {
        if let Some((name, tail)) = rest.rsplit_once(": authentication failure for \"")
            && tail.contains("Password Mismatch")
        {
            return refused(event, name, Reason::BadSecret);
        }
        if let Some((name, _)) = rest.rsplit_once(" not found: ") {
            return refused(event, name, Reason::UnknownUser);
        }
        if let Some((name, _)) = rest.rsplit_once(": password mismatch: ") {
            return refused(event, name, Reason::BadSecret);
        }
        if let Some((name, _)) = rest.rsplit_once(": authorization failure for \"") {
            return refused(event, name, Reason::NotAllowed);
        }
        if let Some((name, _)) = rest.strip_prefix('`').and_then(|rest| rest.split_once("' in realm `")) {
            return refused(event, name, Reason::UnknownUser);
        }
    }
    if let Some((pid, why)) =
        text.strip_prefix("child pid ").and_then(|rest| rest.split_once(" exit signal "))
    {
        return crashed(event, number(pid), why);
    }
    if text.starts_with("ModSecurity: ") {
        event.class = Class::DetectionFinding;
        event.activity = 1;
        let id = text.split_once("[id \"").and_then(|(_, rest)| rest.split_once('"'));
        event.signature = id.map(|(id, _)| Cow::Borrowed(id));
        return;
    }
    if text.starts_with("client denied by server configuration: ")
        || text.starts_with("Directory index forbidden by ")
    {
        event.class = Class::Network;
        event.activity = activity::NET_REFUSE;
        event.outcome = Outcome::Failure;
        event.reason = Reason::NotAllowed;
    }
}
