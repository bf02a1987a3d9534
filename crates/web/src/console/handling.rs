//! The pages of preservation and recovery of a case.

use super::Frame;
use askama::Template;

/// What still stands against a change of state.
#[derive(Clone, Debug)]
pub struct ObjectionLine {
    /// Code of the guard.
    pub code: &'static str,
    /// In words.
    pub text: String,
    /// Where it is dealt with.
    pub href: String,
}

/// A state that a case may be moved to.
#[derive(Clone, Debug)]
pub struct MoveLine {
    /// Code of the state.
    pub state: &'static str,
    /// What the button says.
    pub words: String,
    /// What still stands against it; empty: nothing.
    pub objections: Vec<ObjectionLine>,
}

/// A gate of preservation.
#[derive(Clone, Debug)]
pub struct GateLine {
    /// Code.
    pub code: &'static str,
    /// Hit computer; empty: the case as a whole.
    pub host: String,
    /// The same for the page.
    pub shown: String,
    /// What it asks for.
    pub asks: String,
    /// It is closed.
    pub closed: bool,
    /// The same in words.
    pub state: String,
    /// What it is closed for.
    pub about: String,
    /// What people stated.
    pub stated: String,
    /// Answers that it takes: code and words.
    pub answers: Vec<(&'static str, String)>,
}

/// A waiver.
#[derive(Clone, Debug)]
pub struct WaiverLine {
    /// Entry of the ledger.
    pub entry: i64,
    /// Who set which gates aside, and when.
    pub words: String,
    /// Why.
    pub reason: String,
    /// Who agreed, or that somebody has to.
    pub state: String,
    /// The reader may agree.
    pub agrees: bool,
}

/// Preservation and evidence.
#[derive(Template)]
#[template(path = "console/evidence.html")]
pub struct EvidencePage<'a> {
    /// What every page has.
    pub f: Frame<'a>,
    /// Number of the case.
    pub number: i64,
    /// Version of the row.
    pub version: i64,
    /// The gates.
    pub gates: Vec<GateLine>,
    /// Waivers, the newest first.
    pub waivers: Vec<WaiverLine>,
    /// The reader may state something of a gate.
    pub states: bool,
    /// The reader may set gates aside.
    pub waives: bool,
}

/// An entry of the recovery record.
#[derive(Clone, Debug)]
pub struct RecoveryLine {
    /// Entry of the ledger.
    pub entry: i64,
    /// Who noted it, and when.
    pub noted: String,
    /// Computer.
    pub host: String,
    /// What was done.
    pub action: String,
    /// Who did it, and when.
    pub done: String,
    /// Why and how.
    pub reason: String,
    /// Hash or version before and after.
    pub change: String,
    /// What came of it.
    pub result: String,
    /// Measure that it belongs to.
    pub measure: String,
}

/// A measure against recurrence.
#[derive(Clone, Debug)]
pub struct MeasureLine {
    /// Id.
    pub id: String,
    /// What to do.
    pub text: String,
    /// Answer in words.
    pub answer: String,
    /// Nobody carried it out or declined it.
    pub open: bool,
    /// Why.
    pub reason: String,
}

/// Recovery and measures.
#[derive(Template)]
#[template(path = "console/recovery.html")]
pub struct RecoveryPage<'a> {
    /// What every page has.
    pub f: Frame<'a>,
    /// Number of the case.
    pub number: i64,
    /// Version of the row.
    pub version: i64,
    /// Gates of preservation that are closed.
    pub gates: Vec<ObjectionLine>,
    /// The recovery record, the oldest first.
    pub entries: Vec<RecoveryLine>,
    /// Hit computers: as logged, and for the page.
    pub hosts: Vec<(String, String)>,
    /// Actions: code and words.
    pub actions: Vec<(&'static str, String)>,
    /// Measures.
    pub measures: Vec<MeasureLine>,
    /// Answers: code and words.
    pub answers: Vec<(&'static str, String)>,
    /// The reader may add to both.
    pub acts: bool,
}
