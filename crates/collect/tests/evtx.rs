//! Event logs of real computers, read by us and by the crate `evtx`: the same records with the same values. Skips where
//! the corpora are missing.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test that says when it skips")]

use collect::input::{Input, Limits};
use collect::stream::{PlanSettings, SourceReader, plan};
use collect::unread::Unread;
use evtx::{EvtxParser, ParserSettings};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use vocab::{Event, ShapeId, Timestamp};

fn folder() -> Option<PathBuf> {
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let given = option_env!("SEKISHO_CORPORA").map(PathBuf::from);
    let places = [own.join("../../../shared/corpora"), own.join("../../../../shared/corpora")];
    let found = given.into_iter().chain(places).map(|place| place.join("evtx")).find(|place| place.is_dir());
    if found.is_none() {
        eprintln!("skipped: no corpus of event logs (set SEKISHO_CORPORA)");
    }
    found
}

fn settings() -> PlanSettings {
    PlanSettings {
        limits: Limits::default(),
        timezone: None,
        machine_zone: jiff::tz::TimeZone::UTC,
        year: None,
        clock: Timestamp::from_seconds(1_795_326_000),
    }
}

/// What a test needs of an event.
#[derive(Debug, PartialEq)]
struct Seen {
    extra: Vec<(String, String)>,
    shape: ShapeId,
    time: Option<Timestamp>,
}

fn read(folder: &Path) -> (BTreeMap<(String, u64), Vec<Seen>>, Unread) {
    let settings = settings();
    let mut plan = plan(vec![Input::Path(folder.to_owned())], &settings);
    let mut unread = std::mem::take(&mut plan.unread);
    let mut seen: BTreeMap<(String, u64), Vec<Seen>> = BTreeMap::new();
    for source in &plan.sources {
        let mut reader = SourceReader::new(source, &settings);
        let mut sink = |event: &Event<'_>| {
            let extra = event.extra.iter().map(|e| (e.name.to_string(), e.value.to_string())).collect();
            let windows = event.windows.unwrap();
            assert_eq!(windows.record_id, event.origin.line);
            let place = (event.origin.file.to_owned(), event.origin.line);
            seen.entry(place).or_default().push(Seen { extra, shape: windows.shape, time: event.time });
        };
        while let Some(block) = reader.next() {
            reader.decode(&block, None, &mut sink);
        }
        reader.finish(&mut sink);
        Unread::merge(&mut unread, reader.into_report().unread);
    }
    (seen, unread)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null => Some(String::new()),
        _ => None,
    }
}

/// Fields of `EventData` and the head as the crate gives them.
fn fields(event: &Value) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for (name, value) in event["EventData"].as_object().into_iter().flatten() {
        let name = name.replace(' ', "");
        if let Some(value) = text(value).filter(|_| !name.starts_with('#') && !name.starts_with("Data")) {
            out.push((name, value));
        }
    }
    for name in ["Channel", "Computer", "Level", "Task", "Opcode", "Version"] {
        out.extend(text(&event["System"][name]).map(|value| (name.to_owned(), value)));
    }
    let id = &event["System"]["EventID"];
    out.extend(text(id.get("#text").unwrap_or(id)).map(|value| ("EventID".to_owned(), value)));
    let provider = &event["System"]["Provider"]["#attributes"]["Name"];
    out.extend(text(provider).map(|value| ("Provider_Name".to_owned(), value)));
    // A field of the event's own hides one of the head (EX-4).
    let mut names = std::collections::BTreeSet::new();
    out.retain(|(name, _)| names.insert(name.clone()));
    out
}

