//! Evaluation: leaves of a record, each at most once, only when a condition asks for it.

use super::compile::Table;
use super::leaf::{Ask, Leaf, Node, Subject};
use super::needles::LeafKind;
use super::record::{self, Datum, Placed, Record};
use super::test::{Op, Test};
use super::text::fold;
use super::values::{Habit, SlotId, Values};
use smallvec::SmallVec;

/// A leaf of a plan: its number in the table, and the number of its field in the plan.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlanLeaf {
    pub(super) leaf: u32,
    pub(super) place: u32,
}

/// What is remembered while one record is looked at. Kept between records for its memory only.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    /// Number of the record; what carries another number is of an earlier one.
    stamp: u32,
    /// By leaf of the plan: stamp and truth.
    memo: Vec<(u32, bool)>,
    /// By field of the plan: stamp and the range of its values in `spans`.
    folded: Vec<(u32, u32, u32)>,
    /// By field of the plan: stamp and where its only value is remembered.
    slots: Vec<(u32, Option<SlotId>)>,
    spans: Vec<(u32, u32)>,
    arena: String,
    /// By field of a Windows record: stamp and place of its folded value in `arena`.
    extra: Vec<(u32, u32, u32)>,
    /// End of the folded texts of the whole record in `arena`.
    all: usize,
}

/// Stands between the texts of a record when they are looked through together.
const BETWEEN: char = '\0';

impl Scratch {
    /// Begins a record of a plan with so many leaves and fields.
    pub(super) fn begin(&mut self, leaves: usize, fields: usize) {
        self.arena.clear();
        self.spans.clear();
        self.all = 0;
        if self.stamp == u32::MAX {
            *self = Self::default();
        }
        self.stamp += 1;
        if self.memo.len() < leaves {
            self.memo.resize(leaves, (0, false));
        }
        if self.folded.len() < fields {
            self.folded.resize(fields, (0, 0, 0));
            self.slots.resize(fields, (0, None));
        }
    }

    /// Is the range without values?
    pub(super) const fn is_empty((from, to): (u32, u32)) -> bool {
        from >= to
    }

    /// Folds every text of a Windows record that keywords look into.
    pub(super) fn fold_all(&mut self, record: &Placed<'_>) {
        if self.extra.len() < record.event.extra.len() {
            self.extra.resize(record.event.extra.len(), (0, 0, 0));
        }
        for at in &record.located.texts {
            let at = usize::from(*at);
            let Some(Datum::Text(text)) = record.event.extra.get(at).map(record::datum) else { continue };
            let start = count(self.arena.len());
            fold::fold_into(&text, &mut self.arena);
            if let Some(known) = self.extra.get_mut(at) {
                *known = (self.stamp, start, count(self.arena.len()));
            }
            self.arena.push(BETWEEN);
        }
        self.all = self.arena.len();
    }

    /// The texts of the whole record, [`BETWEEN`] after each.
    pub(super) fn all(&self) -> &str {
        self.arena.get(..self.all).unwrap_or_default()
    }

    /// The texts of the whole record, one by one.
    pub(super) fn each(&self) -> impl Iterator<Item = &str> {
        let own = self.extra.iter().filter(|(stamp, ..)| *stamp == self.stamp);
        own.filter_map(|(_, start, end)| self.arena.get(*start as usize..*end as usize))
    }

    /// Are the values at these places folded already? Then they are taken.
    fn take_folded(&mut self, places: &[u16]) -> bool {
        let known = |at: &u16| self.extra.get(usize::from(*at)).filter(|(stamp, ..)| *stamp == self.stamp);
        if !places.iter().all(|at| known(at).is_some()) {
            return false;
        }
        let spans = places.iter().filter_map(known).map(|(_, start, end)| (*start, *end));
        self.spans.extend(spans);
        true
    }

    /// Where the only value of a field is remembered.
    pub(super) fn slot<R: Record + ?Sized>(
        &mut self,
        memory: &mut Memory<'_>,
        record: &R,
        place: u32,
    ) -> Option<SlotId> {
        let (stamp, slot) = self.slots.get_mut(place as usize)?;
        if *stamp != self.stamp {
            let habit = memory.habits.get_mut(place as usize)?;
            let text = record.only_text(place as usize);
            *stamp = self.stamp;
            *slot = text.and_then(|text| memory.values.find((memory.plan, place), text, habit));
        }
        *slot
    }

    /// Range in `spans` of the folded values of a field.
    pub(super) fn fold<R: Record + ?Sized>(
        &mut self,
        table: &Table,
        record: &R,
        place: u32,
        field: u32,
    ) -> (u32, u32) {
        if let Some((stamp, from, to)) = self.folded.get(place as usize).copied()
            && stamp == self.stamp
        {
            return (from, to);
        }
        let from = count(self.spans.len());
        if record.places(place as usize).is_some_and(|places| self.take_folded(places)) {
            // Done.
        } else if let Some(field) = table.fields.get(field as usize) {
            record.values(place as usize, field, &mut |value| {
                if let Datum::Text(text) = value {
                    let start = count(self.arena.len());
                    fold::fold_into(&text, &mut self.arena);
                    self.spans.push((start, count(self.arena.len())));
                }
                false
            });
        }
        let to = count(self.spans.len());
        if let Some(known) = self.folded.get_mut(place as usize) {
            *known = (self.stamp, from, to);
        }
        (from, to)
    }

