//! Guessing of codes and use of accounts (detection.md 4.3, 4.4).

mod after;
mod case;
mod classify;
mod history;
mod report;
mod settings;
mod source;

use crate::attempts::Attempt;
use crate::engine::{Ctx, Detector};
use crate::rule::RuleSet;
use crate::signal::Signal;
use history::History;
use settings::Settings;
use source::Sources;
use vocab::Context;

/// Watches all attempts of authentication.
#[derive(Debug)]
pub struct Watch {
    settings: Settings,
    sources: Sources,
    history: History,
}

impl Watch {
    /// A watch with the numbers of the rule set.
    #[must_use]
    pub fn new(rules: &RuleSet, context: &Context) -> Self {
        Self { settings: Settings::new(rules, context), sources: Sources::default(), history: History::default() }
    }
}

impl Detector for Watch {
    fn push(&mut self, _signal: &Signal, _ctx: &mut Ctx) {}

    fn attempt(&mut self, attempt: &Attempt, ctx: &mut Ctx) {
        if attempt.is_guess() {
            self.sources.failure(attempt, &self.settings, ctx);
        } else if attempt.is_entry() {
            let usual = self.history.is_usual(attempt);
            let attack = self.sources.success(attempt, usual, &self.settings, ctx);
            after::success(attempt, usual, &attack, &self.history, &self.settings, ctx);
            self.history.success(attempt, attack.attacked);
        }
    }

    fn finish(&mut self, ctx: &mut Ctx) {
        self.sources.finish(&self.settings, ctx);
    }
}
