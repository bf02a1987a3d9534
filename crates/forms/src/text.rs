//! A document as plain text: for mail, for reading on a terminal, and beside every PDF.

use crate::document::{Document, Entry, Shape};
use unicode_width::UnicodeWidthStr as _;

/// Width of a rule, columns.
const RULE: usize = 72;

/// The document as text, lines ended by a line feed.
#[must_use]
pub fn text(document: &Document) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text.trim_end());
        out.push('\n');
    };
    line(&document.title);
    line(&"=".repeat(document.title.width().min(RULE)));
    line(&document.day);
    line("");
    if !document.addressee.is_empty() {
        line(&document.addressee);
        line("");
    }
    for sender in &document.sender {
        line(&format!("    {sender}"));
    }
    line("");
    for mark in &document.marks {
        line(&format!("※ {mark}"));
    }
    line("");
    line(&document.lead);
    for block in &document.sections {
        line("");
        line(&format!("{}{}", block.number, block.title));
        line(&"-".repeat(RULE));
        for field in &block.fields {
            self::field(field, &mut line);
        }
    }
    if !document.closing.is_empty() {
        line("");
        line(&document.closing);
    }
    line("");
    line(&document.foot);
    out
}

fn field(field: &Entry, line: &mut impl FnMut(&str)) {
    match field.values.as_slice() {
        [] => line(&format!("{}: {}", field.label, field.empty)),
        [value] if matches!(&value.shape, Shape::Lines { lines } if lines.len() == 1) => {
            if let Shape::Lines { lines } = &value.shape {
                line(&format!("{}: {}", field.label, lines.join("")));
            }
        }
        values => {
            line(&format!("{}:", field.label));
            for value in values {
                shape(&value.shape, line);
            }
        }
    }
}

fn shape(shape: &Shape, line: &mut impl FnMut(&str)) {
    match shape {
        Shape::Lines { lines } => {
            // The boxes of a choice need no mark of a list.
            let mark = |text: &str| if text.starts_with(['□', '■']) { "" } else { "・" };
            lines.iter().for_each(|text| line(&format!("  {}{text}", mark(text))));
        }
        Shape::Table { head, rows, note } => {
            line(&format!("  {}", head.join(" | ")));
            for row in rows {
                line(&format!("  {}", row.join(" | ")));
            }
            if !note.is_empty() {
                line(&format!("  {note}"));
            }
        }
    }
}
