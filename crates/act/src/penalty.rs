//! Penalties as dated data (casework.md 1.5): statutory maxima with their source. Nothing estimates a sentence
//! (CW-LAW-15).

use serde::{Deserialize, Serialize};

use crate::articles::{Citation, cite};
use crate::dates::{ActTime, Moment};
use crate::law::LawVersion;
use crate::table::{cell, row, rows};

/// A row of the penalty table, worded for the date of an act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PenaltyRow {
    /// `PEN-01` to `PEN-10`.
    pub row: String,
    /// Text of the law.
    pub law_version: LawVersion,
    /// Article, Western form.
    pub article: String,
    /// Longest prison penalty, months; 0 = none.
    pub prison_months_max: u32,
    /// Highest fine, yen. An alternative to prison ("or").
    pub fine_yen_max: u64,
    /// Statutory maximum, Japanese, with the name of the prison penalty at the time of the act (CW-LAW-14).
    pub text_ja: String,
    /// Statutory maximum, English.
    pub text_en: String,
    /// Where it stands.
    pub citation: Option<Citation>,
}

/// One row of the table, worded for an act at `time`; `None` where no such row exists or it was not in force then.
#[must_use]
pub fn penalty(row_id: &str, time: &ActTime) -> Option<PenaltyRow> {
    let cells = row("penalties", row_id)?;
    let last = time.to.as_ref().or(time.from.as_ref()).map(Moment::japan_day);
    let (from, to) = (cell(&cells, 6), cell(&cells, 7));
    if last.as_deref().is_some_and(|day| !from.is_empty() && day < from) {
        return None;
    }
    let first = time.from.as_ref().or(time.to.as_ref()).map(Moment::japan_day);
    if first.as_deref().is_some_and(|day| !to.is_empty() && day > to) {
        return None;
    }
    Some(worded(&cells, first.as_deref(), last.as_deref()))
}

/// Every row of the table, worded without a date.
#[must_use]
pub fn penalties() -> Vec<PenaltyRow> {
    let open = ActTime::default();
    rows("penalties").filter_map(|cells| penalty(cell(&cells, 0), &open)).collect()
}

fn worded(cells: &[&'static str], first: Option<&str>, last: Option<&str>) -> PenaltyRow {
    let law_version = LawVersion::from_code(cell(cells, 1)).unwrap_or(LawVersion::Pre);
    let months: u32 = cell(cells, 4).parse().unwrap_or(0);
    let yen: u64 = cell(cells, 5).parse().unwrap_or(0);
    let (ja, en) = (prison_name(first, last, 2), prison_name(first, last, 3));
    let fine_ja = format!("{}万円以下の罰金", yen / 10_000);
    let fine_en = format!("fine of at most {yen} yen");
    let (text_ja, text_en) = if months == 0 {
        (fine_ja, fine_en)
    } else {
        let years = months / 12;
        (
            format!("{years}年以下の{ja}又は{fine_ja}"),
            format!("{en} of at most {years} year(s) or a {fine_en}"),
        )
    };
    PenaltyRow {
        row: cell(cells, 0).to_owned(),
        law_version,
        article: cell(cells, 3).to_owned(),
        prison_months_max: months,
        fine_yen_max: yen,
        text_ja,
        text_en,
        citation: cite(cell(cells, 2), law_version),
    }
}

/// Name of the prison penalty: both names, joined, where the time is open or crosses the change.
fn prison_name(first: Option<&str>, last: Option<&str>, column: usize) -> String {
    let names: Vec<&str> = rows("prison_names")
        .filter(|cells| {
            let (from, to) = (cell(cells, 0), cell(cells, 1));
            last.is_none_or(|day| from.is_empty() || day >= from)
                && first.is_none_or(|day| to.is_empty() || day <= to)
        })
        .map(|cells| cell(&cells, column))
        .collect();
    names.join(" / ")
}
