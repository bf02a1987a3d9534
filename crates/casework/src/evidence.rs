//! The records an incident rests on (DT-INC-05).

use vocab::{EvidenceRole, Finding, Record};

/// Records kept per incident; findings already cut their own lists.
const RECORDS_MAX: usize = 2_000;

/// All records of the findings, each once, in order of time and citation. Where two findings give one record different
/// roles, the one that shows more stays.
pub(crate) fn records(members: &[&Finding]) -> Vec<Record> {
    // Findings about one attack each may hold hundreds of thousands of records: only those that stay are copied.
    let mut seen: Vec<(&Record, bool)> = members
        .iter()
        .flat_map(|finding| &finding.evidence)
        .map(|record| (record, crate::incident::shows_success(record.role)))
        .collect();
    // Of one record's mentions the first stays; its role is that of the last mention that shows a success.
    seen.sort_by_key(|(record, _)| record.citation);
    let mut merged: Vec<(&Record, EvidenceRole)> = Vec::with_capacity(seen.len());
    for mentions in seen.chunk_by(|(a, _), (b, _)| a.citation == b.citation) {
        let Some((first, _)) = mentions.first() else { continue };
        let shown = mentions.iter().skip(1).rfind(|(_, shows)| *shows);
        merged.push((first, shown.map_or(first.role, |(record, _)| record.role)));
    }
    merged.sort_by_key(|(record, _)| (record.time, record.citation));
    if merged.len() > RECORDS_MAX {
        thin(&mut merged);
    }
    merged.into_iter().map(|(record, role)| Record { role, ..record.clone() }).collect()
}

/// Keeps what shows a success, and from the rest the first and last.
fn thin(records: &mut Vec<(&Record, EvidenceRole)>) {
    let half = RECORDS_MAX / 2;
    let last = records.len().saturating_sub(half);
    let mut at = 0;
    records.retain(|(_, role)| {
        at += 1;
        at <= half || at > last || crate::incident::shows_success(*role)
    });
}

/// Ledger entries of the records, each once.
pub(crate) fn indices(records: &[Record]) -> Vec<u64> {
    let mut indices: Vec<u64> = records.iter().map(|record| record.citation.index.0).collect();
    indices.sort_unstable();
    indices.dedup();
    indices
}
