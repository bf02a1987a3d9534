//! Rotation chains by name (Y1): files that differ only in a rotation suffix.

use std::cmp::Reverse;

/// Place of a file in its chain; the order is from oldest to newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Age {
    /// `-20261101`: by date (`YYYYMMDD`), then by what follows it.
    Dated(u32, u32),
    /// `.3`: the higher, the older.
    Numbered(Reverse<u32>),
    /// No suffix: being written.
    Current,
}

impl Age {
    /// The date in the name: year, month, day.
    pub(crate) fn date(self) -> Option<(i16, u8, u8)> {
        let Self::Dated(date, _) = self else { return None };
        let narrow = |value: u32| u8::try_from(value).ok();
        Some((i16::try_from(date / 10_000).ok()?, narrow(date / 100 % 100)?, narrow(date % 100)?))
    }
}

/// Splits a name into the name of its chain and its age.
pub(crate) fn split(name: &str) -> (&str, Age) {
    let base =
        [".gz", ".xz", ".bz2", ".zst", ".Z"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    if let Some((stem, tail)) = base.rsplit_once('.')
        && !stem.is_empty()
        && let Some(number) = digits(tail, 1, 4)
    {
        return match dated(stem) {
            // `auth.log-20261101.2`
            Some((stem, date, _)) => (stem, Age::Dated(date, number)),
            None => (stem, Age::Numbered(Reverse(number))),
        };
    }
    match dated(base) {
        Some((stem, date, rest)) => (stem, Age::Dated(date, rest)),
        None => (base, Age::Current),
    }
}

/// `stem-20261101`, `stem.20261101`, `stem-2026110103`, `stem-2026-11-01`, `stem-20261101-1793577600`.
fn dated(name: &str) -> Option<(&str, u32, u32)> {
    if let Some((head, tail)) = name.rsplit_once('-')
        && let Some(rest) = digits(tail, 1, 2).or_else(|| digits(tail, 9, 10))
        && let Some((stem, date, _)) = compact(head)
    {
        return Some((stem, date, rest));
    }
    compact(name).or_else(|| dashed(name))
}

fn compact(name: &str) -> Option<(&str, u32, u32)> {
    let at = name.rfind(['-', '.', '_'])?;
    let (stem, tail) = (name.get(..at)?, name.get(at + 1..)?);
    let date = digits(tail.get(..8)?, 8, 8).filter(|date| plausible(*date))?;
    let rest = tail.get(8..)?;
    let rest = if rest.is_empty() { 0 } else { digits(rest, 2, 6)? };
    (!stem.is_empty()).then_some((stem, date, rest))
}

fn dashed(name: &str) -> Option<(&str, u32, u32)> {
    let (stem, tail) = name.split_at_checked(name.len().checked_sub(11)?)?;
    let tail = tail.strip_prefix(['-', '.', '_'])?;
    let mut parts = tail.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let date = digits(year, 4, 4)? * 10_000 + digits(month, 2, 2)? * 100 + digits(day, 2, 2)?;
    (plausible(date) && !stem.is_empty()).then_some((stem, date, 0))
}

fn plausible(date: u32) -> bool {
    (19_900_101..=21_001_231).contains(&date)
        && (1..=12).contains(&(date / 100 % 100))
        && (1..=31).contains(&(date % 100))
}

fn digits(text: &str, min: usize, max: usize) -> Option<u32> {
    let fits = (min..=max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes() {
        for (name, stem, age) in [
            ("auth.log", "auth.log", Age::Current),
            ("auth.log.1", "auth.log", Age::Numbered(Reverse(1))),
            ("auth.log.12.gz", "auth.log", Age::Numbered(Reverse(12))),
            ("secure-20261101", "secure", Age::Dated(20_261_101, 0)),
            ("secure-20261101.xz", "secure", Age::Dated(20_261_101, 0)),
            ("access_log-2026110103", "access_log", Age::Dated(20_261_101, 3)),
            ("access.2026-11-01", "access", Age::Dated(20_261_101, 0)),
            ("messages-20261101-1793577600.gz", "messages", Age::Dated(20_261_101, 1_793_577_600)),
            ("u_ex261101.log", "u_ex261101.log", Age::Current),
            ("日本語.log", "日本語.log", Age::Current),
            (".1", ".1", Age::Current),
            ("", "", Age::Current),
        ] {
            assert_eq!(split(name), (stem, age), "{name}");
        }
    }

    #[test]
    fn oldest_first() {
        let mut names =
            vec!["auth.log", "auth.log.2.gz", "auth.log.10.gz", "auth.log-20260101", "auth.log.1"];
        names.sort_by_key(|name| split(name).1);
        assert_eq!(names, ["auth.log-20260101", "auth.log.10.gz", "auth.log.2.gz", "auth.log.1", "auth.log"]);
    }

    proptest::proptest! {
        #[test]
        fn any_name(name: String) {
            proptest::prop_assert!(name.starts_with(split(&name).0));
        }
    }
}
