//! Findings under way: numbering in order of first firing, updates instead of repeats (DT-COR-16).

use crate::rule::{Rule, RuleSet};
use crate::signal::{RuleIndex, Signal};
use rustc_hash::FxHashMap;
use vocab::{
    Citation, EvidenceRole, Finding, Flags, Kind, Level, Observed, Record, SourceSeen, Timestamp, Trust,
};

/// Records of one role kept at the start, and at the end, of a finding (DT-INC-05).
pub const EVIDENCE_EDGE_MAX: usize = 50;

/// Name and value of each part of a key.
pub type Key = Vec<(String, String)>;

/// All findings of a run.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    next: u64,
    entries: Vec<(u64, Finding)>,
    by_key: FxHashMap<(RuleIndex, Key), usize>,
}

impl Findings {
    /// Takes the next number in order of firing, for a finding that is handed over later with [`Self::emit`].
    pub fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Hands over a finding under a number taken before.
    pub fn emit(&mut self, number: u64, finding: Finding) {
        self.entries.push((number, finding));
    }

    /// The finding of this rule and key: the one that exists, or a new one filled from the rule.
    pub fn upsert(
        &mut self,
        rules: &RuleSet,
        rule: RuleIndex,
        key: Key,
        time: Timestamp,
    ) -> Option<&mut Finding> {
        self.upsert_within(rules, rule, key, time, i64::MAX)
    }

    /// As [`Self::upsert`], and after more than `quiet` microseconds without a record it is a new finding.
    pub fn upsert_within(
        &mut self,
        rules: &RuleSet,
        rule: RuleIndex,
        key: Key,
        time: Timestamp,
        quiet: i64,
    ) -> Option<&mut Finding> {
        let own = (rule, key);
        let old = self.by_key.get(&own).copied();
        let runs = |place: &usize| {
            self.entries.get(*place).is_some_and(|(_, finding)| time.since(finding.last) <= quiet)
        };
        let place = match old.filter(runs) {
            Some(place) => place,
            None => {
                let finding = template(rules.get(rule)?, own.1.clone(), time);
                let number = self.number();
                self.entries.push((number, finding));
                self.by_key.insert(own, self.entries.len() - 1);
                self.entries.len() - 1
            }
        };
        let (_, finding) = self.entries.get_mut(place)?;
        finding.first = finding.first.min(time);
        finding.last = finding.last.max(time);
        Some(finding)
    }

    /// All findings so far, in order of being handed over.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.entries.iter().map(|(_, finding)| finding)
    }

    /// Findings in order of their numbers, with ids `F-000001` on.
    #[must_use]
    pub fn finish(&mut self) -> Vec<Finding> {
        let mut entries = std::mem::take(&mut self.entries);
        self.by_key.clear();
        entries.sort_by_key(|(number, _)| *number);
        entries
            .into_iter()
            .zip(1..)
            .map(|((_, mut finding), number)| {
                finding.id = format!("F-{number:06}");
                finding
            })
            .collect()
    }
}

/// A finding filled from its rule, without records.
#[must_use]
pub fn template(rule: &Rule, key: Key, time: Timestamp) -> Finding {
    let kind = rule.kind();
    let meta = &rule.meta;
    Finding {
        id: String::new(),
        rule: meta.reference.clone(),
        kind,
        other_kinds: Vec::new(),
        stage: meta.stage.unwrap_or(kind.stage()),
        level: meta.level,
        confidence: meta.confidence,
        audience: meta.audience,
        category: meta.legal.unwrap_or(kind.category(false)),
        key,
        first: time,
        last: time,
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
        service: String::new(),
        sessions: Vec::new(),
        artefacts: Vec::new(),
        evidence: Vec::new(),
        success_rate: None,
        effect: meta.effect,
        only_ambiguous: false,
        consented: false,
        facts: meta.facts.clone(),
        measures: meta.measures.clone(),
        notes: Vec::new(),
    }
}

