//! Ordered steps with a bound on time (detection.md 5.3, `sequence`).

use smallvec::SmallVec;

/// Steps of a sequence.
pub const STEPS_MAX: usize = 16;

/// How far a key has come: for each step the latest beginning of a run that reached it.
#[derive(Clone, Debug, Default)]
pub struct Sequence {
    begun: SmallVec<[Option<i64>; 4]>,
}

impl Sequence {
    /// Takes an event that may be any of `steps` (a bit for each step); `true` when the last step was reached within
    /// `length` microseconds of the first. An event takes a run one step further at most.
    pub fn add(&mut self, steps: u16, count: usize, time: i64, length: i64) -> bool {
        let count = count.min(STEPS_MAX);
        self.begun.resize(count, None);
        let mut done = false;
        for step in (0..count).rev().filter(|step| steps & (1 << step) != 0) {
            let begun = match step.checked_sub(1) {
                None => Some(time),
                Some(before) => self.begun.get(before).copied().flatten(),
            };
            let Some(begun) = begun.filter(|begun| time.saturating_sub(*begun) <= length) else { continue };
            if let Some(slot) = self.begun.get_mut(step) {
                *slot = Some(slot.map_or(begun, |old| old.max(begun)));
            }
            done |= step + 1 == count;
        }
        if done {
            self.begun.clear();
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_time_matter() {
        let run = |events: &[(u16, i64)]| {
            let mut sequence = Sequence::default();
            events.iter().any(|(steps, time)| sequence.add(*steps, 3, *time, 100))
        };
        assert!(run(&[(1, 0), (2, 10), (4, 100)]));
        assert!(!run(&[(1, 0), (2, 10), (4, 101)]));
        assert!(!run(&[(2, 0), (1, 10), (4, 20)]));
        assert!(run(&[(1, 0), (1, 90), (2, 95), (4, 150)]));
        assert!(!run(&[(7, 0), (7, 1)]));
        assert!(run(&[(7, 0), (7, 1), (7, 2)]));
    }
}
