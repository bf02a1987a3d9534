//! Keyed state with a bound (DT-COR-20, DT-COR-21).

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher as _;

/// What the eviction asks of a state.
pub trait Keep {
    /// Higher is kept longer. Attacked states answer [`u32::MAX`] and go last.
    fn score(&self) -> u32;
    /// Was it used since the last question? Forgets the use.
    fn used(&mut self) -> bool;
}

/// States by key, at most `max`. The key is a hash of the real key. When full, the state with the lowest score among
/// the longest unused goes first; attacked states go last.
///
/// The states lie in one row, and a hand goes round over it to find who has to go: the states that it compares are
/// neighbours in memory, and a newcomer takes the place of the one that went, just behind the hand.
#[derive(Clone, Debug)]
pub struct Table<V> {
    /// Places of the states in `row`.
    index: HashTable<u32>,
    row: Vec<(u64, V)>,
    hand: usize,
    max: usize,
    evicted: u64,
}

/// States looked at for one eviction.
const SAMPLE: usize = 8;
/// Most states that a table can number.
const STATES_MAX: usize = 1 << 30;

fn hash(key: u64) -> u64 {
    FxBuildHasher.hash_one(key)
}

impl<V: Keep> Table<V> {
    /// An empty table that holds at most `max` states.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self { index: HashTable::new(), row: Vec::new(), hand: 0, max: max.clamp(1, STATES_MAX), evicted: 0 }
    }

    /// The state of a key; created with `make` when absent. A state that had to go is returned as well.
    #[expect(clippy::indexing_slicing, reason = "places of the index are places of the row")]
    pub fn entry(&mut self, key: u64, make: impl FnOnce() -> V) -> (&mut V, Option<(u64, V)>) {
        if let Some(place) = self.place(key) {
            return (&mut self.row[place].1, None);
        }
        let full = self.row.len() >= self.max;
        let place = if full { self.victim() } else { self.row.len() };
        let gone = if full {
            self.forget(place);
            Some(std::mem::replace(&mut self.row[place], (key, make())))
        } else {
            self.grow();
            self.row.push((key, make()));
            None
        };
        let row = &self.row;
        self.index.insert_unique(hash(key), u32::try_from(place).unwrap_or(u32::MAX), |place| {
            row.get(*place as usize).map_or(0, |(key, _)| hash(*key))
        });
        (&mut self.row[place].1, gone)
    }

    fn place(&self, key: u64) -> Option<usize> {
        let is_it = |place: &u32| self.row.get(*place as usize).is_some_and(|(own, _)| *own == key);
        self.index.find(hash(key), is_it).map(|place| *place as usize)
    }

    /// The state of a key.
    #[must_use]
    pub fn get(&self, key: u64) -> Option<&V> {
        self.row.get(self.place(key)?).map(|(_, state)| state)
    }

    /// The state of a key, to change.
    pub fn get_mut(&mut self, key: u64) -> Option<&mut V> {
        let place = self.place(key)?;
        self.row.get_mut(place).map(|(_, state)| state)
    }

    /// States held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.row.len()
    }

    /// Is nothing held?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.row.is_empty()
    }

    /// States given up so far.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Takes all states out, sorted by key.
    pub fn drain_sorted(&mut self) -> Vec<(u64, V)> {
        self.index.clear();
        let mut states = std::mem::take(&mut self.row);
        states.sort_unstable_by_key(|(key, _)| *key);
        states
    }

    /// Grows by steps: doubling would leave half of a large row empty.
    fn grow(&mut self) {
        if self.row.len() == self.row.capacity() {
            self.row.reserve_exact((self.row.len() / 4).max(4).min(self.max - self.row.len()));
        }
    }

    /// Takes the state at a place out of the index.
    fn forget(&mut self, place: usize) {
        let Some((key, _)) = self.row.get(place) else { return };
        if let Ok(slot) = self.index.find_entry(hash(*key), |other| *other as usize == place) {
            slot.remove();
            self.evicted += 1;
        }
    }

    /// Place of the state that has to go.
    fn victim(&mut self) -> usize {
        let mut worst = (u32::MAX, self.hand % self.row.len().max(1));
        for step in 0..SAMPLE.min(self.row.len()) {
            let place = self.hand;
            self.hand = if place + 1 < self.row.len() { place + 1 } else { 0 };
            let Some((_, state)) = self.row.get_mut(place) else { continue };
            let used = state.used();
            let score = state.score().saturating_add(u32::from(used));
            if step == 0 || score < worst.0 {
                worst = (score, place);
            }
            if score == 0 {
                break;
            }
        }
        worst.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    struct State(u32, bool);

    impl Keep for State {
        fn score(&self) -> u32 {
            self.0
        }
        fn used(&mut self) -> bool {
            std::mem::take(&mut self.1)
        }
    }

    #[test]
    fn a_flood_of_keys_does_not_push_out_an_attacked_one() {
        let mut table = Table::new(1_000);
        table.entry(1, || State(u32::MAX, true));
        table.entry(2, || State(2, true));
        for key in 10..200_000_u64 {
            table.entry(key, || State(0, false));
        }
        assert!(table.get(1).is_some());
        assert!(table.get(2).is_some());
        assert_eq!(table.len(), 1_000);
        assert_eq!(table.evicted(), 199_990 - 998);
    }

    proptest! {
        #[test]
        fn the_bound_holds(keys in prop::collection::vec((0_u64..500, 0_u32..5), 0..2_000), max in 1_usize..50) {
            let mut table = Table::new(max);
            for (key, score) in keys {
                let (state, _) = table.entry(key, || State(score, true));
                state.1 = true;
                prop_assert!(table.len() <= max);
            }
            let held = table.len();
            prop_assert_eq!(table.drain_sorted().len(), held);
        }
    }
}
