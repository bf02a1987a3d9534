//! Runs all correlation documents over ordered attempts and signals (DT-COR-01).

use super::expr::Expr;
use super::fields::View;
use super::program::{EventValues, PARAMS, PARTS, Program, Source, State};
use super::state::{KeyState, Now, Seen};
use crate::attempts::{Attempt, account_id, stable_hash};
use crate::engine::{Ctx, Detector};
use crate::findings::{Key, observed, set_kind, template};
use crate::prim::table::Table;
use crate::rule::{Body, RuleSet};
use crate::signal::{RuleIndex, Signal};
use rustc_hash::FxHashSet;
use std::sync::Arc;
use vocab::{AccountKind, Context, Flags, Level, Message, Outcome, Timestamp};

/// Keys held by all documents together.
const KEYS_MAX: usize = 32_768;
/// Keys that each document may hold at least.
const KEYS_MIN: usize = 1_024;

/// One document under way.
#[derive(Clone, Debug)]
struct Running {
    index: RuleIndex,
    program: Arc<Program>,
    /// Rules that it refers to, by place.
    rules: Vec<RuleIndex>,
    keys: Table<(Key, KeyState)>,
}

/// All documents.
#[derive(Clone, Debug)]
pub(crate) struct Correlations {
    running: Vec<Running>,
    privileged: FxHashSet<u64>,
}

impl crate::prim::table::Keep for (Key, KeyState) {
    fn score(&self) -> u32 {
        self.1.score()
    }

    fn used(&mut self) -> bool {
        self.1.used()
    }
}

impl Correlations {
    /// The documents of the rule set; `None` when there is none.
    pub(crate) fn new(rules: &RuleSet, context: &Context) -> Option<Self> {
        let documents: Vec<(RuleIndex, &Arc<Program>)> = rules
            .iter()
            .filter_map(|(index, rule)| match &rule.body {
                Body::Correlation(program) => Some((index, program)),
                _ => None,
            })
            .collect();
        let room = (KEYS_MAX / documents.len().max(1)).max(KEYS_MIN);
        let running: Vec<Running> = documents
            .into_iter()
            .map(|(index, program)| Running {
                index,
                program: Arc::clone(program),
                rules: program.rules.iter().filter_map(|name| rules.find(name)).collect(),
                keys: Table::new(room),
            })
            .collect();
        let admins = context.accounts.iter().filter(|(_, account)| account.kind == AccountKind::Admin);
        let roots = context.local_users.iter().filter(|(_, uid)| **uid == 0).map(|(name, _)| name);
        let names = admins.map(|(name, _)| name).chain(roots).map(|name| account_id(name));
        let privileged = names.chain([account_id("root"), account_id("administrator")]).collect();
        (!running.is_empty()).then_some(Self { running, privileged })
    }
}

impl Detector for Correlations {
    fn push(&mut self, signal: &Signal, ctx: &mut Ctx) {
        let privileged = self.privileged.contains(&account_id(&signal.account));
        for one in &mut self.running {
            let matched = one.matched(signal);
            let wanted = match one.program.input.source {
                Source::Attempts => false,
                Source::Class(class) => signal.class == class,
                Source::Rules => matched != 0,
            };
            if wanted {
                let seen = Seen {
                    view: View::Signal(signal),
                    time: signal.order.time,
                    matched,
                    count: signal.count,
                    success: signal.outcome == Outcome::Success,
                    privileged,
                };
                one.push(seen, signal.flags, ctx);
            }
        }
    }

    fn attempt(&mut self, attempt: &Attempt, ctx: &mut Ctx) {
        let privileged = self.privileged.contains(&attempt.account_id);
        let mut flags = Flags::default();
        for (holds, flag) in [
            (attempt.ambiguous, Flags::AMBIGUOUS),
            (attempt.inferred, Flags::INFERRED),
            (attempt.consented, Flags::CONSENTED),
        ] {
            if holds {
                flags.set(flag);
            }
        }
        for one in self.running.iter_mut().filter(|one| one.program.input.source == Source::Attempts) {
            let seen = Seen {
                view: View::Attempt(attempt),
                time: attempt.time,
                matched: 0,
                count: attempt.count,
                success: attempt.outcome == Outcome::Success,
                privileged,
            };
            one.push(seen, flags, ctx);
        }
    }

    fn finish(&mut self, ctx: &mut Ctx) {
        for one in &mut self.running {
            ctx.stats.evicted += one.keys.evicted();
            let evicted = one.keys.evicted() > 0;
            for (_, (key, state)) in one.keys.drain_sorted() {
                emit(one.index, &one.program, key, state, evicted, ctx);
            }
        }
    }
}

impl Running {
    /// Places of the referred rules that matched, a bit for each.
    fn matched(&self, signal: &Signal) -> u32 {
        let places = self.rules.iter().zip(0_u32..32).filter(|(rule, _)| signal.matches.contains(rule));
        places.fold(0, |mask, (_, place)| mask | 1 << place)
    }

