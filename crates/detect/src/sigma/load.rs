//! From rule text to rules ready to run; what cannot be loaded is named with its reason (DT-RUL-02).
//!
//! Headers and tags are read in [`crate::rule`]; here is only what the rule engine needs.

use super::literal::{self, Literal};
use crate::RuleIndex;
use rsigma_eval::CompiledRule;
use rsigma_parser::{
    ConditionExpr, Detection, DetectionItem, FilterRule, FilterRuleTarget, LogSource, Modifier,
    SelectorPattern, SigmaRule,
};

/// One Sigma document of the rule set.
#[derive(Clone, Copy, Debug)]
pub struct Document<'t> {
    /// Its number in the rule set.
    pub index: RuleIndex,
    /// YAML of this one document.
    pub text: &'t str,
}

/// A rule with its runnable form.
pub(super) struct Parsed {
    pub(super) index: RuleIndex,
    pub(super) source: LogSource,
    pub(super) compiled: CompiledRule,
    pub(super) literals: Option<Vec<Literal>>,
}

/// A parsed rule and its number.
struct Placed {
    index: RuleIndex,
    rule: SigmaRule,
}

/// Documents that the engine refused, with the reason.
pub(super) type Refusals = Vec<(RuleIndex, String)>;

/// Loads all documents: first all rules, then all filters over them, then the runnable forms.
pub(super) fn load<'t>(documents: impl IntoIterator<Item = Document<'t>>) -> (Vec<Parsed>, Refusals) {
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
    let mut parsed = Vec::with_capacity(placed.len());
    for mut one in placed {
        match arm(&mut one) {
            Ok(rule) => parsed.push(rule),
            Err(reason) => refused.push((one.index, reason)),
        }
    }
    (parsed, refused)
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
        Some(filter) => Ok(Read::Filter(Box::new(filter))),
        None => Err("expected a `detection` or a `filter`".to_owned()),
    }
}

/// Closes the known gaps of the engine (DT-RUL-16), and compiles.
fn arm(placed: &mut Placed) -> Result<Parsed, String> {
    for detection in placed.rule.detection.named.values_mut() {
        mend(detection)?;
    }
    let literals = literal::necessary(&placed.rule);
    let compiled = rsigma_eval::compile_rule(&placed.rule).map_err(|error| error.to_string())?;
    let source = placed.rule.logsource.clone();
    if !source.custom.is_empty() {
        return Err("log source has a dimension beside product, category and service".to_owned());
    }
    Ok(Parsed { index: placed.index, source, compiled, literals })
}

fn mend(detection: &mut Detection) -> Result<(), String> {
    match detection {
        Detection::AllOf(items) => {
            let mut mended = Vec::with_capacity(items.len());
            for item in items.drain(..) {
                mend_item(item, &mut mended)?;
            }
            *items = mended;
            Ok(())
        }
        Detection::AnyOf(parts) | Detection::And(parts) => parts.iter_mut().try_for_each(mend),
        Detection::Keywords(_) => Ok(()),
        Detection::ArrayMatch { body, .. } => mend(body),
        Detection::Conditional { named, .. } => named.values_mut().try_for_each(mend),
    }
}

fn mend_item(item: DetectionItem, out: &mut Vec<DetectionItem>) -> Result<(), String> {
    if item.field.has_modifier(Modifier::Expand) {
        let name = item.field.name.as_deref().unwrap_or("keywords");
        return Err(format!("placeholder without a value in {name:?} (DT-RUL-17)"));
    }
    // Keywords with `all`: each word may stand in another value of the event; the engine asks for one value with all.
    if item.field.name.is_none() && item.field.has_modifier(Modifier::All) && item.values.len() > 1 {
        let mut field = item.field;
        field.modifiers.retain(|modifier| *modifier != Modifier::All);
        out.extend(
            item.values.into_iter().map(|value| DetectionItem { field: field.clone(), values: vec![value] }),
        );
        return Ok(());
    }
    out.push(item);
    Ok(())
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
