//! The index of the logs, for searching: the lines of the last days as people are shown them, and which pairs of characters
//! stand in which stretch of them. Pairs, because two characters are a whole word in Japanese and no engine's own index finds
//! them. It can be made again from the ledger at any time.

use crate::{Result, Row, Tx, Value};
use vocab::Timestamp;

/// Rows that one statement enters.
const ROWS_AT_ONCE: usize = 256;

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Ledger entry times 4,096, plus the record in it.
    pub id: i64,
    /// Number of its source.
    pub source: i64,
    /// When it was received.
    pub at: Timestamp,
    /// Its text, secrets masked.
    pub text: String,
}

/// Stretch of lines whose pairs of characters are known together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogChunk {
    /// Id of its first line.
    pub first: i64,
    /// Id of its last line.
    pub last: i64,
    /// Lines.
    pub lines: i64,
}

/// Which lines are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogWanted {
    /// Of this source; `None`: of any.
    pub source: Option<i64>,
    /// Received then or later.
    pub from: Timestamp,
    /// Received before.
    pub to: Timestamp,
    /// Smallest id.
    pub first: i64,
    /// Ids below this one.
    pub before: i64,
    /// Rows at most.
    pub rows: i64,
}

fn line(row: &Row) -> Result<LogLine> {
    Ok(LogLine { id: row.int(0)?, source: row.int(1)?, at: row.time(2)?, text: row.text(3)? })
}

fn chunk(row: &Row) -> Result<LogChunk> {
    Ok(LogChunk { first: row.int(0)?, last: row.int(1)?, lines: row.int(2)? })
}

/// `($1, $2), ($3, $4)`: places for rows of values.
fn places(rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let places: Vec<String> =
            (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", places.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

impl Tx<'_> {
    /// Number of a source, by its name; given when it has none yet.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn log_source(&mut self, name: &str) -> Result<i64> {
        if let Some(row) = self.one("SELECT id FROM log_source WHERE name = $1", &[name.into()])? {
            return row.int(0);
        }
        let next = self.count("SELECT COALESCE(MAX(id), 0) + 1 FROM log_source", &[])?;
        self.execute("INSERT INTO log_source (id, name) VALUES ($1, $2)", &[next.into(), name.into()])?;
        Ok(next)
    }

    /// All sources with lines in the index: number and name.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn log_sources(&mut self) -> Result<Vec<(i64, String)>> {
        let rows = self.query("SELECT id, name FROM log_source ORDER BY name", &[])?;
        rows.iter().map(|row| Ok((row.int(0)?, row.text(1)?))).collect()
    }

    /// The newest stretch.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn newest_log_chunk(&mut self) -> Result<Option<LogChunk>> {
        let select = "SELECT first, last, lines FROM log_chunk ORDER BY first DESC LIMIT 1";
        self.one(select, &[])?.as_ref().map(chunk).transpose()
    }

    /// Enters lines at the end of a stretch, with the pairs of characters that stand in them.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn add_log_lines(&mut self, into: LogChunk, grams: &[i64], lines: &[LogLine]) -> Result<()> {
        self.execute(
            "INSERT INTO log_chunk (first, last, lines) VALUES ($1, $2, $3) ON CONFLICT (first) DO UPDATE SET \
             last = excluded.last, lines = excluded.lines",
            &[into.first.into(), into.last.into(), into.lines.into()],
        )?;
        for some in lines.chunks(ROWS_AT_ONCE) {
            let values: Vec<Value> = some
                .iter()
                .flat_map(|line| [line.id.into(), line.source.into(), line.at.into(), (&line.text).into()])
                .collect();
            let insert = "INSERT INTO log_line (id, source, at, text) VALUES";
            // An entry that was lost with the power before it was durable is followed by another one of the same number.
            let known = "ON CONFLICT (id) DO UPDATE SET source = excluded.source, at = excluded.at, text = excluded.text";
            self.execute(&format!("{insert} {} {known}", places(some.len(), 4)), &values)?;
        }
        for some in grams.chunks(ROWS_AT_ONCE) {
            let values: Vec<Value> =
                some.iter().flat_map(|gram| [Value::from(*gram), into.first.into()]).collect();
            let insert = "INSERT INTO log_gram (gram, chunk) VALUES";
            self.execute(
                &format!("{insert} {} ON CONFLICT (gram, chunk) DO NOTHING", places(some.len(), 2)),
                &values,
            )?;
        }
        Ok(())
    }

    /// Stretches below `before` in which all the pairs stand, newest first.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn log_chunks(&mut self, grams: &[i64], before: i64, rows: i64) -> Result<Vec<LogChunk>> {
        let mut values: Vec<Value> = vec![before.into(), rows.into()];
        let mut all = String::new();
        for gram in grams {
            values.push((*gram).into());
            all.push_str(&format!(
                " AND EXISTS (SELECT 1 FROM log_gram g WHERE g.gram = ${} AND g.chunk = c.first)",
                values.len()
            ));
        }
        let select = format!(
            "SELECT c.first, c.last, c.lines FROM log_chunk c WHERE c.first < $1{all} ORDER BY c.first DESC LIMIT $2"
        );
        self.query(&select, &values)?.iter().map(chunk).collect()
    }

    /// Lines, newest first.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn log_lines(&mut self, wanted: &LogWanted) -> Result<Vec<LogLine>> {
        let select =
            "SELECT id, source, at, text FROM log_line WHERE id < $1 AND id >= $2 AND at >= $3 AND at < $4";
        let mut values: Vec<Value> = vec![
            wanted.before.into(),
            wanted.first.into(),
            wanted.from.into(),
            wanted.to.into(),
            wanted.rows.into(),
        ];
        let mut of = String::new();
        if let Some(source) = wanted.source {
            values.push(source.into());
            " AND source = $6".clone_into(&mut of);
        }
        let rows = self.query(&format!("{select}{of} ORDER BY id DESC LIMIT $5"), &values)?;
        rows.iter().map(line).collect()
    }

    /// Takes out what was received before `cutoff`.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn forget_log_lines(&mut self, cutoff: Timestamp) -> Result<()> {
        // Ids grow with the time of reception.
        let first = "SELECT COALESCE(MIN(id), 9223372036854775807) FROM log_line WHERE at >= $1";
        let first = self.count(first, &[cutoff.into()])?;
        self.execute("DELETE FROM log_line WHERE id < $1", &[first.into()])?;
        self.execute(
            "DELETE FROM log_gram WHERE chunk IN (SELECT first FROM log_chunk WHERE last < $1)",
            &[first.into()],
        )?;
        self.execute("DELETE FROM log_chunk WHERE last < $1", &[first.into()])?;
        Ok(())
    }
}
