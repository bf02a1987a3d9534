//! State of one document under one key.

use super::entity::{Count, Entities, Step};
use super::expr::{Value, Values};
use super::fields::View;
use super::gather::Gathered;
use super::numbers::Numbers;
use super::program::{PARAMS, PARTS, Program, State};
use crate::prim::absence::Absence;
use crate::prim::first_seen::FirstSeen;
use crate::prim::interval::Intervals;
use crate::prim::sequence::Sequence;
use crate::prim::table::Keep;
use crate::prim::window::Window;
use vocab::{Level, Timestamp};

/// An event as the state sees it.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) view: View<'a>,
    pub(super) time: Timestamp,
    pub(super) matched: u32,
    pub(super) count: u32,
    pub(super) success: bool,
    pub(super) privileged: bool,
}

/// Memory of one state.
#[derive(Clone, Debug)]
enum Cell {
    /// Its numbers stand in `counts`.
    Plain,
    Window(Box<Window>),
    Sequence(Sequence, Box<Window>),
    FirstSeen(FirstSeen, Box<Window>),
    Interval(Intervals),
    Absence(Absence, i64),
    Numbers(Box<Numbers>),
}

/// One key.
#[derive(Clone, Debug)]
pub(super) struct KeyState {
    cells: Vec<Cell>,
    counts: Vec<Count>,
    pub(super) entities: Vec<Entities>,
    pub(super) gathered: Gathered,
    pub(super) last: Timestamp,
    /// Number and level of its finding.
    pub(super) fired: Option<(u64, Level)>,
    /// Values when it fired last, and at its highest.
    pub(super) values: Vec<f64>,
    used: bool,
}

impl Keep for KeyState {
    fn score(&self) -> u32 {
        if self.fired.is_some() {
            u32::MAX
        } else {
            u32::try_from(self.gathered.attempts).unwrap_or(u32::MAX - 1)
        }
    }

    fn used(&mut self) -> bool {
        std::mem::take(&mut self.used)
    }
}

impl KeyState {
    pub(super) fn new(program: &Program, time: Timestamp) -> Self {
        let window = || Box::new(Window::new(program.window));
        let cell = |(_, state): &(String, State)| match state {
            State::Count(_) => Cell::Window(window()),
            State::Sequence { .. } => Cell::Sequence(Sequence::default(), window()),
            State::FirstSeen { .. } => Cell::FirstSeen(FirstSeen::default(), window()),
            State::Interval(_) => Cell::Interval(Intervals::default()),
            State::Absence { .. } => Cell::Absence(Absence::default(), 0),
            State::Numbers { .. } => Cell::Numbers(Box::default()),
            _ => Cell::Plain,
        };
        Self {
            cells: program.states.iter().map(cell).collect(),
            counts: vec![Count::default(); program.states.len()],
            entities: program.entities.iter().map(|_| Entities::default()).collect(),
            gathered: Gathered::new(time),
            last: time,
            fired: None,
            values: vec![0.0; program.states.len()],
            used: true,
        }
    }

    /// Takes an event in.
    pub(super) fn add(&mut self, program: &Program, seen: Seen<'_>) {
        self.used = true;
        self.last = self.last.max(seen.time);
        for (place, entities) in self.entities.iter_mut().enumerate() {
            let Some(hash) = program.entities.get(place).and_then(|field| seen.view.hash(*field)) else {
                continue;
            };
            let step = Step {
                program,
                entity: place,
                view: seen.view,
                hash,
                time: seen.time,
                matched: seen.matched,
                count: seen.count,
                success: seen.success,
                privileged: seen.privileged,
            };
            entities.add(&step, &mut self.counts);
        }
        for ((_, state), cell) in program.states.iter().zip(&mut self.cells) {
            cell.add(state, program, seen);
        }
    }

    /// Values of all states, for the finding.
    pub(super) fn numbers(&self, program: &Program) -> Vec<f64> {
        let view = Now { program, key: self };
        (0..program.states.len())
            .map(|place| match view.value(place * PARTS) {
                Value::Number(number) => number,
                _ => 0.0,
            })
            .collect()
    }

    /// Part and whole of a ratio.
    pub(super) fn ratio(&self, program: &Program, part: usize, whole: usize) -> (u64, u64) {
        let view = Now { program, key: self };
        let number = |place: usize| match view.value(place * PARTS) {
            Value::Number(number) if number > 0.0 => number.min(9e15).round(),
            _ => 0.0,
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive and below 2^53"
        )]
        let pair = (number(part) as u64, number(whole) as u64);
        pair
    }
}

