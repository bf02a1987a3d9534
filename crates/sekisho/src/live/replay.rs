//! What a ledger holds of the time before this process began, in the order in which it came in.

use super::Way;
use anyhow::Context as _;
use collect::stream::{Block, LiveLine, block_of};
use ledger::{EntryKind, Form, Reader};
use std::collections::BTreeMap;
use std::sync::Arc;
use vocab::{Citation, LedgerIndex, Timestamp};

/// A run of lines that was sealed before.
pub(crate) struct Past {
    /// Source.
    pub(super) source: Arc<str>,
    /// How it came in.
    pub(super) way: Way,
    /// The lines.
    pub(super) block: Block,
    /// Entry that holds them.
    pub(super) index: LedgerIndex,
    /// When they came.
    pub(super) received: Timestamp,
}

/// Reads a ledger from its begin, and later what was added since.
#[derive(Default)]
pub(crate) struct History {
    /// Entry that opened each stream.
    streams: BTreeMap<u32, LedgerIndex>,
    /// Name and way of its source, where it is one that is watched.
    names: BTreeMap<u32, Option<(Arc<str>, Way)>>,
    /// First entry that was not read.
    pub(crate) next: u64,
}

impl History {
    /// Hands out everything that came in at `since` or later and was not handed out before. Returns the number of entries whose
    /// content no key at hand opens, or that was destroyed.
    ///
    /// # Errors
    /// When the ledger cannot be read, and the first error of `take`.
    pub(crate) fn go_on(
        &mut self,
        reader: &mut Reader,
        since: Timestamp,
        take: &mut dyn FnMut(Past) -> anyhow::Result<()>,
    ) -> anyhow::Result<u64> {
        let mut runs = Vec::new();
        for entry in reader.entries_from(LedgerIndex(self.next)) {
            let (index, entry) = entry.context("cannot read the ledger back")?;
            if entry.kind == EntryKind::StreamOpen {
                self.streams.insert(entry.stream, index);
            } else if entry.kind == EntryKind::Event && entry.form == Form::Run && entry.received_at >= since
            {
                let records = u32::from(entry.part_count.saturating_sub(1));
                runs.push((index, entry.stream, entry.received_at, records));
            }
            self.next = index.0 + 1;
        }
        let mut closed = 0;
        for (index, stream, received, records) in runs {
            let opened = self.streams.get(&stream);
            let known =
                self.names.entry(stream).or_insert_with(|| opened.and_then(|opened| name(reader, *opened)));
            let Some((source, way)) = known.clone() else { continue };
            match block(reader, index, records)? {
                Some(block) => take(Past { source, way, block, index, received })?,
                None => closed += 1,
            }
        }
        Ok(closed)
    }
}

/// The lines of a run; `None`: no key at hand opens them, or they were destroyed.
fn block(reader: &mut Reader, index: LedgerIndex, records: u32) -> anyhow::Result<Option<Block>> {
    let read: Result<Vec<_>, _> =
        (0..records).map(|record| reader.record(Citation { index, record })).collect();
    let lines = match read {
        Ok(lines) => lines,
        Err(ledger::Error::Sealed { .. } | ledger::Error::Destroyed { .. }) => return Ok(None),
        Err(error) => {
            return Err(anyhow::Error::new(error).context(format!("cannot read entry {} back", index.0)));
        }
    };
    let views: Vec<LiveLine<'_>> = lines
        .iter()
        .map(|line| LiveLine { offset: line.offset, line: line.line, bytes: &line.bytes })
        .collect();
    Ok(Some(block_of(&views).0))
}

/// Name and way of the source of a stream; `None` for streams of something else.
fn name(reader: &mut Reader, opened: LedgerIndex) -> Option<(Arc<str>, Way)> {
    let entry = reader.entry(opened).ok()?;
    let body: serde_json::Value = serde_json::from_slice(&entry.body).ok()?;
    let way = Way::of(body.get("type")?.as_str()?)?;
    let payload = reader.record(Citation { index: opened, record: 0 }).ok()?;
    let payload: serde_json::Value = serde_json::from_slice(&payload.bytes).ok()?;
    Some((payload.get("name")?.as_str()?.into(), way))
}
