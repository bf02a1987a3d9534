//! Time stamps: printed forms, zones and missing years (detection.md 2).
//!
//! [`form`] reads printed forms into a [`Printed`] value, [`Resolver`] turns that into a point in time with the zone of the
//! log source, [`year`] finds the year where a stamp carries none.

pub mod civil;
pub mod form;
mod month_first;
mod numeric;
mod resolve;
pub mod year;

pub use civil::Civil;
pub use form::{FORMS, Form, any};
pub(crate) use month_first::{apache_error, ctime, rfc3164};
pub(crate) use numeric::{audit, epoch};
pub use resolve::{Resolved, Resolver, within_reason};

use vocab::Timestamp;

/// What a printed stamp says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Clock on the wall of the log source; the zone is not printed. `year` is 0 where it is not printed either.
    Local(Civil),
    /// Clock on the wall and offset from UTC in minutes.
    Offset(Civil, i16),
    /// A count from a fixed epoch.
    Instant(Timestamp),
}

/// A stamp as read from the beginning of some text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Printed {
    /// What it says.
    pub meaning: Meaning,
    /// How many bytes it takes.
    pub length: usize,
}
