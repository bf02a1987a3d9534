//! What is said about signing keys of a sender (CW-BND-03): a rotation, signed with both keys, and the loss of a key, signed by
//! two officers. Each is a file of canonical JSON with one minisign signature a signer beside it, so that stock tools check it.

use crate::error::{Code, Fault};
use crate::minisign::{PublicKey, SecretKey};
use serde::{Deserialize, Serialize};
use vocab::Timestamp;

/// Schema of a statement.
const SCHEMA: &str = "sekisho.sender-key/1";
/// Longest text of a field in bytes.
const TEXT_BYTES_MAX: usize = 1_024;
/// Largest statement in bytes.
pub(crate) const STATEMENT_BYTES_MAX: usize = 16 * 1024;
/// Most signatures beside a statement that are looked at.
const SIGNATURES_MAX: usize = 16;

/// What became of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Replaced as planned (交替).
    Rotation,
    /// Cannot be used any more, or others may have it (紛失、盗難).
    Loss,
}

/// A statement about a signing key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SenderKeyStatement {
    /// `sekisho.sender-key/1`.
    pub schema: String,
    /// What became of the key.
    pub change: Change,
    /// Name of the body that seals.
    pub sender: String,
    /// The key that is not used from `at` on, as one line of minisign.
    pub old: String,
    /// The key after it; null when there is none yet.
    pub new: Option<String>,
    /// Moment of the rotation, or of the loss as far as it is known; whole seconds.
    pub at: Timestamp,
    /// Why, in words.
    pub reason: String,
}

/// A statement with the signatures that were found beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedSenderKeyStatement {
    /// The statement.
    pub statement: SenderKeyStatement,
    bytes: Vec<u8>,
    signatures: Vec<Vec<u8>>,
}

/// What a check has to show about the key of a sender, every time (CW-BND-03).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyNote {
    /// The key followed another one as planned.
    Rotated {
        /// Id of the key before.
        old: String,
        /// Id of this key.
        new: String,
        /// When.
        at: Timestamp,
    },
    /// Sealed with a key after it was replaced, by the time that the sender states.
    AfterRotation {
        /// Id of the key.
        old: String,
        /// When it was replaced.
        at: Timestamp,
    },
    /// The key took the place of one that was lost.
    Replaced {
        /// Id of the key that was lost.
        old: String,
        /// Id of this key.
        new: String,
        /// When it was lost.
        at: Timestamp,
    },
    /// Sealed before the key was lost, by the time that the sender states: whoever has the key can state any time.
    LostLater {
        /// Id of the key.
        old: String,
        /// When it was lost.
        at: Timestamp,
    },
}

fn fault(what: impl Into<String>) -> Fault {
    Fault::new(Code::Bv05, "statement about a key", what)
}

impl SenderKeyStatement {
    /// A statement of a sender about its keys.
    ///
    /// # Errors
    /// For texts beyond 1,024 bytes, and a rotation without a new key.
    pub fn new(
        change: Change,
        sender: &str,
        old: &PublicKey,
        new: Option<&PublicKey>,
        at: Timestamp,
        reason: &str,
    ) -> Result<Self, Fault> {
        let at = Timestamp::from_seconds(at.seconds());
        let (old, new) = (old.line(), new.map(PublicKey::line));
        let (schema, sender, reason) = (SCHEMA.to_owned(), sender.to_owned(), reason.to_owned());
        let made = Self { schema, change, sender, old, new, at, reason };
        made.check()?;
        Ok(made)
    }

    fn check(&self) -> Result<(), Fault> {
        if self.schema != SCHEMA {
            return Err(fault(format!("schema {SCHEMA} expected")));
        }
        if [&self.sender, &self.reason].into_iter().any(|text| text.len() > TEXT_BYTES_MAX) {
            return Err(fault("texts of at most 1,024 bytes"));
        }
        if self.at.0 % Timestamp::SECOND != 0 {
            return Err(fault("at: whole seconds"));
        }
        let key = |line: &String| PublicKey::parse(line).map_err(|error| fault(error.to_string()));
        let old = key(&self.old)?;
        match (self.new.as_ref().map(key).transpose()?, self.change) {
            (None, Change::Rotation) => Err(fault("a rotation names the new key")),
            (Some(new), _) if new == old => Err(fault("the new key is the old one")),
            _ => Ok(()),
        }
    }

    /// The bytes that are signed: canonical JSON.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn bytes(&self) -> Result<Vec<u8>, Fault> {
        let value = serde_json::to_value(self).map_err(|error| fault(error.to_string()))?;
        ledger::canonical_json(&value).map_err(fault)
    }

    /// Signs the statement; the trusted comment names what it is.
    ///
    /// # Errors
    /// As [`SenderKeyStatement::bytes`].
    pub fn sign(&self, key: &SecretKey) -> Result<String, Fault> {
        Ok(key.sign(&self.bytes()?, &format!("{SCHEMA} {}", self.at)))
    }
}

