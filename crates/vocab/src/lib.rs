//! The vocabulary that the domain crates share: what was recorded ([`Event`]), where it is kept ([`Citation`]), what it
//! looks like ([`Kind`], [`Finding`]), what is known beside the logs ([`Context`]) and how people are told
//! ([`Message`]).
//!
//! Architecture invariant: this crate depends on no other crate of the workspace, does no input or output, and holds no
//! rule. `collect`, `detect` and `casework` know it and do not know each other.

mod case;
mod citation;
mod context;
mod event;
mod finding;
mod kind;
mod level;
mod message;
mod names;
mod notice;
mod place;
mod rate;
mod time;
mod windows;

pub use case::CaseState;
pub use citation::{Citation, LedgerIndex};
pub use context::{
    AccountKind, AccountRecord, AccountState, Asset, Context, Network, NetworkLabel, Repudiation,
};
pub use event::{
    AuthMethod, Class, Event, Extra, Flags, Origin, Outcome, Reading, Reason, Text, Trust, UserKind, activity,
};
pub use finding::{
    AccountRole, AccountSeen, Category, EvidenceRole, Finding, Observed, Quote, Rate, Record, RuleRef,
    SourceSeen,
};
pub use kind::{Kind, Stage};
pub use level::{Audience, Confidence, Level};
pub use message::{Message, Value};
pub use notice::NoticeState;
pub use place::{Place, PlaceBook, Places};
pub use time::{Timestamp, civil_from_days, days_from_civil};
pub use windows::{LogSource, ShapeId, WindowsRecord};
