//! The summary on the terminal: the answer first.

use super::summary::Given;
use crate::output::terminal::safe;
use casework::{Answer, Incident};
use std::path::Path;
use vocab::{Message, Value};
use web::Catalog;

/// Incidents shown one by one.
const INCIDENTS_SHOWN: usize = 10;
/// Accounts named in one line.
const ACCOUNTS_SHOWN: usize = 8;
/// Widest line; a terminal wraps what is wider than itself.
const COLUMNS_MAX: usize = 600;

/// The summary as text; log text in it cannot drive the terminal (DT-HOS-16).
pub(crate) fn said(given: &Given<'_>, folder: &Path, t: &Catalog) -> String {
    let mut lines = answer(given, t);
    lines.push(String::new());
    for incident in given.incidents.iter().take(INCIDENTS_SHOWN) {
        lines.extend(of_incident(incident, t));
    }
    if let Some(more) = given.incidents.len().checked_sub(INCIDENTS_SHOWN).filter(|more| *more > 0) {
        lines.push(format!("  {}", t.render(&Message::new("and-more").with("count", more as u64))));
    }
    if !given.incidents.is_empty() {
        lines.push(String::new());
    }
    lines.extend(facts(given, folder, t));
    lines.iter().map(|line| safe(line, COLUMNS_MAX) + "\n").collect()
}

fn answer(given: &Given<'_>, t: &Catalog) -> Vec<String> {
    let answer = casework::answer(given.incidents, given.outcome.seen.events);
    let id = match answer {
        Answer::Entered => "report-answer-entered",
        Answer::Tried => "report-answer-tried",
        Answer::NothingFound => "report-answer-nothing",
        Answer::CannotTell => "report-answer-cannot-tell",
    };
    let entered = given.incidents.iter().filter(|incident| incident.entered()).count() as u64;
    let accounts: usize = given.incidents.iter().map(|incident| incident.entered_accounts().count()).sum();
    let text = Message::new(format!("{id}-text"))
        .with("entered", entered)
        .with("incidents", given.incidents.len() as u64)
        .with("accounts", accounts as u64);
    vec![t.text(id), format!("  {}", t.render(&text))]
}

fn of_incident(incident: &Incident, t: &Catalog) -> Vec<String> {
    let level = t.text(&format!("level-{}", incident.level.as_str()));
    let mut lines = vec![format!("  [{level}] {}  {}", t.render(&incident.title), incident.id)];
    let names: Vec<Value> = incident
        .entered_accounts()
        .take(ACCOUNTS_SHOWN)
        .map(|account| Value::Text(account.name.clone()))
        .collect();
    if !names.is_empty() {
        let count = incident.entered_accounts().count() as u64;
        let message = Message::new("talk-entered").with("count", count).with("accounts", Value::List(names));
        lines.push(format!("      {}", t.render(&message)));
    }
    let span = Message::new("talk-incident")
        .with("first", incident.first)
        .with("last", incident.last)
        .with("attempts", incident.attempts)
        .with("sources", incident.sources.len() as u64);
    lines.push(format!("      {}", t.render(&span)));
    lines
}

fn facts(given: &Given<'_>, folder: &Path, t: &Catalog) -> Vec<String> {
    let outcome = given.outcome;
    let mut lines = Vec::new();
    let read = Message::new("talk-read")
        .with("files", outcome.files.len() as u64)
        .with("events", outcome.seen.events)
        .with("findings", outcome.findings.len() as u64);
    lines.push(t.render(&read));
    if let Some((from, to)) = outcome.seen.span {
        lines.push(t.render(&Message::new("talk-span").with("from", from).with("to", to)));
    }
    let unread = outcome.unread.total();
    if unread > 0 {
        lines.push(t.render(&Message::new("talk-unread").with("count", unread)));
    }
    let limits = outcome.not_checked.len() as u64;
    if limits > 0 {
        lines.push(t.render(&Message::new("talk-not-checked").with("count", limits)));
    }
    let page = folder.join("report.html");
    lines.push(t.render(&Message::new("talk-report").with("path", page.display().to_string())));
    lines
}
