//! Erasing single records (LG 15.5): all blocks of a data key are written again under a new key, as openings without what
//! was dropped; then the old key is destroyed. What remains still matches the commitments of its entries.

use super::carry::{Destroyed, fits};
use super::plan::{Guards, KeyPlan};
use crate::block::{BlockForm, Content, Header};
use crate::entry::EntryKind;
use crate::govern::{Fields, Request};
use crate::opening::{Choice, Kept};
use crate::seal::KeyRing;
use crate::{Error, Hash, Identity, Ledger, Reader, Result, tree};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use vocab::{LedgerIndex, Timestamp};

/// Most entries and records that one request drops.
const DROPS_MAX: usize = 200;

impl Reader {
    /// A request to erase entries, or single records of runs, that are sealed under one data key (LG-RSL-01).
    ///
    /// # Errors
    /// `LE-POLICY` when they are sealed under several keys or not at all, `LE-LIMIT` beyond 200 of them, `LE-IO`.
    pub fn request_reseal(
        &mut self,
        drop: &[(u64, Option<u32>)],
        basis: &str,
        private: &Value,
        nonce: &Hash,
    ) -> Result<Request> {
        if drop.len() > DROPS_MAX {
            let (size, limit) = (drop.len() as u64, DROPS_MAX as u64);
            return Err(Error::Limit { what: "entries and records to erase", size, limit });
        }
        let mut keys = Vec::new();
        for (index, _) in drop {
            let place = self.block_place(*index)?.filter(|block| block.key != 0);
            keys.push(place.ok_or(Error::Absent { index: *index, record: 0 })?.key);
        }
        keys.sort_unstable();
        keys.dedup();
        let [key] = keys.as_slice() else {
            return Err(Error::Policy(
                "one request erases what is sealed under one data key; make one for each",
            ));
        };
        let plans = self.plan_of(*key, &Guards::at(Timestamp(0)))?;
        let mut body = self.destruction_body(&plans, basis)?;
        let one = |(index, record): &(u64, Option<u32>)| match record {
            Some(record) => json!({ "entry": index, "record": record }),
            None => json!({ "entry": index }),
        };
        if let Some(fields) = body.as_object_mut() {
            fields.insert("drop".to_owned(), drop.iter().map(one).collect());
        }
        Request::new(&self.ledger, EntryKind::Reseal, body, private, nonce)
    }

    fn plan_of(&mut self, key: u64, guards: &Guards) -> Result<Vec<KeyPlan>> {
        Ok(self.key_plans(guards)?.into_iter().filter(|plan| plan.key == key).collect())
    }
}

impl Ledger {
    /// Erases what the request names. Holds and citations over anything under the key stand against it (LG-RSL-02); the
    /// period of the policy does not, because a person's request or a court order comes before its end.
    ///
    /// # Errors
    /// [`Error::Blocked`], `LE-APPROVAL`, `LE-POLICY`, [`Error::Sealed`] when neither the identities nor this session open
    /// the key, `LE-IO`.
    pub fn reseal(
        &mut self,
        request: &Request,
        guards: &Guards,
        identities: Vec<Identity>,
        now: Timestamp,
    ) -> Result<Destroyed> {
        let keys = Fields(&request.body).numbers("keys").map_err(Error::Policy)?;
        let (EntryKind::Reseal, [key]) = (request.checked()?.1, keys.as_slice()) else {
            return Err(Error::Policy("not a request to erase"));
        };
        // Nothing is written before it is clear that the people may.
        let mut tried = self.governance.clone();
        let trial = done(request.whole_body(), (0, 0, [0; 32]));
        tried
            .take_body(self.size(), EntryKind::Reseal, now, &trial)
            .map_err(|(_, what)| Error::Approval(what))?;
        self.checkpoint(now)?;
        let mut reader = Reader::open(&self.folder)?;
        let plans = reader.plan_of(*key, guards)?;
        for plan in &plans {
            let stops = |one: &&super::Against| matches!(one.code, "LE-HELD" | "LE-CITED");
            if let Some(against) = plan.against.iter().find(stops) {
                let (key, (from, to)) = (plan.key, plan.range);
                return Err(Error::Blocked { code: against.code, key, from, to, what: against.what });
            }
        }
        let basis = Fields(&request.body).code("basis").map_err(Error::Policy)?;
        fits(&mut reader, request, &plans, basis)?;
        let Some(plan) = plans.first() else { return Err(Error::Policy("nothing is sealed under the key")) };
        let mut ring = KeyRing::new(&self.folder, self.batch.ledger, identities);
        ring.add_session(&self.session_keys().map(|keys| keys.0).unwrap_or_default());
        if ring.get(*key).is_none() {
            return Err(Error::Sealed { index: plan.range.0, key: *key });
        }
        let again = self.write_again(&mut reader, &mut ring, plan, request)?;
        let index = self.enter(request, done(request.whole_body(), again), now)?;
        self.checkpoint(now)?;
        let (blocks, bytes) = self.complete(&keys, now)?;
        self.tell(index, &keys, blocks, bytes, now)
    }

