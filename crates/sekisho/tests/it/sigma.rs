//! `sekisho rules explain` and `sekisho rules import`.

use crate::support::{Case, NOW, lines};

const RULE: &str = "title: Scanner\nid: 11111111-2222-3333-4444-555555555555\nauthor: A. Writer\nlevel: low\nlogsource: {category: webserver}\ndetection:\n  agent: {cs-user-agent|contains: nikto}\n  good: {sc-status: 404}\n  condition: agent and not good\n";

fn request(agent: &str, status: u16) -> String {
    format!("203.0.113.7 - - [20/Nov/2026:10:00:00 +0900] \"GET / HTTP/1.1\" {status} 5 \"-\" \"{agent}\"\n")
}

/// DT-COR-19 for rules about single records: each question with its value.
#[test]
fn an_explanation_names_every_question_with_its_value() {
    let log = format!("{}{}{}", request("Nikto/2", 200), request("Nikto/2", 404), request("x", 200));
    let case = Case::new(&[("access.log", log.as_bytes())]);
    case.add("../rules/scanner.yml", RULE.as_bytes());
    let explain = |record: &str| {
        let rule = ["rules", "explain", "scanner", "logs", "--rules", "rules", "--record", record];
        case.run(&[&rule[..], &["--deterministic", NOW]].concat())
    };
    for (record, matches, agent, good) in
        [("1", true, true, false), ("2", false, true, true), ("3", false, false, false)]
    {
        let ran = explain(record);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let found = lines(&ran.stdout);
        let [one] = found.as_slice() else { panic!("{}", ran.stdout) };
        assert_eq!(
            (one["record"].to_string(), one["file"].as_str()),
            (record.to_owned(), Some("logs/access.log"))
        );
        let explanation = &one["explanation"];
        assert_eq!(explanation["matches"], matches);
        assert_eq!(explanation["condition"], "agent and not good");
        assert_eq!(
            (&explanation["selections"][0]["holds"], &explanation["selections"][1]["holds"]),
            (&agent.into(), &good.into())
        );
        assert_eq!(explanation["selections"][0]["step"]["asks"][0], "contains \"nikto\"");
    }
    let ran = explain("9");
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("no record has the number 9") && ran.stderr.contains("hint:"),
        "{}",
        ran.stderr
    );
    let ran = case.run(&["rules", "explain", "no-such-rule", "logs", "--record", "1"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
}

/// DT-RUL-04: authors and licence stay with the rules.
#[test]
fn an_import_copies_rules_and_licence_and_overwrites_nothing() {
    let case = Case::new(&[]);
    case.add("../set/LICENSE", b"Detection Rule License (DRL) 1.1\n\nPermission is hereby granted\n");
    case.add("../set/web/scanner.yml", RULE.as_bytes());
    case.add(
        "../set/web/broken.yml",
        RULE.replace("11111111", "22222222").replace("contains", "expand").as_bytes(),
    );
    let import = |more: &[&str]| {
        case.run(&[&["rules", "import", "set", "--to", "own/rules", "--lang", "en"], more].concat())
    };

    let ran = import(&["--dry-run"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(!case.path("own").exists());

    let ran = import(&[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("broken.yml") && ran.stdout.contains("DT-RUL-17"), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("Detection Rule License") && ran.stderr.contains("A. Writer"),
        "{}",
        ran.stderr
    );
    let copy = std::fs::read(case.path("own/rules/web/scanner.yml")).unwrap();
    assert_eq!(copy, RULE.as_bytes());
    assert!(case.path("own/rules/LICENSE").exists() && !case.path("own/rules/web/broken.yml").exists());
    assert_eq!(import(&[]).code, Some(0), "the same again is no fault");

    std::fs::write(case.path("own/rules/web/scanner.yml"), "# mine\n").unwrap();
    let ran = import(&["--keep-refused"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("left as it is") && case.path("own/rules/web/broken.yml").exists(),
        "{}",
        ran.stderr
    );
    assert_eq!(std::fs::read(case.path("own/rules/web/scanner.yml")).unwrap(), b"# mine\n");
    assert_eq!(case.run(&["rules", "import", "nowhere", "--to", "x"]).code, Some(2));
}
