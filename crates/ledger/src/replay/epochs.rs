//! Epochs as the log tells of them: seals, and keys of new epochs (LG chapter 9).

use super::Replay;
use crate::entry::Entry;
use crate::epoch::seal_message;
use crate::verify::Code;
use crate::{json, keys};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

impl Replay {
    /// The end of an epoch (LG-SEA-01 to LG-SEA-04).
    pub(super) fn seal_entry(&mut self, entry: &Entry, mut body: Value) -> Option<(Code, &'static str)> {
        let signature = body.as_object_mut().and_then(|fields| fields.remove("signature"));
        let signature = signature.as_ref().and_then(Value::as_str).and_then(|text| BASE64.decode(text).ok());
        let number = |name: &str| body.get(name).and_then(Value::as_i64);
        let (from, first_seq) = (self.epoch_start.0, self.epoch_start.1 as i64);
        let last = entry.stream_seq as i64 - 1;
        let heads =
            body.get("heads").and_then(Value::as_str) == Some(&BASE64.encode(self.streams.heads_root()));
        let counts = number("epoch") == Some(self.epoch as i64)
            && number("from") == Some(from.0)
            && number("first_seq") == Some(first_seq)
            && number("last_seq") == Some(last)
            && number("count") == Some(last + 1 - first_seq)
            && number("to") == Some(entry.received_at.0);
        let message = seal_message(&self.ledger, entry.stream, &json::canonical(&body).unwrap_or_default());
        let signed = signature
            .and_then(|bytes| <[u8; 64]>::try_from(bytes).ok())
            .is_some_and(|signature| keys::signature_holds(&self.epoch_key, &message, &signature));
        let doubled = std::mem::replace(&mut self.sealed, true);
        self.seal = Some((self.epoch, entry.received_at));
        let next = body
            .get("next_key")
            .and_then(Value::as_str)
            .map(|text| BASE64.decode(text).ok()?.try_into().ok());
        let broken_key = next == Some(None);
        if signed && let Some(key) = next.flatten() {
            self.next_epoch = Some((key, entry.received_at, entry.stream_seq));
        }
        match (signed, doubled, counts && heads || self.lost) {
            (false, _, _) => Some((Code::Sig, "signature of a seal")),
            (_, true, _) => Some((Code::Seal, "an epoch is sealed twice")),
            _ if broken_key => Some((Code::Key, "key of the next epoch in a seal")),
            (_, _, false) => Some((Code::Seal, "a seal tells other counts or heads than the entries")),
            _ => None,
        }
    }

    /// The key of a new epoch, signed by the log key (LG-EPO-02).
    pub(super) fn key_entry(&mut self, entry: &Entry, body: &Value) -> Option<(Code, &'static str)> {
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let epoch = body.get("epoch").and_then(Value::as_u64).unwrap_or_default();
        let decode = |name: &str| BASE64.decode(text(name)).ok();
        let key: Option<[u8; 32]> = decode("key").and_then(|key| key.try_into().ok());
        let signature: Option<[u8; 64]> = decode("signature").and_then(|bytes| bytes.try_into().ok());
        let (Some(key), Some(signature), "epoch") = (key, signature, text("use")) else {
            return Some((Code::Key, "contents of a key entry"));
        };
        let message = keys::epoch_message(&self.ledger, epoch, &key);
        let log_key = self.log_keys.current();
        if log_key.is_some_and(|key| key.revoked.is_some()) {
            return Some((Code::Key, "a new epoch key signed by a log key that was revoked"));
        }
        if !log_key.is_some_and(|log| keys::signature_holds(&log.key, &message, &signature)) {
            return Some((Code::Key, "a new epoch key is not signed by the log key"));
        }
        let follows = self.lost || epoch == self.epoch + 1;
        let ended = self.lost || self.sealed || self.recovering;
        (self.epoch, self.epoch_key, self.sealed, self.needs_epoch) = (epoch, key, false, false);
        self.epoch_start = (entry.received_at, entry.stream_seq);
        match (follows, ended) {
            (false, _) => Some((Code::Epoch, "numbers of the epochs")),
            (_, false) => Some((Code::Seal, "an epoch ended without seal or recovery")),
            _ => None,
        }
    }

    /// An entry about log keys or the root key, apart from what the history of the keys makes of it (LG-EPO-04).
    pub(super) fn log_key_entry(&mut self, body: &Value) -> Option<(Code, &'static str)> {
        let current = self.log_keys.current().map(|key| key.number);
        let number = body.get("number").and_then(Value::as_u64);
        self.needs_epoch |= match body.get("use").and_then(Value::as_str) {
            Some("revoke") => number == current,
            Some("log") => number != current && body.get("previous").is_none(),
            _ => false,
        };
        None
    }
}
