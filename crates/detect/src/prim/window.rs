//! Counts inside a sliding window (detection.md 5.3, `count`).

/// Buckets over the window.
const BUCKETS: usize = 64;

/// Number of events in the last `length` microseconds, exact to one 64th of the window.
#[derive(Clone, Debug)]
pub struct Window {
    length: i64,
    counts: [u32; BUCKETS],
    /// Number of the newest bucket since 1970.
    newest: i64,
    sum: u64,
}

impl Window {
    /// An empty window. A length below 64 microseconds is taken as 64.
    #[must_use]
    pub fn new(length: i64) -> Self {
        Self { length: length.max(64), counts: [0; BUCKETS], newest: i64::MIN, sum: 0 }
    }

    fn bucket(&self, time: i64) -> i64 {
        time.div_euclid((self.length / 64).max(1))
    }

    /// Moves on to a time; older events leave.
    pub fn at(&mut self, time: i64) -> u64 {
        let bucket = self.bucket(time);
        if self.newest == i64::MIN || bucket.saturating_sub(self.newest) >= 64 {
            self.counts = [0; BUCKETS];
            self.sum = 0;
            self.newest = bucket.max(self.newest);
            return 0;
        }
        while self.newest < bucket {
            self.newest += 1;
            if let Some(count) = self.counts.get_mut(slot(self.newest)) {
                self.sum = self.sum.saturating_sub(u64::from(*count));
                *count = 0;
            }
        }
        self.sum
    }

    /// Adds events and gives the number inside the window.
    pub fn add(&mut self, time: i64, count: u32) -> u64 {
        self.at(time);
        let bucket = self.bucket(time);
        // A late event counts where the window still reaches.
        if self.newest.saturating_sub(bucket) < 64
            && let Some(slot) = self.counts.get_mut(slot(bucket))
        {
            *slot = slot.saturating_add(count);
            self.sum += u64::from(count);
        }
        self.sum
    }
}

fn slot(bucket: i64) -> usize {
    usize::try_from(bucket.rem_euclid(64)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn events_leave_the_window() {
        let mut window = Window::new(64_000);
        assert_eq!(window.add(0, 1), 1);
        assert_eq!(window.add(10_000, 2), 3);
        assert_eq!(window.at(63_999), 3);
        assert_eq!(window.at(64_500), 2);
        assert_eq!(window.at(1_000_000), 0);
    }

    proptest! {
        #[test]
        fn never_off_by_more_than_a_bucket(gaps in prop::collection::vec(0_i64..30_000, 1..200)) {
            let mut window = Window::new(640_000);
            let (mut time, mut times) = (0, Vec::new());
            for gap in gaps {
                time += gap;
                times.push(time);
                let found = window.add(time, 1);
                let least = times.iter().filter(|old| time - **old < 630_000).count() as u64;
                let most = times.iter().filter(|old| time - **old < 640_000).count() as u64;
                prop_assert!((least..=most).contains(&found), "{least} <= {found} <= {most}");
            }
        }

        #[test]
        fn any_times_are_borne(times in prop::collection::vec(any::<i64>(), 0..50)) {
            let mut window = Window::new(1_000_000);
            for time in times {
                window.add(time, 1);
            }
        }
    }
}
