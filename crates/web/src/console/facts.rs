//! The page of facts and verdict of a case.

use super::Frame;
use askama::Template;

/// A fact as it stands.
#[derive(Clone, Debug)]
pub struct FactLine {
    /// `F0` and so on.
    pub id: String,
    /// What it says.
    pub statement: String,
    /// Its value in words.
    pub value: String,
    /// Who recorded it, in words; empty: nobody.
    pub author: String,
    /// Why.
    pub reason: String,
    /// It is not known, and the verdict needs it.
    pub missing: bool,
    /// What would settle it.
    pub settled_by: String,
    /// Values to choose from: code and words.
    pub values: Vec<(String, String)>,
}

/// A verdict that a person made.
#[derive(Clone, Debug)]
pub struct VerdictLine {
    /// Class in words.
    pub label: String,
    /// State, who and when, in words.
    pub said: String,
    /// Why.
    pub reason: String,
}

/// Facts and verdict.
#[derive(Template)]
#[template(path = "console/facts.html")]
pub struct FactsPage<'a> {
    /// What every page has.
    pub f: Frame<'a>,
    /// Number of the case.
    pub number: i64,
    /// What the rules propose, in words.
    pub proposal: String,
    /// Whether 不正アクセス行為 may be said, in a sentence.
    pub names: String,
    /// What the reader must know: outdated, notes that do not stand.
    pub warnings: Vec<String>,
    /// Verdicts, the oldest first.
    pub verdicts: Vec<VerdictLine>,
    /// Facts.
    pub facts: Vec<FactLine>,
    /// The reader may state facts.
    pub states: bool,
    /// What the reader may do about the verdict: code and words; empty: nothing.
    pub doings: Vec<(&'static str, String)>,
    /// Classes to choose from: code and words.
    pub classes: Vec<(String, String)>,
}
