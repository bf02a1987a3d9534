//! journald: FR-03, `journalctl -o json` (also `json-pretty`, `json-seq`), `-o export` and
//! `-o verbose`. The `short` forms are syslog text.
//!
//! Fields that begin with an underscore are written by journald itself. They raise the trust of a record when they agree
//! with the program that it names, and unmask a line that a local user wrote in another program's name (DT-HOS-10, HC-12):
//! such an event keeps its outcome, has no source, and carries the extra `identity` = `contradicted`.

mod entry;
mod export;
mod gathered;
mod json;
#[cfg(test)]
mod tests;
mod verbose;

pub(crate) use export::JOURNAL_EXPORT;
pub(crate) use json::JOURNAL_JSON;
pub(crate) use verbose::JOURNAL_VERBOSE;
