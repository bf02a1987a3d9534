//! Group commit (LG-SEG-03, LG-SEG-05, LG-APP-01 to -04): many threads append, one sync serves all that wait.
//!
//! There is no thread of its own. The caller who finds nobody writing writes for all who wait: it takes what has
//! gathered, makes one frame of it, syncs once, answers, and hands the task to the first who came meanwhile. A lone
//! append thus waits for nobody. Two locks are taken hand over hand, the ledger before its segment file: while one
//! batch is synced, a full next one is hashed and signed; one that is not full yet goes on gathering until the sync ends.

mod queue;

use crate::recall::Appended;
use crate::store::Store;
use crate::{Checkpoint, EntryKind, Error, Ledger, Payload, Result, StreamId};
use queue::{Job, Queue, Turn};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use vocab::Timestamp;

/// Entries at which a batch is full (LG-SEG-05).
pub(crate) const BATCH_ENTRIES_MAX: usize = 256;
/// Bytes of payload at which a batch is full (LG-SEG-05).
pub(crate) const BATCH_BYTES_MAX: usize = 256 * 1024;

/// How much may wait, and how long (LG-APP-03).
#[derive(Clone, Copy, Debug)]
pub struct QueueLimits {
    /// Entries waiting.
    pub entries_max: usize,
    /// Bytes of their payloads.
    pub bytes_max: usize,
    /// How long a caller waits for room before it gets `LE-BUSY`.
    pub wait_max: Duration,
}

impl Default for QueueLimits {
    fn default() -> Self {
        Self { entries_max: 65_536, bytes_max: 64 * 1024 * 1024, wait_max: Duration::from_secs(5) }
    }
}

/// An entry to append.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The stream it belongs to.
    pub stream: StreamId,
    /// What it is written for.
    pub kind: EntryKind,
    /// Its content.
    pub payload: Payload,
    /// Number that the sender counted in the stream: the key under which a repetition is recognised (LG-APP-02).
    pub seq: Option<u64>,
}

/// What the group commit has done so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitStats {
    /// Batches made durable.
    pub batches: u64,
    /// Entries acknowledged, repetitions included.
    pub acknowledged: u64,
    /// Entries that wait to be written now.
    pub waiting: usize,
    /// Syncs of segment files, those of zeros in advance included.
    pub syncs: u64,
    /// The disk had no room for zeros in advance (LE-SPACE-LOW).
    pub space_low: bool,
}

/// A ledger that many threads append to (台帳への共同書込み).
pub struct SharedLedger {
    queue: Queue,
    /// The segment file, locked after the ledger.
    store: Arc<Mutex<Store>>,
    ledger: Mutex<Ledger>,
    folder: PathBuf,
}

impl SharedLedger {
    /// Shares a ledger. Its segments are filled with zeros in advance from now on (LG-SEG-04).
    #[must_use]
    pub fn new(mut ledger: Ledger, limits: QueueLimits) -> Self {
        ledger.fill_ahead();
        let (store, folder) = (Arc::clone(&ledger.store), ledger.folder.clone());
        Self { queue: Queue::new(limits), store, ledger: Mutex::new(ledger), folder }
    }

    /// Appends one entry; returns when it is durable (LG-APP-01).
    ///
    /// # Errors
    /// As [`Ledger::append`] and [`Ledger::append_numbered`]; `LE-BUSY` when the queue stays full, `LE-IO` when the
    /// batch could not be made durable: then nothing more is accepted (LG-DUR-02).
    pub fn append(&self, now: Timestamp, submission: Submission) -> Result<Appended> {
        let mut answers = self.append_all(now, vec![submission])?;
        answers.pop().unwrap_or_else(|| Err(self.stopped()))
    }

