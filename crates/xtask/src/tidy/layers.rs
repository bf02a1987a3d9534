//! Which crate may know which (ARCHITECTURE.md, "Layers"; DESIGN invariant 5).

use super::{Report, Tree, numbered};

/// Crate, and the crates of the workspace that it may depend on.
const ALLOWED: [(&str, &[&str]); 13] = [
    ("vocab", &[]),
    ("act", &[]),
    ("ledger", &["vocab"]),
    ("bundle", &["vocab", "ledger"]),
    ("remote", &["vocab", "ledger"]),
    ("store", &["vocab"]),
    ("collect", &["vocab"]),
    ("detect", &["vocab"]),
    ("casework", &["vocab", "act"]),
    ("forms", &["vocab", "act", "casework"]),
    ("web", &["vocab", "act", "casework"]),
    (
        "sekisho",
        &[
            "vocab", "act", "ledger", "bundle", "remote", "store", "collect", "detect", "casework", "forms",
            "web",
        ],
    ),
    ("xtask", &[]),
];

/// Every dependency between crates of the workspace is an allowed one, and every crate takes the workspace's lints.
pub(super) fn check(tree: &Tree, report: &mut Report) {
    for (file, text) in tree.texts("crates/", "/Cargo.toml") {
        let name = file.split('/').nth(1).unwrap_or_default();
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
            report.add(file, 1, format!("the crate {name} has no row in crates/xtask/src/tidy/layers.rs"));
            continue;
        };
        if !text.contains("[lints]\nworkspace = true") {
            report.add(file, 1, "expected `[lints] workspace = true`");
        }
        let mut section = "";
        for (line, words) in numbered(text) {
            if words.starts_with('[') {
                section = words;
            }
            // What tests use does not reach the product.
            if section == "[dev-dependencies]" {
                continue;
            }
            let other = words.split(['.', ' ', '=']).next().unwrap_or_default();
            let ours = ALLOWED.iter().any(|(known, _)| *known == other);
            if ours && section.contains("dependencies") && !allowed.contains(&other) {
                report.add(file, line, format!("{name} must not know {other}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::tidy::faults;

    #[test]
    fn a_forbidden_direction_is_named() {
        let text = "[dependencies]\nvocab.workspace = true\ndetect = { path = \"x\" }\n\n[dev-dependencies]\ncasework.workspace = true\n\n[lints]\nworkspace = true\n";
        assert_eq!(
            faults(super::check, &[("crates/collect/Cargo.toml", text)]),
            ["crates/collect/Cargo.toml:3: collect must not know detect"]
        );
        assert_eq!(faults(super::check, &[("crates/vocab/Cargo.toml", "[package]\n")]).len(), 1);
        assert_eq!(faults(super::check, &[("crates/novel/Cargo.toml", "[package]\n")]).len(), 1);
    }
}
