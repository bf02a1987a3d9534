//! Duty times, quiet hours and the hour of the daily digest, in the zone of the organisation.

use jiff::tz::TimeZone;
use vocab::Timestamp;

/// Minutes of a day.
pub const DAY_MINUTES: u16 = 24 * 60;

/// A moment as a clock on the wall shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local {
    /// Day of the week, Monday 0 to Sunday 6.
    pub day: u8,
    /// Minute of the day, 0 to 1,439.
    pub minute: u16,
}

/// Times of the week: some days, from one minute of the day until another. Where it ends before it begins it runs over
/// midnight and belongs to the day on which it began; where both are the same it is the whole day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// Days as bits, Monday the lowest.
    pub days: u8,
    /// First minute of the day.
    pub from: u16,
    /// First minute after it.
    pub until: u16,
}

impl Hours {
    /// Every day, all day.
    pub const ALWAYS: Self = Self { days: 0b111_1111, from: 0, until: 0 };

    /// Is this moment within them?
    #[must_use]
    pub fn holds(self, now: Local) -> bool {
        let on = |day: u8| self.days >> (day % 7) & 1 == 1;
        if self.from < self.until {
            return on(now.day) && now.minute >= self.from && now.minute < self.until;
        }
        if self.from == self.until {
            return on(now.day);
        }
        on(now.day) && now.minute >= self.from || on(now.day + 6) && now.minute < self.until
    }

    /// Reads `HH:MM-HH:MM`, every day. `24:00` is the end of the day.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (from, until) = text.split_once('-')?;
        Some(Self {
            days: 0b111_1111,
            from: minute(from)? % DAY_MINUTES,
            until: minute(until)? % DAY_MINUTES,
        })
    }
}

/// Reads `HH:MM` as minutes of the day, 0 to 1,440; `None` when it is no time of the day.
#[must_use]
pub fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hour) || !digits(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let all = hour * 60 + minute;
    (minute < 60 && all <= DAY_MINUTES).then_some(all)
}

/// What a clock on the wall shows in a zone.
#[must_use]
pub fn local(now: Timestamp, zone: &TimeZone) -> Local {
    let shown = jiff::Timestamp::from_microsecond(now.0).unwrap_or_default().to_zoned(zone.clone());
    let day = u8::try_from(shown.weekday().to_monday_zero_offset()).unwrap_or(0);
    let minute = u16::try_from(shown.hour()).unwrap_or(0) * 60 + u16::try_from(shown.minute()).unwrap_or(0);
    Local { day, minute }
}

/// When the quiet hours that hold now end; `None` when they do not hold.
#[must_use]
pub fn quiet_end(quiet: Option<Hours>, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let quiet = quiet?;
    let at = local(now, zone);
    if !quiet.holds(at) {
        return None;
    }
    let left = (quiet.until + DAY_MINUTES - at.minute - 1) % DAY_MINUTES + 1;
    let into = now.0.rem_euclid(Timestamp::MINUTE);
    Some(now.plus(i64::from(left) * Timestamp::MINUTE - into))
}

/// Is the daily digest of `minute` due, when the last one went out at `last`?
#[must_use]
pub fn digest_due(minute: u16, last: Timestamp, now: Timestamp, zone: &TimeZone) -> bool {
    // A digest that was missed while the service was down is made up for once.
    now.since(last) > 20 * Timestamp::HOUR
        && (local(now, zone).minute >= minute || now.since(last) > 2 * Timestamp::DAY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hours_are_read_and_may_run_over_midnight() {
        let night = Hours::parse("22:00-07:00").expect("hours");
        for (day, minute, holds) in
            [(0, 22 * 60, true), (0, 22 * 60 - 1, false), (1, 419, true), (1, 420, false)]
        {
            assert_eq!(night.holds(Local { day, minute }), holds, "{day} {minute}");
        }
        for wrong in
            ["", "22-07", "22:00", "24:01-07:00", "2:00-07:00", "22:60-07:00", "+2:00-07:00", "２２:00-07:00"]
        {
            assert_eq!(Hours::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Hours::parse("00:00-24:00"), Some(Hours::ALWAYS));
        // A night from Friday runs into Saturday; Saturday's own is another matter.
        let friday = Hours { days: 1 << 4, from: 22 * 60, until: 60 };
        assert!(friday.holds(Local { day: 5, minute: 30 }) && !friday.holds(Local { day: 4, minute: 30 }));
        // Monday's night began on Sunday.
        assert!(Hours { days: 1 << 6, from: 1_439, until: 1 }.holds(Local { day: 0, minute: 0 }));
    }

    #[test]
    fn the_clock_on_the_wall_is_that_of_the_zone() {
        let tokyo = TimeZone::get("Asia/Tokyo").expect("zone");
        // 2026-11-28 07:05 UTC is Saturday 16:05 in Tokyo.
        let now = Timestamp::from_seconds(1_795_849_500);
        assert_eq!(local(now, &tokyo), Local { day: 5, minute: 16 * 60 + 5 });
        assert_eq!(local(now, &TimeZone::UTC), Local { day: 5, minute: 7 * 60 + 5 });
    }

    #[test]
    fn a_digest_comes_once_a_day_and_after_an_outage() {
        let at = |hours: i64| Timestamp(hours * Timestamp::HOUR);
        assert!(digest_due(540, Timestamp(0), at(24 * 365 + 9), &TimeZone::UTC));
        assert!(
            !digest_due(540, at(9), at(24 + 8), &TimeZone::UTC)
                && digest_due(540, at(9), at(24 + 9), &TimeZone::UTC)
        );
        assert!(!digest_due(540, at(9), at(23), &TimeZone::UTC));
        assert!(digest_due(540, at(9), at(9 + 49), &TimeZone::UTC));
    }

    proptest! {
        /// Quiet hours end, within a day, at a moment when they do not hold; a minute before they still hold.
        #[test]
        fn quiet_hours_end(from in 0_u16..1440, until in 0_u16..1440, now in 0_i64..4_000_000_000) {
            prop_assume!(from != until);
            let (quiet, now) = (Hours { days: 127, from, until }, Timestamp::from_seconds(now));
            if let Some(end) = quiet_end(Some(quiet), now, &TimeZone::UTC) {
                prop_assert!(end > now && end.since(now) <= Timestamp::DAY);
                prop_assert!(!quiet.holds(local(end, &TimeZone::UTC)));
                prop_assert!(quiet.holds(local(end.plus(-1), &TimeZone::UTC)));
            } else {
                prop_assert!(!quiet.holds(local(now, &TimeZone::UTC)));
            }
        }
    }
}
