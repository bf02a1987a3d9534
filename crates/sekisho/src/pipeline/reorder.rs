//! The reorder buffer of one log source (DT-COR-07, DT-COR-08).

use detect::{OrderKey, Signal};
use std::collections::VecDeque;
use std::vec::IntoIter;
use vocab::{Flags, Timestamp};

/// How far a signal may stand behind a later one and still be put in order, in microseconds.
const LATENESS_MICROS: i64 = Timestamp::DAY;
/// Signals in one run.
pub(crate) const RUN_SIGNALS: usize = 1_024;

/// Signals on their way into the buffer, in runs: a signal is written once and then handed on with its run.
#[derive(Debug, Default)]
pub(crate) struct Fresh {
    full: Vec<Vec<Signal>>,
    open: Vec<Signal>,
}

impl Fresh {
    /// The run to which signals are added.
    pub(crate) fn run(&mut self) -> &mut Vec<Signal> {
        if self.open.len() >= RUN_SIGNALS {
            self.full.push(std::mem::take(&mut self.open));
        }
        if self.open.capacity() == 0 {
            self.open.reserve_exact(RUN_SIGNALS);
        }
        &mut self.open
    }

    /// The signals in their order.
    pub(crate) fn each(&mut self) -> impl Iterator<Item = &mut Signal> {
        self.full.iter_mut().flatten().chain(&mut self.open)
    }

    fn take(&mut self) -> impl Iterator<Item = Vec<Signal>> {
        let mut open = std::mem::take(&mut self.open);
        open.shrink_to_fit();
        std::mem::take(&mut self.full).into_iter().chain(Some(open)).filter(|run| !run.is_empty())
    }
}

/// Puts signals of one source into order, in bounded memory.
#[derive(Debug)]
pub(crate) struct Reorder {
    /// Runs in order of their keys: each is in order, and begins after the one before it has ended.
    held: VecDeque<IntoIter<Signal>>,
    /// Signals in all runs.
    count: usize,
    /// Largest time seen.
    newest: Timestamp,
    /// Key of the last signal handed out.
    passed: OrderKey,
    held_max: usize,
    ended: bool,
    late: u64,
}

impl Reorder {
    /// A buffer that holds about `held_max` signals at most.
    pub(crate) fn new(held_max: usize) -> Self {
        Self {
            held: VecDeque::new(),
            count: 0,
            newest: Timestamp(i64::MIN),
            passed: OrderKey { time: Timestamp(i64::MIN), ..OrderKey::default() },
            held_max,
            ended: false,
            late: 0,
        }
    }

    /// Takes the signals of one block.
    pub(crate) fn add(&mut self, fresh: &mut Fresh) {
        for mut run in fresh.take() {
            for signal in &mut run {
                if signal.order < self.passed {
                    signal.flags.set(Flags::LATE);
                    self.late += 1;
                }
                self.newest = self.newest.max(signal.order.time);
            }
            if !run.is_sorted_by_key(|signal| signal.order) {
                run.sort_by_key(|signal| signal.order);
            }
            self.count += run.len();
            self.put(run);
        }
    }

    /// Puts a run in its place. Nearly always everything held is older than everything fresh.
    fn put(&mut self, run: Vec<Signal>) {
        let Some(first) = run.first().map(|signal| signal.order) else { return };
        let mut newer: Vec<IntoIter<Signal>> = Vec::new();
        while let Some(last) = self.held.pop_back() {
            if last.as_slice().last().is_none_or(|signal| signal.order <= first) {
                self.held.push_back(last);
                break;
            }
            newer.push(last);
        }
        if newer.is_empty() {
            self.held.push_back(run.into_iter());
            return;
        }
        // Both are in order; of equal keys the held one goes first.
        let mut run = run.into_iter().peekable();
        let mut merged = Vec::with_capacity(RUN_SIGNALS);
        for held in newer.into_iter().rev().flatten() {
            while let Some(earlier) = run.next_if(|signal| signal.order < held.order) {
                self.line_up(&mut merged, earlier);
            }
            self.line_up(&mut merged, held);
        }
        for signal in run {
            self.line_up(&mut merged, signal);
        }
        self.held.push_back(merged.into_iter());
    }

    fn line_up(&mut self, merged: &mut Vec<Signal>, signal: Signal) {
        if merged.len() >= RUN_SIGNALS {
            let full = std::mem::replace(merged, Vec::with_capacity(RUN_SIGNALS));
            self.held.push_back(full.into_iter());
        }
        merged.push(signal);
    }

