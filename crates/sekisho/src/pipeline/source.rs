//! One log source under way: read and seal blocks, have them looked at by other threads, keep the signals until their turn.

use super::Work;
use super::look::{Looked, Worker};
use super::reorder::Reorder;
use crate::pool::{Lane, Ticket};
use collect::stream::{Parts, PlanSettings, SourceCutter, SourceDecoder, SourcePlan, SourceReport};
use collect::unread::Unread;
use detect::{OrderKey, Signal};
use std::collections::VecDeque;
use std::sync::Arc;
use vocab::Timestamp;

/// Blocks of one source that are under way at once, at most.
const BLOCKS_AHEAD_MAX: usize = 16;
/// Bytes of blocks under way, of all sources together. What is being read ahead must not depend on the speed of the threads,
/// because blocks are sealed in the order in which they are read.
const BYTES_AHEAD_MAX: usize = 3 << 20;

/// A source.
pub(super) struct Source<'p> {
    plan: &'p SourcePlan,
    settings: &'p PlanSettings,
    open: Option<Open<'p>>,
    order: Reorder,
    /// Time of the last event that had one; stands in for events without.
    last: Option<Timestamp>,
    zone_assumed: bool,
    /// Blocks that were taken since the source last gave way to others.
    streak: usize,
}

/// A source that is being read.
struct Open<'p> {
    source: Arc<collect::stream::Source>,
    cutter: SourceCutter,
    /// Where blocks must be decoded in their order; else any thread takes any block.
    lane: Option<Lane<'p, SourceDecoder, Worker>>,
    report: SourceReport,
    bytes_read: u64,
    /// Blocks under way, oldest first.
    ahead: VecDeque<Ahead>,
    /// The last block has been read.
    ended: bool,
}

/// A block under way.
struct Ahead {
    ticket: Ticket<Looked>,
    /// What could not be read up to its end.
    unread: Unread,
    bytes: usize,
}

/// What became of a source.
pub(super) struct Report {
    /// Its name.
    pub(super) name: String,
    /// What its reader says.
    pub(super) read: SourceReport,
    /// Some of its stamps carry no zone, and none was given.
    pub(super) zone_assumed: bool,
    /// Signals that came too late to be put in order.
    pub(super) late: u64,
}

impl<'p> Source<'p> {
    /// Begins a source that may hold `held_max` signals.
    pub(super) fn new(plan: &'p SourcePlan, settings: &'p PlanSettings, held_max: usize) -> Self {
        Self {
            plan,
            settings,
            open: None,
            order: Reorder::new(held_max),
            last: None,
            zone_assumed: false,
            streak: 0,
        }
    }

    /// Has the first block of the source looked at before its turn comes, so that small sources do not wait for each other.
    pub(super) fn begin(&mut self, work: &mut Work<'_, 'p>) -> anyhow::Result<()> {
        let plan = self.plan;
        self.opened().issue(plan, work)
    }

