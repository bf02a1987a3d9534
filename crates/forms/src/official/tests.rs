use super::*;
use casework::dossier::{Facts, Seen, catalogue::catalogue};
use std::path::{Path, PathBuf};
use std::process::Command;

const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/papers/bin/python");

/// A workbook as offices make them: merged cells, colours, a list of choices, a hidden sheet, a formula, protection.
const MAKE: &str = r#"
import sys, openpyxl
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.datavalidation import DataValidation
book = openpyxl.Workbook()
sheet = book.active
sheet.title = "様式２"
sheet["A1"] = "ランサムウェア事案"
sheet.merge_cells("A1:D1")
sheet["A1"].font = Font(name="ＭＳ ゴシック", size=14, bold=True)
thin = Side(style="thin")
for row, label in enumerate(["報告者氏名", "組織名", "発見日時", "身代金要求文の\n内容", "電話"], 3):
    sheet.cell(row, 1, label).fill = PatternFill("solid", fgColor="DDEEFF")
    sheet.merge_cells(start_row=row, start_column=2, end_row=row, end_column=4)
    sheet.cell(row, 2).border = Border(thin, thin, thin, thin)
    sheet.cell(row, 2).alignment = Alignment(wrap_text=True)
sheet["A10"] = "暗号化"
sheet["C10"] = "=COUNTA(B3:B7)"
choice = DataValidation(type="list", formula1='"☐,☑"')
sheet.add_data_validation(choice)
choice.add("B10")
hidden = book.create_sheet("コード表")
hidden["A1"] = "1 暗号化 & <漏えい>"
hidden.sheet_state = "hidden"
book.save(sys.argv[1])
"#;

/// Everything that another program sees of a workbook but the values of the cells named.
const READ: &str = r#"
import sys, json, openpyxl
book = openpyxl.load_workbook(sys.argv[1])
out = {}
for sheet in book:
    out[sheet.title] = {"state": sheet.sheet_state, "merged": sorted(map(str, sheet.merged_cells.ranges)),
        "valid": [str(one.sqref) + str(one.formula1) for one in sheet.data_validations.dataValidation]}
    for row in sheet.iter_rows():
        for cell in row:
            style = repr(cell.font) + repr(cell.fill) + repr(cell.border) + repr(cell.alignment) if cell.has_style else ""
            out[sheet.title][cell.coordinate] = [cell.value, cell.data_type, style]
print(json.dumps(out))
"#;

fn python(script: &str, file: &Path) -> Option<String> {
    let Ok(ran) = Command::new(PYTHON).args(["-c", script]).arg(file).output() else {
        eprintln!("skipped: openpyxl is not installed (./test installs it into target/papers)");
        return None;
    };
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    Some(String::from_utf8(ran.stdout).unwrap())
}

fn made(folder: &Path) -> Option<PathBuf> {
    let file = folder.join("official.xlsx");
    python(MAKE, &file)?;
    Some(file)
}

#[expect(clippy::disallowed_methods, reason = "a test writes its own file")]
fn read(folder: &Path, bytes: &[u8]) -> serde_json::Value {
    let file = folder.join("filled.xlsx");
    std::fs::write(&file, bytes).unwrap();
    serde_json::from_str(&python(READ, &file).unwrap()).unwrap()
}

fn map(workbook: &[u8]) -> String {
    format!(
        r#"form = "nco.ransom"
version = 1
sha256 = "{}"
label = [
  {{ sheet = "様式２", cell = "A1", text = "ランサムウェア事案" }},
  {{ sheet = "様式２", cell = "A6", text = "身代金要求文の内容" }},
]
cell = [
  {{ sheet = "様式２", cell = "B3", source = "fact:reporter.name" }},
  {{ sheet = "様式２", cell = "B4", source = "fact:administrator.name" }},
  {{ sheet = "様式２", cell = "B5", source = "fact:discovery.time" }},
  {{ sheet = "様式２", cell = "B6", source = "fact:ransom.note" }},
  {{ sheet = "様式２", cell = "B7", source = "fact:reporter.phone" }},
  {{ sheet = "様式２", cell = "B10", source = "fact:ransom.type", option = "encryption" }},
  {{ sheet = "様式２", cell = "F10", source = "case:sources" }},
  {{ sheet = "様式２", cell = "E10", source = "fact:ransom.extension" }},
  {{ sheet = "様式２", cell = "B25", source = "case:period" }},
  {{ sheet = "様式２", cell = "B22", source = "fact:ransom.intrusion" }},
]
"#,
        hash(workbook)
    )
}

fn case() -> Dossier {
    let incident = serde_json::json!({ "schema_version": 1, "id": "I-1", "kind": "x", "level": "high",
        "title": { "ja": "x", "en": "x" }, "legal": { "category": "undetermined", "verdict": "undetermined" },
        "first": "2026-11-20T00:00:00Z", "last": "2026-11-20T01:00:00Z" });
    let facts = "[reporter]\nname = \"𠮷野 髙子 <&\\\">\"\n[administrator]\nname = \"=HYPERLINK(1)\"\n[discovery]\ntime = \"2026-11-21 09:10\"\n\
        [ransom]\nnote = \"1行目\\n2行目\"\ntype = [\"encryption\", \"leak\"]\nextension = \".locked\"\nintrusion = \"VPN機器\"\n";
    Dossier { seen: Seen::read(&incident).unwrap(), facts: Facts::parse(facts, catalogue(), &[]).unwrap() }
}

