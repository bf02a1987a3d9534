//! Freeze (保全, LG 18.1): the state of a log when an incident was recognised. Everything that waits is written, the epoch is
//! sealed, a head is signed, a hold stands over what is there, and an entry names all of it. No network, no second person.

use super::fields::Fields;
use super::people::PersonKey;
use super::request::Request;
use super::state::{Governance, Outcome, Scope};
use crate::entry::EntryKind;
use crate::seal::DataClass;
use crate::verify::Code;
use crate::writer::canonical;
use crate::{Checkpoint, Error, Hash, Ledger, Payload, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use vocab::{LedgerIndex, Timestamp};

/// Longest case number, bytes.
const CASE_BYTES_MAX: usize = 200;

/// What is to be frozen, and why.
#[derive(Clone, Debug)]
pub struct Freeze<'a> {
    /// Case number: the only reason that is asked for (LG-FRZ-02).
    pub case: &'a str,
    /// When the incident was recognised (LG-FRZ-01).
    pub recognised: Timestamp,
    /// What the hold covers; `None`: every entry up to the frozen head.
    pub scope: Option<Scope>,
    /// Who sets the hold; needed where the policy lists people.
    pub person: Option<&'a PersonKey>,
    /// Sources of which something may not be in the log yet, with their names (LG-FRZ-03). Sealed with the entry.
    pub behind: Value,
    /// Fresh random bytes.
    pub nonce: Hash,
}

/// What a freeze made.
#[derive(Clone, Debug)]
pub struct Frozen {
    /// Its number, from 1.
    pub number: u64,
    /// Its entry.
    pub index: LedgerIndex,
    /// The frozen head.
    pub head: Checkpoint,
    /// The hold; `None` where no policy lists anybody who could destroy anything.
    pub hold: Option<u64>,
    /// From the recognition to the entry, microseconds.
    pub after_micros: i64,
}

/// A freeze as the log tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreezeFacts {
    /// Its entry.
    pub index: u64,
    /// Its number.
    pub number: u64,
    /// Size and root of the frozen head.
    pub head: (u64, Hash),
    /// The hold that came with it.
    pub hold: Option<u64>,
    /// When it was entered.
    pub time: Timestamp,
}

impl Governance {
    /// Whether a policy lists people, so that something can be destroyed at all.
    pub(crate) fn lists_people(&self) -> bool {
        self.policy.as_ref().is_some_and(|(_, policy)| !policy.people.is_empty())
    }

    pub(super) fn take_freeze(&mut self, index: u64, time: Timestamp, body: &Value) -> Outcome {
        let read = |what: &'static str| (Code::Approval, what);
        let fields = Fields(body);
        let hold = match body.get("hold") {
            Some(Value::Null) => None,
            _ => Some(fields.number("hold").map_err(read)?),
        };
        let facts = FreezeFacts {
            index,
            number: fields.number("freeze").map_err(read)?,
            head: (fields.number("size").map_err(read)?, fields.bytes("root").map_err(read)?),
            hold,
            time,
        };
        let follows = facts.number == self.freezes.len() as u64 + 1;
        let size = facts.head.0;
        self.freezes.push(facts);
        if !follows || size == 0 || size > index {
            return Err((Code::Approval, "number or size of a freeze"));
        }
        // The hold was set for it: behind the head, before the entry.
        let stands = match hold {
            None => !self.lists_people(),
            Some(hold) => self.holds.get(&hold).is_some_and(|hold| (size..index).contains(&hold.index)),
        };
        if stands { Ok(()) } else { Err((Code::Approval, "a freeze without its hold")) }
    }
}