impl Cell {
    fn add(&mut self, state: &State, program: &Program, seen: Seen<'_>) {
        let time = seen.time.0;
        match (self, state) {
            (Self::Window(window), State::Count(filter)) => {
                if program.passes(filter, seen.view, seen.matched) {
                    window.add(time, seen.count);
                } else {
                    window.at(time);
                }
            }
            (Self::Sequence(sequence, done), State::Sequence { steps, within }) => {
                let bits = steps.iter().zip(0_u16..16).fold(0, |mask, (step, place)| {
                    mask | u16::from(program.passes(step, seen.view, seen.matched)) << place
                });
                if sequence.add(bits, steps.len(), time, *within) {
                    done.add(time, 1);
                } else {
                    done.at(time);
                }
            }
            (Self::FirstSeen(values, news), State::FirstSeen { field, events, length }) => {
                let new = seen.view.hash(*field).is_some_and(|hash| values.add(hash, time, *events, *length));
                if new {
                    news.add(time, 1);
                } else {
                    news.at(time);
                }
            }
            (Self::Interval(intervals), State::Interval(filter))
                if program.passes(filter, seen.view, seen.matched) =>
            {
                intervals.add(time);
            }
            (Self::Numbers(numbers), State::Numbers { field, .. }) => match seen.view.value(*field) {
                Value::Number(number) => numbers.add(time, number, seen.count, program.window),
                _ => numbers.expire(time, program.window),
            },
            (Self::Absence(absence, odd), State::Absence { least }) => {
                *odd = absence.add(time, *least).unwrap_or(0)
            }
            _ => {}
        }
    }
}

/// Values of the states of a key.
pub(super) struct Now<'a> {
    pub(super) program: &'a Program,
    pub(super) key: &'a KeyState,
}

impl Values for Now<'_> {
    fn value(&self, place: usize) -> Value<'_> {
        if let Some(param) = place.checked_sub(PARAMS) {
            return self
                .program
                .params
                .get(param)
                .map_or(Value::Absent, |(_, number)| Value::Number(*number));
        }
        let (state, part) = (place / PARTS, place % PARTS);
        self.part(state, part)
    }

    fn in_list(&self, _list: usize, _word: &str) -> bool {
        false
    }

    fn has(&self, place: usize, _property: &str) -> bool {
        self.key.counts.get(place / PARTS).is_some_and(|count| count.privileged > 0)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
impl Now<'_> {
    fn part(&self, place: usize, part: usize) -> Value<'_> {
        let (Some((_, state)), Some(cell), Some(count)) =
            (self.program.states.get(place), self.key.cells.get(place), self.key.counts.get(place))
        else {
            return Value::Absent;
        };
        let number = |value: u64| Value::Number(value as f64);
        match (state, cell, part) {
            (State::Count(_), Cell::Window(window), 0) => number(window.clone().at(self.key.last.0)),
            (State::Distinct { entity, .. }, _, 0) => {
                let about = self.key.entities.get(*entity).and_then(|entities| entities.overflow.as_ref());
                number(count.part + about.map_or(0, |slot| slot.0.count()))
            }
            (State::Collect { .. }, _, 0) => number(count.part),
            (State::Share { .. }, _, 0 | 3) if count.whole == 0 => Value::Absent,
            (State::Share { .. }, _, 0 | 3) => Value::Number(count.part as f64 / count.whole as f64),
            (State::Share { .. }, _, 4) => Value::Bool(count.whole > 0),
            (State::Share { .. }, _, 7) => number(count.part),
            (State::Ratio { part: above, whole }, _, _) => {
                let (above, whole) = self.key.ratio(self.program, *above, *whole);
                let rate = vocab::Rate::wilson(above, whole);
                match part {
                    0 | 3 => Value::Number(rate.rate),
                    1 => Value::Number(rate.ci_low),
                    2 => Value::Number(rate.ci_high),
                    4 => Value::Bool(whole > 0),
                    7 => number(whole),
                    _ => Value::Absent,
                }
            }
            (State::Rounds { entity }, _, 0) => {
                let rounds = self.key.entities.get(*entity).map_or(0, Entities::rounds);
                Value::Number(f64::from(rounds))
            }
            (State::Sequence { .. }, Cell::Sequence(_, done) | Cell::FirstSeen(_, done), 0)
            | (State::FirstSeen { .. }, Cell::FirstSeen(_, done) | Cell::Sequence(_, done), 0) => {
                number(done.clone().at(self.key.last.0))
            }
            (State::Interval(_), Cell::Interval(intervals), _) => {
                let rhythm = intervals.rhythm();
                match part {
                    0 | 7 => Value::Number(rhythm.count as f64),
                    5 => Value::Number(rhythm.median),
                    6 => Value::Number(rhythm.deviation),
                    _ => Value::Absent,
                }
            }
            (State::Numbers { measure, .. }, Cell::Numbers(numbers), 0) => {
                numbers.measure(*measure).map_or(Value::Absent, Value::Number)
            }
            (State::Absence { .. }, Cell::Absence(_, odd), 0) => {
                Value::Number(*odd as f64 / Timestamp::SECOND as f64)
            }
            _ => Value::Absent,
        }
    }
}
