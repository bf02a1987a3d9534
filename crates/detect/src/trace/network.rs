//! What packet filters and daemons say of connections: K-50 port_scan (ポートスキャン), K-49 springboard_use (踏み台) and K-51
//! denial_of_service (過負荷攻撃).

use super::deed::Deed;
use super::report::Act;
use super::rules::InForce;
use super::{Desk, Part};
use crate::attempts::stable_hash;
use crate::engine::Ctx;
use crate::findings::{Mark, add_evidence, add_source};
use crate::rule::RuleSet;
use crate::signal::Signal;
use rustc_hash::{FxHashMap, FxHashSet};
use std::net::IpAddr;
use vocab::{Class, Context, EvidenceRole, Message, Timestamp, activity};

/// Sources watched at once.
const KEYS_MAX: usize = 16_384;
/// Ports and computers remembered per source.
const VALUES_MAX: usize = 256;

/// What one source did inside the window.
#[derive(Clone, Debug, Default)]
struct Probe {
    start: Timestamp,
    ports: FxHashSet<u16>,
    sensitive: FxHashSet<u16>,
    hosts: FxHashMap<u16, FxHashSet<u64>>,
    silent: u32,
    first: Option<Mark>,
    said: bool,
}

/// K-50, K-49 and K-51.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    scan: Option<InForce>,
    springboard: Option<InForce>,
    flood: Option<InForce>,
    window: i64,
    ports_min: usize,
    sensitive: FxHashSet<u16>,
    sensitive_min: usize,
    hosts_min: usize,
    silent_min: u32,
    login_ports: FxHashSet<u16>,
    outside_min: usize,
    dropped_min: u32,
    own: Vec<IpAddr>,
    networks: Vec<vocab::Network>,
    probes: FxHashMap<u64, Probe>,
    outbound: FxHashMap<u64, Probe>,
    dropped: FxHashMap<u64, (Timestamp, u32)>,
}

fn ports(rule: Option<&InForce>, name: &str) -> FxHashSet<u16> {
    rule.map(|rule| rule.params.list(name).iter().filter_map(|port| port.parse().ok()).collect())
        .unwrap_or_default()
}

impl Network {
    /// The part, with the rules in force.
    pub(crate) fn new(rules: &RuleSet, context: &Context) -> Option<Self> {
        let scan = InForce::find(rules, "port_scan");
        let springboard = InForce::find(rules, "springboard_use");
        let flood = InForce::find(rules, "denial_of_service");
        if scan.is_none() && springboard.is_none() && flood.is_none() {
            return None;
        }
        let count = |rule: &Option<InForce>, name: &str, fallback: u32| {
            rule.as_ref().map_or(fallback, |rule| rule.params.count(name, fallback))
        };
        Some(Self {
            window: scan.as_ref().map_or(10 * Timestamp::MINUTE, |rule| {
                rule.params.duration("window", 10 * Timestamp::MINUTE)
            }),
            ports_min: count(&scan, "ports_min", 15) as usize,
            sensitive: ports(scan.as_ref(), "sensitive_ports"),
            sensitive_min: count(&scan, "sensitive_min", 5) as usize,
            hosts_min: count(&scan, "hosts_min", 100) as usize,
            silent_min: count(&scan, "silent_min", 5),
            login_ports: ports(springboard.as_ref(), "login_ports"),
            outside_min: count(&springboard, "outside_min", 20) as usize,
            dropped_min: count(&flood, "dropped_min", 100),
            own: context.assets.iter().filter_map(|asset| asset.address).collect(),
            networks: context.networks.clone(),
            probes: FxHashMap::default(),
            outbound: FxHashMap::default(),
            dropped: FxHashMap::default(),
            scan,
            springboard,
            flood,
        })
    }

    fn is_inside(&self, ip: IpAddr) -> bool {
        is_private(ip) || self.own.contains(&ip)
    }

