//! FR-05: CSV and TSV with a header line, of any kind, as base events.
//!
//! A value with a line end inside is not joined: such lines have another number of columns and are listed as unread.

use super::aliases::{Meaning, finish, meaning, time};
use crate::record::{Cut, Decoded, Decoder, RawRecord, Sample, Settings, Sink, UnreadReason};
use crate::registry::Format;
use crate::time::Resolver;
use std::borrow::Cow;
use vocab::{Event, Trust};

/// The format.
pub(crate) const CSV: Format = Format {
    name: "csv",
    cut: |_| Cut::Lines,
    yearless: false,
    score,
    decoder: |sample, settings| {
        let separator = separator(sample).unwrap_or(',');
        Box::new(CsvDecoder { resolver: Resolver::new(settings), separator, header: Vec::new() })
    },
};

/// Most columns of a line.
const COLUMNS_MAX: usize = 256;

/// The separator with which the header has the most columns.
fn separator(sample: &Sample<'_>) -> Option<char> {
    let header = sample.lines().next()?;
    [',', '\t', ';'].into_iter().max_by_key(|separator| header.matches(*separator).count())
}

/// The header names a time, and nearly all lines have as many columns as it.
fn score(sample: &Sample<'_>) -> f32 {
    let Some(separator) = separator(sample) else { return 0.0 };
    let Some(header) = sample.lines().next().and_then(|line| split(line, separator)) else { return 0.0 };
    let names = header.iter().all(|name| !name.is_empty() && name.len() < 80);
    let timed = header.iter().any(|name| meaning(name) == Some(Meaning::Time));
    if header.len() < 2 || !names || !timed || sample.lines().nth(1).is_none() {
        return 0.0;
    }
    let same = sample.share(|line| split(line, separator).is_some_and(|values| values.len() == header.len()));
    same * 0.8
}

/// The values of a line; `None` when a quote is left open or something follows a closing quote.
fn split(line: &str, separator: char) -> Option<Vec<Cow<'_, str>>> {
    let mut values = Vec::new();
    let mut rest = line;
    loop {
        if values.len() >= COLUMNS_MAX {
            return None;
        }
        if let Some(inner) = rest.strip_prefix('"') {
            let (value, after) = quoted(inner)?;
            values.push(value);
            match after.strip_prefix(separator) {
                Some(next) => rest = next,
                None if after.is_empty() => return Some(values),
                None => return None,
            }
        } else {
            match rest.split_once(separator) {
                Some((value, next)) => {
                    values.push(Cow::Borrowed(value));
                    rest = next;
                }
                None => {
                    values.push(Cow::Borrowed(rest));
                    return Some(values);
                }
            }
        }
    }
}

/// A quoted value without its opening quote: the value, and what follows the closing one. Two quotes are one.
fn quoted(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.find('"')?;
        let after = text.get(at + 1..)?;
        if after.starts_with('"') {
            from = at + 2;
            continue;
        }
        let value = text.get(..at)?;
        let value = if from > 0 { Cow::Owned(value.replace("\"\"", "\"")) } else { Cow::Borrowed(value) };
        return Some((value, after));
    }
}

struct CsvDecoder {
    resolver: Resolver,
    separator: char,
    header: Vec<(String, Option<Meaning>)>,
}

impl Decoder for CsvDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, settings: &Settings, sink: &mut Sink<'_>) -> Decoded {
        let line = record.text.trim_start_matches('\u{feff}');
        if line.trim().is_empty() {
            return Decoded::Nothing;
        }
        let values = split(line, self.separator);
        if self.header.is_empty() {
            let names = values.unwrap_or_default();
            self.header = names.iter().map(|name| (name.trim().to_owned(), meaning(name))).collect();
            return Decoded::Nothing;
        }
        let Some(values) = values.filter(|values| values.len() == self.header.len()) else {
            return Decoded::Unread(UnreadReason::GrammarMiss, "as many columns as the header has");
        };
        let mut event = Event {
            count: 1,
            trust: Trust::Tr1,
            flags: record.flags,
            origin: record.origin.clone(),
            ..Event::default()
        };
        event.origin.parser = "csv";
        event.origin.parser_version = 1;
        event.message = Some(Cow::Borrowed(line));
        let mut timed = false;
        for ((name, meaning), value) in self.header.iter().zip(&values) {
            match meaning {
                Some(Meaning::Time) if !timed => {
                    timed = time(value, &mut self.resolver, record.year, &mut event)
                }
                Some(Meaning::Message) => event.message = Some(Cow::Borrowed(value)),
                Some(Meaning::Host) => event.dst_host = Some(Cow::Borrowed(value)),
                _ => {}
            }
            event.push_extra(name.as_str(), value.as_ref());
        }
        finish(&mut event, timed, settings);
        sink(&event);
        Decoded::Events
    }
}
