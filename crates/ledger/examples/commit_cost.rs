//! What a durable append costs, as ratios to the floors of the same run on the same disk (LG chapter 23, P1 to P6, P8).
//!
//! `cargo run --release -p ledger --example commit_cost [ENTRIES] [FOLDER]`
//!
//! The folder decides which disk is measured; a latency goal is a ratio only, since a virtual disk may not pass a flush
//! on (LG-PRF-01). Exit code 1 when a goal is missed.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement reads the clock and prints"
)]

use ledger::{
    EntryKind, Genesis, Ledger, Payload, QueueLimits, SharedLedger, StreamId, Submission, VerifyOptions,
    verify,
};
use sha2::{Digest, Sha256};
use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};
use vocab::Timestamp;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);
/// Entries of a batch.
const BATCH: usize = 256;

/// Wall time and processor time of the whole process.
struct Cost {
    wall: Duration,
    cpu: Duration,
}

/// User and system time of the process. Linux counts them in hundredths of a second.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// Peak memory in MiB.
fn peak() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn timed<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<(Cost, T)> {
    let (start, before) = (Instant::now(), cpu());
    let result = work()?;
    Ok((Cost { wall: start.elapsed(), cpu: cpu().saturating_sub(before) }, result))
}

/// Content of 256 bytes that does not compress to nothing.
fn content(n: usize) -> String {
    let mut state = n as u64 + 1;
    let mut out = String::with_capacity(256);
    while out.len() < 253 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        out.push(char::from(b'a' + (state >> 33) as u8 % 26));
    }
    out
}

fn submission(stream: StreamId, n: usize) -> ledger::Result<Submission> {
    let payload = Payload::new(&serde_json::Value::String(content(n)))?;
    Ok(Submission { stream, kind: EntryKind::Event, payload, seq: None })
}

fn begin(folder: &Path) -> ledger::Result<(SharedLedger, StreamId)> {
    let genesis = Genesis { origin: "local/measure".to_owned(), now: NOW, seed: [1; 32] };
    let mut ledger = Ledger::create(folder, genesis)?;
    let stream = ledger.open_stream("measure", "agent", NOW)?;
    Ok((SharedLedger::new(ledger, QueueLimits::default()), stream))
}

/// The floor: appends of 256 bytes, each followed by a sync of the data.
fn bare(folder: &Path, times: usize) -> Outcome<Cost> {
    let mut file = std::fs::File::create(folder.join("bare"))?;
    let block = [7u8; 256];
    let (cost, ()) = timed(|| {
        for _ in 0..times {
            file.write_all(&block)?;
            file.sync_data()?;
        }
        Ok(())
    })?;
    Ok(cost)
}

/// The floor of a verification: hash every leaf and every node, and every byte of payload and entries once.
fn hashes(entries: usize, stored: u64) -> Outcome<Cost> {
    let (leaf, node, rest) = ([3u8; 69], [5u8; 65], vec![9u8; 64 * 1024]);
    let (cost, ()) = timed(|| {
        for _ in 0..entries {
            black_box(Sha256::digest(black_box(&leaf)));
            black_box(Sha256::digest(black_box(&node)));
        }
        let mut left = stored as usize;
        while left > 0 {
            let part = left.min(rest.len());
            black_box(Sha256::digest(black_box(rest.get(..part).unwrap_or_default())));
            left -= part;
        }
        Ok(())
    })?;
    Ok(cost)
}

/// Prints a figure beside its goal; true when the goal is missed.
fn goal(name: &str, found: f64, at_least: bool, wanted: f64, unit: &str) -> bool {
    let missed = if at_least { found < wanted } else { found > wanted };
    let word = if at_least { "at least" } else { "at most" };
    println!("{name:<44} {found:>12.2} {unit}  ({word} {wanted}{})", if missed { "; MISSED" } else { "" });
    missed
}

