//! Parts of a payload one by one: name, value, salt.

use crate::bytes::Malformed;
use crate::entry::Form;
use crate::{Hash, json, keys};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A part of a payload.
pub(super) struct Part<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a Value,
    pub(super) salt: Hash,
}

impl Part<'_> {
    /// Leaf of the commitment tree: `SHA-256(0x00 || salt || JCS({"p": name, "v": value}))` (LG-CMT-01).
    pub(super) fn leaf(&self) -> Result<Hash, Malformed> {
        let part = json::canonical(&json!({ "p": self.name, "v": self.value }))?;
        Ok(Sha256::new().chain_update([0]).chain_update(self.salt).chain_update(part).finalize().into())
    }
}

/// The parts of a payload in the order of the commitment tree; form 1 has one, named `all`.
pub(super) fn named<'a>(
    payload: &'a Value,
    form: Form,
    secret: &Hash,
    index: u64,
) -> Result<Vec<Part<'a>>, Malformed> {
    let mut named: Vec<(&str, &Value)> = match (form, payload.as_object()) {
        (Form::Fields | Form::Parts, Some(fields)) => {
            fields.iter().map(|(name, value)| (name.as_str(), value)).collect()
        }
        (Form::Whole, _) => vec![("all", payload)],
        _ => return Err(Malformed("payload that does not fit the form")),
    };
    named.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    let salt = |number: usize| keys::hmac(secret, &[&index.to_be_bytes(), &(number as u16).to_be_bytes()]);
    let part = |(number, (name, value))| Part { name, value, salt: salt(number) };
    Ok(named.into_iter().enumerate().map(part).collect())
}
