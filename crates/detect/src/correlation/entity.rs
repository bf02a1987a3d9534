//! Values of one field under one key, each with what is known of it: accounts of a source, paths of a session.

use super::expr::{Scope, Type, Value, Values};
use super::fields::View;
use super::program::{EventValues, Program, State};
use crate::prim::distinct::Distinct;
use compact_str::CompactString;
use rustc_hash::{FxHashMap, FxHashSet};
use vocab::Timestamp;

/// Entities kept one by one under a key; further ones go into a sketch.
const ENTITIES_MAX: usize = 4_096;

const TRIES: usize = 0;
const SUCCESSES: usize = 1;
const FAILURES: usize = 2;
/// Place of what the log tells of an account; absent when it tells nothing.
pub(super) const USER_KIND: usize = 3;
const PRIVILEGED: usize = 4;
const NAME: usize = 5;
const VISITS: usize = 6;

/// Names that the condition of a share may use.
pub(super) struct EntityScope<'a>(pub(super) &'a [(String, FxHashSet<String>)]);

impl Scope for EntityScope<'_> {
    fn resolve(&self, name: &str) -> Option<(Type, usize)> {
        Some(match name {
            "tries" => (Type::Number, TRIES),
            "successes" => (Type::Number, SUCCESSES),
            "failures" => (Type::Number, FAILURES),
            "user_kind" => (Type::Text, USER_KIND),
            "privileged" => (Type::Bool, PRIVILEGED),
            "name" => (Type::Text, NAME),
            "visits" => (Type::Number, VISITS),
            _ => return None,
        })
    }

    fn list(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|(own, _)| own == name)
    }
}

/// What is known of an entity.
#[derive(Clone, Debug)]
pub(super) struct Entity {
    tries: u32,
    successes: u32,
    visits: u32,
    place: u64,
    /// States whose filter let an event of it pass, a bit for each.
    pub(super) passed: u32,
    lists: u32,
    kind: &'static str,
    privileged: bool,
    last: Timestamp,
    pub(super) name: CompactString,
}

impl Values for Entity {
    fn value(&self, place: usize) -> Value<'_> {
        match place {
            TRIES => Value::Number(f64::from(self.tries)),
            SUCCESSES => Value::Number(f64::from(self.successes)),
            FAILURES => Value::Number(f64::from(self.tries.saturating_sub(self.successes))),
            USER_KIND if self.kind.is_empty() => Value::Absent,
            USER_KIND => Value::Text(self.kind),
            PRIVILEGED => Value::Bool(self.privileged),
            NAME => Value::Text(&self.name),
            VISITS => Value::Number(f64::from(self.visits)),
            _ => Value::Absent,
        }
    }

    fn in_list(&self, list: usize, _word: &str) -> bool {
        self.lists & 1_u32.checked_shl(u32::try_from(list).unwrap_or(32)).unwrap_or(0) != 0
    }

    fn has(&self, _place: usize, _property: &str) -> bool {
        false
    }
}

/// Numbers of one state over the entities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) part: u64,
    pub(super) whole: u64,
    /// Members that are privileged.
    pub(super) privileged: u64,
}

/// All entities of one field under one key.
#[derive(Clone, Debug, Default)]
pub(super) struct Entities {
    pub(super) known: FxHashMap<u64, Entity>,
    /// Too many for the map; counts are "about".
    pub(super) overflow: Option<Box<(Distinct, Timestamp)>>,
    seen: u64,
    pruned: Timestamp,
}

/// An event for the entities.
pub(super) struct Step<'a> {
    pub(super) program: &'a Program,
    /// Place of the field in [`Program::entities`].
    pub(super) entity: usize,
    pub(super) view: View<'a>,
    pub(super) hash: u64,
    pub(super) time: Timestamp,
    pub(super) matched: u32,
    pub(super) count: u32,
    pub(super) success: bool,
    pub(super) privileged: bool,
}

impl Entities {
    /// Adds an event; `counts` are those of all states of the document.
    pub(super) fn add(&mut self, step: &Step<'_>, counts: &mut [Count]) {
        self.prune(step, counts);
        self.seen += 1;
        let passed = passed(step);
        let collected = passed & collecting(step.program, step.entity);
        if !self.known.contains_key(&step.hash) {
            if self.known.len() >= ENTITIES_MAX && collected == 0 {
                let slot = self.overflow.get_or_insert_with(|| Box::new((Distinct::default(), step.time)));
                slot.0.add(step.hash);
                return;
            }
            if self.known.len() >= ENTITIES_MAX + collect_max(step.program, step.entity) {
                return;
            }
        }
        let distance = (self.known.len() as u64 / 2).max(4);
        let seen = self.seen;
        let entity = self.known.entry(step.hash).or_insert_with(|| Entity::new(step));
        change(step.program, step.entity, entity, counts, |number| *number = number.saturating_sub(1));
        entity.add(step, passed, seen, distance);
        change(step.program, step.entity, entity, counts, |number| *number += 1);
    }