    fn opened(&mut self) -> &mut Open<'p> {
        let Self { plan, settings, open, .. } = self;
        open.get_or_insert_with(|| Open::new(plan, settings))
    }

    /// Reads until the next signal may go out; `None` at the end of the source.
    pub(super) fn head(&mut self, work: &mut Work<'_, 'p>) -> anyhow::Result<Option<OrderKey>> {
        self.streak = 0;
        while self.order.is_hungry() {
            if !self.read(work)? {
                self.order.end();
            }
        }
        Ok(self.order.head())
    }

    /// Hands out the next run of signals, when none of it comes after `limit`.
    pub(super) fn pop_run(&mut self, limit: Option<OrderKey>) -> Option<Vec<Signal>> {
        self.order.pop_run(limit)
    }

    /// Hands out the next signal.
    pub(super) fn pop(&mut self) -> Option<Signal> {
        self.order.pop()
    }

    /// Takes what came of one block; `false` at the end.
    fn read(&mut self, work: &mut Work<'_, 'p>) -> anyhow::Result<bool> {
        self.streak += 1;
        let wanted = self.streak.min(BLOCKS_AHEAD_MAX);
        let plan = self.plan;
        let open = self.opened();
        while !open.ended && open.wants(wanted, work.bytes_ahead) {
            open.issue(plan, work)?;
        }
        let Some(next) = open.ahead.pop_front() else { return Ok(false) };
        work.bytes_ahead -= next.bytes;
        let mut looked = next.ticket.wait()?;
        open.report.unread.merge(next.unread);
        open.report.add(std::mem::take(&mut looked.gained));
        let before = self.last.unwrap_or_default();
        looked.signals.each().take(looked.untimed).for_each(|signal| signal.order.time = before);
        self.last = looked.last.or(self.last);
        self.zone_assumed |= looked.zone_assumed;
        self.order.add(&mut looked.signals);
        work.take(looked)?;
        Ok(true)
    }

    /// What became of the source.
    pub(super) fn into_report(mut self) -> Report {
        self.opened();
        let late = self.order.late();
        let mut read = SourceReport::default();
        if let Some(Open { mut report, cutter, .. }) = self.open {
            report.close(cutter);
            read = report;
        }
        Report { name: self.plan.name.clone(), read, zone_assumed: self.zone_assumed, late }
    }
}

impl<'p> Open<'p> {
    fn new(plan: &SourcePlan, settings: &PlanSettings) -> Self {
        let Parts { source, cutter, decoder, report } = Parts::new(plan, settings);
        let lane = (!plan.stands_alone()).then(|| Lane::new(decoder));
        Self { source, cutter, lane, report, bytes_read: 0, ahead: VecDeque::new(), ended: false }
    }

    /// Is there room for one more block? A source that has just taken `wanted` blocks in a row will take more; every source
    /// may have the block that it waits for, and, while there is some room, the next one.
    fn wants(&self, wanted: usize, bytes_ahead: usize) -> bool {
        match self.ahead.len() {
            0 => true,
            1 => bytes_ahead < 2 * BYTES_AHEAD_MAX,
            blocks => blocks <= wanted && bytes_ahead < BYTES_AHEAD_MAX,
        }
    }

    /// Reads and seals the next block, and gives it to a thread.
    fn issue(&mut self, plan: &SourcePlan, work: &mut Work<'_, 'p>) -> anyhow::Result<()> {
        let block = self.cutter.next();
        let unread = self.cutter.take_unread();
        let read = self.cutter.bytes_read();
        work.progress.add(read.saturating_sub(self.bytes_read));
        self.bytes_read = self.bytes_read.max(read);
        let (wanted, pool) = (work.wanted, work.pool);
        let Some(block) = block else {
            self.ended = true;
            let ticket = match &self.lane {
                Some(lane) => pool.give_in(lane, move |decoder, worker: &mut Worker| {
                    worker.look(wanted, |_, sink| {
                        decoder.finish(sink);
                        decoder.take_gained()
                    })
                }),
                None => pool.give(|_| Looked::default()),
            };
            self.ahead.push_back(Ahead { ticket, unread, bytes: 0 });
            return Ok(());
        };
        let file = plan.files.get(block.file()).map_or(plan.name.as_str(), |file| file.name.as_str());
        let entry = work.keep.keep(plan.rank, &plan.name, file, &block)?;
        let bytes = block.bytes_held();
        work.bytes_ahead += bytes;
        let ticket = match &self.lane {
            Some(lane) => pool.give_in(lane, move |decoder, worker: &mut Worker| {
                worker.look(wanted, |_, sink| {
                    decoder.decode(&block, Some(entry), sink);
                    decoder.take_gained()
                })
            }),
            None => {
                let source = Arc::clone(&self.source);
                pool.give(move |worker: &mut Worker| {
                    worker.look(wanted, |blocks, sink| blocks.decode(&source, &block, Some(entry), sink))
                })
            }
        };
        self.ahead.push_back(Ahead { ticket, unread, bytes });
        Ok(())
    }
}
