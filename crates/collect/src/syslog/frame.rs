//! Taking a syslog record apart: priority, stamp, and what follows it.

use super::header::{self, Header};
use super::structured;
use crate::time::{Printed, form};

/// Longest priority, `<191>`.
const PRIORITY_BYTES_MAX: usize = 5;
/// Longest octet count that is believed, bytes.
const OCTETS_MAX: usize = 1 << 20;

/// A record taken apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    /// Host; may be empty.
    pub(crate) host: &'a str,
    /// Program with path and module as written; may be empty.
    pub(crate) program: &'a str,
    /// Process id.
    pub(crate) pid: Option<u32>,
    /// RFC 5424 message id; may be empty.
    pub(crate) message_id: &'a str,
    /// RFC 5424 structured data, brackets included; may be empty.
    pub(crate) structured: &'a str,
    /// The message.
    pub(crate) body: &'a str,
    /// A program name was found.
    pub(crate) tagged: bool,
}

/// The whole framing of a line, for recognition.
pub(crate) fn frame(line: &str) -> Option<Frame<'_>> {
    let text = octet_counted(line).map_or(line, |(first, _)| first);
    let (priority, rest) = priority(text);
    let new_form = is_5424(priority, rest);
    let rest = if new_form { rest.get(2..)? } else { rest };
    let length = if new_form && rest.starts_with("- ") { 1 } else { stamp(rest.as_bytes())?.length };
    let after = rest.get(length..)?;
    // A colon after the stamp is how some routers write it.
    after.starts_with([' ', ':']).then(|| after_stamp(after, new_form))
}

/// Takes `<PRI>` off.
pub(crate) fn priority(text: &str) -> (Option<u8>, &str) {
    let inner = || {
        let rest = text.strip_prefix('<')?;
        let end = rest.bytes().take(PRIORITY_BYTES_MAX - 1).position(|byte| byte == b'>')?;
        let value: u8 = rest.get(..end)?.parse().ok()?;
        (value <= 191).then_some((value, rest.get(end + 1..)?))
    };
    inner().map_or((None, text), |(value, rest)| (Some(value), rest))
}

/// Severity of OCSF (1 informational to 6 fatal) from the lower three bits of the priority.
pub(crate) const fn severity(priority: u8) -> u8 {
    match priority & 7 {
        0 => 6,
        1 | 2 => 5,
        3 => 4,
        4 => 3,
        5 => 2,
        _ => 1,
    }
}

/// RFC 5424 has its version after the priority.
pub(crate) fn is_5424(priority: Option<u8>, rest: &str) -> bool {
    priority.is_some() && rest.starts_with("1 ")
}

/// The stamps that syslog files hold: RFC 3164 with its relatives, RFC 3339 with `T` (rsyslog, `journalctl -o short-iso`),
/// `Sun 2026-11-22 05:40:42 UTC` (`short-full`), and seconds since 1970 (`short-unix`).
pub(crate) fn stamp(text: &[u8]) -> Option<Printed> {
    if !text.first()?.is_ascii_digit() {
        crate::time::rfc3164(text).or_else(|| form::journal_full(text))
    } else if text.get(10) == Some(&b'T') {
        form::rfc3339(text)
    } else {
        crate::time::rfc3164(text).or_else(|| crate::time::epoch(text))
    }
}

/// What follows the stamp.
pub(crate) fn after_stamp(after: &str, new_form: bool) -> Frame<'_> {
    let text = after.strip_prefix(':').unwrap_or(after);
    let text = text.strip_prefix(' ').unwrap_or(text);
    if new_form {
        return structured::frame(text);
    }
    let Header { host, program, pid, body, tagged } = header::header(text);
    Frame { host, program, pid, body, tagged, ..Frame::default() }
}

/// `MSG-LEN SP MSG` of RFC 6587: the message, and what follows it. A count that goes beyond the text means that the message
/// holds line ends: what is there is taken.
pub(crate) fn octet_counted(text: &str) -> Option<(&str, &str)> {
    if !text.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    let digits = text.bytes().take(8).take_while(u8::is_ascii_digit).count();
    let rest = text.get(digits..)?.strip_prefix(' ').filter(|rest| rest.starts_with('<'))?;
    let count: usize = text.get(..digits)?.parse().ok()?;
    if count == 0 || count > OCTETS_MAX {
        return None;
    }
    Some(rest.split_at_checked(count).unwrap_or((rest, "")))
}

/// May the transport have cut a record of this length (DT-HOS-07)? Senders of RFC 3164 cut at 1,024 bytes, before the
/// receiver adds its own host name; rsyslog cuts at 8,192. A record clearly longer than a limit was not cut by it.
pub(crate) const fn may_be_cut(length: usize) -> bool {
    (length >= 1_000 && length <= 1_100) || length >= 8_100
}
