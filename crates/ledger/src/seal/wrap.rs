//! Wrapping data keys to people with `age` (X25519). The crate `age` draws the ephemeral keys of a wrapping from the
//! system: the only randomness of this crate that is not passed in.

use super::{DataClass, DataKey};
use crate::bytes::Cursor;
use crate::{Error, Hash, Result};
use age::secrecy::ExposeSecret as _;
use std::io::{Read as _, Write as _};
use std::str::FromStr as _;
use zeroize::Zeroizing;

const MAGIC: &[u8; 8] = b"SKKEY\0\0\x01";
/// Bytes of a data key with what it is bound to.
const KEY_BYTES: usize = 8 + 32 + 8 + 2 + 4 + 32;

/// Public key of a role holder (`age1...`), to whom data keys are wrapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// What the holder is: `auditor` (監査責任者), `crisis-manager` (危機管理責任者) or another word of a-z and `-`.
    pub role: String,
    key: String,
}

impl Recipient {
    /// Reads `ROLE=age1...`, or `age1...` alone for the role `recipient`.
    ///
    /// # Errors
    /// `LE-POLICY` when it is no X25519 recipient of `age` or the role is not 1 to 32 of a-z and `-`.
    pub fn parse(text: &str) -> Result<Self> {
        let (role, key) = text.split_once('=').unwrap_or(("recipient", text));
        let word = |c: u8| c.is_ascii_lowercase() || c == b'-';
        if role.is_empty() || role.len() > 32 || !role.bytes().all(word) {
            return Err(Error::Policy("a role has 1 to 32 of a-z and '-'; hint: auditor=age1..."));
        }
        if age::x25519::Recipient::from_str(key).is_err() {
            return Err(Error::Policy("a recipient is a public key of age: age1... (age-keygen prints it)"));
        }
        Ok(Self { role: role.to_owned(), key: key.to_owned() })
    }
    /// The public key, `age1...`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// Secret key of a role holder, as `age-keygen` writes it. Not shown by `Debug`.
#[derive(Clone)]
pub struct Identity(age::x25519::Identity);

impl std::fmt::Debug for Identity {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Identity({})", self.0.to_public())
    }
}

impl Identity {
    /// Reads the identities of a file: lines `AGE-SECRET-KEY-1...`; empty lines and lines with `#` are passed over.
    ///
    /// # Errors
    /// `LE-KEY` for any other line, and for a file without an identity. The line itself is not repeated.
    pub fn parse_file(text: &str) -> Result<Vec<Self>> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let found: Vec<Self> = lines
            .map(|line| age::x25519::Identity::from_str(line).map(Self))
            .collect::<Result<_, _>>()
            .map_err(|_| {
                Error::Key("an identity file has lines AGE-SECRET-KEY-1...; hint: `age-keygen` makes one")
            })?;
        if found.is_empty() {
            return Err(Error::Key("the identity file holds no key"));
        }
        Ok(found)
    }
    /// Its public key as a recipient of a role.
    ///
    /// # Errors
    /// `LE-POLICY` for an unfit role.
    pub fn recipient(&self, role: &str) -> Result<Recipient> {
        Recipient::parse(&format!("{role}={}", self.0.to_public()))
    }
    /// Draws a new identity from the system.
    #[must_use]
    pub fn generate() -> Self {
        Self(age::x25519::Identity::generate())
    }
    /// The line that an identity file holds. Secret.
    #[must_use]
    pub fn line(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.to_string().expose_secret().to_owned())
    }
}

/// A data key as an `age` file for all recipients.
pub(crate) fn wrap(ledger: &Hash, key: &DataKey, recipients: &[Recipient]) -> Result<Vec<u8>> {
    enclose(&encode(ledger, key), recipients)
}

/// Several data keys, one after another, as an `age` file for one recipient.
pub(crate) fn wrap_many(ledger: &Hash, keys: &[DataKey], recipient: &Recipient) -> Result<Vec<u8>> {
    let mut plain = Zeroizing::new(Vec::with_capacity(keys.len() * KEY_BYTES));
    keys.iter().for_each(|key| plain.extend_from_slice(&encode(ledger, key)));
    enclose(&plain, std::slice::from_ref(recipient))
}

fn enclose(plain: &[u8], recipients: &[Recipient]) -> Result<Vec<u8>> {
    let refused = |_| Error::Key("a data key cannot be wrapped to the recipients");
    let parsed: Vec<age::x25519::Recipient> = recipients
        .iter()
        .map(|one| age::x25519::Recipient::from_str(&one.key))
        .collect::<Result<_, _>>()
        .map_err(|_| Error::Key("a recipient is no public key of age"))?;
    let encryptor = age::Encryptor::with_recipients(parsed.iter().map(|one| one as &dyn age::Recipient))
        .map_err(|_| Error::Key("a data key cannot be wrapped to the recipients"))?;
    let mut out = Vec::new();
    let mut writer = encryptor.wrap_output(&mut out).map_err(refused)?;
    writer.write_all(plain).map_err(refused)?;
    writer.finish().map_err(refused)?;
    Ok(out)
}

