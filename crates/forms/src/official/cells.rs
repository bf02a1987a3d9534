//! The cells of one sheet: where each stands in the XML, what it shows, and the sheet with some of them replaced.

use super::parts::attribute;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::collections::BTreeMap;
use std::ops::Range;

/// Row and column of a cell, from 1.
pub(super) type Place = (u32, u32);
/// Rows and columns that Excel has.
const ROWS_MAX: u32 = 1_048_576;
const COLUMNS_MAX: u32 = 16_384;

/// `B3` as row and column.
pub(super) fn place(cell: &str) -> Option<Place> {
    let letters = cell.bytes().take_while(u8::is_ascii_uppercase).count();
    let (column, row) = cell.split_at_checked(letters)?;
    let column = column
        .bytes()
        .try_fold(0_u32, |sum, letter| sum.checked_mul(26)?.checked_add(u32::from(letter - b'A') + 1))?;
    let row =
        if row.bytes().all(|digit| digit.is_ascii_digit()) { row.parse::<u32>().ok()? } else { return None };
    ((1..=ROWS_MAX).contains(&row) && (1..=COLUMNS_MAX).contains(&column)).then_some((row, column))
}

/// The text that `&name;` stands for.
pub(super) fn reference(name: &BytesRef<'_>) -> String {
    let escaped = format!("&{};", &**name);
    quick_xml::escape::unescape(&escaped).map(std::borrow::Cow::into_owned).unwrap_or_default()
}

struct Cell {
    /// Where its element stands.
    span: Range<usize>,
    /// Style, as written.
    style: Option<String>,
    formula: bool,
    text: String,
}

struct Row {
    /// The whole element.
    span: Range<usize>,
    /// Where a cell can be put after all others; `None` = the element is empty.
    end: Option<usize>,
}

pub(super) struct Sheet<'x> {
    xml: &'x str,
    cells: BTreeMap<Place, Cell>,
    rows: BTreeMap<u32, Row>,
    /// First and last cell of merged ones.
    merged: Vec<(Place, Place)>,
    /// Where a row can be put after all others, and whether `sheetData` is an empty element.
    end: Option<usize>,
}

impl<'x> Sheet<'x> {
    pub(super) fn read(xml: &'x str, shared: &[String]) -> Result<Self, String> {
        let mut sheet =
            Self { xml, cells: BTreeMap::new(), rows: BTreeMap::new(), merged: Vec::new(), end: None };
        let mut reader = Reader::from_str(xml);
        let mut reading = Reading { shared, row: 0, column: 0, row_from: 0, cell: None, inside: None };
        loop {
            let from = position(&reader);
            let event = reader.read_event().map_err(|error| error.to_string())?;
            let to = position(&reader);
            match event {
                Event::Start(start) => reading.start(&mut sheet, &start, from..to, false)?,
                Event::Empty(start) => reading.start(&mut sheet, &start, from..to, true)?,
                Event::End(end) => reading.end(&mut sheet, end.local_name().as_ref(), from..to),
                Event::Text(piece) => reading.piece(&piece.xml10_content()),
                Event::GeneralRef(name) => reading.piece(&reference(&name)),
                Event::Eof => return Ok(sheet),
                _ => {}
            }
        }
    }

    /// What a cell shows.
    pub(super) fn shown(&self, cell: &str) -> String {
        let at = place(cell).and_then(|at| self.cells.get(&at));
        at.map(|cell| cell.text.clone()).unwrap_or_default()
    }

    /// Every cell that shows a text.
    pub(super) fn texts(&self) -> impl Iterator<Item = (String, String)> {
        let shown = self.cells.iter().filter(|(_, cell)| !cell.text.trim().is_empty());
        shown.map(|((row, column), cell)| (format!("{}{row}", letters(*column)), cell.text.clone()))
    }

    /// The sheet with texts in these cells.
    ///
    /// # Errors
    ///
    /// The cell, and why it cannot be written.
    pub(super) fn with(&self, values: &[(String, String)]) -> Result<String, (String, String)> {
        let mut edits: Vec<(Range<usize>, Place, String)> = Vec::new();
        let mut rows: BTreeMap<u32, BTreeMap<u32, String>> = BTreeMap::new();
        for (name, value) in values {
            let fault = |what: &str| (name.clone(), what.to_owned());
            let at = place(name).ok_or_else(|| fault("is no cell"))?;
            self.free(at).map_err(|what| fault(&what))?;
            match self.cells.get(&at) {
                Some(cell) => edits.push((cell.span.clone(), at, element(at, cell.style.as_deref(), value))),
                None => {
                    rows.entry(at.0).or_default().insert(at.1, element(at, None, value));
                }
            }
        }
        for (number, cells) in rows {
            for (at, span, text) in self.added(number, &cells).map_err(|what| (format!("A{number}"), what))? {
                edits.push((span, at, text));
            }
        }
        // From the back to the front, so that places stay true; of several at one place the rightmost first.
        edits.sort_by_key(|(span, at, _)| std::cmp::Reverse((span.start, *at)));
        let mut out = self.xml.to_owned();
        edits.into_iter().for_each(|(span, _, text)| out.replace_range(span, &text));
        Ok(out)
    }

