//! Canonical form of request text, for attack detection beside the raw form (DT-FMT-43, DT-FMT-44).
//!
//! The raw form stays the evidence. The canonical form is what a server, a script or a database may make of it:
//! percent-decoding in up to three rounds, `%uXXXX`, over-long UTF-8, `+`, HTML entities. Japanese multibyte text is read
//! in its own charset first, so that the second byte of ソ, 表, 能 or 予 never looks like a metacharacter.

mod copies;

pub use copies::{folded, plain_slashes, resolve_path, without_comments};

use std::borrow::Cow;

/// Rounds of percent-decoding at most.
pub const ROUNDS_MAX: u8 = 3;

/// What was met while decoding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Rounds of percent-decoding that changed the text, 0 to [`ROUNDS_MAX`].
    pub rounds: u8,
    /// A NUL was inside.
    pub nul: bool,
    /// An over-long UTF-8 form of an ASCII character was inside.
    pub overlong: bool,
    /// A `%uXXXX` escape was inside.
    pub unicode_escape: bool,
}

impl Marks {
    /// Both together.
    pub fn join(&mut self, other: Self) {
        self.rounds = self.rounds.max(other.rounds);
        self.nul |= other.nul;
        self.overlong |= other.overlong;
        self.unicode_escape |= other.unicode_escape;
    }
}

/// Which part of a request a text is; each is read in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Path: backslashes and dot segments matter.
    Path,
    /// Query: `+` is a space, SQL comments matter.
    Query,
    /// Referrer or agent: as a query, but `+` stays.
    Header,
}

/// What a byte may mean for a reading; see [`may_differ`].
mod sign {
    /// An escape, or a letter that may have other forms.
    pub(super) const ESCAPE: u8 = 1;
    pub(super) const BACKSLASH: u8 = 2;
    pub(super) const AMPERSAND: u8 = 4;
    /// Ends an entity, or begins a numeric one.
    pub(super) const ENTITY: u8 = 8;
    pub(super) const PLUS: u8 = 16;
    /// Part of a comment, or white space that is not one space.
    pub(super) const SPACED: u8 = 32;
    /// A slash; of the whole text: a doubled one, or one before a dot.
    pub(super) const SLASH: u8 = 64;
    /// A space.
    pub(super) const SPACE: u8 = 128;

    pub(super) const OF: [u8; 256] = {
        let mut table = [0; 256];
        let mut byte = 128;
        while byte < 256 {
            table[byte] = ESCAPE;
            byte += 1;
        }
        table[b'%' as usize] = ESCAPE;
        table[b'\\' as usize] = BACKSLASH;
        table[b'&' as usize] = AMPERSAND;
        table[b';' as usize] = ENTITY;
        table[b'#' as usize] = ENTITY;
        table[b'+' as usize] = PLUS;
        table[b'/' as usize] = SLASH;
        table[b' ' as usize] = SPACE;
        let spaced = [b'*', b'\t', b'\n', b'\r', 0x0B, 0x0C, 0];
        let mut at = 0;
        while at < spaced.len() {
            table[spaced[at] as usize] = SPACED;
            at += 1;
        }
        table
    };
}

/// Can a reading of `raw` differ from `raw`? False for most ordinary requests, in one pass without any allocation.
#[must_use]
pub fn may_differ(raw: &str, part: Part) -> bool {
    let bytes = raw.as_bytes();
    let mut signs = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        let own = sign::OF.get(usize::from(byte)).copied().unwrap_or(sign::ESCAPE);
        if own == 0 {
            continue;
        }
        // A slash or space means something before certain others only.
        signs |= match (own, bytes.get(at + 1)) {
            (sign::SLASH, Some(b'/' | b'.')) => sign::SLASH,
            (sign::SPACE, Some(b' ')) => sign::SPACED,
            (sign::SLASH | sign::SPACE, _) => 0,
            _ => own,
        };
    }
    let entity = signs & sign::AMPERSAND != 0 && signs & sign::ENTITY != 0;
    signs & sign::ESCAPE != 0
        || match part {
            Part::Path => signs & (sign::BACKSLASH | sign::AMPERSAND | sign::SLASH) != 0,
            Part::Query => entity || signs & (sign::PLUS | sign::BACKSLASH | sign::SLASH | sign::SPACED) != 0,
            Part::Header => entity || signs & sign::SPACED != 0,
        }
}

/// Decodes `raw`. `plus` = read `+` as a space, as in a query.
#[must_use]
pub fn decode(raw: &str, plus: bool) -> (Cow<'_, str>, Marks) {
    let mut marks = Marks { nul: raw.contains('\0'), ..Marks::default() };
    let mut text = Cow::Borrowed(raw);
    if plus && raw.contains('+') {
        text = Cow::Owned(raw.replace('+', " "));
    }
    for _ in 0..ROUNDS_MAX {
        let Some(next) = decode_once(&text, &mut marks) else { break };
        marks.rounds += 1;
        text = Cow::Owned(next);
    }
    if text.contains('&')
        && let Some(next) = decode_entities(&text)
    {
        text = Cow::Owned(next);
    }
    marks.nul |= text.contains('\0');
    (text, marks)
}

/// One round; `None` when nothing was to decode.
fn decode_once(text: &str, marks: &mut Marks) -> Option<String> {
    memchr::memchr(b'%', text.as_bytes())?;
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    let mut changed = false;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'%' {
            if let (Some(high), Some(low)) = (hex(bytes, at + 1), hex(bytes, at + 2)) {
                out.push(high << 4 | low);
                at += 3;
                changed = true;
                continue;
            }
            if bytes.get(at + 1).is_some_and(|mark| mark.eq_ignore_ascii_case(&b'u'))
                && let Some(code) = hex4(bytes, at + 2)
            {
                let mut buffer = [0; 4];
                let sign = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                out.extend_from_slice(sign.encode_utf8(&mut buffer).as_bytes());
                marks.unicode_escape = true;
                at += 6;
                changed = true;
                continue;
            }
        }
        out.push(byte);
        at += 1;
    }
    changed.then(|| read_bytes(out, marks))
}

