//! Copies of a text that stand beside its canonical form: what a path, a script or a database may make of it.

use unicode_normalization::UnicodeNormalization;

/// Path with backslashes as slashes, dot segments and doubled slashes removed; `None` when nothing changes.
#[must_use]
pub fn resolve_path(path: &str) -> Option<String> {
    if !path.contains('\\') && !path.contains("//") && !path.contains("/.") {
        return None;
    }
    let path = path.replace('\\', "/");
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            name => kept.push(name),
        }
    }
    let mut out = String::with_capacity(path.len());
    for segment in &kept {
        out.push('/');
        out.push_str(segment);
    }
    if out.is_empty() || path.ends_with('/') {
        out.push('/');
    }
    (out != path).then_some(out)
}

/// Value with backslashes as slashes, doubled slashes and `/./` made one: `/etc//./passwd` reads `/etc/passwd`; `None`
/// when nothing changes.
#[must_use]
pub fn plain_slashes(text: &str) -> Option<String> {
    if !text.contains('\\') && !text.contains("//") && !text.contains("/./") {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        if !matches!(sign, '/' | '\\') {
            out.push(sign);
            continue;
        }
        out.push('/');
        loop {
            match signs.peek() {
                Some('/' | '\\') => {}
                Some('.') => {
                    let mut ahead = signs.clone();
                    ahead.next();
                    if !matches!(ahead.peek(), Some('/' | '\\')) {
                        break;
                    }
                }
                _ => break,
            }
            signs.next();
        }
    }
    (out != text).then_some(out)
}

/// Copy without SQL comments, runs of white space as one space: `UNION/**/SELECT` reads `UNION SELECT`, and
/// `/*!50000UNION*/` reads `UNION`. `None` when nothing changes.
#[must_use]
pub fn without_comments(text: &str) -> Option<String> {
    let has_comment = text.contains("/*");
    let odd_space = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x0B | 0x0C | 0);
    if !has_comment && !text.contains("  ") && !text.as_bytes().iter().any(odd_space) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("/*") {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let inner = from.get(2..).unwrap_or_default();
        let Some(end) = inner.find("*/") else {
            rest = inner;
            out.push(' ');
            continue;
        };
        let body = inner.get(..end).unwrap_or_default();
        out.push(' ');
        if let Some(code) = body.strip_prefix('!') {
            out.push_str(code.trim_start_matches(|sign: char| sign.is_ascii_digit()));
            out.push(' ');
        }
        rest = inner.get(end + 2..).unwrap_or_default();
    }
    out.push_str(rest);
    let mut tidy = String::with_capacity(out.len());
    let mut space = false;
    for sign in out.chars() {
        if sign.is_whitespace() || sign == '\0' {
            if !space {
                tidy.push(' ');
            }
            space = true;
        } else {
            tidy.push(sign);
            space = false;
        }
    }
    Some(tidy)
}

/// Full-width forms to ASCII (NFKC), and signs that some servers take for the ASCII sign they look like; `None` when
/// nothing changes.
#[must_use]
pub fn folded(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let folded: String = text.nfkc().map(best_fit).collect();
    (folded != text).then_some(folded)
}

/// The ASCII sign to which "best fit" tables of servers and databases turn a sign.
const fn best_fit(sign: char) -> char {
    match sign {
        '\u{2215}' | '\u{2044}' | '\u{29F8}' | '\u{2571}' => '/',
        '\u{2216}' | '\u{29F5}' | '\u{29F9}' => '\\',
        '\u{2018}' | '\u{2019}' | '\u{201A}' | '\u{2032}' | '\u{02B9}' | '\u{02BC}' | '\u{02C8}' => '\'',
        '\u{201C}' | '\u{201D}' | '\u{201E}' | '\u{2033}' | '\u{02BA}' => '"',
        '\u{2039}' | '\u{2329}' | '\u{3008}' | '\u{27E8}' => '<',
        '\u{203A}' | '\u{232A}' | '\u{3009}' | '\u{27E9}' => '>',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        other => other,
    }
}
