//! `journalctl -o json`: one object an entry. Text that is no UTF-8 is a list of bytes; what was too large is null.

use super::entry::{Fields, emit};
use crate::flat::Flat;
use crate::record::{Cut, Decoded, Decoder, RawRecord, Sample, Settings, Sink};
use crate::registry::Format;
use crate::unread::Shapes;

/// The format.
pub(crate) const JOURNAL_JSON: Format = Format {
    name: "journal_json",
    cut: |_| Cut::Json,
    yearless: false,
    score: |sample: &Sample<'_>| {
        let head = sample.text.get(..sample.text.floor_char_boundary(16 << 10)).unwrap_or_default();
        let marks = head.contains("\"__REALTIME_TIMESTAMP\"") && head.contains("\"MESSAGE\"");
        let starts = head.trim_start_matches(['\u{1e}', ' ', '\n']).starts_with('{');
        if marks && starts { 0.99 } else { 0.0 }
    },
    decoder: |_, _| Box::new(JsonDecoder { misses: Shapes::default() }),
};

impl Fields for Flat<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        Flat::get(self, name).or_else(|| Flat::get(self, &format!("{name}.0")))
    }
}

struct JsonDecoder {
    misses: Shapes,
}

impl Decoder for JsonDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, settings: &Settings, sink: &mut Sink<'_>) -> Decoded {
        let text = record.text.trim_start_matches('\u{1e}').trim();
        if text.is_empty() {
            return Decoded::Nothing;
        }
        let flat = match Flat::read(text) {
            Ok(flat) => flat,
            Err(unread) => return unread,
        };
        emit(&flat, record.origin.clone(), record.flags, flat.doubtful, settings, &mut self.misses, sink)
    }

    fn take_misses(&mut self) -> Shapes {
        std::mem::take(&mut self.misses)
    }
}
