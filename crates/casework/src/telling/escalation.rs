//! Who is told when, until somebody acknowledges (DT-NTF-01, -03).

use super::{Duty, Way};
use vocab::{Level, Timestamp};

/// One round of telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// Minutes after the beginning.
    pub after_minutes: i64,
    /// Who is told.
    pub to: &'static [Duty],
    /// By which addresses.
    pub way: Way,
}

const fn round(after_minutes: i64, to: &'static [Duty], way: Way) -> Round {
    Round { after_minutes, to, way }
}

const MANAGER: &[Duty] = &[Duty::CrisisManager];
const STAFF: &[Duty] = &[Duty::Operator, Duty::Deputy];
const ALL: &[Duty] = &[Duty::CrisisManager, Duty::Deputy, Duty::Operator];
const EVERYBODY: &[Duty] = &[Duty::CrisisManager, Duty::Deputy, Duty::Operator, Duty::Head];

/// The defaults of DT-NTF-03: the manager by all channels at once; operator and deputy after 15 minutes; all by all their
/// addresses after 30 and again every 30 minutes up to 4 hours; then the head of the organisation too.
pub const ROUNDS: [Round; 10] = [
    round(0, MANAGER, Way::All),
    round(15, STAFF, Way::First),
    round(30, ALL, Way::All),
    round(60, ALL, Way::All),
    round(90, ALL, Way::All),
    round(120, ALL, Way::All),
    round(150, ALL, Way::All),
    round(180, ALL, Way::All),
    round(210, ALL, Way::All),
    round(240, EVERYBODY, Way::All),
];

/// Rounds that only widen the circle: when no channel takes a notice, these do not wait for their time.
const WIDENING: std::ops::Range<usize> = 1..3;

/// How far the telling of one stage of an incident is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Level of the incident.
    pub level: Level,
    /// When the stage was reached.
    pub begun: Timestamp,
    /// Rounds that are done.
    pub rounds: usize,
    /// Somebody has acknowledged it.
    pub acknowledged: bool,
    /// Everything that was sent so far is lost: no channel took it.
    pub lost: bool,
}

/// What is to be done now: the rounds up to `rounds` in one go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Rounds that are done afterwards.
    pub rounds: usize,
    /// Who is told.
    pub to: Vec<Duty>,
    /// By which addresses.
    pub way: Way,
}

/// Rounds for incidents of this level: low ones stand in the digest only.
#[must_use]
pub fn rounds_of(level: Level) -> &'static [Round] {
    if level >= Level::Medium { &ROUNDS } else { &[] }
}

/// The next step, if one is due. `quiet_end`: when the quiet hours end that hold now. They hold back what is below high,
/// never what is high (DT-NTF-03). A clock that jumps, or a service that was down, leads to one step and not to many.
#[must_use]
pub fn step(told: Told, now: Timestamp, quiet_end: Option<Timestamp>) -> Option<Step> {
    if told.acknowledged || (told.level < Level::High && quiet_end.is_some()) {
        return None;
    }
    let rounds = rounds_of(told.level);
    let time_has_come = |round: &Round| now.since(told.begun) >= round.after_minutes * Timestamp::MINUTE;
    let mut until = rounds.iter().take_while(|round| time_has_come(round)).count();
    if until <= told.rounds && told.lost && WIDENING.contains(&told.rounds) {
        until = told.rounds + 1;
    }
    let due = rounds.get(told.rounds..until).filter(|due| !due.is_empty())?;
    let mut to: Vec<Duty> = due.iter().flat_map(|round| round.to).copied().collect();
    to.sort_unstable();
    to.dedup();
    let way = due.iter().map(|round| round.way).max().unwrap_or(Way::First);
    Some(Step { rounds: until, to, way })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const T: Timestamp = Timestamp(1_795_849_500_000_000);

    fn told(rounds: usize) -> Told {
        Told { level: Level::High, begun: T, rounds, acknowledged: false, lost: false }
    }

    fn at(minutes: i64) -> Timestamp {
        T.plus(minutes * Timestamp::MINUTE)
    }

    /// DT-NTF-03, line by line.
    #[test]
    fn the_defaults_are_those_of_the_specification() {
        let mut rounds = 0;
        let mut said = Vec::new();
        for minute in 0..300 {
            if let Some(step) = step(told(rounds), at(minute), None) {
                said.push((minute, step.to.len(), step.way));
                rounds = step.rounds;
            }
        }
        let again = (1..=8).map(|half| (half * 30, if half == 8 { 4 } else { 3 }, Way::All));
        let mut wanted = vec![(0, 1, Way::All), (15, 2, Way::First)];
        wanted.extend(again);
        assert_eq!(said, wanted);
    }

    #[test]
    fn quiet_hours_hold_back_what_is_not_high() {
        let mut medium = told(0);
        medium.level = Level::Medium;
        assert!(step(medium, T, Some(at(60))).is_none());
        assert!(step(medium, T, None).is_some() && step(told(0), T, Some(at(60))).is_some());
        // What was held back is told once when they end, to all who would have been told meanwhile.
        let after = step(medium, at(61), None).expect("told");
        assert_eq!((after.rounds, after.to.len(), after.way), (4, 3, Way::All));
        medium.level = Level::Low;
        assert!(step(medium, at(600), None).is_none(), "low stands in the digest");
    }

    #[test]
    fn when_no_channel_works_the_circle_widens_at_once() {
        let lost = |rounds| Told { lost: true, ..told(rounds) };
        assert_eq!(step(lost(1), at(1), None).map(|step| step.to), Some(vec![Duty::Deputy, Duty::Operator]));
        assert_eq!(step(lost(2), at(1), None).map(|step| (step.rounds, step.to.len())), Some((3, 3)));
        assert_eq!(step(lost(3), at(1), None), None, "repeating does not help");
        assert_eq!(step(lost(9), at(239), None), None);
    }

    proptest! {
        /// Whatever times the clock shows: no round before its time or twice, all of them in the end, none after somebody
        /// has acknowledged.
        #[test]
        fn every_round_is_told_once_and_not_early(
            mut looks in proptest::collection::vec(0_i64..400, 1..40), stop in 0_usize..40, jump in any::<bool>()
        ) {
            if !jump { looks.sort_unstable(); }
            let mut state = told(0);
            for (turn, minute) in looks.iter().enumerate() {
                state.acknowledged = turn >= stop;
                let Some(step) = step(state, at(*minute), None) else {
                    if !state.acknowledged {
                        let waiting = ROUNDS.get(state.rounds).is_none_or(|next| next.after_minutes > *minute);
                        prop_assert!(waiting);
                    }
                    continue;
                };
                prop_assert!(!state.acknowledged);
                prop_assert!(step.rounds > state.rounds && step.rounds <= ROUNDS.len());
                for round in &ROUNDS[state.rounds..step.rounds] {
                    prop_assert!(round.after_minutes <= *minute);
                    prop_assert!(round.to.iter().all(|duty| step.to.contains(duty)) && round.way <= step.way);
                }
                state.rounds = step.rounds;
            }
        }
    }
}
