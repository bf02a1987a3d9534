//! One event as a row of the timeline.

use super::sort::Key;
use crate::cli::TimelineFormat;
use crate::output::csv::cell;
use crate::output::terminal::safe;
use crate::record::brief;
use serde::Serialize;
use vocab::Event;

/// First line of the CSV form.
pub(super) const HEADER: &str = "time_utc,time,host,log,event_id,class_uid,activity_id,outcome,reason,user,actor,target_user,\
source,source_host,logon_type,service,process,text,file,record\r\n";

/// The facts of a row; both forms hold the same.
#[derive(Serialize)]
struct Facts<'e> {
    time_utc: String,
    time: String,
    host: &'e str,
    log: &'e str,
    event_id: &'e str,
    class_uid: u32,
    activity_id: u8,
    outcome: &'static str,
    reason: &'static str,
    user: &'e str,
    actor: &'e str,
    target_user: &'e str,
    source: String,
    source_host: &'e str,
    logon_type: String,
    service: &'e str,
    process: &'e str,
    text: String,
    file: &'e str,
    record: u64,
}

/// Place of the event in the order: by time, those without one last.
pub(super) fn key(event: &Event<'_>) -> Key {
    let time = event.time.map_or(i64::MAX, |time| time.0);
    (time, event.origin.source, event.origin.file_rank, event.origin.offset)
}

/// Appends the row.
pub(super) fn write(event: &Event<'_>, format: TimelineFormat, zone: &jiff::tz::TimeZone, out: &mut Vec<u8>) {
    let facts = facts(event, zone);
    match format {
        TimelineFormat::Jsonl => {
            // Writing into memory does not fail.
            let _ = serde_json::to_writer(&mut *out, &facts);
            out.push(b'\n');
        }
        TimelineFormat::Csv => csv(&facts, out),
    }
}

fn facts<'e>(event: &'e Event<'_>, zone: &jiff::tz::TimeZone) -> Facts<'e> {
    fn text<'e>(text: &'e vocab::Text<'_>) -> &'e str {
        text.as_deref().unwrap_or_default()
    }
    let local = event.time.and_then(|time| jiff::Timestamp::from_microsecond(time.0).ok());
    Facts {
        time_utc: event.time.map(|time| time.to_string()).unwrap_or_default(),
        time: local
            .map(|time| time.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
            .unwrap_or_default(),
        host: text(&event.dst_host),
        log: event.extra("Channel").unwrap_or(event.origin.parser),
        event_id: event.extra("EventID").unwrap_or_else(|| text(&event.signature)),
        class_uid: event.class as u32,
        activity_id: event.activity,
        outcome: event.outcome.as_str(),
        reason: event.reason.as_str(),
        user: text(&event.user),
        actor: text(&event.actor),
        target_user: text(&event.target_user),
        source: event.src_ip.map(|ip| ip.to_string()).unwrap_or_default(),
        source_host: text(&event.src_host),
        logon_type: event.logon_type.map(|kind| kind.to_string()).unwrap_or_default(),
        service: text(&event.service),
        process: text(&event.process),
        text: brief(event),
        file: event.origin.file,
        record: event.origin.line,
    }
}

/// Cells that a spreadsheet would take for a formula are defused, control characters are shown as escapes (DT-HOS-18).
fn csv(facts: &Facts<'_>, out: &mut Vec<u8>) {
    let mut line = String::new();
    let numbers = [facts.class_uid.to_string(), facts.activity_id.to_string(), facts.record.to_string()];
    let [class, activity, record] = &numbers;
    let cells = [
        facts.time_utc.as_str(),
        &facts.time,
        facts.host,
        facts.log,
        facts.event_id,
        class,
        activity,
        facts.outcome,
        facts.reason,
        facts.user,
        facts.actor,
        facts.target_user,
        &facts.source,
        facts.source_host,
        &facts.logon_type,
        facts.service,
        facts.process,
        &facts.text,
        facts.file,
        record,
    ];
    for (at, text) in cells.into_iter().enumerate() {
        if at > 0 {
            line.push(',');
        }
        cell(&mut line, &safe(text, usize::MAX));
    }
    line.push_str("\r\n");
    out.extend_from_slice(line.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_hold_the_same_and_csv_has_as_many_cells_as_its_header() {
        let mut event =
            Event { user: Some("=cmd".into()), message: Some("a,\u{1b}[2Jb".into()), ..Event::default() };
        event.push_extra("EventID", "4624");
        event.push_extra("Channel", "Security");
        let zone = jiff::tz::TimeZone::UTC;
        let (mut csv, mut json) = (Vec::new(), Vec::new());
        write(&event, TimelineFormat::Csv, &zone, &mut csv);
        write(&event, TimelineFormat::Jsonl, &zone, &mut json);
        let csv = String::from_utf8(csv).unwrap();
        assert!(csv.contains(",Security,4624,") && csv.contains(",'=cmd,"), "{csv}");
        assert!(csv.contains("\"a,\\u{1b}[2Jb\"") && csv.ends_with("\r\n"), "{csv}");
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let names: Vec<&str> = HEADER.trim_end().split(',').collect();
        assert_eq!(json.as_object().unwrap().len(), names.len());
        assert!(names.iter().all(|name| json.get(name).is_some()));
        assert_eq!(json["text"], "a,\u{1b}[2Jb");
        assert_eq!(key(&event).0, i64::MAX);
    }
}
