//! How far people have been told of a stage of an incident, until somebody acknowledges (detection.md 8.1).

use crate::{Result, Row, Tx};
use vocab::Timestamp;

/// The telling of one stage of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling {
    /// Incident; or what else is told of, e.g. a test.
    pub incident: String,
    /// Stage that it has reached.
    pub stage: String,
    /// Level, 0 to 4.
    pub level: i64,
    /// When the stage was reached.
    pub begun: Timestamp,
    /// Rounds of telling that are done.
    pub rounds: i64,
    /// When it was acknowledged; 0: not.
    pub acknowledged: Timestamp,
    /// Name to sign in with of who acknowledged it.
    pub acknowledged_by: String,
}

const COLUMNS: &str = "incident, stage, level, begun, rounds, acknowledged, acknowledged_by";

fn telling(row: &Row) -> Result<Telling> {
    Ok(Telling {
        incident: row.text(0)?,
        stage: row.text(1)?,
        level: row.int(2)?,
        begun: row.time(3)?,
        rounds: row.int(4)?,
        acknowledged: row.time(5)?,
        acknowledged_by: row.text(6)?,
    })
}

impl Tx<'_> {
    /// Begins to tell of a stage of an incident, once (DT-NTF-04); a stage that is being told of gets its higher level.
    /// `true` when it was not known before.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn begin_telling(&mut self, incident: &str, stage: &str, level: i64, now: Timestamp) -> Result<bool> {
        let added = self.execute(
            "INSERT INTO telling (incident, stage, level, begun, rounds, acknowledged, acknowledged_by) \
             VALUES ($1, $2, $3, $4, 0, 0, '') ON CONFLICT (incident, stage) DO NOTHING",
            &[incident.into(), stage.into(), level.into(), now.into()],
        )?;
        if added == 0 {
            self.execute(
                "UPDATE telling SET level = $3 WHERE incident = $1 AND stage = $2 AND level < $3",
                &[incident.into(), stage.into(), level.into()],
            )?;
        }
        Ok(added == 1)
    }

    /// What nobody has acknowledged yet, the oldest first.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn open_tellings(&mut self, rows: i64) -> Result<Vec<Telling>> {
        let select =
            format!("SELECT {COLUMNS} FROM telling WHERE acknowledged = 0 ORDER BY begun, incident LIMIT $1");
        self.query(&select, &[rows.into()])?.iter().map(telling).collect()
    }

    /// What was told of an incident, the oldest first.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn tellings_of(&mut self, incident: &str) -> Result<Vec<Telling>> {
        let select = format!("SELECT {COLUMNS} FROM telling WHERE incident = $1 ORDER BY begun, stage");
        self.query(&select, &[incident.into()])?.iter().map(telling).collect()
    }

    /// When a stage of this name was begun last, of any incident.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn last_telling(&mut self, stage: &str) -> Result<Option<Timestamp>> {
        let row = self.one("SELECT MAX(begun) FROM telling WHERE stage = $1", &[stage.into()])?;
        row.map_or(Ok(None), |row| row.maybe_time(0))
    }

    /// Writes down that rounds of telling are done.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn told_rounds(&mut self, incident: &str, stage: &str, rounds: i64) -> Result<()> {
        self.execute(
            "UPDATE telling SET rounds = $3 WHERE incident = $1 AND stage = $2 AND rounds < $3",
            &[incident.into(), stage.into(), rounds.into()],
        )?;
        Ok(())
    }
}
