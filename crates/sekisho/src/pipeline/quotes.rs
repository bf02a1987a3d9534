//! The words of the records that findings rest on, read back from the ledger (DT-INC-11).

use anyhow::Context as _;
use ledger::{ReadOptions, Reader, RecordView, SessionKeys};
use std::collections::BTreeMap;
use std::path::Path;
use vocab::{Citation, EvidenceRole, Finding, Level, Quote, Record};

/// Quotes filled in a finding that shows a success or is grave; what shows a success goes first.
const QUOTES_GRAVE: usize = 60;
/// Quotes filled in any other finding.
const QUOTES_OTHER: usize = 12;
/// Quotes filled in all findings together, the gravest findings first.
const QUOTES_MAX: usize = 10_000;
/// Longest quote in bytes.
const QUOTE_BYTES_MAX: usize = 1_024;
/// Decompressed blocks kept while reading back.
const CACHE_BYTES: usize = 8 << 20;

/// Fills the quotes from the ledger in `folder`.
pub(crate) fn fill(
    folder: &Path,
    keys: Option<&SessionKeys>,
    words: &super::Words,
    findings: &mut [Finding],
) -> anyhow::Result<()> {
    let mut by_level: Vec<&Finding> = findings.iter().collect();
    by_level.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    let mut wanted: Vec<Citation> =
        by_level.into_iter().flat_map(chosen).map(|(_, citation)| citation).take(QUOTES_MAX).collect();
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.is_empty() {
        return Ok(());
    }
    let mut reader = Reader::open_with(folder, ReadOptions { cache_bytes_max: CACHE_BYTES })
        .context("cannot read the ledger back")?;
    if let Some(keys) = keys {
        reader.use_session_keys(keys);
    }
    let mut quotes: BTreeMap<Citation, Quote> = BTreeMap::new();
    for part in wanted.chunks(1_024) {
        for (citation, record) in part.iter().zip(reader.records(part)) {
            let record = record.context("cannot read a cited record back from the ledger")?;
            quotes.insert(*citation, words.quote(*citation, &record).unwrap_or_else(|| quote(&record)));
        }
    }
    for finding in findings {
        for (place, citation) in chosen(finding) {
            if let Some(record) = finding.evidence.get_mut(place) {
                record.quote = quotes.get(&citation).cloned().map(Box::new);
            }
        }
    }
    Ok(())
}

/// Places and citations of the records that are quoted.
fn chosen(finding: &Finding) -> Vec<(usize, Citation)> {
    let records = &finding.evidence;
    let grave = finding.successes > 0 || finding.level >= Level::High;
    let most = if grave { QUOTES_GRAVE } else { QUOTES_OTHER };
    let shows = |record: &Record| {
        matches!(record.role, EvidenceRole::Success | EvidenceRole::Effect | EvidenceRole::Payload)
    };
    let places = |wanted: bool| records.iter().enumerate().filter(move |(_, record)| shows(record) == wanted);
    let both = places(true).chain(places(false));
    both.take(most).map(|(place, record)| (place, record.citation)).collect()
}

fn quote(record: &RecordView) -> Quote {
    let bytes = record.bytes.get(..QUOTE_BYTES_MAX).unwrap_or(&record.bytes);
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    if bytes.len() < record.bytes.len() {
        // The cut may have split a character.
        while text.ends_with('\u{fffd}') {
            text.pop();
        }
        text.push('…');
    }
    // The sealed record keeps what it held; what people are shown holds no secret (DT-EVT-08).
    let text = collect::mask::masked(&text).into_owned();
    Quote { file: record.file.to_string(), line: record.line, offset: record.offset, text }
}
