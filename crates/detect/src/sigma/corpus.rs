//! Public Sigma rules load or are refused by name, and run over real text without harm (DT-RUL-01, DT-RUL-02).

use super::Document;
use super::oracle::Oracle;
use crate::RuleIndex;
use crate::cases::{combined, yaml_files};
use crate::{LoadReport, RuleSet};
use collect::input::{Input, Limits};
use collect::stream::{PlanSettings, SourceReader, plan};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use vocab::{Event, Timestamp};

#[expect(clippy::disallowed_methods, reason = "a test looks for the corpora where the environment says")]
/// Folder of the corpora; `None`, said aloud, where it is missing.
fn corpora() -> Option<PathBuf> {
    let folder = std::env::var_os("SEKISHO_CORPORA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora"), PathBuf::from);
    let found = [folder.clone(), Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/corpora")]
        .into_iter()
        .find(|folder| folder.join("sigma").is_dir());
    if found.is_none() {
        println!("skipped: no corpora at {} (set SEKISHO_CORPORA)", folder.display());
    }
    found
}

fn public(folder: &Path) -> Vec<(String, String)> {
    ["linux", "web", "network", "windows"]
        .iter()
        .flat_map(|family| yaml_files(&folder.join("sigma").join(family)))
        .map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap()))
        .collect()
}

/// Every file gives rules in force, or a refusal with its reason.
fn all_accounted_for(files: &[(String, String)], set: &RuleSet, report: &LoadReport) {
    for refused in &report.refused {
        println!("{}:{} {}: {}", refused.file, refused.line, refused.id, refused.reason);
        assert!(!refused.reason.is_empty() && refused.line >= 1);
    }
    println!(
        "{} files, {} rules loaded, {} refused, {} disabled",
        files.len(),
        report.loaded,
        report.refused.len(),
        report.disabled
    );
    let named: BTreeSet<&str> = set
        .iter()
        .map(|(_, rule)| rule.file.as_str())
        .chain(report.refused.iter().map(|refused| refused.file.as_str()))
        .collect();
    let lost: Vec<_> =
        files.iter().map(|(file, _)| file.as_str()).filter(|file| !named.contains(file)).collect();
    assert!(lost.len() <= report.disabled, "dropped in silence: {lost:?}");
    assert!(report.loaded * 100 >= files.len() * 97, "{} of {} loaded", report.loaded, files.len());
    let by_author = set.iter().filter(|(_, rule)| rule.meta.reference.author.is_some()).count();
    assert!(by_author * 10 >= report.loaded * 9, "authors travel with the rules (DT-RUL-04)");
}

#[test]
fn public_rules_load_or_are_refused_by_name_and_run_over_real_text() {
    let Some(folder) = corpora() else { return };
    let mut files = public(&folder);
    files.extend(crate::BUILTIN.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())));
    let (set, report) = RuleSet::load(&[], &files);
    all_accounted_for(&files, &set, &report);
    let mut engine = set.stateless().clone();
    let (mut seen, mut matched) = (0, 0);
    for (name, services) in [
        ("OpenSSH_2k.log", &["sshd", "auth", "syslog"][..]),
        ("Linux_2k.log", &["syslog", "auth"]),
        ("Apache_2k.log", &["error"]),
    ] {
        let text = std::fs::read(folder.join("text").join(name)).unwrap();
        for line in String::from_utf8_lossy(&text).lines().step_by(41) {
            let services: &'static [&'static str] = services;
            let event = Event {
                product: if name.starts_with("Apache") { "apache" } else { "linux" },
                sigma_services: services,
                message: Some(Cow::Owned(line.to_owned())),
                ..Event::default()
            };
            let (mut quick, mut slow) = (SmallVec::new(), SmallVec::new());
            engine.matches(&event, &mut quick);
            engine.matches_slowly(&event, &mut slow);
            assert_eq!(quick, slow, "{line}");
            seen += 1;
            matched += quick.len();
        }
    }
    let probe = "192.0.2.1 - - [10/Nov/2026:13:00:00 +0900] \"GET /a?x=${jndi:ldap://h/a} HTTP/1.1\" 200 1 \"-\" \"Nikto\"";
    let (mut quick, mut slow) = (SmallVec::new(), SmallVec::new());
    engine.matches(&combined(probe), &mut quick);
    engine.matches_slowly(&combined(probe), &mut slow);
    assert_eq!(quick, slow);
    assert!(quick.len() >= 2, "own and public rules see it");
    println!("{seen} lines, {matched} matches");
}

