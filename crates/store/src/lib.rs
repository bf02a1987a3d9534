//! Relational state (DESIGN, `store`): who may do what, what was found, cases, notices. One text per query for SQLite, the
//! embedded default, and PostgreSQL.
//!
//! Evidence does not live here: it is in the ledger, and a row cites it. Architecture invariant: no rule, no clock and no
//! randomness; times, ids and secrets' hashes are values that the caller gives. Every call waits for its answer.

mod agents;
mod blocks;
mod cases;
mod engine;
mod error;
mod logs;
mod migrate;
mod notices;
mod people;
mod posts;
mod sessions;
mod sources;
mod tellings;
mod tokens;
mod value;
mod watch;

pub use agents::AgentRow;
pub use blocks::{BlockRow, BlockState};
pub use cases::{Case, CaseEvent, NewCase};
pub use engine::Tx;
pub use error::{Error, Result};
pub use logs::{LogChunk, LogLine, LogWanted};
pub use notices::Notice;
pub use people::{NewPerson, Person, Role};
pub use posts::PostRow;
pub use sessions::Session;
pub use sources::SourceRow;
pub use tellings::Telling;
pub use tokens::TokenRow;
pub use value::{Row, Value};
pub use vocab::{CaseState, NoticeState};
pub use watch::{FindingRow, IncidentRow, Page, Wanted};

use engine::Engine;
use std::path::Path;

/// The state of an installation.
#[derive(Debug)]
pub struct Store {
    engine: Engine,
}

impl Store {
    /// Opens the database `address`: a path for SQLite, or `postgresql://` for PostgreSQL; makes it and its tables when they
    /// are not there, and brings older tables up to date.
    ///
    /// # Errors
    /// [`Error::Database`] when it cannot be reached, [`Error::Newer`] when a newer Sekisho wrote it, [`Error::Address`] for
    /// a PostgreSQL on another computer without TLS or with a password in its address.
    pub fn open(address: &str, password: Option<&str>) -> Result<Self> {
        let engine = if address.starts_with("postgresql://") || address.starts_with("postgres://") {
            Engine::postgres(address, password)?
        } else {
            Engine::sqlite(Path::new(address))?
        };
        let store = Self { engine };
        store.write(migrate::up)?;
        Ok(store)
    }

    /// A state in memory, for tests and trials.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn in_memory() -> Result<Self> {
        let store = Self { engine: Engine::sqlite_in_memory()? };
        store.write(migrate::up)?;
        Ok(store)
    }

    /// Name of the database engine.
    #[must_use]
    pub const fn engine(&self) -> &'static str {
        self.engine.name()
    }

    /// Writes a whole copy of the state into a new file, while others go on writing. Only for SQLite: PostgreSQL has its own
    /// tools.
    ///
    /// # Errors
    /// [`Error::Address`] for PostgreSQL, [`Error::Database`] when the file is there or cannot be written.
    pub fn copy_to(&self, path: &Path) -> Result<()> {
        self.engine.copy_to(path)
    }

    /// Is the file sound, as far as the engine can tell?
    ///
    /// # Errors
    /// [`Error::Database`] with what is wrong.
    pub fn check(&self) -> Result<()> {
        self.engine.check()
    }

    /// Does `work` in one transaction: all of it or nothing.
    ///
    /// # Errors
    /// What `work` fails with, [`Error::Database`].
    pub fn write<T>(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        self.engine.transact(work)
    }

    /// Reads in one transaction, which is given up afterwards.
    ///
    /// # Errors
    /// What `work` fails with, [`Error::Database`].
    pub fn read<T>(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        self.engine.look(work)
    }
}
