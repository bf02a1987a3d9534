//! From a parsed rule to a tree over leaves: what every modifier means (DT-RUL-01, DT-RUL-15).

use super::leaf::{Ask, Leaf, Node, Subject};
use super::modifiers::{Kind, Modifiers};
use super::needles::{LeafKind, Needles};
use super::pattern::Pattern;
use super::slot::Slot;
use super::test::{FieldId, Op, Test};
use super::text::encode::{self, Width};
use super::text::fold;
use super::text::glob::{Glob, Part};
use super::text::number::{Bound, Number};
use rsigma_parser::{
    ConditionExpr, Detection, DetectionItem, Detections, Quantifier, SelectorPattern, SigmaString,
    SigmaValue, SpecialChar, StringPart,
};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// A field that rules ask for.
#[derive(Clone, Debug)]
pub(super) struct Field {
    /// Name as in rules, without spaces (EX-1).
    pub(super) name: Box<str>,
    /// Where it stands in normalised events.
    pub(super) slot: Slot,
}

/// Everything that rules share: fields and leaves, each once.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) fields: Vec<Field>,
    pub(super) leaves: Vec<Leaf>,
    /// Kind of each leaf.
    pub(super) kinds: Vec<LeafKind>,
    /// Leaves of which the truth depends on the values of their field alone.
    pub(super) of_one_field: Vec<bool>,
    /// Made when a leaf is first looked at.
    needles: Vec<OnceLock<Needles>>,
    known_fields: FxHashMap<Box<str>, FieldId>,
    known_leaves: FxHashMap<Leaf, u32>,
}

impl Table {
    /// Number of a field.
    pub(super) fn field(&mut self, name: &str) -> FieldId {
        let name: String = name.replace("\\[", "[").replace("\\]", "]").split(' ').collect();
        if let Some(known) = self.known_fields.get(name.as_str()) {
            return *known;
        }
        let number = u32::try_from(self.fields.len()).unwrap_or(u32::MAX);
        self.fields.push(Field { name: name.as_str().into(), slot: super::slot::slot(&name) });
        self.known_fields.insert(name.into(), number);
        number
    }

    /// Number of a field that some rule asks for.
    pub(super) fn find(&self, name: &str) -> Option<FieldId> {
        self.known_fields.get(name).copied()
    }

    fn leaf(&mut self, leaf: Leaf) -> Node {
        if let Some(known) = self.known_leaves.get(&leaf) {
            return Node::Leaf(*known);
        }
        let number = u32::try_from(self.leaves.len()).unwrap_or(u32::MAX);
        self.leaves.push(leaf.clone());
        self.known_leaves.insert(leaf, number);
        Node::Leaf(number)
    }

    /// What a leaf of the kind [`LeafKind::Contains`] searches for.
    pub(super) fn needles(&self, number: u32) -> Option<&Needles> {
        let leaf = self.leaves.get(number as usize)?;
        Some(self.needles.get(number as usize)?.get_or_init(|| Needles::of(leaf)))
    }

    /// Forgets what is only needed while rules are added.
    pub(super) fn close(&mut self) {
        self.known_leaves = FxHashMap::default();
        self.kinds = self.leaves.iter().map(LeafKind::of).collect();
        self.of_one_field = self.leaves.iter().map(Leaf::is_of_one_field).collect();
        self.needles = self.leaves.iter().map(|_| OnceLock::new()).collect();
        self.fields.shrink_to_fit();
        self.leaves.shrink_to_fit();
    }
}

/// The condition of a rule, and its named selections in order of their names.
pub(super) struct Compiled {
    pub(super) root: Node,
    pub(super) selections: Vec<(String, Node)>,
}

