//! What the parts read from their rule documents.

use super::command::{Pattern, Words, commands};
use crate::rule::{Params, Rule, RuleSet};
use crate::signal::RuleIndex;
use vocab::Level;

/// A rule in force, with the levels that its parameters name.
#[derive(Clone, Debug)]
pub(crate) struct InForce {
    /// Number of the rule.
    pub(crate) index: RuleIndex,
    /// Level of the document.
    pub(crate) level: Level,
    /// Level in the session of an entry: parameter `level_joined`.
    pub(crate) joined: Level,
    /// Its numbers.
    pub(crate) params: Params,
}

impl InForce {
    /// The rule of a native detector; `None` when it is switched off.
    pub(crate) fn find(rules: &RuleSet, name: &str) -> Option<Self> {
        let (index, rule) = rules.native(name)?;
        Some(Self::of(index, rule))
    }

    fn of(index: RuleIndex, rule: &Rule) -> Self {
        let level = rule.meta.level;
        let joined = word_level(&rule.params, "level_joined").unwrap_or(level).max(level);
        Self { index, level, joined, params: rule.params.clone() }
    }

    /// Level that a parameter names; the level of the document when it does not.
    pub(crate) fn level(&self, name: &str) -> Level {
        self.word_level(name).unwrap_or(self.level)
    }

    /// Level that a parameter names.
    pub(crate) fn word_level(&self, name: &str) -> Option<Level> {
        word_level(&self.params, name)
    }
}

fn word_level(params: &Params, name: &str) -> Option<Level> {
    Level::parse(params.list(name).first()?)
}

/// Patterns of commands by level: parameters `commands` (level of the document) and `commands_LEVEL`.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommandList {
    patterns: Vec<(Level, Pattern)>,
}

/// A command that a list names.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    /// Level of the pattern.
    pub(crate) level: Level,
    /// File or unit that was hit.
    pub(crate) object: String,
}

impl CommandList {
    /// Reads the lists of a rule.
    pub(crate) fn new(rule: &InForce) -> Self {
        let mut patterns = Vec::new();
        let mut add = |level: Level, name: &str| {
            patterns.extend(rule.params.list(name).iter().map(|text| (level, Pattern::new(text))));
        };
        add(rule.level, "commands");
        for level in Level::ALL {
            add(level, &format!("commands_{}", level.as_str()));
        }
        Self { patterns }
    }

    /// The gravest pattern that the command line fits; the first of several.
    pub(crate) fn hit(&self, line: &str) -> Option<Hit> {
        if line.is_empty() || self.patterns.is_empty() {
            return None;
        }
        let commands: Vec<Words> = commands(line);
        let mut best: Option<Hit> = None;
        for (level, pattern) in &self.patterns {
            if best.as_ref().is_some_and(|best| best.level >= *level) {
                continue;
            }
            if let Some(object) = commands.iter().find_map(|command| pattern.fits(command)) {
                let object = super::command::cut(object, 256).to_owned();
                best = Some(Hit { level: *level, object });
            }
        }
        best
    }
}
