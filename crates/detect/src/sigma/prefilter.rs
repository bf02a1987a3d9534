//! The search over the texts of a normalised event for literals of rules.

use super::slot::group;
use super::view::View;
use crate::attempts::stable_hash;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use smallvec::SmallVec;
use std::cell::Cell;

/// One search for each kind of text, so that a word in one makes no candidate of a rule about another.
#[derive(Debug)]
pub(super) struct Prefilter {
    url: Search,
    header: Search,
    rest: Search,
    /// Rules in the plan.
    rules: u32,
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

impl Prefilter {
    /// The search for literals, each with its groups and the number of its rule; `None` when there is no room for it.
    pub(super) fn new<'l>(
        literals: impl Iterator<Item = (&'l str, u8, u32)> + Clone,
        rules: u32,
    ) -> Option<Self> {
        let search =
            |wanted: u8| Search::new(literals.clone().filter(move |(_, groups, _)| groups & wanted != 0));
        let (url, header) = (search(group::URL | group::METHOD)?, search(group::AGENT | group::REFERRER)?);
        Some(Self { url, header, rest: search(group::REST)?, rules })
    }

    /// Appends the rules of which a literal was seen; a rule may come more than once.
    pub(super) fn candidates(&self, view: &View<'_>, known: &mut Headers, out: &mut SmallVec<[u32; 8]>) {
        let unusual = Cell::new(false);
        let scan = |text: &str, groups: u8, out: &mut SmallVec<[u32; 8]>| {
            unusual.set(unusual.get() || folds_to_ascii(text));
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
                if let Some(rules) = known.find(text, groups) {
                    out.extend_from_slice(rules);
                    continue;
                }
                let before = out.len();
                view.scan_header(text, groups, &mut |text| scan(text, groups, out));
                if !unusual.get() {
                    known.learn(text, groups, out.get(before..).unwrap_or_default());
                }
            }
        }
        if self.rest.automaton.is_some() {
            view.scan_rest(&mut |text| scan(text, group::REST, out));
        }
        if unusual.get() {
            out.clear();
            out.extend(0..self.rules);
        }
    }
}

/// Places of the memory of headers.
const HEADER_PLACES: usize = 512;
/// Longest header remembered, bytes.
const HEADER_BYTES_MAX: usize = 512;
/// Rules remembered of a header.
const HEADER_RULES_MAX: usize = 16;

/// User agents and referrers that were looked at, and the rules of which they hold a literal. Most requests carry one of a
/// few.
#[derive(Clone, Debug, Default)]
pub(super) struct Headers {
    places: Vec<Option<Header>>,
}

#[derive(Clone, Debug)]
struct Header {
    text: Box<str>,
    groups: u8,
    rules: SmallVec<[u32; 4]>,
}

impl Headers {
    /// Of the whole text: agents of one browser differ in a digit of its version only.
    fn place(text: &str, groups: u8) -> usize {
        usize::try_from(stable_hash(&(text, groups)) >> 32).unwrap_or(0) % HEADER_PLACES
    }

    /// The rules found in the header; `None` when it is not known.
    fn find(&self, text: &str, groups: u8) -> Option<&[u32]> {
        let known = self.places.get(Self::place(text, groups))?.as_ref()?;
        (*known.text == *text && known.groups == groups).then_some(&*known.rules)
    }

    fn learn(&mut self, text: &str, groups: u8, rules: &[u32]) {
        if text.len() > HEADER_BYTES_MAX || rules.len() > HEADER_RULES_MAX {
            return;
        }
        if self.places.is_empty() {
            self.places.resize(HEADER_PLACES, None);
        }
        if let Some(place) = self.places.get_mut(Self::place(text, groups)) {
            *place = Some(Header { text: text.into(), groups, rules: rules.into() });
        }
    }
}

/// Does the text hold a letter outside ASCII that becomes ASCII in lower case (KELVIN SIGN, capital I with dot)? The
/// engine would then match where a search over ASCII sees nothing, so the prefilter is left out.
fn folds_to_ascii(text: &str) -> bool {
    !text.is_ascii() && text.contains(['\u{212A}', '\u{130}', '\u{17F}'])
}
