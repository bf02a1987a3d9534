//! The other commands, as a person or a script calls them.

use crate::support::{Case, NOW, guessing, lines};

#[test]
fn help_shows_examples_and_a_closed_pipe_is_no_failure() {
    let case = Case::new(&[]);
    for command in ["investigate", "events", "detect", "search", "timeline"] {
        let ran = case.run(&[command, "--help"]);
        assert_eq!(ran.code, Some(0));
        assert!(ran.stdout.contains("Examples:"), "{command}");
    }
    let mut log = String::new();
    for n in 0..20_000 {
        log += &crate::support::sshd(n, n, "Failed password for root from 203.0.113.9 port 1 ssh2");
    }
    case.add("auth.log", log.as_bytes());
    let script = "\"$0\" events logs/auth.log --year 2026 | head -1; echo \"${PIPESTATUS[0]}\"";
    let output = std::process::Command::new("bash")
        .args(["-c", script, env!("CARGO_BIN_EXE_sekisho")])
        .current_dir(case.path(""))
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(out.lines().last(), Some("0"), "{out}");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

/// DT-EVT-13: one object a line, in the order in which the files were given.
#[test]
fn events_come_in_the_order_given() {
    let case = Case::new(&[
        ("b.log", guessing("root", "203.0.113.9", 2, 0).as_bytes()),
        ("a.log", guessing("root", "203.0.113.9", 2, 100).as_bytes()),
    ]);
    let ran =
        case.run(&["events", "logs/b.log", "logs/a.log", "--deterministic", NOW, "--timezone", "Asia/Tokyo"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let events = lines(&ran.stdout);
    let files: Vec<_> =
        events.iter().map(|event| event["metadata"]["log_source"].as_str().unwrap()).collect();
    assert_eq!(files, ["logs/b.log", "logs/b.log", "logs/a.log", "logs/a.log"]);
    let first = &events[0];
    assert_eq!(first["class_uid"], 3002);
    assert_eq!(first["status_id"], 2);
    assert_eq!(first["user"]["name"], "root");
    assert_eq!(first["src_endpoint"]["ip"], "203.0.113.9");
    assert_eq!(first["unmapped"]["sekisho"]["line"], 1);
    assert_eq!(first["unmapped"]["sekisho"]["offset"], 0);
}

/// DT-EVT-14.
#[test]
fn detect_prints_raw_matches() {
    let web = "203.0.113.7 - - [20/Nov/2026:10:00:00 +0900] \"GET /?id=1%20UNION%20SELECT%20a,b%20FROM%20t HTTP/1.1\" 200 5 \"-\" \"x\"\n";
    let case = Case::new(&[(
        "access.log",
        format!("{}{web}", web.replace("?id=1%20UNION%20SELECT%20a,b%20FROM%20t", "")).as_bytes(),
    )]);
    let ran = case.run(&["detect", "logs", "--deterministic", NOW, "--fail-on", "low"]);
    let found = lines(&ran.stdout);
    let hit =
        found.iter().find(|line| line["kind"] == "sql_injection").unwrap_or_else(|| panic!("{}", ran.stdout));
    assert_eq!((hit["record"].as_u64(), hit["file"].as_str()), (Some(2), Some("logs/access.log")));
    assert_eq!(hit["time"], "2026-11-20T01:00:00Z");
    for field in ["rule_id", "title", "level", "offset", "fields", "tags", "ambiguous", "schema_version"] {
        assert!(!hit[field].is_null(), "{field}");
    }
    assert_eq!(ran.code, Some(3));
}

#[test]
fn own_rules_are_added_and_bad_ones_are_named() {
    let case = Case::new(&[(
        "access.log",
        b"203.0.113.7 - - [20/Nov/2026:10:00:00 +0900] \"GET /secret-page HTTP/1.1\" 200 5 \"-\" \"x\"\n",
    )]);
    std::fs::create_dir(case.path("rules")).unwrap();
    let rule = "title: Secret page\nid: 8b1f0c52-6a0e-4b58-9a43-6f8ff8d2c001\nlevel: high\nlogsource: {category: webserver}\ndetection: {selection: {cs-uri-stem|contains: secret-page}, condition: selection}\n";
    std::fs::write(case.path("rules/own.yml"), rule).unwrap();
    std::fs::write(
        case.path("rules/bad.yml"),
        "title: Bad\nid: x\nlevel: enormous\ndetection: {a: {b: c}, condition: a}\n",
    )
    .unwrap();
    let ran = case.run(&["detect", "--rules", "rules", "--only", "logs", "--deterministic", NOW]);
    assert!(ran.stderr.contains("rules/bad.yml"), "{}", ran.stderr);
    let found = lines(&ran.stdout);
    assert_eq!(found.len(), 1, "{}", ran.stdout);
    assert_eq!(found[0]["title"], "Secret page");
    let check = case.run(&["rules", "check", "rules", "--strict"]);
    assert_eq!(check.code, Some(1));
    assert!(check.stdout.contains("enormous"), "{}", check.stdout);
    let list = lines(&case.run(&["rules", "list", "rules"]).stdout);
    assert!(list.iter().any(|rule| rule["title"] == "Secret page"));
    assert!(list.len() > 20);
}

#[test]
fn the_act_classifies_on_a_pipe() {
    let facts = r#"{"schema_version":1,"act_id":"A-1","act_kind":"login","act_time":{"value":"2026-11-20T03:00:00+09:00"}}"#;
    let case = Case::new(&[]);
    let ran = case.run_with(&["act", "classify", "-"], facts.as_bytes());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let verdict: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((verdict["act_id"].as_str(), verdict["state"].as_str()), (Some("A-1"), Some("proposed")));
    assert!(!verdict["missing"].as_array().unwrap().is_empty());
    let wrong = case.run_with(&["act", "classify", "-"], br#"{"schema_version":1,"act":"#);
    assert_eq!(wrong.code, Some(1));
    assert!(wrong.stderr.contains("hint:"), "{}", wrong.stderr);
}

#[test]
fn a_record_of_a_report_is_proved() {
    let case = Case::new(&[("auth.log", guessing("root", "203.0.113.9", 6, 0).as_bytes())]);
    let report = case.report(&[]);
    let key = report.summary["ledger"]["log_key"].as_str().unwrap().to_owned();
    let stream = report.summary["ledger"]["size"].as_u64().unwrap();
    let proof = (0..stream)
        .map(|index| case.run(&["ledger", "prove", "r/ledger", &index.to_string(), "--record", "3"]))
        .find(|ran| ran.code == Some(0))
        .expect("the entry with the records");
    std::fs::write(case.path("proof.json"), &proof.stdout).unwrap();
    let check = case.run(&["ledger", "check", "proof.json", "--key", &key]);
    assert_eq!(check.code, Some(0), "{}", check.stderr);
    let changed = proof.stdout.replacen("\"number\": 3", "\"number\": 4", 1);
    assert_ne!(changed, proof.stdout);
    std::fs::write(case.path("proof.json"), changed).unwrap();
    assert_eq!(case.run(&["ledger", "check", "proof.json", "--key", &key]).code, Some(1));
}

#[test]
fn a_ledger_is_made_written_and_verified() {
    let case = Case::new(&[]);
    let ran = case.run(&["ledger", "init", "l", "--secret", "k", "--origin", "ledger.example.jp/main"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let key = ran.stdout.trim().to_owned();
    assert!(key.starts_with("ledger.example.jp/main+"), "{key}");
    let append = ["ledger", "append", "l", "--secret", "k", "--stream", "decisions"];
    let ran =
        case.run_with(&append, b"{\"decision\":\"isolate web1\"}\n\n{\"decision\":\"tell the police\"}\n");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let indices: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(indices.len(), 2);
    assert_eq!(case.run(&["ledger", "checkpoint", "l", "--secret", "k"]).code, Some(0));
    let ran = case.run(&["ledger", "verify", "l", "--key", &key]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (report["holds"].as_bool(), report["properties"]["alteration"].as_str()),
        (Some(true), Some("holds"))
    );
    let proof = case.run(&["ledger", "prove", "l", indices[1]]);
    std::fs::write(case.path("proof.json"), &proof.stdout).unwrap();
    assert_eq!(case.run(&["ledger", "check", "proof.json", "--key", &key]).code, Some(0));
    assert_eq!(case.run_with(&append, b"{not json").code, Some(1));

    // One byte changed in the middle of the only segment.
    let segment = std::fs::read_dir(case.path("l/segments")).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let ran = case.run(&["ledger", "verify", "l"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
}

/// The ledger beside a report holds all records and verifies against the key that the report shows.
#[test]
fn the_ledger_of_a_report_verifies() {
    let case = Case::new(&[("auth.log", guessing("root", "203.0.113.9", 50, 0).as_bytes())]);
    let report = case.report(&[]);
    let key = report.summary["ledger"]["log_key"].as_str().unwrap().to_owned();
    let ran = case.run(&["ledger", "verify", "r/ledger", "--key", &key]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let verified: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(verified["records"], 50);
    assert_eq!(
        (&verified["root"], &verified["entries"]),
        (&report.summary["ledger"]["root"], &report.summary["ledger"]["size"])
    );
}
