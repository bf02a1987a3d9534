//! `sekisho bundle`: signed evidence bundles (証拠の束): make, check, open, redact, acknowledge.

mod args;
mod check;
mod create;
mod receipt;
mod redact;
mod succession;

use crate::error::Hinted;
use crate::sealing::{KEY_BYTES_MAX, TOOL, bundle_id, secret_key};
use anyhow::Context as _;
use bundle::minisign::PublicKey;
use bundle::{BUNDLE_BYTES_MAX, VerifyOptions};
use std::io::Write as _;
use std::path::Path;

pub(crate) use args::BundleCommand;

/// Longest text file that is read (chain of custody, receipts), bytes.
const TEXT_BYTES_MAX: usize = 64 << 20;

/// Runs the command.
pub(crate) fn run(command: BundleCommand) -> anyhow::Result<u8> {
    match command {
        BundleCommand::Key { file } => make_key(&file),
        BundleCommand::RotateKey(args) => succession::rotate(&args),
        BundleCommand::LostKey(args) => succession::lost(&args),
        BundleCommand::SignStatement { statement, key } => succession::sign(&statement, &key),
        BundleCommand::Create(args) => create::run(&args),
        BundleCommand::Verify(args) => check::verify(&args),
        BundleCommand::Open(args) => check::open(&args),
        BundleCommand::Redact(args) => redact::run(&args),
        BundleCommand::Receipt(args) => receipt::make(&args),
        BundleCommand::CheckReceipt(args) => receipt::check(&args),
    }
}

/// Makes a signing key and prints the public one.
fn make_key(path: &Path) -> anyhow::Result<u8> {
    let key = crate::sealing::new_key(path)?;
    print(key.public().file().as_bytes())
}

/// A public key: a file, or the key itself.
fn public_key(text: &str) -> anyhow::Result<PublicKey> {
    let path = Path::new(text);
    let content =
        if path.is_file() { crate::inputs::read_text(path, KEY_BYTES_MAX)? } else { text.to_owned() };
    PublicKey::parse(&content).map_err(|error| {
        Hinted::error(
            format!("{text}: {error}"),
            "give a minisign public key, as a file or as its second line (RW...)",
        )
    })
}

fn read_bundle(path: &Path) -> anyhow::Result<Vec<u8>> {
    crate::inputs::read_bytes(path, BUNDLE_BYTES_MAX)
}

/// Opens a bundle without any pinned key, for what builds on it.
fn opened(path: &Path, options: &VerifyOptions<'_>) -> anyhow::Result<bundle::Opened> {
    bundle::verify(&read_bundle(path)?, options).with_context(|| format!("{} does not hold", path.display()))
}

/// Writes a new file as a whole; an existing one is not replaced.
fn write_new(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if path.exists() {
        return Err(Hinted::error(format!("{} exists already", path.display()), "name a new file"));
    }
    let mut file = crate::output::atomic::AtomicFile::create(path)?;
    file.write_all(bytes).with_context(|| format!("cannot write {}", path.display()))?;
    file.commit()
}

fn print(bytes: &[u8]) -> anyhow::Result<u8> {
    std::io::stdout().lock().write_all(bytes).context("cannot write to standard output")?;
    Ok(0)
}
