use crate::{Document, Filling, fill, form};
use casework::dossier::catalogue::catalogue;
use casework::dossier::{Dossier, Facts, Seen, Tongue};
use serde_json::json;

pub(crate) const DAY: jiff::civil::Date = jiff::civil::date(2026, 11, 28);

/// An incident as `incidents.json` shows it.
fn incident() -> serde_json::Value {
    let text = |ja: &str| json!({ "id": "x", "ja": ja, "en": "in English" });
    let record = json!({ "citation": { "index": 184, "record": 222 }, "time": "2026-11-20T14:13:08Z", "role": "success",
        "quote": { "file": "/a/b/log/auth.log", "line": 9, "text": format!("GET /{}?x=😀\u{1b}[2J", "a".repeat(90)) } });
    json!({
        "schema_version": 1, "id": "I-0123456789ab", "kind": "password_guessing", "level": "high",
        "title": text("app03：総当たり攻撃"),
        "legal": { "category": "credential_misuse", "verdict": "undetermined", "verdict_text": text("未確定"),
            "state": "proposed", "elements": [{ "id": "E1", "state": "established", "statement": text("対象") }] },
        "hosts": [{ "name": "app03", "state": "suspected" }],
        "accounts": [{ "name": "ito", "state": "entered", "successes": 1 }],
        "sources": [{ "ip": "198.18.66.12", "first": "2026-11-20T14:10:01Z", "last": "2026-11-20T14:16:16Z" }],
        "first": "2026-11-20T14:10:01Z", "last": "2026-11-20T14:47:16Z", "attempts": 24, "successes": 2,
        "records": [record], "measures": [{ "id": "PM-03", "text": text("すべて変更する"), "order": 1 }],
        "explanation": { "short": [{ "id": "explain-target", "ja": "対象：app03。", "en": "Target: app03." }] },
    })
}

/// A case with these facts.
pub(crate) fn case(facts: &str) -> Dossier {
    Dossier {
        seen: Seen::read(&incident()).unwrap(),
        facts: Facts::parse(facts, catalogue(), &[]).unwrap_or_else(|faults| panic!("{faults:?}")),
    }
}

pub(crate) fn filled(id: &str, facts: &str) -> Document {
    let filling = Filling { tongue: Tongue::Ja, day: DAY };
    fill(form(id, DAY).unwrap(), &case(facts), &filling)
}

/// CW-REP-01, CW-REP-03, CW-REP-09
#[test]
fn a_field_without_source_is_not_entered() {
    let document = filled(
        "police.damage",
        "[administrator]\nname = \"株式会社関所商店\"\n[reporter]\nname = \"𠮷野\"\n",
    );
    let missing = |fact: &str| document.missing.iter().find(|missing| missing.fact == fact);
    assert!(missing("reporter.name").is_none());
    let phone = missing("reporter.phone").unwrap();
    assert!(phone.needed && phone.who == "届出者本人");
    assert_eq!(missing("clock.error").unwrap().record, "chronyc tracking、ntpq -p、timedatectl の出力");
    assert!(missing("management.codes").is_none(), "not needed in a first report");
    assert!(!document.is_complete());
    let text = crate::text(&document);
    assert!(text.contains("電話番号: （未入力）") && text.contains("届出者の氏名: 𠮷野"), "{text}");
    assert!(text.contains("公式様式ではありません") && text.contains("判定案"), "{text}");
    assert!(text.contains("令和8年11月28日") && text.contains("app03") && !text.contains('\u{1b}'), "{text}");
    assert!(document.personal.contains(&"届出者の氏名".to_owned()));
    assert!(
        !text.contains("不正アクセス行為が行われた"),
        "no verdict before a person confirms it (CW-CLS-21)"
    );
}

#[test]
fn a_document_reads_in_english_too() {
    let filling = Filling { tongue: Tongue::En, day: DAY };
    let text = crate::text(&fill(form("police.damage", DAY).unwrap(), &case(""), &filling));
    assert!(
        text.contains("telephone: (not entered)") && text.contains("2026-11-20 23:10:01 +09:00"),
        "{text}"
    );
}

/// CW-DOC-11: another program reads the workbook; a value that looks like a formula stays text.
#[test]
fn a_workbook_holds_text_only() {
    let document = filled("police.damage", "[reporter]\nname = \"=HYPERLINK(1)\"\nphone = \"𠮷 髙 ㈱\"\n");
    let bytes = crate::xlsx(&document, DAY.at(0, 0, 0, 0)).unwrap();
    assert_eq!(bytes, crate::xlsx(&document, DAY.at(0, 0, 0, 0)).unwrap(), "same data, same bytes");
    let mut file = tempfile::Builder::new().suffix(".xlsx").tempfile().unwrap();
    std::io::Write::write_all(&mut file, &bytes).unwrap();
    let script = "import sys, openpyxl\nfor row in openpyxl.load_workbook(sys.argv[1]).active.iter_rows():\n  for cell in row:\n    if cell.value is not None: print(cell.data_type, cell.value)";
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/papers/bin/python");
    let Ok(ran) = std::process::Command::new(python).args(["-c", script]).arg(file.path()).output() else {
        eprintln!("skipped: openpyxl is not installed (./test installs it into target/papers)");
        return;
    };
    let seen = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(
        seen.contains("s =HYPERLINK(1)") && seen.contains("s 𠮷 髙 ㈱") && seen.contains("s app03"),
        "{seen}"
    );
    assert!(seen.lines().all(|line| !line.starts_with("f ")), "{seen}");
}

