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

/// Hands out everything that came in at `since` or later. Returns the number of entries whose content no key at hand opens, or
/// that was destroyed.
///
/// # Errors
/// When the ledger cannot be read, and the first error of `take`.
pub(crate) fn history(
    reader: &mut Reader,
    since: Timestamp,
    take: &mut dyn FnMut(Past) -> anyhow::Result<()>,
) -> anyhow::Result<u64> {
    let mut streams: BTreeMap<u32, LedgerIndex> = BTreeMap::new();
    let (mut runs, mut closed) = (Vec::new(), 0);
    for entry in reader.entries() {
        let (index, entry) = entry.context("cannot read the ledger back")?;
        if entry.kind == EntryKind::StreamOpen {
            streams.insert(entry.stream, index);
        } else if entry.kind == EntryKind::Event && entry.form == Form::Run && entry.received_at >= since {
            runs.push((
                index,
                entry.stream,
                entry.received_at,
                u32::from(entry.part_count.saturating_sub(1)),
            ));
        }
    }
    let mut names: BTreeMap<u32, Option<(Arc<str>, Way)>> = BTreeMap::new();
    for (index, stream, received, records) in runs {
        let known = names
            .entry(stream)
            .or_insert_with(|| streams.get(&stream).and_then(|opened| name(reader, *opened)));
        let Some((source, way)) = known.clone() else { continue };
        let read: Result<Vec<_>, _> =
            (0..records).map(|record| reader.record(Citation { index, record })).collect();
        let lines = match read {
            Ok(lines) => lines,
            Err(ledger::Error::Sealed { .. } | ledger::Error::Destroyed { .. }) => {
                closed += 1;
                continue;
            }
            Err(error) => {
                return Err(anyhow::Error::new(error).context(format!("cannot read entry {} back", index.0)));
            }
        };
        let views: Vec<LiveLine<'_>> = lines
            .iter()
            .map(|line| LiveLine { offset: line.offset, line: line.line, bytes: &line.bytes })
            .collect();
        let (block, _) = block_of(&views);
        take(Past { source, way, block, index, received })?;
    }
    Ok(closed)
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
