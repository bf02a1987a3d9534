//! The reorder buffer of one log source (DT-COR-07, DT-COR-08).

use detect::{OrderKey, Signal};
use std::collections::VecDeque;
use vocab::{Flags, Timestamp};

/// How far a signal may stand behind a later one and still be put in order, in microseconds.
const LATENESS_MICROS: i64 = Timestamp::DAY;

/// Puts signals of one source into order, in bounded memory.
#[derive(Debug)]
pub(crate) struct Reorder {
    /// In order of their keys.
    held: VecDeque<Signal>,
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
            newest: Timestamp(i64::MIN),
            passed: OrderKey { time: Timestamp(i64::MIN), ..OrderKey::default() },
            held_max,
            ended: false,
            late: 0,
        }
    }

    /// Takes the signals of one block out of `fresh`.
    pub(crate) fn add(&mut self, fresh: &mut Vec<Signal>) {
        for signal in fresh.iter_mut() {
            if signal.order < self.passed {
                signal.flags.set(Flags::LATE);
                self.late += 1;
            }
            self.newest = self.newest.max(signal.order.time);
        }
        if !fresh.is_sorted_by_key(|signal| signal.order) {
            fresh.sort_by_key(|signal| signal.order);
        }
        let Some(first) = fresh.first().map(|signal| signal.order) else { return };
        // Grows by steps: doubling would leave half of a large buffer empty.
        if self.held.capacity() < self.held.len() + fresh.len() {
            self.held.reserve_exact(fresh.len().max(self.held.capacity() / 4));
        }
        // Nearly always everything held is older than everything fresh.
        let keep = self.held.partition_point(|signal| signal.order <= first);
        if keep == self.held.len() {
            self.held.extend(fresh.drain(..));
            return;
        }
        let mut tail = self.held.split_off(keep).into_iter().peekable();
        for signal in fresh.drain(..) {
            while let Some(older) = tail.next_if(|held| held.order <= signal.order) {
                self.held.push_back(older);
            }
            self.held.push_back(signal);
        }
        self.held.extend(tail);
    }

    /// The source has no more records: everything may go out.
    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    /// Must more be read before the next signal may go out?
    pub(crate) fn is_hungry(&self) -> bool {
        if self.ended || self.held.len() > self.held_max {
            return false;
        }
        self.held.front().is_none_or(|first| first.order.time > self.newest.plus(-LATENESS_MICROS))
    }

    /// Key of the next signal.
    pub(crate) fn head(&self) -> Option<OrderKey> {
        self.held.front().map(|signal| signal.order)
    }

    /// Hands out the next signal.
    pub(crate) fn pop(&mut self) -> Option<Signal> {
        let signal = self.held.pop_front()?;
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
                        let mut fresh: Vec<_> =
                            times.iter().zip(offset..).map(|(time, at)| signal(*time, 0, at)).collect();
                        offset += times.len() as u64;
                        buffer.add(&mut fresh);
                    }
                    None => buffer.end(),
                }
            }
            let Some(signal) = buffer.pop() else { break };
            out.push((signal.order.time.seconds(), signal.flags.has(Flags::LATE)));
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
        let (out, late) = run(&[3, 2, 1, 0], 1, 1);
        assert_eq!(out.len(), 4);
        assert_eq!(late, 2);
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
