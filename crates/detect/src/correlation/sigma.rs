//! Sigma correlation documents (`event_count`, `value_count`, `temporal`, `temporal_ordered`) on the own runtime.
//!
//! The stateless rules are matched once, by the engine of the rule set (DT-COR-03); a correlation sees the matches only.

use super::build::{Builder, Parts, duration, text, words};
use super::expr::Expr;
use super::fields::Field;
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
    if document.get("aliases").is_some() {
        return Err(
            "aliases: the same value under different names is not supported; name the field alike".to_owned()
        );
    }
    let window = timespan(document.get("timespan")).ok_or("expected `timespan`, e.g. 10m")?;
    let key = words(document.get("group-by"))
        .iter()
        .map(|name| {
            Field::parse(name).ok_or_else(|| format!("group-by: {name:?} is not kept for correlations"))
        })
        .collect::<Result<Vec<_>, _>>()?;
    if key.len() > 4 {
        return Err("group-by: at most 4 fields".to_owned());
    }
    let mut builder = Builder { rules, ..Builder::default() };
    let when = match kind.as_str() {
        "event_count" => {
            builder.states.push(("events".to_owned(), State::Count(Filter::All)));
            builder.expr(&condition(document, "events")?)?
        }
        "value_count" => {
            let condition_block = document.get("condition");
            let name = condition_block
                .and_then(|block| text(block, "field"))
                .ok_or("condition: expected `field`")?;
            let entity = builder.entity(&name)?;
            builder.states.push(("values".to_owned(), State::Distinct { entity, filter: Filter::All }));
            builder.expr(&condition(document, "values")?)?
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
            "field" => continue,
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
