//! Excerpts (抄録): chosen records of a ledger with everything that proves them, and nothing of the others but hashes
//! (LG chapters 5.5 and 16; docs/formats/bundle.md, "Excerpt").
//!
//! An excerpt is a tree of which most nodes are hashes: the tree of the ledger, and below it the trees of runs and
//! payloads. What is withheld later becomes one more hash, and the root stays the same.

mod make;
mod part;

use crate::bytes::Malformed;
use crate::entry::{Entry, EntryKind, Form};
use crate::govern::Governance;
use crate::logkey::LogKeys;
use crate::proof::ProofError;
use crate::ranges::{self, Range};
use crate::run::{self, RunRecord};
use crate::{Hash, json, tree};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use part::Part;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use vocab::{Citation, LedgerIndex, Timestamp};

/// Most entries of an excerpt.
pub const EXCERPT_ENTRIES_MAX: usize = 65_536;

/// Chosen records with their proofs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Excerpt {
    /// Version, 1.
    v: u32,
    /// Name of the ledger.
    origin: String,
    /// Entries of the tree.
    size: u64,
    /// Root of the tree, base64.
    root: String,
    /// What of the tree is not shown.
    hidden: Vec<Hidden>,
    /// Entries in ascending order; the first is the genesis entry, which names the log key.
    entries: Vec<Item>,
}

/// A node of a tree of which only the hash is given: leaves `from..to`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hidden {
    from: u64,
    to: u64,
    hash: String,
}

/// One entry with what is shown of its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    index: u64,
    entry: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<Shell>,
}

/// The tree of a run or of a payload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shell {
    hidden: Vec<Hidden>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<FileName>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    records: Vec<OpenRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parts: Vec<OpenPart>,
}

/// The head of a run, shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileName {
    name: String,
    salt: String,
}

/// A record of a run, shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenRecord {
    no: u32,
    line: u64,
    offset: u64,
    bytes: String,
    salt: String,
}

/// A part of a payload, shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenPart {
    no: u16,
    p: String,
    v: Value,
    salt: String,
}

/// One thing that a checked excerpt shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The record, or for a payload the entry and the number of the part.
    pub citation: Citation,
    /// When the ledger took the entry in.
    pub received_at: Timestamp,
    /// What the entry was written for.
    pub kind: EntryKind,
    /// Name of the source, when it is shown.
    pub file: Option<String>,
    /// Line or record number in the source; 0 for a part.
    pub line: u64,
    /// Name of the part; `None` for a record of a run.
    pub part: Option<String>,
    /// The bytes as received; the value as canonical JSON for a part.
    pub bytes: Vec<u8>,
}

impl Excerpt {
    /// Name of the ledger.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }
    /// Entries of the tree that it leads to.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }
    /// Root of that tree, base64.
    #[must_use]
    pub fn root(&self) -> &str {
        &self.root
    }

    /// Checks both levels of trees, and the signature of `checkpoint` (a signed note over the same tree) with the log
    /// key that the genesis entry names. With `log_key`, from a source you trust, also that it is that key. Returns
    /// what is shown, in the order of the ledger.
    ///
    /// # Errors
    /// Names the first part that does not agree.
    pub fn check(&self, checkpoint: &str, log_key: Option<&str>) -> Result<Vec<Shown>, ProofError> {
        if self.v != 1 {
            return Err(ProofError::new("version of the excerpt"));
        }
        if self.entries.len() > EXCERPT_ENTRIES_MAX {
            return Err(ProofError::new("more entries than an excerpt may hold"));
        }
        let root = hash(&self.root)?;
        let mut known = hidden(&self.hidden)?;
        let mut shown = Vec::new();
        for item in &self.entries {
            let bytes = decode(&item.entry)?;
            let entry = Entry::decode(&bytes).map_err(malformed)?;
            if known.insert((item.index, item.index.saturating_add(1)), tree::leaf(&bytes)).is_some() {
                return Err(ProofError::new("an entry stands twice in the excerpt"));
            }
            if let Some(content) = &item.content {
                content.check(item.index, &entry, &mut shown)?;
            }
        }
        if !self.entries.is_sorted_by_key(|item| item.index) {
            return Err(ProofError::new("order of the entries"));
        }
        if ranges::root_of(self.size, &known) != Some(root) {
            return Err(ProofError::new("the entries do not lead to the root of the ledger"));
        }
        let keys = self.log_keys()?;
        if log_key.is_some_and(|expected| keys.find(expected).is_none()) {
            return Err(ProofError::new("the log key is not the one you expect"));
        }
        let (signed, _) = keys.check(checkpoint.as_bytes()).map_err(malformed)?;
        if signed.size != self.size || signed.root != root {
            return Err(ProofError::new("the signed checkpoint has another size or root"));
        }
        Ok(shown)
    }

