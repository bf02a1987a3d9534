//! What is to be evaluated for one log source: the rules that apply, and the prefilter over their literals.

use super::literal::Literal;
use super::slot::group;
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
    /// One search for each kind of text, so that a word in one makes no candidate of a rule about another.
    url: Search,
    header: Search,
    rest: Search,
}

/// A search for the literals that count in one kind of text.
#[derive(Debug, Default)]
struct Search {
    automaton: Option<AhoCorasick>,
    /// Per literal: groups in which it counts, and the rule.
    owners: Vec<SmallVec<[(u8, u32); 2]>>,
}

impl Search {
    /// Builds the search from literals with their owners; `None` when there is no room for it.
    fn new<'l>(literals: impl Iterator<Item = (&'l str, u8, u32)>) -> Option<Self> {
        let mut search = Self::default();
        let mut patterns: Vec<&str> = Vec::new();
        let mut known: hashbrown::HashMap<&str, usize> = hashbrown::HashMap::new();
        for (text, groups, rule) in literals {
            let place = *known.entry(text).or_insert_with(|| {
                patterns.push(text);
                search.owners.push(SmallVec::new());
                patterns.len() - 1
            });
            if let Some(owners) = search.owners.get_mut(place) {
                owners.push((groups, rule));
            }
        }
        if patterns.is_empty() {
            return Some(search);
        }
        let total: usize = patterns.iter().map(|pattern| pattern.len()).sum();
        let kind = if total < 20_000 { AhoCorasickKind::DFA } else { AhoCorasickKind::ContiguousNFA };
        search.automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(kind))
            .build(&patterns)
            .ok();
        search.automaton.is_some().then_some(search)
    }

    fn find(&self, text: &str, groups: u8, out: &mut SmallVec<[u32; 8]>) {
        let Some(automaton) = &self.automaton else { return };
        for hit in automaton.find_overlapping_iter(text) {
            let owners =
                self.owners.get(hit.pattern().as_usize()).map(SmallVec::as_slice).unwrap_or_default();
            out.extend(owners.iter().filter(|(wanted, _)| wanted & groups != 0).map(|(_, rule)| *rule));
        }
    }
}

impl Plan {
    /// Builds the plan from rules: number, log source, literals.
    pub(super) fn new<'r>(
        sources: Sources,
        rules: impl Iterator<Item = (u32, &'r LogSource, Option<&'r [Literal]>)>,
    ) -> Self {
        let (mut always, mut all, mut literals) = (Vec::new(), Vec::new(), Vec::new());
        for (number, _, own) in rules.filter(|(_, source, _)| sources.accepts(source)) {
            all.push(number);
            match own {
                Some(own) => {
                    literals.extend(own.iter().map(|(text, groups)| (text.as_str(), *groups, number)))
                }
                None => always.push(number),
            }
        }
        let search =
            |wanted: u8| Search::new(literals.iter().copied().filter(|(_, groups, _)| groups & wanted != 0));
        let header = group::AGENT | group::REFERRER;
        match (search(group::URL | group::METHOD), search(header), search(group::REST)) {
            (Some(url), Some(header), Some(rest)) => Self { sources, always, all, url, header, rest },
            _ => Self {
                sources,
                always: all.clone(),
                all,
                url: Search::default(),
                header: Search::default(),
                rest: Search::default(),
            },
        }
    }

    /// Rules that can match the event: those without literals, and those of which a literal was seen. In order, once each.
    pub(super) fn candidates(&self, view: &View<'_>, quiet: &mut Quiet, out: &mut SmallVec<[u32; 8]>) {
        out.extend_from_slice(&self.always);
        let mut unusual = false;
        let mut scan = |text: &str, groups: u8, out: &mut SmallVec<[u32; 8]>| {
            unusual = unusual || folds_to_ascii(text);
            match groups {
                group::PATH | group::QUERY | group::METHOD => self.url.find(text, groups, out),
                group::AGENT | group::REFERRER => self.header.find(text, groups, out),
                _ => self.rest.find(text, groups, out),
            }
        };
        if self.url.automaton.is_some() {
            view.scan_url(&mut |text, groups| scan(text, groups, out));
        }
        if self.header.automaton.is_some() {
            for (text, groups) in view.headers() {
                if quiet.is_known(text, groups) {
                    continue;
                }
                let before = out.len();
                view.scan_header(text, groups, &mut |text| scan(text, groups, out));
                if out.len() == before {
                    quiet.learn(text, groups);
                }
            }
        }
        if self.rest.automaton.is_some() {
            view.scan_rest(&mut |text| scan(text, group::REST, out));
        }
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

/// Places of the memory of quiet headers.
const QUIET_PLACES: usize = 512;
/// Longest header remembered, bytes.
const QUIET_BYTES_MAX: usize = 512;

/// User agents and referrers that were looked at and hold no literal. Most requests carry one of a few.
#[derive(Clone, Debug, Default)]
pub(super) struct Quiet {
    places: Vec<Option<Box<str>>>,
}

impl Quiet {
    fn place(text: &str, groups: u8) -> usize {
        let bytes = text.as_bytes();
        let end = bytes.len().saturating_sub(8);
        let word = |at: usize| {
            bytes.get(at..at + 8).and_then(|part| part.try_into().ok()).map_or(0, u64::from_le_bytes)
        };
        let mix =
            word(0) ^ word(end / 2).rotate_left(17) ^ word(end).rotate_left(31) ^ (bytes.len() as u64) << 8;
        let spread = (mix ^ u64::from(groups)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 55;
        usize::try_from(spread).unwrap_or(0) % QUIET_PLACES
    }

    fn is_known(&self, text: &str, groups: u8) -> bool {
        matches!(self.places.get(Self::place(text, groups)), Some(Some(known)) if **known == *text)
    }

    fn learn(&mut self, text: &str, groups: u8) {
        if text.len() > QUIET_BYTES_MAX || folds_to_ascii(text) {
            return;
        }
        if self.places.is_empty() {
            self.places.resize(QUIET_PLACES, None);
        }
        if let Some(place) = self.places.get_mut(Self::place(text, groups)) {
            *place = Some(text.into());
        }
    }
}

/// Does the text hold a letter outside ASCII that becomes ASCII in lower case (KELVIN SIGN, capital I with dot)? The
/// engine would then match where a search over ASCII sees nothing, so the prefilter is left out.
fn folds_to_ascii(text: &str) -> bool {
    !text.is_ascii() && text.contains(['\u{212A}', '\u{130}', '\u{17F}'])
}
