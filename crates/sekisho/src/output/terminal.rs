//! Text for a terminal (DT-HOS-16): log text is written by attackers.

use std::fmt::Write as _;
use unicode_width::UnicodeWidthChar as _;

/// The text with control, bidirectional and zero-width characters shown as escapes, cut at `width_max` columns.
pub(crate) fn safe(text: &str, width_max: usize) -> String {
    // Nearly everything: letters that take one column each and hide nothing.
    if text.len() <= width_max && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut width = 0;
    for c in text.chars() {
        let start = out.len();
        if hidden(c) {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
        let added: usize = out[start..].chars().map(|c| c.width().unwrap_or(1)).sum();
        if width + added > width_max {
            out.truncate(start);
            out.push('…');
            return out;
        }
        width += added;
    }
    out
}

/// Characters that move the cursor, change direction or cannot be seen.
fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn nothing_drives_the_terminal() {
        assert_eq!(safe("a\u{1b}]0;x\u{7}b", 80), "a\\u{1b}]0;x\\u{7}b");
        assert_eq!(safe("\u{202e}evil", 80), "\\u{202e}evil");
        assert_eq!(safe("関所関所", 5), "関所…");
    }
}
