//! Arithmetic checks over finished tables (casework.md 3.3). They see nothing but the tables, so an edited table fails.

use std::collections::BTreeSet;

use serde::Serialize;

use super::tables::{Measure, Row, RowKind, Table, Tables};
use crate::table::{cell, list, rows};

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// `G1` to `G17` of casework.md 3.3; `G0`: every figure is the number of its records and every total their union.
    pub id: String,
    /// What was compared, e.g. `T2 counts: rows - overlap = total`.
    pub about: String,
    /// Left side.
    pub left: u64,
    /// Right side.
    pub right: u64,
    /// Whether it holds.
    pub holds: bool,
}

const CASES: Measure = Measure::Cases;
const COUNTS: Measure = Measure::Counts;
const PERSONS: Measure = Measure::Persons;

/// Checks tables: their own arithmetic and that of one against the other.
#[must_use]
pub fn check(tables: &Tables) -> Vec<Check> {
    let mut out = Checks(Vec::new());
    for table in &tables.tables {
        out.own(table, &tables.list);
    }
    let value = |table: &str, row: &str, measure| {
        tables.table(table).and_then(|table| table.row(row)).map_or(0, |row| row.value(measure))
    };
    let recognised = value("T1", "T1.total", COUNTS);
    for (id, table) in [("G1", "T2"), ("G2", "T3")] {
        let total = value(table, &format!("{table}.total"), COUNTS);
        out.equal(id, format!("{table}.total = T1.total, counts"), total, recognised);
    }
    for measure in [CASES, COUNTS] {
        let right = value("T5", "T5.1", measure);
        out.equal("G7", format!("T6.total = T5.1, {measure}"), value("T6", "T6.total", measure), right);
        out.at_most(
            "G13",
            format!("T10.total <= T5.1, {measure}"),
            value("T10", "T10.total", measure),
            right,
        );
        out.parts("G8", tables.table("T7"), tables.table("T6"), measure);
        out.parts("G12", tables.table("T9"), tables.table("T6"), measure);
    }
    let persons = value("T5", "T5.total", PERSONS);
    out.parts("G10", tables.table("T8"), tables.table("T5"), PERSONS);
    let grown = value("T8", "T8.adults", PERSONS) + value("T8", "T8.juveniles", PERSONS);
    let unknown = tables.notes.iter().filter(|note| note.code == "person_unknown").count() as u64;
    out.equal("G11", "adults + juveniles + unknown = T5.total, persons".to_owned(), grown + unknown, persons);
    for row in ["T12.1", "T12.2"] {
        out.at_most(
            "G15",
            format!("{row} <= T5.2, cases"),
            value("T12", row, CASES),
            value("T5", "T5.2", CASES),
        );
    }
    let abroad = value("T1", "T1.of_which_from_abroad", COUNTS);
    out.at_most("G16", "from abroad <= T1.total, counts".to_owned(), abroad, recognised);
    out.0
}

struct Checks(Vec<Check>);

impl Checks {
    fn equal(&mut self, id: &str, about: String, left: u64, right: u64) {
        self.0.push(Check { id: id.to_owned(), about, left, right, holds: left == right });
    }

    fn at_most(&mut self, id: &str, about: String, left: u64, right: u64) {
        self.0.push(Check { id: id.to_owned(), about, left, right, holds: left <= right });
    }

    fn own(&mut self, table: &Table, list: &str) {
        for row in &table.rows {
            self.own_row(table, row);
        }
        if let Some(total) = table.of_kind(RowKind::Total).next() {
            for measure in &table.measures {
                self.total(table, total, *measure);
            }
        }
        self.subtotals(table, list);
        self.published(table, list);
        self.subs(table);
    }

    /// G0 and G17: each cell has one measure of the table, and its figure is the number of its records.
    fn own_row(&mut self, table: &Table, row: &Row) {
        for cell in row.cells.iter().filter(|cell| cell.measure != Measure::Age) {
            let about = format!("{} {}: figure = records", row.id, cell.measure);
            self.equal("G0", about, cell.value, cell.records.len() as u64);
        }
        let found: Vec<Measure> = row.cells.iter().map(|cell| cell.measure).collect();
        if row.kind != RowKind::Value && found != table.measures {
            let about = format!("{}: one cell per measure", row.id);
            self.0.push(Check {
                id: "G17".to_owned(),
                about,
                left: found.len() as u64,
                right: table.measures.len() as u64,
                holds: false,
            });
        }
    }

