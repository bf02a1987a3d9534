//! Sekisho (関所): one program against unauthorized computer access (不正アクセス).
//!
//! The leaf of the workspace: command line, wiring, clock, files. Exit codes: 0 done, 1 failure, 2 wrong use, 3 findings at
//! or above `--fail-on`.

fn main() {}
