//! Evidence (証拠, casework.md 10.2): what an item is, where it lies, what became of it.

use serde::{Deserialize, Serialize};
use vocab::Timestamp;

/// What an item of evidence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemClass {
    /// Image or full backup.
    Image,
    /// Volatile data: connections, processes, memory.
    Volatile,
    /// Logs and detection results.
    Logs,
    /// Configuration, lists of accounts.
    Config,
    /// Something else.
    Other,
}

impl ItemClass {
    /// All classes.
    pub const ALL: [Self; 5] = [Self::Image, Self::Volatile, Self::Logs, Self::Config, Self::Other];

    /// Code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Volatile => "volatile",
            Self::Logs => "logs",
            Self::Config => "config",
            Self::Other => "other",
        }
    }

    /// The class with this code.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.code() == code)
    }
}

/// Where an item is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In the store of evidence.
    Store,
    /// Entries of the ledger, both included.
    Ledger(u64, u64),
    /// Somewhere else, in words; its hash is known.
    Elsewhere(String),
}

/// An item of evidence (証拠).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Name as its owner gave it; hostile.
    pub name: String,
    /// What it is.
    pub class: ItemClass,
    /// Computer that it was taken from; empty: none in particular.
    pub host: String,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Size.
    pub bytes: u64,
    /// Where it is.
    pub place: Place,
    /// Tool that took it, as far as told.
    #[serde(default)]
    pub tool: String,
    /// When it was taken, as far as told.
    #[serde(default)]
    pub taken: String,
    /// The time that logs cover.
    #[serde(default)]
    pub covers: Option<(Timestamp, Timestamp)>,
    /// Remarks.
    #[serde(default)]
    pub note: String,
}

/// What became of an item at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Kept under the retention rule.
    Kept,
    /// Returned.
    Returned,
    /// Destroyed under the retention rule.
    Destroyed,
}

impl Fate {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Kept, Self::Returned, Self::Destroyed];

    /// Code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Returned => "returned",
            Self::Destroyed => "destroyed",
        }
    }
}

/// Says what became of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// SHA-256 of the item.
    pub item: String,
    /// What became of it.
    pub fate: Fate,
    /// Where, to whom, by which rule.
    pub reason: String,
}
