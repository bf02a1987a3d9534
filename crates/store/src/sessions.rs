//! Sessions of people who signed in, and the one-time code of the first set-up. Tokens and codes are kept as hashes only.

use crate::{Result, Role, Tx};
use vocab::Timestamp;

/// A session that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Id of the person.
    pub person: String,
    /// Name to sign in with.
    pub login: String,
    /// Name to be shown.
    pub name: String,
    /// What the person may do.
    pub role: Role,
    /// Secret that forms of this session must carry.
    pub form: String,
}

impl Tx<'_> {
    /// Begins a session; `token` is the hash of what the browser holds.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn begin_session(
        &mut self,
        token: &str,
        person: &str,
        form: &str,
        now: Timestamp,
        ends: Timestamp,
    ) -> Result<()> {
        self.execute("DELETE FROM session WHERE ends <= $1", &[now.into()])?;
        self.execute(
            "INSERT INTO session (token, person, form, begun, seen, ends) VALUES ($1, $2, $3, $4, $4, $5)",
            &[token.into(), person.into(), form.into(), now.into(), ends.into()],
        )?;
        Ok(())
    }

    /// The session with this hash, when it holds and was used after `idle`; it counts as used now.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn session(&mut self, token: &str, now: Timestamp, idle: Timestamp) -> Result<Option<Session>> {
        let found = self.one(
            "SELECT s.person, p.login, p.name, p.role, s.form, s.seen FROM session s JOIN person p ON p.id = s.person \
             WHERE s.token = $1 AND s.ends > $2 AND s.seen > $3 AND p.active = 1",
            &[token.into(), now.into(), idle.into()],
        )?;
        let Some(row) = found else { return Ok(None) };
        // Once a minute is enough.
        if now.since(row.time(5)?) > Timestamp::MINUTE {
            self.execute("UPDATE session SET seen = $2 WHERE token = $1", &[token.into(), now.into()])?;
        }
        Ok(Some(Session {
            person: row.text(0)?,
            login: row.text(1)?,
            name: row.text(2)?,
            role: Role::of(&row.text(3)?).unwrap_or(Role::Auditor),
            form: row.text(4)?,
        }))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn end_session(&mut self, token: &str) -> Result<()> {
        self.execute("DELETE FROM session WHERE token = $1", &[token.into()])?;
        Ok(())
    }

    /// Puts a code of the first set-up in force, in place of earlier ones.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn set_setup_code(&mut self, code: &str, ends: Timestamp) -> Result<()> {
        self.execute("DELETE FROM setup", &[])?;
        self.execute("INSERT INTO setup (code, ends) VALUES ($1, $2)", &[code.into(), ends.into()])?;
        Ok(())
    }

    /// Uses up the code of the first set-up; `false` when it is another one, or too old, or somebody is entered already.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn use_setup_code(&mut self, code: &str, now: Timestamp) -> Result<bool> {
        if self.count("SELECT COUNT(*) FROM person", &[])? > 0 {
            return Ok(false);
        }
        let used =
            self.execute("DELETE FROM setup WHERE code = $1 AND ends > $2", &[code.into(), now.into()])?;
        Ok(used == 1)
    }
}
