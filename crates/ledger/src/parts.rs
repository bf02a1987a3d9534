//! Payloads of single entries and their commitments (LG chapter 5).

use crate::bytes::Malformed;
use crate::entry::Form;
use crate::keys::Salter;
use crate::{Error, Hash, Result, json, tree};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::ops::Range;

/// Largest payload of a single entry in bytes (LG-PAY-02).
pub(crate) const PAYLOAD_BYTES_MAX: usize = 1024 * 1024;
/// Name of the one part of form 1, as canonical JSON.
const WHOLE: &[u8] = b"\"all\"";

/// The content of a single entry, checked and in canonical form (LG-PAY-01). An object commits to each field by itself
/// (form 3), so that one field can be shown or withheld alone; anything else commits as a whole (form 1).
///
/// Making one is most of the work of an append and needs no ledger: callers do it before they wait for their turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    form: Form,
    bytes: Vec<u8>,
    /// Name and value of each part inside `bytes`; empty for form 1.
    parts: Vec<(Range<usize>, Range<usize>)>,
}

impl Payload {
    /// Takes a JSON value.
    ///
    /// # Errors
    /// `LE-LIMIT` beyond 1 MiB in canonical form or 65,535 fields (LG-PAY-02); `LE-POLICY` for numbers with a fraction
    /// or of 2^53 and more.
    pub fn new(value: &Value) -> Result<Self> {
        let fields = value.as_object().is_some_and(|fields| !fields.is_empty());
        let form = if fields { Form::Fields } else { Form::Whole };
        let payload = Self::of(value, form)
            .map_err(|_| Error::Policy("numbers in a payload are whole and below 2^53"))?;
        let limit = |what, size: usize, limit: usize| {
            if size <= limit {
                return Ok(());
            }
            Err(Error::Limit { what, size: size as u64, limit: limit as u64 })
        };
        limit("payload in bytes", payload.bytes.len(), PAYLOAD_BYTES_MAX)?;
        limit("fields of a payload", payload.parts.len(), usize::from(u16::MAX))?;
        Ok(payload)
    }

    fn of(value: &Value, form: Form) -> Result<Self, Malformed> {
        let (mut bytes, mut parts) = (Vec::new(), Vec::new());
        match (form, value.as_object()) {
            (Form::Fields | Form::Parts, Some(fields)) => {
                let mut fields: Vec<_> = fields.iter().collect();
                fields.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
                bytes.push(b'{');
                for (name, value) in fields {
                    if !parts.is_empty() {
                        bytes.push(b',');
                    }
                    let start = bytes.len();
                    json::write_string(name, &mut bytes)?;
                    let end = bytes.len();
                    bytes.push(b':');
                    json::write(value, &mut bytes)?;
                    parts.push((start..end, end + 1..bytes.len()));
                }
                bytes.push(b'}');
            }
            (Form::Whole, _) => json::write(value, &mut bytes)?,
            _ => return Err(Malformed("payload that does not fit the form")),
        }
        Ok(Self { form, bytes, parts })
    }

    /// Bytes in canonical form.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
    pub(crate) const fn form(&self) -> Form {
        self.form
    }

    /// Leaves of the commitment tree in order (LG-CMT-01): `SHA-256(0x00 || salt || {"p": name, "v": value})`.
    fn leaves(&self, salter: &Salter, index: u64) -> Vec<Hash> {
        let leaf = |number: usize, name: &[u8], value: &[u8]| {
            let hash = Sha256::new().chain_update([0]).chain_update(salter.salt(index, number as u16));
            let hash = hash.chain_update(b"{\"p\":").chain_update(name).chain_update(b",\"v\":");
            hash.chain_update(value).chain_update(b"}").finalize().into()
        };
        if self.form == Form::Whole {
            return vec![leaf(0, WHOLE, &self.bytes)];
        }
        let slice = |range: &Range<usize>| self.bytes.get(range.clone()).unwrap_or_default();
        let parts = self.parts.iter().enumerate();
        parts.map(|(number, (name, value))| leaf(number, slice(name), slice(value))).collect()
    }

    /// Appends the payload to `out`; returns number of parts and commitment.
    pub(crate) fn seal(&self, salter: &Salter, index: u64, out: &mut Vec<u8>) -> (u16, Hash) {
        out.extend_from_slice(&self.bytes);
        let mut leaves = self.leaves(salter, index);
        (leaves.len() as u16, tree::root_in_place(&mut leaves))
    }
}

/// The parts of a payload in the order of their leaves.
pub(crate) fn named(payload: &Value, form: Form) -> Result<Vec<(&str, &Value)>, Malformed> {
    let mut named: Vec<(&str, &Value)> = match (form, payload.as_object()) {
        (Form::Fields | Form::Parts, Some(fields)) => {
            fields.iter().map(|(name, value)| (name.as_str(), value)).collect()
        }
        (Form::Whole, _) => vec![("all", payload)],
        _ => return Err(Malformed("payload that does not fit the form")),
    };
    named.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    Ok(named)
}

/// Leaf of a part (LG-CMT-01).
pub(crate) fn leaf(salt: &Hash, name: &str, value: &Value) -> Result<Hash, Malformed> {
    let part = json::canonical(&serde_json::json!({ "p": name, "v": value }))?;
    Ok(Sha256::new().chain_update([0]).chain_update(salt).chain_update(part).finalize().into())
}

/// Leaves of the commitment tree of a payload read back.
pub(crate) fn leaves(payload: &Value, form: Form, secret: &Hash, index: u64) -> Result<Vec<Hash>, Malformed> {
    Ok(Payload::of(payload, form)?.leaves(&Salter::new(*secret), index))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// LG-CMT-01, word by word.
    #[test]
    fn leaves_are_those_of_the_formula() {
        let value = json!({ "b": [1, null], "a": "x\n", "\u{1f600}": {} });
        let (secret, index) = ([9; 32], 77u64);
        let found = leaves(&value, Form::Fields, &secret, index).unwrap();
        let expected: Vec<Hash> = ["a", "b", "\u{1f600}"]
            .iter()
            .enumerate()
            .map(|(number, name)| {
                let salt =
                    crate::keys::hmac(&secret, &[&index.to_be_bytes(), &(number as u16).to_be_bytes()]);
                let part = json::canonical(&json!({ "p": name, "v": value[*name] })).unwrap();
                Sha256::new().chain_update([0]).chain_update(salt).chain_update(part).finalize().into()
            })
            .collect();
        assert_eq!(found, expected);
        assert_eq!(Payload::new(&value).unwrap().as_bytes(), json::canonical(&value).unwrap());
        assert_eq!(Payload::new(&json!({})).unwrap().form(), Form::Whole);
    }
}
