//! What would die with each data key, and what stands against it (LG-RET-01, LG-RET-02).

use super::keys_root;
use crate::block::{self, BlockForm};
use crate::bytes::Malformed;
use crate::entry::{Entry, EntryKind, Form};
use crate::frame;
use crate::govern::{ContentPolicy, DAY_MICROS, Governance, Request, Retention};
use crate::scan::{BlockPlace, FramePlace};
use crate::seal::{DataClass, day_of};
use crate::{Error, Hash, Reader, Result, json, tree};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use vocab::Timestamp;

/// Most data keys in one destruction: the body of its entry has 16 KiB.
const KEYS_MAX: usize = 1_000;

/// What is known outside the ledger that bears on destruction.
#[derive(Clone, Debug)]
pub struct Guards {
    /// The present time.
    pub now: Timestamp,
    /// Ranges of entries, both ends included, that an open case, a running report or a custody item cites.
    pub cited: Vec<(u64, u64)>,
}

/// Something that stands against destroying a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Against {
    /// `LE-HELD`, `LE-REVIEW`, `LE-CITED` or `LE-POLICY` (period not over).
    pub code: &'static str,
    /// What, in English.
    pub what: &'static str,
}

/// A data key with what is sealed under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPlan {
    /// Number of the key.
    pub key: u64,
    /// Its data class.
    pub class: DataClass,
    /// Its UTC day, counted from 1970-01-01.
    pub day: u32,
    /// First and last entry.
    pub range: (u64, u64),
    /// Entries with content.
    pub entries: u64,
    /// Newest time of reception.
    pub latest: Timestamp,
    /// When the policy period ends; `None` while that is open (a case that is not closed, reviews to come, for ever).
    pub earliest: Option<Timestamp>,
    /// What stands against it now; empty: it may be destroyed.
    pub against: Vec<Against>,
}

/// What one pass over the entries tells.
struct Survey {
    governance: Governance,
    /// When each stream was closed.
    closed: BTreeMap<u32, Timestamp>,
    keys: BTreeMap<u64, (DataClass, u32)>,
}

impl Reader {
    /// Policy, holds, reviews and destructions of the ledger. `verify` tells whether they were made as they had to be.
    ///
    /// # Errors
    /// `LV-DAMAGE`, `LE-IO`.
    pub fn governance(&mut self) -> Result<Governance> {
        self.survey().map(|survey| survey.governance)
    }

    /// Id of the ledger: SHA-256 of its first entry.
    #[must_use]
    pub const fn id(&self) -> Hash {
        self.ledger
    }

    fn survey(&mut self) -> Result<Survey> {
        let mut survey = Survey {
            governance: Governance::new(self.ledger),
            closed: BTreeMap::new(),
            keys: BTreeMap::new(),
        };
        for item in self.entries() {
            let (index, entry) = item?;
            let _ = survey.governance.take(index.0, &entry);
            match entry.kind {
                EntryKind::StreamClose => drop(survey.closed.insert(entry.stream, entry.received_at)),
                EntryKind::Key => {
                    let body = json::parse_canonical(&entry.body).unwrap_or(Value::Null);
                    let number = |name: &str| body.get(name).and_then(Value::as_u64);
                    let class = number("class").and_then(|class| u16::try_from(class).ok());
                    if let (Some(id), Some(class), Some(day)) =
                        (number("id"), class.and_then(DataClass::from_number), number("day"))
                    {
                        survey.keys.insert(id, (class, u32::try_from(day).unwrap_or(0)));
                    }
                }
                _ => {}
            }
        }
        Ok(survey)
    }

