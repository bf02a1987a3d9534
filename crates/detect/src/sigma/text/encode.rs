//! Modifiers that change the value of a rule: `wide` and its kin, `base64`, `base64offset`, `windash`.

use super::glob::Part;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How text becomes bytes before base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    /// UTF-8.
    Utf8,
    /// `wide`, `utf16le`.
    Utf16Le,
    /// `utf16be`.
    Utf16Be,
    /// `utf16`: little endian after its mark.
    Utf16Marked,
}

impl Width {
    /// The bytes of the text.
    pub(crate) fn bytes(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Self::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Self::Utf16Marked => {
                [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
            }
        }
    }
}

/// Base64 of the bytes.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The three texts of which one stands in every base64 text of something that holds the bytes: one for each place of the
/// first byte in its group of three. Letters that depend on the neighbours are left out.
pub(crate) fn base64_offsets(bytes: &[u8]) -> Vec<String> {
    (0..3_usize)
        .filter_map(|offset| {
            let mut shifted = vec![b' '; offset];
            shifted.extend_from_slice(bytes);
            let encoded = STANDARD.encode(&shifted);
            let start = [0, 2, 3][offset % 3];
            let end = encoded.len() - [0, 3, 2][shifted.len() % 3];
            encoded.get(start..end).filter(|text| !text.is_empty()).map(str::to_owned)
        })
        .collect()
}

/// The text with every dash that begins a flag replaced by any of the five (`-`, `/`, en dash, em dash, horizontal bar).
///
/// A dash begins a flag when a letter, digit or `_` follows it and none stands before it: `-enc` in ` -enc`, not the dash
/// of `pre-auth`.
pub(crate) fn windash(text: &str) -> Vec<Part> {
    let is_word = |sign: char| sign.is_alphanumeric() || sign == '_';
    let (mut parts, mut plain, mut before) = (Vec::new(), String::new(), None);
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        let begins = matches!(sign, '-' | '/')
            && !before.is_some_and(is_word)
            && signs.peek().copied().is_some_and(is_word);
        if begins {
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain).into()));
            }
            parts.push(Part::Dash);
        } else {
            plain.push(sign);
        }
        before = Some(sign);
    }
    if !plain.is_empty() {
        parts.push(Part::Text(plain.into()));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dashes_that_begin_a_flag() {
        let text = |own: &str| Part::Text(own.into());
        assert_eq!(windash(" -enc"), [text(" "), Part::Dash, text("enc")]);
        assert_eq!(windash("/c pre-auth"), [Part::Dash, text("c pre-auth")]);
        assert_eq!(windash("--all - x"), [text("-"), Part::Dash, text("all - x")]);
    }

    proptest! {
        #[test]
        fn one_of_the_three_stands_in_any_wrapping(before in "\\PC{0,7}", own in "\\PC{2,9}", after in "\\PC{0,7}") {
            for width in [Width::Utf8, Width::Utf16Le, Width::Utf16Be] {
                let whole = base64(&width.bytes(&format!("{before}{own}{after}")));
                let texts = base64_offsets(&width.bytes(&own));
                prop_assert!(texts.iter().any(|text| whole.contains(text.as_str())), "{} {:?}", whole, texts);
            }
        }
    }
}
