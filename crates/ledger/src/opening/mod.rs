//! Opening documents (LG 5.5): chosen parts of a payload with their salts, the rest as hashes. Whoever holds one
//! recomputes the commitment and follows it to a signed head, without the ledger and without any key.

mod kept;
mod run;

pub(crate) use kept::Kept;
pub use kept::{Part, Withheld};
pub use run::{HeadOpening, OpenRecord, RunOpening, Subtree};

use crate::entry::Entry;
use crate::{Hash, ProofError, note, tree};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

/// What to disclose of a payload (一部開示).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Everything that is still there.
    All,
    /// The parts or fields of these names; names that are not there are passed over.
    Parts(Vec<String>),
    /// These records of a run, without the name of the file.
    Records(Vec<u32>),
    /// Everything that is still there but these records of a run.
    Without(Vec<u32>),
}

/// An opening document. JSON without secrets beyond what it discloses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// Version, 1.
    pub v: u32,
    /// Name of the ledger.
    pub origin: String,
    /// Index of the entry.
    pub index: u64,
    /// The exact bytes of the entry, base64.
    pub entry: String,
    /// Parts or fields that are disclosed.
    pub parts: Vec<Part>,
    /// Parts or fields that are not: their leaf hashes only (LG-RED-01, LG-RED-02).
    pub withheld: Vec<Withheld>,
    /// Records of a run, for a bulk entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunOpening>,
    /// Path of the entry to a signed head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<EntryPath>,
}

/// Where an entry stands in the tree, with the signed head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryPath {
    /// Size of the tree the path leads to.
    pub size: u64,
    /// Root of that tree, base64.
    pub root: String,
    /// Audit path, bottom first, base64.
    pub hashes: Vec<String>,
    /// Signed note with the same size and root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
}

impl EntryPath {
    /// The path as C2SP tlog-proof text; `None` without a signed note.
    #[must_use]
    pub fn tlog_proof(&self, index: u64) -> Option<String> {
        let hashes: String = self.hashes.iter().map(|hash| format!("{hash}\n")).collect();
        Some(format!("c2sp.org/tlog-proof@v1\nindex {index}\n{hashes}\n{}", self.checkpoint.as_ref()?))
    }

    /// Reads C2SP tlog-proof text: the index of the entry, and its path.
    ///
    /// # Errors
    /// Names the line that is not as it should be.
    pub fn parse_tlog_proof(text: &str) -> Result<(u64, Self), ProofError> {
        let (head, note) = text.split_once("\n\n").ok_or(ProofError("a tlog-proof without a signed head"))?;
        let mut lines = head.lines();
        if lines.next() != Some("c2sp.org/tlog-proof@v1") {
            return Err(ProofError("first line of a tlog-proof"));
        }
        let index = lines.next().and_then(|line| line.strip_prefix("index ")?.parse().ok());
        let hashes: Vec<String> = lines.map(str::to_owned).collect();
        if hashes.len() > 64 {
            return Err(ProofError("number of hashes in a tlog-proof"));
        }
        let signed = note::parse(note.as_bytes()).map_err(|what| ProofError(what.0))?;
        let path = Self {
            size: signed.size,
            root: BASE64.encode(signed.root),
            hashes,
            checkpoint: Some(note.to_owned()),
        };
        Ok((index.ok_or(ProofError("second line of a tlog-proof"))?, path))
    }

    /// Checks that the bytes of an entry lead to the head, and with `log_key` (`origin+id+base64`) its signature.
    ///
    /// # Errors
    /// Names the first part that does not agree.
    pub fn check(&self, index: u64, entry: &[u8], log_key: Option<&str>) -> Result<(), ProofError> {
        let path: Vec<Hash> = self.hashes.iter().map(|text| hash(text)).collect::<Result<_, _>>()?;
        let root = hash(&self.root)?;
        if tree::root_from_path(index, self.size, tree::leaf(entry), &path) != Some(root) {
            return Err(ProofError("the entry does not lead to the root of the ledger"));
        }
        let Some(log_key) = log_key else { return Ok(()) };
        let origin = log_key.split('+').next().unwrap_or_default();
        note::vouches(self.checkpoint.as_deref(), log_key, origin, self.size, &root)
    }
}

impl Opening {
    /// Checks that what is disclosed is what the entry committed to, and with a path that the entry is in the tree. With
    /// `log_key` (`origin+id+base64`, from a source you trust) also the signature of the head.
    ///
    /// # Errors
    /// Names the first part that does not agree.
    pub fn check(&self, log_key: Option<&str>) -> Result<(), ProofError> {
        if self.v != 1 {
            return Err(ProofError("version"));
        }
        let bytes = base64(&self.entry)?;
        let entry = Entry::decode(&bytes).map_err(|what| ProofError(what.0))?;
        let kept = Kept { parts: self.parts.clone(), withheld: self.withheld.clone(), run: self.run.clone() };
        kept.fits(&entry)?;
        let Some(proof) = &self.proof else {
            return match log_key {
                Some(_) => Err(ProofError("the document holds no path to a signed head")),
                None => Ok(()),
            };
        };
        proof.check(self.index, &bytes, None)?;
        let Some(log_key) = log_key else { return Ok(()) };
        note::vouches(proof.checkpoint.as_deref(), log_key, &self.origin, proof.size, &hash(&proof.root)?)
    }

    /// Number of records, parts or fields that are disclosed.
    #[must_use]
    pub fn disclosed(&self) -> usize {
        self.parts.len() + self.run.as_ref().map_or(0, |run| run.records.len())
    }
}

pub(crate) fn base64(text: &str) -> Result<Vec<u8>, ProofError> {
    BASE64.decode(text).map_err(|_| ProofError("base64"))
}

pub(crate) fn hash(text: &str) -> Result<Hash, ProofError> {
    base64(text)?.try_into().map_err(|_| ProofError("hash"))
}
