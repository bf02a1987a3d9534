//! Speed and memory of `sekisho investigate` beside the floor and a peer, in one run (detection.md 9.2, DT-PRF-11).
//!
//! Absolute figures depend on the machine; what is promised are ratios to `wc -l` on the same file in the same run.

mod evtx_logs;
mod generate;
mod measure;
pub(crate) mod windows;

use anyhow::{Context as _, bail};
use clap::Parser;
use measure::{Measured, measure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Share of a promised ratio under which the bench fails (DT-PRF-11).
const TOLERANCE: f64 = 0.8;

/// Measure speed and memory beside `wc -l` and, where installed, fail2ban-regex.
#[derive(Parser)]
pub(crate) struct Args {
    /// Lines of each generated log
    #[arg(long, default_value_t = 1_000_000)]
    lines: u64,
    /// Binary to measure, built with --release
    #[arg(long, default_value = "target/release/sekisho")]
    binary: PathBuf,
    /// Folder for logs and reports; kept
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
    /// Leave the peers out
    #[arg(long)]
    no_peers: bool,
    /// Durable entries of the ledger; 0 leaves the ledger out
    #[arg(long, default_value_t = 1_000_000)]
    ledger_entries: u64,
}

/// How often `wc` reads the log in one run: once is too quick to be measured in ticks.
const WC_TIMES: u64 = 50;

/// One log and what is promised for it.
struct Subject {
    name: &'static str,
    /// Promised lines per CPU-second as a share of those of `wc -l`.
    share: f64,
    /// Promised peak memory.
    memory_mib: u64,
}

/// The issue promises 500,000 and 800,000 lines per CPU-second where `wc -l` does 50 million, ledger and all rules on;
/// memory is DT-PRF-05.
const SUBJECTS: [Subject; 2] = [
    Subject { name: "sshd", share: 0.010, memory_mib: 64 },
    Subject { name: "access", share: 0.016, memory_mib: 128 },
];

/// Runs the chore.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    if !args.binary.is_file() {
        bail!("{} is missing; run `cargo build --release -p sekisho` first", args.binary.display());
    }
    std::fs::create_dir_all(&args.folder)
        .with_context(|| format!("cannot make {}", args.folder.display()))?;
    crate::say(&format!("{:<34} {:>12} {:>9} {:>9} {:>9}", "", "lines/CPU-s", "CPU s", "wall s", "peak MiB"));
    let mut short = Vec::new();
    for subject in &SUBJECTS {
        let log = args.folder.join(format!("{}.log", subject.name));
        generate::log(subject.name, args.lines, &log)?;
        let floor = row(&format!("{}: wc -l", subject.name), args.lines * WC_TIMES, &best(5, || wc(&log))?);
        let out = args.folder.join(format!("{}.report", subject.name));
        let ours = best(3, || investigate(&args.binary, &log, &out))?;
        let speed = row(&format!("{}: sekisho investigate", subject.name), args.lines, &ours);
        let share = speed / floor;
        crate::say(&format!(
            "{:<34} {:>11.2}% of wc -l (promised {:.2}%)",
            "",
            100.0 * share,
            100.0 * subject.share
        ));
        if share < TOLERANCE * subject.share {
            short.push(format!("{}: {:.2}% of wc -l", subject.name, 100.0 * share));
        }
        if ours.peak_kib / 1024 > subject.memory_mib {
            short.push(format!(
                "{}: {} MiB, promised {}",
                subject.name,
                ours.peak_kib / 1024,
                subject.memory_mib
            ));
        }
        if subject.name == "sshd" && !args.no_peers {
            peer(&log, args, speed)?;
        }
    }
    if args.ledger_entries > 0 && !ledger(args)? {
        short.push("ledger: see the goals marked as missed".to_owned());
    }
    if short.is_empty() { Ok(()) } else { bail!("under the promise: {}", short.join("; ")) }
}

/// Durable appends and verification beside the floors of the same disk and processor (ledger.md 23). True when every goal
/// is reached.
fn ledger(args: &Args) -> anyhow::Result<bool> {
    let mut command = Command::new("cargo");
    command.args(["run", "--quiet", "--release", "-p", "ledger", "--example", "commit_cost", "--"]);
    command.arg(args.ledger_entries.to_string()).arg(&args.folder);
    Ok(command.status().context("cannot run the measurement of the ledger")?.success())
}

/// fail2ban-regex on the first hundred thousand lines, where it is installed.
fn peer(log: &Path, args: &Args, speed: f64) -> anyhow::Result<()> {
    let lines = args.lines.min(100_000);
    let part = args.folder.join("peer.log");
    generate::head(log, lines, &part)?;
    let mut command = Command::new("fail2ban-regex");
    command.arg(&part).arg("sshd");
    match measure(command) {
        Ok(measured) => {
            let peer = row("sshd: fail2ban-regex", lines, &measured);
            crate::say(&format!("{:<34} {:>11.1} x fail2ban-regex (promised 20)", "", speed / peer));
        }
        Err(error) => crate::say(&format!("{:<34} skipped: {error:#}", "sshd: fail2ban-regex")),
    }
    Ok(())
}

fn wc(log: &Path) -> Command {
    let mut command = Command::new("wc");
    command.arg("-l").args((0..WC_TIMES).map(|_| log));
    command
}

fn investigate(binary: &Path, log: &Path, out: &Path) -> Command {
    let mut command = Command::new(binary);
    command.arg("investigate").arg(log).arg("--out").arg(out);
    command.args(["--quiet", "--timezone", "Asia/Tokyo", "--year", "2026"]);
    command
}

/// The run with the least CPU time of several.
fn best(times: usize, command: impl Fn() -> Command) -> anyhow::Result<Measured> {
    let mut best = measure(command())?;
    for _ in 1..times {
        let next = measure(command())?;
        best = Measured {
            peak_kib: best.peak_kib.max(next.peak_kib),
            ..if next.cpu < best.cpu { next } else { best }
        };
    }
    Ok(best)
}

/// Prints a row; gives lines per CPU-second.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn row(name: &str, lines: u64, measured: &Measured) -> f64 {
    let speed = lines as f64 / measured.cpu;
    crate::say(&format!(
        "{name:<34} {speed:>12.0} {:>9.2} {:>9.2} {:>9.1}",
        measured.cpu,
        measured.wall,
        measured.peak_kib as f64 / 1024.0
    ));
    speed
}
