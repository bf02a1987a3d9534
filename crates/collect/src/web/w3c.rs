//! W05: W3C extended log files of IIS (6 to 10). UTC by definition; `#Fields:` may change inside a file.
//!
//! Free text: path, query, user, agent, referrer. IIS writes a blank as `+`, so the number of columns is the anchor: a line
//! with another number is ambiguous and has no source.

use super::fields::{Columns, Role, of_w3c};
use super::named::blank;
use crate::record::{Cut, Decoded, Decoder, RawRecord, Sample, Settings, Sink, UnreadReason};
use crate::registry::Format;
use crate::time::{Civil, Meaning, within_reason};
use std::borrow::Cow;
use vocab::{Event, Flags, Timestamp};

/// The format.
pub(crate) const W3C: Format = Format {
    name: "iis_w3c",
    cut: |_| Cut::Lines,
    yearless: false,
    score,
    decoder: |_, _| Box::new(W3cDecoder { columns: Vec::new() }),
};

fn score(sample: &Sample<'_>) -> f32 {
    let headed = sample.lines().take(50).any(|line| {
        line.strip_prefix("#Fields: ").is_some_and(|names| {
            let has = |name: &str| names.split(' ').any(|column| column == name);
            has("c-ip") && has("sc-status") && has("time")
        })
    });
    if headed { 0.99 } else { 0.0 }
}

/// Most columns of a line.
const COLUMNS_MAX: usize = 128;

struct W3cDecoder {
    columns: Vec<(String, Option<Role>)>,
}

impl W3cDecoder {
    fn header(&mut self, line: &str) {
        if let Some(names) = line.strip_prefix("#Fields:") {
            self.columns = names
                .split_ascii_whitespace()
                .take(COLUMNS_MAX)
                .map(|name| (name.to_owned(), of_w3c(name)))
                .collect();
        }
    }
}

/// Date and time columns, UTC.
fn time<'a>(date: &'a str, clock: &'a str, settings: &Settings, event: &mut Event<'a>) {
    let joined = format!("{date} {clock}");
    let read = crate::time::form::rfc3339(joined.as_bytes()).filter(|printed| printed.length == joined.len());
    let utc = |civil: Civil| Timestamp(civil.micros_as_utc());
    event.time = match read.map(|printed| printed.meaning) {
        Some(Meaning::Local(civil)) => Some(utc(civil)).filter(|time| within_reason(*time, settings.clock)),
        _ => None,
    };
    event.original_time = Some(Cow::Owned(joined));
    event.tz_offset_min = Some(0);
    if event.time.is_none() {
        event.flags.set(Flags::BAD_TIME);
    }
}

impl Decoder for W3cDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, settings: &Settings, sink: &mut Sink<'_>) -> Decoded {
        let line = record.text;
        if line.starts_with('#') {
            self.header(line);
            return Decoded::Nothing;
        }
        if line.trim().is_empty() {
            return Decoded::Nothing;
        }
        if self.columns.is_empty() {
            return Decoded::Unread(UnreadReason::GrammarMiss, "a line #Fields: before the records");
        }
        let values: Vec<&str> = line.split(' ').take(COLUMNS_MAX + 1).collect();
        let doubtful = values.len() != self.columns.len();
        let mut event = blank(record, "iis_w3c", "W05");
        event.product = "iis";
        let mut columns = Columns::default();
        let (mut date, mut clock) = ("", "");
        for ((name, role), value) in self.columns.iter().zip(&values) {
            match role {
                Some(Role::Date) => date = value,
                Some(Role::Time) => clock = value,
                Some(role) => columns.take(*role, value, &mut event),
                None if *value == "-" => {}
                None => event.push_extra(name.as_str(), *value),
            }
        }
        time(date, clock, settings, &mut event);
        columns.finish(doubtful, &mut event);
        sink(&event);
        Decoded::Events
    }
}
