//! One pass over the entries of a log, for an auditor.

use super::{AuditFacts, Break, GapFacts, LISTED_MAX, ReadFacts, SILENCES_MAX, Silence, StreamFacts};
use crate::entry::{Entry, EntryKind};
use crate::export::ExportFacts;
use crate::govern::{Fields, Governance};
use crate::json;
use serde_json::Value;
use std::collections::BTreeMap;
use vocab::Timestamp;

/// What was seen so far.
pub(super) struct Pass {
    governance: Governance,
    silence_micros: i64,
    begin: Timestamp,
    streams: BTreeMap<u32, StreamFacts>,
    /// Streams with the entries that opened them.
    opened: Vec<(u32, u64)>,
    gaps: Vec<GapFacts>,
    reads: Vec<ReadFacts>,
    exports: Vec<ExportFacts>,
    breaks: Vec<Break>,
    policies: Vec<u64>,
    left_off: u64,
}

impl Pass {
    pub(super) const fn new(governance: Governance, silence_micros: i64) -> Self {
        Self {
            governance,
            silence_micros,
            begin: Timestamp(0),
            streams: BTreeMap::new(),
            opened: Vec::new(),
            gaps: Vec::new(),
            reads: Vec::new(),
            exports: Vec::new(),
            breaks: Vec::new(),
            policies: Vec::new(),
            left_off: 0,
        }
    }

    pub(super) fn take(&mut self, index: u64, entry: &Entry) {
        let time = entry.received_at;
        let _ = self.governance.take(index, entry);
        let body = if entry.kind.has_body() {
            json::parse_canonical(&entry.body).unwrap_or(Value::Null)
        } else {
            Value::Null
        };
        let stream = self.streams.entry(entry.stream).or_insert_with(|| begun(entry.stream, time));
        stream.entries += 1;
        hear(stream, time, self.silence_micros, false);
        stream.span.1 = time;
        match entry.kind {
            EntryKind::Genesis => self.begin = time,
            EntryKind::StreamOpen => {
                body.get("type").and_then(Value::as_str).unwrap_or_default().clone_into(&mut stream.kind);
                self.opened.push((entry.stream, index));
            }
            EntryKind::StreamClose => stream.open = false,
            EntryKind::Gap => {
                stream.gaps += 1;
                self.gap(index, &body);
            }
            EntryKind::Policy => self.policies.push(index),
            EntryKind::Read if self.listed() => {
                self.reads.push(ReadFacts { index, time, content: None });
            }
            EntryKind::Export if self.listed() => self.exports.extend(ExportFacts::read(index, entry)),
            EntryKind::Clock | EntryKind::Recovery if self.listed() => {
                self.breaks.push(Break { index, kind: entry.kind, time, body });
            }
            _ => {}
        }
    }

    /// Whether one more is listed; otherwise it is counted.
    fn listed(&mut self) -> bool {
        let listed = self.reads.len() + self.exports.len() + self.breaks.len() + self.gaps.len();
        let room = listed < LISTED_MAX;
        self.left_off += u64::from(!room);
        room
    }

    fn gap(&mut self, index: u64, body: &Value) {
        if !self.listed() {
            return;
        }
        let moment = |name: &str| body.get(name).and_then(Value::as_i64).map(Timestamp);
        let fields = Fields(body);
        if let (Ok(stream), Ok(cause), Some(from), Some(to)) =
            (fields.small("stream"), fields.code("cause"), moment("from"), moment("to"))
        {
            self.gaps.push(GapFacts { index, stream, cause: cause.to_owned(), span: (from, to) });
        }
    }

    /// The facts, without what the ledger itself has to be asked for, and the entries that opened the streams.
    pub(super) fn end(mut self, now: Timestamp) -> (AuditFacts, Vec<(u32, u64)>) {
        for stream in self.streams.values_mut().filter(|stream| stream.open && stream.stream != 0) {
            hear(stream, now, self.silence_micros, true);
        }
        let governance = self.governance;
        let facts = AuditFacts {
            size: 0,
            unreviewed_from: None,
            due: governance.next_review(self.begin),
            streams: self.streams.into_values().collect(),
            gaps: self.gaps,
            reads: self.reads,
            exports: self.exports,
            freezes: governance.freezes,
            breaks: self.breaks,
            holds: governance.holds.into_iter().filter(|(_, hold)| hold.holds_at(now)).collect(),
            deletions: governance.destructions,
            reviews: governance.reviews,
            policies: self.policies,
            left_off: self.left_off,
        };
        (facts, self.opened)
    }
}

fn begun(stream: u32, time: Timestamp) -> StreamFacts {
    StreamFacts {
        stream,
        kind: "ledger".to_owned(),
        name: None,
        entries: 0,
        span: (time, time),
        silence: (time, time),
        silences: Vec::new(),
        silences_count: 0,
        gaps: 0,
        open: true,
    }
}

/// Notes the time since the entry before, where it is the longest so far or beyond the limit.
fn hear(stream: &mut StreamFacts, time: Timestamp, limit: i64, lasts: bool) {
    let silence = Silence { from: stream.span.1, to: time, lasts };
    let length = |one: &Silence| one.to.since(one.from);
    if length(&silence) > stream.silence.1.since(stream.silence.0) {
        stream.silence = (silence.from, silence.to);
    }
    if length(&silence) <= limit {
        return;
    }
    stream.silences_count += 1;
    stream.silences.push(silence);
    if stream.silences.len() > SILENCES_MAX {
        let shortest = (0..stream.silences.len()).min_by_key(|place| stream.silences.get(*place).map(length));
        if let Some(place) = shortest {
            stream.silences.remove(place);
        }
    }
}
