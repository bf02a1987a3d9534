//! Documents that must be there, and things that must never be in the project.

use super::{Report, Tree, numbered};

const EXPECTED: [&str; 14] = [
    ".ci/run",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.ja.md",
    "README.md",
    "SECURITY.md",
    "SPECIFICATION.md",
    "clippy.toml",
    "deny.toml",
    "rust-toolchain.toml",
    "test",
];

/// Looks for missing documents, an empty changelog, broken links between documents, and words of a machine.
pub(super) fn check(tree: &Tree, report: &mut Report) {
    for name in EXPECTED.into_iter().filter(|name| !tree.has(name)) {
        report.add(name, 1, "is missing");
    }
    if let Some(text) = tree.text("CHANGELOG.md") {
        let lines = text.lines().skip_while(|line| !line.starts_with("## "));
        if !lines.skip(1).take_while(|line| !line.starts_with("## ")).any(|line| line.starts_with("- ")) {
            report.add("CHANGELOG.md", 1, "the newest section names no change");
        }
    }
    for (file, text) in tree.texts("", ".md").filter(|(file, _)| !file.starts_with("docs/spec/")) {
        links(tree, file, text, report);
    }
    let machine = [concat!("/wo", "rk/"), concat!("crates", ".io-"), concat!("/ro", "ot/.cargo")];
    for (file, text) in tree.texts("", "").filter(|(file, _)| !file.ends_with("Cargo.lock")) {
        for (line, words) in numbered(text) {
            if let Some(word) = machine.iter().find(|word| words.contains(**word)) {
                report.add(file, line, format!("{word} belongs to a machine, not to the project"));
            }
        }
    }
}

/// Relative links lead to a file or folder of the project.
fn links(tree: &Tree, file: &str, text: &str, report: &mut Report) {
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    for (line, words) in numbered(text) {
        for after in words.split("](").skip(1) {
            let Some((target, _)) = after.split_once(')') else { continue };
            let target = target.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let path = joined(folder, target);
            let inside = format!("{path}/");
            if !tree.has(&path) && !tree.names.iter().any(|name| name.starts_with(&inside)) {
                report.add(file, line, format!("the link to {target} leads nowhere"));
            }
        }
    }
}

fn joined(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use crate::tidy::faults;

    #[test]
    fn broken_links_and_machine_paths_are_named() {
        let files = [
            ("CHANGELOG.md", "# Changes\n\n## Unreleased\n\n"),
            ("docs/a.md", "see [b](../CHANGELOG.md) and [c](c.md#x)\n"),
        ];
        let found = faults(super::check, &files);
        assert!(
            found.contains(&"CHANGELOG.md:1: the newest section names no change".to_owned()),
            "{found:?}"
        );
        assert!(found.contains(&"docs/a.md:1: the link to c.md leads nowhere".to_owned()), "{found:?}");
        assert!(!found.iter().any(|line| line.contains("../CHANGELOG")), "{found:?}");
    }
}
