//! The manifest (docs/spec/casework.md 11.2): what is in a bundle, from whom, for whom, and what was left out.

use crate::error::{Code, Fault};
use crate::names;
use serde::{Deserialize, Serialize};
use vocab::Timestamp;

/// Schema of this version.
pub(crate) const SCHEMA: &str = "sekisho.bundle/1";
/// Longest text of a field in bytes.
const TEXT_BYTES_MAX: usize = 1_024;

/// What sort of bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Everything chosen (新規).
    Full,
    /// What came since the bundle before (続報).
    Delta,
    /// One desk hands a case to another (引継ぎ).
    Referral,
    /// Answer of a desk.
    Reply,
    /// A copy with parts withheld that leads to the same root of the ledger (一部開示).
    Redacted,
}

/// Class of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The case itself.
    Case,
    /// An item of evidence as it was taken.
    Evidence,
    /// A document.
    Form,
    /// For other tools.
    Exchange,
    /// Chain of custody.
    Custody,
    /// Records of the ledger and its signed head.
    Ledger,
}

/// Sender or recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Name of the body.
    pub id: String,
    /// Id of its signing key; empty when none is known.
    pub key_id: String,
    /// The signing key in minisign form for a sender; the `age` recipient, or nothing, for a recipient.
    pub public_key: String,
}

/// One entry of the container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Name in the container.
    pub path: String,
    /// Hexadecimal SHA-256 of the bytes in the container.
    pub sha256: String,
    /// Bytes in the container.
    pub size: u64,
    /// Class.
    pub class: Class,
    /// Whether it is encrypted with `age`.
    pub encrypted: bool,
    /// SHA-256 before encryption, unless that would tell what it is (CW-BND-04).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plain_sha256: Option<String>,
}

/// Something that was left out (no content, only what and why).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withheld {
    /// Class.
    pub class: Class,
    /// How many things.
    pub count: u64,
    /// Why, in words.
    pub reason: String,
}

/// Size and root of the ledger just before sealing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerHead {
    /// Entries of the tree.
    pub seq: u64,
    /// Root, base64.
    pub hash: String,
}

/// The manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `sekisho.bundle/1`.
    pub schema: String,
    /// Random id, hexadecimal with dashes.
    pub bundle_id: String,
    /// What sort of bundle.
    pub kind: Kind,
    /// The sender's case number.
    pub case_ref: String,
    /// 1, 2, 3 ... among the bundles of the case.
    pub sequence: u64,
    /// SHA-256 of the manifest before, for a delta; of the original, for a redacted copy.
    pub previous: Option<String>,
    /// Who sealed it.
    pub sender: Party,
    /// To whom it is addressed; null for a copy for anybody.
    pub recipient: Option<Party>,
    /// When it was sealed; whole seconds.
    pub sealed_at: Timestamp,
    /// When the incident was recognised.
    pub recognised_at: Option<Timestamp>,
    /// Everything in the container but the manifest and its signature.
    pub entries: Vec<Entry>,
    /// The ledger as the records were taken from it; null without records.
    pub ledger_head: Option<LedgerHead>,
    /// What was left out.
    pub withheld: Vec<Withheld>,
    /// Program and version.
    pub tool: String,
}

impl Manifest {
    /// The bytes that are signed: canonical JSON.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, Fault> {
        let value = serde_json::to_value(self).map_err(|error| fault(error.to_string()))?;
        ledger::canonical_json(&value).map_err(fault)
    }

    /// Reads a manifest strictly (BV-03).
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let value = ledger::parse_canonical_json(bytes).map_err(fault)?;
        let manifest: Self = serde_json::from_value(value).map_err(|error| fault(error.to_string()))?;
        manifest.check()?;
        // What serde lets pass in more than one way (times, missing fields) has one form only.
        if manifest.bytes()? == bytes { Ok(manifest) } else { Err(fault("not in the one form it may have")) }
    }

    fn check(&self) -> Result<(), Fault> {
        if self.schema != SCHEMA {
            return Err(fault(format!("schema {SCHEMA} expected")));
        }
        let texts = [&self.bundle_id, &self.case_ref, &self.sender.id, &self.tool];
        let recipient = self.recipient.iter().flat_map(|party| [&party.id, &party.key_id, &party.public_key]);
        let reasons = self.withheld.iter().map(|one| &one.reason);
        if texts.into_iter().chain(recipient).chain(reasons).any(|text| text.len() > TEXT_BYTES_MAX) {
            return Err(fault("texts of at most 1,024 bytes"));
        }
        if self.sequence == 0 || (self.kind == Kind::Delta && (self.previous.is_none() || self.sequence < 2))
        {
            return Err(fault("a delta names the bundle before it and has a sequence of 2 or more"));
        }
        if self.previous.as_ref().is_some_and(|hash| !names::is_sha256(hash)) {
            return Err(fault("previous: a SHA-256 in hexadecimal"));
        }
        if self.sealed_at.0 < 0 || self.sealed_at.0 % Timestamp::SECOND != 0 {
            return Err(fault("sealed_at: whole seconds"));
        }
        Ok(())
    }
}

fn fault(what: impl Into<String>) -> Fault {
    Fault::new(Code::Bv03, names::MANIFEST, what)
}
