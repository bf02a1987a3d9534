//! A CSV table with named columns.

use super::ContextError;
use crate::input::text::charset;

/// Most lines of a table.
const ROWS_MAX: usize = 2_000_000;
/// Longest cell in bytes.
const CELL_BYTES_MAX: usize = 4_096;

/// One column: its name, and other names it may have.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) aliases: &'static [&'static str],
}

/// A table that was read. Columns that are not known are left out.
pub(super) struct Table<'f> {
    pub(super) file: &'f str,
    pub(super) rows: Vec<Row>,
    /// For each known column: does it stand in the file?
    pub(super) has: Vec<bool>,
}

/// One line.
pub(super) struct Row {
    pub(super) line: u64,
    /// One for each known column; `None` where absent, empty or `-`.
    cells: Vec<Option<String>>,
}

impl Row {
    pub(super) fn cell(&self, column: usize) -> Option<&str> {
        self.cells.get(column).and_then(|cell| cell.as_deref())
    }
}

/// Reads a table; the first of `columns` must be there.
pub(super) fn table<'f>(bytes: &[u8], file: &'f str, columns: &[Column]) -> Result<Table<'f>, ContextError> {
    let Some(charset) = charset(bytes) else {
        return Err(ContextError::new(file, 1, "a table in text form", "binary data"));
    };
    let mut text = String::new();
    charset.decode_into(bytes, &mut text);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let header =
        text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#')).unwrap_or_default();
    let delimiter =
        [b',', b'\t', b';'].into_iter().find(|byte| header.as_bytes().contains(byte)).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut places: Option<Vec<Option<usize>>> = None;
    let mut width = 0;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            ContextError::new(file, line, "a line of the table", &error.to_string())
        })?;
        let line = record.position().map_or(0, |at| line_of(text, at));
        let Some(places) = &places else {
            width = record.len();
            places = Some(find_columns(&record, line, file, columns)?);
            continue;
        };
        if record.iter().all(str::is_empty) {
            continue;
        }
        check_row(&record, width, rows.len(), line, file)?;
        let cell = |place: &Option<usize>| {
            let text = record.get((*place)?)?;
            (!text.is_empty() && text != "-").then(|| text.to_owned())
        };
        rows.push(Row { line, cells: places.iter().map(cell).collect() });
    }
    let Some(places) = places else {
        return Err(ContextError::new(file, 1, header_expected(columns), ""));
    };
    Ok(Table { file, rows, has: places.iter().map(Option::is_some).collect() })
}

/// Line of a record: the reader puts the position of one that follows blank lines or comments before them.
fn line_of(text: &str, at: &csv::Position) -> u64 {
    let start = usize::try_from(at.byte()).ok().and_then(|byte| text.get(byte..)).unwrap_or_default();
    let passed = start.lines().take_while(|line| line.is_empty() || line.starts_with('#')).count();
    at.line() + passed as u64
}

fn check_row(
    record: &csv::StringRecord,
    width: usize,
    rows: usize,
    line: u64,
    file: &str,
) -> Result<(), ContextError> {
    if record.len() != width {
        let found = record.iter().collect::<Vec<_>>().join(",");
        return Err(ContextError::new(file, line, format!("{width} columns as in the header"), &found));
    }
    if rows >= ROWS_MAX {
        return Err(ContextError::new(file, line, format!("at most {ROWS_MAX} lines"), "more"));
    }
    match record.iter().find(|cell| cell.len() > CELL_BYTES_MAX) {
        Some(cell) => {
            Err(ContextError::new(file, line, format!("cells of at most {CELL_BYTES_MAX} bytes"), cell))
        }
        None => Ok(()),
    }
}

/// Place of each known column. When columns are there that nobody knows, and besides the first one none that is known,
/// the file is another table, or a name is misspelt.
fn find_columns(
    header: &csv::StringRecord,
    line: u64,
    file: &str,
    columns: &[Column],
) -> Result<Vec<Option<usize>>, ContextError> {
    let shown = header.iter().collect::<Vec<_>>().join(",");
    let names: Vec<String> = header.iter().map(plain).collect();
    let mut places = Vec::new();
    for column in columns {
        let is = |name: &String| {
            *name == plain(column.name) || column.aliases.iter().any(|alias| *name == plain(alias))
        };
        let mut found = names.iter().enumerate().filter(|(_, name)| is(name)).map(|(place, _)| place);
        let place = found.next();
        if found.next().is_some() {
            return Err(ContextError::new(file, line, format!("one column {}", column.name), &shown));
        }
        places.push(place);
    }
    let known = places.iter().flatten().count();
    if places.first().is_none_or(Option::is_none) || (known == 1 && header.len() > 1) {
        return Err(ContextError::new(file, line, header_expected(columns), &shown));
    }
    Ok(places)
}

fn header_expected(columns: &[Column]) -> String {
    let names: Vec<_> = columns.iter().map(|column| column.name).collect();
    format!(
        "a header with {} and any of {}",
        names.first().unwrap_or(&""),
        names.get(1..).unwrap_or_default().join(", ")
    )
}

/// A column name without case, spaces, `_` and `-`.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect()
}
