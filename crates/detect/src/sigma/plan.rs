//! What is to be evaluated for one kind of record: the rules that apply, and how those that can match are found.

use super::compile::Table;
use super::eval::PlanLeaf;
use super::guard;
use super::index::{self, Index};
use super::leaf::{Ask, Leaf, Node, Subject};
use super::literal::{self, Literal};
use super::load::Loaded;
use super::prefilter::Prefilter;
use super::sources::Sources;
use super::test::Test;
use super::text::number::{Bound, Number};
use rustc_hash::FxHashMap;

/// What is known of the event id of a Windows record before it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum EventId {
    /// Nothing.
    Open,
    /// It is this number, which some rule names.
    Known(i64),
    /// It is a number that no rule names.
    Other,
}

/// A rule of a plan.
#[derive(Debug)]
pub(super) struct PlanRule {
    /// Its place in the engine.
    pub(super) rule: u32,
    /// What remains of its condition, over the leaves of the plan.
    pub(super) root: Node,
}

/// How candidates are found.
#[derive(Debug)]
pub(super) enum Finder {
    /// Every rule is tried.
    None,
    /// By literals in the texts of a normalised event.
    Texts(Box<Prefilter>),
    /// By tables for each field of a Windows record, and one for keywords.
    Fields { by_place: Vec<Option<Box<Index>>>, keywords: Option<Box<Index>> },
}

/// Rules of one kind of record.
#[derive(Debug)]
pub(super) struct Plan {
    /// In order of their numbers.
    pub(super) rules: Vec<PlanRule>,
    pub(super) leaves: Vec<PlanLeaf>,
    /// Number of a leaf in the plan by its number in the table.
    pub(super) numbers: FxHashMap<u32, u32>,
    /// Fields by their number in the plan.
    pub(super) fields: Vec<u32>,
    /// Number in the plan by the name of a field.
    pub(super) names: FxHashMap<Box<str>, u32>,
    /// By leaf: the rules that it makes candidates.
    pub(super) guarded: Vec<Vec<u32>>,
    /// Rules that are evaluated on every record.
    pub(super) always: Vec<u32>,
    pub(super) finder: Finder,
}

impl Plan {
    /// The plan for the log sources; that of Windows records has their event id and tables by field.
    pub(super) fn new(sources: &Sources, loaded: &[Loaded], table: &Table, windows: Option<EventId>) -> Self {
        let mut own = Self {
            rules: Vec::new(),
            leaves: Vec::new(),
            numbers: FxHashMap::default(),
            fields: Vec::new(),
            names: FxHashMap::default(),
            guarded: Vec::new(),
            always: Vec::new(),
            finder: Finder::None,
        };
        let id_field = table.find("EventID");
        let mut numbers: FxHashMap<u32, u32> = FxHashMap::default();
        for (rule, loaded) in (0..).zip(loaded) {
            if !sources.accept(&loaded.source) {
                continue;
            }
            let root = loaded.root.map(&mut |number| {
                let Some(leaf) = table.leaves.get(number as usize) else { return Node::Known(false) };
                if let (Some(id), Some(field)) = (windows, id_field)
                    && let Some(truth) = of_event_id(leaf, field, id)
                {
                    return Node::Known(truth);
                }
                Node::Leaf(*numbers.entry(number).or_insert_with(|| own.add(number, leaf)))
            });
            if root != Node::Known(false) {
                own.rules.push(PlanRule { rule, root });
            }
        }
        own.numbers = numbers;
        own.guarded.resize_with(own.leaves.len(), Vec::new);
        if windows.is_some() {
            own.guard_fields(table)
        } else {
            own.guard_texts(table)
        }
        for field in &own.fields {
            if let Some(name) = table.fields.get(*field as usize) {
                let place = u32::try_from(own.names.len()).unwrap_or(u32::MAX);
                own.names.insert(name.name.clone(), place);
            }
        }
        own
    }

    fn add(&mut self, number: u32, leaf: &Leaf) -> u32 {
        let place = match leaf.subject {
            Subject::Keywords => u32::MAX,
            Subject::Field(field) => {
                let place = self.fields.iter().position(|known| *known == field).unwrap_or_else(|| {
                    self.fields.push(field);
                    self.fields.len() - 1
                });
                u32::try_from(place).unwrap_or(u32::MAX)
            }
        };
        self.leaves.push(PlanLeaf { leaf: number, place });
        u32::try_from(self.leaves.len() - 1).unwrap_or(u32::MAX)
    }

