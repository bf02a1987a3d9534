//! The ruling of a case while it still grows: what people stated stays, also when later records change what the facts carry.

use crate::ruling::{Decision, Ruling, RulingFault, Statement, ruling};
use act::Facts;

/// The ruling by all notes that still stand, and why the others do not. A note stood when it was made; the records that came
/// since may have taken what it rested on, and then a person has to look again.
#[must_use]
pub fn noted(
    proposed: &Facts,
    statements: &[Statement],
    decisions: &[Decision],
) -> (Ruling, Vec<RulingFault>) {
    let (mut statements, mut decisions) = (statements.to_vec(), decisions.to_vec());
    let mut fallen = Vec::new();
    loop {
        match ruling(proposed, &statements, &decisions) {
            Ok(ruling) => return (ruling, fallen),
            // Every turn takes at least one note away, so this ends.
            Err(faults) => {
                let gone = |table: &str, place: usize| {
                    faults.iter().any(|fault| fault.table == table && fault.number == place + 1)
                };
                let before = statements.len() + decisions.len();
                statements = keep(statements, |place| !gone("statement", place));
                decisions = keep(decisions, |place| !gone("verdict", place));
                if statements.len() + decisions.len() == before {
                    (statements, decisions) = (Vec::new(), Vec::new());
                }
                fallen.extend(faults);
            }
        }
    }
}

fn keep<T>(all: Vec<T>, stays: impl Fn(usize) -> bool) -> Vec<T> {
    all.into_iter().enumerate().filter(|(place, _)| stays(*place)).map(|(_, one)| one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruling::Doing;
    use act::{ActKind, FactId};

    /// A confirmation that the facts do not carry any more falls; what was stated stays.
    #[test]
    fn what_does_not_stand_any_more_is_named_and_the_rest_stays() {
        let facts = Facts::new("a", ActKind::Login);
        let statement = |value: &str| Statement {
            fact: FactId::F8,
            value: value.into(),
            by: "関所".into(),
            at: "2026-11-24T10:00:00+09:00".into(),
            reason: "確認した".into(),
            evidence: Vec::new(),
        };
        let decision = Decision {
            doing: Doing::Confirm,
            class: "UA1".into(),
            by: "関所".into(),
            at: "2026-11-24T11:00:00+09:00".into(),
            reason: "そう見えた".into(),
        };
        let (ruling, fallen) = noted(&facts, &[statement("refuted"), statement("nonsense")], &[decision]);
        assert_eq!(ruling.facts.consent_of_administrator.author.as_deref(), Some("関所"));
        assert!(ruling.standing().is_none() && !ruling.names_act());
        let tables: Vec<_> = fallen.iter().map(|fault| (fault.table, fault.number)).collect();
        assert_eq!(tables, [("statement", 2), ("verdict", 1)]);
    }
}
