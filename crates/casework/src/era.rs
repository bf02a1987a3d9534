//! Japanese eras (和暦): shown where a form asks for them, read where a person types them (CW-DOC-14, CW-DOC-15). Dates are
//! stored as ISO 8601 only.
//!
//! Borders: 明治6年1月1日 (1873-01-01, when the Gregorian calendar came into use), 大正 1912-07-30, 昭和 1926-12-25, 平成
//! 1989-01-08, 令和 2019-05-01. The day of a change belongs to the new era.

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization as _;

/// Name, letter, first day.
const ERAS: [(&str, char, Date); 5] = [
    ("令和", 'R', jiff::civil::date(2019, 5, 1)),
    ("平成", 'H', jiff::civil::date(1989, 1, 8)),
    ("昭和", 'S', jiff::civil::date(1926, 12, 25)),
    ("大正", 'T', jiff::civil::date(1912, 7, 30)),
    ("明治", 'M', jiff::civil::date(1873, 1, 1)),
];
/// Year 1 of each era, in the order of [`ERAS`].
const YEAR_ONE: [i16; 5] = [2019, 1989, 1926, 1912, 1868];
/// Longest text that is read as a date, characters.
const CHARS_MAX: usize = 40;

/// Why a text is no date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Not written as a date.
    #[error("「{0}」は日付として読めない / is no date: expected 2026-11-28, 令和8年11月28日 or R8.11.28")]
    Shape(String),
    /// No such day.
    #[error("「{0}」という日はない / there is no such day")]
    Day(String),
    /// The day lies in another era.
    #[error("「{given}」という日はない。正しくは{right} / the day belongs to another era: {right}")]
    Era {
        /// As typed.
        given: String,
        /// The same day in the right era.
        right: String,
    },
}

/// A day in the Japanese calendar, 元年 for the first year; Western before 1873.
///
/// ```
/// assert_eq!(casework::era::long(jiff::civil::date(2019, 5, 1)), "令和元年5月1日");
/// ```
#[must_use]
pub fn long(day: Date) -> String {
    let (month, of_month) = (day.month(), day.day());
    match ERAS.iter().zip(YEAR_ONE).find(|((_, _, first), _)| day >= *first) {
        Some(((name, ..), one)) => match day.year() - one + 1 {
            1 => format!("{name}元年{month}月{of_month}日"),
            year => format!("{name}{year}年{month}月{of_month}日"),
        },
        None => format!("{}年{month}月{of_month}日", day.year()),
    }
}

/// Reads a day: ISO 8601, 平成12年2月13日, 平成一二年二月一三日, H12.2.13, 2026/11/28, 2026年11月28日; full-width digits too.
///
/// # Errors
///
/// When the text is no date, the day does not exist, or it lies in another era, which is then proposed.
pub fn read(text: &str) -> Result<Date, DateError> {
    let shape = || DateError::Shape(text.chars().take(CHARS_MAX).collect());
    if text.chars().count() > CHARS_MAX {
        return Err(shape());
    }
    let plain: String = text.nfkc().filter(|c| !c.is_whitespace()).collect();
    let (era, rest) = split_era(&plain);
    let mut parts = rest.split(['年', '月', '日', '.', '/', '-']).map(number);
    let (Some(Some(year)), Some(Some(month)), Some(Some(day))) = (parts.next(), parts.next(), parts.next())
    else {
        return Err(shape());
    };
    if !parts.all(|rest| rest.is_none()) || (era.is_none() && year < 1000) {
        return Err(shape());
    }
    let (month, day) = (i8::try_from(month).unwrap_or(0), i8::try_from(day).unwrap_or(0));
    let western = match era {
        None => year,
        Some(era) if (1..=100).contains(&year) => YEAR_ONE.get(era).copied().unwrap_or_default() + year - 1,
        Some(_) => return Err(DateError::Day(text.to_owned())),
    };
    let date = Date::new(western, month, day).map_err(|_| DateError::Day(text.to_owned()))?;
    match era {
        Some(era) if ERAS.iter().position(|(_, _, first)| date >= *first) != Some(era) => {
            Err(DateError::Era { given: text.to_owned(), right: long(date) })
        }
        _ => Ok(date),
    }
}

