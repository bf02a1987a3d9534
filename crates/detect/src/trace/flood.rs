//! K-51 denial_of_service (過負荷攻撃) in access logs: a minute with many more requests than the service usually gets.

use super::rules::InForce;
use crate::engine::Ctx;
use crate::findings::{Mark, add_evidence, observed, raise};
use crate::rule::RuleSet;
use crate::signal::Signal;
use compact_str::CompactString;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::net::IpAddr;
use vocab::{EvidenceRole, Flags, Message, SourceSeen, Timestamp};

/// Services watched at once.
const SERVICES_MAX: usize = 1_024;
/// Sources counted per minute.
const SOURCES_MAX: usize = 4_096;
/// Minutes that say what is usual.
const USUAL_MAX: usize = 240;
/// Minutes that are needed to say it.
const USUAL_MIN: usize = 30;

/// Requests of one service.
#[derive(Clone, Debug, Default)]
struct Service {
    host: CompactString,
    name: CompactString,
    minute: i64,
    count: u32,
    errors: u32,
    sources: FxHashMap<IpAddr, u32>,
    first: Option<Mark>,
    last: Option<Mark>,
    usual: VecDeque<u32>,
}

/// Watches the pace of requests.
#[derive(Clone, Debug)]
pub(crate) struct Flood {
    rule: InForce,
    requests_min: u32,
    times_usual: u32,
    errors_share: f64,
    services: FxHashMap<u64, Service>,
}

impl Flood {
    /// The watch, when its rule is in force.
    pub(crate) fn new(rules: &RuleSet) -> Option<Self> {
        let rule = InForce::find(rules, "denial_of_service")?;
        Some(Self {
            requests_min: rule.params.count("requests_min", 3_000),
            times_usual: rule.params.count("times_usual", 20),
            errors_share: rule.params.number("errors_share", 0.5),
            services: FxHashMap::default(),
            rule,
        })
    }

    /// Sees a request, in order of time.
    pub(crate) fn request(&mut self, signal: &Signal, ctx: &mut Ctx) {
        let key = crate::attempts::stable_hash(&(signal.order.source, signal.service.as_str()));
        if self.services.len() >= SERVICES_MAX && !self.services.contains_key(&key) {
            return;
        }
        let minute = signal.order.time.0.div_euclid(Timestamp::MINUTE);
        let service = self.services.entry(key).or_default();
        if service.minute != minute {
            judge(&self.rule, (self.requests_min, self.times_usual, self.errors_share), service, ctx);
            service.begin(minute, signal);
        }
        service.count = service.count.saturating_add(1);
        let status = signal.detail.as_deref().and_then(|detail| detail.http_status);
        service.errors += u32::from(status.is_some_and(|status| status >= 500));
        let mark = Mark {
            citation: signal.citation,
            time: signal.order.time,
            trust: signal.trust,
            ambiguous: signal.flags.has(Flags::AMBIGUOUS),
        };
        service.first.get_or_insert(mark);
        service.last = Some(mark);
        if let Some(ip) = signal.src_ip
            && (service.sources.len() < SOURCES_MAX || service.sources.contains_key(&ip))
        {
            *service.sources.entry(ip).or_insert(0) += 1;
        }
    }

    /// The input has ended.
    pub(crate) fn finish(&mut self, ctx: &mut Ctx) {
        let mut services: Vec<(u64, Service)> = self.services.drain().collect();
        services.sort_by_key(|(key, _)| *key);
        for (_, mut service) in services {
            judge(&self.rule, (self.requests_min, self.times_usual, self.errors_share), &mut service, ctx);
        }
    }
}

impl Service {
    fn begin(&mut self, minute: i64, signal: &Signal) {
        if self.count > 0 {
            if self.usual.len() >= USUAL_MAX {
                self.usual.pop_front();
            }
            self.usual.push_back(self.count);
        }
        (self.minute, self.count, self.errors) = (minute, 0, 0);
        (self.first, self.last) = (None, None);
        self.sources.clear();
        if self.host.is_empty() {
            self.host = signal.host.clone();
            self.name = signal.service.clone();
        }
    }

    /// Median of the minutes before; `None` when there are too few.
    fn median(&self) -> Option<u32> {
        let mut counts: Vec<u32> = self.usual.iter().copied().collect();
        counts.sort_unstable();
        counts.get(counts.len() / 2).copied().filter(|_| counts.len() >= USUAL_MIN)
    }
}

/// A finished minute: was it a flood?
fn judge(rule: &InForce, (min, times, share): (u32, u32, f64), service: &mut Service, ctx: &mut Ctx) {
    if service.count < min {
        return;
    }
    let threshold =
        service.median().map_or(min.saturating_mul(5), |usual| usual.saturating_mul(times).max(min));
    if service.count < threshold {
        return;
    }
    let time = Timestamp(service.minute.saturating_mul(Timestamp::MINUTE));
    let key = vec![
        ("host".to_owned(), service.host.to_string()),
        ("service".to_owned(), service.name.to_string()),
        ("sign".to_owned(), "requests".to_owned()),
        ("day".to_owned(), time.0.div_euclid(Timestamp::DAY).to_string()),
    ];
    let Some(finding) = ctx.findings.upsert(&ctx.rules, rule.index, key, time) else { return };
    if finding.evidence.is_empty() {
        finding.level = rule.level;
        finding.hosts.extend((!service.host.is_empty()).then(|| service.host.to_string()));
        finding.service = service.name.to_string();
    }
    let down = f64::from(service.errors) >= share * f64::from(service.count);
    if down {
        raise(finding, rule.level("level_down"));
    }
    for mark in [service.first, service.last].into_iter().flatten() {
        finding.last = finding.last.max(mark.time);
        add_evidence(finding, mark.record(EvidenceRole::Context));
    }
    let most = f64::from(service.count);
    match finding.observed.iter_mut().find(|old| old.name == "requests_per_minute") {
        Some(old) => old.value = old.value.max(most),
        None => finding.observed.push(observed("requests_per_minute", most, Some(f64::from(threshold)))),
    }
    let mut sources: Vec<(IpAddr, u32)> = service.sources.iter().map(|(ip, count)| (*ip, *count)).collect();
    sources.sort_by_key(|(ip, count)| (std::cmp::Reverse(*count), *ip));
    for (ip, count) in sources.into_iter().take(20) {
        let Some(mark) = service.first else { break };
        let room = finding.sources.len() < 1_000;
        match finding.sources.iter_mut().find(|source| source.ip == ip) {
            Some(source) => {
                source.attempts += u64::from(count);
                source.last = source.last.max(mark.time);
            }
            None if room => {
                finding.source_count += 1;
                let (first, last, trust) = (mark.time, mark.time, mark.trust);
                finding.sources.push(SourceSeen {
                    ip,
                    attempts: u64::from(count),
                    successes: 0,
                    first,
                    last,
                    trust,
                });
            }
            None => {}
        }
    }
    finding.attempts += u64::from(service.count);
    let note = Message::new(if down { "trace-flood-down" } else { "trace-flood-requests" });
    super::report::add_note(finding, note);
    // A flood does not make itself usual.
    service.count = 0;
}
