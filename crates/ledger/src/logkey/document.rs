//! The history of the log keys as a document, for those who know one of the keys, or the root key, and want to know which one
//! is in force: witnesses, auditors, whoever pinned a key (LG-EPO-04).

use super::LogKeys;
use crate::{ConsistencyProof, Excerpt, Hash, ProofError, Reader, Result, TreeHead};
use serde::{Deserialize, Serialize};

/// Entries about log keys with their proofs, under a signed head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyHistory {
    /// Version, 1.
    pub v: u32,
    /// The genesis entry, the entries about keys, and the policies whose people signed.
    pub excerpt: Excerpt,
    /// The head that it leads to, signed by the key in force.
    pub checkpoint: String,
    /// Proof that the ledger grew from an earlier head of the receiver to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth: Option<ConsistencyProof>,
}

impl KeyHistory {
    /// The history up to the newest head; with `old`, also the proof that it grew from that size.
    ///
    /// # Errors
    /// `LE-KEY` where an entry about keys does not hold, [`crate::Error::Absent`] without a head, `LV-DAMAGE`, `LE-IO`.
    pub fn of(reader: &mut Reader, old: Option<u64>) -> Result<Self> {
        let (excerpt, head) = reader.excerpt(&[], &[])?;
        let growth = old.map(|old| reader.consistency(old, head.size)).transpose()?;
        Ok(Self { v: 1, excerpt, checkpoint: head.note, growth })
    }

    /// The keys, after a check of every proof and signature. `known` has to be one of them. A known key that was revoked leads
    /// to the next one only through a head that was known before: `head` (size and root), from which the ledger grew.
    ///
    /// # Errors
    /// Names the first part that does not agree.
    pub fn check(&self, known: &str, head: Option<(u64, Hash)>) -> Result<LogKeys, ProofError> {
        if self.v != 1 {
            return Err(ProofError("version"));
        }
        self.excerpt.check(&self.checkpoint, Some(known))?;
        let keys = self.excerpt.log_keys()?;
        let grown = match head.filter(|(size, _)| *size > 0) {
            Some(head) => self.grew(head)?,
            None => false,
        };
        let number = keys.find(known).map_or(0, |key| key.number);
        let mut later = keys.all().iter().filter(|key| key.number > number);
        if !grown && later.any(|key| !key.handed_over) {
            return Err(ProofError(
                "the key that you know was lost or stolen: it proves nothing of the next one without a head known before",
            ));
        }
        Ok(keys)
    }

    /// As [`KeyHistory::check`], for somebody who knows the root key from the first entry or from paper.
    ///
    /// # Errors
    /// Names the first part that does not agree.
    pub fn check_root(&self, root: &[u8; 32]) -> Result<LogKeys, ProofError> {
        self.excerpt.check(&self.checkpoint, None)?;
        let keys = self.excerpt.log_keys()?;
        let by_root = |by| by == super::Authority::Root;
        if !keys.has_root(root) {
            return Err(ProofError("the root key is not the one you expect"));
        }
        if !keys.current().is_some_and(|key| by_root(key.by)) {
            return Err(ProofError("the root key did not vouch for the log key in force"));
        }
        Ok(keys)
    }

    fn grew(&self, (size, root): (u64, Hash)) -> Result<bool, ProofError> {
        let growth = self
            .growth
            .as_ref()
            .ok_or(ProofError("no proof that the ledger grew from the head known before"))?;
        let new = TreeHead { size: self.excerpt.size(), root: self.excerpt.root().to_owned() };
        if growth.old != TreeHead::new(size, &root) || growth.new != new || !growth.holds() {
            return Err(ProofError("the ledger did not grow from the head known before"));
        }
        Ok(true)
    }
}
