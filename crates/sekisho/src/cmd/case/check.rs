//! `sekisho case check`.

use super::args::{CheckArgs, Chosen};
use super::{file, in_japan, language, print, tongue};
use crate::clock::Clock;
use crate::error::Usage;
use crate::output::terminal::safe;
use anyhow::Context as _;
use casework::dossier::{Dossier, Tongue};
use forms::{Document, Filling, Form, fill};
use vocab::Message;
use web::Catalog;

/// The documents of a case, filled.
pub(super) struct Filled {
    /// When it is released.
    pub(super) released: jiff::civil::DateTime,
    /// Each form with its document.
    pub(super) documents: Vec<(&'static Form, Document)>,
}

/// Fills the chosen documents.
pub(super) fn filled(chosen: &Chosen, tongue: Tongue) -> anyhow::Result<Filled> {
    let case = file::open(&chosen.case)?;
    let released = in_japan(chosen.at.unwrap_or_else(|| Clock::System.now()));
    let filling = Filling { tongue, day: released.date() };
    let forms = wanted(&chosen.form, &case, released.date())?;
    let documents = forms.into_iter().map(|form| (form, fill(form, &case, &filling))).collect();
    Ok(Filled { released, documents })
}

/// The forms that were named; without a name those that the incident asks for.
fn wanted(named: &[String], case: &Dossier, day: jiff::civil::Date) -> anyhow::Result<Vec<&'static Form>> {
    if named.is_empty() {
        let asked = case.seen.reports.iter().map(|report| report.form.as_str());
        let found: Vec<&Form> = asked.filter_map(|id| forms::form(id, day)).collect();
        return Ok(if found.is_empty() {
            forms::ids().into_iter().filter_map(|id| forms::form(id, day)).collect()
        } else {
            found
        });
    }
    let find = |id: &String| {
        forms::form(id, day).ok_or_else(|| {
            Usage::error(format!("no form is called {id}"), format!("there are: {}", forms::ids().join(", ")))
        })
    };
    named.iter().map(find).collect()
}

/// Prints what is missing.
pub(super) fn run(args: &CheckArgs) -> anyhow::Result<u8> {
    let lang = language(args.chosen.lang);
    let filled = filled(&args.chosen, tongue(lang))?;
    let complete = filled.documents.iter().all(|(_, document)| document.is_complete());
    if args.json {
        let documents: Vec<_> = filled
            .documents
            .iter()
            .map(|(form, document)| {
                serde_json::json!({
                    "form": form.id, "version": form.version, "recipient": form.recipient, "title": document.title,
                    "complete": document.is_complete(), "accepts_incomplete": form.accepts_incomplete,
                    "missing": document.missing, "personal": document.personal,
                })
            })
            .collect();
        let text = serde_json::to_string_pretty(&documents).context("cannot write JSON")?;
        print(&format!("{text}\n"))?;
    } else {
        let catalog = Catalog::new(lang, jiff::tz::TimeZone::UTC);
        for (form, document) in &filled.documents {
            print(&said(form, document, &catalog))?;
        }
    }
    Ok(u8::from(!complete))
}

/// What a person reads of one document.
pub(super) fn said(form: &Form, document: &Document, catalog: &Catalog) -> String {
    let mut out = format!("{}  {} v{}\n", document.title, form.id, form.version);
    let needed = document.missing.iter().filter(|missing| missing.needed).count();
    let state = match (document.missing.len(), needed, form.accepts_incomplete) {
        (0, ..) => Message::new("case-complete"),
        (_, 0, _) => Message::new("case-later").with("count", document.missing.len() as u64),
        (_, needed, true) => Message::new("case-needed").with("count", needed as u64),
        (_, needed, false) => Message::new("case-refused").with("count", needed as u64),
    };
    out.push_str(&format!("  {}\n", catalog.render(&state)));
    for missing in &document.missing {
        let mark = if missing.needed { "!" } else { "-" };
        let fact = if missing.fact.is_empty() { String::new() } else { format!("  [{}]", missing.fact) };
        out.push_str(&format!("  {mark} {}{fact}\n", safe(&missing.label, 200)));
        let asked = Message::new("case-who")
            .with("who", missing.who.as_str())
            .with("record", missing.record.as_str());
        out.push_str(&format!("      {}\n", catalog.render(&asked)));
    }
    out.push('\n');
    out
}
