//! What is watched: the log sources of the service.

use crate::{Result, Row, Tx};
use vocab::Timestamp;

/// A log source (DT-COR-06: its rank never changes once given).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRow {
    /// Rank.
    pub rank: i64,
    /// Name: a path, or `syslog/` and the peer.
    pub name: String,
    /// How it comes in: `file`, `syslog`, `http`.
    pub way: String,
    /// Format that was recognised; empty: none yet.
    pub format: String,
    /// Lines so far.
    pub lines: i64,
    /// Events so far.
    pub events: i64,
    /// Lines that could not be read.
    pub unread: i64,
    /// When the first line came.
    pub first_seen: Timestamp,
    /// When the last line came.
    pub last_seen: Timestamp,
    /// It has been silent for longer than it usually is.
    pub silent: bool,
}

fn source(row: &Row) -> Result<SourceRow> {
    Ok(SourceRow {
        rank: row.int(0)?,
        name: row.text(1)?,
        way: row.text(2)?,
        format: row.text(3)?,
        lines: row.int(4)?,
        events: row.int(5)?,
        unread: row.int(6)?,
        first_seen: row.time(7)?,
        last_seen: row.time(8)?,
        silent: row.truth(9)?,
    })
}

impl Tx<'_> {
    /// All sources, by name.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn sources(&mut self) -> Result<Vec<SourceRow>> {
        let rows = self.query(
            "SELECT rank, name, way, format, lines, events, unread, first_seen, last_seen, silent FROM source \
             ORDER BY name",
            &[],
        )?;
        rows.iter().map(source).collect()
    }

    /// Enters or updates a source.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn put_source(&mut self, source: &SourceRow) -> Result<()> {
        self.execute(
            "INSERT INTO source (rank, name, way, format, lines, events, unread, first_seen, last_seen, silent) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (rank) DO UPDATE SET \
             format = excluded.format, lines = excluded.lines, events = excluded.events, \
             unread = excluded.unread, last_seen = excluded.last_seen, silent = excluded.silent",
            &[
                source.rank.into(),
                (&source.name).into(),
                (&source.way).into(),
                (&source.format).into(),
                source.lines.into(),
                source.events.into(),
                source.unread.into(),
                source.first_seen.into(),
                source.last_seen.into(),
                source.silent.into(),
            ],
        )?;
        Ok(())
    }
}
