//! The Act on Prohibition of Unauthorized Computer Access (不正アクセス行為の禁止等に関する法律, Act 128 of 1999) and the
//! standards around it as types and pure functions: vocabulary, law versions, classifier, counting.
//!
//! Facts in, a proposal out. No clock, no input or output, no database; legal texts and rows are data under `data/`,
//! and every verdict carries the hash of the data it was made with (CW-CLS-17). Requirements: `docs/spec/casework.md`
//! sections 1, 2, 3 and 9.

mod articles;
mod category;
mod classify;
mod count;
mod dates;
mod evidence;
mod facts;
mod law;
mod penalty;
mod preparatory;
mod read;
mod status;
mod table;
pub mod term;
mod text_enum;
mod verdict;

pub use articles::{Citation, Subject, cite, subjects};
pub use category::{CategoryRow, category_map};
pub use classify::classify;
pub use count::{
    ActRecord, Assistance, AutomatedLogins, AutomatedTotals, Cell, Check, Clearance, CountOptions,
    LumpReason, Lumping, Measure, Note, Period, Person, Recognition, Route, Row, RowKind, Table, Tables,
    UNIT_LINE_BYTES_MAX, UNITS_BYTES_MAX, UNITS_MAX, Unit, VerdictRef, category_lists, check, count,
    read_units, years,
};
pub use dates::{ActTime, Moment, MomentError, Precision};
pub use evidence::EvidenceRef;
pub use facts::{AccessControl, ActKind, Fact, FactId, Facts, InputKind, Place, Recipient, Tri};
pub use law::{Erratum, LawVersion, errata, key_date, publishing_ministers};
pub use penalty::{PenaltyRow, penalties, penalty};
pub use preparatory::{Preparatory, PreparatoryKind};
pub use read::{FACTS_BYTES_MAX, ReadError, read_facts};
pub use status::{CredentialStatus, credential_statuses};
pub use table::data_hash;
pub use verdict::{
    Alternative, Category, Class, Element, ElementState, Exclusion, FactUse, LegalClass, Missing, Rule,
    State, Step, StepOutcome, Text, Verdict,
};
