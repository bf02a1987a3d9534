//! Sigma rules (detection.md 5.5): the only module that names the types of the rule engine (DT-COR-05, DT-RUL-19).
//!
//! [`Engine::load`] takes the Sigma documents of the rule set and reports each that it refuses. [`Engine::matches`] looks
//! at one event: a search for necessary literals first, the rule engine only for rules that can match.

mod kind;
mod literal;
mod load;
mod plan;
mod slot;
mod view;

pub use kind::{family, kind_by_tags};
pub use load::Document;

use crate::RuleIndex;
use load::Parsed;
use plan::{Plan, Quiet, Sources};
use rsigma_eval::EvaluationResult;
use smallvec::SmallVec;
use std::sync::Arc;
use view::View;
use vocab::Event;

/// Plans kept at once; a set of parsers has fewer log sources than this.
const PLANS_MAX: usize = 256;
/// Longest value of a matched field that is shown, bytes.
const VALUE_BYTES_MAX: usize = 2048;

/// The stateless rules. Cheap to clone: clones share the rules and keep their own plans, so each thread takes one.
#[derive(Clone, Default)]
pub struct Engine {
    loaded: Arc<Vec<Parsed>>,
    plans: Vec<(Arc<Plan>, Quiet)>,
    last: usize,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Engine").field("rules", &self.loaded.len()).finish_non_exhaustive()
    }
}

impl Engine {
    /// Loads documents, in order of their numbers. What cannot be loaded is listed with its reason (DT-RUL-02).
    #[must_use]
    pub fn load<'t>(documents: impl IntoIterator<Item = Document<'t>>) -> (Self, Vec<(RuleIndex, String)>) {
        let (loaded, refused) = load::load(documents);
        (Self { loaded: Arc::new(loaded), plans: Vec::new(), last: 0 }, refused)
    }

    /// Appends the rules that match the event, in order of their numbers, each once (DT-COR-23).
    pub fn matches(&mut self, event: &Event<'_>, out: &mut SmallVec<[RuleIndex; 2]>) {
        self.filtered(event, &mut |index, _| out.push(index));
    }

    /// As [`Engine::matches`], with the fields and values that made each rule match, as `sekisho detect` shows them.
    pub fn raw(&mut self, event: &Event<'_>, out: &mut Vec<RawMatch>) {
        self.filtered(event, &mut |rule, result| {
            out.push(RawMatch { rule, fields: fields(event, result) });
        });
    }

    /// As [`Engine::matches`], without the prefilter: every rule of the log source is evaluated. For comparison.
    pub fn matches_slowly(&mut self, event: &Event<'_>, out: &mut SmallVec<[RuleIndex; 2]>) {
        let place = self.plan(event);
        let Some((plan, _)) = self.plans.get(place) else { return };
        self.evaluate(&View::new(event), &plan.all, &mut |index, _| out.push(index));
    }

    /// Appends the rules that the prefilter leaves to be evaluated on the event, for statistics of rules (DT-RUL-12).
    pub fn candidates(&mut self, event: &Event<'_>, out: &mut Vec<RuleIndex>) {
        let place = self.plan(event);
        let Some((plan, quiet)) = self.plans.get_mut(place) else { return };
        let mut candidates: SmallVec<[u32; 8]> = SmallVec::new();
        plan.candidates(&View::new(event), quiet, &mut candidates);
        out.extend(candidates.iter().filter_map(|place| Some(self.loaded.get(*place as usize)?.index)));
    }

    /// For the log source of the event: rules that apply, rules that are evaluated on every event.
    #[must_use]
    pub fn plan_size(&mut self, event: &Event<'_>) -> (usize, usize) {
        let place = self.plan(event);
        self.plans.get(place).map_or((0, 0), |(plan, _)| (plan.all.len(), plan.always.len()))
    }

    fn filtered(&mut self, event: &Event<'_>, found: &mut dyn FnMut(RuleIndex, &EvaluationResult)) {
        if self.loaded.is_empty() {
            return;
        }
        let place = self.plan(event);
        let Some((plan, quiet)) = self.plans.get_mut(place) else { return };
        let view = View::new(event);
        let mut candidates: SmallVec<[u32; 8]> = SmallVec::new();
        plan.candidates(&view, quiet, &mut candidates);
        if !candidates.is_empty() {
            self.evaluate(&view, &candidates, found);
        }
    }

    fn evaluate(
        &self,
        view: &View<'_>,
        candidates: &[u32],
        found: &mut dyn FnMut(RuleIndex, &EvaluationResult),
    ) {
        for place in candidates {
            let Some(armed) = self.loaded.get(*place as usize) else { continue };
            if let Some(result) = rsigma_eval::evaluate_rule(&armed.compiled, view) {
                found(armed.index, &result);
            }
        }
    }

    /// Place of the plan for the log source of the event.
    fn plan(&mut self, event: &Event<'_>) -> usize {
        let sources =
            Sources { product: event.product, category: event.category, services: event.sigma_services };
        if self.plans.get(self.last).is_some_and(|(plan, _)| plan.sources.is(&sources)) {
            return self.last;
        }
        if let Some(place) = self.plans.iter().position(|(plan, _)| plan.sources == sources) {
            self.last = place;
            return place;
        }
        let numbered = (0_u32..).zip(self.loaded.iter());
        let plan = Plan::new(
            sources,
            numbered.map(|(number, armed)| (number, &armed.source, armed.literals.as_deref())),
        );
        if self.plans.len() >= PLANS_MAX {
            self.plans.clear();
        }
        self.plans.push((Arc::new(plan), Quiet::default()));
        self.last = self.plans.len() - 1;
        self.last
    }
}

/// A stateless rule that matched one event, for `sekisho detect`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawMatch {
    /// The rule.
    pub rule: RuleIndex,
    /// Names and values of the fields that matched; values may be hostile, at most 2,048 bytes each.
    pub fields: Vec<(String, String)>,
}

/// Fields that made the rule match; the message where only keywords did.
fn fields(event: &Event<'_>, result: &EvaluationResult) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for found in result.as_detection().map(|body| body.matched_fields.as_slice()).unwrap_or_default() {
        let value = match &found.value {
            serde_json::Value::String(text) => cut(text).to_owned(),
            other => cut(&other.to_string()).to_owned(),
        };
        if !fields.iter().any(|(name, _)| *name == found.field) {
            fields.push((found.field.clone(), value));
        }
    }
    if fields.is_empty()
        && let Some(message) = event.message.as_deref()
    {
        fields.push(("message".to_owned(), cut(message).to_owned()));
    }
    fields
}

fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(VALUE_BYTES_MAX)).unwrap_or(text)
}

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod tests;
