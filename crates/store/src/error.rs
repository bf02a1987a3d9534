//! What can go wrong.

/// A failure of the state.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused or could not be reached.
    #[error("the database says: {0}")]
    Database(String),
    /// A newer Sekisho wrote the tables.
    #[error(
        "the database has schema {found}, this program knows up to {known}; use the program that wrote it"
    )]
    Newer {
        /// Version found.
        found: i64,
        /// Newest version that this program knows.
        known: i64,
    },
    /// The address of the database is not acceptable.
    #[error("address of the database: {0}")]
    Address(String),
    /// Somebody else changed the row since it was read (CW-DAT-05).
    #[error("{what} was changed by somebody else meanwhile (version {found}, expected {expected})")]
    Stale {
        /// What was to be changed.
        what: String,
        /// Version that is there.
        found: i64,
        /// Version that the change was made for.
        expected: i64,
    },
    /// There is no such row.
    #[error("no such {0}")]
    Absent(&'static str),
    /// A column does not hold what was expected: a fault of the program or a damaged database.
    #[error("column {column} holds no {expected}")]
    Column {
        /// Place of the column.
        column: usize,
        /// What was expected.
        expected: &'static str,
    },
    /// Something with this name exists already.
    #[error("{0} exists already")]
    Exists(String),
}

/// Result of the state.
pub type Result<T> = std::result::Result<T, Error>;

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.to_string())
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        use std::error::Error as _;
        Self::Database(match (error.as_db_error(), error.source()) {
            (Some(said), _) => format!("{} {}", said.code().code(), said.message()),
            (None, Some(cause)) => format!("{error}: {cause}"),
            (None, None) => error.to_string(),
        })
    }
}
