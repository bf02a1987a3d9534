//! The two databases behind one transaction. A query is written once, with `$1`, `$2` ... for its values.

mod postgres;
mod sqlite;

use crate::{Error, Result, Row, Value};
use postgres::Postgres;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A database.
#[derive(Debug)]
pub(crate) enum Engine {
    Sqlite(Mutex<rusqlite::Connection>),
    Postgres(Box<Mutex<Postgres>>),
}

/// A transaction under way.
pub struct Tx<'t>(Inner<'t>);

enum Inner<'t> {
    Sqlite(&'t rusqlite::Transaction<'t>),
    Postgres(&'t Postgres),
}

impl std::fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tx")
    }
}

impl Tx<'_> {
    /// Runs a statement; gives the number of rows that it touched.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64> {
        match &self.0 {
            Inner::Sqlite(tx) => sqlite::execute(tx, sql, values),
            Inner::Postgres(client) => client.execute(sql, values),
        }
    }

    /// The rows that a query gives.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>> {
        match &self.0 {
            Inner::Sqlite(tx) => sqlite::query(tx, sql, values),
            Inner::Postgres(client) => client.query(sql, values),
        }
    }

    /// The only row, where there is one.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn one(&mut self, sql: &str, values: &[Value]) -> Result<Option<Row>> {
        Ok(self.query(sql, values)?.into_iter().next())
    }

    /// A number that a query gives, 0 without a row.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Column`].
    pub fn count(&mut self, sql: &str, values: &[Value]) -> Result<i64> {
        self.one(sql, values)?.map_or(Ok(0), |row| row.int(0))
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A transaction that was interrupted by a panic was rolled back when it was dropped.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Engine {
    pub(crate) fn sqlite(path: &Path) -> Result<Self> {
        sqlite::open(path).map(|connection| Self::Sqlite(Mutex::new(connection)))
    }

    pub(crate) fn sqlite_in_memory() -> Result<Self> {
        sqlite::in_memory().map(|connection| Self::Sqlite(Mutex::new(connection)))
    }

    pub(crate) fn postgres(address: &str, password: Option<&str>) -> Result<Self> {
        Postgres::open(address, password).map(|client| Self::Postgres(Box::new(Mutex::new(client))))
    }

    pub(crate) fn copy_to(&self, path: &Path) -> Result<()> {
        match self {
            Self::Sqlite(connection) => sqlite::copy_to(&held(connection), path),
            Self::Postgres(_) => Err(Error::Address("PostgreSQL is copied with its own pg_dump".to_owned())),
        }
    }

    pub(crate) fn check(&self) -> Result<()> {
        match self {
            Self::Sqlite(connection) => sqlite::check(&held(connection)),
            Self::Postgres(_) => Ok(()),
        }
    }

    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    pub(crate) fn transact<T>(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        match self {
            Self::Sqlite(connection) => {
                let mut connection = held(connection);
                let behavior = rusqlite::TransactionBehavior::Immediate;
                let tx = connection.transaction_with_behavior(behavior)?;
                let done = work(&mut Tx(Inner::Sqlite(&tx)))?;
                tx.commit().map_err(Error::from)?;
                Ok(done)
            }
            Self::Postgres(client) => {
                let mut client = held(client);
                client.begin()?;
                let done = work(&mut Tx(Inner::Postgres(&client)));
                client.end(done.is_ok())?;
                done
            }
        }
    }

    pub(crate) fn look<T>(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        match self {
            Self::Sqlite(connection) => {
                let mut connection = held(connection);
                let tx = connection.transaction()?;
                work(&mut Tx(Inner::Sqlite(&tx)))
            }
            Self::Postgres(client) => {
                let mut client = held(client);
                client.begin()?;
                let done = work(&mut Tx(Inner::Postgres(&client)));
                client.end(false)?;
                done
            }
        }
    }
}
