//! From a plan to findings: read, seal, decode, put in order, correlate.
//!
//! Every block is in the ledger before it is decoded, and every signal reaches the engine in the order of DT-COR-06,
//! whatever the order of the files. Memory does not grow with the input: each source holds a bounded reorder buffer, and
//! the blocks that are read ahead are bounded for all sources together.
//!
//! One thread reads, seals and merges; the threads of the pool decode blocks and run stateless rules on them (DT-FMT-58);
//! one thread correlates. What comes out does not depend on the number of threads: blocks are read and sealed in an order
//! that depends on the input alone, and what came of them is taken in that order.

mod look;
mod quotes;
mod reorder;
mod seal;
mod source;
#[cfg(test)]
mod testing;
mod words;

pub(crate) use quotes::fill as fill_quotes;
pub(crate) use seal::{Keep, Places, Seal, Sealed};

use crate::pool::{self, Pool};
use crate::progress::Progress;
use crate::tally::Tally;
use collect::stream::{FileStats, Plan, PlanSettings, YearReport};
use collect::unread::Unread;
use detect::activity::Activity;
use detect::engine::{Engine, Output, Stats};
use detect::front::Front;
use detect::rule::RuleSet;
use detect::{RawMatch, Signal};
use look::{Looked, Wanted, Worker};
use source::Source;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use vocab::{Context, Event, Finding, Kind, Message, Timestamp};
use words::Enough;
pub(crate) use words::Words;

/// Signals held by one source (DT-COR-07), where there are few sources.
const HELD_MAX: usize = 65_536;
/// Signals held by all sources together, about.
const HELD_ALL_MAX: usize = 65_536;
/// Signals that each source may hold at least, beside those of one block.
const HELD_MIN: usize = 2_048;

/// Bytes of the first blocks of sources whose turn has not come.
const BYTES_BEGUN_MAX: usize = 4 << 20;

/// Signals handed to the engine at once.
const BATCH_SIGNALS: usize = reorder::RUN_SIGNALS / 2;
/// Batches on their way to the engine.
const BATCHES_MAX: usize = 4;

/// What a run needs.
pub(crate) struct Job<'a> {
    /// Sources.
    pub(crate) plan: Plan,
    /// How times are read.
    pub(crate) settings: &'a PlanSettings,
    /// Rules in force.
    pub(crate) rules: &'a Arc<RuleSet>,
    /// What is known beside the logs.
    pub(crate) context: &'a Context,
    /// Where records are kept before they are decoded.
    pub(crate) keep: &'a mut dyn Keep,
    /// What is wanted of the events beside findings.
    pub(crate) aim: Aim<'a>,
    /// Who is told how far it is.
    pub(crate) progress: &'a Progress,
    /// Threads that decode and run stateless rules.
    pub(crate) threads: usize,
}

/// What is wanted of the events beside findings.
pub(crate) enum Aim<'a> {
    /// Counters over all of them, and binary records in words.
    Report,
    /// Lines about those that stateless rules match, in the order of reading.
    Lines {
        /// Writes the lines of an event; called in several threads at once.
        write: &'a WriteLines<'a>,
        /// Takes lines.
        take: &'a mut TakeLines<'a>,
    },
}

/// Appends lines about an event and the stateless rules that match it.
pub(crate) type WriteLines<'a> = dyn Fn(&Event<'_>, &[RawMatch], &mut Vec<u8>) + Sync + 'a;
/// Takes lines, or ends the run with an error.
pub(crate) type TakeLines<'a> = dyn FnMut(&[u8]) -> anyhow::Result<()> + 'a;

/// What a run gave.
pub(crate) struct Outcome {
    /// Findings in order of first firing.
    pub(crate) findings: Vec<Finding>,
    /// Counters of the engine.
    pub(crate) stats: Stats,
    /// Classes that were not checked, and why.
    pub(crate) not_checked: Vec<(Kind, Message)>,
    /// Files in the order of the plan.
    pub(crate) files: Vec<FileStats>,
    /// What could not be read.
    pub(crate) unread: Unread,
    /// How years were resolved.
    pub(crate) years: Vec<YearReport>,
    /// Sources with assumed zones.
    pub(crate) zones_assumed: Vec<String>,
    /// Sources with signals that came too late to be put in order, and how many.
    pub(crate) late: Vec<(String, u64)>,
    /// Events and their span.
    pub(crate) seen: Seen,
    /// Counters over all events.
    pub(crate) tally: Tally,
    /// Numbers of Windows records by computer and log.
    pub(crate) numbers: Vec<(String, String, detect::windows::numbers::Run)>,
    /// Records that are not text, in words.
    pub(crate) words: Words,
}

