//! From rule text to rules ready to run; what cannot be loaded is named with its reason (DT-RUL-02).

use super::kind::{kind_by_tags, own_tag, own_tags};
use super::literal::{self, Literal};
use rsigma_eval::CompiledRule;
use rsigma_parser::{
    ConditionExpr, Detection, DetectionItem, FilterRule, FilterRuleTarget, LogSource, Modifier,
    SelectorPattern, SigmaCollection, SigmaRule,
};
use std::collections::BTreeMap;
use vocab::{Audience, Category, Confidence, Kind, Level, Stage};

/// One rule file.
#[derive(Clone, Copy, Debug)]
pub struct RuleText<'t> {
    /// Name of the file, for messages.
    pub file: &'t str,
    /// YAML, one or more documents.
    pub text: &'t str,
}

/// What is known of a loaded rule beside its detection.
#[derive(Clone, Debug)]
pub struct Rule {
    /// UUID; the file and line when the rule has none.
    pub id: String,
    /// Short name for references, when given.
    pub name: Option<String>,
    /// Title as written.
    pub title: String,
    /// How grave.
    pub level: Level,
    /// Class of attack, by tag or by table (DT-RUL-07).
    pub kind: Kind,
    /// The rule itself names its kind by `sekisho.kind.…`.
    pub kind_stated: bool,
    /// How sure.
    pub confidence: Confidence,
    /// Whom to tell, when stated.
    pub audience: Option<Audience>,
    /// Where in an attack; default from the kind.
    pub stage: Stage,
    /// Legal category, only where the rule lowers it.
    pub category: Option<Category>,
    /// The match is a sign that a limit was lifted (detection.md 4.5).
    pub effect: bool,
    /// Facts the record can support, e.g. `f6`.
    pub facts: Vec<String>,
    /// Extra measures, e.g. `PM-10`.
    pub measures: Vec<String>,
    /// Author, shown with every finding of a foreign rule (DT-RUL-04).
    pub author: Option<String>,
    /// Licence.
    pub license: Option<String>,
    /// What it means.
    pub description: Option<String>,
    /// Links and documents.
    pub references: Vec<String>,
    /// Known harmless causes.
    pub false_positives: Vec<String>,
    /// All tags.
    pub tags: Vec<String>,
    /// Numbers of the rule file's `params:` block by name (DT-KND-01).
    pub params: BTreeMap<String, f64>,
    /// File it came from.
    pub file: String,
    /// Line of the document inside the file, from 1.
    pub line: u32,
}

impl Rule {
    /// The rule as a finding cites it.
    #[must_use]
    pub fn reference(&self) -> vocab::RuleRef {
        vocab::RuleRef {
            id: self.id.clone(),
            title: self.title.clone(),
            author: self.author.clone(),
            license: self.license.clone(),
            references: self.references.clone(),
            false_positives: self.false_positives.clone(),
        }
    }
}

/// A rule that was not loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// File.
    pub file: String,
    /// Line of the document, from 1.
    pub line: u32,
    /// UUID, where the document could be read that far.
    pub id: Option<String>,
    /// Why.
    pub reason: String,
}

/// A rule with its runnable form.
pub(super) type Parsed = (Rule, LogSource, CompiledRule, Option<Vec<Literal>>);

/// A parsed rule, where it stands.
struct Placed {
    rule: SigmaRule,
    file: String,
    line: u32,
}

/// Loads all files: first all rules, then all filters over them, then the runnable forms.
pub(super) fn load<'t>(files: impl IntoIterator<Item = RuleText<'t>>) -> (Vec<Parsed>, Vec<Refused>) {
    let mut refused = Vec::new();
    let mut placed = Vec::new();
    let mut filters = Vec::new();
    for file in files {
        for (line, text) in documents(file.text) {
            if !is_ours(text) {
                continue;
            }
            match rsigma_parser::parse_sigma_yaml(text) {
                Ok(collection) => sort(collection, file.file, line, &mut placed, &mut filters, &mut refused),
                Err(error) => refused.push(refusal(file.file, line, None, &error)),
            }
        }
    }
    for (number, filter) in filters.iter().enumerate() {
        apply_filter(filter, number, &mut placed);
    }
    let mut seen: hashbrown::HashMap<String, String> = hashbrown::HashMap::new();
    let mut parsed = Vec::with_capacity(placed.len());
    for mut one in placed {
        if let Some(id) = &one.rule.id
            && let Some(first) = seen.insert(id.clone(), one.file.clone())
        {
            let reason = format!("id is already used by a rule in {first}");
            refused.push(refusal(&one.file, one.line, Some(id), &reason));
            continue;
        }
        match arm(&mut one) {
            Ok(rule) => parsed.push(rule),
            Err(reason) => refused.push(refusal(&one.file, one.line, one.rule.id.as_deref(), &reason)),
        }
    }
    (parsed, refused)
}

fn refusal(file: &str, line: u32, id: Option<&str>, reason: &impl ToString) -> Refused {
    Refused { file: file.to_owned(), line, id: id.map(ToOwned::to_owned), reason: reason.to_string() }
}