    /// Number in the plan of the field that a leaf of the table is about; out of range where the plan has not the leaf.
    pub(super) fn place(&self, leaf: u32) -> usize {
        let own = self.numbers.get(&leaf).and_then(|number| self.leaves.get(*number as usize));
        own.map_or(usize::MAX, |own| own.place as usize)
    }

    fn leaf<'t>(&self, table: &'t Table, number: u32) -> Option<&'t Leaf> {
        table.leaves.get(self.leaves.get(number as usize)?.leaf as usize)
    }

    /// Gives every rule its guard, and calls `each` with the leaves that guard any.
    fn guard(&mut self, worth: &dyn Fn(u32) -> Option<u32>) {
        for (rule, own) in (0..).zip(&self.rules) {
            let Some(guard) = guard::of(&own.root, worth) else {
                self.always.push(rule);
                continue;
            };
            for leaf in guard.leaves {
                if let Some(rules) = self.guarded.get_mut(leaf as usize) {
                    rules.push(rule);
                }
            }
        }
    }

    fn guard_fields(&mut self, table: &Table) {
        let worth: Vec<Option<u32>> =
            (0..).zip(&self.leaves).map(|(number, _)| index::worth(self.leaf(table, number)?)).collect();
        self.guard(&|leaf| worth.get(leaf as usize).copied().flatten());
        let mut by_place: Vec<Vec<u32>> = vec![Vec::new(); self.fields.len()];
        let mut keywords = Vec::new();
        for (number, leaf) in (0..).zip(&self.leaves) {
            if self.guarded.get(number as usize).is_some_and(|rules| !rules.is_empty()) {
                by_place.get_mut(leaf.place as usize).unwrap_or(&mut keywords).push(number);
            }
        }
        let tables = |numbers: Vec<u32>| {
            let leaves = numbers.iter().filter_map(|number| Some((*number, self.leaf(table, *number)?)));
            (!numbers.is_empty()).then(|| Box::new(Index::new(leaves)))
        };
        let (by_place, keywords) = (by_place.into_iter().map(tables).collect(), tables(keywords));
        self.finder = Finder::Fields { by_place, keywords };
    }

    fn guard_texts(&mut self, table: &Table) {
        let literals: Vec<Option<Vec<Literal>>> = (0..)
            .zip(&self.leaves)
            .map(|(number, _)| literal::of_leaf(self.leaf(table, number)?, table))
            .collect();
        let of = |leaf: u32| literals.get(leaf as usize).and_then(Option::as_deref);
        self.guard(&|leaf| of(leaf).map(literal::worth));
        let owned = (0..).zip(&self.guarded).flat_map(|(leaf, rules)| {
            let texts = of(leaf).unwrap_or_default();
            texts.iter().flat_map(|(text, groups)| rules.iter().map(|rule| (text.as_str(), *groups, *rule)))
        });
        let rules = u32::try_from(self.rules.len()).unwrap_or(u32::MAX);
        match Prefilter::new(owned, rules) {
            Some(prefilter) => self.finder = Finder::Texts(Box::new(prefilter)),
            None => self.always = (0..rules).collect(),
        }
    }
}

/// Truth of a leaf about the event id, as far as it is known beforehand.
fn of_event_id(leaf: &Leaf, field: u32, id: EventId) -> Option<bool> {
    let Ask::Any { tests, or_null: false } = &leaf.ask else { return None };
    if leaf.subject != Subject::Field(field) {
        return None;
    }
    match id {
        EventId::Open => None,
        EventId::Known(id) => {
            let text = id.to_string();
            let pure = tests.iter().all(|test| !matches!(test, Test::Field { .. }));
            pure.then(|| tests.iter().any(|test| test.holds(&text)))
        }
        EventId::Other => tests.iter().all(|test| named(test).is_some()).then_some(false),
    }
}

/// The one event id that passes the test.
pub(super) fn named(test: &Test) -> Option<i64> {
    match test {
        Test::Number(Bound::Equal, Number::Whole(whole)) => Some(*whole),
        Test::Text { op: super::test::Op::Exact, own, .. } => {
            let whole: i64 = own.parse().ok()?;
            (whole.to_string() == **own).then_some(whole)
        }
        _ => None,
    }
}

/// Every event id that a rule names, so that plans are made for these only.
pub(super) fn named_ids(table: &Table) -> rustc_hash::FxHashSet<i64> {
    let Some(field) = table.find("EventID") else { return rustc_hash::FxHashSet::default() };
    let tests =
        table.leaves.iter().filter(|leaf| leaf.subject == Subject::Field(field)).flat_map(|leaf| match &leaf
            .ask
        {
            Ask::Any { tests, .. } => tests.as_ref(),
            _ => &[],
        });
    tests.filter_map(named).collect()
}