    /// Every data key that is still there, with what stands against destroying it.
    ///
    /// # Errors
    /// `LV-DAMAGE`, `LE-IO`.
    pub fn key_plans(&mut self, guards: &Guards) -> Result<Vec<KeyPlan>> {
        let survey = self.survey()?;
        let mut plans: BTreeMap<u64, KeyPlan> = BTreeMap::new();
        for frame in self.frames.clone() {
            let mut bytes = Vec::new();
            self.segments.entries(&frame, &mut bytes)?;
            let blocks: Vec<BlockPlace> =
                self.blocks_of(&frame).into_iter().map(|block| self.living(block)).collect();
            for (index, entry) in (frame.header.first_index..).zip(frame::entries(&bytes)) {
                let entry = entry.and_then(Entry::decode);
                let entry =
                    entry.map_err(|Malformed(what)| Error::damage(&self.folder, frame.offset, what))?;
                if entry.form == Form::None {
                    continue;
                }
                let holds =
                    |block: &&BlockPlace| block.class == entry.data_class && block.first_index <= index;
                let Some(block) = blocks.iter().rev().find(holds) else { continue };
                let Some((class, day)) = survey.keys.get(&block.key).copied() else { continue };
                if block.form == BlockForm::Tombstone || survey.governance.destroyed(block.key).is_some() {
                    continue;
                }
                let plan = plans.entry(block.key).or_insert_with(|| KeyPlan {
                    key: block.key,
                    class,
                    day,
                    range: (index, index),
                    entries: 0,
                    latest: entry.received_at,
                    earliest: Some(Timestamp(i64::MIN)),
                    against: Vec::new(),
                });
                weigh(plan, index, &entry, &survey, guards);
            }
        }
        Ok(plans.into_values().collect())
    }

    fn blocks_of(&self, frame: &FramePlace) -> Vec<BlockPlace> {
        let first = frame.header.first_index;
        let start = self.blocks.partition_point(|block| block.frame_first < first);
        let rest = self.blocks.get(start..).unwrap_or_default();
        rest.iter().take_while(|block| block.frame_first == first).copied().collect()
    }

    /// The block, or the one that was written in its place.
    pub(crate) fn living(&self, block: BlockPlace) -> BlockPlace {
        if block.form != BlockForm::Tombstone {
            return block;
        }
        let again = |one: &&BlockPlace| {
            one.first_index == block.first_index
                && one.class == block.class
                && one.form != BlockForm::Tombstone
        };
        self.rewritten.iter().rev().find(again).copied().unwrap_or(block)
    }

    /// Blocks under a key in the order of the log, tombstones too, with their digests.
    pub(crate) fn blocks_under(&mut self, key: u64) -> Result<Vec<(BlockPlace, Hash)>> {
        let mut places: Vec<BlockPlace> =
            self.blocks.iter().chain(&self.rewritten).filter(|block| block.key == key).copied().collect();
        places.sort_by_key(|block| (block.segment, block.offset));
        let mut found = Vec::with_capacity(places.len());
        for place in places {
            let bytes = self.block_bytes(&place)?;
            let damage = |what| Error::damage(&self.folder, place.offset, what);
            let header = block::Header::decode(&bytes).map_err(|what| damage(what.0))?;
            found.push((place, block::digest(&header, &bytes).ok_or(damage("a tombstone"))?));
        }
        Ok(found)
    }

    pub(crate) fn block_bytes(&mut self, place: &BlockPlace) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.segments.read(place.segment, place.offset, place.bytes, &mut bytes)?;
        Ok(bytes)
    }

    /// Count and root of the blocks under keys, as a destruction names them.
    pub(crate) fn blocks_root(&mut self, keys: &[u64]) -> Result<(u64, Hash)> {
        let mut total = 0;
        let mut roots = Vec::new();
        for key in keys {
            let blocks = self.blocks_under(*key)?;
            let mut leaves: Vec<Hash> = blocks.iter().map(|(_, digest)| tree::leaf(digest)).collect();
            total += leaves.len() as u64;
            roots.push((*key, leaves.len() as u64, tree::root_in_place(&mut leaves)));
        }
        Ok((total, keys_root(roots.into_iter())))
    }

    /// A request to destroy data keys (LG 15.4 step 1). Guards are not applied here, but when it is carried out; show what
    /// stands against it before people sign.
    ///
    /// # Errors
    /// `LE-POLICY` for keys that hold nothing or an unfit basis code, `LE-LIMIT` beyond 1,000 keys, `LE-IO`.
    pub fn request_shred(
        &mut self,
        plans: &[KeyPlan],
        basis: &str,
        private: &Value,
        nonce: &Hash,
    ) -> Result<Request> {
        let body = self.destruction_body(plans, basis)?;
        let mut body = body;
        let last = plans.iter().map(|plan| plan.range.1).max().unwrap_or(0);
        let governance = self.governance()?;
        let review =
            governance.reviews.iter().rev().find(|review| review.range.1 >= last).map(|review| review.index);
        if let Some(fields) = body.as_object_mut() {
            fields.insert("review".to_owned(), json!(review));
        }
        Request::new(&self.ledger, EntryKind::Shred, body, private, nonce)
    }

    pub(crate) fn destruction_body(&mut self, plans: &[KeyPlan], basis: &str) -> Result<Value> {
        crate::govern::code(basis)?;
        let mut keys: Vec<u64> = plans.iter().map(|plan| plan.key).collect();
        keys.sort_unstable();
        keys.dedup();
        if keys.len() > KEYS_MAX {
            let (size, limit) = (keys.len() as u64, KEYS_MAX as u64);
            return Err(Error::Limit { what: "data keys in one destruction", size, limit });
        }
        let from = plans.iter().map(|plan| plan.range.0).min();
        let to = plans.iter().map(|plan| plan.range.1).max();
        let (Some(from), Some(to)) = (from, to) else {
            return Err(Error::Policy("nothing is sealed under the keys that were named"));
        };
        let (count, root) = self.blocks_root(&keys)?;
        Ok(json!({
            "basis": basis,
            "blocks": { "count": count, "root": BASE64.encode(root) },
            "from": from,
            "keys": keys,
            "to": to,
        }))
    }
}

