//! The values that a person can choose for a fact, in words (`data/fact_values.tsv`; for the credential status the table of the Act).

use super::statement::STATED;
use crate::incident::Bilingual;
use act::{FactId, Facts};
use serde::Serialize;

const VALUES: &str = include_str!("../../data/fact_values.tsv");

/// One value of a fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FactOption {
    /// As a statement writes it.
    pub value: String,
    /// In words.
    pub text: Bilingual,
}

/// A fact as it stands, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FactRow {
    /// `F0` and so on.
    pub fact: FactId,
    /// What it says.
    pub statement: Bilingual,
    /// The value as facts write it, `?` = unknown.
    pub value: String,
    /// The value in words.
    pub text: Bilingual,
    /// Who recorded it: `sekisho` = the records show it.
    pub author: Option<String>,
    /// When a person recorded it.
    pub recorded_at: Option<String>,
    /// Why.
    pub note: Option<String>,
    /// Number of pieces of evidence.
    pub evidence: usize,
}

/// The values that a fact can have; none for F0 (a time) and the computers (a name).
#[must_use]
pub fn values(fact: FactId) -> Vec<FactOption> {
    if fact == FactId::Cs {
        let option = |(status, ja, en): (act::CredentialStatus, &str, &str)| FactOption {
            value: status.as_str().to_owned(),
            text: Bilingual { ja: ja.to_owned(), en: en.to_owned() },
        };
        return act::credential_statuses().map(option).collect();
    }
    if matches!(fact, FactId::F0 | FactId::M1 | FactId::M2) {
        return Vec::new();
    }
    let own = of(fact.as_str());
    if own.is_empty() { of("*") } else { own }
}

fn of(key: &str) -> Vec<FactOption> {
    let rows = VALUES.lines().filter(|line| !line.starts_with('#'));
    let option = |line: &str| match line.split('\t').collect::<Vec<_>>().as_slice() {
        [fact, value, ja, en] if *fact == key => Some(FactOption {
            value: (*value).to_owned(),
            text: Bilingual { ja: (*ja).to_owned(), en: (*en).to_owned() },
        }),
        _ => None,
    };
    rows.filter_map(option).collect()
}

/// Every fact that a person can state, as it stands.
#[must_use]
pub fn rows(facts: &Facts) -> Vec<FactRow> {
    let all = serde_json::to_value(facts).unwrap_or_default();
    STATED
        .into_iter()
        .map(|fact| row(fact, all.get(fact.name()).unwrap_or(&serde_json::Value::Null)))
        .collect()
}

fn row(fact: FactId, held: &serde_json::Value) -> FactRow {
    let text = |name: &str| held.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
    let value = match held.get("value").unwrap_or(held) {
        serde_json::Value::String(value) => value.clone(),
        serde_json::Value::Object(time) => {
            let end = |name: &str| time.get(name).and_then(serde_json::Value::as_str).unwrap_or("?");
            match (end("from"), end("to")) {
                (from, to) if from == to => from.to_owned(),
                (from, to) => format!("{from}/{to}"),
            }
        }
        _ => "?".to_owned(),
    };
    let known =
        values(fact).into_iter().find(|option| option.value == written(&value) || option.value == value);
    FactRow {
        fact,
        statement: Bilingual { ja: fact.ja().to_owned(), en: fact.en().to_owned() },
        text: known.map_or_else(|| Bilingual { ja: value.clone(), en: value.clone() }, |option| option.text),
        value,
        author: text("author"),
        recorded_at: text("recorded_at"),
        note: text("note"),
        evidence: held.get("evidence").and_then(serde_json::Value::as_array).map_or(0, Vec::len),
    }
}

/// The word of a statement for the sign that facts carry.
fn written(value: &str) -> &str {
    match value {
        "+" => "established",
        "-" => "refuted",
        "?" => "argued",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruling::{Statement, ruling};

    /// Every value that is offered can be stated, and comes back in words.
    #[test]
    fn every_value_can_be_stated() {
        let facts = Facts::new("a", act::ActKind::Login);
        for fact in STATED {
            for option in values(fact) {
                let statement = Statement {
                    fact,
                    value: option.value.clone(),
                    by: "関所".to_owned(),
                    at: "2026-11-24 10:00".to_owned(),
                    reason: "確認した".to_owned(),
                    evidence: Vec::new(),
                };
                let ruling = ruling(&facts, &[statement], &[]).unwrap_or_else(|faults| panic!("{faults:?}"));
                let rows = rows(&ruling.facts);
                let row = rows.iter().find(|row| row.fact == fact).unwrap();
                assert_eq!(row.text, option.text, "{fact}");
                assert_eq!(row.author.as_deref(), Some("関所"));
            }
        }
        assert!(VALUES.lines().all(|line| line.starts_with('#') || line.split('\t').count() == 4));
    }
}
