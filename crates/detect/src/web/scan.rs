//! K-41: many missing paths, several kinds of attack, or a scanner by its own word, from one source on one site.

use super::payload::{fill, hostile, observe};
use super::visitor::{Hostile, Visitor};
use crate::engine::Ctx;
use crate::findings;
use crate::rule::RuleSet;
use crate::signal::{RuleIndex, Signal};
use vocab::{EvidenceRole, Level, Message, Timestamp};

/// Kinds of attack from which on a named scanner's incident is its scan.
const NAMED_KINDS_MIN: usize = 3;

/// Numbers of the rule `vulnerability_scan`.
#[derive(Clone, Debug)]
pub(super) struct Scan {
    rule: Option<RuleIndex>,
    missing: usize,
    window: i64,
    share: f64,
    families: usize,
    requests: u32,
    paths: usize,
    long_window: i64,
}

impl Scan {
    pub(super) fn new(rules: &RuleSet) -> Self {
        let native = rules.native("vulnerability_scan");
        let count = |name, fallback| native.map_or(fallback, |(_, rule)| rule.params.count(name, fallback));
        let duration =
            |name, fallback| native.map_or(fallback, |(_, rule)| rule.params.duration(name, fallback));
        Self {
            rule: native.map(|(index, _)| index),
            missing: count("missing_paths", 10) as usize,
            window: duration("window", 5 * Timestamp::MINUTE),
            share: native.map_or(0.7, |(_, rule)| rule.params.number("missing_share", 0.7)),
            families: count("families", 2) as usize,
            requests: count("requests", 500),
            paths: count("paths", 250) as usize,
            long_window: duration("long_window", 10 * Timestamp::MINUTE),
        }
    }

    /// Sees a request that was refused, carried a payload, or came from a source that sent one before.
    pub(super) fn push(
        &self,
        signal: &Signal,
        visitor: &mut Visitor,
        refused: bool,
        matched: bool,
        ctx: &mut Ctx,
    ) {
        let Some(rule) = self.rule else { return };
        if signal.src_ip.is_none() {
            return;
        }
        let share = visitor.minutes.refused_share();
        let state = hostile(visitor, signal);
        let now = signal.order.time;
        if refused {
            state.missing.add(now, self.window, signal.answer.path);
        }
        let (requests, paths) = state.long(now, self.long_window, signal.answer.path);
        let begins = !state.scan && self.is_scan(state, share);
        state.scan |= begins;
        if !state.scan || !(refused || matched) {
            return;
        }
        let large = requests > self.requests && paths > self.paths;
        let rules = std::sync::Arc::clone(&ctx.rules);
        let Some(finding) = ctx.findings.upsert(&rules, rule, state.key.clone(), now) else { return };
        let role = if matched { EvidenceRole::Payload } else { EvidenceRole::Context };
        fill(finding, signal, role);
        observe(finding, "missing_paths", state.missing.len(), Some(self.missing));
        observe(finding, "families", state.variety(), Some(self.families));
        if begins {
            finding.notes.push(Message::new(if state.scanner { "web-scanner-named" } else { "web-scan" }));
        }
        // A scanner by its own word with attacks of many kinds: the scan is what happened, the kinds are its parts.
        if state.scanner && state.families.len() >= NAMED_KINDS_MIN {
            let grave = state.families.iter().map(|family| family.level).max().unwrap_or_default();
            findings::raise(finding, grave.min(Level::Medium));
        }
        if large {
            findings::raise(finding, Level::Medium);
            observe(finding, "requests", requests as usize, Some(self.requests as usize));
            observe(finding, "paths", paths, Some(self.paths));
        }
    }

    fn is_scan(&self, state: &Hostile, share: f64) -> bool {
        let variety = state.variety();
        state.missing.len() >= self.missing && share >= self.share
            || variety >= self.families
            || state.scanner && !state.families.is_empty()
    }
}
