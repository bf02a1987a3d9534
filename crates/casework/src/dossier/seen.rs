//! An incident read back from `incidents.json`: only what documents need, so that files of newer versions with more fields
//! still open.

use crate::incident::{Bilingual, Confirmed};
use serde::Deserialize;
use serde_json::Value;
use vocab::{Citation, Timestamp};

/// Versions of the shape of an incident that can be read.
const VERSION_MAX: u64 = 1;

/// An incident.
#[derive(Clone, Debug, Deserialize)]
pub struct Seen {
    /// Id of the incident.
    pub id: String,
    /// Class of attack.
    pub kind: String,
    /// Title; holds names from the logs.
    pub title: Bilingual,
    /// Level.
    pub level: String,
    /// What the Act says so far.
    pub legal: SeenLegal,
    /// Accounts.
    #[serde(default)]
    pub accounts: Vec<SeenAccount>,
    /// Computers.
    #[serde(default)]
    pub hosts: Vec<SeenHost>,
    /// Sources.
    #[serde(default)]
    pub sources: Vec<SeenSource>,
    /// First record.
    pub first: Timestamp,
    /// Last record.
    pub last: Timestamp,
    /// Tries.
    #[serde(default)]
    pub attempts: u64,
    /// Successes.
    #[serde(default)]
    pub successes: u64,
    /// Turning points.
    #[serde(default)]
    pub timeline: Vec<SeenTurn>,
    /// Measures.
    #[serde(default)]
    pub measures: Vec<SeenMeasure>,
    /// Reports to file.
    #[serde(default)]
    pub reports: Vec<SeenReport>,
    /// What is missing in the logs of the period.
    #[serde(default)]
    pub gaps: Vec<Bilingual>,
    /// The records.
    #[serde(default)]
    pub records: Vec<SeenRecord>,
    /// Explanation.
    #[serde(default)]
    pub explanation: SeenExplanation,
}

/// What the Act says so far; a proposal.
#[derive(Clone, Debug, Deserialize)]
pub struct SeenLegal {
    /// Class of the law.
    pub category: String,
    /// Article.
    #[serde(default)]
    pub article: Option<Bilingual>,
    /// Verdict.
    pub verdict: String,
    /// Verdict in words.
    #[serde(default)]
    pub verdict_text: Bilingual,
    /// `proposed` until a person confirms it.
    #[serde(default)]
    pub state: String,
    /// Class in the sense of the Standard: `yes`, `no`, `undetermined`.
    #[serde(default)]
    pub standard_class: String,
    /// Who confirmed it.
    #[serde(default)]
    pub confirmed: Option<Confirmed>,
    /// Elements.
    #[serde(default)]
    pub elements: Vec<SeenElement>,
    /// The facts that the verdict was made of; files of earlier versions have none.
    #[serde(default)]
    pub facts: Option<Value>,
}

/// An element of the offence.
#[derive(Clone, Debug, Deserialize)]
pub struct SeenElement {
    /// `E1` to `E4`, `X`.
    pub id: String,
    /// `established`, `refuted`, `unknown`.
    pub state: String,
    /// What it says.
    pub statement: Bilingual,
    /// Records it rests on.
    #[serde(default)]
    pub records: Vec<Citation>,
    /// Other evidence, in words.
    #[serde(default)]
    pub stated: Vec<String>,
    /// What is missing.
    #[serde(default)]
    pub missing: Vec<SeenMissing>,
}

/// An unknown fact of the law.
#[derive(Clone, Debug, Deserialize)]
pub struct SeenMissing {
    /// Fact of casework.md 2.1, e.g. `F5`.
    pub fact: String,
    /// What it says.
    pub statement: Bilingual,
    /// What would settle it.
    #[serde(default)]
    pub would_settle: Vec<Bilingual>,
}

/// An account.
#[derive(Clone, Debug, Deserialize)]
pub struct SeenAccount {
    /// Name as logged.
    pub name: String,
    /// Computer or realm.
    #[serde(default)]
    pub host: String,
    /// `entered`, `targeted` and so on.
    pub state: String,
    /// Tries.
    #[serde(default)]
    pub attempts: u64,
    /// Successes.
    #[serde(default)]
    pub successes: u64,
    /// Address of the first success.
    #[serde(default)]
    pub entry_source: Option<String>,
}

