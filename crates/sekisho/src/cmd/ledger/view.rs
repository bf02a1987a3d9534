//! What a command found: for a person at a terminal in the person's language, for programs as JSON. Whoever pipes the output, or asks
//! with `--json`, gets JSON.

use crate::clock::{self, Clock};
use crate::output::terminal::safe;
use anyhow::Context as _;
use serde_json::Value;
use std::io::{IsTerminal as _, Write as _};
use std::sync::OnceLock;
use web::{Catalog, Lang};

/// Longest value that is shown on a line, in characters.
const LINE_CHARS_MAX: usize = 400;
/// Steps to the right for what belongs to something.
const INDENT: usize = 2;

/// How this run of the program shows what it found; `None` before the command line was read.
static CHOSEN: OnceLock<(bool, Lang)> = OnceLock::new();

/// `--json` and `--lang`, once a run.
pub(super) fn choose(json: bool, lang: Option<Lang>) {
    let _ = CHOSEN.set((json, lang.unwrap_or_else(clock::language)));
}

/// Language of this run.
pub(super) fn lang() -> Lang {
    CHOSEN.get().map_or_else(clock::language, |(_, lang)| *lang)
}

/// Whether programs read what is shown.
fn for_programs() -> bool {
    CHOSEN.get().is_none_or(|(json, _)| *json) || !std::io::stdout().is_terminal()
}

/// Shows a result.
pub(super) fn show(value: &Value) -> anyhow::Result<u8> {
    if for_programs() { document(value) } else { to_person(value) }
}

/// Shows a result; for programs on one line.
pub(super) fn show_line(value: &Value) -> anyhow::Result<u8> {
    if !for_programs() {
        return to_person(value);
    }
    writeln!(std::io::stdout().lock(), "{value}").map(|()| 0).context("cannot write to standard output")
}

fn to_person(value: &Value) -> anyhow::Result<u8> {
    let catalog = Catalog::new(lang(), Clock::System.zone());
    let mut out = std::io::stdout().lock();
    for line in lines(value, &catalog) {
        writeln!(out, "{}", safe(&line, LINE_CHARS_MAX)).context("cannot write to standard output")?;
    }
    Ok(0)
}

/// Writes a document that others read: JSON in any case.
pub(super) fn document(value: &Value) -> anyhow::Result<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).context("cannot write JSON")?;
    bytes.push(b'\n');
    std::io::stdout().lock().write_all(&bytes).context("cannot write to standard output")?;
    Ok(0)
}

/// A result in lines of the language.
fn lines(value: &Value, catalog: &Catalog) -> Vec<String> {
    let mut out = Vec::new();
    match value {
        Value::Object(_) | Value::Array(_) if !is_empty(value) => inside(value, 0, catalog, &mut out),
        value => out.push(word(value, catalog)),
    }
    out
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn inside(value: &Value, indent: usize, catalog: &Catalog, out: &mut Vec<String>) {
    let blank = " ".repeat(indent);
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter().filter(|(name, _)| *name != "schema_version") {
                let label = label(name, catalog);
                let colon = if catalog.lang() == Lang::Ja { "：" } else { ": " };
                if simple(value) {
                    out.push(format!("{blank}{label}{colon}{}", word(value, catalog)));
                } else {
                    out.push(format!("{blank}{label}{}", colon.trim_end()));
                    inside(value, indent + INDENT, catalog, out);
                }
            }
        }
        Value::Array(items) => {
            for (number, item) in (1..).zip(items) {
                if simple(item) {
                    out.push(format!("{blank}{}", word(item, catalog)));
                } else {
                    out.push(format!("{blank}[{number}]"));
                    inside(item, indent + INDENT, catalog, out);
                }
            }
        }
        value => out.push(format!("{blank}{}", word(value, catalog))),
    }
}

/// Whether a value stands on the line of its name: one word, or a short row of numbers and words.
fn simple(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(|item| !item.is_array() && !item.is_object()),
        Value::Object(fields) => fields.is_empty(),
        _ => true,
    }
}

fn label(name: &str, catalog: &Catalog) -> String {
    let id = format!("ledger-field-{}", name.replace('_', "-"));
    if catalog.has(&id) { catalog.text(&id) } else { name.to_owned() }
}

fn word(value: &Value, catalog: &Catalog) -> String {
    let text = |id: &str| catalog.text(&format!("ledger-value-{id}"));
    match value {
        value if is_empty(value) => text("none"),
        Value::Bool(true) => text("yes"),
        Value::Bool(false) => text("no"),
        Value::String(word) if catalog.has(&format!("ledger-value-{word}")) => text(word),
        Value::String(word) => word.clone(),
        Value::Array(items) => items.iter().map(|item| word(item, catalog)).collect::<Vec<_>>().join(", "),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(value: &Value, lang: Lang) -> Vec<String> {
        lines(value, &Catalog::new(lang, jiff::tz::TimeZone::UTC))
    }

    #[test]
    fn results_are_shown_in_both_languages() {
        let value = json!({
            "schema_version": 1, "size": 7, "alarms": [{ "alarm": "quorum-lost", "since": null }], "overdue": true,
            "keys": [1, 2], "witnesses": [], "strange_field": "x",
        });
        let ja = [
            "大きさ（項目数）：7",
            "警報：",
            "  [1]",
            "    警報：証人の定足数に足りません",
            "    始め：なし",
            "期限を過ぎているか：はい",
            "鍵：1, 2",
            "証人：なし",
            "strange_field：x",
        ];
        assert_eq!(shown(&value, Lang::Ja), ja);
        let en = [
            "size in entries: 7",
            "alarms:",
            "  [1]",
            "    alarm: the quorum of witnesses is missing",
            "    since: none",
            "overdue: yes",
            "keys: 1, 2",
            "witnesses: none",
            "strange_field: x",
        ];
        assert_eq!(shown(&value, Lang::En), en);
        assert_eq!(shown(&json!([]), Lang::Ja), ["なし"]);
    }
}
