//! `sekisho case clocks`.

use super::args::ClocksArgs;
use super::{file, language, print, tongue};
use crate::clock::Clock;
use crate::error::Hinted;
use anyhow::Context as _;
use casework::obligation::{Binding, Obligation, ObligationState, obligations};
use serde_json::json;
use vocab::{Message, Timestamp};
use web::Catalog;

/// Prints every obligation with its state; 1 when one is overdue.
pub(super) fn run(args: &ClocksArgs) -> anyhow::Result<u8> {
    let lang = language(args.lang);
    let now = args.at.unwrap_or_else(|| Clock::System.now());
    let file::Whole { case, notes, .. } = file::open_whole(&args.case)?;
    let all = obligations(&case, &notes).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Hinted::error(
            format!("{}: {}", args.case.display(), lines.join("; ")),
            "docs/formats/case.md lists what a note holds",
        )
    })?;
    if args.json {
        let rows: Vec<_> = all
            .iter()
            .map(|one| json!({ "obligation": one, "state": one.state(now), "reminders": one.reminders() }))
            .collect();
        print(&format!("{}\n", serde_json::to_string_pretty(&rows).context("cannot write JSON")?))?;
    } else {
        let catalog = Catalog::new(lang, jiff::tz::TimeZone::UTC);
        for one in &all {
            print(&said(one, now, &catalog))?;
        }
    }
    Ok(u8::from(all.iter().any(|one| missed(one, now))))
}

/// Overdue, and not of one's own will.
fn missed(one: &Obligation, now: Timestamp) -> bool {
    one.binding != Binding::Optional && one.state(now) == ObligationState::Overdue
}

fn said(one: &Obligation, now: Timestamp, catalog: &Catalog) -> String {
    let tongue = tongue(catalog.lang());
    let state = match one.state(now) {
        ObligationState::NotApplicable { reason } => Message::new("clock-not-applicable").with("why", reason),
        ObligationState::Open => Message::new("clock-open"),
        ObligationState::DueSoon => Message::new("clock-due-soon"),
        ObligationState::Overdue => Message::new("clock-overdue"),
        ObligationState::Done { receipt, late: false } => Message::new("clock-done").with("receipt", receipt),
        ObligationState::Done { receipt, late: true } => Message::new("clock-late").with("receipt", receipt),
        ObligationState::Exempt { basis } => Message::new("clock-exempt").with("why", basis),
    };
    let binding = match one.binding {
        Binding::Due => catalog.text("clock-applies"),
        Binding::Conditional => catalog.text("clock-conditional"),
        Binding::Optional => catalog.text("clock-optional"),
    };
    let due = match one.due {
        Some(due) => Obligation::shown(due, tongue),
        None => catalog.text("clock-no-day"),
    };
    let mut out = format!("{}  {}  {}\n", one.clock, one.form, catalog.render(&state));
    let line = Message::new("clock-line").with("due", due).with("binding", binding);
    out.push_str(&format!("    {}\n", catalog.render(&line)));
    let start = Message::new("clock-start")
        .with("start", Obligation::shown(one.start, tongue))
        .with("from", one.start_from.as_str());
    out.push_str(&format!(
        "    {}\n    {}\n",
        catalog.render(&start),
        tongue.of(&one.basis.ja, &one.basis.en)
    ));
    out
}
