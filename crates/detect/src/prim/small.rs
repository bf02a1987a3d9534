//! A map for very many keys of which nearly all hold a handful of entries: the accounts and sources of one attack.

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::hash::{BuildHasher as _, Hash};

/// Entries that are found by looking at each; beyond it an index is kept.
const UNINDEXED_MAX: usize = 8;

/// Entries in order of insertion. One allocation while it is small, without empty places.
#[derive(Clone, Debug)]
pub struct SmallMap<K, V> {
    entries: Vec<(K, V)>,
    /// Places by hash of the key; empty while there are few entries.
    index: HashTable<u32>,
}

impl<K, V> Default for SmallMap<K, V> {
    fn default() -> Self {
        Self { entries: Vec::new(), index: HashTable::new() }
    }
}

fn hash(key: &impl Hash) -> u64 {
    FxBuildHasher.hash_one(key)
}

impl<K: Copy + Eq + Hash, V> SmallMap<K, V> {
    fn place(&self, key: &K) -> Option<usize> {
        if self.entries.len() <= UNINDEXED_MAX {
            return self.entries.iter().position(|(own, _)| own == key);
        }
        let is_it = |place: &u32| self.entries.get(*place as usize).is_some_and(|(own, _)| own == key);
        self.index.find(hash(key), is_it).map(|place| *place as usize)
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(self.place(key)?).map(|(_, value)| value)
    }

    /// The value of a key, to change.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let place = self.place(key)?;
        self.entries.get_mut(place).map(|(_, value)| value)
    }

    /// Is there a value for the key?
    #[must_use]
    pub fn contains_key(&self, key: &K) -> bool {
        self.place(key).is_some()
    }

    /// Sets the value of a key.
    pub fn insert(&mut self, key: K, value: V) {
        if let Some(old) = self.get_mut(&key) {
            *old = value;
            return;
        }
        let Ok(place) = u32::try_from(self.entries.len()) else { return };
        if self.entries.len() == self.entries.capacity() {
            self.entries.reserve_exact(self.entries.len() / 2 + 1);
        }
        self.entries.push((key, value));
        if self.entries.len() <= UNINDEXED_MAX {
            return;
        }
        let entries = &self.entries;
        let of = |place: &u32| entries.get(*place as usize).map_or(0, |(key, _)| hash(key));
        if self.index.is_empty() {
            for place in 0..place {
                self.index.insert_unique(of(&place), place, of);
            }
        }
        self.index.insert_unique(hash(&key), place, of);
    }

    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Entries in order of insertion.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// Keys in order of insertion.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.entries.iter().map(|(key, _)| key)
    }

    /// Values in order of insertion.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.iter().map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn it_holds_what_a_map_holds(pairs in prop::collection::vec((0_u64..40, any::<u8>()), 0..120)) {
            let (mut small, mut known) = (SmallMap::default(), BTreeMap::new());
            for (key, value) in pairs {
                small.insert(key, value);
                known.insert(key, value);
                prop_assert_eq!(small.len(), known.len());
            }
            for key in 0..40 {
                prop_assert_eq!(small.get(&key), known.get(&key));
            }
            let mut all: Vec<_> = small.iter().map(|(key, value)| (*key, *value)).collect();
            all.sort_unstable();
            prop_assert_eq!(all, known.into_iter().collect::<Vec<_>>());
        }
    }
}
