//! Duties of people and their times (detection.md 8.1).

use crate::{Result, Row, Tx};

/// A duty that a person has, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostRow {
    /// Id.
    pub id: String,
    /// Id of the person.
    pub person: String,
    /// Name to sign in with of the person.
    pub login: String,
    /// Code of the duty.
    pub duty: String,
    /// Days as bits, Monday the lowest.
    pub days: i64,
    /// First minute of the day.
    pub from: i64,
    /// First minute after it.
    pub until: i64,
}

impl Tx<'_> {
    /// Gives a person a duty.
    ///
    /// # Errors
    /// [`crate::Error::Database`], also when there is no such person.
    pub fn add_post(&mut self, post: &PostRow) -> Result<()> {
        self.execute(
            "INSERT INTO post (id, person, duty, days, from_minute, until_minute) VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                (&post.id).into(),
                (&post.person).into(),
                (&post.duty).into(),
                post.days.into(),
                post.from.into(),
                post.until.into(),
            ],
        )?;
        Ok(())
    }

    /// Takes a duty away; `false` when there is no such duty.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn remove_post(&mut self, id: &str) -> Result<bool> {
        Ok(self.execute("DELETE FROM post WHERE id = $1", &[id.into()])? == 1)
    }

    /// Duties of people who may sign in.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn posts(&mut self) -> Result<Vec<PostRow>> {
        let rows = self.query(
            "SELECT q.id, q.person, p.login, q.duty, q.days, q.from_minute, q.until_minute FROM post q \
             JOIN person p ON p.id = q.person WHERE p.active = 1 ORDER BY p.login, q.duty, q.id",
            &[],
        )?;
        rows.iter().map(post).collect()
    }

    /// Sets the addresses of a person for notices.
    ///
    /// # Errors
    /// [`crate::Error::Absent`], [`crate::Error::Database`].
    pub fn set_addresses(&mut self, person: &str, mail: &str, second: &str) -> Result<()> {
        let set = self.execute(
            "UPDATE person SET mail = $2, second = $3, version = version + 1 WHERE id = $1",
            &[person.into(), mail.into(), second.into()],
        )?;
        if set == 1 { Ok(()) } else { Err(crate::Error::Absent("person")) }
    }
}

fn post(row: &Row) -> Result<PostRow> {
    Ok(PostRow {
        id: row.text(0)?,
        person: row.text(1)?,
        login: row.text(2)?,
        duty: row.text(3)?,
        days: row.int(4)?,
        from: row.int(5)?,
        until: row.int(6)?,
    })
}
