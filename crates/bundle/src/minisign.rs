//! Signatures and keys in the format of the stock tool `minisign` (CW-BND-01): Ed25519 over the BLAKE2b-512 of the file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use blake2::digest::consts::U32;
use blake2::{Blake2b, Blake2b512, Digest as _};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

/// First line of a signature; not covered by it, thus fixed.
const SIGNATURE_COMMENT: &str = "untrusted comment: signature from sekisho";
const TRUSTED: &str = "trusted comment: ";
/// Key algorithm.
const ALGORITHM: [u8; 2] = *b"Ed";
/// Signature algorithm: hashed first.
const PREHASHED: [u8; 2] = *b"ED";
/// Longest signature or key file that is read, in bytes.
const FILE_BYTES_MAX: usize = 4_096;

/// Why a key or signature is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(&'static str);

/// A public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey {
    id: [u8; 8],
    key: [u8; 32],
}

/// A secret key.
pub struct SecretKey {
    id: [u8; 8],
    key: SigningKey,
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("SecretKey").field("id", &key_id(self.id)).finish_non_exhaustive()
    }
}

/// Key id as `minisign` prints it.
fn key_id(id: [u8; 8]) -> String {
    format!("{:016X}", u64::from_le_bytes(id))
}

impl PublicKey {
    /// Reads a `minisign.pub` file or its second line alone.
    ///
    /// # Errors
    /// When it is no such key.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let wrong = Refused("not a minisign public key");
        let line = text.lines().map(str::trim).rfind(|line| !line.is_empty()).ok_or(wrong)?;
        let bytes: [u8; 42] =
            BASE64.decode(line).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(wrong)?;
        let (algorithm, rest) = bytes.split_first_chunk::<2>().ok_or(wrong)?;
        let (id, key) = rest.split_first_chunk::<8>().ok_or(wrong)?;
        let key: [u8; 32] = key.try_into().map_err(|_| wrong)?;
        if *algorithm != ALGORITHM || VerifyingKey::from_bytes(&key).is_err() {
            return Err(wrong);
        }
        Ok(Self { id: *id, key })
    }
    /// The key as one line, for `minisign -P`.
    #[must_use]
    pub fn line(&self) -> String {
        let mut bytes = ALGORITHM.to_vec();
        bytes.extend(self.id);
        bytes.extend(self.key);
        BASE64.encode(bytes)
    }
    /// The key as a file, for `minisign -p`.
    #[must_use]
    pub fn file(&self) -> String {
        format!("untrusted comment: minisign public key {}\n{}\n", self.id(), self.line())
    }
    /// Its id, as `minisign` prints it.
    #[must_use]
    pub fn id(&self) -> String {
        key_id(self.id)
    }

    /// Whether it is the same key, whatever id it is given under.
    pub(crate) fn same_key(&self, other: &Self) -> bool {
        self.key == other.key
    }

    /// Checks a signature made by [`SecretKey::sign`], strictly: it has one form only. Returns the trusted comment.
    ///
    /// # Errors
    /// When it is not a signature of these bytes by this key.
    pub fn check(&self, bytes: &[u8], signature: &[u8]) -> Result<String, Refused> {
        let wrong = Refused("not a minisign signature in the one form a bundle has");
        if signature.len() > FILE_BYTES_MAX {
            return Err(wrong);
        }
        let text = std::str::from_utf8(signature).map_err(|_| wrong)?;
        let mut lines = text.split('\n');
        let [Some(SIGNATURE_COMMENT), Some(first), Some(comment), Some(second), Some(""), None] =
            std::array::from_fn(|_| lines.next())
        else {
            return Err(wrong);
        };
        let comment = comment.strip_prefix(TRUSTED).ok_or(wrong)?;
        let first: [u8; 74] = BASE64.decode(first).ok().and_then(|b| b.try_into().ok()).ok_or(wrong)?;
        let second: [u8; 64] = BASE64.decode(second).ok().and_then(|b| b.try_into().ok()).ok_or(wrong)?;
        let (algorithm, rest) = first.split_first_chunk::<2>().ok_or(wrong)?;
        let (id, over_file) = rest.split_first_chunk::<8>().ok_or(wrong)?;
        if *algorithm != PREHASHED {
            return Err(wrong);
        }
        if *id != self.id {
            return Err(Refused("signed with another key"));
        }
        let over_file: [u8; 64] = over_file.try_into().map_err(|_| wrong)?;
        let global = [over_file.as_slice(), comment.as_bytes()].concat();
        if self.holds(&Blake2b512::digest(bytes), &over_file) && self.holds(&global, &second) {
            Ok(comment.to_owned())
        } else {
            Err(Refused("the signature does not hold"))
        }
    }

    fn holds(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        VerifyingKey::from_bytes(&self.key)
            .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
    }
}