impl Ledger {
    /// Freezes the log: steps 1, 2, 3 and 5 of LG 18.1. Durable, with a signed head over the entry itself, once
    /// [`Ledger::checkpoint`] or [`Ledger::rest`] has returned.
    ///
    /// # Errors
    /// `LE-APPROVAL` when the policy lists people and `person` is none of them; nothing is written then. `LE-POLICY` for a
    /// missing case number or a recognition that lies in the future, `LE-IO`.
    pub fn freeze(&mut self, freeze: &Freeze<'_>, now: Timestamp) -> Result<Frozen> {
        let case = freeze.case.trim();
        if case.is_empty() || case.len() > CASE_BYTES_MAX {
            return Err(Error::Policy("a freeze names a case, in at most 200 bytes"));
        }
        if freeze.recognised > now {
            return Err(Error::Policy("the incident cannot have been recognised in the future"));
        }
        let person = match (freeze.person, self.governance.lists_people()) {
            (None, true) => {
                return Err(Error::Approval(
                    "a freeze sets a hold: a person whom the policy lists has to sign it",
                ));
            }
            (Some(person), true) => {
                let listed = self.governance.enough(&[person.public()], 1);
                listed.map_err(|(_, what)| Error::Approval(what))?;
                Some(person)
            }
            (_, false) => None,
        };
        self.settle_clock(now)?;
        self.evolve()?;
        let head = self.checkpoint(now)?;
        let hold = person.map(|person| self.freeze_hold(freeze, person, &head, now)).transpose()?;
        let number = self.governance.freezes.len() as u64 + 1;
        let after_micros = self.clock.accepted.since(freeze.recognised).max(0);
        let body = json!({
            "freeze": number,
            "hold": hold,
            "root": BASE64.encode(head.root),
            "size": head.size,
        });
        let private = json!({
            "after_micros": after_micros,
            "behind": freeze.behind,
            "case": case,
            "op": "freeze",
            "recognised": freeze.recognised.0,
        });
        let (private, body) = (Payload::new(&private)?, canonical(&body)?);
        let index = self.with_payload(EntryKind::Freeze, 0, DataClass::Control, &private, body)?;
        Ok(Frozen { number, index, head, hold, after_micros })
    }

    fn freeze_hold(
        &mut self,
        freeze: &Freeze<'_>,
        person: &PersonKey,
        head: &Checkpoint,
        now: Timestamp,
    ) -> Result<u64> {
        let number = self.governance.next_hold();
        let all = || Scope { entries: vec![(0, head.size.saturating_sub(1))], ..Scope::default() };
        let scope = freeze.scope.clone().unwrap_or_else(all);
        let private = json!({ "case": freeze.case.trim(), "op": "hold" });
        let mut request = Request::hold(&self.id(), number, &scope, "incident", &private, &freeze.nonce)?;
        request.approve(person)?;
        self.enact(&request, now)?;
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Genesis, VerifyOptions, verify};

    /// LG 19.2 step 8: a freeze that names a head the log never had, a wrong number, or no hold where people are listed.
    #[test]
    fn a_freeze_that_lies_is_found() {
        let now = Timestamp::from_seconds(1_700_000_000);
        let guard = tempfile::tempdir().unwrap();
        let codes = |name: &str, change: fn(&mut Value)| {
            let folder = guard.path().join(name);
            let genesis = Genesis { origin: "local/lies".to_owned(), now, seed: [3; 32] };
            let mut ledger = Ledger::create(&folder, genesis).unwrap();
            let head = ledger.checkpoint(now).unwrap();
            let mut body =
                json!({ "freeze": 1, "hold": null, "root": BASE64.encode(head.root), "size": head.size });
            change(&mut body);
            let private = Payload::new(&json!({ "case": "R8-1" })).unwrap();
            let bytes = canonical(&body).unwrap();
            ledger.with_payload(EntryKind::Freeze, 0, DataClass::Control, &private, bytes).unwrap();
            ledger.close(now).unwrap();
            let report = verify(&folder, &VerifyOptions::default()).unwrap();
            report.failures.iter().map(|failure| failure.code).collect::<Vec<_>>()
        };
        assert_eq!(codes("right", |_| {}), []);
        assert_eq!(codes("root", |body| body["root"] = json!(BASE64.encode([7; 32]))), [Code::Root]);
        assert_eq!(codes("number", |body| body["freeze"] = json!(2)), [Code::Approval]);
        assert_eq!(codes("hold", |body| body["hold"] = json!(1)), [Code::Approval]);
        assert_eq!(codes("size", |body| body["size"] = json!(1_u64 << 40)), [Code::Approval, Code::Root]);
    }
}
