//! The index of the logs, kept beside the watch: it never makes the watch wait, and where it fell behind it reads the ledger.

pub(crate) mod words;

use anyhow::Context as _;
use collect::stream::Block;
use ledger::{EntryKind, Form, Reader};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;
use store::{LogChunk, LogLine, Store};
use vocab::{Citation, LedgerIndex, Timestamp};

/// Records of an entry are numbered below this.
pub(crate) const RECORDS: i64 = 4_096;
/// Lines whose pairs are known together.
const CHUNK_LINES: i64 = 1_024;
/// Longest text that is kept of a line, bytes.
const TEXT_BYTES_MAX: usize = 4_096;
/// Lines entered in one transaction, so that pages do not wait long.
const TURN_LINES: usize = 1_024;
/// Blocks that wait.
const QUEUE: usize = 256;
/// How often old lines are taken out, microseconds.
const FORGET_MICROS: i64 = Timestamp::HOUR;

/// A block of lines that is in the ledger.
pub(crate) struct Fresh {
    source: Arc<str>,
    index: LedgerIndex,
    at: Timestamp,
    block: Block,
}

/// Where the watch puts what it sealed.
#[derive(Clone)]
pub(crate) struct Feed {
    blocks: SyncSender<Fresh>,
    /// Something did not fit.
    missed: Arc<AtomicBool>,
}

impl Feed {
    /// Offers a block; the watch does not wait.
    pub(crate) fn offer(&self, source: &Arc<str>, index: LedgerIndex, at: Timestamp, block: &Block) {
        let fresh = Fresh { source: Arc::clone(source), index, at, block: block.clone() };
        if self.blocks.try_send(fresh).is_err() {
            self.missed.store(true, Ordering::Release);
        }
    }
}

/// Keeps the index.
pub(crate) struct Indexer {
    store: Arc<Store>,
    ledger: PathBuf,
    days: u16,
    blocks: Receiver<Fresh>,
    missed: Arc<AtomicBool>,
    sources: BTreeMap<Arc<str>, i64>,
    chunk: Option<LogChunk>,
    /// Pairs of the present stretch that are entered.
    known: BTreeSet<i64>,
    /// First entry that is not in the index.
    next: u64,
}

