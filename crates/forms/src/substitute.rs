//! Characters that no font has, printed in a form that their owner chose (CW-DOC-09): another registered form of the character,
//! or kana. The text, the workbook and the data keep the original; the printed document carries a mark.

use crate::document::Document;
use casework::dossier::Origin;
use serde::Deserialize;

/// Most of them in one case.
const SUBSTITUTES_MAX: usize = 50;
/// Longest of the texts, characters.
const CHARS_MAX: usize = 20;

/// What stands in print for what: `[[substitute]]` of the case file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Substitute {
    /// The character or name as it is.
    pub original: String,
    /// As its owner wants it printed.
    pub printed: String,
    /// Whose choice it is.
    pub by: String,
}

/// A substitute that cannot stand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("[[substitute]] {number}: {what}")]
pub struct SubstituteFault {
    /// Number, from 1.
    pub number: usize,
    /// What is wrong.
    pub what: String,
}

/// The document as it is printed; only what people entered is changed, never a line of a log.
///
/// # Errors
///
/// The first substitute with an empty or long text, or too many of them.
pub fn printed(document: &Document, substitutes: &[Substitute]) -> Result<Document, SubstituteFault> {
    for (one, number) in substitutes.iter().zip(1..) {
        let texts = [&one.original, &one.printed, &one.by];
        let bad = texts.iter().any(|text| text.trim().is_empty() || text.chars().count() > CHARS_MAX);
        if bad || number > SUBSTITUTES_MAX {
            let what = format!(
                "expected `original`, `printed` and `by` of at most {CHARS_MAX} characters, and at most {SUBSTITUTES_MAX} of them"
            );
            return Err(SubstituteFault { number, what });
        }
    }
    let mut document = document.clone();
    let mut used = vec![false; substitutes.len()];
    document.texts_mut(|_, origin, text| {
        for (one, used) in substitutes.iter().zip(&mut used) {
            if origin == Origin::Person && text.contains(&one.original) {
                *text = text.replace(&one.original, &one.printed);
                *used = true;
            }
        }
    });
    for (one, _) in substitutes.iter().zip(used).filter(|(_, used)| *used) {
        let codes: Vec<String> = one.original.chars().map(|c| format!("U+{:04X}", u32::from(c))).collect();
        let (codes, printed, by) = (codes.join(" "), &one.printed, &one.by);
        document.marks.push(if document.lang == "ja" {
            format!("印字できない文字（{codes}）は、{by}の選んだ「{printed}」で表しました。元の文字は電子データにあります。")
        } else {
            format!("A character that cannot be printed ({codes}) is shown as 「{printed}」, chosen by {by}; the data keep it.")
        });
    }
    Ok(document)
}
