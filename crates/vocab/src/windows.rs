//! What only records of the Windows event log have (detection.md 3.10).

use std::borrow::Cow;

/// One log source of the Sigma taxonomy 2.1. A rule applies when each part that it names is equal; empty = open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LogSource {
    /// Product, e.g. `windows`.
    pub product: &'static str,
    /// Category, e.g. `process_creation`.
    pub category: &'static str,
    /// Service, e.g. `security`.
    pub service: &'static str,
}

/// Number of a shape of records: same provider, event id, version, channel and list of field names. Equal numbers mean
/// equal names in equal places of [`crate::Event::extra`], within one process; another run may number otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShapeId(pub u32);

impl ShapeId {
    /// No shape is known: nothing may be remembered from one record for the next.
    pub const NONE: Self = Self(0);

    /// Is there a shape?
    #[must_use]
    pub const fn is_known(self) -> bool {
        self.0 != 0
    }
}

/// The head of a Windows record (DT-FMT-57: an event id means nothing without its provider). Everything in it stands in
/// [`crate::Event::extra`] too, under the names of EX-4, unless a field of the event data has the same name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WindowsRecord<'a> {
    /// Channel, e.g. `Security`.
    pub channel: Cow<'a, str>,
    /// Provider, e.g. `Microsoft-Windows-Security-Auditing`.
    pub provider: Cow<'a, str>,
    /// Event id without qualifiers.
    pub event_id: u32,
    /// Version of the event's layout.
    pub version: u8,
    /// Level: 1 critical, 2 error, 3 warning, 4 information, 5 verbose; 0 = always logged.
    pub level: u8,
    /// Number of the record in its log; 0 = none.
    pub record_id: u64,
    /// Names of the fields and their order.
    pub shape: ShapeId,
}