/// What was seen of the events.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    /// Events.
    pub(crate) events: u64,
    /// First and last time.
    pub(crate) span: Option<(Timestamp, Timestamp)>,
}

impl Seen {
    fn event(&mut self, event: &Event<'_>) {
        self.events += 1;
        let Some(time) = event.time else { return };
        self.spans((time, time));
    }

    fn spans(&mut self, (first, last): (Timestamp, Timestamp)) {
        self.span = Some(self.span.map_or((first, last), |(from, to)| (from.min(first), to.max(last))));
    }

    /// What was seen after this.
    fn append(&mut self, more: Self) {
        self.events += more.events;
        if let Some(span) = more.span {
            self.spans(span);
        }
    }
}

/// What the sources share while they read.
struct Work<'w, 'p> {
    pool: &'w Pool<'p, Worker>,
    wanted: &'p Wanted<'p>,
    keep: &'w mut dyn Keep,
    take: Box<TakeLines<'w>>,
    /// Bytes of blocks under way.
    bytes_ahead: usize,
    seen: Seen,
    tally: Tally,
    words: Words,
    activity: Activity,
    progress: &'w Progress,
}

impl Work<'_, '_> {
    /// Takes what came of a block, in the order of reading.
    fn take(&mut self, looked: Looked) -> anyhow::Result<()> {
        self.seen.append(looked.seen);
        self.tally.append(looked.tally);
        self.activity.add(&looked.notes);
        if let Wanted::Report(enough) = self.wanted {
            self.words.keep(looked.said, enough);
        }
        (self.take)(&looked.lines)
    }
}

/// Reads everything and correlates it.
///
/// # Errors
/// When the ledger or a line cannot be written. What cannot be read is part of the result.
pub(crate) fn run(job: Job<'_>) -> anyhow::Result<Outcome> {
    let Job { plan, settings, rules, context, keep, aim, progress, threads } = job;
    let Plan { sources: plans, mut unread, .. } = plan;
    progress.total(stored_bytes(&plans));
    let held_max = (HELD_ALL_MAX / plans.len().max(1)).clamp(HELD_MIN, HELD_MAX);
    let enough = Enough::default();
    let (wanted, take): (_, Box<TakeLines<'_>>) = match aim {
        Aim::Report => (Wanted::Report(&enough), Box::new(|_| Ok(()))),
        Aim::Lines { write, take } => (Wanted::Lines(write), Box::new(take)),
    };
    let mut sources: Vec<Source<'_>> =
        plans.iter().map(|plan| Source::new(plan, settings, held_max)).collect();
    let front = Front::new(rules);
    let (output, work) = pool::with(
        threads,
        || Worker::new(front.clone()),
        |pool| {
            let mut work = Work {
                pool,
                wanted: &wanted,
                keep,
                take,
                bytes_ahead: 0,
                seen: Seen::default(),
                tally: Tally::default(),
                words: Words::default(),
                activity: Activity::default(),
                progress,
            };
            let output = correlated(rules, context, settings.clock, |feed| {
                merge(&mut sources, &mut work, feed)?;
                Ok(std::mem::take(&mut work.activity))
            });
            output.map(|output| (output, (work.seen, work.tally, work.words)))
        },
    )?;
    let (seen, tally, words) = work;
    let mut outcome = Outcome {
        findings: output.findings,
        stats: output.stats,
        not_checked: output.not_checked,
        files: Vec::new(),
        unread: Unread::default(),
        years: Vec::new(),
        zones_assumed: Vec::new(),
        late: Vec::new(),
        seen,
        tally,
        numbers: output.numbers,
        words,
    };
    for source in sources {
        let report = source.into_report();
        outcome.files.extend(report.read.files);
        outcome.years.extend(report.read.years);
        unread.merge(report.read.unread);
        if report.zone_assumed {
            outcome.zones_assumed.push(report.name.clone());
        }
        if report.late > 0 {
            outcome.late.push((report.name, report.late));
        }
    }
    outcome.unread = unread;
    Ok(outcome)
}