fn sort(
    collection: SigmaCollection,
    file: &str,
    line: u32,
    placed: &mut Vec<Placed>,
    filters: &mut Vec<FilterRule>,
    refused: &mut Vec<Refused>,
) {
    for error in &collection.errors {
        refused.push(refusal(file, line, None, error));
    }
    // A document with a warning is not loaded half.
    if collection.errors.is_empty() {
        placed.extend(collection.rules.into_iter().map(|rule| Placed { rule, file: file.to_owned(), line }));
        filters.extend(collection.filters);
    }
}

/// The documents of a file with the line of each. A file with collection actions stays whole.
fn documents(text: &str) -> Vec<(u32, &str)> {
    if text.lines().any(|line| line.starts_with("action:")) {
        return vec![(1, text)];
    }
    let mut out = Vec::new();
    let (mut start, mut at, mut line, mut start_line) = (0, 0, 1, 1);
    for part in text.split_inclusive('\n') {
        if part.trim_end() == "---" {
            out.push((start_line, text.get(start..at).unwrap_or_default()));
            start = at + part.len();
            start_line = line + 1;
        }
        at += part.len();
        line += 1;
    }
    out.push((start_line, text.get(start..).unwrap_or_default()));
    out.retain(|(_, text)| text.lines().any(|line| !line.trim().is_empty() && !line.starts_with('#')));
    out
}

/// Documents of the own runtime (5.4) and Sigma correlations are loaded elsewhere.
fn is_ours(text: &str) -> bool {
    !text
        .lines()
        .any(|line| line.starts_with("sekisho_") && line.contains(':') || line.starts_with("correlation:"))
}

/// Closes the known gaps of the engine (DT-RUL-16), compiles, and reads the tags.
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
    Ok((describe(placed)?, source, compiled, literals))
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

fn describe(placed: &Placed) -> Result<Rule, String> {
    let rule = &placed.rule;
    let tags: Vec<String> = rule.tags.iter().map(|tag| tag.to_ascii_lowercase()).collect();
    let stated = match own_tag(&tags, "kind") {
        Some(name) => Some(Kind::parse(name).ok_or_else(|| format!("no attack class is named {name:?}"))?),
        None => None,
    };
    let (by_table, known) = kind_by_tags(tags.iter().map(String::as_str), family(&rule.logsource));
    let kind = stated.unwrap_or(by_table);
    let read = |name: &str| own_tag(&tags, name).map(str::to_owned);
    let confidence = match read("confidence").as_deref() {
        Some("low") => Confidence::Low,
        Some("high") => Confidence::High,
        Some("medium") => Confidence::Medium,
        Some(other) => return Err(format!("confidence {other:?} is none of low, medium, high")),
        None if stated.is_some() || known => Confidence::Medium,
        None => Confidence::Low,
    };
    let from_tag = |text: String| serde_json::from_value(serde_json::Value::String(text));
    Ok(Rule {
        id: rule.id.clone().unwrap_or_else(|| format!("{}:{}", placed.file, placed.line)),
        name: rule.name.clone(),
        title: rule.title.clone(),
        level: rule.level.and_then(|level| Level::parse(level.as_str())).unwrap_or(Level::Low),
        kind,
        kind_stated: stated.is_some(),
        confidence,
        audience: read("audience")
            .and_then(|text| serde_json::from_value(serde_json::Value::String(text)).ok()),
        stage: read("stage")
            .and_then(|text| serde_json::from_value(serde_json::Value::String(text)).ok())
            .unwrap_or_else(|| kind.stage()),
        category: read("legal").and_then(|text| from_tag(text).ok()),
        effect: tags.iter().any(|tag| tag == "sekisho.effect"),
        facts: own_tags(&tags, "fact").map(str::to_owned).collect(),
        measures: own_tags(&tags, "measure").map(str::to_ascii_uppercase).collect(),
        author: rule.author.clone(),
        license: rule.license.clone(),
        description: rule.description.clone(),
        references: rule.references.clone(),
        false_positives: rule.falsepositives.clone(),
        params: params(rule),
        tags,
        file: placed.file.clone(),
        line: placed.line,
    })
}

/// `params:` of the rule file: `name: number` or `name: {default: number, …}`.
fn params(rule: &SigmaRule) -> BTreeMap<String, f64> {
    let Some(yaml_serde::Value::Mapping(block)) = rule.custom_attributes.get("params") else {
        return BTreeMap::new();
    };
    block
        .iter()
        .filter_map(|(name, value)| {
            let number =
                value.as_f64().or_else(|| value.get("default").and_then(yaml_serde::Value::as_f64))?;
            Some((name.as_str()?.to_owned(), number))
        })
        .collect()
}

fn family(source: &LogSource) -> &'static str {
    let is = |dimension: &Option<String>, names: &[&str]| {
        dimension.as_deref().is_some_and(|own| names.iter().any(|name| own.eq_ignore_ascii_case(name)))
    };
    if is(&source.category, &["webserver", "proxy"]) || is(&source.product, &["apache", "nginx", "iis"]) {
        "web"
    } else if is(&source.product, &["aws", "azure", "m365", "gcp", "okta", "google_workspace"]) {
        "cloud"
    } else {
        ""
    }
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
