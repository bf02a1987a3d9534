//! A span of time as a person writes it.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use vocab::Timestamp;

/// From a moment to a moment, each end included and optional.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    /// Earliest moment.
    pub(crate) from: Option<Timestamp>,
    /// Latest moment.
    pub(crate) to: Option<Timestamp>,
}

impl Span {
    /// Does the moment lie inside? A record without a time lies in no span that has an end.
    pub(crate) fn holds(&self, time: Option<Timestamp>) -> bool {
        match time {
            Some(time) => self.from.is_none_or(|from| from <= time) && self.to.is_none_or(|to| time <= to),
            None => self.from.is_none() && self.to.is_none(),
        }
    }
}

/// A moment: RFC 3339 with an offset, or date and optional time of day in `zone`. A date alone is its first moment, as the
/// end of a span its last.
pub(crate) fn moment(text: &str, zone: &TimeZone, is_end: bool) -> Option<Timestamp> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(Timestamp(time.as_microsecond()));
    }
    let civil = match text.parse::<DateTime>() {
        Ok(time) if text.len() > 10 => return micros(time, zone),
        Ok(time) => time.date(),
        Err(_) => text.parse::<Date>().ok()?,
    };
    if !is_end {
        return micros(civil.at(0, 0, 0, 0), zone);
    }
    Some(micros(civil.tomorrow().ok()?.at(0, 0, 0, 0), zone)?.plus(-1))
}

fn micros(time: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    Some(Timestamp(zone.to_timestamp(time).ok()?.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_the_zone() {
        let zone = TimeZone::fixed(jiff::tz::offset(9));
        let at = |text: &str, end: bool| moment(text, &zone, end).map(|time| time.to_string());
        assert_eq!(at("2026-11-20", false).as_deref(), Some("2026-11-19T15:00:00Z"));
        assert_eq!(at("2026-11-20", true).as_deref(), Some("2026-11-20T14:59:59.999999Z"));
        assert_eq!(at("2026-11-20 10:30", false).as_deref(), Some("2026-11-20T01:30:00Z"));
        assert_eq!(at("2026-11-20T10:30:05", true).as_deref(), Some("2026-11-20T01:30:05Z"));
        assert_eq!(at("2026-11-20T10:30:05Z", true).as_deref(), Some("2026-11-20T10:30:05Z"));
        assert_eq!(at("yesterday", true), None);
        assert_eq!(at("9999-12-31", true), None);
    }

    #[test]
    fn a_record_without_time_is_in_no_span_with_an_end() {
        let at = |seconds| Some(Timestamp::from_seconds(seconds));
        let span = Span { from: at(10), to: at(20) };
        assert!(span.holds(at(10)) && span.holds(at(20)));
        assert!(!span.holds(at(9)) && !span.holds(at(21)) && !span.holds(None));
        assert!(Span::default().holds(None));
    }
}
