//! Keys. Nothing here draws randomness: a 32-byte seed is passed in and everything follows from it.

use crate::Hash;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

/// Inner and outer hash of HMAC-SHA-256 (RFC 2104) with a 32-byte key, fed with the key.
fn pads(key: &Hash) -> (Sha256, Sha256) {
    let (mut inner_pad, mut outer_pad) = ([0x36u8; 64], [0x5cu8; 64]);
    for (place, byte) in key.iter().enumerate() {
        if let (Some(inner), Some(outer)) = (inner_pad.get_mut(place), outer_pad.get_mut(place)) {
            *inner ^= byte;
            *outer ^= byte;
        }
    }
    (Sha256::new().chain_update(inner_pad), Sha256::new().chain_update(outer_pad))
}

/// HMAC-SHA-256 (RFC 2104) with a 32-byte key.
pub(crate) fn hmac(key: &Hash, parts: &[&[u8]]) -> Hash {
    let (mut inner, outer) = pads(key);
    for part in parts {
        inner.update(part);
    }
    outer.chain_update(inner.finalize()).finalize().into()
}

/// Salts of the parts of single entries (LG-CMT-02): HMAC-SHA-256 under the secret of a block, whose two key blocks are
/// hashed only once.
#[derive(Clone)]
pub(crate) struct Salter {
    secret: Hash,
    inner: Sha256,
    outer: Sha256,
}

impl Salter {
    pub(crate) fn new(secret: Hash) -> Self {
        let (inner, outer) = pads(&secret);
        Self { secret, inner, outer }
    }
    /// The secret of the block.
    pub(crate) const fn secret(&self) -> &Hash {
        &self.secret
    }
    /// Salt of a part of an entry.
    pub(crate) fn salt(&self, index: u64, part: u16) -> Hash {
        let inner = self.inner.clone().chain_update(index.to_be_bytes()).chain_update(part.to_be_bytes());
        self.outer.clone().chain_update(inner.finalize()).finalize().into()
    }
}

/// Key that signs checkpoints; its life is that of the ledger.
pub(crate) fn log_key(seed: &Hash) -> SigningKey {
    SigningKey::from_bytes(&hmac(seed, &[b"sekisho-ledger-1 log key"]))
}

/// Key that signs the trailers of one epoch.
pub(crate) fn epoch_key(session: &Hash, epoch: u64) -> SigningKey {
    SigningKey::from_bytes(&hmac(session, &[b"sekisho-ledger-1 epoch key", &epoch.to_be_bytes()]))
}

/// Secret of the epoch after the one with this secret; no way leads back (LG-EPO-01).
pub(crate) fn next_epoch(secret: &Hash) -> Hash {
    hmac(secret, &[b"sekisho-ledger-1 next epoch"])
}

/// What the log key signs when a new epoch begins.
pub(crate) fn epoch_message(ledger: &Hash, epoch: u64, key: &[u8; 32]) -> Vec<u8> {
    let mut out = b"sekisho-ledger-1 epoch\0".to_vec();
    out.extend(ledger);
    out.extend(epoch.to_be_bytes());
    out.extend(key);
    out
}

/// Secret of a block, from which the salts of its records follow. Stored only inside the block.
pub(crate) fn block_secret(session: &Hash, block: u64) -> Hash {
    hmac(session, &[b"sekisho-ledger-1 block secret", &block.to_be_bytes()])
}

/// Ed25519 signature.
pub(crate) fn sign(key: &SigningKey, message: &[u8]) -> [u8; 64] {
    key.sign(message).to_bytes()
}

/// Strict check: no weak keys, no second form of the same signature.
pub(crate) fn signature_holds(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(key)
        .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_agrees_with_an_independent_value() {
        // python3: hmac.new(bytes(range(32)), b"what do ya want for nothing?", "sha256").hexdigest()
        let key: Hash = std::array::from_fn(|n| n as u8);
        let found = hmac(&key, &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(hex::encode(found), "099805f4ac310786968565c098db515cc50862b420ae31e20238312344bed36a");
    }
}
