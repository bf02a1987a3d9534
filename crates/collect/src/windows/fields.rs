//! The fields of one record while it is read: one text for all values, places in it, and the head.

use super::known;
use super::names::{NameId, Part};
use vocab::Timestamp;

/// One field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: NameId,
    /// Where it comes from.
    pub(crate) part: Part,
    /// The source gave a number.
    pub(crate) bare: bool,
    start: u32,
    end: u32,
}

/// Fields of a record. Reused from record to record, so that reading allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    text: String,
    list: Vec<Field>,
    /// Time of the event where the source gave one as a number.
    pub(crate) time: Option<Timestamp>,
    /// The encoding of a text was guessed.
    pub(crate) guessed: bool,
}

/// Most fields of a record.
pub(crate) const FIELDS_MAX: usize = 4_096;
/// Most text of a record, bytes.
pub(crate) const TEXT_BYTES_MAX: usize = 1 << 20;

impl Fields {
    /// Forgets the record before.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.list.clear();
        self.time = None;
        self.guessed = false;
    }

    /// Where the next value begins.
    pub(crate) fn mark(&self) -> usize {
        self.text.len()
    }

    /// The text that values are appended to.
    pub(crate) fn text_mut(&mut self) -> &mut String {
        &mut self.text
    }

    /// Makes a field of what was appended since `mark`; `false` when there is no room for more.
    pub(crate) fn push(&mut self, name: NameId, part: Part, mark: usize, bare: bool) -> bool {
        let narrow = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        self.list.push(Field { name, part, bare, start: narrow(mark), end: narrow(self.text.len()) });
        self.list.len() <= FIELDS_MAX && self.text.len() <= TEXT_BYTES_MAX
    }

    /// Takes back what was appended since `mark`.
    pub(crate) fn take_back(&mut self, mark: usize) {
        self.text.truncate(mark);
    }

    /// The fields in the order of the record.
    pub(crate) fn list(&self) -> &[Field] {
        &self.list
    }

    /// Value of a field.
    pub(crate) fn value(&self, field: &Field) -> &str {
        self.text.get(field.start as usize..field.end as usize).unwrap_or_default()
    }

    /// First value of a part of the record by name.
    pub(crate) fn find(&self, part: Part, name: NameId) -> Option<&str> {
        let field = self.list.iter().find(|field| field.name == name && field.part == part)?;
        Some(self.value(field))
    }

    /// Number in the head.
    pub(crate) fn number<N: std::str::FromStr>(&self, name: NameId) -> Option<N> {
        self.find(Part::System, name)?.trim().parse().ok()
    }

    /// Is it the record of an event at all? Each has an event id and a channel or provider.
    pub(crate) fn is_event(&self) -> bool {
        self.find(Part::System, known::EVENT_ID).is_some()
    }
}
