//! What whole Sigma rule sets cost on Windows records: microseconds of CPU a record (detection.md 9, DT-PRF-07).
//!
//! `cargo run --release -p detect --example sigma_cost -- CORPORA [passes]`, where the folder holds `sigma/` and `evtx/`.
//! Records are read once and kept, so that only the matching is measured.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a measurement prints its result")]

use collect::input::{Input, Limits};
use collect::stream::{PlanSettings, SourceReader, plan};
use detect::{BUILTIN, RuleIndex, RuleSet};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use vocab::{Event, Extra, Timestamp, WindowsRecord};

/// CPU time of this process, nanoseconds.
fn cpu() -> u64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Peak memory, KiB.
fn peak() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn rule_files(folder: &Path, out: &mut Vec<(String, String)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            rule_files(&path, out);
        } else if path.extension().is_some_and(|end| end == "yml")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            out.push((path.display().to_string(), text));
        }
    }
}

fn kept(text: &str) -> Cow<'static, str> {
    Cow::Owned(text.to_owned())
}

/// A copy that lives as long as the process.
fn keep(event: &Event<'_>) -> Event<'static> {
    let windows = event.windows.map(|windows| {
        &*Box::leak(Box::new(WindowsRecord {
            channel: kept(&windows.channel),
            provider: kept(&windows.provider),
            ..WindowsRecord { channel: Cow::Borrowed(""), provider: Cow::Borrowed(""), ..*windows }
        }))
    });
    let extra = event.extra.iter().map(|extra| Extra {
        name: kept(&extra.name),
        value: kept(&extra.value),
        bare: extra.bare,
    });
    Event {
        product: event.product,
        log_sources: event.log_sources,
        extra: extra.collect(),
        windows,
        ..Event::default()
    }
}

fn records(folder: &Path) -> Vec<Event<'static>> {
    let settings = PlanSettings {
        limits: Limits::default(),
        timezone: None,
        machine_zone: jiff::tz::TimeZone::UTC,
        year: None,
        clock: Timestamp::from_seconds(1_795_348_800),
    };
    let mut all = Vec::new();
    for source in &plan(vec![Input::Path(folder.to_owned())], &settings).sources {
        let mut reader = SourceReader::new(source, &settings);
        while let Some(block) = reader.next() {
            reader.decode(&block, None, &mut |event| all.push(keep(event)));
        }
        reader.finish(&mut |event| all.push(keep(event)));
    }
    all
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next().map(PathBuf::from) else {
        eprintln!("usage: sigma_cost CORPORA [passes]");
        return;
    };
    let passes: u64 = arguments.next().and_then(|number| number.parse().ok()).unwrap_or(20);
    let mut files = Vec::new();
    rule_files(&folder.join("sigma/windows"), &mut files);
    let before = cpu();
    let (rules, report) = RuleSet::load(BUILTIN, &files);
    println!(
        "{} rules in force, {} refused, loaded in {} ms of CPU",
        report.loaded,
        report.refused.len(),
        (cpu() - before) / 1_000_000
    );
    println!("peak after loading: {} MiB", peak() / 1024);
    let records = records(&folder.join("evtx"));
    println!("{} records", records.len());
    let mut engine = rules.stateless().clone();
    let (mut matches, mut tried) = (SmallVec::<[RuleIndex; 2]>::new(), Vec::new());
    let before = cpu();
    let (mut matched, mut candidates) = (0, 0);
    let mut by_rule: BTreeMap<u32, u64> = BTreeMap::new();
    for record in &records {
        matches.clear();
        tried.clear();
        engine.matches(record, &mut matches);
        engine.candidates(record, &mut tried);
        matched += matches.len();
        candidates += tried.len();
        for rule in &tried {
            *by_rule.entry(rule.0).or_default() += 1;
        }
    }
    println!(
        "first pass: {} ms of CPU, {matched} matches, {candidates} candidates",
        (cpu() - before) / 1_000_000
    );
    let mut most: Vec<(u64, u32)> = by_rule.into_iter().map(|(rule, count)| (count, rule)).collect();
    most.sort_unstable_by(|a, b| b.cmp(a));
    for (count, rule) in most.iter().take(12) {
        let title = rules.get(RuleIndex(*rule)).map_or("", |rule| &rule.meta.reference.title);
        println!("{count:>8} times a candidate: {title}");
    }
    let before = cpu();
    for _ in 0..passes {
        for record in &records {
            matches.clear();
            engine.matches(record, &mut matches);
        }
    }
    let nanos = cpu() - before;
    let seen = passes * records.len() as u64;
    println!(
        "{:.3} us a record over {seen} records; peak {} MiB",
        nanos as f64 / 1000.0 / seen as f64,
        peak() / 1024
    );
}
