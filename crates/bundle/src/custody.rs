//! The chain of custody (証拠の引継ぎの記録): who held which item when, one event a line, chained by hashes for each item
//! (LG-BND-01, BV-08, CW-BND-05).

use crate::error::{Code, Fault};
use crate::{names, sha256_hex};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use vocab::Timestamp;

const SCHEMA: &str = "sekisho.custody/1";
/// Most events of a chain.
const EVENTS_MAX: usize = 100_000;
/// Longest line in bytes.
const LINE_BYTES_MAX: usize = 16_384;

/// One event. Fields follow the usual forensic guides; what does not apply is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CustodyEvent {
    /// `sekisho.custody/1`; filled in when the event is added.
    pub schema: String,
    /// SHA-256 of the item, hexadecimal.
    pub item: String,
    /// From whom or where; for a further event the holder before.
    pub from: String,
    /// To whom: the holder from now on.
    pub to: String,
    /// When.
    pub time: Timestamp,
    /// How far the clock was off, in milliseconds, as far as known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_error_ms: Option<i64>,
    /// Where.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// What for.
    pub purpose: String,
    /// State of the item.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub condition: String,
    /// Number of the seal.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub seal_id: String,
    /// Tool that took it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tool: String,
    /// SHA-256 of that tool.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tool_sha256: String,
    /// Who was present (立会人).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub witness: String,
    /// How it was checked that it is the same (同一性の検証).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub identity_check: String,
    /// Hash of the manifest that a receipt names, where a desk has taken it (CW-BND-05).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub receipt: String,
    /// Entry of the ledger that holds this event too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger_index: Option<u64>,
    /// SHA-256 of the line before of the same item; empty for its first event.
    pub prev_hash: String,
}

/// A chain that holds together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    events: Vec<CustodyEvent>,
    /// For each item: hash of its newest line, holder, time.
    newest: BTreeMap<String, (String, String, Timestamp)>,
    text: String,
}

impl Chain {
    /// Reads `custody.jsonl` and checks it line by line (BV-08).
    ///
    /// # Errors
    /// Names the first line that does not continue the chain.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let mut chain = Self::default();
        if !text.is_empty() && !text.ends_with('\n') {
            return Err(fault(text.lines().count(), "the last line ends with a newline"));
        }
        for (number, line) in (1..).zip(text.lines()) {
            if number > EVENTS_MAX || line.len() > LINE_BYTES_MAX {
                return Err(fault(number, "at most 100,000 lines of at most 16,384 bytes"));
            }
            let value = ledger::parse_canonical_json(line.as_bytes()).map_err(|what| fault(number, what))?;
            let event: CustodyEvent =
                serde_json::from_value(value).map_err(|error| fault(number, &error.to_string()))?;
            if bytes(&event).map_err(|what| fault(number, what))? != line.as_bytes() {
                return Err(fault(number, "a line has one form only"));
            }
            chain.push(event, line).map_err(|what| fault(number, what))?;
        }
        Ok(chain)
    }

    fn push(&mut self, event: CustodyEvent, line: &str) -> Result<(), &'static str> {
        if event.schema != SCHEMA || !names::is_sha256(&event.item) || event.to.is_empty() {
            return Err("schema, SHA-256 of the item, and a holder expected");
        }
        match self.newest.get(&event.item) {
            Some((hash, holder, time)) => {
                if event.prev_hash != *hash {
                    return Err(
                        "does not name the line before of this item: a line was changed or is missing",
                    );
                }
                if event.from != *holder {
                    return Err("handed on by somebody who did not hold it");
                }
                if event.time < *time {
                    return Err("earlier than the line before");
                }
            }
            None if event.prev_hash.is_empty() => {}
            None => return Err("names a line before, but is the first of this item"),
        }
        let state = (sha256_hex(line.as_bytes()), event.to.clone(), event.time);
        self.newest.insert(event.item.clone(), state);
        self.text.push_str(line);
        self.text.push('\n');
        self.events.push(event);
        Ok(())
    }

    /// Adds an event; `schema`, `prev_hash` and, for a known item, `from` are filled in.
    ///
    /// # Errors
    /// When it does not continue the chain.
    pub fn add(&mut self, mut event: CustodyEvent) -> Result<(), Fault> {
        SCHEMA.clone_into(&mut event.schema);
        if let Some((hash, holder, _)) = self.newest.get(&event.item) {
            event.prev_hash.clone_from(hash);
            event.from.clone_from(holder);
        }
        let number = self.events.len() + 1;
        let line = bytes(&event).map_err(|what| fault(number, what))?;
        let line = String::from_utf8(line).map_err(|_| fault(number, "text"))?;
        self.push(event, &line).map_err(|what| fault(number, what))
    }

    /// The events in order.
    #[must_use]
    pub fn events(&self) -> &[CustodyEvent] {
        &self.events
    }
    /// Who holds an item now; `None` for an unknown one.
    #[must_use]
    pub fn holder(&self, item: &str) -> Option<&str> {
        self.newest.get(item).map(|(_, holder, _)| holder.as_str())
    }
    /// Items with their present holders.
    pub fn holders(&self) -> impl Iterator<Item = (&str, &str)> {
        self.newest.iter().map(|(item, (_, holder, _))| (item.as_str(), holder.as_str()))
    }
    /// The chain as `custody.jsonl`.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

fn bytes(event: &CustodyEvent) -> Result<Vec<u8>, &'static str> {
    ledger::canonical_json(&serde_json::to_value(event).map_err(|_| "cannot be written")?)
}

fn fault(line: usize, what: &str) -> Fault {
    Fault::new(Code::Bv08, format!("{} line {line}", names::CUSTODY), what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(item: &str, to: &str, seconds: i64) -> CustodyEvent {
        let time = Timestamp::from_seconds(seconds);
        let purpose = "分析".to_owned();
        CustodyEvent {
            item: item.repeat(32),
            from: "web1".into(),
            to: to.into(),
            time,
            purpose,
            ..Default::default()
        }
    }

    fn chain() -> Chain {
        let mut chain = Chain::default();
        chain.add(event("0a", "sato", 10)).unwrap();
        chain.add(event("0b", "sato", 11)).unwrap();
        chain.add(event("0a", "suzuki", 12)).unwrap();
        chain
    }

    #[test]
    fn a_chain_continues_for_each_item() {
        let chain = chain();
        assert_eq!(chain.holder(&"0a".repeat(32)), Some("suzuki"));
        assert_eq!(chain.holder(&"0b".repeat(32)), Some("sato"));
        assert_eq!(Chain::parse(chain.text()), Ok(chain.clone()));
        assert_eq!(chain.events()[2].from, "sato");
        let mut later = chain;
        assert!(later.add(event("0a", "x", 11)).is_err(), "back in time");
    }

    #[test]
    fn changed_dropped_and_swapped_lines_are_found() {
        let text = chain().text().to_owned();
        let lines: Vec<&str> = text.lines().collect();
        assert!(Chain::parse(&format!("{}\n{}\n", lines[1], lines[2])).is_err());
        assert!(Chain::parse(&format!("{}\n{}\n{}\n", lines[2], lines[1], lines[0])).is_err());
        assert!(Chain::parse(&text.replacen("sato", "sata", 1)).is_err());
        assert!(Chain::parse(text.trim_end()).is_err());
        // The newest line of an item is bound by the signature of the bundle or ledger that holds the chain.
        assert!(
            Chain::parse(&format!("{}\n{}\n", lines[0], lines[2].replace("\"item\"", " \"item\""))).is_err()
        );
    }
}
