//! Sigma rules (detection.md 5.5): the only module that names the types of the rule engine (DT-COR-05, DT-RUL-19).
//!
//! A rule file is text with a name; [`Engine::load`] takes many and reports each rule that it refuses. [`Engine::matches`]
//! looks at one event: a search for necessary literals first, the rule engine only for rules that can match.

mod kind;
mod literal;
mod load;
mod plan;
mod slot;
mod view;

pub use kind::kind_by_tags;
pub use load::{Refused, Rule, RuleText};

use crate::RuleIndex;
use literal::Literal;
use plan::{Plan, Sources};
use rsigma_eval::CompiledRule;
use rsigma_parser::LogSource;
use smallvec::SmallVec;
use std::sync::Arc;
use view::View;
use vocab::Event;

/// Plans kept at once; a set of parsers has fewer log sources than this.
const PLANS_MAX: usize = 256;

/// A loaded rule in the form the engine runs.
#[derive(Debug)]
struct Armed {
    source: LogSource,
    compiled: CompiledRule,
    literals: Option<Vec<Literal>>,
}

/// Loaded rules, shared by all clones.
#[derive(Debug, Default)]
struct Loaded {
    rules: Vec<Rule>,
    armed: Vec<Armed>,
}

/// The stateless rules. Cheap to clone: clones share the rules and keep their own plans, so each thread takes one.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    loaded: Arc<Loaded>,
    plans: Vec<Arc<Plan>>,
    last: usize,
}

impl Engine {
    /// Loads rule files. A rule's number is its place in [`Engine::rules`]. What cannot be loaded is listed (DT-RUL-02).
    #[must_use]
    pub fn load<'t>(files: impl IntoIterator<Item = RuleText<'t>>) -> (Self, Vec<Refused>) {
        let (parsed, refused) = load::load(files);
        let mut loaded = Loaded::default();
        for (rule, source, compiled, literals) in parsed {
            loaded.rules.push(rule);
            loaded.armed.push(Armed { source, compiled, literals });
        }
        (Self { loaded: Arc::new(loaded), plans: Vec::new(), last: 0 }, refused)
    }

    /// What is known of each rule, in the order of their numbers.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.loaded.rules
    }

    /// The rule with this number.
    #[must_use]
    pub fn rule(&self, index: RuleIndex) -> Option<&Rule> {
        self.loaded.rules.get(index.0 as usize)
    }

    /// Appends the rules that match the event, in order of their numbers, each once (DT-COR-23).
    pub fn matches(&mut self, event: &Event<'_>, out: &mut SmallVec<[RuleIndex; 2]>) {
        if self.loaded.armed.is_empty() {
            return;
        }
        let plan = self.plan(event);
        let view = View::new(event);
        let mut candidates: SmallVec<[u32; 8]> = SmallVec::new();
        plan.candidates(&view, &mut candidates);
        self.evaluate(&view, &candidates, out);
    }

    /// As [`Engine::matches`], without the prefilter: every rule of the log source is evaluated. For comparison.
    pub fn matches_slowly(&mut self, event: &Event<'_>, out: &mut SmallVec<[RuleIndex; 2]>) {
        let plan = self.plan(event);
        self.evaluate(&View::new(event), &plan.all, out);
    }

    /// For the log source of the event: rules that apply, rules that are evaluated on every event.
    #[must_use]
    pub fn plan_size(&mut self, event: &Event<'_>) -> (usize, usize) {
        let plan = self.plan(event);
        (plan.all.len(), plan.always.len())
    }

    fn evaluate(&self, view: &View<'_>, candidates: &[u32], out: &mut SmallVec<[RuleIndex; 2]>) {
        for number in candidates {
            let armed = self.loaded.armed.get(*number as usize);
            if armed.is_some_and(|armed| rsigma_eval::evaluate_rule(&armed.compiled, view).is_some()) {
                out.push(RuleIndex(*number));
            }
        }
    }

    fn plan(&mut self, event: &Event<'_>) -> Arc<Plan> {
        let sources =
            Sources { product: event.product, category: event.category, services: event.sigma_services };
        if let Some(plan) = self.plans.get(self.last)
            && plan.sources.is(&sources)
        {
            return Arc::clone(plan);
        }
        if let Some(place) = self.plans.iter().position(|plan| plan.sources == sources) {
            self.last = place;
            if let Some(plan) = self.plans.get(place) {
                return Arc::clone(plan);
            }
        }
        let numbered = (0_u32..).zip(&self.loaded.armed);
        let plan = Plan::new(
            sources,
            numbered.map(|(number, armed)| (number, &armed.source, armed.literals.as_deref())),
        );
        let plan = Arc::new(plan);
        if self.plans.len() >= PLANS_MAX {
            self.plans.clear();
        }
        self.plans.push(Arc::clone(&plan));
        self.last = self.plans.len() - 1;
        plan
    }
}

#[cfg(test)]
mod cases;
#[cfg(test)]
mod tests;
