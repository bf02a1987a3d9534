//! The page of rules: which are in force, which are not and why, and how to load them anew.

use super::Frame;
use askama::Template;

/// Rules.
#[derive(Template)]
#[template(path = "console/rules.html")]
pub struct RulesPage<'a> {
    /// What every page has.
    pub f: Frame<'a>,
    /// Loading is under way.
    pub running: bool,
    /// Why the last attempt changed nothing; empty: it did.
    pub failed: String,
    /// Since when the rules are in force.
    pub since: String,
    /// Rules that are not in force, with the reason.
    pub refused: Vec<String>,
    /// Title, level and id of each rule in force.
    pub rows: Vec<(String, String, String)>,
    /// The reader may load them anew.
    pub acts: bool,
}
