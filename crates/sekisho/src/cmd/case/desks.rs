//! `sekisho case desks`.

use super::args::DesksArgs;
use super::{file, language, print, tongue};
use anyhow::Context as _;
use casework::acceptance::{Answer, Opinion, Outcome, opinions};
use vocab::Message;
use web::Catalog;

/// Prints what each desk would do with the case as it is.
pub(super) fn run(args: &DesksArgs) -> anyhow::Result<u8> {
    let lang = language(args.lang);
    let opinions = opinions(&file::open(&args.case)?);
    if args.json {
        print(&format!("{}\n", serde_json::to_string_pretty(&opinions).context("cannot write JSON")?))?;
        return Ok(0);
    }
    let catalog = Catalog::new(lang, jiff::tz::TimeZone::UTC);
    for opinion in &opinions {
        print(&said(opinion, &catalog))?;
    }
    Ok(0)
}

fn said(opinion: &Opinion, catalog: &Catalog) -> String {
    let tongue = tongue(catalog.lang());
    let outcome = match opinion.outcome {
        Outcome::Accepted => catalog.text("desk-accepted"),
        Outcome::Supplement => catalog.text("desk-supplement"),
        Outcome::Consultation => catalog.text("desk-consultation"),
        Outcome::Refused => catalog.text("desk-refused"),
    };
    let mut out = format!("{}  {outcome}\n", desk(opinion.desk, catalog));
    if let Some(competent) = &opinion.competent {
        let of = |both: &casework::Bilingual| tongue.of(&both.ja, &both.en).to_owned();
        let body = competent.body.unwrap_or("－");
        out.push_str(&format!("  {body}  {}\n", of(&competent.why)));
        if !competent.ask.is_empty() {
            out.push_str(&format!("      [{}]\n", competent.ask.join("] [")));
        }
    }
    for reason in &opinion.codes {
        out.push_str(&format!("  {}: {}\n", reason.code, tongue.of(&reason.text.ja, &reason.text.en)));
    }
    for check in &opinion.checks {
        let mark = match check.answer {
            Answer::Yes => "o",
            Answer::No => "x",
            Answer::Unknown => "?",
        };
        out.push_str(&format!(
            "  {mark} {} {}\n",
            check.id,
            tongue.of(&check.question.ja, &check.question.en)
        ));
        if check.answer != Answer::Yes && !check.facts.is_empty() {
            out.push_str(&format!("      [{}]\n", check.facts.join("] [")));
        }
    }
    if !opinion.elsewhere.is_empty() {
        let names: Vec<String> = opinion.elsewhere.iter().map(|name| desk(name, catalog)).collect();
        let line = Message::new("desk-elsewhere").with("desks", names.join(tongue.of("、", ", ")));
        out.push_str(&format!("  {}\n", catalog.render(&line)));
    }
    out.push('\n');
    out
}

fn desk(name: &str, catalog: &Catalog) -> String {
    match name {
        "police" => catalog.text("desk-police"),
        "psc" => catalog.text("desk-psc"),
        "ipa" => catalog.text("desk-ipa"),
        _ => catalog.text("desk-jpcert"),
    }
}
