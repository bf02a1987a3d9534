//! Plans made so far: shared by all threads, and found again quickly by each.

use super::load::Rules;
use super::plan::{EventId, Plan};
use super::prefilter::Headers;
use super::record::{self, Located, Places};
use super::sources::Sources;
use super::values::Habit;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::{Arc, Mutex, PoisonError};
use vocab::{Event, ShapeId};

/// Plans kept at once; a set of parsers has fewer log sources, and rules name fewer event ids, than this.
const PLANS_MAX: usize = 2048;
/// Shapes of records kept by a thread.
const SHAPES_MAX: usize = 1 << 14;

/// What a plan is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    sources: Sources,
    /// `None` for normalised events.
    windows: Option<EventId>,
}

/// A plan and what a thread remembers beside it.
#[derive(Clone)]
pub(super) struct Held {
    key: Key,
    pub(super) plan: Arc<Plan>,
    pub(super) headers: Headers,
    /// By field of the plan.
    pub(super) habits: Box<[Habit]>,
    /// Never given twice by a thread.
    pub(super) number: u32,
}

/// What is known of a shape of Windows records.
#[derive(Clone)]
struct Shape {
    held: usize,
    /// Where the fields of the plan stand.
    located: Located,
    /// Where the event id stands that the plan was made for, and what it is. A field of the event data may have the same
    /// name as that of the head, and another value in the next record.
    event_id: Option<(u16, Box<str>)>,
}

impl Shape {
    fn fits(&self, event: &Event<'_>) -> bool {
        self.event_id.as_ref().is_none_or(|(place, own)| {
            event.extra.get(usize::from(*place)).is_some_and(|extra| *extra.value == **own)
        })
    }
}

/// The plans of one thread.
#[derive(Clone, Default)]
pub(super) struct Plans {
    /// Event ids that rules name.
    ids: Arc<FxHashSet<i64>>,
    shared: Arc<Mutex<FxHashMap<Key, Arc<Plan>>>>,
    held: Vec<Held>,
    by_key: FxHashMap<Key, usize>,
    by_shape: FxHashMap<ShapeId, Shape>,
    /// Where the fields of the plan stand in a record without a known shape.
    located: Located,
    last: usize,
    /// Plans held so far, those that were given up too.
    made: u32,
}

impl Plans {
    /// No plan yet; plans of Windows records are made for these event ids, and one for all others.
    pub(super) fn new(ids: FxHashSet<i64>) -> Self {
        Self { ids: Arc::new(ids), ..Self::default() }
    }

    /// The plan for the event, and where its fields stand in a Windows record.
    pub(super) fn of(&mut self, event: &Event<'_>, rules: &Rules) -> Option<(&mut Held, &Located)> {
        if record::is_windows(event) {
            return self.of_windows(event, rules);
        }
        let sources = Sources::of(event);
        let same = |held: &Held| held.key.windows.is_none() && held.key.sources.is(&sources);
        if !self.held.get(self.last).is_some_and(same) {
            self.last = self.place(Key { sources, windows: None }, rules);
        }
        Some((self.held.get_mut(self.last)?, &self.located))
    }

    fn of_windows(&mut self, event: &Event<'_>, rules: &Rules) -> Option<(&mut Held, &Located)> {
        let shape = event.windows.map_or(ShapeId::NONE, |windows| windows.shape);
        if !self.by_shape.get(&shape).is_some_and(|known| known.fits(event)) {
            let key = Key { sources: Sources::of(event), windows: Some(self.event_id(event)) };
            let held = self.place(key, rules);
            let located = locate(&self.held.get(held)?.plan, event);
            if !shape.is_known() || self.by_shape.contains_key(&shape) {
                self.located = located;
                return Some((self.held.get_mut(held)?, &self.located));
            }
            if self.by_shape.len() >= SHAPES_MAX {
                self.by_shape.clear();
            }
            let mut ids = (0_u16..).zip(&event.extra).filter(|(_, extra)| extra.name == "EventID");
            let event_id = ids.next().map(|(place, extra)| (place, Box::from(&*extra.value)));
            self.by_shape.insert(shape, Shape { held, located, event_id });
        }
        let known = self.by_shape.get(&shape)?;
        Some((self.held.get_mut(known.held)?, &known.located))
    }

    /// Place of the plan for the key.
    fn place(&mut self, key: Key, rules: &Rules) -> usize {
        match self.by_key.get(&key) {
            Some(place) => *place,
            None => self.make(key, rules),
        }
    }

    fn make(&mut self, key: Key, rules: &Rules) -> usize {
        if self.held.len() >= PLANS_MAX {
            self.held.clear();
            self.by_key.clear();
            self.by_shape.clear();
        }
        let plan = {
            let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            if shared.len() >= PLANS_MAX {
                shared.clear();
            }
            let made = shared.entry(key).or_insert_with(|| {
                Arc::new(Plan::new(&key.sources, &rules.loaded, &rules.table, key.windows))
            });
            Arc::clone(made)
        };
        self.by_key.insert(key, self.held.len());
        let habits = vec![Habit::default(); plan.fields.len()].into();
        self.made = self.made.wrapping_add(1);
        self.held.push(Held { key, plan, headers: Headers::default(), habits, number: self.made });
        self.held.len() - 1
    }

    /// What is known of the event id; only a plain number is, so that every way to write one is compared by the rules.
    fn event_id(&self, event: &Event<'_>) -> EventId {
        let mut own = event.extra.iter().filter(|extra| extra.name == "EventID");
        let (Some(text), None) = (own.next(), own.next()) else { return EventId::Open };
        match text.value.parse::<i64>() {
            Ok(id) if id.to_string() != text.value => EventId::Open,
            Ok(id) if self.ids.contains(&id) => EventId::Known(id),
            Ok(_) => EventId::Other,
            Err(_) => EventId::Open,
        }
    }
}

/// Where the fields of the plan stand in the record.
fn locate(plan: &Plan, event: &Event<'_>) -> Located {
    let mut all = vec![Places::new(); plan.fields.len()];
    if !plan.names.is_empty() {
        for (at, extra) in (0_u16..).zip(&event.extra) {
            let place = if extra.name.contains(' ') {
                let name: String = extra.name.split(' ').collect();
                plan.names.get(name.as_str())
            } else {
                plan.names.get(&*extra.name)
            };
            if let Some(places) = place.and_then(|place| all.get_mut(*place as usize)) {
                places.push(at);
            }
        }
    }
    let texts = (0_u16..).zip(&event.extra).filter(|(_, extra)| !record::is_framing(&extra.name));
    Located { fields: all.into(), texts: texts.map(|(at, _)| at).collect() }
}
