//! What the holder of the root key, or two people, sign about log keys. It travels as a file, because the root key is kept off
//! line; entered into the ledger it is an entry `key`.

use crate::bytes::Malformed;
use crate::entry::EntryKind;
use crate::govern::{Fields, PersonKey, approvals_of};
use crate::{Error, Hash, Result, json, keys, note};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocab::Timestamp;

/// The root key (根鍵) of a ledger: it is made as the key of a person is, and kept off line (LG chapter 9.1).
pub type RootKey = PersonKey;

/// Why a log key is revoked: it cannot be used any more, somebody else may use it, or its time is over.
pub const LOSS_REASONS: [&str; 3] = ["lost", "stolen", "ended"];

/// A statement about a log key: `log` (the next one), `revoke`, or `root` (a root key for a ledger that has none).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyStatement {
    /// Version, 1.
    pub v: u32,
    /// Id of the ledger, hexadecimal.
    pub ledger: String,
    /// Name of the ledger, for people.
    pub origin: String,
    /// Body of the entry, without signatures.
    pub body: Value,
    /// Signatures over ledger and body.
    pub approvals: Vec<Value>,
}

impl KeyStatement {
    fn new(ledger: &Hash, origin: &str, body: Value) -> Self {
        let (ledger, origin) = (hex::encode(ledger), origin.to_owned());
        Self { v: 1, ledger, origin, body, approvals: Vec::new() }
    }

    /// That the log key which follows from `seed` is number `number` of the ledger.
    #[must_use]
    pub fn next_key(ledger: &Hash, origin: &str, number: u64, seed: &Hash) -> Self {
        let key = note::verifier_key(origin, keys::log_key(seed).verifying_key().as_bytes());
        Self::new(ledger, origin, json!({ "key": key, "number": number, "use": "log" }))
    }

    /// That log key `number` is not to be believed from entry `from` on: `reason` is one of [`LOSS_REASONS`], `since` the
    /// moment of the loss where it is known.
    ///
    /// # Errors
    /// `LE-POLICY` for another reason.
    pub fn revocation(
        ledger: &Hash,
        origin: &str,
        number: u64,
        from: u64,
        since: Option<Timestamp>,
        reason: &str,
    ) -> Result<Self> {
        if !LOSS_REASONS.contains(&reason) {
            return Err(Error::Policy("a log key is revoked as lost, stolen or ended"));
        }
        let since = since.map(|time| time.0);
        let body =
            json!({ "from": from, "number": number, "reason": reason, "since": since, "use": "revoke" });
        Ok(Self::new(ledger, origin, body))
    }

    /// That a ledger which has no root key gets one.
    #[must_use]
    pub fn adopt_root(ledger: &Hash, origin: &str, root: &[u8; 32]) -> Self {
        Self::new(ledger, origin, json!({ "key": BASE64.encode(root), "use": "root" }))
    }

    /// Adds a signature: of the root key, or of a person.
    ///
    /// # Errors
    /// `LE-APPROVAL` when that key signed already, `LE-POLICY` for a statement that cannot be read.
    pub fn sign(&mut self, key: &PersonKey) -> Result<()> {
        let ledger = self.checked()?;
        let public = BASE64.encode(key.public());
        if self.approvals.iter().any(|one| Fields(one).text("key") == Ok(&public)) {
            return Err(Error::Approval("this key has signed already; another one has to"));
        }
        let signed = key.approve(&ledger, EntryKind::Key, &self.body);
        self.approvals.push(signed.ok_or(Error::Policy("body of the statement"))?);
        Ok(())
    }

    /// Public keys that signed it so far.
    ///
    /// # Errors
    /// `LE-APPROVAL` for a signature that does not hold.
    pub fn signers(&self) -> Result<Vec<[u8; 32]>> {
        approvals_of(&self.checked()?, EntryKind::Key, &self.whole_body()).map_err(Error::Approval)
    }

    /// Id of the ledger, after a look at the version.
    pub(crate) fn checked(&self) -> Result<Hash> {
        let ledger = hex::decode(&self.ledger).ok().and_then(|bytes| bytes.try_into().ok());
        match (self.v, ledger, self.body.is_object()) {
            (1, Some(ledger), true) => Ok(ledger),
            _ => Err(Error::Policy("the statement was changed, or is of another version")),
        }
    }

    /// Body with the signatures of root key or people.
    pub(crate) fn whole_body(&self) -> Value {
        let mut body = self.body.clone();
        if let Some(fields) = body.as_object_mut() {
            fields.insert("approvals".to_owned(), json!(self.approvals));
        }
        body
    }

    /// The whole body with the signature of the log key that hands over.
    pub(crate) fn handed_over(&self, ledger: &Hash, log_key: &SigningKey) -> Result<Value> {
        let message = hand_over_message(ledger, &self.body).map_err(|what| Error::Policy(what.0))?;
        let mut body = self.whole_body();
        if let Some(fields) = body.as_object_mut() {
            fields.insert("previous".to_owned(), BASE64.encode(keys::sign(log_key, &message)).into());
        }
        Ok(body)
    }
}

/// What the log key in force signs when it hands over, or when a ledger gets a root key: the body without signatures.
pub(crate) fn hand_over_message(ledger: &Hash, body: &Value) -> std::result::Result<Vec<u8>, Malformed> {
    let mut signed = body.clone();
    if let Some(fields) = signed.as_object_mut() {
        fields.remove("approvals");
        fields.remove("previous");
    }
    let mut out = b"sekisho-ledger-1 log key\0".to_vec();
    out.extend(ledger);
    out.extend(json::canonical(&signed)?);
    Ok(out)
}