#[cfg(feature = "pdf")]
mod pdf {
    use super::*;
    use crate::pdf::{FontFile, Fonts, PdfFault, font_files, pdf};
    use std::io::Write as _;
    use std::process::Command;

    fn fonts() -> Option<Fonts> {
        let debian = ["/usr/share/fonts/truetype/bizud-gothic", "/usr/share/fonts/truetype/vlgothic"];
        let find =
            |file: &FontFile| debian.iter().find_map(|at| std::fs::read(format!("{at}/{}", file.name)).ok());
        let fonts = Fonts::load(find);
        if let Err(error) = &fonts {
            eprintln!("skipped: {error}");
        }
        fonts.ok()
    }

    /// The text of a PDF as poppler sees it, without spaces and ends of lines.
    fn extracted(bytes: &[u8]) -> Option<String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let Ok(ran) = Command::new("pdftotext").arg("-raw").arg(file.path()).arg("-").output() else {
            eprintln!("skipped: pdftotext is not installed (Debian package poppler-utils)");
            return None;
        };
        Some(String::from_utf8(ran.stdout).unwrap().split_whitespace().collect())
    }

    const HARD: &str = "[administrator]\nname = \"㈱髙﨑関所 ①㎏\"\n[reporter]\nname = \"𠮷野 髙子\"\ndepartment = \"#set page(width: 1pt) *太字* $x$ `code` @ref <label> \\\\ \"\n";

    /// CW-DOC-01, CW-DOC-02, CW-DOC-05, CW-DOC-06
    #[test]
    fn every_character_of_a_form_comes_back_from_its_pdf() {
        let Some(fonts) = fonts() else { return };
        let document = filled("police.damage", HARD);
        let released = DAY.at(10, 0, 0, 0);
        let bytes = pdf(&document, &fonts, released).unwrap();
        assert_eq!(bytes, pdf(&document, &fonts, released).unwrap(), "same data, same bytes");
        let head = String::from_utf8_lossy(&bytes);
        assert!(head.contains("pdfaid:part>2<") && head.contains("pdfaid:conformance>B<"), "PDF/A-2b");
        let Some(found) = extracted(&bytes) else { return };
        for wanted in
            ["𠮷野髙子", "㈱髙﨑関所①㎏", "198.18.66.12", "#setpage(width:1pt)*太字*$x$`code`@ref<label>\\"]
        {
            assert!(found.contains(wanted), "{wanted}: {found}");
        }
        let quoted = format!("GET/{}?x=", "a".repeat(90));
        assert!(found.contains(&quoted), "a long line of a log is broken, not cut: {found}");
        let mut texts = Vec::new();
        document.clone().texts_mut(|_, _, text| texts.push(text.split_whitespace().collect::<String>()));
        for text in texts.iter().filter(|text| !text.contains("😀")) {
            assert!(found.contains(text.as_str()), "{text} is not in {found}");
        }
    }

    /// Every form prints, empty and with the hardest names, in both languages (CW-AST-13, CW-REP-09).
    #[test]
    fn every_form_prints() {
        let Some(fonts) = fonts() else { return };
        for form in crate::forms() {
            for (tongue, facts) in [(Tongue::Ja, HARD), (Tongue::En, "")] {
                let document = fill(form, &case(facts), &Filling { tongue, day: DAY });
                let text = crate::text(&document);
                let mark = tongue.of(&form.unverified.ja, &form.unverified.en);
                assert!(text.contains(mark), "{}", form.id);
                let bytes = pdf(&document, &fonts, DAY.at(10, 0, 0, 0));
                assert!(bytes.is_ok_and(|bytes| bytes.len() > 10_000), "{}", form.id);
            }
        }
    }

    /// CW-DOC-03: what a person typed is refused by name; what a log brought is shown by its code.
    #[test]
    fn a_missing_glyph_is_named() {
        let Some(fonts) = fonts() else { return };
        for name in ["𰻞田", "葛\u{e01ef}城"] {
            let document = filled("police.damage", &format!("[reporter]\nname = \"{name}\"\n"));
            let PdfFault::Glyph(fault) = pdf(&document, &fonts, DAY.at(0, 0, 0, 0)).unwrap_err() else {
                panic!()
            };
            assert_eq!(fault.code, u32::from(name.chars().next().unwrap()));
            assert!(fault.to_string().contains("cannot be printed"), "{fault}");
        }
    }

    #[test]
    fn fonts_count_only_with_their_hash() {
        let all = font_files();
        assert_eq!(all.len(), 3);
        assert!(all.iter().all(|file| file.licence.len() > 500));
        if all.iter().all(|file| file.inside) {
            return;
        }
        assert!(Fonts::load(|_| None).unwrap_err().to_string().contains("--fonts"));
        assert!(Fonts::load(|_| Some(vec![0; 9])).unwrap_err().to_string().contains("expected SHA-256"));
    }
}
