//! Searching the logs.

use super::Frame;
use askama::Template;

/// A line.
#[derive(Clone, Debug)]
pub struct LogRow {
    /// When it was received.
    pub at: String,
    /// Source.
    pub source: String,
    /// Its text, secrets masked.
    pub text: String,
    /// Ledger entry.
    pub entry: u64,
    /// Record in the entry.
    pub record: u32,
}

/// Lines that were asked for.
#[derive(Template)]
#[template(path = "console/logs.html")]
pub struct LogsPage<'a> {
    /// What every page has.
    pub f: Frame<'a>,
    /// Words, as they were typed.
    pub words: String,
    /// Sources to choose from: name, chosen.
    pub sources: Vec<(String, bool)>,
    /// Received then or later, as a form takes it; empty: any time.
    pub from: String,
    /// Received before.
    pub to: String,
    /// What to say of the result.
    pub note: String,
    /// The lines, newest first.
    pub rows: Vec<LogRow>,
    /// Address of older ones.
    pub older: Option<String>,
}
