//! Lines of logs that grow, into a ledger: each run of lines with the place up to which the log was read.
//!
//! A log is a stream of the kind `follow`. Before a run of another file than the last one, at the turn of a day and when
//! following ends, a `record` entry says how far each file of the log was read; the runs themselves say the rest. The newest
//! entries of the stream thus tell where to go on, and they became durable in the same write as the lines.

use super::generation::Piece;
use super::state::State;
use super::{Begin, Follower, Notice, Step};
use ledger::{
    DataClass, EntryKind, GapCause, Ledger, Reader, Run, RunRecord, StreamId, parse_canonical_json,
};
use std::collections::BTreeMap;
use std::path::PathBuf;
use vocab::{Citation, LedgerIndex, Timestamp};

/// Public word for the streams.
pub(crate) const STREAM_KIND: &str = "follow";

/// Where an earlier session ended with a log.
#[derive(Debug)]
pub(crate) struct Position {
    /// Its stream.
    stream: u32,
    /// Whether the stream is still open.
    open: bool,
    /// How far it was read.
    state: State,
}

impl Position {
    /// The same place, for a ledger that goes on where another one ends.
    pub(crate) fn elsewhere(self) -> Self {
        Self { open: false, ..self }
    }

    /// Whether a session may still go on with the stream.
    pub(crate) const fn is_open(&self) -> bool {
        self.open
    }
}

/// What is known of a stream while the entries are gone through.
#[derive(Default)]
struct Newest {
    stream: u32,
    open: bool,
    place: Option<u64>,
    run: Option<(u64, u32)>,
    time: Timestamp,
}

/// Finds, for each log, where an earlier session ended with it. To be asked before the ledger is opened for writing, since
/// that may take away the keys of days past.
///
/// # Errors
/// `LE-KEY` when the place is sealed and no key is at hand, `LV-DAMAGE`, `LE-IO`.
pub(crate) fn positions(reader: &mut Reader) -> ledger::Result<BTreeMap<String, Position>> {
    let mut streams: BTreeMap<u32, Newest> = BTreeMap::new();
    let mut opened = Vec::new();
    for item in reader.entries() {
        let (index, entry) = item?;
        if entry.kind == EntryKind::StreamOpen {
            let body = parse_canonical_json(&entry.body).unwrap_or_default();
            if body.get("type").and_then(serde_json::Value::as_str) == Some(STREAM_KIND) {
                let newest = Newest { stream: entry.stream, open: true, ..Newest::default() };
                streams.insert(entry.stream, newest);
                opened.push((index, entry.stream));
            }
        }
        let Some(newest) = streams.get_mut(&entry.stream) else { continue };
        newest.time = entry.received_at;
        match entry.kind {
            EntryKind::Record => (newest.place, newest.run) = (Some(index.0), None),
            EntryKind::Event => newest.run = Some((index.0, u32::from(entry.part_count).saturating_sub(1))),
            EntryKind::StreamClose => newest.open = false,
            _ => {}
        }
    }
    let mut found = BTreeMap::new();
    for (index, stream) in opened {
        let name = json(reader, index.0)?;
        let name = name.get("name").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        let Some(newest) = streams.remove(&stream) else { continue };
        if let Some(position) = position(reader, &newest)? {
            // A later stream of the same log goes on where an earlier one ended.
            found.insert(name, position);
        }
    }
    Ok(found)
}

fn json(reader: &mut Reader, index: u64) -> ledger::Result<serde_json::Value> {
    let view = reader.record(Citation { index: LedgerIndex(index), record: 0 })?;
    Ok(parse_canonical_json(&view.bytes).unwrap_or_default())
}

fn position(reader: &mut Reader, newest: &Newest) -> ledger::Result<Option<Position>> {
    let Some(place) = newest.place else { return Ok(None) };
    let Some(mut state) = State::from_json(&json(reader, place)?) else { return Ok(None) };
    if let Some((index, records)) = newest.run.filter(|(_, records)| *records > 0) {
        let mut view = |record| reader.record(Citation { index: LedgerIndex(index), record });
        let last = view(records - 1)?;
        let place = (last.offset, last.bytes.len() as u64, last.line);
        let mut with_bytes = last;
        for record in (0..records - 1).rev() {
            if !with_bytes.bytes.is_empty() {
                break;
            }
            with_bytes = view(record)?;
        }
        state.advance(place, (with_bytes.offset, &with_bytes.bytes), newest.time);
    }
    Ok(Some(Position { stream: newest.stream, open: newest.open, state }))
}

/// How logs are followed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// A log that was not followed yet begins behind what it holds.
    pub(crate) from_end: bool,
    /// Data class of the lines.
    pub(crate) class: DataClass,
}

