//! Requirement ids that code and tests cite stand in `docs/spec/`.

use super::{Report, Tree, numbered};
use std::collections::BTreeSet;

const PREFIXES: [&str; 3] = ["DT-", "CW-", "LG-"];

/// Every id that is cited exists.
pub(super) fn check(tree: &Tree, report: &mut Report) {
    let known: BTreeSet<&str> = tree
        .texts("docs/spec/", ".md")
        .filter(|(file, _)| !file.ends_with("STATUS.md"))
        .flat_map(|(_, text)| ids(text))
        .collect();
    if known.is_empty() {
        return;
    }
    for (file, text) in tree.texts("crates/", ".rs").chain(tree.texts("docs/spec/STATUS", ".md")) {
        for (line, words) in numbered(text) {
            for id in ids(words).filter(|id| !known.contains(id)) {
                report.add(file, line, format!("{id} stands in no file of docs/spec"));
            }
        }
    }
}

/// Ids such as `DT-FMT-16` in a text.
fn ids(text: &str) -> impl Iterator<Item = &str> {
    PREFIXES.into_iter().flat_map(move |prefix| {
        text.match_indices(prefix).filter_map(move |(at, _)| {
            let before = text.get(..at).and_then(|text| text.chars().next_back());
            if before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '-') {
                return None;
            }
            let area =
                text.get(at + 3..at + 6).filter(|area| area.bytes().all(|b| b.is_ascii_uppercase()))?;
            let rest = text.get(at + 3 + area.len()..)?.strip_prefix('-')?;
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            (digits > 0).then(|| text.get(at..at + 7 + digits)).flatten()
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::tidy::faults;

    #[test]
    fn an_unknown_id_is_named() {
        let files = [
            ("docs/spec/detection.md", "* DT-FMT-16 One try.\n"),
            ("crates/a/src/lib.rs", concat!("// DT-FMT-16, DT-", "FMT-160 and DT-NTF / DT-RSP\n")),
        ];
        assert_eq!(
            faults(super::check, &files),
            [concat!("crates/a/src/lib.rs:1: DT-", "FMT-160 stands in no file of docs/spec")]
        );
    }
}
