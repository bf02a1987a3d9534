//! What the typesetter may see: the layouts of the product, one document as JSON, the fonts. No file, no clock, no network.

use super::PdfFault;
use super::fonts::Fonts;
use crate::document::Document;
use serde_json::Value;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt as _};

/// Longest run without a place to end a line, characters of half width.
const RUN_MAX: usize = 18;

pub(super) struct World<'f> {
    library: LazyHash<Library>,
    fonts: &'f Fonts,
    main: FileId,
    sources: Vec<Source>,
    document: (FileId, Bytes),
}

impl<'f> World<'f> {
    pub(super) fn new(document: &Document, fonts: &'f Fonts) -> Result<Self, PdfFault> {
        let mut value = serde_json::to_value(document)?;
        breakable(&mut value);
        let layout = match document.layout.as_str() {
            "letter" => include_str!("../../layout/letter.typ"),
            _ => include_str!("../../layout/form.typ"),
        };
        let main = id("main.typ")?;
        let common = Source::new(id("common.typ")?, include_str!("../../layout/common.typ").to_owned());
        let sources = vec![Source::new(main, layout.to_owned()), common];
        let bytes = Bytes::new(serde_json::to_vec(&value)?);
        let library = LazyHash::new(Library::default());
        Ok(Self { library, fonts, main, sources, document: (id("document.json")?, bytes) })
    }
}

fn id(name: &'static str) -> Result<FileId, PdfFault> {
    let fault = |_| PdfFault::Typeset { form: name.to_owned(), what: "no name of a file".to_owned() };
    Ok(FileId::new(RootedPath::new(VirtualRoot::Project, VirtualPath::new(name).map_err(fault)?)))
}

impl typst::World for World<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.fonts.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let found = self.sources.iter().find(|source| source.id() == id);
        found.cloned().ok_or(FileError::AccessDenied)
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if self.document.0 == id { Ok(self.document.1.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.fonts.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// Cuts long runs of every text into a list of parts, and gives tables the widths of their columns.
fn breakable(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let (Some(head), Some(rows)) = (fields.get("head"), fields.get("rows")) {
                let widths = widths(head, rows);
                fields.insert("widths".to_owned(), widths.into());
            }
            for (name, field) in fields.iter_mut() {
                if matches!(name.as_str(), "lines" | "rows" | "head" | "sender") {
                    cut(field);
                } else {
                    breakable(field);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(breakable),
        _ => {}
    }
}

fn cut(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(cut),
        Value::String(text) => {
            let parts = parts(text);
            if parts.len() > 1 {
                *value = parts.into();
            }
        }
        _ => {}
    }
}

/// The text in parts between which a line may end: after a mark of a path or an address, and after [`RUN_MAX`] characters.
fn parts(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut run = 0;
    for c in text.chars() {
        part.push(c);
        run = if c.is_ascii_graphic() { run + 1 } else { 0 };
        if run >= RUN_MAX || (run > RUN_MAX / 2 && "/&?=,;.:_-%".contains(c)) {
            parts.push(std::mem::take(&mut part));
            run = 0;
        }
    }
    if !part.is_empty() || parts.is_empty() {
        parts.push(part);
    }
    parts
}

/// Width of each column by what stands in it, between 6 and 60 characters.
fn widths(head: &Value, rows: &Value) -> Vec<usize> {
    use unicode_width::UnicodeWidthStr;
    let cells = |row: &Value| row.as_array().map(Vec::as_slice).unwrap_or_default().to_vec();
    let wide = |cell: &Value| cell.as_str().map_or(0, UnicodeWidthStr::width);
    let mut widths: Vec<usize> = cells(head).iter().map(|cell| wide(cell).max(6)).collect();
    for row in cells(rows) {
        for (width, cell) in widths.iter_mut().zip(cells(&row)) {
            *width = (*width).max(wide(&cell).min(60));
        }
    }
    widths
}