    /// An ordered scanner of our own.
    fn is_ordered(&self, ip: IpAddr) -> bool {
        self.networks
            .iter()
            .any(|network| network.label == vocab::NetworkLabel::Scanner && network.contains(ip))
    }

    fn packet(&mut self, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let signal = deed.signal;
        let (Some(src), Some(port)) = (signal.src_ip, deed.detail().dst_port) else { return };
        let target = deed.detail().dst_ip;
        let outward = deed.message.contains("IN= OUT=") && !deed.message.contains("OUT= ");
        if outward {
            if let Some(target) = target.filter(|ip| !self.is_inside(*ip)) {
                self.outward(src, target, port, deed, desk, ctx);
            }
            return;
        }
        if signal.activity == activity::NET_OPEN || src.is_loopback() {
            return;
        }
        let window = self.window;
        let sensitive = self.sensitive.contains(&port);
        let probe = fetch(&mut self.probes, stable_hash(&src), signal, window, ctx);
        if probe.ports.len() < VALUES_MAX {
            probe.ports.insert(port);
        }
        if sensitive {
            probe.sensitive.insert(port);
        }
        if let Some(target) = target
            && (probe.hosts.contains_key(&port) || probe.hosts.len() < VALUES_MAX)
        {
            let hosts = probe.hosts.entry(port).or_default();
            if hosts.len() < VALUES_MAX {
                hosts.insert(stable_hash(&target));
            }
        }
        let wide = probe.hosts.get(&port).map_or(0, FxHashSet::len);
        if probe.ports.len() >= self.ports_min
            || probe.sensitive.len() >= self.sensitive_min
            || wide >= self.hosts_min
        {
            self.scanned(src, "packets", deed, desk, ctx);
        }
    }

    /// A connection that named nobody and tried nothing.
    fn silent(&mut self, src: IpAddr, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let window = self.window;
        let probe = fetch(&mut self.probes, stable_hash(&src), deed.signal, window, ctx);
        probe.silent = probe.silent.saturating_add(deed.signal.count.max(1));
        if probe.silent >= self.silent_min {
            self.scanned(src, "silent", deed, desk, ctx);
        }
    }

    fn scanned(&mut self, src: IpAddr, sign: &str, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let Some(rule) = &self.scan else { return };
        let inside = self.is_inside(src) && !self.is_ordered(src);
        let level = if inside && sign == "packets" { rule.level("level_inside") } else { rule.level };
        let address = src.to_string();
        let Some(probe) = self.probes.get_mut(&stable_hash(&src)) else { return };
        let first = probe.first.take();
        probe.said = true;
        #[expect(clippy::cast_precision_loss, reason = "at most 256")]
        let seen = Some(("ports", probe.ports.len() as f64, self.ports_min as f64));
        let act = Act {
            rule: rule.index,
            key: &[("source", &address)],
            level,
            joined: level,
            actor: "",
            account: None,
            artefact: "",
            role: EvidenceRole::Failure,
            note: Message::new(format!("trace-scan-{sign}")).with("source", address.as_str()),
            only_after: None,
            observed: if sign == "packets" { seen } else { None },
        };
        let key = desk.reporter.act(&act, deed, desk.world, ctx);
        let time = deed.signal.order.time;
        if let Some(finding) = ctx.findings.upsert(&ctx.rules, rule.index, key, time) {
            finding.attempts += 1;
            if let Some(first) = first {
                finding.first = finding.first.min(first.time);
                add_evidence(finding, first.record(EvidenceRole::Failure));
            }
            add_source(finding, src, time, deed.signal.trust, false);
        }
    }

