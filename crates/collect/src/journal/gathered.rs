//! An entry whose fields come line by line.

use super::entry::{Fields, emit};
use crate::record::{Decoded, RawRecord, Settings, Sink};
use crate::unread::Shapes;
use vocab::{Citation, Flags, Origin};

/// Most of one value that is kept, bytes.
pub(super) const VALUE_BYTES_MAX: usize = 64 << 10;
/// Most fields of an entry.
const FIELDS_MAX: usize = 512;

/// Can it be the name of a field?
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Where the message of an entry stands: the place that its event cites.
#[derive(Clone, Debug, Default)]
struct Place {
    offset: u64,
    line: u64,
    raw: Vec<u8>,
    citation: Option<Citation>,
    flags: Flags,
}

/// The fields of an entry so far.
#[derive(Default)]
pub(super) struct Gathered {
    fields: Vec<(String, String)>,
    place: Place,
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

impl Gathered {
    /// Remembers the file of a record, for an entry that ends with the file.
    pub(super) fn stands_in(&mut self, record: &RawRecord<'_>) {
        if self.file != record.origin.file {
            record.origin.file.clone_into(&mut self.file);
        }
        self.ranks = (record.origin.source, record.origin.file_rank);
    }

    /// Adds a field that stands in `record`.
    pub(super) fn keep(&mut self, name: &str, value: &[u8], record: &RawRecord<'_>) {
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

    /// Adds a line to the last field; `false` when there is none.
    pub(super) fn append(&mut self, line: &str) -> bool {
        let Some((_, value)) = self.fields.last_mut() else { return false };
        let room = VALUE_BYTES_MAX.saturating_sub(value.len() + 1);
        value.push('\n');
        value.push_str(line.get(..line.floor_char_boundary(room)).unwrap_or_default());
        true
    }

    /// Something of the entry was not kept.
    pub(super) fn cut(&mut self) {
        self.place.flags.set(Flags::TRUNCATED);
    }

    /// The entry is complete.
    pub(super) fn emit(&mut self, settings: &Settings, sink: &mut Sink<'_>) -> Decoded {
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

    /// Messages that no grammar read, so far.
    pub(super) fn take_misses(&mut self) -> Shapes {
        std::mem::take(&mut self.misses)
    }
}
