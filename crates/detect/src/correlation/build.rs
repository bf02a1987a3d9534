//! Reads and checks a `sekisho_correlation` block (DT-COR-18).

use super::entity::EntityScope;
use super::expr::{Expr, Scope, Type};
use super::fields::{Field, class};
use super::program::{
    EventScope, Filter, Input, PARAMS, PART_NAMES, PARTS, Program, STATES_MAX, Source, State,
};
use crate::prim::sequence::STEPS_MAX;
use crate::rule::{ParamValue, Params, parse_duration};
use rustc_hash::FxHashSet;
use vocab::{Flags, Level, Timestamp};
use yaml_serde::Value as Yaml;

/// Longest window, microseconds.
const WINDOW_MAX: i64 = 90 * Timestamp::DAY;
/// Names that a `collect` may keep.
const COLLECT_MAX: usize = 100_000;

/// Compiles the `sekisho_correlation` block.
///
/// # Errors
/// Says what was wrong and what was expected.
pub(crate) fn compile(document: &Yaml, params: &Params) -> Result<Program, String> {
    known_fields(document, &["input", "key", "window", "state", "when", "levels", "output"], "the block")?;
    let mut builder = Builder::new(params);
    let input = builder.input(document.get("input").ok_or("expected `input`")?)?;
    let key = key(document.get("key"))?;
    let window =
        document.get("window").ok_or("expected `window`: without one the state has no upper bound")?;
    let length = duration(window.get("length")).ok_or("window: expected `length`, e.g. 1h")?;
    if !(Timestamp::SECOND..=WINDOW_MAX).contains(&length) {
        return Err("window: `length` must lie between 1s and 90d".to_owned());
    }
    let close = match window.get("quiet_close") {
        None => length.max(Timestamp::HOUR),
        some => duration(some).ok_or("window: `quiet_close` is no duration")?,
    };
    let states =
        document.get("state").and_then(Yaml::as_mapping).ok_or("expected `state`, a mapping of names")?;
    for (name, body) in states {
        let name = name.as_str().ok_or("state: a name must be text")?;
        builder.state(name, body).map_err(|reason| format!("state.{name}: {reason}"))?;
    }
    let when = text(document, "when").ok_or("expected `when`")?;
    let when = builder.expr(&when).map_err(|reason| format!("when: {reason}"))?;
    let levels = builder.levels(document.get("levels"))?;
    let output = words(document.get("output"));
    if let Some(name) = output.iter().find(|name| *name != "sources" && builder.place(name).is_none()) {
        return Err(format!("output: there is no state {name:?}"));
    }
    builder.finish(Parts { input, key, window: length, close, when, levels, output })
}

/// What is left when the states are known.
pub(super) struct Parts {
    pub(super) input: Input,
    pub(super) key: Vec<Field>,
    pub(super) window: i64,
    pub(super) close: i64,
    pub(super) when: Expr,
    pub(super) levels: Vec<(Expr, Level)>,
    pub(super) output: Vec<String>,
}

/// A program under construction.
#[derive(Default)]
pub(super) struct Builder {
    pub(super) states: Vec<(String, State)>,
    pub(super) entities: Vec<Field>,
    pub(super) params: Vec<(String, f64)>,
    pub(super) lists: Vec<(String, FxHashSet<String>)>,
    pub(super) rules: Vec<String>,
    pub(super) key_by_rule: Vec<Vec<Field>>,
    pub(super) generate: bool,
}

impl Scope for Builder {
    fn resolve(&self, name: &str) -> Option<(Type, usize)> {
        let (state, part) = name.split_once('.').unwrap_or((name, ""));
        if let Some(at) = self.place(state) {
            let part = PART_NAMES.iter().position(|own| *own == part)?;
            let kind = match self.states.get(at) {
                Some((_, State::Collect { .. })) if part == 0 => Type::Set,
                _ if part == 4 => Type::Bool,
                _ => Type::Number,
            };
            return Some((kind, at * PARTS + part));
        }
        self.params.iter().position(|(own, _)| own == name).map(|at| (Type::Number, PARAMS + at))
    }

    fn list(&self, name: &str) -> Option<usize> {
        self.lists.iter().position(|(own, _)| own == name)
    }
}

