//! Who may do what with the content of a ledger, as entries that anybody can check: policy, reviews, holds, releases,
//! destruction (LG chapters 15 and 17). People sign with keys of their own; the two-person rule means two different keys
//! that the policy in force lists.

mod fields;
mod freeze;
mod people;
mod policy;
mod request;
mod state;
mod writing;

pub use freeze::{Freeze, FreezeFacts, Frozen};
pub use people::{PersonKey, PersonRef};
pub use policy::{ContentPolicy, Person, Retention};
pub use request::Request;
pub use state::{Destruction, Governance, Hold, Review, Scope};
pub use writing::PURPOSES;

pub(crate) use fields::{Fields, is_code};
pub(crate) use people::approvals as approvals_of;
pub(crate) use writing::code;

use vocab::Timestamp;

/// Waiting time of a release where the policy lists one person only (LG-HLD-02), in microseconds: 7 days.
pub(crate) const LONE_RELEASE_MICROS: i64 = 7 * DAY_MICROS;
/// A day, in microseconds.
pub(crate) const DAY_MICROS: i64 = 86_400 * Timestamp::SECOND;
