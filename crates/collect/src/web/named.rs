//! W04: access logs as JSON objects and as LTSV.
//!
//! Free text: everything but the peer, the time and the status. Anchor: the structure. A label that stands twice (possible
//! where a server does not escape) makes the event ambiguous; its address is one of the readings, not the source.

use super::fields::{Columns, Role, of_json, of_ltsv};
use super::stamp::StampReader;
use crate::flat::Flat;
use crate::record::{Cut, Decoded, Decoder, RawRecord, Sample, Settings, Sink, UnreadReason};
use crate::registry::Format;
use crate::time::{Resolver, any};
use std::borrow::Cow;
use vocab::{Event, Flags, Trust};

/// JSON objects, one after the other.
pub(crate) const WEB_JSON: Format = Format {
    name: "web_json",
    cut: |_| Cut::Json,
    yearless: false,
    score: |sample| {
        sample.share(|line| line.starts_with('{') && Flat::read(line).is_ok_and(|flat| is_web(&flat))) * 0.98
    },
    decoder: |_, settings| Box::new(NamedDecoder::new(settings, false)),
};

/// Labelled tab-separated values.
pub(crate) const WEB_LTSV: Format = Format {
    name: "web_ltsv",
    cut: |_| Cut::Lines,
    yearless: false,
    score: |sample: &Sample<'_>| sample.share(|line| line.contains('\t') && ltsv(line).is_some()) * 0.98,
    decoder: |_, settings| Box::new(NamedDecoder::new(settings, true)),
};

/// Does the object have what an access log cannot be without?
fn is_web(flat: &Flat<'_>) -> bool {
    let (mut peer, mut status, mut request) = (false, false, false);
    for field in &flat.fields {
        match of_json(&field.name) {
            Some(Role::Peer(_)) => peer = true,
            Some(Role::Status) => status = true,
            Some(Role::Request | Role::Method | Role::Uri) => request = true,
            _ => {}
        }
    }
    peer && status && request
}

type Labels<'a> = Vec<(&'a str, &'a str)>;

/// The labels of a line; `None` when it lacks what an access log cannot be without.
fn ltsv(line: &str) -> Option<Labels<'_>> {
    let labels: Labels<'_> = line.split('\t').take(256).filter_map(|part| part.split_once(':')).collect();
    let has =
        |wanted: &dyn Fn(Role) -> bool| labels.iter().any(|(name, _)| of_ltsv(name).is_some_and(wanted));
    let good = has(&|role| matches!(role, Role::Peer(_)))
        && has(&|role| role == Role::Status)
        && has(&|role| matches!(role, Role::Request | Role::Uri));
    good.then_some(labels)
}

struct NamedDecoder {
    resolver: Resolver,
    stamps: StampReader,
    is_ltsv: bool,
}

impl NamedDecoder {
    fn new(settings: &Settings, is_ltsv: bool) -> Self {
        Self { resolver: Resolver::new(settings), stamps: StampReader::default(), is_ltsv }
    }

    fn time<'a>(&mut self, text: &'a str, event: &mut Event<'a>, settings: &Settings) {
        let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        event.original_time = Some(Cow::Borrowed(text));
        if let Some(stamp) = self.stamps.common(inner) {
            event.time = Some(stamp.time).filter(|time| crate::time::within_reason(*time, settings.clock));
            event.tz_offset_min = Some(stamp.offset_min);
        } else if let Some(printed) = any(inner.as_bytes()).filter(|printed| printed.length == inner.len()) {
            let resolved = self.resolver.resolve(&printed, 0);
            event.time = resolved.time;
            event.tz_offset_min = resolved.offset_min;
            event.flags.set(resolved.flags);
        }
        if event.time.is_none() {
            event.flags.set(Flags::BAD_TIME);
        }
    }
}

/// An event of a named-column log with its place set.
pub(crate) fn blank<'a>(record: &RawRecord<'a>, parser: &'static str, row: &'static str) -> Event<'a> {
    let mut event = Event {
        activity: vocab::activity::OTHER,
        sigma_services: &["access"],
        count: 1,
        trust: Trust::Tr2,
        flags: record.flags,
        origin: record.origin.clone(),
        ..Event::default()
    };
    event.origin.parser = parser;
    event.origin.parser_version = 1;
    event.origin.grammar = row;
    event
}

impl Decoder for NamedDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, settings: &Settings, sink: &mut Sink<'_>) -> Decoded {
        if record.text.trim().is_empty() {
            return Decoded::Nothing;
        }
        let (flat, labels);
        let mut doubtful = false;
        let mut named: Vec<(&str, &str, Option<Role>, bool)> = Vec::new();
        if self.is_ltsv {
            labels = match ltsv(record.text) {
                Some(labels) => labels,
                None => {
                    return Decoded::Unread(
                        UnreadReason::GrammarMiss,
                        "host:A<TAB>time:T<TAB>req:R<TAB>status:n",
                    );
                }
            };
            for (name, value) in &labels {
                doubtful |= named.iter().any(|(other, ..)| other == name);
                named.push((name, value, of_ltsv(name), false));
            }
        } else {
            flat = match Flat::read(record.text) {
                Ok(flat) => flat,
                Err(unread) => return unread,
            };
            doubtful = flat.doubtful;
            named.extend(
                flat.fields.iter().map(|f| (f.name.as_ref(), f.value.as_ref(), of_json(&f.name), f.bare)),
            );
        }
        let mut event = blank(record, if self.is_ltsv { "web_ltsv" } else { "web_json" }, "W04");
        let mut columns = Columns::default();
        let mut timed = false;
        for (name, value, role, bare) in &named {
            match role {
                Some(Role::Time) if !timed => {
                    timed = true;
                    self.time(value, &mut event, settings);
                }
                Some(role) => columns.take(*role, value, &mut event),
                None if value.is_empty() => {}
                None => {
                    event.push_extra(*name, *value);
                    if let Some(extra) = event.extra.last_mut() {
                        extra.bare = *bare;
                    }
                }
            }
        }
        if !timed {
            event.flags.set(Flags::BAD_TIME);
        }
        columns.finish(doubtful, &mut event);
        sink(&event);
        Decoded::Events
    }
}