impl Builder {
    pub(super) fn new(params: &Params) -> Self {
        let mut builder = Self { generate: true, ..Self::default() };
        for (name, param) in params.iter() {
            match &param.value {
                ParamValue::Number(number) => builder.params.push((name.to_owned(), *number)),
                ParamValue::List(list) => {
                    let words = list.iter().map(|word| word.to_lowercase()).collect();
                    builder.lists.push((name.to_owned(), words));
                }
            }
        }
        builder
    }

    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.states.iter().position(|(own, _)| own == name)
    }

    pub(super) fn expr(&self, text: &str) -> Result<Expr, String> {
        let expr = Expr::parse(text, self, Type::Bool)?;
        let mut names = Vec::new();
        expr.names(&mut names);
        if !names.iter().any(|place| *place < PARAMS) {
            return Err(format!("{text:?} reads no state, so that it holds always or never"));
        }
        Ok(expr)
    }

    fn input(&mut self, input: &Yaml) -> Result<Input, String> {
        known_fields(input, &["class", "rules", "not", "when"], "input")?;
        let source = match (text(input, "class").as_deref(), input.get("rules")) {
            (Some("authentication"), None) => Source::Attempts,
            (Some(name), None) => {
                Source::Class(class(name).ok_or_else(|| format!("input: {name:?} is no class of events"))?)
            }
            (None, Some(rules)) => {
                self.rules = words(Some(rules));
                Source::Rules
            }
            _ => return Err("input: expected either `class` or `rules`".to_owned()),
        };
        if source == Source::Rules && (self.rules.is_empty() || self.rules.len() > 32) {
            return Err("input: expected 1 to 32 rules".to_owned());
        }
        let mut not = Flags::default();
        for word in words(input.get("not")) {
            not.set(match word.as_str() {
                "ambiguous" => Flags::AMBIGUOUS,
                "inferred" => Flags::INFERRED,
                "consented" => Flags::CONSENTED,
                "late" => Flags::LATE,
                _ => return Err(format!("input.not: {word:?} is no mark that can be left out")),
            });
        }
        let when = text(input, "when").map(|text| Expr::parse(&text, &EventScope(&self.lists), Type::Bool));
        Ok(Input { source, not, when: when.transpose().map_err(|reason| format!("input.when: {reason}"))? })
    }

    fn state(&mut self, name: &str, body: &Yaml) -> Result<(), String> {
        if self.place(name).is_some() || self.params.iter().any(|(own, _)| own == name) {
            return Err("the name is taken".to_owned());
        }
        if self.states.len() >= STATES_MAX {
            return Err(format!("more than {STATES_MAX} states"));
        }
        let map = body.as_mapping().ok_or("expected a mapping such as {count: all}")?;
        let (word, value) = map.iter().next().ok_or("expected a primitive such as `count`")?;
        let value_text = value.as_str().unwrap_or_default();
        let state = match word.as_str().unwrap_or_default() {
            "count" => State::Count(self.filter(value_text)?),
            "distinct" => {
                let filter = self.filter(&text(body, "when").unwrap_or_else(|| "all".to_owned()))?;
                State::Distinct { entity: self.entity(value_text)?, filter }
            }
            "share" => self.share(value_text)?,
            "collect" => {
                let max = body
                    .get("max")
                    .map_or(Some(10_000), Yaml::as_u64)
                    .and_then(|max| usize::try_from(max).ok());
                let max = max.filter(|max| (1..=COLLECT_MAX).contains(max));
                let max = max.ok_or_else(|| format!("`max` must lie between 1 and {COLLECT_MAX}"))?;
                let filter = self.filter(&text(body, "when").ok_or("expected `when`")?)?;
                State::Collect { entity: self.entity(value_text)?, filter, max }
            }
            "ratio" => self.ratio(body)?,
            "rounds" => State::Rounds { entity: self.entity(value_text)? },
            "sequence" => self.sequence(body)?,
            "first_seen" => State::FirstSeen {
                field: field(value_text)?,
                events: body.get("events").and_then(Yaml::as_u64).unwrap_or(5),
                length: duration(body.get("history")).unwrap_or(14 * Timestamp::DAY),
            },
            "interval" => State::Interval(self.filter(value_text)?),
            "absence" => State::Absence {
                least: duration(Some(value)).ok_or("expected a duration, e.g. {absence: 1h}")?,
            },
            "travel" => return Err("`travel` needs the location of sources, which no input gives".to_owned()),
            other => return Err(format!("{other:?} is no primitive")),
        };
        self.states.push((name.to_owned(), state));
        Ok(())
    }

    pub(super) fn filter(&self, text: &str) -> Result<Filter, String> {
        if text == "all" {
            return Ok(Filter::All);
        }
        if let Some(name) = text.strip_prefix("rule ") {
            let place = self.rules.iter().position(|own| own == name.trim());
            return place.map(Filter::Rule).ok_or_else(|| format!("{name:?} does not stand in input.rules"));
        }
        Expr::parse(text, &EventScope(&self.lists), Type::Bool).map(Filter::When)
    }

    pub(super) fn entity(&mut self, name: &str) -> Result<usize, String> {
        let field = field(name)?;
        Ok(match self.entities.iter().position(|own| *own == field) {
            Some(at) => at,
            None => {
                self.entities.push(field);
                self.entities.len() - 1
            }
        })
    }

    /// `account where tries <= 2`, `account in list NAME`.
    fn share(&mut self, value: &str) -> Result<State, String> {
        let (name, condition) =
            value.trim().split_once(' ').ok_or("expected e.g. \"account where tries <= 2\"")?;
        let entity = self.entity(name)?;
        let condition = match condition.trim().strip_prefix("where ") {
            Some(condition) => condition.to_owned(),
            None => format!("name {condition}"),
        };
        let when = Expr::parse(&condition, &EntityScope(&self.lists), Type::Bool)?;
        let mut names = Vec::new();
        when.names(&mut names);
        Ok(State::Share { entity, when, may_be_absent: names.contains(&super::entity::USER_KIND) })
    }

    fn ratio(&self, body: &Yaml) -> Result<State, String> {
        let parts = words(body.get("ratio"));
        let [part, whole] = parts.as_slice() else {
            return Err("expected `ratio: [part, whole]`".to_owned());
        };
        if text(body, "bound").is_some_and(|bound| bound != "wilson95") {
            return Err("bound: only `wilson95` is known".to_owned());
        }
        let find =
            |name: &String| self.place(name).ok_or_else(|| format!("there is no state {name:?} above"));
        Ok(State::Ratio { part: find(part)?, whole: find(whole)? })
    }

    fn sequence(&self, body: &Yaml) -> Result<State, String> {
        let steps = words(body.get("sequence"));
        if !(2..=STEPS_MAX).contains(&steps.len()) {
            return Err(format!("expected 2 to {STEPS_MAX} steps"));
        }
        let steps = steps.iter().map(|step| self.filter(step)).collect::<Result<_, _>>()?;
        let within = duration(body.get("within")).filter(|within| (1..=WINDOW_MAX).contains(within));
        Ok(State::Sequence { steps, within: within.ok_or("expected `within`, a duration up to 90d")? })
    }

    fn levels(&self, levels: Option<&Yaml>) -> Result<Vec<(Expr, Level)>, String> {
        let Some(levels) = levels else { return Ok(Vec::new()) };
        let levels = levels.as_sequence().ok_or("levels: expected a list")?;
        levels
            .iter()
            .map(|row| {
                let when = text(row, "when").ok_or("levels: expected `when`")?;
                let level =
                    text(row, "level").as_deref().and_then(Level::parse).ok_or("levels: expected `level`")?;
                Ok((self.expr(&when).map_err(|reason| format!("levels: {reason}"))?, level))
            })
            .collect()
    }

    pub(super) fn finish(self, parts: Parts) -> Result<Program, String> {
        if self.lists.len() > 32 {
            return Err("params: more than 32 lists".to_owned());
        }
        let Self { states, entities, params, lists, rules, key_by_rule, generate } = self;
        let Parts { input, key, window, close, when, levels, output } = parts;
        Ok(Program {
            input,
            key,
            window,
            close,
            states,
            entities,
            when,
            levels,
            output,
            params,
            lists,
            rules,
            key_by_rule,
            generate,
        })
    }
}

