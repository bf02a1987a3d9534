//! What sealed lines are looked at with: the readers of the sources, the rules, and what they have found so far. It is made of
//! the ledger alone, so another one with other rules can be made beside it and take its place.

use super::recent::Recent;
use super::replay::Past;
use super::source::{Source, SourceState};
use super::waiting::Waiting;
use super::{Judged, Settings, Way};
use collect::stream::Block;
use detect::activity::Activity;
use detect::engine::Engine;
use detect::front::Front;
use ledger::StreamId;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use vocab::{Finding, Flags, LedgerIndex, Timestamp};

/// Looks at lines that are sealed.
pub(crate) struct Sight {
    settings: Settings,
    front: Front,
    engine: Engine,
    activity: Activity,
    pub(super) sources: Sources,
    waiting: Waiting,
    /// Something came in since the engine was asked last.
    changed: bool,
}

/// A block that is sealed and not yet decoded.
pub(super) struct Sealed {
    pub(super) source: usize,
    pub(super) block: Block,
    pub(super) index: LedgerIndex,
}

impl Sight {
    /// Has seen nothing yet. `known`: sources that keep their places among records of the same time.
    pub(crate) fn new(settings: Settings, known: &[SourceState], now: Timestamp) -> Self {
        let mut sources = Sources::default();
        for state in known {
            sources.add(&state.name, state.way, state.first_seen, None);
        }
        Self {
            front: Front::new(&settings.rules),
            engine: Engine::new(Arc::clone(&settings.rules), settings.context.clone(), now),
            settings,
            activity: Activity::default(),
            sources,
            waiting: Waiting::default(),
            changed: false,
        }
    }

    /// Looks at what the ledger holds.
    pub(crate) fn remember(&mut self, past: Past) {
        let Past { source, way, block, index, received } = past;
        let place = self.sources.add(&source, way, received, None);
        if let Some(known) = self.sources.get_mut(place) {
            known.passed(&block);
        }
        self.decode(Sealed { source: place, block, index }, received);
        self.release(received);
    }

    /// Takes the place of another that has seen the same: its streams, counters and waiting lines are carried on.
    pub(super) fn go_on_from(&mut self, old: Self) {
        for source in old.sources.all {
            let place = self.sources.add(source.name(), source.way(), Timestamp(0), None);
            if let Some(new) = self.sources.get_mut(place) {
                new.go_on_from(source);
            }
        }
        self.changed = true;
    }

    /// Makes events and signals of a block.
    pub(super) fn decode(&mut self, sealed: Sealed, now: Timestamp) {
        let Self { sources, settings, front, activity, waiting, .. } = self;
        let Some(source) = sources.get_mut(sealed.source) else { return };
        let mut fresh = Vec::new();
        let mut last = None;
        source.decode(sealed.block, sealed.index, now, settings, &mut |event| {
            let before = fresh.len();
            front.observe(event, &mut fresh);
            if event.time.is_some() {
                last = event.time;
            } else if let Some(signal) = fresh.get_mut(before) {
                // A record without a time is of when it came (DT-TIM-07).
                signal.order.time = last.unwrap_or(now);
                signal.flags.set(Flags::TIME_ASSUMED);
            }
        });
        activity.add(&front.take_notes());
        self.changed = true;
        waiting.add(fresh, now);
    }

    /// Hands on to the engine what need not wait any longer.
    pub(super) fn release(&mut self, now: Timestamp) {
        self.waiting.release(now, &mut self.engine);
    }

    pub(super) const fn has_news(&self) -> bool {
        self.changed
    }

    /// What was found so far.
    pub(super) fn judge(&mut self, recent: &Recent, now: Timestamp) -> Judged {
        self.changed = false;
        self.release(now);
        let mut engine = self.engine.clone();
        engine.set_clock(now);
        self.waiting.each().for_each(|signal| engine.push(signal));
        engine.activity(self.activity.clone());
        let mut findings = engine.finish().findings;
        for finding in &mut findings {
            finding.id = lasting_id(finding);
            recent.quote(finding);
        }
        let given = casework::Given { context: &self.settings.context, clock: now };
        let incidents = casework::incidents(&findings, given);
        Judged { findings, incidents }
    }
}

/// Sources by their places and names.
#[derive(Default)]
pub(super) struct Sources {
    all: Vec<Source>,
    by_name: BTreeMap<Arc<str>, usize>,
}

impl Sources {
    /// The place of a source, which is added when it is new; with a stream, its lines go there from now on.
    pub(super) fn add(
        &mut self,
        name: &Arc<str>,
        way: Way,
        now: Timestamp,
        stream: Option<StreamId>,
    ) -> usize {
        if let Some(place) = self.by_name.get(name) {
            if let (Some(source), Some(stream)) = (self.all.get_mut(*place), stream) {
                source.use_stream(stream);
            }
            return *place;
        }
        let place = self.all.len();
        self.all.push(Source::new(place, name, way, now, stream));
        self.by_name.insert(Arc::clone(name), place);
        place
    }

    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub(super) fn get(&self, place: usize) -> Option<&Source> {
        self.all.get(place)
    }

    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut Source> {
        self.all.get_mut(place)
    }

    pub(super) const fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Source> + '_ {
        self.all.iter()
    }
}

/// A name for a finding that does not change while it grows: its rule, its key, and where it began.
fn lasting_id(finding: &Finding) -> String {
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    };
    part(&finding.rule.id);
    for (name, value) in &finding.key {
        part(name);
        part(value);
    }
    let begun = finding.evidence.iter().map(|record| record.citation).min().unwrap_or_default();
    hash.update(begun.index.0.to_be_bytes());
    hash.update(begun.record.to_be_bytes());
    format!("F-{}", hex::encode(hash.finalize().get(..8).unwrap_or_default()))
}