/// Sets class, stage and category of a finding, after a decision of detection.md 4.3.
pub fn set_kind(finding: &mut Finding, rule: &Rule, kind: Kind, success: bool) {
    finding.kind = kind;
    finding.stage = rule.meta.stage.unwrap_or(kind.stage());
    finding.category = rule.meta.legal.unwrap_or(kind.category(success));
}

/// A level never falls (DT-ACC-14).
pub fn raise(finding: &mut Finding, level: Level) {
    finding.level = finding.level.max(level);
}

/// A record as evidence.
#[must_use]
pub fn record(signal: &Signal, role: EvidenceRole) -> Record {
    Record {
        citation: signal.citation,
        time: Some(signal.order.time),
        role,
        trust: signal.trust,
        ambiguous: signal.flags.has(Flags::AMBIGUOUS),
        quote: None,
    }
}

/// Number that a rule looked at.
#[must_use]
pub fn observed(name: &str, value: f64, threshold: Option<f64>) -> Observed {
    Observed { name: name.to_owned(), value, threshold, about: false, at_least: false }
}

/// Adds a record once, at most [`EVIDENCE_EDGE_MAX`] of a role at each end.
pub fn add_evidence(finding: &mut Finding, record: Record) {
    if finding
        .evidence
        .iter()
        .rev()
        .take(8)
        .any(|old| old.citation == record.citation && old.role == record.role)
    {
        return;
    }
    let role = record.role;
    let same = finding.evidence.iter().filter(|old| old.role == role).count();
    if same >= 2 * EVIDENCE_EDGE_MAX
        && let Some(place) = finding
            .evidence
            .iter()
            .enumerate()
            .filter(|(_, old)| old.role == role)
            .nth(EVIDENCE_EDGE_MAX)
            .map(|(place, _)| place)
    {
        finding.evidence.remove(place);
    }
    finding.evidence.push(record);
}

/// Adds tries of a source to a finding.
pub fn add_source(finding: &mut Finding, ip: std::net::IpAddr, time: Timestamp, trust: Trust, ok: bool) {
    if let Some(source) = finding.sources.iter_mut().find(|source| source.ip == ip) {
        source.attempts += 1;
        source.successes += u64::from(ok);
        source.first = source.first.min(time);
        source.last = source.last.max(time);
        source.trust = source.trust.max(trust);
        return;
    }
    finding.source_count += 1;
    if finding.sources.len() < 10_000 {
        let successes = u64::from(ok);
        finding.sources.push(SourceSeen { ip, attempts: 1, successes, first: time, last: time, trust });
    }
}

/// First and last records of one role, in little memory.
#[derive(Clone, Debug, Default)]
pub struct Edges {
    first: Vec<Mark>,
    last: std::collections::VecDeque<Mark>,
    /// Records over all.
    pub count: u64,
}

/// A record in 24 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Where the record is kept.
    pub citation: Citation,
    /// Its time, seconds since 1970.
    pub time: Timestamp,
    /// How far it can be believed.
    pub trust: Trust,
    /// More than one reading is possible.
    pub ambiguous: bool,
}

impl Edges {
    /// Adds a record; at most `edge` are kept at each end.
    pub fn push(&mut self, mark: Mark, edge: usize) {
        self.count += 1;
        if self.first.len() < edge {
            self.first.push(mark);
            return;
        }
        if self.last.len() >= edge {
            self.last.pop_front();
        }
        self.last.push_back(mark);
    }

    /// The latest records, at most `count`, oldest first.
    #[must_use]
    pub fn last_few(&self, count: usize) -> Vec<Mark> {
        let held = self.first.len() + self.last.len();
        self.first.iter().chain(&self.last).skip(held.saturating_sub(count)).copied().collect()
    }

    /// Writes the records into a finding.
    pub fn write(&self, finding: &mut Finding, role: EvidenceRole) {
        finding.evidence.extend(self.first.iter().chain(&self.last).map(|mark| mark.record(role)));
    }
}

impl Mark {
    /// The record as evidence.
    #[must_use]
    pub fn record(&self, role: EvidenceRole) -> Record {
        Record {
            citation: self.citation,
            time: Some(self.time),
            role,
            trust: self.trust,
            ambiguous: self.ambiguous,
            quote: None,
        }
    }
}