fn field(name: &str) -> Result<Field, String> {
    Field::parse(name).ok_or_else(|| format!("{name:?} is no field that is kept for correlations"))
}

fn key(value: Option<&Yaml>) -> Result<Vec<Field>, String> {
    let names = words(value);
    if names.len() > 4 {
        return Err("key: at most 4 parts".to_owned());
    }
    names
        .iter()
        .map(|name| match name.as_str() {
            // A cluster that is not told by anything else is the prefix of the source.
            "cluster" => Ok(Field::Srcp),
            name => field(name).map_err(|reason| format!("key: {reason}")),
        })
        .collect()
}

pub(super) fn text(value: &Yaml, name: &str) -> Option<String> {
    let value = value.get(name)?;
    value.as_str().map(str::to_owned)
}

pub(super) fn words(value: Option<&Yaml>) -> Vec<String> {
    match value {
        Some(Yaml::Sequence(list)) => list.iter().filter_map(Yaml::as_str).map(str::to_owned).collect(),
        Some(Yaml::String(text)) => vec![text.clone()],
        _ => Vec::new(),
    }
}

pub(super) fn duration(value: Option<&Yaml>) -> Option<i64> {
    parse_duration(value?.as_str()?)
}

fn known_fields(value: &Yaml, known: &[&str], place: &str) -> Result<(), String> {
    let map = value.as_mapping().ok_or_else(|| format!("{place}: expected a mapping"))?;
    for name in map.keys().filter_map(Yaml::as_str) {
        if !known.contains(&name) {
            return Err(format!("{place}: {name:?} is not known; expected {}", known.join(", ")));
        }
    }
    Ok(())
}
