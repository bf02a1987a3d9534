//! K-46: somebody goes by remote desktop from one computer to the next, and on from there (A to B to C). Which computer an
//! address belongs to is often known only later, so the logons are kept and joined when the input has ended.

use super::book::Book;
use super::named::{is_person, realm};
use super::people::add_host;
use crate::attempts::{account_id, stable_hash};
use crate::engine::{Ctx, Detector};
use crate::findings::{add_evidence, add_source, observed, raise, record};
use crate::rule::{Params, RuleSet};
use crate::signal::{RuleIndex, Signal};
use compact_str::CompactString;
use rustc_hash::{FxHashMap, FxHashSet};
use std::net::IpAddr;
use vocab::{
    AccountRole, AccountSeen, Class, Context, EvidenceRole, Finding, Flags, Level, Message, Outcome, Record,
    Timestamp, activity,
};

/// Logons kept.
const HOPS_MAX: usize = 20_000;
/// Computers in one chain.
const LENGTH_MAX: usize = 16;
/// Logons on one computer that a later one may come from.
const OPEN_MAX: usize = 64;
/// Records of one logon lie within this time, microseconds.
const SAME_MICROS: i64 = 5 * Timestamp::MINUTE;

/// A logon through remote desktop.
#[derive(Clone, Debug)]
struct Hop {
    time: Timestamp,
    from: IpAddr,
    to: CompactString,
    account: CompactString,
    realm: CompactString,
    record: Record,
}

/// A hop and the chain that led to it.
#[derive(Clone, Debug)]
struct Node {
    hop: usize,
    before: Option<usize>,
    length: usize,
    /// Another hop went on from here.
    inner: bool,
}

/// K-46, chains.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chains {
    rule: Option<(RuleIndex, Level, Params)>,
    book: Book,
    addresses: FxHashMap<IpAddr, CompactString>,
    hops: Vec<Hop>,
    /// Last record of a logon by source, computer and account.
    last: FxHashMap<u64, Timestamp>,
}

impl Chains {
    /// With the rule in force.
    pub(crate) fn new(rules: &RuleSet, context: &Context) -> Self {
        let addresses =
            context.assets.iter().filter_map(|asset| Some((asset.address?, asset.host.as_str().into())));
        Self {
            rule: rules
                .native("rdp_chain")
                .map(|(index, rule)| (index, rule.meta.level, rule.params.clone())),
            addresses: addresses.collect(),
            ..Self::default()
        }
    }

    fn computer(&self, hop: &Hop) -> Option<CompactString> {
        let listed = self.addresses.get(&hop.from).cloned();
        listed.or_else(|| self.book.name(hop.from, hop.time).map(CompactString::from))
    }

    /// Joins the hops; the result holds every hop that is not a habit.
    fn joined(&self, within: i64) -> Vec<Node> {
        let mut nodes: Vec<Node> = Vec::new();
        let mut open: FxHashMap<CompactString, Vec<usize>> = FxHashMap::default();
        let mut edges: FxHashMap<u64, Timestamp> = FxHashMap::default();
        for (place, hop) in self.hops.iter().enumerate() {
            let edge = stable_hash(&(account_id(&hop.account), hop.from, hop.to.as_str()));
            let first = *edges.entry(edge).or_insert(hop.time);
            // The way that an administrator goes every day is no sign.
            if hop.time.since(first) > within {
                continue;
            }
            let before = self.computer(hop).and_then(|name| {
                let earlier = open.get(&super::first_label(&name))?;
                let fits = |node: &&usize| {
                    nodes.get(**node).is_some_and(|node| {
                        let late =
                            self.hops.get(node.hop).is_some_and(|old| hop.time.since(old.time) <= within);
                        late && node.length < LENGTH_MAX && !self.passes(&nodes, node, &hop.to)
                    })
                };
                earlier
                    .iter()
                    .filter(fits)
                    .max_by_key(|node| nodes.get(**node).map(|node| node.length))
                    .copied()
            });
            let length = before.and_then(|node| nodes.get(node)).map_or(1, |node| node.length + 1);
            if let Some(node) = before.and_then(|node| nodes.get_mut(node)) {
                node.inner = true;
            }
            let here = open.entry(super::first_label(&hop.to)).or_default();
            if here.len() >= OPEN_MAX {
                here.remove(0);
            }
            here.push(nodes.len());
            nodes.push(Node { hop: place, before, length, inner: false });
        }
        nodes
    }

    /// Has the chain been on that computer, or come from it?
    fn passes(&self, nodes: &[Node], node: &Node, host: &str) -> bool {
        let label = super::first_label(host);
        let mut node = Some(node);
        while let Some(one) = node {
            let Some(hop) = self.hops.get(one.hop) else { return false };
            let from = self.computer(hop);
            if super::first_label(&hop.to) == label
                || from.is_some_and(|from| super::first_label(&from) == label)
            {
                return true;
            }
            node = one.before.and_then(|before| nodes.get(before));
        }
        false
    }

