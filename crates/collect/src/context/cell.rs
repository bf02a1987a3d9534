//! Dates and choices in cells.

use super::ContextError;
use crate::time::civil::{Civil, days_from_civil};
use crate::time::{Meaning, form};
use jiff::tz::TimeZone;
use vocab::Timestamp;

/// What a date cell expects, for messages.
const DATE_EXPECTED: &str =
    "a date such as 2026-03-31, 2026/3/31, 2026年3月31日, 令和8年3月31日 or a full time stamp";

/// A day, or a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Start of the day and of the day after it.
    Day(Timestamp, Timestamp),
    /// A point in time.
    Point(Timestamp),
}

impl When {
    /// The beginning.
    pub(super) const fn start(self) -> Timestamp {
        match self {
            Self::Day(start, _) => start,
            Self::Point(time) => time,
        }
    }

    /// The end, which for a day is the start of the next one.
    pub(super) const fn end(self) -> Timestamp {
        match self {
            Self::Day(_, end) => end,
            Self::Point(time) => time,
        }
    }
}

/// Reads a date or time stamp in the zone of the organisation.
pub(super) fn when(text: &str, zone: &TimeZone, file: &str, line: u64) -> Result<When, ContextError> {
    date(text)
        .and_then(|(year, month, day)| {
            let midnight = |year, month, day| civil_in(Civil { year, month, day, ..Civil::default() }, zone);
            let days = days_from_civil(i64::from(year), i64::from(month), i64::from(day)) + 1;
            let (next_year, next_month, next_day) = crate::time::civil::civil_from_days(days);
            let next = midnight(i16::try_from(next_year).ok()?, next_month, next_day)?;
            Some(When::Day(midnight(year, month, day)?, next))
        })
        .or_else(|| stamp(text, zone).map(When::Point))
        .ok_or_else(|| ContextError::new(file, line, DATE_EXPECTED, text))
}

fn stamp(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let printed = form::rfc3339(text.as_bytes()).filter(|printed| printed.length == text.len())?;
    match printed.meaning {
        Meaning::Local(civil) => civil_in(civil, zone),
        Meaning::Offset(civil, minutes) => {
            Some(Timestamp(civil.micros_as_utc() - i64::from(minutes) * Timestamp::MINUTE))
        }
        Meaning::Instant(time) => Some(time),
    }
}

fn civil_in(civil: Civil, zone: &TimeZone) -> Option<Timestamp> {
    if !civil.valid() || civil.year == 0 {
        return None;
    }
    let signed = |value: u8| i8::try_from(value).ok();
    let (month, day) = (signed(civil.month)?, signed(civil.day)?);
    let (hour, minute) = (signed(civil.hour)?, signed(civil.minute)?);
    let second = signed(civil.second.min(59))?;
    let local = jiff::civil::DateTime::new(civil.year, month, day, hour, minute, second, 0).ok()?;
    Some(Timestamp(local.to_zoned(zone.clone()).ok()?.timestamp().as_microsecond()))
}

/// Year, month and day.
fn date(text: &str) -> Option<(i16, u8, u8)> {
    let (era, rest) = match text.strip_prefix("令和").or_else(|| text.strip_prefix(['R', 'r'])) {
        Some(rest) => (2018, rest),
        None => match text.strip_prefix("平成").or_else(|| text.strip_prefix(['H', 'h'])) {
            Some(rest) => (1988, rest),
            None => (0, text),
        },
    };
    let rest = rest.replace('元', "1");
    if era == 0 && rest.len() == 8 && rest.bytes().all(|byte| byte.is_ascii_digit()) {
        let part = |from: usize, to: usize| rest.get(from..to)?.parse::<i16>().ok();
        return checked(part(0, 4)?, part(4, 6)?, part(6, 8)?);
    }
    let rest = rest.strip_suffix('日').unwrap_or(&rest);
    let mut parts = rest.split(['-', '/', '.', '年', '月']).map(|part| {
        let digits = (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        if digits { part.parse::<i16>().ok() } else { None }
    });
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || (era == 0 && year < 1000) {
        return None;
    }
    checked(era + year, month, day)
}

fn checked(year: i16, month: i16, day: i16) -> Option<(i16, u8, u8)> {
    let (month, day) = (u8::try_from(month).ok()?, u8::try_from(day).ok()?);
    Civil { year, month, day, ..Civil::default() }.valid().then_some((year, month, day))
}

/// One of several words, in any case.
pub(super) fn choice<T: Copy>(
    text: &str,
    words: &[(T, &[&str])],
    file: &str,
    line: u64,
) -> Result<T, ContextError> {
    let lower = text.to_lowercase();
    let found = words.iter().find(|(_, names)| names.contains(&lower.as_str())).map(|(value, _)| *value);
    found.ok_or_else(|| {
        let names: Vec<_> = words.iter().filter_map(|(_, names)| names.first().copied()).collect();
        ContextError::new(file, line, format!("one of {}", names.join(", ")), text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for text in ["2026-03-31", "2026/3/31", "20260331", "2026年3月31日", "令和8年3月31日", "R8.3.31"]
        {
            assert_eq!(date(text), Some((2026, 3, 31)), "{text}");
        }
        assert_eq!(date("令和元年5月1日"), Some((2019, 5, 1)));
        for text in ["2026-02-30", "26-3-31", "2026-3", "31.3.2026", "", "x", "2026-03-31-1", "令和8年"] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_lies_in_the_zone() {
        let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
        let start = Timestamp::from_seconds(1_774_882_800); // 2026-03-31 00:00 +09:00
        assert_eq!(when("2026-03-31", &tokyo, "f", 2), Ok(When::Day(start, start.plus(Timestamp::DAY))));
        assert_eq!(when("2026-03-31T00:00:00+09:00", &tokyo, "f", 2), Ok(When::Point(start)));
        assert_eq!(when("2026-03-31 00:00:00", &tokyo, "f", 2), Ok(When::Point(start)));
        assert!(when("tomorrow", &tokyo, "f", 2).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_text(text: String) {
            let _ = when(&text, &TimeZone::UTC, "f", 1);
        }
    }
}
