//! When each log source spoke (K-32, K-34). Silence and steps back in time show only in the whole stream, of which most
//! records become no signal; so the front takes notes of every event, which are counted here, in little memory.

mod notes;

pub use notes::Notes;

use crate::prim::hours::Hours;
use crate::windows::numbers::Numbers;
use notes::Seen;
use rustc_hash::FxHashMap;
use std::hash::BuildHasher;
use vocab::{Citation, Timestamp};

/// Pauses of at least this length are kept with the records at both ends, microseconds.
pub const PAUSE_MIN: i64 = 30 * Timestamp::MINUTE;
/// Pauses kept per stream; the shortest are given up first.
const PAUSES_MAX: usize = 2_048;
/// Steps back kept per stream.
const STEPS_MAX: usize = 64;
/// A step back is at least this long (DT-TIM-08), microseconds.
const STEP_MIN: i64 = 60 * Timestamp::SECOND;
/// Records in a row that must stand behind before it is a step and not disorder.
const STEP_RECORDS: u32 = 3;
/// Streams kept.
const STREAMS_MAX: usize = 8_192;
/// File names kept per stream.
const FILES_MAX: usize = 512;

/// A record at one end of a pause or step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    /// Its time.
    pub time: Timestamp,
    /// Where it is kept.
    pub citation: Citation,
}

/// What one log source says of one computer.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    /// Rank of the log source.
    pub source: u32,
    /// Computer, as the records name it; may be empty.
    pub host: String,
    /// Parser of the first event.
    pub parser: &'static str,
    /// Files, in the order of reading.
    pub files: Vec<String>,
    /// Events with a time.
    pub events: u64,
    /// Earliest record.
    pub first: Edge,
    /// Latest record.
    pub last: Edge,
    /// Hours in which there was an event.
    pub hours: Hours,
    /// Silences between neighbouring records.
    pub pauses: Vec<(Edge, Edge)>,
    /// Places where the stamps go back and stay back: the latest record before, the first after.
    pub steps: Vec<(Edge, Edge)>,
    /// Numbers of Windows records.
    pub numbers: Numbers,
    latest: Edge,
    hour: Option<i64>,
    file_rank: Option<u32>,
    behind: Option<(Edge, u32)>,
}

/// All streams.
#[derive(Clone, Debug, Default)]
pub struct Activity {
    streams: Vec<Stream>,
    by_key: FxHashMap<u64, usize>,
    last: usize,
}

impl Activity {
    /// Counts what was put aside of events; to be called in the order of reading.
    pub fn add(&mut self, notes: &Notes) {
        notes.each(|seen| self.count(seen));
    }

    fn count(&mut self, seen: &Seen<'_>) {
        let Seen { source, host, .. } = *seen;
        let current = self.streams.get(self.last).is_some_and(|now| now.source == source && now.host == host);
        if !current {
            match self.find(source, host, seen.parser) {
                Some(place) => self.last = place,
                None => return,
            }
        }
        if let Some(stream) = self.streams.get_mut(self.last) {
            let edge = Edge { time: seen.time, citation: seen.citation };
            stream.file(seen);
            stream.note(edge, seen.in_order);
            if let Some((log, number)) = seen.numbered {
                stream.numbers.note(log, number, edge);
            }
        }
    }

    fn find(&mut self, source: u32, host: &str, parser: &'static str) -> Option<usize> {
        let key = rustc_hash::FxBuildHasher.hash_one((source, host));
        if let Some(place) = self.by_key.get(&key) {
            return Some(*place);
        }
        if self.streams.len() >= STREAMS_MAX {
            return None;
        }
        let stream = Stream { source, host: host.to_owned(), parser, ..Stream::default() };
        self.streams.push(stream);
        self.by_key.insert(key, self.streams.len() - 1);
        Some(self.streams.len() - 1)
    }

    /// The streams in order of source and computer.
    #[must_use]
    pub fn into_streams(self) -> Vec<Stream> {
        let mut streams = self.streams;
        streams.sort_by(|a, b| (a.source, &a.host).cmp(&(b.source, &b.host)));
        streams
    }
}

