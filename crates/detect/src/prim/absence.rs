//! Silence that is longer than usual (detection.md 5.3, `absence`).

use super::interval::Intervals;

/// Gaps after which something is known of what is usual.
const LEARNT: usize = 16;

/// When something was last seen, and how long its pauses usually are.
#[derive(Clone, Debug, Default)]
pub struct Absence {
    last: Option<i64>,
    longest: i64,
    intervals: Intervals,
}

impl Absence {
    /// Adds an event, microseconds, and gives the pause before it when that pause was out of the ordinary: longer than
    /// `least`, and than twice the longest pause before.
    pub fn add(&mut self, time: i64, least: i64) -> Option<i64> {
        let odd = self.silence(time, least);
        if let Some(last) = self.last {
            self.longest = self.longest.max(time.saturating_sub(last));
        }
        self.intervals.add(time);
        self.last = Some(self.last.map_or(time, |last| last.max(time)));
        odd
    }

    /// Length of the silence up to `time`, when it is out of the ordinary.
    #[must_use]
    pub fn silence(&self, time: i64, least: i64) -> Option<i64> {
        let gap = time.saturating_sub(self.last?);
        let learnt = self.intervals.rhythm().count >= LEARNT;
        (learnt && gap >= least && gap > self.longest.saturating_mul(2)).then_some(gap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nightly_pause_is_usual_and_a_day_is_not() {
        const HOUR: i64 = 3_600_000_000;
        let mut absence = Absence::default();
        for day in 0..5 {
            for hour in 8..18 {
                assert_eq!(absence.add((day * 24 + hour) * HOUR, HOUR), None);
            }
        }
        assert_eq!(absence.silence((4 * 24 + 17 + 15) * HOUR, HOUR), None);
        assert_eq!(absence.add((4 * 24 + 17 + 40) * HOUR, HOUR), Some(40 * HOUR));
    }
}
