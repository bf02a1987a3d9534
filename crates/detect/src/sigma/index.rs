//! Which leaves may hold for a value of one field: looked up, not tried.

use super::leaf::{Ask, Leaf};
use super::test::{Op, Test};
use super::text::number::{Bound, Number};
use super::text::{fold, literals};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// Texts of one automaton up to this size, bytes, make a table that reads one entry a byte.
const TABLE_BYTES_MAX: usize = 32_000;
/// Texts that every other record holds.
const COMMON: [&str; 20] = [
    "true",
    "false",
    ".exe",
    ".dll",
    "http",
    "https",
    "://",
    "system",
    "windows",
    "c:\\",
    "\\windows\\",
    "software",
    "microsoft",
    "powershell",
    "\\powershell.exe",
    "\\cmd.exe",
    "\\system32\\",
    "cmd.exe",
    "svchost.exe",
    "program",
];

/// Numbers of leaves.
type Hits = SmallVec<[u32; 2]>;

/// What is looked up for a test.
enum Key {
    Exact(String),
    Prefix(String),
    Suffix(String),
    /// One of them stands in the value.
    Within(Vec<String>),
    Number(i64),
    /// Nothing but that the field is there.
    Present,
}

impl Key {
    fn of(test: &Test) -> Self {
        match test {
            Test::Text { own, .. } if own.is_empty() => Self::Present,
            Test::Text { op, own, .. } => {
                let own = fold::fold(own).into_owned();
                match op {
                    Op::Exact => Self::Exact(own),
                    Op::Starts => Self::Prefix(own),
                    Op::Ends => Self::Suffix(own),
                    Op::Contains => Self::Within(vec![own]),
                }
            }
            Test::Glob { glob, .. } => Self::within(literals::of_glob(glob)),
            Test::Regex(pattern) => Self::within(literals::of_regex(pattern.as_str())),
            Test::Number(Bound::Equal, Number::Whole(whole)) => Self::Number(*whole),
            Test::Number(..) | Test::Cidr(_) | Test::Bool(_) | Test::Time(..) | Test::Field { .. } => {
                Self::Present
            }
        }
    }

    fn within(texts: Vec<String>) -> Self {
        if texts.is_empty() { Self::Present } else { Self::Within(texts) }
    }

    /// How rarely it is found, 1 for always.
    fn worth(&self) -> u32 {
        let of_text = |text: &str, base: usize| {
            let length = if COMMON.contains(&text) { 1 } else { text.len().min(16) };
            u32::try_from(base + length).unwrap_or(u32::MAX)
        };
        match self {
            Self::Exact(text) => of_text(text, 6),
            Self::Prefix(text) => of_text(text, 2),
            Self::Suffix(text) => of_text(text, 3),
            Self::Within(texts) => texts.iter().map(|text| of_text(text, 0)).min().unwrap_or(1),
            Self::Number(_) => 6,
            Self::Present => 1,
        }
    }
}

/// How telling a leaf is; `None` when it can hold for an absent field.
pub(super) fn worth(leaf: &Leaf) -> Option<u32> {
    match &leaf.ask {
        Ask::Any { or_null: true, .. } => None,
        Ask::Any { tests, .. } => tests.iter().map(|test| Key::of(test).worth()).min(),
        Ask::Exists | Ask::Present => Some(1),
    }
}

/// Ends of values, by their outermost bytes.
#[derive(Debug, Default)]
struct Ends {
    by_bytes: [FxHashMap<u128, SmallVec<[u32; 1]>>; 3],
    short: Vec<u32>,
    entries: Vec<(Box<str>, Hits)>,
}

/// Bytes by which ends are looked up, the most telling first.
const END_BYTES: [usize; 3] = [16, 8, 4];

impl Ends {
    fn key(bytes: &[u8]) -> u128 {
        bytes.iter().fold(0, |key, byte| key << 8 | u128::from(*byte))
    }

    fn add(&mut self, own: &str, outer: impl Fn(&[u8], usize) -> Option<u128>, leaf: u32) {
        if let Some((_, hits)) = self.entries.iter_mut().find(|(known, _)| **known == *own) {
            hits.push(leaf);
            return;
        }
        let entry = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.entries.push((own.into(), Hits::from_slice(&[leaf])));
        for (table, length) in self.by_bytes.iter_mut().zip(END_BYTES) {
            if let Some(key) = outer(own.as_bytes(), length) {
                table.entry(key).or_default().push(entry);
                return;
            }
        }
        self.short.push(entry);
    }

    fn find(
        &self,
        text: &str,
        outer: impl Fn(&[u8], usize) -> Option<u128>,
        fits: impl Fn(&str) -> bool,
        hit: &mut impl FnMut(u32),
    ) {
        let mut look = |entries: &[u32]| {
            for entry in entries {
                if let Some((own, hits)) = self.entries.get(*entry as usize)
                    && fits(own)
                {
                    hits.iter().for_each(|leaf| hit(*leaf));
                }
            }
        };
        for (table, length) in self.by_bytes.iter().zip(END_BYTES) {
            if !table.is_empty()
                && let Some(key) = outer(text.as_bytes(), length)
                && let Some(entries) = table.get(&key)
            {
                look(entries);
            }
        }
        look(&self.short);
    }
}

