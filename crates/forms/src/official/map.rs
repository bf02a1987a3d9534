//! A cell map (`FORM.cells.toml`): which workbook, what must stand in it, and which value goes where.

use crate::form::exists;
use casework::Bilingual;
use serde::Deserialize;
use std::collections::BTreeSet;

/// Most cells and most labels of a map.
const CELLS_MAX: usize = 5_000;

/// A cell map.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellMap {
    /// Form that the workbook is, e.g. `nco.ransom`.
    pub form: String,
    /// Version of the map.
    pub version: u32,
    /// SHA-256 of the workbook as its publisher gives it out, hex.
    pub sha256: String,
    /// What is not verified about it, in words; empty = checked against the official file.
    #[serde(default)]
    pub unverified: Bilingual,
    /// Texts that must stand in the workbook.
    pub label: Vec<Label>,
    /// Where values go.
    pub cell: Vec<Mapped>,
}

/// A text of the layout.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Sheet.
    pub sheet: String,
    /// Cell, e.g. `B3`.
    pub cell: String,
    /// What stands there.
    pub text: String,
}

/// A cell to fill.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapped {
    /// Sheet.
    pub sheet: String,
    /// Cell; of merged cells the first.
    pub cell: String,
    /// `fact:ID` or `case:PROJECTION`.
    pub source: String,
    /// For a box of a choice: the option's code.
    #[serde(default)]
    pub option: String,
    /// What marks the box when the option is chosen.
    #[serde(default = "mark")]
    pub mark: String,
    /// Most characters that the cell shows.
    #[serde(default)]
    pub chars_max: Option<usize>,
}

fn mark() -> String {
    "☑".to_owned()
}

/// A cell map that is not usable.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {what}")]
pub struct CellMapFault {
    /// File.
    pub file: String,
    /// What is wrong.
    pub what: String,
}

impl CellMap {
    /// Reads a cell map.
    ///
    /// # Errors
    ///
    /// When the text is no cell map, a source does not exist, a cell is named twice, or no label guards a sheet.
    pub fn read(file: &str, text: &str) -> Result<Self, CellMapFault> {
        let fault = |what: String| CellMapFault { file: file.to_owned(), what };
        let map: Self = toml::from_str(text).map_err(|error| fault(error.to_string()))?;
        if map.cell.len() > CELLS_MAX || map.label.len() > CELLS_MAX {
            return Err(fault(format!("at most {CELLS_MAX} cells and labels")));
        }
        let mut seen = BTreeSet::new();
        for mapped in &map.cell {
            let at = format!("{}!{}", mapped.sheet, mapped.cell);
            if !exists(&mapped.source) {
                return Err(fault(format!("{at}: nothing is called {}", mapped.source)));
            }
            if !mapped.option.is_empty() && !crate::fill::has_option(&mapped.source, &mapped.option) {
                return Err(fault(format!("{at}: {} has no option {}", mapped.source, mapped.option)));
            }
            if super::cells::place(&mapped.cell).is_none() {
                return Err(fault(format!("{at} is no cell; expected one such as B3")));
            }
            if !seen.insert(at.clone()) {
                return Err(fault(format!("{at} is named twice")));
            }
        }
        if let Some(sheet) = map.sheets().find(|sheet| !map.label.iter().any(|label| label.sheet == **sheet))
        {
            return Err(fault(format!(
                "no [[label]] guards the sheet 「{sheet}」: a changed layout would not be seen"
            )));
        }
        Ok(map)
    }

    /// The sheets that the map names, each once, in order.
    pub(super) fn sheets(&self) -> impl Iterator<Item = &str> {
        let named = self.cell.iter().map(|mapped| mapped.sheet.as_str());
        let all: BTreeSet<&str> = named.chain(self.label.iter().map(|label| label.sheet.as_str())).collect();
        all.into_iter()
    }
}
