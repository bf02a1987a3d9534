//! Duplicates: a record that is sent again with the number it had gets the index it had (LG-APP-02).

use crate::entry::{EntryKind, NO_INDEX};
use crate::{Error, Hash, Ledger, Payload, Reader, Result, StreamId};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use vocab::{Citation, LedgerIndex, Timestamp};

/// Numbered entries whose content is remembered; older ones are read from disk.
const RECENT_MAX: usize = 65_536;
/// Numbers behind the newest one of a stream up to which a duplicate is looked for on disk.
const STEPS_MAX: u64 = 1_000_000;

/// The answer to an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Where the entry stands.
    pub index: LedgerIndex,
    /// The same number with the same content was appended before; nothing was added now.
    pub duplicate: bool,
}

/// Numbered entries of late, and places found by walking back through a stream.
#[derive(Default)]
pub(crate) struct Recent {
    content: HashMap<(u32, u64), (u64, Hash)>,
    order: VecDeque<(u32, u64)>,
    walked: HashMap<(u32, u64), u64>,
    reader: Option<Box<Reader>>,
}

impl Recent {
    fn remember(&mut self, stream: u32, seq: u64, index: u64, digest: Hash) {
        if self.order.len() >= RECENT_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.content.remove(&oldest);
        }
        self.order.push_back((stream, seq));
        self.content.insert((stream, seq), (index, digest));
    }
}

fn digest(kind: EntryKind, payload: &Payload) -> Hash {
    Sha256::new().chain_update([kind as u8]).chain_update(payload.as_bytes()).finalize().into()
}

impl Ledger {
    /// Appends an entry whose number in its stream the sender has counted: the next one is appended, one that was used
    /// before gives its first index when the content is equal (LG-APP-02, LG-SRC-02).
    ///
    /// # Errors
    /// `LE-SEQ` for a number that is not reached yet, `LE-CONFLICT` for a used number with other content, otherwise as
    /// [`Ledger::append`].
    pub fn append_numbered(
        &mut self,
        stream: StreamId,
        seq: u64,
        kind: EntryKind,
        now: Timestamp,
        payload: &Payload,
    ) -> Result<Appended> {
        self.require_appendable(stream, kind)?;
        let (expected, _) = self.streams.next(stream.0);
        if seq > expected {
            return Err(Error::Seq { stream: stream.0, expected, found: seq });
        }
        if seq < expected {
            let index = self.recall(stream.0, seq, kind, payload)?;
            return Ok(Appended { index: LedgerIndex(index), duplicate: true });
        }
        self.settle_clock(now)?;
        let index = self.append_payload(stream, kind, payload)?;
        self.recent.remember(stream.0, seq, index.0, digest(kind, payload));
        Ok(Appended { index, duplicate: false })
    }

    /// Index of a number of a stream, when it was used for this content.
    fn recall(&mut self, stream: u32, seq: u64, kind: EntryKind, payload: &Payload) -> Result<u64> {
        let conflict = |index| Error::Conflict { stream, seq, index };
        if let Some((index, known)) = self.recent.content.get(&(stream, seq)) {
            return if *known == digest(kind, payload) { Ok(*index) } else { Err(conflict(*index)) };
        }
        let (index, mut reader) = self.walk_back(stream, seq)?;
        let entry = reader.entry(LedgerIndex(index))?;
        let same = entry.kind == kind
            && reader
                .record(Citation { index: LedgerIndex(index), record: 0 })
                .is_ok_and(|record| record.bytes == payload.as_bytes());
        self.recent.reader = Some(reader);
        if same { Ok(index) } else { Err(conflict(index)) }
    }

    /// Follows `prev_index` from the newest entry of a stream (LG-MOD-03) to the one with this number.
    fn walk_back(&mut self, stream: u32, seq: u64) -> Result<(u64, Box<Reader>)> {
        let Some(head) = self.streams.head(stream) else { return Err(Error::Stream { stream }) };
        if head.seq - seq > STEPS_MAX {
            let (size, limit) = (head.seq - seq, STEPS_MAX);
            return Err(Error::Limit { what: "numbers behind the newest of the stream", size, limit });
        }
        // What is not on disk yet cannot be read back.
        self.commit()?;
        let fresh = self.recent.reader.take().filter(|reader| reader.size() > head.index);
        let mut reader = match fresh {
            Some(reader) => reader,
            None => Box::new(Reader::open(&self.folder)?),
        };
        if self.recent.walked.len() > RECENT_MAX {
            self.recent.walked.clear();
        }
        let mut place =
            self.recent.walked.get(&(stream, seq)).map_or((head.seq, head.index), |at| (seq, *at));
        while place.0 > seq && place.1 != NO_INDEX {
            let entry = reader.entry(LedgerIndex(place.1))?;
            place = (entry.stream_seq.saturating_sub(1), entry.prev_index);
            self.recent.walked.insert((stream, place.0), place.1);
        }
        Ok((place.1, reader))
    }
}
