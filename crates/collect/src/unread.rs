//! What could not be read, and why (DT-EVT-15, DT-FMT-06): counted and listed, never dropped in silence.

mod shape;

pub use shape::{Shape, Shapes};

use crate::record::UnreadReason;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// How many items of the same file and reason are listed one by one.
const LISTED_PER_FILE_AND_REASON_MAX: u64 = 100;
/// How many items are listed in all.
const LISTED_MAX: usize = 200_000;

/// One thing that could not be read: a line of `unread.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnreadItem {
    /// Input name as given, plus `!member`.
    pub file: String,
    /// Byte offset in the decompressed stream; 0 for a whole file.
    pub offset: u64,
    /// Line or record number; 0 for a whole file.
    pub line: u64,
    /// Length in bytes; 0 where unknown.
    pub length: u64,
    /// SHA-256 of the bytes in lower-case hex; `None` for a whole file.
    pub sha256: Option<String>,
    /// Why.
    pub reason: UnreadReason,
    /// What was expected.
    pub expected: String,
    /// What can be done.
    pub hint: String,
    /// How many more of this file and reason there are that are not listed; only in the last item of a group.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "signature asked for by serde")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}

/// Collects what could not be read.
#[derive(Clone, Debug, Default)]
pub struct Unread {
    items: Vec<UnreadItem>,
    counts: BTreeMap<(String, UnreadReason), u64>,
    /// Shapes of messages without a grammar.
    pub shapes: Shapes,
}

impl Unread {
    /// Adds a whole file or stream.
    pub fn file(&mut self, file: &str, reason: UnreadReason, expected: impl Into<String>) {
        self.at(file, 0, 0, reason, expected);
    }

    /// Adds a place in a file from which nothing more could be read.
    pub fn at(
        &mut self,
        file: &str,
        offset: u64,
        line: u64,
        reason: UnreadReason,
        expected: impl Into<String>,
    ) {
        if self.count(file, reason) {
            self.items.push(UnreadItem {
                file: file.to_owned(),
                offset,
                line,
                length: 0,
                sha256: None,
                reason,
                expected: expected.into(),
                hint: hint(reason).to_owned(),
                more: 0,
            });
        }
    }

    /// Adds a record.
    pub fn record(
        &mut self,
        file: &str,
        offset: u64,
        line: u64,
        raw: &[u8],
        reason: UnreadReason,
        expected: &str,
    ) {
        if self.count(file, reason) {
            self.items.push(UnreadItem {
                file: file.to_owned(),
                offset,
                line,
                length: raw.len() as u64,
                sha256: Some(hex::encode(Sha256::digest(raw))),
                reason,
                expected: expected.to_owned(),
                hint: hint(reason).to_owned(),
                more: 0,
            });
        }
    }

    /// Counts; `true` when it is to be listed as well.
    fn count(&mut self, file: &str, reason: UnreadReason) -> bool {
        // A `BTreeMap` has no entry by borrowed key: look first, so that the usual case allocates nothing.
        let key = (file.to_owned(), reason);
        let seen = self.counts.entry(key).or_insert(0);
        *seen += 1;
        *seen <= LISTED_PER_FILE_AND_REASON_MAX && self.items.len() < LISTED_MAX
    }

    /// Takes over everything from another collection, in its order.
    pub fn merge(&mut self, other: Self) {
        let mut fresh: BTreeMap<(String, UnreadReason), u64> = BTreeMap::new();
        for item in other.items {
            let key = (item.file.clone(), item.reason);
            let before = self.counts.get(&key).copied().unwrap_or(0);
            let fresh = fresh.entry(key).or_insert(0);
            if before + *fresh < LISTED_PER_FILE_AND_REASON_MAX && self.items.len() < LISTED_MAX {
                *fresh += 1;
                self.items.push(item);
            }
        }
        for (key, count) in other.counts {
            *self.counts.entry(key).or_insert(0) += count;
        }
        self.shapes.merge(other.shapes);
    }

