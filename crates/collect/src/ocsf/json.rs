//! A small writer of JSON objects into a buffer: keys in the order of the calls, empty values left out.

use std::io::Write;
use std::net::IpAddr;

/// An object that is being written. Keys are string constants of ours or escaped text of the source.
pub(super) struct Object<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
    empty: bool,
}

impl<'o> Object<'o> {
    /// Begins an object.
    pub(super) fn begin(out: &'o mut Vec<u8>) -> Self {
        let start = out.len();
        out.push(b'{');
        Self { out, start, empty: true }
    }

    /// Writes a key, behind a comma where one is due.
    fn key(&mut self, key: &str) {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        string(self.out, key);
        self.out.push(b':');
    }

    /// A number.
    pub(super) fn number(&mut self, key: &str, value: impl Into<i128>) {
        self.key(key);
        decimal(self.out, value.into());
    }

    /// A number that may be absent.
    pub(super) fn number_if(&mut self, key: &str, value: Option<impl Into<i128>>) {
        if let Some(value) = value {
            self.number(key, value);
        }
    }

    /// A text.
    pub(super) fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        string(self.out, value);
    }

    /// A text that may be absent.
    pub(super) fn text_if(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    /// A boolean that may be absent.
    pub(super) fn boolean_if(&mut self, key: &str, value: Option<bool>) {
        if let Some(value) = value {
            self.bare(key, if value { "true" } else { "false" });
        }
    }

    /// An address that may be absent.
    pub(super) fn address_if(&mut self, key: &str, value: Option<IpAddr>) {
        if let Some(value) = value {
            self.key(key);
            // Neither quotes nor controls occur in an address; writing to a vector cannot fail.
            let _ = write!(self.out, "\"{value}\"");
        }
    }

    /// JSON that is known to be well formed: a number or a boolean of the source.
    pub(super) fn bare(&mut self, key: &str, value: &str) {
        self.key(key);
        self.out.extend_from_slice(value.as_bytes());
    }

    /// Something that `write` puts into the buffer as one JSON value.
    pub(super) fn value(&mut self, key: &str, write: impl FnOnce(&mut Vec<u8>)) {
        self.key(key);
        write(self.out);
    }

    /// An object inside; left out when nothing is put into it, unless it is `required`.
    pub(super) fn object(&mut self, key: &str, required: bool, fill: impl FnOnce(&mut Object<'_>)) {
        let (before, was_empty) = (self.out.len(), self.empty);
        self.key(key);
        let mut inner = Object::begin(self.out);
        fill(&mut inner);
        let nothing = inner.empty;
        inner.end();
        if nothing && !required {
            self.out.truncate(before);
            self.empty = was_empty;
        }
    }

    /// A list of texts.
    pub(super) fn list<'t>(&mut self, key: &str, items: impl IntoIterator<Item = &'t str>) {
        self.key(key);
        self.out.push(b'[');
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            string(self.out, item);
        }
        self.out.push(b']');
    }

    /// Nothing was written yet?
    pub(super) fn is_empty(&self) -> bool {
        self.empty
    }

    /// Ends the object.
    pub(super) fn end(self) {
        debug_assert!(self.out.get(self.start) == Some(&b'{'));
        self.out.push(b'}');
    }
}

/// A decimal number.
pub(super) fn decimal(out: &mut Vec<u8>, value: i128) {
    let _ = write!(out, "{value}");
}

/// A JSON string. Beyond what JSON asks for, C1 controls and characters that turn the direction of text or are invisible
/// are escaped, so that a line is harmless on a terminal (DT-HOS-16) and still the same data.
pub(super) fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut clean_from = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if matches!(byte, 0x20 | 0x21 | 0x23..=0x5b | 0x5d..=0x7e | 0x80..=0xc1 | 0xc3..=0xe1 | 0xe3..=0xee | 0xf0..)
        {
            at += 1;
            continue;
        }
        let letter =
            text.get(at..).and_then(|rest| rest.chars().next()).unwrap_or(char::REPLACEMENT_CHARACTER);
        if needs_escape(letter) {
            out.extend_from_slice(bytes.get(clean_from..at).unwrap_or_default());
            escape(out, letter);
            clean_from = at + letter.len_utf8();
        }
        at += letter.len_utf8();
    }
    out.extend_from_slice(bytes.get(clean_from..).unwrap_or_default());
    out.push(b'"');
}

fn needs_escape(letter: char) -> bool {
    matches!(
        letter,
        '\0'..='\u{1f}' | '"' | '\\' | '\u{7f}'..='\u{9f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

fn escape(out: &mut Vec<u8>, letter: char) {
    match letter {
        '"' => out.extend_from_slice(b"\\\""),
        '\\' => out.extend_from_slice(b"\\\\"),
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        other => {
            let _ = write!(out, "\\u{:04x}", u32::from(other));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings() {
        let shown = |text: &str| {
            let mut out = Vec::new();
            string(&mut out, text);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(shown("a\"b\\c\n\u{1}é日本語"), r#""a\"b\\c\n\u0001é日本語""#);
        assert_eq!(
            shown("\u{9b}31m\u{202e}x\u{200b}\u{feff}\u{7f}"),
            r#""\u009b31m\u202ex\u200b\ufeff\u007f""#
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_comes_back(text: String) {
            let mut out = Vec::new();
            string(&mut out, &text);
            proptest::prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }
}