/// Compiles the detection of a rule.
///
/// # Errors
/// Says what cannot be evaluated.
pub(super) fn compile(detections: &Detections, table: &mut Table) -> Result<Compiled, String> {
    if detections.timeframe.is_some() {
        return Err("timeframe: counting belongs into a correlation document".to_owned());
    }
    let ordered: BTreeMap<&String, &Detection> = detections.named.iter().collect();
    let mut selections = Vec::with_capacity(ordered.len());
    for (name, detection) in ordered {
        let node = compile_detection(detection, table).map_err(|reason| format!("{name}: {reason}"))?;
        selections.push((name.clone(), node));
    }
    let conditions = detections
        .conditions
        .iter()
        .map(|condition| compile_condition(condition, &selections))
        .collect::<Result<Vec<_>, _>>()?;
    if conditions.is_empty() {
        return Err("condition: expected one or more".to_owned());
    }
    let root = Node::any(conditions).map(&mut Node::Leaf);
    if let Node::Known(known) = root {
        return Err(format!("condition: it is always {known}"));
    }
    Ok(Compiled { root, selections })
}

fn compile_condition(condition: &ConditionExpr, selections: &[(String, Node)]) -> Result<Node, String> {
    let all = |parts: &[ConditionExpr]| {
        parts.iter().map(|part| compile_condition(part, selections)).collect::<Result<Vec<_>, _>>()
    };
    match condition {
        ConditionExpr::And(parts) => Ok(Node::all(all(parts)?)),
        ConditionExpr::Or(parts) => Ok(Node::any(all(parts)?)),
        ConditionExpr::Not(part) => Ok(Node::not(compile_condition(part, selections)?)),
        ConditionExpr::Identifier(name) => selections
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, node)| node.clone())
            .ok_or_else(|| format!("condition: {name:?} is not defined")),
        ConditionExpr::Selector { quantifier, pattern } => {
            let parts: Vec<Node> = selections
                .iter()
                .filter(|(name, _)| pattern.matches_detection_name(name))
                .map(|(_, node)| node.clone())
                .collect();
            if parts.is_empty() {
                let pattern = match pattern {
                    SelectorPattern::Them => "them",
                    SelectorPattern::Pattern(pattern) => pattern,
                };
                return Err(format!("condition: nothing is named like {pattern:?}"));
            }
            Ok(match quantifier {
                Quantifier::Any => Node::any(parts),
                Quantifier::All => Node::all(parts),
                Quantifier::Count(count) => {
                    Node::AtLeast(u32::try_from(*count).unwrap_or(u32::MAX), parts.into())
                }
            })
        }
    }
}

fn compile_detection(detection: &Detection, table: &mut Table) -> Result<Node, String> {
    match detection {
        Detection::AllOf(items) if items.is_empty() => Err("it has no fields".to_owned()),
        Detection::AllOf(items) => {
            let parts: Result<Vec<_>, _> = items.iter().map(|item| compile_item(item, table)).collect();
            Ok(Node::all(parts?))
        }
        Detection::AnyOf(parts) if parts.is_empty() => Err("the list is empty".to_owned()),
        Detection::AnyOf(parts) => {
            let parts: Result<Vec<_>, _> = parts.iter().map(|part| compile_detection(part, table)).collect();
            Ok(Node::any(parts?))
        }
        Detection::And(parts) => {
            let parts: Result<Vec<_>, _> = parts.iter().map(|part| compile_detection(part, table)).collect();
            Ok(Node::all(parts?))
        }
        Detection::Keywords(values) => {
            compile_values(Subject::Keywords, &Modifiers::default(), values, table)
        }
        Detection::ArrayMatch { .. } | Detection::Conditional { .. } => {
            Err("matching over the members of a list is not part of Sigma 2.1".to_owned())
        }
    }
}

fn compile_item(item: &DetectionItem, table: &mut Table) -> Result<Node, String> {
    let name = item.field.name.as_deref().unwrap_or_default();
    let named = |reason: String| format!("{name}: {reason}");
    let modifiers = Modifiers::read(&item.field.modifiers).map_err(named)?;
    let subject = match item.field.name.as_deref() {
        Some(name) => Subject::Field(table.field(name)),
        None => Subject::Keywords,
    };
    if modifiers.kind == Kind::Exists {
        if subject == Subject::Keywords {
            return Err("exists: expected a field".to_owned());
        }
        let wanted = match item.values.as_slice() {
            [SigmaValue::Bool(wanted)] => *wanted,
            [SigmaValue::String(text)] if text.original.eq_ignore_ascii_case("true") => true,
            [SigmaValue::String(text)] if text.original.eq_ignore_ascii_case("false") => false,
            _ => return Err(named("exists: expected true or false".to_owned())),
        };
        let leaf = table.leaf(Leaf { subject, ask: Ask::Exists });
        return Ok(if wanted { leaf } else { Node::not(leaf) });
    }
    compile_values(subject, &modifiers, &item.values, table).map_err(named)
}

