//! Tests of plan and reader as a whole.

use super::chain::split;
use super::plan::{FilePlan, PlanSettings, SourcePlan};
use super::*;
use crate::input::{Input, Limits};
use crate::record::{Cut, Decoded, Decoder, RawRecord, Settings, Sink, UnreadReason};
use crate::time::year::AnchorKind;
use jiff::tz::TimeZone;
use std::fs;
use std::io::Write;
use std::path::Path;
use vocab::{Event, LedgerIndex, Timestamp};

fn settings() -> PlanSettings {
    PlanSettings {
        limits: Limits::default(),
        timezone: None,
        machine_zone: TimeZone::UTC,
        year: None,
        clock: Timestamp::from_seconds(1_795_326_000), // 2026-11-22 05:40 UTC
    }
}

fn access(address: &str, count: usize) -> String {
    format!("{address} - - [22/Nov/2026:04:05:06 +0900] \"GET /index HTTP/1.1\" 200 5 \"-\" \"curl/8\"\n")
        .repeat(count)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn put(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::File::create(path).unwrap().write_all(bytes.as_ref()).unwrap();
}

/// Reads a source; each event as `file:line address [flags]`.
fn read(source: &SourcePlan, settings: &PlanSettings) -> (Vec<String>, SourceReport) {
    let mut reader = SourceReader::new(source, settings);
    let mut lines = Vec::new();
    let mut show = |event: &Event<'_>| {
        let name = event.origin.file.rsplit('/').next().unwrap_or_default();
        let flags: Vec<_> = event.flags.names().collect();
        let ip = event.src_ip.map(|ip| ip.to_string()).unwrap_or_default();
        lines.push(format!("{name}:{} {ip} {flags:?}", event.origin.line));
    };
    while let Some(block) = reader.next() {
        reader.decode(&block, Some(LedgerIndex(7)), &mut show);
    }
    reader.finish(&mut show);
    (lines, reader.into_report())
}

#[test]
fn a_chain_is_read_from_oldest_to_newest() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "access.log", access("192.0.2.3", 1));
    put(folder.path(), "access.log.1", access("192.0.2.2", 2));
    put(folder.path(), "access.log.2.gz", gzip(access("192.0.2.1", 1).as_bytes()));
    put(folder.path(), "access.log.10", "");
    put(folder.path(), "other/access.log", access("192.0.2.9", 1));
    let plan =
        plan(vec![Input::Path(folder.path().to_owned()), Input::Path(folder.path().to_owned())], &settings());
    assert_eq!(plan.sources.len(), 2);
    assert_eq!(plan.empty.len(), 1);
    assert_eq!(plan.unread.total(), 0);
    let source = &plan.sources[0];
    assert!(source.name.ends_with("/access.log"), "{}", source.name);
    assert_eq!((source.rank, source.zone_assumed), (0, true));
    let (events, report) = read(source, &settings());
    assert_eq!(
        events,
        [
            "access.log.2.gz:1 192.0.2.1 []",
            "access.log.1:1 192.0.2.2 []",
            "access.log.1:2 192.0.2.2 []",
            "access.log:1 192.0.2.3 []",
        ]
    );
    let stats: Vec<_> = report.files.iter().map(|file| (file.records, file.events, file.unread)).collect();
    assert_eq!(stats, [(1, 1, 0), (2, 2, 0), (1, 1, 0)]);
    assert_eq!(report.files[1].bytes, access("192.0.2.2", 2).len() as u64);
    assert!(report.years.is_empty());
}

#[test]
fn a_stream_is_read_through_its_layers() {
    let text = access("192.0.2.1", 3_000);
    for bytes in [text.clone().into_bytes(), gzip(text.as_bytes())] {
        let input = Input::stream("-", Box::new(std::io::Cursor::new(bytes)));
        let plan = plan(vec![input], &settings());
        assert_eq!(plan.sources.len(), 1);
        let (events, report) = read(&plan.sources[0], &settings());
        assert_eq!((events.len(), report.files[0].records), (3_000, 3_000));
        assert_eq!(report.unread.total(), 0);
    }
}

#[test]
fn citations_and_offsets() {
    let input = Input::stream("-", Box::new(std::io::Cursor::new(access("192.0.2.1", 5_000).into_bytes())));
    let plan = plan(vec![input], &settings());
    let mut reader = SourceReader::new(&plan.sources[0], &settings());
    let length = access("192.0.2.1", 1).len() as u64;
    let (mut entry, mut seen) = (100, 0_u64);
    while let Some(block) = reader.next() {
        let first = seen;
        reader.decode(&block, Some(LedgerIndex(entry)), &mut |event| {
            let citation = event.origin.citation.unwrap();
            assert_eq!((citation.index.0, u64::from(citation.record)), (entry, seen - first));
            assert_eq!((event.origin.offset, event.origin.line), (seen * length, seen + 1));
            assert_eq!(event.origin.raw.len() as u64, length - 1);
            seen += 1;
        });
        entry += 1;
    }
    assert_eq!((seen, entry), (5_000, 102));
    assert!(reader.bytes_read() >= 5_000 * length);
}

