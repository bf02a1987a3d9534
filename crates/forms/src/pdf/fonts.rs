//! The fonts that documents are set in: inside the program, or handed in, and then only with the pinned hash, so that the
//! same case gives the same bytes everywhere (CW-DOC-02, CW-DOC-06).

use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use ttf_parser::Face;
use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

const TABLE: &str = include_str!("../../data/fonts.tsv");
const INSIDE: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/fonts.rs"));

/// A font of `data/fonts.tsv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FontFile {
    /// File name.
    pub name: &'static str,
    /// SHA-256, hex.
    pub sha256: &'static str,
    /// Size, bytes.
    pub bytes: usize,
    /// Debian package that carries it.
    pub package: &'static str,
    /// Text of its licence.
    pub licence: &'static str,
    /// It is inside this program.
    pub inside: bool,
}

/// The fonts, in the order in which a glyph is looked for.
#[must_use]
pub fn font_files() -> Vec<FontFile> {
    let rows = TABLE.lines().filter(|row| !row.starts_with('#'));
    let file = |row: &'static str| {
        let mut cells = row.split('\t');
        let (name, sha256) = (cells.next()?, cells.next()?);
        let (bytes, package) = (cells.next()?.parse().ok()?, cells.next()?);
        let licence = match cells.next()? {
            "BIZ-UDPGothic.txt" => include_str!("../../licences/BIZ-UDPGothic.txt"),
            _ => include_str!("../../licences/VL-Gothic.txt"),
        };
        let inside = INSIDE.iter().any(|(known, _)| *known == name);
        Some(FontFile { name, sha256, bytes, package, licence, inside })
    };
    rows.filter_map(file).collect()
}

/// Why no document can be set.
#[derive(Debug, thiserror::Error)]
pub enum FontFault {
    /// Not inside the program and not handed in.
    #[error(
        "the font {name} (Debian package {package}) is not in this program and not in the folders of --fonts"
    )]
    Missing {
        /// File.
        name: &'static str,
        /// Package.
        package: &'static str,
    },
    /// Another version, or not a font.
    #[error("{name} is not the version that documents are set in: expected SHA-256 {expected}")]
    Other {
        /// File.
        name: &'static str,
        /// Expected hash.
        expected: &'static str,
    },
    /// The font cannot be read.
    #[error("{0} cannot be read as a font")]
    Broken(&'static str),
}

/// Loaded fonts.
#[derive(Debug)]
pub struct Fonts {
    pub(super) book: LazyHash<FontBook>,
    pub(super) fonts: Vec<Font>,
}

impl Fonts {
    /// Loads the fonts: those inside the program, and what `find` gives for the others.
    ///
    /// # Errors
    ///
    /// When a font is missing, or is not the pinned version.
    pub fn load(mut find: impl FnMut(&FontFile) -> Option<Vec<u8>>) -> Result<Self, FontFault> {
        let mut book = FontBook::new();
        let mut fonts = Vec::new();
        for file in font_files() {
            let inside = INSIDE.iter().find(|(name, _)| *name == file.name);
            let bytes: Cow<'static, [u8]> = match inside {
                Some((_, bytes)) => Cow::Borrowed(bytes),
                None => {
                    let missing = || FontFault::Missing { name: file.name, package: file.package };
                    let bytes = find(&file).ok_or_else(missing)?;
                    if hex::encode(Sha256::digest(&bytes)) != file.sha256 {
                        return Err(FontFault::Other { name: file.name, expected: file.sha256 });
                    }
                    Cow::Owned(bytes)
                }
            };
            let font = Font::new(Bytes::new(bytes), 0).ok_or(FontFault::Broken(file.name))?;
            book.push(font.info().clone());
            fonts.push(font);
        }
        Ok(Self { book: LazyHash::new(book), fonts })
    }

    /// The fonts, ready to be asked for glyphs.
    pub(super) fn faces(&self) -> Faces<'_> {
        Faces(self.fonts.iter().filter_map(|font| Face::parse(font.data(), font.index()).ok()).collect())
    }
}

/// Fonts that can be asked for glyphs.
pub(super) struct Faces<'f>(Vec<Face<'f>>);

impl Faces<'_> {
    /// Has one of the fonts a glyph for this character, followed by this variation selector? The bold cut has the
    /// characters of the regular one.
    pub(super) fn cover(&self, c: char, selector: Option<char>) -> bool {
        let glyph = |face: &Face<'_>| match selector {
            None => face.glyph_index(c),
            Some(selector) => face.glyph_variation_index(c, selector),
        };
        self.0.iter().any(|face| glyph(face).is_some_and(|glyph| glyph.0 != 0))
    }
}
