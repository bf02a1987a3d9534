//! What leaves the program: files written atomically, text that cannot drive a terminal.

pub(crate) mod atomic;
pub(crate) mod csv;
pub(crate) mod terminal;

use std::io::Write as _;

/// A line for the person, on standard error; nothing in it can drive the terminal.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", terminal::safe(line, usize::MAX));
}
