//! The records of UNITS.jsonl (`docs/formats/units.md`).

use serde::{Deserialize, Serialize};

use crate::dates::{ActTime, Moment};
use crate::facts::Tri;
use crate::text_enum::text_enum;
use crate::verdict::{LegalClass, State};

text_enum! {
    /// How an act was recognised (認知, N1, CW-CNT-03).
    Route {
        /// Damage report accepted (被害届の受理).
        DamageReport = "damage_report",
        /// Found as a further offence (余罪).
        FurtherOffence = "further_offence",
        /// Confirmed after press reports (報道).
        PressConfirmed = "press_confirmed",
        /// Application for assistance accepted (援助の申出).
        AssistanceAccepted = "assistance_accepted",
        /// Confirmed in another way.
        OtherConfirmed = "other_confirmed",
        /// A consultation alone (相談): recognises nothing.
        Consultation = "consultation",
    }
}

/// One line of UNITS.jsonl.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Unit {
    /// An act (行為).
    Act(Box<ActRecord>),
    /// A suspect (被疑者).
    Person(Person),
    /// Assistance given by a commission (援助).
    Assistance(Assistance),
    /// A report on logins by automated input (連続自動入力), counted apart.
    AutomatedLogins(AutomatedLogins),
}

/// The verdict an act was recognised with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerdictRef {
    /// Id of the verdict.
    pub id: String,
    /// State; only `confirmed` is counted (CW-CLS-23).
    pub state: State,
    /// Class.
    pub legal_class: LegalClass,
}

/// The recognition record (認知, CW-CNT-03).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recognition {
    /// How.
    pub route: Route,
    /// When.
    pub date: Moment,
    /// Who confirmed the fact of the act.
    pub confirmed_by: String,
}

/// Clearance (検挙) of an act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clearance {
    /// Case (事件) it belongs to.
    pub case: String,
    /// Day on which the clearance was reported to the National Police Agency: decides the period.
    pub on: Moment,
    /// Motive (動機), code of the list.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub motive: String,
    /// Other offences it was a means of (別の犯罪の手段); such an act is still its own count (N5).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub means_of: Vec<String>,
    /// Attributes that cross the rows of the method table, e.g. `overseas_proxy`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<String>,
    /// Facilitation only: `target_made_clear`, `on_request` (conditions (a) and (b) of the 1999 text).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facilitation_form: Vec<String>,
}

/// Why an officer lumped this act with others (N4, CW-CNT-01).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LumpReason {
    /// Reason.
    pub reason: String,
    /// Officer.
    pub officer: String,
}

/// An act: one access control function, one method (CW-CLS-03).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActRecord {
    /// Id of the record, unique in the file.
    pub id: String,
    /// Access control function (アクセス制御機能), first half of the count unit (N2).
    pub function: String,
    /// Method (手口), second half: code of the list, or any other code.
    pub method: String,
    /// Accomplices together (N3); empty = unknown, one shared empty set (CW-CNT-02).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suspects: Vec<String>,
    /// When the act was done; chooses the law, and decides what continues within a short period (N4).
    #[serde(default)]
    pub act_time: ActTime,
    /// When the act was reported to the National Police Agency; decides the period (CW-CNT-04).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported_to_npa_at: Option<Moment>,
    /// Verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<VerdictRef>,
    /// Recognition record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recognition: Option<Recognition>,
    /// Kind of access administrator, code of the list.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub administrator: String,
    /// How it came to be recognised (端緒), code of the list.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub how_recognised: String,
    /// What was done afterwards, codes of the list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub afterwards: Vec<String>,
    /// Whether it was found to come from abroad.
    #[serde(default = "unknown")]
    pub from_abroad: Tri,
    /// Clearance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleared: Option<Clearance>,
    /// Officer's reason for lumping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lump: Option<LumpReason>,
}

const fn unknown() -> Tri {
    Tri::Unknown
}

const fn yes() -> bool {
    true
}

/// A suspect (被疑者).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Id that acts refer to.
    pub id: String,
    /// Age at clearance, years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<u8>,
    /// Criminally responsible; if not, guidance only (補導) and not among the persons (CW-CNT-10).
    #[serde(default = "yes")]
    pub responsible: bool,
}

/// Assistance that a commission gave (援助措置).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assistance {
    /// Id of the record.
    pub id: String,
    /// When it was given.
    pub on: Moment,
    /// Prefecture (or area) of the commission.
    pub prefecture: String,
}

/// A report on logins by automated input (casework.md 8.4, CW-PUB-09).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AutomatedLogins {
    /// Id of the record.
    pub id: String,
    /// Who runs the site.
    pub operator: String,
    /// First day.
    pub from: Moment,
    /// Last day.
    pub to: Moment,
    /// Tries.
    pub attempts: u64,
    /// Successes.
    pub successes: u64,
    /// Accounts tried, each once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<u64>,
    /// Sources, each once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sources: Option<u64>,
    /// Where the list came from, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_source: Option<String>,
    /// The figures are rounded.
    #[serde(default)]
    pub rounded: bool,
    /// Acts that successes became (CW-PUB-11): linked, never summed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acts: Vec<String>,
}

impl Unit {
    /// Id of the record.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Act(act) => &act.id,
            Self::Person(person) => &person.id,
            Self::Assistance(assistance) => &assistance.id,
            Self::AutomatedLogins(report) => &report.id,
        }
    }

    /// Calendar year (Japan) in which the record falls, where it has a date.
    pub(crate) fn year(&self) -> Option<i16> {
        let moment = match self {
            Self::Act(act) => act.reported_to_npa_at.as_ref()?,
            Self::Person(_) => return None,
            Self::Assistance(assistance) => &assistance.on,
            Self::AutomatedLogins(report) => &report.to,
        };
        Some(moment.japan_year())
    }
}
