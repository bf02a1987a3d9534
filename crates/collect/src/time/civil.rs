//! A date and a time of day without a zone, and the digits they are read from.

/// Date and time of day, each part as printed; `year` 0 = not printed. A second of 60 is kept (DT-TIM-04).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Civil {
    /// Year of the common era; 0 = not printed.
    pub year: i16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 60.
    pub second: u8,
    /// Microseconds, 0 to 999,999.
    pub micros: u32,
}

impl Civil {
    /// Do the parts form a date and time? Without a year, 29 February is allowed.
    #[must_use]
    pub const fn valid(&self) -> bool {
        self.month >= 1
            && self.month <= 12
            && self.day >= 1
            && self.day <= days_in_month(self.year, self.month)
            && self.hour <= 23
            && self.minute <= 59
            && self.second <= 60
            && self.micros < 1_000_000
    }

    /// Microseconds since midnight; a second of 60 counts as 59.999999.
    #[must_use]
    pub const fn micros_of_day(&self) -> i64 {
        let (second, micros) =
            if self.second >= 60 { (59, 999_999) } else { (self.second as i64, self.micros as i64) };
        ((self.hour as i64 * 60 + self.minute as i64) * 60 + second) * 1_000_000 + micros
    }

    /// Days from 1970-01-01 to the date, in the Gregorian calendar.
    #[must_use]
    pub const fn days(&self) -> i64 {
        days_from_civil(self.year as i64, self.month as i64, self.day as i64)
    }

    /// Microseconds since 1970 as if the stamp were UTC.
    #[must_use]
    pub const fn micros_as_utc(&self) -> i64 {
        self.days() * 86_400_000_000 + self.micros_of_day()
    }
}

/// Is it a leap year? Year 0 (not printed) counts as one.
#[must_use]
pub const fn is_leap(year: i16) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Length of a month in days; 0 for a month that does not exist.
#[must_use]
pub const fn days_in_month(year: i16, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 0,
    }
}

pub use vocab::days_from_civil;

/// Date of a day counted from 1970-01-01: year, month, day.
#[must_use]
pub const fn civil_from_days(days: i64) -> (i64, u8, u8) {
    let (year, month, day) = vocab::civil_from_days(days);
    (year, month as u8, day as u8)
}

/// One digit.
#[must_use]
pub(crate) fn digit(text: &[u8], at: usize) -> Option<u8> {
    let value = text.get(at)?.wrapping_sub(b'0');
    (value <= 9).then_some(value)
}

/// Two digits.
#[must_use]
pub(crate) fn two(text: &[u8], at: usize) -> Option<u8> {
    Some(digit(text, at)? * 10 + digit(text, at + 1)?)
}

/// Four digits.
#[must_use]
pub(crate) fn four(text: &[u8], at: usize) -> Option<i16> {
    Some(i16::from(two(text, at)?) * 100 + i16::from(two(text, at + 2)?))
}

/// The byte at a place must be this one.
pub(crate) fn is(text: &[u8], at: usize, byte: u8) -> Option<()> {
    (*text.get(at)? == byte).then_some(())
}

/// `hh:mm:ss` into `civil`; returns the place after it.
pub(crate) fn clock(text: &[u8], at: usize, civil: &mut Civil) -> Option<usize> {
    civil.hour = two(text, at)?;
    is(text, at + 2, b':')?;
    civil.minute = two(text, at + 3)?;
    is(text, at + 5, b':')?;
    civil.second = two(text, at + 6)?;
    Some(at + 8)
}

/// An optional fraction of a second (`.` or `,` and digits) into `civil`; more than six digits are cut.
pub(crate) fn fraction(text: &[u8], at: usize, civil: &mut Civil) -> usize {
    if !matches!(text.get(at), Some(b'.' | b',')) || digit(text, at + 1).is_none() {
        return at;
    }
    let (mut place, mut value, mut count) = (at + 1, 0_u32, 0_u8);
    while let Some(next) = digit(text, place) {
        if count < 6 {
            value = value * 10 + u32::from(next);
            count += 1;
        }
        place += 1;
        if place > at + 20 {
            break;
        }
    }
    civil.micros = value * 10_u32.pow(u32::from(6 - count));
    place
}

/// A month by its English three-letter name, any case of the letters after the first.
#[must_use]
pub(crate) fn month_name(text: &[u8], at: usize) -> Option<u8> {
    let name: &[u8; 3] = text.get(at..at + 3)?.try_into().ok()?;
    Some(match &[name[0] & !0x20, name[1] | 0x20, name[2] | 0x20] {
        b"Jan" => 1,
        b"Feb" => 2,
        b"Mar" => 3,
        b"Apr" => 4,
        b"May" => 5,
        b"Jun" => 6,
        b"Jul" => 7,
        b"Aug" => 8,
        b"Sep" => 9,
        b"Oct" => 10,
        b"Nov" => 11,
        b"Dec" => 12,
        _ => return None,
    })
}

/// A weekday by its English three-letter name?
#[must_use]
pub(crate) fn weekday_name(text: &[u8], at: usize) -> bool {
    matches!(text.get(at..at + 3), Some(b"Mon" | b"Tue" | b"Wed" | b"Thu" | b"Fri" | b"Sat" | b"Sun"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_inverse() {
        for days in (-800_000..800_000).step_by(37) {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, i64::from(month), i64::from(day)), days);
        }
        assert_eq!(days_from_civil(2026, 11, 22), 20_779);
    }

    #[test]
    fn leap_second_is_the_last_microsecond() {
        let civil = Civil { year: 2016, month: 12, day: 31, hour: 23, minute: 59, second: 60, micros: 5 };
        assert!(civil.valid());
        assert_eq!(civil.micros_of_day(), 86_399_999_999);
    }
}