impl Indexer {
    /// An indexer with its feed.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub(crate) fn new(store: Arc<Store>, ledger: &Path, days: u16) -> anyhow::Result<(Self, Feed)> {
        let (sender, blocks) = sync_channel(QUEUE);
        let missed = Arc::new(AtomicBool::new(true));
        let chunk = store.read(|tx| tx.newest_log_chunk())?;
        let next = chunk.map_or(0, |chunk| u64::try_from(chunk.last / RECORDS + 1).unwrap_or(0));
        let feed = Feed { blocks: sender, missed: Arc::clone(&missed) };
        let (ledger, sources) = (ledger.to_owned(), BTreeMap::new());
        let indexer =
            Self { store, ledger, days, blocks, missed, sources, chunk, known: BTreeSet::new(), next };
        Ok((indexer, feed))
    }

    /// Runs until the watch has ended; a failure is told and tried again.
    pub(crate) fn run(mut self, clock: crate::clock::Clock) {
        let (mut forget_at, mut told) = (Timestamp(0), String::new());
        loop {
            let done = self.turn(clock, &mut forget_at);
            match done {
                Ok(true) => told.clear(),
                Ok(false) => return,
                Err(error) => {
                    let text = format!("{error:#}");
                    if text != told {
                        crate::output::say(&format!("index of the logs: {text}; tried again"));
                        told = text;
                    }
                    self.missed.store(true, Ordering::Release);
                    self.chunk = None;
                    std::thread::sleep(Duration::from_secs(2));
                    let _ = self.reload();
                }
            }
        }
    }

    fn reload(&mut self) -> anyhow::Result<()> {
        self.chunk = self.store.read(|tx| tx.newest_log_chunk())?;
        self.next = self.chunk.map_or(0, |chunk| u64::try_from(chunk.last / RECORDS + 1).unwrap_or(0));
        self.known.clear();
        Ok(())
    }

    /// One round; `false` when the watch has ended.
    fn turn(&mut self, clock: crate::clock::Clock, forget_at: &mut Timestamp) -> anyhow::Result<bool> {
        let now = clock.now();
        let cutoff = now.plus(-i64::from(self.days) * Timestamp::DAY);
        if now >= *forget_at {
            self.store.write(|tx| tx.forget_log_lines(cutoff))?;
            *forget_at = now.plus(FORGET_MICROS);
        }
        if self.missed.swap(false, Ordering::AcqRel) {
            self.catch_up(cutoff)?;
        }
        let mut all = match self.blocks.recv_timeout(Duration::from_millis(500)) {
            Ok(fresh) => vec![fresh],
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => return Ok(true),
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return Ok(false),
        };
        let mut count = 0;
        while count < TURN_LINES
            && let Ok(more) = self.blocks.try_recv()
        {
            count += more.block.len();
            all.push(more);
        }
        let (mut lines, next) = (Vec::new(), self.next);
        for fresh in all.into_iter().filter(|fresh| fresh.index.0 >= next) {
            let source = self.source(&fresh.source)?;
            let records = (0..).zip(fresh.block.records());
            lines
                .extend(records.map(|(record, line)| shown(fresh.index, record, source, fresh.at, line.raw)));
        }
        self.enter(lines)?;
        Ok(true)
    }

    /// Reads what is not in the index from the ledger.
    fn catch_up(&mut self, cutoff: Timestamp) -> anyhow::Result<()> {
        let mut reader = Reader::open(&self.ledger).context("cannot read the ledger")?;
        let mut runs = Vec::new();
        for item in reader.entries_from(LedgerIndex(self.next)) {
            let (index, entry) = item?;
            if entry.kind == EntryKind::Event && entry.form == Form::Run && entry.received_at >= cutoff {
                runs.push((index, u32::from(entry.part_count.saturating_sub(1)), entry.received_at));
            }
        }
        let mut lines = Vec::new();
        for (index, records, at) in runs {
            for record in 0..records {
                let view = reader.record(Citation { index, record })?;
                let source = self.source(&view.file)?;
                lines.push(shown(index, record, source, at, &view.bytes));
            }
            if lines.len() >= TURN_LINES {
                self.enter(std::mem::take(&mut lines))?;
            }
        }
        self.enter(lines)
    }

    fn source(&mut self, name: &Arc<str>) -> anyhow::Result<i64> {
        if let Some(number) = self.sources.get(name) {
            return Ok(*number);
        }
        let number = self.store.write(|tx| tx.log_source(name))?;
        self.sources.insert(Arc::clone(name), number);
        Ok(number)
    }

    /// Enters lines of whole entries.
    fn enter(&mut self, lines: Vec<LogLine>) -> anyhow::Result<()> {
        let (Some(first), Some(last)) = (lines.first().map(|line| line.id), lines.last().map(|line| line.id))
        else {
            return Ok(());
        };
        let count = i64::try_from(lines.len())?;
        let into = match self.chunk.filter(|chunk| chunk.lines < CHUNK_LINES) {
            Some(chunk) => LogChunk { last, lines: chunk.lines + count, ..chunk },
            None => {
                self.known.clear();
                LogChunk { first, last, lines: count }
            }
        };
        let mut grams = BTreeSet::new();
        lines.iter().for_each(|line| words::pairs(&words::folded(&line.text), &mut grams));
        let fresh: Vec<i64> = grams.into_iter().filter(|gram| !self.known.contains(gram)).collect();
        self.store.write(|tx| tx.add_log_lines(into, &fresh, &lines)).context("cannot write the index")?;
        self.known.extend(fresh);
        (self.chunk, self.next) = (Some(into), u64::try_from(last / RECORDS + 1)?);
        Ok(())
    }
}

/// A line as people are shown it: no secret, not endless.
fn shown(index: LedgerIndex, record: u32, source: i64, at: Timestamp, bytes: &[u8]) -> LogLine {
    let text = String::from_utf8_lossy(bytes.get(..TEXT_BYTES_MAX).unwrap_or(bytes));
    let text = collect::mask::masked(text.trim_end_matches('\u{fffd}')).into_owned();
    LogLine { id: id(index, record), source, at, text }
}

/// Id of a line.
pub(crate) fn id(index: LedgerIndex, record: u32) -> i64 {
    i64::try_from(index.0).unwrap_or(i64::MAX / RECORDS).saturating_mul(RECORDS) + i64::from(record)
}
