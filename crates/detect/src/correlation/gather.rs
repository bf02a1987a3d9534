//! What a finding will say, gathered from the first event of a key on.

use super::fields::View;
use crate::findings::{Edges, Mark};
use compact_str::CompactString;
use rustc_hash::FxHashMap;
use std::net::IpAddr;
use vocab::{
    AccountRole, AccountSeen, Citation, EvidenceRole, Finding, Outcome, SourceSeen, Timestamp, Trust,
};

/// Accounts and sources kept before a key fires, and after.
const FEW: usize = 64;
const MANY: usize = 10_000;
/// Records kept at each end before a key fires, and after.
const EDGE_FEW: usize = 10;

/// Counts and records of a key.
#[derive(Clone, Debug)]
pub(super) struct Gathered {
    pub(super) attempts: u64,
    pub(super) successes: u64,
    ambiguous: u64,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    accounts: FxHashMap<(CompactString, CompactString, CompactString), AccountSeen>,
    sources: FxHashMap<IpAddr, SourceSeen>,
    hosts: Vec<CompactString>,
    service: CompactString,
    sessions: Vec<u64>,
    good: Edges,
    bad: Edges,
    other: Edges,
    crowded: bool,
    consented: bool,
}

/// The parts of an event that a finding shows.
struct Facts<'a> {
    account: &'a str,
    host: &'a str,
    service: &'a str,
    src: Option<IpAddr>,
    outcome: Outcome,
    session: u64,
    count: u64,
    known: Option<bool>,
    mark: Mark,
    consented: bool,
    login: bool,
}

impl<'a> Facts<'a> {
    fn of(view: View<'a>) -> Self {
        let mark =
            |citation: Citation, time, trust: Trust, ambiguous| Mark { citation, time, trust, ambiguous };
        match view {
            View::Attempt(one) => Self {
                account: &one.account,
                host: &one.host,
                service: &one.service,
                src: one.src,
                outcome: one.outcome,
                session: one.session,
                count: u64::from(one.count),
                known: one.known(),
                mark: mark(one.citation, one.time, one.trust, one.ambiguous),
                consented: one.consented,
                login: true,
            },
            View::Signal(one) => Self {
                account: &one.account,
                host: &one.host,
                service: &one.service,
                src: one.src_ip,
                outcome: one.outcome,
                session: one.attempt,
                count: u64::from(one.count),
                known: None,
                mark: mark(one.citation, one.order.time, one.trust, one.flags.has(vocab::Flags::AMBIGUOUS)),
                consented: one.flags.has(vocab::Flags::CONSENTED),
                login: one.class == vocab::Class::Authentication,
            },
        }
    }
}

impl Gathered {
    pub(super) fn new(time: Timestamp) -> Self {
        Self {
            attempts: 0,
            successes: 0,
            ambiguous: 0,
            first: time,
            last: time,
            accounts: FxHashMap::default(),
            sources: FxHashMap::default(),
            hosts: Vec::new(),
            service: CompactString::default(),
            sessions: Vec::new(),
            good: Edges::default(),
            bad: Edges::default(),
            other: Edges::default(),
            crowded: false,
            consented: true,
        }
    }

    /// Adds an event.
    pub(super) fn add(&mut self, view: View<'_>, privileged: bool, fired: bool) {
        let facts = Facts::of(view);
        self.first = self.first.min(facts.mark.time);
        self.last = self.last.max(facts.mark.time);
        self.consented &= facts.consented;
        if facts.mark.ambiguous {
            self.ambiguous += facts.count;
        } else {
            self.attempts += facts.count;
        }
        let won = if facts.login && facts.outcome == Outcome::Success { facts.count } else { 0 };
        self.successes += won;
        let (edge, room) = if fired { (crate::findings::EVIDENCE_EDGE_MAX, MANY) } else { (EDGE_FEW, FEW) };
        match (facts.login, facts.outcome) {
            (true, Outcome::Success) => self.good.push(facts.mark, MANY),
            (true, Outcome::Failure) => self.bad.push(facts.mark, edge),
            _ => self.other.push(facts.mark, edge),
        }
        self.place(&facts, won);
        self.account(&facts, won, privileged, room);
        self.source(&facts, won, room);
    }

