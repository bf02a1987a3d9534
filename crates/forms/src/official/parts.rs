//! The parts of a workbook (a ZIP archive of XML): found by name, read with limits, copied untouched.

use super::{OfficialFault, WORKBOOK_BYTES_MAX};
use quick_xml::events::{BytesStart, Event};
use std::io::{Cursor, Read as _, Write as _};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// Most parts of a workbook.
const PARTS_MAX: usize = 2_000;
/// Largest part that is read, bytes.
const PART_BYTES_MAX: u64 = 64 << 20;

pub(super) struct Parts<'w> {
    archive: ZipArchive<Cursor<&'w [u8]>>,
    /// Name of each sheet and its part.
    sheets: Vec<(String, String)>,
}

fn broken(what: impl ToString) -> OfficialFault {
    OfficialFault::Workbook(what.to_string())
}

impl<'w> Parts<'w> {
    pub(super) fn open(workbook: &'w [u8]) -> Result<Self, OfficialFault> {
        if workbook.len() > WORKBOOK_BYTES_MAX {
            return Err(broken(format!("it has {} bytes; at most {WORKBOOK_BYTES_MAX}", workbook.len())));
        }
        let archive = ZipArchive::new(Cursor::new(workbook)).map_err(broken)?;
        if archive.len() > PARTS_MAX {
            return Err(broken(format!("it has {} parts; at most {PARTS_MAX}", archive.len())));
        }
        let mut parts = Self { archive, sheets: Vec::new() };
        let book = parts.text("xl/workbook.xml")?;
        let relations = parts.text("xl/_rels/workbook.xml.rels")?;
        let targets = elements(&relations, "Relationship", |one| {
            Some((attribute(one, "Id")?, attribute(one, "Target")?))
        })?;
        let sheets =
            elements(&book, "sheet", |one| Some((attribute(one, "name")?, attribute(one, "r:id")?)))?;
        for (name, id) in sheets {
            if let Some((_, target)) = targets.iter().find(|(known, _)| *known == id) {
                let part = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
                parts.sheets.push((name, part));
            }
        }
        Ok(parts)
    }

    pub(super) fn sheet_names(&self) -> Vec<String> {
        self.sheets.iter().map(|(name, _)| name.clone()).collect()
    }

    /// The part of a sheet.
    pub(super) fn sheet(&self, name: &str) -> Result<String, OfficialFault> {
        let found = self.sheets.iter().find(|(known, _)| known == name);
        found.map(|(_, part)| part.clone()).ok_or_else(|| OfficialFault::Sheet(name.to_owned()))
    }

    pub(super) fn text(&mut self, part: &str) -> Result<String, OfficialFault> {
        let file = self.archive.by_name(part).map_err(|error| broken(format!("{part}: {error}")))?;
        let mut bytes = Vec::new();
        #[expect(clippy::disallowed_methods, reason = "`take` is the cap")]
        let read = file.take(PART_BYTES_MAX + 1).read_to_end(&mut bytes);
        read.map_err(|error| broken(format!("{part}: {error}")))?;
        if bytes.len() as u64 > PART_BYTES_MAX {
            return Err(broken(format!("{part} has more than {PART_BYTES_MAX} bytes")));
        }
        String::from_utf8(bytes).map_err(|_| broken(format!("{part} is not UTF-8")))
    }

    /// The texts that cells share, without the readings (ふりがな) beside them.
    pub(super) fn shared_texts(&mut self) -> Result<Vec<String>, OfficialFault> {
        if self.archive.index_for_name("xl/sharedStrings.xml").is_none() {
            return Ok(Vec::new());
        }
        let text = self.text("xl/sharedStrings.xml")?;
        let mut reader = quick_xml::Reader::from_str(&text);
        let (mut all, mut reading, mut inside) = (Vec::new(), false, false);
        loop {
            match reader.read_event().map_err(broken)? {
                Event::Start(start) if start.local_name().as_ref() == "si" => all.push(String::new()),
                Event::Start(start) if start.local_name().as_ref() == "rPh" => reading = true,
                Event::Start(start) if start.local_name().as_ref() == "t" => inside = !reading,
                Event::End(end) if end.local_name().as_ref() == "rPh" => reading = false,
                Event::End(end) if end.local_name().as_ref() == "t" => inside = false,
                Event::Text(piece) if inside => {
                    let piece = piece.xml10_content();
                    all.last_mut().map(|last| last.push_str(&piece)).unwrap_or_default();
                }
                Event::GeneralRef(name) if inside => {
                    all.last_mut()
                        .map(|last| last.push_str(&super::cells::reference(&name)))
                        .unwrap_or_default();
                }
                Event::Eof => return Ok(all),
                _ => {}
            }
        }
    }

    /// The workbook with these parts replaced; every other one is copied as it is.
    pub(super) fn written(mut self, changed: &[(String, String)]) -> Result<Vec<u8>, OfficialFault> {
        let mut out = ZipWriter::new(Cursor::new(Vec::new()));
        for at in 0..self.archive.len() {
            let file = self.archive.by_index_raw(at).map_err(broken)?;
            let name = file.name().map_err(broken)?.into_owned();
            match changed.iter().find(|(part, _)| *part == name) {
                None => out.raw_copy_file(file).map_err(broken)?,
                Some((part, text)) => {
                    let mut options = SimpleFileOptions::default();
                    if let Some(time) = file.last_modified() {
                        options = options.last_modified_time(time);
                    }
                    out.start_file(part.as_str(), options).map_err(broken)?;
                    out.write_all(text.as_bytes()).map_err(broken)?;
                }
            }
        }
        Ok(out.finish().map_err(broken)?.into_inner())
    }
}

/// What `take` makes of every element of this name.
fn elements<T>(
    text: &str,
    name: &str,
    take: impl Fn(&BytesStart<'_>) -> Option<T>,
) -> Result<Vec<T>, OfficialFault> {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut found = Vec::new();
    loop {
        match reader.read_event().map_err(broken)? {
            Event::Start(one) | Event::Empty(one) if one.local_name().as_ref() == name => {
                found.extend(take(&one))
            }
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

/// The value of an attribute.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.attributes().flatten().find(|one| one.key.as_ref() == name)?;
    let text = &found.value;
    quick_xml::escape::unescape(text).ok().map(std::borrow::Cow::into_owned)
}
