//! A log source that grows while it is read: lines come in as they are written (DT-FMT-05), and their stamps are read by
//! the clock of their arrival.

use super::block::{BLOCK_BYTES_MAX, Block, Opening, PARSED_BYTES_MAX, RECORDS_MAX, Span};
use super::chain::Age;
use super::plan::{FilePlan, SourcePlan};
use super::recognise::{Recognised, recognise};
use super::source_decoder::{Gained, Source, SourceDecoder};
use crate::input::text::Charset;
use crate::input::{Base, Location};
use crate::record::{Cut, Settings, Sink};
use std::sync::Arc;
use vocab::{LedgerIndex, Timestamp};

/// What is known of a source before its first line.
#[derive(Clone, Debug)]
pub struct LiveSettings {
    /// Rank of the source among all (DT-COR-06); it never changes.
    pub rank: u32,
    /// Name: a path, or what it is received from.
    pub name: String,
    /// Zone of stamps without offset.
    pub zone: jiff::tz::TimeZone,
    /// The zone was assumed, not given.
    pub zone_assumed: bool,
    /// Computer that the lines tell of, where they do not say; may be empty.
    pub host: String,
}

/// One line as it came in, without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveLine<'l> {
    /// Its place in the source, in bytes.
    pub offset: u64,
    /// Its number, from 1.
    pub line: u64,
    /// Its bytes.
    pub bytes: &'l [u8],
}

/// Puts lines into one block, as far as it takes them; gives it with how many lines it holds. Lines follow one another.
#[must_use]
pub fn block_of(lines: &[LiveLine<'_>]) -> (Block, usize) {
    let mut raw = Vec::new();
    let mut spans = Vec::new();
    // Without line ends, as a run of the ledger is measured: what is one run there is one block here.
    let mut bytes_taken = 0;
    let (first, first_line) = lines.first().map_or((0, 0), |line| (line.offset, line.line));
    for line in lines.iter().take(RECORDS_MAX) {
        // A line longer than a block is kept as far as a block goes.
        let bytes = line.bytes.get(..BLOCK_BYTES_MAX).unwrap_or(line.bytes);
        if !spans.is_empty() && bytes_taken + bytes.len() > BLOCK_BYTES_MAX {
            break;
        }
        bytes_taken += bytes.len();
        let place = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        spans.push(Span {
            start: place(raw.len()),
            length: place(bytes.len()),
            line: u32::try_from(line.line.saturating_sub(first_line)).unwrap_or(u32::MAX),
            cut: bytes.len() < line.bytes.len(),
            ..Span::default()
        });
        raw.extend_from_slice(bytes);
        raw.push(b'\n');
    }
    let taken = spans.len();
    (Block::new(0, first, first_line, raw, spans, Some(Charset::Utf8)), taken)
}

/// Makes events of the lines of one source as they come.
pub struct LiveSource {
    source: Arc<Source>,
    decoder: SourceDecoder,
    opening: Arc<Opening>,
}

impl LiveSource {
    /// A source whose first lines are `sample`; `None` when no format is recognised in them.
    #[must_use]
    pub fn begin(settings: LiveSettings, sample: &[u8], now: Timestamp) -> Option<Self> {
        let (recognised, _) = recognise(sample, &settings.name, true, None)?;
        if !matches!(recognised.cut, Cut::Lines | Cut::Json) {
            return None;
        }
        let source = Arc::new(source(settings, recognised, now));
        let opening = Arc::new(Opening { bytes: sample.to_vec(), complete: true });
        Some(Self { decoder: SourceDecoder::new(Arc::clone(&source)), source, opening })
    }

    /// Name of the format.
    #[must_use]
    pub fn format(&self) -> &'static str {
        self.source.plan.files.first().map_or("", |file| file.format)
    }

    /// Makes events of a block that arrived at `now`. With `entry`, record n of it is cited as (entry, n).
    pub fn decode(
        &mut self,
        block: &Block,
        entry: LedgerIndex,
        now: Timestamp,
        sink: &mut Sink<'_>,
    ) -> Gained {
        self.turn(now);
        self.decoder.decode_opened(block, &self.opening, Some(entry), sink);
        self.decoder.take_gained()
    }

    /// Hands over what was still being joined, when the source has ended or has been silent for a while.
    pub fn finish(&mut self, now: Timestamp, sink: &mut Sink<'_>) -> Gained {
        self.turn(now);
        self.decoder.finish(sink);
        self.decoder.take_gained()
    }

    /// Sets the clock by which stamps are judged.
    fn turn(&mut self, now: Timestamp) {
        if self.source.settings.clock == now {
            return;
        }
        let Source { plan, settings, .. } = self.source.as_ref();
        let settings = Settings { clock: now, ..settings.clone() };
        self.source = Arc::new(Source { plan: plan.clone(), settings, years: None, arriving: true });
        self.decoder.follow(Arc::clone(&self.source));
    }
}