/// Bytes on disk of all files, where all are known.
fn stored_bytes(plans: &[collect::stream::SourcePlan]) -> Option<u64> {
    plans.iter().flat_map(|plan| &plan.files).map(|file| file.stored_bytes).sum()
}

/// Runs the engine in a thread of its own while `feed` hands signals over, in the order in which they are handed over.
fn correlated(
    rules: &Arc<RuleSet>,
    context: &Context,
    clock: Timestamp,
    feed: impl FnOnce(&mut Feed) -> anyhow::Result<Activity>,
) -> anyhow::Result<Output> {
    std::thread::scope(|scope| {
        // Both channels belong to this closure: whatever ends it closes them, and the engine does not wait for ever.
        let (sender, receiver) = sync_channel::<Vec<Signal>>(BATCHES_MAX);
        let (last_sender, last) = sync_channel(1);
        let engine = scope.spawn(move || {
            let mut engine = Engine::new(Arc::clone(rules), context.clone(), clock);
            receiver.into_iter().for_each(|batch| batch.iter().for_each(|signal| engine.push(signal)));
            if let Ok(activity) = last.recv() {
                engine.activity(activity);
            }
            engine.finish()
        });
        let mut to_engine = Feed { sender, batch: Vec::new() };
        let fed = feed(&mut to_engine);
        to_engine.send();
        drop(to_engine);
        let fed = fed.map(|activity| drop(last_sender.send(activity)));
        drop(last_sender);
        let output = engine
            .join()
            .map_err(|_| anyhow::anyhow!("the correlation engine stopped; this is a fault of Sekisho"));
        fed.and(output)
    })
}

/// The way to the engine. A closed channel means that the engine has failed; joining it tells.
struct Feed {
    sender: SyncSender<Vec<Signal>>,
    batch: Vec<Signal>,
}

impl Feed {
    /// Hands over signals of one source that nothing of another source comes between.
    fn run(&mut self, mut run: Vec<Signal>) {
        if run.len() < BATCH_SIGNALS {
            self.batch.append(&mut run);
            return self.send_full();
        }
        self.send();
        drop(self.sender.send(run));
    }

    /// Hands over a signal.
    fn one(&mut self, signal: Signal) {
        self.batch.push(signal);
        self.send_full();
    }

    fn send_full(&mut self) {
        if self.batch.len() >= BATCH_SIGNALS {
            self.send();
        }
    }

    fn send(&mut self) {
        if !self.batch.is_empty() {
            drop(self.sender.send(std::mem::take(&mut self.batch)));
        }
    }
}

/// Takes signals from the source whose next one is the earliest (DT-COR-07).
fn merge<'p>(sources: &mut [Source<'p>], work: &mut Work<'_, 'p>, feed: &mut Feed) -> anyhow::Result<()> {
    let mut heads = BinaryHeap::new();
    let mut begun = 0;
    for place in 0..sources.len() {
        begun = begun.max(place);
        while work.bytes_ahead < BYTES_BEGUN_MAX
            && let Some(source) = sources.get_mut(begun)
        {
            source.begin(work)?;
            begun += 1;
        }
        let Some(source) = sources.get_mut(place) else { continue };
        if let Some(key) = source.head(work)? {
            heads.push(Reverse((key, place)));
        }
    }
    while let Some(Reverse((_, place))) = heads.pop() {
        let Some(source) = sources.get_mut(place) else { continue };
        let next = heads.peek().map(|Reverse((key, _))| *key);
        loop {
            match source.pop_run(next) {
                Some(run) => feed.run(run),
                None => source.pop().into_iter().for_each(|signal| feed.one(signal)),
            }
            match source.head(work)? {
                Some(key) if next.is_none_or(|next| key <= next) => {}
                Some(key) => {
                    heads.push(Reverse((key, place)));
                    break;
                }
                None => break,
            }
        }
    }
    Ok(())
}