    /// Appends entries in order; returns when all of them are durable. Each has its own answer; an error of the whole
    /// call means that none was acknowledged.
    ///
    /// # Errors
    /// `LE-LIMIT` for more than fits into the queue, `LE-BUSY` when it stays full, `LE-IO`.
    pub fn append_all(&self, now: Timestamp, submissions: Vec<Submission>) -> Result<Vec<Result<Appended>>> {
        if submissions.is_empty() {
            return Ok(Vec::new());
        }
        let job = Arc::new(Job::new(now, submissions));
        let mut turn = self.queue.push(&job)?;
        loop {
            match turn {
                Turn::Lead => self.lead(),
                Turn::Answered(answer) => return answer,
            }
            turn = job.wait();
        }
    }

    /// Writes one batch for all who wait.
    fn lead(&self) {
        let mut ledger = self.lock();
        // A full batch is prepared while the one before is still being synced; any other gathers until then.
        if !self.queue.is_full() {
            drop(self.lock_store());
        }
        let jobs = self.queue.take();
        let answers = jobs.iter().map(|job| append_job(&mut ledger, job)).collect();
        let synced = !ledger.unsynced;
        let prepared = ledger.batch.take_frame(synced);
        // Whatever is written next is written after the sync below.
        ledger.unsynced = false;
        let mut store = self.lock_store();
        drop(ledger);
        self.queue.hand_over();
        let result = match prepared {
            Ok(Some((bytes, first_index, before))) => {
                store.append(&bytes, first_index, before).and_then(|()| store.sync())
            }
            Ok(None) => store.sync(),
            Err(error) => {
                store.give_up();
                Err(error)
            }
        };
        drop(store);
        self.queue.answer(&jobs, answers, result, &self.folder);
    }

    /// Works on the ledger itself: opens streams, appends runs, closes. Everything done is durable when this returns.
    ///
    /// # Errors
    /// What `work` returns; `LE-IO` when it could not be made durable.
    pub fn with<T>(&self, work: impl FnOnce(&mut Ledger) -> Result<T>) -> Result<T> {
        let mut ledger = self.lock();
        let result = work(&mut ledger)?;
        ledger.commit()?;
        Ok(result)
    }

    /// Publishes a signed tree head over everything acknowledged so far (LG-CHK-01).
    ///
    /// # Errors
    /// `LE-IO`.
    pub fn checkpoint(&self, now: Timestamp) -> Result<Checkpoint> {
        self.lock().checkpoint(now)
    }

    /// What was done so far.
    #[must_use]
    pub fn stats(&self) -> CommitStats {
        let (batches, acknowledged, waiting) = self.queue.counts();
        let store = self.lock_store();
        CommitStats { batches, acknowledged, waiting, syncs: store.syncs(), space_low: store.space_low() }
    }

    /// Seals and closes the ledger (LG-DUR-10). Nobody appends any more, since nobody else holds `self`.
    ///
    /// # Errors
    /// `LE-IO`.
    pub fn close(self, now: Timestamp) -> Result<Checkpoint> {
        self.ledger.into_inner().unwrap_or_else(PoisonError::into_inner).close(now)
    }

    /// Ends the session and leaves the streams open for the next one ([`Ledger::rest`]).
    ///
    /// # Errors
    /// `LE-IO`.
    pub fn rest(self, now: Timestamp) -> Result<Checkpoint> {
        self.ledger.into_inner().unwrap_or_else(PoisonError::into_inner).rest(now)
    }

    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn lock_store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn stopped(&self) -> Error {
        Error::Stopped { path: self.folder.clone() }
    }
}

fn append_job(ledger: &mut Ledger, job: &Job) -> Vec<Result<Appended>> {
    let one = |submission: &Submission| {
        let Submission { stream, kind, payload, seq } = submission;
        if let Some(seq) = seq {
            return ledger.append_numbered(*stream, *seq, *kind, job.now, payload);
        }
        ledger.require_appendable(*stream, *kind)?;
        ledger.settle_clock(job.now)?;
        let index = ledger.append_payload(*stream, *kind, payload)?;
        Ok(Appended { index, duplicate: false })
    };
    job.submissions.iter().map(one).collect()
}
