//! One source that is watched: its lines on their way, its format once it is known, its counters.

use super::{Arrival, Settings, Way};
use collect::stream::{Block, LiveLine, LiveSettings, LiveSource, SAMPLE_BYTES_MAX};
use ledger::StreamId;
use std::sync::Arc;
use vocab::{Event, LedgerIndex, Timestamp};

/// A line that waits to be sealed.
pub(super) struct Line {
    offset: u64,
    line: u64,
    bytes: Vec<u8>,
}

impl Line {
    pub(super) fn view(&self) -> LiveLine<'_> {
        LiveLine { offset: self.offset, line: self.line, bytes: &self.bytes }
    }
}

/// How a source stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourceState {
    /// Rank.
    pub(crate) rank: u32,
    /// Name.
    pub(crate) name: Arc<str>,
    /// How it comes in.
    pub(crate) way: Way,
    /// Format; empty while it is not recognised.
    pub(crate) format: &'static str,
    /// Lines.
    pub(crate) lines: u64,
    /// Events made of them.
    pub(crate) events: u64,
    /// Lines of which nothing could be made.
    pub(crate) unread: u64,
    /// When the first line came.
    pub(crate) first_seen: Timestamp,
    /// When the last line came.
    pub(crate) last_seen: Timestamp,
}

/// A source.
pub(super) struct Source {
    state: SourceState,
    stream: Option<StreamId>,
    next_offset: u64,
    /// Number of the last line.
    last_line: u64,
    pending: Vec<Line>,
    reader: Option<LiveSource>,
    /// First lines, until a format is recognised in them.
    sample: Vec<u8>,
    /// Blocks of those lines.
    unknown: Vec<(Block, LedgerIndex, Timestamp)>,
}

impl Source {
    pub(super) fn new(
        place: usize,
        name: &Arc<str>,
        way: Way,
        now: Timestamp,
        stream: Option<StreamId>,
    ) -> Self {
        let state = SourceState {
            rank: u32::try_from(place).unwrap_or(u32::MAX),
            name: Arc::clone(name),
            way,
            format: "",
            lines: 0,
            events: 0,
            unread: 0,
            first_seen: now,
            last_seen: now,
        };
        Self {
            state,
            stream,
            next_offset: 0,
            last_line: 0,
            pending: Vec::new(),
            reader: None,
            sample: Vec::new(),
            unknown: Vec::new(),
        }
    }

    pub(super) const fn name(&self) -> &Arc<str> {
        &self.state.name
    }

    pub(super) const fn way(&self) -> Way {
        self.state.way
    }

    /// Stream that this session opened for it.
    pub(super) const fn own_stream(&self) -> Option<StreamId> {
        self.stream
    }

    pub(super) fn stream(&self, other: StreamId) -> StreamId {
        self.stream.unwrap_or(other)
    }

    pub(super) const fn use_stream(&mut self, stream: StreamId) {
        self.stream = Some(stream);
    }

    pub(super) fn state(&self) -> SourceState {
        self.state.clone()
    }

    /// Bytes and lines that are sealed.
    #[cfg(test)]
    pub(super) const fn position(&self) -> (u64, u64) {
        (self.next_offset, self.state.lines)
    }

    /// Takes a line; `true` when it is the first since they were taken last.
    pub(super) fn add(&mut self, arrival: Arrival) -> bool {
        let offset = arrival.offset.unwrap_or(self.next_offset);
        self.next_offset = offset + arrival.bytes.len() as u64 + 1;
        self.state.lines += 1;
        self.last_line = arrival.line.unwrap_or(self.last_line + 1);
        self.pending.push(Line { offset, line: self.last_line, bytes: arrival.bytes });
        self.pending.len() == 1
    }

    pub(super) fn take_lines(&mut self) -> Vec<Line> {
        std::mem::take(&mut self.pending)
    }

    /// Counts lines that were sealed elsewhere: before this process began, or by whoever follows a file.
    pub(super) fn passed(&mut self, block: &Block) {
        self.state.lines += block.len() as u64;
        if let Some(last) = block.records().last() {
            self.next_offset = last.offset + last.raw.len() as u64 + 1;
            self.last_line = last.line;
        }
    }

    /// Takes the place of another that took the same lines: its counters and its stream are carried on. What the ledger of
    /// the last days does not show, the old reader still knows.
    pub(super) fn go_on_from(&mut self, old: Self) {
        let SourceState { lines, events, unread, first_seen, last_seen, .. } = old.state;
        self.state = SourceState { lines, events, unread, first_seen, last_seen, ..self.state.clone() };
        if self.reader.is_none() && self.unknown.is_empty() {
            (self.reader, self.state.format) = (old.reader, old.state.format);
        }
        (self.stream, self.pending) = (old.stream, old.pending);
        (self.next_offset, self.last_line) = (old.next_offset, old.last_line);
    }

    /// Makes events of a block that is sealed.
    pub(super) fn decode(
        &mut self,
        block: Block,
        index: LedgerIndex,
        now: Timestamp,
        settings: &Settings,
        sink: &mut dyn FnMut(&Event<'_>),
    ) {
        self.state.last_seen = now;
        if self.reader.is_some() {
            return self.read(&block, index, now, sink);
        }
        let before = self.sample.len();
        for record in block.records() {
            if self.sample.len() + record.raw.len() < SAMPLE_BYTES_MAX {
                self.sample.extend_from_slice(record.raw);
                self.sample.push(b'\n');
            }
        }
        self.unknown.push((block, index, now));
        let known = LiveSettings {
            rank: self.state.rank,
            name: self.state.name.to_string(),
            zone: settings.zone.clone(),
            zone_assumed: settings.zone_assumed,
            host: match self.state.way {
                Way::File | Way::Journal => settings.host.clone(),
                Way::Agent => self.state.name.split(':').next().unwrap_or_default().to_owned(),
                Way::Syslog | Way::Http => String::new(),
            },
        };
        // All that came in so far, or else what came in last: a source may begin with something strange.
        let newest = self.sample.get(before..).unwrap_or_default();
        self.reader = LiveSource::begin(known.clone(), &self.sample, now)
            .or_else(|| LiveSource::begin(known, newest, now));
        if let Some(reader) = &self.reader {
            self.state.format = reader.format();
            for (block, index, at) in std::mem::take(&mut self.unknown) {
                self.read(&block, index, at, sink);
            }
            self.sample = Vec::new();
        } else if self.sample.len() >= SAMPLE_BYTES_MAX / 2 {
            // Nothing known in all of it: what comes next may be something else.
            let passed: usize = self.unknown.drain(..).map(|(block, ..)| block.len()).sum();
            self.state.unread += passed as u64;
            self.sample.clear();
        }
    }

    fn read(&mut self, block: &Block, index: LedgerIndex, now: Timestamp, sink: &mut dyn FnMut(&Event<'_>)) {
        let Some(reader) = &mut self.reader else { return };
        let gained = reader.decode(block, index, now, sink);
        self.state.events += gained.events.iter().map(|(_, events)| events).sum::<u64>();
        self.state.unread += gained.unread.of_file(&self.state.name);
    }
}
