//! Counting days in Japan's calendar (CW-REP-06): data says whether the first day counts, whether holidays count, and
//! whether a last day that is a holiday moves on.

use vocab::Timestamp;

const HOLIDAYS: &str = include_str!("../data/holidays.tsv");
const JAPAN: i64 = 9 * Timestamp::HOUR;

/// How a clock counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DayCount {
    /// The day on which it starts is day 1.
    pub(crate) first_day_counts: bool,
    /// Saturdays, Sundays and holidays are not counted.
    pub(crate) business_days: bool,
    /// A last day that is a Saturday, Sunday or holiday moves to the next day that is none.
    pub(crate) roll_over: bool,
}

impl DayCount {
    /// The last second of day `days`, counted from the day of `start`.
    pub(crate) fn end_of(self, start: Timestamp, days: i64) -> Timestamp {
        let mut day = (start.0.saturating_add(JAPAN)).div_euclid(Timestamp::DAY);
        let mut left = days;
        if self.first_day_counts && self.counts(day) {
            left -= 1;
        }
        while left > 0 {
            day += 1;
            if self.counts(day) {
                left -= 1;
            }
        }
        // A year of holidays in a row does not exist: the walk ends.
        for _ in 0..366 {
            if !self.roll_over || !is_free(day) {
                break;
            }
            day += 1;
        }
        Timestamp((day + 1) * Timestamp::DAY - JAPAN - Timestamp::SECOND)
    }

    fn counts(self, day: i64) -> bool {
        !self.business_days || !is_free(day)
    }
}

/// A Saturday, Sunday or holiday; `day` counts from 1970-01-01, a Thursday.
fn is_free(day: i64) -> bool {
    matches!(day.rem_euclid(7), 2 | 3) || holidays().any(|holiday| holiday == day)
}

fn holidays() -> impl Iterator<Item = i64> {
    HOLIDAYS.lines().filter_map(|line| line.split('\t').next()).filter_map(day_number)
}

/// Days since 1970-01-01 of `YYYY-MM-DD`.
fn day_number(text: &str) -> Option<i64> {
    let day: jiff::civil::Date = text.parse().ok()?;
    let since = day.since(jiff::civil::date(1970, 1, 1)).ok()?;
    Some(i64::from(since.get_days()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALENDAR: DayCount = DayCount { first_day_counts: true, business_days: false, roll_over: false };

    /// The last second of a day in Japan.
    fn end(day: &str) -> Timestamp {
        Timestamp((day_number(day).unwrap() + 1) * Timestamp::DAY - JAPAN - Timestamp::SECOND)
    }

    /// Noon in Japan.
    fn noon(day: &str) -> Timestamp {
        Timestamp(day_number(day).unwrap() * Timestamp::DAY - JAPAN + 12 * Timestamp::HOUR)
    }

    #[test]
    fn day_numbers_are_those_of_the_calendar() {
        for (day, number) in [("1970-01-01", 0), ("2000-02-29", 11_016), ("2026-11-27", 20_784)] {
            assert_eq!(day_number(day), Some(number));
        }
        assert_eq!(day_number("x"), None);
    }

    #[test]
    fn day_known_is_day_one_and_the_calendar_is_japans() {
        // 23:30 in Japan on 2026-11-22 is 14:30 UTC.
        let clock = Timestamp::from_seconds(1_795_357_800);
        assert_eq!(CALENDAR.end_of(clock, 5), end("2026-11-26"));
        assert_eq!(CALENDAR.end_of(clock.plus(Timestamp::HOUR), 5), end("2026-11-27"));
        assert_eq!(CALENDAR.end_of(clock, 1), end("2026-11-22"));
    }

    #[test]
    fn the_first_day_may_not_count() {
        let count = DayCount { first_day_counts: false, ..CALENDAR };
        assert_eq!(count.end_of(noon("2026-11-02"), 5), end("2026-11-07"));
    }

    #[test]
    fn business_days_pass_over_holidays() {
        let count = DayCount { first_day_counts: false, business_days: true, roll_over: false };
        // Thursday 2026-04-30: Friday is day 1; then a weekend with Constitution Day and three more free days.
        assert_eq!(count.end_of(noon("2026-04-30"), 1), end("2026-05-01"));
        assert_eq!(count.end_of(noon("2026-04-30"), 2), end("2026-05-07"));
        assert_eq!(count.end_of(noon("2026-09-18"), 1), end("2026-09-24"), "Silver Week of 2026");
        let first = DayCount { first_day_counts: true, ..count };
        assert_eq!(first.end_of(noon("2026-11-21"), 1), end("2026-11-24"), "a Saturday is no day 1");
    }

    #[test]
    fn a_last_day_may_roll_over() {
        let count = DayCount { roll_over: true, ..CALENDAR };
        assert_eq!(count.end_of(noon("2026-11-19"), 3), end("2026-11-24"), "Saturday, Sunday, holiday");
        assert_eq!(count.end_of(noon("2026-11-17"), 3), end("2026-11-19"));
    }

    #[test]
    fn the_holidays_are_whole_years_in_order() {
        let days: Vec<i64> = holidays().collect();
        assert!(days.windows(2).all(|pair| pair[0] < pair[1]));
        for (year, holidays) in [("2025", 19), ("2026", 18), ("2027", 17)] {
            let found = HOLIDAYS.lines().filter(|line| line.starts_with(year)).count();
            assert_eq!(found, holidays, "{year}");
        }
        // A holiday on a Sunday is made up for on the next day that is no holiday of its own (Art. 3(2)).
        let named: Vec<i64> = HOLIDAYS
            .lines()
            .filter(|line| !line.starts_with('#') && !line.ends_with("休日"))
            .filter_map(|line| day_number(line.split('\t').next()?))
            .collect();
        for sunday in named.iter().filter(|day| day.rem_euclid(7) == 3) {
            let next = (sunday + 1..).find(|day| !named.contains(day)).unwrap();
            assert!(days.contains(&next), "{sunday}");
        }
    }
}
