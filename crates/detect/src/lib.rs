//! Normalised events to findings (detection.md 4 and 5).
//!
//! Architecture invariant: a pure function of rule set, event order and a clock value (DT-EVT-02). No file, no socket,
//! no clock, no environment. `detect` does not know `collect` or `casework`.
//!
//! Two halves. [`front`] looks at each event as it comes, in any order between files: stateless rules, and the reduction of
//! the event to a small owned [`Signal`]. The caller brings signals into order of time (DT-COR-06), and [`engine`]
//! correlates them into findings.

pub mod account;
pub mod activity;
pub mod attempts;
pub mod canon;
#[cfg(test)]
mod cases;
pub mod correlation;
pub mod engine;
pub mod findings;
pub mod front;
mod hooks;
mod matched;
pub mod prim;
pub mod rule;
#[cfg(test)]
mod script;
pub mod sigma;
pub mod signal;
mod stateless;
pub mod trace;
mod web;
pub mod windows;

pub use front::Front;
pub use rule::{LoadReport, RuleSet};
pub use sigma::RawMatch;
pub use signal::{Answer, Detail, OrderKey, RuleIndex, Signal};

/// The built-in rule files, each a path below `rules/` and its text (DT-RUL-09).
pub const BUILTIN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/builtin.rs"));
