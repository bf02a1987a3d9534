//! "Would they take it?" (casework.md 4.4, 4.5, 5.1, 5.2): the checklists of the desks, run against a case before anything is
//! sent. Checklists and codes are data; an unknown answer never refuses, it asks for the fact (CW-AST-04).

use crate::commission::{self, Competent};
use crate::dossier::{Dossier, FactValue};
use crate::incident::Bilingual;
use serde::Serialize;

const CHECKS: &str = include_str!("../data/checks.tsv");
const CODES: &str = include_str!("../data/codes.tsv");
/// Desks of casework.md 4.1 that a hit organisation turns to.
pub const DESKS: [&str; 4] = ["police", "psc", "ipa", "jpcert"];

/// Answer to a question of a checklist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Passed.
    Yes,
    /// Failed.
    No,
    /// Nobody said so yet.
    Unknown,
}

/// One question of a checklist with its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// `CK-01` to `CK-34`, `A1` to `A5`.
    pub id: &'static str,
    /// Question.
    pub question: Bilingual,
    /// Answer.
    pub answer: Answer,
    /// Facts of the case file that would settle or change it (CW-DSK-03).
    pub facts: Vec<&'static str>,
    /// Code of a failure.
    pub code: Option<&'static str>,
}

/// What a desk would do with the case as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// 受理
    Accepted,
    /// 補正・資料の要求
    Supplement,
    /// 相談
    Consultation,
    /// 不受理・不開始
    Refused,
}

/// What one desk would do, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Opinion {
    /// Desk.
    pub desk: &'static str,
    /// What it would do.
    pub outcome: Outcome,
    /// Codes of refusal, with their texts.
    pub codes: Vec<Reason>,
    /// The checklist.
    pub checks: Vec<Check>,
    /// Desks that may be better, in order.
    pub elsewhere: Vec<&'static str>,
    /// Which commission is competent (CW-AST-01); only for `psc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub competent: Option<Competent>,
}

/// A code of refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Code.
    pub code: &'static str,
    /// In words.
    pub text: Bilingual,
}

/// Asks every desk.
#[must_use]
pub fn opinions(case: &Dossier) -> Vec<Opinion> {
    DESKS.into_iter().map(|desk| opinion(case, desk)).collect()
}

fn opinion(case: &Dossier, desk: &'static str) -> Opinion {
    let rows = table(CHECKS).filter(|row| [desk, "*"].contains(&cell(row, 1)));
    let checks: Vec<Check> = rows.map(|row| check(case, &row)).collect();
    let failed: Vec<&'static str> = checks.iter().filter_map(|check| check.code).collect();
    let coded: Vec<Vec<&'static str>> = table(CODES).filter(|row| failed.contains(&cell(row, 0))).collect();
    let outcomes = coded.iter().map(|row| match cell(row, 1) {
        "refused" => Outcome::Refused,
        "consultation" => Outcome::Consultation,
        _ => Outcome::Supplement,
    });
    let worst = outcomes.max_by_key(|outcome| *outcome as u8);
    let open = |check: &Check| check.answer != Answer::Yes && check.id != "CK-22";
    let standard_open = checks.iter().any(|check| check.id == "CK-21" && check.answer == Answer::Unknown);
    let outcome = match worst {
        Some(worst) => worst,
        None if standard_open => Outcome::Consultation,
        None if checks.iter().any(open) => Outcome::Supplement,
        None => Outcome::Accepted,
    };
    let mut elsewhere: Vec<&'static str> = Vec::new();
    for next in coded.iter().flat_map(|row| cell(row, 2).split(',')) {
        if next != desk && !elsewhere.contains(&next) {
            elsewhere.push(next);
        }
    }
    let codes = coded.iter().map(|row| Reason { code: cell(row, 0), text: both(row, 3) }).collect();
    let competent = (desk == "psc").then(|| commission::competent(&case.facts));
    Opinion { desk, outcome, codes, checks, elsewhere, competent }
}

