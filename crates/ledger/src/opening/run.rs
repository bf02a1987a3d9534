//! Openings of runs: single records out of thousands, the rest as hashes of whole subtrees.

use super::{BASE64, Choice, base64, hash};
use crate::bytes::Malformed;
use crate::run::{self, Opened, RunRecord, SALT_BYTES, Salts};
use crate::{Hash, ProofError, tree};
use ::base64::Engine as _;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Chosen records of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunOpening {
    /// Name of the file, where it is disclosed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<HeadOpening>,
    /// Disclosed records, ascending.
    pub records: Vec<OpenRecord>,
    /// Everything else: the largest subtrees that hold nothing disclosed, ascending.
    pub withheld: Vec<Subtree>,
}

/// The head of a run, which is its last leaf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadOpening {
    /// Name of the source.
    pub file: String,
    /// Number of records.
    pub records: u64,
    /// Salt of 16 bytes, base64.
    pub salt: String,
}

/// A disclosed record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenRecord {
    /// Number in the run.
    pub no: u32,
    /// Byte offset in the source.
    pub offset: u64,
    /// Line or record number in the source.
    pub line: u64,
    /// The bytes, base64.
    pub bytes: String,
    /// Salt of 16 bytes, base64.
    pub salt: String,
}

/// Hash of the subtree over the leaves `from` up to, without, `to`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subtree {
    /// First leaf.
    pub from: u64,
    /// Behind the last leaf.
    pub to: u64,
    /// Hash, base64.
    pub hash: String,
}

impl RunOpening {
    pub(super) fn of(opened: &Opened<'_>, secret: &Hash, choice: &Choice) -> Result<Self, Malformed> {
        let leaves = opened.leaves(secret);
        let last = opened.records.len();
        let salts = Salts::new(secret, last + 1, Vec::new());
        let records: Vec<OpenRecord> = (0u32..)
            .zip(&opened.records)
            .filter(|(no, _)| chosen(choice, *no))
            .map(|(no, record)| OpenRecord {
                no,
                offset: record.offset,
                line: record.line,
                bytes: BASE64.encode(record.bytes),
                salt: BASE64.encode(salts.get(no as usize)),
            })
            .collect();
        let head = with_head(choice).then(|| HeadOpening {
            file: opened.file.clone(),
            records: last as u64,
            salt: BASE64.encode(salts.get(last)),
        });
        let mut open: Vec<u64> = records.iter().map(|record| record.no.into()).collect();
        open.extend(head.is_some().then_some(last as u64));
        let mut withheld = Vec::new();
        cover(0, leaves.len() as u64, &open, &|from, to| part_root(&leaves, from, to), &mut withheld);
        Ok(Self { head, records, withheld })
    }

    pub(super) fn narrow(&self, choice: &Choice) -> Result<Self, ProofError> {
        let count = self.leaf_count();
        let known = self.known()?;
        let records: Vec<OpenRecord> =
            self.records.iter().filter(|record| chosen(choice, record.no)).cloned().collect();
        let head = self.head.clone().filter(|_| with_head(choice));
        let mut open: Vec<u64> = records.iter().map(|record| record.no.into()).collect();
        open.extend(head.as_ref().map(|head| head.records));
        let mut withheld = Vec::new();
        cover(0, count, &open, &|from, to| fold(from, to, &known).map(|(hash, _)| hash), &mut withheld);
        Ok(Self { head, records, withheld })
    }

    /// Root over all leaves, which must be `count`.
    pub(super) fn root(&self, count: u64) -> Result<Hash, ProofError> {
        if self.leaf_count() != count || count < 2 {
            return Err(ProofError("number of records"));
        }
        // The last leaf is the head of the run, not a record.
        if self.records.iter().any(|record| u64::from(record.no) + 1 >= count) {
            return Err(ProofError("number of the record"));
        }
        if self.head.as_ref().is_some_and(|head| head.records + 1 != count) {
            return Err(ProofError("number of records in the head"));
        }
        let known = self.known()?;
        match fold(0, count, &known) {
            Some((root, used)) if used == known.len() => Ok(root),
            _ => Err(ProofError("records and hashes do not make up the run")),
        }
    }

