//! What the desks would do with a case (casework.md 4.4, 4.5, 5.1, 5.2).

use casework::acceptance::{Answer, Opinion, Outcome, opinions};
use casework::dossier::catalogue::catalogue;
use casework::dossier::{Dossier, Facts, Seen};
use serde_json::{Value, json};

fn incident(change: impl FnOnce(&mut Value)) -> Value {
    let element = |id: &str| json!({ "id": id, "state": "established", "statement": { "ja": "x", "en": "x" }, "records": [{ "index": 1, "record": 2 }] });
    let mut incident = json!({
        "schema_version": 1, "id": "I-1", "kind": "password_guessing", "level": "high",
        "title": { "ja": "x", "en": "x" },
        "legal": { "category": "credential_misuse", "verdict": "undetermined", "state": "proposed", "standard_class": "yes",
            "elements": [element("E1"), element("E2"), element("E3"), element("E4")] },
        "sources": [{ "ip": "192.0.2.1", "first": "2026-11-20T00:00:00Z", "last": "2026-11-20T01:00:00Z" }],
        "records": [{ "citation": { "index": 1, "record": 2 }, "time": "2026-11-20T00:00:00Z",
            "quote": { "file": "auth.log", "text": "x" } }],
        "first": "2026-11-20T00:00:00Z", "last": "2026-11-20T01:00:00Z",
    });
    change(&mut incident);
    incident
}

fn opinion(incident: &Value, facts: &str, desk: &str) -> Opinion {
    let facts = Facts::parse(facts, catalogue(), &[]).unwrap_or_else(|faults| panic!("{faults:?}"));
    let case = Dossier { seen: Seen::read(incident).unwrap(), facts };
    opinions(&case).into_iter().find(|opinion| opinion.desk == desk).unwrap()
}

fn codes(opinion: &Opinion) -> Vec<&str> {
    opinion.codes.iter().map(|reason| reason.code).collect()
}

const FULL: &str = r#"
[reporter]
phone = "045-000-0000"
[administrator]
name = "㈱関所商店"
[computer]
prefecture = "神奈川県"
[discovery]
time = "2026-11-21 09:10"
[clock]
synchronised = true
[access_control]
consent_statement = true
holder_statement = true
site = "self"
[coordination]
purpose = "contact"
withhold = true
[use]
content = "受注管理"
[management]
patches = "月1回"
codes = "8文字以上"
[assistance]
is_administrator = true
materials = true
will = true
own_skill = false
wanted = ["advice"]
"#;

fn without(line: &str) -> String {
    assert!(FULL.contains(line), "{line}");
    FULL.replace(line, "")
}

#[test]
fn a_whole_case_is_taken() {
    let proposed = incident(|_| {});
    for desk in ["police", "ipa", "jpcert"] {
        let opinion = opinion(&proposed, FULL, desk);
        assert_eq!((opinion.outcome, codes(&opinion).len()), (Outcome::Accepted, 0), "{desk} {opinion:?}");
    }
    let confirmed = incident(|one| {
        one["legal"]["state"] = "confirmed".into();
        one["legal"]["verdict"] = "UA1".into();
    });
    assert_eq!(opinion(&confirmed, FULL, "psc").outcome, Outcome::Accepted);
}

/// CW-AST-04: an undetermined verdict asks for documents and never refuses.
#[test]
fn what_is_unknown_is_asked_for_and_not_refused() {
    let opinion_of = |desk| opinion(&incident(|_| {}), "", desk);
    assert_eq!(opinion_of("psc").outcome, Outcome::Supplement);
    assert!(opinion_of("psc").codes.is_empty());
    let police = opinion_of("police");
    assert_eq!(police.outcome, Outcome::Supplement);
    let place = police.checks.iter().find(|check| check.id == "CK-14").unwrap();
    assert_eq!((place.answer, place.facts.as_slice()), (Answer::Unknown, ["computer.prefecture"].as_slice()));
    let doubtful = incident(|one| one["legal"]["standard_class"] = "undetermined".into());
    assert_eq!(opinion(&doubtful, FULL, "ipa").outcome, Outcome::Consultation);
}

#[test]
fn refusals_carry_their_code_and_another_desk() {
    let refuted = incident(|one| one["legal"]["elements"][2]["state"] = "refuted".into());
    let police = opinion(&refuted, FULL, "police");
    assert_eq!((police.outcome, codes(&police)), (Outcome::Refused, vec!["RJ-POL-1"]));
    assert_eq!(police.elsewhere, ["ipa"]);
    let other = incident(|one| one["legal"]["standard_class"] = "no".into());
    let ipa = opinion(&other, FULL, "ipa");
    assert_eq!((ipa.outcome, codes(&ipa)), (Outcome::Consultation, vec!["RJ-IPA-1"]));
    let no_logs = incident(|one| one["records"] = json!([]));
    let jpcert = opinion(&no_logs, FULL, "jpcert");
    assert_eq!((jpcert.outcome, codes(&jpcert)), (Outcome::Supplement, vec!["RJ-JPC-1"]));
    let consented = without("consent_statement = true")
        .replace("[access_control]", "[access_control]\nconsent_statement = false");
    assert_eq!(codes(&opinion(&incident(|_| {}), &consented, "police")), ["RJ-POL-1"]);
}

/// D1 to D6: each ground alone gives its code.
#[test]
fn grounds_against_assistance_have_their_codes() {
    let confirmed = |verdict: &'static str| {
        incident(move |one| {
            one["legal"]["state"] = "confirmed".into();
            one["legal"]["verdict"] = verdict.into();
        })
    };
    let act = confirmed("UA1");
    let table = [
        ("is_administrator = true", "is_administrator = false", "D6"),
        ("materials = true", "materials = false", "D2"),
        ("will = true", "will = false", "D3"),
        ("own_skill = false", "own_skill = true", "D4"),
        ("wanted = [\"advice\"]", "wanted = [\"advice\", \"other\"]", "D5"),
    ];
    for (right, wrong, code) in table {
        let opinion = opinion(&act, &FULL.replace(right, wrong), "psc");
        assert_eq!(codes(&opinion), [code]);
        assert!(!opinion.elsewhere.is_empty(), "{code}: what else is open is named (CW-AST-06)");
    }
    for verdict in ["attempt_only", "out_no_infringement"] {
        let opinion = opinion(&confirmed(verdict), FULL, "psc");
        assert_eq!((opinion.outcome, codes(&opinion)), (Outcome::Refused, vec!["D1"]), "{verdict}");
    }
    assert_eq!(opinion(&confirmed("undetermined"), FULL, "psc").outcome, Outcome::Supplement);
}
