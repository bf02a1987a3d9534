//! Tokens of programs: who may send lines, who may read. Only their hashes are kept.

use crate::{Error, Result, Row, Tx};
use vocab::Timestamp;

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// Name; lines that are sent with it are of the source `http/NAME`.
    pub name: String,
    /// What it is for: `source`, or the name of a role.
    pub role: String,
    /// When it was made.
    pub made: Timestamp,
    /// Since when it does not hold any more; 0: it holds.
    pub revoked: Timestamp,
}

fn token(row: &Row) -> Result<TokenRow> {
    Ok(TokenRow { name: row.text(0)?, role: row.text(1)?, made: row.time(2)?, revoked: row.time(3)? })
}

const TOKEN: &str = "SELECT name, role, made, revoked FROM token";

impl Tx<'_> {
    /// All tokens, by name.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn tokens(&mut self) -> Result<Vec<TokenRow>> {
        self.query(&format!("{TOKEN} ORDER BY name"), &[])?.iter().map(token).collect()
    }

    /// The token with this hash that holds.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn token_of(&mut self, hash: &str) -> Result<Option<TokenRow>> {
        let select = format!("{TOKEN} WHERE hash = $1 AND revoked = 0");
        self.one(&select, &[hash.into()])?.as_ref().map(token).transpose()
    }

    /// Enters a token by its hash. A name whose token was revoked may be given a new one.
    ///
    /// # Errors
    /// [`Error::Exists`] when a token of this name holds, [`Error::Database`].
    pub fn add_token(&mut self, name: &str, hash: &str, role: &str, now: Timestamp) -> Result<()> {
        let done = self.execute(
            "INSERT INTO token (name, hash, role, made, revoked) VALUES ($1, $2, $3, $4, 0) \
             ON CONFLICT (name) DO UPDATE SET hash = excluded.hash, role = excluded.role, made = excluded.made, \
             revoked = 0 WHERE token.revoked > 0",
            &[name.into(), hash.into(), role.into(), now.into()],
        )?;
        if done == 0 { Err(Error::Exists(format!("token {name}"))) } else { Ok(()) }
    }

    /// Takes a token back.
    ///
    /// # Errors
    /// [`Error::Absent`] when no token of this name holds, [`Error::Database`].
    pub fn revoke_token(&mut self, name: &str, now: Timestamp) -> Result<()> {
        let done = self.execute(
            "UPDATE token SET revoked = $2 WHERE name = $1 AND revoked = 0",
            &[name.into(), now.into()],
        )?;
        if done == 0 { Err(Error::Absent("token that holds")) } else { Ok(()) }
    }
}
