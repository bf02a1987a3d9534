//! Guards of a case by table (casework.md 6.3, 10.4, CW-VIC-05, -07, -09, -10, CW-DAT-10, -11, -12).

use casework::dossier::catalogue::catalogue;
use casework::dossier::{Dossier, Facts, Seen};
use casework::handling::{Deed, Handling, Objection, Situation, objections};
use casework::obligation::{Obligation, obligations};
use serde_json::{Value, json};
use vocab::{CaseState, Timestamp};

const NOW: Timestamp = Timestamp::from_seconds(1_795_309_200);
const FIRST: Timestamp = Timestamp::from_seconds(1_795_136_400);

/// Deeds by (who, what, particulars); the entry is the place, from 1.
fn handling(deeds: &[(&str, &str, Value)]) -> Handling {
    let texts: Vec<String> = deeds
        .iter()
        .map(|(.., body)| body.as_str().map_or_else(|| body.to_string(), str::to_owned))
        .collect();
    let deeds = deeds.iter().zip(&texts).zip(1..);
    Handling::of(deeds.map(|(((by, deed, _), body), entry)| Deed { entry, at: NOW, by, deed, body }))
}

struct Case {
    hit: Vec<String>,
    keeper: &'static str,
    unheld: Vec<String>,
    confirmed: bool,
    measures: Vec<(String, u8)>,
    without_receipt: Vec<String>,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            hit: vec!["web01".to_owned()],
            keeper: "sekisho01",
            unheld: Vec::new(),
            confirmed: true,
            measures: vec![("PM-10".to_owned(), 2), ("PM-16".to_owned(), 4)],
            without_receipt: Vec::new(),
        }
    }
}

fn owed(handling: &Handling) -> Vec<Obligation> {
    let report = |form: &str, clock: &str| json!({ "form": form, "recipient": "x", "clock": clock, "state": "due", "due": "2026-11-26T01:00:00Z" });
    let incident = json!({
        "schema_version": 1, "id": "I-1", "kind": "web_shell", "level": "high", "title": { "ja": "x", "en": "x" },
        "legal": { "category": "security_hole", "verdict": "undetermined" },
        "first": "2026-11-20T00:00:00Z", "last": "2026-11-20T01:00:00Z",
        "reports": [report("internal.notice", "CLK-1"), report("police.damage", "CLK-2"), report("ipa.access", "CLK-7")],
    });
    let facts = Facts::parse("", catalogue(), &[]).unwrap();
    obligations(&Dossier { seen: Seen::read(&incident).unwrap(), facts }, &handling.clocks).unwrap()
}

/// What objects, as `PG-1 web01`.
fn against(to: CaseState, case: &Case, deeds: &[(&str, &str, Value)]) -> Vec<String> {
    let handling = handling(deeds);
    let situation = Situation {
        hit: &case.hit,
        keeper: case.keeper,
        span: (FIRST, FIRST.plus(Timestamp::HOUR)),
        unheld: &case.unheld,
        confirmed: case.confirmed,
        obligations: &owed(&handling),
        measures: &case.measures,
        without_receipt: &case.without_receipt,
        now: NOW,
    };
    objections(to, &situation, &handling).iter().map(Objection::to_string).collect()
}

fn item(name: &str, class: &str, host: &str, place: Value) -> (&'static str, &'static str, Value) {
    let days = |days: i64| serde_json::to_value(FIRST.plus(days * Timestamp::DAY)).unwrap();
    let body = json!({
        "name": name, "class": class, "host": host, "sha256": name.repeat(8), "bytes": 1, "place": place,
        "covers": if class == "logs" { json!([days(-31), days(1)]) } else { Value::Null },
    });
    ("oper", "evidence", body)
}

fn gate(gate: &str, host: &str, answer: &str) -> (&'static str, &'static str, Value) {
    ("oper", "gate", json!({ "gate": gate, "host": host, "answer": answer, "reason": "r" }))
}

fn waiver(gates: &[&str], hosts: &[&str], second: bool) -> (&'static str, &'static str, Value) {
    let body =
        json!({ "gates": gates, "hosts": hosts, "role": "crisis_manager", "reason": "r", "second": second });
    ("kanri", "waiver", body)
}

