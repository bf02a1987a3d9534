//! `sekisho ledger init --succeeds` (LG-DUR-07): a new ledger in the place of one that cannot be completed.

use super::talk;
use crate::error::{Hinted, Usage};
use crate::output::terminal::safe;
use anyhow::Context as _;
use clap::Args;
use ledger::Remains;
use std::path::PathBuf;
use vocab::Message;

/// Longest signed head that is read, bytes.
const NOTE_BYTES_MAX: usize = 64 << 10;

/// What concerns `--succeeds`.
#[derive(Args, Debug)]
pub(crate) struct SuccessionArgs {
    /// Folder of the ledger that the new one follows
    #[arg(long, value_name = "LEDGER")]
    succeeds: Option<PathBuf>,
    /// Signed head of the old ledger from elsewhere (a bundle, a witness, paper); may be given several times
    #[arg(long, value_name = "FILE", requires = "succeeds")]
    head: Vec<PathBuf>,
    /// Why, as a code: rolled-back, damaged, key-lost, ended [default: rolled-back where a head is beyond what is left, else damaged]
    #[arg(long, value_name = "CODE", requires = "succeeds")]
    reason: Option<String>,
}

impl SuccessionArgs {
    /// What is known and left of the old ledger, and the reason.
    pub(super) fn remains(&self, origin: Option<&str>) -> anyhow::Result<Option<(Remains, String)>> {
        let Some(old) = &self.succeeds else { return Ok(None) };
        let read = |path: &PathBuf| crate::inputs::read_text(path, NOTE_BYTES_MAX);
        let heads = self.head.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
        let before = ledger::remains(old, &heads)
            .with_context(|| format!("nothing of {} can be relied on", old.display()))?;
        if origin == Some(before.origin.as_str()) {
            return Err(Usage::error(
                format!("the old ledger is named {} too", before.origin),
                "give the new one a name of its own with --origin: witnesses keep the size of the old one",
            ));
        }
        let lost = before.known.is_some_and(|(size, _)| size > before.left.0);
        let reason = match (&self.reason, lost) {
            (Some(reason), _) => reason.clone(),
            (None, true) => "rolled-back".to_owned(),
            (None, false) => "damaged".to_owned(),
        };
        if self.reason.is_none() && !lost && sound(old) {
            return Err(Hinted::error(
                format!("{} is sound: nothing that it signed is missing", old.display()),
                "go on with it; to give it up all the same, say why with --reason, e.g. ended or key-lost",
            ));
        }
        Ok(Some((before, reason)))
    }

    /// The old one is written on no more.
    pub(super) fn close(&self, before: &Remains, successor: &str) {
        let Some(old) = &self.succeeds else { return };
        let message = Message::new("ledger-succeeded")
            .with("origin", before.origin.as_str())
            .with("left", before.left.0.to_string())
            .with("known", before.known.map_or_else(|| "-".to_owned(), |(size, _)| size.to_string()));
        talk::tell(&message);
        if let Err(error) = ledger::close_for_ever(old, successor) {
            let error = safe(&error.to_string(), 400);
            talk::tell(&Message::new("ledger-succeeded-unmarked").with("error", error));
        }
    }
}

fn sound(old: &std::path::Path) -> bool {
    ledger::verify(old, &ledger::VerifyOptions::default()).is_ok_and(|report| report.holds())
}