    /// May a text be written there?
    fn free(&self, at: Place) -> Result<(), String> {
        let inside = |(first, last): &&(Place, Place)| {
            (first.0..=last.0).contains(&at.0) && (first.1..=last.1).contains(&at.1) && *first != at
        };
        if let Some((first, _)) = self.merged.iter().find(inside) {
            return Err(format!("it is merged into {}{}: name that cell", letters(first.1), first.0));
        }
        match self.cells.get(&at) {
            Some(cell) if cell.formula => Err("it holds a formula".to_owned()),
            Some(cell) if !cell.text.trim().is_empty() => Err(format!("it holds 「{}」 already", cell.text)),
            _ => Ok(()),
        }
    }

    /// Cells that the sheet does not have yet, put in their order.
    fn added(
        &self,
        number: u32,
        cells: &BTreeMap<u32, String>,
    ) -> Result<Vec<(Place, Range<usize>, String)>, String> {
        let whole = || cells.values().cloned().collect::<String>();
        let Some(row) = self.rows.get(&number) else {
            let next = self.rows.range(number..).next().map(|(_, row)| row.span.start);
            let at = next.or(self.end).ok_or("the sheet has no rows at all")?;
            return Ok(vec![((number, 0), at..at, format!("<row r=\"{number}\">{}</row>", whole()))]);
        };
        let Some(end) = row.end else {
            let old = self.xml.get(row.span.clone()).unwrap_or_default();
            let head = old.trim_end().trim_end_matches("/>").trim_end();
            return Ok(vec![((number, 0), row.span.clone(), format!("{head}>{}</row>", whole()))]);
        };
        let put = |(column, text): (&u32, &String)| {
            let next = self.cells.range((number, *column)..=(number, COLUMNS_MAX)).next();
            let at = next.map_or(end, |(_, cell)| cell.span.start);
            ((number, *column), at..at, text.clone())
        };
        Ok(cells.iter().map(put).collect())
    }
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

/// A cell that holds a text and nothing else; hostile text cannot become a formula.
fn element((row, column): Place, style: Option<&str>, value: &str) -> String {
    let style = style.map(|style| format!(" s=\"{}\"", quick_xml::escape::escape(style))).unwrap_or_default();
    let text: String = value.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    let text = quick_xml::escape::escape(text.as_str());
    let name = letters(column);
    format!("<c r=\"{name}{row}\"{style} t=\"inlineStr\"><is><t xml:space=\"preserve\">{text}</t></is></c>")
}

fn letters(column: u32) -> String {
    let mut rest = column;
    let mut letters = Vec::new();
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or_default()));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

/// What is being read.
struct Reading<'s> {
    shared: &'s [String],
    row: u32,
    column: u32,
    row_from: usize,
    /// The open cell: where it begins, style, kind, formula, text.
    cell: Option<(usize, Option<String>, String, bool, String)>,
    /// The element inside a cell whose text counts: `v` or `t`.
    inside: Option<u8>,
}

impl Reading<'_> {
    fn start(
        &mut self,
        sheet: &mut Sheet<'_>,
        start: &BytesStart<'_>,
        span: Range<usize>,
        empty: bool,
    ) -> Result<(), String> {
        match start.local_name().as_ref() {
            "row" => {
                let number = attribute(start, "r").and_then(|row| row.parse().ok());
                (self.row, self.column, self.row_from) = (number.unwrap_or(self.row + 1), 0, span.start);
                if empty {
                    sheet.rows.insert(self.row, Row { span, end: None });
                }
            }
            "c" => {
                let at = attribute(start, "r")
                    .and_then(|cell| place(&cell))
                    .unwrap_or((self.row, self.column + 1));
                if at.0 != self.row {
                    return Err(format!("a cell of row {} stands in row {}", at.0, self.row));
                }
                self.column = at.1;
                let (style, kind) = (attribute(start, "s"), attribute(start, "t").unwrap_or_default());
                if empty {
                    sheet.cells.insert(at, Cell { span, style, formula: false, text: String::new() });
                } else {
                    self.cell = Some((span.start, style, kind, false, String::new()));
                }
            }
            "f" => {
                if let Some(cell) = &mut self.cell {
                    cell.3 = true;
                }
            }
            // Readings beside a text are none of it.
            "rPh" if !empty => self.inside = Some(b'r'),
            "v" | "t" if !empty && self.inside != Some(b'r') => self.inside = Some(b't'),
            "mergeCell" => {
                let range = attribute(start, "ref").unwrap_or_default();
                let ends =
                    range.split_once(':').and_then(|(first, last)| Some((place(first)?, place(last)?)));
                sheet.merged.extend(ends);
            }
            "sheetData" if empty => return Err("the sheet is empty".to_owned()),
            _ => {}
        }
        Ok(())
    }

    fn piece(&mut self, text: &str) {
        if let (Some(cell), Some(b't')) = (&mut self.cell, self.inside) {
            cell.4.push_str(text);
        }
    }

    fn end(&mut self, sheet: &mut Sheet<'_>, name: &str, span: Range<usize>) {
        match name {
            "v" | "t" if self.inside == Some(b't') => self.inside = None,
            "rPh" => self.inside = None,
            "c" => {
                if let Some((from, style, kind, formula, text)) = self.cell.take() {
                    let shared = text.trim().parse::<usize>().ok().and_then(|at| self.shared.get(at));
                    let text = if kind == "s" { shared.cloned().unwrap_or_default() } else { text };
                    let cell = Cell { span: from..span.end, style, formula, text };
                    sheet.cells.insert((self.row, self.column), cell);
                }
            }
            "row" => {
                sheet.rows.insert(self.row, Row { span: self.row_from..span.end, end: Some(span.start) });
            }
            "sheetData" => sheet.end = Some(span.start),
            _ => {}
        }
    }
}