/// A format whose stamps carry no year.
static YEARLESS: crate::registry::Format = crate::registry::Format {
    name: "yearless",
    cut: |_| Cut::Lines,
    yearless: true,
    score: |_| 0.0,
    decoder: |_, _| Box::new(YearDecoder),
};

struct YearDecoder;

impl Decoder for YearDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, _: &Settings, sink: &mut Sink<'_>) -> Decoded {
        let mut event = Event { flags: record.flags, origin: record.origin.clone(), ..Event::default() };
        event.origin.line = u64::try_from(record.year).unwrap();
        if !record.text.starts_with("Bad") {
            sink(&event);
            return Decoded::Events;
        }
        Decoded::Unread(UnreadReason::BadTime, "a stamp")
    }
}

fn chain(folder: &Path, modified: Option<i64>) -> SourcePlan {
    let plan = plan(vec![Input::Path(folder.to_owned())], &settings());
    assert_eq!(plan.sources.len(), 1, "{:?}", plan.unread.into_items());
    let mut source = plan.sources.into_iter().next().unwrap();
    for file in &mut source.files {
        let FilePlan { format, recognised, modified: time, .. } = file;
        (*format, *time) = ("yearless", modified);
        recognised.format = &YEARLESS;
    }
    source
}

/// Files of lines that the access format accepts, so that they form a chain; the decoder under test is another one.
fn stamped(stamps: &[&str]) -> String {
    stamps
        .iter()
        .map(|stamp| format!("{stamp} h x - [22/Nov/2026:04:05:06 +0900] \"GET / HTTP/1.1\" 200 5\n"))
        .collect()
}

fn years_of(
    files: &[(&str, &[&str])],
    modified: Option<i64>,
    year: Option<i16>,
) -> (Vec<String>, AnchorKind) {
    let folder = tempfile::tempdir().unwrap();
    for (name, stamps) in files {
        let text = stamped(stamps);
        let bytes = if name.ends_with(".gz") { gzip(text.as_bytes()) } else { text.into_bytes() };
        put(folder.path(), name, bytes);
    }
    let mut source = SourcePlan { files: Vec::new(), ..empty_source() };
    for (name, _) in files {
        let file = tempfile::tempdir().unwrap();
        put(file.path(), "access.log", access("192.0.2.1", 1));
        let mut one = chain(file.path(), modified).files.remove(0);
        one.location.base = crate::input::Base::File(folder.path().join(name));
        if name.ends_with(".gz") {
            one.location.steps.push(crate::input::Step::Unpack(crate::input::Packing::Gzip));
        }
        one.age = split(name).1;
        one.name = (*name).to_owned();
        source.files.push(one);
    }
    let settings = PlanSettings { year, ..settings() };
    let (events, report) = read(&source, &settings);
    (events, report.years[0].anchor)
}

fn empty_source() -> SourcePlan {
    SourcePlan {
        rank: 0,
        name: "auth.log".into(),
        files: Vec::new(),
        zone: TimeZone::UTC,
        zone_assumed: false,
        host: String::new(),
        order: 0,
    }
}

#[test]
fn years_over_new_year_through_a_chain() {
    let files: &[(&str, &[&str])] = &[
        ("a.log.2.gz", &["Nov 30 00:00:00", "Dec 31 23:59:59"]),
        ("a.log.1", &["Jan  1 00:00:00", "Feb  3 00:00:00"]),
        ("a.log", &["Mar  3 00:00:00"]),
    ];
    let (events, anchor) = years_of(files, Some(1_775_000_000), None);
    let assumed = |years: [(&str, i32); 5]| {
        years.map(|(file, year)| format!("{file}:{year}  [\"year_assumed\"]")).to_vec()
    };
    let expected =
        [("a.log.2.gz", 2025), ("a.log.2.gz", 2025), ("a.log.1", 2026), ("a.log.1", 2026), ("a.log", 2026)];
    assert_eq!((events, anchor), (assumed(expected), AnchorKind::FileTime));
    // A file time in the future or before 1995 is no anchor.
    assert_eq!(years_of(files, Some(1_995_000_000), None).1, AnchorKind::Clock);
    assert_eq!(years_of(files, Some(0), None).1, AnchorKind::Clock);
    let (events, anchor) = years_of(files, None, Some(2020));
    assert_eq!(events.first().map(String::as_str), Some("a.log.2.gz:2019  []"));
    assert_eq!((events.last().map(String::as_str), anchor), (Some("a.log:2020  []"), AnchorKind::Setting));
}

