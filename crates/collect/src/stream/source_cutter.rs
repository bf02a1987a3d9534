//! Reading one log source: its files are opened one after the other and cut into blocks.

use super::block::{Block, Opening};
use super::cutter::{CutPlan, Cutter};
use super::explore::{Head, SAMPLE_BYTES};
use super::plan::{FilePlan, PlanSettings};
use super::source_decoder::Source;
use crate::input::{open_counted, reason_of};
use crate::record::UnreadReason;
use crate::unread::Unread;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What was read of one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amount {
    /// Decompressed bytes.
    pub(crate) bytes: u64,
    /// Records.
    pub(crate) records: u64,
}

/// Reads the files of one log source and cuts them into blocks of records.
pub struct SourceCutter {
    source: Arc<Source>,
    settings: PlanSettings,
    cutter: Option<Cutter>,
    /// Beginning of the file under way, for whoever decodes its blocks.
    opening: Arc<Opening>,
    /// Files begun so far.
    begun: usize,
    taken: Arc<AtomicU64>,
    taken_before: u64,
    amounts: Vec<Amount>,
    unread: Unread,
}

impl SourceCutter {
    /// Of a source; nothing is opened yet.
    pub(crate) fn new(source: Arc<Source>, settings: PlanSettings) -> Self {
        Self {
            amounts: vec![Amount::default(); source.plan.files.len()],
            source,
            settings,
            cutter: None,
            opening: Arc::default(),
            begun: 0,
            taken: Arc::default(),
            taken_before: 0,
            unread: Unread::default(),
        }
    }

    /// The next run of records, `None` at the end of the last file.
    #[expect(
        clippy::should_implement_trait,
        reason = "what could not be read is asked for before the next one is"
    )]
    pub fn next(&mut self) -> Option<Block> {
        loop {
            if let Some(cutter) = &mut self.cutter {
                let block = cutter.next();
                if let Some(file) = self.source.plan.files.get(self.begun.saturating_sub(1)) {
                    for (offset, expected) in cutter.take_faults() {
                        self.unread.at(&file.name, offset, 0, UnreadReason::Corrupt, expected);
                    }
                }
                if let Some(mut block) = block {
                    if let Some(amount) = self.amounts.get_mut(block.file()) {
                        amount.records += block.len() as u64;
                    }
                    block.opening = Arc::clone(&self.opening);
                    return Some(block);
                }
                self.file_ended();
            }
            let source = Arc::clone(&self.source);
            let file = source.plan.files.get(self.begun)?;
            self.begun += 1;
            self.begin(self.begun - 1, file);
        }
    }

    fn begin(&mut self, index: usize, file: &FilePlan) {
        let mut stream = match open_counted(&file.location, &self.settings.limits, &self.taken) {
            Ok(stream) => stream,
            Err(error) => {
                let (reason, expected) = reason_of(&error, !file.location.steps.is_empty());
                self.unread.file(&file.name, reason, expected);
                return;
            }
        };
        let head = Head::read(&mut stream, SAMPLE_BYTES);
        self.opening = Arc::new(Opening { bytes: head.bytes.clone(), complete: head.complete });
        let plan = CutPlan { file: index, cut: file.recognised.cut, charset: file.recognised.charset };
        let mut cutter = Cutter::new(stream, head.bytes, plan);
        if let Some(error) = head.error {
            cutter.broken(error);
        }
        self.cutter = Some(cutter);
    }

    fn file_ended(&mut self) {
        let Some(mut cutter) = self.cutter.take() else { return };
        let index = self.begun.saturating_sub(1);
        self.taken_before += self.taken.swap(0, Ordering::Relaxed);
        // Each file counts for itself: the ratio of the next one must not be measured against this one.
        self.taken = Arc::default();
        if let Some(amount) = self.amounts.get_mut(index) {
            amount.bytes = cutter.offset();
        }
        if let (Some(error), Some(file)) = (cutter.take_error(), self.source.plan.files.get(index)) {
            let (reason, expected) = reason_of(&error, !file.location.steps.is_empty());
            self.unread.at(&file.name, cutter.offset(), cutter.line(), reason, expected);
        }
    }

    /// Stored (compressed) bytes read so far, for progress.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.taken_before + self.taken.load(Ordering::Relaxed)
    }

    /// What could not be read since this was asked for last; that of a block is there when the block is.
    pub fn take_unread(&mut self) -> Unread {
        std::mem::take(&mut self.unread)
    }

    /// Ends the reading, wherever it is: what was read of each file, and what could not be since this was asked for last.
    pub(crate) fn end(mut self) -> (Vec<Amount>, Unread) {
        self.file_ended();
        (self.amounts, self.unread)
    }
}
