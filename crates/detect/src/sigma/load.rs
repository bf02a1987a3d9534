//! From rule text to rules ready to run; what cannot be loaded is named with its reason (DT-RUL-02).
//!
//! Headers and tags are read in [`crate::rule`]; here is only what the rule engine needs.

use super::compile::{self, Table};
use super::leaf::Node;
use crate::RuleIndex;
use rsigma_parser::{ConditionExpr, FilterRule, FilterRuleTarget, LogSource, SelectorPattern, SigmaRule};

/// One Sigma document of the rule set.
#[derive(Clone, Copy, Debug)]
pub struct Document<'t> {
    /// Its number in the rule set.
    pub index: RuleIndex,
    /// YAML of this one document.
    pub text: &'t str,
}

/// A rule in its runnable form.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) index: RuleIndex,
    pub(super) source: LogSource,
    /// Its condition over the leaves of the table.
    pub(super) root: Node,
    /// Its selections, for explanations.
    pub(super) selections: Vec<(String, Node)>,
    /// Its condition as written.
    pub(super) condition: String,
}

/// A parsed rule and its number.
struct Placed {
    index: RuleIndex,
    rule: SigmaRule,
}

/// Documents that the engine refused, with the reason.
pub(super) type Refusals = Vec<(RuleIndex, String)>;

/// All rules in their runnable form, with the fields and leaves that they share.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) loaded: Vec<Loaded>,
    pub(super) table: Table,
}

/// Loads all documents: first all rules, then all filters over them, then the runnable forms.
pub(super) fn load<'t>(documents: impl IntoIterator<Item = Document<'t>>) -> (Rules, Refusals) {
    let (mut refused, mut placed, mut filters) = (Vec::new(), Vec::new(), Vec::new());
    for document in documents {
        let index = document.index;
        match read(document.text) {
            Ok(Read::Rule(rule)) => placed.push(Placed { index, rule: *rule }),
            Ok(Read::Filter(filter)) => filters.push(*filter),
            Err(reason) => refused.push((index, reason)),
        }
    }
    for (number, filter) in filters.iter().enumerate() {
        apply_filter(filter, number, &mut placed);
    }
    let mut rules = Rules { loaded: Vec::with_capacity(placed.len()), table: Table::default() };
    for one in placed {
        let index = one.index;
        match arm(one, &mut rules.table) {
            Ok(rule) => rules.loaded.push(rule),
            Err(reason) => refused.push((index, reason)),
        }
    }
    rules.table.close();
    (rules, refused)
}

enum Read {
    Rule(Box<SigmaRule>),
    Filter(Box<FilterRule>),
}

/// Reads one document. A document with a warning is not loaded half.
fn read(text: &str) -> Result<Read, String> {
    if text.lines().any(|line| line.starts_with("action:")) {
        return Err("collection actions (`action:`) are not supported; write each rule in full".to_owned());
    }
    let mut collection = rsigma_parser::parse_sigma_yaml(text).map_err(|error| error.to_string())?;
    if let Some(error) = collection.errors.first() {
        return Err(error.clone());
    }
    if !collection.correlations.is_empty() {
        return Err("Sigma correlation documents are not evaluated; write a `sekisho_correlation`".to_owned());
    }
    if let Some(rule) = collection.rules.pop() {
        return Ok(Read::Rule(Box::new(rule)));
    }
    match collection.filters.pop() {
        Some(_) if names_no_rule(text) => {
            Err("filter: the list of rules is empty; write `any` for all".to_owned())
        }
        Some(filter) => Ok(Read::Filter(Box::new(filter))),
        None => Err("expected a `detection` or a `filter`".to_owned()),
    }
}

/// Does the filter give an empty list of rules? The parser takes it for all.
fn names_no_rule(text: &str) -> bool {
    let document: Option<yaml_serde::Value> = yaml_serde::from_str(text.trim_start_matches("---")).ok();
    let rules = document.as_ref().and_then(|document| document.get("filter")?.get("rules")?.as_sequence());
    rules.is_some_and(Vec::is_empty)
}

fn arm(placed: Placed, table: &mut Table) -> Result<Loaded, String> {
    let source = placed.rule.logsource;
    if !source.custom.is_empty() {
        return Err("log source has a dimension beside product, category and service".to_owned());
    }
    let compiled = compile::compile(&placed.rule.detection, table)?;
    Ok(Loaded {
        index: placed.index,
        source,
        root: compiled.root,
        selections: compiled.selections,
        condition: placed.rule.detection.condition_strings.join(" | "),
    })
}

/// Adds the condition of a filter to the rules it names.
fn apply_filter(filter: &FilterRule, number: usize, placed: &mut [Placed]) {
    let prefix = format!("__filter_{number}_");
    let Some(condition) = filter.detection.conditions.first() else { return };
    let condition = renamed(condition, &prefix);
    for one in placed {
        let rule = &mut one.rule;
        let named = match &filter.rules {
            FilterRuleTarget::Any => true,
            FilterRuleTarget::Specific(wanted) => wanted.iter().any(|wanted| {
                rule.id.as_deref() == Some(wanted)
                    || rule.name.as_deref() == Some(wanted)
                    || rule.title == *wanted
            }),
        };
        if !named || !filter.logsource.as_ref().is_none_or(|source| covers(source, &rule.logsource)) {
            continue;
        }
        for (name, detection) in &filter.detection.named {
            rule.detection.named.insert(format!("{prefix}{name}"), detection.clone());
        }
        for own in &mut rule.detection.conditions {
            *own = ConditionExpr::And(vec![own.clone(), condition.clone()]);
        }
    }
}

fn covers(filter: &LogSource, rule: &LogSource) -> bool {
    let same = |filter: &Option<String>, rule: &Option<String>| match (filter, rule) {
        (None, _) => true,
        (Some(filter), Some(rule)) => filter.eq_ignore_ascii_case(rule),
        (Some(_), None) => false,
    };
    same(&filter.product, &rule.product)
        && same(&filter.category, &rule.category)
        && same(&filter.service, &rule.service)
}

fn renamed(condition: &ConditionExpr, prefix: &str) -> ConditionExpr {
    let all = |parts: &[ConditionExpr]| parts.iter().map(|part| renamed(part, prefix)).collect();
    match condition {
        ConditionExpr::And(parts) => ConditionExpr::And(all(parts)),
        ConditionExpr::Or(parts) => ConditionExpr::Or(all(parts)),
        ConditionExpr::Not(part) => ConditionExpr::Not(Box::new(renamed(part, prefix))),
        ConditionExpr::Identifier(name) => ConditionExpr::Identifier(format!("{prefix}{name}")),
        ConditionExpr::Selector { quantifier, pattern } => ConditionExpr::Selector {
            quantifier: quantifier.clone(),
            pattern: SelectorPattern::Pattern(match pattern {
                SelectorPattern::Them => format!("{prefix}*"),
                SelectorPattern::Pattern(pattern) => format!("{prefix}{pattern}"),
            }),
        },
    }
}
