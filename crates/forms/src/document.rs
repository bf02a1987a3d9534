//! A filled form, before it is given a shape: what the text, the PDF and the workbook all show.

use casework::dossier::{Origin, Shown};
use serde::Serialize;

/// A document.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Document {
    /// Form.
    pub form: String,
    /// Version of the form.
    pub version: u32,
    /// `ja` or `en`.
    pub lang: &'static str,
    /// Layout.
    pub layout: String,
    /// Title.
    pub title: String,
    /// Day of release, as the form writes it.
    pub day: String,
    /// To whom.
    pub addressee: String,
    /// From whom, line by line.
    pub sender: Vec<String>,
    /// First sentence.
    pub lead: String,
    /// Last sentence.
    pub closing: String,
    /// What a reader must know of the document itself: not the official form, facts missing, proposal.
    pub marks: Vec<String>,
    /// Blocks.
    pub sections: Vec<Block>,
    /// Note at the foot of every page.
    pub foot: String,
    /// What is missing.
    pub missing: Vec<Missing>,
    /// Labels of the fields that hold personal data (CW-REP-03).
    pub personal: Vec<String>,
}

/// A block of fields.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Block {
    /// Number before the heading, with its gap; may be empty.
    pub number: String,
    /// Heading.
    pub title: String,
    /// Fields.
    pub fields: Vec<Entry>,
}

/// A field with its value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// Source that the form names first; names the field in messages.
    pub id: String,
    /// Label.
    pub label: String,
    /// Values; none = not entered, or no record.
    pub values: Vec<Value>,
    /// What stands in place of a value.
    pub empty: &'static str,
}

/// A value and who wrote it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Value {
    /// Who wrote it.
    #[serde(skip)]
    pub origin: Origin,
    /// The value.
    #[serde(flatten)]
    pub shape: Shape,
}

/// A value in a shape that layouts understand.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Shape {
    /// Paragraphs.
    Lines {
        /// Each paragraph.
        lines: Vec<String>,
    },
    /// A table.
    Table {
        /// Headings.
        head: Vec<String>,
        /// Rows.
        rows: Vec<Vec<String>>,
        /// Note under the table.
        note: String,
    },
}

/// A fact that is missing (CW-REP-01): who could know it, and which record would show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Fact, as one types it into the case file; empty for what only logs can show.
    pub fact: String,
    /// Label of the field.
    pub label: String,
    /// Who could know it.
    pub who: String,
    /// Which record would show it.
    pub record: String,
    /// The recipient cannot take the document without it.
    pub needed: bool,
}

impl Document {
    /// Every text of the document with the name of its field, for whoever has to check or change each.
    pub fn texts_mut(&mut self, mut visit: impl FnMut(&str, Origin, &mut String)) {
        let person = Origin::Person;
        let heads = [&mut self.title, &mut self.addressee, &mut self.lead, &mut self.closing, &mut self.foot];
        for text in heads.into_iter().chain(&mut self.sender).chain(&mut self.marks) {
            visit("head", person, text);
        }
        for field in self.sections.iter_mut().flat_map(|block| &mut block.fields) {
            for value in &mut field.values {
                let texts: Vec<&mut String> = match &mut value.shape {
                    Shape::Lines { lines } => lines.iter_mut().collect(),
                    Shape::Table { head, rows, .. } => {
                        head.iter_mut().chain(rows.iter_mut().flatten()).collect()
                    }
                };
                for text in texts {
                    visit(&field.label, value.origin, text);
                }
            }
        }
    }

    /// May it be handed in?
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.missing.iter().any(|missing| missing.needed)
    }
}

impl Value {
    /// A value from a projection or a fact.
    pub(crate) fn new(shown: Shown, origin: Origin, lang: &str) -> Self {
        let shape = match shown {
            Shown::Text(text) => Shape::Lines { lines: text.lines().map(str::to_owned).collect() },
            Shown::Lines(lines) => Shape::Lines { lines },
            Shown::Table(table) => Shape::Table {
                note: match (table.left_out, lang) {
                    (0, _) => String::new(),
                    (more, "ja") => format!("ほか{more}件は証拠一式に収めた。"),
                    (more, _) => format!("{more} more stand in the evidence bundle."),
                },
                head: table.head,
                rows: table.rows,
            },
        };
        Self { origin, shape }
    }
}