/// What was done, for people and for those who wait.
#[derive(Debug)]
pub(crate) enum Told {
    /// Records of a log are in the ledger, durable with the next sync.
    Records {
        /// Their entry.
        index: LedgerIndex,
        /// Stream of the log.
        stream: StreamId,
        /// Name of the log.
        file: String,
        /// What was read.
        piece: Piece,
    },
    /// Something happened to a log.
    Notice(String, Notice),
}

struct Source {
    name: String,
    stream: StreamId,
    follower: Follower,
    /// Day of the newest note of places, UTC; so that a key that is at hand opens one.
    day: i64,
}

/// Several logs that are followed into one ledger.
pub(crate) struct Following {
    sources: Vec<Source>,
}

impl Following {
    /// Begins with the logs, or goes on with them.
    ///
    /// # Errors
    /// When a log is there and cannot be read, or the ledger cannot be written.
    pub(crate) fn begin(
        ledger: &mut Ledger,
        logs: &[(String, PathBuf)],
        mut positions: BTreeMap<String, Position>,
        settings: Settings,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let mut sources = Vec::with_capacity(logs.len());
        for (name, path) in logs {
            let position = positions.remove(name);
            let known = position.as_ref().filter(|position| position.open).map(|position| position.stream);
            let begin = match position {
                Some(position) => Begin::At(position.state),
                None if settings.from_end => Begin::End,
                None => Begin::Start,
            };
            let follower = Follower::begin(path, begin, now)
                .map_err(|error| anyhow::Error::new(error).context(format!("cannot follow {name}")))?;
            let stream = match known.and_then(|number| ledger.open_stream_numbered(number)) {
                Some(stream) => stream,
                None => ledger.open_stream_of(name, STREAM_KIND, settings.class, now)?,
            };
            let mut source = Source { name: name.clone(), stream, follower, day: 0 };
            source.note(ledger, now)?;
            sources.push(source);
        }
        Ok(Self { sources })
    }

    /// Looks at every log once; what it finds is in the ledger, durable with the next sync. Whether there is more at once.
    ///
    /// # Errors
    /// When the ledger cannot be written. Nothing is lost: the places are those of what became durable.
    pub(crate) fn step(
        &mut self,
        ledger: &mut Ledger,
        now: Timestamp,
        told: &mut Vec<Told>,
    ) -> anyhow::Result<bool> {
        let mut more = false;
        for source in &mut self.sources {
            if source.day != now.0.div_euclid(Timestamp::DAY) {
                source.note(ledger, now)?;
            }
            let (steps, again) = source.follower.poll(now);
            more |= again;
            for step in steps {
                source.take(ledger, step, now, told)?;
            }
        }
        Ok(more)
    }

    /// Goes on in another ledger; the places of all logs are noted there.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub(crate) fn move_to(&mut self, ledger: &mut Ledger, now: Timestamp) -> anyhow::Result<()> {
        for source in &mut self.sources {
            source.stream = ledger.open_stream_of(&source.name, STREAM_KIND, DataClass::Event, now)?;
            source.note(ledger, now)?;
        }
        Ok(())
    }

    /// Notes the places of all logs, for the session that goes on.
    ///
    /// # Errors
    /// When the ledger cannot be written or a log cannot be read.
    pub(crate) fn end(&mut self, ledger: &mut Ledger, now: Timestamp) -> anyhow::Result<()> {
        self.sources.iter_mut().try_for_each(|source| source.note(ledger, now))
    }
}

impl Source {
    fn note(&mut self, ledger: &mut Ledger, now: Timestamp) -> anyhow::Result<()> {
        let state = self.follower.state();
        self.put(ledger, &state, now)
    }

    fn put(&mut self, ledger: &mut Ledger, state: &State, now: Timestamp) -> anyhow::Result<()> {
        ledger.append(self.stream, EntryKind::Record, now, &state.to_json(&self.name))?;
        self.day = now.0.div_euclid(Timestamp::DAY);
        Ok(())
    }

    fn take(
        &mut self,
        ledger: &mut Ledger,
        step: Step,
        now: Timestamp,
        told: &mut Vec<Told>,
    ) -> anyhow::Result<()> {
        match step {
            Step::Gap(from, to) => {
                ledger.append_gap(self.stream, GapCause::SourceHole, (from.min(to), to), now)?;
            }
            Step::Notice(notice) => told.push(Told::Notice(self.name.clone(), notice)),
            Step::Records(piece, state) => {
                if let Some(state) = state {
                    self.put(ledger, &state, now)?;
                }
                told.push(self.records(ledger, piece, now)?);
            }
        }
        Ok(())
    }

    fn records(&self, ledger: &mut Ledger, piece: Piece, now: Timestamp) -> anyhow::Result<Told> {
        let records: Vec<RunRecord<'_>> =
            piece.records().map(|(offset, line, bytes)| RunRecord { offset, line, bytes }).collect();
        let index = ledger.append_live(self.stream, now, &Run { file: &self.name, records: &records })?;
        Ok(Told::Records { index, stream: self.stream, file: self.name.clone(), piece })
    }
}
