//! Findings that grow with each use of an account.

use super::settings::Settings;
use super::source::Before;
use crate::attempts::{Attempt, canonical};
use crate::engine::Ctx;
use crate::findings::{Key, add_evidence, raise, set_kind};
use vocab::{
    AccountRole, AccountSeen, Category, EvidenceRole, Finding, Kind, Level, Message, Outcome, Record,
    SourceSeen, Timestamp,
};

/// Sentences kept in a finding.
const NOTES_MAX: usize = 16;
/// Accounts and sources kept in a finding of this sort.
const LIST_MAX: usize = 10_000;

/// What is to be written down.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) level: Level,
    /// Key by which uses are gathered.
    pub(crate) key: Key,
    /// Failed tries before a success, counted into it.
    pub(crate) failures: u32,
    /// Failed tries of the same source on other accounts, counted for the source when the finding begins.
    pub(crate) aside: u32,
    /// First of them.
    pub(crate) first: Option<Timestamp>,
    /// Some of their records.
    pub(crate) records: Vec<crate::findings::Mark>,
    /// An earlier success that belongs to it.
    pub(crate) earlier: Option<crate::findings::Mark>,
    pub(crate) note: Message,
    /// Category that the table of DT-KND-04 gives this case, where it is not that of the kind.
    pub(crate) category: Option<Category>,
}

impl Entry {
    pub(crate) fn new(kind: Kind, level: Level, note: Message) -> Self {
        Self {
            kind,
            level,
            key: Key::new(),
            failures: 0,
            aside: 0,
            first: None,
            records: Vec::new(),
            earlier: None,
            note,
            category: None,
        }
    }

    pub(crate) fn key(mut self, name: &str, value: &str) -> Self {
        self.key.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn after(mut self, before: &Before) -> Self {
        self.failures = before.own;
        self.first = before.first;
        self.records.clone_from(&before.records);
        self
    }

    /// As [`Self::after`], with what the source tried elsewhere.
    pub(crate) fn after_all(self, before: &Before) -> Self {
        Self { aside: before.by_source.saturating_sub(before.own), ..self.after(before) }
    }
}

/// Adds an attempt to the finding of its rule and key; `None` when the rule is switched off.
pub(crate) fn write<'a>(
    entry: Entry,
    attempt: &Attempt,
    settings: &Settings,
    ctx: &'a mut Ctx,
) -> Option<&'a mut Finding> {
    let index = settings.rule(entry.kind)?;
    let rules = std::sync::Arc::clone(&ctx.rules);
    let rule = rules.get(index)?;
    let finding = ctx.findings.upsert(&rules, index, entry.key, attempt.time)?;
    let success = attempt.outcome == Outcome::Success;
    let aside = if finding.evidence.is_empty() { u64::from(entry.aside) } else { 0 };
    if finding.evidence.is_empty() {
        finding.level = entry.level;
        finding.consented = attempt.consented;
    }
    if finding.evidence.is_empty() || success {
        set_kind(finding, rule, entry.kind, success || finding.successes > 0);
        if let Some(category) = entry.category {
            finding.category = category;
        }
    }
    raise(finding, entry.level);
    finding.consented &= attempt.consented;
    if let Some(first) = entry.first {
        finding.first = finding.first.min(first);
    }
    for mark in &entry.records {
        add_evidence(finding, mark.record(EvidenceRole::Failure));
    }
    if let Some(mark) = entry.earlier {
        add_evidence(finding, mark.record(EvidenceRole::Success));
    }
    add_evidence(finding, record(attempt));
    count(finding, attempt, entry.failures, entry.first, settings);
    if aside > 0 && !attempt.ambiguous {
        finding.attempts += aside;
        if let Some(source) = finding.sources.iter_mut().find(|source| Some(source.ip) == attempt.src) {
            source.attempts += aside;
        }
    }
    if finding.notes.len() < NOTES_MAX && !finding.notes.contains(&entry.note) {
        finding.notes.push(entry.note);
    }
    Some(finding)
}

