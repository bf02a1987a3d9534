//! `journalctl -o verbose`: a line with the time and the cursor, then each field on a line of its own, four spaces before
//! it; further lines of a value stand under its first one.
//!
//! The time of the first line has no offset that could be trusted (`JST` and `IST` are names of several zones); the cursor
//! has the same time in microseconds since 1970, so that nothing is assumed.

use super::gathered::{Gathered, is_name};
use crate::record::{Cut, Decoded, Decoder, RawRecord, Sample, Settings, Sink, UnreadReason};
use crate::registry::Format;
use crate::unread::Shapes;

/// The format.
pub(crate) const JOURNAL_VERBOSE: Format = Format {
    name: "journal_verbose",
    cut: |_| Cut::Lines,
    yearless: false,
    score: |sample: &Sample<'_>| {
        let mut lines = sample.lines().skip_while(|line| line.starts_with("-- ")).take(2);
        let head = lines.next().is_some_and(|line| cursor_time(line).is_some());
        let field = lines.next().is_some_and(|line| field(line).is_some());
        if head && field { 0.99 } else { 0.0 }
    },
    decoder: |_, _| Box::new(VerboseDecoder::default()),
};

/// Stands before each field.
const INDENT: &str = "    ";

/// Microseconds since 1970 from the cursor at the end of the first line of an entry; `None` when it is none.
fn cursor_time(line: &str) -> Option<i64> {
    if line.starts_with([' ', '\t']) {
        return None;
    }
    let (_, cursor) = line.strip_suffix(']')?.rsplit_once(" [")?;
    let mut parts = cursor.split(';');
    let time = parts.clone().find_map(|part| part.strip_prefix("t="))?;
    let has = |name: &str| parts.clone().any(|part| part.starts_with(name));
    let complete = has("s=") && has("i=") && has("b=") && parts.all(|part| part.get(1..2) == Some("="));
    i64::from_str_radix(time, 16).ok().filter(|micros| complete && *micros > 0)
}

/// Name and value, where the line begins a field.
fn field(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix(INDENT)?.split_once('=').filter(|(name, _)| is_name(name))
}

#[derive(Default)]
struct VerboseDecoder {
    entry: Gathered,
    /// Spaces before the further lines of the last value.
    under: usize,
}

impl Decoder for VerboseDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, settings: &Settings, sink: &mut Sink<'_>) -> Decoded {
        let line = record.text;
        if let Some(micros) = cursor_time(line) {
            let done = self.entry.emit(settings, sink);
            self.entry.stands_in(record);
            self.entry.keep("__REALTIME_TIMESTAMP", micros.to_string().as_bytes(), record);
            self.under = usize::MAX;
            return if matches!(done, Decoded::Nothing) { Decoded::Events } else { done };
        }
        // `-- Boot 4a3b... --`, `-- Journal begins at ... --`.
        if line.is_empty() || line.starts_with("-- ") {
            return Decoded::Nothing;
        }
        // A value of several lines is put under its beginning, so that no line of it can begin a field.
        let further = self.under != usize::MAX
            && line.len() >= self.under
            && line.as_bytes().iter().take(self.under).all(|byte| *byte == b' ');
        if further && self.entry.append(line.get(self.under..).unwrap_or_default()) {
            return Decoded::Events;
        }
        let Some((name, value)) = field(line) else {
            return Decoded::Unread(
                UnreadReason::GrammarMiss,
                "a time with a cursor, or NAME=value after four spaces",
            );
        };
        self.under = INDENT.len() + name.len() + 1;
        // What is large or no text is shown by its size only.
        if value.starts_with('[') && value.ends_with(" blob data]") {
            self.entry.cut();
            return Decoded::Events;
        }
        self.entry.keep(name, value.as_bytes(), record);
        Decoded::Events
    }

    fn take_misses(&mut self) -> Shapes {
        self.entry.take_misses()
    }

    fn finish(&mut self, settings: &Settings, sink: &mut Sink<'_>) {
        self.entry.emit(settings, sink);
    }
}
