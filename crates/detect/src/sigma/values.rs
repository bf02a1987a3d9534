//! Values of fields seen lately, and what came of looking at each: event logs say the same again and again.
//!
//! A value has its place in a table by its hash; whoever comes later to the same place takes it over. What is remembered
//! holds for the one value of a field of a plan, so that a record whose field has several values is looked at anew.

use rustc_hash::FxBuildHasher;
use smallvec::SmallVec;
use std::hash::BuildHasher;

/// Places of the table; a power of two.
const SLOTS: usize = 1 << 12;
/// Longest value that is remembered, bytes.
const VALUE_BYTES_MAX: usize = 256;
/// Leaves remembered for a value.
const LEAVES_MAX: usize = 48;
/// Rules remembered for a value.
const RULES_MAX: usize = 256;
/// After so many looks for values of a field it is judged whether they come again.
const LOOKS: u16 = 256;
/// The field is then left alone for so many records, when fewer than a quarter did.
const REST: u16 = 4_096;

/// A value at its place, valid until another takes the place over.
#[derive(Clone, Copy, Debug)]
pub(super) struct SlotId {
    place: u32,
    taken: u32,
}

/// Do values of a field come again?
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Habit {
    looks: u16,
    known: u16,
    rest: u16,
}

#[derive(Clone, Debug, Default)]
struct Slot {
    /// Number of the taking; 0 = free.
    taken: u32,
    /// Plan and field.
    whose: (u32, u32),
    text: String,
    /// Rules of the plan that are candidates because of the value, once that was looked up.
    rules: Option<SmallVec<[u32; 4]>>,
    /// Leaves of the plan that were asked, and what they are.
    leaves: SmallVec<[(u32, bool); 4]>,
}

/// The table of one thread.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    slots: Vec<Slot>,
    taken: u32,
}

impl Values {
    /// The place of a value of a field of a plan; it is taken if it is not there. `None` when the value is not worth it.
    pub(super) fn find(&mut self, whose: (u32, u32), text: &str, habit: &mut Habit) -> Option<SlotId> {
        if text.len() > VALUE_BYTES_MAX {
            return None;
        }
        if habit.rest > 0 {
            habit.rest -= 1;
            return None;
        }
        if self.slots.is_empty() {
            self.slots.resize_with(SLOTS, Slot::default);
        }
        let hash = FxBuildHasher.hash_one((whose, text));
        let place = usize::try_from(hash >> 32).unwrap_or(0) & (SLOTS - 1);
        let slot = self.slots.get_mut(place)?;
        let known = slot.taken != 0 && slot.whose == whose && slot.text == text;
        habit.looks += 1;
        habit.known += u16::from(known);
        if habit.looks >= LOOKS {
            let rest = if habit.known < LOOKS / 4 { REST } else { 0 };
            *habit = Habit { rest, ..Habit::default() };
        }
        if !known {
            // After four thousand million values the numbers begin anew, with 1.
            self.taken = self.taken.checked_add(1).unwrap_or(1);
            slot.taken = self.taken;
            slot.whose = whose;
            slot.text.clear();
            slot.text.push_str(text);
            slot.rules = None;
            slot.leaves.clear();
        }
        Some(SlotId { place: u32::try_from(place).unwrap_or(0), taken: slot.taken })
    }

    fn slot(&self, id: SlotId) -> Option<&Slot> {
        self.slots.get(id.place as usize).filter(|slot| slot.taken == id.taken)
    }

    fn slot_mut(&mut self, id: SlotId) -> Option<&mut Slot> {
        self.slots.get_mut(id.place as usize).filter(|slot| slot.taken == id.taken)
    }

    /// Rules that are candidates because of the value, where that is known.
    pub(super) fn rules(&self, id: SlotId) -> Option<&[u32]> {
        self.slot(id)?.rules.as_deref()
    }

    /// Remembers the rules that are candidates because of the value.
    pub(super) fn learn_rules(&mut self, id: SlotId, rules: &[u32]) {
        if rules.len() <= RULES_MAX
            && let Some(slot) = self.slot_mut(id)
        {
            slot.rules = Some(SmallVec::from_slice(rules));
        }
    }

    /// Is the leaf true of the value, where that is known?
    pub(super) fn truth(&self, id: SlotId, leaf: u32) -> Option<bool> {
        self.slot(id)?.leaves.iter().find(|(own, _)| *own == leaf).map(|(_, truth)| *truth)
    }

    /// Remembers what the leaf is of the value.
    pub(super) fn learn_truth(&mut self, id: SlotId, leaf: u32, truth: bool) {
        if let Some(slot) = self.slot_mut(id)
            && slot.leaves.len() < LEAVES_MAX
        {
            slot.leaves.push((leaf, truth));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_value_is_found_again_until_another_takes_its_place() {
        let (mut values, mut habit) = (Values::default(), Habit::default());
        let id = values.find((1, 2), "cmd.exe", &mut habit).unwrap();
        assert_eq!((values.rules(id), values.truth(id, 7)), (None, None));
        values.learn_rules(id, &[3, 4]);
        values.learn_truth(id, 7, true);
        let again = values.find((1, 2), "cmd.exe", &mut habit).unwrap();
        assert_eq!(values.rules(again), Some(&[3, 4][..]));
        assert_eq!((values.truth(again, 7), values.truth(again, 8)), (Some(true), None));
        let other = values.find((1, 3), "cmd.exe", &mut habit).unwrap();
        assert_eq!(values.rules(other), None);
        // Everything is pushed out in the end, and what is gone is not mistaken for what came.
        for number in 0..SLOTS * 20 {
            values.find((9, 9), &number.to_string(), &mut Habit::default());
        }
        assert_eq!((values.rules(again), values.truth(again, 7)), (None, None));
        assert!(values.slots.len() == SLOTS);
    }

    #[test]
    fn values_that_never_come_again_are_left_alone_for_a_while() {
        let (mut values, mut habit) = (Values::default(), Habit::default());
        let found =
            (0..LOOKS + REST).filter(|number| values.find((1, 1), &number.to_string(), &mut habit).is_some());
        assert_eq!(found.count(), usize::from(LOOKS));
        assert!(values.find((1, 1), "again", &mut habit).is_some());
        assert!(values.find((1, 1), &"x".repeat(VALUE_BYTES_MAX + 1), &mut habit).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn what_is_remembered_is_what_was_learned(looks in prop::collection::vec((0_u32..3, 0_u32..3, "[ab]{0,3}", 0_u32..60), 0..400)) {
            let mut values = Values::default();
            for (plan, field, text, leaf) in looks {
                let Some(id) = values.find((plan, field), &text, &mut Habit::default()) else { continue };
                let truth = (plan as usize + field as usize * 7 + text.len() * 3 + leaf as usize).is_multiple_of(2);
                match values.truth(id, leaf) {
                    Some(known) => prop_assert_eq!(known, truth),
                    None => values.learn_truth(id, leaf, truth),
                }
            }
        }
    }
}
