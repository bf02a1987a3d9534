//! Every document from the staged case samples/stuffing (issue 6, "what it must show"): nothing is missing, every character
//! comes back, and programs of others find no fault in the files.

use crate::support::{Case, sekisho};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const RELEASED: &str = "2026-11-14T10:00:00+09:00";
const FACTS: &str = include_str!("staged_case.toml");
const RULED: &str = r#"
[[statement]]
fact = "F5"
value = "code_of_other"
by = "𠮷野 髙子"
at = "2026-11-13 10:00"
reason = "4名の利用者全員が、ログインしていないと述べた"
evidence = ["申述書 第1号から第4号まで"]

[[statement]]
fact = "F7"
value = "refuted"
by = "𠮷野 髙子"
at = "2026-11-13 10:00"
reason = "当社の者による作業の記録がない"
evidence = ["作業記録簿 11月分"]

[[verdict]]
do = "confirm"
class = "UA1"
by = "髙橋 葛󠄀子"
at = "2026-11-13 15:00"
reason = "4要件がいずれも記録と申述により認められ、除外事由がない"
"#;

/// The staged case with every fact entered.
fn staged() -> Case {
    let case = Case::new(&[]);
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    let ran = sekisho()
        .args(["investigate", "--timezone", "Asia/Tokyo", "--year", "2026", "--quiet"])
        .args(["--deterministic", "2026-11-12T00:00:00Z", "--accounts"])
        .args([samples.join("accounts.csv"), samples.join("stuffing")])
        .arg("--out")
        .arg(case.path("r"))
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let ran = case.run(&["case", "new", "r", "--out", "new.toml", "--lang", "ja"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let new = std::fs::read_to_string(case.path("new.toml")).unwrap();
    let head = new.split_once("\n[reporter]").unwrap().0;
    std::fs::write(case.path("case.toml"), format!("{head}\n{FACTS}{RULED}")).unwrap();
    case
}

fn forms(case: &Case) -> Vec<String> {
    let ran = case.run(&["case", "forms", "--lang", "en"]);
    let ids = ran.stdout.lines().filter(|line| !line.starts_with(' '));
    ids.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

fn squashed(text: &str) -> String {
    text.split_whitespace().collect()
}

/// Every text of a filled document but its labels of empty fields.
fn texts(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(text) => out.push(squashed(text)),
        Value::Array(all) => all.iter().for_each(|one| texts(one, out)),
        Value::Object(all) => {
            let named = |name: &str| {
                [
                    "title",
                    "lines",
                    "head",
                    "rows",
                    "note",
                    "values",
                    "fields",
                    "sections",
                    "label",
                    "marks",
                    "lead",
                    "closing",
                    "addressee",
                    "sender",
                    "day",
                ]
                .contains(&name)
            };
            all.iter().filter(|(name, _)| named(name)).for_each(|(_, one)| texts(one, out));
        }
        _ => {}
    }
}

#[expect(clippy::print_stderr, reason = "a check that is skipped is said")]
fn python(script: &str, files: &[PathBuf]) -> Option<(bool, String)> {
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/papers/bin/python");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it").join(script);
    let known = Command::new(python).args(["-c", "import pikepdf"]).output();
    if !known.is_ok_and(|ran| ran.status.success()) {
        eprintln!("skipped: pikepdf is not installed (./test installs it into target/papers)");
        return None;
    }
    let ran = Command::new(python).arg(script).args(files).output().unwrap();
    Some((
        ran.status.success(),
        String::from_utf8(ran.stdout).unwrap() + &String::from_utf8_lossy(&ran.stderr),
    ))
}

/// CW-REP-01, CW-DOC-01 to -06, CW-CLS-23
#[test]
fn every_document_of_the_staged_case_is_whole() {
    let case = staged();
    let forms = forms(&case);
    assert!(forms.len() >= 13, "{forms:?}");
    let mut args = vec!["case", "write", "case.toml", "--out", "d", "--at", RELEASED];
    forms.iter().for_each(|form| args.extend(["--form", form]));
    let ran = case.run(&args);
    if ran.stderr.contains("--fonts") {
        eprintln!("skipped: the fonts are not installed");
        return;
    }
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let index: Value =
        serde_json::from_slice(&std::fs::read(case.path("d/documents.json")).unwrap()).unwrap();
    let documents = index["documents"].as_array().unwrap();
    assert_eq!(documents.len(), forms.len());
    for document in documents {
        let form = document["form"].as_str().unwrap();
        assert_eq!(document["missing"], Value::Array(Vec::new()), "{form}");
        let text = std::fs::read_to_string(case.path("d").join(format!("{form}.txt"))).unwrap();
        assert!(!text.contains("（未入力）") && !text.contains("判定案"), "{form}: {text}");
        let pdf = case.path("d").join(format!("{form}.pdf"));
        assert!(std::fs::metadata(&pdf).unwrap().len() < 320 << 10, "CW-DOC-07: {form}");
        let Ok(ran) = Command::new("pdftotext").arg("-raw").arg(&pdf).arg("-").output() else {
            eprintln!("skipped: pdftotext is not installed");
            continue;
        };
        let found = squashed(&String::from_utf8(ran.stdout).unwrap());
        let mut wanted = Vec::new();
        texts(&document["document"], &mut wanted);
        let lost: Vec<&String> = wanted.iter().filter(|text| !found.contains(text.as_str())).collect();
        assert!(lost.is_empty(), "{form}: {lost:?}");
    }
    let notice = std::fs::read_to_string(case.path("d/notice.holder.txt")).unwrap();
    assert!(
        !notice.contains("髙橋") && notice.contains("全利用者のパスワードを変更"),
        "no names of the staff: {notice}"
    );
    let report = std::fs::read_to_string(case.path("d/police.damage.txt")).unwrap();
    assert!(report.contains("不正アクセス行為（識別符号窃用型）に当たる"), "{report}");
    others_find_no_fault(&case, &forms);
}

/// qpdf reads the structure; pikepdf looks at what PDF/A-2b asks for, and finds what was broken (CW-TST-02).
#[expect(clippy::print_stderr, reason = "a check that is skipped is said")]
fn others_find_no_fault(case: &Case, forms: &[String]) {
    let files: Vec<PathBuf> = forms.iter().map(|form| case.path("d").join(format!("{form}.pdf"))).collect();
    for file in &files {
        let Ok(ran) = Command::new("qpdf").arg("--check").arg(file).output() else {
            eprintln!("skipped: qpdf is not installed");
            break;
        };
        let said = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success() && said.contains("No syntax or stream encoding errors"), "{said}");
    }
    let Some((sound, said)) = python("pdfa.py", &files) else { return };
    assert!(sound && said.is_empty(), "{said}");
    let broken = case.path("broken");
    std::fs::create_dir(&broken).unwrap();
    let (made, said) = python("pdfa_break.py", &[files[0].clone(), broken.clone()]).unwrap();
    assert!(made, "{said}");
    let mut names: Vec<PathBuf> =
        std::fs::read_dir(&broken).unwrap().map(|one| one.unwrap().path()).collect();
    names.sort();
    assert!(names.len() >= 6, "{names:?}");
    for file in names {
        let fault = file.file_stem().unwrap().to_string_lossy().replace('_', " ");
        let (sound, said) = python("pdfa.py", std::slice::from_ref(&file)).unwrap();
        assert!(!sound && said.contains(&fault), "{fault}: {said}");
    }
}
