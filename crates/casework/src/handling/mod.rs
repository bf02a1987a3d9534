//! What people do in a case (casework.md 6, 10): what they preserved, what they recovered, which measures they answered, and
//! which guards still object to the next state. Pure: the log of the case in, objections out (CW-DAT-12).

mod closing;
mod gates;
mod items;
mod notes;
mod recovery;

pub use closing::objections;
pub use gates::{KEPT_MICROS, gates};
pub use items::{Fate, Item, ItemClass, Place, Settled};
pub use notes::{Deed, GateAnswer, GateNote, Handling, Waiver, WaiverMade};
pub use recovery::{Action, MeasureAnswer, MeasureDoing, Recovery};

use crate::obligation::Obligation;
use serde::{Deserialize, Serialize};
use std::fmt;
use vocab::Timestamp;

/// A guard that may object to a change of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Guard {
    /// An image or full backup of each hit computer.
    #[serde(rename = "PG-1")]
    Image,
    /// Detection results and login logs.
    #[serde(rename = "PG-2")]
    Logs,
    /// Volatile data of each hit computer.
    #[serde(rename = "PG-3")]
    Volatile,
    /// What is kept does not lie on a hit computer.
    #[serde(rename = "PG-4")]
    Elsewhere,
    /// A custody record for every item.
    #[serde(rename = "PG-5")]
    Custody,
    /// The question whether to report to the police.
    #[serde(rename = "PG-6")]
    Police,
    /// A confirmed verdict.
    Verdict,
    /// An obligation that is not settled.
    Obligation,
    /// No entry about a hit computer in the recovery record.
    #[serde(rename = "REC-0")]
    Record,
    /// A hit computer neither rebuilt nor excepted with a reason.
    #[serde(rename = "REC-1")]
    Rebuilt,
    /// Whether the cause was found is not recorded.
    #[serde(rename = "REC-2")]
    Cause,
    /// Codes that could be known are not changed.
    #[serde(rename = "REC-3")]
    Codes,
    /// No negative check for traces.
    #[serde(rename = "REC-4")]
    Checked,
    /// Content was put back and nothing was done about the cause (CW-VIC-10).
    #[serde(rename = "REC-5")]
    RestoredOnly,
    /// A measure that nobody answered.
    Measure,
    /// An item of evidence of which it is not said what became of it.
    Settled,
    /// A document that was handed in without receipt.
    Receipt,
}

impl Guard {
    /// The gates of preservation (保全ゲート).
    pub const GATES: [Self; 6] =
        [Self::Image, Self::Logs, Self::Volatile, Self::Elsewhere, Self::Custody, Self::Police];

    /// Code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Image => "PG-1",
            Self::Logs => "PG-2",
            Self::Volatile => "PG-3",
            Self::Elsewhere => "PG-4",
            Self::Custody => "PG-5",
            Self::Police => "PG-6",
            Self::Verdict => "verdict",
            Self::Obligation => "obligation",
            Self::Record => "REC-0",
            Self::Rebuilt => "REC-1",
            Self::Cause => "REC-2",
            Self::Codes => "REC-3",
            Self::Checked => "REC-4",
            Self::RestoredOnly => "REC-5",
            Self::Measure => "measure",
            Self::Settled => "settled",
            Self::Receipt => "receipt",
        }
    }

    /// The gate of preservation with this code.
    #[must_use]
    pub fn gate(code: &str) -> Option<Self> {
        Self::GATES.into_iter().find(|gate| gate.code() == code)
    }
}

/// What still stands against a change of state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Objection {
    /// Which guard.
    pub guard: Guard,
    /// About what: a computer, a clock, a measure, an item; empty: the case as a whole.
    pub about: String,
}

impl Objection {
    pub(crate) fn new(guard: Guard, about: &str) -> Self {
        Self { guard, about: about.to_owned() }
    }
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blank = if self.about.is_empty() { "" } else { " " };
        write!(f, "{}{blank}{}", self.guard.code(), self.about)
    }
}

/// How a case stands, beside what people did in it.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// Hit computers: suspected or confirmed (CW-VIC-07).
    pub hit: &'a [String],
    /// The computer on which the store of evidence lies.
    pub keeper: &'a str,
    /// First and last suspicious record.
    pub span: (Timestamp, Timestamp),
    /// Items without an open custody record that holds.
    pub unheld: &'a [String],
    /// A verdict is confirmed and not outdated.
    pub confirmed: bool,
    /// Obligations.
    pub obligations: &'a [Obligation],
    /// Measures that the incident asks for, with their order (DT-KND-09).
    pub measures: &'a [(String, u8)],
    /// Documents that were handed in and have no receipt.
    pub without_receipt: &'a [String],
    /// The present.
    pub now: Timestamp,
}