/// One caller that waits for each entry. Returns the goals missed.
fn single(root: &Path, times: usize) -> Outcome<i32> {
    let floor = bare(root, times)?;
    let floor_rate = times as f64 / floor.wall.as_secs_f64();
    println!("{:<44} {floor_rate:>12.0} /s", "bare append and fdatasync of 256 bytes");
    let (shared, stream) = begin(&root.join("single"))?;
    let (cost, ()) = timed(|| {
        for n in 0..times {
            shared.append(NOW, submission(stream, n)?)?;
        }
        Ok(())
    })?;
    let rate = times as f64 / cost.wall.as_secs_f64();
    shared.close(NOW)?;
    let missed = goal("one synchronous writer, entries a second", rate, true, 3_000.0, "/s");
    Ok(i32::from(missed)
        + i32::from(goal("the same as a share of the bare rate (P2)", rate / floor_rate, true, 0.4, "")))
}

/// Batches of 256 from one caller.
fn batches(folder: &Path, entries: usize) -> Outcome<i32> {
    let (shared, stream) = begin(folder)?;
    let before = shared.stats();
    let mut total = Cost { wall: Duration::ZERO, cpu: Duration::ZERO };
    // Contents are made beforehand, some batches at a time: what is measured is call to acknowledgement.
    for first in (0..entries).step_by(BATCH * 64) {
        let batches: Vec<Vec<String>> = (first..entries.min(first + BATCH * 64))
            .step_by(BATCH)
            .map(|start| (start..entries.min(start + BATCH)).map(content).collect())
            .collect();
        let (cost, ()) = timed(|| {
            for batch in batches {
                let entry = |text| {
                    let payload = Payload::new(&serde_json::Value::String(text))?;
                    Ok(Submission { stream, kind: EntryKind::Event, payload, seq: None })
                };
                let calls: ledger::Result<Vec<_>> = batch.into_iter().map(entry).collect();
                for answer in shared.append_all(NOW, calls?)? {
                    answer?;
                }
            }
            Ok(())
        })?;
        total.wall += cost.wall;
        total.cpu += cost.cpu;
    }
    let after = shared.stats();
    let syncs = (after.syncs - before.syncs) as f64 / (after.batches - before.batches) as f64;
    shared.close(NOW)?;
    let rate = entries as f64 / total.wall.as_secs_f64();
    let each = total.cpu.as_secs_f64() * 1e6 / entries as f64;
    Ok([
        goal("batches of 256, durable entries a second (P1)", rate, true, 200_000.0, "/s"),
        goal("processor time an entry (P5)", each, false, 3.0, "us"),
        goal("syncs a batch, zeros in advance included (P4)", syncs, false, 1.05, ""),
    ]
    .map(i32::from)
    .iter()
    .sum())
}

/// Verification of what [`batches`] wrote.
fn verification(folder: &Path, entries: usize) -> Outcome<i32> {
    let stored: u64 = std::fs::read_dir(folder.join("segments"))?
        .filter_map(|item| item.ok()?.metadata().ok())
        .map(|data| data.len())
        .sum();
    println!("{:<44} {:>12.1} bytes", "on disk an entry, 255 of payload", stored as f64 / entries as f64);
    let floor = hashes(entries, stored)?;
    let options = VerifyOptions { open: false, ..VerifyOptions::default() };
    let (cost, report) = timed(|| Ok(verify(folder, &options)?))?;
    if !report.holds() {
        return Err(format!("the ledger does not verify: {:?}", report.failures).into());
    }
    let (cost, floor) = (cost.cpu.as_secs_f64(), floor.cpu.as_secs_f64().max(0.01));
    println!("{:<44} {cost:>12.2} s; the same hashes alone {floor:.2} s", "verify, every byte");
    Ok(i32::from(goal("verify beside the same hashes (P6)", cost / floor, false, 2.0, "")))
}

fn main() -> Outcome<()> {
    let entries = std::env::args().nth(1).map_or(Ok(1_000_000), |text| text.parse::<usize>())?;
    let root = std::env::args().nth(2).unwrap_or_else(|| "target".to_owned());
    let temporary = tempfile::tempdir_in(root)?;
    let folder = temporary.path().join("batches");
    let mut missed = single(temporary.path(), (entries / 100).clamp(200, 5_000))?;
    missed += batches(&folder, entries)?;
    missed += verification(&folder, entries)?;
    missed += i32::from(goal("peak memory (P8)", peak() as f64, false, 60.0, "MiB"));
    if missed > 0 { Err(format!("{missed} goals missed").into()) } else { Ok(()) }
}
