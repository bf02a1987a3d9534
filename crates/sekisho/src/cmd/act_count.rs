//! `sekisho act count`: the tables of an edition from records.

use crate::error::Hinted;
use crate::output::terminal::safe;
use act::{CountOptions, Tables};
use anyhow::Context as _;
use clap::Args;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use unicode_width::UnicodeWidthStr as _;
use web::Lang;

/// `sekisho act count`.
#[derive(Args, Debug)]
pub(crate) struct CountArgs {
    /// File with one record a line, or `-` for standard input
    #[arg(value_name = "UNITS.jsonl")]
    units: PathBuf,
    /// Calendar year of report [default: the newest year in the file]
    #[arg(long, value_name = "YYYY", value_parser = clap::value_parser!(i16).range(2000..=9999))]
    year: Option<i16>,
    /// Hours within which acts that continue are one count (the "short period" of rule N4)
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    short_period: u32,
    /// Print JSON also on a terminal
    #[arg(long)]
    json: bool,
    /// Language of the tables [default: from the environment, else ja]
    #[arg(long, value_enum)]
    lang: Option<crate::cli::LangArg>,
}

/// Counts and prints. Exit code 1 when an arithmetic check of the tables does not hold.
pub(crate) fn run(args: &CountArgs) -> anyhow::Result<u8> {
    let name = args.units.display().to_string();
    let text = crate::inputs::read_text(&args.units, act::UNITS_BYTES_MAX)?;
    let units = act::read_units(text.as_bytes(), &name)
        .map_err(|error| Hinted::error(error.to_string(), "docs/formats/units.md describes the file"))?;
    let year = args.year.or_else(|| act::years(&units).last().copied()).unwrap_or(2000);
    let options = CountOptions { short_period_hours: args.short_period, ..CountOptions::year(year) };
    let tables = act::count(&units, &options);
    let mut out = std::io::stdout().lock();
    let written = if args.json || !std::io::stdout().is_terminal() {
        let bytes = serde_json::to_vec_pretty(&tables).context("cannot write JSON")?;
        out.write_all(&bytes).and_then(|()| out.write_all(b"\n"))
    } else {
        let lang = args.lang.map_or_else(crate::clock::language, Lang::from);
        lines(&tables, lang).iter().try_for_each(|line| writeln!(out, "{}", safe(line, 400)))
    };
    written.context("cannot write to standard output")?;
    Ok(u8::from(!tables.holds()))
}

/// The tables as lines: one row a line, one column a measure.
fn lines(tables: &Tables, lang: Lang) -> Vec<String> {
    let ja = lang == Lang::Ja;
    let pick = |text: &act::Text| if ja { text.ja.clone() } else { text.en.clone() };
    let mut lines = vec![format!("{} - {}", tables.period.from, tables.period.to)];
    for table in &tables.tables {
        let heading: Vec<String> = table.measures.iter().map(|measure| pick(&measure.text())).collect();
        lines.push(String::new());
        lines.push(format!("{}  {}  ({})", table.id, pick(&table.title), heading.join(", ")));
        for row in &table.rows {
            let figures: Vec<String> = row
                .cells
                .iter()
                .map(|cell| if ja { cell.shown_ja() } else { cell.shown_en() })
                .map(|figure| format!("{figure:>14}"))
                .collect();
            let label = pick(&row.label);
            let blank = " ".repeat(60usize.saturating_sub(label.width()));
            lines.push(format!("  {label}{blank}{}", figures.concat()));
        }
    }
    if !tables.notes.is_empty() {
        lines.push(String::new());
    }
    for note in &tables.notes {
        lines.push(format!("  {}  {}", note.record, pick(&note.text)));
    }
    for check in tables.checks.iter().filter(|check| !check.holds) {
        lines.push(format!("  {}  {}: {} / {}", check.id, check.about, check.left, check.right));
    }
    lines
}
