//! What the reader makes of whole folders: hostile files (detection.md 6.5, issue "what it must show"), archives, rotation
//! chains. Each test puts a good file beside the bad one and holds that the good one is read in full.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod archives;
mod chains;
mod evtx_writer;
mod hostile;
mod mutated;
mod support;
mod windows;