    /// A packet of ours to somebody outside.
    fn outward(
        &mut self,
        src: IpAddr,
        target: IpAddr,
        port: u16,
        deed: &Deed<'_>,
        desk: &mut Desk<'_>,
        ctx: &mut Ctx,
    ) {
        if !self.login_ports.contains(&port) {
            return;
        }
        let window = self.window;
        let probe = fetch(&mut self.outbound, stable_hash(&(src, port)), deed.signal, window, ctx);
        let hosts = probe.hosts.entry(port).or_default();
        if hosts.len() < VALUES_MAX {
            hosts.insert(stable_hash(&target));
        }
        let seen = hosts.len();
        let Some(rule) = &self.springboard else { return };
        if seen < self.outside_min {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "at most 256")]
        let observed = Some(("outside_hosts", seen as f64, self.outside_min as f64));
        let port = port.to_string();
        let act = Act {
            rule: rule.index,
            key: &[("port", &port)],
            level: rule.level,
            joined: rule.joined,
            actor: "",
            account: None,
            artefact: "",
            role: EvidenceRole::Effect,
            note: Message::new("trace-springboard-packets").with("port", port.as_str()),
            only_after: None,
            observed,
        };
        desk.reporter.act(&act, deed, desk.world, ctx);
    }

    /// The server turned connections away because there were too many.
    fn dropped(&mut self, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let Some(rule) = &self.flood else { return };
        let now = deed.signal.order.time;
        let key = stable_hash(deed.signal.host.as_str());
        if self.dropped.len() >= KEYS_MAX {
            self.dropped.clear();
        }
        let (start, count) = self.dropped.entry(key).or_insert((now, 0));
        if now.since(*start) > self.window {
            (*start, *count) = (now, 0);
        }
        *count = count.saturating_add(deed.signal.count.max(1));
        if *count < self.dropped_min {
            return;
        }
        let observed = Some(("dropped", f64::from(*count), f64::from(self.dropped_min)));
        let act = Act {
            rule: rule.index,
            key: &[("sign", "dropped")],
            level: rule.level,
            joined: rule.level,
            actor: "",
            account: None,
            artefact: "",
            role: EvidenceRole::Effect,
            note: Message::new("trace-flood-dropped"),
            only_after: None,
            observed,
        };
        desk.reporter.act(&act, deed, desk.world, ctx);
    }
}

fn mark(signal: &Signal) -> Mark {
    let ambiguous = signal.flags.has(vocab::Flags::AMBIGUOUS);
    Mark { citation: signal.citation, time: signal.order.time, trust: signal.trust, ambiguous }
}

fn fetch<'a>(
    table: &'a mut FxHashMap<u64, Probe>,
    key: u64,
    signal: &Signal,
    window: i64,
    ctx: &mut Ctx,
) -> &'a mut Probe {
    let now = signal.order.time;
    if table.len() >= KEYS_MAX && !table.contains_key(&key) {
        let before = table.len();
        table.retain(|_, probe| now.since(probe.start) <= window);
        if table.len() >= KEYS_MAX {
            table.clear();
        }
        ctx.stats.evicted += u64::try_from(before - table.len()).unwrap_or_default();
    }
    let probe = table.entry(key).or_default();
    if probe.first.is_none() && !probe.said || now.since(probe.start) > window {
        *probe = Probe { start: now, first: Some(mark(signal)), ..Probe::default() };
    }
    probe
}

/// Addresses of private networks, and those that never leave a link.
pub(crate) fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => {
            v6.is_loopback() || (v6.segments()[0] & 0xfe00) == 0xfc00 || (v6.segments()[0] & 0xffc0) == 0xfe80
        }
    }
}

impl Part for Network {
    fn see(&mut self, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let signal = deed.signal;
        if signal.class != Class::Network {
            return;
        }
        match (signal.grammar, signal.src_ip) {
            ("P11", _) => self.packet(deed, desk, ctx),
            ("O10" | "O12", Some(src)) => self.silent(src, deed, desk, ctx),
            ("O04" | "O11", Some(src))
                if signal.account.is_empty() && signal.reason == vocab::Reason::PreauthClose =>
            {
                self.silent(src, deed, desk, ctx);
            }
            ("O13", _) if deed.message.contains("axStartups") => self.dropped(deed, desk, ctx),
            _ => {}
        }
    }
}
