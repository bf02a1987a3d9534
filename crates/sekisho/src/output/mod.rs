//! What leaves the program: files written atomically, text that cannot drive a terminal.

pub(crate) mod atomic;
pub(crate) mod csv;
pub(crate) mod terminal;

use std::io::Write as _;

/// A line for the person, on standard error; nothing in it can drive the terminal.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", terminal::safe(line, usize::MAX));
}

/// A failure that somebody must see, on standard error; at level error where that is the journal of the system.
pub(crate) fn alarm(line: &str) {
    let level = if crate::clock::writes_to_journal() { "<3>" } else { "" };
    let _ = writeln!(std::io::stderr().lock(), "{level}error: {}", terminal::safe(line, usize::MAX));
}

/// Makes a folder that only its owner can open, with what is above it; one that is there is left as it is.
pub(crate) fn private_folder(folder: &std::path::Path) -> anyhow::Result<()> {
    use anyhow::Context as _;
    use std::os::unix::fs::DirBuilderExt as _;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.with_context(|| format!("cannot make the folder {}", folder.display()))
}
