//! What programs may read: the same as the pages show.

use super::{Refusal, failed};
use crate::http::Request;
use crate::serve::publish::level;
use crate::serve::{Shared, held};
use serde_json::{Value, json};
use store::{Case, FindingRow, IncidentRow, SourceRow, Wanted};
use vocab::Timestamp;

/// Version of the answers.
const SCHEMA: u32 = 1;
/// Rows of one page.
const ROWS: i64 = 100;
/// Last page that may be asked for.
const PAGE_MAX: i64 = 1_000_000;
/// Cases in a list.
const CASES_MAX: i64 = 1_000;

pub(super) fn answer(shared: &Shared, request: &Request, now: Timestamp) -> Result<Value, Refusal> {
    let query = Query::read(&request.query)?;
    match request.path.strip_prefix("/api/v1/").unwrap_or_default() {
        "cases" => {
            let cases = shared.store.read(|tx| {
                let cases = tx.cases(false, CASES_MAX)?;
                cases.into_iter().map(|case| Ok((tx.incident(&case.incident)?, case))).collect()
            });
            let cases: Vec<(Option<IncidentRow>, Case)> = cases.map_err(|error| failed(&error))?;
            list(cases.iter().map(|(incident, case)| case_json(case, incident.as_ref())))
        }
        "findings" => {
            let wanted =
                Wanted { level: query.level, skip: query.page * ROWS, rows: ROWS, ..Wanted::default() };
            let found = shared.store.read(|tx| tx.findings(&wanted)).map_err(|error| failed(&error))?;
            let mut answer = list(found.rows.iter().map(finding_json))?;
            if let Some(fields) = answer.as_object_mut() {
                fields.insert("total".to_owned(), found.all.into());
                fields.insert("page".to_owned(), query.page.into());
            }
            Ok(answer)
        }
        "sources" => {
            let sources = shared.store.read(|tx| tx.sources()).map_err(|error| failed(&error))?;
            list(sources.iter().map(source_json))
        }
        "ledger" => {
            let (size, key) = held(&shared.ledger).clone();
            Ok(json!({ "schema_version": SCHEMA, "size": size, "key": key, "time": stamp(now) }))
        }
        path => {
            let number = path.strip_prefix("cases/").and_then(|number| number.parse::<i64>().ok());
            case(shared, number.ok_or(Refusal::Absent)?)
        }
    }
}

fn case(shared: &Shared, number: i64) -> Result<Value, Refusal> {
    let found = shared.store.read(|tx| {
        let Some(case) = tx.case(number)? else { return Ok(None) };
        let (incident, events) = (tx.incident(&case.incident)?, tx.case_events(&case.id)?);
        Ok(Some((case, incident, events)))
    });
    let Some((case, incident, events)) = found.map_err(|error| failed(&error))? else {
        return Err(Refusal::Absent);
    };
    let mut answer = case_json(&case, incident.as_ref());
    let events: Vec<Value> = events
        .iter()
        .map(|event| {
            json!({ "time": stamp(event.at), "actor": event.actor, "deed": event.deed, "text": event.body, "ledger": event.ledger })
        })
        .collect();
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("schema_version".to_owned(), SCHEMA.into());
        fields.insert("events".to_owned(), events.into());
        fields.insert("incident".to_owned(), incident.map_or(Value::Null, |row| object(&row.body)));
    }
    Ok(answer)
}

fn list(items: impl Iterator<Item = Value>) -> Result<Value, Refusal> {
    Ok(json!({ "schema_version": SCHEMA, "items": items.collect::<Vec<_>>() }))
}

fn object(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

fn stamp(time: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(time.0).map(|time| time.to_string()).unwrap_or_default()
}

fn case_json(case: &Case, incident: Option<&IncidentRow>) -> Value {
    json!({
        "number": case.number, "state": case.state.name(), "kind": case.title, "owner": case.owner,
        "incident_id": case.incident, "opened": stamp(case.opened),
        "level": level(incident.map_or(0, |row| row.level)).as_str(),
        "entered": incident.is_some_and(|row| row.entered),
    })
}

fn finding_json(row: &FindingRow) -> Value {
    json!({
        "id": row.id, "rule": row.rule, "kind": row.kind, "level": level(row.level).as_str(),
        "first": stamp(row.began), "last": stamp(row.ended), "incident_id": row.incident, "finding": object(&row.body),
    })
}

fn source_json(row: &SourceRow) -> Value {
    json!({
        "name": row.name, "way": row.way, "format": row.format, "lines": row.lines, "events": row.events,
        "unread": row.unread, "first_seen": stamp(row.first_seen), "last_seen": stamp(row.last_seen), "silent": row.silent,
    })
}

/// What may stand behind the question mark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Query {
    level: i64,
    page: i64,
}

impl Query {
    fn read(text: &str) -> Result<Self, Refusal> {
        let mut query = Self::default();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let number = |most: i64| {
                let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
                value.parse().ok().filter(|number| digits && *number <= most)
            };
            match name {
                "level" => query.level = number(4).ok_or(Refusal::Query("level is a number from 0 to 4"))?,
                "page" => {
                    query.page =
                        number(PAGE_MAX).ok_or(Refusal::Query("page is a number from 0 to 1000000"))?;
                }
                _ => return Err(Refusal::Query("there is no such filter; `level` and `page` are known")),
            }
        }
        Ok(query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_read_strictly() {
        assert_eq!(Query::read("level=3&page=2"), Ok(Query { level: 3, page: 2 }));
        assert_eq!(Query::read(""), Ok(Query::default()));
        for wrong in
            ["level=5", "level=", "level=-1", "level=+1", "page=1000001", "page=x", "other=1", "%00=1"]
        {
            assert!(matches!(Query::read(wrong), Err(Refusal::Query(_))), "{wrong}");
        }
    }
}
