//! The end of the spool from which is sent: records in order from a number on, as batches.

use super::spool::{self, Reach, segment_folder};
use super::wire::{BATCH_BYTES_MAX, BATCH_RECORDS_MAX, Batch, Hole, Part};
use anyhow::Context as _;
use ledger::{EntryKind, Form, ReadOptions, Reader};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use vocab::{Citation, LedgerIndex};

/// Bytes of decompressed blocks that are kept.
const CACHE_BYTES: usize = 1 << 20;

/// Where sending stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cursor {
    segment: u64,
    /// Entry that comes next.
    entry: u64,
    /// Record of it that comes next.
    record: u32,
    /// Records before, over the whole life of the spool.
    before: u64,
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Item {
    /// Records; `first` counts within the spool, from 1.
    Batch(Batch),
    /// Something is missing.
    Hole(Hole),
}

/// Reads the spool.
pub(super) struct Outbox {
    folder: PathBuf,
    cursor: Cursor,
    reader: Option<(Reach, Reader)>,
}

impl Outbox {
    /// Begins behind `sent` records of the spool, or with the oldest that are still there.
    pub(super) fn begin(folder: &Path, sent: u64) -> anyhow::Result<Self> {
        let mut outbox = Self { folder: folder.to_owned(), cursor: Cursor::default(), reader: None };
        for segment in spool::segments(folder)? {
            let (before, _) = spool::counts(&mut outbox.open(segment)?)?;
            if outbox.cursor.segment > 0 && before > sent {
                break;
            }
            outbox.cursor = Cursor { segment, before, ..Cursor::default() };
        }
        outbox.skip(sent)?;
        Ok(outbox)
    }

    fn open(&self, segment: u64) -> anyhow::Result<Reader> {
        let options = ReadOptions { cache_bytes_max: CACHE_BYTES };
        Reader::open_with(&segment_folder(&self.folder, segment), options)
            .with_context(|| format!("cannot read the spool {segment} back"))
    }

    /// Passes over records that the server has.
    fn skip(&mut self, sent: u64) -> anyhow::Result<()> {
        if self.cursor.segment == 0 {
            return Ok(());
        }
        let mut reader = self.open(self.cursor.segment)?;
        for item in reader.entries() {
            let (index, entry) = item?;
            if entry.kind == EntryKind::Event && entry.form == Form::Run {
                let records = u64::from(entry.part_count.saturating_sub(1));
                let wanted = sent.saturating_sub(self.cursor.before);
                if wanted < records {
                    self.cursor.record = u32::try_from(wanted)?;
                    self.cursor.before += wanted;
                    self.cursor.entry = index.0;
                    return Ok(());
                }
                self.cursor.before += records;
            }
            self.cursor.entry = index.0 + 1;
        }
        Ok(())
    }

    /// Records before the next one.
    pub(super) const fn sent(&self) -> u64 {
        self.cursor.before
    }

    /// What comes next; `None` when the server has all. It is called again when the server has acknowledged that.
    ///
    /// # Errors
    /// When the spool cannot be read.
    pub(super) fn next(&mut self, reach: Reach) -> anyhow::Result<Option<Item>> {
        loop {
            if self.cursor.segment == 0 {
                self.cursor.segment = spool::segments(&self.folder)?.first().copied().unwrap_or(0);
            }
            let whole = self.cursor.segment < reach.segment;
            if self.cursor.segment == 0 || (!whole && self.cursor.entry >= reach.entries) {
                return Ok(None);
            }
            let current =
                Reach { segment: self.cursor.segment, entries: if whole { u64::MAX } else { reach.entries } };
            if self.reader.as_ref().is_none_or(|(seen, _)| *seen != current) {
                self.reader = Some((current, self.open(self.cursor.segment)?));
            }
            let Some((_, reader)) = &mut self.reader else { return Ok(None) };
            let found = gather(reader, &mut self.cursor, current.entries)?;
            if found.is_some() || !whole {
                return Ok(found);
            }
            self.cursor = Cursor { segment: self.cursor.segment + 1, entry: 0, record: 0, ..self.cursor };
        }
    }