/// CW-REP-10: the values stand in their cells as texts; to another program nothing else has changed.
#[test]
fn only_the_mapped_cells_change() {
    let folder = tempfile::tempdir().unwrap();
    let Some(file) = made(folder.path()) else { return };
    let workbook = std::fs::read(&file).unwrap();
    let map = CellMap::read("nco.ransom.cells.toml", &map(&workbook)).unwrap();
    let filled = fill(&workbook, &map, &case(), Tongue::Ja).unwrap();
    assert_eq!(
        filled.bytes,
        fill(&workbook, &map, &case(), Tongue::Ja).unwrap().bytes,
        "same case, same bytes"
    );
    let empty: Vec<&str> = filled.empty.iter().map(|(cell, _)| cell.as_str()).collect();
    assert_eq!(empty, ["様式２!B7", "様式２!F10"], "not entered is left empty and told");
    let (before, after) = (read(folder.path(), &workbook), read(folder.path(), &filled.bytes));
    let expected = [
        ("B3", "𠮷野 髙子 <&\">"),
        ("B4", "=HYPERLINK(1)"),
        ("B5", "令和8年11月21日 9時10分"),
        ("B6", "1行目\n2行目"),
        ("B10", "☑"),
        ("E10", ".locked"),
        ("B22", "VPN機器"),
    ];
    let sheet = &after["様式２"];
    for (cell, value) in expected {
        assert_eq!((&sheet[cell][0], &sheet[cell][1]), (&value.into(), &"s".into()), "{cell}");
    }
    assert!(sheet["B25"][0].as_str().unwrap().contains("日本標準時"), "{sheet}");
    assert_eq!((&sheet["C10"][0], &sheet["C10"][1]), (&"=COUNTA(B3:B7)".into(), &"f".into()));
    assert_eq!(before["コード表"], after["コード表"], "the hidden sheet");
    for (name, was) in before["様式２"].as_object().unwrap() {
        let written = expected.iter().any(|(cell, _)| cell == name) || name == "B25";
        if written && was.is_array() {
            assert_eq!(was[2], sheet[name][2], "the style of {name}");
        } else {
            assert_eq!(was, &sheet[name], "{name}");
        }
    }
}

#[test]
fn another_layout_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let Some(file) = made(folder.path()) else { return };
    let workbook = std::fs::read(&file).unwrap();
    let text = map(&workbook);
    let refused = |text: &str, workbook: &[u8]| {
        let map = CellMap::read("m", text).unwrap_or_else(|fault| panic!("{fault}"));
        fill(workbook, &map, &case(), Tongue::Ja).unwrap_err().to_string()
    };
    let other = text.replace(&hash(&workbook), &"0".repeat(64));
    assert!(refused(&other, &workbook).contains("the cell map was made for 0000"));
    let label = refused(&text.replace("ランサムウェア事案", "DDoS攻撃事案"), &workbook);
    assert!(
        label.contains("様式２!A1 holds 「ランサムウェア事案」") && label.contains("DDoS攻撃事案"),
        "{label}"
    );
    let to = |cell: &str| refused(&text.replace("cell = \"B3\"", &format!("cell = \"{cell}\"")), &workbook);
    assert!(to("C3").contains("merged into B3"), "{}", to("C3"));
    assert!(to("C10").contains("it holds a formula"), "{}", to("C10"));
    assert!(to("A5").contains("it holds 「発見日時」 already"), "{}", to("A5"));
    assert!(refused(&text.replace("様式２", "様式３"), &workbook).contains("no sheet 「様式３」"));
    let short = text.replace("\"fact:reporter.name\"", "\"fact:reporter.name\", chars_max = 3");
    assert!(refused(&short, &workbook).contains("the cell takes 3"));
    for broken in [&b"PK\x03\x04"[..], b"", b"hello"] {
        let map = CellMap::read("m", &text.replace(&hash(&workbook), &hash(broken))).unwrap();
        assert!(matches!(fill(broken, &map, &case(), Tongue::Ja), Err(OfficialFault::Workbook(_))));
    }
    let cut = &workbook[..workbook.len() - 30];
    let map = CellMap::read("m", &text.replace(&hash(&workbook), &hash(cut))).unwrap();
    assert!(fill(cut, &map, &case(), Tongue::Ja).is_err());
    let begun = skeleton(&workbook).unwrap();
    assert!(begun.contains(&hash(&workbook)) && begun.contains("text = \"1 暗号化 & <漏えい>\""), "{begun}");
}

#[test]
fn a_cell_map_with_a_fault_is_refused_by_name() {
    let text = map(b"x");
    let fault =
        |from: &str, to: &str| CellMap::read("m.toml", &text.replace(from, to)).unwrap_err().to_string();
    assert!(
        fault("fact:reporter.name", "fact:reporter.shoe").contains("m.toml: 様式２!B3: nothing is called")
    );
    assert!(fault("\"encryption\"", "\"magic\"").contains("has no option magic"));
    assert!(fault("\"B4\"", "\"B3\"").contains("様式２!B3 is named twice"));
    assert!(fault("\"B4\"", "\"b4\"").contains("is no cell"));
    assert!(fault("cell = \"B4\"", "cell = \"B4\", sheets = 1").contains("m.toml"));
    assert!(
        fault("sheet = \"様式２\", cell = \"B4\"", "sheet = \"x\", cell = \"B4\"")
            .contains("no [[label]] guards")
    );
}

#[test]
fn names_of_cells_are_read() {
    for (name, at) in
        [("A1", (1, 1)), ("Z9", (9, 26)), ("AA10", (10, 27)), ("XFD1048576", (1_048_576, 16_384))]
    {
        assert_eq!(cells::place(name), Some(at));
    }
    for name in ["", "A", "1", "A0", "XFE1", "A1048577", "あ1", "A1あ", "A-1", "ZZZZZZZZ1"] {
        assert_eq!(cells::place(name), None, "{name}");
    }
}
