//! `sekisho ledger timestamp`: tokens of a time-stamp authority over signed heads, by file (RFC 3161, LG chapter 11).

use super::write::{finish, open};
use crate::clock::Clock;
use anyhow::Context as _;
use clap::Subcommand;
use ledger::{Authorities, Stamped};
use serde_json::json;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Largest reply of an authority, in bytes.
const REPLY_BYTES_MAX: usize = 64 << 10;
/// Largest file of certificates, in bytes.
const CERTIFICATES_BYTES_MAX: usize = 1 << 20;

/// `sekisho ledger timestamp`.
#[derive(Debug, Subcommand)]
pub(crate) enum TimestampCommand {
    /// Make a request over the newest signed head; prints the size of the head
    Request {
        /// Folder of the ledger
        ledger: PathBuf,
        /// File for the request (application/timestamp-query)
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Keep the reply of the authority beside the ledger, and write an entry about it
    Add {
        /// Folder of the ledger
        ledger: PathBuf,
        /// File with the reply (application/timestamp-reply)
        reply: PathBuf,
        /// Size that `request` printed
        #[arg(long)]
        size: u64,
        /// File with the secret of the ledger
        #[arg(long, value_name = "FILE")]
        secret: PathBuf,
        /// Certificates of authorities that you trust (PEM)
        #[arg(long, value_name = "FILE")]
        authority: Option<PathBuf>,
    },
    /// Check one kept token and print what it says, as JSON
    Verify {
        /// Folder of the ledger
        ledger: PathBuf,
        /// Size of the head
        #[arg(long)]
        size: u64,
        /// Certificates of authorities that you trust (PEM)
        #[arg(long, value_name = "FILE")]
        authority: PathBuf,
    },
}

/// Runs the command.
pub(super) fn run(command: TimestampCommand) -> anyhow::Result<u8> {
    let clock = Clock::System;
    match command {
        TimestampCommand::Request { ledger, out } => {
            let random = clock.random()?;
            let nonce = random.first_chunk::<8>().copied().unwrap_or_default();
            let (size, request) = ledger::prepare_stamp(&ledger, nonce).context("cannot make a request")?;
            crate::output::atomic::write(&out, &request)?;
            print(&json!({ "schema_version": 1, "size": size, "request": out.display().to_string() }))
        }
        TimestampCommand::Add { ledger, reply, size, secret, authority } => {
            let bytes = crate::inputs::read_bytes(&reply, REPLY_BYTES_MAX)?;
            let pinned = authority.as_deref().map(authorities).transpose()?;
            // Before the ledger is opened: a wrong reply leaves no trace in it.
            ledger::check_kept_stamp(&ledger, size, Some(&bytes), pinned.as_ref(), Some(clock.now()))
                .with_context(|| format!("{} is no token for this head", reply.display()))?;
            let mut opened = open(&ledger, &secret, clock)?;
            let done = opened.keep_stamp(size, &bytes, pinned.as_ref(), clock.now());
            let (index, stamped) = finish(opened, clock, done, "cannot keep the token")?;
            print(&document(size, Some(index.0), &stamped))
        }
        TimestampCommand::Verify { ledger, size, authority } => {
            let pinned = authorities(&authority)?;
            let stamped = ledger::check_kept_stamp(&ledger, size, None, Some(&pinned), None)
                .with_context(|| format!("the token of the head of size {size} does not hold"))?;
            print(&document(size, None, &stamped))
        }
    }
}

/// Certificates that are trusted, from a file in PEM.
pub(super) fn authorities(path: &Path) -> anyhow::Result<Authorities> {
    let text = crate::inputs::read_text(path, CERTIFICATES_BYTES_MAX)?;
    Authorities::from_pem(&text).with_context(|| format!("cannot read {}", path.display()))
}

fn document(size: u64, entry: Option<u64>, stamped: &Stamped) -> serde_json::Value {
    json!({
        "schema_version": 1,
        "accuracy_micros": stamped.accuracy_micros,
        "authority": hex::encode(stamped.authority),
        "entry": entry,
        "policy": stamped.policy,
        "serial": stamped.serial,
        "size": size,
        "time": stamped.time,
        "trusted": stamped.trusted,
    })
}

fn print(document: &serde_json::Value) -> anyhow::Result<u8> {
    writeln!(std::io::stdout().lock(), "{document}").context("cannot write to standard output")?;
    Ok(0)
}
