//! What receivers hand to the watch.

use crate::live::{Arrival, Watch, Way};
use ledger::{EntryKind, GapCause};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use vocab::Timestamp;

/// Records of a source that are missing, or may be.
pub(crate) struct Missing {
    /// Source, of an agent.
    pub(crate) source: Arc<str>,
    /// From when until when.
    pub(crate) span: (Timestamp, Timestamp),
}

/// Lines with what belongs to them.
#[derive(Default)]
pub(crate) struct Delivery {
    /// Lines.
    pub(crate) lines: Vec<Arrival>,
    /// What is to be written down before them.
    pub(crate) deeds: Vec<serde_json::Value>,
    /// What is missing.
    pub(crate) missing: Vec<Missing>,
    /// Is told the size of the ledger when all of it is durable.
    pub(crate) done: Option<SyncSender<u64>>,
}

impl Delivery {
    /// One line for which nobody waits.
    pub(crate) fn of(line: Arrival) -> Self {
        Self { lines: vec![line], ..Self::default() }
    }
}

/// Has the watch take deliveries; who waits is told when they are durable.
pub(super) fn take(all: Vec<Delivery>, watch: &mut Watch, now: Timestamp) -> anyhow::Result<()> {
    let (mut lines, mut waiting) = (Vec::new(), Vec::new());
    for delivery in all {
        for deed in &delivery.deeds {
            watch.deed(EntryKind::Record, deed, now)?;
        }
        for missing in &delivery.missing {
            watch.missing((&missing.source, Way::Agent), GapCause::SourceHole, missing.span, now)?;
        }
        lines.extend(delivery.lines);
        waiting.extend(delivery.done);
    }
    watch.take(lines, now)?;
    for done in waiting {
        // Who asked may have gone away; the lines stay.
        let _ = done.send(watch.size());
    }
    Ok(())
}
