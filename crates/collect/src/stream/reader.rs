//! Reading one log source: blocks out, then events.

use super::block::{Block, BlockRecord, PARSED_BYTES_MAX};
use super::cutter::{CutPlan, Cutter};
use super::explore::{Head, SAMPLE_BYTES};
use super::plan::{FilePlan, PlanSettings, SourcePlan};
use super::recognise::with_sample;
use super::years::{self, ChainYears, YearReport};
use crate::input::{open_counted, reason_of};
use crate::record::{Cut, Decoded, Decoder, RawRecord, Settings, Sink, UnreadReason};
use crate::time::within_reason;
use crate::time::year::YearWalk;
use crate::unread::Unread;
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use vocab::{Citation, Event, Flags, LedgerIndex, Origin, Timestamp};

/// How much of a JSON document is parsed (detection.md 6.5).
const JSON_BYTES_MAX: usize = 1 << 20;

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

/// Reads one log source file by file. Blocks are handed out by [`Self::next`]; the caller appends each to the ledger and
/// gives it back to [`Self::decode`] (DT-EVT-01).
pub struct SourceReader {
    source: SourcePlan,
    plan_settings: PlanSettings,
    settings: Settings,
    years: Option<ChainYears>,
    walk: YearWalk,
    started: bool,
    cutter: Option<Cutter>,
    /// Files begun so far.
    begun: usize,
    taken: Arc<AtomicU64>,
    taken_before: u64,
    /// Decoders of the files that were begun and are not finished.
    decoders: Vec<Option<Box<dyn Decoder>>>,
    stats: Vec<FileStats>,
    unread: Unread,
}

impl SourceReader {
    /// A reader for a source of the plan. Nothing is opened yet.
    #[must_use]
    pub fn new(source: &SourcePlan, settings: &PlanSettings) -> Self {
        let stats = source.files.iter().map(|file| FileStats {
            name: file.name.clone(),
            format: file.format,
            ..FileStats::default()
        });
        Self {
            stats: stats.collect(),
            settings: Settings {
                zone: source.zone.clone(),
                zone_assumed: source.zone_assumed,
                clock: settings.clock,
                host: source.host.clone(),
            },
            source: source.clone(),
            plan_settings: settings.clone(),
            years: None,
            walk: YearWalk::default(),
            started: false,
            cutter: None,
            begun: 0,
            taken: Arc::default(),
            taken_before: 0,
            decoders: Vec::new(),
            unread: Unread::default(),
        }
    }