    fn place(&mut self, facts: &Facts<'_>, won: u64) {
        if !facts.host.is_empty()
            && self.hosts.len() < FEW
            && !self.hosts.iter().any(|host| host == facts.host)
        {
            self.hosts.push(facts.host.into());
        }
        if self.service.is_empty() {
            self.service = facts.service.into();
        }
        if won > 0
            && facts.session != 0
            && self.sessions.len() < FEW
            && !self.sessions.contains(&facts.session)
        {
            self.sessions.push(facts.session);
        }
    }

    fn account(&mut self, facts: &Facts<'_>, won: u64, privileged: bool, room: usize) {
        if facts.account.is_empty() {
            return;
        }
        let key = (facts.account.into(), facts.host.into(), facts.service.into());
        if self.accounts.len() >= room && won == 0 && !self.accounts.contains_key(&key) {
            self.crowded = true;
            return;
        }
        let seen = self.accounts.entry(key).or_insert_with(|| AccountSeen {
            name: facts.account.into(),
            realm: CompactString::default(),
            host: facts.host.into(),
            service: facts.service.into(),
            role: AccountRole::Tried,
            known: facts.known,
            privileged,
            first: facts.mark.time,
            last: facts.mark.time,
            attempts: 0,
            successes: 0,
            entry: None,
            entry_source: None,
        });
        seen.attempts += facts.count;
        seen.successes += won;
        seen.last = seen.last.max(facts.mark.time);
        seen.known = seen.known.or(facts.known);
        if won > 0 && seen.entry.is_none() {
            (seen.role, seen.entry, seen.entry_source) =
                (AccountRole::Entered, Some(facts.mark.citation), facts.src);
        }
    }

    fn source(&mut self, facts: &Facts<'_>, won: u64, room: usize) {
        let Some(ip) = facts.src else { return };
        if self.sources.len() >= room && !self.sources.contains_key(&ip) {
            self.crowded = true;
            return;
        }
        let (first, trust) = (facts.mark.time, facts.mark.trust);
        let seen = self.sources.entry(ip).or_insert(SourceSeen {
            ip,
            attempts: 0,
            successes: 0,
            first,
            last: first,
            trust,
        });
        seen.attempts += facts.count;
        seen.successes += won;
        seen.last = seen.last.max(first);
        seen.trust = seen.trust.max(trust);
    }

    /// Writes everything into the finding.
    pub(super) fn write(self, finding: &mut Finding) {
        (finding.first, finding.last) = (self.first, self.last);
        (finding.attempts, finding.successes, finding.ambiguous) =
            (self.attempts, self.successes, self.ambiguous);
        finding.only_ambiguous = self.attempts == 0;
        finding.consented = self.consented;
        finding.account_count = self.accounts.len() as u64;
        finding.source_count = self.sources.len() as u64;
        finding.accounts = self.accounts.into_values().collect();
        finding.accounts.sort_by(|a, b| {
            (b.role, a.first, &a.name, &a.host, &a.service)
                .cmp(&(a.role, b.first, &b.name, &b.host, &b.service))
        });
        finding.sources = self.sources.into_values().collect();
        finding.sources.sort_by_key(|source| (source.first, source.ip));
        finding.hosts = self.hosts.iter().map(CompactString::to_string).collect();
        finding.service = self.service.to_string();
        finding.sessions = self.sessions;
        self.good.write(finding, EvidenceRole::Success);
        self.bad.write(finding, EvidenceRole::Failure);
        self.other.write(finding, EvidenceRole::Payload);
        finding.evidence.sort_by_key(|record| (record.time, record.citation, record.role));
        if self.crowded {
            for observed in &mut finding.observed {
                observed.at_least = true;
            }
        }
    }
}
