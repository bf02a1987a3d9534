//! Correlates ordered signals into findings (DT-COR-01, DT-COR-06). Deterministic: same rule set, signals and clock value
//! give the same findings (DT-EVT-02).

use crate::attempts::{Assembler, Attempt};
use crate::findings::Findings;
use crate::rule::RuleSet;
use crate::signal::Signal;
use crate::windows::numbers::Run;
use std::sync::Arc;
use vocab::{Context, Finding, Kind, Message, Timestamp};

/// What detectors share.
#[derive(Clone, Debug)]
pub struct Ctx {
    /// The rules in force.
    pub rules: Arc<RuleSet>,
    /// What is known beside the logs.
    pub context: Arc<Context>,
    /// Clock value given by the caller; drives absence only (DT-COR-10).
    pub clock: Timestamp,
    /// Time of the signal being looked at.
    pub now: Timestamp,
    /// Findings so far.
    pub findings: Findings,
    /// Classes that could not be judged, and why (DT-KND-03).
    pub not_checked: Vec<(Kind, Message)>,
    /// Counters.
    pub stats: Stats,
    /// When each log source spoke; empty until the end of the input.
    pub streams: Vec<crate::activity::Stream>,
}

/// A correlation that keeps state. It can be copied, so that a run that goes on can be asked what it has found so far.
pub trait Detector: std::fmt::Debug + Send + Duplicate {
    /// Sees a signal, in order of [`crate::OrderKey`].
    fn push(&mut self, signal: &Signal, ctx: &mut Ctx);

    /// Sees an attempt of authentication, counted once (DT-FMT-16). Its time is that of its record; it may come after
    /// later signals, because counting waits for the records of the same session.
    fn attempt(&mut self, attempt: &Attempt, ctx: &mut Ctx) {
        let _ = (attempt, ctx);
    }

    /// The input has ended: closes all windows.
    fn finish(&mut self, ctx: &mut Ctx);
}

/// Copies a detector behind its trait; every detector that is `Clone` can.
pub trait Duplicate {
    /// A copy with the same state.
    fn duplicate(&self) -> Box<dyn Detector>;
}

impl<D: Detector + Clone + 'static> Duplicate for D {
    fn duplicate(&self) -> Box<dyn Detector> {
        Box::new(self.clone())
    }
}

impl Clone for Box<dyn Detector> {
    fn clone(&self) -> Self {
        (**self).duplicate()
    }
}

/// Counters of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Signals seen.
    pub signals: u64,
    /// Attempts of authentication, counted once each.
    pub attempts: u64,
    /// Keys whose state was given up for lack of room (DT-COR-21).
    pub evicted: u64,
}

/// Result of a run.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// Findings in order of first firing.
    pub findings: Vec<Finding>,
    /// Counters.
    pub stats: Stats,
    /// Classes that were not checked, and why.
    pub not_checked: Vec<(Kind, Message)>,
    /// Numbers of Windows records by computer and log.
    pub numbers: Vec<(String, String, Run)>,
}

/// Second half of detection. A copy that is finished tells what was found so far, and the engine goes on.
#[derive(Clone, Debug)]
pub struct Engine {
    ctx: Ctx,
    assembler: Assembler,
    detectors: Vec<Box<dyn Detector>>,
    attempts: Vec<Attempt>,
}

impl Engine {
    /// An engine without history.
    #[must_use]
    pub fn new(rules: Arc<RuleSet>, context: Context, clock: Timestamp) -> Self {
        let detectors = crate::hooks::detectors(&rules, &context);
        let ctx = Ctx {
            rules,
            context: Arc::new(context),
            clock,
            now: Timestamp::default(),
            findings: Findings::default(),
            not_checked: Vec::new(),
            stats: Stats::default(),
            streams: Vec::new(),
        };
        Self { ctx, assembler: Assembler::default(), detectors, attempts: Vec::new() }
    }

    /// Takes the next signal in order of [`crate::OrderKey`].
    pub fn push(&mut self, signal: &Signal) {
        self.ctx.stats.signals += 1;
        self.ctx.now = signal.order.time;
        self.assembler.push(signal, &mut self.attempts);
        self.drain();
        for detector in &mut self.detectors {
            detector.push(signal, &mut self.ctx);
        }
    }

    /// Sets the clock value, which drives absence only (DT-COR-10); a run that goes on sets it before it is asked.
    pub const fn set_clock(&mut self, clock: Timestamp) {
        self.ctx.clock = clock;
    }

    /// Takes what the front knows of the log sources; to be called before [`Self::finish`]. Without it no gap and no step
    /// of the clock is found.
    pub fn activity(&mut self, activity: crate::activity::Activity) {
        self.ctx.streams = activity.into_streams();
    }

    fn drain(&mut self) {
        for attempt in self.attempts.drain(..) {
            self.ctx.stats.attempts += u64::from(attempt.count);
            for detector in &mut self.detectors {
                detector.attempt(&attempt, &mut self.ctx);
            }
        }
    }

    /// Ends the input and hands out what was found.
    #[must_use]
    pub fn finish(mut self) -> Output {
        self.assembler.finish(&mut self.attempts);
        self.drain();
        for detector in &mut self.detectors {
            detector.finish(&mut self.ctx);
        }
        self.ctx.not_checked.sort_by(|a, b| (a.0, &a.1.id).cmp(&(b.0, &b.1.id)));
        Output {
            findings: self.ctx.findings.finish(),
            stats: self.ctx.stats,
            not_checked: self.ctx.not_checked,
            numbers: numbers(&self.ctx.streams),
        }
    }
}

/// Numbers of Windows records by computer and log, in the order of the sources.
fn numbers(streams: &[crate::activity::Stream]) -> Vec<(String, String, Run)> {
    let of = |stream: &crate::activity::Stream| -> Vec<(String, String, Run)> {
        let one = |(log, run): (&str, &Run)| (stream.host.clone(), log.to_owned(), run.clone());
        stream.numbers.logs().map(one).collect()
    };
    streams.iter().flat_map(of).collect()
}
