//! Agents that may send.

use crate::{Error, Result, Row, Tx};
use vocab::Timestamp;

/// An agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentRow {
    /// Name; its sources begin with it.
    pub name: String,
    /// SHA-256 of its certificate, hexadecimal.
    pub certificate: String,
    /// When it was entered.
    pub made: Timestamp,
    /// Since when it may not send any more; 0: it may.
    pub revoked: Timestamp,
}

fn agent(row: &Row) -> Result<AgentRow> {
    Ok(AgentRow { name: row.text(0)?, certificate: row.text(1)?, made: row.time(2)?, revoked: row.time(3)? })
}

const AGENT: &str = "SELECT name, certificate, made, revoked FROM agent";

impl Tx<'_> {
    /// All agents, by name.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn agents(&mut self) -> Result<Vec<AgentRow>> {
        self.query(&format!("{AGENT} ORDER BY name"), &[])?.iter().map(agent).collect()
    }

    /// The agent with this certificate that may send.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn agent_of(&mut self, certificate: &str) -> Result<Option<AgentRow>> {
        let select = format!("{AGENT} WHERE certificate = $1 AND revoked = 0");
        self.one(&select, &[certificate.into()])?.as_ref().map(agent).transpose()
    }

    /// Enters an agent. A name whose certificate was revoked may be given a new one.
    ///
    /// # Errors
    /// [`Error::Exists`] when an agent of this name may send, [`Error::Database`].
    pub fn add_agent(&mut self, name: &str, certificate: &str, now: Timestamp) -> Result<()> {
        let done = self.execute(
            "INSERT INTO agent (name, certificate, made, revoked) VALUES ($1, $2, $3, 0) \
             ON CONFLICT (name) DO UPDATE SET certificate = excluded.certificate, made = excluded.made, revoked = 0 \
             WHERE agent.revoked > 0",
            &[name.into(), certificate.into(), now.into()],
        )?;
        if done == 0 { Err(Error::Exists(format!("agent {name}"))) } else { Ok(()) }
    }

    /// Takes an agent's right to send away.
    ///
    /// # Errors
    /// [`Error::Absent`] when no agent of this name may send, [`Error::Database`].
    pub fn revoke_agent(&mut self, name: &str, now: Timestamp) -> Result<()> {
        let done = self.execute(
            "UPDATE agent SET revoked = $2 WHERE name = $1 AND revoked = 0",
            &[name.into(), now.into()],
        )?;
        if done == 0 { Err(Error::Absent("agent that may send")) } else { Ok(()) }
    }
}
