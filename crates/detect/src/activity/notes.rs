//! What [`super::Activity`] counts of events, put aside by threads that look at them out of order, until it can be told in
//! the order of reading.

use rustc_hash::FxHashMap;
use vocab::{Citation, Class, Event, Flags, Timestamp};

/// What is counted of one event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'s> {
    pub(super) time: Timestamp,
    pub(super) citation: Citation,
    pub(super) source: u32,
    pub(super) file_rank: u32,
    pub(super) file: &'s str,
    pub(super) host: &'s str,
    pub(super) parser: &'static str,
    /// Records of this class follow each other in time.
    pub(super) in_order: bool,
    /// Log and number of a Windows record.
    pub(super) numbered: Option<(&'s str, u64)>,
}

impl<'s> Seen<'s> {
    /// Of an event; `None` when there is nothing to count.
    pub(crate) fn of(event: &'s Event<'_>) -> Option<Self> {
        if event.flags.0 & (Flags::BAD_TIME.0 | Flags::TIME_ASSUMED.0) != 0 {
            return None;
        }
        // A table by user id: its records follow each other by account, not in time.
        if event.origin.parser == "lastlog" {
            return None;
        }
        let numbered = event.windows.map(|windows| {
            let log = if windows.channel.is_empty() { &windows.provider } else { &windows.channel };
            (&**log, windows.record_id)
        });
        Some(Self {
            time: event.time?,
            citation: event.origin.citation.unwrap_or_default(),
            source: event.origin.source,
            file_rank: event.origin.file_rank,
            file: event.origin.file,
            host: event.dst_host.as_deref().unwrap_or_default(),
            parser: event.origin.parser,
            in_order: event.class != Class::Http,
            numbered,
        })
    }
}

/// Place of a name among those of the notes.
type Name = u32;

#[derive(Clone, Copy, Debug)]
struct Note {
    time: Timestamp,
    citation: Citation,
    source: u32,
    file_rank: u32,
    file: Name,
    host: Name,
    parser: &'static str,
    in_order: bool,
    numbered: Option<(Name, u64)>,
}

/// Notes of the events of one block or more, in their order.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    list: Vec<Note>,
    names: Vec<Box<str>>,
    places: FxHashMap<Box<str>, Name>,
}

impl Notes {
    /// Puts an event aside.
    pub(crate) fn note(&mut self, event: &Event<'_>) {
        let Some(seen) = Seen::of(event) else { return };
        let last = self.list.last().copied();
        let file = self.name(seen.file, last.map(|note| note.file));
        let host = self.name(seen.host, last.map(|note| note.host));
        let numbered = seen.numbered.map(|(log, number)| {
            let before = last.and_then(|note| note.numbered).map(|(log, _)| log);
            (self.name(log, before), number)
        });
        let Seen { time, citation, source, file_rank, parser, in_order, .. } = seen;
        self.list.push(Note { time, citation, source, file_rank, file, host, parser, in_order, numbered });
    }

    /// Place of a name; most are the same as that of the event before.
    fn name(&mut self, name: &str, before: Option<Name>) -> Name {
        if let Some(before) = before
            && self.text(before) == name
        {
            return before;
        }
        if let Some(known) = self.places.get(name) {
            return *known;
        }
        let place = Name::try_from(self.names.len()).unwrap_or(Name::MAX);
        self.names.push(name.into());
        self.places.insert(name.into(), place);
        place
    }

    fn text(&self, name: Name) -> &str {
        self.names.get(name as usize).map_or("", |name| name)
    }

    /// Calls `each` with what was put aside, in its order.
    pub(super) fn each(&self, mut each: impl FnMut(&Seen<'_>)) {
        for note in &self.list {
            each(&Seen {
                time: note.time,
                citation: note.citation,
                source: note.source,
                file_rank: note.file_rank,
                file: self.text(note.file),
                host: self.text(note.host),
                parser: note.parser,
                in_order: note.in_order,
                numbered: note.numbered.map(|(log, number)| (self.text(log), number)),
            });
        }
    }
}