impl SignedSenderKeyStatement {
    /// Reads a statement strictly, with the signatures found beside it. They are checked where it is used.
    ///
    /// # Errors
    /// BV-05 for anything but one canonical form.
    pub fn parse(bytes: &[u8], signatures: Vec<Vec<u8>>) -> Result<Self, Fault> {
        if bytes.len() > STATEMENT_BYTES_MAX || signatures.len() > SIGNATURES_MAX {
            return Err(fault("larger than a statement may be"));
        }
        let value = ledger::parse_canonical_json(bytes).map_err(fault)?;
        let statement: SenderKeyStatement =
            serde_json::from_value(value).map_err(|error| fault(error.to_string()))?;
        statement.check()?;
        if statement.bytes()? != bytes {
            return Err(fault("not in the one form it may have"));
        }
        Ok(Self { statement, bytes: bytes.to_vec(), signatures })
    }

    fn signed_by(&self, key: &PublicKey) -> bool {
        self.signatures.iter().any(|signature| key.check(&self.bytes, signature).is_ok())
    }

    /// Old and new key, when those who have to have signed: both keys, or two of the officers.
    fn holds(&self, officers: &[PublicKey]) -> Option<(PublicKey, Option<PublicKey>)> {
        let old = PublicKey::parse(&self.statement.old).ok()?;
        let new = self.statement.new.as_ref().map(|line| PublicKey::parse(line)).transpose().ok()?;
        let enough = match self.statement.change {
            Change::Rotation => self.signed_by(&old) && new.as_ref().is_some_and(|new| self.signed_by(new)),
            Change::Loss => {
                let mut signers: Vec<&PublicKey> = Vec::new();
                for officer in officers.iter().filter(|officer| self.signed_by(officer)) {
                    // The lost key, and the one that is to take its place, speak for nobody.
                    let party = *officer == old || Some(officer) == new.as_ref();
                    if !party && !signers.iter().any(|one| one.same_key(officer)) {
                        signers.push(officer);
                    }
                }
                signers.len() >= 2
            }
        };
        enough.then_some((old, new))
    }
}

