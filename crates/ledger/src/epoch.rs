//! Epochs of the ledger: their seals, and the clock between entries (LG chapter 9, LG-ENT-05).

use crate::entry::EntryKind;
use crate::writer::{EpochStart, Ledger, canonical};
use crate::{Hash, Result, keys};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use vocab::Timestamp;

/// Step of the clock backwards that is written down, in microseconds (LG-ENT-05).
const CLOCK_STEP_MICROS: i64 = Timestamp::SECOND;

/// Longest time that one key signs, in microseconds: a thief of a key can forge what was accepted since the last seal, never
/// what was accepted before (LG chapter 9.1).
pub(crate) const EPOCH_MICROS: i64 = 3_600 * Timestamp::SECOND;

impl Ledger {
    /// Ends the epoch of the last session (LG-SEA-01). Open streams stay open.
    pub(crate) fn seal(&mut self, now: Timestamp) -> Result<()> {
        self.settle_clock(now)?;
        self.put_seal(None)
    }

    /// Ends the epoch when it is over, also an empty one; a service calls this at least once an epoch (LG-SEA-01). Appending
    /// does so by itself. Returns whether a new epoch has begun.
    ///
    /// # Errors
    /// `LE-IO`.
    pub fn turn_epoch(&mut self, now: Timestamp) -> Result<bool> {
        let before = self.batch.epoch;
        self.settle_clock(now)?;
        Ok(self.batch.epoch > before)
    }

    /// Seals the epoch with the key of the next one inside (LG-EPO-01), writes the frame that holds the seal, and wipes the
    /// key that signed both.
    pub(crate) fn evolve(&mut self) -> Result<()> {
        self.put_seal(Some(self.batch.next_key()))?;
        self.epoch_start = EpochStart { time: self.clock.accepted, seq: self.streams.next(0).0 };
        self.flush()?;
        self.batch.evolve();
        Ok(())
    }

    fn put_seal(&mut self, next: Option<[u8; 32]>) -> Result<()> {
        let (next_seq, _) = self.streams.next(0);
        let mut body = json!({
            "count": next_seq - self.epoch_start.seq,
            "epoch": self.batch.epoch,
            "first_seq": self.epoch_start.seq,
            "from": self.epoch_start.time.0,
            "heads": BASE64.encode(self.streams.heads_root()),
            "last_seq": next_seq - 1,
            "next_key": next.map(|key| BASE64.encode(key)),
            "to": self.clock.accepted.0,
        });
        let message = seal_message(&self.batch.ledger, 0, &canonical(&body)?);
        let signature = BASE64.encode(keys::sign(&self.batch.epoch_key, &message));
        if let Some(fields) = body.as_object_mut() {
            fields.insert("signature".to_owned(), Value::String(signature));
        }
        self.public(EntryKind::Seal, 0, &body).map(drop)
    }

    /// Writes down that the clock of this computer was set, or stood still, while a session ran: measured against a clock that
    /// nobody sets, it went from `before` to `after` at once (LG-ENT-05). Steps back are noticed by every append.
    ///
    /// # Errors
    /// `LE-POLICY` for times beyond what JSON holds, `LE-IO`.
    pub fn record_clock_step(&mut self, before: Timestamp, after: Timestamp) -> Result<()> {
        self.settle_clock(after)?;
        let body = json!({ "after": after.0, "before": before.0, "source": "monotonic" });
        self.public(EntryKind::Clock, 0, &body).map(drop)
    }

    /// Keeps `received_at` from running backwards, and writes a step down.
    pub(crate) fn settle_clock(&mut self, now: Timestamp) -> Result<()> {
        let before = std::mem::replace(&mut self.clock.passed, now);
        self.clock.accepted = self.clock.accepted.max(now);
        if now.since(before) < -CLOCK_STEP_MICROS {
            let body = json!({ "after": now.0, "before": before.0, "source": "caller" });
            self.public(EntryKind::Clock, 0, &body)?;
        }
        if self.clock.accepted.since(self.epoch_start.time) >= EPOCH_MICROS {
            self.evolve()?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, Genesis, VerifyOptions, verify};
    use std::path::Path;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn begin(folder: &Path) -> (Ledger, crate::StreamId) {
        let genesis = Genesis { origin: "local/epochs".to_owned(), now: NOW, seed: [3; 32] };
        let mut ledger = Ledger::create(folder, genesis).unwrap();
        let stream = ledger.open_stream("s", "file", NOW).unwrap();
        (ledger, stream)
    }

    fn codes(folder: &Path) -> Vec<Code> {
        let report = verify(folder, &VerifyOptions::default()).unwrap();
        report.failures.iter().map(|failure| failure.code).collect()
    }

    /// LG-EPO-01, LG-SEA-01: several epochs in one session, each with one seal, an empty one too.
    #[test]
    fn a_session_has_as_many_epochs_as_hours() {
        let guard = tempfile::tempdir().unwrap();
        let folder = guard.path().join("ledger");
        let (mut ledger, stream) = begin(&folder);
        for hour in 0..4 {
            let now = NOW.plus(hour * EPOCH_MICROS);
            ledger.append(stream, EntryKind::Record, now, &json!({ "hour": hour })).unwrap();
            ledger.checkpoint(now).unwrap();
        }
        assert!(ledger.turn_epoch(NOW.plus(4 * EPOCH_MICROS)).unwrap(), "empty but for the list of blocks");
        assert!(!ledger.turn_epoch(NOW.plus(5 * EPOCH_MICROS - 1)).unwrap());
        assert_eq!(ledger.batch.epoch, 5);
        ledger.close(NOW.plus(5 * EPOCH_MICROS - 1)).unwrap();
        let report = verify(&folder, &VerifyOptions::default()).unwrap();
        assert_eq!(report.failures, []);
        assert_eq!(report.last_seal.map(|seal| seal.0), Some(5));
    }

    /// LG-EPO-03, LF-13: who kept the key of an ended epoch cannot use it.
    #[test]
    fn the_key_of_an_ended_epoch_signs_nothing_more() {
        let guard = tempfile::tempdir().unwrap();
        for (name, same_number, code) in [("a", true, Code::Epoch), ("b", false, Code::Sig)] {
            let folder = guard.path().join(name);
            let (mut ledger, stream) = begin(&folder);
            let stolen = ledger.batch.epoch_key.clone();
            ledger.evolve().unwrap();
            ledger.commit().unwrap();
            assert_eq!(codes(&folder), []);
            ledger.batch.epoch_key = stolen;
            ledger.batch.epoch -= u64::from(same_number);
            ledger.append(stream, EntryKind::Record, NOW, &json!("late")).unwrap();
            ledger.commit().unwrap();
            assert_eq!(codes(&folder), [code]);
        }
    }
}
