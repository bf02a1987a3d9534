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

/// An item of evidence.
#[derive(Clone, Debug)]
pub struct ItemLine {
    /// Entry of the ledger.
    pub entry: i64,
    /// SHA-256.
    pub sha256: String,
    /// Name; was hostile.
    pub name: String,
    /// What it is.
    pub class: String,
    /// Computer.
    pub host: String,
    /// Size.
    pub bytes: u64,
    /// Where it is.
    pub place: String,
    /// Tool, time, what it covers, remarks.
    pub about: String,
    /// Who holds it.
    pub holder: String,
    /// Steps of custody: in words, what for, hash of the step before.
    pub custody: Vec<(String, String, String)>,
    /// What became of it.
    pub fate: String,
    /// Its file is in the store.
    pub file: bool,
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
    /// Items of evidence, the oldest first.
    pub items: Vec<ItemLine>,
    /// The chain of custody does not hold.
    pub chain_broken: bool,
    /// Hit computers: as logged, and for the page.
    pub hosts: Vec<(String, String)>,
    /// What an item may be: code and words.
    pub classes: Vec<(&'static str, String)>,
    /// What may become of an item: code and words.
    pub fates: Vec<(&'static str, String)>,
    /// How large a file may be, in words.
    pub limit: String,
    /// Entries of the ledger.
    pub entries: u64,
    /// The reader may add items.
    pub adds: bool,
    /// The reader may hand items on and take copies.
    pub hands: bool,
    /// The reader may say what became of an item.
    pub settles: bool,
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
