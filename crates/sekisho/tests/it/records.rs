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

/// LG 19.1: a part of a ledger, from a size, a signed head or a date on, or drawn by a stated seed.
#[test]
fn a_part_of_a_ledger_is_verified() {
    let case = Case::new(&[("n.jsonl", b"{\"n\":1}\n")]);
    let run = |args: &[&str]| case.run(&[&["ledger"], args].concat());
    assert_eq!(run(&["init", "l", "--secret", "k"]).code, Some(0));
    let append = || run(&["append", "l", "logs/n.jsonl", "--secret", "k", "--stream", "notes"]);
    assert_eq!(append().code, Some(0));
    std::fs::copy(case.path("l/checkpoint"), case.path("yesterday")).unwrap();
    assert_eq!(append().code, Some(0));
    let verify = |more: &[&str], code: i32| -> serde_json::Value {
        let ran = run(&[&["verify", "l"], more].concat());
        assert_eq!(ran.code, Some(code), "{more:?}: {}", ran.stderr);
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let whole = verify(&[], 0);
    assert!(whole["extent"].is_null());
    let since = verify(&["--since", "yesterday"], 0);
    let size = std::fs::read_to_string(case.path("yesterday")).unwrap();
    assert_eq!(since["extent"]["since"].to_string(), size.lines().nth(1).unwrap());
    assert!(since["extent"]["read"].as_u64() < since["extent"]["frames"].as_u64(), "{since}");
    assert_eq!(since["root"], whole["root"]);
    assert_eq!(verify(&["--since", "2020-01-01"], 0)["extent"]["since"], 0);
    let drawn = verify(&["--sample", "1", "--seed", "audit"], 0);
    assert_eq!(drawn["extent"]["sample"]["seed"], "audit");
    assert_eq!(drawn["extent"]["sample"]["confidence_percent"], 95);
    let seed = |report: serde_json::Value| report["extent"]["sample"]["seed"].clone();
    assert_ne!(seed(verify(&["--sample", "1"], 0)), seed(verify(&["--sample", "1"], 0)), "drawn anew");
    assert_eq!(run(&["verify", "l", "--since", "yesteryear"]).code, Some(2));
}

/// LG-KEY-03, LG-AUD-01, LG-RET-02, LG 15.3 to 15.6: a ledger from its policy to a destruction, by the commands alone.
#[test]
#[expect(clippy::too_many_lines, reason = "one story from policy to destruction")]
fn a_ledger_is_governed_by_commands() {
    let case = Case::new(&[]);
    let run = |args: &[&str]| {
        let ran = case.run(&[&["ledger"], args].concat());
        assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.stderr);
        ran.stdout
    };
    let json = |args: &[&str]| -> serde_json::Value { serde_json::from_str(&run(args)).unwrap() };
    let refused = |args: &[&str], code: &str| {
        let ran = case.run(&[&["ledger"], args].concat());
        assert!(ran.code != Some(0) && ran.stderr.contains(code), "{args:?}: {:?} {}", ran.code, ran.stderr);
    };
    let log_key = run(&["init", "l", "--secret", "k", "--origin", "ledger.example.jp/main"]);
    let holders = [ledger::Identity::generate(), ledger::Identity::generate()];
    std::fs::write(case.path("holder.txt"), holders[1].line().as_bytes()).unwrap();
    let to = |place: usize, role: &str| format!("{role}={}", holders[place].recipient(role).unwrap().key());
    let person = |file: &str| json(&["person", file])["key"].as_str().unwrap().to_owned();
    let (auditor, manager) =
        (format!("auditor={}", person("a.key")), format!("crisis-manager={}", person("m.key")));
    let (first, second) = (to(0, "auditor"), to(1, "crisis-manager"));
    run(&[
        "policy",
        "l",
        "--secret",
        "k",
        "--recipient",
        &first,
        "--recipient",
        &second,
        "--person",
        &auditor,
        "--person",
        &manager,
        "--keep",
        "event=0",
    ]);
    let append = ["ledger", "append", "l", "--secret", "k", "--stream", "sato"];
    let ran = case
        .run_with(&append, b"{\"who\":\"sato.hanako\",\"op\":\"lock\"}\n{\"who\":\"ito\",\"op\":\"open\"}\n");
    let indices: Vec<String> = ran.stdout.lines().map(str::to_owned).collect();
    let index = indices.first().map_or("", String::as_str);

    refused(&["show", "l", index], "the payload is sealed");
    let open =
        ["show", "l", index, "--secret", "k", "--identity", "holder.txt", "--case", "R8-1", "--purpose"];
    refused(&[&open[..], &["test"]].concat(), "LE-PURPOSE");
    assert!(run(&[&open[..], &["incident"]].concat()).contains("sato.hanako"));
    let opening = run(&[&open[..], &["court", "--part", "op", "--json"]].concat());
    assert!(!opening.contains("sato"));
    std::fs::write(case.path("opening.json"), &opening).unwrap();
    assert!(run(&["check", "opening.json", "--key", log_key.trim()]).contains("1 disclosed"));
    std::fs::write(case.path("forged.json"), opening.replace("lock", "open")).unwrap();
    refused(&["check", "forged.json"], "does not hold");

    let audit = json(&["audit", "l", "--secret", "k", "--person", "a.key", "--result", "clean"]);
    assert_eq!((audit["reads"].as_array().unwrap().len(), &audit["overdue"]), (2, &false.into()));
    run(&[
        "hold",
        "l",
        "--secret",
        "k",
        "--person",
        "m.key",
        "--case",
        "R8-1",
        "--basis",
        "incident",
        "--entries",
        &format!("{index}-{index}"),
    ]);
    let ask = ["--basis", "policy", "--reason", "period over", "--person", "a.key", "--out"];
    refused(
        &[&["request", "shred", "l", "--class", "event"], &ask[..], &["s.json"]].concat(),
        "nothing may be destroyed",
    );
    run(&[&["request", "release", "l", "--hold", "1"], &ask[..], &["r.json"]].concat());
    refused(&["carry-out", "l", "r.json", "--secret", "k"], "LE-APPROVAL");
    run(&["approve", "r.json", "--person", "m.key"]);
    run(&["carry-out", "l", "r.json", "--secret", "k"]);

    // One entry of the day is erased; then the whole key goes.
    run(&[&["request", "erase", "l", "--drop", index], &ask[..], &["e.json"]].concat());
    run(&["approve", "e.json", "--person", "m.key"]);
    run(&["carry-out", "l", "e.json", "--secret", "k", "--identity", "holder.txt"]);
    refused(&[&open[..], &["incident"]].concat(), "destroyed");
    let other = indices.get(1).map_or("", String::as_str);
    let show = [
        "show",
        "l",
        other,
        "--secret",
        "k",
        "--identity",
        "holder.txt",
        "--case",
        "R8-1",
        "--purpose",
        "audit",
    ];
    assert!(run(&show).contains("ito"));
    run(&[&["request", "shred", "l", "--class", "event"], &ask[..], &["s.json"]].concat());
    run(&["approve", "s.json", "--person", "m.key"]);
    run(&["carry-out", "l", "s.json", "--secret", "k"]);
    refused(&show, "destroyed");
    let deletions = json(&["deletions", "l"]);
    assert_eq!((deletions.as_array().unwrap().len(), deletions[1]["by"].as_array().unwrap().len()), (2, 2));
    run(&["redact", "l", "--to", "copy"]);
    for folder in ["l", "copy"] {
        assert_eq!(json(&["verify", folder, "--key", log_key.trim()])["holds"], true, "{folder}");
    }
}
