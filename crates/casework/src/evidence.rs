//! The records an incident rests on (DT-INC-05).

use std::collections::BTreeMap;
use vocab::{Citation, Finding, Record};

/// Records kept per incident; findings already cut their own lists.
const RECORDS_MAX: usize = 2_000;

/// All records of the findings, each once, in order of time and citation. Where two findings give one record different
/// roles, the one that shows more stays.
pub(crate) fn records(members: &[&Finding]) -> Vec<Record> {
    let mut merged: BTreeMap<Citation, Record> = BTreeMap::new();
    for record in members.iter().flat_map(|finding| &finding.evidence) {
        merged
            .entry(record.citation)
            .and_modify(|kept| {
                if crate::incident::shows_success(record.role) {
                    kept.role = record.role;
                }
            })
            .or_insert_with(|| record.clone());
    }
    let mut records: Vec<Record> = merged.into_values().collect();
    records.sort_by_key(|record| (record.time, record.citation));
    if records.len() > RECORDS_MAX {
        thin(&mut records);
    }
    records
}

/// Keeps what shows a success, and from the rest the first and last.
fn thin(records: &mut Vec<Record>) {
    let half = RECORDS_MAX / 2;
    let last = records.len().saturating_sub(half);
    let mut at = 0;
    records.retain(|record| {
        at += 1;
        at <= half || at > last || crate::incident::shows_success(record.role)
    });
}

/// Ledger entries of the records, each once.
pub(crate) fn indices(records: &[Record]) -> Vec<u64> {
    let mut indices: Vec<u64> = records.iter().map(|record| record.citation.index.0).collect();
    indices.sort_unstable();
    indices.dedup();
    indices
}