    /// The source has no more records: everything may go out.
    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    fn first(&self) -> &[Signal] {
        self.held.front().map_or(&[], IntoIter::as_slice)
    }

    /// Must more be read before the next signal may go out?
    pub(crate) fn is_hungry(&self) -> bool {
        let first = self.first();
        // When the buffer is full, a whole run can be spared.
        if self.ended || self.count > self.held_max + first.len() {
            return false;
        }
        first.first().is_none_or(|signal| signal.order.time > self.watermark())
    }

    fn watermark(&self) -> Timestamp {
        self.newest.plus(-LATENESS_MICROS)
    }

    /// Key of the next signal.
    pub(crate) fn head(&self) -> Option<OrderKey> {
        self.first().first().map(|signal| signal.order)
    }

    /// Hands out the next run, when all of it may go out and nothing of it comes after `limit`.
    pub(crate) fn pop_run(&mut self, limit: Option<OrderKey>) -> Option<Vec<Signal>> {
        let first = self.first();
        let last = first.last()?.order;
        let full = self.count > self.held_max + first.len();
        if !(self.ended || full || last.time <= self.watermark()) || limit.is_some_and(|limit| last > limit) {
            return None;
        }
        self.count -= first.len();
        self.passed = self.passed.max(last);
        self.held.pop_front().map(Iterator::collect)
    }

    /// Hands out the next signal.
    pub(crate) fn pop(&mut self) -> Option<Signal> {
        let run = self.held.front_mut()?;
        let signal = run.next()?;
        if run.len() == 0 {
            self.held.pop_front();
        }
        self.count -= 1;
        self.passed = self.passed.max(signal.order);
        Some(signal)
    }

    /// Signals that came too late to be put in order.
    pub(crate) fn late(&self) -> u64 {
        self.late
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::testing::signal;
    use proptest::prelude::*;

    fn run(times: &[i64], held_max: usize, block: usize) -> (Vec<(i64, bool)>, u64) {
        let mut buffer = Reorder::new(held_max);
        let mut out = Vec::new();
        let mut blocks = times.chunks(block);
        let mut offset = 0;
        loop {
            while buffer.is_hungry() {
                match blocks.next() {
                    Some(times) => {
                        let mut fresh = Fresh::default();
                        for (time, at) in times.iter().zip(offset..) {
                            fresh.run().push(signal(*time, 0, at));
                        }
                        offset += times.len() as u64;
                        buffer.add(&mut fresh);
                    }
                    None => buffer.end(),
                }
            }
            let whole = buffer.pop_run(None).unwrap_or_default();
            let next = if whole.is_empty() { buffer.pop() } else { None };
            let before = out.len();
            out.extend(
                whole
                    .iter()
                    .chain(&next)
                    .map(|signal| (signal.order.time.seconds(), signal.flags.has(Flags::LATE))),
            );
            if out.len() == before {
                break;
            }
        }
        (out, buffer.late())
    }

    #[test]
    fn disorder_inside_the_bound_is_put_in_order() {
        let (out, late) = run(&[5, 3, 9, 4, 8, 1], 100, 2);
        assert_eq!(out.iter().map(|(time, _)| *time).collect::<Vec<_>>(), [1, 3, 4, 5, 8, 9]);
        assert_eq!(late, 0);
    }

    #[test]
    fn what_comes_after_the_bound_is_marked_and_still_handed_out() {
        let day = 86_400;
        let (out, late) = run(&[0, 10, 2 * day, 2 * day + 1, 5], 100, 1);
        assert_eq!(out, [(0, false), (10, false), (5, true), (2 * day, false), (2 * day + 1, false)]);
        assert_eq!(late, 1);
    }

    #[test]
    fn a_full_buffer_hands_out_the_oldest() {
        let times: Vec<i64> = (0..5_000).rev().collect();
        let (out, late) = run(&times, 1, 100);
        assert_eq!(out.len(), 5_000);
        assert!(late > 0);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_order_holds(times in prop::collection::vec(0_i64..400_000, 0..300), block in 1_usize..40) {
            let (out, late) = run(&times, 64, block);
            prop_assert_eq!(out.len(), times.len());
            let in_time: Vec<_> = out.iter().filter(|(_, late)| !late).map(|(time, _)| *time).collect();
            prop_assert!(in_time.is_sorted());
            prop_assert_eq!(late, (out.len() - in_time.len()) as u64);
        }
    }
}
