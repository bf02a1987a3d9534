//! What was going on beside the incidents: logons, records by kind, numbers that are missing, ways between computers.

use super::escape::visible;
use super::graph::{self, Picture};
use crate::Catalog;
use vocab::Timestamp;

/// A way that an account took from one computer to another.
#[derive(Clone, Debug, Default)]
pub struct Edge {
    /// Address or name of the computer that it came from.
    pub source: String,
    /// Account.
    pub account: String,
    /// Computer that was reached.
    pub host: String,
    /// Types of logon.
    pub kinds: Vec<String>,
    /// Logons that succeeded.
    pub successes: u64,
    /// Logons that were refused.
    pub failures: u64,
    /// First and last time, where known.
    pub first: Option<Timestamp>,
    /// Last time, where known.
    pub last: Option<Timestamp>,
    /// A finding of level medium or higher speaks of it.
    pub suspected: bool,
}

/// Accounts and computers (K-46).
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The ways, most telling first.
    pub edges: Vec<Edge>,
    /// How many were left out.
    pub more: usize,
}

/// Counters of one kind of logon.
#[derive(Clone, Debug, Default)]
pub struct LogonRow {
    /// Account, source, computer and type.
    pub names: [String; 4],
    /// Successes.
    pub successes: u64,
    /// Failures.
    pub failures: u64,
}

/// Counter of one kind of record.
#[derive(Clone, Debug, Default)]
pub struct EventRow {
    /// Computer, log and event id.
    pub names: [String; 3],
    /// Records.
    pub records: u64,
}

/// Numbers of records of one log.
#[derive(Clone, Debug, Default)]
pub struct NumberRow {
    /// Computer and log.
    pub names: [String; 2],
    /// Lowest and highest number.
    pub numbers: (u64, u64),
    /// Records, numbers missing, new beginnings.
    pub counts: [u64; 3],
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Activity {
    /// Ways between computers.
    pub graph: Graph,
    /// Logons, most first, and how many rows were left out.
    pub logons: (Vec<LogonRow>, usize),
    /// Records, most first, and how many rows were left out.
    pub events: (Vec<EventRow>, usize),
    /// Numbers, most missing first, and how many rows were left out.
    pub numbers: (Vec<NumberRow>, usize),
}

pub(crate) struct Way {
    pub(crate) source: String,
    pub(crate) account: String,
    pub(crate) host: String,
    pub(crate) kinds: String,
    pub(crate) successes: u64,
    pub(crate) failures: u64,
    pub(crate) span: String,
    pub(crate) suspected: bool,
}

/// The same in words.
pub(crate) struct ActivityView {
    pub(crate) picture: Option<Picture>,
    pub(crate) ways: Vec<Way>,
    pub(crate) ways_more: usize,
    pub(crate) logons: Vec<LogonRow>,
    pub(crate) logons_more: usize,
    pub(crate) events: Vec<EventRow>,
    pub(crate) events_more: usize,
    pub(crate) numbers: Vec<NumberRow>,
    pub(crate) numbers_more: usize,
}

impl ActivityView {
    pub(crate) fn is_empty(&self) -> bool {
        self.picture.is_none() && self.logons.is_empty() && self.events.is_empty()
    }
}

/// Makes it ready to be shown; log text in it is made visible.
pub(crate) fn view(activity: &Activity, t: &Catalog) -> ActivityView {
    let graph = graph::fitting(&activity.graph);
    let span = |edge: &Edge| match (edge.first, edge.last) {
        (Some(first), Some(last)) if first == last => t.time(first),
        (Some(first), Some(last)) => format!("{} – {}", t.time(first), t.time(last)),
        _ => String::new(),
    };
    let way = |edge: &Edge| Way {
        source: visible(&edge.source),
        account: visible(&edge.account),
        host: visible(&edge.host),
        kinds: visible(&edge.kinds.join(", ")),
        successes: edge.successes,
        failures: edge.failures,
        span: span(edge),
        suspected: edge.suspected,
    };
    let logons = activity
        .logons
        .0
        .iter()
        .map(|row| LogonRow { names: row.names.each_ref().map(|name| visible(name)), ..row.clone() });
    let events = activity
        .events
        .0
        .iter()
        .map(|row| EventRow { names: row.names.each_ref().map(|name| visible(name)), ..row.clone() });
    let numbers = activity
        .numbers
        .0
        .iter()
        .map(|row| NumberRow { names: row.names.each_ref().map(|name| visible(name)), ..row.clone() });
    ActivityView {
        picture: graph::picture(&graph),
        ways: graph.edges.iter().map(way).collect(),
        ways_more: graph.more,
        logons: logons.collect(),
        logons_more: activity.logons.1,
        events: events.collect(),
        events_more: activity.events.1,
        numbers: numbers.collect(),
        numbers_more: activity.numbers.1,
    }
}
