//! `journalctl -o export`: `KEY=value` lines, an empty line after each entry. A value that holds line ends or control
//! characters is written as `KEY`, a line end, its length in eight bytes (low byte first), and the bytes.
//!
//! The reader cuts lines, so such a value arrives in pieces and is put together again here. The length decides where it
//! ends: an empty line or a `KEY=` inside a value means nothing.

use super::gathered::{Gathered, VALUE_BYTES_MAX, is_name};
use crate::record::{Cut, Decoded, Decoder, RawRecord, Sample, Settings, Sink, UnreadReason};
use crate::registry::Format;
use crate::unread::Shapes;

/// The format.
pub(crate) const JOURNAL_EXPORT: Format = Format {
    name: "journal_export",
    cut: |_| Cut::Lines,
    yearless: false,
    score: |sample: &Sample<'_>| {
        let head = sample.bytes.get(..8_192).unwrap_or(sample.bytes);
        let has = |mark: &[u8]| memchr::memmem::find(head, mark).is_some();
        let starts = head.starts_with(b"__CURSOR=") || head.starts_with(b"__REALTIME_TIMESTAMP=");
        if starts && has(b"\n__REALTIME_TIMESTAMP=") { 0.99 } else { 0.0 }
    },
    decoder: |_, _| Box::new(ExportDecoder::default()),
};

/// A value that is being put together.
#[derive(Debug)]
struct Binary {
    name: String,
    /// The first eight bytes are the length.
    bytes: Vec<u8>,
}

impl Binary {
    /// Bytes that are still missing; `None` while the length is not complete.
    fn missing(&self) -> Option<u64> {
        let length = self.bytes.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes))?;
        Some(length.saturating_sub((self.bytes.len() - 8) as u64))
    }
}

#[derive(Default)]
struct ExportDecoder {
    entry: Gathered,
    binary: Option<Binary>,
}

impl ExportDecoder {
    /// Adds a line to the value that is being put together; `true` when it took the line.
    fn continued(&mut self, line: &[u8], record: &RawRecord<'_>) -> bool {
        let Some(mut binary) = self.binary.take() else { return false };
        // The line end between two pieces belongs to the value, also when it stands inside the length itself.
        if !binary.bytes.is_empty() {
            binary.bytes.push(b'\n');
        }
        let room = (VALUE_BYTES_MAX + 8).saturating_sub(binary.bytes.len());
        let missing = binary.missing();
        binary.bytes.extend_from_slice(line.get(..room).unwrap_or(line));
        let beyond = room < line.len();
        match binary.missing() {
            Some(0) => {
                let name = std::mem::take(&mut binary.name);
                self.entry.keep(&name, binary.bytes.get(8..).unwrap_or_default(), record);
            }
            // Longer than what is kept: the end cannot be found any more, so the value is given up.
            _ if beyond || missing.is_some_and(|missing| missing > (4 << 20)) => {
                let name = std::mem::take(&mut binary.name);
                self.entry.keep(&name, binary.bytes.get(8..).unwrap_or_default(), record);
                self.entry.cut();
            }
            _ => self.binary = Some(binary),
        }
        true
    }
}

impl Decoder for ExportDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, settings: &Settings, sink: &mut Sink<'_>) -> Decoded {
        self.entry.stands_in(record);
        let line = record.origin.raw;
        if self.continued(line, record) {
            return Decoded::Events;
        }
        if line.is_empty() {
            return self.entry.emit(settings, sink);
        }
        let name_ends = memchr::memchr(b'=', line).unwrap_or(line.len());
        let name = line.get(..name_ends).and_then(|name| std::str::from_utf8(name).ok()).unwrap_or_default();
        if !is_name(name) {
            return Decoded::Unread(
                UnreadReason::GrammarMiss,
                "KEY=value, or KEY before a value with its length",
            );
        }
        match line.get(name_ends + 1..) {
            Some(value) => self.entry.keep(name, value, record),
            None => self.binary = Some(Binary { name: name.to_owned(), bytes: Vec::new() }),
        }
        Decoded::Events
    }

    fn take_misses(&mut self) -> Shapes {
        self.entry.take_misses()
    }

    fn finish(&mut self, settings: &Settings, sink: &mut Sink<'_>) {
        self.entry.emit(settings, sink);
    }
}