impl SecretKey {
    /// The key that follows from 32 random bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        let digest: [u8; 64] = Blake2b512::digest(key.verifying_key().as_bytes()).into();
        let id = digest.first_chunk::<8>().copied().unwrap_or_default();
        Self { id, key }
    }
    /// Its public key.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey { id: self.id, key: *self.key.verifying_key().as_bytes() }
    }

    /// Signs bytes; `comment` is signed too and must be one line.
    #[must_use]
    pub fn sign(&self, bytes: &[u8], comment: &str) -> String {
        let comment: String = comment.chars().filter(|c| !c.is_control()).take(1_024).collect();
        let over_file = self.key.sign(&Blake2b512::digest(bytes)).to_bytes();
        let global = self.key.sign(&[over_file.as_slice(), comment.as_bytes()].concat()).to_bytes();
        let mut first = PREHASHED.to_vec();
        first.extend(self.id);
        first.extend(over_file);
        let (first, second) = (BASE64.encode(first), BASE64.encode(global));
        format!("{SIGNATURE_COMMENT}\n{first}\n{TRUSTED}{comment}\n{second}\n")
    }

    /// The key as a file that `minisign -s` reads, without a password (`minisign -W`).
    #[must_use]
    pub fn file(&self) -> String {
        let mut body = ALGORITHM.to_vec();
        body.extend([0, 0]);
        body.extend(b"B2");
        body.extend([0; 48]);
        body.extend(self.id);
        body.extend(self.key.to_keypair_bytes());
        body.extend(self.checksum());
        format!("untrusted comment: minisign secret key {}\n{}\n", key_id(self.id), BASE64.encode(body))
    }

    /// Reads a secret key without a password, as [`SecretKey::file`] and `minisign -G -W` write it.
    ///
    /// # Errors
    /// When it is no such key, or is protected by a password.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let wrong = Refused("not a minisign secret key");
        let line = text.lines().map(str::trim).rfind(|line| !line.is_empty()).ok_or(wrong)?;
        let body: [u8; 158] =
            BASE64.decode(line).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(wrong)?;
        let part = |from: usize, to: usize| body.get(from..to).unwrap_or_default();
        if part(0, 2) != ALGORITHM || part(4, 6) != b"B2" {
            return Err(wrong);
        }
        if part(2, 4) != [0, 0] {
            return Err(Refused("protected by a password: take the password away with minisign -C -W"));
        }
        let id = part(54, 62).try_into().map_err(|_| wrong)?;
        let pair: [u8; 64] = part(62, 126).try_into().map_err(|_| wrong)?;
        let key = SigningKey::from_keypair_bytes(&pair).map_err(|_| wrong)?;
        let key = Self { id, key };
        if part(126, 158) == key.checksum() { Ok(key) } else { Err(wrong) }
    }

    fn checksum(&self) -> [u8; 32] {
        let hash = Blake2b::<U32>::new().chain_update(ALGORITHM).chain_update(self.id);
        hash.chain_update(self.key.to_keypair_bytes()).finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_signatures_come_back_and_no_flip_passes() {
        let key = SecretKey::from_seed(&[5; 32]);
        let public = key.public();
        assert_eq!(SecretKey::parse(&key.file()).unwrap().public(), public);
        assert_eq!(PublicKey::parse(&public.file()), Ok(public));
        assert_eq!(PublicKey::parse(&public.line()), Ok(public));
        let signature = key.sign(b"manifest", "one line\nno more");
        assert_eq!(public.check(b"manifest", signature.as_bytes()), Ok("one lineno more".to_owned()));
        assert!(public.check(b"manifesu", signature.as_bytes()).is_err());
        for place in 0..signature.len() {
            for bit in 0..8 {
                let mut bytes = signature.clone().into_bytes();
                bytes[place] ^= 1 << bit;
                assert!(public.check(b"manifest", &bytes).is_err(), "byte {place} bit {bit}");
            }
        }
        let other = SecretKey::from_seed(&[6; 32]).public();
        assert_eq!(other.check(b"manifest", signature.as_bytes()), Err(Refused("signed with another key")));
    }
}
