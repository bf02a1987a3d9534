use super::*;
use catalogue::catalogue;
use proptest::prelude::*;
use serde_json::json;

fn faults(text: &str) -> Vec<String> {
    let faults = Facts::parse(text, catalogue(), &["case"]).unwrap_err();
    faults.iter().map(ToString::to_string).collect()
}

fn facts(text: &str) -> Facts {
    Facts::parse(text, catalogue(), &["case"]).unwrap_or_else(|faults| panic!("{faults:?}"))
}

/// CW-REP-01
#[test]
fn facts_are_read_by_their_types() {
    let read = facts(
        r#"
[case]
anything = 1
[reporter]
name = " 𠮷野 髙子 "
phone = ""
[discovery]
time = "令和8年11月21日 9:10"
how = "tool"
[clock]
synchronised = true
error = "不明"
[damage]
money_yen = 120_000
exists = "unknown"
[computer]
equipment = ["server", "サーバ"]
programs = [{ name = "OpenSSH", version = "9.2" }]
[management]
last_audit = "unknown"
"#,
    );
    assert_eq!(read.get("reporter.name"), Some(&FactValue::Text("𠮷野 髙子".to_owned())));
    assert_eq!(read.get("reporter.phone"), None, "empty is not entered");
    let time = jiff::civil::date(2026, 11, 21).at(9, 10, 0, 0);
    assert_eq!(read.get("discovery.time"), Some(&FactValue::Time(time)));
    assert_eq!(read.get("discovery.how"), Some(&FactValue::Chosen(vec![1])));
    assert_eq!(read.get("clock.synchronised"), Some(&FactValue::YesNo(true)));
    assert_eq!(read.get("clock.error"), Some(&FactValue::Unknown));
    assert_eq!(read.get("damage.money_yen"), Some(&FactValue::Number(120_000)));
    assert_eq!(read.get("damage.exists"), Some(&FactValue::Chosen(vec![2])), "an option wins over a word");
    let row = vec!["OpenSSH".to_owned(), "9.2".to_owned(), String::new()];
    assert_eq!(read.get("computer.programs"), Some(&FactValue::Rows(vec![row])));
    assert_eq!(read.get("management.last_audit"), Some(&FactValue::Unknown));
    let utc = facts("[discovery]\ntime = 2026-11-20T15:30:00Z\n");
    let japan = jiff::civil::date(2026, 11, 21).at(0, 30, 0, 0);
    assert_eq!(utc.get("discovery.time"), Some(&FactValue::Time(japan)));
}

#[test]
fn every_fault_names_its_line() {
    let found = faults(
        "[reporter]\nnmae = \"x\"\nname = 3\n\n[discovery]\nhow = \"luck\"\ntime = \"平成31年5月1日\"\n",
    );
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found.iter().any(|one| one.starts_with("line 2: no fact is called reporter.nmae; did you mean reporter.name")));
    assert!(
        found.iter().any(|one| one.starts_with("line 3: reporter.name") && one.contains("a text in quotes"))
    );
    assert!(found.iter().any(|one| one.starts_with("line 6:") && one.contains("tool (")));
    assert!(found.iter().any(|one| one.starts_with("line 7:") && one.contains("令和元年5月1日")));
    assert!(faults("[reporter\n").first().unwrap().starts_with("line 1:"));
    assert!(faults("x = 1\n").first().unwrap().contains("expected a table [x]"));
    let long = format!("[reporter]\nname = \"{}\"\n", "長".repeat(4_001));
    assert!(faults(&long).first().unwrap().contains("at most 4000"));
    assert!(
        faults("[computer]\nprograms = [{ nmae = \"x\" }]\n")
            .first()
            .unwrap()
            .contains("there are name, version")
    );
}

