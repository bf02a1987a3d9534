//! Keyed state with a bound (DT-COR-20, DT-COR-21).

use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::collections::hash_map::Entry;

/// What the eviction asks of a state.
pub trait Keep {
    /// Higher is kept longer. Attacked states answer [`u32::MAX`] and go last.
    fn score(&self) -> u32;
    /// Was it used since the last question? Forgets the use.
    fn used(&mut self) -> bool;
}

/// States by key, at most `max`. The key is a hash of the real key. When full, the state with the lowest score among
/// the longest unused goes first; attacked states go last.
#[derive(Debug)]
pub struct Table<V> {
    states: FxHashMap<u64, V>,
    queue: VecDeque<u64>,
    max: usize,
    evicted: u64,
}

/// States looked at for one eviction.
const SAMPLE: usize = 16;

impl<V: Keep> Table<V> {
    /// An empty table that holds at most `max` states.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self { states: FxHashMap::default(), queue: VecDeque::new(), max: max.max(1), evicted: 0 }
    }

    /// The state of a key; created with `make` when absent. A state that had to go is returned as well.
    pub fn entry(&mut self, key: u64, make: impl FnOnce() -> V) -> (&mut V, Option<(u64, V)>) {
        let full = self.states.len() >= self.max && !self.states.contains_key(&key);
        let gone = if full { self.evict() } else { None };
        let state = match self.states.entry(key) {
            Entry::Occupied(slot) => slot.into_mut(),
            Entry::Vacant(slot) => {
                self.queue.push_back(key);
                slot.insert(make())
            }
        };
        (state, gone)
    }

    /// The state of a key.
    #[must_use]
    pub fn get(&self, key: u64) -> Option<&V> {
        self.states.get(&key)
    }

    /// The state of a key, to change.
    pub fn get_mut(&mut self, key: u64) -> Option<&mut V> {
        self.states.get_mut(&key)
    }

    /// States held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// Is nothing held?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// States given up so far.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Takes all states out, sorted by key.
    pub fn drain_sorted(&mut self) -> Vec<(u64, V)> {
        self.queue.clear();
        let mut states: Vec<(u64, V)> = self.states.drain().collect();
        states.sort_by_key(|(key, _)| *key);
        states
    }

    fn evict(&mut self) -> Option<(u64, V)> {
        let mut worst: Option<(u32, u64)> = None;
        let mut kept: Vec<u64> = Vec::with_capacity(SAMPLE);
        for _ in 0..SAMPLE.min(self.queue.len()) {
            let key = self.queue.pop_front()?;
            let Some(state) = self.states.get_mut(&key) else { continue };
            let used = state.used();
            let score = state.score().saturating_add(u32::from(used));
            if worst.is_none_or(|(lowest, _)| score < lowest) {
                worst = Some((score, key));
            }
            kept.push(key);
            if score == 0 {
                break;
            }
        }
        let (_, victim) = worst?;
        // The unlucky go; the rest of the sample waits at the end of the queue.
        for key in kept {
            if key != victim {
                self.queue.push_back(key);
            }
        }
        self.evicted += 1;
        self.states.remove(&victim).map(|state| (victim, state))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug)]
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
