//! What the commands on a ledger show at a terminal: the language of the person, every name of it; JSON where it is asked for or piped.

use crate::support::Case;
use serde_json::Value;
use std::process::Command;

/// Runs a command at a terminal of its own and returns what stands on it.
fn terminal(case: &Case, args: &[&str]) -> String {
    let program = env!("CARGO_BIN_EXE_sekisho");
    let line = [&[program], args].concat().join(" ");
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).current_dir(case.path(""));
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LANG", "ja_JP.UTF-8")
        .env("HOME", case.path("home"));
    let output = command.stdin(std::process::Stdio::null()).output().expect("script of bsdutils");
    String::from_utf8(output.stdout).unwrap().replace('\r', "")
}

/// Everything on the terminal is in Japanese: no name of a field is left as programs know it.
fn japanese(case: &Case, args: &[&str]) -> String {
    let text = terminal(case, args);
    assert!(text.contains('：') && !text.contains('{'), "{args:?}\n{text}");
    for line in text.lines() {
        let label = line.trim().split('：').next().unwrap_or_default();
        let plain = !label.is_empty() && label.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        assert!(!plain || !line.contains('：'), "{args:?}: {line}\n{text}");
    }
    text
}

fn ok(case: &Case, args: &[&str]) -> String {
    let ran = case.run(&[&["ledger"], args].concat());
    assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.stderr);
    ran.stdout
}

/// A ledger with a policy; what was shown when it was entered.
fn governed(case: &Case) -> String {
    let ok = |args: &[&str]| ok(case, args);
    let key = |name: &str| {
        let made: Value = serde_json::from_str(&ok(&["person", name])).unwrap();
        made["key"].as_str().unwrap().to_owned()
    };
    let people = ["auditor", "crisis-manager"].map(|role| format!("{role}={}", key(&format!("{role}.key"))));
    ok(&["init", "a", "--secret", "s.hex", "--origin", "example.jp/main"]);
    let holders =
        [age::x25519::Identity::generate(), age::x25519::Identity::generate()].map(|one| one.to_public());
    let recipients = ["auditor", "crisis-manager"];
    let recipients = [0, 1].map(|at| format!("{}={}", recipients[at], holders[at]));
    japanese(
        case,
        &[
            "ledger",
            "policy",
            "a",
            "--secret",
            "s.hex",
            "--recipient",
            &recipients[0],
            "--recipient",
            &recipients[1],
            "--person",
            &people[0],
            "--person",
            &people[1],
            "--keep",
            "event=0",
        ],
    )
}

#[test]
fn commands_on_a_ledger_speak_japanese_at_a_terminal() {
    let case = Case::new(&[]);
    let ok = |args: &[&str]| ok(&case, args);
    let shown = governed(&case);
    assert!(shown.contains("項目の番号"), "{shown}");
    case.add("note", b"{\"note\":1}\n");
    ok(&["append", "a", "logs/note", "--secret", "s.hex", "--stream", "x"]);
    let on = ["--secret", "s.hex", "--person", "auditor.key"];
    japanese(&case, &[&["ledger", "audit", "a", "--result", "clean"], &on[..]].concat());
    japanese(
        &case,
        &[&["ledger", "hold", "a", "--case", "R8-1", "--basis", "court", "--entries", "0-1"], &on[..]]
            .concat(),
    );
    let asked = ["--person", "auditor.key", "--reason", "over"];
    japanese(&case, &[&["ledger", "retention", "a"][..]].concat());
    ok(&[
        &["request", "release", "a", "--hold", "1", "--basis", "case-closed", "--out", "r.json"],
        &asked[..],
    ]
    .concat());
    japanese(&case, &["ledger", "approve", "r.json", "--person", "crisis-manager.key"]);
    japanese(&case, &["ledger", "carry-out", "a", "r.json", "--secret", "s.hex"]);
    japanese(
        &case,
        &[
            &["ledger", "request", "shred", "a", "--class", "event", "--basis", "policy", "--out", "q.json"],
            &asked[..],
        ]
        .concat(),
    );
    ok(&["approve", "q.json", "--person", "crisis-manager.key"]);
    japanese(&case, &["ledger", "carry-out", "a", "q.json", "--secret", "s.hex"]);
    for args in [
        &["deletions", "a"][..],
        &["status", "a"],
        &["replicate", "a", "copy"],
        &["copies", "a"],
        &["keys", "list", "a"],
        &["extract", "a", "--entries", "0-1", "--to", "out"],
        &["check", "out"],
        &["freeze", "a", "--secret", "s.hex", "--person", "auditor.key", "--case", "R8-1"],
    ] {
        japanese(&case, &[&["ledger"], args].concat());
    }
    // Asked for, or in the other language.
    let json = terminal(&case, &["ledger", "status", "a", "--json"]);
    assert!(serde_json::from_str::<Value>(&json).is_ok(), "{json}");
    let english = terminal(&case, &["ledger", "status", "a", "--lang", "en"]);
    assert!(english.contains("name of the ledger: example.jp/main"), "{english}");
    assert!(serde_json::from_str::<Value>(&ok(&["status", "a"])).is_ok());
}
