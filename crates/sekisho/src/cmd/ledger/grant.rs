//! `sekisho ledger grant` (LG-KEY-04): the keys of the past for a new role holder, given by an existing one and written down as such.

use super::handing::{Handed, Handing};
use super::talk;
use super::view;
use crate::clock::Clock;
use crate::error::Usage;
use anyhow::Context as _;
use clap::Args;
use ledger::{Identity, Reader, Recipient};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use vocab::Message;

/// Largest file with granted keys that is read, bytes.
const GRANTED_BYTES_MAX: usize = 16 << 20;

/// `sekisho ledger grant`.
#[derive(Args, Debug)]
pub(crate) struct GrantArgs {
    /// Folder of the ledger
    pub(super) ledger: PathBuf,
    /// The new role holder: ROLE=age1...
    #[arg(long, value_name = "ROLE=KEY")]
    to: String,
    /// Identity file of an existing role holder; may be given several times
    #[arg(long, value_name = "FILE", required = true)]
    identity: Vec<PathBuf>,
    /// Only this data key; may be given several times [default: all that are there]
    #[arg(long, value_name = "NO")]
    key: Vec<u64>,
    /// New file for the keys, which only the new role holder opens
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    handing: Handing,
}

/// Wraps the keys, enters it, and writes the file.
pub(super) fn run(args: &GrantArgs) -> anyhow::Result<u8> {
    let clock = Clock::System;
    if args.out.exists() {
        return Err(Usage::error(format!("{} exists already", args.out.display()), "name a new file"));
    }
    if args.handing.secret.is_none() {
        return Err(Usage::error(
            "giving the past to somebody is entered into the ledger",
            "give --secret, --purpose and --case",
        ));
    }
    let recipient = Recipient::parse(&args.to)?;
    let name = || format!("cannot take keys from {}", args.ledger.display());
    let mut reader = Reader::open(&args.ledger).with_context(name)?;
    reader.add_identities(super::identities(&args.identity)?);
    let wanted = (!args.key.is_empty()).then_some(args.key.as_slice());
    let granted = reader.grant(wanted, &recipient).with_context(name)?;
    let handed = Handed {
        what: "keys",
        digest: Sha256::digest(&granted.bytes).into(),
        range: granted.range,
        entries: granted.range.1 - granted.range.0 + 1,
        indices: &json!({ "keys": granted.keys, "role": recipient.role, "to": recipient.key() }),
    };
    let entered = args.handing.enter(&args.ledger, &handed, clock)?;
    crate::output::atomic::write(&args.out, &granted.bytes)?;
    let message = Message::new("ledger-granted")
        .with("count", granted.keys.len() as u64)
        .with("role", recipient.role.as_str())
        .with("path", args.out.display().to_string());
    talk::tell(&message);
    view::show(&json!({
        "schema_version": 1,
        "entered": entered.map(|index| index.0),
        "from": granted.range.0,
        "keys": granted.keys,
        "to": granted.range.1,
    }))
}

/// Opens payloads with files that `grant` wrote.
pub(super) fn use_files(
    reader: &mut Reader,
    files: &[PathBuf],
    identities: &[Identity],
) -> anyhow::Result<()> {
    for path in files {
        let bytes = crate::inputs::read_bytes(path, GRANTED_BYTES_MAX)?;
        reader.use_granted(&bytes, identities).with_context(|| shown(path))?;
    }
    Ok(())
}

fn shown(path: &Path) -> String {
    format!("cannot use {}", path.display())
}
