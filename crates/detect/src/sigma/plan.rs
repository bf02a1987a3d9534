//! What is to be evaluated for one log source: the rules that apply, and the prefilter over their literals.

use super::literal::Literal;
use super::view::View;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use rsigma_parser::LogSource;
use smallvec::SmallVec;

/// The log sources of one event: product, category and the services that apply together (DT-COR-23).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sources {
    pub(super) product: &'static str,
    pub(super) category: &'static str,
    pub(super) services: &'static [&'static str],
}

/// Services of one event at most (DT-COR-23).
const SERVICES_MAX: usize = 4;

impl Sources {
    /// Is it the same static text? Cheaper than comparing it.
    pub(super) fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self.product, other.product)
            && std::ptr::eq(self.category, other.category)
            && std::ptr::eq(self.services, other.services)
    }

    /// Strict: each dimension that the rule names must be present and equal (DT-COR-02).
    pub(super) fn accepts(&self, rule: &LogSource) -> bool {
        let same = |asked: &Option<String>, own: &str| match asked {
            Some(asked) => asked.eq_ignore_ascii_case(own),
            None => true,
        };
        same(&rule.product, self.product)
            && same(&rule.category, self.category)
            && match &rule.service {
                None => true,
                Some(asked) => {
                    self.services.iter().take(SERVICES_MAX).any(|service| asked.eq_ignore_ascii_case(service))
                }
            }
            && rule.custom.is_empty()
    }
}

/// Rules of one log source.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) sources: Sources,
    /// Rules without literals: evaluated on every event.
    pub(super) always: Vec<u32>,
    /// Every rule that applies.
    pub(super) all: Vec<u32>,
    automaton: Option<AhoCorasick>,
    /// Per literal: groups in which it counts, and the rule.
    owners: Vec<SmallVec<[(u8, u32); 2]>>,
    groups: u8,
}

impl Plan {
    /// Builds the plan from rules: number, log source, literals.
    pub(super) fn new<'r>(
        sources: Sources,
        rules: impl Iterator<Item = (u32, &'r LogSource, Option<&'r [Literal]>)>,
    ) -> Self {
        let mut plan = Self {
            sources,
            always: Vec::new(),
            all: Vec::new(),
            automaton: None,
            owners: Vec::new(),
            groups: 0,
        };
        let mut patterns: Vec<&str> = Vec::new();
        let mut known: hashbrown::HashMap<&str, usize> = hashbrown::HashMap::new();
        for (number, source, literals) in rules {
            if !sources.accepts(source) {
                continue;
            }
            plan.all.push(number);
            let Some(literals) = literals else {
                plan.always.push(number);
                continue;
            };
            for (text, groups) in literals {
                plan.groups |= groups;
                let place = *known.entry(text.as_str()).or_insert_with(|| {
                    patterns.push(text);
                    plan.owners.push(SmallVec::new());
                    patterns.len() - 1
                });
                if let Some(owners) = plan.owners.get_mut(place) {
                    owners.push((*groups, number));
                }
            }
        }
        if !patterns.is_empty() {
            let total: usize = patterns.iter().map(|pattern| pattern.len()).sum();
            let kind = if total < 20_000 { AhoCorasickKind::DFA } else { AhoCorasickKind::ContiguousNFA };
            plan.automaton = AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard)
                .kind(Some(kind))
                .build(&patterns)
                .ok();
            if plan.automaton.is_none() {
                plan.always.clone_from(&plan.all);
            }
        }
        plan
    }

    /// Rules that can match the event: those without literals, and those of which a literal was seen. In order, once each.
    pub(super) fn candidates(&self, view: &View<'_>, out: &mut SmallVec<[u32; 8]>) {
        out.extend_from_slice(&self.always);
        let Some(automaton) = &self.automaton else { return };
        let mut unusual = false;
        view.scan(self.groups, &mut |text, groups| {
            unusual = unusual || folds_to_ascii(text);
            if unusual {
                return true;
            }
            for hit in automaton.find_overlapping_iter(text) {
                let owners =
                    self.owners.get(hit.pattern().as_usize()).map(SmallVec::as_slice).unwrap_or_default();
                out.extend(owners.iter().filter(|(wanted, _)| wanted & groups != 0).map(|(_, rule)| *rule));
            }
            false
        });
        if unusual {
            out.clear();
            out.extend_from_slice(&self.all);
        }
        if out.len() > 1 {
            out.sort_unstable();
            out.dedup();
        }
    }
}

/// Does the text hold a letter outside ASCII that becomes ASCII in lower case (KELVIN SIGN, capital I with dot)? The
/// engine would then match where a search over ASCII sees nothing, so the prefilter is left out.
fn folds_to_ascii(text: &str) -> bool {
    !text.is_ascii() && text.contains(['\u{212A}', '\u{130}', '\u{17F}'])
}
