//! What DESIGN promises of `investigate`: files, exit codes, refusals.

use crate::support::{Case, NOW, guessing};

const FILES: [&str; 9] = [
    "events.csv",
    "findings.jsonl",
    "incidents.json",
    "ledger",
    "logons.csv",
    "report.html",
    "summary.json",
    "timeline.csv",
    "unread.jsonl",
];

fn names(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn the_folder_holds_what_the_contract_names() {
    let case = Case::new(&[("auth.log", guessing("root", "203.0.113.9", 4, 0).as_bytes())]);
    let report = case.report(&[]);
    assert_eq!(names(&report.folder), FILES);
    let summary = &report.summary;
    for field in
        ["schema_version", "inputs", "events", "findings", "incidents", "span", "elapsed_seconds", "ledger"]
    {
        assert!(!summary[field].is_null(), "{field}");
    }
    let input = &summary["inputs"][0];
    assert_eq!((input["path"].as_str(), input["records"].as_u64()), (Some("logs/auth.log"), Some(4)));
    assert_eq!(input["bytes"].as_u64(), Some(guessing("root", "203.0.113.9", 4, 0).len() as u64));
    assert_eq!(summary["span"]["from"], "2026-11-19T18:00:00Z");
    assert!(summary["ledger"]["size"].as_u64().unwrap() > 0);
    assert_eq!(summary["ledger"]["root"].as_str().unwrap().len(), 64);
    assert_eq!(summary["findings"]["by_level"].as_object().unwrap().len(), 5);
}

#[test]
fn quiet_traffic_gives_no_incident_and_no_promise() {
    let mut log = String::new();
    for day in 0..3 {
        log += &crate::support::sshd(
            day * 86_400 % 70_000,
            10 + day,
            "Accepted publickey for mori from 192.0.2.10 port 50000 ssh2: ED25519 SHA256:AAAA",
        );
    }
    let case = Case::new(&[("auth.log", log.as_bytes())]);
    let ran = case.investigate(&["--fail-on", "low"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.starts_with("No sign found in the logs given"), "{}", ran.stdout);
    assert!(ran.stdout.contains("does not mean that nothing happened"));
    let report = crate::support::Report::read(&case.path("r"));
    assert_eq!((report.incidents.len(), report.findings.len()), (0, 0));
}

#[test]
fn both_languages_answer_first() {
    let case = Case::new(&[("auth.log", b"")]);
    let ran = case.run(&["investigate", "logs", "--out", "r", "--lang", "ja", "--quiet"]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.stdout.starts_with("判断できません"), "{}", ran.stdout);
    assert_eq!(ran.stderr, "");
}

#[test]
fn wrong_use_is_two_with_a_hint() {
    let case = Case::new(&[("auth.log", b"x\n")]);
    std::fs::create_dir(case.path("full")).unwrap();
    std::fs::write(case.path("full/thesis.doc"), "x").unwrap();
    let wrong: [&[&str]; 7] = [
        &["investigate"],
        &["investigate", "missing"],
        &["investigate", "logs", "--timezone", "Mars/Base"],
        &["investigate", "logs", "--fail-on", "grave"],
        &["investigate", "logs", "--out", "full"],
        &["investigate", "logs", "--rules", "nowhere"],
        &["investigate", "-", "-"],
    ];
    for args in wrong {
        let ran = case.run(args);
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("error:"), "{args:?}: {}", ran.stderr);
    }
    assert!(
        case.run(&["investigate", "logs", "--out", "full"])
            .stderr
            .contains("hint: name an empty or new folder")
    );
    assert_eq!(names(&case.path("full")), ["thesis.doc"]);
}

#[test]
fn an_earlier_report_is_replaced() {
    let case = Case::new(&[("auth.log", guessing("root", "203.0.113.9", 4, 0).as_bytes())]);
    let first = case.report(&[]).summary;
    case.add("auth.log", guessing("root", "203.0.113.9", 5, 0).as_bytes());
    let second = case.report(&[]);
    assert_ne!(first["ledger"]["root"], second.summary["ledger"]["root"]);
    assert_eq!(names(&second.folder), FILES);
}

#[test]
fn without_out_the_folder_is_named_after_the_time() {
    let case = Case::new(&[("auth.log", b"")]);
    let ran = case.run(&["investigate", "logs", "--deterministic", NOW]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(names(&case.path("sekisho-report-20261122-000000")), FILES);
}

#[test]
fn a_missing_path_beside_others_is_told_and_the_rest_is_done() {
    let case = Case::new(&[("auth.log", guessing("root", "203.0.113.9", 4, 0).as_bytes())]);
    let report = case.report(&["missing.log"]);
    assert_eq!(report.unread_of("missing.log"), ["io"]);
    assert_eq!(report.summary["events"], 4);
}

/// DT-HOS-20: what we wrote ourselves is no input.
#[test]
fn an_earlier_report_among_the_inputs_is_left_out() {
    let case = Case::new(&[("auth.log", guessing("root", "203.0.113.9", 40, 0).as_bytes())]);
    let args = ["investigate", ".", "--out", "r", "--deterministic", NOW];
    assert_eq!(case.run(&args).code, Some(0));
    let first = crate::support::Report::read(&case.path("r")).summary;
    assert_eq!(case.run(&args).code, Some(0));
    let second = crate::support::Report::read(&case.path("r"));
    assert_eq!(
        (&first["events"], &first["findings"]),
        (&second.summary["events"], &second.summary["findings"])
    );
    assert_eq!(second.unread_of("./r"), ["special_file"]);
}
