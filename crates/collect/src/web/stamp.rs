//! Time stamps of web logs: `22/Nov/2026:04:05:06 +0900`, with the hour kept so that a line costs two additions.

use crate::record::Settings;
use vocab::Timestamp;

/// A stamp that was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// The time in UTC.
    pub(crate) time: Timestamp,
    /// Offset from UTC in minutes as printed or assumed.
    pub(crate) offset_min: i16,
    /// The stamp carries no offset; the zone of the settings was used.
    pub(crate) zoneless: bool,
}

/// Reads stamps and remembers the last hour.
#[derive(Clone, Debug, Default)]
pub(crate) struct StampReader {
    /// `22/Nov/2026:04` of the last stamp.
    hour: [u8; 14],
    /// ` +0900` of the last stamp.
    offset: [u8; 6],
    /// Seconds since 1970 of that hour.
    base: i64,
    offset_min: i16,
}

const MONTHS: &[u8; 36] = b"JanFebMarAprMayJunJulAugSepOctNovDec";

/// Number of the month from its English short name.
pub(crate) fn month(name: &[u8]) -> Option<i8> {
    let at = MONTHS.chunks_exact(3).position(|month| month == name)?;
    i8::try_from(at + 1).ok()
}

fn two(bytes: &[u8]) -> Option<i64> {
    let [a @ b'0'..=b'9', b @ b'0'..=b'9'] = bytes else { return None };
    Some(i64::from(a - b'0') * 10 + i64::from(b - b'0'))
}

/// Days from 1970-01-01 to a day of the Gregorian calendar.
pub(crate) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

impl StampReader {
    /// The common form, 26 bytes. `None` when it is another form or no time that exists.
    pub(crate) fn common(&mut self, text: &str) -> Option<Stamp> {
        let bytes: &[u8; 26] = text.as_bytes().try_into().ok()?;
        let (hour, rest) = bytes.split_first_chunk::<14>()?;
        let (clock, offset) = rest.split_first_chunk::<6>()?;
        if *hour != self.hour || offset != self.offset {
            (self.base, self.offset_min) = hour_of(hour, offset)?;
            self.hour = *hour;
            self.offset = offset.try_into().ok()?;
        }
        let (&[c1, m1, m2, c2, s1, s2], b':') = (clock, clock[3]) else { return None };
        let (minute, second) = (two(&[m1, m2])?, two(&[s1, s2])?);
        if c1 != b':' || c2 != b':' || minute > 59 || second > 60 {
            return None;
        }
        let time = Timestamp::from_seconds(self.base + minute * 60 + second);
        Some(Stamp { time, offset_min: self.offset_min, zoneless: false })
    }

    /// Any form a web server writes between brackets: common, common with a fraction, RFC 3339 or ISO 8601 with or
    /// without offset.
    pub(crate) fn any(&mut self, text: &str, settings: &Settings) -> Option<Stamp> {
        if let Some(stamp) = self.common(text) {
            return Some(stamp);
        }
        if let (Some(second), Some(tail)) = (text.get(..20), text.get(20..))
            && let Some((fraction, offset)) = tail.split_once(' ')
            && let Some(digits) = fraction.strip_prefix('.')
            && !digits.is_empty()
            && digits.len() <= 9
        {
            let micros = fraction_micros(digits)?;
            let mut whole = [0_u8; 26];
            whole[..20].copy_from_slice(second.as_bytes());
            whole[20] = b' ';
            whole[21..].copy_from_slice(offset.as_bytes().get(..5).filter(|_| offset.len() == 5)?);
            let stamp = self.common(std::str::from_utf8(&whole).ok()?)?;
            return Some(Stamp { time: stamp.time.plus(micros), ..stamp });
        }
        iso(text, settings)
    }
}

/// Digits after the decimal point as microseconds; more than six digits are cut.
pub(crate) fn fraction_micros(digits: &str) -> Option<i64> {
    let mut micros = 0;
    for at in 0..6 {
        let digit = match digits.as_bytes().get(at) {
            Some(byte @ b'0'..=b'9') => i64::from(byte - b'0'),
            None => 0,
            Some(_) => return None,
        };
        micros = micros * 10 + digit;
    }
    Some(micros)
}

fn hour_of(hour: &[u8; 14], offset: &[u8]) -> Option<(i64, i16)> {
    let (&[d1, d2, b'/', m1, m2, m3, b'/', y1, y2, y3, y4, b':', h1, h2], &[b' ', sign, o1, o2, o3, o4]) =
        (hour, offset)
    else {
        return None;
    };
    let day = two(&[d1, d2])?;
    let month = month(&[m1, m2, m3])?;
    let year = two(&[y1, y2])? * 100 + two(&[y3, y4])?;
    let hour = two(&[h1, h2])?;
    jiff::civil::Date::new(i16::try_from(year).ok()?, month, i8::try_from(day).ok()?).ok()?;
    let (hours, minutes) = (two(&[o1, o2])?, two(&[o3, o4])?);
    if hour > 23 || hours > 18 || minutes > 59 {
        return None;
    }
    let minutes = hours * 60 + minutes;
    let minutes = match sign {
        b'+' => minutes,
        b'-' => -minutes,
        _ => return None,
    };
    let base = days_from_civil(year, i64::from(month), day) * 86_400 + hour * 3600 - minutes * 60;
    Some((base, i16::try_from(minutes).ok()?))
}

/// RFC 3339, or ISO 8601 without offset in the zone of the settings.
pub(crate) fn iso(text: &str, settings: &Settings) -> Option<Stamp> {
    if text.len() > 40 {
        return None;
    }
    let (civil, offset) = match jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%.f%:z", text)
        .or_else(|_| jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text))
    {
        Ok(parsed) => (parsed.to_datetime().ok()?, parsed.offset()),
        Err(_) => match text.strip_suffix('Z') {
            Some(utc) => (utc.parse::<jiff::civil::DateTime>().ok()?, Some(jiff::tz::Offset::UTC)),
            None => (text.parse::<jiff::civil::DateTime>().ok()?, None),
        },
    };
    civil_stamp(civil, offset, settings)
}

/// A civil time with the offset printed beside it, or in the zone of the settings.
pub(crate) fn civil_stamp(
    civil: jiff::civil::DateTime,
    offset: Option<jiff::tz::Offset>,
    settings: &Settings,
) -> Option<Stamp> {
    let (instant, offset, zoneless) = match offset {
        Some(offset) => (offset.to_timestamp(civil).ok()?, offset, false),
        None => {
            let zoned = civil.to_zoned(settings.zone.clone()).ok()?;
            (zoned.timestamp(), zoned.offset(), true)
        }
    };
    let offset_min = i16::try_from(offset.seconds() / 60).ok()?;
    Some(Stamp { time: Timestamp(instant.as_microsecond()), offset_min, zoneless })
}
