//! M03: the main log of Exim 4, `YYYY-MM-DD hh:mm:ss [pid] MESSAGE`.
//!
//! `NAME authenticator failed for [host ](<helo>) [A][:P][ I=[B]:n]: 535 ... [(set_id=<U>)]`. Free text: HELO on the left of the
//! address, account on the right: all readings are tried. `<= ... H=[host ](<helo>) [A]:P ... A=auth:U` is a success.

use crate::grammar::fill::{Split, Splits, auth, settle};
use crate::grammar::text::{Peer, ip, port};
use crate::record::{Cut, Decoded, Decoder, RawRecord, Sample, Settings, Sink, UnreadReason};
use crate::registry::Format;
use crate::time::{Printed, Resolver, form};
use std::borrow::Cow;
use vocab::{AuthMethod, Class, Event, Flags, Outcome, Reason, activity};

/// The format.
pub(crate) const EXIM: Format = Format {
    name: "exim",
    cut: |_| Cut::Lines,
    yearless: false,
    score,
    decoder: |_, settings| Box::new(EximDecoder { resolver: Resolver::new(settings) }),
};

fn score(sample: &Sample<'_>) -> f32 {
    let own = |line: &str| {
        head(line).is_some_and(|(_, text)| {
            let id = text.split(' ').next().unwrap_or_default();
            let message = (id.len() == 16 || id.len() == 23) && id.matches('-').count() == 2;
            message
                || text.contains(" authenticator failed for ")
                || [
                    "exim ",
                    "Start queue run",
                    "End queue run",
                    "no host name found",
                    "H=",
                    "SMTP ",
                    "unexpected ",
                ]
                .iter()
                .any(|start| text.starts_with(start))
        })
    };
    sample.share(own) * 0.96
}

fn head(line: &str) -> Option<(Printed, &str)> {
    let bytes = line.as_bytes();
    if bytes.get(4) != Some(&b'-') || bytes.get(10) != Some(&b' ') {
        return None;
    }
    let printed = form::rfc3339(bytes)?;
    let rest = line.get(printed.length..)?.strip_prefix(' ')?;
    let inner = || {
        let (pid, text) = rest.strip_prefix('[')?.split_once("] ")?;
        pid.bytes().all(|byte| byte.is_ascii_digit()).then_some(text)
    };
    Some((printed, inner().unwrap_or(rest)))
}

/// `A][:P]` after an opening bracket: the peer, and what follows.
fn bracket(text: &str) -> Option<(Peer<'_>, &str)> {
    let (address, rest) = text.split_once(']')?;
    let address = ip(address)?;
    let digits = rest.strip_prefix(':').map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    let (number, rest) = if digits > 0 {
        (rest.get(1..=digits).and_then(port), rest.get(digits + 1..)?)
    } else {
        (None, rest)
    };
    Some((Peer { ip: Some(address), host: None, port: number }, rest))
}

/// The text after the address is complete: an optional interface, then the answer.
fn answered(rest: &str) -> bool {
    let rest = match rest.strip_prefix(" I=[") {
        Some(inner) => bracket(inner).map_or("", |(_, rest)| rest),
        None => rest,
    };
    rest.strip_prefix(": ").is_some_and(|answer| answer.starts_with("535") || answer.starts_with("435"))
}

fn failed<'a>(text: &'a str, event: &mut Event<'a>) -> bool {
    let Some((name, rest)) = text.split_once(" authenticator failed for ") else { return false };
    if name.contains(' ') || name.is_empty() {
        return false;
    }
    // The blank before the host belongs to the text: the host may be missing.
    let place = text.get(text.len() - rest.len() - 1..).unwrap_or(rest);
    let found = Splits::at(place, " [", |right| bracket(right).filter(|(_, rest)| answered(rest)));
    if found.is_empty() {
        return false;
    }
    // The account stands behind the last `(set_id=`; it belongs to the reading.
    let mut splits = Splits::default();
    splits.overflow = found.overflow;
    for split in found.iter() {
        let account =
            split.rest.rsplit_once("(set_id=").and_then(|(_, id)| id.strip_suffix(')')).unwrap_or("");
        splits.push(Split { name: account, ..*split });
    }
    auth(event, Outcome::Failure, Reason::BadSecret);
    event.auth_method = Some(AuthMethod::Password);
    settle(event, &splits, false);
    if event.user.as_deref() == Some("") {
        event.user = None;
    }
    true
}

/// `ID <= sender H=... [A]:P ... A=auth:U ...`.
fn received<'a>(text: &'a str, event: &mut Event<'a>) -> bool {
    let Some((_, rest)) = text.split_once(" <= ") else { return false };
    event.class = Class::Email;
    event.activity = activity::OTHER;
    let places: Vec<(Peer<'_>, &str)> =
        rest.match_indices(" [").filter_map(|(at, _)| bracket(rest.get(at + 2..)?)).collect();
    // The interface has a bracket of its own, `I=[B]`, with no blank before it.
    let [(peer, after)] = places.as_slice() else {
        if !places.is_empty() {
            event.flags.set(Flags::AMBIGUOUS);
        }
        return true;
    };
    crate::grammar::fill::set_peer(event, *peer);
    if let Some((_, login)) = after.split_once(" A=") {
        let login = login.split(' ').next().unwrap_or(login);
        if let Some((_, name)) = login.split_once(':') {
            auth(event, Outcome::Success, Reason::Ok);
            event.user = Some(Cow::Borrowed(name));
        }
    }
    true
}

struct EximDecoder {
    resolver: Resolver,
}

impl Decoder for EximDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, settings: &Settings, sink: &mut Sink<'_>) -> Decoded {
        if record.text.trim().is_empty() {
            return Decoded::Nothing;
        }
        let Some((printed, text)) = head(record.text) else {
            return Decoded::Unread(UnreadReason::GrammarMiss, "YYYY-MM-DD hh:mm:ss message");
        };
        let mut event = Event {
            process: Some("exim".into()),
            service: Some("smtp".into()),
            product: "linux",
            sigma_services: &["syslog"],
            message: Some(Cow::Borrowed(text)),
            ..super::stamped(record, settings, &printed, &mut self.resolver)
        };
        (event.origin.parser, event.origin.parser_version) = ("exim", 1);
        let known = failed(text, &mut event) || received(text, &mut event);
        if known {
            event.origin.grammar = "M03";
        }
        sink(&event);
        if !known && text.contains(" authenticator failed for ") {
            return Decoded::Unread(
                UnreadReason::GrammarMiss,
                "NAME authenticator failed for (helo) [address]: 535 text",
            );
        }
        Decoded::Events
    }
}
