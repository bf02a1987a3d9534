//! Summaries that analysts ask for: logons by account, source and type, records by computer, log and event id, and who went
//! from where to where.

mod counted;
mod files;
mod graph;
mod logons;

pub(crate) use counted::{Count, Counted};
pub(crate) use files::{events_table, logons_table};
pub(crate) use graph::graph;
pub(crate) use logons::Logon;

use compact_str::CompactString;
use hashbrown::Equivalent;
use std::hash::{Hash, Hasher};
use vocab::Event;

/// Kinds of records, and of logons, kept apart.
const KEYS_MAX: usize = 50_000;

/// A kind of record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Kind {
    /// Computer that wrote it or was accessed.
    pub(crate) host: CompactString,
    /// Windows channel, else parser.
    pub(crate) log: CompactString,
    /// Windows event id, else signature or row of the grammar.
    pub(crate) id: CompactString,
}

/// The same, borrowed.
struct KindRef<'a>(&'a str, &'a str, &'a str);

impl Hash for KindRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // As `Kind` derives it: text by text.
        self.0.hash(state);
        self.1.hash(state);
        self.2.hash(state);
    }
}

impl Equivalent<Kind> for KindRef<'_> {
    fn equivalent(&self, key: &Kind) -> bool {
        key.host == self.0 && key.log == self.1 && key.id == self.2
    }
}

/// Counters over all events of a run.
#[derive(Debug)]
pub(crate) struct Tally {
    /// Records by computer, log and event id.
    pub(crate) events: Counted<Kind>,
    /// Logons by account, source, computer and type.
    pub(crate) logons: Counted<Logon>,
}

impl Default for Tally {
    fn default() -> Self {
        Self { events: Counted::new(KEYS_MAX), logons: Counted::new(KEYS_MAX) }
    }
}

impl Tally {
    /// Counts what another counted after this.
    pub(crate) fn append(&mut self, other: Self) {
        self.events.append(other.events);
        self.logons.append(other.logons);
    }

    /// Counts an event; to be called in the order of reading.
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        let host = event.dst_host.as_deref().unwrap_or_default();
        let (log, id) = names(event);
        let key = KindRef(host, log, id);
        let own = || Kind { host: host.into(), log: log.into(), id: id.into() };
        self.events.add(&key, own, [1, 0], event.time);
        if let Some(key) = logons::of(event) {
            let tries = u64::from(event.count.max(1));
            let counts = if key.good { [tries, 0] } else { [0, tries] };
            self.logons.add(&key, || key.own(), counts, event.time);
        }
    }
}

/// Counters in order of their keys, for everything that is written.
#[derive(Debug)]
pub(crate) struct Sorted<'t> {
    /// Logons.
    pub(crate) logons: Vec<(&'t Logon, &'t Count)>,
    /// Logons that found no room.
    pub(crate) other_logons: &'t Count,
    /// Records.
    pub(crate) events: Vec<(&'t Kind, &'t Count)>,
    /// Records that found no room.
    pub(crate) other_events: &'t Count,
}

impl<'t> Sorted<'t> {
    /// Sorts the counters.
    pub(crate) fn of(tally: &'t Tally) -> Self {
        Self {
            logons: tally.logons.sorted(),
            other_logons: &tally.logons.others,
            events: tally.events.sorted(),
            other_events: &tally.events.others,
        }
    }
}

/// Log and id of a record, as far as it says.
fn names<'e>(event: &'e Event<'_>) -> (&'e str, &'e str) {
    match event.windows {
        Some(windows) => {
            let log = if windows.channel.is_empty() { &windows.provider } else { &windows.channel };
            (log, event.extra("EventID").unwrap_or_default())
        }
        None => (event.origin.parser, event.signature.as_deref().unwrap_or(event.origin.grammar)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vocab::{Class, Outcome, Timestamp, WindowsRecord, activity};

    fn logon<'a>(head: &'a WindowsRecord<'a>, from: &str, outcome: Outcome) -> Event<'a> {
        let mut event = Event {
            class: Class::Authentication,
            activity: activity::AUTH_LOGON,
            outcome,
            user: Some("bob".into()),
            src_ip: from.parse().ok(),
            dst_host: Some("FS1".into()),
            logon_type: Some(3),
            count: 1,
            time: Some(Timestamp::from_seconds(10)),
            ..Event::default()
        };
        event.windows = Some(head);
        event.push_extra("EventID", if outcome == Outcome::Success { "4624" } else { "4625" });
        event
    }

    #[test]
    fn logons_and_records_are_counted_by_their_keys() {
        let mut tally = Tally::default();
        let mut head = WindowsRecord { channel: "Security".into(), ..WindowsRecord::default() };
        for (from, outcome) in [
            ("10.0.0.5", Outcome::Success),
            ("10.0.0.5", Outcome::Failure),
            ("10.0.0.5", Outcome::Success),
            ("10.0.0.6", Outcome::Failure),
        ] {
            head.record_id += 2;
            tally.event(&logon(&head, from, outcome));
        }
        let logons = tally.logons.sorted();
        assert_eq!(logons.len(), 2);
        assert_eq!((logons[0].1.good, logons[0].1.bad, logons[1].1.bad), (2, 1, 1));
        let events: Vec<(&str, u64)> =
            tally.events.sorted().iter().map(|(kind, count)| (kind.id.as_str(), count.good)).collect();
        assert_eq!(events, [("4624", 2), ("4625", 2)]);
        let drawn = graph(&Sorted::of(&tally), &[]);
        assert_eq!(drawn.edges.len(), 1);
        assert_eq!((drawn.edges[0].source.as_str(), drawn.edges[0].host.as_str()), ("10.0.0.5", "FS1"));
    }
}
