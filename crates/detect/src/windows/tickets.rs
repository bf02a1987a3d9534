//! Signs of forged and over-used tickets of Kerberos (K-43, K-46): a service ticket for somebody who was never given a
//! ticket to ask with, and weak encryption where the account or service has used strong encryption so far.
//!
//! Both are judged against the habit of the logs given: a controller whose tickets the logs do not hold says nothing.
//! Lifetimes do not stand in the records.

use super::named::{is_person, realm};
use super::people::add_host;
use crate::attempts::{account_id, stable_hash};
use crate::engine::{Ctx, Detector};
use crate::findings::{add_evidence, add_source, observed, record};
use crate::rule::{Params, RuleSet};
use crate::signal::{RuleIndex, Signal};
use compact_str::CompactString;
use rustc_hash::FxHashMap;
use vocab::{AccountRole, AccountSeen, EvidenceRole, Flags, Message, Outcome, Timestamp};

/// Accounts and services remembered.
const KEYS_MAX: usize = 65_536;
/// Service tickets without a ticket before them that are kept.
const ALONE_MAX: usize = 2_000;

/// How often strong and weak encryption was used.
#[derive(Clone, Copy, Debug, Default)]
struct Habit {
    strong: u32,
    weak: u32,
}

/// What a controller says of service tickets.
#[derive(Clone, Debug, Default)]
struct Controller {
    first: Option<Timestamp>,
    covered: u64,
    alone: u64,
}

/// K-43 and K-46, tickets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tickets {
    without: Option<(RuleIndex, Params)>,
    weak: Option<(RuleIndex, Params)>,
    /// When an account last got or renewed a ticket to ask with.
    given: FxHashMap<u64, Timestamp>,
    controllers: FxHashMap<CompactString, Controller>,
    alone: Vec<Signal>,
    habits: FxHashMap<u64, Habit>,
}

impl Tickets {
    /// With the rules in force.
    pub(crate) fn new(rules: &RuleSet) -> Self {
        let find = |name| rules.native(name).map(|(index, rule)| (index, rule.params.clone()));
        Self {
            without: find("ticket_without_grant"),
            weak: find("ticket_encryption_unusual"),
            ..Self::default()
        }
    }

    fn service_ticket(&mut self, signal: &Signal, life: i64) {
        let now = signal.order.time;
        let given = self.given.get(&account_id(&signal.account)).copied();
        let full = self.controllers.len() >= KEYS_MAX && !self.controllers.contains_key(&signal.host);
        if full {
            return;
        }
        let controller = self.controllers.entry(signal.host.clone()).or_default();
        let first = *controller.first.get_or_insert(now);
        if given.is_some_and(|given| now.since(given) <= life) {
            controller.covered += 1;
        } else if now.since(first) > life {
            // Before that the ticket to ask with may be older than the log.
            controller.alone += 1;
            if self.alone.len() < ALONE_MAX {
                self.alone.push(signal.clone());
            }
        }
    }

    /// Weak encryption where strong encryption is the habit.
    fn encryption(&mut self, signal: &Signal, ctx: &mut Ctx) {
        let Some((rule, params)) = &self.weak else { return };
        let said = signal.detail.as_deref().map_or("", |detail| detail.encryption.as_str());
        let strong = match said.to_ascii_lowercase().as_str() {
            "0x11" | "0x12" => true,
            "0x17" | "0x18" | "0x1" | "0x3" => false,
            _ => return,
        };
        let first_ticket = signal.grammar == "EVTX-4768";
        let whose = if first_ticket { &signal.account } else { &signal.service };
        let key = stable_hash(&(signal.grammar, whose.to_lowercase().as_str()));
        if self.habits.len() >= KEYS_MAX && !self.habits.contains_key(&key) {
            ctx.stats.evicted += 1;
            return;
        }
        let habit = self.habits.entry(key).or_default();
        let before = *habit;
        if strong {
            habit.strong = habit.strong.saturating_add(1);
            return;
        }
        habit.weak = habit.weak.saturating_add(1);
        let wanted = params.count("strong_min", 5);
        if before.strong < wanted || before.weak.saturating_mul(10) > before.strong {
            return;
        }
        let id = if first_ticket { "windows-weak-ticket" } else { "windows-weak-service-ticket" };
        let note = Message::new(id)
            .with("account", signal.account.as_str())
            .with("service", signal.service.as_str())
            .with("strong", u64::from(before.strong));
        say(*rule, signal, note, ("strong_before", u64::from(before.strong), wanted), ctx);
    }
}

