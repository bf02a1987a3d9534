//! Regular expressions of rules: checked when the rule is loaded, compiled when a record first asks.
//!
//! Of a few hundred expressions a run needs a few. Compiling all would take longer than reading a small log, and their
//! automata would lie in memory unused.

use regex::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind};
use std::sync::{Arc, OnceLock};

/// Largest compiled regular expression, bytes.
const BYTES_MAX: usize = 4 << 20;
/// What a state of an automaton takes, about, bytes.
const STATE_BYTES: usize = 64;
/// Expressions of which the estimate is above this are compiled at once, so that one that is too large is refused.
const STATES_MAX: usize = BYTES_MAX / STATE_BYTES / 4;

/// A regular expression; two are the same when their text is.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    text: Box<str>,
    compiled: Arc<OnceLock<Option<Regex>>>,
}

impl Pattern {
    /// Checks the expression.
    ///
    /// # Errors
    /// When it is none, or its automaton is too large; the message says why.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        let pattern = Self { text: text.into(), compiled: Arc::default() };
        let is_small = regex_syntax::parse(text).is_ok_and(|hir| states(&hir) <= STATES_MAX);
        if !is_small {
            let regex = compile(text, BYTES_MAX).map_err(|error| error.to_string())?;
            let _ = pattern.compiled.set(Some(regex));
        }
        Ok(pattern)
    }

    /// The expression as written.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Does it stand in the text?
    pub(super) fn is_match(&self, text: &str) -> bool {
        // What was small by the estimate has room in any case.
        let compiled = self.compiled.get_or_init(|| compile(&self.text, BYTES_MAX * 16).ok());
        compiled.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

fn compile(text: &str, bytes_max: usize) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).size_limit(bytes_max).build()
}

/// States of the automaton of an expression, about, rather too many.
fn states(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty => 0,
        HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Bytes(_)) => 1,
        HirKind::Class(Class::Unicode(class)) if class.is_ascii() => 1,
        HirKind::Class(Class::Unicode(class)) => class.ranges().len().saturating_mul(2).saturating_add(8),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or_else(|| repetition.min.saturating_add(1));
            states(&repetition.sub).saturating_add(1).saturating_mul(times.max(1) as usize)
        }
        HirKind::Capture(capture) => states(&capture.sub).saturating_add(2),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(states).fold(parts.len(), usize::saturating_add)
        }
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl std::hash::Hash for Pattern {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_expression_or_too_large_is_refused_when_loaded() {
        assert!(Pattern::new("a(").is_err());
        assert!(Pattern::new(r"(\w{1,500}x){500}").is_err());
        let small = Pattern::new("(?i)union\\s+select").unwrap();
        assert!(small.compiled.get().is_none(), "compiled before it was asked for");
        assert!(small.is_match("1 UNION  SELECT 2") && !small.is_match("union"));
    }

    /// The estimate is no less than half of what an automaton takes: what it lets through has room.
    #[test]
    fn the_estimate_is_about_right() {
        for text in [
            r"\w",
            r"\w{1,16}",
            r"(?i)[a-z]{1,200}",
            r"\pL+",
            r".{0,80}",
            "(?i)select|union",
            r"\W\d\S",
            r"[^/]{8}",
        ] {
            let states = states(&regex_syntax::parse(text).unwrap());
            assert!(compile(text, states.max(16) * STATE_BYTES * 2).is_ok(), "{text}: {states}");
        }
    }

    /// Every expression of the shipped rules can be compiled.
    #[test]
    fn every_shipped_expression_compiles() {
        let mut seen = 0;
        for (_, text) in crate::BUILTIN {
            for line in text.lines() {
                let Some(written) = line.trim().strip_prefix("- '").and_then(|rest| rest.strip_suffix('\''))
                else {
                    continue;
                };
                if let Ok(pattern) = Pattern::new(&written.replace("''", "'")) {
                    pattern.is_match("x");
                    assert!(pattern.compiled.get().is_some_and(Option::is_some), "{written}");
                    seen += 1;
                }
            }
        }
        assert!(seen > 100, "{seen}");
    }
}
