//! Logons, records and ways: for `summary.json` and for the page.

use crate::tally::{Count, Kind, Logon, Sorted};
use detect::windows::numbers::{Hole as Missing, Run};
use serde::Serialize;
use std::cmp::Reverse;
use vocab::Timestamp;
use web::report::{Activity, EventRow, Graph, LogonRow, NumberRow};

/// Rows of a table on the page; the files hold all.
const ROWS_MAX: usize = 100;
/// Logs whose numbers stand in `summary.json`.
const NUMBERS_MAX: usize = 1_000;

/// What `summary.json` says.
#[derive(Serialize)]
pub(super) struct Document {
    logons: Logons,
    record_kinds: usize,
    numbers: Vec<Numbers>,
    ways: Vec<Way>,
    ways_more: usize,
}

#[derive(Serialize)]
struct Logons {
    successes: u64,
    failures: u64,
    kinds: usize,
}

#[derive(Serialize)]
struct Numbers {
    host: String,
    log: String,
    lowest: u64,
    highest: u64,
    records: u64,
    missing: u64,
    resets: u64,
    holes: Vec<Hole>,
}

#[derive(Serialize)]
struct Hole {
    after: u64,
    before: u64,
    from: Timestamp,
    to: Timestamp,
}

#[derive(Serialize)]
struct Way {
    source: String,
    account: String,
    host: String,
    types: Vec<String>,
    successes: u64,
    failures: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    suspected: bool,
}

/// Counters for programs.
pub(super) fn document(sorted: &Sorted<'_>, numbered: &[Numbered], drawn: &Graph) -> Document {
    let (logons, others) = (&sorted.logons, sorted.other_logons);
    Document {
        logons: Logons {
            successes: logons.iter().map(|(_, count)| count.good).sum::<u64>() + others.good,
            failures: logons.iter().map(|(_, count)| count.bad).sum::<u64>() + others.bad,
            kinds: logons.len(),
        },
        record_kinds: sorted.events.len(),
        numbers: runs(numbered).into_iter().take(NUMBERS_MAX).map(numbers).collect(),
        ways_more: drawn.more,
        ways: drawn
            .edges
            .iter()
            .cloned()
            .map(|edge| Way {
                source: edge.source,
                account: edge.account,
                host: edge.host,
                types: edge.kinds,
                successes: edge.successes,
                failures: edge.failures,
                first: edge.first,
                last: edge.last,
                suspected: edge.suspected,
            })
            .collect(),
    }
}

/// Computer, log and the numbers of its records.
pub(super) type Numbered = (String, String, Run);

/// Logs with numbers, most missing first.
fn runs(numbered: &[Numbered]) -> Vec<&Numbered> {
    let mut runs: Vec<_> = numbered.iter().collect();
    runs.sort_by_key(|(host, log, run)| (Reverse(run.resets), Reverse(run.missing), host, log));
    runs
}

fn numbers((host, log, run): &Numbered) -> Numbers {
    let hole = |hole: &Missing| Hole {
        after: hole.before.0,
        before: hole.after.0,
        from: hole.before.1.time,
        to: hole.after.1.time,
    };
    Numbers {
        host: host.clone(),
        log: log.clone(),
        lowest: run.lowest,
        highest: run.highest,
        records: run.records,
        missing: run.missing,
        resets: run.resets,
        holes: run.holes.iter().map(hole).collect(),
    }
}

/// The same for the page.
pub(super) fn view(sorted: &Sorted<'_>, numbered: &[Numbered], drawn: &Graph) -> Activity {
    let logon = |(logon, count): &(&Logon, &Count)| LogonRow {
        names: [&logon.account, &logon.source, &logon.host, &logon.kind].map(ToString::to_string),
        successes: count.good,
        failures: count.bad,
    };
    let mut logons = sorted.logons.clone();
    logons.sort_by_key(|(_, count)| Reverse(count.total()));
    let mut events = sorted.events.clone();
    events.sort_by_key(|(_, count)| Reverse(count.good));
    let event = |(kind, count): &(&Kind, &Count)| EventRow {
        names: [&kind.host, &kind.log, &kind.id].map(ToString::to_string),
        records: count.good,
    };
    let runs: Vec<_> =
        runs(numbered).into_iter().filter(|(_, _, run)| run.missing > 0 || run.resets > 0).collect();
    let number = |(host, log, run): &&Numbered| NumberRow {
        names: [host.clone(), log.clone()],
        numbers: (run.lowest, run.highest),
        counts: [run.records, run.missing, run.resets],
    };
    Activity {
        graph: drawn.clone(),
        logons: (logons.iter().take(ROWS_MAX).map(logon).collect(), logons.len().saturating_sub(ROWS_MAX)),
        events: (events.iter().take(ROWS_MAX).map(event).collect(), events.len().saturating_sub(ROWS_MAX)),
        numbers: (runs.iter().take(ROWS_MAX).map(number).collect(), runs.len().saturating_sub(ROWS_MAX)),
    }
}
