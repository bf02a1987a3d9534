//! Numbers of records (DT-FMT-51): what is missing between the first and the last of a log, and where they start anew.

use crate::activity::Edge;

/// Logs kept for one source and computer.
const LOGS_MAX: usize = 256;
/// Holes kept for a log; the largest stay.
const HOLES_MAX: usize = 32;

/// A stretch of numbers without a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hole {
    /// Last number before, and its record.
    pub before: (u64, Edge),
    /// First number after, and its record.
    pub after: (u64, Edge),
}

impl Hole {
    const fn width(&self) -> u64 {
        self.after.0.saturating_sub(self.before.0)
    }
}

/// The numbers of one log.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Lowest number.
    pub lowest: u64,
    /// Highest number.
    pub highest: u64,
    /// Records.
    pub records: u64,
    /// Numbers that no record has, between records that follow each other.
    pub missing: u64,
    /// How often the numbers began anew while the time went on.
    pub resets: u64,
    /// The records around the first new beginning.
    pub reset: Option<(Edge, Edge)>,
    /// The largest holes.
    pub holes: Vec<Hole>,
    last: (u64, Edge),
}

/// Numbers of the logs of one source and computer.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    logs: Vec<(String, Run)>,
    current: usize,
}

impl Numbers {
    /// Notes a record of the log; to be called in the order of reading.
    pub(crate) fn note(&mut self, log: &str, id: u64, edge: Edge) {
        if id == 0 {
            return;
        }
        if self.logs.get(self.current).is_none_or(|(name, _)| name != log) {
            match self.logs.iter().position(|(name, _)| name == log) {
                Some(place) => self.current = place,
                None if self.logs.len() >= LOGS_MAX => return,
                None => {
                    self.logs.push((log.to_owned(), Run::default()));
                    self.current = self.logs.len() - 1;
                }
            }
        }
        if let Some((_, run)) = self.logs.get_mut(self.current) {
            run.note(id, edge);
        }
    }

    /// The logs with their numbers, in order of first record.
    pub fn logs(&self) -> impl Iterator<Item = (&str, &Run)> {
        self.logs.iter().map(|(name, run)| (name.as_str(), run))
    }
}

impl Run {
    fn note(&mut self, id: u64, edge: Edge) {
        self.records += 1;
        let (last, before) = self.last;
        if self.records == 1 {
            (self.lowest, self.highest) = (id, id);
        } else if id > self.highest && id - last > 1 {
            self.missing = self.missing.saturating_add(id - last - 1);
            self.hole(Hole { before: self.last, after: (id, edge) });
        } else if id < self.lowest && before.time < edge.time {
            self.resets += 1;
            self.reset.get_or_insert((before, edge));
        }
        self.lowest = self.lowest.min(id);
        self.highest = self.highest.max(id);
        self.last = (id, edge);
    }

    fn hole(&mut self, hole: Hole) {
        if self.holes.len() >= HOLES_MAX {
            let smallest = self.holes.iter().enumerate().min_by_key(|(_, hole)| hole.width());
            let Some((place, small)) = smallest.filter(|(_, small)| small.width() < hole.width()) else {
                return;
            };
            let _ = small;
            self.holes.remove(place);
        }
        self.holes.push(hole);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use vocab::Timestamp;

    fn run(ids: &[u64]) -> Run {
        let mut numbers = Numbers::default();
        for (at, id) in ids.iter().enumerate() {
            let time = Timestamp::from_seconds(i64::try_from(at).unwrap());
            numbers.note("Security", *id, Edge { time, ..Edge::default() });
        }
        numbers.logs.into_iter().next().map(|(_, run)| run).unwrap_or_default()
    }

    #[test]
    fn holes_and_new_beginnings_are_told_apart() {
        let one = run(&[10, 11, 12, 20, 21]);
        assert_eq!((one.missing, one.resets, one.holes.len()), (7, 0, 1));
        assert_eq!((one.holes[0].before.0, one.holes[0].after.0), (12, 20));
        let anew = run(&[500, 501, 1, 2, 3]);
        assert_eq!((anew.missing, anew.resets, anew.lowest), (0, 1, 1));
    }

    proptest! {
        #[test]
        fn any_numbers_are_taken(ids in prop::collection::vec(1..u64::MAX, 0..300)) {
            let run = run(&ids);
            prop_assert_eq!(run.records, ids.len() as u64);
            prop_assert!(run.holes.len() <= HOLES_MAX);
        }
    }
}
