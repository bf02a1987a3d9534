//! What the reader makes of whole folders: hostile files (detection.md 6.5, issue "what it must show"), archives, rotation
//! chains. Each test puts a good file beside the bad one and holds that the good one is read in full.

mod archives;
mod chains;
mod hostile;
mod support;
