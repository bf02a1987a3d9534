//! Facts beside the logs: the roster of accounts, assets, networks, and collected account files (detection.md 1.6).
//!
//! The tables are CSV (comma, semicolon or tab) in UTF-8, UTF-16, Shift_JIS or EUC-JP, with a header line whose columns may
//! stand in any order and be named in Japanese. Whatever is wrong is told with file, line and what was expected; nothing
//! is guessed (DT-EVT-16).

mod cell;
mod lists;
mod passwd;
mod places;
mod repudiated;
mod roster;
mod table;

pub use lists::{assets, networks};
pub use passwd::passwd;
pub use places::{Database, PLACES_BYTES_MAX};
pub use repudiated::repudiations;
pub use roster::accounts;
pub(crate) use roster::is_header as is_roster_header;

/// Why a context file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: line {line}: expected {expected}, found {found:?}")]
pub struct ContextError {
    /// Name of the file as given.
    pub file: String,
    /// Line from 1.
    pub line: u64,
    /// What should stand there.
    pub expected: String,
    /// What stands there, at most 80 characters.
    pub found: String,
}

impl ContextError {
    fn new(file: &str, line: u64, expected: impl Into<String>, found: &str) -> Self {
        let found = found.chars().take(80).collect();
        Self { file: file.to_owned(), line, expected: expected.into(), found }
    }
}
