//! What a thread does with the events of one block: stateless rules, counters, signals. Nothing here depends on what came
//! before, so that blocks may be looked at in any order.

use super::reorder::Fresh;
use super::words::{self, Enough, Said};
use super::{Seen, WriteLines};
use crate::tally::Tally;
use collect::stream::{BlockDecoder, Gained};
use detect::RawMatch;
use detect::activity::Notes;
use detect::front::Front;
use vocab::{Event, Flags, Timestamp};

/// What is wanted of the events beside signals.
pub(super) enum Wanted<'w> {
    /// Counters, and binary records in words.
    Report(&'w Enough),
    /// Lines about stateless rules that match.
    Lines(&'w WriteLines<'w>),
}

/// What a thread keeps from block to block.
pub(super) struct Worker {
    pub(super) front: Front,
    /// For blocks that say everything by themselves.
    pub(super) blocks: BlockDecoder,
    raw: Vec<RawMatch>,
}

impl Worker {
    pub(super) fn new(front: Front) -> Self {
        Self { front, blocks: BlockDecoder::default(), raw: Vec::new() }
    }
}

/// What came of one block.
#[derive(Default)]
pub(super) struct Looked {
    pub(super) signals: Fresh,
    /// How many of the first signals have no time of their own, and none of an event before them in the block.
    pub(super) untimed: usize,
    /// Time of the last event that had one.
    pub(super) last: Option<Timestamp>,
    pub(super) zone_assumed: bool,
    pub(super) seen: Seen,
    pub(super) tally: Tally,
    pub(super) notes: Notes,
    pub(super) said: Said,
    pub(super) lines: Vec<u8>,
    pub(super) gained: Gained,
}

impl Looked {
    /// Looks at an event: counts it, and keeps a signal when a rule or a correlation needs it.
    pub(super) fn event(
        &mut self,
        event: &Event<'_>,
        front: &mut Front,
        raw: &mut Vec<RawMatch>,
        wanted: &Wanted<'_>,
    ) {
        let fresh = self.signals.run();
        let before = fresh.len();
        self.zone_assumed |= event.flags.has(Flags::ZONE_ASSUMED);
        self.seen.event(event);
        match wanted {
            Wanted::Report(enough) => {
                self.tally.event(event);
                front.observe(event, fresh);
                if let Some(signal) = fresh.get(before) {
                    words::say(event, !signal.matches.is_empty(), enough, &mut self.said);
                }
            }
            Wanted::Lines(write) => {
                front.observe_raw(event, fresh, raw);
                write(event, raw, &mut self.lines);
                raw.clear();
            }
        }
        if event.time.is_some() {
            self.last = event.time;
            return;
        }
        for signal in fresh.iter_mut().skip(before) {
            signal.order.time = self.last.unwrap_or_default();
            signal.flags.set(Flags::TIME_ASSUMED);
            self.untimed += usize::from(self.last.is_none());
        }
    }
}

impl Worker {
    /// Looks at the events that `decode` makes with this thread's decoder of blocks.
    pub(super) fn look(
        &mut self,
        wanted: &Wanted<'_>,
        decode: impl FnOnce(&mut BlockDecoder, &mut dyn FnMut(&Event<'_>)) -> Gained,
    ) -> Looked {
        let mut looked = Looked::default();
        let Self { front, blocks, raw } = self;
        let gained = decode(blocks, &mut |event| looked.event(event, front, raw, wanted));
        looked.gained = gained;
        looked.notes = front.take_notes();
        looked
    }
}