    /// The log key that the genesis entry names.
    ///
    /// # Errors
    /// When the genesis entry is not shown or names none, or an entry about keys does not hold.
    pub fn log_key(&self) -> Result<String, ProofError> {
        Ok(self.log_keys()?.all().first().map_or_else(String::new, |key| key.verifier_key.clone()))
    }

    /// The log keys that the entries shown tell of: the genesis entry names the first; each later one, and each revocation, has
    /// an entry of its own. Whoever makes an excerpt shows all of them ([`Reader::excerpt`]); one that is left out can hide
    /// the revocation of a key that was handed over before, never make another key believed.
    ///
    /// # Errors
    /// When the genesis entry is not shown, or an entry about keys does not hold.
    pub fn log_keys(&self) -> Result<LogKeys, ProofError> {
        let missing = ProofError::new("the genesis entry is not shown");
        let first = self.entries.first().filter(|item| item.index == 0).ok_or(missing)?;
        let bytes = decode(&first.entry)?;
        let (id, entry) = (tree::sha256(&bytes), Entry::decode(&bytes).map_err(malformed)?);
        let body = json::parse_canonical(&entry.body).map_err(malformed)?;
        let mut keys = match (entry.kind, LogKeys::begin(id, &body)) {
            (EntryKind::Genesis, Ok(keys)) => keys,
            _ => return Err(ProofError::new("the first entry is no genesis")),
        };
        if keys.origin != self.origin {
            return Err(ProofError::new("log key and origin of the excerpt do not agree"));
        }
        let mut governance = Governance::new(id);
        for item in self.entries.iter().skip(1) {
            let entry = Entry::decode(&decode(&item.entry)?).map_err(malformed)?;
            match entry.kind {
                EntryKind::Policy => drop(governance.take(item.index, &entry)),
                _ => keys.take(item.index, &entry, &governance).map_err(|(_, what)| ProofError::new(what))?,
            }
        }
        Ok(keys)
    }

    /// Puts hashes in the place of everything that `withhold` says, and of file names when `files`. The root stays the
    /// same (LG-RED-01); salts of what is withheld are gone (LG-RED-02). Returns how many things were withheld.
    ///
    /// # Errors
    /// When the excerpt does not hold together.
    pub fn withhold(
        &mut self,
        files: bool,
        mut withhold: impl FnMut(&Shown) -> bool,
    ) -> Result<u64, ProofError> {
        let mut count = 0;
        for item in &mut self.entries {
            let entry = Entry::decode(&decode(&item.entry)?).map_err(malformed)?;
            if let Some(content) = &mut item.content {
                count += content.withhold(item.index, &entry, files, &mut withhold)?;
            }
        }
        Ok(count)
    }
}

impl Shell {
    /// Adds what is shown, after checking that it leads to the commitment of the entry.
    fn check(&self, index: u64, entry: &Entry, shown: &mut Vec<Shown>) -> Result<(), ProofError> {
        let leaves = u64::from(entry.part_count);
        let mut known = hidden(&self.hidden)?;
        for (no, leaf, found) in self.open(index, entry)? {
            if known.insert((no, no.saturating_add(1)), leaf).is_some() {
                return Err(ProofError::new("a record stands twice in the excerpt"));
            }
            shown.extend(found);
        }
        if ranges::root_of(leaves, &known) == Some(entry.commitment) {
            Ok(())
        } else {
            Err(ProofError::new("the records do not lead to the commitment of their entry"))
        }
    }

