//! `journalctl -o export`: `KEY=value` lines, an empty line after each entry. A value that holds line ends or control
//! characters is written as `KEY`, a line end, its length in eight bytes (low byte first), and the bytes.
//!
//! The reader cuts lines, so such a value arrives in pieces and is put together again here. The length decides where it
//! ends: an empty line or a `KEY=` inside a value means nothing.

use super::entry::{Fields, emit};
use crate::record::{Cut, Decoded, Decoder, RawRecord, Sample, Settings, Sink, UnreadReason};
use crate::registry::Format;
use crate::unread::Shapes;
use vocab::{Citation, Flags, Origin};

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

/// Most of one value that is kept, bytes.
const VALUE_BYTES_MAX: usize = 64 << 10;
/// Most fields of an entry.
const FIELDS_MAX: usize = 512;

/// Where the message of an entry stands: the place that its event cites.
#[derive(Clone, Debug, Default)]
struct Place {
    offset: u64,
    line: u64,
    raw: Vec<u8>,
    citation: Option<Citation>,
    flags: Flags,
}

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
    fields: Vec<(String, String)>,
    place: Place,
    binary: Option<Binary>,
    file: String,
    ranks: (u32, u32),
    doubtful: bool,
    misses: Shapes,
}

struct List<'l>(&'l [(String, String)]);

impl Fields for List<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl ExportDecoder {
    fn keep(&mut self, name: &str, value: &[u8], record: &RawRecord<'_>) {
        if name == "MESSAGE" || self.fields.is_empty() {
            self.place = Place {
                offset: record.origin.offset,
                line: record.origin.line,
                raw: record.origin.raw.to_vec(),
                citation: record.origin.citation,
                flags: record.flags,
            };
        }
        // Some fields may stand twice by design; those that say who and what may not.
        let once = matches!(name, "MESSAGE" | "SYSLOG_IDENTIFIER" | "_UID" | "_COMM" | "_PID" | "_HOSTNAME");
        self.doubtful |= once && self.fields.iter().any(|(known, _)| known == name);
        if self.fields.len() < FIELDS_MAX {
            let value = value.get(..VALUE_BYTES_MAX).unwrap_or(value);
            self.fields.push((name.to_owned(), String::from_utf8_lossy(value).into_owned()));
        }
    }

    /// The entry is complete.
    fn entry(&mut self, settings: &Settings, sink: &mut Sink<'_>) -> Decoded {
        if self.fields.is_empty() {
            return Decoded::Nothing;
        }
        let fields = std::mem::take(&mut self.fields);
        let place = std::mem::take(&mut self.place);
        let doubtful = std::mem::take(&mut self.doubtful);
        let origin = Origin {
            file: &self.file,
            source: self.ranks.0,
            file_rank: self.ranks.1,
            offset: place.offset,
            line: place.line,
            raw: &place.raw,
            citation: place.citation,
            ..Origin::default()
        };
        emit(&List(&fields), origin, place.flags, doubtful, settings, &mut self.misses, sink)
    }

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
                self.keep(&name, binary.bytes.get(8..).unwrap_or_default(), record);
            }
            // Longer than what is kept: the end cannot be found any more, so the value is given up.
            _ if beyond || missing.is_some_and(|missing| missing > (4 << 20)) => {
                let name = std::mem::take(&mut binary.name);
                self.keep(&name, binary.bytes.get(8..).unwrap_or_default(), record);
                self.place.flags.set(Flags::TRUNCATED);
            }
            _ => self.binary = Some(binary),
        }
        true
    }
}

impl Decoder for ExportDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, settings: &Settings, sink: &mut Sink<'_>) -> Decoded {
        if self.file != record.origin.file {
            record.origin.file.clone_into(&mut self.file);
        }
        self.ranks = (record.origin.source, record.origin.file_rank);
        let line = record.origin.raw;
        if self.continued(line, record) {
            return Decoded::Events;
        }
        if line.is_empty() {
            return self.entry(settings, sink);
        }
        let name_ends = memchr::memchr(b'=', line).unwrap_or(line.len());
        let name = line.get(..name_ends).and_then(|name| std::str::from_utf8(name).ok()).unwrap_or_default();
        let is_name = !name.is_empty()
            && name.len() <= 64
            && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        if !is_name {
            return Decoded::Unread(
                UnreadReason::GrammarMiss,
                "KEY=value, or KEY before a value with its length",
            );
        }
        match line.get(name_ends + 1..) {
            Some(value) => self.keep(name, value, record),
            None => self.binary = Some(Binary { name: name.to_owned(), bytes: Vec::new() }),
        }
        Decoded::Events
    }

    fn take_misses(&mut self) -> Shapes {
        std::mem::take(&mut self.misses)
    }

    fn finish(&mut self, settings: &Settings, sink: &mut Sink<'_>) {
        self.entry(settings, sink);
    }
}
