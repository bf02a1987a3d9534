//! The incident, as `incidents.json` shows it (detection.md 7.2).

use crate::{Given, category, evidence, explain, legal, measures, people, reports, timeline, units};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use vocab::{
    AccountKind, AccountRole, Category, Citation, EvidenceRole, Finding, Kind, Level, Message, Rate, Stage,
    Timestamp, Trust,
};

/// Version of the shape of `incidents.json`.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// Text of the law, present in both languages because it does not come from the message catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bilingual {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

/// One class of attack seen in an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KindSeen {
    /// Class.
    pub kind: Kind,
    /// Findings of the class.
    pub count: u64,
    /// First record.
    pub first: Timestamp,
    /// Last record.
    pub last: Timestamp,
}

/// One step of the classifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleStep {
    /// Rule, e.g. `R9`.
    pub rule: String,
    /// What came of it.
    pub outcome: String,
    /// Why.
    #[serde(flatten)]
    pub text: Bilingual,
}

/// One element of proof, E1 to E4, or the fifth box, grounds for exclusion (CW-CLS-22).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Element {
    /// `E1` to `E4`, `X` for the grounds for exclusion.
    pub id: String,
    /// `established`, `refuted` or `unknown`, as far as the records show; never confirmed by a machine.
    pub state: String,
    /// What it says.
    pub statement: Bilingual,
    /// Ledger entries that support or refute it, each once.
    pub evidence: Vec<u64>,
    /// The records themselves: a bulk entry covers many.
    pub records: Vec<Citation>,
    /// Other evidence, in words, e.g. a statement on paper.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stated: Vec<String>,
    /// What is missing, and what would settle it.
    pub missing: Vec<Missing>,
}

/// A person confirmed the verdict (判定の確定, casework.md 2.6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// Number of the verdict in the case, e.g. `V-1`.
    pub id: String,
    /// Who.
    pub by: String,
    /// When, RFC 3339.
    pub at: String,
    /// Why.
    pub reason: String,
    /// 不正アクセス行為 may be said of it (CW-CLS-21).
    pub names_act: bool,
}

/// An unknown fact and the evidence that would settle it (CW-CLS-11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Fact, e.g. `F5`.
    pub fact: String,
    /// What the fact says.
    pub statement: Bilingual,
    /// Kinds of evidence that would settle it.
    pub would_settle: Vec<Bilingual>,
}

/// What the Act says of the incident so far. A proposal (判定案) until a person confirms it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Legal {
    /// Class of the law the facts point to.
    pub category: Category,
    /// Article that the category points to, in the law that was in force.
    pub article: Option<Bilingual>,
    /// `pre`, `act1999`, `act2012`.
    pub law: String,
    /// What the classifier says of the facts established so far, e.g. `undetermined`.
    pub verdict: String,
    /// The same in words.
    pub verdict_text: Bilingual,
    /// `proposed`; `confirmed` only in what [`crate::ruling`] returns (CW-CLS-23).
    pub state: String,
    /// Who confirmed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<Confirmed>,
    /// Class in the sense of the Standard (コンピュータ不正アクセス): `yes`, `no`, `undetermined`.
    pub standard_class: String,
    /// Elements of proof.
    pub elements: Vec<Element>,
    /// Rules in the order in which they were tried, up to the one that fired.
    pub rule_path: Vec<RuleStep>,
    /// Reasons for people.
    pub reasons: Vec<Bilingual>,
    /// Notes beside the verdict: other provisions to examine, flags for review.
    pub hints: Vec<Bilingual>,
    /// Hash of the law and rule data used (CW-CLS-17), hex.
    pub data_hash: String,
    /// The facts that the verdict was made of, each with its first records: what people rule on.
    pub facts: act::Facts,
}

/// An account in an incident.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AccountEntry {
    /// Name; may be hostile.
    pub name: String,
    /// Host or realm.
    pub host: String,
    /// Service.
    pub service: String,
    /// What happened to it.
    pub state: AccountRole,
    /// Does it exist, as far as known?
    pub known: Option<bool>,
    /// Kind by the roster.
    pub kind: Option<AccountKind>,
    /// First record.
    pub first: Timestamp,
    /// Last record.
    pub last: Timestamp,
    /// Tries.
    pub attempts: u64,
    /// Successes.
    pub successes: u64,
    /// Record of the first success.
    pub entry: Option<Citation>,
    /// Address of the first success.
    pub entry_source: Option<IpAddr>,
}

