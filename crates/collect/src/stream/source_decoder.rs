//! Decoding the blocks of one log source: records into events.

use super::block::{Block, BlockRecord, Opening, PARSED_BYTES_MAX};
use super::plan::{FilePlan, SourcePlan};
use super::recognise::with_sample;
use super::years::{ChainYears, YearReport};
use crate::record::{Cut, Decoded, Decoder, RawRecord, Settings, Sink, UnreadReason};
use crate::time::within_reason;
use crate::time::year::{YearWalk, latest_year, yearless};
use crate::unread::Unread;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use vocab::{Citation, Event, Flags, LedgerIndex, Origin, Timestamp};

/// How much of a JSON document is parsed (detection.md 6.5).
const JSON_BYTES_MAX: usize = 1 << 20;

/// What reading and decoding a source share. Cheap to hand to threads in an [`Arc`].
pub struct Source {
    pub(crate) plan: SourcePlan,
    pub(crate) settings: Settings,
    pub(crate) years: Option<ChainYears>,
    /// Its lines are read as they arrive: a stamp without year is of about now.
    pub(crate) arriving: bool,
}

impl Source {
    /// How the years of the source were resolved.
    #[must_use]
    pub fn years(&self) -> Option<YearReport> {
        self.years.as_ref().and_then(|years| years.report(&self.plan.name))
    }

    fn decoder(&self, file: &FilePlan, opening: &Opening) -> Box<dyn Decoder> {
        let recognised = file.recognised;
        with_sample(
            &opening.bytes,
            &file.name,
            opening.complete,
            file.stored_bytes.filter(|_| file.location.steps.is_empty()),
            recognised.charset,
            |sample| (recognised.format.decoder)(sample, &self.settings),
        )
    }

    /// Makes events of the records of a block; gives their number.
    fn decode(&self, work: Work<'_>, unread: &mut Unread, sink: &mut Sink<'_>) -> u64 {
        let Work { block, entry, file, decoder, walk } = work;
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
                year = years.of(walk.step(record.text.as_bytes()));
                if years.kind.assumed() && walk.is_yearless() {
                    flags.set(Flags::YEAR_ASSUMED);
                }
            } else if self.arriving
                && let Some(stamp) = yearless(record.text.as_bytes())
            {
                year = latest_year(stamp, clock);
                flags.set(Flags::YEAR_ASSUMED);
            }
            let text = head_of(record.text, text_max);
            let too_long = text.len() < record.text.len() || (record.cut && !record.is_broken_off());
            if record.cut || too_long {
                flags.set(Flags::TRUNCATED);
            }
            if too_long {
                unread_record(unread, file, &record, UnreadReason::RecordTooLong, expected);
            }
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            let origin = Origin {
                file: &file.name,
                source: self.plan.rank,
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
                unread_record(unread, file, &record, reason, expected);
            }
        }
        events
    }
}

/// A block on its way to its decoder.
struct Work<'w> {
    block: &'w Block,
    entry: Option<LedgerIndex>,
    file: &'w FilePlan,
    decoder: &'w mut dyn Decoder,
    walk: &'w mut YearWalk,
}

/// What decoding gave beside the events.
#[derive(Debug, Default)]
pub struct Gained {
    /// Events by file.
    pub events: Vec<(usize, u64)>,
    /// What could not be read.
    pub unread: Unread,
}

/// Makes events of the blocks of one source, in the order of its records.
pub struct SourceDecoder {
    source: Arc<Source>,
    walk: YearWalk,
    /// The file under way, and its decoder.
    open: Option<(usize, Box<dyn Decoder>)>,
    gained: Gained,
}

impl SourceDecoder {
    /// For a source.
    pub(crate) fn new(source: Arc<Source>) -> Self {
        Self { source, walk: YearWalk::default(), open: None, gained: Gained::default() }
    }

    /// Makes events of the records of a block. With `entry`, record n of the block is cited as (entry, n). Blocks come in
    /// the order in which they were cut.
    pub fn decode(&mut self, block: &Block, entry: Option<LedgerIndex>, sink: &mut Sink<'_>) {
        self.decode_opened(block, &block.opening, entry, sink);
    }

    /// As [`Self::decode`], for a block that does not say how its file begins.
    pub(crate) fn decode_opened(
        &mut self,
        block: &Block,
        opening: &Opening,
        entry: Option<LedgerIndex>,
        sink: &mut Sink<'_>,
    ) {
        let index = block.file();
        if self.open.as_ref().is_some_and(|(open, _)| *open != index) {
            self.finish(sink);
        }
        let source = Arc::clone(&self.source);
        let Some(file) = source.plan.files.get(index) else { return };
        let (_, decoder) = self.open.get_or_insert_with(|| (index, source.decoder(file, opening)));
        let work = Work { block, entry, file, decoder: decoder.as_mut(), walk: &mut self.walk };
        let events = source.decode(work, &mut self.gained.unread, sink);
        self.gained.events.push((index, events));
    }

    /// Goes on with the same source under another clock.
    pub(crate) fn follow(&mut self, source: Arc<Source>) {
        self.source = source;
    }

    /// Hands over what was still being joined; to be called when all blocks are decoded.
    pub fn finish(&mut self, sink: &mut Sink<'_>) {
        let Some((index, mut decoder)) = self.open.take() else { return };
        let (mut events, settings) = (0, &self.source.settings);
        decoder.finish(settings, &mut |event| {
            events += 1;
            hand_over(event, settings.clock, sink);
        });
        self.gained.unread.shapes.merge(decoder.take_misses());
        self.gained.events.push((index, events));
    }

    /// What decoding gave since this was asked for last.
    pub fn take_gained(&mut self) -> Gained {
        std::mem::take(&mut self.gained)
    }
}

/// Makes events of blocks of any source that [`SourcePlan::stands_alone`], in any order; each thread has one.
#[derive(Default)]
pub struct BlockDecoder {
    /// By name of the format: what a decoder has learned holds for all files.
    decoders: FxHashMap<&'static str, Box<dyn Decoder>>,
}

impl BlockDecoder {
    /// As [`SourceDecoder::decode`], for one block by itself.
    pub fn decode(
        &mut self,
        source: &Source,
        block: &Block,
        entry: Option<LedgerIndex>,
        sink: &mut Sink<'_>,
    ) -> Gained {
        let mut gained = Gained::default();
        let index = block.file();
        let Some(file) = source.plan.files.get(index) else { return gained };
        let decoder =
            self.decoders.entry(file.format).or_insert_with(|| source.decoder(file, &block.opening));
        let work = Work { block, entry, file, decoder: decoder.as_mut(), walk: &mut YearWalk::default() };
        let events = source.decode(work, &mut gained.unread, sink);
        gained.events.push((index, events));
        gained
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