fn say(
    rule: RuleIndex,
    signal: &Signal,
    note: Message,
    (name, value, threshold): (&str, u64, u32),
    ctx: &mut Ctx,
) {
    let time = signal.order.time;
    let key = vec![
        ("host".to_owned(), signal.host.to_string()),
        ("account".to_owned(), signal.account.to_string()),
    ];
    let Some(finding) = ctx.findings.upsert(&ctx.rules, rule, key, time) else { return };
    finding.attempts += 1;
    add_host(finding, &signal.host);
    add_evidence(finding, record(signal, EvidenceRole::Payload));
    if let Some(ip) = signal.src_ip.filter(|ip| !ip.is_loopback()) {
        add_source(finding, ip, time, signal.trust, false);
    }
    if finding.notes.len() < 8 && !finding.notes.contains(&note) {
        finding.notes.push(note);
    }
    #[expect(clippy::cast_precision_loss, reason = "a number to be shown")]
    match finding.observed.iter_mut().find(|old| old.name == name) {
        Some(old) => old.value = old.value.max(value as f64),
        None => finding.observed.push(observed(name, value as f64, Some(f64::from(threshold)))),
    }
    if let Some(seen) = finding.accounts.first_mut() {
        seen.last = seen.last.max(time);
        return;
    }
    let domain = signal.detail.as_deref().map_or("", |detail| detail.user_domain.as_str());
    finding.account_count = 1;
    finding.accounts.push(AccountSeen {
        name: signal.account.clone(),
        realm: realm(domain, &signal.host),
        host: signal.host.clone(),
        service: signal.service.clone(),
        role: AccountRole::Used,
        known: None,
        privileged: false,
        first: time,
        last: time,
        attempts: 0,
        successes: 0,
        entry: None,
        entry_source: None,
    });
}

impl Detector for Tickets {
    fn push(&mut self, signal: &Signal, ctx: &mut Ctx) {
        let kind = signal.grammar;
        let ticket = matches!(kind, "EVTX-4768" | "EVTX-4769" | "EVTX-4770");
        if !ticket || signal.outcome != Outcome::Success || signal.flags.has(Flags::AMBIGUOUS) {
            return;
        }
        if !is_person(&signal.account) {
            return;
        }
        if kind == "EVTX-4769" {
            if let Some((_, params)) = &self.without {
                let life = params.duration("life", 10 * Timestamp::HOUR);
                self.service_ticket(signal, life);
            }
        } else {
            if self.given.len() >= KEYS_MAX && !self.given.contains_key(&account_id(&signal.account)) {
                ctx.stats.evicted += 1;
                self.given.clear();
            }
            self.given.insert(account_id(&signal.account), signal.order.time);
        }
        if kind != "EVTX-4770" {
            self.encryption(signal, ctx);
        }
    }

    fn finish(&mut self, ctx: &mut Ctx) {
        let Some((rule, params)) = &self.without else { return };
        let covered_min = params.count("covered_min", 20);
        let share_max = params.number("alone_share_max", 0.1);
        for signal in &self.alone {
            let Some(controller) = self.controllers.get(&signal.host) else { continue };
            let all = controller.covered + controller.alone;
            #[expect(clippy::cast_precision_loss, reason = "a share")]
            let share = controller.alone as f64 / all as f64;
            if controller.covered < u64::from(covered_min) || share > share_max {
                continue;
            }
            let note = Message::new("windows-ticket-without-grant")
                .with("account", signal.account.as_str())
                .with("service", signal.service.as_str());
            say(*rule, signal, note, ("covered", controller.covered, covered_min), ctx);
        }
    }
}
