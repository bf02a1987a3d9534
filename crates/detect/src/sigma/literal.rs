//! Necessary literals of a rule: at least one of them stands in the scanned text of every event that the rule matches.
//!
//! They make the prefilter. A rule without them is evaluated on every event of its log source. Literals are looked for
//! without regard to the case of ASCII letters; outside ASCII they hold signs without case only. Letters outside ASCII
//! whose lower case is ASCII are handled by the caller.

use super::slot::{Slot, group, slot};
use rsigma_parser::{
    ConditionExpr, Detection, DetectionItem, Modifier, Quantifier, SelectorPattern, SigmaRule, SigmaString,
    SigmaValue, StringPart,
};

/// More alternatives than this are not looked for.
const LITERALS_MAX: usize = 4096;

/// A literal and the groups of text in which it counts.
pub(super) type Literal = (String, u8);

/// Literals of which one is necessary; `None` = nothing can be said.
pub(super) fn necessary(rule: &SigmaRule) -> Option<Vec<Literal>> {
    let mut all = Vec::new();
    for condition in &rule.detection.conditions {
        all.extend(of_condition(condition, rule)?);
    }
    (!all.is_empty() && all.len() <= LITERALS_MAX).then(|| {
        all.sort();
        all.dedup();
        all
    })
}

fn of_condition(condition: &ConditionExpr, rule: &SigmaRule) -> Option<Vec<Literal>> {
    match condition {
        ConditionExpr::And(parts) => best(parts.iter().map(|part| of_condition(part, rule))),
        ConditionExpr::Or(parts) => union(parts.iter().map(|part| of_condition(part, rule))),
        ConditionExpr::Not(_) => None,
        ConditionExpr::Identifier(name) => of_detection(rule.detection.named.get(name)?),
        ConditionExpr::Selector { quantifier, pattern } => {
            let parts = selected(pattern, rule).map(of_detection);
            match quantifier {
                Quantifier::All => best(parts),
                Quantifier::Any => union(parts),
                Quantifier::Count(0) => None,
                Quantifier::Count(_) => union(parts),
            }
        }
    }
}

fn selected<'r>(pattern: &'r SelectorPattern, rule: &'r SigmaRule) -> impl Iterator<Item = &'r Detection> {
    let mut named: Vec<_> =
        rule.detection.named.iter().filter(move |(name, _)| pattern.matches_detection_name(name)).collect();
    named.sort_by_key(|(name, _)| *name);
    named.into_iter().map(|(_, detection)| detection)
}

fn of_detection(detection: &Detection) -> Option<Vec<Literal>> {
    match detection {
        Detection::AllOf(items) => best(items.iter().map(of_item)),
        Detection::AnyOf(parts) => union(parts.iter().map(of_detection)),
        Detection::And(parts) => best(parts.iter().map(of_detection)),
        Detection::Keywords(values) => {
            union(values.iter().map(|value| of_value(value, group::ALL, None).map(|literal| vec![literal])))
        }
        Detection::ArrayMatch { .. } | Detection::Conditional { .. } => None,
    }
}

fn of_item(item: &DetectionItem) -> Option<Vec<Literal>> {
    let plain = |modifier: &Modifier| {
        matches!(
            modifier,
            Modifier::Contains | Modifier::StartsWith | Modifier::EndsWith | Modifier::All | Modifier::Cased
        )
    };
    if !item.field.modifiers.iter().all(plain) {
        return None;
    }
    let (groups, joint) = match item.field.name.as_deref() {
        None => (group::ALL, None),
        Some(name) => (slot(name).groups(), joint(slot(name))),
    };
    if groups == 0 {
        return None;
    }
    let literals =
        item.values.iter().map(|value| of_value(value, groups, joint).map(|literal| vec![literal]));
    if item.field.modifiers.contains(&Modifier::All) { best(literals) } else { union(literals) }
}

fn of_value(value: &SigmaValue, groups: u8, joint: Option<char>) -> Option<Literal> {
    match value {
        SigmaValue::String(text) => longest(text, joint).map(|literal| (literal, groups)),
        _ => None,
    }
}

/// The sign that joins two texts to the value of the field, so that a literal is cut there.
const fn joint(slot: Slot) -> Option<char> {
    match slot {
        Slot::Uri => Some('?'),
        Slot::ReadUrl | Slot::ReadRequest | Slot::ReadPath | Slot::ReadQuery => Some('\n'),
        _ => None,
    }
}

/// ASCII, or a sign that is its own upper and lower case.
fn has_one_form(sign: char) -> bool {
    sign.is_ascii() || sign.to_lowercase().eq([sign]) && sign.to_uppercase().eq([sign])
}

/// The longest run of text between wildcards that is written in one way only.
fn longest(text: &SigmaString, joint: Option<char>) -> Option<String> {
    let mut runs: Vec<&str> = Vec::new();
    for part in &text.parts {
        if let StringPart::Plain(plain) = part {
            runs.extend(plain.split(|sign: char| !has_one_form(sign) || Some(sign) == joint));
        }
    }
    let best = runs.into_iter().max_by_key(|run| run.len())?;
    (!best.is_empty()).then(|| best.to_ascii_lowercase())
}

/// All must hold: the most telling of those that say anything.
fn best(parts: impl Iterator<Item = Option<Vec<Literal>>>) -> Option<Vec<Literal>> {
    parts.flatten().filter(|part| !part.is_empty()).max_by_key(|part| worth(part))
}

/// One must hold: all together, if each says something.
fn union(parts: impl Iterator<Item = Option<Vec<Literal>>>) -> Option<Vec<Literal>> {
    let mut all = Vec::new();
    for part in parts {
        all.extend(part?);
    }
    (!all.is_empty()).then_some(all)
}

/// How rarely ordinary text holds one of them: length of the shortest, common words last, then few before many.
fn worth(literals: &[Literal]) -> (usize, usize) {
    const COMMON: [&str; 12] = [
        "http", "https", "https://", "http://", "mozilla", "index", ".php", ".html", "post", "get", "www.",
        "/api/",
    ];
    let shortest = literals
        .iter()
        .map(|(text, _)| if COMMON.contains(&text.as_str()) { 1 } else { text.len() })
        .min()
        .unwrap_or(0);
    (shortest.min(6), LITERALS_MAX.saturating_sub(literals.len()))
}
