//! Leaves that ask whether one of several texts stands in a value: searched for together.

use super::leaf::{Ask, Leaf};
use super::test::{Op, Test};
use aho_corasick::AhoCorasick;
use memchr::memmem::Finder;

/// How a leaf about a field is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeafKind {
    /// All tests are plain text anywhere in the folded value.
    Contains,
    /// All tests are about the folded value.
    Folded,
    /// Some tests are, others are about the value as it is.
    Mixed,
    /// No test is about the folded value.
    Raw,
}

impl LeafKind {
    /// The kind of the leaf.
    pub(super) fn of(leaf: &Leaf) -> Self {
        let Ask::Any { tests, .. } = &leaf.ask else { return Self::Raw };
        let contains = |test: &Test| matches!(test, Test::Text { op: Op::Contains, cased: false, .. });
        if tests.is_empty() || !tests.iter().any(Test::on_folded) {
            Self::Raw
        } else if tests.iter().all(contains) {
            Self::Contains
        } else if tests.iter().all(Test::on_folded) {
            Self::Folded
        } else {
            Self::Mixed
        }
    }
}

/// The texts, ready to be searched for.
#[derive(Debug)]
pub(super) enum Needles {
    /// One.
    One(Box<Finder<'static>>),
    /// Several together.
    Several(AhoCorasick),
    /// Several for which there is no room together.
    Each(Vec<Finder<'static>>),
}

impl Needles {
    /// Those of a leaf of the kind [`LeafKind::Contains`].
    pub(super) fn of(leaf: &Leaf) -> Self {
        let texts: Vec<&str> = match &leaf.ask {
            Ask::Any { tests, .. } => tests
                .iter()
                .filter_map(|test| match test {
                    Test::Text { own, .. } => Some(&**own),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        let finder = |text: &&str| Finder::new(text.as_bytes()).into_owned();
        if let [only] = texts.as_slice() {
            return Self::One(Box::new(finder(only)));
        }
        match AhoCorasick::new(&texts) {
            Ok(automaton) => Self::Several(automaton),
            Err(_) => Self::Each(texts.iter().map(finder).collect()),
        }
    }

    /// Does one of them stand in the text?
    pub(super) fn stand_in(&self, text: &str) -> bool {
        match self {
            Self::One(finder) => finder.find(text.as_bytes()).is_some(),
            Self::Several(automaton) => automaton.is_match(text),
            Self::Each(finders) => finders.iter().any(|finder| finder.find(text.as_bytes()).is_some()),
        }
    }
}
