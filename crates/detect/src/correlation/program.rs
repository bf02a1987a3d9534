//! A compiled correlation document.

use super::expr::{Expr, Scope, Type, Value, Values};
use super::fields::{Field, View, word};
use super::numbers::Measure;
use crate::attempts::stable_hash;
use rustc_hash::FxHashSet;
use vocab::{Class, Flags, Level};

/// Places of an expression that one state takes: its value and its parts.
pub(crate) const PARTS: usize = 8;
/// Parts of a state, by place after the value.
pub(crate) const PART_NAMES: [&str; PARTS] =
    ["", "low", "high", "rate", "readable", "median", "deviation", "count"];
/// Place of the first parameter.
pub(crate) const PARAMS: usize = 4_096;
/// States of a document.
pub(crate) const STATES_MAX: usize = 32;

/// A correlation document, checked and ready.
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) input: Input,
    pub(crate) key: Vec<Field>,
    /// Key of events by the place of the rule that they matched, where rules name the same thing differently (`aliases`).
    /// Empty = [`Program::key`] for all.
    pub(crate) key_by_rule: Vec<Vec<Field>>,
    /// Rules that it refers to make findings of their own (`generate`).
    pub(crate) generate: bool,
    /// Length of the sliding window, microseconds.
    pub(crate) window: i64,
    /// Silence that closes a finding, microseconds.
    pub(crate) close: i64,
    pub(crate) states: Vec<(String, State)>,
    /// Fields whose values are kept one by one.
    pub(crate) entities: Vec<Field>,
    pub(crate) when: Expr,
    pub(crate) levels: Vec<(Expr, Level)>,
    /// States shown in the finding; empty = all.
    pub(crate) output: Vec<String>,
    pub(crate) params: Vec<(String, f64)>,
    pub(crate) lists: Vec<(String, FxHashSet<String>)>,
    /// Other rules that it refers to, by id or name.
    pub(crate) rules: Vec<String>,
}

/// Which events come in.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) source: Source,
    /// Events with one of these marks stay out.
    pub(crate) not: Flags,
    pub(crate) when: Option<Expr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Attempts, each counted once (DT-FMT-16).
    Attempts,
    /// Events of a class.
    Class(Class),
    /// Events that one of [`Program::rules`] matched.
    Rules,
}

/// Which events count for a state.
#[derive(Clone, Debug)]
pub(crate) enum Filter {
    All,
    When(Expr),
    /// Matched by the rule with this place in [`Program::rules`].
    Rule(usize),
}

/// A state as declared.
#[derive(Clone, Debug)]
pub(crate) enum State {
    Count(Filter),
    /// Number of entities of a field.
    Distinct {
        entity: usize,
        filter: Filter,
    },
    /// Share of the entities for which something holds.
    Share {
        entity: usize,
        when: Expr,
        may_be_absent: bool,
    },
    /// Entities kept by name.
    Collect {
        entity: usize,
        filter: Filter,
        max: usize,
    },
    Ratio {
        part: usize,
        whole: usize,
    },
    Rounds {
        entity: usize,
    },
    Sequence {
        steps: Vec<Filter>,
        within: i64,
    },
    FirstSeen {
        field: Field,
        events: u64,
        length: i64,
    },
    Interval(Filter),
    Absence {
        least: i64,
    },
    /// A measure of a number in the window.
    Numbers {
        field: Field,
        measure: Measure,
    },
}

/// Names that an expression about an event may use.
pub(crate) struct EventScope<'a>(pub(crate) &'a [(String, FxHashSet<String>)]);

impl Scope for EventScope<'_> {
    fn resolve(&self, name: &str) -> Option<(Type, usize)> {
        let field = Field::parse(name).filter(|field| field.is_readable())?;
        Some((if field.is_number() { Type::Number } else { Type::Text }, field.place()))
    }

    fn list(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|(own, _)| own == name)
    }
}

/// Values of those names.
pub(crate) struct EventValues<'a> {
    pub(crate) view: View<'a>,
    pub(crate) lists: &'a [(String, FxHashSet<String>)],
}

impl Values for EventValues<'_> {
    fn value(&self, place: usize) -> Value<'_> {
        Field::at(place).map_or(Value::Absent, |field| self.view.value(field))
    }

    fn in_list(&self, list: usize, word: &str) -> bool {
        self.lists.get(list).is_some_and(|(_, words)| words.contains(&word.to_lowercase()))
    }

    fn has(&self, _place: usize, _property: &str) -> bool {
        false
    }
}

impl Program {
    /// Hash of a part of the key. Where the same thing has different names it is compared as text.
    pub(crate) fn hash(&self, view: View<'_>, field: Field) -> Option<u64> {
        if self.key_by_rule.is_empty() {
            return view.hash(field);
        }
        view.text(field).filter(|text| !text.is_empty()).map(|text| stable_hash(text.to_lowercase().as_str()))
    }

    /// Fields of the key of an event that matched these rules.
    pub(crate) fn key_of(&self, matched: u32) -> &[Field] {
        self.key_by_rule.get(matched.trailing_zeros() as usize).unwrap_or(&self.key)
    }

    /// Does the event count for this filter? `matched` holds the places of the rules that matched it.
    pub(crate) fn passes(&self, filter: &Filter, view: View<'_>, matched: u32) -> bool {
        match filter {
            Filter::All => true,
            Filter::When(expr) => expr.holds(&EventValues { view, lists: &self.lists }),
            Filter::Rule(place) => {
                matched & 1_u32.checked_shl(u32::try_from(*place).unwrap_or(32)).unwrap_or(0) != 0
            }
        }
    }

    /// Lists that hold the value of a field, a bit for each.
    pub(crate) fn lists_with(&self, view: View<'_>, field: Field) -> u32 {
        if self.lists.is_empty() {
            return 0;
        }
        let Some(word) = word(view, field) else { return 0 };
        let held = self.lists.iter().zip(0_u32..32).filter(|((_, words), _)| words.contains(&word));
        held.fold(0, |mask, (_, place)| mask | 1 << place)
    }
}
