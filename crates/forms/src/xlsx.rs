//! A document as a workbook, for desks that take and pass on tables (CW-DOC-11). Every cell is text: nothing in it can become
//! a formula.

use crate::document::{Document, Shape};
use jiff::civil::DateTime;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatBorder, Workbook, Worksheet, XlsxError};

/// Width of the column of labels, characters.
const LABEL_WIDTH: f64 = 34.0;
/// Width of the column of values, characters.
const VALUE_WIDTH: f64 = 60.0;

/// Why a workbook cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("the workbook of {form} cannot be written")]
pub struct XlsxFault {
    form: String,
    #[source]
    error: Box<XlsxError>,
}

/// The document as a workbook; `released` is the only time in it, so that the same document gives the same bytes.
///
/// # Errors
///
/// When a value goes beyond the limits of the format.
pub fn xlsx(document: &Document, released: DateTime) -> Result<Vec<u8>, XlsxFault> {
    write(document, released)
        .map_err(|error| XlsxFault { form: document.form.clone(), error: Box::new(error) })
}

struct Styles {
    title: Format,
    heading: Format,
    label: Format,
    value: Format,
}

impl Styles {
    fn new() -> Self {
        let cell = || {
            Format::new()
                .set_text_wrap()
                .set_border(FormatBorder::Thin)
                .set_align(rust_xlsxwriter::FormatAlign::Top)
        };
        Self {
            title: Format::new().set_bold().set_font_size(14.0),
            heading: Format::new().set_bold(),
            label: cell().set_background_color(0x00F1_F3F5),
            value: cell(),
        }
    }
}

fn write(document: &Document, released: DateTime) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let time = ExcelDateTime::from_ymd(
        u16::try_from(released.year()).unwrap_or(1900),
        u8::try_from(released.month()).unwrap_or(1),
        u8::try_from(released.day()).unwrap_or(1),
    )?;
    let properties = DocProperties::new().set_title(&document.title).set_creation_datetime(&time);
    workbook.set_properties(&properties);
    let styles = Styles::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(if document.lang == "ja" { "書類" } else { "document" })?;
    sheet.set_column_width(0, LABEL_WIDTH)?.set_column_width(1, VALUE_WIDTH)?;
    let mut row = head(sheet, document, &styles)?;
    for block in &document.sections {
        row += 1;
        sheet.write_string_with_format(
            row,
            0,
            format!("{}{}", block.number, block.title),
            &styles.heading,
        )?;
        row += 1;
        for field in &block.fields {
            if field.values.is_empty() {
                row = pair(sheet, row, &field.label, field.empty, &styles)?;
            }
            for value in &field.values {
                row = match &value.shape {
                    Shape::Lines { lines } => pair(sheet, row, &field.label, &lines.join("\n"), &styles)?,
                    Shape::Table { head, rows, note } => {
                        sheet.write_string_with_format(row, 0, &field.label, &styles.label)?;
                        sheet.write_string_with_format(row, 1, note, &styles.label)?;
                        table(sheet, row + 1, head, rows, &styles)?
                    }
                };
            }
        }
    }
    sheet.write_string(row + 1, 0, &document.foot)?;
    workbook.save_to_buffer()
}

/// Title, day, addressee, marks; the next row.
fn head(sheet: &mut Worksheet, document: &Document, styles: &Styles) -> Result<u32, XlsxError> {
    sheet.write_string_with_format(0, 0, &document.title, &styles.title)?;
    let mut row = 1;
    let lines = [&document.day, &document.addressee].into_iter().chain(&document.sender).map(String::as_str);
    let marks: Vec<String> = document.marks.iter().map(|mark| format!("※ {mark}")).collect();
    for line in lines.chain(marks.iter().map(String::as_str)).chain([document.lead.as_str()]) {
        sheet.write_string(row, 0, line)?;
        row += 1;
    }
    Ok(row)
}

fn pair(
    sheet: &mut Worksheet,
    row: u32,
    label: &str,
    value: &str,
    styles: &Styles,
) -> Result<u32, XlsxError> {
    sheet.write_string_with_format(row, 0, label, &styles.label)?;
    sheet.write_string_with_format(row, 1, value, &styles.value)?;
    Ok(row + 1)
}

fn table(
    sheet: &mut Worksheet,
    row: u32,
    head: &[String],
    rows: &[Vec<String>],
    styles: &Styles,
) -> Result<u32, XlsxError> {
    let mut at = row;
    for (cells, format) in
        std::iter::once((head, &styles.label)).chain(rows.iter().map(|row| (row.as_slice(), &styles.value)))
    {
        for (column, cell) in (0_u16..).zip(cells) {
            sheet.write_string_with_format(at, column, cell, format)?;
        }
        at += 1;
    }
    Ok(at)
}
