//! People state facts and confirm the verdict in the case file.

use crate::papers::{case, set};
use crate::support::{Case, NOW};
use serde_json::Value;

fn append(case: &Case, text: &str) {
    let path = case.path("case.toml");
    let whole = std::fs::read_to_string(&path).unwrap() + text;
    std::fs::write(path, whole).unwrap();
}

fn statement(fact: &str, value: &str) -> String {
    format!(
        "\n[[statement]]\nfact = \"{fact}\"\nvalue = \"{value}\"\nby = \"関所 太郎\"\nat = \"2026-11-24 10:00\"\n\
         reason = \"本人に確かめた\"\nevidence = [\"申述書 第1号\"]\n"
    )
}

const CONFIRM: &str = "\n[[verdict]]\ndo = \"confirm\"\nclass = \"UA1\"\nby = \"関守 花子\"\n\
    at = \"2026-11-24 15:00\"\nreason = \"4要件が認められる\"\n";

/// CW-CLS-21, -23, -27: from unknown facts to the confirmed verdict, in the case file, on the desks and in a document.
#[test]
fn a_verdict_is_confirmed_in_the_case_file() {
    let (case, id) = case();
    case.run(&["case", "new", "r", "--incident", &id, "--out", "case.toml"]);
    let verdict = ["case", "verdict", "case.toml", "--lang", "ja"];
    let ran = case.run(&verdict);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stdout.contains("判定案：未確定") && ran.stdout.contains("code_of_other (他人の識別符号)"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("まだ「不正アクセス行為」とは記載できない"), "{}", ran.stdout);

    set(&case, "access_control.consent_statement", "true");
    set(&case, "access_control.holder_statement", "true");
    append(&case, &statement("F7", "refuted"));
    append(&case, CONFIRM);
    let ran = case.run(&verdict);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("[[verdict]] 1: not known yet: F5"), "{}", ran.stderr);

    append(&case, &statement("F5", "code_of_other"));
    let ran = case.run(&verdict);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("判定（確定）V-1：識別符号窃用型 (UA1)"), "{}", ran.stdout);
    let json: Value = serde_json::from_str(&case.run(&[&verdict[..], &["--json"]].concat()).stdout).unwrap();
    assert_eq!((&json["names_act"], &json["outdated"]), (&Value::Bool(true), &Value::Bool(false)));
    let desks: Value =
        serde_json::from_str(&case.run(&["case", "desks", "case.toml", "--json"]).stdout).unwrap();
    let psc = desks.as_array().unwrap().iter().find(|desk| desk["desk"] == "psc").unwrap();
    let a1 = psc["checks"].as_array().unwrap().iter().find(|check| check["id"] == "A1").unwrap();
    assert_eq!(a1["answer"], "yes", "{psc}");

    let ran = case.run(&["case", "write", "case.toml", "--form", "police.damage", "--out", "d", "--at", NOW]);
    if ran.stderr.contains("--fonts") {
        eprintln!("skipped: the fonts are not installed");
        return;
    }
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let text = std::fs::read_to_string(case.path("d/police.damage.txt")).unwrap();
    assert!(
        text.contains("判定：不正アクセス行為（識別符号窃用型）に当たる") && text.contains("関守 花子"),
        "{text}"
    );
    assert!(!text.contains("判定案") && text.contains("申述書 第1号"), "{text}");
}
