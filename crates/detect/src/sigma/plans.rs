//! Plans made so far: shared by all threads, and found again quickly by each.

use super::load::Rules;
use super::plan::{EventId, Plan};
use super::prefilter::Quiet;
use super::record::{self, Places};
use super::sources::Sources;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::{Arc, Mutex, PoisonError};
use vocab::Event;

/// Plans kept at once; a set of parsers has fewer log sources, and rules name fewer event ids, than this.
const PLANS_MAX: usize = 2048;

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
    pub(super) quiet: Quiet,
    /// Where the fields of the plan stand in the Windows record that was looked up last.
    pub(super) places: Vec<Places>,
}

/// The plans of one thread.
#[derive(Clone, Default)]
pub(super) struct Plans {
    /// Event ids that rules name.
    ids: Arc<FxHashSet<i64>>,
    shared: Arc<Mutex<FxHashMap<Key, Arc<Plan>>>>,
    held: Vec<Held>,
    by_key: FxHashMap<Key, usize>,
    last: usize,
}

impl Plans {
    /// No plan yet; plans of Windows records are made for these event ids, and one for all others.
    pub(super) fn new(ids: FxHashSet<i64>) -> Self {
        Self { ids: Arc::new(ids), ..Self::default() }
    }

    /// The plan for the event.
    pub(super) fn of(&mut self, event: &Event<'_>, rules: &Rules) -> Option<&mut Held> {
        let sources = Sources::of(event);
        let windows = record::is_windows(event);
        let same = |held: &Held| held.key.windows.is_none() && held.key.sources.is(&sources);
        if windows || !self.held.get(self.last).is_some_and(same) {
            let key = Key { sources, windows: windows.then(|| self.event_id(event)) };
            self.last = match self.by_key.get(&key) {
                Some(place) => *place,
                None => self.make(key, rules),
            };
        }
        let held = self.held.get_mut(self.last)?;
        if windows {
            held.locate(event);
        }
        Some(held)
    }

    fn make(&mut self, key: Key, rules: &Rules) -> usize {
        if self.held.len() >= PLANS_MAX {
            self.held.clear();
            self.by_key.clear();
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
        self.held.push(Held { key, plan, quiet: Quiet::default(), places: Vec::new() });
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

impl Held {
    /// Looks up where the fields of the plan stand in the record.
    fn locate(&mut self, event: &Event<'_>) {
        self.places.resize_with(self.plan.fields.len(), Places::new);
        self.places.iter_mut().for_each(Places::clear);
        if self.plan.names.is_empty() {
            return;
        }
        for (at, extra) in (0_u16..).zip(&event.extra) {
            let place = if extra.name.contains(' ') {
                let name: String = extra.name.split(' ').collect();
                self.plan.names.get(name.as_str())
            } else {
                self.plan.names.get(&*extra.name)
            };
            if let Some(places) = place.and_then(|place| self.places.get_mut(*place as usize)) {
                places.push(at);
            }
        }
    }
}
