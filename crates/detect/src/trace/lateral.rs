//! K-46 lateral_movement (内部での横展開): logins between own computers that were not usual, and tries from inside. Somebody is
//! assumed to be inside already (Plan 3(3)ウ(イ)).

use super::deed::Deed;
use super::network::is_private;
use super::report::Act;
use super::rules::InForce;
use super::{Desk, Part};
use crate::attempts::{account_id, stable_hash};
use crate::engine::Ctx;
use crate::findings::{add_source, raise};
use crate::rule::RuleSet;
use crate::signal::Signal;
use crate::windows::book::Book;
use compact_str::CompactString;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;
use std::net::IpAddr;
use vocab::{AccountRole, Class, Context, EvidenceRole, Flags, Level, Message, Outcome, Timestamp, activity};

/// Edges remembered.
const EDGES_MAX: usize = 100_000;
/// New edges kept per account or source.
const RECENT_MAX: usize = 512;
/// Logins kept for joining with an entry on the computer they came from.
const HOPS_MAX: usize = 20_000;

/// A login from one own computer to another.
#[derive(Clone, Debug)]
struct Hop {
    time: Timestamp,
    account: CompactString,
    from: IpAddr,
    to: CompactString,
    signal: Box<Signal>,
}

#[derive(Clone, Debug, Default)]
struct Fan {
    recent: VecDeque<(Timestamp, u64)>,
}

impl Fan {
    /// Adds a computer; gives how many distinct ones lie in the window.
    fn add(&mut self, now: Timestamp, host: u64, window: i64) -> usize {
        while self.recent.front().is_some_and(|(time, _)| now.since(*time) > window) {
            self.recent.pop_front();
        }
        if self.recent.len() >= RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back((now, host));
        self.recent.iter().map(|(_, host)| *host).collect::<FxHashSet<_>>().len()
    }
}

/// K-46.
#[derive(Clone, Debug)]
pub(crate) struct Lateral {
    rule: InForce,
    fan_min: usize,
    fan_window: i64,
    failures_min: usize,
    failures_window: i64,
    learning: i64,
    joined_within: i64,
    addresses: FxHashMap<IpAddr, CompactString>,
    book: Book,
    exempt: Vec<vocab::Network>,
    edges: FxHashSet<u64>,
    fans: FxHashMap<u64, Fan>,
    failures: FxHashMap<u64, Fan>,
    hops: Vec<Hop>,
}

impl Lateral {
    /// The part, when its rule is in force.
    pub(crate) fn new(rules: &RuleSet, context: &Context) -> Option<Self> {
        let rule = InForce::find(rules, "lateral_movement")?;
        let addresses = context
            .assets
            .iter()
            .filter_map(|asset| Some((asset.address?, CompactString::from(asset.host.as_str()))))
            .collect();
        let exempt = |network: &&vocab::Network| {
            matches!(network.label, vocab::NetworkLabel::Admin | vocab::NetworkLabel::Scanner)
        };
        Some(Self {
            fan_min: rule.params.count("hosts_min", 5) as usize,
            fan_window: rule.params.duration("hosts_window", Timestamp::HOUR),
            failures_min: rule.params.count("failed_hosts_min", 10) as usize,
            failures_window: rule.params.duration("failed_window", 10 * Timestamp::MINUTE),
            learning: rule.params.duration("learning", 7 * Timestamp::DAY),
            joined_within: rule.params.duration("joined_within", Timestamp::DAY),
            exempt: context.networks.iter().filter(exempt).cloned().collect(),
            addresses,
            book: Book::default(),
            edges: FxHashSet::default(),
            fans: FxHashMap::default(),
            failures: FxHashMap::default(),
            hops: Vec::new(),
            rule,
        })
    }

    fn success(&mut self, from: IpAddr, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let signal = deed.signal;
        let now = signal.order.time;
        let known = self.addresses.contains_key(&from) || crate::windows::is_windows(signal);
        if self.hops.len() < HOPS_MAX && known {
            self.hops.push(Hop {
                time: now,
                account: signal.account.clone(),
                from,
                to: signal.host.clone(),
                signal: Box::new(signal.clone()),
            });
        }
        let edge = stable_hash(&(account_id(&signal.account), from, signal.host.as_str()));
        if self.edges.len() >= EDGES_MAX {
            ctx.stats.evicted += 1;
            self.edges.clear();
        }
        let new = self.edges.insert(edge);
        let learnt = desk.world.first(&signal.host).is_some_and(|first| now.since(first) >= self.learning);
        if !new || !learnt {
            return;
        }
        let key = stable_hash(&(account_id(&signal.account), from));
        if self.fans.len() >= RECENT_MAX * 16 {
            self.fans.clear();
        }
        let hosts =
            self.fans.entry(key).or_default().add(now, stable_hash(signal.host.as_str()), self.fan_window);
        if hosts >= self.fan_min {
            #[expect(clippy::cast_precision_loss, reason = "at most 512")]
            let seen = ("new_hosts", hosts as f64, self.fan_min as f64);
            self.say("fan", self.rule.level, from, deed, seen, desk, ctx);
        }
    }