fn source(settings: LiveSettings, recognised: Recognised, now: Timestamp) -> Source {
    let LiveSettings { rank, name, zone, zone_assumed, host } = settings;
    let location =
        Location { name: name.clone(), base: Base::File(std::path::PathBuf::new()), steps: Vec::new() };
    let file = FilePlan {
        name: name.clone(),
        format: recognised.format.name,
        stored_bytes: None,
        modified: None,
        age: Age::Current,
        location,
        recognised,
        host: None,
        order: 0,
    };
    let own = Settings { zone: zone.clone(), zone_assumed, clock: now, host: host.clone() };
    let plan = SourcePlan { rank, name, files: vec![file], zone, zone_assumed, host, order: 0 };
    Source { plan, settings: own, years: None, arriving: true }
}

/// How much of the first lines is looked at to recognise a format.
pub const SAMPLE_BYTES_MAX: usize = PARSED_BYTES_MAX;

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(name: &str) -> LiveSettings {
        LiveSettings {
            rank: 3,
            name: name.to_owned(),
            zone: jiff::tz::TimeZone::UTC,
            zone_assumed: false,
            host: String::new(),
        }
    }

    fn lines<'l>(texts: &[&'l str]) -> Vec<LiveLine<'l>> {
        let mut offset = 0;
        (1..)
            .zip(texts)
            .map(|(line, text)| {
                let line = LiveLine { offset, line, bytes: text.as_bytes() };
                offset += text.len() as u64 + 1;
                line
            })
            .collect()
    }

    fn events(source: &mut LiveSource, texts: &[&str], now: &str) -> Vec<String> {
        let now: jiff::Timestamp = now.parse().expect("time");
        let lines = lines(texts);
        let (block, taken) = block_of(&lines);
        assert_eq!(taken, lines.len());
        let mut seen = Vec::new();
        source.decode(&block, LedgerIndex(7), Timestamp(now.as_microsecond()), &mut |event| {
            let time = event.time.map(|time| time.0).and_then(|t| jiff::Timestamp::from_microsecond(t).ok());
            let citation = event.origin.citation.expect("cited");
            seen.push(format!(
                "{} {} {:?} {}#{}",
                time.map_or_else(String::new, |time| time.to_string()),
                event.user.as_deref().unwrap_or("-"),
                event.src_ip,
                citation.index.0,
                citation.record
            ));
        });
        seen
    }

    /// DT-TIM-01: a stamp without year belongs to the year of its arrival, also over the turn of the year.
    #[test]
    fn lines_become_events_as_they_come() {
        let line = "Dec 31 23:59:58 web01 sshd[7]: Failed password for root from 192.0.2.1 port 22 ssh2";
        let mut source =
            LiveSource::begin(settings("/var/log/auth.log"), line.as_bytes(), Timestamp(0)).expect("syslog");
        assert_eq!(source.format(), "syslog");
        let first = events(&mut source, &[line], "2026-12-31T23:59:59Z");
        assert_eq!(first, ["2026-12-31T23:59:58Z root Some(192.0.2.1) 7#0"]);
        let late = events(&mut source, &["x", line], "2027-01-01T00:00:09Z");
        assert!(late.contains(&"2026-12-31T23:59:58Z root Some(192.0.2.1) 7#1".to_owned()), "{late:?}");
        let new = line.replace("Dec 31 23:59:58", "Jan  1 00:00:10");
        let new = events(&mut source, &[&new], "2027-01-01T00:00:11Z");
        assert_eq!(new, ["2027-01-01T00:00:10Z root Some(192.0.2.1) 7#0"]);
    }

    /// RFC 3164 and RFC 5424 as they come over the network, with their priority.
    #[test]
    fn messages_of_the_network_are_read() {
        for line in [
            "<38>Nov 28 02:00:01 web01 sshd[7]: Failed password for root from 192.0.2.1 port 22 ssh2",
            "<38>1 2026-11-28T02:00:01Z web01 sshd 7 - - Failed password for root from 192.0.2.1 port 22 ssh2",
        ] {
            let mut source = LiveSource::begin(settings("syslog/192.0.2.9"), line.as_bytes(), Timestamp(0))
                .expect("syslog");
            let seen = events(&mut source, &[line], "2026-11-28T02:00:02Z");
            assert_eq!(seen, ["2026-11-28T02:00:01Z root Some(192.0.2.1) 7#0"], "{line}");
        }
        assert!(LiveSource::begin(settings("x"), b"nothing known", Timestamp(0)).is_none());
    }

    #[test]
    fn long_input_is_cut_into_blocks() {
        let texts = vec!["x"; RECORDS_MAX + 1];
        assert_eq!(block_of(&lines(&texts)).1, RECORDS_MAX);
        let long = "x".repeat(BLOCK_BYTES_MAX + 1);
        let (block, taken) = block_of(&lines(&[&long, "y"]));
        assert_eq!((taken, block.len()), (1, 1));
        assert_eq!(block.records().next().map(|record| record.raw.len()), Some(BLOCK_BYTES_MAX));
        assert_eq!(block_of(&[]).1, 0);
        let quarter = "x".repeat(BLOCK_BYTES_MAX / 4);
        assert_eq!(
            block_of(&lines(&[&quarter, &quarter, &quarter, &quarter])).1,
            4,
            "a full run is one block"
        );
    }
}