/// State of a host in the sense of the preservation gate (CW-VIC-07).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HostState {
    /// Attacked, no sign of success.
    Target,
    /// Signs that somebody got in: counts as hit.
    Suspected,
}

/// A host in an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HostEntry {
    /// Name as logged.
    pub name: String,
    /// Role by the asset list.
    pub role: Option<String>,
    /// State.
    pub state: HostState,
    /// First record.
    pub first: Timestamp,
    /// Last record.
    pub last: Timestamp,
}

/// A source in an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceEntry {
    /// Address.
    pub ip: IpAddr,
    /// Its network: IPv4 /24, IPv6 /56.
    pub net: String,
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

/// What sort of turning point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// First record of a finding.
    Begin,
    /// First success.
    Entry,
    /// Effect or later stage.
    Effect,
    /// A record worth reading.
    Record,
    /// Last record.
    End,
}

/// A turning point.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TimelineEntry {
    /// When.
    pub time: Timestamp,
    /// What sort.
    pub turn: Turn,
    /// Finding it comes from.
    pub finding: String,
    /// In words.
    pub text: Message,
    /// Record.
    pub citation: Option<Citation>,
}

/// A recurrence-prevention measure (再発防止策) proposed for an incident.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measure {
    /// `PM-01` to `PM-32`.
    pub id: String,
    /// What to do.
    pub text: Message,
    /// Why here.
    pub reason: Message,
    /// 1 stops the present harm, 2 closes the way in, 3 finds other victims, 4 prevents recurrence (DT-KND-09).
    pub order: u8,
    /// Document and item it rests on.
    pub basis: Bilingual,
    /// Items of the two standards.
    pub controls: Vec<String>,
}

/// A report to file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReportDue {
    /// Who gets it.
    pub recipient: String,
    /// Form id of casework.md 7.3.
    pub form: String,
    /// Clock of casework.md 7.8.
    pub clock: String,
    /// When it is due; `None` = no day stated.
    pub due: Option<Timestamp>,
    /// From when it should not wait any longer (CLK-3: the third day).
    pub warn_from: Option<Timestamp>,
    /// "at once", "within 5 days", in words.
    pub when: Message,
    /// On which condition it applies.
    pub condition: Message,
    /// Legal basis.
    pub basis: Bilingual,
    /// `due` (applies), `conditional` (a person has to answer a question first), `optional`.
    pub state: String,
}

/// A unit that would be counted (件) once recognised; provisional (DT-INC-08 to -10).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CountUnit {
    /// Access control function; `provisional:` and host and service where no asset list names it.
    pub function: String,
    /// Method row of the category map.
    pub method: String,
    /// Entered accounts: each is an act of its own (CW-CLS-15).
    pub acts: Vec<String>,
    /// Hours within which acts were lumped (N4).
    pub short_period_hours: u32,
    /// Never final: function, suspects and recognition are for people.
    pub provisional: bool,
}

/// The explanation in three lengths (DT-INC-13).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// One line.
    pub line: Message,
    /// About ten lines.
    pub short: Vec<Message>,
}

/// An incident.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Incident {
    /// Version of the shape.
    pub schema_version: u32,
    /// `I-` and twelve hexadecimal digits, from class, first citation and host (DT-INC-04).
    pub id: String,
    /// Class.
    pub kind: Kind,
    /// Title.
    pub title: Message,
    /// Highest level.
    pub level: Level,
    /// Latest stage reached.
    pub stage_max: Stage,
    /// All classes.
    pub kinds: Vec<KindSeen>,
    /// Law.
    pub legal: Legal,
    /// Accounts, entered ones first.
    pub accounts: Vec<AccountEntry>,
    /// Accounts over all, also those not listed.
    pub account_count: u64,
    /// Hosts.
    pub hosts: Vec<HostEntry>,
    /// Sources, most successful and busiest first.
    pub sources: Vec<SourceEntry>,
    /// First record.
    pub first: Timestamp,
    /// Last record.
    pub last: Timestamp,
    /// Tries.
    pub attempts: u64,
    /// Successes.
    pub successes: u64,
    /// Ambiguous records, counted beside.
    pub ambiguous: u64,
    /// Tries whose source cannot be read.
    pub source_unreadable: u64,
    /// Findings.
    pub findings: Vec<String>,
    /// Ledger entries it rests on, each once.
    pub evidence: Vec<u64>,
    /// The records.
    pub records: Vec<vocab::Record>,
    /// Turning points, at most 200.
    pub timeline: Vec<TimelineEntry>,
    /// K-06 only.
    pub success_rate: Option<Rate>,
    /// Units that would be counted.
    pub count_units: Vec<CountUnit>,
    /// Measures in order of urgency; the first seven are shown first.
    pub measures: Vec<Measure>,
    /// Reports to file.
    pub reports: Vec<ReportDue>,
    /// Log gaps, evictions, unread parts, missing context that touch the period.
    pub gaps: Vec<Message>,
    /// In words.
    pub explanation: Explanation,
}

