//! Guessing of codes and use of accounts (detection.md 4.3, 4.4).

mod after;
mod case;
mod classify;
mod history;
mod report;
mod settings;
mod source;
mod targets;
#[cfg(test)]
mod tests;
mod tries;

use crate::attempts::Attempt;
use crate::engine::{Ctx, Detector};
use crate::rule::RuleSet;
use crate::signal::Signal;
use history::History;
use settings::Settings;
use source::Sources;
use targets::Targets;
use tries::{Names, Try};
use vocab::Context;

/// Watches all attempts of authentication.
#[derive(Debug)]
pub struct Watch {
    settings: Settings,
    names: Names,
    sources: Sources,
    targets: Targets,
    history: History,
}

impl Watch {
    /// A watch with the numbers of the rule set.
    #[must_use]
    pub fn new(rules: &RuleSet, context: &Context) -> Self {
        Self {
            settings: Settings::new(rules, context),
            names: Names::default(),
            sources: Sources::default(),
            targets: Targets::default(),
            history: History::default(),
        }
    }
}

impl Detector for Watch {
    fn push(&mut self, _signal: &Signal, _ctx: &mut Ctx) {}

    fn attempt(&mut self, attempt: &Attempt, ctx: &mut Ctx) {
        let one = Try::new(attempt, &mut self.names, &self.settings);
        if attempt.is_guess() {
            self.targets.failure(&one, &self.names, &self.settings, ctx);
            self.sources.failure(attempt, &one, &self.targets, &self.names, &self.settings, ctx);
        } else if attempt.is_entry() {
            let usual = self.history.is_usual(attempt);
            let mut before = self.sources.success(attempt, &one, usual, &self.settings);
            self.targets.success(&one, usual, &self.settings, &mut before);
            after::success(attempt, usual, &before, &self.history, &self.settings, ctx);
            self.history.success(attempt, before.attacking && before.entered);
        }
    }

    fn finish(&mut self, ctx: &mut Ctx) {
        self.sources.finish(&self.targets, &self.names, &self.settings, ctx);
        self.targets.finish(&self.names, &self.settings, ctx);
    }
}
