//! Making and writing on a ledger. The secret of a ledger stands in a file of its own.

use super::living::Living;
use crate::clock::Clock;
use crate::error::{Hinted, Usage};
use anyhow::Context as _;
use clap::Args;
use ledger::{EntryKind, Genesis, KeyStatement, Ledger, PersonKey, Resume};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Largest input of `append`, bytes.
const INPUT_BYTES_MAX: usize = 256 << 20;
/// Bytes of a secret file that are read.
const SECRET_BYTES_MAX: usize = 4_096;

/// Makes a ledger, and its secret file when it is not there.
pub(super) fn init(
    folder: &Path,
    secret: &Path,
    origin: Option<String>,
    (root_key, root): (Option<&Path>, Option<[u8; 32]>),
    living: Option<&Living>,
    succession: &super::succession::SuccessionArgs,
) -> anyhow::Result<u8> {
    let clock = Clock::System;
    if folder.exists() {
        return Err(Usage::error(format!("{} exists already", folder.display()), "name a new folder"));
    }
    // Before anything is made: a ledger that cannot be followed leaves no half of a new one.
    let before = succession.remains(origin.as_deref())?;
    let seed = if secret.exists() { read_secret(secret)? } else { make_secret(secret, clock)? };
    let origin = match origin {
        Some(origin) => origin,
        None => format!("local/{}", hex::encode(clock.random()?.get(..8).unwrap_or_default())),
    };
    let root_key = match root_key {
        Some(file) if file.exists() => Some(super::governing::person_key(file)?),
        Some(file) => Some(PersonKey::from_seed(&make_secret(file, clock)?)),
        None => None,
    };
    let root = root.or_else(|| root_key.as_ref().map(PersonKey::public));
    let now = clock.now();
    // Nothing is made before the store has answered.
    let depot = living.map(Living::writing).transpose()?;
    if depot.as_ref().is_some_and(|depot| depot.size() > 0) {
        return Err(Usage::error(
            "the store holds a ledger already",
            "name another store, or bring its folder back with --recover",
        ));
    }
    let mut ledger = Ledger::create_under(folder, Genesis { origin, now, seed }, root.as_ref())
        .with_context(|| format!("cannot make a ledger in {}", folder.display()))?;
    if let (Some(living), Some(depot)) = (living, depot) {
        living.name_in(folder)?;
        ledger.live_on(depot).context("cannot begin the ledger in the store")?;
    }
    let key = ledger.verifier_key();
    if let Some((before, reason)) = &before {
        ledger.succeed(before, reason, now).context("cannot follow the ledger")?;
    }
    if let Some(root_key) = &root_key {
        let mut statement = KeyStatement::next_key(&ledger.id(), ledger.origin(), 1, &seed);
        statement.sign(root_key)?;
        ledger.enter_key_statement(&statement, now).context("the root key cannot vouch for the log key")?;
        crate::output::say("take the file with the root key off this computer, and keep a copy on paper");
    }
    // The first epoch follows from the secret that stays on disk: it ends here.
    ledger.close(clock.now()).context("cannot publish the first checkpoint")?;
    if let Some((before, _)) = &before {
        succession.close(before, &key);
    }
    print(&[key])
}

/// `sekisho ledger append`.
#[derive(Args, Debug)]
pub(crate) struct AppendArgs {
    /// Folder of the ledger
    pub(super) ledger: PathBuf,
    /// File with JSON lines, or `-` for standard input
    #[arg(default_value = "-")]
    input: PathBuf,
    /// File with the secret of the ledger
    #[arg(long, value_name = "FILE")]
    secret: PathBuf,
    /// Name of the stream that holds the entries
    #[arg(long, required_unless_present = "follow")]
    stream: Option<String>,
    /// What the entries are: event, record, command, result or read
    #[arg(long, default_value = "record")]
    kind: String,
    #[command(flatten)]
    follow: super::follow::FollowArgs,
}

/// Appends JSON values, one a line, under one new stream; or follows logs.
pub(super) fn append(args: &AppendArgs) -> anyhow::Result<u8> {
    let AppendArgs { ledger: folder, input, secret, stream, kind, follow } = args;
    if follow.wanted() {
        return super::follow::run(folder, secret, follow);
    }
    let kind = EntryKind::from_name(kind).filter(|kind| !kind.has_body()).ok_or_else(|| {
        Usage::error(
            format!("no entry kind is named {kind:?}"),
            "take event, record, command, result or read",
        )
    })?;
    let text = crate::inputs::read_text(input, INPUT_BYTES_MAX)?;
    let mut values = Vec::new();
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let value: serde_json::Value = serde_json::from_str(text).map_err(|error| {
            Hinted::error(
                format!("{}: line {line} is not JSON: {error}", input.display()),
                "put one JSON value on each line; nothing was appended",
            )
        })?;
        values.push(value);
    }
    let clock = Clock::System;
    let mut ledger = open(folder, secret, clock)?;
    let stream = stream.as_deref().unwrap_or_default();
    let opened = ledger.open_stream(stream, "manual", clock.now()).context("cannot open the stream")?;
    let mut indices = Vec::with_capacity(values.len());
    for value in &values {
        let index = ledger.append(opened, kind, clock.now(), value).context("cannot append")?;
        indices.push(index.0.to_string());
    }
    ledger.close_stream(opened, clock.now()).context("cannot close the stream")?;
    ledger.rest(clock.now()).context("cannot close the ledger")?;
    print(&indices)?;
    super::after_head(&args.ledger, secret, clock);
    Ok(0)
}

