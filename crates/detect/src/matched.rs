//! Matches of stateless rules become findings: one for each rule, source, account and computer, updated by every further
//! match (DT-COR-16, DT-RUL-07).

use crate::engine::{Ctx, Detector};
use crate::findings::{self, Key, add_evidence, add_source, record};
use crate::rule::{Body, Rule, RuleSet};
use crate::signal::{RuleIndex, Signal};
use crate::web::{self, Payloads};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;
use vocab::{Class, EvidenceRole, Finding, Flags, Kind, Timestamp};

/// Sessions and artefacts named by a finding.
const NAMED_MAX: usize = 64;
/// Keys whose matches are counted in a window.
const COUNTED_MAX: usize = 20_000;
/// After this much quiet a further match is a new finding, microseconds (DT-INC-03).
const QUIET_MICROS: i64 = 7 * Timestamp::DAY;

/// Sees every signal with a match that no other detector counts.
#[derive(Clone, Debug)]
pub(crate) struct Matched {
    payloads: Payloads,
    recent: FxHashMap<(RuleIndex, Key), VecDeque<i64>>,
    /// Rules that only feed Sigma correlations, which do not say `generate: true`.
    silent: FxHashSet<RuleIndex>,
}

impl Matched {
    pub(crate) fn new(rules: &RuleSet) -> Self {
        Self { payloads: Payloads::new(rules), recent: FxHashMap::default(), silent: silent(rules) }
    }

    /// Many matches in a window raise the level one step, where the rule says how many (`repeats`, `window`).
    fn repeats(&mut self, rule: &Rule, index: RuleIndex, key: &Key, now: Timestamp) -> bool {
        let wanted = rule.params.count("repeats", 0) as usize;
        if wanted == 0 {
            return false;
        }
        if self.recent.len() >= COUNTED_MAX {
            self.recent.clear();
        }
        let times = self.recent.entry((index, key.clone())).or_default();
        let window = rule.params.duration("window", 10 * Timestamp::MINUTE);
        while times.front().is_some_and(|time| now.0.saturating_sub(*time) > window) {
            times.pop_front();
        }
        if times.len() < wanted {
            times.push_back(now.0);
        }
        times.len() >= wanted
    }
}

impl Detector for Matched {
    fn push(&mut self, signal: &Signal, ctx: &mut Ctx) {
        for index in &signal.matches {
            if signal.class == Class::Http && self.payloads.takes(*index) || self.silent.contains(index) {
                continue;
            }
            let rules = std::sync::Arc::clone(&ctx.rules);
            let Some(rule) = rules.get(*index) else { continue };
            let key = key(signal);
            let repeated = self.repeats(rule, *index, &key, signal.order.time);
            let now = signal.order.time;
            let Some(finding) = ctx.findings.upsert_within(&rules, *index, key, now, QUIET_MICROS) else {
                continue;
            };
            fill(finding, signal, rule);
            if repeated {
                findings::raise(finding, rule.meta.level.raised());
            }
        }
    }

    fn finish(&mut self, _ctx: &mut Ctx) {
        self.recent.clear();
    }
}

/// Rules that correlations refer to, none of which lets them speak for themselves.
fn silent(rules: &RuleSet) -> FxHashSet<RuleIndex> {
    let referred = |generate: bool| {
        rules
            .iter()
            .filter_map(move |(_, rule)| match &rule.body {
                Body::Correlation(program) if program.generate == generate => Some(program),
                _ => None,
            })
            .flat_map(|program| program.rules.iter().filter_map(|name| rules.find(name)))
    };
    let loud: FxHashSet<RuleIndex> = referred(true).collect();
    referred(false).filter(|index| !loud.contains(index)).collect()
}

/// Source, account and computer, as far as the record names them.
fn key(signal: &Signal) -> Key {
    let mut key: Key = Vec::with_capacity(3);
    let mut part = |name: &str, value: &str| {
        if !value.is_empty() {
            key.push((name.to_owned(), value.to_owned()));
        }
    };
    if let Some(ip) = signal.src_ip {
        part("source", &web::prefix(ip).to_string());
    }
    if signal.class != Class::Http {
        let actor = signal.detail.as_deref().map_or("", |detail| detail.actor.as_str());
        part("account", if actor.is_empty() { &signal.account } else { actor });
    }
    part("host", web::target(signal));
    key
}

fn fill(finding: &mut Finding, signal: &Signal, rule: &Rule) {
    let effect = rule.meta.effect;
    let role = if effect { EvidenceRole::Effect } else { EvidenceRole::Payload };
    if signal.class == Class::Http {
        web::fill(finding, signal, role);
    } else {
        fill_host(finding, signal, role);
        if crate::windows::is_windows(signal) && !signal.flags.has(Flags::AMBIGUOUS) {
            crate::windows::people::fill(finding, signal, crate::windows::people::is_grave(rule.meta.level));
        }
    }
    if effect && !finding.only_ambiguous {
        finding.effect = true;
        finding.category = rule.meta.legal.unwrap_or(finding.kind.category(true));
    }
    let Some(detail) = signal.detail.as_deref() else { return };
    let names_file = matches!(
        finding.kind,
        Kind::PersistenceChange | Kind::FileTampering | Kind::WebShell | Kind::MalwareIndicator
    );
    if names_file && !detail.path.is_empty() && finding.artefacts.len() < NAMED_MAX {
        let path = detail.path.to_string();
        if !finding.artefacts.contains(&path) {
            finding.artefacts.push(path);
        }
    }
}

fn fill_host(finding: &mut Finding, signal: &Signal, role: EvidenceRole) {
    if signal.flags.has(Flags::AMBIGUOUS) {
        finding.only_ambiguous = finding.attempts == 0;
        finding.ambiguous += 1;
    } else {
        finding.only_ambiguous = false;
        finding.attempts += u64::from(signal.count);
        if let Some(ip) = signal.src_ip {
            add_source(finding, ip, signal.order.time, signal.trust, false);
        }
    }
    if !signal.host.is_empty()
        && finding.hosts.len() < 16
        && !finding.hosts.iter().any(|host| *host == signal.host)
    {
        finding.hosts.push(signal.host.to_string());
    }
    if finding.service.is_empty() {
        finding.service = signal.service.to_string();
    }
    if signal.attempt != 0
        && finding.sessions.len() < NAMED_MAX
        && !finding.sessions.contains(&signal.attempt)
    {
        finding.sessions.push(signal.attempt);
    }
    finding.consented |= signal.flags.has(Flags::CONSENTED);
    add_evidence(finding, record(signal, role));
}