    fn push(&mut self, seen: Seen<'_>, flags: Flags, ctx: &mut Ctx) {
        let program = Arc::clone(&self.program);
        let lists = &program.lists;
        if flags.0 & program.input.not.0 != 0
            || program
                .input
                .when
                .as_ref()
                .is_some_and(|when| !when.holds(&EventValues { view: seen.view, lists }))
        {
            return;
        }
        let mut hashes = [0_u64; 4];
        let fields = program.key_of(seen.matched);
        for (slot, field) in hashes.iter_mut().zip(fields) {
            // An event without a part of the key belongs to no key.
            let Some(hash) = program.hash(seen.view, *field) else { return };
            *slot = hash;
        }
        let name = || {
            fields
                .iter()
                .zip(&program.key)
                .map(|(f, own)| (own.name().to_owned(), seen.view.text(*f).unwrap_or_default()))
                .collect()
        };
        let make = || (name(), KeyState::new(&program, seen.time));
        let (slot, gone) = self.keys.entry(stable_hash(&hashes), make);
        let mut over = None;
        if seen.time.since(slot.1.last) > program.close {
            over = Some(std::mem::replace(slot, make()));
        }
        let state = &mut slot.1;
        state.add(&program, seen);
        state.gathered.add(seen.view, seen.privileged, state.fired.is_some());
        judge(self.index, &program, state, ctx);
        let evicted = self.keys.evicted() > 0;
        for (key, state) in over.into_iter().chain(gone.map(|(_, pair)| pair)) {
            emit(self.index, &program, key, state, evicted, ctx);
        }
    }
}

/// Does the key fire, or rise?
fn judge(index: RuleIndex, program: &Program, state: &mut KeyState, ctx: &mut Ctx) {
    let now = Now { program, key: state };
    let base = ctx.rules.get(index).map_or(Level::Medium, |rule| rule.meta.level);
    let holds = program.when.holds(&now);
    if !holds && state.fired.is_none() {
        return;
    }
    let risen = program.levels.iter().filter(|(when, _)| when.holds(&now)).map(|(_, level)| *level).max();
    let level = risen.map_or(base, |risen| risen.max(base));
    let numbers = state.numbers(program);
    for (highest, number) in state.values.iter_mut().zip(numbers) {
        *highest = highest.max(number);
    }
    state.fired = Some(match state.fired {
        Some((number, old)) => (number, old.max(level)),
        None => (ctx.findings.number(), level),
    });
}

fn emit(index: RuleIndex, program: &Program, key: Key, state: KeyState, evicted: bool, ctx: &mut Ctx) {
    let Some((number, level)) = state.fired else { return };
    let rules = Arc::clone(&ctx.rules);
    let Some(rule) = rules.get(index) else { return };
    let mut finding = template(rule, key, state.gathered.first);
    finding.level = level;
    set_kind(&mut finding, rule, rule.kind(), state.gathered.successes > 0);
    let thresholds = thresholds(&program.when, program);
    for (place, (name, of)) in program.states.iter().enumerate() {
        if !program.output.is_empty() && !program.output.contains(name) {
            continue;
        }
        let value = state.values.get(place).copied().unwrap_or_default();
        let threshold = thresholds.iter().find(|(own, _)| *own == place).map(|(_, bound)| *bound);
        let mut number = observed(name, value, threshold);
        number.at_least = evicted;
        if let State::Distinct { entity, .. } = of {
            number.about = state.entities.get(*entity).is_some_and(|entities| entities.overflow.is_some());
        }
        finding.observed.push(number);
        if let State::Ratio { part, whole } = of {
            let (part, whole) = state.ratio(program, *part, *whole);
            finding.success_rate = Some(vocab::Rate::wilson(part, whole));
        }
    }
    finding.notes.push(
        Message::new("note-correlation")
            .with("rule", rule.meta.reference.title.as_str())
            .with("events", state.gathered.attempts)
            .with("minutes", u64::try_from(program.window / Timestamp::MINUTE).unwrap_or(0)),
    );
    state.gathered.write(&mut finding);
    ctx.findings.emit(number, finding);
}

/// Bounds that stand in the condition as `state >= number` or `state >= parameter`.
fn thresholds(expr: &Expr, program: &Program) -> Vec<(usize, f64)> {
    use super::expr::Op;
    let mut out = Vec::new();
    if let Expr::Pair(op, left, right) = expr {
        match (op, left.as_ref(), right.as_ref()) {
            (Op::And | Op::Or, _, _) => {
                out.extend(thresholds(left, program));
                out.extend(thresholds(right, program));
            }
            (_, Expr::Name(place), Expr::Number(bound)) if *place < PARAMS && place % PARTS == 0 => {
                out.push((place / PARTS, *bound));
            }
            (_, Expr::Name(place), Expr::Name(param)) if *place < PARAMS && place % PARTS == 0 => {
                let bound = param.checked_sub(PARAMS).and_then(|param| program.params.get(param));
                out.extend(bound.map(|(_, bound)| (place / PARTS, *bound)));
            }
            _ => {}
        }
    }
    out
}
