//! Size of source files, files that no module declares, and words that must not stay.

use super::{Report, Tree, numbered};

/// Lines of a source file.
const LINES_MAX: usize = 500;

/// Looks at every Rust file.
pub(super) fn check(tree: &Tree, report: &mut Report) {
    for (file, text) in tree.texts("", ".rs") {
        let lines = text.lines().count();
        if lines > LINES_MAX {
            report.add(
                file,
                lines,
                format!("{lines} lines; at most {LINES_MAX}: one reason for each module"),
            );
        }
        if !is_declared(tree, file) {
            report.add(file, 1, "no `mod` declares this file");
        }
        let left = [
            concat!("FIX", "ME"),
            concat!("XX", "X:"),
            concat!("todo", "!("),
            concat!("unimplemented", "!("),
        ];
        for (line, words) in numbered(text) {
            if let Some(word) = left.iter().find(|word| words.contains(**word)) {
                report.add(file, line, format!("{word} is left"));
            }
        }
    }
}

/// Does the parent module of a file in `src/` or of a test binary name it?
fn is_declared(tree: &Tree, file: &str) -> bool {
    let Some((folder, name)) = file.rsplit_once('/') else { return true };
    let root = name == "main.rs" || name == "lib.rs" || name == "build.rs";
    let loose =
        ["/tests", "/examples", "/benches", "/fuzz_targets", "/bin"].iter().any(|end| folder.ends_with(end));
    if root || loose {
        return true;
    }
    let (folder, module) = match name {
        "mod.rs" => match folder.rsplit_once('/') {
            Some((parent, module)) => (parent, module),
            None => return true,
        },
        _ => (folder, name.trim_end_matches(".rs")),
    };
    // `tests/common/mod.rs` is named by each test file that wants it.
    if folder.ends_with("/tests") {
        return tree.texts(folder, ".rs").any(|(_, text)| declares(text, module));
    }
    let parents = ["mod.rs", "lib.rs", "main.rs"].map(|name| format!("{folder}/{name}"));
    let beside = format!("{folder}.rs");
    parents.iter().chain([&beside]).filter_map(|name| tree.text(name)).any(|text| declares(text, module))
}

fn declares(text: &str, module: &str) -> bool {
    let declaration = format!("mod {module};");
    text.lines().any(|line| {
        let line = line.trim_start();
        line.strip_suffix(&declaration)
            .or_else(|| line.split_once(&declaration).map(|(before, _)| before))
            .is_some_and(|before| before.is_empty() || before.ends_with(' '))
    })
}

#[cfg(test)]
mod tests {
    use crate::tidy::faults;

    #[test]
    fn a_file_without_a_module_is_named() {
        let files = [
            ("crates/a/src/lib.rs", "pub mod good;\nmod deep;\n"),
            ("crates/a/src/good.rs", ""),
            ("crates/a/src/deep/mod.rs", "pub(crate) mod inner;\n"),
            ("crates/a/src/deep/inner.rs", ""),
            ("crates/a/src/deep/lost.rs", ""),
        ];
        assert_eq!(
            faults(super::check, &files),
            ["crates/a/src/deep/lost.rs:1: no `mod` declares this file"]
        );
    }

    #[test]
    fn a_long_file_is_named() {
        let text = "// x\n".repeat(501);
        assert_eq!(faults(super::check, &[("build.rs", &text)]).len(), 1);
    }
}
