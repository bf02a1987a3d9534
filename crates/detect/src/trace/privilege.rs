//! K-21 privilege_misuse (権限の不正使用): sudo and su that were refused, used for the first time, or used by a service.

use super::deed::{Deed, Refusal, What};
use super::report::Act;
use super::rules::{CommandList, InForce};
use super::shown::shown;
use super::{Desk, Part};
use crate::attempts::{account_id, stable_hash};
use crate::engine::Ctx;
use crate::rule::RuleSet;
use crate::signal::Signal;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::collections::VecDeque;
use vocab::{AccountKind, Context, EvidenceRole, Level, Message, Timestamp};

/// Accounts whose failures are counted at once.
const KEYS_MAX: usize = 1_024;
/// Records of failures kept per account.
const HELD_MAX: usize = 16;

/// Failures of one account on one computer, with the records for the finding.
#[derive(Clone, Debug, Default)]
struct Failures {
    times: VecDeque<Timestamp>,
    held: SmallVec<[Box<Signal>; 4]>,
}

/// K-21.
#[derive(Clone, Debug)]
pub(crate) struct Privilege {
    rule: InForce,
    shells: CommandList,
    failures_min: usize,
    window: i64,
    learning: i64,
    services: FxHashSet<String>,
    admins: FxHashSet<u64>,
    after_entry: i64,
    failures: FxHashMap<u64, Failures>,
}

impl Privilege {
    /// The part, when its rule is in force.
    pub(crate) fn new(rules: &RuleSet, context: &Context) -> Option<Self> {
        let rule = InForce::find(rules, "privilege_misuse")?;
        Some(Self {
            shells: CommandList::new(&rule),
            failures_min: rule.params.count("failures_min", 3) as usize,
            window: rule.params.duration("failures_window", 10 * Timestamp::MINUTE),
            learning: rule.params.duration("learning", 30 * Timestamp::DAY),
            services: rule.params.list("service_accounts").iter().cloned().collect(),
            admins: context
                .accounts
                .iter()
                .filter(|(_, account)| account.kind == AccountKind::Admin)
                .map(|(name, _)| account_id(name))
                .collect(),
            after_entry: rule.params.duration("after_entry", Timestamp::HOUR),
            failures: FxHashMap::default(),
            rule,
        })
    }

    fn failed(&mut self, deed: &Deed<'_>, actor: &str, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let key = stable_hash(&(deed.signal.host.as_str(), actor));
        if self.failures.len() >= KEYS_MAX && !self.failures.contains_key(&key) {
            ctx.stats.evicted += 1;
            self.failures.clear();
        }
        let now = deed.signal.order.time;
        let state = self.failures.entry(key).or_default();
        for _ in 0..deed.signal.count.clamp(1, 16) {
            state.times.push_back(now);
        }
        while state.times.front().is_some_and(|time| now.since(*time) > self.window) {
            state.times.pop_front();
        }
        state.held.retain(|held| now.since(held.order.time) <= self.window);
        if state.held.len() < HELD_MAX {
            state.held.push(Box::new(deed.signal.clone()));
        }
        if state.times.len() < self.failures_min {
            return;
        }
        let count = state.times.len();
        let held = std::mem::take(&mut state.held);
        let note = Message::new("trace-privilege-failures").with("account", actor);
        #[expect(clippy::cast_precision_loss, reason = "a handful of failures")]
        let seen = Some(("failures", count as f64, self.failures_min as f64));
        for signal in held {
            let act = Act {
                rule: self.rule.index,
                key: &[("account", actor), ("sign", "failures")],
                level: self.rule.level("level_failures"),
                joined: self.rule.joined,
                actor,
                account: None,
                artefact: "",
                role: EvidenceRole::Failure,
                note: note.clone(),
                only_after: None,
                observed: seen,
            };
            desk.reporter.act(&act, &Deed::of(&signal), desk.world, ctx);
        }
    }

    fn ran(&self, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        if !deed.becomes_root() || deed.actor == "root" || deed.actor.is_empty() {
            return;
        }
        let host = deed.signal.host.as_str();
        let service = self.services.contains(deed.actor);
        let admin = self.admins.contains(&account_id(deed.actor));
        let shell = deed.what == What::Switched || self.shells.hit(deed.line).is_some();
        let first_use = desk.world.habit(host, deed.actor).is_none();
        if !service && !first_use && !shell {
            return;
        }
        let now = deed.signal.order.time;
        let learnt = desk.world.first(host).is_some_and(|first| now.since(first) >= self.learning);
        let (level, sign, note) = if service {
            (self.rule.level("level_service"), "service", "trace-privilege-service")
        } else if first_use && learnt && !admin {
            (self.rule.level("level_first"), "first_use", "trace-privilege-first")
        } else if shell {
            (Level::Informational, "shell", "trace-privilege-shell")
        } else {
            (Level::Informational, "first_use", "trace-privilege-first")
        };
        let act = Act {
            rule: self.rule.index,
            key: &[("account", deed.actor), ("sign", sign)],
            level,
            // An administrator of the roster uses root rights as a matter of course.
            joined: if admin && !service { level } else { self.rule.joined },
            actor: deed.actor,
            account: None,
            artefact: "",
            role: EvidenceRole::Session,
            note: Message::new(note).with("account", deed.actor).with("command", shown(deed)),
            only_after: Some((Level::High, self.after_entry)),
            observed: None,
        };
        desk.reporter.act(&act, deed, desk.world, ctx);
    }
}

impl Part for Privilege {
    fn see(&mut self, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        match deed.what {
            What::Refused(Refusal::NotAllowed) if !deed.actor.is_empty() => {
                let act = Act {
                    rule: self.rule.index,
                    key: &[("account", deed.actor), ("sign", "not_allowed")],
                    level: self.rule.level,
                    joined: self.rule.joined,
                    actor: deed.actor,
                    account: None,
                    artefact: "",
                    role: EvidenceRole::Failure,
                    note: Message::new("trace-privilege-refused")
                        .with("account", deed.actor)
                        .with("command", shown(deed)),
                    only_after: None,
                    observed: None,
                };
                desk.reporter.act(&act, deed, desk.world, ctx);
            }
            What::Refused(Refusal::BadSecret) if !deed.actor.is_empty() => {
                self.failed(deed, deed.actor, desk, ctx);
            }
            // The session that PAM opens for sudo tells of the same act as sudo's own record.
            What::Switched if deed.signal.service.starts_with("sudo") => {}
            What::Command | What::Switched => self.ran(deed, desk, ctx),
            _ => {}
        }
    }
}
