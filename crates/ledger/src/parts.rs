//! Payloads of single entries and their commitments (LG chapter 5).

use crate::bytes::Malformed;
use crate::entry::Form;
use crate::writer::PAYLOAD_BYTES_MAX;
use crate::{Error, Hash, Result, json, keys, tree};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Name of the one part of form 1.
const WHOLE: &str = "all";

/// Refuses payloads that cannot be written.
pub(crate) fn check(payload: &Value) -> Result<()> {
    let bytes = json::canonical(payload)
        .map_err(|_| Error::Policy("numbers in a payload are whole and below 2^53"))?;
    if bytes.len() > PAYLOAD_BYTES_MAX {
        let (size, limit) = (bytes.len() as u64, PAYLOAD_BYTES_MAX as u64);
        return Err(Error::Limit { what: "payload in bytes", size, limit });
    }
    match payload.as_object() {
        Some(fields) if fields.len() > usize::from(u16::MAX) => Err(Error::Limit {
            what: "fields of a payload",
            size: fields.len() as u64,
            limit: u64::from(u16::MAX),
        }),
        _ => Ok(()),
    }
}

/// Leaves of the commitment tree in order, with part name and value.
pub(crate) fn leaves(payload: &Value, form: Form, secret: &Hash, index: u64) -> Result<Vec<Hash>, Malformed> {
    let mut named: Vec<(&str, &Value)> = match (form, payload.as_object()) {
        (Form::Fields | Form::Parts, Some(fields)) => {
            fields.iter().map(|(name, value)| (name.as_str(), value)).collect()
        }
        (Form::Whole, _) => vec![(WHOLE, payload)],
        _ => return Err(Malformed("payload that does not fit the form")),
    };
    named.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    named
        .into_iter()
        .enumerate()
        .map(|(number, (name, value))| {
            let salt = keys::hmac(secret, &[&index.to_be_bytes(), &(number as u16).to_be_bytes()]);
            let part = json::canonical(&json!({ "p": name, "v": value }))?;
            Ok(Sha256::new().chain_update([0]).chain_update(salt).chain_update(part).finalize().into())
        })
        .collect()
}

/// Appends the payload to `out`; returns form, number of parts and commitment.
pub(crate) fn seal(
    payload: &Value,
    secret: &Hash,
    index: u64,
    out: &mut Vec<u8>,
) -> Result<(Form, u16, Hash)> {
    let fields = payload.as_object().is_some_and(|fields| !fields.is_empty());
    let form = if fields { Form::Fields } else { Form::Whole };
    let refuse = |_: Malformed| Error::Policy("numbers in a payload are whole and below 2^53");
    let mut leaves = leaves(payload, form, secret, index).map_err(refuse)?;
    out.extend(json::canonical(payload).map_err(refuse)?);
    Ok((form, leaves.len() as u16, tree::root_in_place(&mut leaves)))
}