    /// The next run of records, `None` at the end of the last file.
    #[expect(
        clippy::should_implement_trait,
        reason = "a block is given back before the next one is asked for"
    )]
    pub fn next(&mut self) -> Option<Block> {
        if !self.started {
            self.started = true;
            if self.source.files.iter().any(|file| file.recognised.format.yearless) {
                self.years = years::find(&mut self.source.files, &self.plan_settings);
            }
        }
        loop {
            if let Some(cutter) = &mut self.cutter {
                let block = cutter.next();
                if let Some(file) = self.source.files.get(self.begun.saturating_sub(1)) {
                    for (offset, expected) in cutter.take_faults() {
                        self.unread.at(&file.name, offset, 0, UnreadReason::Corrupt, expected);
                    }
                }
                if let Some(block) = block {
                    if let Some(stats) = self.stats.get_mut(block.file()) {
                        stats.records += block.len() as u64;
                    }
                    return Some(block);
                }
                self.file_ended();
            }
            let index = self.begun;
            if index >= self.source.files.len() {
                return None;
            }
            self.begun += 1;
            self.begin(index);
        }
    }

    fn begin(&mut self, index: usize) {
        let Some(file) = self.source.files.get(index) else { return };
        let opened = open_counted(&file.location, &self.plan_settings.limits, &self.taken);
        let mut stream = match opened {
            Ok(stream) => stream,
            Err(error) => {
                let (reason, expected) = reason_of(&error, !file.location.steps.is_empty());
                self.unread.file(&file.name, reason, expected);
                self.decoders.push(None);
                return;
            }
        };
        let head = Head::read(&mut stream, SAMPLE_BYTES);
        let recognised = file.recognised;
        let decoder = with_sample(
            &head.bytes,
            &file.name,
            head.complete,
            file.stored_bytes.filter(|_| file.location.steps.is_empty()),
            recognised.charset,
            |sample| (recognised.format.decoder)(sample, &self.settings),
        );
        self.decoders.push(Some(decoder));
        let plan = CutPlan { file: index, cut: recognised.cut, charset: recognised.charset };
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
        if let Some(stats) = self.stats.get_mut(index) {
            stats.bytes = cutter.offset();
        }
        if let (Some(error), Some(file)) = (cutter.take_error(), self.source.files.get(index)) {
            let (reason, expected) = reason_of(&error, !file.location.steps.is_empty());
            self.unread.at(&file.name, cutter.offset(), cutter.line(), reason, expected);
        }
    }

    /// Makes events of the records of a block. With `entry`, record n of the block is cited as (entry, n). Blocks are to
    /// be given back in the order in which they were handed out.
    pub fn decode(&mut self, block: &Block, entry: Option<LedgerIndex>, sink: &mut Sink<'_>) {
        self.close_until(block.file(), sink);
        let (Some(file), Some(Some(decoder)), Some(stats)) = (
            self.source.files.get(block.file()),
            self.decoders.get_mut(block.file()),
            self.stats.get_mut(block.file()),
        ) else {
            return;
        };
        let years = self.years.as_ref().and_then(|years| years.of(block.file()));
        let encoding = match file.recognised.charset {
            Some(charset) if charset.guessed() => Flags::ENCODING_GUESSED,
            _ => Flags::default(),
        };
        let (text_max, expected) = match file.recognised.cut {
            Cut::Json => (JSON_BYTES_MAX, "a JSON document of at most 1 MiB"),
            Cut::Elements => (PARSED_BYTES_MAX, "an XML event of at most 64 KiB"),
            _ => (PARSED_BYTES_MAX, "a record of at most 64 KiB"),
        };
        let mut events = 0;
        let clock = self.settings.clock;
        let mut counted = |event: &Event<'_>| {
            events += 1;
            hand_over(event, clock, sink);
        };
        for (number, record) in block.records().enumerate() {
            let mut flags = encoding;
            let mut year = 0;
            if let Some(years) = years {
                year = years.of(self.walk.step(record.text.as_bytes()));
                if years.kind.assumed() && self.walk.is_yearless() {
                    flags.set(Flags::YEAR_ASSUMED);
                }
            }
            let text = head_of(record.text, text_max);
            let too_long = text.len() < record.text.len() || (record.cut && !record.is_broken_off());
            if record.cut || too_long {
                flags.set(Flags::TRUNCATED);
            }
            if too_long {
                unread_record(&mut self.unread, file, &record, UnreadReason::RecordTooLong, expected);
            }
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            let origin = Origin {
                file: &file.name,
                source: self.source.rank,
                file_rank: u32::try_from(block.file()).unwrap_or(u32::MAX),
                offset: record.offset,
                line: record.line,
                raw: record.raw,
                citation: entry.map(|index| Citation { index, record: number }),
                ..Origin::default()
            };
            let raw =
                RawRecord { origin, text, flags, year, around: record.around, around_at: record.around_at };
            // Where a stream broke off is told once, with the reason of the break.
            if let Decoded::Unread(reason, expected) = decoder.decode(&raw, &self.settings, &mut counted)
                && !record.is_broken_off()
            {
                unread_record(&mut self.unread, file, &record, reason, expected);
            }
        }
        stats.events += events;
    }

    /// Ends the decoders of all files before this one.
    fn close_until(&mut self, file: usize, sink: &mut Sink<'_>) {
        for (decoder, stats) in self.decoders.iter_mut().zip(&mut self.stats).take(file) {
            let Some(mut decoder) = decoder.take() else { continue };
            decoder.finish(&self.settings, &mut |event| {
                stats.events += 1;
                hand_over(event, self.settings.clock, sink);
            });
            self.unread.shapes.merge(decoder.take_misses());
        }
    }

    /// Hands over what was still being joined; to be called when [`Self::next`] gave `None` and all blocks are decoded.
    pub fn finish(&mut self, sink: &mut Sink<'_>) {
        self.close_until(usize::MAX, sink);
    }

    /// Stored (compressed) bytes read so far, for progress.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.taken_before + self.taken.load(Ordering::Relaxed)
    }

    /// What came of it.
    #[must_use]
    pub fn into_report(mut self) -> SourceReport {
        self.file_ended();
        for stats in &mut self.stats {
            stats.unread = self.unread.of_file(&stats.name);
        }
        let years = self.years.and_then(|years| years.report(&self.source.name)).into_iter().collect();
        SourceReport { files: self.stats, unread: self.unread, years }
    }
}

/// Hands an event on. A time in the future or before 1995 is none (DT-TIM-07), whichever decoder read it.
fn hand_over(event: &Event<'_>, clock: Timestamp, sink: &mut Sink<'_>) {
    if event.time.is_none_or(|time| within_reason(time, clock)) {
        return sink(event);
    }
    let mut kept = event.clone();
    kept.time = None;
    kept.flags.set(Flags::BAD_TIME);
    sink(&kept);
}

fn unread_record(
    unread: &mut Unread,
    file: &FilePlan,
    record: &BlockRecord<'_>,
    reason: UnreadReason,
    expected: &str,
) {
    unread.record(&file.name, record.offset, record.line, record.raw, reason, expected);
}

/// As much of a text as is parsed, cut between characters.
fn head_of(text: &str, max: usize) -> &str {
    if text.len() <= max { text } else { text.get(..text.floor_char_boundary(max)).unwrap_or(text) }
}
