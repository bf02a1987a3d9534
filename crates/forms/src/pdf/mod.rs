//! A document as PDF/A-2b (CW-DOC-01 to -07).

mod fonts;
mod glyphs;
mod world;

pub use fonts::{FontFault, FontFile, Fonts, font_files};
pub use glyphs::GlyphFault;

use crate::document::Document;
use jiff::civil::DateTime;
use typst::foundations::{Datetime, Smart};
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

/// Why a document cannot be set.
#[derive(Debug, thiserror::Error)]
pub enum PdfFault {
    /// A character has no glyph.
    #[error(transparent)]
    Glyph(#[from] GlyphFault),
    /// The typesetter refused.
    #[error("the typesetter refused {form}: {what}")]
    Typeset {
        /// Form.
        form: String,
        /// Its first message.
        what: String,
    },
    /// The document cannot be handed to the typesetter.
    #[error("the document cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// Sets a document; `released` (in Japan's time) is the only time in the file, so that the same document gives the same
/// bytes.
///
/// # Errors
///
/// When a character has no glyph, or the typesetter refuses the layout.
pub fn pdf(document: &Document, fonts: &Fonts, released: DateTime) -> Result<Vec<u8>, PdfFault> {
    let mut document = document.clone();
    glyphs::settle(&mut document, fonts)?;
    let world = world::World::new(&document, fonts)?;
    let fault = |errors: &[typst::diag::SourceDiagnostic]| PdfFault::Typeset {
        form: document.form.clone(),
        what: errors.first().map_or_else(String::new, |error| error.message.to_string()),
    };
    let set = typst::compile(&world).output.map_err(|errors| fault(&errors))?;
    let standards = PdfStandards::new(&[PdfStandard::A_2b]).map_err(|error| PdfFault::Typeset {
        form: document.form.clone(),
        what: error.message().to_string(),
    })?;
    let options = PdfOptions {
        ident: Smart::Custom(format!("{} {}", document.foot, document.day)),
        creator: Smart::Custom(Some(format!("Sekisho {}", env!("CARGO_PKG_VERSION")))),
        timestamp: stamp(released),
        standards,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&set, &options).map_err(|errors| fault(&errors))
}

fn stamp(time: DateTime) -> Option<Timestamp> {
    let part = |number: i8| u8::try_from(number).ok();
    let time = Datetime::from_ymd_hms(
        i32::from(time.year()),
        part(time.month())?,
        part(time.day())?,
        part(time.hour())?,
        part(time.minute())?,
        part(time.second())?,
    )?;
    Timestamp::new_local(time, 9 * 60)
}
