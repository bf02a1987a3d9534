//! Parts of a payload one by one: name, value, salt.

use crate::bytes::Malformed;
use crate::entry::Form;
use crate::{Hash, keys, parts};
use serde_json::Value;

/// A part of a payload.
pub(super) struct Part<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a Value,
    pub(super) salt: Hash,
}

impl Part<'_> {
    /// Leaf of the commitment tree: `SHA-256(0x00 || salt || JCS({"p": name, "v": value}))` (LG-CMT-01).
    pub(super) fn leaf(&self) -> Result<Hash, Malformed> {
        parts::leaf(&self.salt, self.name, self.value)
    }
}

/// The parts of a payload in the order of the commitment tree; form 1 has one, named `all`.
pub(super) fn named<'a>(
    payload: &'a Value,
    form: Form,
    secret: &Hash,
    index: u64,
) -> Result<Vec<Part<'a>>, Malformed> {
    let named = parts::named(payload, form)?;
    let salt = |number: usize| keys::hmac(secret, &[&index.to_be_bytes(), &(number as u16).to_be_bytes()]);
    let part = |(number, (name, value))| Part { name, value, salt: salt(number) };
    Ok(named.into_iter().enumerate().map(part).collect())
}
