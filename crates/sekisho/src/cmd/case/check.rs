//! `sekisho case check`.

use super::args::{CheckArgs, Chosen};
use super::{file, in_japan, language, print, tongue};
use crate::clock::Clock;
use crate::error::{Hinted, Usage};
use crate::output::terminal::safe;
use anyhow::Context as _;
use casework::dossier::Tongue;
use forms::{Document, Filling, Form, Substitute, fill};
use std::path::PathBuf;
use vocab::Message;
use web::Catalog;

/// Most forms of the user's own in a folder, and the largest of them in bytes.
const OWN_FORMS_MAX: usize = 200;
const FORM_BYTES_MAX: usize = 1 << 20;

/// The documents of a case, filled.
pub(super) struct Filled {
    /// When it is released.
    pub(super) released: jiff::civil::DateTime,
    /// Each form with its document.
    pub(super) documents: Vec<(Form, Document)>,
    /// Characters that are printed in another form.
    pub(super) substitutes: Vec<Substitute>,
}

/// Fills the chosen documents.
pub(super) fn filled(chosen: &Chosen, tongue: Tongue) -> anyhow::Result<Filled> {
    let file::Whole { case, substitutes, .. } = file::open_whole(&chosen.case)?;
    let released = in_japan(chosen.at.unwrap_or_else(|| Clock::System.now()));
    let filling = Filling { tongue, day: released.date() };
    let own = own_forms(&chosen.forms)?;
    let forms = crate::papers::wanted(&chosen.form, &own, &case, released.date())?;
    let filled = |form: &Form| (form.clone(), fill(form, &case, &filling));
    let documents = forms.into_iter().map(filled).collect();
    Ok(Filled { released, documents, substitutes })
}

/// Forms of the user's own (CW-REP-07): every `.toml` file of the folders, in the order of their names.
pub(super) fn own_forms(folders: &[PathBuf]) -> anyhow::Result<Vec<Form>> {
    let mut own = Vec::new();
    for folder in folders {
        let entries = std::fs::read_dir(folder)
            .with_context(|| format!("cannot read the folder of forms {}", folder.display()))?;
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
        files.sort();
        if files.len() > OWN_FORMS_MAX {
            return Err(Usage::error(
                format!("{} holds {} forms", folder.display(), files.len()),
                format!("at most {OWN_FORMS_MAX} are read"),
            ));
        }
        for file in files {
            let text = crate::inputs::read_text(&file, FORM_BYTES_MAX)?;
            let form = forms::read(&file.display().to_string(), &text).map_err(|fault| {
                Hinted::error(fault.to_string(), "docs/formats/case.md lists what a form file holds")
            })?;
            own.push(form);
        }
    }
    Ok(own)
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
    let state = crate::papers::standing(form, document);
    out.push_str(&format!("  {}\n", catalog.render(&state)));
    // What is not verified of a form is said wherever it is shown (CW-REP-09).
    let unverified = tongue(catalog.lang()).of(&form.unverified.ja, &form.unverified.en);
    if !unverified.is_empty() {
        out.push_str(&format!("  ※ {}\n", safe(unverified, 300)));
    }
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