    /// Removes the ledgers of which everything was acknowledged.
    pub(super) fn clear(&self) -> anyhow::Result<()> {
        for segment in spool::segments(&self.folder)? {
            if segment < self.cursor.segment {
                spool::remove(&self.folder, segment)?;
            }
        }
        Ok(())
    }
}

/// Takes what fits into one message of the entries below `until`, which are durable.
fn gather(reader: &mut Reader, cursor: &mut Cursor, until: u64) -> anyhow::Result<Option<Item>> {
    let mut entries = Vec::new();
    let mut streams: BTreeMap<u32, LedgerIndex> = BTreeMap::new();
    for item in reader.entries_from(LedgerIndex(cursor.entry)) {
        let (index, entry) = item?;
        if index.0 >= until {
            break;
        }
        let run = entry.kind == EntryKind::Event && entry.form == Form::Run;
        if run || entry.kind == EntryKind::Gap {
            entries.push((index, entry, run));
        } else if entries.is_empty() {
            cursor.entry = index.0 + 1;
        }
        if entries.len() >= BATCH_RECORDS_MAX {
            break;
        }
    }
    let mut batch = Batch { first: cursor.before + 1, parts: Vec::new(), records: Vec::new() };
    let mut bytes = 0;
    for (index, entry, run) in entries {
        if !run {
            if !batch.records.is_empty() {
                break;
            }
            (cursor.entry, cursor.record) = (index.0 + 1, 0);
            match hole(reader, &entry, &mut streams)? {
                Some(hole) => return Ok(Some(Item::Hole(hole))),
                None => continue,
            }
        }
        let records = u32::from(entry.part_count.saturating_sub(1));
        cursor.entry = index.0;
        while cursor.record < records {
            let view = reader.record(Citation { index, record: cursor.record })?;
            let full = batch.records.len() >= BATCH_RECORDS_MAX || bytes + view.bytes.len() > BATCH_BYTES_MAX;
            if full && !batch.records.is_empty() {
                return Ok(Some(Item::Batch(batch)));
            }
            bytes += view.bytes.len();
            match batch.parts.last_mut().filter(|part| part.file == *view.file) {
                Some(part) => part.records += 1,
                None => batch.parts.push(Part { file: view.file.to_string(), records: 1 }),
            }
            batch.records.push(view.bytes);
            (cursor.record, cursor.before) = (cursor.record + 1, cursor.before + 1);
        }
        (cursor.entry, cursor.record) = (index.0 + 1, 0);
    }
    Ok((!batch.records.is_empty()).then_some(Item::Batch(batch)))
}

/// What a `gap` entry says, with the name of its log.
fn hole(
    reader: &mut Reader,
    entry: &ledger::Entry,
    streams: &mut BTreeMap<u32, LedgerIndex>,
) -> anyhow::Result<Option<Hole>> {
    if !streams.contains_key(&entry.stream) {
        for item in reader.entries() {
            let (index, entry) = item?;
            if entry.kind == EntryKind::StreamOpen {
                streams.insert(entry.stream, index);
            }
        }
    }
    let body: serde_json::Value = serde_json::from_slice(&entry.body).unwrap_or_default();
    let time = |name: &str| body.get(name).and_then(serde_json::Value::as_i64);
    let Some(opened) = streams.get(&entry.stream).copied() else { return Ok(None) };
    let name = reader.record(Citation { index: opened, record: 0 })?;
    let name: serde_json::Value = serde_json::from_slice(&name.bytes).unwrap_or_default();
    let file = name.get("name").and_then(serde_json::Value::as_str);
    Ok(match (file, time("from"), time("to")) {
        (Some(file), Some(from), Some(to)) => Some(Hole { file: file.to_owned(), from, to }),
        _ => None,
    })
}
