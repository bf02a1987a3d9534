//! Counters by key in bounded memory.

use hashbrown::{Equivalent, HashMap};
use std::hash::Hash;
use vocab::Timestamp;

/// How often, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// How often; for logons: that succeeded.
    pub(crate) good: u64,
    /// For logons: how often refused.
    pub(crate) bad: u64,
    /// First time, where known.
    pub(crate) first: Option<Timestamp>,
    /// Last time, where known.
    pub(crate) last: Option<Timestamp>,
}

impl Count {
    /// All together.
    pub(crate) const fn total(&self) -> u64 {
        self.good.saturating_add(self.bad)
    }

    fn add(&mut self, good: u64, bad: u64, time: Option<Timestamp>) {
        self.good = self.good.saturating_add(good);
        self.bad = self.bad.saturating_add(bad);
        if let Some(time) = time {
            self.first = Some(self.first.map_or(time, |first| first.min(time)));
            self.last = Some(self.last.map_or(time, |last| last.max(time)));
        }
    }
}

/// Counters by key; what comes when there is no more room is counted under no key.
#[derive(Debug)]
pub(crate) struct Counted<K> {
    counts: HashMap<K, Count>,
    keys_max: usize,
    /// What found no room.
    pub(crate) others: Count,
}

impl<K: Eq + Hash + Ord + Clone> Counted<K> {
    /// At most `keys_max` keys.
    pub(crate) fn new(keys_max: usize) -> Self {
        Self { counts: HashMap::new(), keys_max, others: Count::default() }
    }

    /// Counts under a key; `own` makes the key when it is new.
    pub(crate) fn add<Q: Hash + Equivalent<K> + ?Sized>(
        &mut self,
        key: &Q,
        own: impl FnOnce() -> K,
        [good, bad]: [u64; 2],
        time: Option<Timestamp>,
    ) {
        if let Some(count) = self.counts.get_mut(key) {
            return count.add(good, bad, time);
        }
        if self.counts.len() >= self.keys_max {
            return self.others.add(good, bad, time);
        }
        let mut count = Count::default();
        count.add(good, bad, time);
        self.counts.insert(own(), count);
    }

    /// All keys with their counters, in order of the keys.
    pub(crate) fn sorted(&self) -> Vec<(&K, &Count)> {
        let mut all: Vec<_> = self.counts.iter().collect();
        all.sort_by(|a, b| a.0.cmp(b.0));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_no_room_is_counted_all_the_same() {
        let mut counted = Counted::<String>::new(2);
        for (at, key) in ["a", "b", "c", "a", "d"].iter().enumerate() {
            let time = Timestamp::from_seconds(i64::try_from(at).unwrap());
            counted.add(*key, || (*key).to_owned(), [1, 0], Some(time));
        }
        let all = counted.sorted();
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].0.as_str(), all[0].1.good), ("a", 2));
        assert_eq!(all[0].1.last, Some(Timestamp::from_seconds(3)));
        assert_eq!(counted.others.good, 2);
    }
}
