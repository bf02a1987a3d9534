//! The answer first: what a person wants to know before anything else.

use crate::Incident;
use serde::Serialize;
use vocab::Level;

/// The answer of a run, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Signs that somebody got in.
    Entered,
    /// Attempts, no sign of success.
    Tried,
    /// No sign in the logs given. Never "nothing happened" (DT-INC-12).
    NothingFound,
    /// The logs given cannot tell: nothing was readable.
    CannotTell,
}

/// The answer, from the incidents and the number of events that could be read.
#[must_use]
pub fn answer(incidents: &[Incident], events: u64) -> Answer {
    if incidents.iter().any(|incident| incident.entered() && incident.level >= Level::Medium) {
        Answer::Entered
    } else if !incidents.is_empty() {
        Answer::Tried
    } else if events == 0 {
        Answer::CannotTell
    } else {
        Answer::NothingFound
    }
}
