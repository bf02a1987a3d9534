//! Sigma rules (detection.md 5.5): compiled by our own code, matched on normalised events (DT-RUL-19).
//!
//! [`Engine::load`] takes the Sigma documents of the rule set and reports each that it refuses. A rule becomes a tree over
//! *leaves*, questions to one field that all rules share. For each kind of record (log source, and event id of Windows
//! records) a *plan* holds the rules that apply, without what is known beforehand. Every rule of a plan has a *guard*:
//! leaves of which one holds in every record that the rule matches. [`Engine::matches`] looks at one event: the values are
//! looked up in tables of guards (whole values and numbers by hash, ends by their outermost bytes, other texts by one
//! automaton a field), and the trees of the few rules found are evaluated, each leaf at most once. What a value of a field
//! led to is remembered, because logs repeat themselves.

mod compile;
mod eval;
mod explain;
mod find;
mod guard;
mod index;
mod kind;
mod leaf;
mod literal;
mod load;
mod modifiers;
mod needles;
mod pattern;
mod plan;
mod plans;
mod prefilter;
mod record;
mod slot;
mod sources;
mod test;
mod text;
mod values;
mod view;

pub use explain::{Explanation, Selection, Step};
pub use kind::{family, kind_by_tags};
pub use load::Document;

use crate::RuleIndex;
use eval::{Memory, Run, Scratch};
use find::Candidates;
use leaf::{Node, Subject};
use load::Rules;
use plan::Plan;
use plans::Plans;
use record::{Datum, Placed, Record};
use smallvec::SmallVec;
use sources::Sources;
use std::sync::Arc;
use values::Values;
use view::View;
use vocab::Event;

/// Longest value of a matched field that is shown, bytes.
const VALUE_BYTES_MAX: usize = 2048;

/// The stateless rules. Cheap to clone: clones share the rules and their plans, and keep their own memory for the record
/// under evaluation, so each thread takes one.
#[derive(Clone, Default)]
pub struct Engine {
    rules: Arc<Rules>,
    plans: Plans,
    scratch: Scratch,
    candidates: Candidates,
    values: Values,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Engine").field("rules", &self.rules.loaded.len()).finish_non_exhaustive()
    }
}

impl Engine {
    /// Loads documents, in order of their numbers. What cannot be loaded is listed with its reason (DT-RUL-02).
    #[must_use]
    pub fn load<'t>(documents: impl IntoIterator<Item = Document<'t>>) -> (Self, Vec<(RuleIndex, String)>) {
        let (rules, refused) = load::load(documents);
        let plans = Plans::new(plan::named_ids(&rules.table));
        (Self { rules: Arc::new(rules), plans, ..Self::default() }, refused)
    }

    /// Appends the rules that match the event, in order of their numbers, each once (DT-COR-23).
    pub fn matches(&mut self, event: &Event<'_>, out: &mut SmallVec<[RuleIndex; 2]>) {
        self.each(event, true, &mut |found| out.push(found.index));
    }

    /// As [`Engine::matches`], with the fields and values that made each rule match, as `sekisho detect` shows them.
    pub fn raw(&mut self, event: &Event<'_>, out: &mut Vec<RawMatch>) {
        self.each(event, true, &mut |found| {
            out.push(RawMatch { rule: found.index, fields: fields(event, found) })
        });
    }

    /// As [`Engine::matches`], in the slow and obvious way: every rule of the log source, every leaf anew, no table and no
    /// memory. For comparison (DT-RUL-19).
    pub fn matches_slowly(&self, event: &Event<'_>, out: &mut SmallVec<[RuleIndex; 2]>) {
        let (sources, view) = (Sources::of(event), View::new(event));
        for loaded in &self.rules.loaded {
            if sources.accept(&loaded.source)
                && loaded.root.holds(&mut |leaf| leaf_holds(&self.rules, &view, leaf))
            {
                out.push(loaded.index);
            }
        }
    }

    /// Appends the rules that are left to be evaluated on the event, for statistics of rules (DT-RUL-12).
    pub fn candidates(&mut self, event: &Event<'_>, out: &mut Vec<RuleIndex>) {
        self.each(event, false, &mut |found| out.push(found.index));
    }

    /// Why the rule matches or does not match the event; `None` when the engine has no such rule.
    #[must_use]
    pub fn explain(&self, rule: RuleIndex, event: &Event<'_>) -> Option<Explanation> {
        let loaded = self.rules.loaded.iter().find(|loaded| loaded.index == rule)?;
        let applies = Sources::of(event).accept(&loaded.source);
        Some(explain::explain(loaded, applies, &self.rules.table, &View::new(event)))
    }

    /// For the log source of the event: rules that apply, rules that are evaluated on every event.
    #[must_use]
    pub fn plan_size(&mut self, event: &Event<'_>) -> (usize, usize) {
        let held = self.plans.of(event, &self.rules);
        held.map_or((0, 0), |(held, _)| (held.plan.rules.len(), held.plan.always.len()))
    }

    /// Calls `each` with the rules that match, or with all candidates when they are not to be evaluated.
    fn each(&mut self, event: &Event<'_>, evaluate: bool, each: &mut dyn FnMut(&mut Found<'_, '_>)) {
        let Self { rules, plans, scratch, candidates, values } = self;
        let rules: &Rules = rules;
        let Some((held, located)) = plans.of(event, rules) else { return };
        let plan = &*held.plan;
        if plan.rules.is_empty() {
            return;
        }
        scratch.begin(plan.leaves.len(), plan.fields.len());
        let view = View::new(event);
        let placed = Placed { event, located };
        let record: &dyn Record = if record::is_windows(event) { &placed } else { &view };
        let mut memory = Memory { values, habits: &mut held.habits, plan: held.number };
        let table = &rules.table;
        find::candidates(
            plan,
            (&view, &placed),
            (&mut held.headers, &mut memory),
            (table, scratch),
            candidates,
        );
        let mut run = Run { table, leaves: &plan.leaves, record, scratch, memory };
        for rule in candidates.iter().filter_map(|place| plan.rules.get(*place as usize)) {
            if !evaluate || run.holds(&rule.root) {
                let Some(loaded) = rules.loaded.get(rule.rule as usize) else { continue };
                each(&mut Found { index: loaded.index, root: &loaded.root, plan, run: &mut run });
            }
        }
    }
}

