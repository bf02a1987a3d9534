//! The table of printed forms (DT-TIM-02). Each row reads a stamp from the beginning of a text.

use super::civil::{Civil, clock, digit, four, fraction, is, two};
use super::{Meaning, Printed, month_first, numeric};

/// One printed form.
pub struct Form {
    /// Short name.
    pub name: &'static str,
    /// Reads it from the beginning of the text.
    pub read: fn(&[u8]) -> Option<Printed>,
}

/// All forms, in the order in which [`any`] tries them.
pub const FORMS: &[Form] = &[
    Form { name: "rfc3339", read: rfc3339 },
    Form { name: "rfc3164", read: month_first::rfc3164 },
    Form { name: "clf", read: month_first::clf },
    Form { name: "apache_error", read: month_first::apache_error },
    Form { name: "ctime", read: month_first::ctime },
    Form { name: "journal_full", read: journal_full },
    Form { name: "audit", read: numeric::audit },
    Form { name: "japanese", read: numeric::japanese },
    Form { name: "us", read: numeric::us },
    Form { name: "tai64n", read: numeric::tai64n },
    Form { name: "filetime", read: numeric::filetime },
    Form { name: "epoch", read: numeric::epoch },
];

/// The first form that fits the beginning of the text.
#[must_use]
pub fn any(text: &[u8]) -> Option<Printed> {
    FORMS.iter().find_map(|form| (form.read)(text))
}

/// `2026-11-22T04:05:06.789+09:00` and its relatives: space or `T`, `/` or `-` (nginx error), any fraction, offset with or
/// without colon, `Z`, ` UTC`, ` JST`, or no offset.
#[must_use]
pub fn rfc3339(text: &[u8]) -> Option<Printed> {
    let mut civil = Civil { year: four(text, 0)?, ..Civil::default() };
    let separator = *text.get(4)?;
    if separator != b'-' && separator != b'/' {
        return None;
    }
    civil.month = two(text, 5)?;
    is(text, 7, separator)?;
    civil.day = two(text, 8)?;
    if !matches!(text.get(10)?, b'T' | b't' | b' ' | b'_' | b'\t') {
        return None;
    }
    let at = clock(text, 11, &mut civil)?;
    let at = fraction(text, at, &mut civil);
    finish(civil, text, at)
}

/// `Sun 2026-11-22 05:40:42 UTC` (journalctl short-full).
#[must_use]
pub fn journal_full(text: &[u8]) -> Option<Printed> {
    if !super::civil::weekday_name(text, 0) {
        return None;
    }
    is(text, 3, b' ')?;
    let inner = rfc3339(text.get(4..)?)?;
    Some(Printed { length: inner.length + 4, ..inner })
}

/// Ends a stamp with its offset.
pub(super) fn finish(civil: Civil, text: &[u8], at: usize) -> Option<Printed> {
    if !civil.valid() || civil.year == 0 {
        return None;
    }
    let (offset, length) = offset(text, at);
    let meaning = offset.map_or(Meaning::Local(civil), |minutes| Meaning::Offset(civil, minutes));
    Some(Printed { meaning, length })
}

/// An optional offset at a place: minutes from UTC, and the place after it.
pub(super) fn offset(text: &[u8], at: usize) -> (Option<i16>, usize) {
    let start = if text.get(at) == Some(&b' ') { at + 1 } else { at };
    match text.get(start) {
        Some(b'Z' | b'z') if ends(text, start + 1) => (Some(0), start + 1),
        Some(sign @ (b'+' | b'-')) => {
            let parsed = || {
                let hours = i16::from(two(text, start + 1)?);
                let colon = usize::from(text.get(start + 3) == Some(&b':'));
                let (minutes, end) = match two(text, start + 3 + colon) {
                    Some(minutes) => (i16::from(minutes), start + 5 + colon),
                    None if colon == 0 => (0, start + 3),
                    None => return None,
                };
                if hours > 18 || minutes > 59 || digit(text, end).is_some() {
                    return None;
                }
                let total = hours * 60 + minutes;
                Some((if *sign == b'-' { -total } else { total }, end))
            };
            parsed().map_or((None, at), |(minutes, end)| (Some(minutes), end))
        }
        _ => match text.get(start..start + 3) {
            Some(b"UTC" | b"GMT") if ends(text, start + 3) => (Some(0), start + 3),
            Some(b"JST") if ends(text, start + 3) => (Some(540), start + 3),
            _ => (None, at),
        },
    }
}

