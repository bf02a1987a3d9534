//! `ledger-head.json`: the signed head that the records lead to, and how it grew from the head of the bundle before
//! (docs/spec/ledger.md 18.3, BV-10).

use crate::error::{Code, Fault};
use crate::names;
use ledger::{ConsistencyProof, TreeHead};
use serde::{Deserialize, Serialize};

const SCHEMA: &str = "sekisho.ledger-head/1";

/// The head that the bundle before had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// Entries.
    pub size: u64,
    /// Root, base64.
    pub root: String,
}

/// A signed head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    schema: String,
    /// Name of the ledger.
    pub origin: String,
    /// Entries.
    pub size: u64,
    /// Root, base64.
    pub root: String,
    /// The signed note.
    pub checkpoint: String,
    /// The head of the bundle before.
    pub previous: Option<Previous>,
    /// Proof that the ledger only grew since then, base64.
    pub consistency: Vec<String>,
}

impl Head {
    /// A head, and when there was a bundle before, the proof of growth since then.
    #[must_use]
    pub fn new(excerpt: &ledger::Excerpt, checkpoint: String, growth: Option<ConsistencyProof>) -> Self {
        let (previous, consistency) = growth.map_or((None, Vec::new()), |proof| {
            (Some(Previous { size: proof.old.size, root: proof.old.root }), proof.hashes)
        });
        Self {
            schema: SCHEMA.to_owned(),
            origin: excerpt.origin().to_owned(),
            size: excerpt.size(),
            root: excerpt.root().to_owned(),
            checkpoint,
            previous,
            consistency,
        }
    }

    pub(crate) fn bytes(&self) -> Result<Vec<u8>, Fault> {
        let value = serde_json::to_value(self).map_err(|error| fault(error.to_string()))?;
        ledger::canonical_json(&value).map_err(fault)
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let value = ledger::parse_canonical_json(bytes).map_err(fault)?;
        let head: Self = serde_json::from_value(value).map_err(|error| fault(error.to_string()))?;
        if head.schema == SCHEMA { Ok(head) } else { Err(fault("schema of the head")) }
    }

    /// Checks the proof of growth, and that it begins at the head that is known of this ledger (BV-10).
    pub(crate) fn check_growth(&self, known: Option<(u64, &str)>) -> Result<(), Fault> {
        if let Some(previous) = &self.previous {
            let proof = ConsistencyProof {
                v: 1,
                origin: self.origin.clone(),
                old: TreeHead { size: previous.size, root: previous.root.clone() },
                new: TreeHead { size: self.size, root: self.root.clone() },
                hashes: self.consistency.clone(),
            };
            if !proof.holds() {
                return Err(rewritten("the proof of growth does not hold"));
            }
        }
        let Some((size, root)) = known else { return Ok(()) };
        let same = |a: (u64, &str)| a == (size, root);
        if size > self.size {
            return Err(rewritten("the ledger was longer when the bundle before was sealed"));
        }
        if same((self.size, &self.root)) || self.previous.as_ref().is_some_and(|p| same((p.size, &p.root))) {
            return Ok(());
        }
        Err(rewritten("no proof that the ledger grew from the head that is known"))
    }
}

fn rewritten(what: &str) -> Fault {
    Fault::new(Code::Bv10, names::HEAD, format!("history rewritten? {what}"))
}

fn fault(what: impl Into<String>) -> Fault {
    Fault::new(Code::Bv10, names::HEAD, what)
}