    /// Writes the blocks of a key again; returns the new key, the number of blocks, and the root over them.
    fn write_again(
        &mut self,
        reader: &mut Reader,
        ring: &mut KeyRing,
        plan: &KeyPlan,
        request: &Request,
    ) -> Result<(u64, u64, Hash)> {
        let sealing = self.batch.sealing.as_mut();
        let sealing =
            sealing.ok_or(Error::Policy("this ledger seals its payloads; hint: give the recipients"))?;
        let body = sealing.make_again(plan.class, plan.day)?;
        let new = Fields(&body).number("id").map_err(Error::Policy)?;
        self.public(EntryKind::Key, 0, &body)?;
        self.flush()?;
        let mut digests = Vec::new();
        for (place, _) in reader.blocks_under(plan.key)? {
            if place.form == BlockForm::Tombstone {
                continue;
            }
            let bytes = reader.block_bytes(&place)?;
            let damage = |what| Error::damage(&self.folder, place.offset, what);
            let header = Header::decode(&bytes).map_err(|what| damage(what.0))?;
            let content = Content::open(&header, &bytes, ring).map_err(|what| damage(what.0))?;
            let content = content.ok_or(Error::Sealed { index: place.first_index, key: plan.key })?;
            let payloads = keep(reader, &header, &content, request)?;
            if !payloads.is_empty() {
                digests.push(tree::leaf(&self.batch.put_again(&header, new, &payloads)?));
            }
            if self.batch.is_full() {
                self.flush()?;
            }
        }
        self.flush()?;
        Ok((new, digests.len() as u64, tree::root_in_place(&mut digests)))
    }
}

/// Openings of what is kept of a block.
fn keep(
    reader: &mut Reader,
    header: &Header,
    content: &Content,
    request: &Request,
) -> Result<Vec<(u64, Vec<u8>)>> {
    let drops = Fields(&request.body).list("drop").map_err(Error::Policy)?;
    let mut kept = Vec::new();
    for index in content.indices() {
        let here: Vec<&Value> = drops.iter().filter(|one| Fields(one).number("entry") == Ok(index)).collect();
        if here.iter().any(|one| one.get("record").is_none()) {
            continue;
        }
        let records = here.iter().filter_map(|one| Fields(one).small("record").ok()).collect();
        let choice = Choice::Without(records);
        let entry = reader.entry(LedgerIndex(index))?;
        let payload = content.payload(index).unwrap_or_default();
        let damage = |what| Error::damage(&reader.folder, 0, what);
        let opening = if header.form == BlockForm::Resealed {
            let all = Kept::decode(payload).map_err(|what| damage(what.0))?;
            all.narrow(&choice).map_err(|what| damage(what.0))?
        } else {
            Kept::of(payload, &content.secret, index, entry.form, &choice).map_err(|what| damage(what.0))?
        };
        opening.fits(&entry).map_err(|what| damage(what.0))?;
        kept.push((index, opening.encode().map_err(|what| damage(what.0))?));
    }
    Ok(kept)
}

/// The body with what is known only once it was done.
fn done(mut body: Value, (key, count, root): (u64, u64, Hash)) -> Value {
    if let Some(fields) = body.as_object_mut() {
        fields.insert("done".to_owned(), json!({ "count": count, "key": key, "root": BASE64.encode(root) }));
    }
    body
}
