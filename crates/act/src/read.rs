//! Reads FACTS.json: one act or an array of acts. Errors name field, line and expectation.

use serde::Deserialize;

use crate::facts::Facts;

/// Largest FACTS.json that is read, bytes.
pub const FACTS_BYTES_MAX: usize = 64 << 20;

/// Why a text is not what the format asks for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Larger than the limit.
    #[error("input has {bytes} bytes, more than the limit of {bytes_max}")]
    TooLarge {
        /// Size found.
        bytes: usize,
        /// Limit.
        bytes_max: usize,
    },
    /// Not the format; place and expectation are named.
    #[error("line {line}, column {column}, field `{field}`: {expected}")]
    Format {
        /// Line, from 1.
        line: usize,
        /// Column, from 1; 0 = unknown.
        column: usize,
        /// Path of the field, e.g. `via_line.value`; `.` = the whole.
        field: String,
        /// What was found and expected.
        expected: String,
    },
    /// The format is right, the content cannot be.
    #[error("line {line}, record `{id}`, field `{field}`: {expected}")]
    Content {
        /// Line, from 1; for FACTS.json the number of the act, from 1.
        line: usize,
        /// Id of the record.
        id: String,
        /// Field.
        field: &'static str,
        /// What was found and expected.
        expected: String,
    },
    /// Any of the others, with the name of the file.
    #[error("{name}: {error}")]
    InFile {
        /// Name of the file.
        name: String,
        /// What is wrong with it.
        error: Box<ReadError>,
    },
}

impl ReadError {
    /// The error itself, without the name of the file.
    #[must_use]
    pub fn inner(&self) -> &Self {
        match self {
            Self::InFile { error, .. } => error.inner(),
            other => other,
        }
    }
}

/// Deserializes one JSON text; `first_line` is added to the line numbers of errors.
pub(crate) fn parse<'de, T: Deserialize<'de>>(text: &'de str, first_line: usize) -> Result<T, ReadError> {
    let mut from = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut from).map_err(|error| {
        let field = error.path().to_string();
        format_error(error.inner(), field, first_line)
    })?;
    from.end().map_err(|error| format_error(&error, ".".to_owned(), first_line))?;
    Ok(value)
}

fn format_error(error: &serde_json::Error, field: String, first_line: usize) -> ReadError {
    let text = error.to_string();
    let expected = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    let expected = expected.chars().take(600).collect();
    let line = error.line().max(1) - 1 + first_line;
    ReadError::Format { line, column: error.column(), field: named(field, &text), expected }
}

/// The path up to the field that is missing, doubled or unknown: the parser names it in its message only.
fn named(path: String, message: &str) -> String {
    let name = ["unknown field `", "missing field `", "duplicate field `"]
        .iter()
        .find_map(|start| message.strip_prefix(start))
        .and_then(|rest| rest.split_once('`'))
        .map(|(name, _)| name.chars().take(64).collect::<String>());
    match name {
        None => path,
        Some(name) if path == "." => name,
        Some(name) if path.ends_with(&name) => path,
        Some(name) => format!("{path}.{name}"),
    }
}

/// Reads FACTS.json: one object, or an array of objects.
///
/// # Errors
/// Too large, not JSON, unknown field, wrong value, unknown `schema_version`, or an empty `act_id`.
pub fn read_facts(text: &str) -> Result<Vec<Facts>, ReadError> {
    if text.len() > FACTS_BYTES_MAX {
        return Err(ReadError::TooLarge { bytes: text.len(), bytes_max: FACTS_BYTES_MAX });
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let acts: Vec<Facts> =
        if text.trim_start().starts_with('[') { parse(text, 1)? } else { vec![parse(text, 1)?] };
    for (at, facts) in acts.iter().enumerate() {
        let wrong =
            |field, expected| ReadError::Content { line: at + 1, id: facts.act_id.clone(), field, expected };
        if facts.schema_version != 1 {
            return Err(wrong("schema_version", format!("expected 1, found {}", facts.schema_version)));
        }
        if facts.act_id.trim().is_empty() {
            return Err(wrong("act_id", "expected a text that is not empty".to_owned()));
        }
    }
    Ok(acts)
}