/// Which era a text begins with, and the rest.
fn split_era(text: &str) -> (Option<usize>, &str) {
    for (at, (name, letter, _)) in ERAS.iter().enumerate() {
        if let Some(rest) = text.strip_prefix(name) {
            return (Some(at), rest);
        }
        let after = text.strip_prefix(*letter).or_else(|| text.strip_prefix(letter.to_ascii_lowercase()));
        if let Some(rest) = after {
            return (Some(at), rest);
        }
    }
    (None, text)
}

/// A number in digits or kanji: 12, 一二, 十二, 二十三, 元.
fn number(text: &str) -> Option<i16> {
    if text == "元" {
        return Some(1);
    }
    if text.is_empty() || text.len() > 12 {
        return None;
    }
    let mut value: i16 = 0;
    // What stands before 十 counts tens: nothing (十二) means one.
    let mut pending: Option<i16> = None;
    for c in text.chars() {
        let digit = match "〇一二三四五六七八九".chars().position(|kanji| kanji == c) {
            Some(digit) => digit,
            None if c == '十' => {
                value = value.checked_add(pending.take().unwrap_or(1).checked_mul(10)?)?;
                continue;
            }
            None => usize::try_from(c.to_digit(10)?).ok()?,
        };
        let digit = i16::try_from(digit).ok()?;
        pending = Some(pending.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
    }
    value.checked_add(pending.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The table of casework.md 15.3.
    #[test]
    fn the_borders_of_the_eras() {
        let table = [
            ("2000-02-13", "平成12年2月13日"),
            ("1989-01-07", "昭和64年1月7日"),
            ("1989-01-08", "平成元年1月8日"),
            ("2019-04-30", "平成31年4月30日"),
            ("2019-05-01", "令和元年5月1日"),
            ("1926-12-24", "大正15年12月24日"),
            ("1926-12-25", "昭和元年12月25日"),
            ("1912-07-29", "明治45年7月29日"),
            ("1912-07-30", "大正元年7月30日"),
            ("1873-01-01", "明治6年1月1日"),
            ("1872-12-31", "1872年12月31日"),
            ("2026-11-28", "令和8年11月28日"),
        ];
        for (iso, shown) in table {
            let day: Date = iso.parse().unwrap();
            assert_eq!(long(day), shown);
            assert_eq!(read(shown), Ok(day), "{shown}");
            assert_eq!(read(iso), Ok(day), "{iso}");
        }
    }

    /// CW-DOC-15
    #[test]
    fn people_write_dates_in_many_ways() {
        let day = jiff::civil::date(2000, 2, 13);
        let ways = [
            "平成12年2月13日",
            "H12.2.13",
            "h12/2/13",
            "平成一二年二月一三日",
            "平成十二年二月十三日",
            "平成１２年２月１３日",
            "Ｈ１２．２．１３",
            "2000/2/13",
            "２０００年２月１３日",
            "平成 12 年 2 月 13 日",
        ];
        for way in ways {
            assert_eq!(read(way), Ok(day), "{way}");
        }
        let wrong = read("平成31年5月1日").unwrap_err();
        assert_eq!(
            wrong,
            DateError::Era {
                given: "平成31年5月1日".to_owned(), right: "令和元年5月1日".to_owned()
            }
        );
        assert_eq!(read("令和8年2月29日"), Err(DateError::Day("令和8年2月29日".to_owned())));
        for none in ["", "昨日", "8年11月28日", "2026-11", "2026-11-28-1", "令和999年1月1日", "2026-13-01"]
        {
            assert!(read(none).is_err(), "{none}");
        }
    }

    proptest! {
        #[test]
        fn every_day_is_read_back(days in 0_i32..60_000) {
            let day = jiff::civil::date(1873, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            prop_assert_eq!(read(&long(day)), Ok(day));
        }

        #[test]
        fn no_text_is_too_strange(text in "\\PC{0,50}|[令和平成昭元年月日十一二0-9.HS]{0,45}") {
            let _ = read(&text);
        }
    }
}
