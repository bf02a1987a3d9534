//! The separate counter of logins by automated input (連続自動入力, casework.md 8.4).

use serde::Serialize;

use super::CountOptions;
use super::unit::Unit;

/// Totals over the reports of the period. They are never added to the recognised counts (CW-PUB-10).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AutomatedTotals {
    /// Ids of the reports, sorted.
    pub reports: Vec<String>,
    /// Tries, all reports.
    pub attempts: u64,
    /// Successes, all reports.
    pub successes: u64,
    /// Ids of the reports with rounded figures.
    pub rounded: Vec<String>,
    /// Tries without the rounded reports.
    pub attempts_exact: u64,
    /// Successes without the rounded reports.
    pub successes_exact: u64,
    /// Acts that successes became: linked, not summed (CW-PUB-11).
    pub linked_acts: Vec<String>,
}

/// Reports that ended in the period.
pub(crate) fn totals(units: &[Unit], options: &CountOptions) -> AutomatedTotals {
    let mut totals = AutomatedTotals::default();
    for unit in units {
        let Unit::AutomatedLogins(report) = unit else { continue };
        if !options.period.holds(&report.to.japan_day()) {
            continue;
        }
        totals.reports.push(report.id.clone());
        totals.attempts = totals.attempts.saturating_add(report.attempts);
        totals.successes = totals.successes.saturating_add(report.successes);
        if report.rounded {
            totals.rounded.push(report.id.clone());
        } else {
            totals.attempts_exact = totals.attempts_exact.saturating_add(report.attempts);
            totals.successes_exact = totals.successes_exact.saturating_add(report.successes);
        }
        totals.linked_acts.extend(report.acts.iter().cloned());
    }
    for list in [&mut totals.reports, &mut totals.rounded, &mut totals.linked_acts] {
        list.sort();
        list.dedup();
    }
    totals
}
