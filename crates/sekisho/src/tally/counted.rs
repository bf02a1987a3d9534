//! Counters by key in bounded memory.

use hashbrown::{DefaultHashBuilder, Equivalent, HashTable};
use std::hash::{BuildHasher as _, Hash};
use std::sync::LazyLock;
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

    fn append(&mut self, more: Self) {
        self.good = self.good.saturating_add(more.good);
        self.bad = self.bad.saturating_add(more.bad);
        self.first = match (self.first, more.first) {
            (Some(own), Some(other)) => Some(own.min(other)),
            (own, other) => own.or(other),
        };
        // `None` is less than any time.
        self.last = self.last.max(more.last);
    }
}

/// Hash of keys, the same in all counters of a process, so that what was counted in parts is joined without a second look at
/// the keys. Its seed is drawn at the start: names in logs may be chosen by an attacker.
static HASHER: LazyLock<DefaultHashBuilder> = LazyLock::new(DefaultHashBuilder::default);

/// Counters by key; what comes when there is no more room is counted under no key.
#[derive(Debug)]
pub(crate) struct Counted<K> {
    /// In the order of their coming.
    entries: Vec<Entry<K>>,
    /// Places of the entries.
    index: HashTable<u32>,
    keys_max: usize,
    /// What found no room.
    pub(crate) others: Count,
}

#[derive(Debug)]
struct Entry<K> {
    hash: u64,
    key: K,
    count: Count,
}

impl<K: Eq + Hash + Ord + Clone> Counted<K> {
    /// At most `keys_max` keys.
    pub(crate) fn new(keys_max: usize) -> Self {
        Self { entries: Vec::new(), index: HashTable::new(), keys_max, others: Count::default() }
    }

    /// Counts under a key; `own` makes the key when it is new.
    pub(crate) fn add<Q: Hash + Equivalent<K> + ?Sized>(
        &mut self,
        key: &Q,
        own: impl FnOnce() -> K,
        [good, bad]: [u64; 2],
        time: Option<Timestamp>,
    ) {
        let count = Count { good, bad, first: time, last: time };
        let hash = HASHER.hash_one(key);
        match self.place(hash, |known| key.equivalent(known)) {
            Some(place) => self.raise(place, count),
            None if self.entries.len() >= self.keys_max => self.others.append(count),
            None => self.insert(hash, own(), count),
        }
    }

    /// Counts what another counted after this, as if it had been counted here.
    pub(crate) fn append(&mut self, other: Self) {
        for Entry { hash, key, count } in other.entries {
            match self.place(hash, |known| *known == key) {
                Some(place) => self.raise(place, count),
                None => self.insert(hash, key, count),
            }
        }
        self.others.append(other.others);
    }

    fn place(&self, hash: u64, is_it: impl Fn(&K) -> bool) -> Option<u32> {
        let of = |place: &u32| {
            self.entries.get(*place as usize).is_some_and(|entry| entry.hash == hash && is_it(&entry.key))
        };
        self.index.find(hash, of).copied()
    }

    fn raise(&mut self, place: u32, more: Count) {
        if let Some(entry) = self.entries.get_mut(place as usize) {
            entry.count.append(more);
        }
    }

    fn insert(&mut self, hash: u64, key: K, count: Count) {
        let place = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        if self.entries.len() >= self.keys_max || place == u32::MAX {
            return self.others.append(count);
        }
        self.entries.push(Entry { hash, key, count });
        let entries = &self.entries;
        self.index
            .insert_unique(hash, place, |place| entries.get(*place as usize).map_or(0, |entry| entry.hash));
    }

    /// All keys with their counters, in order of the keys.
    pub(crate) fn sorted(&self) -> Vec<(&K, &Count)> {
        let mut all: Vec<(&K, &Count)> =
            self.entries.iter().map(|entry| (&entry.key, &entry.count)).collect();
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
