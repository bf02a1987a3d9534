//! Numbers of the events in a sliding window: their sum, average and percentile (Sigma `value_sum`, `value_avg`,
//! `value_percentile`).

use std::collections::VecDeque;

/// Entries kept; when there are more, the two oldest become one.
const ENTRIES_MAX: usize = 4_096;

/// What is asked of the numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Measure {
    /// Their sum.
    Sum,
    /// Their average.
    Average,
    /// The smallest number that so many per cent (0 to 100) are not above.
    Percentile(f64),
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    time: i64,
    sum: f64,
    count: f64,
}

/// Numbers with their times.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    entries: VecDeque<Entry>,
}

impl Numbers {
    /// Takes a number in; times are microseconds and come nearly in order.
    pub(crate) fn add(&mut self, time: i64, number: f64, count: u32, window: i64) {
        self.expire(time, window);
        let count = f64::from(count.max(1));
        if self.entries.len() >= ENTRIES_MAX
            && let (Some(oldest), Some(next)) = (self.entries.pop_front(), self.entries.front_mut())
        {
            next.sum += oldest.sum;
            next.count += oldest.count;
        }
        self.entries.push_back(Entry { time, sum: number * count, count });
    }

    /// Drops what has left the window.
    pub(crate) fn expire(&mut self, now: i64, window: i64) {
        while self.entries.front().is_some_and(|entry| now.saturating_sub(entry.time) > window) {
            self.entries.pop_front();
        }
    }

    /// The measure; `None` when there is no number.
    pub(crate) fn measure(&self, measure: Measure) -> Option<f64> {
        let sum: f64 = self.entries.iter().map(|entry| entry.sum).sum();
        let count: f64 = self.entries.iter().map(|entry| entry.count).sum();
        if count == 0.0 {
            return None;
        }
        match measure {
            Measure::Sum => Some(sum),
            Measure::Average => Some(sum / count),
            Measure::Percentile(percent) => {
                let mut sorted: Vec<(f64, f64)> =
                    self.entries.iter().map(|entry| (entry.sum / entry.count, entry.count)).collect();
                sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
                let wanted = (count * percent / 100.0).ceil().max(1.0);
                let mut seen = 0.0;
                sorted.iter().find_map(|(number, count)| {
                    seen += count;
                    (seen >= wanted).then_some(*number)
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_those_of_the_window() {
        let mut numbers = Numbers::default();
        assert_eq!(numbers.measure(Measure::Sum), None);
        for (time, number) in [(0, 1000.0), (10, 1.0), (11, 2.0), (12, 3.0), (13, 10.0)] {
            numbers.add(time, number, 1, 5);
        }
        assert_eq!(numbers.measure(Measure::Sum), Some(16.0));
        assert_eq!(numbers.measure(Measure::Average), Some(4.0));
        assert_eq!(numbers.measure(Measure::Percentile(50.0)), Some(2.0));
        assert_eq!(numbers.measure(Measure::Percentile(100.0)), Some(10.0));
        assert_eq!(numbers.measure(Measure::Percentile(0.0)), Some(1.0));
        numbers.expire(100, 5);
        assert_eq!(numbers.measure(Measure::Average), None);
    }

    #[test]
    fn memory_is_bounded_and_the_sum_stays() {
        let mut numbers = Numbers::default();
        (0..10_000).for_each(|time| numbers.add(time, 2.0, 1, i64::MAX));
        assert_eq!(numbers.entries.len(), ENTRIES_MAX);
        assert_eq!(numbers.measure(Measure::Sum), Some(20_000.0));
        assert_eq!(numbers.measure(Measure::Average), Some(2.0));
    }
}
