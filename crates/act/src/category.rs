//! The category map (casework.md 9): NPA method list against RSIT, VERIS and ATT&CK, as data. It never decides
//! `legal_class` (CW-MAP-05).

use crate::table::{cell, list, rows};

/// A row of the map.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CategoryRow {
    /// `MAP-01` to `MAP-20`.
    pub row: &'static str,
    /// Japanese name, the primary vocabulary.
    pub ja: &'static str,
    /// RSIT machine tags, version 1003, `class:type`; the first is the usual one.
    pub rsit: Vec<String>,
    /// VERIS 1.4.1 values, `axis: value`.
    pub veris: Vec<String>,
    /// ATT&CK technique ids, 19.1.
    pub attack: Vec<String>,
    /// When to take which, and what is unverified.
    pub note: &'static str,
}

/// The rows of the map.
pub fn category_map() -> impl Iterator<Item = CategoryRow> {
    rows("category_map").map(|cells| CategoryRow {
        row: cell(&cells, 0),
        ja: cell(&cells, 1),
        rsit: list(cell(&cells, 2)),
        veris: list(cell(&cells, 3)),
        attack: list(cell(&cells, 4)),
        note: cell(&cells, 5),
    })
}
