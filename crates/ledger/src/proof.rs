//! Proof documents (LG chapter 19.4): JSON that an outside expert checks without this program.

use crate::bytes::Malformed;
use crate::entry::{Entry, Form};
use crate::run::RunRecord;
use crate::{Hash, note, run, tree};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

/// Why a proof does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the proof does not hold: {0}")]
pub struct ProofError(pub(crate) &'static str);

impl ProofError {
    pub(crate) const fn new(what: &'static str) -> Self {
        Self(what)
    }
    /// What does not agree.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        self.0
    }
}

/// Proof that an entry stands in a ledger, and with [`RecordProof`] one record of its run (LG chapter 19.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InclusionProof {
    /// Version, 1.
    pub v: u32,
    /// Name of the ledger.
    pub origin: String,
    /// Index of the entry.
    pub index: u64,
    /// Size of the tree the proof leads to.
    pub size: u64,
    /// Root of that tree, base64.
    pub root: String,
    /// The exact bytes of the entry, base64.
    pub entry: String,
    /// Audit path of the entry, bottom first, base64.
    pub hashes: Vec<String>,
    /// The record, for a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordProof>,
    /// Signed note with the same size and root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
}

/// Proof that a record stands in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordProof {
    /// Number of the record in the run.
    pub number: u32,
    /// Leaves of the tree of the run: its records and its head.
    pub leaves: u64,
    /// Salt of the leaf, base64.
    pub salt: String,
    /// Byte offset in the source.
    pub offset: u64,
    /// Line or record number in the source.
    pub line: u64,
    /// The bytes of the record, base64.
    pub bytes: String,
    /// Audit path of the record, bottom first, base64.
    pub hashes: Vec<String>,
}

impl InclusionProof {
    /// The proof of the entry as C2SP tlog-proof text; `None` without a signed checkpoint.
    #[must_use]
    pub fn tlog_proof(&self) -> Option<String> {
        let (size, root, hashes) = (self.size, self.root.clone(), self.hashes.clone());
        crate::EntryPath { size, root, hashes, checkpoint: self.checkpoint.clone() }.tlog_proof(self.index)
    }

    /// Checks the proof through both trees. With `log_key` (`origin+id+base64`, from a source you trust, such as the
    /// printed report) also the signature of the checkpoint; without it only that the parts agree with each other.
    ///
    /// # Errors
    /// Names the first part that does not agree.
    pub fn check(&self, log_key: Option<&str>) -> Result<(), ProofError> {
        if self.v != 1 {
            return Err(ProofError("version"));
        }
        let entry_bytes = decode(&self.entry)?;
        let root: Hash = decode(&self.root)?.try_into().map_err(|_| ProofError("root"))?;
        let found =
            tree::root_from_path(self.index, self.size, tree::leaf(&entry_bytes), &path(&self.hashes)?);
        if found != Some(root) {
            return Err(ProofError("the entry does not lead to the root of the ledger"));
        }
        let entry = Entry::decode(&entry_bytes).map_err(|Malformed(what)| ProofError(what))?;
        match (&self.record, entry.form) {
            (Some(record), Form::Run) => record.check(&entry)?,
            (None, form) if form != Form::Run => {}
            _ => return Err(ProofError("record and form of the entry do not agree")),
        }
        let Some(log_key) = log_key else { return Ok(()) };
        note::vouches(self.checkpoint.as_deref(), log_key, &self.origin, self.size, &root)
    }
}

impl RecordProof {
    fn check(&self, entry: &Entry) -> Result<(), ProofError> {
        let salt = decode(&self.salt)?.try_into().map_err(|_| ProofError("salt"))?;
        let bytes = decode(&self.bytes)?;
        let leaf =
            run::record_leaf(&salt, &RunRecord { offset: self.offset, line: self.line, bytes: &bytes });
        let number = u64::from(self.number);
        // The last leaf is the head of the run, not a record.
        if self.leaves != u64::from(entry.part_count) || number + 1 >= self.leaves {
            return Err(ProofError("number of the record"));
        }
        let found = tree::root_from_path(number, self.leaves, leaf, &path(&self.hashes)?);
        if found == Some(entry.commitment) {
            Ok(())
        } else {
            Err(ProofError("the record does not lead to the commitment of its entry"))
        }
    }
}

fn decode(text: &str) -> Result<Vec<u8>, ProofError> {
    BASE64.decode(text).map_err(|_| ProofError("base64"))
}

fn path(hashes: &[String]) -> Result<Vec<Hash>, ProofError> {
    hashes.iter().map(|hash| decode(hash)?.try_into().map_err(|_| ProofError("hash"))).collect()
}
