//! The loaded rule set.

use super::{Meta, Params};
use crate::RuleIndex;
use crate::{sigma, stateless};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use vocab::Kind;
use yaml_serde::Value;

/// What a rule does.
#[derive(Clone, Debug)]
pub enum Body {
    /// Sigma detection, correlation or filter document: its text, for the Sigma module.
    Sigma(String),
    /// Detector written in Rust; its numbers stand in the parameters (docs/formats/rule.md).
    Native(String),
    /// Own correlation document, compiled (DT-COR-18).
    Correlation(Arc<crate::correlation::Program>),
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What it says of itself.
    pub meta: Meta,
    /// Its numbers.
    pub params: Params,
    /// What it does.
    pub body: Body,
    /// File it came from.
    pub file: String,
    /// Line on which the document begins, from 1.
    pub line: usize,
}

/// A rule that could not be loaded (DT-RUL-02).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// File.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Id, empty when it could not be read.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// What became of the rules. Nothing is skipped in silence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// Rules in force.
    pub loaded: usize,
    /// Rules that could not be loaded.
    pub refused: Vec<Refused>,
    /// Rules that are switched off (`status: unsupported`, `enabled: false`).
    pub disabled: usize,
}

/// All rules in force; shared by [`crate::Front`] and [`crate::Engine`].
#[derive(Debug)]
pub struct RuleSet {
    rules: Vec<Rule>,
    native: BTreeMap<String, RuleIndex>,
    stateless: sigma::Engine,
}

impl RuleSet {
    /// Loads the built-in pack and the user's documents, each a pair of path and text. A document that cannot be loaded
    /// is reported with file, line, id and reason; the rest loads (DT-RUL-02). The same id twice is refused unless the
    /// later document says `replaces: ID` (DT-RUL-09).
    #[must_use]
    pub fn load(builtin: &[(&str, &str)], extra: &[(String, String)]) -> (Self, LoadReport) {
        let mut loader = Loader::default();
        for (file, text) in builtin {
            loader.file(file, text);
        }
        for (file, text) in extra {
            loader.file(file, text);
        }
        loader.check_references();
        let Loader { mut report, rules, .. } = loader;
        let stateless = stateless::build(&rules, &mut report);
        let native = rules
            .iter()
            .zip(0..)
            .filter_map(|(rule, index)| match &rule.body {
                Body::Native(name) => Some((name.clone(), RuleIndex(index))),
                _ => None,
            })
            .collect();
        report.loaded = rules.len().saturating_sub(report.refused_after_load(&rules));
        (Self { rules, native, stateless }, report)
    }

    /// The rule with this number.
    #[must_use]
    pub fn get(&self, index: RuleIndex) -> Option<&Rule> {
        self.rules.get(index.0 as usize)
    }

    /// All rules with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (RuleIndex, &Rule)> {
        (0..).map(RuleIndex).zip(&self.rules)
    }

    /// The rule of a detector written in Rust; `None` when it was switched off or replaced.
    #[must_use]
    pub fn native(&self, name: &str) -> Option<(RuleIndex, &Rule)> {
        let index = *self.native.get(name)?;
        Some((index, self.get(index)?))
    }

    /// The rule with this id or name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<RuleIndex> {
        self.iter()
            .find(|(_, rule)| rule.meta.reference.id == name || rule.meta.name.as_deref() == Some(name))
            .map(|(index, _)| index)
    }

    /// The engine of stateless rules.
    #[must_use]
    pub fn stateless(&self) -> &sigma::Engine {
        &self.stateless
    }
}

impl LoadReport {
    /// Rules that the stateless engine refused although their header was read.
    fn refused_after_load(&self, rules: &[Rule]) -> usize {
        let known = |refused: &&Refused| {
            rules.iter().any(|rule| {
                rule.file == refused.file && rule.line == refused.line && rule.meta.reference.id == refused.id
            })
        };
        self.refused.iter().filter(known).count()
    }
}

#[derive(Default)]
struct Loader {
    rules: Vec<Rule>,
    ids: BTreeMap<String, usize>,
    report: LoadReport,
}

impl Loader {
    fn file(&mut self, file: &str, text: &str) {
        let mut line = 1;
        for part in split_documents(text) {
            if !part.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
                self.document(file, line, part);
            }
            line += part.matches('\n').count();
        }
    }

    fn document(&mut self, file: &str, line: usize, text: &str) {
        let body = text.trim_start_matches("---");
        let value: Value = match yaml_serde::from_str(body) {
            Ok(value) => value,
            Err(error) => {
                let at = error.location().map_or(0, |location| location.line().saturating_sub(1));
                return self.refuse(file, line + at, String::new(), error.to_string());
            }
        };
        let id = value.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let unsupported = value.get("status").and_then(Value::as_str) == Some("unsupported");
        if unsupported || value.get("enabled").and_then(Value::as_bool) == Some(false) {
            self.report.disabled += 1;
            return;
        }
        match build(file, line, text, &value) {
            Ok(rule) => self.insert(rule, value.get("replaces").and_then(Value::as_str)),
            Err((offset, reason)) => self.refuse(file, line + offset, id, reason),
        }
    }

    fn insert(&mut self, rule: Rule, replaces: Option<&str>) {
        let id = rule.meta.reference.id.clone();
        if let Some(place) = replaces.and_then(|old| self.ids.get(old)).copied() {
            self.ids.insert(id, place);
            if let Some(slot) = self.rules.get_mut(place) {
                *slot = rule;
            }
        } else if self.ids.contains_key(&id) {
            let reason = "another rule has the same id; say `replaces` to replace it".to_owned();
            self.refuse(&rule.file, rule.line, id, reason);
        } else {
            self.ids.insert(id, self.rules.len());
            self.rules.push(rule);
        }
    }

    /// A correlation over a rule that is not there could never fire.
    fn check_references(&mut self) {
        let known: BTreeSet<String> = self
            .rules
            .iter()
            .flat_map(|rule| [Some(rule.meta.reference.id.clone()), rule.meta.name.clone()])
            .flatten()
            .collect();
        let (good, bad): (Vec<Rule>, Vec<Rule>) = std::mem::take(&mut self.rules)
            .into_iter()
            .partition(|rule| rule.references().iter().all(|name| known.contains(name)));
        self.rules = good;
        for rule in bad {
            let missing =
                rule.references().iter().find(|name| !known.contains(*name)).cloned().unwrap_or_default();
            let reason = format!("it refers to the rule {missing:?}, which is not loaded");
            self.refuse(&rule.file, rule.line, rule.meta.reference.id.clone(), reason);
        }
    }

    fn refuse(&mut self, file: &str, line: usize, id: String, reason: String) {
        self.report.refused.push(Refused { file: file.to_owned(), line, id, reason });
    }
}

