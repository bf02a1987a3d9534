//! Copies of a ledger: to another folder or store, back from it, and onto media that are written once.

use super::stores::{self, CELL, Place, Settings};
use crate::clock::Clock;
use crate::error::Usage;
use crate::progress::Progress;
use anyhow::Context as _;
use clap::Args;
use ledger::storage::{DirectoryCell, DirectoryObjects};
use ledger::{Depot, Reader, Replica, Replicated, replicate};
use serde_json::json;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// File of an export with the proof that the ledger only grew.
const CONSISTENCY: &str = "consistency.json";

/// `sekisho ledger replicate`.
#[derive(Args, Debug)]
pub(crate) struct ReplicateArgs {
    /// Folder of the ledger or of a copy, or store:FOLDER, s3://BUCKET/PREFIX, postgresql://ROLE@HOST/DATABASE
    from: String,
    /// Folder of the copy (made when it is not there), or store:FOLDER, s3://BUCKET/PREFIX, postgresql://ROLE@HOST/DATABASE
    to: String,
    /// File with settings and credentials of a store, which only its owner may read (docs/stores.md)
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Log key that the ledger must have, from a source you trust
    #[arg(long)]
    key: Option<String>,
    /// No progress on standard error
    #[arg(long, short)]
    quiet: bool,
}

/// `sekisho ledger export`.
#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    /// Folder of the ledger
    ledger: PathBuf,
    /// New folder, e.g. on a medium that is written once
    to: PathBuf,
    /// Only what came after this size; a signed head was published at it
    #[arg(long, value_name = "SIZE", default_value_t = 0)]
    since: u64,
    /// No progress on standard error
    #[arg(long, short)]
    quiet: bool,
}

/// `sekisho ledger import`.
#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    /// Folder that `export` wrote
    from: PathBuf,
    /// Folder of the copy that it continues; made when it is not there
    to: PathBuf,
    /// Log key that the ledger must have, from a source you trust
    #[arg(long)]
    key: Option<String>,
    /// No progress on standard error
    #[arg(long, short)]
    quiet: bool,
}

/// Sends what the copy does not have.
pub(super) fn run(args: &ReplicateArgs) -> anyhow::Result<u8> {
    let clock = Clock::System;
    let name = || format!("cannot copy {} to {}", args.from, args.to);
    let settings = Settings::read(args.settings.as_deref())?;
    let progress = Progress::on_terminal(args.quiet);
    let mut tell = |done: u64, of: u64| progress.steps(done, of);
    let done = match (Place::parse(&args.from)?, Place::parse(&args.to)?) {
        (Place::Ledger(from), Place::Ledger(to)) => {
            let mut replica = Replica::open(&to, args.key.as_deref()).with_context(name)?;
            replicate(&mut Reader::open(&from).with_context(name)?, &mut replica, &mut tell)
        }
        (Place::Ledger(from), to) => {
            let mut reader = Reader::open(&from).with_context(name)?;
            let store = stores::open(&to, &settings, true, clock)?;
            let mut depot = Depot::write(&*store.objects, &*store.cell).with_context(name)?;
            replicate(&mut reader, &mut depot, &mut tell)
        }
        (from, Place::Ledger(to)) => {
            if matches!(&from, Place::Folder(folder) if !folder.join(CELL).is_file()) {
                return Err(nothing(&args.from));
            }
            let store = stores::open(&from, &settings, false, clock)?;
            if store.cell.load().with_context(name)?.is_none() {
                return Err(nothing(&args.from));
            }
            let mut replica = Replica::open(&to, args.key.as_deref()).with_context(name)?;
            Depot::read(&*store.objects, &*store.cell).and_then(|depot| depot.fetch(&mut replica, &mut tell))
        }
        _ => {
            return Err(Usage::error(
                "a store is not copied to a store",
                "copy it to a folder first: what comes out is checked there",
            ));
        }
    };
    progress.clear();
    print(&done.with_context(name)?)
}

fn nothing(place: &str) -> anyhow::Error {
    Usage::error(format!("{place} holds no copy"), "name the store that `replicate` wrote to")
}

/// Writes a part of a ledger as plain files.
pub(super) fn export(args: &ExportArgs) -> anyhow::Result<u8> {
    let name = || format!("cannot export to {}", args.to.display());
    if args.to.exists() {
        return Err(Usage::error(format!("{} exists already", args.to.display()), "name a new folder"));
    }
    let mut reader = Reader::open(&args.ledger).with_context(name)?;
    let store = stores::open(&Place::Folder(args.to.clone()), &Settings::default(), true, Clock::System)?;
    let progress = Progress::on_terminal(args.quiet);
    let mut depot =
        Depot::begin_at(&*store.objects, &*store.cell, &mut reader, args.since).with_context(name)?;
    let done =
        replicate(&mut reader, &mut depot, &mut |done, of| progress.steps(done, of)).with_context(name)?;
    progress.clear();
    let proof = reader.consistency(args.since, done.size).with_context(name)?;
    let mut file = crate::output::atomic::AtomicFile::create(&args.to.join(CONSISTENCY))?;
    serde_json::to_writer_pretty(&mut file, &proof).context("cannot write JSON")?;
    file.commit()?;
    print(&done)
}

/// Continues a copy with what `export` wrote.
pub(super) fn import(args: &ImportArgs) -> anyhow::Result<u8> {
    if !args.from.join(CELL).is_file() {
        return Err(Usage::error(
            format!("{} holds no export", args.from.display()),
            "give a folder that `sekisho ledger export` wrote",
        ));
    }
    let progress = Progress::on_terminal(args.quiet);
    let done = fetch(&args.from, &args.to, args.key.as_deref(), &mut |done, of| progress.steps(done, of));
    progress.clear();
    print(&done.with_context(|| format!("cannot import {}", args.from.display()))?)
}

fn fetch(
    from: &Path,
    to: &Path,
    key: Option<&str>,
    tell: &mut dyn FnMut(u64, u64),
) -> ledger::Result<Replicated> {
    // Media that are written once cannot be locked: only what is there is read.
    let objects = DirectoryObjects::open(from)?;
    let cell = DirectoryCell::to_read(from, CELL)?;
    let mut replica = Replica::open(to, key)?;
    Depot::read(&objects, &cell)?.fetch(&mut replica, tell)
}

/// What was done, and how far the copy is behind (LG-REP-02).
fn print(done: &Replicated) -> anyhow::Result<u8> {
    let line = json!({
        "schema_version": 1,
        "size": done.size,
        "frames": done.frames,
        "bytes": done.bytes,
        "lag": done.lag,
    });
    writeln!(std::io::stdout().lock(), "{line}").context("cannot write to standard output")?;
    Ok(0)
}
