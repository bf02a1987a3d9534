//! How fast files are read: CPU time of planning, of cutting alone, and of cutting and decoding.
//!
//! ```text
//! cargo run --release -p collect --example throughput -- FILE...
//! ```
#![allow(clippy::print_stdout, reason = "it is what an example is for")]

use collect::input::{Input, Limits};
use collect::stream::{Plan, PlanSettings, SourceReader, plan};
use jiff::tz::TimeZone;
use std::path::PathBuf;
use vocab::Timestamp;

/// CPU time of this thread in seconds (Linux).
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1e9
}

/// Peak of resident memory in KiB (Linux).
fn peak_kib() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn read(plan: &Plan, settings: &PlanSettings, decode: bool) -> (u64, u64) {
    let (mut records, mut events) = (0, 0);
    for source in &plan.sources {
        let mut reader = SourceReader::new(source, settings);
        let mut sink = |_: &vocab::Event<'_>| events += 1;
        while let Some(block) = reader.next() {
            records += block.len() as u64;
            if decode {
                reader.decode(&block, None, &mut sink);
            }
        }
        reader.finish(&mut sink);
    }
    (records, events)
}

fn main() {
    let inputs = || std::env::args_os().skip(1).map(|path| Input::Path(PathBuf::from(path))).collect();
    let settings = PlanSettings {
        limits: Limits::default(),
        timezone: TimeZone::get("Asia/Tokyo").ok(),
        machine_zone: TimeZone::UTC,
        year: None,
        clock: Timestamp::from_seconds(4_000_000_000),
    };
    let start = cpu_seconds();
    let found = plan(inputs(), &settings);
    let planned = cpu_seconds();
    let (records, _) = read(&found, &settings, false);
    let cut = cpu_seconds();
    let (_, events) = read(&found, &settings, true);
    let decoded = cpu_seconds();
    let rate = |seconds: f64| records as f64 / seconds / 1e6;
    println!("sources {} records {records} events {events}", found.sources.len());
    println!("plan    {:>7.3} s", planned - start);
    println!("cut     {:>7.3} s {:>8.2} M records/CPU-s", cut - planned, rate(cut - planned));
    println!("decoded {:>7.3} s {:>8.2} M records/CPU-s", decoded - cut, rate(decoded - cut));
    println!("peak    {:>7} KiB resident", peak_kib());
}