/// DT-FMT-50, DT-FMT-54, EX-1, EX-4, EX-5.
#[test]
fn the_same_records_as_the_crate() {
    let Some(folder) = folder() else { return };
    let (mut seen, unread) = read(&folder);
    let mut names: BTreeMap<ShapeId, Vec<String>> = BTreeMap::new();
    for found in seen.values().flatten() {
        let own: Vec<String> = found.extra.iter().map(|(name, _)| name.clone()).collect();
        assert!(found.shape.is_known() && found.time.is_some());
        assert_eq!(names.entry(found.shape).or_insert_with(|| own.clone()), &own);
    }
    let files: std::collections::BTreeSet<String> = seen.keys().map(|(file, _)| file.clone()).collect();
    assert_eq!(files.len(), 107);
    let mut records = 0;
    for file in files {
        let mut parser = EvtxParser::from_path(&file).unwrap().with_configuration(ParserSettings::new());
        for record in parser.records_json_value() {
            let record = record.unwrap();
            records += 1;
            let event = &record.data["Event"];
            let number = event["System"]["EventRecordID"].as_u64().unwrap();
            let found = seen.remove(&(file.clone(), number)).unwrap_or_default();
            let wanted = fields(event);
            let same = |found: &Seen| {
                wanted.iter().all(|(name, value)| {
                    let own: Vec<_> = found.extra.iter().filter(|(own, _)| own == name).collect();
                    own.iter().any(|(_, own)| own == value) || (own.is_empty() && value.is_empty())
                })
            };
            assert!(
                found.iter().any(same),
                "{file} record {number}: {wanted:?}\n{:?}",
                found.first().map(|f| &f.extra)
            );
        }
    }
    assert!(seen.is_empty(), "records that the crate does not have: {:?}", seen.keys());
    assert_eq!((records, unread.into_items().len()), (2_443, 0));
    assert!(names.len() > 80, "{} shapes", names.len());
}

/// Every record once more by way of the XML that the crate writes: the same fields, the same shape, the same time
/// (DT-FMT-52).
#[test]
fn the_same_event_from_an_xml_export() {
    let Some(folder) = folder() else { return };
    let (mut own, _) = read(&folder);
    // A part of the files, as the tests are not optimised: every sixth.
    let files: std::collections::BTreeSet<_> = own.keys().map(|(file, _)| file.clone()).collect();
    let kept: Vec<_> = files.into_iter().step_by(6).collect();
    own.retain(|(file, _), _| kept.contains(file));
    let place = tempfile::tempdir().unwrap();
    let mut names = BTreeMap::new();
    for (number, file) in kept.iter().enumerate() {
        let mut parser = EvtxParser::from_path(file).unwrap().with_configuration(ParserSettings::new());
        let text: String = parser.records().map(|record| record.unwrap().data).collect();
        // Every other one as wevtutil writes to a file: UTF-16, one element around all.
        let text = text.replace("<?xml version=\"1.0\" encoding=\"utf-8\"?>", "");
        let bytes: Vec<u8> = match number % 2 {
            0 => text.into_bytes(),
            _ => format!("\u{feff}<?xml version=\"1.0\" encoding=\"UTF-16\"?><Events>{text}</Events>")
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect(),
        };
        let path = place.path().join(format!("{number}.xml"));
        std::fs::File::create(&path).unwrap().write_all(&bytes).unwrap();
        names.insert(path.display().to_string(), file.clone());
    }
    let (exported, unread) = read(place.path());
    assert_eq!(unread.into_items().first(), None);
    let mut compared = 0;
    for ((path, number), from_xml) in &exported {
        // XML has no control characters: the crate writes `_`, as Windows does.
        let written = |seen: &Seen| {
            let shown = |value: &String| value.replace(|c: char| c < ' ' && !"\t\r\n".contains(c), "_");
            let extra = seen.extra.iter().map(|(name, value)| (name.clone(), shown(value))).collect();
            Seen { extra, shape: seen.shape, time: seen.time }
        };
        let from_evtx: Vec<Seen> = own[&(names[path].clone(), *number)].iter().map(written).collect();
        assert_eq!(&from_evtx, from_xml, "{} record {number}", names[path]);
        compared += from_xml.len();
    }
    assert_eq!(compared, own.values().flatten().count());
}
