//! Login records of the utmp family beside the text log: the same try is not counted twice.

use super::{Attempt, account_id, stable_hash};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use vocab::{Outcome, Timestamp};

/// How far a text record and a binary record of one try may lie apart, microseconds.
const PAIR_MICROS: i64 = 5 * Timestamp::SECOND;
/// A text log that was written to so lately is there to tell of failures, microseconds.
const COVER_MICROS: i64 = Timestamp::DAY;
/// Computers whose text log is remembered.
const HOSTS_MAX: usize = 4_096;
/// Tries remembered for pairing.
const RECENT_MAX: usize = 16_384;

/// Holds binary login records for a moment and drops those that a text record tells of.
#[derive(Clone, Debug, Default)]
pub(super) struct Pairing {
    waiting: VecDeque<Attempt>,
    recent: FxHashMap<u64, i64>,
    /// Last try in the text log of a computer.
    written: FxHashMap<u64, i64>,
}

fn key(attempt: &Attempt) -> u64 {
    match attempt.src {
        Some(ip) => stable_hash(&ip),
        None => account_id(&attempt.account),
    }
}

impl Pairing {
    /// Notes a try that a text record showed.
    pub(super) fn text(&mut self, attempt: &Attempt) {
        if self.recent.len() >= RECENT_MAX {
            let oldest = attempt.time.0 - 2 * PAIR_MICROS;
            self.recent.retain(|_, time| *time >= oldest);
            if self.recent.len() >= RECENT_MAX {
                self.recent.clear();
            }
        }
        self.recent.insert(key(attempt), attempt.time.0);
        let host = stable_hash(attempt.host.as_str());
        if self.written.len() < HOSTS_MAX || self.written.contains_key(&host) {
            self.written.insert(host, attempt.time.0);
        }
    }

    /// Takes a binary record.
    pub(super) fn binary(&mut self, attempt: Attempt) {
        self.waiting.push_back(attempt);
    }

    /// Hands out the binary records that stand alone and are older than the pairing time.
    pub(super) fn release(&mut self, now: Timestamp, out: &mut Vec<Attempt>) {
        while self.waiting.front().is_some_and(|attempt| now.since(attempt.time) > PAIR_MICROS) {
            let Some(attempt) = self.waiting.pop_front() else { return };
            let paired = self
                .recent
                .get(&key(&attempt))
                .is_some_and(|time| (time - attempt.time.0).abs() <= 2 * PAIR_MICROS);
            // Where there is a text log it counts the failures; a difference between the two is a matter of K-33.
            let covered = attempt.outcome == Outcome::Failure
                && self
                    .written
                    .get(&stable_hash(attempt.host.as_str()))
                    .is_some_and(|time| (time - attempt.time.0).abs() <= COVER_MICROS);
            if !paired && !covered {
                out.push(attempt);
            }
        }
    }
}
