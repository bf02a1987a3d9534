//! Forms with an English month name.

use super::civil::{Civil, clock, digit, four, fraction, is, month_name, two, weekday_name};
use super::form::{finish, offset};
use super::{Meaning, Printed};

/// `Nov  2 03:04:05`, also with milliseconds, with the year after the day, or with the year in front.
#[must_use]
pub(crate) fn rfc3164(text: &[u8]) -> Option<Printed> {
    let mut civil = Civil::default();
    let mut at = 0;
    if digit(text, 0).is_some() {
        civil.year = four(text, 0)?;
        is(text, 4, b' ')?;
        at = 5;
    }
    at = month_day(text, at, &mut civil)?;
    is(text, at, b' ')?;
    at += 1;
    if civil.year == 0 && text.get(at + 2) != Some(&b':') {
        civil.year = four(text, at)?;
        is(text, at + 4, b' ')?;
        at += 5;
    }
    at = clock(text, at, &mut civil)?;
    at = fraction(text, at, &mut civil);
    if !civil.valid() || digit(text, at).is_some() {
        return None;
    }
    Some(Printed { meaning: Meaning::Local(civil), length: at })
}

/// `Nov  2`, `Nov 2`, `Nov 22`; returns the place after the day.
fn month_day(text: &[u8], at: usize, civil: &mut Civil) -> Option<usize> {
    civil.month = month_name(text, at)?;
    is(text, at + 3, b' ')?;
    let at = if text.get(at + 4) == Some(&b' ') { at + 5 } else { at + 4 };
    let first = digit(text, at)?;
    if let Some(second) = digit(text, at + 1) {
        civil.day = first * 10 + second;
        Some(at + 2)
    } else {
        civil.day = first;
        Some(at + 1)
    }
}

/// `[22/Nov/2026:04:05:06 +0900]`, with or without brackets.
#[must_use]
pub(crate) fn clf(text: &[u8]) -> Option<Printed> {
    let open = usize::from(text.first() == Some(&b'['));
    let mut civil = Civil { day: two(text, open)?, ..Civil::default() };
    is(text, open + 2, b'/')?;
    civil.month = month_name(text, open + 3)?;
    is(text, open + 6, b'/')?;
    civil.year = four(text, open + 7)?;
    is(text, open + 11, b':')?;
    let at = clock(text, open + 12, &mut civil)?;
    let at = fraction(text, at, &mut civil);
    let printed = finish(civil, text, at)?;
    if open == 1 {
        is(text, printed.length, b']')?;
    }
    Some(Printed { length: printed.length + open, ..printed })
}

/// `[Sun Nov 22 04:05:06.123456 2026]`.
#[must_use]
pub(crate) fn apache_error(text: &[u8]) -> Option<Printed> {
    is(text, 0, b'[')?;
    let inner = ctime(text.get(1..)?)?;
    is(text, inner.length + 1, b']')?;
    Some(Printed { length: inner.length + 2, ..inner })
}

/// `Sun Nov 22 04:05:06 2026`, with an optional fraction, and an optional zone word before the year.
#[must_use]
pub(crate) fn ctime(text: &[u8]) -> Option<Printed> {
    if !weekday_name(text, 0) {
        return None;
    }
    is(text, 3, b' ')?;
    let mut civil = Civil::default();
    let at = month_day(text, 4, &mut civil)?;
    is(text, at, b' ')?;
    let at = clock(text, at + 1, &mut civil)?;
    let at = fraction(text, at, &mut civil);
    let (minutes, mut at) = offset(text, at);
    is(text, at, b' ')?;
    at += 1;
    if minutes.is_none() && text.get(at).is_some_and(u8::is_ascii_uppercase) {
        at += text.get(at..)?.iter().take(5).position(|byte| *byte == b' ')? + 1;
    }
    civil.year = four(text, at)?;
    if !civil.valid() || civil.year == 0 || digit(text, at + 4).is_some() {
        return None;
    }
    let meaning = minutes.map_or(Meaning::Local(civil), |minutes| Meaning::Offset(civil, minutes));
    Some(Printed { meaning, length: at + 4 })
}
