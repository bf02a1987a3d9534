//! Which rules of a plan can match a record.

use super::compile::Table;
use super::eval::{Memory, Scratch};
use super::index::Index;
use super::plan::{Finder, Plan};
use super::prefilter::Headers;
use super::record::{Placed, Record as _};
use super::view::View;
use smallvec::SmallVec;

/// Numbers of rules in a plan.
pub(super) type Candidates = SmallVec<[u32; 8]>;

/// Fills in the rules that can match, in order of their numbers, each once.
pub(super) fn candidates(
    plan: &Plan,
    (view, record): (&View<'_>, &Placed<'_>),
    (headers, memory): (&mut Headers, &mut Memory<'_>),
    (table, scratch): (&Table, &mut Scratch),
    out: &mut Candidates,
) {
    out.clear();
    out.extend_from_slice(&plan.always);
    match &plan.finder {
        Finder::None => {}
        Finder::Texts(prefilter) => prefilter.candidates(view, headers, out),
        Finder::Fields { by_place, keywords } => {
            if keywords.is_some() {
                scratch.fold_all(record);
            }
            for ((place, index), field) in (0..).zip(by_place).zip(&plan.fields) {
                let Some(index) = index else { continue };
                let slot = scratch.slot(memory, record, place);
                if let Some(rules) = slot.and_then(|slot| memory.values.rules(slot)) {
                    out.extend_from_slice(rules);
                    continue;
                }
                let before = out.len();
                let span = scratch.fold(table, record, place, *field);
                if !Scratch::is_empty(span) {
                    look_up(plan, index, scratch.texts(span), out);
                } else if index.has_present() && record_has(table, record, place, *field) {
                    index.each_present(&mut |leaf| queue(plan, leaf, out));
                }
                if let (Some(slot), Some(rules)) = (slot, out.get(before..)) {
                    memory.values.learn_rules(slot, rules);
                }
            }
            if let Some(index) = keywords {
                index.find_in_all(scratch.all(), scratch.each(), &mut |leaf| queue(plan, leaf, out));
            }
        }
    }
    if out.len() > 1 {
        out.sort_unstable();
        out.dedup();
    }
}

fn look_up<'t>(plan: &Plan, index: &Index, texts: impl Iterator<Item = &'t str>, out: &mut Candidates) {
    for text in texts {
        index.find(text, &mut |leaf| queue(plan, leaf, out));
    }
}

fn queue(plan: &Plan, leaf: u32, out: &mut Candidates) {
    if let Some(rules) = plan.guarded.get(leaf as usize) {
        out.extend_from_slice(rules);
    }
}

/// Is the field there, if only as null?
fn record_has(table: &Table, record: &Placed<'_>, place: u32, field: u32) -> bool {
    let field = table.fields.get(field as usize);
    field.is_some_and(|field| record.values(place as usize, field, &mut |_| true))
}