    /// G4 to G6 and their like: rows - overlap = total, and the overlap is that of the records.
    fn total(&mut self, table: &Table, total: &Row, measure: Measure) {
        let Some(cell) = total.cell(measure) else { return };
        let parts: Vec<&Row> = summed(table).collect();
        if parts.is_empty() {
            return;
        }
        let id = match (table.id.as_str(), measure) {
            ("T2", _) => "G1",
            ("T3", _) => "G2",
            ("T5", CASES) => "G4",
            ("T5", COUNTS) => "G5",
            ("T5", _) => "G6",
            ("T6", _) => "G7",
            ("T11", _) => "G14",
            _ => "G0",
        };
        let sum: u64 = parts.iter().map(|row| row.value(measure)).sum();
        let about = format!("{} {measure}: rows - overlap = total", table.id);
        self.equal(id, about, sum.saturating_sub(cell.overlap), cell.value);
        let union = union(&parts, measure);
        let about = format!("{} {measure}: overlap = rows - union of the records", table.id);
        self.equal(id, about, cell.overlap, sum.saturating_sub(union.len() as u64));
    }

    /// G3: a union of categories is the sum of those categories.
    fn subtotals(&mut self, table: &Table, list_id: &str) {
        for row in table.of_kind(RowKind::Subtotal).filter(|_| table.id == "T3") {
            let codes = codes(list_id, &row.id);
            let parts: Vec<&Row> = table
                .of_kind(RowKind::Category)
                .filter(|part| self::codes(list_id, &part.id).iter().all(|code| codes.contains(code)))
                .collect();
            let sum: u64 = parts.iter().map(|part| part.value(COUNTS)).sum();
            self.equal("G3", format!("{} = sum of its categories, counts", row.id), row.value(COUNTS), sum);
        }
    }

    /// CW-CNT-08: a category row stands in the published list; a remainder is never a category.
    fn published(&mut self, table: &Table, list_id: &str) {
        let known: BTreeSet<&str> = rows("count_categories")
            .filter(|cells| cell(cells, 0) == list_id && cell(cells, 3) == "category")
            .map(|cells| cell(&cells, 2))
            .collect();
        let invented = table
            .of_kind(RowKind::Category)
            .filter(|row| !known.contains(row.id.as_str()) && !row.id.contains(".list."))
            .count();
        self.equal("G8", format!("{}: categories that were never published", table.id), invented as u64, 0);
    }

    /// G9: a part lies inside the category before it.
    fn subs(&mut self, table: &Table) {
        let mut category: Option<&Row> = None;
        for row in &table.rows {
            match row.kind {
                RowKind::Category => category = Some(row),
                RowKind::Sub => {
                    for cell in &row.cells {
                        let whole = category.and_then(|whole| whole.cell(cell.measure));
                        let holds = whole
                            .is_some_and(|whole| cell.records.iter().all(|id| whole.records.contains(id)));
                        let about = format!("{} {}: inside its category", row.id, cell.measure);
                        let right = whole.map_or(0, |whole| whole.value);
                        self.0.push(Check { id: "G9".to_owned(), about, left: cell.value, right, holds });
                    }
                }
                _ => {}
            }
        }
    }

    /// G8, G10, G12: published categories and the remainder together are exactly the whole, and do not overlap.
    fn parts(&mut self, id: &str, parts: Option<&Table>, whole: Option<&Table>, measure: Measure) {
        let (Some(parts), Some(whole)) = (parts, whole) else { return };
        let Some(rest) = parts.of_kind(RowKind::Remainder).next() else { return };
        let Some(total) = whole.of_kind(RowKind::Total).next() else { return };
        let published = union(&summed(parts).collect::<Vec<_>>(), measure);
        let rest: BTreeSet<&str> = union(&[rest], measure);
        let all = union(&[total], measure);
        let both: BTreeSet<&str> = published.union(&rest).copied().collect();
        let about = format!("{} {measure}: published + remainder = {}", parts.id, total.id);
        let holds = both == all && published.is_disjoint(&rest);
        let (left, right) = ((published.len() + rest.len()) as u64, all.len() as u64);
        self.0.push(Check { id: id.to_owned(), about, left, right, holds });
    }
}

/// Rows that a total sums.
fn summed(table: &Table) -> impl Iterator<Item = &Row> {
    table.rows.iter().filter(|row| matches!(row.kind, RowKind::Category | RowKind::Unclassified))
}

fn union<'a>(rows: &[&'a Row], measure: Measure) -> BTreeSet<&'a str> {
    let cells = rows.iter().filter_map(|row| row.cell(measure));
    cells.flat_map(|cell| cell.records.iter().map(String::as_str)).collect()
}

fn codes(list_id: &str, row_id: &str) -> Vec<String> {
    rows("count_categories")
        .find(|cells| cell(cells, 0) == list_id && cell(cells, 2) == row_id)
        .map_or_else(Vec::new, |cells| list(cell(&cells, 4)))
}
