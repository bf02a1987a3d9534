//! Telling people (detection.md 8.1): who is told of an incident when, and what becomes of a notice. Pure: times are values,
//! what was sent before comes in, what to do next goes out.

mod delivery;
mod escalation;
mod folding;
mod hours;

pub use delivery::{GIVE_UP_MICROS, Taken, acknowledges, after_try, lost, may_become};
pub use escalation::{ROUNDS, Round, Step, Told, rounds_of, step};
pub use folding::{AN_HOUR_MAX, SUMMARY_MICROS, folds, summary_due};
pub use hours::{DAY_MINUTES, Hours, Local, digest_due, local, minute, quiet_end};

/// What a person has to do with incidents. Sekisho's roles say what somebody may do; duties say whom to call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Duty {
    /// Is told at once and decides (危機管理責任者).
    CrisisManager,
    /// Stands in for the manager (代理).
    Deputy,
    /// Works on the incident (危機管理オペレータ).
    Operator,
    /// Head of the organisation (組織の長).
    Head,
}

impl Duty {
    /// All duties, in the order in which they are called.
    pub const ALL: [Self; 4] = [Self::CrisisManager, Self::Deputy, Self::Operator, Self::Head];

    /// Name in the database and in messages' ids.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CrisisManager => "crisis-manager",
            Self::Deputy => "deputy",
            Self::Operator => "operator",
            Self::Head => "head",
        }
    }

    /// The duty with this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|duty| duty.name() == name)
    }
}

/// A duty that a person has, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Name to sign in with.
    pub person: String,
    /// What the person has to do.
    pub duty: Duty,
    /// When.
    pub hours: Hours,
}

/// Which addresses of a person are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// The first address.
    First,
    /// Every address.
    All,
}

/// Who of the roster is called for one duty: those who have it now; when nobody has it now, all who ever have it, because
/// being told at night is better than not being told.
fn holders(roster: &[Post], duty: Duty, now: Local) -> Vec<&str> {
    let with = |at_all: bool| {
        let posts = roster.iter().filter(|post| post.duty == duty && (at_all || post.hours.holds(now)));
        posts.map(|post| post.person.as_str()).collect::<Vec<_>>()
    };
    let present = with(false);
    if present.is_empty() { with(true) } else { present }
}

/// The people who are told, each once. Where nobody has any of the duties, the next duty in order is called instead: a
/// notice that reaches nobody is the one mistake that must not happen.
#[must_use]
pub fn called<'r>(roster: &'r [Post], duties: &[Duty], now: Local) -> Vec<&'r str> {
    let mut people: Vec<&str> = duties.iter().flat_map(|duty| holders(roster, *duty, now)).collect();
    if people.is_empty() {
        let next = Duty::ALL.into_iter().map(|duty| holders(roster, duty, now));
        people = next.into_iter().find(|people| !people.is_empty()).unwrap_or_default();
    }
    people.sort_unstable();
    people.dedup();
    people
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(person: &str, duty: Duty, hours: Hours) -> Post {
        Post { person: person.into(), duty, hours }
    }

    #[test]
    fn somebody_is_always_called() {
        let day = Hours { days: 0b001_1111, from: 9 * 60, until: 18 * 60 };
        let night = Hours { days: 0b111_1111, from: 18 * 60, until: 9 * 60 };
        let roster = [
            post("kanri", Duty::CrisisManager, day),
            post("dairi", Duty::Deputy, night),
            post("oper", Duty::Operator, Hours::ALWAYS),
            post("oper", Duty::Deputy, Hours::ALWAYS),
        ];
        let noon = Local { day: 0, minute: 12 * 60 };
        let midnight = Local { day: 6, minute: 0 };
        assert_eq!(called(&roster, &[Duty::CrisisManager], noon), ["kanri"]);
        // Nobody has the duty now: whoever has it at all.
        assert_eq!(called(&roster, &[Duty::CrisisManager], midnight), ["kanri"]);
        assert_eq!(called(&roster, &[Duty::Operator, Duty::Deputy], midnight), ["dairi", "oper"]);
        assert_eq!(called(&roster, &[Duty::Operator, Duty::Deputy], noon), ["oper"]);
        // No head is named: those who come first in order.
        assert_eq!(called(&roster, &[Duty::Head], noon), ["kanri"]);
        assert!(called(&[], &[Duty::Head], noon).is_empty());
    }
}
