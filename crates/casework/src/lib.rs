//! Findings to incidents (detection.md 7), with the verdict that `act` proposes, the measures, and the reports to file
//! (casework.md 2, 6, 7).
//!
//! Architecture invariant: `casework` knows no parser and never edits evidence: it cites ledger records. It decides no
//! legal question: `act` proposes, a person confirms. It knows neither `collect` nor `detect`.

mod category;
mod cluster;
mod days;
mod evidence;
mod explain;
mod group;
mod incident;
mod legal;
mod measures;
mod people;
mod reports;
mod summary;
mod timeline;
mod units;

pub use incident::{
    AccountEntry, Bilingual, CountUnit, Element, Explanation, HostEntry, HostState, Incident, KindSeen,
    Legal, Measure, Missing, ReportDue, RuleStep, SourceEntry, TimelineEntry, Turn,
};
pub use summary::{Answer, answer};

use vocab::{Context, Finding, Timestamp};

/// Everything `casework` needs beside the findings.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// What is known beside the logs.
    pub context: &'a Context,
    /// When the result was made known: start of the clocks of casework.md 7.8.
    pub clock: Timestamp,
}

/// Builds the incidents of a run. Findings of level informational alone make no incident. The order of the result is by
/// urgency: entered before tried, then level, then first record.
#[must_use]
pub fn incidents(findings: &[Finding], given: Given<'_>) -> Vec<Incident> {
    let mut incidents: Vec<Incident> =
        group::components(findings).into_iter().map(|members| incident::build(&members, given)).collect();
    incidents
        .sort_by(|a, b| (b.entered(), b.level, a.first, &a.id).cmp(&(a.entered(), a.level, b.first, &b.id)));
    incidents
}
