//! K-45 abnormal_termination (プログラムの異常終了・入力データの異常): programs that crash in series, or right after an odd request.

use super::deed::Deed;
use super::needed::program;
use super::report::Act;
use super::rules::InForce;
use super::{Desk, Part};
use crate::attempts::stable_hash;
use crate::engine::Ctx;
use crate::findings::add_source;
use crate::rule::RuleSet;
use crate::signal::Signal;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;
use std::net::IpAddr;
use vocab::{Class, EvidenceRole, Level, Message, Outcome, Timestamp, activity};

/// Programs whose crashes are counted at once.
const KEYS_MAX: usize = 512;
/// Records of crashes kept per program.
const HELD_MAX: usize = 16;
/// Odd requests remembered.
const ODD_MAX: usize = 256;

#[derive(Clone, Debug, Default)]
struct Crashes {
    held: VecDeque<Signal>,
    /// Crashes that followed an odd request of this source.
    blamed: FxHashMap<IpAddr, u32>,
}

/// K-45.
#[derive(Clone, Debug)]
pub(crate) struct Crash {
    rule: InForce,
    min: usize,
    window: i64,
    after: i64,
    blamed_min: u32,
    network: FxHashSet<String>,
    signs: Vec<String>,
    harmless: Vec<String>,
    crashes: FxHashMap<u64, Crashes>,
    odd: VecDeque<(Timestamp, IpAddr)>,
}

impl Crash {
    /// The part, when its rule is in force.
    pub(crate) fn new(rules: &RuleSet) -> Option<Self> {
        let rule = InForce::find(rules, "abnormal_termination")?;
        Some(Self {
            min: rule.params.count("crashes_min", 3) as usize,
            window: rule.params.duration("window", 10 * Timestamp::MINUTE),
            after: rule.params.duration("after_request", 5 * Timestamp::SECOND),
            blamed_min: rule.params.count("after_request_min", 2),
            network: rule.params.list("network_programs").iter().cloned().collect(),
            signs: rule.params.list("crash_signs").to_vec(),
            harmless: rule.params.list("harmless_signs").to_vec(),
            crashes: FxHashMap::default(),
            odd: VecDeque::new(),
            rule,
        })
    }

    /// Name of the program that crashed; `None` when the record tells of no crash.
    fn crashed<'a>(&self, deed: &Deed<'a>) -> Option<&'a str> {
        let (signal, message) = (deed.signal, deed.message);
        let ended = signal.class == Class::Process
            && signal.activity == activity::PROCESS_TERMINATE
            && signal.outcome == Outcome::Failure;
        let said = matches!(signal.class, Class::Base | Class::Process | Class::Ssh | Class::Network)
            && self.signs.iter().any(|sign| message.contains(sign.as_str()));
        if !(ended || said) || self.harmless.iter().any(|sign| message.contains(sign.as_str())) {
            return None;
        }
        // `killed by` an operator's signal is no crash; the program is the one named, else the one that wrote.
        let named = signal.service.as_str();
        let name = if named.is_empty() { program(deed.process) } else { program(named) };
        let name = name.strip_suffix(".service").unwrap_or(name);
        (!name.is_empty()).then_some(name)
    }

    fn crash(&mut self, name: &str, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let signal = deed.signal;
        let now = signal.order.time;
        let key = stable_hash(&(signal.host.as_str(), name));
        if self.crashes.len() >= KEYS_MAX && !self.crashes.contains_key(&key) {
            ctx.stats.evicted += 1;
            self.crashes.clear();
        }
        let state = self.crashes.entry(key).or_default();
        if state.held.len() >= HELD_MAX.max(self.min) {
            state.held.pop_front();
        }
        state.held.push_back(signal.clone());
        while state.held.front().is_some_and(|held| now.since(held.order.time) > self.window) {
            state.held.pop_front();
        }
        let sources: FxHashSet<IpAddr> =
            self.odd.iter().filter(|(time, _)| now.since(*time) <= self.after).map(|(_, ip)| *ip).collect();
        let mut blamed = None;
        for ip in sources {
            let count = state.blamed.entry(ip).or_insert(0);
            *count += 1;
            if *count >= self.blamed_min {
                blamed = blamed.max(Some(ip));
            }
        }
        if state.blamed.len() > 1_024 {
            state.blamed.clear();
        }
        let series = state.held.len() >= self.min;
        if !series && blamed.is_none() {
            return;
        }
        let facing = self.network.iter().any(|own| name == own || name.starts_with(&format!("{own}-")));
        let level = if facing || blamed.is_some() { self.rule.level } else { Level::Informational };
        let held: Vec<Signal> = state.held.iter().cloned().collect();
        self.say(name, level, &held, blamed, desk, ctx);
    }

    fn say(
        &self,
        name: &str,
        level: Level,
        held: &[Signal],
        blamed: Option<IpAddr>,
        desk: &mut Desk<'_>,
        ctx: &mut Ctx,
    ) {
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let seen = Some(("crashes", held.len() as f64, self.min as f64));
        for signal in held {
            let act = Act {
                rule: self.rule.index,
                key: &[("program", name)],
                level,
                joined: level,
                actor: "",
                account: None,
                artefact: "",
                role: EvidenceRole::Context,
                note: Message::new("trace-crash").with("program", name),
                only_after: None,
                observed: seen,
            };
            let key = desk.reporter.act(&act, &Deed::of(signal), desk.world, ctx);
            let time = signal.order.time;
            let Some(ip) = blamed else { continue };
            if let Some(finding) = ctx.findings.upsert(&ctx.rules, self.rule.index, key, time) {
                if !finding.sources.iter().any(|source| source.ip == ip) {
                    add_source(finding, ip, time, signal.trust, false);
                }
                let note = Message::new("trace-crash-after").with("source", ip.to_string());
                super::report::add_note(finding, note);
            }
        }
    }
}

impl Part for Crash {
    fn see(&mut self, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let signal = deed.signal;
        if signal.class == Class::Http {
            if let (Some(ip), false) = (signal.src_ip, signal.matches.is_empty()) {
                if self.odd.len() >= ODD_MAX {
                    self.odd.pop_front();
                }
                self.odd.push_back((signal.order.time, ip));
            }
            return;
        }
        if let Some(name) = self.crashed(deed) {
            self.crash(name, deed, desk, ctx);
        }
    }
}