/// Parts of a stream of documents; each but the first begins with its `---` line.
fn split_documents(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if at > start && line.trim_end() == "---" {
            parts.push(text.get(start..at).unwrap_or_default());
            start = at;
        }
        at += line.len();
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

/// Line of a top-level field inside the document, from 0.
fn line_of(text: &str, field: &str) -> usize {
    text.lines()
        .position(|line| line.strip_prefix(field).is_some_and(|rest| rest.starts_with(':')))
        .unwrap_or(0)
}

fn build(file: &str, line: usize, text: &str, value: &Value) -> Result<Rule, (usize, String)> {
    let at = |field: &str| line_of(text, field);
    let mut meta = Meta::parse(value).map_err(|reason| {
        let field = reason.split(':').next().unwrap_or_default();
        (at(field), reason)
    })?;
    let params = Params::parse(value.get("params")).map_err(|reason| (at("params"), reason))?;
    let body = if let Some(name) = value.get("sekisho_native") {
        let name =
            name.as_str().ok_or((at("sekisho_native"), "sekisho_native: expected a name".to_owned()))?;
        Body::Native(name.to_owned())
    } else if let Some(document) = value.get("sekisho_correlation") {
        let program = crate::correlation::compile(document, &params)
            .map_err(|reason| (at("sekisho_correlation"), format!("sekisho_correlation: {reason}")))?;
        Body::Correlation(Arc::new(program))
    } else if let Some(document) = value.get("correlation") {
        let program = crate::correlation::compile_sigma(document)
            .map_err(|reason| (at("correlation"), format!("correlation: {reason}")))?;
        Body::Correlation(Arc::new(program))
    } else {
        meta.kind_by_tags(value);
        Body::Sigma(text.to_owned())
    };
    let own = value.get("sekisho_native").is_some() || value.get("sekisho_correlation").is_some();
    if meta.kind.is_none() && own {
        return Err((at("tags"), "tags: expected one sekisho.kind".to_owned()));
    }
    Ok(Rule { meta, params, body, file: file.to_owned(), line })
}

impl Rule {
    /// Other rules that it refers to, by id or name.
    fn references(&self) -> &[String] {
        match &self.body {
            Body::Correlation(program) => &program.rules,
            _ => &[],
        }
    }

    /// Class of attack; rules without a tag are an indicator (DT-RUL-07).
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.meta.kind.unwrap_or(Kind::IndicatorMatch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NATIVE: &str = "title: Guessing\nid: a1\nlevel: low\ntags: [sekisho.kind.password_guessing]\n\
                          params:\n  tries: {default: 5, range: [1, 9], origin: own}\nsekisho_native: password_guessing\n";

    #[test]
    fn a_good_document_loads_and_a_bad_one_is_named() {
        let bad = format!("{NATIVE}---\ntitle: Broken\nid: b2\nlevel: enormous\nsekisho_native: x\n");
        let (set, report) = RuleSet::load(&[("account/a.yml", &bad)], &[]);
        assert_eq!(report.loaded, 1);
        assert_eq!(set.native("password_guessing").map(|(index, _)| index), Some(RuleIndex(0)));
        let [refused] = report.refused.as_slice() else { panic!("one refusal expected") };
        assert_eq!((refused.line, refused.id.as_str()), (11, "b2"));
        assert!(refused.reason.contains("enormous"));
    }

    #[test]
    fn the_same_id_twice_needs_a_word() {
        let again = vec![("user.yml".to_owned(), NATIVE.to_owned())];
        let (_, report) = RuleSet::load(&[("a.yml", NATIVE)], &again);
        assert_eq!((report.loaded, report.refused.len()), (1, 1));
        let replaced =
            vec![("user.yml".to_owned(), NATIVE.replace("level: low", "level: high\nreplaces: a1"))];
        let (set, report) = RuleSet::load(&[("a.yml", NATIVE)], &replaced);
        assert_eq!((report.loaded, report.refused.len()), (1, 0));
        assert_eq!(
            set.native("password_guessing").map(|(_, rule)| rule.meta.level),
            Some(vocab::Level::High)
        );
    }

    #[test]
    fn broken_yaml_is_reported_with_its_line() {
        let (_, report) = RuleSet::load(&[("a.yml", "title: x\nid: [1\nlevel: low\n")], &[]);
        assert_eq!(report.refused.len(), 1);
        assert!(report.refused.iter().all(|refused| refused.line >= 2));
    }
}
