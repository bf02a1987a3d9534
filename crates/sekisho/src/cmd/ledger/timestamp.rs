//! `sekisho ledger timestamp`: tokens of a time-stamp authority over signed heads, by file and over HTTP (RFC 3161, LG chapter 11).

use super::stamping;
use super::talk;
use super::write::{finish, open};
use crate::clock::Clock;
use crate::error::Usage;
use anyhow::Context as _;
use clap::Subcommand;
use ledger::{Authorities, Stamped};
use serde_json::json;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use vocab::Message;

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
    /// Ask an authority for a token over the newest head, keep it, and write an entry about it
    #[command(after_long_help = "Examples:
  sekisho ledger timestamp fetch LEDGER --secret SECRET --url https://tsa.example.jp/tsr --authority tsa.pem
  sekisho ledger timestamp fetch LEDGER --secret SECRET                       (as `daily` says)")]
    Fetch {
        /// Folder of the ledger
        ledger: PathBuf,
        /// File with the secret of the ledger
        #[arg(long, value_name = "FILE")]
        secret: PathBuf,
        /// Address of the authority [default: that of `timestamp daily`]
        #[arg(long)]
        url: Option<String>,
        /// Certificates of authorities that you trust (PEM)
        #[arg(long, value_name = "FILE", requires = "url")]
        authority: Option<PathBuf>,
    },
    /// Have an authority asked once a day by whatever writes on the ledger: `append`, `append --follow`, `checkpoint`, `freeze`, `serve`
    #[command(after_long_help = "Examples:
  sekisho ledger timestamp daily LEDGER --url https://tsa.example.jp/tsr --authority tsa.pem
  sekisho ledger timestamp daily LEDGER --url http://127.0.0.1:3180/ --every 6
  sekisho ledger timestamp daily LEDGER --off

Writing never waits for it; what goes wrong is told, shown by `ledger status`, and tried again later.")]
    Daily {
        /// Folder of the ledger
        ledger: PathBuf,
        /// Address of the authority
        #[arg(long, required_unless_present = "off")]
        url: Option<String>,
        /// Certificates of authorities that you trust (PEM); kept beside the ledger
        #[arg(long, value_name = "FILE")]
        authority: Option<PathBuf>,
        /// Hours between two tokens
        #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=8_760))]
        every: u32,
        /// Ask no authority any more
        #[arg(long, conflicts_with_all = ["url", "authority", "every"])]
        off: bool,
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
impl TimestampCommand {
    /// The ledger that the command works on.
    pub(super) const fn folder_mut(&mut self) -> Option<&mut PathBuf> {
        match self {
            Self::Request { ledger, .. }
            | Self::Add { ledger, .. }
            | Self::Fetch { ledger, .. }
            | Self::Daily { ledger, .. }
            | Self::Verify { ledger, .. } => Some(ledger),
        }
    }
}

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
        TimestampCommand::Fetch { ledger, secret, url, authority } => {
            fetch(&ledger, &secret, url, authority.as_deref(), clock)
        }
        TimestampCommand::Daily { ledger, url, authority, every, .. } => {
            stamping::set(&ledger, url.as_deref(), authority.as_deref(), every)?;
            let id = if url.is_some() { "ledger-stamp-daily" } else { "ledger-stamp-off" };
            talk::tell(&Message::new(id).with("hours", u64::from(every)));
            print(&json!({ "schema_version": 1, "every_hours": url.is_some().then_some(every), "url": url }))
        }
        TimestampCommand::Verify { ledger, size, authority } => {
            let pinned = authorities(&authority)?;
            let stamped = ledger::check_kept_stamp(&ledger, size, None, Some(&pinned), None)
                .with_context(|| format!("the token of the head of size {size} does not hold"))?;
            print(&document(size, None, &stamped))
        }
    }
}

fn fetch(
    ledger: &Path,
    secret: &Path,
    url: Option<String>,
    authority: Option<&Path>,
    clock: Clock,
) -> anyhow::Result<u8> {
    let (url, pinned) = match url {
        Some(url) => (url, authority.map(authorities).transpose()?),
        None => stamping::of(ledger)?.map_or_else(
            || {
                Err(Usage::error(
                    "no authority is named",
                    "give --url, or run `sekisho ledger timestamp daily` once",
                ))
            },
            |known| Ok((known.url.clone(), known.pinned()?)),
        )?,
    };
    let Some(token) = stamping::fetch(ledger, &url, pinned, clock)? else {
        talk::tell(&Message::new("ledger-stamp-has-one"));
        return print(&json!({ "schema_version": 1, "entry": null, "size": null }));
    };
    let mut opened = open(ledger, secret, clock)?;
    let done = token.keep(&mut opened, clock);
    let (index, stamped) = finish(opened, clock, done, "cannot keep the token")?;
    stamping::told(&token, index, &stamped);
    super::asking::after_head(ledger, clock);
    print(&document(token.size(), Some(index.0), &stamped))
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