fn hex(bytes: &[u8], at: usize) -> Option<u8> {
    match bytes.get(at)? {
        digit @ b'0'..=b'9' => Some(digit - b'0'),
        digit @ b'a'..=b'f' => Some(digit - b'a' + 10),
        digit @ b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

fn hex4(bytes: &[u8], at: usize) -> Option<u32> {
    (0..4).try_fold(0_u32, |code, step| Some(code << 4 | u32::from(hex(bytes, at + step)?)))
}

/// Bytes to text: UTF-8, else UTF-8 with over-long forms, else EUC-JP, else Shift_JIS, else one character a byte.
fn read_bytes(bytes: Vec<u8>, marks: &mut Marks) -> String {
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return text,
        Err(error) => error.into_bytes(),
    };
    let bytes = match shorten_overlong(&bytes) {
        Some(short) => {
            marks.overlong = true;
            match String::from_utf8(short) {
                Ok(text) => return text,
                Err(error) => error.into_bytes(),
            }
        }
        None => bytes,
    };
    for charset in [encoding_rs::EUC_JP, encoding_rs::SHIFT_JIS] {
        if let Some(text) = charset.decode_without_bom_handling_and_without_replacement(&bytes) {
            return text.into_owned();
        }
    }
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// Replaces over-long two, three and four byte forms of ASCII characters by the character; `None` when there is none.
fn shorten_overlong(bytes: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr3(0xC0, 0xC1, 0xE0, bytes).or_else(|| memchr::memchr2(0xF0, 0xF8, bytes))?;
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    let mut changed = false;
    while let Some(&byte) = bytes.get(at) {
        let tail = |step: usize| bytes.get(at + step).copied();
        // Servers that accepted over-long forms masked the tail byte without checking its mark.
        let (length, code) = match (byte, tail(1), tail(2), tail(3)) {
            (0xC0 | 0xC1, Some(last), _, _) if last >= 0x80 || is_worm_tail(last) => {
                (2, (byte & 1) << 6 | (last & 0x3F))
            }
            (0xE0, Some(0x80 | 0x81), Some(last), _) if last & 0xC0 == 0x80 => {
                (3, (tail(1).unwrap_or(0) & 1) << 6 | (last & 0x3F))
            }
            (0xF0, Some(0x80), Some(0x80 | 0x81), Some(last)) if last & 0xC0 == 0x80 => {
                (4, (tail(2).unwrap_or(0) & 1) << 6 | (last & 0x3F))
            }
            _ => (1, byte),
        };
        changed |= length > 1;
        out.push(code);
        at += length;
    }
    changed.then_some(out)
}

/// Tails as the requests of 2001 had them: `%c0%2f`, `%c1%1c`, `%c1%9c`, `%c0%af`, `%c0%9v`.
const fn is_worm_tail(last: u8) -> bool {
    matches!(last, 0x2F | 0x1C | 0x5C)
}

/// Decodes the HTML entities that matter for markup; `None` when there is none.
fn decode_entities(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut changed = false;
    while let Some(at) = rest.find('&') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        if let Some((sign, length)) = entity(from) {
            out.push(sign);
            rest = from.get(length..).unwrap_or_default();
            changed = true;
        } else {
            out.push('&');
            rest = from.get(1..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    changed.then_some(out)
}

fn entity(text: &str) -> Option<(char, usize)> {
    const NAMED: [(&str, char); 9] = [
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&quot;", '"'),
        ("&apos;", '\''),
        ("&amp;", '&'),
        ("&lpar;", '('),
        ("&rpar;", ')'),
        ("&colon;", ':'),
        ("&tab;", '\t'),
    ];
    for (name, sign) in NAMED {
        if text.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name)) {
            return Some((sign, name.len()));
        }
    }
    let digits = text.strip_prefix("&#")?;
    let (radix, digits, head) = match digits.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => (16, hexadecimal, 3),
        None => (10, digits, 2),
    };
    let length = digits.bytes().take(8).take_while(|digit| char::from(*digit).is_digit(radix)).count();
    let code = u32::from_str_radix(digits.get(..length)?, radix).ok()?;
    let end = usize::from(digits.as_bytes().get(length) == Some(&b';'));
    Some((char::from_u32(code)?, head + length + end))
}

/// Every reading of one piece of request text, one a line: canonical, then the copies that differ.
#[must_use]
pub fn readings(raw: &str, part: Part) -> (Cow<'_, str>, Marks) {
    if !may_differ(raw, part) {
        return (Cow::Borrowed(raw), Marks { nul: raw.contains('\0'), ..Marks::default() });
    }
    let (lines, marks) = every_reading(raw, part);
    (Cow::Owned(lines), marks)
}

fn every_reading(raw: &str, part: Part) -> (String, Marks) {
    let (text, marks) = decode(raw, part == Part::Query);
    let mut lines = text.clone().into_owned();
    let mut add = |copy: Option<String>| {
        if let Some(copy) = copy {
            lines.push('\n');
            lines.push_str(&copy);
        }
    };
    if part == Part::Path {
        add(text.contains('\\').then(|| text.replace('\\', "/")));
        add(resolve_path(&text));
    } else {
        add(without_comments(&text));
        if part == Part::Query {
            add(plain_slashes(&text));
        }
    }
    add(folded(&text));
    (lines, marks)
}

#[cfg(test)]
mod tests;
