//! What is in force at a point of the log, followed entry by entry by writer and verifier alike (LG 19.2 step 8).

use super::fields::Fields;
use super::freeze::FreezeFacts;
use super::people::{self, PersonRef};
use super::policy::ContentPolicy;
use super::{DAY_MICROS, LONE_RELEASE_MICROS};
use crate::entry::{Entry, EntryKind};
use crate::verify::Code;
use crate::{Hash, json};
use serde_json::Value;
use std::collections::BTreeMap;
use vocab::Timestamp;

/// Policy, holds, reviews and destructions of a ledger.
#[derive(Clone, Debug, Default)]
pub struct Governance {
    pub(crate) ledger: Hash,
    /// Policy in force and the entry that holds it.
    pub policy: Option<(u64, ContentPolicy)>,
    /// Every hold ever set, by number.
    pub holds: BTreeMap<u64, Hold>,
    /// Every review, in order.
    pub reviews: Vec<Review>,
    /// Every destruction, in order.
    pub destructions: Vec<Destruction>,
    /// Every freeze, in order.
    pub freezes: Vec<FreezeFacts>,
}

/// What a hold covers: everything that any of its parts names (LG-HLD-01).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Ranges of entries, both ends included.
    pub entries: Vec<(u64, u64)>,
    /// Streams.
    pub streams: Vec<u32>,
    /// Spans of reception in microseconds, both ends included.
    pub times: Vec<(i64, i64)>,
}

impl Scope {
    /// Whether an entry is covered.
    #[must_use]
    pub fn covers(&self, index: u64, stream: u32, received_at: Timestamp) -> bool {
        self.entries.iter().any(|(from, to)| (*from..=*to).contains(&index))
            || self.streams.contains(&stream)
            || self.times.iter().any(|(from, to)| (*from..=*to).contains(&received_at.0))
    }
}

/// A hold (証拠保全の指定).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Entry that set it.
    pub index: u64,
    /// What it covers.
    pub scope: Scope,
    /// Basis code.
    pub basis: String,
    /// Who set it.
    pub by: PersonRef,
    /// Entry that released it, and when it ends.
    pub released: Option<(u64, Timestamp)>,
}

impl Hold {
    /// Whether it is in force.
    #[must_use]
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.released.is_none_or(|(_, end)| now < end)
    }
}

/// A review (ログの監査).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Its entry.
    pub index: u64,
    /// First and last entry looked at.
    pub range: (u64, u64),
    /// Result code.
    pub result: String,
    /// Who signed.
    pub by: PersonRef,
    /// When it was entered.
    pub time: Timestamp,
    /// When the next one is due.
    pub due: Timestamp,
}

/// A destruction (廃棄): data keys that are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destruction {
    /// Its entry.
    pub index: u64,
    /// `shred`, or `reseal` where other payloads were carried over.
    pub kind: EntryKind,
    /// Data keys.
    pub keys: Vec<u64>,
    /// Blocks under the keys and the root over them.
    pub blocks: (u64, Hash),
    /// First and last entry concerned.
    pub range: (u64, u64),
    /// Basis code.
    pub basis: String,
    /// Review that allowed it; `None` for a reseal.
    pub review: Option<u64>,
    /// Who asked and who approved.
    pub by: Vec<PersonRef>,
    /// When it was entered.
    pub time: Timestamp,
    /// For a reseal: the new data key, blocks under it and the root over them.
    pub again: Option<(u64, u64, Hash)>,
    /// For a reseal: entries and records that were dropped.
    pub dropped: Vec<(u64, Option<u32>)>,
}

