//! The log keys (台帳の署名鍵) of a ledger, one after another: which key signs which heads, who vouches for a new one, and
//! which was revoked (LG chapter 9.1, LG-EPO-04; docs/formats/ledger.md, "Log keys").
//!
//! A root key kept off line, or two people whom the policy lists, sign what the log key itself cannot be trusted to say: that
//! it is revoked, and which key comes next. The history follows from the entries alone, so that every verifier, copy and
//! excerpt comes to the same one.

mod document;
mod history;
mod rotate;
mod statement;

pub use document::KeyHistory;
pub(crate) use rotate::{bodies, root_field};
pub use statement::{KeyStatement, LOSS_REASONS, RootKey};

use crate::bytes::Malformed;
use crate::note::{self, Parsed};
use crate::{Checkpoint, Hash};
use vocab::Timestamp;

/// Most log keys that one ledger may have.
const LOG_KEYS_MAX: usize = 256;

/// Who vouches for a log key, or revoked it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// The first entry names it, and nobody else vouches for it.
    Genesis,
    /// The root key (LG chapter 9.1).
    Root,
    /// Two people whom the policy in force listed (LG-EPO-04).
    People,
}

/// That a log key is not to be believed (失効).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// The entry that says so; `None`: a statement that is no entry of this ledger yet.
    pub entry: Option<u64>,
    /// First entry that is not proved by the key alone: what came before was signed before the loss.
    pub from: u64,
    /// Moment of the loss, where it was stated.
    pub since: Option<Timestamp>,
    /// `lost`, `stolen` or `ended`.
    pub reason: String,
    /// Who signed the statement.
    pub by: Authority,
}

/// One log key, and the part of the log that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogKey {
    /// Its number, from 1.
    pub number: u64,
    /// The key as `origin+id+base64`.
    pub verifier_key: String,
    /// Who vouches for it.
    pub by: Authority,
    /// Whether the key before it signed it too: a planned rotation.
    pub handed_over: bool,
    /// The entry that names it: it signs heads of more entries than that.
    pub from: u64,
    /// The entry that names the next key: it signs no head that covers this entry by itself.
    pub until: Option<u64>,
    /// Revocation with the earliest `from`.
    pub revoked: Option<Revocation>,
    pub(crate) key: [u8; 32],
}

impl LogKey {
    /// Whether it is the key of a head of so many entries.
    #[must_use]
    pub fn covers(&self, size: u64) -> bool {
        size > self.from && self.until.is_none_or(|until| size <= until)
    }
    /// Entries accepted under it of which it alone is no proof, because it was revoked: first and last.
    #[must_use]
    pub fn unproven(&self, size: u64) -> Option<(u64, u64)> {
        let revoked = self.revoked.as_ref()?;
        let first = revoked.from.max(self.from);
        let until = self.until.unwrap_or(size);
        // The entries about the revocation itself stand in a batch under the next key.
        let end = revoked.entry.map_or(until, |entry| entry.min(until));
        (first < end).then(|| (first, end - 1))
    }
}

/// All log keys of a ledger, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogKeys {
    pub(crate) ledger: Hash,
    /// Name of the ledger.
    pub origin: String,
    /// The root key, and the entry that names it.
    pub root: Option<(u64, [u8; 32])>,
    keys: Vec<LogKey>,
}

impl LogKeys {
    /// The keys, the first one first; never empty.
    #[must_use]
    pub fn all(&self) -> &[LogKey] {
        &self.keys
    }
    /// The key in force at the end.
    pub(crate) fn current(&self) -> Option<&LogKey> {
        self.keys.last()
    }
    /// Public part of the key in force at the end.
    pub(crate) fn current_key(&self) -> [u8; 32] {
        self.current().map_or([0; 32], |key| key.key)
    }
    /// The key (`origin+id+base64`), when it is one of this ledger.
    #[must_use]
    pub fn find(&self, verifier_key: &str) -> Option<&LogKey> {
        self.keys.iter().find(|key| key.verifier_key == verifier_key)
    }
    /// The revoked key that is the only proof of an entry; `None`: the entry is proved, as far as this history goes.
    #[must_use]
    pub fn doubt(&self, index: u64, size: u64) -> Option<&LogKey> {
        let within =
            |key: &&LogKey| key.unproven(size).is_some_and(|(first, last)| (first..=last).contains(&index));
        self.keys.iter().find(within)
    }

    /// Reads a head and checks the signature of the key in force at its size. Returns the number of that key too.
    pub(crate) fn check(&self, bytes: &[u8]) -> Result<(Checkpoint, u64), Malformed> {
        let parsed = note::parse(bytes)?;
        let number = self.signer(&parsed)?;
        let note = String::from_utf8_lossy(bytes).into_owned();
        Ok((Checkpoint { size: parsed.size, root: parsed.root, note }, number))
    }

    /// Number of the key that has to have signed a head of this size, after a check of its signature.
    pub(crate) fn signer(&self, parsed: &Parsed) -> Result<u64, Malformed> {
        let wanted = self.keys.iter().find(|key| key.covers(parsed.size));
        let wanted = wanted.ok_or(Malformed("size of a note"))?;
        match parsed.check_log(&self.origin, &wanted.key) {
            Ok(()) => Ok(wanted.number),
            Err(_) if self.keys.iter().any(|key| parsed.check_log(&self.origin, &key.key).is_ok()) => {
                Err(NOT_IN_FORCE)
            }
            Err(what) => Err(what),
        }
    }

    /// Whether a note bears a signature line of any key known so far.
    pub(crate) fn names_signer(&self, parsed: &Parsed) -> bool {
        self.keys.iter().any(|key| {
            let id = note::key_id(&self.origin, note::TYPE_ED25519, &key.key);
            parsed.signatures.iter().any(|one| one.name == self.origin && one.id == id)
        })
    }
}

/// A head signed by a key that was not, or no longer, in force at its size.
pub(crate) const NOT_IN_FORCE: Malformed =
    Malformed("a head signed by a log key that is not in force at its size");
