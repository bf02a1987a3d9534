//! From a printed stamp to a point in time.

use super::civil::Civil;
use super::{Meaning, Printed};
use crate::record::Settings;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use vocab::{Flags, Timestamp};

/// 1995-01-01 00:00 UTC: stamps before are `bad_time` (DT-TIM-07).
const EARLIEST: Timestamp = Timestamp::from_seconds(788_918_400);

/// A stamp as a point in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// The point; `None` with `bad_time`.
    pub time: Option<Timestamp>,
    /// Offset from UTC in minutes, where known.
    pub offset_min: Option<i16>,
    /// `bad_time`, `zone_assumed`, `time_assumed`.
    pub flags: Flags,
}

/// Is the point between 1995 and ten minutes after the clock (DT-TIM-07)?
#[must_use]
pub fn within_reason(time: Timestamp, clock: Timestamp) -> bool {
    time >= EARLIEST && time <= clock.plus(10 * Timestamp::MINUTE)
}

/// Turns stamps of one file into points in time. Keeps the last day, so that most stamps cost no zone lookup.
#[derive(Clone, Debug)]
pub struct Resolver {
    zone: TimeZone,
    zone_assumed: bool,
    clock: Timestamp,
    cached_date: (i16, u8, u8),
    /// UTC of local midnight of the cached day and offset in minutes; `None` when the offset changes on that day.
    cached: Option<(i64, i16)>,
    previous: i64,
}

impl Resolver {
    /// For the stamps of one file.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self {
            zone: settings.zone.clone(),
            zone_assumed: settings.zone_assumed,
            clock: settings.clock,
            cached_date: (0, 0, 0),
            cached: None,
            previous: i64::MIN,
        }
    }

    /// The point in time of a stamp. `year` stands in where the stamp has none; without either, `bad_time`.
    pub fn resolve(&mut self, printed: &Printed, year: i16) -> Resolved {
        match printed.meaning {
            Meaning::Instant(time) => self.check(time, None, Flags::default()),
            Meaning::Offset(civil, minutes) => {
                let time = Timestamp(civil.micros_as_utc() - i64::from(minutes) * Timestamp::MINUTE);
                self.check(time, Some(minutes), leap_second(civil))
            }
            Meaning::Local(mut civil) => {
                if civil.year == 0 {
                    civil.year = year;
                }
                if civil.year == 0 || !civil.valid() {
                    return bad();
                }
                self.local(civil)
            }
        }
    }

    fn check(&mut self, time: Timestamp, offset_min: Option<i16>, mut flags: Flags) -> Resolved {
        if within_reason(time, self.clock) {
            self.previous = time.0;
            return Resolved { time: Some(time), offset_min, flags };
        }
        flags.set(Flags::BAD_TIME);
        Resolved { time: None, offset_min, flags }
    }

    fn local(&mut self, civil: Civil) -> Resolved {
        let mut flags = leap_second(civil);
        if self.zone_assumed {
            flags.set(Flags::ZONE_ASSUMED);
        }
        let date = (civil.year, civil.month, civil.day);
        if self.cached_date != date {
            self.cached_date = date;
            self.cached = self.day(civil);
        }
        let (time, offset_min) = match self.cached {
            Some((midnight, offset_min)) => (midnight + civil.micros_of_day(), offset_min),
            None => match self.slow(civil, &mut flags) {
                Some(found) => found,
                None => return bad(),
            },
        };
        self.check(Timestamp(time), Some(offset_min), flags)
    }

    /// UTC of local midnight, when the whole day has one offset.
    fn day(&self, civil: Civil) -> Option<(i64, i16)> {
        let midnight = Civil { hour: 0, minute: 0, second: 0, micros: 0, ..civil };
        let last = Civil { hour: 23, minute: 59, second: 59, ..midnight };
        let (first_offset, last_offset) = (self.only_offset(midnight)?, self.only_offset(last)?);
        // A zone that changes and changes back within a day does not exist in the data base.
        (first_offset == last_offset).then(|| {
            (midnight.micros_as_utc() - i64::from(first_offset) * Timestamp::SECOND, minutes(first_offset))
        })
    }

    fn only_offset(&self, civil: Civil) -> Option<i32> {
        match self.zone.to_ambiguous_timestamp(date_time(civil)?).offset() {
            AmbiguousOffset::Unambiguous { offset } => Some(offset.seconds()),
            AmbiguousOffset::Gap { .. } | AmbiguousOffset::Fold { .. } => None,
        }
    }

    /// A day on which the offset changes (DT-TIM-04): a doubled time is the first one that does not step back, a time
    /// that does not exist is read with the offset before the change and flagged.
    fn slow(&self, civil: Civil, flags: &mut Flags) -> Option<(i64, i16)> {
        let naive = civil.micros_as_utc();
        let at = |offset: i32| (naive - i64::from(offset) * Timestamp::SECOND, minutes(offset));
        match self.zone.to_ambiguous_timestamp(date_time(civil)?).offset() {
            AmbiguousOffset::Unambiguous { offset } => Some(at(offset.seconds())),
            AmbiguousOffset::Gap { before, .. } => {
                flags.set(Flags::TIME_ASSUMED);
                Some(at(before.seconds()))
            }
            AmbiguousOffset::Fold { before, after } => {
                if self.previous == i64::MIN {
                    flags.set(Flags::TIME_ASSUMED);
                }
                let first = at(before.seconds());
                let backwards = first.0 < self.previous.saturating_sub(5 * Timestamp::MINUTE);
                Some(if backwards { at(after.seconds()) } else { first })
            }
        }
    }
}

