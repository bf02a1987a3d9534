//! Findings to incidents (detection.md 7), with the verdict that `act` proposes, the measures, and the reports to file
//! (casework.md 2, 6, 7).
//!
//! Architecture invariant: `casework` knows no parser and never edits evidence: it cites ledger records. It decides no
//! legal question: `act` proposes, a person confirms. It knows neither `collect` nor `detect`.

pub mod acceptance;
pub mod assistance;
pub mod case;
mod category;
mod cluster;
pub mod commission;
pub mod containment;
mod days;
pub mod dossier;
pub mod era;
mod evidence;
mod explain;
mod group;
pub mod handling;
mod incident;
mod intrusion;
mod legal;
mod measures;
pub mod noted;
pub mod obligation;
mod people;
mod reports;
pub mod ruling;
mod summary;
pub mod telling;
mod timeline;
mod units;

pub use incident::{
    AccountEntry, Bilingual, Confirmed, CountUnit, Element, Explanation, HostEntry, HostState, Incident,
    KindSeen, Legal, Measure, Missing, ReportDue, RuleStep, SourceEntry, TimelineEntry, Turn,
};
pub use reports::reports as reports_due;
pub use summary::{Answer, answer};

use std::collections::{BTreeMap, BTreeSet};
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
    let built = group::components(findings).into_iter().map(|members| {
        let incident = incident::build(&members, given);
        (members, incident)
    });
    let mut incidents = distinct(built.collect(), given);
    incidents
        .sort_by(|a, b| (b.entered(), b.level, a.first, &a.id).cmp(&(a.entered(), a.level, b.first, &b.id)));
    incidents
}

/// Two groups of one class with the same first record on the same computer tell of the same act: they would have one id
/// (DT-INC-04), so they are one incident.
fn distinct(mut built: Vec<(Vec<&Finding>, Incident)>, given: Given<'_>) -> Vec<Incident> {
    loop {
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut kept: Vec<(Vec<&Finding>, Incident)> = Vec::with_capacity(built.len());
        let mut merged: BTreeSet<usize> = BTreeSet::new();
        for (members, incident) in built {
            if let Some((former, _)) = places.get(&incident.id).and_then(|place| kept.get_mut(*place)) {
                former.extend(members);
                merged.extend(places.get(&incident.id));
            } else {
                places.insert(incident.id.clone(), kept.len());
                kept.push((members, incident));
            }
        }
        if merged.is_empty() {
            return kept.into_iter().map(|(_, incident)| incident).collect();
        }
        for place in merged {
            if let Some((members, incident)) = kept.get_mut(place) {
                group::in_order(members);
                *incident = incident::build(members, given);
            }
        }
        built = kept;
    }
}
