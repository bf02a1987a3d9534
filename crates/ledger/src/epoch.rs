//! Epochs of the ledger: their seals, and the clock between entries (LG chapter 9, LG-ENT-05).

use crate::entry::EntryKind;
use crate::writer::{Ledger, canonical};
use crate::{Hash, Result, keys};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use vocab::Timestamp;

/// Step of the clock backwards that is written down, in microseconds (LG-ENT-05).
const CLOCK_STEP_MICROS: i64 = Timestamp::SECOND;

impl Ledger {
    /// Ends the epoch (LG-SEA-01). Open streams stay open.
    pub(crate) fn seal(&mut self, now: Timestamp) -> Result<()> {
        self.settle_clock(now)?;
        let (next_seq, _) = self.streams.next(0);
        let mut body = json!({
            "count": next_seq - self.epoch_start.seq,
            "epoch": self.batch.epoch,
            "first_seq": self.epoch_start.seq,
            "from": self.epoch_start.time.0,
            "heads": BASE64.encode(self.streams.heads_root()),
            "last_seq": next_seq - 1,
            "next_key": null,
            "to": self.clock.accepted.0,
        });
        let message = seal_message(&self.batch.ledger, 0, &canonical(&body)?);
        let signature = BASE64.encode(keys::sign(&self.batch.epoch_key, &message));
        if let Some(fields) = body.as_object_mut() {
            fields.insert("signature".to_owned(), Value::String(signature));
        }
        self.public(EntryKind::Seal, 0, &body).map(drop)
    }

    /// Keeps `received_at` from running backwards, and writes a step down.
    pub(crate) fn settle_clock(&mut self, now: Timestamp) -> Result<()> {
        let before = std::mem::replace(&mut self.clock.passed, now);
        self.clock.accepted = self.clock.accepted.max(now);
        if now.since(before) < -CLOCK_STEP_MICROS {
            let body = json!({ "after": now.0, "before": before.0, "source": "caller" });
            self.public(EntryKind::Clock, 0, &body)?;
        }
        Ok(())
    }
}

/// What the signature of a seal covers.
pub(crate) fn seal_message(ledger: &Hash, stream: u32, body_without_signature: &[u8]) -> Vec<u8> {
    let mut out = b"sekisho-ledger-1 seal\0".to_vec();
    out.extend(ledger);
    out.extend(stream.to_be_bytes());
    out.extend(body_without_signature);
    out
}