/// Adds an entry to the plan of its key.
fn weigh(plan: &mut KeyPlan, index: u64, entry: &Entry, survey: &Survey, guards: &Guards) {
    plan.range = (plan.range.0.min(index), plan.range.1.max(index));
    plan.entries += 1;
    plan.latest = plan.latest.max(entry.received_at);
    let end =
        survey.governance.policy.as_ref().map_or(Err("no policy says how long it is kept"), |(_, policy)| {
            period_end(policy, plan.class, index, entry, survey)
        });
    plan.earliest = match (plan.earliest, end) {
        (Some(before), Ok(end)) => Some(before.max(end)),
        _ => None,
    };
    let mut add = |code, what| {
        if !plan.against.iter().any(|one| one.code == code) {
            plan.against.push(Against { code, what });
        }
    };
    match end {
        Err(what) => add("LE-POLICY", what),
        Ok(end) if guards.now < end => add("LE-POLICY", "the period of the policy is not over"),
        Ok(_) => {}
    }
    let reviewed = survey.governance.reviews.iter().any(|one| (one.range.0..=one.range.1).contains(&index));
    if !reviewed {
        add("LE-REVIEW", "no review covers it");
    }
    let held = |hold: &crate::govern::Hold| {
        hold.holds_at(guards.now) && hold.scope.covers(index, entry.stream, entry.received_at)
    };
    if survey.governance.holds.values().any(held) {
        add("LE-HELD", "a hold covers it");
    }
    if guards.cited.iter().any(|(from, to)| (*from..=*to).contains(&index)) {
        add("LE-CITED", "an open case, report or custody item cites it");
    }
}

/// When the policy period of an entry ends.
fn period_end(
    policy: &ContentPolicy,
    class: DataClass,
    index: u64,
    entry: &Entry,
    survey: &Survey,
) -> Result<Timestamp, &'static str> {
    let after = |time: Timestamp, days: u32| Timestamp(time.0.saturating_add(i64::from(days) * DAY_MICROS));
    match policy.retention.get(&class).copied().unwrap_or(Retention::Forever) {
        Retention::Days(days) => Ok(after(entry.received_at, days)),
        Retention::AfterClose(days) => match survey.closed.get(&entry.stream) {
            Some(closed) => Ok(after(*closed, days)),
            None => Err("its stream, such as a case, is not closed"),
        },
        Retention::Reviews(count) => {
            let later = survey.governance.reviews.iter().filter(|review| review.index > index);
            let wanted = usize::try_from(count.max(1) - 1).unwrap_or(usize::MAX);
            later.map(|review| review.time).nth(wanted).ok_or("the reviews that end its period are to come")
        }
        Retention::Forever => Err("the policy keeps it for ever"),
    }
}

impl Guards {
    /// Guards of a moment without citations from outside.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self { now, cited: Vec::new() }
    }
    /// The present UTC day, as [`KeyPlan::day`] counts.
    #[must_use]
    pub fn today(&self) -> u32 {
        day_of(self.now)
    }
}
