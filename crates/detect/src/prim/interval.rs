//! Statistics of gaps (detection.md 5.3, `interval`): median and median absolute deviation of the last 256.

use std::collections::VecDeque;

/// Gaps kept.
const GAPS_MAX: usize = 256;

/// Gaps between events.
#[derive(Clone, Debug, Default)]
pub struct Intervals {
    gaps: VecDeque<u32>,
    last: Option<i64>,
}

/// What the gaps say; seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rhythm {
    /// Gaps seen, at most 256.
    pub count: usize,
    /// Median gap.
    pub median: f64,
    /// Median distance of a gap from the median.
    pub deviation: f64,
}

impl Intervals {
    /// Adds an event, microseconds; an event older than the last is no gap.
    pub fn add(&mut self, time: i64) {
        if let Some(last) = self.last {
            let gap = time.saturating_sub(last);
            if gap < 0 {
                return;
            }
            if self.gaps.len() >= GAPS_MAX {
                self.gaps.pop_front();
            }
            // Milliseconds in 32 bits reach over 49 days.
            self.gaps.push_back(u32::try_from(gap / 1_000).unwrap_or(u32::MAX));
        }
        self.last = Some(time);
    }

    /// Median and deviation; zero without gaps.
    #[must_use]
    pub fn rhythm(&self) -> Rhythm {
        let mut gaps: Vec<u32> = self.gaps.iter().copied().collect();
        let Some(median) = median(&mut gaps) else { return Rhythm::default() };
        let mut distances: Vec<u32> = self.gaps.iter().map(|gap| gap.abs_diff(median)).collect();
        let deviation = self::median(&mut distances).unwrap_or(0);
        Rhythm {
            count: self.gaps.len(),
            median: f64::from(median) / 1_000.0,
            deviation: f64::from(deviation) / 1_000.0,
        }
    }
}

fn median(values: &mut [u32]) -> Option<u32> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beacon_is_regular_and_a_person_is_not() {
        let mut beacon = Intervals::default();
        let mut person = Intervals::default();
        for n in 0..100_i64 {
            beacon.add(n * 60_000_000 + n % 3 * 1_000_000);
            person.add(n * n * 5_000_000);
        }
        let (regular, irregular) = (beacon.rhythm(), person.rhythm());
        assert!(regular.deviation / regular.median < 0.05, "{regular:?}");
        assert!(irregular.deviation / irregular.median > 0.3, "{irregular:?}");
        assert_eq!(Intervals::default().rhythm(), Rhythm::default());
    }
}
