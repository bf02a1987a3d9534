//! The same rules by another engine, as oracle (DT-RUL-19): `rsigma-eval` over the same view of the same event.

use super::record::{Datum, Record};
use super::sources::Sources;
use super::view::View;
use super::{Document, Engine};
use crate::RuleIndex;
use rsigma_eval::{CompiledRule, EventValue};
use smallvec::SmallVec;
use std::borrow::Cow;
use vocab::Event;

/// Rules of the other engine, with their numbers.
pub(super) struct Oracle {
    rules: Vec<(RuleIndex, CompiledRule)>,
}

struct Seen<'e>(View<'e>);

impl Oracle {
    /// Compiles the documents; those that the other engine refuses are left out.
    pub(super) fn new<'t>(documents: impl IntoIterator<Item = Document<'t>>) -> Self {
        let rules = documents.into_iter().filter_map(|document| {
            let rule = rsigma_parser::parse_sigma_yaml(document.text).ok()?.rules.pop()?;
            Some((document.index, rsigma_eval::compile_rule(&rule).ok()?))
        });
        Self { rules: rules.collect() }
    }

    /// Rules that match, in order of their numbers.
    pub(super) fn matches(&self, event: &Event<'_>) -> Vec<RuleIndex> {
        let (sources, seen) = (Sources::of(event), Seen(View::new(event)));
        self.rules
            .iter()
            .filter(|(_, rule)| sources.accept(&rule.logsource))
            .filter(|(_, rule)| rsigma_eval::evaluate_rule(rule, &seen).is_some())
            .map(|(index, _)| *index)
            .collect()
    }

    pub(super) fn knows(&self, index: RuleIndex) -> bool {
        self.rules.iter().any(|(own, _)| *own == index)
    }
}

impl rsigma_eval::Event for Seen<'_> {
    fn get_field(&self, path: &str) -> Option<EventValue<'_>> {
        let name: String = path.split(' ').collect();
        let field = super::compile::Field { slot: super::slot::slot(&name), name: name.into() };
        let mut values = Vec::new();
        self.0.values(usize::MAX, &field, &mut |value| {
            values.push(match value {
                Datum::Null => EventValue::Null,
                Datum::Text(text) => EventValue::Str(Cow::Owned(text.into_owned())),
            });
            false
        });
        match values.len() {
            0 => None,
            1 => values.pop(),
            _ => Some(EventValue::Array(values)),
        }
    }

    fn any_string_value(&self, pred: &dyn Fn(&str) -> bool) -> bool {
        self.0.texts(&mut |text| pred(text))
    }

    fn all_string_values(&self) -> Vec<Cow<'_, str>> {
        Vec::new()
    }

    fn to_json(&self) -> serde_json::Value {
        serde_json::Value::Null
    }
}

/// Asserts that all three ways agree on the event, but for the rules that `excused` names; gives the matches.
pub(super) fn agree(
    engine: &mut Engine,
    oracle: &Oracle,
    event: &Event<'_>,
    excused: &dyn Fn(RuleIndex) -> bool,
) -> Vec<RuleIndex> {
    let (mut quick, mut slow) = (SmallVec::new(), SmallVec::new());
    engine.matches(event, &mut quick);
    engine.matches_slowly(event, &mut slow);
    assert_eq!(quick, slow, "tables must not change matches: {event:?}");
    let shared = |index: &RuleIndex| oracle.knows(*index) && !excused(*index);
    let own: Vec<RuleIndex> = quick.iter().copied().filter(shared).collect();
    let other: Vec<RuleIndex> = oracle.matches(event).into_iter().filter(shared).collect();
    assert_eq!(own, other, "{event:?}");
    quick.into_vec()
}
