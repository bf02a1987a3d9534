//! The tables as they are shown, printed and written as JSON.

use serde::Serialize;

use super::automated::AutomatedTotals;
use super::checks::Check;
use super::lump::Lumping;
use crate::text_enum::text_enum;
use crate::verdict::Text;

text_enum! {
    /// What a cell measures. Measures are never added to each other (N6).
    Measure {
        /// Cases (事件数).
        Cases = "cases",
        /// Counts (件数).
        Counts = "counts",
        /// Persons (人員).
        Persons = "persons",
        /// An age in years, of the oldest or youngest person.
        Age = "age",
    }
}

impl Measure {
    /// Heading of the column.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Cases => Text::new("事件数", "cases"),
            Self::Counts => Text::new("件数", "counts"),
            Self::Persons => Text::new("人員", "persons"),
            Self::Age => Text::new("年齢", "age"),
        }
    }
}

text_enum! {
    /// What a row is, so that nobody adds what must not be added.
    RowKind {
        /// A published category.
        Category = "category",
        /// Part of the category before it; not added again.
        Sub = "sub",
        /// Union of categories.
        Subtotal = "subtotal",
        /// Crosses the categories.
        Attribute = "attribute",
        /// Union of all categories and whatever is in none of them.
        Total = "total",
        /// Derived: what no published category holds (CW-CNT-08). Never a category.
        Remainder = "remainder",
        /// Records whose category is not in the list, although the list is exhaustive.
        Unclassified = "unclassified",
        /// A single value.
        Value = "value",
    }
}

/// Days of report to the National Police Agency, `YYYY-MM-DD`, both included (N0).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Period {
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
}

impl Period {
    pub(crate) fn holds(&self, day: &str) -> bool {
        crate::law::within_days(day, &self.from, &self.to)
    }
}

/// One figure and the records that make it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// What it measures.
    pub measure: Measure,
    /// The figure: the size of a union (CW-CNT-05).
    pub value: u64,
    /// Sum of the category rows minus the union, printed as (重複 3); total rows only.
    pub overlap: u64,
    /// Ids of the count units, cases, persons or records that make the figure, sorted (CW-CNT-06).
    pub records: Vec<String>,
}

impl Cell {
    /// The figure as printed in Japanese, with its overlap (N7).
    #[must_use]
    pub fn shown_ja(&self) -> String {
        let unit = if self.measure == Measure::Persons { "人" } else { "" };
        self.with_overlap("重複 ", unit)
    }

    /// The figure as printed in English, with its overlap.
    #[must_use]
    pub fn shown_en(&self) -> String {
        self.with_overlap("overlap ", "")
    }

    fn with_overlap(&self, word: &str, unit: &str) -> String {
        if self.overlap == 0 {
            return self.value.to_string();
        }
        format!("{} ({word}{}{unit})", self.value, self.overlap)
    }
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Id, e.g. `T5.1`, as casework.md 3.2 names it.
    pub id: String,
    /// Label.
    pub label: Text,
    /// What it is.
    pub kind: RowKind,
    /// One cell per measure of the table, in its order.
    pub cells: Vec<Cell>,
}

impl Row {
    /// The cell of a measure.
    #[must_use]
    pub fn cell(&self, measure: Measure) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.measure == measure)
    }

    pub(crate) fn value(&self, measure: Measure) -> u64 {
        self.cell(measure).map_or(0, |cell| cell.value)
    }
}

/// One table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Id, e.g. `T5`.
    pub id: String,
    /// Title.
    pub title: Text,
    /// Measures of its rows, in the order of the columns.
    pub measures: Vec<Measure>,
    /// False for a list of main items (主なもの): it need not sum (CW-CNT-08).
    pub exhaustive: bool,
    /// Rows.
    pub rows: Vec<Row>,
}

impl Table {
    /// The row with this id.
    #[must_use]
    pub fn row(&self, id: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.id == id)
    }

    /// Rows of one kind.
    pub fn of_kind(&self, kind: RowKind) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.kind == kind)
    }
}

/// A record that is not counted, or that a person has to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Code of `data/count_notes.tsv`, e.g. `not_confirmed`.
    pub code: String,
    /// Id of the record.
    pub record: String,
    /// In words.
    pub text: Text,
    /// Where: table or field; empty where the code says it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub place: String,
}

/// Everything counted for a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tables {
    /// Version of the shape, 1.
    pub schema_version: u32,
    /// Period.
    pub period: Period,
    /// Category list.
    pub list: String,
    /// Version of the desk's policy.
    pub policy_version: String,
    /// "Short period" of N4 under that policy, hours.
    pub short_period_hours: u32,
    /// Hash of the law, rule and category data.
    pub data_hash: String,
    /// The tables, T1 first.
    pub tables: Vec<Table>,
    /// Ids of suspects who are not criminally responsible (補導): counted apart, never among the persons (CW-CNT-10).
    pub guidance_only: Vec<String>,
    /// Which acts were lumped into one count, and why (CW-CNT-01).
    pub lumpings: Vec<Lumping>,
    /// Separate counter of automated logins; never added to the recognised counts (CW-PUB-10).
    pub automated: AutomatedTotals,
    /// What was not counted, and what a person has to look at.
    pub notes: Vec<Note>,
    /// Arithmetic checks (casework.md 3.3).
    pub checks: Vec<Check>,
}

impl Tables {
    /// The table with this id.
    #[must_use]
    pub fn table(&self, id: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.id == id)
    }

    /// Every row with its table, in the order of printing.
    pub fn rows(&self) -> impl Iterator<Item = (&Table, &Row)> {
        self.tables.iter().flat_map(|table| table.rows.iter().map(move |row| (table, row)))
    }

    /// Whether every arithmetic check holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.checks.iter().all(|check| check.holds)
    }
}
