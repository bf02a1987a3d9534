//! `sekisho bundle rotate-key`, `lost-key`, `sign-statement`: what a sender says about its signing keys (CW-BND-03).

use super::{public_key, secret_key, write_new};
use crate::clock::Clock;
use anyhow::Context as _;
use bundle::minisign::SecretKey;
use bundle::{Change, SenderKeyStatement, SignedSenderKeyStatement};
use clap::Args;
use std::path::{Path, PathBuf};
use vocab::Timestamp;

/// Largest statement or signature that is read, bytes.
const FILE_BYTES_MAX: usize = 16 << 10;
/// Most signatures beside a statement.
const SIGNATURES_MAX: usize = 16;

/// What every statement says.
#[derive(Args, Debug)]
pub(crate) struct Stating {
    /// Name of the body that seals
    #[arg(long, value_name = "NAME")]
    sender: String,
    /// Why, in words
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// When (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME", value_parser = crate::cli::fixed_time)]
    at: Option<Timestamp>,
    /// New file for the statement; signatures stand beside it
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// `sekisho bundle rotate-key`.
#[derive(Args, Debug)]
pub(crate) struct RotateArgs {
    /// Secret key that is replaced
    old: PathBuf,
    /// Secret key that replaces it
    new: PathBuf,
    #[command(flatten)]
    stating: Stating,
}

/// `sekisho bundle lost-key`.
#[derive(Args, Debug)]
pub(crate) struct LostArgs {
    /// Public key that was lost, as a file or as its line
    old: String,
    /// Public key that takes its place
    #[arg(long, value_name = "KEY")]
    new: Option<String>,
    #[command(flatten)]
    stating: Stating,
}

/// States a rotation.
pub(super) fn rotate(args: &RotateArgs) -> anyhow::Result<u8> {
    let (old, new) = (secret_key(&args.old)?, secret_key(&args.new)?);
    let one = &args.stating;
    let at = one.at.unwrap_or_else(|| Clock::System.now());
    let made = SenderKeyStatement::new(
        Change::Rotation,
        &one.sender,
        &old.public(),
        Some(&new.public()),
        at,
        &one.reason,
    )?;
    write_new(&one.out, &made.bytes()?)?;
    for key in [&old, &new] {
        put_signature(&one.out, &made, key)?;
    }
    Ok(0)
}

/// States a loss; nobody has signed it yet.
pub(super) fn lost(args: &LostArgs) -> anyhow::Result<u8> {
    let (old, new) = (public_key(&args.old)?, args.new.as_deref().map(public_key).transpose()?);
    let one = &args.stating;
    let at = one.at.unwrap_or_else(|| Clock::System.now());
    let made = SenderKeyStatement::new(Change::Loss, &one.sender, &old, new.as_ref(), at, &one.reason)?;
    write_new(&one.out, &made.bytes()?)?;
    crate::output::say("two officers sign it: sekisho bundle sign-statement FILE --key KEY");
    Ok(0)
}

/// Signs a statement as an officer.
pub(super) fn sign(path: &Path, key: &Path) -> anyhow::Result<u8> {
    let key = secret_key(key)?;
    let read = SignedSenderKeyStatement::parse(&crate::inputs::read_bytes(path, FILE_BYTES_MAX)?, Vec::new())
        .with_context(|| format!("{} is no statement about a key", path.display()))?;
    put_signature(path, &read.statement, &key)?;
    Ok(0)
}

fn put_signature(path: &Path, statement: &SenderKeyStatement, key: &SecretKey) -> anyhow::Result<()> {
    let name = beside(path, &format!("{}.minisig", key.public().id()));
    write_new(&name, statement.sign(key)?.as_bytes())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{ending}"));
    PathBuf::from(name)
}

/// Reads a statement with the signatures beside it.
pub(super) fn load(path: &Path) -> anyhow::Result<SignedSenderKeyStatement> {
    let bytes = crate::inputs::read_bytes(path, FILE_BYTES_MAX)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let stem = path.file_name().map(|name| format!("{}.", name.to_string_lossy())).unwrap_or_default();
    let mut found = Vec::new();
    for item in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let item = item?;
        let name = item.file_name().to_string_lossy().into_owned();
        if name.starts_with(&stem) && name.ends_with(".minisig") {
            found.push(item.path());
        }
    }
    found.sort();
    found.truncate(SIGNATURES_MAX);
    let signatures: anyhow::Result<Vec<_>> =
        found.iter().map(|path| crate::inputs::read_bytes(path, FILE_BYTES_MAX)).collect();
    SignedSenderKeyStatement::parse(&bytes, signatures?)
        .with_context(|| format!("{} is no statement about a key", path.display()))
}
