//! The writer's side: handing over to the next log key, and going on after one was lost or stolen (LG-EPO-04).

use super::{KeyStatement, LogKeys};
use crate::entry::EntryKind;
use crate::govern::Governance;
use crate::{Checkpoint, Error, Hash, Ledger, Result, keys, note};
use serde_json::Value;
use vocab::{LedgerIndex, Timestamp};

impl Ledger {
    /// The log keys so far.
    #[must_use]
    pub const fn log_keys(&self) -> &LogKeys {
        &self.log_keys
    }

    /// Planned rotation (計画的な交替): publishes the last head under the key in force, lets it sign the entry that names the
    /// next key, and publishes the head over that entry under both keys, so that whoever knows the old one can follow.
    /// `statement` is signed by the root key or by two people, and names the key that follows from `next_seed`.
    ///
    /// # Errors
    /// `LE-KEY` when statement, signatures or seed do not fit, `LE-IO`. Nothing is entered on an error but `LE-IO`.
    pub fn rotate(
        &mut self,
        statement: &KeyStatement,
        next_seed: &Hash,
        now: Timestamp,
    ) -> Result<Checkpoint> {
        self.require_ours(statement)?;
        let next = keys::log_key(next_seed);
        let body = statement.handed_over(&self.batch.ledger, &self.log_key)?;
        let mut after = self.log_keys.clone();
        after.take_body(self.size(), &body, &self.governance).map_err(|(_, what)| Error::Key(what))?;
        if after.current_key() != *next.verifying_key().as_bytes()
            || after.all().len() == self.log_keys.all().len()
        {
            return Err(Error::Key("the secret is not that of the next log key that the statement names"));
        }
        self.checkpoint(now)?;
        self.public(EntryKind::Key, 0, &body)?;
        let before = std::mem::replace(&mut self.log_key, next);
        if let Some(sealing) = &mut self.batch.sealing {
            sealing.move_online_copy(next_seed)?;
        }
        // What comes next is signed by no key that the old log key vouched for.
        self.evolve()?;
        let head = self.checkpoint(now)?;
        let also = note::sign(&self.origin, head.size, head.root, &before).note;
        let line = also.rsplit_once("\n\n").map_or("", |(_, line)| line);
        let both = Checkpoint { note: format!("{}{line}", head.note), ..head };
        self.store().at_home(|home| home.keep_head(&both))?;
        self.keep_head(&both)?;
        Ok(both)
    }

    /// Enters a statement that changes nothing for this session: a root key for a ledger that has none, a certificate of the
    /// key in force, or the revocation of a key that was replaced before.
    ///
    /// # Errors
    /// `LE-KEY` when it does not fit or is not signed by those who have to, `LE-POLICY` for a statement that needs another
    /// way, `LE-IO`.
    pub fn enter_key_statement(&mut self, statement: &KeyStatement, now: Timestamp) -> Result<LedgerIndex> {
        self.require_ours(statement)?;
        let current = self.log_keys.current().map(|key| key.number);
        let body = match statement.body.get("use").and_then(Value::as_str) {
            Some("root") => statement.handed_over(&self.batch.ledger, &self.log_key)?,
            Some("revoke") => statement.whole_body(),
            Some("log") if statement.body.get("number").and_then(Value::as_u64) == current => {
                statement.whole_body()
            }
            _ => return Err(Error::Policy("the next log key is entered by a rotation")),
        };
        self.settle_clock(now)?;
        let mut after = self.log_keys.clone();
        after.take_body(self.size(), &body, &self.governance).map_err(|(_, what)| Error::Key(what))?;
        if after.current().is_some_and(|key| key.revoked.is_some()) {
            return Err(Error::Policy(
                "the log key in force is revoked together with the entry of the next one; hint: `sekisho ledger rotate --lost`",
            ));
        }
        self.public(EntryKind::Key, 0, &body)
    }

    fn require_ours(&self, statement: &KeyStatement) -> Result<()> {
        if statement.checked()? == self.batch.ledger {
            return Ok(());
        }
        Err(Error::Policy("the statement is about another ledger"))
    }
}

/// Bodies of the entries with which a ledger goes on whose log key was lost or stolen, checked one after the other.
pub(crate) fn bodies(
    ledger: &Hash,
    statements: &[KeyStatement],
    keys: &mut LogKeys,
    governance: &Governance,
    size: u64,
) -> Result<Vec<Value>> {
    let mut bodies = Vec::with_capacity(statements.len());
    for (index, statement) in (size..).zip(statements) {
        if statement.checked()? != *ledger {
            return Err(Error::Policy("the statement is about another ledger"));
        }
        let body = statement.whole_body();
        keys.take_body(index, &body, governance).map_err(|(_, what)| Error::Key(what))?;
        bodies.push(body);
    }
    Ok(bodies)
}

impl LogKeys {
    /// Takes in a revocation that is not an entry of this ledger: one that was handed out before, or instead of, going on.
    /// Returns whether it is about this ledger.
    ///
    /// # Errors
    /// `LE-KEY` when it does not fit or is not signed by those who have to.
    pub(crate) fn revoke_outside(
        &mut self,
        statement: &KeyStatement,
        size: u64,
        governance: &Governance,
    ) -> Result<bool> {
        if statement.checked()? != self.ledger {
            return Ok(false);
        }
        if statement.body.get("use").and_then(Value::as_str) != Some("revoke") {
            return Err(Error::Policy("only a revocation is believed without an entry"));
        }
        let taken = self.take_revocation(None, size, &statement.whole_body(), governance);
        taken.map(|()| true).map_err(|(_, what)| Error::Key(what))
    }

    /// Whether the root key is the one expected.
    #[must_use]
    pub fn has_root(&self, root: &[u8; 32]) -> bool {
        self.root.is_some_and(|(_, known)| known == *root)
    }
}

/// Public part of a root key, as the first entry holds it.
pub(crate) fn root_field(root: Option<&[u8; 32]>) -> Value {
    use base64::Engine as _;
    root.map_or(Value::Null, |key| base64::engine::general_purpose::STANDARD.encode(key).into())
}