    /// Forgets what has left the window; what was collected stays.
    fn prune(&mut self, step: &Step<'_>, counts: &mut [Count]) {
        let window = step.program.window;
        if step.time.since(self.pruned) < window / 64 {
            return;
        }
        self.pruned = step.time;
        if self.overflow.as_ref().is_some_and(|slot| step.time.since(slot.1) > window) {
            self.overflow = None;
        }
        let keep = collecting(step.program, step.entity);
        self.known.retain(|_, entity| {
            let stays = entity.passed & keep != 0 || step.time.since(entity.last) <= window;
            if !stays {
                change(step.program, step.entity, entity, counts, |number| {
                    *number = number.saturating_sub(1)
                });
            }
            stays
        });
    }

    /// Number of further rounds over the same entities.
    pub(super) fn rounds(&self) -> u32 {
        let again = self.known.values().filter(|entity| entity.visits >= 2).count();
        if self.known.len() < 3 || again * 2 < self.known.len() {
            return 0;
        }
        let mut visits: Vec<u32> = self.known.values().map(|entity| entity.visits).collect();
        visits.sort_unstable();
        visits.get(visits.len() / 2).map_or(0, |median| median.saturating_sub(1)).max(1)
    }
}

impl Entity {
    fn new(step: &Step<'_>) -> Self {
        let field = step.program.entities.get(step.entity).copied();
        let name = field.and_then(|field| step.view.text(field)).unwrap_or_default();
        Self {
            tries: 0,
            successes: 0,
            visits: 0,
            place: 0,
            passed: 0,
            lists: field.map_or(0, |field| step.program.lists_with(step.view, field)),
            kind: "",
            privileged: step.privileged,
            last: step.time,
            name: name.chars().take(256).collect(),
        }
    }

    fn add(&mut self, step: &Step<'_>, passed: u32, place: u64, distance: u64) {
        if self.visits == 0 || place.saturating_sub(self.place) > distance {
            self.visits = self.visits.saturating_add(1);
        }
        self.place = place;
        self.tries = self.tries.saturating_add(step.count);
        if step.success {
            self.successes = self.successes.saturating_add(step.count);
        }
        self.passed |= passed;
        self.last = self.last.max(step.time);
        if self.kind.is_empty() {
            self.kind = step.view.kind();
        }
    }
}

/// States over this field whose filter the event passes.
fn passed(step: &Step<'_>) -> u32 {
    let states = step.program.states.iter().zip(0_u32..32);
    states.fold(0, |mask, ((_, state), place)| {
        let passes = match state {
            State::Distinct { entity, filter } | State::Collect { entity, filter, .. }
                if *entity == step.entity =>
            {
                step.program.passes(filter, step.view, step.matched)
            }
            State::Share { entity, .. } => *entity == step.entity,
            _ => false,
        };
        mask | u32::from(passes) << place
    })
}

fn collecting(program: &Program, field: usize) -> u32 {
    let states = program.states.iter().zip(0_u32..32);
    states.fold(0, |mask, ((_, state), place)| {
        let collects = matches!(state, State::Collect { entity, .. } if *entity == field);
        mask | u32::from(collects) << place
    })
}

fn collect_max(program: &Program, field: usize) -> usize {
    let max = |(_, state): &(String, State)| match state {
        State::Collect { entity, max, .. } if *entity == field => Some(*max),
        _ => None,
    };
    program.states.iter().filter_map(max).max().unwrap_or(0)
}

/// Takes an entity out of the counts of all states over its field, or puts it in.
fn change(program: &Program, field: usize, one: &Entity, counts: &mut [Count], by: impl Fn(&mut u64)) {
    for (((_, state), count), place) in program.states.iter().zip(counts).zip(0_u32..32) {
        match state {
            State::Distinct { entity, .. } | State::Collect { entity, .. }
                if *entity == field && one.passed & (1 << place) != 0 =>
            {
                by(&mut count.part);
                if one.privileged {
                    by(&mut count.privileged);
                }
            }
            State::Share { entity, when, may_be_absent } if *entity == field && one.tries > 0 => {
                if *may_be_absent && one.kind.is_empty() {
                    continue;
                }
                by(&mut count.whole);
                if when.holds(one) {
                    by(&mut count.part);
                }
            }
            _ => {}
        }
    }
}

impl View<'_> {
    fn kind(self) -> &'static str {
        let values = EventValues { view: self, lists: &[] };
        match values.value(super::fields::Field::UserKind.place()) {
            Value::Text("unknown") => "unknown",
            Value::Text("known") => "known",
            Value::Text("disabled") => "disabled",
            Value::Text("expired") => "expired",
            Value::Text("locked") => "locked",
            Value::Text("empty") => "empty",
            _ => "",
        }
    }
}
