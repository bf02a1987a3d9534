//! The scenarios, one module each.

mod guessing;
mod ordinary;
mod quiet;
mod stuffing;

use super::plan::Plan;

/// Builds a scenario.
type Build = fn() -> Plan;

const ALL: [(&str, Build); 3] =
    [("quiet", quiet::plan), ("guessing", guessing::plan), ("stuffing", stuffing::plan)];

/// Names of the scenarios in their order.
pub(super) fn names() -> Vec<&'static str> {
    ALL.iter().map(|(name, _)| *name).collect()
}

/// The scenario of that name.
pub(super) fn plan(name: &str) -> Option<Plan> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, build)| build())
}
