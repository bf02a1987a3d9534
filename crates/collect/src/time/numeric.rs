//! Forms made of numbers: counts from an epoch, and the American and Japanese ways of writing.

use super::civil::{Civil, digit, four, is, two};
use super::{Meaning, Printed};
use vocab::Timestamp;

/// Digits at the beginning: their value and count, at most 19.
fn number(text: &[u8]) -> Option<(i64, usize)> {
    let count = text.iter().take(20).take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 || count > 19 {
        return None;
    }
    let value = text
        .iter()
        .take(count)
        .try_fold(0_i64, |sum, byte| sum.checked_mul(10)?.checked_add(i64::from(byte.wrapping_sub(b'0'))))?;
    Some((value, count))
}

/// Seconds (9 or 10 digits, with an optional fraction), milliseconds (13), microseconds (16) or nanoseconds (19) since
/// 1970, told apart by size.
#[must_use]
pub(crate) fn epoch(text: &[u8]) -> Option<Printed> {
    let (value, count) = number(text)?;
    let (micros, length) = match count {
        9 | 10 => {
            let mut part = Civil::default();
            let length = super::civil::fraction(text, count, &mut part);
            (value.checked_mul(1_000_000)? + i64::from(part.micros), length)
        }
        12 | 13 => (value.checked_mul(1_000)?, count),
        15 | 16 => (value, count),
        19 => (value / 1_000, count),
        _ => return None,
    };
    Some(Printed { meaning: Meaning::Instant(Timestamp(micros)), length })
}

/// `msg=audit(1795320306.123:456)` with or without `msg=`; ends after the closing bracket.
#[must_use]
pub(crate) fn audit(text: &[u8]) -> Option<Printed> {
    let start = if text.starts_with(b"msg=audit(") {
        10
    } else if text.starts_with(b"audit(") {
        6
    } else {
        return None;
    };
    let rest = text.get(start..)?;
    let inner = epoch(rest)?;
    is(rest, inner.length, b':')?;
    let (_, serial) = number(rest.get(inner.length + 1..)?)?;
    is(rest, inner.length + 1 + serial, b')')?;
    Some(Printed { length: start + inner.length + serial + 2, ..inner })
}

/// Windows FILETIME as 18 decimal digits: 100 ns since 1601-01-01.
#[must_use]
pub(crate) fn filetime(text: &[u8]) -> Option<Printed> {
    let (value, count) = number(text)?;
    (count == 18).then(|| Printed { meaning: Meaning::Instant(filetime_value(value)), length: count })
}

/// A FILETIME value as a point in time.
#[must_use]
pub(crate) const fn filetime_value(value: i64) -> Timestamp {
    Timestamp(value / 10 - 11_644_473_600_000_000)
}

/// `@4000000065b3a1c70a1b2c3d`: TAI64N label of multilog. TAI is taken to be 10 s ahead of UTC, as its writers do; leap
/// seconds are not counted.
#[must_use]
pub(crate) fn tai64n(text: &[u8]) -> Option<Printed> {
    is(text, 0, b'@')?;
    let label = std::str::from_utf8(text.get(1..25)?).ok()?;
    if !label.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let seconds =
        i64::try_from(u64::from_str_radix(label.get(..16)?, 16).ok()?.checked_sub(1 << 62)?).ok()? - 10;
    let nanos = i64::from(u32::from_str_radix(label.get(16..)?, 16).ok()?);
    if nanos >= 1_000_000_000 {
        return None;
    }
    let micros = seconds.checked_mul(1_000_000)?.checked_add(nanos / 1_000)?;
    Some(Printed { meaning: Meaning::Instant(Timestamp(micros)), length: 25 })
}

/// `11/22/2026 04:05:06 AM`; without the half-day mark the clock has 24 hours.
#[must_use]
pub(crate) fn us(text: &[u8]) -> Option<Printed> {
    let (month, at) = one_or_two(text, 0)?;
    is(text, at, b'/')?;
    let (day, at) = one_or_two(text, at + 1)?;
    is(text, at, b'/')?;
    let mut civil = Civil { year: four(text, at + 1)?, month, day, ..Civil::default() };
    is(text, at + 5, b' ')?;
    let (hour, mut at) = one_or_two(text, at + 6)?;
    is(text, at, b':')?;
    civil.minute = two(text, at + 1)?;
    at += 3;
    if text.get(at) == Some(&b':') {
        civil.second = two(text, at + 1)?;
        at += 3;
    }
    civil.hour = match text.get(at..at + 3) {
        Some(b" AM" | b" am") if (1..=12).contains(&hour) => {
            at += 3;
            hour % 12
        }
        Some(b" PM" | b" pm") if (1..=12).contains(&hour) => {
            at += 3;
            hour % 12 + 12
        }
        Some(b" AM" | b" am" | b" PM" | b" pm") => return None,
        _ => hour,
    };
    local(civil, at)
}

/// `2026年11月22日 04時05分06秒`; the seconds may be missing.
#[must_use]
pub(crate) fn japanese(text: &[u8]) -> Option<Printed> {
    let mut civil = Civil { year: four(text, 0)?, ..Civil::default() };
    let at = word(text, 4, "年")?;
    let (month, at) = one_or_two(text, at)?;
    let at = word(text, at, "月")?;
    let (day, at) = one_or_two(text, at)?;
    let mut at = word(text, at, "日")?;
    (civil.month, civil.day) = (month, day);
    while text.get(at) == Some(&b' ') {
        at += 1;
    }
    let (hour, at) = one_or_two(text, at)?;
    let at = word(text, at, "時")?;
    let (minute, at) = one_or_two(text, at)?;
    let mut at = word(text, at, "分")?;
    (civil.hour, civil.minute) = (hour, minute);
    if let Some((second, after)) = one_or_two(text, at) {
        civil.second = second;
        at = word(text, after, "秒")?;
    }
    local(civil, at)
}

fn local(civil: Civil, length: usize) -> Option<Printed> {
    (civil.valid() && civil.year > 0).then_some(Printed { meaning: Meaning::Local(civil), length })
}

fn word(text: &[u8], at: usize, word: &str) -> Option<usize> {
    text.get(at..)?.starts_with(word.as_bytes()).then_some(at + word.len())
}

fn one_or_two(text: &[u8], at: usize) -> Option<(u8, usize)> {
    let first = digit(text, at)?;
    Some(digit(text, at + 1).map_or((first, at + 1), |second| (first * 10 + second, at + 2)))
}
