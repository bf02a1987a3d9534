//! What an auditor wants to see of a log before signing a review (ログの監査, LG 17): who read what, gaps and silence by
//! source, steps of the clock, what was held and destroyed, and when the next review is due.

mod pass;

use crate::entry::EntryKind;
use crate::export::ExportFacts;
use crate::govern::{Destruction, FreezeFacts, Governance, Hold, Review};
use crate::{Reader, Result};
use pass::Pass;
use serde_json::Value;
use vocab::Timestamp;

/// How long a source may be silent before the silence is listed, unless the auditor says otherwise: 6 hours.
pub const SILENCE_MICROS_DEFAULT: i64 = 6 * Timestamp::HOUR;
/// Longest silences that are listed for one source.
const SILENCES_MAX: usize = 20;
/// Most reads, exports, steps and gaps that are listed one by one; all are counted.
const LISTED_MAX: usize = 10_000;

/// A stretch of time without an entry of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// The entry before it.
    pub from: Timestamp,
    /// The entry after it, or the moment of the audit.
    pub to: Timestamp,
    /// No entry has come since.
    pub lasts: bool,
}

/// A gap that the log itself names (LG-HBT-04).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GapFacts {
    /// The entry.
    pub index: u64,
    /// Stream that lacks something.
    pub stream: u32,
    /// Cause code.
    pub cause: String,
    /// Between these moments.
    pub span: (Timestamp, Timestamp),
}

/// One stream as an auditor sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamFacts {
    /// Number.
    pub stream: u32,
    /// Public word such as `file` or `case`.
    pub kind: String,
    /// Name of the source; `None` while no key is at hand.
    pub name: Option<String>,
    /// Entries.
    pub entries: u64,
    /// Time of the first and the last entry.
    pub span: (Timestamp, Timestamp),
    /// Longest time without an entry: from, to.
    pub silence: (Timestamp, Timestamp),
    /// The longest times without an entry that are beyond the limit, in order of time.
    pub silences: Vec<Silence>,
    /// How many there are.
    pub silences_count: u64,
    /// Gaps that the log itself names.
    pub gaps: u64,
    /// Whether it is still open.
    pub open: bool,
}

/// A read of sealed payloads by a person (LG-AUD-03).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadFacts {
    /// The entry.
    pub index: u64,
    /// When.
    pub time: Timestamp,
    /// Purpose, case and what was read; `None` while no key is at hand.
    pub content: Option<Value>,
}

/// A step of the clock, or a stop of the writer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// The entry.
    pub index: u64,
    /// `clock` or `recovery`.
    pub kind: EntryKind,
    /// When it was entered.
    pub time: Timestamp,
    /// Body of the entry.
    pub body: Value,
}

/// Facts for a review.
#[derive(Clone, Debug)]
pub struct AuditFacts {
    /// Entries of the ledger.
    pub size: u64,
    /// Reviews so far.
    pub reviews: Vec<Review>,
    /// First entry that no review covers; `None` when all are covered.
    pub unreviewed_from: Option<u64>,
    /// When the next review is due.
    pub due: Timestamp,
    /// Streams by number.
    pub streams: Vec<StreamFacts>,
    /// Gaps, in order.
    pub gaps: Vec<GapFacts>,
    /// Reads, in order.
    pub reads: Vec<ReadFacts>,
    /// What was handed out, in order.
    pub exports: Vec<ExportFacts>,
    /// Freezes (保全), in order.
    pub freezes: Vec<FreezeFacts>,
    /// Steps of the clock and stops of the writer.
    pub breaks: Vec<Break>,
    /// Holds that are in force, by number.
    pub holds: Vec<(u64, Hold)>,
    /// Destructions (15.6).
    pub deletions: Vec<Destruction>,
    /// Entries that changed the policy.
    pub policies: Vec<u64>,
    /// Entries beyond the number that is listed.
    pub left_off: u64,
}

impl Reader {
    /// Gathers the facts in one pass, with the silences of open sources that are longer than `silence_micros`, also up to
    /// `now`. Reads, exports and names are opened where a key is at hand ([`Reader::add_identities`]).
    ///
    /// # Errors
    /// `LV-DAMAGE`, `LE-IO`.
    pub fn audit(&mut self, now: Timestamp, silence_micros: i64) -> Result<AuditFacts> {
        let mut pass = Pass::new(Governance::new(self.id()), silence_micros);
        for item in self.entries() {
            let (index, entry) = item?;
            pass.take(index.0, &entry);
        }
        let (mut facts, opened) = pass.end(now);
        facts.size = self.size();
        facts.unreviewed_from = unreviewed(&facts.reviews, facts.size);
        for (stream, index) in opened {
            let name = self.sealed_part(index);
            let name = name.as_ref().and_then(|name| name.get("name")).and_then(Value::as_str);
            if let Some(facts) = facts.streams.iter_mut().find(|facts| facts.stream == stream) {
                facts.name = name.map(str::to_owned);
            }
        }
        for read in &mut facts.reads {
            read.content = self.sealed_part(read.index);
        }
        for export in &mut facts.exports {
            export.content = self.sealed_part(export.index);
        }
        Ok(facts)
    }
}

/// First entry that no review covers.
fn unreviewed(reviews: &[Review], size: u64) -> Option<u64> {
    let mut from = 0;
    let mut ranges: Vec<(u64, u64)> = reviews.iter().map(|review| review.range).collect();
    ranges.sort_unstable();
    for (first, last) in ranges {
        if first <= from {
            from = from.max(last.saturating_add(1));
        }
    }
    (from < size).then_some(from)
}
