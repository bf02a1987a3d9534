//! Hostile text for a page: what cannot be seen is made visible before the template engine escapes the rest.

use std::fmt::Write as _;

/// Bytes of a record shown on the page.
const SHOWN_MAX: usize = 600;

/// Control, bidirectional and zero-width characters as `\u{..}`; long text cut at a character border.
#[must_use]
pub fn visible(text: &str) -> String {
    shown(text, SHOWN_MAX)
}

/// As [`visible`], whatever its length; line ends stay.
#[must_use]
pub fn visible_whole(text: &str) -> String {
    text.split('\n').map(|line| shown(line, usize::MAX)).collect::<Vec<_>>().join("\n")
}

fn shown(text: &str, bytes_max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(bytes_max));
    for c in text.chars() {
        if out.len() >= bytes_max {
            out.push('…');
            break;
        }
        let hidden = (c.is_control() && c != '\t')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}');
        if hidden {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{visible, visible_whole};

    #[test]
    fn hidden_characters_are_shown() {
        assert_eq!(visible("a\u{202e}b\u{0}"), "a\\u{202e}b\\u{0}");
        assert!(visible(&"関".repeat(1000)).ends_with('…'));
        assert_eq!(visible_whole("a\n\u{202e}b"), "a\n\\u{202e}b");
        assert_eq!(visible_whole(&"関".repeat(1000)), "関".repeat(1000));
    }
}
