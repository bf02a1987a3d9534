//! The year of stamps that carry none (detection.md 2.1, rules Y1 to Y6).

use super::civil::{Civil, days_from_civil, is_leap};
use super::{Meaning, form, month_first};
use vocab::Timestamp;

/// Years away from the newest line that are told apart; a chain does not reach further back.
const SPAN_YEARS: i32 = 60;
const DAY_SECONDS: i64 = 86_400;

/// Walks over the stamps of a chain from oldest to newest and counts the turns of the year (Y4). The same walk over the
/// same stamps gives the same numbers, so it is done once to find the end and once more while decoding.
#[derive(Clone, Debug, Default)]
pub struct YearWalk {
    previous: Option<Civil>,
    relative: i32,
    leap_days: u128,
    known: Option<(i32, i16)>,
    /// The last record began with a stamp without year.
    yearless: bool,
    /// Some record did.
    any_yearless: bool,
    /// Beginning of the last record with a stamp: the next one mostly begins the same and needs no parsing.
    same: [u8; 10],
}

impl YearWalk {
    /// Takes the next record; returns its year relative to that of the first stamp.
    pub fn step(&mut self, record: &[u8]) -> i32 {
        let start = record.first_chunk::<10>();
        if start == Some(&self.same) {
            return self.relative;
        }
        self.yearless = false;
        if let Some(civil) = yearless(record) {
            self.stamp(civil);
            self.yearless = true;
            self.any_yearless = true;
        } else if let Some(civil) = full(record) {
            self.stamp(civil);
            self.known = Some((self.relative, civil.year));
        }
        // Ten bytes hold month, day and hour, or the whole date, unless a priority stands in front.
        let keeps = start.filter(|start| start[0] != b'<' && (self.yearless || start[0].is_ascii_digit()));
        self.same = keeps.copied().unwrap_or_default();
        self.relative
    }

    /// Did the last record begin with a stamp without year?
    #[must_use]
    pub const fn is_yearless(&self) -> bool {
        self.yearless
    }

    fn stamp(&mut self, civil: Civil) {
        let same_day =
            self.previous.is_some_and(|before| before.month == civil.month && before.day == civil.day);
        if same_day {
            return;
        }
        if let Some(before) = self.previous {
            self.relative = (self.relative + turn(before, civil)).clamp(-SPAN_YEARS, SPAN_YEARS);
        }
        self.previous = Some(civil);
        if civil.month == 2 && civil.day == 29 {
            self.leap_days |= 1 << (self.relative + SPAN_YEARS);
        }
    }

    /// Did any record begin with a stamp without year?
    #[must_use]
    pub const fn any_yearless(&self) -> bool {
        self.any_yearless
    }

    /// Day of the last stamp, if there was one; the time of day is that of the first stamp on that day.
    #[must_use]
    pub const fn last(&self) -> Option<Civil> {
        self.previous
    }

    /// Relative year of the last stamp.
    #[must_use]
    pub const fn relative(&self) -> i32 {
        self.relative
    }

    /// A full date that stood among the stamps: relative year, and year.
    #[must_use]
    pub const fn known(&self) -> Option<(i32, i16)> {
        self.known
    }
}

/// By how many years the year goes up from one stamp to the next: 1 when the next would otherwise lie more than 24 h
/// back, -1 for disorder around midnight of New Year, else 0.
fn turn(before: Civil, after: Civil) -> i32 {
    let seconds = |civil: Civil| {
        // Year 2000 has a leap day: differences across the turn of the year are exact.
        days_from_civil(2000, i64::from(civil.month), i64::from(civil.day)) * DAY_SECONDS
            + civil.micros_of_day() / Timestamp::SECOND
    };
    let step = seconds(after) - seconds(before);
    // A step over the end of February is a day shorter outside leap years.
    let over_february = before.month >= 3 && (after.month < 2 || (after.month == 2 && after.day <= 28));
    let back_max = if over_february { 2 * DAY_SECONDS } else { DAY_SECONDS };
    if step < -back_max {
        1
    } else if step >= 365 * DAY_SECONDS {
        -1
    } else {
        0
    }
}

/// The stamp without year at the beginning of a record, after an optional `<PRI>`.
#[must_use]
pub fn yearless(record: &[u8]) -> Option<Civil> {
    let record = after_pri(record);
    if !record.first()?.is_ascii_alphabetic() {
        return None;
    }
    match month_first::rfc3164(record)?.meaning {
        Meaning::Local(civil) if civil.year == 0 => Some(civil),
        _ => None,
    }
}

fn full(record: &[u8]) -> Option<Civil> {
    let record = after_pri(record);
    if !record.first()?.is_ascii_digit() {
        return None;
    }
    match form::rfc3339(record)?.meaning {
        Meaning::Local(civil) | Meaning::Offset(civil, _) => Some(civil),
        Meaning::Instant(_) => None,
    }
}

fn after_pri(record: &[u8]) -> &[u8] {
    if record.first() != Some(&b'<') {
        return record;
    }
    match record.iter().take(5).position(|byte| *byte == b'>') {
        Some(end) => record.get(end + 1..).unwrap_or_default(),
        None => record,
    }
}

/// Where the year of the newest line comes from (Y2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AnchorKind {
    /// `--year`.
    Setting,
    /// A date in the name of a rotated file.
    DatedName,
    /// A line with a full stamp in the same chain.
    FullStamp,
    /// Modification time of the newest file.
    FileTime,
    /// The clock of the run.
    Clock,
}