impl From<Notes> for Activity {
    fn from(notes: Notes) -> Self {
        let mut activity = Self::default();
        activity.add(&notes);
        activity
    }
}

impl Stream {
    fn file(&mut self, seen: &Seen<'_>) {
        if self.file_rank == Some(seen.file_rank) {
            return;
        }
        self.file_rank = Some(seen.file_rank);
        self.behind = None;
        if self.files.len() < FILES_MAX {
            self.files.push(seen.file.to_owned());
        }
    }

    fn note(&mut self, edge: Edge, in_order: bool) {
        if self.events == 0 {
            (self.first, self.last, self.latest) = (edge, edge, edge);
        }
        self.events += 1;
        let hour = edge.time.0.div_euclid(Timestamp::HOUR);
        if self.hour != Some(hour) {
            self.hours.insert(hour);
            self.hour = Some(hour);
        }
        if edge.time < self.first.time {
            self.first = edge;
        }
        if edge.time >= self.last.time {
            self.last = edge;
        }
        let ahead = edge.time.since(self.latest.time);
        if ahead >= PAUSE_MIN {
            self.pause(self.latest, edge);
        }
        if ahead >= 0 {
            self.latest = edge;
            self.behind = None;
        } else if in_order && ahead <= -STEP_MIN {
            self.behind(edge);
        }
    }

    fn behind(&mut self, edge: Edge) {
        let (start, count) = self.behind.unwrap_or((edge, 0));
        if count + 1 < STEP_RECORDS {
            self.behind = Some((start, count + 1));
            return;
        }
        if self.steps.len() < STEPS_MAX {
            self.steps.push((self.latest, start));
        }
        self.latest = edge;
        self.behind = None;
    }

    fn pause(&mut self, before: Edge, after: Edge) {
        if self.pauses.len() >= PAUSES_MAX {
            self.pauses.sort_by_key(|(from, to)| (std::cmp::Reverse(to.time.since(from.time)), from.time));
            self.pauses.truncate(PAUSES_MAX / 2);
        }
        self.pauses.push((before, after));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use vocab::Event;

    /// The streams of events, put aside in blocks of `block` events.
    fn streams<'e>(events: impl IntoIterator<Item = Event<'e>>, block: usize) -> Vec<Stream> {
        let events: Vec<Event<'e>> = events.into_iter().collect();
        let mut activity = Activity::default();
        for block in events.chunks(block) {
            let mut notes = Notes::default();
            block.iter().for_each(|event| notes.note(event));
            activity.add(&notes);
        }
        activity.into_streams()
    }

    fn event(seconds: i64) -> Event<'static> {
        Event { time: Some(Timestamp::from_seconds(seconds)), ..Event::default() }
    }

    #[test]
    fn pauses_and_steps_are_kept_with_their_edges() {
        let streams = streams([0, 60, 4_000, 4_010, 3_000, 3_010, 3_020, 3_030].map(event), 3);
        let [stream] = streams.as_slice() else { panic!("one stream") };
        assert_eq!(stream.events, 8);
        assert_eq!(stream.pauses.len(), 1);
        assert_eq!(stream.steps.len(), 1);
        assert_eq!(stream.steps[0].1.time, Timestamp::from_seconds(3_000));
    }

    #[test]
    fn a_stray_record_is_no_step() {
        let streams = streams([0, 600, 100, 610, 120, 620, 630].map(event), 2);
        assert!(streams.iter().all(|stream| stream.steps.is_empty()));
    }

    #[test]
    fn a_table_by_user_id_is_no_stream() {
        let table = [9_000, 8_000, 1_000, 900].map(|seconds| {
            let mut event = event(seconds);
            event.origin.parser = "lastlog";
            event
        });
        assert!(streams(table, 4).is_empty());
    }

    proptest! {
        #[test]
        fn any_times_are_taken(times in prop::collection::vec(any::<i64>(), 0..200)) {
            let events = times.iter().map(|time| Event { time: Some(Timestamp(*time)), ..Event::default() });
            let counted: u64 = streams(events, 7).iter().map(|stream| stream.events).sum();
            prop_assert_eq!(counted, times.len() as u64);
        }
    }
}
