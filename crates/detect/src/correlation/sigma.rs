//! Sigma correlation documents on the own runtime: `event_count`, `value_count`, `value_sum`, `value_avg`,
//! `value_percentile`, `temporal` and `temporal_ordered`, with `aliases` and `generate`.
//!
//! The stateless rules are matched once, by the engine of the rule set (DT-COR-03); a correlation sees the matches only.

use super::build::{Builder, Parts, duration, text, words};
use super::expr::Expr;
use super::fields::Field;
use super::numbers::Measure;
use super::program::{Filter, Input, Program, Source, State};
use vocab::{Flags, Timestamp};
use yaml_serde::Value as Yaml;

/// Compiles the `correlation` block of a Sigma document.
///
/// # Errors
/// Says what was wrong or is not supported.
pub(crate) fn compile(document: &Yaml) -> Result<Program, String> {
    let kind = text(document, "type").ok_or("expected `type`")?;
    let rules = words(document.get("rules"));
    if rules.is_empty() || rules.len() > 16 {
        return Err("expected 1 to 16 `rules`".to_owned());
    }
    let window = timespan(document.get("timespan")).ok_or("expected `timespan`, e.g. 10m")?;
    let names = words(document.get("group-by"));
    if names.len() > 4 {
        return Err("group-by: at most 4 fields".to_owned());
    }
    let key_by_rule = rules
        .iter()
        .map(|rule| names.iter().map(|name| key_part(document, name, rule)).collect())
        .collect::<Result<Vec<Vec<_>>, String>>()?;
    let key = key_by_rule.first().cloned().unwrap_or_default();
    let generate = match document.get("generate") {
        None => false,
        Some(generate) => generate.as_bool().ok_or("generate: expected true or false")?,
    };
    let key_by_rule = if key_by_rule.iter().all(|own| *own == key) { Vec::new() } else { key_by_rule };
    let mut builder = Builder { rules, key_by_rule, generate, ..Builder::default() };
    let when = match kind.as_str() {
        "event_count" => {
            builder.states.push(("events".to_owned(), State::Count(Filter::All)));
            builder.expr(&condition(document, "events")?)?
        }
        "value_count" => {
            let entity = builder.entity(&condition_field(document)?)?;
            builder.states.push(("values".to_owned(), State::Distinct { entity, filter: Filter::All }));
            builder.expr(&condition(document, "values")?)?
        }
        "value_sum" | "value_avg" | "value_percentile" => {
            let state = numbers(document, &kind)?;
            builder.states.push(("measure".to_owned(), state));
            builder.expr(&condition(document, "measure")?)?
        }
        "temporal" => temporal(&mut builder)?,
        "temporal_ordered" => {
            let steps = (0..builder.rules.len()).map(Filter::Rule).collect::<Vec<_>>();
            if steps.len() < 2 {
                return Err("temporal_ordered: expected two rules or more".to_owned());
            }
            builder.states.push(("sequences".to_owned(), State::Sequence { steps, within: window }));
            builder.expr("sequences >= 1")?
        }
        other => return Err(format!("type: {other:?} is not supported")),
    };
    let input = Input { source: Source::Rules, not: Flags::AMBIGUOUS, when: None };
    let close = window.max(Timestamp::HOUR);
    builder.finish(Parts { input, key, window, close, when, levels: Vec::new(), output: Vec::new() })
}

/// The field of a part of the key in records that a rule matched: an alias stands for another field in each rule.
fn key_part(document: &Yaml, name: &str, rule: &str) -> Result<Field, String> {
    let own = match document.get("aliases").and_then(|aliases| aliases.get(name)) {
        None => name.to_owned(),
        Some(alias) => text(alias, rule).ok_or_else(|| {
            format!("aliases: {name:?} does not say which field it is in the rule {rule:?}")
        })?,
    };
    Field::parse(&own).ok_or_else(|| format!("group-by: {own:?} is not kept for correlations"))
}

fn condition_field(document: &Yaml) -> Result<String, String> {
    let field = document.get("condition").and_then(|block| text(block, "field"));
    field.ok_or_else(|| "condition: expected `field`".to_owned())
}

/// A measure of the numbers in a field.
fn numbers(document: &Yaml, kind: &str) -> Result<State, String> {
    let name = condition_field(document)?;
    let field = Field::parse(&name).filter(|field| field.is_number()).ok_or_else(|| {
        format!("condition: {name:?} is no number that is kept for correlations, e.g. sc-bytes, time-taken")
    })?;
    let measure = match kind {
        "value_sum" => Measure::Sum,
        "value_avg" => Measure::Average,
        _ => {
            let block = document.get("condition");
            let percent = block.and_then(|block| block.get("percentile")).map_or(Some(50.0), Yaml::as_f64);
            let percent = percent.filter(|percent| (0.0..=100.0).contains(percent));
            Measure::Percentile(percent.ok_or("condition: `percentile` must lie between 0 and 100")?)
        }
    };
    Ok(State::Numbers { field, measure })
}

/// All rules within the time span.
fn temporal(builder: &mut Builder) -> Result<Expr, String> {
    for place in 0..builder.rules.len() {
        builder.states.push((format!("rule{place}"), State::Count(Filter::Rule(place))));
    }
    let parts: Vec<String> = (0..builder.rules.len()).map(|place| format!("rule{place} >= 1")).collect();
    builder.expr(&parts.join(" and "))
}

/// `condition: {gte: 10}` as an expression over a state.
fn condition(document: &Yaml, state: &str) -> Result<String, String> {
    let block = document.get("condition").and_then(Yaml::as_mapping).ok_or("expected `condition`")?;
    let mut parts = Vec::new();
    for (name, bound) in block {
        let sign = match name.as_str().unwrap_or_default() {
            "gte" => ">=",
            "gt" => ">",
            "lte" => "<=",
            "lt" => "<",
            "eq" => "==",
            "neq" => "!=",
            "field" | "percentile" => continue,
            other => return Err(format!("condition: {other:?} is not supported")),
        };
        let bound = bound.as_f64().filter(|bound| bound.is_finite() && *bound >= 0.0);
        parts.push(format!("{state} {sign} {}", bound.ok_or("condition: expected a number")?));
    }
    if parts.is_empty() {
        return Err("condition: expected a bound such as `gte: 10`".to_owned());
    }
    Ok(parts.join(" and "))
}

/// Sigma's spans: `s`, `m`, `h`, `d` as ours, and `w` for weeks.
fn timespan(value: Option<&Yaml>) -> Option<i64> {
    if let Some(weeks) = value?.as_str().and_then(|text| text.strip_suffix('w')) {
        return weeks.parse::<u32>().ok().map(|weeks| i64::from(weeks.min(12)) * 7 * Timestamp::DAY);
    }
    duration(value).filter(|span| (Timestamp::SECOND..=90 * Timestamp::DAY).contains(span))
}
