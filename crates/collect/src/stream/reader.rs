//! Reading one log source: blocks out, then events.

use super::block::Block;
use super::plan::{PlanSettings, SourcePlan};
use super::source_cutter::SourceCutter;
use super::source_decoder::{Gained, Source, SourceDecoder};
use super::years::{self, YearReport};
use crate::record::{Settings, Sink};
use crate::unread::Unread;
use serde::Serialize;
use std::sync::Arc;
use vocab::LedgerIndex;

/// What was read of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FileStats {
    /// Input name as given, plus `!member`.
    pub name: String,
    /// Name of its format.
    pub format: &'static str,
    /// Decompressed bytes that were read.
    pub bytes: u64,
    /// Records that were cut.
    pub records: u64,
    /// Events that were made of them.
    pub events: u64,
    /// Things that could not be read.
    pub unread: u64,
}

/// What came of reading a log source.
#[derive(Clone, Debug, Default)]
pub struct SourceReport {
    /// One for each file, oldest first.
    pub files: Vec<FileStats>,
    /// What could not be read.
    pub unread: Unread,
    /// How the missing years were found; one where stamps carry none.
    pub years: Vec<YearReport>,
}

impl SourceReport {
    /// A report on files of which nothing was read yet.
    fn new(source: &Source) -> Self {
        let files = source.plan.files.iter().map(|file| FileStats {
            name: file.name.clone(),
            format: file.format,
            ..FileStats::default()
        });
        Self {
            files: files.collect(),
            unread: Unread::default(),
            years: source.years().into_iter().collect(),
        }
    }

    /// Adds what decoding gave.
    pub fn add(&mut self, gained: Gained) {
        for (index, events) in gained.events {
            if let Some(file) = self.files.get_mut(index) {
                file.events += events;
            }
        }
        self.unread.merge(gained.unread);
    }

    /// Adds what reading gave; to be called once, at the end.
    pub fn close(&mut self, cutter: SourceCutter) {
        let (amounts, unread) = cutter.end();
        self.unread.merge(unread);
        for (file, amount) in self.files.iter_mut().zip(amounts) {
            (file.bytes, file.records) = (amount.bytes, amount.records);
            file.unread = self.unread.of_file(&file.name);
        }
    }
}

/// The parts of reading a log source, for callers that decode in other threads than they read in.
pub struct Parts {
    /// What the other parts share.
    pub source: Arc<Source>,
    /// Gives the blocks.
    pub cutter: SourceCutter,
    /// Makes events of the blocks in their order.
    pub decoder: SourceDecoder,
    /// To be filled in.
    pub report: SourceReport,
}

impl Parts {
    /// The parts for a source. Where stamps carry no year, all of its files are gone through first.
    #[must_use]
    pub fn new(plan: &SourcePlan, settings: &PlanSettings) -> Self {
        let mut plan = plan.clone();
        let yearless = plan.files.iter().any(|file| file.recognised.format.yearless);
        let years = if yearless { years::find(&mut plan.files, settings) } else { None };
        let own = Settings {
            zone: plan.zone.clone(),
            zone_assumed: plan.zone_assumed,
            clock: settings.clock,
            host: plan.host.clone(),
        };
        let source = Arc::new(Source { plan, settings: own, years, arriving: false });
        Self {
            cutter: SourceCutter::new(Arc::clone(&source), settings.clone()),
            decoder: SourceDecoder::new(Arc::clone(&source)),
            report: SourceReport::new(&source),
            source,
        }
    }
}

/// Reads one log source file by file. Blocks are handed out by [`Self::next`]; the caller appends each to the ledger and
/// gives it back to [`Self::decode`] (DT-EVT-01).
pub struct SourceReader {
    plan: SourcePlan,
    settings: PlanSettings,
    parts: Option<Box<Parts>>,
}

impl SourceReader {
    /// A reader for a source of the plan. Nothing is opened yet.
    #[must_use]
    pub fn new(source: &SourcePlan, settings: &PlanSettings) -> Self {
        Self { plan: source.clone(), settings: settings.clone(), parts: None }
    }

    fn parts(&mut self) -> &mut Parts {
        self.parts.get_or_insert_with(|| Box::new(Parts::new(&self.plan, &self.settings)))
    }

    /// The next run of records, `None` at the end of the last file.
    #[expect(
        clippy::should_implement_trait,
        reason = "a block is given back before the next one is asked for"
    )]
    pub fn next(&mut self) -> Option<Block> {
        let parts = self.parts();
        let block = parts.cutter.next();
        parts.report.unread.merge(parts.cutter.take_unread());
        block
    }

    /// Makes events of the records of a block. With `entry`, record n of the block is cited as (entry, n). Blocks are to
    /// be given back in the order in which they were handed out.
    pub fn decode(&mut self, block: &Block, entry: Option<LedgerIndex>, sink: &mut Sink<'_>) {
        let parts = self.parts();
        parts.decoder.decode(block, entry, sink);
        parts.report.add(parts.decoder.take_gained());
    }

    /// Hands over what was still being joined; to be called when [`Self::next`] gave `None` and all blocks are decoded.
    pub fn finish(&mut self, sink: &mut Sink<'_>) {
        let parts = self.parts();
        parts.decoder.finish(sink);
        parts.report.add(parts.decoder.take_gained());
    }

    /// What could not be read since this was asked for last; the report then lacks it.
    pub fn take_unread(&mut self) -> Unread {
        let parts = self.parts();
        parts.report.unread.merge(parts.cutter.take_unread());
        std::mem::take(&mut parts.report.unread)
    }

    /// Stored (compressed) bytes read so far, for progress.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.parts.as_ref().map_or(0, |parts| parts.cutter.bytes_read())
    }

    /// What came of it.
    #[must_use]
    pub fn into_report(mut self) -> SourceReport {
        self.parts();
        let Some(parts) = self.parts else { return SourceReport::default() };
        let Parts { cutter, mut report, .. } = *parts;
        report.close(cutter);
        report
    }
}
