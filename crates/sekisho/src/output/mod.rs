//! What leaves the program: files written atomically, text that cannot drive a terminal.

pub(crate) mod atomic;
pub(crate) mod terminal;
