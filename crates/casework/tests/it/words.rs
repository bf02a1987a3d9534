//! The words: every message has its text in both languages, and the wording rules W1 to W7 hold.

use crate::support::{Build, finding, guessed, run};
use casework::Incident;
use serde_json::Value;
use vocab::{EvidenceRole, Kind, Level};

const JA: [&str; 2] =
    [include_str!("../../../../locales/ja/casework.ftl"), include_str!("../../../../locales/ja/kinds.ftl")];
const EN: [&str; 2] =
    [include_str!("../../../../locales/en/casework.ftl"), include_str!("../../../../locales/en/kinds.ftl")];

/// One incident of every class, tried and entered.
fn every() -> Vec<Incident> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        let tried = finding("F-1", kind, 0).on("w").from("192.0.2.1").refused("a", 1).level(Level::High);
        let mut entered = tried.clone().entered("b", 2, 1).record(EvidenceRole::Session, 3);
        entered.ambiguous = 2;
        entered.source_unreadable = 1;
        all.extend(run(&[tried]));
        all.extend(run(&[entered]));
        all.extend(run(&[finding("F-1", kind, 0).on("w").level(Level::High).effect(4)]));
    }
    all
}

/// Ids of all messages inside a value.
fn ids<'a>(value: &'a Value, out: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            out.extend(fields.get("$msg").and_then(Value::as_str));
            fields.values().for_each(|value| ids(value, out));
        }
        Value::Array(items) => items.iter().for_each(|value| ids(value, out)),
        _ => {}
    }
}

#[test]
fn every_message_has_its_text() {
    for incident in every() {
        let value = serde_json::to_value(&incident).unwrap();
        let mut found = Vec::new();
        ids(&value, &mut found);
        assert!(found.len() > 10);
        for id in found {
            for (language, texts) in [("ja", JA), ("en", EN)] {
                let has =
                    texts.iter().any(|text| text.lines().any(|line| line.starts_with(&format!("{id} ="))));
                assert!(has, "{id} is not in {language}");
            }
        }
    }
}

/// W1 to W4, CW-CLS-21: nothing names the act, the actor is 行為者, the result is a proposal.
#[test]
fn nothing_is_named_before_a_person_confirms() {
    for incident in every() {
        let json = serde_json::to_string(&incident).unwrap();
        for word in ["不正アクセス行為", "被疑者", "犯人", "unauthorized access", "criminal", "suspect\""]
        {
            assert!(!json.contains(word), "{} says {word}", incident.kind.as_str());
        }
        assert_eq!(incident.legal.state, "proposed");
    }
}

/// The Japanese catalogue of this crate: 判定案 heads what is said of the law, nobody is blamed, no actor is named.
#[test]
fn the_catalogue_keeps_the_wording_rules() {
    for line in JA[0].lines().chain(EN[0].lines()) {
        for word in
            ["犯人", "被疑者", "過失", "落ち度", "不注意", "criminal", "culprit", "careless", "negligen"]
        {
            assert!(!line.contains(word), "{line}");
        }
        // The name of the act stands only where a condition is asked for, never where something is asserted.
        let asserts = line.contains("不正アクセス行為") && !line.starts_with("report-condition-");
        assert!(!asserts, "{line}");
    }
    for line in JA[0].lines().filter(|line| line.starts_with("explain-law-")) {
        assert!(line.contains("判定案"), "W1: {line}");
    }
    for line in EN[0].lines().filter(|line| line.starts_with("explain-law-")) {
        assert!(line.contains("判定案") || line.to_lowercase().contains("proposal"), "W1: {line}");
    }
}

/// DT-INC-11: what, to whom, from where, how many, the law, what is missing, what next, in this order.
#[test]
fn the_explanation_has_its_order() {
    let incidents = run(&[guessed()]);
    let short: Vec<&str> = incidents[0].explanation.short.iter().map(|message| message.id.as_str()).collect();
    assert_eq!(
        short,
        [
            "explain-what-entered",
            "explain-target",
            "explain-source",
            "explain-count",
            "explain-entered",
            "explain-law-credential_misuse",
            "explain-missing",
            "explain-next-entered",
        ]
    );
    assert_eq!(incidents[0].explanation.line.id, "explain-what-entered");
    let tried = run(&[finding("F-1", Kind::PasswordGuessing, 0).on("w").refused("a", 1)]);
    let short: Vec<&str> = tried[0].explanation.short.iter().map(|message| message.id.as_str()).collect();
    assert!(short.contains(&"explain-source-unknown") && short.contains(&"explain-next-tried"), "{short:?}");
}