fn record(attempt: &Attempt) -> Record {
    let success = attempt.outcome == Outcome::Success;
    Record {
        citation: attempt.citation,
        time: Some(attempt.time),
        role: if success { EvidenceRole::Success } else { EvidenceRole::Failure },
        trust: attempt.trust,
        ambiguous: attempt.ambiguous,
        quote: None,
    }
}

/// Counts an attempt, with the failures before it, into account, source, host and session.
fn count(
    finding: &mut Finding,
    attempt: &Attempt,
    failures: u32,
    first: Option<Timestamp>,
    settings: &Settings,
) {
    if attempt.ambiguous {
        finding.ambiguous += u64::from(attempt.count);
        finding.source_unreadable += u64::from(attempt.count);
        return;
    }
    let success = attempt.outcome == Outcome::Success;
    let won = if success { u64::from(attempt.count) } else { 0 };
    let tries = u64::from(attempt.count) + u64::from(failures);
    let begun = first.unwrap_or(attempt.time);
    finding.attempts += tries;
    finding.successes += won;
    add_account(finding, attempt, tries, won, begun, settings);
    add_source(finding, attempt, tries, won, begun);
    if !attempt.host.is_empty() && !finding.hosts.iter().any(|host| host == attempt.host.as_str()) {
        finding.hosts.push(attempt.host.to_string());
    }
    if finding.service.is_empty() {
        finding.service = attempt.service.to_string();
    }
    if success
        && attempt.session != 0
        && finding.sessions.len() < 256
        && !finding.sessions.contains(&attempt.session)
    {
        finding.sessions.push(attempt.session);
    }
}

fn add_account(
    finding: &mut Finding,
    attempt: &Attempt,
    tries: u64,
    won: u64,
    begun: Timestamp,
    settings: &Settings,
) {
    if attempt.account.is_empty() {
        return;
    }
    let same = |seen: &&mut AccountSeen| {
        (seen.name == attempt.account.as_str() || canonical(&seen.name) == canonical(&attempt.account))
            && seen.host == attempt.host.as_str()
            && seen.service == attempt.service.as_str()
    };
    if let Some(seen) = finding.accounts.iter_mut().find(same) {
        seen.attempts += tries;
        seen.successes += won;
        seen.first = seen.first.min(begun);
        seen.last = seen.last.max(attempt.time);
        if won > 0 && seen.entry.is_none() {
            (seen.entry, seen.entry_source) = (Some(attempt.citation), attempt.src);
            (seen.role, seen.known) = (AccountRole::Entered, Some(true));
        }
        return;
    }
    finding.account_count += 1;
    if finding.accounts.len() >= LIST_MAX {
        return;
    }
    finding.accounts.push(AccountSeen {
        name: attempt.account.clone(),
        realm: compact_str::CompactString::default(),
        host: attempt.host.clone(),
        service: attempt.service.clone(),
        role: if won > 0 { AccountRole::Entered } else { AccountRole::Tried },
        known: attempt.known().or_else(|| settings.known(attempt.account_id)),
        privileged: settings.is_privileged(attempt.account_id),
        first: begun,
        last: attempt.time,
        attempts: tries,
        successes: won,
        entry: (won > 0).then_some(attempt.citation),
        entry_source: attempt.src.filter(|_| won > 0),
    });
}

fn add_source(finding: &mut Finding, attempt: &Attempt, tries: u64, won: u64, first: Timestamp) {
    let Some(ip) = attempt.src else { return };
    if let Some(source) = finding.sources.iter_mut().find(|source| source.ip == ip) {
        source.attempts += tries;
        source.successes += won;
        source.first = source.first.min(first);
        source.last = source.last.max(attempt.time);
        source.trust = source.trust.max(attempt.trust);
        return;
    }
    finding.source_count += 1;
    if finding.sources.len() < LIST_MAX {
        let (attempts, successes, last, trust) = (tries, won, attempt.time, attempt.trust);
        finding.sources.push(SourceSeen { ip, attempts, successes, first, last, trust });
    }
}
