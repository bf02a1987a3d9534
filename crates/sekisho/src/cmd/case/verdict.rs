//! `sekisho case verdict`.

use super::args::DesksArgs;
use super::{file, language, print, tongue};
use crate::output::terminal::safe;
use act::{Missing, State, Verdict};
use anyhow::Context as _;
use casework::ruling::{Decided, Ruling, rows, values};
use serde_json::json;
use vocab::Message;
use web::Catalog;

/// Prints facts and verdict as they stand.
pub(super) fn run(args: &DesksArgs) -> anyhow::Result<u8> {
    let catalog = Catalog::new(language(args.lang), jiff::tz::TimeZone::UTC);
    let Some(ruling) = file::open_whole(&args.case)?.ruling else {
        crate::output::say(&catalog.text("ruling-old"));
        return Ok(1);
    };
    if args.json {
        let all = json!({
            "facts": rows(&ruling.facts), "proposal": ruling.proposal, "verdicts": ruling.verdicts,
            "outdated": ruling.is_outdated(), "names_act": ruling.names_act(),
        });
        print(&format!("{}\n", serde_json::to_string_pretty(&all).context("cannot write JSON")?))?;
    } else {
        print(&format!("{}{}", facts(&ruling, &catalog), verdicts(&ruling, &catalog)))?;
    }
    Ok(0)
}

fn facts(ruling: &Ruling, catalog: &Catalog) -> String {
    let tongue = tongue(catalog.lang());
    let mut out = String::new();
    for row in rows(&ruling.facts) {
        let of = |both: &casework::Bilingual| safe(tongue.of(&both.ja, &both.en), 200);
        out.push_str(&format!("{:<4}{}: {}", row.fact.as_str(), of(&row.statement), of(&row.text)));
        if let Some(author) = &row.author {
            let stated = Message::new("ruling-stated")
                .with("author", author.as_str())
                .with("count", row.evidence as u64);
            out.push_str(&format!("  — {}", safe(&catalog.render(&stated), 300)));
        }
        out.push('\n');
    }
    out.push('\n');
    out
}

fn verdicts(ruling: &Ruling, catalog: &Catalog) -> String {
    let mut out = String::new();
    for decided in &ruling.verdicts {
        out.push_str(&said(decided, catalog));
    }
    if ruling.standing().is_none() || ruling.is_outdated() {
        out.push_str(&line("ruling-proposal", &ruling.proposal, catalog));
        if !ruling.proposal.missing.is_empty() {
            out.push_str(&format!("{}\n", catalog.text("ruling-missing")));
        }
        ruling.proposal.missing.iter().for_each(|missing| out.push_str(&wanted(missing, catalog)));
    }
    if ruling.is_outdated() {
        out.push_str(&format!("{}\n", catalog.text("ruling-outdated")));
    }
    let names = if ruling.names_act() { "ruling-names" } else { "ruling-names-not" };
    out.push_str(&format!("{}\n", catalog.text(names)));
    out
}

fn line(id: &'static str, verdict: &Verdict, catalog: &Catalog) -> String {
    let label = tongue(catalog.lang()).of(&verdict.label.ja, &verdict.label.en);
    let message = Message::new(id)
        .with("id", verdict.verdict_id.clone().unwrap_or_default())
        .with("verdict", format!("{label} ({})", verdict.legal_class));
    format!("{}\n", catalog.render(&message))
}

fn said(decided: &Decided, catalog: &Catalog) -> String {
    let verdict = &decided.verdict;
    let mut out = match verdict.state {
        State::Revised => line("ruling-revised", verdict, catalog),
        State::Withdrawn => line("ruling-withdrawn", verdict, catalog),
        State::Confirmed | State::Proposed => line("ruling-confirmed", verdict, catalog),
    };
    let by = Message::new("ruling-by")
        .with("at", verdict.confirmed_at.clone().unwrap_or_default())
        .with("by", verdict.confirmed_by.clone().unwrap_or_default())
        .with("reason", decided.reason.as_str());
    out.push_str(&format!("  {}\n", safe(&catalog.render(&by), 600)));
    if decided.proposed != verdict.legal_class {
        let proposed = Message::new("ruling-other").with("proposed", decided.proposed.as_str());
        out.push_str(&format!("  {}\n", catalog.render(&proposed)));
    }
    if decided.sole_author {
        out.push_str(&format!("  {}\n", catalog.text("ruling-sole")));
    }
    out
}

/// An unknown fact, what would settle it, and how it may be stated.
fn wanted(missing: &Missing, catalog: &Catalog) -> String {
    let tongue = tongue(catalog.lang());
    let records = tongue.of(&missing.settled_by_ja.join("、"), &missing.settled_by_en.join(", ")).to_owned();
    let options = values(missing.fact);
    let options: Vec<String> = options
        .iter()
        .map(|one| format!("{} ({})", one.value, tongue.of(&one.text.ja, &one.text.en)))
        .collect();
    let mut out = format!("  {}  {}\n", missing.fact, tongue.of(&missing.text.ja, &missing.text.en));
    for message in [
        Message::new("ruling-settles").with("records", records),
        Message::new("ruling-values").with("values", options.join(", ")),
    ] {
        out.push_str(&format!("      {}\n", catalog.render(&message)));
    }
    out
}
