//! Guessing of codes and use of accounts (detection.md 4.3, 4.4).

mod after;
mod case;
mod classify;
mod factor;
mod gaps;
mod habit;
mod history;
mod holder;
mod hosts;
mod report;
mod repudiated;
mod roster;
mod settings;
mod source;
mod targets;
#[cfg(test)]
mod tests;
mod travel;
mod tries;
mod write;

use crate::attempts::Attempt;
use crate::engine::{Ctx, Detector};
use crate::rule::RuleSet;
use crate::signal::Signal;
use factor::Factors;
use habit::Habits;
use history::History;
pub(crate) use history::prefix;
use holder::Holders;
use hosts::Hosts;
use repudiated::Repudiations;
use settings::Settings;
use source::{Sources, Stand};
use targets::Targets;
pub(crate) use targets::net;
use travel::Travels;
use tries::{Names, Try};
use vocab::Context;

/// Watches all attempts of authentication.
#[derive(Clone, Debug)]
pub struct Watch {
    settings: Settings,
    names: Names,
    sources: Sources,
    targets: Targets,
    hosts: Hosts,
    history: History,
    holders: Holders,
    habits: Habits,
    factors: Factors,
    travels: Travels,
    repudiations: Repudiations,
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
            hosts: Hosts::default(),
            history: History::default(),
            holders: Holders::new(rules, context),
            habits: Habits::new(rules, context),
            factors: Factors::new(rules),
            travels: Travels::new(rules),
            repudiations: Repudiations::new(context),
        }
    }
}

impl Detector for Watch {
    fn push(&mut self, signal: &Signal, _ctx: &mut Ctx) {
        self.holders.signal(signal);
        self.habits.signal(signal);
    }

    fn attempt(&mut self, attempt: &Attempt, ctx: &mut Ctx) {
        if attempt.is_guess() {
            self.failure(attempt, ctx);
        } else if attempt.is_entry() {
            self.success(attempt, ctx);
        }
    }

    fn finish(&mut self, ctx: &mut Ctx) {
        self.sources.finish(&self.targets, &self.names, &self.settings, ctx);
        self.targets.finish(&self.names, &self.settings, ctx);
        self.hosts.finish(&self.names, &self.settings, ctx);
        gaps::not_checked(self.holders.roster(), self.factors.seen, &self.repudiations, ctx);
    }
}

impl Watch {
    fn failure(&mut self, attempt: &Attempt, ctx: &mut Ctx) {
        let one = Try::new(attempt, &mut self.names, &self.settings);
        self.targets.failure(&one, &self.names, &self.settings, ctx);
        match self.sources.failure(attempt, &one, &self.targets, &self.names, &self.settings, ctx) {
            Stand::Quiet if self.history.is_usual(attempt) => {}
            Stand::Quiet => self.hosts.failure(&one, &self.names, &self.settings, ctx),
            Stand::Began => self.hosts.loud(&one),
            Stand::Attacking => {}
        }
        self.factors.attempt(attempt, &self.settings, ctx);
        self.holders.failure(attempt, &self.settings, ctx);
    }

    fn success(&mut self, attempt: &Attempt, ctx: &mut Ctx) {
        let one = Try::new(attempt, &mut self.names, &self.settings);
        let usual = self.history.is_usual(attempt);
        let mut before = self.sources.success(attempt, &one, usual, &self.settings);
        self.targets.success(&one, usual, &self.settings, &mut before);
        self.hosts.success(&one, usual, &self.settings, &mut before);
        let answer = after::success(attempt, usual, &before, &self.history, &self.settings, ctx);
        self.factors.attempt(attempt, &self.settings, ctx);
        self.holders.success(attempt, &before, &self.history, &self.settings, ctx);
        self.repudiations.success(attempt, &self.settings, ctx);
        self.travels.success(attempt, self.history.known(attempt), &self.settings, ctx);
        let doubtful = before.attacking && before.entered;
        if !doubtful {
            let told = answer == after::Answer::FirstSeen;
            self.habits.success(attempt, self.history.known(attempt), told, &self.settings, ctx);
        }
        self.history.success(attempt, doubtful);
    }
}
