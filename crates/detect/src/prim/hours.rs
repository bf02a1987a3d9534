//! In which hours something was seen (K-32): one bit an hour.

/// Hours between the first and any other that is kept: ten years.
const SPAN_MAX: i64 = 24 * 366 * 10;

/// A set of hours since 1970. Hours more than ten years from the first one are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hours {
    /// Hour of the first bit, a multiple of 64; meaningless while there are none.
    base: i64,
    bits: Vec<u64>,
}

impl Hours {
    /// Adds an hour.
    pub fn insert(&mut self, hour: i64) {
        let word = hour.div_euclid(64);
        if self.bits.is_empty() {
            self.base = word;
        }
        if (word - self.base).saturating_abs() > SPAN_MAX / 64 {
            return;
        }
        if word < self.base {
            let missing = usize::try_from(self.base - word).unwrap_or_default();
            self.bits.splice(0..0, std::iter::repeat_n(0, missing));
            self.base = word;
        }
        let place = usize::try_from(word - self.base).unwrap_or_default();
        if place >= self.bits.len() {
            self.bits.resize(place + 1, 0);
        }
        if let Some(bits) = self.bits.get_mut(place) {
            *bits |= 1 << hour.rem_euclid(64);
        }
    }

    /// Was something seen in the hour?
    #[must_use]
    pub fn contains(&self, hour: i64) -> bool {
        let place = hour.div_euclid(64).checked_sub(self.base).and_then(|place| usize::try_from(place).ok());
        place
            .and_then(|place| self.bits.get(place))
            .is_some_and(|bits| bits & (1 << hour.rem_euclid(64)) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_is_a_set(hours in prop::collection::vec(-40_000_i64..40_000, 0..200), asked in -50_000_i64..50_000) {
            let mut set = Hours::default();
            for hour in &hours {
                set.insert(*hour);
            }
            let plain: BTreeSet<i64> = hours.iter().copied().collect();
            prop_assert_eq!(set.contains(asked), plain.contains(&asked));
            prop_assert!(hours.iter().all(|hour| set.contains(*hour)));
        }

        #[test]
        fn far_hours_cost_nothing(hours in prop::collection::vec(any::<i64>(), 0..50)) {
            let mut set = Hours::default();
            for hour in &hours {
                set.insert(*hour);
            }
            prop_assert!(set.bits.len() < 4_000);
        }
    }
}
