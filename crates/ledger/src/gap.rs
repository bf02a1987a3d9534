//! Gaps: what is missing from a stream, or may be (LG chapter 13.2).

use crate::entry::EntryKind;
use crate::{Error, Ledger, Result, StreamId};
use serde_json::json;
use vocab::{LedgerIndex, Timestamp};

/// Why something is missing (LG-HBT-04).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapCause {
    /// Nothing came for longer than the source is ever silent.
    Silent,
    /// The source itself lacks something: a file was cut, or a turned file was gone before it had been read.
    SourceHole,
    /// Nobody was there to take records over.
    LedgerDown,
}

impl GapCause {
    /// The code in the entry.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::SourceHole => "source-hole",
            Self::LedgerDown => "ledger-down",
        }
    }
}

impl Ledger {
    /// Writes down that records of a stream between two moments are missing, or may be. Sources that do not number their
    /// records give no numbers, and the entry has none either.
    ///
    /// # Errors
    /// `LE-STREAM` when the stream is not open, `LE-POLICY` for times beyond what JSON holds or in the wrong order, `LE-IO`.
    pub fn append_gap(
        &mut self,
        stream: StreamId,
        cause: GapCause,
        span: (Timestamp, Timestamp),
        now: Timestamp,
    ) -> Result<LedgerIndex> {
        self.streams.require_open(stream.0)?;
        if span.0 > span.1 {
            return Err(Error::Policy("a gap ends after it began"));
        }
        self.settle_clock(now)?;
        let body = json!({
            "cause": cause.code(),
            "from": span.0.0,
            "from_seq": null,
            "stream": stream.0,
            "to": span.1.0,
            "to_seq": null,
        });
        self.public(EntryKind::Gap, stream.0, &body)
    }
}