    fn leaf_count(&self) -> u64 {
        let subtree = self.withheld.iter().map(|one| one.to).max().unwrap_or(0);
        let record = self.records.iter().map(|record| u64::from(record.no) + 1).max().unwrap_or(0);
        let head = self.head.as_ref().map_or(0, |head| head.records.saturating_add(1));
        subtree.max(record).max(head)
    }

    /// Hashes by range of leaves.
    fn known(&self) -> Result<BTreeMap<(u64, u64), Hash>, ProofError> {
        let mut known = BTreeMap::new();
        let mut add = |from: u64, to: u64, hash| match known.insert((from, to), hash) {
            None if from < to => Ok(()),
            _ => Err(ProofError("a part of the run is given twice")),
        };
        for one in &self.withheld {
            add(one.from, one.to, hash(&one.hash)?)?;
        }
        for record in &self.records {
            let bytes = base64(&record.bytes)?;
            let place = RunRecord { offset: record.offset, line: record.line, bytes: &bytes };
            add(record.no.into(), u64::from(record.no) + 1, run::record_leaf(&salt(&record.salt)?, &place))?;
        }
        if let Some(head) = &self.head {
            let count =
                usize::try_from(head.records).map_err(|_| ProofError("number of records in the head"))?;
            let bytes = run::head(&head.file, count).map_err(|what| ProofError(what.0))?;
            let end = head.records.checked_add(1).ok_or(ProofError("number of records in the head"))?;
            add(head.records, end, run::head_leaf(&salt(&head.salt)?, &bytes))?;
        }
        Ok(known)
    }
}

fn salt(text: &str) -> Result<[u8; SALT_BYTES], ProofError> {
    base64(text)?.try_into().map_err(|_| ProofError("salt"))
}

fn chosen(choice: &Choice, no: u32) -> bool {
    match choice {
        Choice::All => true,
        Choice::Records(numbers) => numbers.contains(&no),
        Choice::Without(numbers) => !numbers.contains(&no),
        Choice::Parts(_) => false,
    }
}

const fn with_head(choice: &Choice) -> bool {
    matches!(choice, Choice::All | Choice::Without(_))
}

fn part_root(leaves: &[Hash], from: u64, to: u64) -> Option<Hash> {
    let (from, to) = (usize::try_from(from).ok()?, usize::try_from(to).ok()?);
    leaves.get(from..to).map(|part| tree::root_in_place(&mut part.to_vec()))
}

/// Adds the largest subtrees of `from..to` without a leaf of `open`, which is ascending.
fn cover(from: u64, to: u64, open: &[u64], hash: &dyn Fn(u64, u64) -> Option<Hash>, out: &mut Vec<Subtree>) {
    let inside = open.partition_point(|leaf| *leaf < from)..open.partition_point(|leaf| *leaf < to);
    if inside.is_empty() {
        if let Some(hash) = hash(from, to) {
            out.push(Subtree { from, to, hash: BASE64.encode(hash) });
        }
    } else if to - from > 1 {
        let middle = from + crate::ranges::split(to - from);
        cover(from, middle, open, hash, out);
        cover(middle, to, open, hash, out);
    }
}

/// Hash of a range from what is known, and how many known pieces it used. Ranges halve: at most 64 levels, and a range
/// is entered only while a known piece lies inside it.
fn fold(from: u64, to: u64, known: &BTreeMap<(u64, u64), Hash>) -> Option<(Hash, usize)> {
    if let Some(hash) = known.get(&(from, to)) {
        return Some((*hash, 1));
    }
    known.range((from, 0)..(to, 0)).next()?;
    if to - from < 2 {
        return None;
    }
    let middle = from + crate::ranges::split(to - from);
    let (left, a) = fold(from, middle, known)?;
    let (right, b) = fold(middle, to, known)?;
    Some((tree::node(&left, &right), a + b))
}
