//! What a rule found.

use crate::{Audience, Citation, Confidence, Kind, Level, Message, Stage, Timestamp, Trust};
use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Which class of the law the facts point to (detection.md 4.2). Kept apart from the verdict of the classifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// 識別符号窃用型: another's code seems to have been input. Candidate for R10.
    CredentialMisuse,
    /// セキュリティ・ホール攻撃型: the limit was evaded. Candidate for R11, R12.
    SecurityHole,
    /// 未遂・不該当: aimed at that, without success. Candidate for R9.
    Attempt,
    /// 準備行為. Candidate for PA-1 to PA-6.
    Preparatory,
    /// 対象外. Candidate for R0 to R8.
    OutOfScope,
    /// 未確定. Candidate for R13.
    Undetermined,
}

/// The rule behind a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleRef {
    /// UUID of the rule.
    pub id: String,
    /// Title as written.
    pub title: String,
    /// Author, shown with every finding of a foreign rule (DT-RUL-04).
    pub author: Option<String>,
    /// Licence of the rule or its pack.
    pub license: Option<String>,
    /// Links and documents.
    pub references: Vec<String>,
    /// Known harmless causes.
    pub false_positives: Vec<String>,
}

/// What a record shows inside a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceRole {
    /// A refused try.
    Failure,
    /// A use that became possible.
    Success,
    /// Payload or indicator.
    Payload,
    /// Effect sign (detection.md 4.5).
    Effect,
    /// Session opened or closed, command run.
    Session,
    /// Last record before, or first after, a gap.
    Boundary,
    /// Anything else.
    Context,
}

/// The words of a record, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Input name.
    pub file: String,
    /// Line or record number.
    pub line: u64,
    /// Byte offset in the decompressed stream.
    pub offset: u64,
    /// The record, at most 1,024 bytes; may be hostile.
    pub text: String,
}

/// One record that a finding rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Where it is kept.
    pub citation: Citation,
    /// Its time.
    pub time: Option<Timestamp>,
    /// What it shows.
    pub role: EvidenceRole,
    /// How far it can be believed.
    pub trust: Trust,
    /// More than one reading is possible.
    pub ambiguous: bool,
    /// Its words; `None` beyond the first few of a finding. `investigate` fills it from the ledger.
    pub quote: Option<Box<Quote>>,
}

/// What happened to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountRole {
    /// Tried, refused.
    Tried,
    /// Locked by the attack.
    Locked,
    /// Changed.
    Changed,
    /// Created.
    Created,
    /// Acts that a rule found were done under it; no login to it is among their records.
    Used,
    /// Entered: a use limited by the function became possible.
    Entered,
}

/// One account in a finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountSeen {
    /// Name as the log shows it, decoded; may be hostile.
    pub name: CompactString,
    /// Host or realm.
    pub host: CompactString,
    /// Domain that keeps the account, first label in lower case; empty for accounts of one computer and where unknown.
    #[serde(default, skip_serializing_if = "CompactString::is_empty")]
    pub realm: CompactString,
    /// Service of the access control function, e.g. `sshd`.
    pub service: CompactString,
    /// What happened to it.
    pub role: AccountRole,
    /// Does it exist, as far as logs and roster tell?
    pub known: Option<bool>,
    /// Administrator or otherwise privileged.
    pub privileged: bool,
    /// First record.
    pub first: Timestamp,
    /// Last record.
    pub last: Timestamp,
    /// Tries (DT-FMT-16).
    pub attempts: u64,
    /// Successes.
    pub successes: u64,
    /// Record of the first success.
    pub entry: Option<Citation>,
    /// Address of the first success.
    pub entry_source: Option<IpAddr>,
}

/// One source (送信元) in a finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceSeen {
    /// Address.
    pub ip: IpAddr,
    /// Tries.
    pub attempts: u64,
    /// Successes.
    pub successes: u64,
    /// First record.
    pub first: Timestamp,
    /// Last record.
    pub last: Timestamp,
    /// Best trust of the records that name it.
    pub trust: Trust,
}

/// Share with its Wilson bounds at 95 % (K-06).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Accounts entered.
    pub entered: u64,
    /// Accounts tried.
    pub tried: u64,
    /// `entered / tried`.
    pub rate: f64,
    /// Lower bound.
    pub ci_low: f64,
    /// Upper bound.
    pub ci_high: f64,
    /// Confidence of the bounds, 0.95.
    pub confidence: f64,
}

/// A number the rule looked at, and the number it asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// Name of the state or parameter, e.g. `tries`.
    pub name: String,
    /// What was seen.
    pub value: f64,
    /// What the rule asked for.
    pub threshold: Option<f64>,
    /// From a sketch: say "about".
    pub about: bool,
    /// State was evicted: say "at least".
    pub at_least: bool,
}

/// What a rule found (OCSF 2004 when written out). One finding per rule and key; a re-fire updates it (DT-COR-16).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// `F-` and a number in order of first firing, zero-filled to six digits.
    pub id: String,
    /// The rule.
    pub rule: RuleRef,
    /// Class of attack.
    pub kind: Kind,
    /// Classes that lost against `kind` in the question "which guessing is it" (detection.md 4.3).
    pub other_kinds: Vec<Kind>,
    /// Where in an attack it stands.
    pub stage: Stage,
    /// How grave.
    pub level: Level,
    /// How sure.
    pub confidence: Confidence,
    /// Whom to tell.
    pub audience: Audience,
    /// Which class of the law the facts point to, by the table of DT-KND-04.
    pub category: Category,
    /// Key by which state was kept: name and value.
    pub key: Vec<(String, String)>,
    /// First record.
    pub first: Timestamp,
    /// Last record.
    pub last: Timestamp,
    /// Tries over unambiguous records.
    pub attempts: u64,
    /// Successes over unambiguous records.
    pub successes: u64,
    /// Records with more than one reading, counted beside.
    pub ambiguous: u64,
    /// Tries whose source cannot be read.
    pub source_unreadable: u64,
    /// Numbers and thresholds.
    pub observed: Vec<Observed>,
    /// Accounts: all entered ones; of the others at most 10,000.
    pub accounts: Vec<AccountSeen>,
    /// Accounts over all, also those not listed.
    pub account_count: u64,
    /// Sources, at most 10,000.
    pub sources: Vec<SourceSeen>,
    /// Sources over all.
    pub source_count: u64,
    /// Hosts that were the target, names as logged.
    pub hosts: Vec<String>,
    /// Service of the function or vhost.
    pub service: String,
    /// Login sessions that belong to it (`attempt` ids of events), for joining.
    pub sessions: Vec<u64>,
    /// Artefacts for joining: file, key fingerprint, planted account, URL path.
    pub artefacts: Vec<String>,
    /// Records it rests on (DT-INC-05): all successes, first and last 50 of each kind of failure, one per source.
    pub evidence: Vec<Record>,
    /// Success rate, K-06 only.
    pub success_rate: Option<Rate>,
    /// The match is a sign that a limit was lifted (detection.md 4.5).
    pub effect: bool,
    /// Only ambiguous records: never acts, raises nothing.
    pub only_ambiguous: bool,
    /// An announced test covers it.
    pub consented: bool,
    /// Facts the records can support, e.g. `f6`; a person decides.
    pub facts: Vec<String>,
    /// Measures of 4.9 that the rule names, e.g. `PM-01`.
    pub measures: Vec<String>,
    /// Sentences for people: why it fired, what else was seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Message>,
}