pub(crate) fn incident() -> serde_json::Value {
    let text = |ja: &str| json!({ "id": "x", "ja": ja, "en": "en" });
    json!({
        "schema_version": 1, "id": "I-0123456789ab", "kind": "password_guessing", "level": "high",
        "title": text("app03：総当たり攻撃"),
        "legal": { "category": "credential_misuse", "verdict": "undetermined", "verdict_text": text("未確定"),
            "state": "proposed", "elements": [
                { "id": "E3", "state": "unknown", "statement": text("他人の識別符号"), "missing": [
                    { "fact": "F5", "statement": text("入力されたもの"), "would_settle": [text("ログイン記録")] } ] } ] },
        "hosts": [{ "name": "app03\u{202e}", "state": "suspected" }],
        "accounts": [{ "name": "ito", "state": "tried" }, { "name": "sysupd", "state": "entered", "successes": 1 }],
        "sources": [{ "ip": "198.18.66.12", "first": "2026-11-20T14:10:01Z", "last": "2026-11-20T14:16:16Z" }],
        "first": "2026-11-20T14:10:01Z", "last": "2026-11-20T15:47:16Z", "attempts": 24, "successes": 2,
        "records": [
            { "citation": { "index": 184, "record": 222 }, "time": "2026-11-20T14:13:08Z", "role": "success",
              "quote": { "file": "/a/b/log/auth.log", "line": 9, "text": "Accepted password\u{1b}[2J for ito" } } ],
        "explanation": { "line": text("x"), "short": [
            { "id": "explain-target", "ja": "対象：app03。", "en": "Target: app03." },
            { "id": "explain-law-attempt", "ja": "法", "en": "law" } ] },
    })
}

#[test]
fn an_incident_is_projected() {
    let seen = Seen::read(&incident()).unwrap();
    let shown = |name| project(&seen, name, Tongue::Ja).map(|(shown, _)| shown);
    let period = "令和8年11月20日 23時10分01秒から令和8年11月21日 0時47分16秒まで（日本標準時）";
    assert_eq!(shown("period"), Some(Shown::Text(period.to_owned())));
    assert_eq!(shown("hosts"), Some(Shown::Lines(vec!["app03[U+202E]".to_owned()])));
    assert_eq!(shown("summary"), Some(Shown::Lines(vec!["対象：app03。".to_owned()])));
    assert_eq!(shown("verdict"), Some(Shown::Text("判定案：未確定（人による確認前）".to_owned())));
    let Some(Shown::Table(accounts)) = shown("accounts") else { panic!() };
    assert_eq!(accounts.rows[0][0], "sysupd", "entered accounts come first");
    let Some(Shown::Table(extract)) = shown("log_extract") else { panic!() };
    assert_eq!(extract.rows, [["184/222", "log/auth.log：9", "Accepted password[U+001B][2J for ito"]]);
    assert_eq!(shown("gaps"), None);
    assert_eq!(shown("no such"), None);
    for (name, _, make) in PROJECTIONS {
        let both = (make(&seen, Tongue::Ja).is_some(), make(&seen, Tongue::En).is_some());
        assert_eq!(both.0, both.1, "{name}");
        if let Some(Shown::Table(table)) = make(&seen, Tongue::En) {
            assert!(table.rows.iter().all(|row| row.len() == table.head.len()), "{name}");
        }
    }
}

#[test]
fn what_is_no_incident_is_refused() {
    assert!(matches!(Seen::read(&json!({ "schema_version": 2 })), Err(SeenFault::Newer(2))));
    assert!(Seen::read(&json!([])).is_err());
    assert!(Seen::read(&json!({ "schema_version": 1, "id": 3 })).is_err());
}

proptest! {
    #[test]
    fn no_file_of_facts_is_too_strange(text in "(\\[(reporter|computer|discovery)\\]\n|(name|time|how|programs|equipment) = (\"[^\"\n]{0,9}\"|[0-9]{1,30}|\\[[^\n]{0,9}\\]|true)\n){0,8}|\\PC{0,60}") {
        let _ = Facts::parse(&text, catalogue(), &[]);
    }

    #[test]
    fn nothing_hidden_is_left(text in ".{0,80}") {
        prop_assert!(!log_text(&text).chars().any(is_hidden));
    }
}
