//! The clock of the staged world.
//!
//! Every program of the world is loaded with libfaketime, which adds the offset in `/etc/faketimerc` to the real
//! clock. Time flows at its usual pace between two jumps, and all programs agree on it. It never goes back.

use anyhow::{Context, Result};
use jiff::{Timestamp, civil, tz::TimeZone};

use super::run;

/// The zone in which the staged computers stand.
pub(super) const ZONE: &str = "Asia/Tokyo";

/// The offset between the staged and the real clock.
pub(super) struct Clock {
    offset_seconds: i64,
}

impl Clock {
    /// Sets the world to `start` (seconds since 1970).
    pub(super) fn start(start: i64) -> Result<Self> {
        let mut clock = Self { offset_seconds: start - real_seconds() };
        clock.publish()?;
        Ok(clock)
    }

    /// What the staged programs read now, in seconds since 1970.
    pub(super) fn now(&self) -> i64 {
        real_seconds() + self.offset_seconds
    }

    /// Jumps forward to `target`; a target in the past changes nothing.
    pub(super) fn advance_to(&mut self, target: i64) -> Result<()> {
        let gap = target - self.now();
        if gap <= 0 {
            return Ok(());
        }
        self.offset_seconds += gap;
        self.publish()
    }

    fn publish(&mut self) -> Result<()> {
        run::put("/etc/faketimerc.new", format!("{:+}\n", self.offset_seconds), 0o644)?;
        std::fs::rename("/etc/faketimerc.new", "/etc/faketimerc").context("cannot set the staged clock")
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the staged clock is an offset to the real one; nothing else reads it"
)]
fn real_seconds() -> i64 {
    Timestamp::now().as_second()
}

/// A moment of November 2026 on the staged computers' wall clock.
pub(super) fn at(day: i8, hour: i8, minute: i8, second: i8) -> i64 {
    on(11, day, hour, minute, second)
}

/// A moment of the year 2026 on the staged computers' wall clock.
pub(super) fn on(month: i8, day: i8, hour: i8, minute: i8, second: i8) -> i64 {
    let moment = civil::DateTime::new(2026, month, day, hour, minute, second, 0).unwrap_or_default();
    TimeZone::get(ZONE)
        .and_then(|zone| moment.to_zoned(zone))
        .map_or(0, |zoned| zoned.timestamp().as_second())
}

/// Prints a moment as the truth file shows it, for example `2026-11-09T08:00:00+09:00`.
pub(super) fn print(seconds: i64) -> String {
    let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
    Timestamp::from_second(seconds)
        .map(|stamp| stamp.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
        .unwrap_or_default()
}
