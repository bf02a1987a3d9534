//! Why a rule did or did not match a record: every question with its values, and what came of it.

use super::compile::Table;
use super::eval;
use super::leaf::{Ask, Leaf, Node, Subject};
use super::load::Loaded;
use super::record::{Datum, Record};
use super::test::{Op, Test};
use super::text::glob::{Glob, Part};
use super::text::number::{Bound, Number};
use super::text::time::TimePart;
use serde::Serialize;

/// Values shown of one field.
const VALUES_MAX: usize = 16;

/// Why a rule did or did not match one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Is the record of the log source that the rule is for? Else it cannot match.
    pub log_source: bool,
    /// Does the rule match?
    pub matches: bool,
    /// Condition as written; several are joined by ` | `.
    pub condition: String,
    /// Selections in order of their names.
    pub selections: Vec<Selection>,
}

/// A named selection of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Selection {
    /// Its name.
    pub name: String,
    /// Is it true of the record?
    pub holds: bool,
    /// What it consists of.
    pub step: Step,
}

/// A part of a selection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Step {
    /// One question to one field.
    Item {
        /// Name of the field; `None` for keywords.
        field: Option<String>,
        /// What is asked, one of which is enough, e.g. `endswith "\cmd.exe"`.
        asks: Vec<String>,
        /// Values in the record, at most 16 of at most 2,048 bytes each; `None` = null. Empty = the field is absent.
        values: Vec<Option<String>>,
        /// Is the answer yes?
        holds: bool,
    },
    /// So many of the parts.
    Some {
        /// How many: all, one, or a number.
        wanted: usize,
        /// Are there so many?
        holds: bool,
        /// The parts.
        parts: Vec<Self>,
    },
    /// The contrary of the part.
    Not {
        /// Is the part false?
        holds: bool,
        /// The part.
        part: Box<Self>,
    },
}

impl Step {
    /// Is it true of the record?
    #[must_use]
    pub const fn holds(&self) -> bool {
        match self {
            Self::Item { holds, .. } | Self::Some { holds, .. } | Self::Not { holds, .. } => *holds,
        }
    }
}

/// Explains the rule.
pub(super) fn explain(loaded: &Loaded, applies: bool, table: &Table, record: &dyn Record) -> Explanation {
    let mut leaf = |number: u32| {
        table.leaves.get(number as usize).is_some_and(|leaf| eval::slowly(table, leaf, usize::MAX, record))
    };
    let matches = applies && loaded.root.holds(&mut leaf);
    let selections = loaded.selections.iter().map(|(name, node)| {
        let step = step(node, table, record);
        Selection { name: name.clone(), holds: step.holds(), step }
    });
    Explanation {
        log_source: applies,
        matches,
        condition: loaded.condition.clone(),
        selections: selections.collect(),
    }
}

fn step(node: &Node, table: &Table, record: &dyn Record) -> Step {
    let some = |wanted: usize, parts: &[Node]| {
        let parts: Vec<Step> = parts.iter().map(|part| step(part, table, record)).collect();
        let holds = parts.iter().filter(|part| part.holds()).count() >= wanted;
        Step::Some { wanted, holds, parts }
    };
    match node {
        Node::Known(known) => Step::Some { wanted: usize::from(!known), holds: *known, parts: Vec::new() },
        Node::Leaf(number) => match table.leaves.get(*number as usize) {
            Some(leaf) => item(leaf, table, record),
            None => Step::Some { wanted: 1, holds: false, parts: Vec::new() },
        },
        Node::All(parts) => some(parts.len(), parts),
        Node::Any(parts) => some(1, parts),
        Node::AtLeast(wanted, parts) => some(*wanted as usize, parts),
        Node::Not(part) => {
            let part = Box::new(step(part, table, record));
            Step::Not { holds: !part.holds(), part }
        }
    }
}

fn item(leaf: &Leaf, table: &Table, record: &dyn Record) -> Step {
    let field = match leaf.subject {
        Subject::Field(field) => table.fields.get(field as usize),
        Subject::Keywords => None,
    };
    let mut values = Vec::new();
    if let Some(field) = field {
        record.values(usize::MAX, field, &mut |value| {
            values.push(match value {
                Datum::Null => None,
                Datum::Text(text) => Some(super::cut(&text).to_owned()),
            });
            values.len() >= VALUES_MAX
        });
    }
    let asks = match &leaf.ask {
        Ask::Exists => vec!["exists".to_owned()],
        Ask::Present => vec!["is there".to_owned()],
        Ask::Any { tests, or_null } => {
            let null = or_null.then(|| "null".to_owned());
            tests.iter().map(|test| ask(test, table)).chain(null).collect()
        }
    };
    Step::Item {
        field: field.map(|field| field.name.to_string()),
        asks,
        values,
        holds: eval::slowly(table, leaf, usize::MAX, record),
    }
}

/// A test in the words of Sigma.
fn ask(test: &Test, table: &Table) -> String {
    let case = |cased: &bool| if *cased { "cased " } else { "" };
    match test {
        Test::Text { op, own, cased } => format!("{}{}{own:?}", case(cased), place(*op)),
        Test::Glob { glob, cased } => format!("{}like {:?}", case(cased), pattern(glob)),
        Test::Regex(pattern) => format!("re {:?}", pattern.as_str()),
        Test::Cidr(net) => format!("cidr {net}"),
        Test::Number(bound, number) => format!("{} {}", sign(*bound), shown(*number)),
        Test::Bool(truth) => truth.to_string(),
        Test::Time(part, number) => format!("{} {}", part_name(*part), shown(*number)),
        Test::Field { other, op, cased } => {
            let name = table.fields.get(*other as usize).map_or("", |field| &*field.name);
            format!("{}{}the value of {name}", case(cased), place(*op))
        }
    }
}

const fn place(op: Op) -> &'static str {
    match op {
        Op::Exact => "",
        Op::Contains => "contains ",
        Op::Starts => "startswith ",
        Op::Ends => "endswith ",
    }
}

const fn sign(bound: Bound) -> &'static str {
    match bound {
        Bound::Equal => "=",
        Bound::Above => ">",
        Bound::AtLeast => ">=",
        Bound::Below => "<",
        Bound::AtMost => "<=",
    }
}

fn shown(number: Number) -> String {
    match number {
        Number::Whole(whole) => whole.to_string(),
        Number::Real(real) => real.to_string(),
    }
}

const fn part_name(part: TimePart) -> &'static str {
    match part {
        TimePart::Minute => "minute",
        TimePart::Hour => "hour",
        TimePart::Day => "day",
        TimePart::Week => "week",
        TimePart::Month => "month",
        TimePart::Year => "year",
    }
}

/// The pattern with its wildcards; the dashes of `windash` as `[-]`.
fn pattern(glob: &Glob) -> String {
    let (open_start, open_end) = glob.open();
    let segments: Vec<String> = glob
        .segments()
        .map(|segment| {
            segment
                .iter()
                .map(|part| match part {
                    Part::Text(own) => own,
                    Part::One => "?",
                    Part::Dash => "[-]",
                })
                .collect()
        })
        .collect();
    let end = |open: bool| if open { "*" } else { "" };
    format!("{}{}{}", end(open_start), segments.join("*"), end(open_end && !segments.is_empty()))
}
