//! `sekisho ledger`: read and verify a ledger, prove one record.

use anyhow::Context as _;
use clap::Subcommand;
use ledger::{InclusionProof, Reader};
use std::io::Write as _;
use std::path::PathBuf;
use vocab::{Citation, LedgerIndex};

/// `sekisho ledger`.
#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Check every byte of a ledger: what is wrong, where, and since when
    #[command(after_long_help = "Examples:
  sekisho ledger verify report/ledger
  sekisho ledger verify report/ledger --key local/3f9c...+a1b2c3d4+AAAA... --head older/checkpoint

Exit code 0: everything is as it was written. 1: it is not; each failure names file, byte and entry.")]
    Verify(super::ledger_verify::VerifyArgs),
    /// Print a proof that one record stands in a ledger, as JSON
    #[command(after_long_help = "Examples:
  sekisho ledger prove report/ledger 12 --record 340 > proof.json
  sekisho ledger check proof.json --key local/3f9c...+a1b2c3d4+AAAA...")]
    Prove {
        /// Folder of the ledger
        ledger: PathBuf,
        /// Index of the entry
        index: u64,
        /// Number of the record inside a bulk entry
        #[arg(long, default_value_t = 0)]
        record: u32,
    },
    /// Check a proof that `prove` printed, without the ledger
    Check {
        /// File with the proof, or `-` for standard input
        proof: PathBuf,
        /// Log key from a source you trust, e.g. the printed report; without it only the parts are compared
        #[arg(long)]
        key: Option<String>,
    },
}

/// Runs the command.
pub(crate) fn run(command: LedgerCommand) -> anyhow::Result<u8> {
    match command {
        LedgerCommand::Verify(args) => super::ledger_verify::run(&args),
        LedgerCommand::Prove { ledger, index, record } => prove(&ledger, index, record),
        LedgerCommand::Check { proof, key } => check(&proof, key.as_deref()),
    }
}

fn prove(folder: &std::path::Path, index: u64, record: u32) -> anyhow::Result<u8> {
    let name = || format!("cannot prove from {}", folder.display());
    let mut reader = Reader::open(folder).with_context(name)?;
    let proof = reader.inclusion(Citation { index: LedgerIndex(index), record }).with_context(name)?;
    let mut bytes = serde_json::to_vec_pretty(&proof).context("cannot write JSON")?;
    bytes.push(b'\n');
    std::io::stdout().lock().write_all(&bytes).context("cannot write to standard output")?;
    Ok(0)
}

fn check(path: &std::path::Path, key: Option<&str>) -> anyhow::Result<u8> {
    const PROOF_BYTES_MAX: usize = 16 << 20;
    let text = super::act::read_text(path, PROOF_BYTES_MAX)?;
    let proof: InclusionProof =
        serde_json::from_str(&text).with_context(|| format!("{} is not a proof", path.display()))?;
    proof.check(key).with_context(|| format!("{} does not hold", path.display()))?;
    let how = if key.is_some() { "signature and paths hold" } else { "the paths hold; no key was given" };
    writeln!(std::io::stdout().lock(), "entry {}: {how}", proof.index)
        .context("cannot write to standard output")?;
    Ok(0)
}
