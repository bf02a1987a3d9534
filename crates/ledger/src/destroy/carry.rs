//! Carrying a destruction out (LG 15.4 steps 2 to 5): the entry first, then the keys, then the blocks, then the result.

use super::bury::{Grave, bury, erase};
use super::plan::{Guards, KeyPlan};
use crate::block::BlockForm;
use crate::entry::EntryKind;
use crate::govern::{Fields, Request};
use crate::seal::{DataClass, KEYS_FOLDER, wrapped_name};
use crate::{Error, Ledger, Payload, Reader, Result};
use serde_json::json;
use vocab::{LedgerIndex, Timestamp};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destroyed {
    /// The `shred` or `reseal` entry.
    pub index: LedgerIndex,
    /// The `result` entry.
    pub result: LedgerIndex,
    /// Blocks that became tombstones.
    pub blocks: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Ledger {
    /// Destroys data keys and what is sealed under them. Everything is checked again: two people, policy period, reviews,
    /// holds, citations (LG-RET-01, LG-HLD-03), and that the keys hold what the request says.
    ///
    /// # Errors
    /// [`Error::Blocked`] with the first key that may not go, `LE-APPROVAL`, `LE-POLICY` for a request that no longer fits,
    /// `LE-IO`. Until the entry is durable nothing is touched; after that an interrupted destruction is completed when the
    /// ledger is opened again.
    pub fn shred(&mut self, request: &Request, guards: &Guards, now: Timestamp) -> Result<Destroyed> {
        if request.checked()?.1 != EntryKind::Shred {
            return Err(Error::Policy("not a request to destroy"));
        }
        self.checkpoint(now)?;
        let mut reader = Reader::open(&self.folder)?;
        let keys = Fields(&request.body).numbers("keys").map_err(Error::Policy)?;
        let plans: Vec<KeyPlan> =
            reader.key_plans(guards)?.into_iter().filter(|plan| keys.contains(&plan.key)).collect();
        for plan in &plans {
            if let Some(against) = plan.against.first() {
                return Err(Error::Blocked {
                    code: against.code,
                    key: plan.key,
                    from: plan.range.0,
                    to: plan.range.1,
                    what: against.what,
                });
            }
        }
        let basis = Fields(&request.body).code("basis").map_err(Error::Policy)?;
        fits(&mut reader, request, &plans, basis)?;
        let index = self.enter(request, request.whole_body(), now)?;
        self.checkpoint(now)?;
        let (blocks, bytes) = self.complete(&keys, now)?;
        self.tell(index, &keys, blocks, bytes, now)
    }

    /// Removes keys that the log says are destroyed, and overwrites what is sealed under them.
    pub(super) fn complete(&mut self, keys: &[u64], now: Timestamp) -> Result<(u64, u64)> {
        self.settle_clock(now)?;
        let today = crate::seal::day_of(self.clock.accepted);
        match &mut self.batch.sealing {
            Some(sealing) => sealing.forget(keys, today)?,
            None => erase(&self.folder.join(KEYS_FOLDER), "online")?,
        }
        for key in keys {
            erase(&self.folder.join(KEYS_FOLDER), &wrapped_name(*key))?;
            self.store().at_home(|home| home.erase_key(*key))?;
        }
        let mut reader = Reader::open(&self.folder)?;
        let mut graves = Vec::new();
        let (mut count, mut bytes) = (0, 0);
        for key in keys {
            for (place, digest) in reader.blocks_under(*key)? {
                if place.form != BlockForm::Tombstone {
                    (count, bytes) = (count + 1, bytes + place.bytes as u64);
                    graves.push(Grave::new(&place, digest));
                }
            }
        }
        bury(&self.folder, &graves)?;
        Ok((count, bytes))
    }

    /// The `result` entry of a destruction.
    pub(super) fn tell(
        &mut self,
        index: LedgerIndex,
        keys: &[u64],
        blocks: u64,
        bytes: u64,
        now: Timestamp,
    ) -> Result<Destroyed> {
        let payload =
            json!({ "blocks": blocks, "bytes": bytes, "keys": keys, "of": index.0, "op": "destroyed" });
        let result = self.with_payload(
            EntryKind::Outcome,
            0,
            DataClass::Control,
            &Payload::new(&payload)?,
            Vec::new(),
        )?;
        self.checkpoint(now)?;
        Ok(Destroyed { index, result, blocks, bytes })
    }
}

/// Whether the request still says what is sealed under its keys.
pub(super) fn fits(reader: &mut Reader, request: &Request, plans: &[KeyPlan], basis: &str) -> Result<()> {
    let present = reader.destruction_body(plans, basis)?;
    let same =
        ["keys", "blocks", "from", "to"].iter().all(|name| present.get(*name) == request.body.get(*name));
    if same { Ok(()) } else { Err(Error::Policy("the request no longer fits the ledger; make it again")) }
}