/// Everything that has to be preserved of one computer.
fn preserved() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        item("a.img", "image", "web01", json!("store")),
        item("mem", "volatile", "web01", json!({ "elsewhere": "金庫2" })),
        item("logs", "logs", "", json!({ "ledger": [0, 9] })),
        gate("PG-6", "", "before_recovery"),
    ]
}

#[test]
fn recovery_waits_for_what_has_to_be_preserved() {
    use CaseState::{Assessing, Responding};
    let one = Case::default();
    let closed = against(Responding, &one, &[]);
    assert_eq!(closed, ["PG-1 web01", "PG-2", "PG-3 web01", "PG-6"]);
    assert_eq!(against(Assessing, &one, &[]), ["PG-1 web01", "PG-2", "PG-3 web01"], "PG-6 is for recovery");
    assert!(against(Responding, &one, &preserved()).is_empty());
    // Only tries, nobody was hit: logs and the question about the police.
    let tried = Case { hit: Vec::new(), ..Case::default() };
    assert_eq!(against(Responding, &tried, &[]), ["PG-2", "PG-6"]);
    // Each gate takes its own answers.
    let stated = [
        gate("PG-1", "web01", "not_possible"),
        gate("PG-3", "web01", "not_possible"),
        gate("PG-2", "", "kept_elsewhere"),
        gate("PG-6", "", "not_needed"),
    ];
    assert!(against(Responding, &one, &stated).is_empty());
    assert_eq!(against(Responding, &one, stated.get(..2).unwrap()), ["PG-2", "PG-6"]);
    // What cannot be read counts for nothing.
    let broken =
        [("oper", "gate", json!({ "gate": "PG-9", "host": "", "answer": "reported", "reason": "" }))];
    assert_eq!(against(Responding, &one, &broken), closed);
    // A report to the police answers the question as well.
    let told = ("oper", "clock", json!({ "clock": "CLK-2", "done": "2026-11-24 09:00", "receipt": "12" }));
    let mut all = preserved();
    *all.last_mut().unwrap() = told;
    assert!(against(Responding, &one, &all).is_empty());
}

#[test]
fn what_is_kept_lies_elsewhere_and_in_good_hands() {
    use CaseState::Responding;
    let here = Case { keeper: "web01", ..Case::default() };
    assert_eq!(against(Responding, &here, &preserved()), ["PG-4 a.img", "PG-4 logs"]);
    let mut moved = preserved();
    moved.push(gate("PG-4", "", "not_possible"));
    assert!(against(Responding, &here, &moved).is_empty());
    let unheld = Case { unheld: vec!["a.img".to_owned()], ..Case::default() };
    assert_eq!(against(Responding, &unheld, &preserved()), ["PG-5 a.img"]);
    // Logs that begin too late, and that end before the attack does.
    for (from, to) in [(-5, 1), (-31, 0)] {
        let mut short = preserved();
        let days = |days: i64| serde_json::to_value(FIRST.plus(days * Timestamp::DAY)).unwrap();
        short[2].2["covers"] = json!([days(from), days(to)]);
        assert_eq!(against(Responding, &Case::default(), &short), ["PG-2"], "{from} {to}");
    }
}

/// A waiver is for named gates and the computers known then, and needs a second person where there is one.
#[test]
fn a_waiver_opens_what_it_names_and_nothing_more() {
    use CaseState::Responding;
    let one = Case::default();
    let all = ["PG-1", "PG-2", "PG-3", "PG-4", "PG-5", "PG-6"];
    assert!(against(Responding, &one, &[waiver(&all, &["web01"], false)]).is_empty());
    let some = [waiver(&["PG-1", "PG-2"], &["web01"], false)];
    assert_eq!(against(Responding, &one, &some), ["PG-3 web01", "PG-6"]);
    let two = Case { hit: vec!["web01".to_owned(), "db01".to_owned()], ..Case::default() };
    let again = against(Responding, &two, &[waiver(&all, &["web01"], false)]);
    assert_eq!(again, ["PG-1 db01", "PG-2", "PG-3 db01", "PG-6"], "one more computer closes the gate again");
    let waits = waiver(&all, &["web01"], true);
    assert_eq!(against(Responding, &one, std::slice::from_ref(&waits)).len(), 4);
    let agreed = |by: &'static str, entry: &str| [waits.clone(), (by, "waiver-approved", json!(entry))];
    assert!(against(Responding, &one, &agreed("buchou", "1")).is_empty());
    assert_eq!(against(Responding, &one, &agreed("kanri", "1")).len(), 4, "nobody agrees with himself");
    assert_eq!(against(Responding, &one, &agreed("buchou", "7")).len(), 4, "of another waiver");
}

