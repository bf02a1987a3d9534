//! When each log source spoke (K-32, K-34). Silence and steps back in time show only in the whole stream, of which most
//! records become no signal; so the front counts every event here, in little memory.

use crate::prim::hours::Hours;
use crate::windows::numbers::Numbers;
use rustc_hash::FxHashMap;
use std::hash::BuildHasher;
use vocab::{Citation, Class, Event, Flags, Timestamp};

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
    /// Counts an event; to be called in the order of reading.
    pub fn note(&mut self, event: &Event<'_>) {
        let Some(time) = event.time else { return };
        if event.flags.0 & (Flags::BAD_TIME.0 | Flags::TIME_ASSUMED.0) != 0 {
            return;
        }
        // A table by user id: its records follow each other by account, not in time.
        if event.origin.parser == "lastlog" {
            return;
        }
        let host = event.dst_host.as_deref().unwrap_or_default();
        let source = event.origin.source;
        let current = self.streams.get(self.last).is_some_and(|now| now.source == source && now.host == host);
        if !current {
            match self.find(source, host, event.origin.parser) {
                Some(place) => self.last = place,
                None => return,
            }
        }
        if let Some(stream) = self.streams.get_mut(self.last) {
            let edge = Edge { time, citation: event.origin.citation.unwrap_or_default() };
            stream.file(event);
            stream.note(edge, event.class != Class::Http);
            if let Some(windows) = event.windows {
                let log = if windows.channel.is_empty() { &windows.provider } else { &windows.channel };
                stream.numbers.note(log, windows.record_id, edge);
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

impl Stream {
    fn file(&mut self, event: &Event<'_>) {
        if self.file_rank == Some(event.origin.file_rank) {
            return;
        }
        self.file_rank = Some(event.origin.file_rank);
        self.behind = None;
        if self.files.len() < FILES_MAX {
            self.files.push(event.origin.file.to_owned());
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

    fn event(seconds: i64) -> Event<'static> {
        Event { time: Some(Timestamp::from_seconds(seconds)), ..Event::default() }
    }

    #[test]
    fn pauses_and_steps_are_kept_with_their_edges() {
        let mut activity = Activity::default();
        for seconds in [0, 60, 4_000, 4_010, 3_000, 3_010, 3_020, 3_030] {
            activity.note(&event(seconds));
        }
        let streams = activity.into_streams();
        let [stream] = streams.as_slice() else { panic!("one stream") };
        assert_eq!(stream.events, 8);
        assert_eq!(stream.pauses.len(), 1);
        assert_eq!(stream.steps.len(), 1);
        assert_eq!(stream.steps[0].1.time, Timestamp::from_seconds(3_000));
    }

    #[test]
    fn a_stray_record_is_no_step() {
        let mut activity = Activity::default();
        for seconds in [0, 600, 100, 610, 120, 620, 630] {
            activity.note(&event(seconds));
        }
        assert!(activity.into_streams().iter().all(|stream| stream.steps.is_empty()));
    }

    #[test]
    fn a_table_by_user_id_is_no_stream() {
        let mut activity = Activity::default();
        for seconds in [9_000, 8_000, 1_000, 900] {
            let mut event = event(seconds);
            event.origin.parser = "lastlog";
            activity.note(&event);
        }
        assert!(activity.into_streams().is_empty());
    }

    proptest! {
        #[test]
        fn any_times_are_taken(times in prop::collection::vec(any::<i64>(), 0..200)) {
            let mut activity = Activity::default();
            for time in &times {
                activity.note(&Event { time: Some(Timestamp(*time)), ..Event::default() });
            }
            let events: u64 = activity.into_streams().iter().map(|stream| stream.events).sum();
            prop_assert_eq!(events, times.len() as u64);
        }
    }
}
