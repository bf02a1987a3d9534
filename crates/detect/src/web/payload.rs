//! One finding per class, source and site, from the requests whose payload a shipped rule knows (K-36 to K-43).

use super::answers::{Parked, effect};
use super::visitor::{Family, Hostile, Visitor};
use super::{is_family, prefix, target, words};
use crate::engine::Ctx;
use crate::findings::{self, add_evidence, add_source, record};
use crate::rule::{Rule, RuleSet};
use crate::signal::{RuleIndex, Signal};
use smallvec::SmallVec;
use std::collections::BTreeMap;
use vocab::{EvidenceRole, Finding, Flags, Kind, Level, Message, Timestamp};

/// Payloads quoted in a finding.
pub(super) const QUOTES_MAX: u8 = 5;
/// Answers of one source and class that are judged at the end.
const PARKED_MAX: u8 = 64;
/// Answers that are judged at the end, over all.
const PARKED_ALL_MAX: usize = 200_000;

/// Numbers of a class, from its rule document.
#[derive(Clone, Copy, Debug)]
struct Class {
    rule: RuleIndex,
    distinct: usize,
    window: i64,
    parameters: usize,
}

/// Counts payloads.
#[derive(Clone, Debug)]
pub(crate) struct Payloads {
    /// Per rule: shipped with the program, and one of the classes counted here.
    counted: Vec<bool>,
    /// Per rule: names a scanner.
    scanner: Vec<bool>,
    classes: BTreeMap<u8, Class>,
}

impl Payloads {
    pub(crate) fn new(rules: &RuleSet) -> Self {
        let shipped = |rule: &Rule| crate::BUILTIN.iter().any(|(file, _)| *file == rule.file);
        let classes: BTreeMap<u8, Class> = rules
            .iter()
            .map(|(_, rule)| rule.kind())
            .filter(|kind| is_family(*kind))
            .filter_map(|kind| {
                let (index, rule) = rules.native(kind.as_str())?;
                let class = Class {
                    rule: index,
                    distinct: rule.params.count("distinct_payloads", u32::MAX) as usize,
                    window: rule.params.duration("window", 10 * Timestamp::MINUTE),
                    parameters: rule.params.count("distinct_parameters", u32::MAX) as usize,
                };
                Some((kind as u8, class))
            })
            .collect();
        let counted = |rule: &Rule| shipped(rule) && classes.contains_key(&(rule.kind() as u8));
        let scanner = |rule: &Rule| shipped(rule) && rule.kind() == Kind::VulnerabilityScan;
        Self {
            counted: rules.iter().map(|(_, rule)| counted(rule)).collect(),
            scanner: rules.iter().map(|(_, rule)| scanner(rule)).collect(),
            classes,
        }
    }

    /// Is the match counted here, so that it makes no finding of its own?
    pub(crate) fn takes(&self, rule: RuleIndex) -> bool {
        let at = |list: &[bool]| list.get(rule.0 as usize).copied().unwrap_or(false);
        at(&self.counted) || at(&self.scanner)
    }

    /// Rule of the findings of a class.
    pub(super) fn rule_of(&self, kind: Kind) -> Option<RuleIndex> {
        self.classes.get(&(kind as u8)).map(|class| class.rule)
    }

    /// Counts the payloads of a request; says whether it had one.
    pub(super) fn push(
        &self,
        signal: &Signal,
        visitor: &mut Visitor,
        ctx: &mut Ctx,
        parked: &mut Vec<Parked>,
    ) -> bool {
        let mut matched = false;
        // Several rules of one class may know a request; it is one request nevertheless.
        let mut told: SmallVec<[Kind; 4]> = SmallVec::new();
        let worm = signal.matches.iter().any(|index| self.kind(*index, ctx) == Some(Kind::WormPropagation));
        for index in &signal.matches {
            // The request of a worm is that, and no traversal or command of somebody's own.
            if worm && self.kind(*index, ctx) != Some(Kind::WormPropagation) {
                matched = true;
                continue;
            }
            if self.scanner.get(index.0 as usize) == Some(&true) {
                hostile(visitor, signal).scanner = true;
            }
            if self.counted.get(index.0 as usize) == Some(&true) {
                matched |= self.count(*index, signal, visitor, ctx, parked, &mut told).is_some();
            }
        }
        matched
    }

    /// Class of a rule that is counted here.
    fn kind(&self, index: RuleIndex, ctx: &Ctx) -> Option<Kind> {
        let counted = self.counted.get(index.0 as usize) == Some(&true);
        counted.then(|| ctx.rules.get(index).map(Rule::kind))?
    }

