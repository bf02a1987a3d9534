//! Copies of a ledger as a person makes them, and what is an alarm.

use crate::support::{Case, Ran};
use serde_json::Value;

fn ok(ran: Ran) -> Value {
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap_or(Value::String(ran.stdout))
}

fn append(case: &Case, ledger: &str, text: &str) {
    let args = ["ledger", "append", ledger, "--secret", "s.hex", "--stream", "x"];
    ok(case.run_with(&args, format!("{{\"note\":\"{text}\"}}\n").as_bytes()));
}

fn root(case: &Case, ledger: &str) -> Value {
    let report = ok(case.run(&["ledger", "verify", ledger]));
    assert_eq!(report["holds"], true);
    report["root"].clone()
}

#[test]
fn a_copy_grows_restores_and_gives_alarm() {
    let case = Case::new(&[]);
    ok(case.run(&["ledger", "init", "a", "--secret", "s.hex", "--origin", "example.jp/main"]));
    append(&case, "a", "one");
    let first = ok(case.run(&["ledger", "replicate", "a", "copy"]));
    assert_eq!(first["lag"], 0);
    ok(case.run(&["ledger", "replicate", "a", "store:nas"]));
    append(&case, "a", "two");
    let more = ok(case.run(&["ledger", "replicate", "a", "copy"]));
    assert!(more["size"].as_u64() > first["size"].as_u64());
    ok(case.run(&["ledger", "replicate", "a", "store:nas"]));
    assert_eq!(root(&case, "a"), root(&case, "copy"));
    // Lost, and brought back; writing goes on.
    std::fs::rename(case.path("a"), case.path("lost")).unwrap();
    ok(case.run(&["ledger", "replicate", "store:nas", "a"]));
    assert_eq!(root(&case, "a"), root(&case, "lost"));
    append(&case, "a", "three");
    ok(case.run(&["ledger", "replicate", "a", "copy"]));
    // The lost one turns up and is written on: the copy takes neither the older nor the other log.
    let ran = case.run(&["ledger", "replicate", "lost", "copy"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("LE-ROLLBACK"), "{}", ran.stderr);
    append(&case, "lost", "other");
    append(&case, "lost", "other");
    let ran = case.run(&["ledger", "replicate", "lost", "copy"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("LV-FORK"), "{}", ran.stderr);
    assert_eq!(root(&case, "a"), root(&case, "copy"));
    let ran = case.run(&["ledger", "replicate", "a", "new", "--key", "example.jp/main+00000000+AAAA"]);
    assert!(ran.code == Some(1) && ran.stderr.contains("LE-KEY"), "{}", ran.stderr);
    assert_eq!(case.run(&["ledger", "replicate", "store:nowhere", "b"]).code, Some(2));
}

#[test]
fn exports_in_parts_are_put_together_again() {
    let case = Case::new(&[]);
    ok(case.run(&["ledger", "init", "a", "--secret", "s.hex"]));
    append(&case, "a", "one");
    let size = ok(case.run(&["ledger", "export", "a", "disc1"]))["size"].to_string();
    append(&case, "a", "two");
    ok(case.run(&["ledger", "export", "a", "disc2", "--since", &size]));
    let proof: Value =
        serde_json::from_slice(&std::fs::read(case.path("disc2/consistency.json")).unwrap()).unwrap();
    assert_eq!(proof["old"]["size"].to_string(), size);
    let wrong = case.run(&["ledger", "import", "disc2", "b"]);
    assert_eq!(wrong.code, Some(1), "the first part is missing");
    ok(case.run(&["ledger", "import", "disc1", "b"]));
    ok(case.run(&["ledger", "import", "disc2", "b"]));
    assert_eq!(root(&case, "a"), root(&case, "b"));
    let between = (size.parse::<u64>().unwrap() - 1).to_string();
    assert_eq!(case.run(&["ledger", "export", "a", "disc3", "--since", &between]).code, Some(1));
    assert_eq!(case.run(&["ledger", "export", "a", "disc1"]).code, Some(2));
    assert_eq!(case.run(&["ledger", "import", "logs", "b"]).code, Some(2));
}
