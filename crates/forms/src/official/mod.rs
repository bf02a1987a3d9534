//! Fills an official Excel form (CW-REP-07, CW-REP-10): the workbook is the user's, where each value goes is a cell map, data.
//!
//! Architecture invariant: nothing but the mapped cells changes. Of a sheet that is filled only the bytes of those cells are
//! replaced; every other part of the file (styles, validations, hidden sheets, pictures, macros) is copied as it is. A library
//! that reads a workbook into objects and writes it anew cannot promise that, so this is done on the parts themselves.

mod cells;
mod map;
mod parts;

pub use map::{CellMap, CellMapFault, Label, Mapped};

use crate::fill::cell_text;
use casework::dossier::{Dossier, Tongue};
use cells::Sheet;
use parts::Parts;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// Largest workbook, bytes.
pub const WORKBOOK_BYTES_MAX: usize = 64 << 20;
/// Most characters that Excel takes in one cell.
const CELL_CHARS_MAX: usize = 32_767;

/// Why a workbook is not filled.
#[derive(Debug, thiserror::Error)]
pub enum OfficialFault {
    /// It is no workbook, or larger or more nested than one is.
    #[error("this is no workbook that can be filled: {0}")]
    Workbook(String),
    /// It is another file than the one that the map was made for.
    #[error("the workbook has SHA-256 {found}; the cell map was made for {expected}")]
    Hash {
        /// Of the workbook.
        found: String,
        /// Of the map.
        expected: String,
    },
    /// A cell does not hold what the layout has there.
    #[error("{sheet}!{cell} holds 「{found}」; the cell map expects 「{expected}」: the layout has changed")]
    Label {
        /// Sheet.
        sheet: String,
        /// Cell.
        cell: String,
        /// What stands there.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// A cell cannot be written.
    #[error("{sheet}!{cell}: {what}")]
    Cell {
        /// Sheet.
        sheet: String,
        /// Cell.
        cell: String,
        /// What is wrong.
        what: String,
    },
    /// The sheet is not there.
    #[error("there is no sheet 「{0}」; the layout has changed")]
    Sheet(String),
}

/// A filled workbook.
#[derive(Debug)]
pub struct Filled {
    /// The file.
    pub bytes: Vec<u8>,
    /// Cells that were filled, as `sheet!cell`.
    pub filled: Vec<String>,
    /// Cells without a value in the case, with their sources.
    pub empty: Vec<(String, String)>,
}

/// SHA-256 of a workbook, as cell maps write it.
#[must_use]
pub fn hash(workbook: &[u8]) -> String {
    hex::encode(Sha256::digest(workbook))
}

/// Fills the cells of the map with what the case has for them. The same workbook, map and case give the same bytes.
///
/// # Errors
///
/// When the file is no workbook, is not the one of the map, has other labels, or a cell is taken, merged into another or a
/// formula.
pub fn fill(workbook: &[u8], map: &CellMap, case: &Dossier, tongue: Tongue) -> Result<Filled, OfficialFault> {
    let found = hash(workbook);
    if found != map.sha256.to_ascii_lowercase() {
        return Err(OfficialFault::Hash { found, expected: map.sha256.clone() });
    }
    let mut parts = Parts::open(workbook)?;
    let shared = parts.shared_texts()?;
    let (mut filled, mut empty, mut changed) = (Vec::new(), Vec::new(), Vec::new());
    for name in map.sheets() {
        let part = parts.sheet(name)?;
        let text = parts.text(&part)?;
        let sheet = Sheet::read(&text, &shared).map_err(OfficialFault::Workbook)?;
        for label in map.label.iter().filter(|label| label.sheet == name) {
            check(&sheet, label)?;
        }
        let mut values = Vec::new();
        for mapped in map.cell.iter().filter(|mapped| mapped.sheet == name) {
            let at = format!("{name}!{}", mapped.cell);
            match value(mapped, case, tongue) {
                Some(value) => {
                    values.push((mapped.cell.clone(), one_cell(name, mapped, value)?));
                    filled.push(at);
                }
                None => empty.push((at, mapped.source.clone())),
            }
        }
        let new = sheet.with(&values).map_err(|(cell, what)| OfficialFault::Cell {
            sheet: name.to_owned(),
            cell,
            what,
        })?;
        changed.push((part, new));
    }
    let bytes = parts.written(&changed)?;
    Ok(Filled { bytes, filled, empty })
}

fn check(sheet: &Sheet<'_>, label: &Label) -> Result<(), OfficialFault> {
    let found = sheet.shown(&label.cell);
    if squeezed(&found) == squeezed(&label.text) {
        return Ok(());
    }
    Err(OfficialFault::Label {
        sheet: label.sheet.clone(),
        cell: label.cell.clone(),
        found: found.chars().take(60).collect(),
        expected: label.text.clone(),
    })
}

/// Breaks of lines and spaces differ between programs that save the same form.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

/// The text for a cell; for a box of a choice its mark.
fn value(mapped: &Mapped, case: &Dossier, tongue: Tongue) -> Option<String> {
    if mapped.option.is_empty() {
        return cell_text(&mapped.source, case, tongue);
    }
    crate::fill::chosen(&mapped.source, &mapped.option, case)
        .filter(|chosen| *chosen)
        .map(|_| mapped.mark.clone())
}

fn one_cell(sheet: &str, mapped: &Mapped, value: String) -> Result<String, OfficialFault> {
    let long = value.chars().count();
    let most = mapped.chars_max.unwrap_or(CELL_CHARS_MAX).min(CELL_CHARS_MAX);
    if long <= most {
        return Ok(value);
    }
    let what = format!("the value has {long} characters; the cell takes {most}");
    Err(OfficialFault::Cell { sheet: sheet.to_owned(), cell: mapped.cell.clone(), what })
}

/// Begins a cell map: the hash of a workbook and every text in it as a label, to be completed by a person.
///
/// # Errors
///
/// When the file is no workbook.
pub fn skeleton(workbook: &[u8]) -> Result<String, OfficialFault> {
    let mut parts = Parts::open(workbook)?;
    let shared = parts.shared_texts()?;
    let mut out = format!("sha256 = \"{}\"\n", hash(workbook));
    for name in parts.sheet_names() {
        let part = parts.sheet(&name)?;
        let text = parts.text(&part)?;
        let sheet = Sheet::read(&text, &shared).map_err(OfficialFault::Workbook)?;
        for (cell, text) in sheet.texts() {
            let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
            let _ = write!(
                out,
                "\n[[label]]\nsheet = {}\ncell = \"{cell}\"\ntext = {}\n",
                quoted(&name),
                quoted(&text)
            );
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests;
