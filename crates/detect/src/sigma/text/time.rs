//! Parts of a time in text: `minute`, `hour`, `day`, `week`, `month`, `year`, all in UTC.

use vocab::{civil_from_days, days_from_civil};

/// Which part is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum TimePart {
    /// 0 to 59.
    Minute,
    /// 0 to 23.
    Hour,
    /// Of the month, 1 to 31.
    Day,
    /// Of the year by ISO 8601, 1 to 53.
    Week,
    /// 1 to 12.
    Month,
    /// Four digits.
    Year,
}

/// ISO 8601 week of a day: that of its Thursday.
fn week(days: i64) -> i64 {
    let thursday = days - (days + 3).rem_euclid(7) + 3;
    let (year, _, _) = civil_from_days(thursday);
    (thursday - days_from_civil(year, 1, 1)) / 7 + 1
}

impl TimePart {
    /// The part of a time; `None` when the text is no time.
    pub(crate) fn of(self, text: &str) -> Option<i64> {
        let seconds = seconds(text)?;
        let days = seconds.div_euclid(86_400);
        let of_day = seconds.rem_euclid(86_400);
        let (year, month, day) = civil_from_days(days);
        Some(match self {
            Self::Minute => of_day / 60 % 60,
            Self::Hour => of_day / 3600,
            Self::Day => day,
            Self::Week => week(days),
            Self::Month => month,
            Self::Year => year,
        })
    }
}

/// Seconds since 1970 of `2026-11-27T19:46:06.123+09:00`, `2026-11-27 19:46:06`, or a number of seconds or milliseconds.
fn seconds(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse::<i64>() {
        return Some(if number.abs() > 100_000_000_000 { number / 1000 } else { number });
    }
    let field = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let sign = |at: usize, wanted: &[u8]| wanted.contains(text.as_bytes().get(at).unwrap_or(&0));
    if !(sign(4, b"-") && sign(7, b"-") && sign(10, b"T t") && sign(13, b":") && sign(16, b":")) {
        return None;
    }
    let (year, month, day) = (field(0, 4)?, field(5, 7)?, field(8, 10)?);
    let (hour, minute, second) = (field(11, 13)?, field(14, 16)?, field(17, 19)?);
    let sound =
        (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    if !sound || civil_from_days(days_from_civil(year, month, day)) != (year, month, day) {
        return None;
    }
    let mut zone = text.get(19..)?;
    if let Some(fraction) = zone.strip_prefix('.') {
        zone = fraction.trim_start_matches(|sign: char| sign.is_ascii_digit());
    }
    let offset = zone_seconds(zone)?;
    Some(days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset)
}

/// `Z`, nothing, `+09:00` or `-0330`.
fn zone_seconds(zone: &str) -> Option<i64> {
    if matches!(zone, "" | "Z" | "z" | " UTC") {
        return Some(0);
    }
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_once(':').or_else(|| digits.split_at_checked(2))?;
    let number = |text: &str| {
        (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<i64>().ok())?
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_are_those_of_utc() {
        let parts = |text: &str| {
            use TimePart::{Day, Hour, Minute, Month, Week, Year};
            [Year, Month, Day, Hour, Minute, Week].map(|part| part.of(text).unwrap_or(-1))
        };
        assert_eq!(parts("2026-11-27T19:46:06Z"), [2026, 11, 27, 19, 46, 48]);
        assert_eq!(parts("2026-01-01T08:30:00.5+09:00"), [2025, 12, 31, 23, 30, 1]);
        assert_eq!(parts("2000-02-29 12:34:56"), [2000, 2, 29, 12, 34, 9]);
        assert_eq!(parts("1767225599000"), [2025, 12, 31, 23, 59, 1]);
        assert_eq!(parts("2021-01-03T00:00:00Z"), [2021, 1, 3, 0, 0, 53]);
        for none in [
            "",
            "yesterday",
            "2026-13-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "2026-11-27T25:00:00Z",
            "2026-11-27T10:00:00+9",
        ] {
            assert_eq!(TimePart::Hour.of(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in "\\PC{0,32}", days in -800_000_i64..800_000) {
            let _ = TimePart::Week.of(&text);
            let (year, month, day) = civil_from_days(days);
            prop_assert_eq!(days_from_civil(year, month, day), days);
            prop_assert!((1..=53).contains(&week(days)));
        }
    }
}