    fn say(&self, nodes: &[Node], last: &Node, ctx: &mut Ctx) {
        let Some((rule, level, params)) = &self.rule else { return };
        let mut hops: Vec<&Hop> = Vec::new();
        let mut node = Some(last);
        while let Some(one) = node {
            hops.extend(self.hops.get(one.hop));
            node = one.before.and_then(|before| nodes.get(before));
        }
        hops.reverse();
        let (Some(start), Some(end)) = (hops.first(), hops.last()) else { return };
        let origin = self.computer(start).unwrap_or_else(|| start.from.to_string().into());
        let names = hops.iter().map(|hop| hop.to.as_str());
        let path = std::iter::once(origin.as_str()).chain(names).collect::<Vec<_>>().join(" → ");
        let key = vec![("path".to_owned(), path.clone())];
        let Some(finding) = ctx.findings.upsert(&ctx.rules, *rule, key, start.time) else { return };
        let long = hops.len() >= params.count("hops_long", 3) as usize;
        if long {
            raise(finding, level.raised());
        }
        finding.last = finding.last.max(end.time);
        if self.computer(start).is_some() {
            add_host(finding, &origin);
        }
        for hop in &hops {
            fill(finding, hop, long);
        }
        #[expect(clippy::cast_precision_loss, reason = "at most 16")]
        finding.observed.push(observed("hops", hops.len() as f64, Some(2.0)));
        finding.notes.push(Message::new("windows-chain").with("path", path.as_str()));
    }
}

fn fill(finding: &mut Finding, hop: &Hop, entered: bool) {
    add_host(finding, &hop.to);
    finding.attempts += 1;
    finding.successes += u64::from(entered);
    add_evidence(finding, hop.record.clone());
    add_source(finding, hop.from, hop.time, hop.record.trust, entered);
    finding.account_count += 1;
    finding.accounts.push(AccountSeen {
        name: hop.account.clone(),
        realm: hop.realm.clone(),
        host: hop.to.clone(),
        service: "rdp".into(),
        role: if entered { AccountRole::Entered } else { AccountRole::Used },
        known: Some(true),
        privileged: false,
        first: hop.time,
        last: hop.time,
        attempts: 1,
        successes: u64::from(entered),
        entry: entered.then_some(hop.record.citation),
        entry_source: Some(hop.from).filter(|_| entered),
    });
}

/// Does the record tell of a remote desktop session?
fn is_desktop(signal: &Signal) -> bool {
    let opened = match signal.class {
        Class::Authentication => {
            signal.activity == activity::AUTH_LOGON
                && matches!(
                    signal.service.as_str(),
                    "rdp" | "remote_interactive" | "cached_remote_interactive"
                )
        }
        Class::Rdp => matches!(signal.grammar, "EVTX-TS25" | "EVTX-4778"),
        _ => false,
    };
    opened && signal.outcome == Outcome::Success && super::is_windows(signal)
}

impl Detector for Chains {
    fn push(&mut self, signal: &Signal, _: &mut Ctx) {
        if self.rule.is_none() {
            return;
        }
        self.book.learn(signal);
        let Some(from) = signal.src_ip.filter(|ip| !ip.is_loopback() && !ip.is_unspecified()) else { return };
        let fits = is_desktop(signal) && !signal.host.is_empty() && !signal.flags.has(Flags::AMBIGUOUS);
        if !fits || !is_person(&signal.account) || self.hops.len() >= HOPS_MAX {
            return;
        }
        let time = signal.order.time;
        let own =
            stable_hash(&(account_id(&signal.account), from, super::first_label(&signal.host).as_str()));
        let before = self.last.insert(own, time);
        if before.is_some_and(|before| time.since(before) <= SAME_MICROS) {
            return;
        }
        let domain = signal.detail.as_deref().map_or("", |detail| detail.user_domain.as_str());
        self.hops.push(Hop {
            time,
            from,
            to: signal.host.clone(),
            account: signal.account.clone(),
            realm: realm(domain, &signal.host),
            record: record(signal, EvidenceRole::Success),
        });
    }

    fn finish(&mut self, ctx: &mut Ctx) {
        let Some((_, _, params)) = &self.rule else { return };
        let nodes = self.joined(params.duration("within", Timestamp::DAY));
        let mut told: FxHashSet<usize> = FxHashSet::default();
        for (place, node) in nodes.iter().enumerate() {
            if node.length >= 2 && !node.inner && told.insert(place) {
                self.say(&nodes, node, ctx);
            }
        }
    }
}
