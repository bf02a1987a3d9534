//! One log source under way: read a block, seal it, decode it, keep its signals until their turn.

use super::Work;
use super::reorder::{Fresh, Reorder};
use collect::stream::{PlanSettings, SourcePlan, SourceReader, SourceReport};
use detect::{OrderKey, Signal};
use vocab::{Event, Flags, Timestamp};

/// A source.
pub(crate) struct Source {
    reader: SourceReader,
    name: String,
    files: Vec<String>,
    rank: u32,
    order: Reorder,
    fresh: Fresh,
    /// Time of the last event that had one; stands in for events without.
    last: Option<Timestamp>,
    bytes_read: u64,
    zone_assumed: bool,
}

/// What became of a source.
pub(crate) struct Report {
    /// Its name.
    pub(crate) name: String,
    /// What its reader says.
    pub(crate) read: SourceReport,
    /// Some of its stamps carry no zone, and none was given.
    pub(crate) zone_assumed: bool,
    /// Signals that came too late to be put in order.
    pub(crate) late: u64,
}

impl Source {
    /// Begins a source that may hold `held_max` signals.
    pub(crate) fn new(plan: &SourcePlan, settings: &PlanSettings, held_max: usize) -> Self {
        Self {
            reader: SourceReader::new(plan, settings),
            name: plan.name.clone(),
            files: plan.files.iter().map(|file| file.name.clone()).collect(),
            rank: plan.rank,
            order: Reorder::new(held_max),
            fresh: Fresh::default(),
            last: None,
            bytes_read: 0,
            zone_assumed: false,
        }
    }

    /// Reads until the next signal may go out; `None` at the end of the source.
    pub(crate) fn head(&mut self, work: &mut Work<'_>) -> anyhow::Result<Option<OrderKey>> {
        while self.order.is_hungry() {
            if !self.read(work)? {
                self.order.end();
            }
        }
        Ok(self.order.head())
    }

    /// Hands out the next run of signals, when none of it comes after `limit`.
    pub(crate) fn pop_run(&mut self, limit: Option<OrderKey>) -> Option<Vec<Signal>> {
        self.order.pop_run(limit)
    }

    /// Hands out the next signal.
    pub(crate) fn pop(&mut self) -> Option<Signal> {
        self.order.pop()
    }

    /// Reads, seals and decodes one block; `false` at the end.
    fn read(&mut self, work: &mut Work<'_>) -> anyhow::Result<bool> {
        let block = self.reader.next();
        let read = self.reader.bytes_read();
        work.progress.add(read.saturating_sub(self.bytes_read));
        self.bytes_read = self.bytes_read.max(read);
        let Some(block) = block else {
            let Self { reader, fresh, last, zone_assumed, .. } = self;
            reader.finish(&mut |event| {
                *zone_assumed |= event.flags.has(Flags::ZONE_ASSUMED);
                note(event, work, fresh, last);
            });
            self.order.add(&mut self.fresh);
            return Ok(false);
        };
        let file = self.files.get(block.file()).map_or(self.name.as_str(), String::as_str);
        let entry = work.keep.keep(self.rank, &self.name, file, &block)?;
        let Self { reader, fresh, last, zone_assumed, .. } = self;
        reader.decode(&block, Some(entry), &mut |event| {
            *zone_assumed |= event.flags.has(Flags::ZONE_ASSUMED);
            note(event, work, fresh, last);
        });
        self.order.add(&mut self.fresh);
        Ok(true)
    }

    /// What became of the source.
    pub(crate) fn into_report(self) -> Report {
        let late = self.order.late();
        Report { name: self.name, read: self.reader.into_report(), zone_assumed: self.zone_assumed, late }
    }
}

/// Looks at an event: counts it, and keeps a signal when a rule or a correlation needs it.
fn note(event: &Event<'_>, work: &mut Work<'_>, fresh: &mut Fresh, last: &mut Option<Timestamp>) {
    let fresh = fresh.run();
    work.seen.event(event);
    work.tally.event(event);
    let before = fresh.len();
    match &mut work.each {
        Some(each) => {
            work.front.observe_raw(event, fresh, &mut work.raw);
            if !work.raw.is_empty() {
                each(event, &mut work.raw);
                work.raw.clear();
            }
        }
        None => work.front.observe(event, fresh),
    }
    if let Some(signal) = fresh.get(before) {
        work.words.note(event, !signal.matches.is_empty());
    }
    if event.time.is_some() {
        *last = event.time;
        return;
    }
    for signal in fresh.iter_mut().skip(before) {
        signal.order.time = last.unwrap_or_default();
        signal.flags.set(Flags::TIME_ASSUMED);
    }
}
