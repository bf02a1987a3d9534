//! auditd (detection.md 3.6, DT-FMT-18 to 22): the daemon's own log, raw or enriched, with node prefix or `ausearch` lines.
//!
//! A record is parted by its own structure: values that somebody outside can choose are quoted or in hex, so no value can
//! end its field. A key that stands twice makes the event ambiguous. Records of one serial are joined: every record keeps
//! an event of its own, with what the others of its group know (who, with which program, in which session).
//!
//! For the attempt counter: `USER_AUTH` that failed is a try; `USER_LOGIN` of the same process that failed after it is not
//! (`count` 0). Success is told by `USER_LOGIN` for sshd and login, by `USER_AUTH` for all others. Grammar row `A01`.

mod joiner;
mod meaning;
mod record;
mod syscall;
#[cfg(test)]
mod tests;
mod user;

pub(crate) use joiner::AuditDecoder;

use crate::record::{Cut, Sample};
use crate::registry::Format;

/// The format.
pub(crate) const AUDITD: Format = Format {
    name: "auditd",
    cut: |_| Cut::Lines,
    yearless: false,
    score: |sample: &Sample<'_>| {
        sample.share(|line| {
            record::Record::read(line).is_some() || line == "----" || line.starts_with("time->")
        }) * 0.98
    },
    decoder: |_, settings| Box::new(AuditDecoder::new(settings)),
};
