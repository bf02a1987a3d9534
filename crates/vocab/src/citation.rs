//! How a record is cited.

use serde::{Deserialize, Serialize};

/// Zero-based leaf index of a ledger entry (台帳の項番). The only way the domain crates cite a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LedgerIndex(pub u64);

/// One record in the ledger: the entry, and the record's number inside it (0 for a single entry). A bulk entry covers
/// a run of up to 4,096 records of one source; a proof goes through both trees (DESIGN, "One direction of flow").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Citation {
    /// The ledger entry.
    pub index: LedgerIndex,
    /// Zero-based number of the record inside the entry.
    pub record: u32,
}
