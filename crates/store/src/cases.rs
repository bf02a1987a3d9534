//! Cases (casework.md 10): one for each incident that somebody has to deal with, and everything that was done in it.

use crate::{Error, Result, Row, Tx};
use vocab::{CaseState, Timestamp};

/// A case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Id.
    pub id: String,
    /// Number for people.
    pub number: i64,
    /// Incident that it deals with.
    pub incident: String,
    /// Title, by what was noticed; never an offence by name (W1).
    pub title: String,
    /// State.
    pub state: CaseState,
    /// Name to sign in with of its owner; empty: nobody yet.
    pub owner: String,
    /// When it was opened.
    pub opened: Timestamp,
    /// When somebody recognised the matter: start of the clocks (casework.md 7.8); 0: not yet.
    pub recognised: Timestamp,
    /// Version of the row (CW-DAT-05).
    pub version: i64,
}

/// A case to be opened.
#[derive(Clone, Copy, Debug)]
pub struct NewCase<'a> {
    /// Id.
    pub id: &'a str,
    /// Incident.
    pub incident: &'a str,
    /// Title.
    pub title: &'a str,
}

/// Something that was done in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseEvent {
    /// Id.
    pub id: String,
    /// Case.
    pub case: String,
    /// When.
    pub at: Timestamp,
    /// Who: name to sign in with; empty: Sekisho itself.
    pub actor: String,
    /// What, by its code: `opened`, `state`, `note`, `fact`, `acknowledged` ...
    pub deed: String,
    /// Particulars.
    pub body: String,
    /// Entry of the ledger that holds it.
    pub ledger: i64,
}

const COLUMNS: &str = "id, number, incident, title, state, owner, opened, recognised, version";

fn case(row: &Row) -> Result<Case> {
    Ok(Case {
        id: row.text(0)?,
        number: row.int(1)?,
        incident: row.text(2)?,
        title: row.text(3)?,
        state: CaseState::of(&row.text(4)?)
            .ok_or(Error::Column { column: 4, expected: "state of a case" })?,
        owner: row.text(5)?,
        opened: row.time(6)?,
        recognised: row.time(7)?,
        version: row.int(8)?,
    })
}

impl Tx<'_> {
    /// Opens a case for an incident; the one that is there when there is one.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn open_case(&mut self, new: NewCase<'_>, now: Timestamp) -> Result<Case> {
        if let Some(known) = self.case_of(new.incident)? {
            return Ok(known);
        }
        let number = self.count("SELECT COALESCE(MAX(number), 0) + 1 FROM case_file", &[])?;
        self.execute(
            "INSERT INTO case_file (id, number, incident, title, state, owner, opened, recognised, changed, version) \
             VALUES ($1, $2, $3, $4, 'detected', '', $5, 0, $5, 1)",
            &[new.id.into(), number.into(), new.incident.into(), new.title.into(), now.into()],
        )?;
        self.case_of(new.incident)?.ok_or(Error::Absent("case"))
    }

    /// The case of an incident.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn case_of(&mut self, incident: &str) -> Result<Option<Case>> {
        let select = format!("SELECT {COLUMNS} FROM case_file WHERE incident = $1");
        self.one(&select, &[incident.into()])?.as_ref().map(case).transpose()
    }

    /// The case with this number.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn case(&mut self, number: i64) -> Result<Option<Case>> {
        let select = format!("SELECT {COLUMNS} FROM case_file WHERE number = $1");
        self.one(&select, &[number.into()])?.as_ref().map(case).transpose()
    }

    /// Cases, newest first; `open` leaves out those that are closed or dismissed.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn cases(&mut self, open: bool, rows: i64) -> Result<Vec<Case>> {
        let which = if open { "WHERE state NOT IN ('closed', 'dismissed')" } else { "" };
        let select = format!("SELECT {COLUMNS} FROM case_file {which} ORDER BY number DESC LIMIT $1");
        self.query(&select, &[rows.into()])?.iter().map(case).collect()
    }

    /// Changes state and owner of a case (CW-DAT-05).
    ///
    /// # Errors
    /// [`Error::Absent`], [`Error::Stale`], [`Error::Database`].
    pub fn change_case(&mut self, changed: &Case, now: Timestamp) -> Result<()> {
        let done = self.execute(
            "UPDATE case_file SET state = $2, owner = $3, recognised = $4, changed = $5, version = version + 1 \
             WHERE id = $1 AND version = $6",
            &[
                (&changed.id).into(),
                changed.state.name().into(),
                (&changed.owner).into(),
                changed.recognised.into(),
                now.into(),
                changed.version.into(),
            ],
        )?;
        if done == 1 {
            return Ok(());
        }
        let found = self.case(changed.number)?.ok_or(Error::Absent("case"))?.version;
        Err(Error::Stale { what: format!("case {}", changed.number), found, expected: changed.version })
    }

    /// Adds to the log of a case. Nothing is ever taken out of it.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn add_case_event(&mut self, event: &CaseEvent) -> Result<()> {
        self.execute(
            "INSERT INTO case_event (id, case_file, at, actor, deed, body, ledger) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            &[
                (&event.id).into(),
                (&event.case).into(),
                event.at.into(),
                (&event.actor).into(),
                (&event.deed).into(),
                (&event.body).into(),
                event.ledger.into(),
            ],
        )?;
        Ok(())
    }

    /// The log of a case, oldest first.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn case_events(&mut self, case: &str) -> Result<Vec<CaseEvent>> {
        let rows = self.query(
            "SELECT id, case_file, at, actor, deed, body, ledger FROM case_event WHERE case_file = $1 ORDER BY at, id",
            &[case.into()],
        )?;
        let event = |row: &Row| {
            Ok(CaseEvent {
                id: row.text(0)?,
                case: row.text(1)?,
                at: row.time(2)?,
                actor: row.text(3)?,
                deed: row.text(4)?,
                body: row.text(5)?,
                ledger: row.int(6)?,
            })
        };
        rows.iter().map(event).collect()
    }
}