fn check(case: &Dossier, row: &[&'static str]) -> Check {
    let facts: Vec<&'static str> = cell(row, 3).split(',').filter(|fact| !fact.is_empty()).collect();
    let codes: Vec<&'static str> = cell(row, 4).split(',').filter(|code| !code.is_empty()).collect();
    let (answer, at) = answer(case, cell(row, 2), &facts);
    let code = if answer == Answer::No { codes.get(at).or(codes.first()).copied() } else { None };
    Check { id: cell(row, 0), question: both(row, 5), answer, facts, code }
}

/// The answer, and which of the codes a failure has.
fn answer(case: &Dossier, rule: &str, facts: &[&str]) -> (Answer, usize) {
    let known = |fact: &str| case.facts.get(fact).is_some();
    let said = |fact: &str| match case.facts.get(fact) {
        Some(FactValue::YesNo(yes)) => Some(*yes),
        _ => None,
    };
    let answer = match rule {
        "any" => entered(facts.iter().any(|fact| known(fact))),
        "all" | "noted" => entered(facts.iter().all(|fact| known(fact))),
        "elements" => elements(case),
        "consent" if excluded(case) != Answer::Unknown => excluded(case),
        "consent" => {
            let wanted = if case.seen.legal.category == "credential_misuse" {
                facts
            } else {
                facts.get(..1).unwrap_or(facts)
            };
            stated(&wanted.iter().map(|fact| said(fact)).collect::<Vec<_>>())
        }
        "standard" => match case.seen.legal.standard_class.as_str() {
            "yes" => Answer::Yes,
            "no" => Answer::No,
            _ => Answer::Unknown,
        },
        "logs" => {
            let timed = case.seen.records.iter().any(|record| record.quote.is_some());
            if timed && !case.seen.sources.is_empty() { Answer::Yes } else { Answer::No }
        }
        "sources" => entered(!case.seen.sources.is_empty()),
        "recognised" => recognised(case),
        "administrator" => match said("assistance.is_administrator") {
            Some(false) => Answer::No,
            Some(true) => entered(known("administrator.name")),
            None => Answer::Unknown,
        },
        "materials" if said("assistance.materials") == Some(false) => Answer::No,
        "materials" => entered(facts.iter().all(|fact| known(fact))),
        "proper" => match (said("assistance.will"), said("assistance.own_skill")) {
            (Some(false), _) => Answer::No,
            (_, Some(true)) => return (Answer::No, 1),
            (Some(true), Some(false)) => Answer::Yes,
            _ => Answer::Unknown,
        },
        "emergency" => match case.facts.get("assistance.wanted") {
            Some(FactValue::Chosen(chosen)) if chosen.iter().all(|at| *at < 3) => Answer::Yes,
            Some(FactValue::Chosen(_)) => Answer::No,
            _ => Answer::Unknown,
        },
        _ => Answer::Unknown,
    };
    (answer, 0)
}

const fn entered(known: bool) -> Answer {
    if known { Answer::Yes } else { Answer::Unknown }
}

fn stated(said: &[Option<bool>]) -> Answer {
    match said {
        said if said.contains(&Some(false)) => Answer::No,
        said if said.contains(&None) => Answer::Unknown,
        _ => Answer::Yes,
    }
}

fn elements(case: &Dossier) -> Answer {
    let four: Vec<_> =
        case.seen.legal.elements.iter().filter(|element| element.id.starts_with('E')).collect();
    let shown = |element: &&crate::dossier::SeenElement| {
        element.state == "established" && !(element.records.is_empty() && element.stated.is_empty())
    };
    match four {
        four if four.iter().any(|element| element.state == "refuted") => Answer::No,
        four if four.len() == 4 && four.iter().all(shown) => Answer::Yes,
        _ => Answer::Unknown,
    }
}

/// Consent excluded, as far as people stated it of the act (CW-CLS-22).
fn excluded(case: &Dossier) -> Answer {
    match case.seen.legal.elements.iter().find(|element| element.id == "X").map(|one| one.state.as_str()) {
        Some("refuted") => Answer::Yes,
        Some("established") => Answer::No,
        _ => Answer::Unknown,
    }
}

/// Only a verdict that a person confirmed recognises an act, or denies one (CW-AST-04).
fn recognised(case: &Dossier) -> Answer {
    let legal = &case.seen.legal;
    match (legal.state.as_str(), legal.verdict.as_str()) {
        ("confirmed", "UA1" | "UA2" | "UA3") => Answer::Yes,
        ("confirmed", "attempt_only") => Answer::No,
        ("confirmed", verdict) if verdict.starts_with("out_") || verdict.starts_with("excluded_") => {
            Answer::No
        }
        _ => Answer::Unknown,
    }
}

fn table(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

fn cell(row: &[&'static str], at: usize) -> &'static str {
    row.get(at).copied().unwrap_or_default()
}

fn both(row: &[&'static str], at: usize) -> Bilingual {
    Bilingual { ja: cell(row, at).to_owned(), en: cell(row, at + 1).to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dossier::catalogue::catalogue;

    #[test]
    fn the_tables_are_whole() {
        for row in table(CHECKS) {
            assert_eq!(row.len(), 7, "{row:?}");
            for fact in cell(&row, 3).split(',').filter(|fact| !fact.is_empty()) {
                assert!(catalogue().fact(fact).is_some(), "{fact}");
            }
            for code in cell(&row, 4).split(',').filter(|code| !code.is_empty()) {
                assert!(table(CODES).any(|row| cell(&row, 0) == code), "{code}");
            }
            assert!(cell(&row, 1) == "*" || DESKS.contains(&cell(&row, 1)), "{row:?}");
        }
        for row in table(CODES) {
            assert_eq!(row.len(), 5, "{row:?}");
            assert!(cell(&row, 2).split(',').all(|desk| DESKS.contains(&desk)), "{row:?}");
        }
    }
}
