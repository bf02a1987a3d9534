//! What left the ledger (開示): an `export` entry for each extract, copy on a medium, redacted copy and bundle (LG-RED-06), and
//! the list of what is known to have left, which a request for destruction shows (LG-SHR-03).

use crate::entry::{Entry, EntryKind};
use crate::govern::{Fields, PURPOSES, code};
use crate::review::ReadFacts;
use crate::seal::DataClass;
use crate::writer::canonical;
use crate::{Error, Hash, Ledger, Payload, Reader, Result, json};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use vocab::{Citation, LedgerIndex, Timestamp};

/// Most exports and reads that are listed one by one.
const LISTED_MAX: usize = 1_000;

/// What is handed out.
#[derive(Clone, Debug)]
pub struct Export<'a> {
    /// What is made: `extract`, `copy`, `redacted`, `bundle`.
    pub what: &'a str,
    /// Why, one of [`PURPOSES`].
    pub purpose: &'a str,
    /// SHA-256 of the manifest; for a copy, the root of the signed head that it goes up to.
    pub digest: Hash,
    /// First and last entry that it holds content or keys of.
    pub range: (u64, u64),
    /// How many entries that are.
    pub entries: u64,
    /// Who receives it, case number, indices and parts: a JSON object, sealed with the entry.
    pub private: &'a Value,
}

/// An export as the log tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportFacts {
    /// The entry.
    pub index: u64,
    /// When it was entered.
    pub time: Timestamp,
    /// What was made.
    pub what: String,
    /// Why.
    pub purpose: String,
    /// First and last entry concerned.
    pub range: (u64, u64),
    /// Entries in it.
    pub entries: u64,
    /// SHA-256 of the manifest, or root of the copied head.
    pub digest: Hash,
    /// The sealed part, where a key is at hand.
    pub content: Option<Value>,
}

/// What is known to have left the system of a range of entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disclosures {
    /// Exports that touch the range.
    pub exports: Vec<ExportFacts>,
    /// Reads of entries of the range by people.
    pub reads: Vec<ReadFacts>,
    /// Reads of which no key at hand tells what was read.
    pub sealed_reads: u64,
    /// Further ones beyond 1,000.
    pub left_off: u64,
}

impl ExportFacts {
    pub(crate) fn read(index: u64, entry: &Entry) -> Option<Self> {
        let body = json::parse_canonical(&entry.body).ok()?;
        let fields = Fields(&body);
        Some(Self {
            index,
            time: entry.received_at,
            what: fields.code("what").ok()?.to_owned(),
            purpose: fields.code("purpose").ok()?.to_owned(),
            range: (fields.number("from").ok()?, fields.number("to").ok()?),
            entries: fields.number("count").ok()?,
            digest: fields.bytes("digest").ok()?,
            content: None,
        })
    }
    const fn touches(&self, range: (u64, u64)) -> bool {
        self.range.0 <= range.1 && range.0 <= self.range.1
    }
}

impl Ledger {
    /// Writes down that something is handed out, before it is (LG-RED-06). Durable once [`Ledger::commit`],
    /// [`Ledger::checkpoint`] or [`Ledger::rest`] has returned.
    ///
    /// # Errors
    /// `LE-PURPOSE` for a purpose that is none of [`PURPOSES`], `LE-POLICY` for an unfit code or range, `LE-IO`.
    pub fn record_export(&mut self, export: &Export<'_>, now: Timestamp) -> Result<LedgerIndex> {
        if !PURPOSES.contains(&export.purpose) {
            return Err(Error::Purpose { purpose: export.purpose.chars().take(40).collect() });
        }
        code(export.what)?;
        if export.range.0 > export.range.1 || export.range.1 >= self.size() || !export.private.is_object() {
            return Err(Error::Policy("an export names entries that are there"));
        }
        self.settle_clock(now)?;
        let body = json!({
            "count": export.entries,
            "digest": BASE64.encode(export.digest),
            "from": export.range.0,
            "purpose": export.purpose,
            "to": export.range.1,
            "what": export.what,
        });
        let (private, body) = (Payload::new(export.private)?, canonical(&body)?);
        self.with_payload(EntryKind::Export, 0, DataClass::Control, &private, body)
    }
}

impl Reader {
    /// What is known to have left the system of the entries of `range`, both ends included: it cannot be recalled by a
    /// destruction (LG-SHR-03). Sealed parts are opened where a key is at hand.
    ///
    /// # Errors
    /// `LV-DAMAGE`, `LE-IO`.
    pub fn disclosures(&mut self, range: (u64, u64)) -> Result<Disclosures> {
        let mut found = Disclosures::default();
        let mut reads = Vec::new();
        for item in self.entries() {
            let (index, entry) = item?;
            match entry.kind {
                EntryKind::Export => {
                    let facts = ExportFacts::read(index.0, &entry).filter(|facts| facts.touches(range));
                    match facts {
                        Some(_) if found.exports.len() >= LISTED_MAX => found.left_off += 1,
                        facts => found.exports.extend(facts),
                    }
                }
                // What came later than the read was not read.
                EntryKind::Read if index.0 > range.0 => match reads.len() {
                    LISTED_MAX => found.left_off += 1,
                    _ => reads.push((index.0, entry.received_at)),
                },
                _ => {}
            }
        }
        for export in &mut found.exports {
            export.content = self.sealed_part(export.index);
        }
        for (index, time) in reads {
            match self.sealed_part(index) {
                None => found.sealed_reads += 1,
                Some(content) if reads_of(&content, range) => {
                    found.reads.push(ReadFacts { index, time, content: Some(content) });
                }
                Some(_) => {}
            }
        }
        Ok(found)
    }

    /// The payload of a single entry, where a key is at hand.
    pub(crate) fn sealed_part(&mut self, index: u64) -> Option<Value> {
        let view = self.record(Citation { index: LedgerIndex(index), record: 0 }).ok()?;
        json::parse_canonical(&view.bytes).ok()
    }
}

/// Whether a read was of entries of the range; what does not say is counted in.
fn reads_of(content: &Value, range: (u64, u64)) -> bool {
    let indices = content.pointer("/what/indices").and_then(Value::as_array);
    let inside = |index: &Value| index.as_u64().is_none_or(|index| (range.0..=range.1).contains(&index));
    indices.is_none_or(|indices| indices.iter().any(inside))
}
