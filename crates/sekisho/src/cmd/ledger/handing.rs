//! Writing down what is handed out, before it is (LG-RED-06).

use super::talk;
use super::write;
use crate::clock::Clock;
use crate::error::Usage;
use clap::Args;
use ledger::{Export, Hash};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use vocab::{LedgerIndex, Message};

/// Longest name of a recipient and longest case number, bytes.
const TEXT_BYTES_MAX: usize = 400;

/// Why something is handed out, and to whom.
#[derive(Args, Debug)]
pub(crate) struct Handing {
    /// File with the secret of the ledger, to enter what is handed out
    #[arg(long, value_name = "FILE", requires_all = ["purpose", "case"])]
    pub(crate) secret: Option<PathBuf>,
    /// Why: incident, audit, court, police, person-request, operations, controls or disclosure
    #[arg(long, value_name = "CODE")]
    pub(crate) purpose: Option<String>,
    /// Case number
    #[arg(long, value_name = "NO")]
    pub(crate) case: Option<String>,
    /// Who receives it; sealed with the entry
    #[arg(long, value_name = "NAME", default_value = "")]
    pub(crate) recipient: String,
}

/// What is handed out of which entries.
pub(crate) struct Handed<'a> {
    /// `extract`, `copy`, `redacted` or `bundle`.
    pub(crate) what: &'static str,
    /// Digest of the manifest, or root of the head.
    pub(crate) digest: Hash,
    /// First and last entry.
    pub(crate) range: (u64, u64),
    /// How many.
    pub(crate) entries: u64,
    /// Indices and parts, for the sealed side of the entry.
    pub(crate) indices: &'a Value,
}

impl Handing {
    /// Enters what is about to be handed out; without a secret says that nothing was entered.
    pub(crate) fn enter(
        &self,
        folder: &Path,
        handed: &Handed<'_>,
        clock: Clock,
    ) -> anyhow::Result<Option<LedgerIndex>> {
        let (Some(secret), Some(purpose), Some(case)) = (&self.secret, &self.purpose, &self.case) else {
            talk::tell(&Message::new("ledger-export-unrecorded"));
            return Ok(None);
        };
        if case.trim().is_empty() || case.len() > TEXT_BYTES_MAX || self.recipient.len() > TEXT_BYTES_MAX {
            return Err(Usage::error(
                "a case number is missing, or it or the recipient is longer than 400 bytes",
                "give --case and --recipient in a few words",
            ));
        }
        let private = json!({ "case": case, "indices": handed.indices, "recipient": self.recipient });
        let export = Export {
            what: handed.what,
            purpose,
            digest: handed.digest,
            range: handed.range,
            entries: handed.entries,
            private: &private,
        };
        let mut ledger = write::open(folder, secret, clock)?;
        let index = ledger.record_export(&export, clock.now());
        let index = write::finish(ledger, clock, index, "cannot enter what is handed out")?;
        talk::tell(&Message::new("ledger-export-entered").with("index", index.0.to_string()));
        Ok(Some(index))
    }
}