/// A computer.
#[derive(Clone, Debug, Deserialize)]
pub struct SeenHost {
    /// Name as logged.
    pub name: String,
    /// `target` or `suspected`.
    pub state: String,
}

/// A source.
#[derive(Clone, Debug, Deserialize)]
pub struct SeenSource {
    /// Address.
    pub ip: String,
    /// Tries.
    #[serde(default)]
    pub attempts: u64,
    /// Successes.
    #[serde(default)]
    pub successes: u64,
    /// First record.
    pub first: Timestamp,
    /// Last record.
    pub last: Timestamp,
}

/// A turning point.
#[derive(Clone, Debug, Deserialize)]
pub struct SeenTurn {
    /// When.
    pub time: Timestamp,
    /// `begin`, `entry`, `effect`, `record`, `end`.
    pub turn: String,
    /// In words.
    pub text: Bilingual,
}

/// A measure against recurrence.
#[derive(Clone, Debug, Deserialize)]
pub struct SeenMeasure {
    /// Id.
    pub id: String,
    /// What to do.
    pub text: Bilingual,
    /// Document it rests on.
    #[serde(default)]
    pub basis: Bilingual,
    /// 1 most urgent.
    #[serde(default)]
    pub order: u8,
}

/// A report to file.
#[derive(Clone, Debug, Deserialize)]
pub struct SeenReport {
    /// Form id.
    pub form: String,
    /// Who gets it.
    pub recipient: String,
    /// Clock.
    pub clock: String,
    /// When it is due.
    #[serde(default)]
    pub due: Option<Timestamp>,
    /// `due`, `conditional`, `optional`.
    pub state: String,
}

/// A record.
#[derive(Clone, Debug, Deserialize)]
pub struct SeenRecord {
    /// Where it is sealed.
    pub citation: Citation,
    /// When.
    pub time: Timestamp,
    /// What it shows.
    #[serde(default)]
    pub role: String,
    /// The line itself.
    #[serde(default)]
    pub quote: Option<SeenQuote>,
}

/// A line of a log.
#[derive(Clone, Debug, Deserialize)]
pub struct SeenQuote {
    /// File.
    pub file: String,
    /// Line in it.
    #[serde(default)]
    pub line: u64,
    /// The text; written by whoever wrote the log, hostile.
    pub text: String,
}

/// Explanation in words.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct SeenExplanation {
    /// About ten lines.
    #[serde(default)]
    pub short: Vec<SeenLine>,
}

/// One line of an explanation.
#[derive(Clone, Debug, Deserialize)]
pub struct SeenLine {
    /// Message id: what sort of line it is.
    pub id: String,
    /// Values of the message, where it tells a time: the reader may show it in another zone.
    #[serde(default)]
    pub args: Vec<(String, vocab::Value)>,
    /// The line.
    #[serde(flatten)]
    pub text: Bilingual,
}

/// Why an incident cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SeenFault {
    /// Made by a newer version.
    #[error("the incident has schema_version {0}; this version reads up to {VERSION_MAX}")]
    Newer(u64),
    /// Not an incident as `incidents.json` holds it.
    #[error("this is no incident of incidents.json: {0}")]
    Shape(#[from] serde_json::Error),
}

impl Seen {
    /// Reads one element of `incidents.json`.
    ///
    /// # Errors
    ///
    /// When it was made by a newer version, or is no incident.
    pub fn read(value: &Value) -> Result<Self, SeenFault> {
        let version = value.get("schema_version").and_then(Value::as_u64).unwrap_or(0);
        if version > VERSION_MAX {
            return Err(SeenFault::Newer(version));
        }
        Ok(Self::deserialize(value)?)
    }

    /// The facts of the act, as the records show them; `None` in files of earlier versions.
    ///
    /// # Errors
    ///
    /// When they are no facts of this version.
    pub fn act_facts(&self) -> Result<Option<act::Facts>, SeenFault> {
        let read = |facts: &Value| act::Facts::deserialize(facts).map_err(SeenFault::Shape);
        self.legal.facts.as_ref().map(read).transpose()
    }

    /// Did somebody get in, as far as the records show?
    #[must_use]
    pub fn entered(&self) -> bool {
        self.hosts.iter().any(|host| host.state == "suspected")
    }
}
