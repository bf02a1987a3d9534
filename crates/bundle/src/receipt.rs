//! Receipts of a desk (受理証; CW-BND-15): which bundle was taken in, under which number, with which decision.

use crate::error::{Code, Fault};
use crate::minisign::{PublicKey, SecretKey};
use crate::names;
use serde::{Deserialize, Serialize};
use vocab::Timestamp;

const SCHEMA: &str = "sekisho.receipt/1";

/// What a desk decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// 受理.
    Accepted,
    /// 相談.
    Consultation,
    /// 指導.
    Guidance,
    /// 不受理.
    Refused,
    /// 補正.
    Supplement,
}

/// A receipt. It tells nothing of the verdict of the desk beyond the code (CW-BND-07).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// `sekisho.receipt/1`.
    pub schema: String,
    /// SHA-256 of the manifest of the bundle.
    pub manifest_hash: String,
    /// Name of the desk.
    pub desk: String,
    /// 受付番号.
    pub intake_no: String,
    /// When it arrived.
    pub received_at: Timestamp,
    /// When it was accepted; null for another decision.
    pub accepted_at: Option<Timestamp>,
    /// Decision.
    pub decision: Decision,
    /// Code of the reason, e.g. `RJ-ANY-1`; empty when accepted.
    pub code: String,
    /// Version of the policy of the desk.
    pub policy_version: String,
    /// Id of the key that signs.
    pub key_id: String,
}

impl Receipt {
    /// Signs a receipt; `schema` and `key_id` are filled in. Returns document and signature.
    ///
    /// # Errors
    /// When a field has not the form it must have.
    pub fn sign(mut self, key: &SecretKey) -> Result<(Vec<u8>, String), Fault> {
        SCHEMA.clone_into(&mut self.schema);
        self.key_id = key.public().id();
        let bytes = self.bytes()?;
        self.check_fields()?;
        let signature = key.sign(&bytes, &format!("{} {}", self.desk, self.intake_no));
        Ok((bytes, signature))
    }

    /// Reads a receipt and checks that `key`, the desk's, signed it for the bundle with this manifest.
    ///
    /// # Errors
    /// When it does not hold.
    pub fn check(bytes: &[u8], signature: &[u8], key: &PublicKey, manifest: &str) -> Result<Self, Fault> {
        let receipt = Self::parse(bytes)?;
        key.check(bytes, signature).map_err(|error| fault(error.to_string()))?;
        if receipt.key_id != key.id() {
            return Err(fault("key id"));
        }
        if receipt.manifest_hash != manifest { Err(fault("for another bundle")) } else { Ok(receipt) }
    }

    /// Reads a receipt without checking who signed it.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let value = ledger::parse_canonical_json(bytes).map_err(fault)?;
        let receipt: Self = serde_json::from_value(value).map_err(|error| fault(error.to_string()))?;
        receipt.check_fields()?;
        if receipt.bytes()? == bytes { Ok(receipt) } else { Err(fault("not in the one form it may have")) }
    }

    fn check_fields(&self) -> Result<(), Fault> {
        let fits = self.schema == SCHEMA
            && names::is_sha256(&self.manifest_hash)
            && !self.intake_no.is_empty()
            && !self.desk.is_empty()
            && (self.decision == Decision::Accepted) == self.accepted_at.is_some();
        if fits { Ok(()) } else { Err(fault("schema, hash of a manifest, desk, number, time of acceptance")) }
    }

    fn bytes(&self) -> Result<Vec<u8>, Fault> {
        let value = serde_json::to_value(self).map_err(|error| fault(error.to_string()))?;
        ledger::canonical_json(&value).map_err(fault)
    }
}

fn fault(what: impl Into<String>) -> Fault {
    Fault::new(Code::Bv04, "receipt", what)
}
