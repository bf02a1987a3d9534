//! Copies of a ledger: to another folder or store, back from it, and onto media that are written once.

use super::copies::{self, Confirmed};
use super::handing::{Handed, Handing};
use super::stores::{self, CELL, Place, Settings};
use super::view;
use crate::clock::Clock;
use crate::error::Usage;
use crate::progress::Progress;
use anyhow::Context as _;
use clap::Args;
use ledger::storage::{DirectoryCell, DirectoryObjects};
use ledger::{Depot, Reader, Replica, Replicated, Statement, replicate};
use serde_json::json;
use std::path::{Path, PathBuf};

/// File of an export with the proof that the ledger only grew.
const CONSISTENCY: &str = "consistency.json";

/// `sekisho ledger replicate`.
#[derive(Args, Debug)]
pub(crate) struct ReplicateArgs {
    /// Folder of the ledger or of a copy, or store:FOLDER, s3://BUCKET/PREFIX, postgresql://ROLE@HOST/DATABASE, https://HOST
    from: String,
    /// Folder of the copy (made when it is not there), or store:FOLDER, s3://BUCKET/PREFIX, postgresql://ROLE@HOST/DATABASE, https://HOST
    to: String,
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
    pub(super) ledger: PathBuf,
    /// New folder, e.g. on a medium that is written once
    to: PathBuf,
    /// Only what came after this size; a signed head was published at it
    #[arg(long, value_name = "SIZE", default_value_t = 0)]
    since: u64,
    #[command(flatten)]
    handing: Handing,
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
pub(super) fn run(args: &ReplicateArgs, settings: Option<&Path>) -> anyhow::Result<u8> {
    let clock = Clock::System;
    let name = || format!("cannot copy {} to {}", args.from, args.to);
    let settings = Settings::read(settings)?;
    let progress = Progress::on_terminal(args.quiet);
    let mut tell = |done: u64, of: u64| progress.steps(done, of);
    let done = match (Place::parse(&args.from)?, Place::parse(&args.to)?) {
        (Place::Ledger(from), to) => {
            let sent = send(&from, &to, args, &settings, &mut tell);
            sent.map(|(done, removed)| {
                progress.clear();
                copies::keep(&from, &args.to, &done, removed, clock);
                done
            })
        }
        (Place::Host(url), Place::Ledger(to)) => {
            let mut host = settings.host(&url)?;
            let mut replica = Replica::open(&to, args.key.as_deref()).with_context(name)?;
            finish(replicate(&mut host, &mut replica, &mut tell), &mut replica)
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
            let depot = Depot::read(&*store.objects, &*store.cell).with_context(name)?;
            finish(depot.fetch(&mut replica, &mut tell), &mut replica)
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

/// What came from elsewhere may hold what the log destroyed: it goes here too (LG 15.4).
fn finish(done: ledger::Result<Replicated>, replica: &mut Replica) -> anyhow::Result<Replicated> {
    let done = done?;
    replica.destroy()?;
    Ok(done)
}

/// From the ledger to a copy: what it lacks, then what was destroyed; with what the copy did about the latter.
fn send(
    from: &Path,
    to: &Place,
    args: &ReplicateArgs,
    settings: &Settings,
    tell: &mut dyn FnMut(u64, u64),
) -> anyhow::Result<(Replicated, Vec<Confirmed>)> {
    let mut reader = Reader::open(from)?;
    let local = |one: ledger::Removed| Confirmed { index: one.index, kept: one.kept, signed: None };
    match to {
        Place::Ledger(to) => {
            let mut replica = Replica::open(to, args.key.as_deref())?;
            let done = replicate(&mut reader, &mut replica, tell)?;
            Ok((done, replica.destroy()?.into_iter().map(local).collect()))
        }
        Place::Host(url) => {
            let mut host = settings.host(url)?;
            let done = replicate(&mut reader, &mut host, tell)?;
            let confirmed = host.destroyed()?.into_iter().filter_map(|(signed, statement)| match statement {
                Statement::Destroyed { ledger, index, kept, .. } if ledger == reader.ledger() => {
                    Some(Confirmed { index, kept, signed: Some(signed) })
                }
                _ => None,
            });
            Ok((done, confirmed.collect()))
        }
        store => {
            let store = stores::open(store, settings, true, Clock::System)?;
            let mut depot = Depot::write(&*store.objects, &*store.cell)?;
            let done = replicate(&mut reader, &mut depot, tell)?;
            let destructions = reader.governance()?.destructions;
            Ok((done, depot.destroy(&destructions)?.into_iter().map(local).collect()))
        }
    }
}

fn nothing(place: &str) -> anyhow::Error {
    Usage::error(format!("{place} holds no copy"), "name the store that `replicate` wrote to")
}

/// Writes a part of a ledger as plain files, entered before they are written.
pub(super) fn export(args: &ExportArgs) -> anyhow::Result<u8> {
    if args.to.exists() {
        return Err(Usage::error(format!("{} exists already", args.to.display()), "name a new folder"));
    }
    let head = Reader::open(&args.ledger)
        .and_then(|reader| reader.checkpoint())
        .with_context(|| format!("cannot read {}", args.ledger.display()))?;
    if let Some(head) = head.filter(|head| head.size > args.since) {
        let range = (args.since, head.size - 1);
        let handed = Handed {
            what: "copy",
            digest: head.root,
            range,
            entries: head.size - args.since,
            indices: &serde_json::Value::Null,
        };
        args.handing.enter(&args.ledger, &handed, Clock::System)?;
    }
    print(&export_to(&args.ledger, &args.to, args.since, args.quiet)?)
}

/// Writes what came after `since` as plain files into a new folder.
pub(super) fn export_to(ledger: &Path, to: &Path, since: u64, quiet: bool) -> anyhow::Result<Replicated> {
    let name = || format!("cannot export to {}", to.display());
    let mut reader = Reader::open(ledger).with_context(name)?;
    let store = stores::open(&Place::Folder(to.to_owned()), &Settings::default(), true, Clock::System)?;
    let progress = Progress::on_terminal(quiet);
    let mut depot = Depot::begin_at(&*store.objects, &*store.cell, &mut reader, since).with_context(name)?;
    let done =
        replicate(&mut reader, &mut depot, &mut |done, of| progress.steps(done, of)).with_context(name)?;
    progress.clear();
    let proof = reader.consistency(since, done.size).with_context(name)?;
    let mut file = crate::output::atomic::AtomicFile::create(&to.join(CONSISTENCY))?;
    serde_json::to_writer_pretty(&mut file, &proof).context("cannot write JSON")?;
    file.commit()?;
    Ok(done)
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
    view::show_line(&line)
}
