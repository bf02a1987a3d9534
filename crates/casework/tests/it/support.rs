//! Findings as a detector would make them.

use casework::{Given, Incident, incidents};
use std::net::IpAddr;
use vocab::{
    AccountRole, AccountSeen, Audience, Category, Citation, Confidence, Context, EvidenceRole, Finding, Kind,
    LedgerIndex, Level, Record, RuleRef, SourceSeen, Stage, Timestamp, Trust,
};

/// 2026-11-20 10:00 in Japan.
pub(crate) const START: Timestamp = Timestamp::from_seconds(1_795_136_400);
/// When the report is made: two days later.
pub(crate) const CLOCK: Timestamp = Timestamp::from_seconds(1_795_309_200);

pub(crate) fn at(hours: i64) -> Timestamp {
    START.plus(hours * Timestamp::HOUR)
}

pub(crate) fn cite(index: u64, record: u32) -> Citation {
    Citation { index: LedgerIndex(index), record }
}

/// A finding that names nothing yet.
pub(crate) fn finding(id: &str, kind: Kind, hours: i64) -> Finding {
    Finding {
        id: id.to_owned(),
        rule: RuleRef {
            id: "rule".to_owned(),
            title: "rule".to_owned(),
            author: None,
            license: None,
            references: Vec::new(),
            false_positives: Vec::new(),
        },
        kind,
        other_kinds: Vec::new(),
        stage: kind.stage(),
        level: Level::Medium,
        confidence: Confidence::Medium,
        audience: Audience::Operator,
        category: kind.category(false),
        key: Vec::new(),
        first: at(hours),
        last: at(hours),
        attempts: 0,
        successes: 0,
        ambiguous: 0,
        source_unreadable: 0,
        observed: Vec::new(),
        accounts: Vec::new(),
        account_count: 0,
        sources: Vec::new(),
        source_count: 0,
        hosts: Vec::new(),
        service: "sshd".to_owned(),
        sessions: Vec::new(),
        artefacts: Vec::new(),
        evidence: Vec::new(),
        success_rate: None,
        effect: false,
        only_ambiguous: false,
        consented: false,
        facts: Vec::new(),
        measures: Vec::new(),
        notes: Vec::new(),
    }
}

/// Changes that read like sentences.
pub(crate) trait Build: Sized {
    fn on(self, host: &str) -> Self;
    fn from(self, ip: &str) -> Self;
    fn level(self, level: Level) -> Self;
    /// A refused try on an account.
    fn refused(self, name: &str, index: u64) -> Self;
    /// A success on an account, `minutes` after the beginning.
    fn entered(self, name: &str, index: u64, minutes: i64) -> Self;
    fn record(self, role: EvidenceRole, index: u64) -> Self;
    fn effect(self, index: u64) -> Self;
}

impl Build for Finding {
    fn on(mut self, host: &str) -> Self {
        self.hosts.push(host.to_owned());
        self
    }

    fn from(mut self, ip: &str) -> Self {
        let ip: IpAddr = ip.parse().unwrap();
        let (first, last) = (self.first, self.last);
        self.sources.push(SourceSeen { ip, attempts: 1, successes: 0, first, last, trust: Trust::Tr2 });
        self.source_count += 1;
        self
    }

    fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    fn refused(mut self, name: &str, index: u64) -> Self {
        let time = self.first;
        self.accounts.push(account(&self, name, AccountRole::Tried, time, None));
        self.account_count += 1;
        self.attempts += 1;
        self.record(EvidenceRole::Failure, index)
    }

    fn entered(mut self, name: &str, index: u64, minutes: i64) -> Self {
        let time = self.first.plus(minutes * Timestamp::MINUTE);
        self.accounts.push(account(&self, name, AccountRole::Entered, time, Some(cite(index, 0))));
        self.account_count += 1;
        self.attempts += 1;
        self.successes += 1;
        self.last = self.last.max(time);
        self.category = self.kind.category(true);
        self.evidence.push(record(EvidenceRole::Success, index, time));
        self
    }

    fn record(mut self, role: EvidenceRole, index: u64) -> Self {
        let time = self.first;
        self.evidence.push(record(role, index, time));
        self
    }

    fn effect(mut self, index: u64) -> Self {
        self.effect = true;
        self.category = self.kind.category(true);
        self.record(EvidenceRole::Effect, index)
    }
}

pub(crate) fn record(role: EvidenceRole, index: u64, time: Timestamp) -> Record {
    let (citation, time) = (cite(index, 0), Some(time));
    Record { citation, time, role, trust: Trust::Tr2, ambiguous: false, quote: None }
}

fn account(
    of: &Finding,
    name: &str,
    role: AccountRole,
    time: Timestamp,
    entry: Option<Citation>,
) -> AccountSeen {
    AccountSeen {
        name: name.into(),
        realm: Default::default(),
        host: of.hosts.first().map(|host| host.as_str().into()).unwrap_or_default(),
        service: of.service.as_str().into(),
        role,
        known: Some(true),
        privileged: false,
        first: of.first,
        last: time,
        attempts: 1,
        successes: u64::from(role == AccountRole::Entered),
        entry,
        entry_source: entry.and_then(|_| of.sources.first()).map(|source| source.ip),
    }
}

pub(crate) fn run(findings: &[Finding]) -> Vec<Incident> {
    run_with(findings, &Context::default())
}

pub(crate) fn run_with(findings: &[Finding], context: &Context) -> Vec<Incident> {
    incidents(findings, Given { context, clock: CLOCK })
}

/// The one incident of the findings.
#[track_caller]
pub(crate) fn one(findings: &[Finding], context: &Context) -> Incident {
    let [incident] = run_with(findings, context).try_into().expect("one incident");
    incident
}

/// Guessing at one account from one source: refused, then entered.
pub(crate) fn guessed() -> Finding {
    finding("F-1", Kind::PasswordGuessing, 0)
        .on("www")
        .from("203.0.113.9")
        .level(Level::High)
        .refused("root", 10)
        .entered("root", 11, 5)
}

pub(crate) fn category_of(incident: &Incident) -> Category {
    incident.legal.category
}

pub(crate) fn stage(mut finding: Finding, stage: Stage) -> Finding {
    finding.stage = stage;
    finding
}
