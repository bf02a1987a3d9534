//! No character is lost in silence (CW-DOC-03): what a person entered must have a glyph, or the document is refused with the
//! character and the field; what a log brought is written as `[U+1F600]`, for else an attacker could forbid the report.

use super::fonts::Fonts;
use crate::document::Document;
use casework::dossier::Origin;

/// A character that no font has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("「{character}」 (U+{code:04X}) in 「{field}」 cannot be printed: no font of the product has it")]
pub struct GlyphFault {
    /// The character, with its variation selector.
    pub character: String,
    /// Its code.
    pub code: u32,
    /// Field in which it stands.
    pub field: String,
}

/// Checks what people entered and rewrites what logs brought.
///
/// # Errors
///
/// The first character of a person's text that cannot be printed.
pub(super) fn settle(document: &mut Document, fonts: &Fonts) -> Result<(), GlyphFault> {
    let faces = fonts.faces();
    let mut fault = None;
    document.texts_mut(|field, origin, text| {
        let mut settled = String::with_capacity(text.len());
        for (c, selector) in clusters(text) {
            if c == '\t' {
                settled.push(' ');
            } else if c == ' ' || faces.cover(c, selector) {
                settled.push(c);
                settled.extend(selector);
            } else if origin == Origin::Log {
                // A variation that no font has is shown in its common form, with the selector named.
                match selector.filter(|_| faces.cover(c, None)) {
                    Some(selector) => settled.push_str(&format!("{c}[U+{:04X}]", u32::from(selector))),
                    None => settled.push_str(&format!("[U+{:04X}]", u32::from(c))),
                }
            } else {
                let character: String = std::iter::once(c).chain(selector).collect();
                fault.get_or_insert(GlyphFault { character, code: u32::from(c), field: field.to_owned() });
            }
        }
        *text = settled;
    });
    fault.map_or(Ok(()), Err)
}

/// Characters, each with the variation selector that follows it.
fn clusters(text: &str) -> impl Iterator<Item = (char, Option<char>)> {
    let mut rest = text.chars().peekable();
    std::iter::from_fn(move || {
        let c = rest.next()?;
        Some((c, rest.next_if(|next| matches!(next, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}'))))
    })
}