fn recovered(action: &str) -> (&'static str, &'static str, Value) {
    ("oper", "recovery", json!({ "host": "web01", "action": action, "done": "sato", "reason": "r" }))
}

fn measure(id: &str, answer: &str) -> (&'static str, &'static str, Value) {
    ("oper", "measure", json!({ "measure": id, "answer": answer, "reason": "r" }))
}

#[test]
fn closing_waits_for_everything() {
    use CaseState::{Closed, Preventing};
    let one = Case { confirmed: false, without_receipt: vec!["ipa.access".to_owned()], ..Case::default() };
    assert_eq!(against(Preventing, &one, &[]), ["REC-0 web01", "REC-2 web01"]);
    let open = against(Closed, &one, &[item("a.img", "image", "web01", json!("store"))]);
    let wanted = [
        "verdict",
        "obligation CLK-2",
        "REC-1 web01",
        "REC-2 web01",
        "REC-3 web01",
        "REC-4 web01",
        "measure PM-10",
        "measure PM-16",
        "settled a.img",
        "receipt ipa.access",
    ];
    assert_eq!(open, wanted);
    let done = [
        item("a.img", "image", "web01", json!("store")),
        ("oper", "settled", json!({ "item": "a.img".repeat(8), "fate": "kept", "reason": "7年" })),
        recovered("rebuilt"),
        recovered("cause_not_found"),
        recovered("codes_changed"),
        recovered("checked"),
        measure("PM-10", "done"),
        measure("PM-16", "declined"),
        ("kanri", "clock", json!({ "clock": "CLK-2", "not_applicable": "相談のみ", "by": "kanri" })),
    ];
    let ready = Case::default();
    assert!(against(Closed, &ready, &done).is_empty());
    assert!(against(Preventing, &ready, &done).is_empty());
    // Each of them is needed: without it, something objects.
    for missing in 1..done.len() {
        let mut less = done.to_vec();
        less.remove(missing);
        assert_eq!(against(Closed, &ready, &less).len(), 1, "without {:?}", done[missing]);
    }
    // A plan is no answer, and the newest answer counts.
    let mut planned = done.to_vec();
    planned.push(measure("PM-10", "planned"));
    assert_eq!(against(Closed, &ready, &planned), ["measure PM-10"]);
    // Nobody was hit: no recovery record is asked for.
    let tried = Case { hit: Vec::new(), measures: Vec::new(), ..Case::default() };
    assert!(against(Closed, &tried, done.get(8..).unwrap()).is_empty());
}

/// Pages put back and nothing done about the cause (CW-VIC-10).
#[test]
fn pages_put_back_alone_do_not_close_a_case() {
    use CaseState::Closed;
    let ready = Case::default();
    let mut deeds = vec![
        recovered("not_rebuilt"),
        recovered("restored"),
        recovered("cause_found"),
        recovered("codes_changed"),
        recovered("checked"),
        measure("PM-10", "declined"),
        measure("PM-16", "done"),
        ("kanri", "clock", json!({ "clock": "CLK-2", "exempt": "x", "by": "kanri" })),
    ];
    assert_eq!(against(Closed, &ready, &deeds), ["REC-5 web01"]);
    let mut patched = deeds.clone();
    patched.push(recovered("patched"));
    assert!(against(Closed, &ready, &patched).is_empty());
    deeds.push(measure("PM-10", "done"));
    assert!(against(Closed, &ready, &deeds).is_empty());
}
