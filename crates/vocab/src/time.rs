//! Points in time.

use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A point in time: microseconds since 1970-01-01 00:00 UTC. Shown in the user's zone, stored and compared as this. In JSON
/// it is text in the form of RFC 3339, in UTC, with as many digits after the second as are needed (none, 3 or 6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Microseconds in a second.
    pub const SECOND: i64 = 1_000_000;
    /// Microseconds in a minute.
    pub const MINUTE: i64 = 60 * Self::SECOND;
    /// Microseconds in an hour.
    pub const HOUR: i64 = 60 * Self::MINUTE;
    /// Microseconds in a day of 24 hours.
    pub const DAY: i64 = 24 * Self::HOUR;

    /// From whole seconds since 1970.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(Self::SECOND))
    }

    /// Whole seconds since 1970, rounded down.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(Self::SECOND)
    }

    /// Microseconds from `earlier` to `self`; negative when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// This point moved by `micros`.
    #[must_use]
    pub const fn plus(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }
}

impl fmt::Display for Timestamp {
    /// `2026-11-22T03:04:05Z`, `…05.120Z` or `…05.120034Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Written::of(*self).as_str())
    }
}

/// Longest form: a year of six digits and a sign.
const WRITTEN_BYTES_MAX: usize = 31;

/// A point in time as text. Reports hold hundreds of thousands, so that no formatting machinery is used.
struct Written {
    bytes: [u8; WRITTEN_BYTES_MAX],
    length: usize,
}

impl Written {
    fn of(time: Timestamp) -> Self {
        const DAY: i64 = Timestamp::DAY;
        let (day, second) = (time.0.div_euclid(DAY), time.0.rem_euclid(DAY) / Timestamp::SECOND);
        let (year, month, date) = civil_from_days(day);
        let mut text = Self { bytes: [0; WRITTEN_BYTES_MAX], length: 0 };
        if year < 0 {
            text.push(b'-');
        }
        // As `{year:04}` does: the sign is one of the four.
        let least = 4 - usize::from(year < 0);
        text.number(
            year,
            year.unsigned_abs().checked_ilog10().map_or(least, |log| least.max(log as usize + 1)),
        );
        for (mark, number) in [
            (b'-', month),
            (b'-', date),
            (b'T', second / 3_600),
            (b':', second / 60 % 60),
            (b':', second % 60),
        ] {
            text.push(mark);
            text.number(number, 2);
        }
        match time.0.rem_euclid(Timestamp::SECOND) {
            0 => {}
            micros if micros % 1_000 == 0 => {
                text.push(b'.');
                text.number(micros / 1_000, 3);
            }
            micros => {
                text.push(b'.');
                text.number(micros, 6);
            }
        }
        text.push(b'Z');
        text
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }

    /// The lowest `digits` digits of a number.
    fn number(&mut self, number: i64, digits: usize) {
        let mut rest = number.unsigned_abs();
        for place in self.bytes.iter_mut().skip(self.length).take(digits).rev() {
            *place = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
        self.length = (self.length + digits).min(WRITTEN_BYTES_MAX);
    }

    fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

/// Year, month and day of a number of days since 1970 (proleptic Gregorian calendar). Years are counted from March, so that
/// the leap day is the last of its year.
#[must_use]
pub const fn civil_from_days(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + (month <= 2) as i64, month, date)
}

/// Days since 1970 of a date: year, month from 1, day of the month from 1. A date that is not in the calendar counts on from
/// the first of its month.
#[must_use]
pub const fn days_from_civil(year: i64, month: i64, date: i64) -> i64 {
    let year = year - (month <= 2) as i64;
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let march_month = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * march_month + 2) / 5 + date - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
}

/// Reads what [`Timestamp`]'s `Display` writes.
fn parse(text: &str) -> Option<Timestamp> {
    let (date, clock) = text.strip_suffix('Z')?.split_once('T')?;
    let (negative, date) = date.strip_prefix('-').map_or((false, date), |rest| (true, rest));
    let mut date = date.splitn(3, '-').map(|part| part.parse::<u32>().ok().map(i64::from));
    let (year, month, date) = (date.next()??, date.next()??, date.next()??);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut clock = clock.splitn(3, ':').map(|part| part.parse::<u32>().ok().map(i64::from));
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let sound =
        (1..=12).contains(&month) && (1..=31).contains(&date) && hour < 24 && minute < 60 && second < 60;
    if !sound || year > 300_000 || !matches!(fraction.len(), 0 | 3 | 6) {
        return None;
    }
    let micros = format!("{fraction:0<6}").parse::<u32>().ok()?;
    let day = days_from_civil(if negative { -year } else { year }, month, date);
    let seconds = day.checked_mul(86_400)?.checked_add(hour * 3_600 + minute * 60 + second)?;
    Some(Timestamp(seconds.checked_mul(Timestamp::SECOND)?.checked_add(i64::from(micros))?))
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(Written::of(*self).as_str())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Timestamp;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time in UTC such as 2026-11-22T03:04:05Z")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
                parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }
        }
        from.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_people_and_programs_read_them() {
        let shown = |micros: i64| Timestamp(micros).to_string();
        assert_eq!(shown(0), "1970-01-01T00:00:00Z");
        assert_eq!(shown(-1), "1969-12-31T23:59:59.999999Z");
        assert_eq!(shown(951_782_400_120_000), "2000-02-29T00:00:00.120Z");
        assert_eq!(shown(4_107_542_399_000_000), "2100-02-28T23:59:59Z");
    }

    #[test]
    fn what_is_written_is_read_back() {
        for seconds in (-70_000_000_000..300_000_000_000_i64).step_by(86_399_777) {
            let time = Timestamp(seconds * Timestamp::SECOND + seconds.rem_euclid(3) * 1_234);
            assert_eq!(parse(&time.to_string()), Some(time), "{time}");
        }
        for wrong in
            ["", "2026-11-22", "2026-13-01T00:00:00Z", "2026-11-22T03:04:05+09:00", "2026-11-22T03:04:05.1Z"]
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