/// Does a word end here?
fn ends(text: &[u8], at: usize) -> bool {
    text.get(at).is_none_or(|byte| !byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;

    fn show(text: &str) -> String {
        let Some(printed) = any(text.as_bytes()) else { return format!("{text} => none") };
        let rest = &text[printed.length..];
        match printed.meaning {
            Meaning::Local(c) => format!(
                "{text} => local {:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06} rest {rest:?}",
                c.year, c.month, c.day, c.hour, c.minute, c.second, c.micros
            ),
            Meaning::Offset(c, o) => format!(
                "{text} => {o:+} {:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06} rest {rest:?}",
                c.year, c.month, c.day, c.hour, c.minute, c.second, c.micros
            ),
            Meaning::Instant(t) => format!("{text} => {} rest {rest:?}", t.0),
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table: one line for each row")]
    fn every_row() {
        let rows = [
            "Nov  2 03:04:05 host",
            "Nov 2 03:04:05 host",
            "Nov  2 03:04:05.123 host",
            "Nov  2 2026 03:04:05 host",
            "2026 Nov  2 03:04:05 host",
            "Feb 29 00:00:00 leap",
            "2026-11-22T04:05:06Z x",
            "2026-11-22T04:05:06.123456789+09:00 x",
            "2026-11-22 04:05:06,5 +0900 x",
            "2026-11-22 04:05:06.789 UTC [1]",
            "2026-11-22 04:05:06 JST x",
            "2026-11-22 04:05:06",
            "2026/11/22 04:05:06 [error] 1#1",
            "[22/Nov/2026:04:05:06 +0900] \"GET",
            "22/Nov/2026:04:05:06 -0330",
            "[Sun Nov 22 04:05:06.123456 2026] [core:error]",
            "[Sun Nov 22 04:05:06 2026] [error]",
            "Sun Nov 22 04:05:06 2026 rest",
            "Sun Nov  2 04:05:06 JST 2026 rest",
            "Sun 2026-11-22 05:40:42 UTC host",
            "1795320306 s",
            "1795320306.123 s",
            "1795320306123 ms",
            "1795320306123456 us",
            "1795320306123456789 ns",
            "audit(1795320306.123:456): x",
            "msg=audit(1795320306.123:456): x",
            "134397939061234567 filetime",
            "@4000000065b3a1c70a1b2c3d tai",
            "11/22/2026 04:05:06 AM x",
            "11/22/2026 12:05:06 PM x",
            "2026年11月22日 04時05分06秒 x",
            "2026年1月2日 4時5分6秒",
            "2016-12-31T23:59:60Z",
        ];
        assert_snapshot!(rows.map(show).join("\n"), @r#"
        Nov  2 03:04:05 host => local 0000-11-02 03:04:05.000000 rest " host"
        Nov 2 03:04:05 host => local 0000-11-02 03:04:05.000000 rest " host"
        Nov  2 03:04:05.123 host => local 0000-11-02 03:04:05.123000 rest " host"
        Nov  2 2026 03:04:05 host => local 2026-11-02 03:04:05.000000 rest " host"
        2026 Nov  2 03:04:05 host => local 2026-11-02 03:04:05.000000 rest " host"
        Feb 29 00:00:00 leap => local 0000-02-29 00:00:00.000000 rest " leap"
        2026-11-22T04:05:06Z x => +0 2026-11-22 04:05:06.000000 rest " x"
        2026-11-22T04:05:06.123456789+09:00 x => +540 2026-11-22 04:05:06.123456 rest " x"
        2026-11-22 04:05:06,5 +0900 x => +540 2026-11-22 04:05:06.500000 rest " x"
        2026-11-22 04:05:06.789 UTC [1] => +0 2026-11-22 04:05:06.789000 rest " [1]"
        2026-11-22 04:05:06 JST x => +540 2026-11-22 04:05:06.000000 rest " x"
        2026-11-22 04:05:06 => local 2026-11-22 04:05:06.000000 rest ""
        2026/11/22 04:05:06 [error] 1#1 => local 2026-11-22 04:05:06.000000 rest " [error] 1#1"
        [22/Nov/2026:04:05:06 +0900] "GET => +540 2026-11-22 04:05:06.000000 rest " \"GET"
        22/Nov/2026:04:05:06 -0330 => -210 2026-11-22 04:05:06.000000 rest ""
        [Sun Nov 22 04:05:06.123456 2026] [core:error] => local 2026-11-22 04:05:06.123456 rest " [core:error]"
        [Sun Nov 22 04:05:06 2026] [error] => local 2026-11-22 04:05:06.000000 rest " [error]"
        Sun Nov 22 04:05:06 2026 rest => local 2026-11-22 04:05:06.000000 rest " rest"
        Sun Nov  2 04:05:06 JST 2026 rest => +540 2026-11-02 04:05:06.000000 rest " rest"
        Sun 2026-11-22 05:40:42 UTC host => +0 2026-11-22 05:40:42.000000 rest " host"
        1795320306 s => 1795320306000000 rest " s"
        1795320306.123 s => 1795320306123000 rest " s"
        1795320306123 ms => 1795320306123000 rest " ms"
        1795320306123456 us => 1795320306123456 rest " us"
        1795320306123456789 ns => 1795320306123456 rest " ns"
        audit(1795320306.123:456): x => 1795320306123000 rest ": x"
        msg=audit(1795320306.123:456): x => 1795320306123000 rest ": x"
        134397939061234567 filetime => 1795320306123456 rest " filetime"
        @4000000065b3a1c70a1b2c3d tai => 1706271165169552 rest " tai"
        11/22/2026 04:05:06 AM x => local 2026-11-22 04:05:06.000000 rest " x"
        11/22/2026 12:05:06 PM x => local 2026-11-22 12:05:06.000000 rest " x"
        2026年11月22日 04時05分06秒 x => local 2026-11-22 04:05:06.000000 rest " x"
        2026年1月2日 4時5分6秒 => local 2026-01-02 04:05:06.000000 rest ""
        2016-12-31T23:59:60Z => +0 2016-12-31 23:59:60.000000 rest ""
        "#);
    }

    #[test]
    fn refused() {
        for text in [
            "",
            "Nov",
            "Nov 32 00:00:00",
            "Nov  2 24:00:00",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "13/40/2026 01:00:00 AM",
            "11/22/2026 13:05:06 PM",
            "0000-01-01T00:00:00Z",
            "123",
            "@40000000zz",
        ] {
            assert_eq!(any(text.as_bytes()), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes(bytes: Vec<u8>) {
            if let Some(printed) = any(&bytes) {
                proptest::prop_assert!(printed.length <= bytes.len());
            }
        }
    }
}
