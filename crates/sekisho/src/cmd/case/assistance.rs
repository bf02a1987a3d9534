//! `sekisho case assistance`.

use super::args::DesksArgs;
use super::{file, language, print, tongue};
use crate::error::Hinted;
use crate::output::terminal::safe;
use anyhow::Context as _;
use casework::assistance::{AdviceAnswer, Application, application};
use vocab::Message;
use web::Catalog;

/// Prints where the application for assistance stands.
pub(super) fn run(args: &DesksArgs) -> anyhow::Result<u8> {
    let lang = language(args.lang);
    let opened = file::open_whole(&args.case)?;
    let application = application(&opened.assistance, &opened.advice).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Hinted::error(
            format!("{}: {}", args.case.display(), lines.join("; ")),
            "docs/formats/case.md lists the steps and what each needs",
        )
    })?;
    if args.json {
        print(&format!("{}\n", serde_json::to_string_pretty(&application).context("cannot write JSON")?))?;
    } else {
        print(&said(&application, &Catalog::new(lang, jiff::tz::TimeZone::UTC)))?;
    }
    Ok(0)
}

fn said(application: &Application, catalog: &Catalog) -> String {
    let tongue = tongue(catalog.lang());
    let state = application.state.label();
    let mut out = format!("{}\n", tongue.of(&state.ja, &state.en));
    for step in &application.steps {
        let words = [&step.number, &step.code, &step.note].map(|text| safe(text, 200)).join(" ");
        out.push_str(&format!("  {}  {:?}  {}\n", safe(&step.time, 40), step.event, words.trim()));
    }
    if let Some(due) = &application.documents_due {
        let line = Message::new("assistance-due").with("due", due.as_str());
        out.push_str(&format!("  {}\n", catalog.render(&line)));
    }
    for item in &application.advice {
        let answer = match item.answer {
            None => catalog.text("assistance-open"),
            Some(AdviceAnswer::Accepted) => catalog.text("assistance-accepted"),
            Some(AdviceAnswer::Declined) => {
                catalog.render(&Message::new("assistance-declined").with("reason", item.reason.as_str()))
            }
            Some(AdviceAnswer::Done) => {
                let day = item.done.clone().unwrap_or_default();
                let done = Message::new("assistance-done").with("day", day).with("by", item.by.as_str());
                catalog.render(&done)
            }
        };
        out.push_str(&format!("  {}. {}  {}\n", item.priority, safe(&item.measure, 200), safe(&answer, 300)));
    }
    if application.asks_for_will {
        out.push_str(&format!("  {}\n", catalog.text("assistance-will")));
    }
    out
}
