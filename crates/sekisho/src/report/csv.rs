//! `timeline.csv`: turning points and records of all incidents in order of time, for a spreadsheet.

use crate::output::csv::cell;
use casework::Incident;
use vocab::{Citation, Message, Quote, Timestamp};
use web::{Catalog, Lang};

const HEADER: &str =
    "time,time_utc,incident,level,kind,event,finding,text,file,line,record,ledger_index,ledger_record\r\n";

struct Row {
    time: Timestamp,
    citation: Option<Citation>,
    cells: [String; 9],
}

/// The table. Cells that a spreadsheet would take for a formula are defused (DT-HOS-18). In Japanese it begins with a
/// byte-order mark, because spreadsheets take it for Shift_JIS otherwise.
pub(crate) fn timeline(incidents: &[Incident], catalog: &Catalog) -> Vec<u8> {
    let mut rows: Vec<Row> = incidents.iter().flat_map(|incident| of_incident(incident, catalog)).collect();
    rows.sort_by_key(|row| (row.time, row.citation));
    let mut out = String::new();
    if catalog.lang() == Lang::Ja {
        out.push('\u{feff}');
    }
    out.push_str(HEADER);
    for row in rows {
        let (index, record) =
            row.citation.map_or_else(Default::default, |at| (at.index.0.to_string(), at.record.to_string()));
        cell(&mut out, &catalog.time(row.time));
        out.push(',');
        cell(&mut out, &row.time.to_string());
        for text in row.cells.iter().chain([&index, &record]) {
            out.push(',');
            cell(&mut out, text);
        }
        out.push_str("\r\n");
    }
    out.into_bytes()
}

fn of_incident(incident: &Incident, catalog: &Catalog) -> Vec<Row> {
    let kind = incident.kind.as_str();
    let quotes = |citation: Option<Citation>| {
        let citation = citation?;
        incident.records.iter().find(|record| record.citation == citation)?.quote.as_deref()
    };
    let mut rows = Vec::new();
    for turn in &incident.timeline {
        let event = serde_name(&turn.turn);
        let text = catalog.render(&turn.text);
        rows.push(row(
            incident,
            turn.time,
            turn.citation,
            [kind, &event, &turn.finding, &text],
            quotes(turn.citation),
        ));
    }
    for record in incident.records.iter().filter(|record| record.quote.is_some()) {
        let Some(time) = record.time else { continue };
        if incident.timeline.iter().any(|turn| turn.citation == Some(record.citation)) {
            continue;
        }
        let role = serde_name(&record.role);
        let text = catalog.render(&Message::new(format!("role-{role}")));
        rows.push(row(
            incident,
            time,
            Some(record.citation),
            [kind, &role, "", &text],
            record.quote.as_deref(),
        ));
    }
    rows
}

fn row(
    incident: &Incident,
    time: Timestamp,
    citation: Option<Citation>,
    [kind, event, finding, text]: [&str; 4],
    quote: Option<&Quote>,
) -> Row {
    let (file, line, words) = quote.map_or_else(Default::default, |quote| {
        (quote.file.clone(), quote.line.to_string(), crate::output::terminal::safe(&quote.text, usize::MAX))
    });
    let level = incident.level.as_str();
    let cells = [&incident.id, level, kind, event, finding, text, &file, &line, &words].map(str::to_owned);
    Row { time, citation, cells }
}

/// Name of a value as JSON writes it.
fn serde_name(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
