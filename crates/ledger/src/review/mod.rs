//! What an auditor wants to see of a log before signing a review (ログの監査, LG 17): who read what, gaps and silence by
//! source, steps of the clock, what was held and destroyed, and when the next review is due.

use crate::entry::{Entry, EntryKind};
use crate::govern::{Destruction, Governance, Hold, Review};
use crate::{Reader, Result, json};
use serde_json::Value;
use std::collections::BTreeMap;
use vocab::{Citation, LedgerIndex, Timestamp};

/// Most reads, steps and gaps that are listed one by one; all are counted.
const LISTED_MAX: usize = 10_000;

/// One stream as an auditor sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamFacts {
    /// Number.
    pub stream: u32,
    /// Public word such as `file` or `case`.
    pub kind: String,
    /// Entries.
    pub entries: u64,
    /// Time of the first and the last entry.
    pub span: (Timestamp, Timestamp),
    /// Longest time without an entry: from, to.
    pub silence: (Timestamp, Timestamp),
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
    /// Reads, in order.
    pub reads: Vec<ReadFacts>,
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
    /// Gathers the facts in one pass. Reads are opened where a key is at hand ([`Reader::add_identities`]).
    ///
    /// # Errors
    /// `LV-DAMAGE`, `LE-IO`.
    pub fn audit(&mut self, now: Timestamp) -> Result<AuditFacts> {
        let mut pass = Pass { governance: Governance::new(self.id()), ..Pass::default() };
        for item in self.entries() {
            let (index, entry) = item?;
            pass.take(index.0, &entry);
        }
        for read in &mut pass.reads {
            let cited = Citation { index: LedgerIndex(read.index), record: 0 };
            read.content = self.record(cited).ok().and_then(|view| json::parse_canonical(&view.bytes).ok());
        }
        let governance = pass.governance;
        let mut unreviewed_from = 0;
        let mut ranges: Vec<(u64, u64)> = governance.reviews.iter().map(|review| review.range).collect();
        ranges.sort_unstable();
        for (from, to) in ranges {
            if from <= unreviewed_from {
                unreviewed_from = unreviewed_from.max(to.saturating_add(1));
            }
        }
        Ok(AuditFacts {
            size: self.size(),
            unreviewed_from: (unreviewed_from < self.size()).then_some(unreviewed_from),
            due: governance.next_review(pass.begin),
            streams: pass.streams.into_values().collect(),
            reads: pass.reads,
            breaks: pass.breaks,
            holds: governance.holds.into_iter().filter(|(_, hold)| hold.holds_at(now)).collect(),
            deletions: governance.destructions,
            reviews: governance.reviews,
            policies: pass.policies,
            left_off: pass.left_off,
        })
    }
}

#[derive(Default)]
struct Pass {
    governance: Governance,
    begin: Timestamp,
    streams: BTreeMap<u32, StreamFacts>,
    reads: Vec<ReadFacts>,
    breaks: Vec<Break>,
    policies: Vec<u64>,
    left_off: u64,
}

impl Pass {
    fn take(&mut self, index: u64, entry: &Entry) {
        let time = entry.received_at;
        let _ = self.governance.take(index, entry);
        let body = || json::parse_canonical(&entry.body).unwrap_or(Value::Null);
        let stream = self.streams.entry(entry.stream).or_insert_with(|| StreamFacts {
            stream: entry.stream,
            kind: "ledger".to_owned(),
            entries: 0,
            span: (time, time),
            silence: (time, time),
            gaps: 0,
            open: true,
        });
        stream.entries += 1;
        if time.since(stream.span.1) > stream.silence.1.since(stream.silence.0) {
            stream.silence = (stream.span.1, time);
        }
        stream.span.1 = time;
        let full = self.reads.len() + self.breaks.len() >= LISTED_MAX;
        match entry.kind {
            EntryKind::Genesis => self.begin = time,
            EntryKind::StreamOpen => {
                body().get("type").and_then(Value::as_str).unwrap_or_default().clone_into(&mut stream.kind);
            }
            EntryKind::StreamClose => stream.open = false,
            EntryKind::Gap => stream.gaps += 1,
            EntryKind::Policy => self.policies.push(index),
            EntryKind::Read | EntryKind::Clock | EntryKind::Recovery if full => self.left_off += 1,
            EntryKind::Read => self.reads.push(ReadFacts { index, time, content: None }),
            EntryKind::Clock | EntryKind::Recovery => {
                self.breaks.push(Break { index, kind: entry.kind, time, body: body() });
            }
            _ => {}
        }
    }
}
