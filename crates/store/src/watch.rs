//! What was found: findings and incidents, as the documents of `findings.jsonl` and `incidents.json`.

use crate::{Result, Row, Tx, Value};
use vocab::Timestamp;

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingRow {
    /// Id that stays the same while the finding grows.
    pub id: String,
    /// Rule.
    pub rule: String,
    /// Kind, by its name in the contract.
    pub kind: String,
    /// Level, 0 informational to 4 critical.
    pub level: i64,
    /// Time of its first record.
    pub began: Timestamp,
    /// Time of its last record.
    pub ended: Timestamp,
    /// Incident that it belongs to; empty: none.
    pub incident: String,
    /// The object of `findings.jsonl`.
    pub body: String,
}

/// An incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentRow {
    /// Id (DT-INC-04).
    pub id: String,
    /// Name of its main kind.
    pub title: String,
    /// Level, 0 to 4.
    pub level: i64,
    /// Somebody got in.
    pub entered: bool,
    /// Time of its first record.
    pub began: Timestamp,
    /// Time of its last record.
    pub ended: Timestamp,
    /// The object of `incidents.json`.
    pub body: String,
}

/// What is wanted of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// At least this level.
    pub level: i64,
    /// Of this kind; empty: of any.
    pub kind: String,
    /// Of this incident; empty: of any.
    pub incident: String,
    /// Rows that are passed over.
    pub skip: i64,
    /// Rows at most.
    pub rows: i64,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// Its rows.
    pub rows: Vec<T>,
    /// Rows of the whole list.
    pub all: i64,
}

fn finding(row: &Row) -> Result<FindingRow> {
    Ok(FindingRow {
        id: row.text(0)?,
        rule: row.text(1)?,
        kind: row.text(2)?,
        level: row.int(3)?,
        began: row.time(4)?,
        ended: row.time(5)?,
        incident: row.text(6)?,
        body: row.text(7)?,
    })
}

fn incident(row: &Row) -> Result<IncidentRow> {
    Ok(IncidentRow {
        id: row.text(0)?,
        title: row.text(1)?,
        level: row.int(2)?,
        entered: row.truth(3)?,
        began: row.time(4)?,
        ended: row.time(5)?,
        body: row.text(6)?,
    })
}

const INCIDENT: &str = "id, title, level, entered, began, ended, body";

impl Tx<'_> {
    /// Enters a finding, or what it has become.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn put_finding(&mut self, row: &FindingRow, now: Timestamp) -> Result<()> {
        self.execute(
            "INSERT INTO finding (id, rule, kind, level, began, ended, incident, body, changed) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, \
             level = excluded.level, began = excluded.began, ended = excluded.ended, \
             incident = excluded.incident, body = excluded.body, changed = excluded.changed",
            &[
                (&row.id).into(),
                (&row.rule).into(),
                (&row.kind).into(),
                row.level.into(),
                row.began.into(),
                row.ended.into(),
                (&row.incident).into(),
                (&row.body).into(),
                now.into(),
            ],
        )?;
        Ok(())
    }

    /// Findings, newest first.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn findings(&mut self, wanted: &Wanted) -> Result<Page<FindingRow>> {
        let which =
            "FROM finding WHERE level >= $1 AND ($2 = '' OR kind = $2) AND ($3 = '' OR incident = $3)";
        let mut values: Vec<Value> =
            vec![wanted.level.into(), (&wanted.kind).into(), (&wanted.incident).into()];
        let all = self.count(&format!("SELECT COUNT(*) {which}"), &values)?;
        values.extend([wanted.rows.into(), wanted.skip.into()]);
        let select = format!(
            "SELECT id, rule, kind, level, began, ended, incident, body {which} ORDER BY ended DESC, id LIMIT $4 OFFSET $5"
        );
        let rows = self.query(&select, &values)?.iter().map(finding).collect::<Result<_>>()?;
        Ok(Page { rows, all })
    }

    /// The finding `id`.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn finding(&mut self, id: &str) -> Result<Option<FindingRow>> {
        let select = "SELECT id, rule, kind, level, began, ended, incident, body FROM finding WHERE id = $1";
        self.one(select, &[id.into()])?.as_ref().map(finding).transpose()
    }

    /// Enters an incident, or what it has become; `true` when it was not known before.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn put_incident(&mut self, row: &IncidentRow, now: Timestamp) -> Result<bool> {
        let known = self.count("SELECT COUNT(*) FROM incident WHERE id = $1", &[(&row.id).into()])? > 0;
        self.execute(
            "INSERT INTO incident (id, title, level, entered, began, ended, body, changed) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO UPDATE SET title = excluded.title, \
             level = excluded.level, entered = excluded.entered, began = excluded.began, \
             ended = excluded.ended, body = excluded.body, changed = excluded.changed",
            &[
                (&row.id).into(),
                (&row.title).into(),
                row.level.into(),
                row.entered.into(),
                row.began.into(),
                row.ended.into(),
                (&row.body).into(),
                now.into(),
            ],
        )?;
        Ok(!known)
    }

    /// The incident `id`.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn incident(&mut self, id: &str) -> Result<Option<IncidentRow>> {
        self.one(&format!("SELECT {INCIDENT} FROM incident WHERE id = $1"), &[id.into()])?
            .as_ref()
            .map(incident)
            .transpose()
    }

    /// Incidents, newest first.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn incidents(&mut self, wanted: &Wanted) -> Result<Page<IncidentRow>> {
        let all = self.count("SELECT COUNT(*) FROM incident WHERE level >= $1", &[wanted.level.into()])?;
        let rows = self
            .query(
                &format!(
                    "SELECT {INCIDENT} FROM incident WHERE level >= $1 ORDER BY ended DESC, id LIMIT $2 OFFSET $3"
                ),
                &[wanted.level.into(), wanted.rows.into(), wanted.skip.into()],
            )?
            .iter()
            .map(incident)
            .collect::<Result<_>>()?;
        Ok(Page { rows, all })
    }
}