/// Opens a wrapped data key. `None` when it is not wrapped to these identities, damaged, or belongs elsewhere.
pub(crate) fn unwrap(ledger: &Hash, id: u64, wrapped: &[u8], identities: &[Identity]) -> Option<DataKey> {
    decode(ledger, &disclose(wrapped, identities, KEY_BYTES)?).filter(|key| key.id == id)
}

/// Opens what [`wrap_many`] made; all of it, or nothing.
pub(crate) fn unwrap_many(
    ledger: &Hash,
    wrapped: &[u8],
    identities: &[Identity],
    keys_max: usize,
) -> Option<Vec<DataKey>> {
    let plain = disclose(wrapped, identities, keys_max * KEY_BYTES)?;
    if plain.is_empty() {
        return None;
    }
    plain.chunks(KEY_BYTES).map(|one| decode(ledger, one)).collect()
}

fn disclose(wrapped: &[u8], identities: &[Identity], bytes_max: usize) -> Option<Zeroizing<Vec<u8>>> {
    let decryptor = age::Decryptor::new_buffered(wrapped).ok()?;
    let reader = decryptor.decrypt(identities.iter().map(|one| &one.0 as &dyn age::Identity)).ok()?;
    let mut plain = Zeroizing::new(Vec::with_capacity(bytes_max.min(1 << 16) + 1));
    #[expect(clippy::disallowed_methods, reason = "limited by take")]
    reader.take(bytes_max as u64 + 1).read_to_end(&mut plain).ok()?;
    (plain.len() <= bytes_max).then_some(plain)
}

/// The key with the ledger, number, class and day it is for.
pub(crate) fn encode(ledger: &Hash, key: &DataKey) -> Zeroizing<Vec<u8>> {
    let mut plain = Zeroizing::new(Vec::with_capacity(KEY_BYTES));
    plain.extend(MAGIC);
    plain.extend(ledger);
    plain.extend(key.id.to_be_bytes());
    plain.extend(key.class.number().to_be_bytes());
    plain.extend(key.day.to_be_bytes());
    plain.extend(*key.secret);
    plain
}

pub(crate) fn decode(ledger: &Hash, plain: &[u8]) -> Option<DataKey> {
    let mut from = Cursor::new(plain);
    if from.take(8).ok()? != MAGIC || from.hash().ok()? != *ledger || plain.len() != KEY_BYTES {
        return None;
    }
    let id = from.u64().ok()?;
    let class = DataClass::from_number(from.u16().ok()?)?;
    Some(DataKey { id, class, day: from.u32().ok()?, secret: Zeroizing::new(from.hash().ok()?) })
}

/// Bytes of one encoded key.
pub(crate) const ENCODED_BYTES: usize = KEY_BYTES;

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> DataKey {
        DataKey { id: 5, class: DataClass::Auth, day: 20_000, secret: Zeroizing::new([4; 32]) }
    }

    /// LG-KEY-01: each of two roles opens it alone; others, another ledger, another number and damaged files do not.
    #[test]
    fn either_role_opens_and_nobody_else() {
        let [auditor, manager, thief] = [(); 3].map(|()| Identity::generate());
        let recipients =
            [auditor.recipient("auditor").unwrap(), manager.recipient("crisis-manager").unwrap()];
        let wrapped = wrap(&[1; 32], &key(), &recipients).unwrap();
        for holder in [&auditor, &manager] {
            let found = unwrap(&[1; 32], 5, &wrapped, std::slice::from_ref(holder)).unwrap();
            assert_eq!((found.class, found.day, *found.secret), (DataClass::Auth, 20_000, [4; 32]));
        }
        assert!(unwrap(&[1; 32], 5, &wrapped, &[thief]).is_none());
        assert!(unwrap(&[2; 32], 5, &wrapped, std::slice::from_ref(&auditor)).is_none());
        assert!(unwrap(&[1; 32], 6, &wrapped, std::slice::from_ref(&auditor)).is_none());
        for place in 0..wrapped.len() {
            let mut broken = wrapped.clone();
            broken[place] ^= 1;
            assert!(unwrap(&[1; 32], 5, &broken, std::slice::from_ref(&auditor)).is_none(), "byte {place}");
            assert!(unwrap(&[1; 32], 5, &wrapped[..place], std::slice::from_ref(&auditor)).is_none());
        }
    }

    #[test]
    fn recipients_and_identities_are_read_strictly() {
        let identity = Identity::generate();
        let key = identity.recipient("auditor").unwrap().key().to_owned();
        assert_eq!(Recipient::parse(&key).unwrap().role, "recipient");
        for wrong in ["", "auditor=", "age1", "Auditor=age1", "=age1qqqq"] {
            assert!(Recipient::parse(wrong).is_err(), "{wrong}");
        }
        let file = format!("# made today\n\n{}\n", *identity.line());
        assert_eq!(Identity::parse_file(&file).unwrap().len(), 1);
        assert!(Identity::parse_file("# nothing").is_err());
        assert!(!format!("{identity:?}").contains("SECRET"));
    }
}
