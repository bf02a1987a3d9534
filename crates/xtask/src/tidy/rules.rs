//! Detection rules: one file with one test-data file each, and no id twice (detection.md 5.7).

use super::{Report, Tree, numbered};
use std::collections::BTreeMap;

/// Rules whose cases need more than the form can hold (a binary file beside a text log); they are tests in Rust.
const CASES_IN_RUST: [&str; 3] = [
    "rules/trace/login_record_mismatch.yml",
    "rules/windows/record_numbers_missing.yml",
    "rules/windows/record_numbers_restart.yml",
];

/// Looks at every rule file.
pub(super) fn check(tree: &Tree, report: &mut Report) {
    let mut ids: BTreeMap<&str, &str> = BTreeMap::new();
    for (file, text) in tree.texts("rules/", ".yml") {
        if let Some(rule) = file.strip_suffix(".test.yml") {
            if !tree.has(&format!("{rule}.yml")) {
                report.add(file, 1, "tests a rule that is not there");
            }
            continue;
        }
        if !tree.has(&file.replace(".yml", ".test.yml")) && !CASES_IN_RUST.contains(&file) {
            report.add(file, 1, "has no test-data file beside it");
        }
        for (line, words) in numbered(text) {
            let Some(id) = words.strip_prefix("id: ") else { continue };
            if let Some(other) = ids.insert(id, file) {
                report.add(file, line, format!("has the id of {other}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::tidy::faults;

    #[test]
    fn a_rule_without_data_and_an_id_twice_are_named() {
        let files =
            [("rules/web/a.test.yml", ""), ("rules/web/a.yml", "id: 1\n"), ("rules/web/b.yml", "id: 1\n")];
        assert_eq!(
            faults(super::check, &files),
            [
                "rules/web/b.yml:1: has no test-data file beside it",
                "rules/web/b.yml:1: has the id of rules/web/a.yml"
            ]
        );
    }
}