pub(super) type Outcome = Result<(), (Code, &'static str)>;

impl Governance {
    pub(crate) fn new(ledger: Hash) -> Self {
        Self { ledger, ..Self::default() }
    }

    /// Follows an entry; what it breaks is told, and it is followed even so.
    pub(crate) fn take(&mut self, index: u64, entry: &Entry) -> Outcome {
        use EntryKind::{Freeze, Hold, Policy, Release, Reseal, Review, Shred};
        if !matches!(entry.kind, Policy | Review | Hold | Release | Shred | Reseal | Freeze) {
            return Ok(());
        }
        let body = json::parse_canonical(&entry.body).map_err(|what| (Code::Damage, what.0))?;
        self.take_body(index, entry.kind, entry.received_at, &body)
    }

    /// As [`Governance::take`], for an entry that is not written yet.
    pub(crate) fn take_body(
        &mut self,
        index: u64,
        kind: EntryKind,
        time: Timestamp,
        body: &Value,
    ) -> Outcome {
        if kind == EntryKind::Freeze {
            return self.take_freeze(index, time, body);
        }
        let people = people::approvals(&self.ledger, kind, body).map_err(|what| (Code::Sig, what))?;
        let read = |what: &'static str| (Code::Approval, what);
        match kind {
            EntryKind::Policy => {
                let rule = self.enough(&people, 2);
                let known = self.policy.is_some();
                self.policy = Some((index, ContentPolicy::read(body).map_err(read)?));
                if known { rule } else { Ok(()) }
            }
            EntryKind::Review => self.take_review(index, time, body, &people),
            EntryKind::Hold => self.take_hold(index, body, &people),
            EntryKind::Release => self.take_release(index, time, body, &people),
            EntryKind::Shred | EntryKind::Reseal => self.take_destruction(index, kind, time, body, &people),
            _ => Ok(()),
        }
    }

    /// Whether enough of those who signed are listed: `wanted`, or all where the policy lists fewer.
    pub(crate) fn enough(&self, people: &[[u8; 32]], wanted: usize) -> Outcome {
        let Some((_, policy)) = &self.policy else {
            return Err((Code::Approval, "no policy lists the people who may do this"));
        };
        if people.iter().any(|key| policy.person(key).is_none()) {
            return Err((Code::Approval, "signed by a person whom the policy does not list"));
        }
        if people.len() < wanted.min(policy.people.len().max(1)) {
            return Err((Code::Approval, "a second person has to approve"));
        }
        Ok(())
    }

    fn take_review(&mut self, index: u64, time: Timestamp, body: &Value, people: &[[u8; 32]]) -> Outcome {
        let read = |what: &'static str| (Code::Approval, what);
        let fields = Fields(body);
        let range = (fields.number("from").map_err(read)?, fields.number("to").map_err(read)?);
        let days = self.policy.as_ref().map_or(90, |(_, policy)| policy.review_days);
        let review = Review {
            index,
            range,
            result: fields.code("result").map_err(read)?.to_owned(),
            by: PersonRef::of(people.first().ok_or(read("a review is signed by the reviewer"))?),
            time,
            due: Timestamp(time.0.saturating_add(i64::from(days) * DAY_MICROS)),
        };
        let ordered = range.0 <= range.1 && range.1 < index;
        self.reviews.push(review);
        if !ordered {
            return Err((Code::Approval, "range of a review"));
        }
        self.enough(people, 1)?;
        // Who runs the log does not review it, where somebody else can (LG-AUD-01).
        let Some((_, policy)) = &self.policy else { return Ok(()) };
        let runs_it = |key: &[u8; 32]| policy.person(key).is_some_and(|one| one.role == "administrator");
        let another = policy.people.iter().any(|person| person.role != "administrator");
        if another && people.iter().all(runs_it) {
            return Err((Code::Approval, "the log administrator reviewed the own log"));
        }
        Ok(())
    }

    fn take_hold(&mut self, index: u64, body: &Value, people: &[[u8; 32]]) -> Outcome {
        let read = |what: &'static str| (Code::Approval, what);
        let fields = Fields(body);
        let number = fields.number("hold").map_err(read)?;
        let entries = fields.ranges("entries").map_err(read)?;
        let streams = fields.numbers("streams").map_err(read)?;
        let scope = Scope {
            entries: entries
                .into_iter()
                .map(|(from, to)| Ok((u64::try_from(from)?, u64::try_from(to)?)))
                .collect::<Result<_, std::num::TryFromIntError>>()
                .map_err(|_| read("entries"))?,
            streams: streams
                .into_iter()
                .map(u32::try_from)
                .collect::<Result<_, _>>()
                .map_err(|_| read("streams"))?,
            times: fields.ranges("times").map_err(read)?,
        };
        let hold = Hold {
            index,
            scope,
            basis: fields.code("basis").map_err(read)?.to_owned(),
            by: PersonRef::of(people.first().ok_or(read("a hold is signed"))?),
            released: None,
        };
        let follows = number == self.next_hold();
        self.holds.entry(number).or_insert(hold);
        if !follows {
            return Err((Code::Approval, "numbers of the holds"));
        }
        self.enough(people, 1)
    }

    fn take_release(&mut self, index: u64, time: Timestamp, body: &Value, people: &[[u8; 32]]) -> Outcome {
        let read = |what: &'static str| (Code::Approval, what);
        let number = Fields(body).number("hold").map_err(read)?;
        Fields(body).code("basis").map_err(read)?;
        let lone = self.policy.as_ref().is_some_and(|(_, policy)| policy.people.len() < 2);
        let rule = self.enough(people, 2);
        let end = if lone { Timestamp(time.0.saturating_add(LONE_RELEASE_MICROS)) } else { time };
        match self.holds.get_mut(&number) {
            Some(hold) if hold.released.is_none() => {
                // A release that nobody may give ends nothing.
                if rule.is_ok() {
                    hold.released = Some((index, end));
                }
                rule
            }
            _ => Err((Code::Approval, "release of a hold that is not in force")),
        }
    }

    fn take_destruction(
        &mut self,
        index: u64,
        kind: EntryKind,
        time: Timestamp,
        body: &Value,
        people: &[[u8; 32]],
    ) -> Outcome {
        let destruction =
            read_destruction(index, kind, time, body, people).map_err(|what| (Code::Approval, what))?;
        let rule = self.enough(people, 2);
        let again = destruction.keys.iter().any(|key| self.destroyed(*key).is_some());
        let ordered = destruction.range.0 <= destruction.range.1 && destruction.range.1 < index;
        let reviewed = kind == EntryKind::Reseal
            || destruction.review.is_some_and(|at| self.reviews.iter().any(|review| review.index == at));
        self.destructions.push(destruction);
        match (again || !ordered, reviewed) {
            (true, _) => Err((Code::Approval, "keys or range of a destruction")),
            (_, false) => Err((Code::Approval, "a destruction without a review")),
            _ => rule,
        }
    }

    /// Entry that destroyed a data key.
    #[must_use]
    pub fn destroyed(&self, key: u64) -> Option<&Destruction> {
        self.destructions.iter().find(|one| one.keys.contains(&key))
    }

    /// Number of the next hold.
    #[must_use]
    pub fn next_hold(&self) -> u64 {
        self.holds.last_key_value().map_or(1, |(number, _)| number + 1)
    }

    /// When the next review is due: after the last one, or `review_days` after `begin`.
    #[must_use]
    pub fn next_review(&self, begin: Timestamp) -> Timestamp {
        let days = self.policy.as_ref().map_or(90, |(_, policy)| policy.review_days);
        let first = Timestamp(begin.0.saturating_add(i64::from(days) * DAY_MICROS));
        self.reviews.last().map_or(first, |review| review.due)
    }
}

fn read_destruction(
    index: u64,
    kind: EntryKind,
    time: Timestamp,
    body: &Value,
    people: &[[u8; 32]],
) -> Result<Destruction, &'static str> {
    let fields = Fields(body);
    let blocks = Fields(body.get("blocks").ok_or("blocks")?);
    let mut dropped = Vec::new();
    let mut again = None;
    if kind == EntryKind::Reseal {
        for item in fields.list("drop")? {
            let record = match item.get("record") {
                None => None,
                Some(_) => Some(Fields(item).small("record")?),
            };
            dropped.push((Fields(item).number("entry")?, record));
        }
        let done = Fields(body.get("done").ok_or("done")?);
        again = Some((done.number("key")?, done.number("count")?, done.bytes("root")?));
    }
    Ok(Destruction {
        index,
        kind,
        keys: fields.numbers("keys")?,
        blocks: (blocks.number("count")?, blocks.bytes("root")?),
        range: (fields.number("from")?, fields.number("to")?),
        basis: fields.code("basis")?.to_owned(),
        review: body.get("review").and_then(Value::as_u64),
        by: people.iter().map(PersonRef::of).collect(),
        time,
        again,
        dropped,
    })
}