    /// How many things could not be read, listed or not.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// How many things of a file could not be read.
    #[must_use]
    pub fn of_file(&self, file: &str) -> u64 {
        self.counts.iter().filter(|((name, _), _)| name == file).map(|(_, count)| count).sum()
    }

    /// Counts by file and reason, sorted.
    pub fn counts(&self) -> impl Iterator<Item = (&str, UnreadReason, u64)> {
        self.counts.iter().map(|((file, reason), count)| (file.as_str(), *reason, *count))
    }

    /// The items; the last one of each group of file and reason says how many more there are.
    #[must_use]
    pub fn into_items(mut self) -> Vec<UnreadItem> {
        let mut listed: BTreeMap<(&str, UnreadReason), (usize, u64)> = BTreeMap::new();
        for (index, item) in self.items.iter().enumerate() {
            let entry = listed.entry((item.file.as_str(), item.reason)).or_insert((index, 0));
            *entry = (index, entry.1 + 1);
        }
        let more: Vec<(usize, u64)> = listed
            .into_iter()
            .map(|((file, reason), (index, count))| {
                let all = self.counts.get(&(file.to_owned(), reason)).copied().unwrap_or(count);
                (index, all.saturating_sub(count))
            })
            .collect();
        for (index, count) in more {
            if let Some(item) = self.items.get_mut(index) {
                item.more = count;
            }
        }
        self.items
    }
}

/// What a person can do about it.
fn hint(reason: UnreadReason) -> &'static str {
    match reason {
        UnreadReason::Unrecognised => "name the program that wrote it; a mapping file can be added for it",
        UnreadReason::BadTime => "check the clock of the host, --timezone and --year",
        UnreadReason::BadEncoding => "convert the file to UTF-8 and add the copy",
        UnreadReason::GrammarMiss => "send the message form to the project; it may hide a failed attempt",
        UnreadReason::RecordTooLong => "the first 64 KiB were parsed; look at the rest in the original",
        UnreadReason::Corrupt => "try to get another copy of the file from its host",
        UnreadReason::LimitSize => "split the input, or unpack it beforehand",
        UnreadReason::LimitRatio => "this may be a decompression bomb; unpack it by hand if it is not",
        UnreadReason::LimitDepth => "flatten the input by hand",
        UnreadReason::EncryptedArchive => "unpack it with its password beforehand",
        UnreadReason::Permission => "run as a user who may read it, or copy it",
        UnreadReason::SpecialFile => "copy what it delivers into a regular file",
        UnreadReason::Io => "check the disk; try to copy the file",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_listed_however_it_was_gathered() {
        let mut whole = Unread::default();
        let mut merged = Unread::default();
        for part in 0..4 {
            let mut some = Unread::default();
            for line in 0..60 {
                let line = part * 60 + line;
                whole.record("a.log", line * 10, line, b"x", UnreadReason::BadTime, "a stamp");
                some.record("a.log", line * 10, line, b"x", UnreadReason::BadTime, "a stamp");
            }
            merged.merge(some);
        }
        assert_eq!(whole.into_items(), merged.into_items());
    }

    #[test]
    fn lists_a_hundred_and_counts_the_rest() {
        let mut unread = Unread::default();
        for line in 1..=250 {
            unread.record("a.log", line * 10, line, b"x", UnreadReason::BadTime, "a stamp");
        }
        unread.file("b.log", UnreadReason::Permission, "a readable file");
        let mut all = Unread::default();
        all.merge(unread);
        assert_eq!(all.total(), 251);
        assert_eq!(all.of_file("a.log"), 250);
        let items = all.into_items();
        assert_eq!(items.len(), 101);
        assert_eq!(items[99].more, 150);
        assert_eq!(items[100].more, 0);
        assert_eq!(
            serde_json::to_string(&items[100]).unwrap(),
            r#"{"file":"b.log","offset":0,"line":0,"length":0,"sha256":null,"reason":"permission","expected":"a readable file","hint":"run as a user who may read it, or copy it"}"#
        );
    }
}