    /// Number, leaf and meaning of everything that is shown; the head of a run has no meaning by itself.
    fn open(&self, index: u64, entry: &Entry) -> Result<Vec<(u64, Hash, Option<Shown>)>, ProofError> {
        let fits = match entry.form {
            Form::Run => self.parts.is_empty(),
            _ => self.records.is_empty() && self.file.is_none(),
        };
        if !fits {
            return Err(ProofError::new("content and form of the entry do not agree"));
        }
        let thing = |no: u64, line, part: Option<String>, bytes| Shown {
            citation: Citation { index: LedgerIndex(index), record: u32::try_from(no).unwrap_or(u32::MAX) },
            received_at: entry.received_at,
            kind: entry.kind,
            file: self.file.as_ref().map(|file| file.name.clone()),
            line,
            part,
            bytes,
        };
        let mut found = Vec::with_capacity(self.records.len() + self.parts.len() + 1);
        let head = u64::from(entry.part_count).saturating_sub(1);
        for record in &self.records {
            let no = u64::from(record.no);
            if no >= head {
                return Err(ProofError::new("number of a record"));
            }
            let (salt, bytes) = (salt(&record.salt)?, decode(&record.bytes)?);
            let leaf = run::record_leaf(
                &salt,
                &RunRecord { offset: record.offset, line: record.line, bytes: &bytes },
            );
            found.push((no, leaf, Some(thing(no, record.line, None, bytes))));
        }
        if let Some(file) = &self.file {
            let count = usize::try_from(head).unwrap_or(usize::MAX);
            let bytes = run::head(&file.name, count).map_err(malformed)?;
            found.push((head, run::head_leaf(&salt(&file.salt)?, &bytes), None));
        }
        for part in &self.parts {
            let leaf = Part { name: &part.p, value: &part.v, salt: salt(&part.salt)? }.leaf();
            let bytes = json::canonical(&part.v).map_err(malformed)?;
            let no = u64::from(part.no);
            found.push((no, leaf.map_err(malformed)?, Some(thing(no, 0, Some(part.p.clone()), bytes))));
        }
        Ok(found)
    }

    fn withhold(
        &mut self,
        index: u64,
        entry: &Entry,
        files: bool,
        withhold: &mut impl FnMut(&Shown) -> bool,
    ) -> Result<u64, ProofError> {
        let mut gone = Vec::new();
        for (no, leaf, shown) in self.open(index, entry)? {
            let hide = shown.as_ref().map_or(files, &mut *withhold);
            if hide {
                gone.push(no);
                self.hidden.push(Hidden { from: no, to: no.saturating_add(1), hash: BASE64.encode(leaf) });
            }
        }
        self.records.retain(|record| !gone.contains(&u64::from(record.no)));
        self.parts.retain(|part| !gone.contains(&u64::from(part.no)));
        if files {
            self.file = None;
        }
        self.hidden.sort_by_key(|node| (node.from, node.to));
        Ok(gone.len() as u64)
    }
}

fn hidden(nodes: &[Hidden]) -> Result<BTreeMap<Range, Hash>, ProofError> {
    let mut known = BTreeMap::new();
    for node in nodes {
        if known.insert((node.from, node.to), hash(&node.hash)?).is_some() {
            return Err(ProofError::new("a hidden part stands twice in the excerpt"));
        }
    }
    Ok(known)
}

fn malformed(what: Malformed) -> ProofError {
    ProofError::new(what.0)
}

fn decode(text: &str) -> Result<Vec<u8>, ProofError> {
    BASE64.decode(text).map_err(|_| ProofError::new("base64"))
}

fn hash(text: &str) -> Result<Hash, ProofError> {
    decode(text)?.try_into().map_err(|_| ProofError::new("hash"))
}

fn salt<const N: usize>(text: &str) -> Result<[u8; N], ProofError> {
    decode(text)?.try_into().map_err(|_| ProofError::new("salt"))
}
