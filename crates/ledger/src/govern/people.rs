//! Keys of people and what they sign.

use super::fields::{Fields, decode};
use crate::entry::EntryKind;
use crate::{Hash, json, keys, tree};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::SigningKey;
use serde_json::{Value, json};
use std::fmt;

/// Signing key of a person (Ed25519). Wiped from memory when dropped.
pub struct PersonKey(SigningKey);

/// A person by the digest of the public key: no name, no guessable value (LG-ENT-07).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonRef(pub(crate) [u8; 8]);

impl fmt::Display for PersonRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", hex::encode(self.0))
    }
}

impl fmt::Debug for PersonRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PersonRef({self})")
    }
}

impl PersonRef {
    pub(crate) fn of(key: &[u8; 32]) -> Self {
        let digest = tree::sha256(&[b"sekisho-ledger-1 person\0".as_slice(), key].concat());
        Self(digest.first_chunk::<8>().copied().unwrap_or_default())
    }
}

impl fmt::Debug for PersonKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PersonKey({})", self.reference())
    }
}

impl PersonKey {
    /// The key of 32 random bytes.
    #[must_use]
    pub fn from_seed(seed: &Hash) -> Self {
        Self(SigningKey::from_bytes(seed))
    }
    /// Public key.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }
    /// How entries name the person.
    #[must_use]
    pub fn reference(&self) -> PersonRef {
        PersonRef::of(&self.public())
    }
    pub(crate) fn approve(&self, ledger: &Hash, kind: EntryKind, body: &Value) -> Option<Value> {
        let signature = keys::sign(&self.0, &message(ledger, kind, body)?);
        Some(json!({ "key": BASE64.encode(self.public()), "signature": BASE64.encode(signature) }))
    }
}

/// What people sign: the body of the entry without the approvals and without what is known only once it was done.
fn message(ledger: &Hash, kind: EntryKind, body: &Value) -> Option<Vec<u8>> {
    let mut signed = body.clone();
    let fields = signed.as_object_mut()?;
    fields.remove("approvals");
    fields.remove("done");
    let mut out = b"sekisho-ledger-1 approval\0".to_vec();
    out.extend(ledger);
    out.push(kind as u8);
    out.extend(json::canonical(&signed).ok()?);
    Some(out)
}

/// The keys that approved a body, each once, every signature checked.
pub(crate) fn approvals(ledger: &Hash, kind: EntryKind, body: &Value) -> Result<Vec<[u8; 32]>, &'static str> {
    let message = message(ledger, kind, body).ok_or("body that people sign")?;
    let mut found = Vec::new();
    for approval in Fields(body).list("approvals")?.iter().take(8) {
        let fields = Fields(approval);
        let key: [u8; 32] = fields.bytes("key")?;
        let signature: [u8; 64] = decode(fields.text("signature")?).ok_or("signature")?;
        if !keys::signature_holds(&key, &message, &signature) {
            return Err("signature of a person");
        }
        if found.contains(&key) {
            return Err("the same person approved twice");
        }
        found.push(key);
    }
    Ok(found)
}
