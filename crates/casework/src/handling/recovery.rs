//! The recovery record (復旧記録, casework.md 6.4) and the answers to measures.

use serde::{Deserialize, Serialize};

/// What was done to recover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Formatted and set up anew.
    Rebuilt,
    /// Not rebuilt, with the reason.
    NotRebuilt,
    /// Content or settings put back.
    Restored,
    /// A weakness mended.
    Patched,
    /// Put into use again.
    Enabled,
    /// Every code that could be known was changed.
    CodesChanged,
    /// The cause was found.
    CauseFound,
    /// The cause was not found: what was searched.
    CauseNotFound,
    /// Looked for traces, none found.
    Checked,
    /// Something else.
    Other,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 10] = [
        Self::CauseFound,
        Self::CauseNotFound,
        Self::Rebuilt,
        Self::NotRebuilt,
        Self::Restored,
        Self::Patched,
        Self::CodesChanged,
        Self::Checked,
        Self::Enabled,
        Self::Other,
    ];

    /// Code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Rebuilt => "rebuilt",
            Self::NotRebuilt => "not_rebuilt",
            Self::Restored => "restored",
            Self::Patched => "patched",
            Self::Enabled => "enabled",
            Self::CodesChanged => "codes_changed",
            Self::CauseFound => "cause_found",
            Self::CauseNotFound => "cause_not_found",
            Self::Checked => "checked",
            Self::Other => "other",
        }
    }

    /// The action with this code.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.code() == code)
    }

    /// It changes the computer: refused while the gate of preservation is closed (casework.md 6.3).
    #[must_use]
    pub const fn changes_computer(self) -> bool {
        matches!(self, Self::Rebuilt | Self::Restored | Self::Patched | Self::Enabled)
    }
}

/// An entry of the recovery record (復旧記録, CW-VIC-08).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// Computer; empty: all that were hit.
    pub host: String,
    /// What.
    pub action: Action,
    /// Who did it, and when, as told.
    pub done: String,
    /// Why and how.
    pub reason: String,
    /// Hash or version before.
    #[serde(default)]
    pub before: String,
    /// Hash or version after.
    #[serde(default)]
    pub after: String,
    /// What came of it.
    #[serde(default)]
    pub result: String,
    /// Measure that it belongs to.
    #[serde(default)]
    pub measure: String,
}

/// The answer to a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureDoing {
    /// It is going to be done.
    Planned,
    /// Done.
    Done,
    /// Declined with a reason.
    Declined,
}

impl MeasureDoing {
    /// All answers.
    pub const ALL: [Self; 3] = [Self::Done, Self::Planned, Self::Declined];

    /// Code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Done => "done",
            Self::Declined => "declined",
        }
    }

    /// The answer with this code.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|doing| doing.code() == code)
    }
}

/// Answers a measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeasureAnswer {
    /// Measure.
    pub measure: String,
    /// Answer.
    pub answer: MeasureDoing,
    /// Who, when, why not.
    pub reason: String,
}
