//! Rules: loading, metadata, parameters (detection.md 5.4 to 5.7).

mod meta;
mod params;
mod set;

pub use meta::Meta;
pub(crate) use params::parse_duration;
pub use params::{Param, ParamValue, Params};
pub use set::{Body, LoadReport, Refused, Rule, RuleSet};