    fn count(
        &self,
        index: RuleIndex,
        signal: &Signal,
        visitor: &mut Visitor,
        ctx: &mut Ctx,
        parked: &mut Vec<Parked>,
        told: &mut SmallVec<[Kind; 4]>,
    ) -> Option<()> {
        let rules = std::sync::Arc::clone(&ctx.rules);
        let rule = rules.get(index)?;
        let detail = signal.detail.as_deref()?;
        // A shell or a way around a lock that was not there is a probe for one.
        let filed = match rule.kind() {
            Kind::WebShell | Kind::AuthenticationBypass => Kind::VulnerabilityProbe,
            kind => kind,
        };
        let class = self.classes.get(&(filed as u8))?;
        let hostile = hostile(visitor, signal);
        let key = hostile.key.clone();
        let family = hostile.family(filed)?;
        let first = count_payload(family, index, signal, class);
        let finding = ctx.findings.upsert(&rules, class.rule, key.clone(), signal.order.time)?;
        if told.contains(&filed) {
            add_evidence(finding, record(signal, EvidenceRole::Payload));
        } else {
            told.push(filed);
            fill(finding, signal, EvidenceRole::Payload);
        }
        if filed != Kind::SensitiveFileProbe {
            findings::raise(finding, rule.meta.level);
        }
        take_measures(finding, rule);
        let parameters = family.parameters.len();
        if family.payloads.len() >= class.distinct || (parameters >= class.parameters && parameters > 0) {
            let base = rules.get(class.rule).map_or(Level::Low, |own| own.meta.level);
            findings::raise(finding, base.raised());
        }
        family.level = family.level.max(finding.level);
        observe(finding, "distinct_payloads", family.payloads.len(), Some(class.distinct));
        if first && family.quoted < QUOTES_MAX {
            family.quoted += 1;
            finding.notes.push(words::quote(detail, rule, signal.answer.status));
        }
        if waited(signal, rule.kind()) {
            effect(finding, record(signal, EvidenceRole::Effect), filed);
            finding.notes.push(Message::new("web-delay-kept"));
        }
        if (200..300).contains(&signal.answer.status)
            && !finding.only_ambiguous
            && family.parked < PARKED_MAX
            && parked.len() < PARKED_ALL_MAX
        {
            family.parked += 1;
            parked.push(Parked::new(signal, rule, filed, key));
        }
        Some(())
    }
}

/// The state of a source that did something odd; its key names source and site.
pub(super) fn hostile<'v>(visitor: &'v mut Visitor, signal: &Signal) -> &'v mut Hostile {
    visitor.hostile.get_or_insert_with(|| {
        let source = signal.src_ip.map_or_else(|| "-".to_owned(), |ip| prefix(ip).to_string());
        let mut key = vec![("source".to_owned(), source), ("host".to_owned(), target(signal).to_owned())];
        if !signal.service.is_empty() && signal.service != target(signal) {
            key.push(("site".to_owned(), signal.service.to_string()));
        }
        Box::new(Hostile::new(key))
    })
}

/// Counts a payload; says whether it is new.
fn count_payload(family: &mut Family, index: RuleIndex, signal: &Signal, class: &Class) -> bool {
    family.count += 1;
    if !family.rules.contains(&index.0) && family.rules.len() < 64 {
        family.rules.push(index.0);
    }
    let Some(detail) = signal.detail.as_deref() else { return false };
    if let Some(parameter) = words::parameter(detail)
        && family.parameters.len() < 16
        && !family.parameters.contains(&parameter)
    {
        family.parameters.push(parameter);
    }
    family.payloads.add(signal.order.time, class.window, words::identity(detail))
}

/// Counts and cites the request in a finding.
pub(crate) fn fill(finding: &mut Finding, signal: &Signal, role: EvidenceRole) {
    let ambiguous = signal.flags.has(Flags::AMBIGUOUS);
    let new = finding.attempts + finding.ambiguous + finding.source_unreadable == 0;
    if ambiguous {
        finding.ambiguous += 1;
        finding.only_ambiguous = new || finding.only_ambiguous;
    } else {
        finding.attempts += u64::from(signal.count);
        finding.only_ambiguous = false;
        match signal.src_ip {
            Some(ip) => add_source(finding, ip, signal.order.time, signal.trust, false),
            None => finding.source_unreadable += 1,
        }
    }
    let host = target(signal);
    if finding.hosts.len() < 16 && !finding.hosts.iter().any(|known| known == host) {
        finding.hosts.push(host.to_owned());
    }
    if finding.service.is_empty() {
        finding.service = signal.service.to_string();
    }
    finding.consented |= signal.flags.has(Flags::CONSENTED);
    add_evidence(finding, record(signal, role));
}

/// Measures that the matching rule names beside those of the class.
fn take_measures(finding: &mut Finding, rule: &Rule) {
    for measure in &rule.meta.measures {
        if !finding.measures.contains(measure) {
            finding.measures.push(measure.clone());
        }
    }
}

/// Sets a number of a finding.
pub(super) fn observe(finding: &mut Finding, name: &str, value: usize, threshold: Option<usize>) {
    let number = |value: usize| f64::from(u32::try_from(value).unwrap_or(u32::MAX));
    let threshold = threshold.filter(|threshold| *threshold < u32::MAX as usize).map(number);
    match finding.observed.iter_mut().find(|observed| observed.name == name) {
        Some(observed) => observed.value = observed.value.max(number(value)),
        None => finding.observed.push(findings::observed(name, number(value), threshold)),
    }
}

/// Did the answer take as long as the payload asked the database to wait?
fn waited(signal: &Signal, kind: Kind) -> bool {
    let Some(detail) = signal.detail.as_deref().filter(|_| kind == Kind::SqlInjection) else { return false };
    let (Some(asked), Some(took)) = (words::delay_seconds(detail), detail.latency_us) else { return false };
    let asked = asked.saturating_mul(1_000_000);
    took >= asked / 10 * 9 && took <= asked.saturating_mul(3) && signal.answer.status < 500
}
