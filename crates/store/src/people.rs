//! People and their roles (issue of the console; controls.md on dual control).

use crate::{Error, Result, Row, Tx};
use vocab::Timestamp;

/// What a person may do. Which page and action asks for which role is a table of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Sets up and administers (アクセス管理者).
    Administrator,
    /// Is told at once and decides (危機管理責任者).
    CrisisManager,
    /// Looks and works on cases (危機管理オペレータ).
    Operator,
    /// Sees everything and changes nothing (監査責任者).
    Auditor,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 4] = [Self::Administrator, Self::CrisisManager, Self::Operator, Self::Auditor];

    /// Name in the database and in messages' ids.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::CrisisManager => "crisis-manager",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
        }
    }

    /// The role with this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Id.
    pub id: String,
    /// Name to sign in with.
    pub login: String,
    /// Name to be shown.
    pub name: String,
    /// Mail address; empty: none.
    pub mail: String,
    /// Second address for notices: another mail address, or `https://` for a webhook; empty: none.
    pub second: String,
    /// What the person may do.
    pub role: Role,
    /// Hash of the password, as a PHC string.
    pub password: String,
    /// May sign in.
    pub active: bool,
    /// When the person was entered.
    pub made: Timestamp,
    /// Version of the row.
    pub version: i64,
}

/// A person to be entered.
#[derive(Clone, Copy, Debug)]
pub struct NewPerson<'a> {
    /// Id.
    pub id: &'a str,
    /// Name to sign in with.
    pub login: &'a str,
    /// Name to be shown.
    pub name: &'a str,
    /// Mail address; may be empty.
    pub mail: &'a str,
    /// What the person may do.
    pub role: Role,
    /// Hash of the password, as a PHC string.
    pub password: &'a str,
}

const COLUMNS: &str = "id, login, name, mail, role, password, active, made, version, second";

fn person(row: &Row) -> Result<Person> {
    Ok(Person {
        id: row.text(0)?,
        login: row.text(1)?,
        name: row.text(2)?,
        mail: row.text(3)?,
        // A role of a newer program may do nothing but look.
        role: Role::of(&row.text(4)?).unwrap_or(Role::Auditor),
        password: row.text(5)?,
        active: row.truth(6)?,
        made: row.time(7)?,
        version: row.int(8)?,
        second: row.text(9)?,
    })
}

impl Tx<'_> {
    /// Enters a person.
    ///
    /// # Errors
    /// [`Error::Exists`] when the name to sign in with is taken, [`Error::Database`].
    pub fn add_person(&mut self, new: NewPerson<'_>, now: Timestamp) -> Result<()> {
        if self.count("SELECT COUNT(*) FROM person WHERE login = $1", &[new.login.into()])? > 0 {
            return Err(Error::Exists(new.login.to_owned()));
        }
        self.execute(
            "INSERT INTO person (id, login, name, mail, role, password, active, made, changed, version) \
             VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $7, 1)",
            &[
                new.id.into(),
                new.login.into(),
                new.name.into(),
                new.mail.into(),
                new.role.name().into(),
                new.password.into(),
                now.into(),
            ],
        )?;
        Ok(())
    }

    /// All people, by name to sign in with.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn people(&mut self) -> Result<Vec<Person>> {
        let rows = self.query(&format!("SELECT {COLUMNS} FROM person ORDER BY login"), &[])?;
        rows.iter().map(person).collect()
    }

    /// The person who signs in with `login`.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn person_by_login(&mut self, login: &str) -> Result<Option<Person>> {
        self.one(&format!("SELECT {COLUMNS} FROM person WHERE login = $1"), &[login.into()])?
            .as_ref()
            .map(person)
            .transpose()
    }

    /// The person `id`.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn person(&mut self, id: &str) -> Result<Option<Person>> {
        self.one(&format!("SELECT {COLUMNS} FROM person WHERE id = $1"), &[id.into()])?
            .as_ref()
            .map(person)
            .transpose()
    }

    /// Changes role and whether the person may sign in. The last active administrator stays one.
    ///
    /// # Errors
    /// [`Error::Absent`], [`Error::Stale`], [`Error::Exists`] when nobody could administer any more, [`Error::Database`].
    pub fn change_person(
        &mut self,
        id: &str,
        version: i64,
        role: Role,
        active: bool,
        now: Timestamp,
    ) -> Result<()> {
        let before = self.person(id)?.ok_or(Error::Absent("person"))?;
        if before.version != version {
            let what = format!("person {}", before.login);
            return Err(Error::Stale { what, found: before.version, expected: version });
        }
        self.execute(
            "UPDATE person SET role = $2, active = $3, changed = $4, version = version + 1 WHERE id = $1",
            &[id.into(), role.name().into(), active.into(), now.into()],
        )?;
        let left = "SELECT COUNT(*) FROM person WHERE role = 'administrator' AND active = 1";
        if self.count(left, &[])? == 0 {
            return Err(Error::Exists("the last administrator".to_owned()));
        }
        if !active {
            self.execute("DELETE FROM session WHERE person = $1", &[id.into()])?;
        }
        Ok(())
    }

    /// Sets a new hash of the password; all sessions of the person end.
    ///
    /// # Errors
    /// [`Error::Absent`], [`Error::Database`].
    pub fn set_password(&mut self, id: &str, password: &str, now: Timestamp) -> Result<()> {
        let changed = self.execute(
            "UPDATE person SET password = $2, changed = $3, version = version + 1 WHERE id = $1",
            &[id.into(), password.into(), now.into()],
        )?;
        if changed == 0 {
            return Err(Error::Absent("person"));
        }
        self.execute("DELETE FROM session WHERE person = $1", &[id.into()])?;
        Ok(())
    }
}
