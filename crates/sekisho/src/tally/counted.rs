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
        self.append(Self { good, bad, first: time, last: time });
    }

    fn append(&mut self, more: Self) {
        self.good = self.good.saturating_add(more.good);
        self.bad = self.bad.saturating_add(more.bad);
        self.first = self.first.into_iter().chain(more.first).min();
        self.last = self.last.into_iter().chain(more.last).max();
    }
}

/// Counters by key; what comes when there is no more room is counted under no key.
#[derive(Debug)]
pub(crate) struct Counted<K> {
    /// With the place of each key in the order of their coming.
    counts: HashMap<K, (usize, Count)>,
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
        if let Some((_, count)) = self.counts.get_mut(key) {
            return count.add(good, bad, time);
        }
        if self.counts.len() >= self.keys_max {
            return self.others.add(good, bad, time);
        }
        let mut count = Count::default();
        count.add(good, bad, time);
        self.counts.insert(own(), (self.counts.len(), count));
    }

    /// Counts what another counted after this, as if it had been counted here.
    pub(crate) fn append(&mut self, other: Self) {
        let mut fresh: Vec<(K, (usize, Count))> = other.counts.into_iter().collect();
        fresh.sort_unstable_by_key(|(_, (place, _))| *place);
        for (key, (_, more)) in fresh {
            if let Some((_, count)) = self.counts.get_mut(&key) {
                count.append(more);
            } else if self.counts.len() >= self.keys_max {
                self.others.append(more);
            } else {
                self.counts.insert(key, (self.counts.len(), more));
            }
        }
        self.others.append(other.others);
    }

    /// All keys with their counters, in order of the keys.
    pub(crate) fn sorted(&self) -> Vec<(&K, &Count)> {
        let mut all: Vec<(&K, &Count)> = self.counts.iter().map(|(key, (_, count))| (key, count)).collect();
        all.sort_unstable_by(|a, b| a.0.cmp(b.0));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counted_in_parts_is_counted_as_a_whole(
            keys in prop::collection::vec((0_u8..9, any::<bool>(), 0_i64..99), 0..60),
            part in 1_usize..20,
            keys_max in 1_usize..9,
        ) {
            let (mut whole, mut joined) = (Counted::<u8>::new(keys_max), Counted::<u8>::new(keys_max));
            for part in keys.chunks(part) {
                let mut own = Counted::<u8>::new(9);
                for (key, good, time) in part {
                    let counts = if *good { [1, 0] } else { [0, 1] };
                    whole.add(key, || *key, counts, Some(Timestamp(*time)));
                    own.add(key, || *key, counts, Some(Timestamp(*time)));
                }
                joined.append(own);
            }
            prop_assert_eq!(whole.sorted(), joined.sorted());
            prop_assert_eq!(whole.others, joined.others);
        }
    }

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