impl AnchorKind {
    /// Sets `year_assumed` (Y6)?
    #[must_use]
    pub const fn assumed(self) -> bool {
        matches!(self, Self::FileTime | Self::Clock)
    }
}

/// The years of a chain: for the summary, and for decoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Years {
    /// Where the year of the newest line comes from.
    pub kind: AnchorKind,
    /// Year of the newest line.
    pub newest: i16,
    /// Year of each relative year, from `-SPAN_YEARS`.
    table: Vec<i16>,
}

impl Years {
    /// Fixes the years after a walk: the newest line is in `newest`; a relative year with a 29 February moves back to a
    /// leap year, with everything before it (Y5), unless the year was set by hand.
    #[must_use]
    pub fn new(walk: &YearWalk, kind: AnchorKind, newest: i16) -> Self {
        let mut table = vec![0; (2 * SPAN_YEARS + 1) as usize];
        let mut year = i32::from(newest);
        // Relative years after that of the last line exist where disorder stepped over New Year.
        for (index, slot) in table.iter_mut().enumerate().rev() {
            let relative = i32::try_from(index).unwrap_or(0) - SPAN_YEARS;
            if relative > walk.relative {
                *slot = i16::try_from(i32::from(newest) + relative - walk.relative).unwrap_or(0);
                continue;
            }
            let leap = walk.leap_days & (1 << index) != 0;
            while leap && kind != AnchorKind::Setting && !is_leap(i16::try_from(year).unwrap_or(0)) {
                year -= 1;
            }
            *slot = i16::try_from(year).unwrap_or(0);
            year -= 1;
        }
        Self { kind, newest, table }
    }

    /// Year for a relative year of the walk.
    #[must_use]
    pub fn of(&self, relative: i32) -> i16 {
        usize::try_from(relative + SPAN_YEARS).ok().and_then(|at| self.table.get(at)).copied().unwrap_or(0)
    }
}

/// Y3: the latest year that does not place the stamp more than 24 h after the anchor (both as wall clock; the zone is
/// within the 24 h).
#[must_use]
pub fn latest_year(stamp: Civil, anchor: Timestamp) -> i16 {
    let limit = anchor.plus(Timestamp::DAY).0;
    let (year, _, _) = super::civil::civil_from_days(limit.div_euclid(Timestamp::DAY));
    let year = i16::try_from(year).unwrap_or(i16::MAX - 1);
    let in_year = Civil { year, ..stamp };
    // 29 February of a common year counts as 1 March here; Y5 moves it afterwards.
    if in_year.micros_as_utc() <= limit { year } else { year - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn years(lines: &[&str], kind: AnchorKind, newest: i16) -> Vec<i16> {
        let mut first = YearWalk::default();
        for line in lines {
            first.step(line.as_bytes());
        }
        let years = Years::new(&first, kind, newest);
        let mut second = YearWalk::default();
        lines.iter().map(|line| years.of(second.step(line.as_bytes()))).collect()
    }

    #[test]
    fn turn_of_the_year() {
        let lines = ["Dec 30 10:00:00 h", "Dec 31 23:59:59 h", "Jan  1 00:00:01 h", "Nov  2 00:00:00 h"];
        assert_eq!(years(&lines, AnchorKind::Clock, 2026), [2025, 2025, 2026, 2026]);
    }

    #[test]
    fn disorder_at_midnight_is_no_turn() {
        let lines = [
            "Dec 31 23:59:59 h",
            "Jan  1 00:00:00 h",
            "Dec 31 23:59:59 h",
            "Jan  1 00:00:02 h",
            "Mar  1 00:00:01 h",
            "Feb 28 23:59:59 h",
        ];
        assert_eq!(years(&lines, AnchorKind::Clock, 2026), [2025, 2026, 2025, 2026, 2026, 2026]);
    }

    #[test]
    fn several_years() {
        let lines = ["Jun  1 00:00:00 h", "Jan  1 00:00:00 h", "Jun  1 00:00:00 h", "May  1 00:00:00 h"];
        assert_eq!(years(&lines, AnchorKind::FileTime, 2026), [2024, 2025, 2025, 2026]);
    }

    #[test]
    fn leap_day_forces_a_leap_year() {
        let lines = ["Dec 31 00:00:00 h", "Feb 28 00:00:00 h", "Feb 29 00:00:00 h", "Mar  1 00:00:00 h"];
        assert_eq!(years(&lines, AnchorKind::Clock, 2026), [2023, 2024, 2024, 2024]);
        assert_eq!(years(&lines, AnchorKind::Setting, 2026), [2025, 2026, 2026, 2026]);
    }

    #[test]
    fn newest_line_is_not_in_the_future() {
        let clock = Timestamp::from_seconds(1_795_326_000); // 2026-11-22 05:40 UTC
        let of = |text: &str| latest_year(yearless(text.as_bytes()).unwrap(), clock);
        assert_eq!(of("Nov 22 05:40:00 h"), 2026);
        assert_eq!(of("<38>Nov 23 05:39:00 h"), 2026);
        assert_eq!(of("Nov 23 05:41:00 h"), 2025);
        assert_eq!(of("Dec 10 06:55:46 h"), 2025);
    }

    proptest::proptest! {
        #[test]
        fn any_walk(lines: Vec<(u8, u8, u8)>) {
            let mut walk = YearWalk::default();
            for (month, day, hour) in lines {
                walk.stamp(Civil { month: month % 12 + 1, day: day % 28 + 1, hour: hour % 24, ..Civil::default() });
            }
            proptest::prop_assert_eq!(Years::new(&walk, AnchorKind::Clock, 2026).of(walk.relative()), 2026);
        }
    }
}