/// Publishes a signed tree head.
pub(super) fn checkpoint(folder: &Path, secret: &Path) -> anyhow::Result<u8> {
    let clock = Clock::System;
    let head = open(folder, secret, clock)?.rest(clock.now()).context("cannot publish a checkpoint")?;
    print(&[head.note.trim_end().to_owned()])?;
    super::after_head(folder, secret, clock);
    Ok(0)
}

/// Opens a ledger to write on.
pub(crate) fn open(folder: &Path, secret: &Path, clock: Clock) -> anyhow::Result<Ledger> {
    open_checked(folder, secret, &[], None, clock)
}

/// Opens a ledger to write on when nobody has written since it had `size` entries.
pub(super) fn open_at(folder: &Path, secret: &Path, size: u64, clock: Clock) -> anyhow::Result<Ledger> {
    open_checked(folder, secret, &[], Some(size), clock)
}

/// As [`open`], for a ledger whose log key was lost or stolen: `statements` revoke it and name the one of `secret`.
pub(super) fn open_after_loss(
    folder: &Path,
    secret: &Path,
    statements: &[KeyStatement],
    clock: Clock,
) -> anyhow::Result<Ledger> {
    open_checked(folder, secret, statements, None, clock)
}

fn open_checked(
    folder: &Path,
    secret: &Path,
    statements: &[KeyStatement],
    size: Option<u64>,
    clock: Clock,
) -> anyhow::Result<Ledger> {
    super::asking::before_writing(folder)?;
    let seed = read_secret(secret)?;
    let (mut ledger, recovered) = super::living::open(folder, || {
        let resume = Resume { now: clock.now(), seed, session: clock.random()? };
        Ledger::open_after_loss(folder, &resume, statements)
            .with_context(|| format!("cannot open {}", folder.display()))
    })?;
    if size.is_some_and(|size| size != recovered.size) {
        ledger.rest(clock.now()).context("cannot close the ledger")?;
        return Err(Hinted::error(
            format!("{} was written on just now by another program", folder.display()),
            "try again",
        ));
    }
    super::governing::seal_by_policy(&mut ledger, &seed, clock)?;
    if recovered.discarded_bytes > 0 {
        crate::output::say(&format!(
            "warning: {} bytes of an unfinished write were cut off; no checkpoint had promised them",
            recovered.discarded_bytes
        ));
    }
    super::asking::enter_events(&mut ledger, folder, clock)?;
    Ok(ledger)
}

/// Ends the session in good order, whatever came of the work on the ledger; streams of other commands stay open.
pub(super) fn finish<T>(
    ledger: Ledger,
    clock: Clock,
    done: ledger::Result<T>,
    what: &str,
) -> anyhow::Result<T> {
    let closed = ledger.rest(clock.now()).context("cannot close the ledger");
    let done = done.with_context(|| what.to_owned())?;
    closed.map(|_| done)
}

pub(crate) fn read_secret(path: &Path) -> anyhow::Result<[u8; 32]> {
    let text = crate::inputs::read_text(path, SECRET_BYTES_MAX)?;
    let wrong = || {
        Hinted::error(
            format!("{} is no secret of a ledger: expected 64 hexadecimal digits", path.display()),
            "`sekisho ledger init` makes one",
        )
    };
    let bytes = hex::decode(text.trim()).map_err(|_| wrong())?;
    bytes.try_into().map_err(|_| wrong())
}

/// A new file that only its owner can read.
pub(crate) fn make_secret(path: &Path, clock: Clock) -> anyhow::Result<[u8; 32]> {
    let name = || format!("cannot write the secret to {}", path.display());
    let seed = clock.random()?;
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).with_context(name)?;
    writeln!(file, "{}", hex::encode(seed)).and_then(|()| file.sync_all()).with_context(name)?;
    Ok(seed)
}

pub(super) fn print(lines: &[String]) -> anyhow::Result<u8> {
    let mut out = std::io::stdout().lock();
    for line in lines {
        writeln!(out, "{}", line).context("cannot write to standard output")?;
    }
    Ok(0)
}
