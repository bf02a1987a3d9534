//! The scenarios, one module each.

mod bypass;
mod defacement;
mod distributed;
mod dormant;
mod ftp;
mod guessing;
mod hostile;
mod hosting;
mod initial;
mod insider;
mod knocking;
mod leaver;
mod members;
mod ordinary;
mod payloads;
mod quiet;
mod slow;
mod spraying;
mod stuffing;
mod takeover;
mod webattack;
mod webshell;
mod wiped;
mod worm;

use super::plan::Plan;

/// Builds a scenario.
type Build = fn() -> Plan;

const ALL: [(&str, Build); 22] = [
    ("quiet", quiet::plan),
    ("guessing", guessing::plan),
    ("stuffing", stuffing::plan),
    ("distributed", distributed::plan),
    ("slow", slow::plan),
    ("spraying", spraying::plan),
    ("webattack", webattack::plan),
    ("webshell", webshell::plan),
    ("defacement", defacement::plan),
    ("hosting", hosting::plan),
    ("members", members::plan),
    ("leaver", leaver::plan),
    ("dormant", dormant::plan),
    ("initial", initial::plan),
    ("takeover", takeover::plan),
    ("wiped", wiped::plan),
    ("hostile", hostile::plan),
    ("knocking", knocking::plan),
    ("bypass", bypass::plan),
    ("worm", worm::plan),
    ("insider", insider::plan),
    ("ftp", ftp::plan),
];

/// Names of the scenarios in their order.
pub(super) fn names() -> Vec<&'static str> {
    ALL.iter().map(|(name, _)| *name).collect()
}

/// The scenario of that name.
pub(super) fn plan(name: &str) -> Option<Plan> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, build)| build())
}