fn first(bytes: &[u8], length: usize) -> Option<u128> {
    bytes.get(..length).map(Ends::key)
}

fn last(bytes: &[u8], length: usize) -> Option<u128> {
    bytes.len().checked_sub(length).and_then(|from| bytes.get(from..)).map(Ends::key)
}

/// Texts that stand anywhere in a value.
#[derive(Debug)]
struct Within {
    automaton: AhoCorasick,
    hits: Vec<Hits>,
}

/// The tables of one field, or of all texts for keywords.
#[derive(Debug, Default)]
pub(super) struct Index {
    exact: FxHashMap<Box<str>, Hits>,
    numbers: FxHashMap<i64, Hits>,
    prefixes: Ends,
    suffixes: Ends,
    within: Option<Within>,
    present: Hits,
}

impl Index {
    /// Tables for leaves with their numbers.
    pub(super) fn new<'l>(leaves: impl Iterator<Item = (u32, &'l Leaf)>) -> Self {
        let (mut own, mut texts) = (Self::default(), FxHashMap::<String, Hits>::default());
        for (number, leaf) in leaves {
            let Ask::Any { tests, .. } = &leaf.ask else {
                own.present.push(number);
                continue;
            };
            for test in tests {
                match Key::of(test) {
                    Key::Exact(text) => own.exact.entry(text.into()).or_default().push(number),
                    Key::Number(whole) => own.numbers.entry(whole).or_default().push(number),
                    Key::Prefix(text) => own.prefixes.add(&text, first, number),
                    Key::Suffix(text) => own.suffixes.add(&text, last, number),
                    Key::Within(within) => {
                        within.into_iter().for_each(|text| texts.entry(text).or_default().push(number));
                    }
                    Key::Present => own.present.push(number),
                }
            }
        }
        own.build(texts);
        own
    }

    fn build(&mut self, texts: FxHashMap<String, Hits>) {
        if texts.is_empty() {
            return;
        }
        let mut texts: Vec<(String, Hits)> = texts.into_iter().collect();
        texts.sort_unstable();
        let bytes: usize = texts.iter().map(|(text, _)| text.len()).sum();
        let kind =
            if bytes <= TABLE_BYTES_MAX { AhoCorasickKind::DFA } else { AhoCorasickKind::ContiguousNFA };
        let built = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(kind))
            .build(texts.iter().map(|(text, _)| text));
        match built {
            Ok(automaton) => {
                self.within =
                    Some(Within { automaton, hits: texts.into_iter().map(|(_, hits)| hits).collect() });
            }
            // Too large to build: the leaves are tried whenever the field is there.
            Err(_) => self.present.extend(texts.into_iter().flat_map(|(_, hits)| hits)),
        }
    }

    /// Do leaves hold wherever the field is there, even as null?
    pub(super) fn has_present(&self) -> bool {
        !self.present.is_empty()
    }

    /// Calls `hit` with the leaves that may hold wherever the field is there.
    pub(super) fn each_present(&self, hit: &mut impl FnMut(u32)) {
        self.present.iter().for_each(|leaf| hit(*leaf));
    }

    /// As [`Index::find`], over all texts of a record, together where that says the same.
    pub(super) fn find_in_all<'t>(
        &self,
        all: &str,
        texts: impl Iterator<Item = &'t str>,
        hit: &mut impl FnMut(u32),
    ) {
        let only_within = self.exact.is_empty()
            && self.numbers.is_empty()
            && self.prefixes.entries.is_empty()
            && self.suffixes.entries.is_empty()
            && self.present.is_empty();
        if only_within {
            self.find_within(all, hit);
        } else {
            texts.for_each(|text| self.find(text, hit));
        }
    }

    /// Calls `hit` with the leaves that may hold for a folded value; a leaf may come more than once.
    pub(super) fn find(&self, text: &str, hit: &mut impl FnMut(u32)) {
        self.present.iter().for_each(|leaf| hit(*leaf));
        if !self.exact.is_empty()
            && let Some(hits) = self.exact.get(text)
        {
            hits.iter().for_each(|leaf| hit(*leaf));
        }
        if !self.numbers.is_empty()
            && let Some(whole) = Number::parse(text).and_then(Number::whole)
            && let Some(hits) = self.numbers.get(&whole)
        {
            hits.iter().for_each(|leaf| hit(*leaf));
        }
        if !self.prefixes.entries.is_empty() {
            self.prefixes.find(text, first, |own| text.starts_with(own), hit);
        }
        if !self.suffixes.entries.is_empty() {
            self.suffixes.find(text, last, |own| text.ends_with(own), hit);
        }
        self.find_within(text, hit);
    }

    fn find_within(&self, text: &str, hit: &mut impl FnMut(u32)) {
        if let Some(within) = &self.within {
            for found in within.automaton.find_overlapping_iter(text) {
                if let Some(hits) = within.hits.get(found.pattern().as_usize()) {
                    hits.iter().for_each(|leaf| hit(*leaf));
                }
            }
        }
    }
}
