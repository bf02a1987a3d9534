//! The legal terms (CW-LAW-01): English code names for code, JSON and API; Japanese terms for people. They come from
//! here and never from translation files.

use crate::table::{cell, row, rows};

/// One term of the Act or of the standards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// English code name, e.g. `AccessAdministrator`.
    pub code: &'static str,
    /// The term as a Japanese user sees it, e.g. アクセス管理者.
    pub ja: &'static str,
    /// English gloss.
    pub en: &'static str,
    /// Document and article.
    pub source: &'static str,
}

impl Term {
    fn from_cells(cells: &[&'static str]) -> Self {
        Self { code: cell(cells, 0), ja: cell(cells, 1), en: cell(cells, 2), source: cell(cells, 3) }
    }

    /// The form for English texts: the Japanese term first, the gloss second (W6).
    #[must_use]
    pub fn glossed(&self) -> String {
        format!("{} ({})", self.ja, self.en)
    }
}

/// The term with this code name.
#[must_use]
pub fn term(code: &str) -> Option<Term> {
    row("terms", code).map(|cells| Term::from_cells(&cells))
}

/// All terms, in the order of the vocabulary table (casework.md 1.1).
pub fn terms() -> impl Iterator<Item = Term> {
    rows("terms").map(|cells| Term::from_cells(&cells))
}