    fn failure(&mut self, from: IpAddr, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let signal = deed.signal;
        if self.failures.len() >= RECENT_MAX * 16 {
            self.failures.clear();
        }
        let fan = self.failures.entry(stable_hash(&from)).or_default();
        let hosts = fan.add(signal.order.time, stable_hash(signal.host.as_str()), self.failures_window);
        if hosts >= self.failures_min {
            #[expect(clippy::cast_precision_loss, reason = "at most 512")]
            let seen = ("failed_hosts", hosts as f64, self.failures_min as f64);
            let level = self.rule.level("level_failures");
            self.say("failures", level, from, deed, seen, desk, ctx);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one place writes all findings of the class")]
    fn say(
        &self,
        sign: &str,
        level: Level,
        from: IpAddr,
        deed: &Deed<'_>,
        seen: (&'static str, f64, f64),
        desk: &mut Desk<'_>,
        ctx: &mut Ctx,
    ) {
        let source = from.to_string();
        let account = deed.signal.account.as_str();
        let entered = deed.signal.outcome == Outcome::Success;
        let role = if entered { EvidenceRole::Success } else { EvidenceRole::Failure };
        let act = Act {
            rule: self.rule.index,
            key: &[("source", &source), ("sign", sign)],
            level,
            joined: level,
            actor: "",
            account: Some((account, if entered { AccountRole::Entered } else { AccountRole::Tried })),
            artefact: "",
            role,
            note: Message::new(format!("trace-lateral-{sign}")).with("source", source.as_str()),
            only_after: None,
            observed: Some(seen),
        };
        let key = desk.reporter.act(&act, deed, desk.world, ctx);
        let time = deed.signal.order.time;
        if let Some(finding) = ctx.findings.upsert(&ctx.rules, self.rule.index, key, time) {
            finding.attempts += 1;
            finding.successes += u64::from(entered);
            add_source(finding, from, time, deed.signal.trust, entered);
        }
    }
}

impl Part for Lateral {
    fn see(&mut self, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let signal = deed.signal;
        self.book.learn(signal);
        if signal.class != Class::Authentication || signal.activity != activity::AUTH_LOGON {
            return;
        }
        let Some(from) = signal.src_ip.filter(|ip| !ip.is_loopback()) else { return };
        if signal.host.is_empty() || signal.flags.has(Flags::AMBIGUOUS) {
            return;
        }
        let own = self.addresses.contains_key(&from) || is_private(from);
        if !own || self.exempt.iter().any(|network| network.contains(from)) {
            return;
        }
        match signal.outcome {
            Outcome::Success if !signal.account.is_empty() => self.success(from, deed, desk, ctx),
            Outcome::Failure => self.failure(from, deed, desk, ctx),
            _ => {}
        }
    }

    fn close(&mut self, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        // A login from a computer on which somebody had got in just before.
        for hop in std::mem::take(&mut self.hops) {
            let listed = self.addresses.get(&hop.from).map(CompactString::as_str);
            let Some(name) = listed.or_else(|| self.book.name(hop.from, hop.time)) else { continue };
            if name == hop.to.as_str()
                || !desk.reporter.entered_between(name, hop.time.plus(-self.joined_within), hop.time, ctx)
            {
                continue;
            }
            let deed = Deed::of(&hop.signal);
            let level = self.rule.joined;
            self.say("joined", level, hop.from, &deed, ("hops", 1.0, 1.0), desk, ctx);
            let key = vec![
                ("host".to_owned(), hop.to.to_string()),
                ("source".to_owned(), hop.from.to_string()),
                ("sign".to_owned(), "joined".to_owned()),
            ];
            if let Some(finding) = ctx.findings.upsert(&ctx.rules, self.rule.index, key, hop.time) {
                raise(finding, level);
                finding.effect = true;
                let note = Message::new("trace-lateral-from")
                    .with("host", name)
                    .with("account", hop.account.as_str());
                super::report::add_note(finding, note);
            }
        }
    }
}