fn bad() -> Resolved {
    Resolved { time: None, offset_min: None, flags: Flags::BAD_TIME }
}

fn minutes(seconds: i32) -> i16 {
    i16::try_from(seconds / 60).unwrap_or(0)
}

fn leap_second(civil: Civil) -> Flags {
    if civil.second >= 60 { Flags::TIME_ASSUMED } else { Flags::default() }
}

fn date_time(civil: Civil) -> Option<DateTime> {
    let signed = |value: u8| i8::try_from(value).ok();
    DateTime::new(
        civil.year,
        signed(civil.month)?,
        signed(civil.day)?,
        signed(civil.hour)?,
        signed(civil.minute)?,
        signed(civil.second.min(59))?,
        i32::try_from(civil.micros).ok()? * 1_000,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::any;

    fn resolver(zone: &str) -> Resolver {
        Resolver::new(&Settings {
            zone: TimeZone::get(zone).unwrap(),
            zone_assumed: false,
            clock: Timestamp::from_seconds(1_795_326_000),
            host: String::new(),
        })
    }

    fn micros(resolver: &mut Resolver, text: &str) -> (Option<i64>, Vec<&'static str>) {
        let resolved = resolver.resolve(&any(text.as_bytes()).unwrap(), 2026);
        (resolved.time.map(Timestamp::seconds), resolved.flags.names().collect())
    }

    #[test]
    fn local_and_offset_agree() {
        let mut tokyo = resolver("Asia/Tokyo");
        let want = (Some(1_795_287_906), vec![]);
        assert_eq!(micros(&mut tokyo, "Nov 22 04:05:06"), want);
        assert_eq!(micros(&mut tokyo, "2026-11-22T04:05:06+09:00"), want);
        assert_eq!(micros(&mut tokyo, "2026-11-21T19:05:06Z"), want);
        assert_eq!(micros(&mut tokyo, "2026-11-22 04:05:06"), want);
    }

    #[test]
    fn future_and_ancient_are_bad() {
        let mut utc = resolver("UTC");
        assert_eq!(micros(&mut utc, "2026-11-22T05:39:59Z").1, Vec::<&str>::new());
        assert_eq!(micros(&mut utc, "2026-11-22T05:50:01Z"), (None, vec!["bad_time"]));
        assert_eq!(micros(&mut utc, "1994-12-31T23:59:59Z"), (None, vec!["bad_time"]));
        assert_eq!(micros(&mut utc, "9999-12-31T23:59:59Z"), (None, vec!["bad_time"]));
    }

    #[test]
    fn doubled_hour_follows_the_order() {
        let mut berlin = resolver("Europe/Berlin");
        let first = micros(&mut berlin, "Oct 25 01:59:00").0.unwrap();
        assert_eq!(micros(&mut berlin, "Oct 25 02:30:00").0, Some(first + 31 * 60));
        assert_eq!(micros(&mut berlin, "Oct 25 02:10:00").0, Some(first + 71 * 60));
        assert_eq!(micros(&mut berlin, "Mar 29 02:30:00").1, vec!["time_assumed"]);
    }

    #[test]
    fn leap_day_without_leap_year_is_bad() {
        let mut utc = resolver("UTC");
        assert_eq!(micros(&mut utc, "Feb 29 00:00:00"), (None, vec!["bad_time"]));
    }
}
