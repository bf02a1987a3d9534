//! Values that are new for a key (detection.md 5.3, `first_seen`).

use smallvec::SmallVec;

/// Values remembered for a key; the longest unused goes first.
const VALUES_MAX: usize = 64;

/// Values seen for a key.
#[derive(Clone, Debug, Default)]
pub struct FirstSeen {
    values: SmallVec<[(u64, i64); 2]>,
    events: u64,
    begun: Option<i64>,
}

impl FirstSeen {
    /// Adds a value, by its hash; `true` when it is new although the key had `events` events before, or was known for
    /// `length` microseconds.
    pub fn add(&mut self, hash: u64, time: i64, events: u64, length: i64) -> bool {
        let learnt =
            self.events >= events || self.begun.is_some_and(|begun| time.saturating_sub(begun) >= length);
        self.events += 1;
        self.begun.get_or_insert(time);
        if let Some((_, last)) = self.values.iter_mut().find(|(value, _)| *value == hash) {
            *last = (*last).max(time);
            return false;
        }
        if self.values.len() >= VALUES_MAX
            && let Some((place, _)) = self.values.iter().enumerate().min_by_key(|(_, (_, last))| *last)
        {
            self.values.remove(place);
        }
        self.values.push((hash, time));
        learnt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_new_while_learning() {
        let mut seen = FirstSeen::default();
        assert!(!seen.add(1, 0, 3, 1_000));
        assert!(!seen.add(2, 1, 3, 1_000));
        assert!(!seen.add(1, 2, 3, 1_000));
        assert!(seen.add(3, 3, 3, 1_000));
        assert!(!seen.add(3, 4, 3, 1_000));
        let mut aged = FirstSeen::default();
        assert!(!aged.add(1, 0, 100, 1_000));
        assert!(aged.add(2, 1_000, 100, 1_000));
    }
}
