//! Values that the tests of all decoders need.

use crate::record::Settings;
use vocab::{Origin, Timestamp};

/// A place in a made-up file.
pub(crate) fn origin(raw: &[u8]) -> Origin<'_> {
    Origin { file: "test", line: 1, raw, ..Origin::default() }
}

/// Japan time, given and not assumed; the clock at 2026-11-22 12:00 UTC.
pub(crate) fn settings() -> Settings {
    Settings {
        zone: jiff::tz::TimeZone::fixed(jiff::tz::offset(9)),
        zone_assumed: false,
        clock: Timestamp::from_seconds(1_795_348_800),
        host: String::new(),
    }
}
