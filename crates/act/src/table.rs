//! The data files of the crate: tab-separated rows, and the hash over all of them.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// Name and content of every data file, in a fixed order; all of it enters [`data_hash`].
pub(crate) const FILES: &[(&str, &str)] = &[
    ("articles", include_str!("../data/articles.tsv")),
    ("category_map", include_str!("../data/category_map.tsv")),
    ("classes", include_str!("../data/classes.tsv")),
    ("count_categories", include_str!("../data/count_categories.tsv")),
    ("count_notes", include_str!("../data/count_notes.tsv")),
    ("count_tables", include_str!("../data/count_tables.tsv")),
    ("credential_status", include_str!("../data/credential_status.tsv")),
    ("elements", include_str!("../data/elements.tsv")),
    ("errata", include_str!("../data/errata.tsv")),
    ("facts", include_str!("../data/facts.tsv")),
    ("hints", include_str!("../data/hints.tsv")),
    ("key_dates", include_str!("../data/key_dates.tsv")),
    ("law_versions", include_str!("../data/law_versions.tsv")),
    ("ministers", include_str!("../data/ministers.tsv")),
    ("penalties", include_str!("../data/penalties.tsv")),
    ("prison_names", include_str!("../data/prison_names.tsv")),
    ("rules", include_str!("../data/rules.tsv")),
    ("terms", include_str!("../data/terms.tsv")),
];

/// Version of the rules that are written as code; raised whenever the order or the conditions of R0-R13 or PA-1..PA-6
/// change, so that the hash of a verdict changes too.
pub(crate) const RULES_VERSION: u32 = 1;

/// Rows of one data file; comment lines start with `#`.
pub(crate) fn rows(file: &str) -> impl Iterator<Item = Vec<&'static str>> {
    let text = FILES.iter().find(|(name, _)| *name == file).map_or("", |(_, text)| *text);
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
}

/// The cells of the row whose first cell is `key`.
pub(crate) fn row(file: &str, key: &str) -> Option<Vec<&'static str>> {
    rows(file).find(|cells| cells.first() == Some(&key))
}

/// Cell `at` of a row, empty where the row is too short.
pub(crate) fn cell(cells: &[&'static str], at: usize) -> &'static str {
    cells.get(at).copied().unwrap_or("")
}

/// A list inside a cell, separated by `;`.
pub(crate) fn list(text: &'static str) -> Vec<String> {
    text.split(';').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

/// SHA-256, in hexadecimal, over the rule version and every data file (CW-CLS-17, CW-PUB-03).
#[must_use]
pub fn data_hash() -> &'static str {
    static HASH: LazyLock<String> = LazyLock::new(|| {
        let mut hasher = Sha256::new();
        hasher.update(RULES_VERSION.to_be_bytes());
        for (name, text) in FILES {
            for part in [name, text] {
                hasher.update((part.len() as u64).to_be_bytes());
                hasher.update(part.as_bytes());
            }
        }
        hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    });
    &HASH
}