/// One of the values, or all with `all`; the contrary with `neq`, for which the field must be there.
fn compile_values(
    subject: Subject,
    modifiers: &Modifiers,
    values: &[SigmaValue],
    table: &mut Table,
) -> Result<Node, String> {
    if values.is_empty() {
        return Err("the list of values is empty".to_owned());
    }
    let mut lists: Vec<(Vec<Test>, bool)> = Vec::new();
    for value in values {
        let (mut tests, null) = match value {
            SigmaValue::Null if modifiers.kind == Kind::Text(Op::Exact) => (Vec::new(), true),
            value => (tests(subject, modifiers, value, table)?, false),
        };
        match lists.last_mut().filter(|_| !modifiers.all) {
            Some((all, or_null)) => {
                all.append(&mut tests);
                *or_null |= null;
            }
            None => lists.push((tests, null)),
        }
    }
    let leaves = lists
        .into_iter()
        .map(|(tests, or_null)| table.leaf(Leaf { subject, ask: Ask::Any { tests: tests.into(), or_null } }));
    let node = Node::all(leaves.collect());
    if !modifiers.neq {
        return Ok(node);
    }
    match subject {
        Subject::Keywords => Ok(Node::not(node)),
        Subject::Field(_) => {
            let present = table.leaf(Leaf { subject, ask: Ask::Present });
            Ok(Node::all(vec![present, Node::not(node)]))
        }
    }
}

/// The tests of which a value must pass one, for one value of a rule.
fn tests(
    subject: Subject,
    modifiers: &Modifiers,
    value: &SigmaValue,
    table: &mut Table,
) -> Result<Vec<Test>, String> {
    let cased = modifiers.cased;
    let op = match modifiers.kind {
        Kind::Text(op) => op,
        Kind::Regex(flags) => return regex(&format!("{flags}{}", plain(value)?)).map(|test| vec![test]),
        Kind::Cidr => {
            let text = plain(value)?;
            let net = text.parse().map_err(|_| format!("cidr: {text:?} is no network, e.g. 10.0.0.0/8"))?;
            return Ok(vec![Test::Cidr(net)]);
        }
        Kind::Number(bound) => return Ok(vec![Test::Number(bound, number(value)?)]),
        Kind::Time(part) => return Ok(vec![Test::Time(part, number(value)?)]),
        Kind::Field(op) => {
            let other = table.field(&plain(value)?);
            return Ok(vec![Test::Field { other, op, cased }]);
        }
        Kind::Exists => return Err("exists: expected to stand alone".to_owned()),
    };
    let is_keyword = subject == Subject::Keywords;
    let op = if is_keyword && op == Op::Exact { Op::Contains } else { op };
    match value {
        SigmaValue::Null => Err("null stands for no text".to_owned()),
        SigmaValue::Integer(whole) if op == Op::Exact && !modifiers.transforms() => {
            Ok(vec![Test::Number(Bound::Equal, Number::Whole(*whole))])
        }
        SigmaValue::Float(real) if op == Op::Exact && !modifiers.transforms() => {
            let number = Number::real(*real).ok_or("expected a finite number")?;
            Ok(vec![Test::Number(Bound::Equal, number)])
        }
        SigmaValue::Bool(truth) if op == Op::Exact && !modifiers.transforms() => Ok(vec![Test::Bool(*truth)]),
        SigmaValue::String(text) => text_tests(text, op, modifiers),
        other => text_tests(&SigmaString::from_raw(&plain(other)?), op, modifiers),
    }
}

