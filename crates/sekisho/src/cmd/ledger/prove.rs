//! Proofs that one record stands in a ledger.

use crate::error::Hinted;
use anyhow::Context as _;
use ledger::{InclusionProof, Opening, Reader};
use std::io::Write as _;
use std::path::Path;
use vocab::{Citation, LedgerIndex};

/// Largest proof that is read, bytes.
const PROOF_BYTES_MAX: usize = 16 << 20;

/// Prints a proof, as JSON or as C2SP tlog-proof text.
pub(super) fn prove(folder: &Path, index: u64, record: u32, tlog: bool) -> anyhow::Result<u8> {
    let name = || format!("cannot prove from {}", folder.display());
    let mut reader = Reader::open(folder).with_context(name)?;
    let proof = reader.inclusion(Citation { index: LedgerIndex(index), record }).with_context(name)?;
    if tlog {
        let text = proof.tlog_proof().ok_or_else(|| {
            Hinted::error("no signed head covers this entry", "run `sekisho ledger checkpoint` first")
        })?;
        std::io::stdout().lock().write_all(text.as_bytes()).context("cannot write to standard output")?;
        return Ok(0);
    }
    print(&proof)
}

/// Prints the proof that the ledger only grew.
pub(super) fn consistency(folder: &Path, sizes: &[u64]) -> anyhow::Result<u8> {
    let name = || format!("cannot prove from {}", folder.display());
    let [old, new] = sizes else { anyhow::bail!("two sizes are needed") };
    print(&Reader::open(folder).with_context(name)?.consistency(*old, *new).with_context(name)?)
}

fn print(document: &impl serde::Serialize) -> anyhow::Result<u8> {
    let mut bytes = serde_json::to_vec_pretty(document).context("cannot write JSON")?;
    bytes.push(b'\n');
    std::io::stdout().lock().write_all(&bytes).context("cannot write to standard output")?;
    Ok(0)
}

/// Checks a proof without the ledger.
pub(super) fn check(path: &Path, key: Option<&str>) -> anyhow::Result<u8> {
    if path.is_dir() {
        return super::extract_check::run(path, key);
    }
    let text = crate::inputs::read_text(path, PROOF_BYTES_MAX)?;
    // An opening document says what is disclosed; a proof says where one record stands.
    if let Ok(opening) = serde_json::from_str::<Opening>(&text) {
        opening.check(key).with_context(|| format!("{} does not hold", path.display()))?;
        let how = if key.is_some() {
            "content, path and signature hold"
        } else {
            "the content holds; no key was given"
        };
        let disclosed = opening.disclosed();
        return writeln!(std::io::stdout().lock(), "entry {}: {how} ({disclosed} disclosed)", opening.index)
            .map(|()| 0)
            .context("cannot write to standard output");
    }
    let proof: InclusionProof =
        serde_json::from_str(&text).with_context(|| format!("{} is not a proof", path.display()))?;
    proof.check(key).with_context(|| format!("{} does not hold", path.display()))?;
    let how = if key.is_some() { "signature and paths hold" } else { "the paths hold; no key was given" };
    writeln!(std::io::stdout().lock(), "entry {}: {how}", proof.index)
        .context("cannot write to standard output")?;
    Ok(0)
}