/// A rule that matches a record.
struct Found<'f, 'r> {
    index: RuleIndex,
    /// Its whole condition, over leaves of the table.
    root: &'f Node,
    plan: &'f Plan,
    run: &'f mut Run<'r>,
}

impl Found<'_, '_> {
    /// Leaves of the table that made the rule match.
    fn reasons(&mut self) -> Vec<u32> {
        let (mut leaves, plan, run) = (Vec::new(), self.plan, &mut *self.run);
        let mut holds = |leaf: u32| match plan.numbers.get(&leaf) {
            Some(number) => run.leaf(*number),
            // Known before the record was looked at, and not part of the plan.
            None => run
                .table
                .leaves
                .get(leaf as usize)
                .is_some_and(|leaf| eval::slowly(run.table, leaf, usize::MAX, run.record)),
        };
        self.root.reasons(&mut holds, &mut leaves);
        leaves
    }
}

/// Is a leaf of the table true of the record?
fn leaf_holds(rules: &Rules, record: &dyn Record, leaf: u32) -> bool {
    let leaf = rules.table.leaves.get(leaf as usize);
    leaf.is_some_and(|leaf| eval::slowly(&rules.table, leaf, usize::MAX, record))
}

/// A stateless rule that matched one event, for `sekisho detect`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawMatch {
    /// The rule.
    pub rule: RuleIndex,
    /// Names and values of the fields that matched; values may be hostile, at most 2,048 bytes each.
    pub fields: Vec<(String, String)>,
}

/// Fields that made the rule match; the message where only keywords did.
fn fields(event: &Event<'_>, found: &mut Found<'_, '_>) -> Vec<(String, String)> {
    let leaves = found.reasons();
    let (table, record, plan) = (found.run.table, found.run.record, found.plan);
    let mut fields: Vec<(String, String)> = Vec::with_capacity(leaves.len());
    for number in leaves {
        let Some(leaf) = table.leaves.get(number as usize) else { continue };
        let Subject::Field(field) = leaf.subject else { continue };
        let Some(field) = table.fields.get(field as usize) else { continue };
        if fields.iter().any(|(name, _)| **name == *field.name) {
            continue;
        }
        record.values(plan.place(number), field, &mut |value| {
            let Datum::Text(text) = value else { return false };
            fields.push((field.name.to_string(), cut(&text).to_owned()));
            true
        });
    }
    if fields.is_empty()
        && let Some(message) = event.message.as_deref()
    {
        fields.push(("message".to_owned(), cut(message).to_owned()));
    }
    fields
}

fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(VALUE_BYTES_MAX)).unwrap_or(text)
}

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod traps;
