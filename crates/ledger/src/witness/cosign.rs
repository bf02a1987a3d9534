//! Cosignatures (C2SP tlog-cosignature, cosignature/v1; LG-WIT-02).

use crate::bytes::Malformed;
use crate::note::{self, Parsed, Signature, TYPE_COSIGNATURE};
use crate::{Hash, keys};
use ed25519_dalek::SigningKey;

/// The key of a witness.
#[derive(Clone)]
pub struct WitnessKey {
    name: String,
    key: SigningKey,
}

impl WitnessKey {
    /// The key that follows from 32 secret random bytes. `None` for a name that no key may have (LG-CHK-04).
    #[must_use]
    pub fn new(name: &str, seed: &Hash) -> Option<Self> {
        let key = SigningKey::from_bytes(&keys::hmac(seed, &[b"sekisho-witness-1 key"]));
        note::origin_fits(name).then(|| Self { name: name.to_owned(), key })
    }
    /// Public key as policies carry it: `name+id+base64`.
    #[must_use]
    pub fn verifier_key(&self) -> String {
        note::verifier_key_of(&self.name, TYPE_COSIGNATURE, self.key.verifying_key().as_bytes())
    }
    /// The line of a cosignature at `seconds` since 1970.
    pub(super) fn cosign(&self, note: &Parsed, seconds: u64) -> String {
        let mut signature = seconds.to_be_bytes().to_vec();
        signature.extend(keys::sign(&self.key, &message(note, seconds)));
        let id = note::key_id(&self.name, TYPE_COSIGNATURE, self.key.verifying_key().as_bytes());
        note::signature_line(&self.name, id, &signature)
    }
}

fn message(note: &Parsed, seconds: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {seconds}\n{}", note.text).into_bytes()
}

/// Time of the cosignature of a witness under a note, in seconds since 1970; `None` when there is none. A known key that
/// signed twice or wrongly is an error (LG-CHK-03).
pub(super) fn cosigned_at(note: &Parsed, name: &str, key: &[u8; 32]) -> Result<Option<u64>, Malformed> {
    let id = note::key_id(name, TYPE_COSIGNATURE, key);
    let mut found = None;
    for signature in note.signatures.iter().filter(|one| one.name == name && one.id == id) {
        let seconds = check(note, signature, key).ok_or(Malformed("cosignature of a known witness"))?;
        if found.replace(seconds).is_some() {
            return Err(Malformed("one cosignature of a known witness"));
        }
    }
    Ok(found)
}

fn check(note: &Parsed, signature: &Signature, key: &[u8; 32]) -> Option<u64> {
    let (seconds, rest) = signature.bytes.split_first_chunk::<8>()?;
    let seconds = u64::from_be_bytes(*seconds);
    let rest: [u8; 64] = rest.try_into().ok()?;
    keys::signature_holds(key, &message(note, seconds), &rest).then_some(seconds)
}
