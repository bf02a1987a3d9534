//! Following the entries that tell of log keys, by writer, verifier, copy and excerpt alike.

use super::statement::hand_over_message;
use super::{Authority, LOG_KEYS_MAX, LOSS_REASONS, LogKey, LogKeys, Revocation};
use crate::bytes::Malformed;
use crate::entry::{Entry, EntryKind};
use crate::govern::{Fields, Governance, approvals_of};
use crate::verify::Code;
use crate::{Hash, json, keys, note};
use serde_json::Value;
use vocab::Timestamp;

type Outcome = Result<(), (Code, &'static str)>;

const fn wrong(what: &'static str) -> (Code, &'static str) {
    (Code::Key, what)
}

impl LogKeys {
    /// The first key, as the body of the first entry names it.
    pub(crate) fn begin(ledger: Hash, body: &Value) -> Result<Self, Malformed> {
        let verifier_key = body.get("log_key").and_then(Value::as_str).unwrap_or_default().to_owned();
        let (origin, key) =
            note::parse_verifier_key(&verifier_key).ok_or(Malformed("keys of the first entry"))?;
        let root = match body.get("root_key") {
            None | Some(Value::Null) => None,
            Some(_) => Some((
                0,
                Fields(body).bytes("root_key").map_err(|_| Malformed("root key of the first entry"))?,
            )),
        };
        let by = Authority::Genesis;
        let first = LogKey {
            number: 1,
            verifier_key,
            by,
            handed_over: false,
            from: 0,
            until: None,
            revoked: None,
            key,
        };
        Ok(Self { ledger, origin, root, keys: vec![first] })
    }

    /// Follows an entry: of kind `key` those about log keys and the root key, others say nothing here.
    pub(crate) fn take(&mut self, index: u64, entry: &Entry, governance: &Governance) -> Outcome {
        if entry.kind != EntryKind::Key {
            return Ok(());
        }
        let body = json::parse_canonical(&entry.body).map_err(|what| (Code::Damage, what.0))?;
        self.take_body(index, &body, governance)
    }

    /// As [`LogKeys::take`], for an entry that is not written yet.
    pub(crate) fn take_body(&mut self, index: u64, body: &Value, governance: &Governance) -> Outcome {
        match body.get("use").and_then(Value::as_str) {
            Some("log") => self.take_next(index, body, governance),
            Some("revoke") => self.take_revocation(Some(index), index, body, governance),
            Some("root") => self.take_root(index, body, governance),
            _ => Ok(()),
        }
    }

    /// Who signed a statement: the root key alone, or two people whom the policy lists.
    fn authority(&self, body: &Value, governance: &Governance) -> Result<Authority, (Code, &'static str)> {
        let mut signed = body.clone();
        if let Some(fields) = signed.as_object_mut() {
            fields.remove("previous");
        }
        let people = approvals_of(&self.ledger, EntryKind::Key, &signed).map_err(|what| (Code::Sig, what))?;
        if let (Some((_, root)), [key]) = (&self.root, people.as_slice())
            && root == key
        {
            return Ok(Authority::Root);
        }
        if people.len() < 2 {
            return Err(wrong("a statement about a log key is signed by the root key or by two people"));
        }
        governance.enough(&people, 2).map(|()| Authority::People)
    }

    /// Whether the key in force signed the body too.
    fn handed_over(&self, body: &Value) -> Result<bool, (Code, &'static str)> {
        if body.get("previous").is_none() {
            return Ok(false);
        }
        let signature: [u8; 64] = Fields(body).bytes("previous").map_err(wrong)?;
        let message = hand_over_message(&self.ledger, body).map_err(|what| (Code::Damage, what.0))?;
        if keys::signature_holds(&self.current_key(), &message, &signature) {
            Ok(true)
        } else {
            Err(wrong("the log key in force did not sign what it hands over"))
        }
    }

    fn take_next(&mut self, index: u64, body: &Value, governance: &Governance) -> Outcome {
        let fields = Fields(body);
        let (number, text) = (fields.number("number").map_err(wrong)?, fields.text("key").map_err(wrong)?);
        let (origin, key) = note::parse_verifier_key(text).ok_or(wrong("the next log key"))?;
        let Some(current) = self.keys.last() else { return Err(wrong("a ledger without log key")) };
        if (number, key) == (current.number, current.key) {
            // A certificate of the key in force: whoever knows the root key needs nothing else.
            let by = self.authority(body, governance)?;
            if let Some(current) = self.keys.last_mut() {
                current.by = by;
            }
            return Ok(());
        }
        if number != current.number + 1 || self.keys.len() >= LOG_KEYS_MAX {
            return Err(wrong("numbers of the log keys"));
        }
        if origin != self.origin || self.keys.iter().any(|one| one.key == key) {
            return Err(wrong("the next log key is of another ledger, or was used before"));
        }
        let revoked = current.revoked.is_some();
        let by = self.authority(body, governance)?;
        let handed_over = self.handed_over(body)?;
        if !handed_over && !revoked {
            return Err(wrong("a log key that was neither handed over nor revoked was replaced"));
        }
        let verifier_key = text.to_owned();
        if let Some(current) = self.keys.last_mut() {
            current.until = Some(index);
        }
        self.keys.push(LogKey {
            number,
            verifier_key,
            by,
            handed_over,
            from: index,
            until: None,
            revoked: None,
            key,
        });
        Ok(())
    }

    /// `size`: entries before the statement.
    pub(super) fn take_revocation(
        &mut self,
        entry: Option<u64>,
        size: u64,
        body: &Value,
        governance: &Governance,
    ) -> Outcome {
        let fields = Fields(body);
        let (number, from) = (fields.number("number").map_err(wrong)?, fields.number("from").map_err(wrong)?);
        let reason = fields.code("reason").map_err(wrong)?.to_owned();
        let since = match body.get("since") {
            None | Some(Value::Null) => None,
            Some(value) => Some(Timestamp(value.as_i64().ok_or(wrong("since"))?)),
        };
        let by = self.authority(body, governance)?;
        let key = self.keys.iter_mut().find(|key| key.number == number);
        let key = key.ok_or(wrong("number of the log key that is revoked"))?;
        if from > size || !LOSS_REASONS.contains(&reason.as_str()) {
            return Err(wrong("size or reason of a revocation"));
        }
        // The earliest one counts: a later statement may find that the loss was earlier.
        if key.revoked.as_ref().is_none_or(|known| from < known.from) {
            key.revoked = Some(Revocation { entry, from, since, reason, by });
        }
        Ok(())
    }

    fn take_root(&mut self, index: u64, body: &Value, governance: &Governance) -> Outcome {
        if self.root.is_some() {
            return Err(wrong("a ledger has one root key"));
        }
        let root: [u8; 32] = Fields(body).bytes("key").map_err(wrong)?;
        if !self.handed_over(body)? {
            return Err(wrong("a root key that the log key did not sign"));
        }
        if governance.policy.is_some() {
            let mut signed = body.clone();
            if let Some(fields) = signed.as_object_mut() {
                fields.remove("previous");
            }
            let people =
                approvals_of(&self.ledger, EntryKind::Key, &signed).map_err(|what| (Code::Sig, what))?;
            governance.enough(&people, 2)?;
        }
        self.root = Some((index, root));
        Ok(())
    }
}

impl LogKeys {
    /// The history as the first entry tells it.
    pub(crate) fn first_only(&self) -> Option<Self> {
        let mut first = self.keys.first()?.clone();
        (first.until, first.revoked) = (None, None);
        let root = self.root.filter(|(entry, _)| *entry == 0);
        Some(Self { ledger: self.ledger, origin: self.origin.clone(), root, keys: vec![first] })
    }
}
