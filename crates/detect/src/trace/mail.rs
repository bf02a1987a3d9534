//! K-53 mail_abuse (迷惑メール中継・メール爆弾): tries to relay, and an account that suddenly sends much.

use super::deed::Deed;
use super::report::{Act, account};
use super::rules::InForce;
use super::{Desk, Part};
use crate::attempts::stable_hash;
use crate::engine::Ctx;
use crate::findings::add_source;
use crate::rule::RuleSet;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use vocab::{AccountRole, Class, EvidenceRole, Message, Outcome, Timestamp};

/// Sources and accounts watched at once.
const KEYS_MAX: usize = 32_768;

/// K-53.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    rule: InForce,
    relay_min: usize,
    sent_min: usize,
    window: i64,
    relay: FxHashMap<u64, VecDeque<Timestamp>>,
    sent: FxHashMap<u64, VecDeque<Timestamp>>,
}

impl Mail {
    /// The part, when its rule is in force.
    pub(crate) fn new(rules: &RuleSet) -> Option<Self> {
        let rule = InForce::find(rules, "mail_abuse")?;
        Some(Self {
            relay_min: rule.params.count("relay_min", 5) as usize,
            sent_min: rule.params.count("sent_min", 100) as usize,
            window: rule.params.duration("window", 10 * Timestamp::MINUTE),
            relay: FxHashMap::default(),
            sent: FxHashMap::default(),
            rule,
        })
    }

    fn count(
        table: &mut FxHashMap<u64, VecDeque<Timestamp>>,
        key: u64,
        now: Timestamp,
        window: i64,
        max: usize,
    ) -> usize {
        if table.len() >= KEYS_MAX && !table.contains_key(&key) {
            table.clear();
        }
        let times = table.entry(key).or_default();
        while times.front().is_some_and(|time| now.since(*time) > window) {
            times.pop_front();
        }
        if times.len() >= max * 4 {
            times.pop_front();
        }
        times.push_back(now);
        times.len()
    }
}

impl Part for Mail {
    fn see(&mut self, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let signal = deed.signal;
        // M02 and M03 of detection.md 3.8. A login before a mail is sent stands for the mail.
        if !matches!(signal.grammar, "M02" | "M03") {
            return;
        }
        let now = signal.order.time;
        let message = deed.message;
        let relay = message.contains("Relay access denied") || message.contains("relay not permitted");
        if let (true, Some(ip)) = (relay, signal.src_ip) {
            let count = Self::count(&mut self.relay, stable_hash(&ip), now, self.window, self.relay_min);
            if count < self.relay_min {
                return;
            }
            let source = ip.to_string();
            #[expect(clippy::cast_precision_loss, reason = "bounded by the threshold")]
            let act = Act {
                rule: self.rule.index,
                key: &[("source", &source), ("sign", "relay")],
                level: self.rule.level,
                joined: self.rule.level,
                actor: "",
                account: None,
                artefact: "",
                role: EvidenceRole::Failure,
                note: Message::new("trace-mail-relay").with("source", source.as_str()),
                only_after: None,
                observed: Some(("relay_tries", count as f64, self.relay_min as f64)),
            };
            let key = desk.reporter.act(&act, deed, desk.world, ctx);
            if let Some(finding) = ctx.findings.upsert(&ctx.rules, self.rule.index, key, now) {
                finding.attempts += 1;
                add_source(finding, ip, now, signal.trust, false);
            }
        } else if signal.class == Class::Authentication && signal.outcome == Outcome::Success {
            self.sent(deed, desk, ctx);
        }
    }
}

impl Mail {
    fn sent(&mut self, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let signal = deed.signal;
        let (now, name) = (signal.order.time, signal.account.as_str());
        if name.is_empty() {
            return;
        }
        let key = crate::attempts::account_id(name);
        let count = Self::count(&mut self.sent, key, now, self.window, self.sent_min);
        if count < self.sent_min {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "bounded by the threshold")]
        let act = Act {
            rule: self.rule.index,
            key: &[("account", name), ("sign", "sent")],
            level: self.rule.level("level_sent"),
            joined: self.rule.joined,
            actor: name,
            account: None,
            artefact: "",
            role: EvidenceRole::Effect,
            note: Message::new("trace-mail-sent").with("account", name),
            only_after: None,
            observed: Some(("sent", count as f64, self.sent_min as f64)),
        };
        let key = desk.reporter.act(&act, deed, desk.world, ctx);
        if let Some(finding) = ctx.findings.upsert(&ctx.rules, self.rule.index, key, now) {
            account(finding, name, AccountRole::Changed, signal);
            if let Some(ip) = signal.src_ip {
                add_source(finding, ip, now, signal.trust, true);
            }
        }
    }
}