    /// The folded values in a range.
    pub(super) fn texts(&self, (from, to): (u32, u32)) -> impl Iterator<Item = &str> {
        let spans = self.spans.get(from as usize..to as usize).unwrap_or_default();
        spans.iter().filter_map(|(start, end)| self.arena.get(*start as usize..*end as usize))
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// What a thread remembers of the values of earlier records, for the plan in use.
pub(super) struct Memory<'m> {
    pub(super) values: &'m mut Values,
    /// By field of the plan.
    pub(super) habits: &'m mut [Habit],
    /// Number of the plan.
    pub(super) plan: u32,
}

/// One record under evaluation.
pub(super) struct Run<'r> {
    pub(super) table: &'r Table,
    /// Leaves of the plan.
    pub(super) leaves: &'r [PlanLeaf],
    pub(super) record: &'r dyn Record,
    pub(super) scratch: &'r mut Scratch,
    pub(super) memory: Memory<'r>,
}

impl Run<'_> {
    /// Is the condition true of the record?
    pub(super) fn holds(&mut self, root: &Node) -> bool {
        root.holds(&mut |leaf| self.leaf(leaf))
    }

    /// Is the leaf of the plan true of the record?
    pub(super) fn leaf(&mut self, number: u32) -> bool {
        if let Some((stamp, known)) = self.scratch.memo.get(number as usize).copied()
            && stamp == self.scratch.stamp
        {
            return known;
        }
        let slot = self.slot(number);
        let known = slot.and_then(|slot| self.memory.values.truth(slot, number));
        let truth = known.unwrap_or_else(|| {
            let truth = self.look(number).unwrap_or(false);
            if let Some(slot) = slot {
                self.memory.values.learn_truth(slot, number, truth);
            }
            truth
        });
        if let Some(memo) = self.scratch.memo.get_mut(number as usize) {
            *memo = (self.scratch.stamp, truth);
        }
        truth
    }

    /// Where the only value is remembered that the leaf is about.
    fn slot(&mut self, number: u32) -> Option<SlotId> {
        let own = *self.leaves.get(number as usize)?;
        if !*self.table.of_one_field.get(own.leaf as usize)? {
            return None;
        }
        self.scratch.slot(&mut self.memory, self.record, own.place)
    }

    fn look(&mut self, number: u32) -> Option<bool> {
        let own = *self.leaves.get(number as usize)?;
        let leaf = self.table.leaves.get(own.leaf as usize)?;
        let (Subject::Field(field), Ask::Any { tests, or_null: false }) = (leaf.subject, &leaf.ask) else {
            return Some(slowly(self.table, leaf, own.place as usize, self.record));
        };
        let kind = self.table.kinds.get(own.leaf as usize)?;
        if *kind != LeafKind::Raw {
            let span = self.scratch.fold(self.table, self.record, own.place, field);
            if *kind == LeafKind::Contains {
                let needles = self.table.needles(own.leaf)?;
                return Some(self.scratch.texts(span).any(|text| needles.stand_in(text)));
            }
            let mut folded = tests.iter().filter(|test| test.on_folded());
            if folded.any(|test| self.scratch.texts(span).any(|text| test.holds(text))) {
                return Some(true);
            }
        }
        if *kind == LeafKind::Folded {
            return Some(false);
        }
        Some(slowly(self.table, leaf, own.place as usize, self.record))
    }
}

/// Is the leaf true of the record? Remembers nothing; [`Run`] must agree with it.
pub(super) fn slowly(table: &Table, leaf: &Leaf, place: usize, record: &dyn Record) -> bool {
    let (tests, or_null) = match &leaf.ask {
        Ask::Any { tests, or_null } => (tests, *or_null),
        Ask::Exists => return values(table, leaf, place, record, &mut |value| value != Datum::Null),
        Ask::Present => return values(table, leaf, place, record, &mut |_| true),
    };
    if or_null && !values(table, leaf, place, record, &mut |value| value != Datum::Null) {
        return true;
    }
    values(table, leaf, place, record, &mut |value| {
        let Datum::Text(text) = value else { return false };
        tests.iter().any(|test| passes(table, test, &text, record))
    })
}

fn values(
    table: &Table,
    leaf: &Leaf,
    place: usize,
    record: &dyn Record,
    each: &mut dyn FnMut(Datum<'_>) -> bool,
) -> bool {
    match leaf.subject {
        Subject::Keywords => record.texts(&mut |text| each(Datum::Text(text.into()))),
        Subject::Field(field) => {
            table.fields.get(field as usize).is_some_and(|field| record.values(place, field, each))
        }
    }
}

fn passes(table: &Table, test: &Test, text: &str, record: &dyn Record) -> bool {
    match test {
        Test::Field { other, op, cased } => refers(table, *other, *op, *cased, text, record),
        test if test.on_folded() => test.holds(&fold::fold(text)),
        test => test.holds(text),
    }
}

/// Does the text stand so to a value of the other field? Nothing does to an absent or null one (DT-RUL-15).
fn refers(table: &Table, other: u32, op: Op, cased: bool, text: &str, record: &dyn Record) -> bool {
    let Some(field) = table.fields.get(other as usize) else { return false };
    let mut others: SmallVec<[String; 2]> = SmallVec::new();
    // It has no number in the plan: it is looked up by its name.
    record.values(usize::MAX, field, &mut |value| {
        if let Datum::Text(value) = value {
            others.push(value.into_owned());
        }
        false
    });
    others.iter().any(|other| {
        if cased { op.holds(text, other) } else { op.holds(&fold::fold(text), &fold::fold(other)) }
    })
}