impl Incident {
    /// Did somebody get in, as far as the records show?
    #[must_use]
    pub fn entered(&self) -> bool {
        self.hosts.iter().any(|host| host.state == HostState::Suspected)
    }

    /// Accounts that were entered. An ordinary login that a finding mentions is no entry.
    pub fn entered_accounts(&self) -> impl Iterator<Item = &AccountEntry> {
        let entered = self.entered();
        self.accounts.iter().filter(move |account| entered && account.state == AccountRole::Entered)
    }
}

/// Builds one incident from the findings of a group.
pub(crate) fn build(members: &[&Finding], given: Given<'_>) -> Incident {
    let kind = category::kind(members);
    let category = category::category(members, kind);
    let accounts = people::accounts(members, given.context);
    let sources = people::sources(members);
    let hosts = people::hosts(members, given.context);
    let records = evidence::records(members);
    let (first, last) = span(members);
    let listed = accounts.len() as u64;
    let account_count = members.iter().map(|finding| finding.account_count).max().unwrap_or(0).max(listed);
    let success_rate = people::success_rate(members, account_count, &accounts);
    let mut incident = Incident {
        schema_version: SCHEMA_VERSION,
        id: id(kind, &records, &hosts),
        kind,
        title: explain::title(kind, &hosts, &accounts),
        level: members.iter().map(|finding| finding.level).max().unwrap_or_default(),
        stage_max: members.iter().map(|finding| finding.stage).max().unwrap_or(Stage::Context),
        kinds: kinds(members),
        legal: legal::legal(members, kind, category, &accounts, given.context, (first, last)),
        account_count,
        attempts: people::attempts(members, &sources),
        successes: people::successes(members, &accounts),
        accounts,
        hosts,
        ambiguous: members.iter().map(|finding| finding.ambiguous).max().unwrap_or(0),
        source_unreadable: members.iter().map(|finding| finding.source_unreadable).max().unwrap_or(0),
        sources,
        first,
        last,
        findings: members.iter().map(|finding| finding.id.clone()).collect(),
        evidence: evidence::indices(&records),
        records,
        timeline: timeline::timeline(members),
        success_rate,
        count_units: Vec::new(),
        measures: Vec::new(),
        reports: Vec::new(),
        gaps: explain::gaps(members),
        explanation: Explanation { line: Message::new(""), short: Vec::new() },
    };
    incident.count_units = units::units(&incident, members, given.context);
    incident.measures = measures::measures(&incident, members);
    incident.reports = reports::reports(&incident, given.clock);
    incident.explanation = explain::explanation(&incident, members);
    incident
}

fn span(members: &[&Finding]) -> (Timestamp, Timestamp) {
    let first = members.iter().map(|finding| finding.first).min().unwrap_or_default();
    let last = members.iter().map(|finding| finding.last).max().unwrap_or_default();
    (first, last)
}

fn kinds(members: &[&Finding]) -> Vec<KindSeen> {
    let mut kinds: Vec<KindSeen> = Vec::new();
    for finding in members {
        let (first, last) = (finding.first, finding.last);
        match kinds.iter_mut().find(|seen| seen.kind == finding.kind) {
            Some(seen) => {
                seen.count += 1;
                seen.first = seen.first.min(first);
                seen.last = seen.last.max(last);
            }
            None => kinds.push(KindSeen { kind: finding.kind, count: 1, first, last }),
        }
    }
    kinds
}

fn id(kind: Kind, records: &[vocab::Record], hosts: &[HostEntry]) -> String {
    use sha2::{Digest, Sha256};
    let first = records.iter().map(|record| record.citation).min().unwrap_or_default();
    let host = hosts.first().map_or("", |host| host.name.as_str());
    let mut hasher = Sha256::new();
    hasher.update(format!(
        "sekisho-incident-1\0{}\0{}\0{}\0{host}",
        kind.as_str(),
        first.index.0,
        first.record
    ));
    let mut id = hex::encode(hasher.finalize());
    id.truncate(12);
    format!("I-{id}")
}

/// Role of records that show a success.
pub(crate) const fn shows_success(role: EvidenceRole) -> bool {
    matches!(role, EvidenceRole::Success | EvidenceRole::Effect)
}