/// Whether a bundle that is sealed with `key` at `sealed` comes from the sender: `known` are keys from a source you trust, and
/// statements lead from them to later ones. What has to be shown about the key is in the notes.
///
/// # Errors
/// BV-05 for a key that nothing leads to, a key that was lost before, and a statement that does not hold.
pub(crate) fn judge(
    key: &PublicKey,
    sender: &str,
    sealed: Timestamp,
    known: &[PublicKey],
    statements: &[SignedSenderKeyStatement],
    officers: &[PublicKey],
) -> Result<Vec<KeyNote>, Fault> {
    let mut steps = Vec::new();
    for one in statements {
        let (old, new) = one.holds(officers).ok_or_else(|| match one.statement.change {
            Change::Rotation => fault("a rotation is signed with the old and the new key"),
            Change::Loss => fault("the loss of a key is signed by two officers whose keys you name"),
        })?;
        if one.statement.sender != sender {
            return Err(fault("about the keys of another sender"));
        }
        steps.push((one.statement.change, old, new, one.statement.at));
    }
    let lost = |key: &PublicKey| {
        let losses = steps.iter().filter(|(change, old, ..)| *change == Change::Loss && old == key);
        losses.map(|(.., at)| *at).min()
    };
    let mut notes = Vec::new();
    let mut trusted = known.to_vec();
    // Each statement leads on at most once.
    for _ in 0..steps.len() {
        for (change, old, new, at) in &steps {
            let Some(new) = new.filter(|new| trusted.contains(old) && !trusted.contains(new)) else {
                continue;
            };
            // Who has a lost key can sign a rotation with it.
            if *change == Change::Rotation && lost(old).is_some_and(|lost| lost <= *at) {
                continue;
            }
            trusted.push(new);
            let (old, new, at) = (old.id(), new.id(), *at);
            notes.push(match change {
                Change::Rotation => KeyNote::Rotated { old, new, at },
                Change::Loss => KeyNote::Replaced { old, new, at },
            });
        }
    }
    if !known.is_empty() && !trusted.contains(key) {
        return Err(fault(format!("signed with {}, a key you did not name", key.id())));
    }
    if let Some(at) = lost(key) {
        if sealed >= at {
            return Err(fault(format!("signed with {}, which was lost at {at}", key.id())));
        }
        notes.push(KeyNote::LostLater { old: key.id(), at });
    }
    let replaced = steps.iter().filter(|(change, old, ..)| *change == Change::Rotation && old == key);
    if let Some(at) = replaced.map(|(.., at)| *at).min().filter(|at| sealed > *at) {
        notes.push(KeyNote::AfterRotation { old: key.id(), at });
    }
    Ok(notes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn key(seed: u8) -> SecretKey {
        SecretKey::from_seed(&[seed; 32])
    }

    fn signed(change: Change, (old, new): (u8, Option<u8>), by: &[u8]) -> SignedSenderKeyStatement {
        let new = new.map(|new| key(new).public());
        let made =
            SenderKeyStatement::new(change, "Office", &key(old).public(), new.as_ref(), AT, "why").unwrap();
        let signatures = by.iter().map(|seed| made.sign(&key(*seed)).unwrap().into_bytes()).collect();
        SignedSenderKeyStatement::parse(&made.bytes().unwrap(), signatures).unwrap()
    }

    fn ask(seed: u8, seconds: i64, statements: &[SignedSenderKeyStatement]) -> Result<Vec<KeyNote>, Fault> {
        let sealed = Timestamp::from_seconds(AT.seconds() + seconds);
        let officers = [key(20).public(), key(21).public(), key(1).public()];
        judge(&key(seed).public(), "Office", sealed, &[key(1).public()], statements, &officers)
    }

    /// CW-BND-03: a key leads to the next one by a statement that both have signed.
    #[test]
    fn a_rotation_is_signed_with_both_keys() {
        let rotation = signed(Change::Rotation, (1, Some(2)), &[1, 2]);
        let (old, new) = (key(1).public().id(), key(2).public().id());
        assert!(ask(2, 5, &[]).is_err());
        let rotated = KeyNote::Rotated { old: old.clone(), new, at: AT };
        assert_eq!(ask(2, 5, std::slice::from_ref(&rotation)).unwrap(), vec![rotated.clone()]);
        let late = KeyNote::AfterRotation { old, at: AT };
        assert_eq!(ask(1, 5, std::slice::from_ref(&rotation)).unwrap(), [rotated, late]);
        assert!(
            !ask(1, -5, std::slice::from_ref(&rotation))
                .unwrap()
                .iter()
                .any(|one| matches!(one, KeyNote::AfterRotation { .. }))
        );
        for by in [&[1][..], &[2], &[], &[3, 2], &[20, 21]] {
            assert!(ask(2, 5, &[signed(Change::Rotation, (1, Some(2)), by)]).is_err(), "{by:?}");
        }
        // Two steps, whatever their order.
        let further = signed(Change::Rotation, (2, Some(3)), &[2, 3]);
        assert_eq!(ask(3, 5, &[further, rotation]).unwrap().len(), 2);
    }

    /// CW-BND-03: a lost key is replaced by two officers, and every later check says so.
    #[test]
    fn a_loss_is_stated_by_two_officers() {
        let loss = signed(Change::Loss, (1, Some(2)), &[20, 21]);
        let (old, new) = (key(1).public().id(), key(2).public().id());
        let replaced = KeyNote::Replaced { old: old.clone(), new, at: AT };
        assert_eq!(ask(2, 5, std::slice::from_ref(&loss)).unwrap(), vec![replaced.clone()]);
        assert_eq!(
            ask(1, -5, std::slice::from_ref(&loss)).unwrap(),
            [replaced, KeyNote::LostLater { old, at: AT }]
        );
        assert!(ask(1, 5, std::slice::from_ref(&loss)).is_err(), "sealed with it after the loss");
        for by in [&[20][..], &[20, 20], &[20, 22], &[1, 20], &[2, 20], &[]] {
            assert!(ask(2, 5, &[signed(Change::Loss, (1, Some(2)), by)]).is_err(), "{by:?}");
        }
        // The thief's own rotation to a key of his leads nowhere.
        let stolen = signed(Change::Rotation, (1, Some(9)), &[1, 9]);
        assert!(ask(9, 5, &[stolen.clone(), loss.clone()]).is_err());
        assert!(ask(2, 5, &[stolen, loss]).is_ok());
        // No key yet.
        assert!(ask(1, 5, &[signed(Change::Loss, (1, None), &[20, 21])]).is_err());
    }

    #[test]
    fn statements_have_one_form() {
        let old = key(1).public();
        assert!(SenderKeyStatement::new(Change::Rotation, "O", &old, None, AT, "").is_err());
        assert!(SenderKeyStatement::new(Change::Rotation, "O", &old, Some(&old), AT, "").is_err());
        assert!(SenderKeyStatement::new(Change::Loss, &"x".repeat(2_000), &old, None, AT, "").is_err());
        let bytes = SenderKeyStatement::new(Change::Loss, "O", &old, None, AT, "").unwrap().bytes().unwrap();
        assert!(SignedSenderKeyStatement::parse(&bytes, Vec::new()).is_ok());
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            let read = SignedSenderKeyStatement::parse(&changed, Vec::new());
            assert!(read.is_err() || read.unwrap().bytes != bytes, "byte {place}");
        }
        assert!(SignedSenderKeyStatement::parse(b" {}", Vec::new()).is_err());
        assert!(SignedSenderKeyStatement::parse(&vec![b'x'; STATEMENT_BYTES_MAX + 1], Vec::new()).is_err());
    }
}
