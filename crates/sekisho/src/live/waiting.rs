//! Signals that wait for those that may still come before them (DT-COR-07, DT-COR-08).

use detect::engine::Engine;
use detect::{OrderKey, Signal};
use vocab::{Flags, Timestamp};

/// How long a signal waits, microseconds: the lateness L of live operation.
const LATENESS_MICROS: i64 = 60 * Timestamp::SECOND;
/// Signals that wait at once; beyond, the oldest go on early.
const WAITING_MAX: usize = 65_536;

/// Signals in order of their keys, each with the time of its arrival.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    held: Vec<(Timestamp, Signal)>,
    /// Key of the last signal that went on.
    passed: Option<OrderKey>,
}

impl Waiting {
    /// Takes signals that arrived at `now`.
    pub(super) fn add(&mut self, fresh: Vec<Signal>, now: Timestamp) {
        let first = self.held.len();
        self.held.extend(fresh.into_iter().map(|mut signal| {
            if self.passed.is_some_and(|passed| signal.order < passed) {
                signal.flags.set(Flags::LATE);
            }
            (now, signal)
        }));
        let sorted = self.held.get(first.saturating_sub(1)..).unwrap_or_default();
        if !sorted.is_sorted_by_key(|(_, signal)| signal.order) {
            // Stable, and quick on two runs in order.
            self.held.sort_by_key(|(_, signal)| signal.order);
        }
    }

    /// Hands on what need not wait any longer.
    pub(super) fn release(&mut self, now: Timestamp, engine: &mut Engine) {
        let until = now.plus(-LATENESS_MICROS);
        let over = self.held.len().saturating_sub(WAITING_MAX);
        let old = self.held.partition_point(|(_, signal)| signal.order.time <= until);
        // What lies in the future of its own stamp waits for its arrival's time only.
        let waited = self.held.iter().take_while(|(arrived, _)| *arrived <= until).count();
        for (_, signal) in self.held.drain(..over.max(old).max(waited)) {
            self.passed = self.passed.max(Some(signal.order));
            engine.push(&signal);
        }
    }

    /// What waits, in order.
    pub(super) fn each(&self) -> impl Iterator<Item = &Signal> {
        self.held.iter().map(|(_, signal)| signal)
    }
}