/// Calls `each` with every Windows record of the corpus and its number.
fn windows_records(folder: &Path, each: &mut dyn FnMut(usize, &Event<'_>)) {
    let settings = PlanSettings {
        limits: Limits::default(),
        timezone: None,
        machine_zone: jiff::tz::TimeZone::UTC,
        year: None,
        clock: Timestamp::from_seconds(1_795_348_800),
    };
    let mut number = 0;
    let mut see = |event: &Event<'_>| {
        each(number, event);
        number += 1;
    };
    for source in &plan(vec![Input::Path(folder.join("evtx"))], &settings).sources {
        let mut reader = SourceReader::new(source, &settings);
        while let Some(block) = reader.next() {
            reader.decode(&block, None, &mut see);
        }
        reader.finish(&mut see);
    }
}

/// Matches by rule and file of our engine and of the other, over every so many records.
type Counts = BTreeMap<(String, String), (u32, u32)>;

fn compared(folder: &Path, step: usize) -> (usize, usize, Counts) {
    let mut files = public(folder);
    files.retain(|(file, _)| file.contains("/windows/"));
    let (set, _) = RuleSet::load(&[], &files);
    let text = |index: RuleIndex| match &set.get(index).unwrap().body {
        crate::rule::Body::Sigma(text) => text.as_str(),
        _ => "",
    };
    let oracle = Oracle::new(set.iter().map(|(index, _)| Document { index, text: text(index) }));
    let mut engine = set.stateless().clone();
    let (mut seen, mut matched, mut counts) = (0, 0, Counts::new());
    windows_records(folder, &mut |number, event| {
        let mut quick = SmallVec::new();
        engine.matches(event, &mut quick);
        seen += 1;
        matched += quick.len();
        if !number.is_multiple_of(step) {
            return;
        }
        let mut slow = SmallVec::new();
        engine.matches_slowly(event, &mut slow);
        assert_eq!(quick, slow, "{event:?}");
        let mut count = |index: RuleIndex, ours: u32, other: u32| {
            let title = set.get(index).map_or("", |rule| &rule.meta.reference.title);
            let both = counts.entry((title.to_owned(), event.origin.file.to_owned())).or_default();
            *both = (both.0 + ours, both.1 + other);
        };
        quick.iter().for_each(|index| count(*index, 1, 0));
        oracle.matches(event).iter().for_each(|index| count(*index, 0, 1));
    });
    counts.retain(|_, (ours, other)| ours != other);
    (seen, matched, counts)
}

/// DT-RUL-19: to the exact count for each rule and file.
#[test]
fn every_way_agrees_on_windows_records() {
    let Some(folder) = corpora() else { return };
    let (seen, matched, counts) = compared(&folder, 97);
    println!("{seen} records, {matched} matches");
    assert_eq!(counts, Counts::new());
    assert!(seen > 1_000 && matched > 100, "{seen} records, {matched} matches");
}

/// The same over every record: half a minute of one core without optimisation, where the corpora are.
#[test]
fn every_way_agrees_on_every_record() {
    let Some(folder) = corpora() else { return };
    let (seen, matched, counts) = compared(&folder, 1);
    println!("{seen} records, {matched} matches");
    assert_eq!(counts, Counts::new());
}
