//! Counting (casework.md 3): records in, the tables of an edition out. Rules N0 to N7.
//!
//! Three measures are kept apart and never added to each other: counts (件数), cases (事件数), persons (人員). Every cell
//! holds the ids of the records that make it (CW-CNT-06), and every total is the size of a union (CW-CNT-05).

mod automated;
mod build;
mod checks;
mod lump;
mod read;
mod tables;
mod unit;

pub use automated::AutomatedTotals;
pub use checks::{Check, check};
pub use lump::Lumping;
pub use read::{UNIT_LINE_BYTES_MAX, UNITS_BYTES_MAX, UNITS_MAX, read_units};
pub use tables::{Cell, Measure, Note, Period, Row, RowKind, Table, Tables};
pub use unit::{
    ActRecord, Assistance, AutomatedLogins, Clearance, LumpReason, Person, Recognition, Route, Unit,
    VerdictRef,
};

use crate::law::key_date;
use crate::table::{cell, data_hash, rows};

/// Policy and period of an edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountOptions {
    /// First and last day of report to the National Police Agency (警察庁), in Japan (N0, CW-CNT-04).
    pub period: Period,
    /// "Short period" of N4 in hours: not defined by the source, a parameter of the desk's policy (CW-CNT-01).
    pub short_period_hours: u32,
    /// Version of that policy, shown with the tables.
    pub policy_version: String,
    /// Category list, `2000` or `later` (CW-CNT-14).
    pub list: String,
}

impl CountOptions {
    /// A calendar year (CW-CNT-09), not before the Act was in force; the category list of that year.
    #[must_use]
    pub fn year(year: i16) -> Self {
        let first = format!("{year:04}-01-01");
        let start = key_date("in_force").unwrap_or("2000-02-13");
        let from = if year == 2000 { start.to_owned() } else { first };
        let list = if year == 2000 { "2000" } else { "later" };
        Self {
            period: Period { from, to: format!("{year:04}-12-31") },
            short_period_hours: 24,
            policy_version: "1".to_owned(),
            list: list.to_owned(),
        }
    }
}

/// The calendar years in which any record of `units` was reported, oldest first.
#[must_use]
pub fn years(units: &[Unit]) -> Vec<i16> {
    let mut years: Vec<i16> = units.iter().filter_map(|unit| unit.year()).collect();
    years.sort_unstable();
    years.dedup();
    years
}

/// The ids of the category lists, with the tables each has.
#[must_use]
pub fn category_lists() -> Vec<&'static str> {
    let mut lists: Vec<&str> = rows("count_tables").map(|cells| cell(&cells, 0)).collect();
    lists.dedup();
    lists
}

/// Counts the records of a period and lays them out as the tables of the edition. Pure: the same records in any order
/// give the same tables.
#[must_use]
pub fn count(units: &[Unit], options: &CountOptions) -> Tables {
    let mut notes = Vec::new();
    let lumped = lump::units(units, options, &mut notes);
    let people = build::People::of(units, &mut notes);
    let tables = build::tables(&lumped, units, &people, options, &mut notes);
    notes.sort_by(|a, b| (&a.code, &a.record).cmp(&(&b.code, &b.record)));
    notes.dedup();
    let mut all = Tables {
        schema_version: 1,
        period: options.period.clone(),
        list: options.list.clone(),
        policy_version: options.policy_version.clone(),
        short_period_hours: options.short_period_hours,
        data_hash: data_hash().to_owned(),
        tables,
        guidance_only: people.guidance_only(&lumped, options),
        lumpings: lump::lumpings(&lumped, options),
        automated: automated::totals(units, options),
        notes,
        checks: Vec::new(),
    };
    all.checks = check(&all);
    all
}
