//! `sekisho act`: what the Act says of facts, and how cases are counted.

use crate::error::Hinted;
use crate::output::terminal::safe;
use act::Verdict;
use anyhow::Context as _;
use clap::Subcommand;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use web::Lang;

/// `sekisho act`.
#[derive(Debug, Subcommand)]
pub(crate) enum ActCommand {
    /// Propose a verdict: rules tried, elements, what is missing, articles and penalties
    #[command(after_long_help = "Examples:
  sekisho act classify facts.json
  sekisho act classify facts.json | jq '.legal_class, .missing[].fact'

FACTS.json holds one act or an array of acts; docs/formats/facts.md describes it. On a pipe the answer is JSON, on a
terminal a table.")]
    Classify {
        /// File with facts, or `-` for standard input
        #[arg(value_name = "FACTS.json")]
        facts: PathBuf,
        /// Print JSON also on a terminal
        #[arg(long)]
        json: bool,
        /// Language of the table [default: from the environment, else ja]
        #[arg(long, value_enum)]
        lang: Option<crate::cli::LangArg>,
    },
    /// Count records into the tables of a year: recognised acts, clearance, methods, persons
    #[command(after_long_help = "Examples:
  sekisho act count units.jsonl --year 2000
  sekisho act count units.jsonl | jq '.tables[] | select(.id == \"T5\")'

UNITS.jsonl holds one record a line; docs/formats/units.md describes it. On a pipe the answer is JSON, on a terminal
tables.")]
    Count(super::act_count::CountArgs),
}

/// Runs the command.
pub(crate) fn run(command: ActCommand) -> anyhow::Result<u8> {
    match command {
        ActCommand::Classify { facts, json, lang } => {
            let lang = lang.map_or_else(crate::clock::language, Lang::from);
            classify(&facts, json || !std::io::stdout().is_terminal(), lang)
        }
        ActCommand::Count(args) => super::act_count::run(&args),
    }
}

fn classify(path: &Path, as_json: bool, lang: Lang) -> anyhow::Result<u8> {
    let text = crate::inputs::read_text(path, act::FACTS_BYTES_MAX)?;
    let facts = act::read_facts(&text).map_err(|error| {
        Hinted::error(format!("{}: {error}", path.display()), "docs/formats/facts.md describes the file")
    })?;
    let verdicts: Vec<Verdict> = facts.iter().map(act::classify).collect();
    let mut out = std::io::stdout().lock();
    let written = if as_json {
        let array = text.trim_start_matches('\u{feff}').trim_start().starts_with('[');
        let bytes = match verdicts.as_slice() {
            [one] if !array => serde_json::to_vec_pretty(one),
            all => serde_json::to_vec_pretty(all),
        };
        out.write_all(&bytes.context("cannot write JSON")?).and_then(|()| out.write_all(b"\n"))
    } else {
        verdicts
            .iter()
            .flat_map(|verdict| table(verdict, lang))
            .try_for_each(|line| writeln!(out, "{}", safe(&line, 400)))
    };
    written.context("cannot write to standard output")?;
    Ok(0)
}

/// A verdict as lines of a table.
fn table(verdict: &Verdict, lang: Lang) -> Vec<String> {
    let ja = lang == Lang::Ja;
    let pick = |text: &act::Text| if ja { text.ja.clone() } else { text.en.clone() };
    let word = |ja_word: &'static str, en_word: &'static str| if ja { ja_word } else { en_word };
    let mut lines = vec![
        format!("{}  {}", verdict.act_id, pick(&verdict.heading)),
        format!(
            "  {}: {} ({}, {})",
            word("判定案", "proposal"),
            pick(&verdict.label),
            verdict.rule.as_str(),
            verdict.legal_class.as_str()
        ),
    ];
    for citation in &verdict.citations {
        lines.push(format!(
            "  {}: {}",
            word("条文", "article"),
            if ja { &citation.text_ja } else { &citation.text_en }
        ));
    }
    lines.push(format!("  {}:", word("当てはめた規則", "rules tried")));
    for step in &verdict.rule_path {
        let reason = if ja { &step.reason_ja } else { &step.reason_en };
        lines.push(format!("    {:<5} {:<10} {reason}", step.rule.as_str(), step.outcome.as_str()));
    }
    lines.push(format!("  {}:", word("要件", "elements")));
    for element in &verdict.elements {
        let statement = if ja { &element.statement_ja } else { &element.statement_en };
        lines.push(format!("    {:<5} {:<12} {statement}", element.id, element.state.as_str()));
    }
    for missing in &verdict.missing {
        let settle = if ja { &missing.settled_by_ja } else { &missing.settled_by_en };
        let comma = word("、", ", ");
        lines.push(format!(
            "  {}: {} {} ({})",
            word("未判明", "not known"),
            missing.name,
            pick(&missing.text),
            settle.join(comma)
        ));
    }
    for hint in &verdict.hints {
        lines.push(format!("  {}: {}", word("備考", "note"), pick(hint)));
    }
    lines
}
