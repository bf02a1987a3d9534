//! Consistency proofs (LG chapter 19.4): a tree grew from an earlier one, nothing was changed or dropped.

use crate::{Hash, note, ranges};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

/// Size and root of a tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreeHead {
    /// Entries.
    pub size: u64,
    /// Root, base64.
    pub root: String,
}

impl TreeHead {
    /// A head from its parts.
    #[must_use]
    pub fn new(size: u64, root: &Hash) -> Self {
        Self { size, root: BASE64.encode(root) }
    }
}

/// Proof that the tree `new` grew from the tree `old` (RFC 9162, 2.1.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyProof {
    /// Version, 1.
    pub v: u32,
    /// Name of the ledger.
    pub origin: String,
    /// The earlier tree.
    pub old: TreeHead,
    /// The later tree.
    pub new: TreeHead,
    /// Nodes in the order of RFC 9162, base64.
    pub hashes: Vec<String>,
}

impl ConsistencyProof {
    /// Whether the nodes lead from the one root to the other. Which roots to believe is for the caller to know: from
    /// signed notes.
    #[must_use]
    pub fn holds(&self) -> bool {
        let path: Option<Vec<Hash>> = self.hashes.iter().map(|hash| decode(hash)).collect();
        match (decode(&self.old.root), decode(&self.new.root), path) {
            (Some(old), Some(new), Some(path)) => {
                self.v == 1 && ranges::consistent((self.old.size, old), (self.new.size, new), &path)
            }
            _ => false,
        }
    }

    /// Whether the two trees are those of two signed notes of the log key (`origin+id+base64`), and the proof holds.
    #[must_use]
    pub fn joins(&self, log_key: &str, old: &str, new: &str) -> bool {
        let Some((origin, key)) = note::parse_verifier_key(log_key) else { return false };
        let is = |text: &str, head: &TreeHead| {
            note::check(text.as_bytes(), &origin, &key)
                .is_ok_and(|note| TreeHead::new(note.size, &note.root) == *head)
        };
        origin == self.origin && is(old, &self.old) && is(new, &self.new) && self.holds()
    }
}

fn decode(text: &str) -> Option<Hash> {
    BASE64.decode(text).ok()?.try_into().ok()
}
