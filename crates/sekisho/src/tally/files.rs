//! `logons.csv` and `events.csv`.

use super::{Count, Sorted};
use crate::output::csv::cell;
use crate::output::terminal::safe;

/// First line of `logons.csv`.
const LOGONS: &str = "account,source,host,type,successes,failures,first,last\r\n";
/// First line of `events.csv`.
const EVENTS: &str = "host,log,event_id,records,first,last\r\n";

/// Logons by account, source, computer and type.
pub(crate) fn logons_table(sorted: &Sorted<'_>) -> Vec<u8> {
    let mut out = LOGONS.to_owned();
    for (logon, count) in &sorted.logons {
        let names = [&logon.account, &logon.source, &logon.host, &logon.kind];
        line(&mut out, &names.map(|name| name.as_str()), &[count.good, count.bad], count);
    }
    let others = sorted.other_logons;
    if others.total() > 0 {
        line(&mut out, &["*", "*", "*", "*"], &[others.good, others.bad], others);
    }
    out.into_bytes()
}

/// Records by computer, log and event id.
pub(crate) fn events_table(sorted: &Sorted<'_>) -> Vec<u8> {
    let mut out = EVENTS.to_owned();
    for (kind, count) in &sorted.events {
        line(&mut out, &[&kind.host, &kind.log, &kind.id], &[count.good], count);
    }
    let others = sorted.other_events;
    if others.total() > 0 {
        line(&mut out, &["*", "*", "*"], &[others.good], others);
    }
    out.into_bytes()
}

fn line(out: &mut String, names: &[&str], numbers: &[u64], count: &Count) {
    for name in names {
        cell(out, &safe(name, usize::MAX));
        out.push(',');
    }
    for number in numbers {
        out.push_str(&number.to_string());
        out.push(',');
    }
    let time = |time: Option<vocab::Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
    out.push_str(&time(count.first));
    out.push(',');
    out.push_str(&time(count.last));
    out.push_str("\r\n");
}
