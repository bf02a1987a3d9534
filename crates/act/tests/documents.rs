//! The examples of `docs/formats/facts.md` and `docs/formats/units.md` are read, judged and counted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use act::{CountOptions, Facts, Measure, Unit, classify, count, read_facts, read_units};

const FACTS: &str = include_str!("../../../docs/formats/facts.md");
const UNITS: &str = include_str!("../../../docs/formats/units.md");

/// Fenced blocks with this language: the rest of the fence line, and the text.
fn blocks<'a>(document: &'a str, language: &str) -> Vec<(Vec<&'a str>, &'a str)> {
    let mut found = Vec::new();
    for part in document.split("\n```").skip(1).step_by(2) {
        let (head, body) = part.split_once('\n').unwrap();
        if let Some(rest) = head.strip_prefix(language) {
            found.push((rest.split_whitespace().collect(), body));
        }
    }
    found
}

#[test]
fn facts_examples_give_the_verdicts_they_name() {
    let examples = blocks(FACTS, "json facts");
    assert_eq!(examples.len(), 3);
    for (named, text) in examples {
        let verdicts: Vec<_> = read_facts(text).unwrap().iter().map(classify).collect();
        let found: Vec<&str> = verdicts
            .iter()
            .flat_map(|verdict| [verdict.legal_class.as_str(), verdict.rule.as_str()])
            .collect();
        assert_eq!(found, named);
    }
}

/// Every field of the type is in the document, and every list of values is whole.
#[test]
fn facts_document_names_every_field_and_value() {
    let facts = serde_json::to_value(Facts::new("a", act::ActKind::Other)).unwrap();
    let left_out = [
        "case_id",
        "credential_status",
        "attacked_computer",
        "used_computer",
        "function_computer",
        "preparatory",
        "note",
    ];
    let fields = facts.as_object().unwrap().keys().map(String::as_str).chain(left_out);
    let preparatory = act::Preparatory::new(act::PreparatoryKind::Storage);
    let preparatory = serde_json::to_value(preparatory).unwrap();
    let fields = fields.chain(preparatory.as_object().unwrap().keys().map(String::as_str)).chain(["channel"]);
    for field in fields.filter(|field| *field != "kind") {
        assert!(FACTS.contains(&format!("`{field}`")), "facts.md says nothing of {field}");
    }
    let values = act::ActKind::ALL.iter().map(|value| value.as_str());
    let values = values.chain(act::InputKind::ALL.iter().map(|value| value.as_str()));
    for value in values.chain(act::PreparatoryKind::ALL.iter().map(|value| value.as_str())) {
        assert!(FACTS.contains(&format!("`{value}`")), "facts.md says nothing of {value}");
    }
    for id in act::FactId::ALL.iter().filter(|id| !["M1", "M2", "G1", "G2", "CS"].contains(&id.as_str())) {
        assert!(FACTS.contains(id.as_str()), "facts.md says nothing of {id}");
    }
}

#[test]
fn units_example_gives_the_figures_it_names() {
    let [(year, text)] = blocks(UNITS, "jsonl units").try_into().unwrap();
    let units = read_units(text.as_bytes(), "units.md").unwrap();
    let tables = count(&units, &CountOptions::year(year[0].parse().unwrap()));
    let cell = |row: &str, measure| {
        let (_, found) = tables.rows().find(|(_, found)| found.id == row).unwrap();
        found.cell(measure).unwrap().shown_ja()
    };
    assert_eq!(cell("T1.total", Measure::Counts), "2");
    let row = |row| [Measure::Cases, Measure::Counts, Measure::Persons].map(|measure| cell(row, measure));
    assert_eq!(row("T5.1"), ["1", "2", "2"]);
    assert_eq!(row("T5.2"), ["1", "1", "1"]);
    assert_eq!(row("T5.total"), ["1 (重複 1)", "3", "2 (重複 1人)"]);
    assert!(tables.holds(), "{:?}", tables.checks);
    assert_eq!(tables.notes.iter().map(|note| note.code.as_str()).collect::<Vec<_>>(), ["consultation"]);
}

#[test]
fn units_document_names_every_field() {
    let all = include_str!("data/units-2000.jsonl");
    for unit in read_units(all.as_bytes(), "units").unwrap() {
        let value = serde_json::to_value(&unit).unwrap();
        for field in value.as_object().unwrap().keys() {
            assert!(UNITS.contains(&format!("`{field}`")), "units.md says nothing of {field}");
        }
        // What is written can be read again.
        let line = serde_json::to_string(&unit).unwrap();
        assert_eq!(read_units(line.as_bytes(), "again").unwrap(), [unit]);
    }
    for route in act::Route::ALL {
        assert!(UNITS.contains(route.as_str()), "units.md says nothing of {route}");
    }
    let kinds = act::RowKind::ALL.iter().map(|kind| kind.as_str());
    for kind in kinds {
        assert!(UNITS.contains(&format!("`{kind}`")), "units.md says nothing of {kind}");
    }
    let _: fn(&Unit) -> &str = Unit::id;
}

/// Every test that the documents of docs/spec/STATUS*.md of these crates name exists, in a file of that name.
#[test]
fn status_names_tests_that_exist() {
    const STATUS: &str = concat!(
        include_str!("../../../docs/spec/STATUS.md"),
        include_str!("../../../docs/spec/STATUS-custody.md"),
        include_str!("../../../docs/spec/STATUS-forms.md"),
        include_str!("../../../docs/spec/STATUS-serve.md"),
    );
    let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut sources = Vec::new();
    let mut folders: Vec<_> =
        ["act", "bundle", "casework", "forms", "ledger", "remote", "sekisho", "store", "web"]
            .map(|name| crates.join(name))
            .into();
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|item| item.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                sources.push(path);
            }
        }
    }
    let mut named = 0;
    for name in STATUS.split('`').skip(1).step_by(2).filter(|name| name.contains("::")) {
        if name == "file::function" {
            continue;
        }
        let (file, function) = name.split_once("::").unwrap();
        let found = sources
            .iter()
            .filter(|path| path.file_stem().is_some_and(|stem| stem == file))
            .any(|path| std::fs::read_to_string(path).unwrap().contains(&format!("fn {function}(")));
        assert!(found, "{name}");
        named += 1;
    }
    assert!(named > 80, "{named}");
}
