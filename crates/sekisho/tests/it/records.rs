//! `act count`, `ledger verify`.

use crate::support::{Case, NOW, guessing};

#[test]
fn act_count_prints_the_tables() {
    let case = Case::new(&[]);
    let units = concat!(env!("CARGO_MANIFEST_DIR"), "/../act/tests/data/units-2000.jsonl");
    let ran = case.run(&["act", "count", units, "--year", "2000"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let tables: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let total = tables["tables"][4]["rows"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&total["cells"][0]["value"], &total["cells"][0]["overlap"]), (&31.into(), &3.into()));
    let ran = case.run(&["act", "count", "nowhere.jsonl"]);
    assert_eq!(ran.code, Some(1));
    case.add("u.jsonl", b"{\"record\":\"person\",\"id\":\"P\"}\n{\"record\":\"person\",\"ID\":\"Q\"}\n");
    let ran = case.run(&["act", "count", "logs/u.jsonl"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("line 2") && ran.stderr.contains("`ID`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint:"), "{}", ran.stderr);
}

/// LG-PAY-07: with `--seal-to` the records of the ledger open only for the role holders, and the report says so.
#[test]
fn a_sealed_ledger_opens_only_for_its_recipients() {
    let holders = [ledger::Identity::generate(), ledger::Identity::generate()];
    let to = |place: usize| format!("auditor={}", holders[place].recipient("auditor").unwrap().key());
    let case = Case::new(&[("auth.log", guessing("root", "203.0.113.9", 30, 0).as_bytes())]);
    std::fs::write(case.path("holder.txt"), holders[1].line().as_bytes()).unwrap();
    let ran = case.run(&[
        "investigate",
        "logs",
        "--out",
        "r",
        "--seal-to",
        &to(0),
        "--seal-to",
        &to(1),
        "--lang",
        "ja",
    ]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let summary: serde_json::Value =
        serde_json::from_slice(&std::fs::read(case.path("r/summary.json")).unwrap()).unwrap();
    assert_eq!(summary["ledger"]["sealed_to"], 2);
    assert!(
        std::fs::read_to_string(case.path("r/report.html")).unwrap().contains("2 名の役割保持者だけが開ける")
    );
    let findings = std::fs::read_to_string(case.path("r/findings.jsonl")).unwrap();
    assert!(findings.contains("Failed password"), "quotes are read back with the keys of the run");
    let segment = std::fs::read(case.path("r/ledger/segments/00000000000000000000.seg")).unwrap();
    assert!(!segment.windows(11).any(|window| window == b"203.0.113.9"));
    let verified = |more: &[&str]| -> serde_json::Value {
        let ran = case.run(&[&["ledger", "verify", "r/ledger"], more].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let closed = verified(&[]);
    assert_eq!((&closed["properties"]["leak"], &closed["payloads"]["present"]), (&"holds".into(), &0.into()));
    let opened = verified(&["--identity", "holder.txt"]);
    assert_eq!(opened["payloads"]["present"], closed["payloads"]["withheld"]);
    let ran = case.run(&["investigate", "logs", "--out", "s", "--seal-to", "auditor=age1nonsense"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("LE-POLICY"), "{}", ran.stderr);
}

#[test]
fn ledger_verify_finds_a_changed_byte() {
    let case = Case::new(&[("auth.log", guessing("root", "203.0.113.9", 30, 0).as_bytes())]);
    let ran = case.run(&["investigate", "logs", "--out", "r", "--deterministic", NOW]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let ran = case.run(&["ledger", "verify", "r/ledger"]);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, &report["holds"], &report["records"]), (Some(0), &true.into(), &30.into()));
    assert_eq!(report["warnings"][0]["code"], "LV-TAIL-UNPROVEN");
    let segment = case.path("r/ledger/segments/00000000000000000000.seg");
    let mut bytes = std::fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&segment, &bytes).unwrap();
    let ran = case.run(&["ledger", "verify", "r/ledger"]);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, &report["holds"]), (Some(1), &false.into()));
    assert_eq!(report["failures"][0]["file"], "segments/00000000000000000000.seg");
    let ran = case.run(&["ledger", "verify", "logs"]);
    assert_eq!(ran.code, Some(1));
}
