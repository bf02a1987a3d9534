//! Streams: ordered sub-sequences of the log (LG-MOD-02, LG-MOD-05).

use crate::entry::{EntryKind, NO_INDEX};
use crate::seal::DataClass;
use crate::writer::canonical;
use crate::{Error, Hash, Ledger, Payload, Result, tree};
use serde_json::json;
use std::collections::BTreeMap;
use vocab::Timestamp;

/// Number of a stream. Never used again after the stream is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub(crate) u32);

impl StreamId {
    /// The number as entries carry it.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

/// Where a stream stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) seq: u64,
    pub(crate) index: u64,
    pub(crate) open: bool,
}

/// All streams of a ledger.
#[derive(Clone, Debug, Default)]
pub(crate) struct Streams {
    heads: BTreeMap<u32, Head>,
    /// Data class of each stream that says one; others hold events.
    classes: BTreeMap<u32, DataClass>,
}

impl Streams {
    /// Number for a new stream.
    pub(crate) fn next_number(&self) -> Result<u32> {
        let last = self.heads.last_key_value().map_or(0, |(number, _)| *number);
        last.checked_add(1).ok_or(Error::Limit {
            what: "number of streams",
            size: u64::from(u32::MAX),
            limit: u64::from(u32::MAX),
        })
    }
    /// Sequence number and previous index for the next entry of a stream.
    pub(crate) fn next(&self, stream: u32) -> (u64, u64) {
        self.heads.get(&stream).map_or((1, NO_INDEX), |head| (head.seq.saturating_add(1), head.index))
    }
    pub(crate) fn require_open(&self, stream: u32) -> Result<()> {
        match self.heads.get(&stream) {
            Some(head) if head.open => Ok(()),
            _ => Err(Error::Stream { stream }),
        }
    }
    /// Notes the data class of a stream.
    pub(crate) fn classify(&mut self, stream: u32, class: DataClass) {
        self.classes.insert(stream, class);
    }
    /// Data class of the payloads of a stream.
    pub(crate) fn class(&self, stream: u32) -> DataClass {
        self.classes.get(&stream).copied().unwrap_or(DataClass::Event)
    }
    /// Notes an entry.
    pub(crate) fn advance(&mut self, stream: u32, seq: u64, index: u64, open: bool) {
        self.heads.insert(stream, Head { seq, index, open });
    }
    /// Open streams other than 0, ascending.
    pub(crate) fn open(&self) -> Vec<u32> {
        self.heads
            .iter()
            .filter(|(number, head)| **number != 0 && head.open)
            .map(|(number, _)| *number)
            .collect()
    }
    pub(crate) fn head(&self, stream: u32) -> Option<Head> {
        self.heads.get(&stream).copied()
    }
    /// Root over the heads of all streams (LG-SEA-04).
    pub(crate) fn heads_root(&self) -> Hash {
        let mut frontier = tree::Frontier::default();
        for (number, head) in &self.heads {
            let mut bytes = number.to_be_bytes().to_vec();
            bytes.extend(head.seq.to_be_bytes());
            bytes.extend(head.index.to_be_bytes());
            frontier.push(tree::leaf(&bytes));
        }
        frontier.root()
    }
}

impl Ledger {
    /// Opens a stream. `kind` is a public word such as `file` or `case` (a-z, 0-9, `-`, at most 32); `name` goes into
    /// the payload, because it may tell about persons (LG-ENT-02).
    ///
    /// # Errors
    /// `LE-POLICY` for an unfit kind, `LE-LIMIT` for a name beyond 4,096 bytes, `LE-IO`.
    pub fn open_stream(&mut self, name: &str, kind: &str, now: Timestamp) -> Result<StreamId> {
        self.open_stream_of(name, kind, DataClass::Event, now)
    }

    /// Opens a stream whose payloads are of a data class. In a ledger without keys the class is not written.
    ///
    /// # Errors
    /// As [`Ledger::open_stream`].
    pub fn open_stream_of(
        &mut self,
        name: &str,
        kind: &str,
        class: DataClass,
        now: Timestamp,
    ) -> Result<StreamId> {
        let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        if kind.is_empty() || kind.len() > 32 || !kind.bytes().all(fits) {
            return Err(Error::Policy("a stream kind has 1 to 32 of a-z, 0-9 and '-'"));
        }
        if name.len() > 4_096 {
            return Err(Error::Limit { what: "stream name in bytes", size: name.len() as u64, limit: 4_096 });
        }
        let stream = self.streams.next_number()?;
        let number = if self.batch.sealing.is_some() { class.number() } else { 0 };
        let body =
            json!({ "class": number, "epoch_seconds": 0, "key": null, "stream": stream, "type": kind });
        self.settle_clock(now)?;
        let (name, body) = (Payload::new(&json!({ "name": name }))?, canonical(&body)?);
        self.with_payload(EntryKind::StreamOpen, stream, DataClass::Ledger, &name, body)?;
        self.streams.classify(stream, class);
        Ok(StreamId(stream))
    }

    /// A stream that an earlier session opened; `None` when it is not open.
    #[must_use]
    pub fn open_stream_numbered(&self, number: u32) -> Option<StreamId> {
        self.streams.require_open(number).ok().map(|()| StreamId(number))
    }

    /// Closes a stream; its number is never used again (LG-MOD-05).
    ///
    /// # Errors
    /// `LE-STREAM` when it is not open, `LE-IO`.
    pub fn close_stream(&mut self, stream: StreamId, now: Timestamp) -> Result<()> {
        self.streams.require_open(stream.0)?;
        self.settle_clock(now)?;
        let (seq, _) = self.streams.next(stream.0);
        let body = json!({ "last_seq": seq, "reason": "end", "stream": stream.0 });
        self.public(EntryKind::StreamClose, stream.0, &body).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// LG-VER-02: found by the fuzz target `ledger_folder`; an entry may claim any number.
    #[test]
    fn the_highest_number_has_none_behind_it() {
        let mut streams = Streams::default();
        streams.advance(3, u64::MAX, 7, true);
        assert_eq!(streams.next(3), (u64::MAX, 7));
    }
}
