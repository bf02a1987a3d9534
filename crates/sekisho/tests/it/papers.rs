//! Documents to hand in, as a person makes them.

use crate::support::{Case, NOW, guessing, sshd};
use serde_json::Value;

/// A report of an entry after guessing.
pub(crate) fn case() -> (Case, String) {
    let log = guessing("root", "203.0.113.9", 30, 0)
        + &sshd(300, 77, "Accepted password for root from 203.0.113.9 port 40999 ssh2");
    let case = Case::new(&[("auth.log", log.as_bytes())]);
    let ran = case.run(&["investigate", "logs", "--out", "r", "--deterministic", NOW]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let incidents: Value =
        serde_json::from_slice(&std::fs::read(case.path("r/incidents.json")).unwrap()).unwrap();
    let id = incidents[0]["id"].as_str().unwrap().to_owned();
    (case, id)
}

pub(crate) fn set(case: &Case, fact: &str, value: &str) {
    let text = std::fs::read_to_string(case.path("case.toml")).unwrap();
    let (group, name) = fact.split_once('.').unwrap();
    let (before, after) = text.split_once(&format!("\n[{group}]\n")).unwrap();
    let new = after.replacen(&format!("\n{name} = \"\"\n"), &format!("\n{name} = {value}\n"), 1);
    assert_ne!(after, new, "{fact}");
    std::fs::write(case.path("case.toml"), format!("{before}\n[{group}]\n{new}")).unwrap();
}

/// CW-REP-01, CW-REP-08, CW-DOC-01, CW-DOC-06
#[test]
fn a_case_becomes_documents() {
    let (case, id) = case();
    let ran = case.run(&["case", "new", "r", "--incident", &id, "--out", "case.toml", "--lang", "ja"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let again = case.run(&["case", "new", "r", "--incident", &id, "--out", "case.toml"]);
    assert_eq!(again.code, Some(1), "a case file is not overwritten");
    let check = ["case", "check", "case.toml", "--form", "police.damage", "--lang", "ja"];
    let ran = case.run(&check);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(
        ran.stdout.contains("[reporter.name]") && ran.stdout.contains("分かる人：届出者本人"),
        "{}",
        ran.stdout
    );

    set(&case, "reporter.name", "\"𠮷野 髙子\"");
    assert!(ran.stdout.contains("※ 警察の定める公式様式ではありません"), "{}", ran.stdout);
    set(&case, "reporter.phone", "\"045-000-0000\"");
    let ran = case.run(&[&check[..], &["--json"]].concat());
    let documents: Value = serde_json::from_str(&ran.stdout).unwrap();
    let missing: Vec<&str> =
        documents[0]["missing"].as_array().unwrap().iter().map(|one| one["fact"].as_str().unwrap()).collect();
    assert!(missing.contains(&"administrator.name") && !missing.contains(&"reporter.name"), "{missing:?}");

    let write = |out: &str| {
        case.run(&["case", "write", "case.toml", "--form", "police.damage", "--out", out, "--at", NOW])
    };
    let ran = write("d1");
    if ran.stderr.contains("--fonts") {
        eprintln!("skipped: the fonts are not installed");
        return;
    }
    assert_eq!((ran.code, write("d2").code), (Some(0), Some(0)), "{}", ran.stderr);
    let read = |name: &str| std::fs::read(case.path(name)).unwrap();
    for name in ["police.damage.pdf", "police.damage.xlsx", "police.damage.txt", "documents.json"] {
        assert!(read(&format!("d1/{name}")) == read(&format!("d2/{name}")), "{name} differs");
    }
    assert!(read("d1/police.damage.pdf").starts_with(b"%PDF-1.7"));
    let text = String::from_utf8(read("d1/police.damage.txt")).unwrap();
    assert!(
        text.contains("𠮷野 髙子") && text.contains("203.0.113.9") && text.contains("（未入力）"),
        "{text}"
    );
    assert!(text.contains("令和8年11月22日"), "{text}");

    set(&case, "computer.model", "\"R350\"");
    let later = ["--out", "d4", "--at", NOW, "--previous", "d1/documents.json"];
    let ran = case.run(&[&["case", "write", "case.toml", "--form", "police.damage"][..], &later].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let text = String::from_utf8(read("d4/police.damage.txt")).unwrap();
    assert!(text.contains("から変更した事項：機種") && text.contains("【変更】機種: R350"), "{text}");

    set(&case, "administrator.name", "\"𰻞商店\"");
    let ran = write("d3");
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("U+30EDE") && ran.stderr.contains("cannot be printed"), "{}", ran.stderr);
}

/// CW-DOC-09: the owner of a name that no font has chooses kana for print; the text keeps the original.
#[test]
fn a_name_without_a_glyph_prints_as_its_owner_chose() {
    let (case, id) = case();
    case.run(&["case", "new", "r", "--incident", &id, "--out", "case.toml"]);
    set(&case, "administrator.name", "\"𰻞商店\"");
    let write = |out: &str| {
        case.run(&["case", "write", "case.toml", "--form", "police.damage", "--out", out, "--at", NOW])
    };
    if write("d1").stderr.contains("--fonts") {
        eprintln!("skipped: the fonts are not installed");
        return;
    }
    let read = |name: &str| std::fs::read(case.path(name)).unwrap();
    let whole = std::fs::read_to_string(case.path("case.toml")).unwrap();
    let chosen = "\n[[substitute]]\noriginal = \"𰻞\"\nprinted = \"ビャン\"\nby = \"𰻞商店の代表者\"\n";
    std::fs::write(case.path("case.toml"), whole.clone() + chosen).unwrap();
    assert_eq!(write("d3").code, Some(1), "also the name of who chose must print");
    std::fs::write(case.path("case.toml"), whole + &chosen.replace("𰻞商店の", "商店の")).unwrap();
    let ran = write("d3");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(String::from_utf8(read("d3/police.damage.txt")).unwrap().contains("𰻞商店"));
    let printed = std::process::Command::new("pdftotext")
        .args(["-raw"])
        .arg(case.path("d3/police.damage.pdf"))
        .arg("-")
        .output();
    if let Ok(ran) = printed {
        let text: String = String::from_utf8(ran.stdout).unwrap().split_whitespace().collect();
        assert!(
            text.contains("ビャン商店")
                && text.contains("印字できない文字（U+30EDE）は、商店の代表者の選んだ「ビャン」"),
            "{text}"
        );
    }
}

#[test]
fn faults_of_a_case_file_are_named() {
    let (case, id) = case();
    case.run(&["case", "new", "r", "--incident", &id, "--out", "case.toml"]);
    set(&case, "discovery.how", "\"luck\"");
    let ran = case.run(&["case", "check", "case.toml"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("line ") && ran.stderr.contains("discovery.how"), "{}", ran.stderr);
    let ran = case.run(&["case", "new", "r", "--incident", "I-000000000000", "--out", "x.toml"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains(&id), "{}", ran.stderr);
    let ran = case.run(&["case", "forms", "--lang", "ja"]);
    assert!(
        ran.stdout.contains("police.damage v1") && ran.stdout.contains("公式様式ではない"),
        "{}",
        ran.stdout
    );
    let ran = case.run(&["case", "fonts", "--licences"]);
    assert!(ran.stdout.contains("SIL OPEN FONT LICENSE"), "{}", ran.stdout);
}

/// CW-REP-05: the clocks of a case by the command; the walk through all states is in the tests of `casework`.
#[test]
fn clocks_of_a_case_run() {
    let (case, id) = case();
    case.run(&["case", "new", "r", "--incident", &id, "--out", "case.toml"]);
    set(&case, "privacy.known_on", "\"令和8年11月23日\"");
    let at = |time: &str| case.run(&["case", "clocks", "case.toml", "--lang", "ja", "--at", time]);
    let ran = at("2026-11-28T09:00:00+09:00");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stdout.contains("CLK-3  ppc.leak.prompt  期限を過ぎた"), "{}", ran.stdout);
    assert!(ran.stdout.contains("期限：令和8年11月27日 23時59分59秒"), "{}", ran.stdout);
    let text = std::fs::read_to_string(case.path("case.toml")).unwrap();
    let note =
        "\n[[obligation]]\nclock = \"CLK-3\"\ndone = \"2026-11-24 10:00\"\nreceipt = \"受付 12-345\"\n";
    std::fs::write(case.path("case.toml"), text + note).unwrap();
    let ran = at("2026-11-28T09:00:00+09:00");
    assert!(ran.stdout.contains("CLK-3  ppc.leak.prompt  済み（受付 12-345）"), "{}", ran.stdout);
    let json = case.run(&["case", "clocks", "case.toml", "--json"]);
    let rows: Value = serde_json::from_str(&json.stdout).unwrap();
    assert!(rows.as_array().unwrap().iter().any(|row| row["state"]["state"] == "done"), "{rows}");
}

/// AN-1, CW-SHR-05
#[test]
fn a_case_is_shared_without_its_victim() {
    let (case, id) = case();
    case.run(&["case", "new", "r", "--incident", &id, "--out", "case.toml"]);
    set(&case, "administrator.name", "\"㈱関所商店\"");
    let ran = case.run(&["case", "share", "case.toml", "--out", "s", "--tlp", "green", "--at", NOW]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for name in ["stix.json", "misp.json"] {
        let text = std::fs::read_to_string(case.path("s").join(name)).unwrap();
        assert!(text.contains("203.0.113.9") && !text.contains("関所商店") && !text.contains(&id), "{text}");
        assert!(text.to_lowercase().contains("tlp:green"), "{text}");
    }
    // Whose name is a measure's word shares nothing by itself.
    let text = std::fs::read_to_string(case.path("s/misp.json")).unwrap();
    let misp: Value = serde_json::from_str(&text).unwrap();
    let word = misp["Event"]["info"].as_str().unwrap();
    set(&case, "reporter.name", &format!("\"{word}\""));
    let ran = case.run(&["case", "share", "case.toml", "--out", "t", "--at", NOW]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains(word) && !case.path("t").exists(), "{}", ran.stderr);
}

/// CW-AST-08: the path of an application by the command; the states are tested in `casework`.
#[test]
fn an_application_for_assistance_is_followed() {
    let (case, id) = case();
    case.run(&["case", "new", "r", "--incident", &id, "--out", "case.toml"]);
    let text = std::fs::read_to_string(case.path("case.toml")).unwrap();
    let steps = "\n[[step]]\nevent = \"file\"\ntime = \"2026-11-24 10:00\"\nnumber = \"第12号\"\n\n[[step]]\nevent = \"missing\"\ntime = \"令和8年11月25日\"\ndue = \"2026-12-10\"\n";
    std::fs::write(case.path("case.toml"), text.clone() + steps).unwrap();
    let ran = case.run(&["case", "assistance", "case.toml", "--lang", "ja"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stdout.contains("資料要求中")
            && ran.stdout.contains("2026-12-10")
            && ran.stdout.contains("第12号"),
        "{}",
        ran.stdout
    );
    let wrong = steps.replace("missing", "advise");
    std::fs::write(case.path("case.toml"), text + &wrong).unwrap();
    let ran = case.run(&["case", "assistance", "case.toml"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("[[step]] 2") && ran.stderr.contains("check, missing, refuse, withdraw"),
        "{}",
        ran.stderr
    );
}

/// Issue 6, item 6: documents go into the bundle, whose receiver needs nothing else.
#[test]
fn documents_go_into_the_bundle() {
    let (case, id) = case();
    case.run(&["case", "new", "r", "--incident", &id, "--out", "case.toml"]);
    let ran = case.run(&["case", "write", "case.toml", "--form", "police.damage", "--out", "d", "--at", NOW]);
    if ran.stderr.contains("--fonts") {
        eprintln!("skipped: the fonts are not installed");
        return;
    }
    case.run(&["case", "share", "case.toml", "--out", "d", "--at", NOW]);
    let key = case.run(&["bundle", "key", "seal.key"]);
    let public = key.stdout.lines().last().unwrap().to_owned();
    let mut args = vec!["bundle", "create", "r", "--incident", &id, "--out", "b.skb", "--key", "seal.key"];
    args.extend(["--sender", "Example KK", "--case", "2026-17"]);
    let files = ["police.damage.pdf", "police.damage.xlsx", "police.damage.txt", "stix.json", "misp.json"];
    let paths = files.map(|name| format!("d/{name}"));
    paths.iter().for_each(|path| args.extend(["--document", path]));
    let ran = case.run(&args);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let ran = case.run(&["bundle", "open", "b.skb", "--sender-key", &public, "--out", "x"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for name in files {
        let [sent, got] = ["d", "x/forms"].map(|folder| std::fs::read(case.path(folder).join(name)).unwrap());
        assert!(sent == got, "{name}");
    }
}

/// CW-REP-02 to -04: approval, ground, receipt; what was handed in is not overwritten.
#[test]
fn a_document_is_released_and_kept() {
    let (case, id) = case();
    case.run(&["case", "new", "r", "--incident", &id, "--out", "case.toml"]);
    set(&case, "reporter.name", "\"𠮷野 髙子\"");
    let write = |out: &str, more: &[&str]| {
        let base = ["case", "write", "case.toml", "--form", "police.damage", "--out", out, "--at", NOW];
        case.run(&[&base[..], more].concat())
    };
    let ran = write("d", &[]);
    if ran.stderr.contains("--fonts") {
        eprintln!("skipped: the fonts are not installed");
        return;
    }
    let release = |more: &[&str]| {
        let base =
            ["case", "release", "d", "--form", "police.damage", "--by", "髙橋", "--at", NOW, "--lang", "en"];
        case.run(&[&base[..], more].concat())
    };
    let ran = release(&["--consent", "本人の同意"]);
    assert!(ran.code == Some(1) && ran.stderr.contains("lacks required facts"), "{}", ran.stderr);
    let ran = release(&["--incomplete"]);
    assert!(ran.code == Some(1) && ran.stderr.contains("holds personal data"), "{}", ran.stderr);
    let pdf = case.path("d/police.damage.pdf");
    let written = std::fs::read(&pdf).unwrap();
    std::fs::write(&pdf, [&written[..], b" "].concat()).unwrap();
    let ran = release(&["--incomplete", "--consent", "本人の同意"]);
    assert!(ran.stderr.contains("police.damage.pdf is not the file that was written"), "{}", ran.stderr);
    std::fs::write(&pdf, &written).unwrap();
    let ran = release(&["--incomplete", "--consent", "本人の同意", "--withheld", "利用者の氏名"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("handed in incomplete") && ran.stderr.contains("Personal data"),
        "{}",
        ran.stderr
    );
    let receipt = ["case", "receipt", "d", "--form", "police.damage", "--number", "第12号"];
    assert_eq!(case.run(&receipt).code, Some(0));
    assert_eq!(case.run(&receipt).code, Some(1), "one receipt");
    let kept: Value = serde_json::from_slice(&std::fs::read(case.path("d/releases.json")).unwrap()).unwrap();
    let one = &kept["releases"][0];
    assert_eq!((&one["receipt"]["number"], &one["incomplete"]), (&"第12号".into(), &true.into()), "{kept}");
    let ran = write("d", &[]);
    assert!(ran.code == Some(1) && ran.stderr.contains("is not overwritten"), "{}", ran.stderr);
    assert_eq!(std::fs::read(&pdf).unwrap(), written);
    assert_eq!(write("d2", &["--previous", "d/documents.json"]).code, Some(0));
    let later: Value =
        serde_json::from_slice(&std::fs::read(case.path("d2/documents.json")).unwrap()).unwrap();
    let sent =
        one["files"].as_array().unwrap().iter().find(|file| file["name"] == "police.damage.pdf").unwrap();
    assert_eq!(later["documents"][0]["follows"], sent["sha256"]);
}

/// CW-REP-10: the recipient's own workbook, by the command; what changes in it is tested in `forms`.
#[test]
fn an_official_workbook_is_filled() {
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/papers/bin/python");
    let (case, id) = case();
    case.run(&["case", "new", "r", "--incident", &id, "--out", "case.toml"]);
    set(&case, "reporter.name", "\"𠮷野 髙子\"");
    let make = "import sys, openpyxl\nbook = openpyxl.Workbook()\nbook.active.title = '様式１'\nbook.active['A1'] = '氏名'\nbook.save(sys.argv[1])";
    let made = std::process::Command::new(python).args(["-c", make]).arg(case.path("form.xlsx")).status();
    if !made.is_ok_and(|made| made.success()) {
        eprintln!("skipped: openpyxl is not installed (./test installs it into target/papers)");
        return;
    }
    let ran = case.run(&["case", "cells", "form.xlsx"]);
    assert!(ran.stdout.contains("text = \"氏名\""), "{}{}", ran.stdout, ran.stderr);
    let cell = "\n[[cell]]\nsheet = \"様式１\"\ncell = \"B1\"\nsource = \"fact:reporter.name\"\n";
    let head = "form = \"nco.ddos\"\nversion = 1\nunverified = { ja = \"全欄未確認\", en = \"no cell is verified\" }\n";
    std::fs::write(case.path("map.toml"), format!("{head}{}{cell}", ran.stdout)).unwrap();
    let fill = |out: &str| {
        case.run(&[
            "case",
            "fill",
            "case.toml",
            "--workbook",
            "form.xlsx",
            "--map",
            "map.toml",
            "--out",
            out,
            "--lang",
            "en",
        ])
    };
    let ran = fill("filled.xlsx");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("no cell is verified"), "what is not verified is said: {}", ran.stderr);
    assert_eq!(fill("filled.xlsx").code, Some(1), "nothing is overwritten");
    std::fs::copy(case.path("filled.xlsx"), case.path("form.xlsx")).unwrap();
    let ran = fill("other.xlsx");
    assert!(ran.code == Some(1) && ran.stderr.contains("the cell map was made for"), "{}", ran.stderr);
}

/// CW-REP-07: a form of the user's own, and faults in one.
#[test]
fn a_form_of_ones_own_is_filled() {
    let (case, id) = case();
    case.run(&["case", "new", "r", "--incident", &id, "--out", "case.toml"]);
    set(&case, "reporter.name", "\"𠮷野 髙子\"");
    let both = |ja: &str, en: &str| format!("{{ ja = \"{ja}\", en = \"{en}\" }}");
    let form = format!(
        "id = \"sector.own\"\nversion = 3\ntitle = {}\nrecipient = \"sector\"\nvalid_from = \"2026-04-01\"\nstate = \"own\"\nbasis = {}\n\
         source = {}\nlayout = \"form\"\naccepts_incomplete = true\naddressee = {{ suffix = \"所管省庁　御中\" }}\nlead = {}\n\
         [[section]]\nid = \"1\"\ntitle = {}\nfield = [{{ source = [\"fact:reporter.name\"], required = \"always\" }}]\n",
        both("業法に基づく報告", "Report under the sector law"),
        both("業法", "sector law"),
        both("自社", "own"),
        both("下記のとおり報告します。", "We report as follows."),
        both("報告者", "Reporter")
    );
    std::fs::create_dir(case.path("own")).unwrap();
    std::fs::write(case.path("own/sector.toml"), &form).unwrap();
    std::fs::write(case.path("own/notes.txt"), "no form").unwrap();
    let check = ["case", "check", "case.toml", "--forms", "own", "--form", "sector.own", "--lang", "ja"];
    let ran = case.run(&check);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("業法に基づく報告  sector.own v3"), "{}", ran.stdout);
    std::fs::write(case.path("own/sector.toml"), form.replace("reporter.name", "reporter.shoe")).unwrap();
    let ran = case.run(&check);
    assert!(
        ran.code == Some(1)
            && ran.stderr.contains("sector.toml")
            && ran.stderr.contains("fact:reporter.shoe"),
        "{}",
        ran.stderr
    );
    let ran = case.run(&["case", "check", "case.toml", "--forms", "own/none"]);
    assert!(ran.code == Some(1) && ran.stderr.contains("own/none"), "{}", ran.stderr);
}
