//! SQLite, compiled in: one file beside the ledger, write-ahead log, every commit synced.

use crate::{Error, Result, Row, Value};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, Transaction, params_from_iter};
use std::path::Path;
use std::time::Duration;

/// How long a commit waits for another process, e.g. a command beside the service.
const WAIT: Duration = Duration::from_secs(5);

pub(super) fn open(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NOFOLLOW
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)
        .map_err(|error| Error::Database(format!("{}: {error}", path.display())))?;
    set_up(connection)
}

pub(super) fn in_memory() -> Result<Connection> {
    set_up(Connection::open_in_memory()?)
}

fn set_up(connection: Connection) -> Result<Connection> {
    connection.busy_timeout(WAIT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

/// A whole copy in a new file; others go on writing meanwhile.
pub(super) fn copy_to(connection: &Connection, path: &Path) -> Result<()> {
    let path = path.to_str().ok_or_else(|| Error::Address(format!("{} is not UTF-8", path.display())))?;
    connection.execute("VACUUM INTO ?1", [path])?;
    Ok(())
}

/// Looks through the whole file.
pub(super) fn check(connection: &Connection) -> Result<()> {
    let said: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if said == "ok" { Ok(()) } else { Err(Error::Database(said)) }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// `$1` names a value by its number in PostgreSQL; in SQLite that is `?1`. No text of a query holds another `$`.
fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}

pub(super) fn execute(tx: &Transaction<'_>, sql: &str, values: &[Value]) -> Result<u64> {
    let mut statement = tx.prepare_cached(&numbered(sql))?;
    Ok(statement.execute(params_from_iter(values))? as u64)
}

pub(super) fn query(tx: &Transaction<'_>, sql: &str, values: &[Value]) -> Result<Vec<Row>> {
    let mut statement = tx.prepare_cached(&numbered(sql))?;
    let columns = statement.column_count();
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let mut values = Vec::with_capacity(columns);
        for column in 0..columns {
            values.push(match row.get_ref(column)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(value) => Value::Int(value),
                ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
                ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
                ValueRef::Real(_) => {
                    return Err(Error::Column { column, expected: "number without fraction" });
                }
            });
        }
        found.push(Row(values));
    }
    Ok(found)
}
