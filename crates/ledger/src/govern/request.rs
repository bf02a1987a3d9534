//! A request: what somebody wants entered, with the signatures it has so far. It travels as a file between the people who
//! approve it, and is entered once it has enough of them.

use super::fields::Fields;
use super::people::{self, PersonKey, PersonRef};
use crate::entry::EntryKind;
use crate::{Error, Hash, Result, json, tree};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A request of one of the kinds `policy`, `review`, `hold`, `release`, `shred`, `reseal`. The private part holds reasons
/// and names in clear: keep the file as the logs themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Version, 1.
    pub v: u32,
    /// Id of the ledger, hexadecimal.
    pub ledger: String,
    /// Kind of the entry asked for.
    pub kind: String,
    /// Public body of the entry, without approvals.
    pub body: Value,
    /// What goes into the sealed payload: reason, names, case number, and a nonce.
    pub private: Value,
    /// Signatures over the body.
    pub approvals: Vec<Value>,
}

impl Request {
    /// Binds the private part to the public body by its digest; `nonce` are fresh random bytes, without which the digest
    /// could be guessed.
    pub(crate) fn new(
        ledger: &Hash,
        kind: EntryKind,
        body: Value,
        private: &Value,
        nonce: &Hash,
    ) -> Result<Self> {
        let mut private = match private {
            Value::Object(fields) => fields.clone(),
            _ => return Err(Error::Policy("the private part of a request is a JSON object")),
        };
        private.insert("nonce".to_owned(), Value::String(BASE64.encode(nonce)));
        let private = Value::Object(private);
        let mut body = body;
        if let Some(fields) = body.as_object_mut() {
            fields.insert("private".to_owned(), Value::String(digest(&private)?));
        }
        let (ledger, kind) = (hex::encode(ledger), kind.name().to_owned());
        Ok(Self { v: 1, ledger, kind, body, private, approvals: Vec::new() })
    }

    /// Adds the signature of a person.
    ///
    /// # Errors
    /// `LE-APPROVAL` when the person approved already, `LE-POLICY` for a request that cannot be read.
    pub fn approve(&mut self, person: &PersonKey) -> Result<()> {
        let (ledger, kind) = self.checked()?;
        let key = BASE64.encode(person.public());
        if self.approvals.iter().any(|one| Fields(one).text("key") == Ok(&key)) {
            return Err(Error::Approval("this person has approved already; another one has to"));
        }
        let approval =
            person.approve(&ledger, kind, &self.body).ok_or(Error::Policy("body of the request"))?;
        self.approvals.push(approval);
        Ok(())
    }

    /// The people who approved it so far.
    ///
    /// # Errors
    /// `LE-APPROVAL` for a signature that does not hold.
    pub fn people(&self) -> Result<Vec<PersonRef>> {
        let (ledger, kind) = self.checked()?;
        let keys = people::approvals(&ledger, kind, &self.whole_body()).map_err(Error::Approval)?;
        Ok(keys.iter().map(PersonRef::of).collect())
    }

    /// Ledger id and kind, and that body and private part belong together.
    pub(crate) fn checked(&self) -> Result<(Hash, EntryKind)> {
        let ledger = hex::decode(&self.ledger).ok().and_then(|bytes| bytes.try_into().ok());
        let kind = EntryKind::from_name(&self.kind).filter(|kind| {
            use EntryKind::{Hold, Policy, Release, Reseal, Review, Shred};
            matches!(kind, Policy | Review | Hold | Release | Shred | Reseal)
        });
        let bound = Fields(&self.body).text("private") == Ok(&digest(&self.private)?);
        match (self.v, ledger, kind, bound) {
            (1, Some(ledger), Some(kind), true) => Ok((ledger, kind)),
            _ => Err(Error::Policy("the request was changed, or is of another version")),
        }
    }

    /// Body with the approvals, as it is entered.
    pub(crate) fn whole_body(&self) -> Value {
        let mut body = self.body.clone();
        if let Some(fields) = body.as_object_mut() {
            fields.insert("approvals".to_owned(), json!(self.approvals));
        }
        body
    }
}

/// Digest of a private part, base64.
fn digest(private: &Value) -> Result<String> {
    let bytes = json::canonical(private).map_err(|what| Error::Policy(what.0))?;
    Ok(BASE64.encode(tree::sha256(&bytes)))
}