#[test]
fn a_dated_name_is_an_anchor_for_its_own_file() {
    let files: &[(&str, &[&str])] = &[
        ("s-20200105", &["Dec 28 00:00:00", "Jan  4 00:00:00"]),
        ("s-20230301.gz", &["Feb 28 00:00:00", "Mar  1 02:00:00"]),
        ("s", &["Apr  1 00:00:00", "Jan  1 00:00:00"]),
    ];
    let (events, anchor) = years_of(files, None, None);
    let years: Vec<_> = events.iter().map(|event| event.split([':', ' ']).nth(1).unwrap()).collect();
    assert_eq!(years, ["2019", "2020", "2023", "2023", "2023", "2024"]);
    assert_eq!(anchor, AnchorKind::DatedName);
}

#[test]
fn a_full_stamp_in_the_chain_is_an_anchor() {
    let files: &[(&str, &[&str])] =
        &[("a.log.1", &["Dec 31 00:00:00", "2022-01-02T00:00:00Z"]), ("a.log", &["Jan  3 00:00:00"])];
    let (events, anchor) = years_of(files, None, None);
    assert_eq!(events, ["a.log.1:2021  []", "a.log.1:2022  []", "a.log:2022  []"]);
    assert_eq!(anchor, AnchorKind::FullStamp);
}

#[test]
fn a_stream_without_years_is_put_aside_and_read_twice() {
    let text = access("192.0.2.1", 1) + &stamped(&["Dec 31 00:00:00", "Jan  1 00:00:00", "Nov 22 00:00:00"]);
    for bytes in [text.clone().into_bytes(), gzip(text.as_bytes())] {
        let input = Input::stream("-", Box::new(std::io::Cursor::new(bytes)));
        let mut plan = plan(vec![input], &settings());
        plan.sources[0].files[0].recognised.format = &YEARLESS;
        let (events, report) = read(&plan.sources[0], &settings());
        let years: Vec<_> = events.iter().map(|event| event.split([':', ' ']).nth(1).unwrap()).collect();
        assert_eq!(years, ["2025", "2025", "2026", "2026"]);
        assert_eq!(report.unread.total(), 0);
    }
}

#[test]
fn readers_go_to_other_threads() {
    fn sent<T: Send>() {}
    sent::<SourceReader>();
    sent::<Plan>();
    sent::<Block>();
}

#[test]
fn zones_of_an_image_are_found() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "img/etc/timezone", "Asia/Tokyo\n");
    put(folder.path(), "img/etc/hostname", "web01\n");
    put(folder.path(), "img/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n");
    put(folder.path(), "img/var/log/access.log", access("192.0.2.1", 1));
    put(folder.path(), "loose/access.log", access("192.0.2.1", 1));
    let inputs = || vec![Input::Path(folder.path().to_owned())];
    let found = plan(inputs(), &settings());
    let zones: Vec<_> =
        found.sources.iter().map(|s| (s.zone.iana_name(), s.zone_assumed, s.host.as_str())).collect();
    assert_eq!(zones, [(Some("Asia/Tokyo"), false, "web01"), (Some("UTC"), true, "")]);
    let kinds: Vec<_> = found.side.iter().map(|side| side.kind).collect();
    assert_eq!(kinds, [SideKind::Passwd, SideKind::Zone, SideKind::Hostname]);
    assert_eq!(found.unread.total(), 0);
    let given = PlanSettings { timezone: TimeZone::get("Europe/Berlin").ok(), ..settings() };
    assert_eq!(plan(inputs(), &given).sources[0].zone.iana_name(), Some("Europe/Berlin"));
}

#[test]
fn a_record_that_is_too_long_keeps_its_head() {
    let mut text = access("192.0.2.1", 1);
    text += &access("192.0.2.2", 1).replace("/index", &"x".repeat(100 << 10));
    text += &access("192.0.2.3", 1).replace("/index", &"y".repeat(5 << 20));
    text += &access("192.0.2.4", 1);
    let input = Input::stream("-", Box::new(std::io::Cursor::new(text.into_bytes())));
    let plan = plan(vec![input], &settings());
    let (events, report) = read(&plan.sources[0], &settings());
    assert_eq!(events.first().map(String::as_str), Some("-:1 192.0.2.1 []"));
    assert_eq!(events.last().map(String::as_str), Some("-:4 192.0.2.4 []"));
    let items = report.unread.into_items();
    let long: Vec<_> = items
        .iter()
        .filter(|item| item.reason == UnreadReason::RecordTooLong)
        .map(|item| item.line)
        .collect();
    assert_eq!(long, [2, 3]);
    assert!(events.iter().all(|event| !event.contains("192.0.2.2 []")), "{events:?}");
}
