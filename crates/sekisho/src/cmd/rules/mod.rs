//! `sekisho rules`: which rules load, which are refused, and why (DT-RUL-02); why one matches a record or does not; a copy
//! of a public rule set.

mod explain;
mod import;

use crate::cli::Rules;
use crate::inputs;
use crate::output::terminal::safe;
use anyhow::Context as _;
use std::io::{IsTerminal as _, Write as _};

/// Runs the command.
pub(crate) fn run(command: Rules) -> anyhow::Result<u8> {
    match command {
        Rules::Check { dirs, strict } => check(&dirs, strict),
        Rules::List { dirs } => list(&dirs),
        Rules::Explain(args) => explain::run(&args),
        Rules::Import(args) => import::run(&args),
    }
}

fn check(dirs: &[std::path::PathBuf], strict: bool) -> anyhow::Result<u8> {
    let (_, report) = inputs::rules(dirs, true)?;
    let mut out = std::io::stdout().lock();
    for refused in &report.refused {
        let line = format!("{}:{}: {}: {}", refused.file, refused.line, refused.id, refused.reason);
        writeln!(out, "{}", safe(&line, usize::MAX)).context("cannot write to standard output")?;
    }
    writeln!(
        out,
        "{} rules in force, {} refused, {} switched off",
        report.loaded,
        report.refused.len(),
        report.disabled
    )
    .context("cannot write to standard output")?;
    Ok(u8::from(strict && !report.refused.is_empty()))
}

/// One JSON object a line on a pipe, a table on a terminal.
fn list(dirs: &[std::path::PathBuf]) -> anyhow::Result<u8> {
    let (rules, _) = inputs::rules(dirs, true)?;
    let stdout = std::io::stdout();
    let table = stdout.is_terminal();
    let mut out = std::io::BufWriter::new(stdout.lock());
    for (_, rule) in rules.iter() {
        let (id, title) = (&rule.meta.reference.id, &rule.meta.reference.title);
        let (level, kind) = (rule.meta.level.as_str(), rule.kind().as_str());
        let line = if table {
            safe(&format!("{level:<13} {kind:<24} {title}  ({id}, {})", rule.file), 200)
        } else {
            serde_json::json!({
                "schema_version": 1, "id": id, "level": level, "kind": kind, "title": title,
                "file": rule.file, "line": rule.line, "author": rule.meta.reference.author,
                "license": rule.meta.reference.license,
            })
            .to_string()
        };
        writeln!(out, "{line}").context("cannot write to standard output")?;
    }
    out.flush().context("cannot write to standard output")?;
    Ok(0)
}
