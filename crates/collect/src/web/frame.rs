//! The frame of an access log line: `[vhost] address ident user [time] "request" status bytes columns...`
//! (DT-FMT-40).
//!
//! The address is the first token, or the second when a vhost column stands before it. The time bracket is the one
//! directly before the first unescaped quote, and all between the identity column and that bracket is the user. Both
//! come before the text of the client, so they hold even when the rest is hostile.

use memchr::{memchr, memrchr};

/// Columns after the byte count that are kept one by one.
pub(crate) const COLUMNS_MAX: usize = 12;

/// The part of a line before the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head<'a> {
    /// Virtual host with its port, where the layout has that column.
    pub(crate) vhost: Option<&'a str>,
    /// Address or host name of the peer.
    pub(crate) address: &'a str,
    /// User column, escapes as they are; `-` = none.
    pub(crate) user: &'a str,
    /// Text between the brackets.
    pub(crate) stamp: &'a str,
    /// Offset of the quote that opens the request.
    pub(crate) quote: usize,
}

/// The part of a line from the request on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tail<'a> {
    /// Request line, escapes as they are.
    pub(crate) request: &'a str,
    /// Status of the answer; `None` for `-`.
    pub(crate) status: Option<u16>,
    /// Bytes of the answer; `None` for `-`.
    pub(crate) bytes: Option<u64>,
    /// Columns after the byte count, without their quotes, and whether they were quoted.
    pub(crate) columns: [(&'a str, bool); COLUMNS_MAX],
    /// How many there are; may be more than are kept.
    pub(crate) column_count: usize,
    /// All columns are well formed up to the end of the line.
    pub(crate) balanced: bool,
}

/// Offset of the first quote at or after `from` that is not escaped by a backslash.
pub(crate) fn quote_from(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr(b'"', bytes.get(at..)?)?;
        let slashes = bytes.get(from..at)?.iter().rev().take_while(|byte| **byte == b'\\').count();
        if slashes % 2 == 0 {
            return Some(at);
        }
        at += 1;
    }
}

/// Reads the head that ends before the quote at `quote`.
pub(crate) fn head_before(line: &str, quote: usize, with_vhost: bool) -> Option<Head<'_>> {
    let before = line.get(..quote)?.strip_suffix("] ")?;
    let open = memrchr(b'[', before.as_bytes())?;
    let stamp = before.get(open + 1..)?;
    let mut columns = before.get(..open)?.strip_suffix(' ')?;
    let mut vhost = None;
    if with_vhost {
        let (name, rest) = columns.split_once(' ')?;
        (vhost, columns) = (Some(name), rest);
    }
    let space = memchr(b' ', columns.as_bytes())?;
    let (address, rest) = (columns.get(..space)?, columns.get(space + 1..)?);
    let space = memchr(b' ', rest.as_bytes())?;
    let user = rest.get(space + 1..)?;
    if address.is_empty() || stamp.len() < 10 {
        return None;
    }
    Some(Head { vhost, address, user, stamp, quote })
}

/// The head of a line by the exact rule of DT-FMT-40, or, where the first quote stands inside the user column (Apache
/// writes `""` for an empty name; other daemons may not escape), before the first quote that follows a bracket.
pub(crate) fn head(line: &str, with_vhost: bool) -> Option<Head<'_>> {
    let bytes = line.as_bytes();
    let first = quote_from(bytes, 0)?;
    if let Some(head) = head_before(line, first, with_vhost) {
        return Some(head);
    }
    heads(line, with_vhost).first().copied()
}

/// All heads that the line could have, at most nine: one before each quote that follows a time bracket.
pub(crate) fn heads(line: &str, with_vhost: bool) -> Vec<Head<'_>> {
    memchr::memmem::find_iter(line.as_bytes(), b"] \"")
        .take(64)
        .filter_map(|at| head_before(line, at + 2, with_vhost))
        .filter(|head| looks_like_time(head.stamp))
        .take(9)
        .collect()
}

/// Is this a stamp of a web server, judged by its shape?
pub(crate) fn looks_like_time(stamp: &str) -> bool {
    let bytes = stamp.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let common = bytes.get(2) == Some(&b'/') && bytes.get(6) == Some(&b'/') && bytes.get(11) == Some(&b':');
    let iso = bytes.get(4) == Some(&b'-') && bytes.get(7) == Some(&b'-') && bytes.get(10) == Some(&b'T');
    (19..=40).contains(&bytes.len()) && digit(0) && digit(1) && (common || iso)
}

/// Reads the tail with the request that ends at the unescaped quote `end`.
pub(crate) fn tail_after(line: &str, quote: usize, end: usize) -> Option<Tail<'_>> {
    let request = line.get(quote + 1..end)?;
    let rest = line.get(end + 1..)?.strip_prefix(' ')?;
    let (status, rest) = word(rest);
    let status = match status.as_bytes() {
        b"-" => None,
        [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9'] => status.parse().ok(),
        _ => return None,
    };
    let (bytes, rest) = word(rest?);
    let bytes = match bytes {
        "-" => None,
        digits if digits.len() <= 19 && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(digits.parse().ok()?)
        }
        _ => return None,
    };
    let mut tail = Tail { request, status, bytes, balanced: true, ..Tail::default() };
    if let Some(rest) = rest {
        columns(rest, &mut tail);
    }
    Some(tail)
}

/// The text up to the next space, and what follows the space.
fn word(text: &str) -> (&str, Option<&str>) {
    match memchr(b' ', text.as_bytes()) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    }
}

fn columns<'a>(mut rest: &'a str, tail: &mut Tail<'a>) {
    loop {
        let (column, quoted, next) = if let Some(inner) = rest.strip_prefix('"') {
            let Some(end) = quote_from(inner.as_bytes(), 0) else {
                tail.balanced = false;
                push(tail, inner, true);
                return;
            };
            let next = match inner.as_bytes().get(end + 1) {
                None => None,
                Some(b' ') => inner.get(end + 2..),
                Some(_) => {
                    tail.balanced = false;
                    push(tail, inner, true);
                    return;
                }
            };
            (inner.get(..end).unwrap_or_default(), true, next)
        } else {
            let (column, next) = word(rest);
            tail.balanced &= memchr(b'"', column.as_bytes()).is_none();
            (column, false, next)
        };
        push(tail, column, quoted);
        let Some(next) = next else { return };
        rest = next;
    }
}

fn push<'a>(tail: &mut Tail<'a>, column: &'a str, quoted: bool) {
    if let Some(slot) = tail.columns.get_mut(tail.column_count) {
        *slot = (column, quoted);
    }
    tail.column_count += 1;
}

/// All tails that the line could have after the quote at `quote`: the request may end at any unescaped quote that is
/// followed by a status and a byte count. At most nine.
pub(crate) fn tails(line: &str, quote: usize) -> Vec<Tail<'_>> {
    let mut found = Vec::new();
    let mut from = quote + 1;
    for _ in 0..256 {
        let Some(end) = quote_from(line.as_bytes(), from) else { break };
        from = end + 1;
        if let Some(tail) = tail_after(line, quote, end) {
            found.push(tail);
            if found.len() > 8 {
                break;
            }
        }
    }
    found
}
