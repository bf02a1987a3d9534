//! Who waits, and whose turn it is to write.

use super::{BATCH_BYTES_MAX, BATCH_ENTRIES_MAX, QueueLimits, Submission};
use crate::recall::Appended;
use crate::{Error, Result};
use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use vocab::Timestamp;

/// Entries that one caller has handed in.
pub(super) struct Job {
    pub(super) now: Timestamp,
    pub(super) submissions: Vec<Submission>,
    bytes: usize,
    state: Mutex<State>,
    changed: Condvar,
}

enum State {
    Waiting,
    /// It is this caller's turn to write.
    Chosen,
    Answered(Result<Vec<Result<Appended>>>),
}

/// What a caller does next.
pub(super) enum Turn {
    /// Writes for all who wait.
    Lead,
    /// Has its answer.
    Answered(Result<Vec<Result<Appended>>>),
}

impl Job {
    pub(super) fn new(now: Timestamp, submissions: Vec<Submission>) -> Self {
        let bytes = submissions.iter().map(|one| one.payload.as_bytes().len()).sum();
        Self { now, submissions, bytes, state: Mutex::new(State::Waiting), changed: Condvar::new() }
    }
    /// Waits until the answer is there or the task is handed to this caller.
    pub(super) fn wait(&self) -> Turn {
        let mut state = lock(&self.state);
        loop {
            match std::mem::replace(&mut *state, State::Waiting) {
                State::Waiting => {
                    state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                State::Chosen => return Turn::Lead,
                State::Answered(answer) => return Turn::Answered(answer),
            }
        }
    }
    fn set(&self, state: State) {
        *lock(&self.state) = state;
        self.changed.notify_one();
    }
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Arc<Job>>,
    entries: usize,
    bytes: usize,
    /// Somebody writes, or has been chosen to.
    led: bool,
    batches: u64,
    acknowledged: u64,
}

/// The queue in front of the ledger (LG-APP-03).
pub(super) struct Queue {
    limits: QueueLimits,
    waiting: Mutex<Waiting>,
    room: Condvar,
}

impl Queue {
    pub(super) fn new(limits: QueueLimits) -> Self {
        Self { limits, waiting: Mutex::default(), room: Condvar::new() }
    }

    /// Puts a job at the end, waiting for room. The caller leads when nobody does.
    pub(super) fn push(&self, job: &Arc<Job>) -> Result<Turn> {
        let QueueLimits { entries_max, bytes_max, wait_max } = self.limits;
        let (entries, bytes) = (job.submissions.len(), job.bytes);
        if entries > entries_max || bytes > bytes_max {
            let (size, limit) = (entries as u64, entries_max as u64);
            return Err(Error::Limit { what: "entries handed in at once", size, limit });
        }
        let full = |waiting: &mut Waiting| {
            waiting.entries + entries > entries_max || waiting.bytes + bytes > bytes_max
        };
        let (mut waiting, late) = self
            .room
            .wait_timeout_while(lock(&self.waiting), wait_max, full)
            .unwrap_or_else(PoisonError::into_inner);
        if late.timed_out() && full(&mut waiting) {
            return Err(Error::Busy { milliseconds: wait_max.as_millis() as u64 });
        }
        waiting.jobs.push_back(Arc::clone(job));
        waiting.entries += entries;
        waiting.bytes += bytes;
        let lead = !std::mem::replace(&mut waiting.led, true);
        drop(waiting);
        Ok(if lead { Turn::Lead } else { job.wait() })
    }

    /// Whether a whole batch waits.
    pub(super) fn is_full(&self) -> bool {
        let waiting = lock(&self.waiting);
        waiting.entries >= BATCH_ENTRIES_MAX || waiting.bytes >= BATCH_BYTES_MAX
    }

    /// Takes the jobs of one batch, at least one.
    pub(super) fn take(&self) -> Vec<Arc<Job>> {
        let mut waiting = lock(&self.waiting);
        let (mut jobs, mut entries, mut bytes) = (Vec::new(), 0, 0);
        while let Some(job) = waiting.jobs.pop_front() {
            entries += job.submissions.len();
            bytes += job.bytes;
            jobs.push(job);
            let next = waiting.jobs.front().map_or((0, 0), |job| (job.submissions.len(), job.bytes));
            if entries + next.0 > BATCH_ENTRIES_MAX || bytes + next.1 > BATCH_BYTES_MAX {
                break;
            }
        }
        waiting.entries -= entries;
        waiting.bytes -= bytes;
        drop(waiting);
        self.room.notify_all();
        jobs
    }

    /// The next who waits writes the next batch.
    pub(super) fn hand_over(&self) {
        let mut waiting = lock(&self.waiting);
        match waiting.jobs.front() {
            Some(job) => job.set(State::Chosen),
            None => waiting.led = false,
        }
    }

    /// Answers those whose entries were in a batch; a failure of the batch is everybody's failure (LG-APP-04).
    pub(super) fn answer(
        &self,
        jobs: &[Arc<Job>],
        answers: Vec<Vec<Result<Appended>>>,
        result: Result<()>,
        folder: &Path,
    ) {
        if result.is_ok() {
            let mut waiting = lock(&self.waiting);
            waiting.batches += 1;
            waiting.acknowledged += answers.iter().map(|answers| answers.len() as u64).sum::<u64>();
        }
        let mut answers = answers.into_iter();
        let mut failure = result.err();
        let failed = failure.is_some();
        for job in jobs {
            let answer = answers.next().unwrap_or_default();
            let stopped = || Error::Stopped { path: folder.to_owned() };
            job.set(State::Answered(match failed {
                true => Err(failure.take().unwrap_or_else(stopped)),
                false => Ok(answer),
            }));
        }
    }

    /// Batches and entries acknowledged, entries waiting.
    pub(super) fn counts(&self) -> (u64, u64, usize) {
        let waiting = lock(&self.waiting);
        (waiting.batches, waiting.acknowledged, waiting.entries)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