fn text_tests(value: &SigmaString, op: Op, modifiers: &Modifiers) -> Result<Vec<Test>, String> {
    let cased = modifiers.cased;
    if modifiers.base64 || modifiers.base64_offset || modifiers.width != Width::Utf8 {
        let text = value.as_plain().ok_or("wildcards cannot be encoded; write the text without them")?;
        let bytes = modifiers.width.bytes(&text);
        if modifiers.base64_offset {
            let texts = encode::base64_offsets(&bytes);
            if texts.is_empty() {
                return Err("base64offset: the text is too short".to_owned());
            }
            return Ok(texts.iter().map(|text| simple(text, Op::Contains, cased)).collect());
        }
        let text = if modifiers.base64 {
            encode::base64(&bytes)
        } else {
            String::from_utf8(bytes).map_err(|_| "the encoded form is no text; add base64")?
        };
        return Ok(vec![simple(&text, op, cased)]);
    }
    let mut parts: Vec<Option<Part>> = Vec::new();
    for part in &value.parts {
        match part {
            StringPart::Plain(text) if modifiers.windash => {
                parts.extend(encode::windash(text).into_iter().map(Some));
            }
            StringPart::Plain(text) => parts.push(Some(Part::Text(text.as_str().into()))),
            StringPart::Special(SpecialChar::WildcardMulti) => parts.push(None),
            StringPart::Special(SpecialChar::WildcardSingle) => parts.push(Some(Part::One)),
        }
    }
    if matches!(op, Op::Contains | Op::Ends) {
        parts.insert(0, None);
    }
    if matches!(op, Op::Contains | Op::Starts) {
        parts.push(None);
    }
    Ok(vec![pattern(parts, cased)])
}

/// Plain text in one place.
fn simple(text: &str, op: Op, cased: bool) -> Test {
    let own = if cased { text.into() } else { fold::fold(text).into() };
    Test::Text { op, own, cased }
}

/// The simplest test that is the same: most patterns are plain text with wildcards at the ends only.
fn pattern(parts: Vec<Option<Part>>, cased: bool) -> Test {
    let middle: Vec<&Option<Part>> = parts
        .iter()
        .enumerate()
        .filter(|(place, part)| part.is_some() || (*place > 0 && place + 1 < parts.len()))
        .map(|(_, part)| part)
        .collect();
    let open = |end: Option<&Option<Part>>| end.is_some_and(Option::is_none);
    let (start, end) = (open(parts.first()), open(parts.last()));
    let op = match (start, end) {
        (false, false) => Op::Exact,
        (true, true) => Op::Contains,
        (false, true) => Op::Starts,
        (true, false) => Op::Ends,
    };
    match middle.as_slice() {
        [Some(Part::Text(text))] => simple(text, op, cased),
        [] if parts.len() != 1 || op == Op::Exact => simple("", op, cased),
        _ => {
            let folded = parts.into_iter().map(|part| match part {
                Some(Part::Text(text)) if !cased => Some(Part::Text(fold::fold(&text).into())),
                part => part,
            });
            Test::Glob { glob: Glob::new(folded), cased }
        }
    }
}

fn regex(pattern: &str) -> Result<Test, String> {
    let pattern = Pattern::new(pattern).map_err(|error| format!("re: {}", error.replace('\n', " ")))?;
    Ok(Test::Regex(pattern))
}

fn plain(value: &SigmaValue) -> Result<String, String> {
    match value {
        SigmaValue::String(text) => Ok(text.as_plain().unwrap_or_else(|| text.original.clone())),
        SigmaValue::Integer(whole) => Ok(whole.to_string()),
        SigmaValue::Float(real) => Ok(real.to_string()),
        SigmaValue::Bool(truth) => Ok(truth.to_string()),
        SigmaValue::Null => Err("null stands for no text".to_owned()),
    }
}

fn number(value: &SigmaValue) -> Result<Number, String> {
    let text = plain(value)?;
    Number::parse(&text).ok_or_else(|| format!("expected a number, not {text:?}"))
}
