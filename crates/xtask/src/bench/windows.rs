//! Speed and memory on Windows event logs, beside the bare reading of the records with the crate `evtx` in the same run.

use super::evtx_logs;
use super::measure::measure;
use super::row;
use anyhow::{Context as _, bail};
use clap::Parser;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Measure reading and detection on Windows event logs made of samples.
#[derive(Parser)]
pub(crate) struct Args {
    /// Folder with the event logs that are repeated
    #[arg(long, required_unless_present = "bare")]
    samples: Option<PathBuf>,
    /// Folders with rules to run; the project's own always run
    #[arg(long)]
    rules: Vec<PathBuf>,
    /// Bytes of event logs
    #[arg(long, default_value_t = 1 << 30)]
    bytes: u64,
    /// Binary to measure, built with --release
    #[arg(long, default_value = "target/release/sekisho")]
    binary: PathBuf,
    /// Folder for the logs; kept, and used again as long as their number fits
    #[arg(long, default_value = "target/bench/evtx")]
    folder: PathBuf,
    /// Only read the records of these files with the crate, and end: the floor that this chore measures in a process of its
    /// own
    #[arg(long, hide = true)]
    bare: Option<PathBuf>,
}

/// Runs the chore.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    if let Some(folder) = &args.bare {
        return bare(folder);
    }
    let samples = args.samples.as_deref().context("--samples is missing")?;
    if !args.binary.is_file() {
        bail!("{} is missing; run `cargo build --release -p sekisho` first", args.binary.display());
    }
    let written = evtx_logs::write(samples, &args.folder, args.bytes)?;
    crate::say(&format!("{} records in {} MiB of event logs", written.records, written.bytes >> 20));
    crate::say(&format!(
        "{:<34} {:>12} {:>9} {:>9} {:>9}",
        "", "records/CPU-s", "CPU s", "wall s", "peak MiB"
    ));
    let own = std::env::current_exe().context("cannot find this program")?;
    let mut floor = Command::new(own);
    floor.args(["bench-windows", "--bare"]).arg(&args.folder);
    let floor = row("crate evtx, bare reading", written.records, &measure(floor)?);
    let rows: [(&str, Vec<&str>); 3] = [
        ("sekisho search, nothing found", vec!["search", "a-word-that-no-record-holds"]),
        ("sekisho events", vec!["events"]),
        ("sekisho detect, all rules", vec!["detect"]),
    ];
    for (name, words) in rows {
        let mut command = Command::new(&args.binary);
        command.args(&words);
        if words.contains(&"detect") {
            for folder in &args.rules {
                command.arg("--rules").arg(folder);
            }
        }
        command.arg(&args.folder);
        match measure(command) {
            Ok(measured) => {
                let speed = row(name, written.records, &measured);
                crate::say(&format!("{:<34} {:>12.2} x the CPU time of bare reading", "", floor / speed));
            }
            Err(error) => crate::say(&format!("{name:<34} skipped: {error:#}")),
        }
    }
    Ok(())
}

/// Reads every record with the crate, and does nothing with it.
fn bare(folder: &Path) -> anyhow::Result<()> {
    let mut records = 0_u64;
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let mut parser = evtx::EvtxParser::from_path(entry?.path())?;
        let settings = std::sync::Arc::new(evtx::ParserSettings::new());
        for chunk in parser.chunks() {
            let mut chunk = chunk?;
            records +=
                chunk.parse(std::sync::Arc::clone(&settings))?.iter().filter(Result::is_ok).count() as u64;
        }
    }
    crate::say(&format!("{records} records read"));
    Ok(())
}
