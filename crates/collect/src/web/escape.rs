//! Escapes that web servers write: nginx `\xHH`; Apache `\"`, `\\`, `\xhh` and C escapes (W02, W03).

use std::borrow::Cow;

/// Undoes the escapes of one field. Bytes that do not form UTF-8 stay in their `\xHH` form, so that nothing is lost
/// and no character set is guessed here (DT-FMT-44 is for the detection).
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\\', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (plain, escape) = rest.split_at(at);
        bytes.extend_from_slice(plain);
        let (value, used) = one(escape);
        match value {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(escape.get(..used).unwrap_or_default()),
        }
        rest = escape.get(used..).unwrap_or_default();
    }
    bytes.extend_from_slice(rest);
    Cow::Owned(readable(&bytes))
}

/// Value and length of the escape at the start of `bytes`, which begins with a backslash.
fn one(bytes: &[u8]) -> (Option<u8>, usize) {
    match bytes.get(1) {
        Some(b'x' | b'X') => {
            match (bytes.get(2).copied().and_then(digit), bytes.get(3).copied().and_then(digit)) {
                (Some(high), Some(low)) => (Some(high << 4 | low), 4),
                _ => (None, 1),
            }
        }
        Some(byte @ (b'\\' | b'"')) => (Some(*byte), 2),
        Some(b'n') => (Some(b'\n'), 2),
        Some(b'r') => (Some(b'\r'), 2),
        Some(b't') => (Some(b'\t'), 2),
        Some(b'b') => (Some(8), 2),
        Some(b'v') => (Some(11), 2),
        Some(b'f') => (Some(12), 2),
        _ => (None, 1),
    }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Bytes as text; what is not UTF-8 is written `\xHH`.
pub(crate) fn readable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str("\\x");
            text.extend(
                [byte >> 4, byte & 15]
                    .map(|half| char::from_digit(u32::from(half), 16).unwrap_or('0').to_ascii_uppercase()),
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_both_servers_are_undone_once() {
        assert_eq!(decode("plain"), "plain");
        assert!(matches!(decode("plain"), Cow::Borrowed(_)));
        assert_eq!(decode(r"a\x22b\x5Cc"), "a\"b\\c");
        assert_eq!(decode(r#"a\"b\\c\n\t"#), "a\"b\\c\n\t");
        // An escaped backslash does not make a new escape.
        assert_eq!(decode(r"\\x41"), r"\x41");
        assert_eq!(decode(r"\x5Cx41"), r"\x41");
        // UTF-8 comes back, other bytes stay visible.
        assert_eq!(decode(r"\xE8\xA1\xA8"), "表");
        assert_eq!(decode(r"\x16\x03\x01\x95\x5C"), "\u{16}\u{3}\u{1}\\x95\\");
        // Broken escapes stay as they are.
        assert_eq!(decode(r"\x4 \q \"), r"\x4 \q \");
    }
}
