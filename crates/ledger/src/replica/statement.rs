//! What a copy on another computer says about itself, signed: how far it holds the ledger durably (LG-REP-02), and that it
//! removed what was destroyed (LG 15.4 step 4). Signed notes (C2SP), so that anybody can keep and check them.

use crate::note::{self, TYPE_ED25519};
use crate::{Hash, keys};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::SigningKey;

/// First line of a statement about what is held.
const HOLDS: &str = "sekisho-replica/v1 holds";
/// First line of a statement about what was destroyed.
const DESTROYED: &str = "sekisho-replica/v1 destroyed";
/// Longest statement in bytes: 1,000 data keys.
const STATEMENT_BYTES_MAX: usize = 64 * 1024;

/// The key of a copy on another computer.
#[derive(Clone)]
pub struct ReplicaKey {
    name: String,
    key: SigningKey,
}

/// What a copy states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// So much is durably stored.
    Holds {
        /// SHA-256 of the first entry.
        ledger: Hash,
        /// Entries.
        size: u64,
        /// Root over them.
        root: Hash,
        /// Seconds since 1970.
        seconds: u64,
    },
    /// What is sealed under these data keys is gone from the copy, or could not be removed.
    Destroyed {
        /// SHA-256 of the first entry.
        ledger: Hash,
        /// The `shred` or `reseal` entry.
        index: u64,
        /// Data keys whose wrapped copies are gone.
        gone: Vec<u64>,
        /// Data keys whose wrapped copies are still there.
        kept: Vec<u64>,
        /// Seconds since 1970.
        seconds: u64,
    },
}

impl ReplicaKey {
    /// The key that follows from 32 secret random bytes. `None` for a name that no key may have (LG-CHK-04).
    #[must_use]
    pub fn new(name: &str, seed: &Hash) -> Option<Self> {
        let key = SigningKey::from_bytes(&keys::hmac(seed, &[b"sekisho-replica-1 key"]));
        note::origin_fits(name).then(|| Self { name: name.to_owned(), key })
    }
    /// Public key: `name+id+base64`.
    #[must_use]
    pub fn verifier_key(&self) -> String {
        note::verifier_key(&self.name, self.key.verifying_key().as_bytes())
    }
    /// Signs a statement.
    #[must_use]
    pub fn sign(&self, statement: &Statement) -> String {
        let text = statement.text();
        let id = note::key_id(&self.name, TYPE_ED25519, self.key.verifying_key().as_bytes());
        let signature = keys::sign(&self.key, text.as_bytes());
        format!("{text}\n{}", note::signature_line(&self.name, id, &signature))
    }
}

fn list(keys: &[u64]) -> String {
    keys.iter().map(u64::to_string).collect::<Vec<_>>().join(" ")
}

fn numbers(text: &str) -> Option<Vec<u64>> {
    text.split(' ').filter(|one| !one.is_empty()).map(|one| one.parse().ok()).collect()
}

impl Statement {
    fn text(&self) -> String {
        match self {
            Self::Holds { ledger, size, root, seconds } => {
                format!("{HOLDS}\n{}\n{size}\n{}\n{seconds}\n", hex::encode(ledger), BASE64.encode(root))
            }
            Self::Destroyed { ledger, index, gone, kept, seconds } => format!(
                "{DESTROYED}\n{}\n{index}\ngone {}\nkept {}\n{seconds}\n",
                hex::encode(ledger),
                list(gone),
                list(kept)
            ),
        }
    }

    /// Reads a statement and checks its signature by `verifier_key`; `None` when it is not what that copy said.
    #[must_use]
    pub fn check(signed: &str, verifier_key: &str) -> Option<Self> {
        if signed.len() > STATEMENT_BYTES_MAX {
            return None;
        }
        let (name, key) = note::parse_verifier_key(verifier_key)?;
        let (text, lines) = signed.split_once("\n\n")?;
        let text = format!("{text}\n");
        let id = note::key_id(&name, TYPE_ED25519, &key);
        let signatures = note::signatures(lines).ok()?;
        let ours = signatures.iter().find(|one| one.name == name && one.id == id)?;
        let signature: [u8; 64] = ours.bytes.as_slice().try_into().ok()?;
        if !keys::signature_holds(&key, text.as_bytes(), &signature) {
            return None;
        }
        let found = Self::parse(&text)?;
        // One form only.
        (found.text() == text).then_some(found)
    }

    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().collect();
        let hash = |bytes: Vec<u8>| Hash::try_from(bytes).ok();
        match lines.as_slice() {
            [HOLDS, ledger, size, root, seconds] => Some(Self::Holds {
                ledger: hash(hex::decode(ledger).ok()?)?,
                size: size.parse().ok()?,
                root: hash(BASE64.decode(root).ok()?)?,
                seconds: seconds.parse().ok()?,
            }),
            [DESTROYED, ledger, index, gone, kept, seconds] => Some(Self::Destroyed {
                ledger: hash(hex::decode(ledger).ok()?)?,
                index: index.parse().ok()?,
                gone: numbers(gone.strip_prefix("gone ")?)?,
                kept: numbers(kept.strip_prefix("kept ")?)?,
                seconds: seconds.parse().ok()?,
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statements() -> [Statement; 3] {
        let ledger = [7; 32];
        [
            Statement::Holds { ledger, size: 12, root: [9; 32], seconds: 1_795_000_000 },
            Statement::Destroyed { ledger, index: 9, gone: vec![1, 3], kept: vec![], seconds: 1 },
            Statement::Destroyed { ledger, index: 0, gone: vec![], kept: vec![4], seconds: 0 },
        ]
    }

    /// LG-REP-02: every changed byte of a statement is found.
    #[test]
    fn a_statement_is_what_the_copy_said() {
        let key = ReplicaKey::new("backup.example.jp/r1", &[1; 32]).unwrap();
        let other = ReplicaKey::new("backup.example.jp/r1", &[2; 32]).unwrap();
        for statement in statements() {
            let signed = key.sign(&statement);
            assert_eq!(Statement::check(&signed, &key.verifier_key()), Some(statement));
            assert_eq!(Statement::check(&signed, &other.verifier_key()), None);
            for at in 0..signed.len() {
                let mut bytes = signed.clone().into_bytes();
                bytes[at] ^= 1;
                let Ok(text) = String::from_utf8(bytes) else { continue };
                assert_eq!(Statement::check(&text, &key.verifier_key()), None, "byte {at}");
            }
            for end in 0..signed.len() {
                if signed.is_char_boundary(end) && signed[..end] != *signed.trim_end() {
                    assert_eq!(Statement::check(&signed[..end], &key.verifier_key()), None, "cut at {end}");
                }
            }
        }
        assert!(ReplicaKey::new("two words", &[1; 32]).is_none());
    }
}
