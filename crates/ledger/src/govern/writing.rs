//! Entering requests, and reads of payloads (LG 15.3, 17).

use super::policy::ContentPolicy;
use super::request::Request;
use super::state::{Governance, Scope};
use crate::entry::EntryKind;
use crate::seal::DataClass;
use crate::{Error, Hash, Ledger, Payload, Result, json};
use serde_json::{Value, json};
use vocab::{LedgerIndex, Timestamp};

/// Purposes for which a payload may be read (LG-AUD-04).
pub const PURPOSES: [&str; 8] =
    ["incident", "audit", "court", "police", "person-request", "operations", "controls", "disclosure"];

impl Request {
    /// A new policy. `private` may name the people; `previous` is the entry of the policy in force.
    ///
    /// # Errors
    /// `LE-POLICY` for a policy that an entry could not hold.
    pub fn policy(
        ledger: &Hash,
        policy: &ContentPolicy,
        previous: Option<u64>,
        private: &Value,
        nonce: &Hash,
    ) -> Result<Self> {
        policy.check().map_err(Error::Policy)?;
        Self::new(ledger, EntryKind::Policy, policy.body(previous, ""), private, nonce)
    }

    /// A review of the entries `from` to `to`; `private` holds what was looked at and the findings (LG-AUD-01).
    ///
    /// # Errors
    /// `LE-POLICY` for an unfit result code.
    pub fn review(
        ledger: &Hash,
        range: (u64, u64),
        result: &str,
        private: &Value,
        nonce: &Hash,
    ) -> Result<Self> {
        code(result)?;
        let body = json!({ "from": range.0, "result": result, "to": range.1 });
        Self::new(ledger, EntryKind::Review, body, private, nonce)
    }

    /// A hold over `scope` (LG-HLD-01).
    ///
    /// # Errors
    /// `LE-POLICY` for an unfit basis code or an empty scope.
    pub fn hold(
        ledger: &Hash,
        number: u64,
        scope: &Scope,
        basis: &str,
        private: &Value,
        nonce: &Hash,
    ) -> Result<Self> {
        code(basis)?;
        if *scope == Scope::default() {
            return Err(Error::Policy("a hold names entries, streams or times"));
        }
        let body = json!({
            "basis": basis,
            "entries": scope.entries,
            "hold": number,
            "streams": scope.streams,
            "times": scope.times,
        });
        Self::new(ledger, EntryKind::Hold, body, private, nonce)
    }

    /// The release of a hold (LG-HLD-02).
    ///
    /// # Errors
    /// `LE-POLICY` for an unfit basis code.
    pub fn release(ledger: &Hash, hold: u64, basis: &str, private: &Value, nonce: &Hash) -> Result<Self> {
        code(basis)?;
        Self::new(ledger, EntryKind::Release, json!({ "basis": basis, "hold": hold }), private, nonce)
    }
}

pub(crate) fn code(text: &str) -> Result<()> {
    if super::fields::is_code(text) {
        return Ok(());
    }
    Err(Error::Policy("a code has 1 to 40 of a-z, 0-9 and '-'; free text goes into the reason"))
}

impl Ledger {
    /// What is in force at the end of the log.
    #[must_use]
    pub const fn governance(&self) -> &Governance {
        &self.governance
    }

    /// Id of the ledger: SHA-256 of its first entry.
    #[must_use]
    pub const fn id(&self) -> Hash {
        self.batch.ledger
    }

    /// Enters a policy, review, hold or release that has the signatures it needs. Destruction has its own calls.
    ///
    /// # Errors
    /// `LE-APPROVAL` when a person has to approve or a signature does not hold, `LE-POLICY` for a request of another ledger
    /// or one that was changed, `LE-IO`.
    pub fn enact(&mut self, request: &Request, now: Timestamp) -> Result<LedgerIndex> {
        if matches!(request.checked()?.1, EntryKind::Shred | EntryKind::Reseal) {
            return Err(Error::Policy("destruction is carried out by a call of its own"));
        }
        self.enter(request, request.whole_body(), now)
    }

    /// Enters a request with its final body.
    pub(crate) fn enter(&mut self, request: &Request, body: Value, now: Timestamp) -> Result<LedgerIndex> {
        let (ledger, kind) = request.checked()?;
        if ledger != self.batch.ledger {
            return Err(Error::Policy("the request belongs to another ledger"));
        }
        self.settle_clock(now)?;
        // A key entry may come before it: the number is only compared with numbers of earlier entries.
        let mut after = self.governance.clone();
        after
            .take_body(self.size(), kind, self.clock.accepted, &body)
            .map_err(|(_, what)| Error::Approval(what))?;
        let bytes = json::canonical(&body).map_err(|what| Error::Policy(what.0))?;
        let private = Payload::new(&request.private)?;
        self.with_payload(kind, 0, DataClass::Control, &private, bytes)
    }

    /// Writes down that a person reads payloads, before they are shown (LG-AUD-03). Durable once [`Ledger::checkpoint`] has
    /// returned.
    ///
    /// # Errors
    /// `LE-PURPOSE` for a purpose that is none of [`PURPOSES`] or a missing case number, `LE-IO`.
    pub fn record_read(
        &mut self,
        purpose: &str,
        case: &str,
        what: &Value,
        now: Timestamp,
    ) -> Result<LedgerIndex> {
        if !PURPOSES.contains(&purpose) {
            return Err(Error::Purpose { purpose: purpose.chars().take(40).collect() });
        }
        if case.trim().is_empty() {
            return Err(Error::Purpose { purpose: format!("{purpose}, without a case number") });
        }
        self.settle_clock(now)?;
        let payload = Payload::new(&json!({ "case": case, "purpose": purpose, "what": what }))?;
        self.with_payload(EntryKind::Read, 0, DataClass::Control, &payload, Vec::new())
    }
}
