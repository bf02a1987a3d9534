//! Host and tag of RFC 3164 text. Both end before the message begins.

use crate::grammar::text::number;

/// Longest tag, bytes.
const TAG_BYTES_MAX: usize = 160;

/// What stands between stamp and message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Header<'a> {
    pub(super) host: &'a str,
    pub(super) program: &'a str,
    pub(super) pid: Option<u32>,
    pub(super) body: &'a str,
    pub(super) tagged: bool,
}

/// Reads `[host ]tag: message`. Without a tag everything after the host is the message.
pub(super) fn header(text: &str) -> Header<'_> {
    if let Some(header) = tag(text, "") {
        return header;
    }
    let Some(space) = memchr::memchr(b' ', text.as_bytes()) else {
        return Header { body: text, ..Header::default() };
    };
    let (host, rest) = (text.get(..space).unwrap_or_default(), text.get(space + 1..).unwrap_or_default());
    if !is_host(host) {
        return Header { body: text, ..Header::default() };
    }
    if let Some(header) = tag(rest, host) {
        return header;
    }
    // util-linux login before 2.13 used ` -- USER` as its tag.
    if let Some(inner) = rest.strip_prefix(" -- ").or_else(|| rest.strip_prefix("-- "))
        && let Some(header) = tag(inner, host).filter(|header| header.pid.is_some())
    {
        return Header { program: "login", ..header };
    }
    // sysklogd puts its version behind its name.
    for program in ["syslogd", "klogd"] {
        if let Some((_, body)) =
            rest.strip_prefix(program).and_then(|rest| rest.strip_prefix(' ')?.split_once(": "))
        {
            return Header { host, program, body, tagged: true, ..Header::default() };
        }
    }
    Header { host, body: rest, tagged: is_untagged_note(rest), ..Header::default() }
}

/// Messages of the log daemon itself that carry no tag.
fn is_untagged_note(body: &str) -> bool {
    body.starts_with("last message repeated ") || body == "-- MARK --"
}

/// Reads `program[pid]: message` or `program: message`.
fn tag<'a>(text: &'a str, host: &'a str) -> Option<Header<'a>> {
    let bytes = text.as_bytes();
    if matches!(bytes.first()?, b'[' | b'"' | b'{' | b'<' | b':' | b' ') {
        return None;
    }
    let window = bytes.get(..TAG_BYTES_MAX).unwrap_or(bytes);
    let mut from = 0;
    loop {
        let at = from + memchr::memchr3(b':', b' ', b'[', window.get(from..)?)?;
        let program = text.get(..at)?;
        match window.get(at)? {
            b'[' => return bracket(text, at, host),
            b':' if matches!(bytes.get(at + 1), None | Some(b' ')) => {
                let body = text.get(at + 1..)?;
                return Some(Header {
                    host,
                    program,
                    pid: None,
                    body: body.strip_prefix(' ').unwrap_or(body),
                    tagged: true,
                });
            }
            b':' => from = at + 1,
            _ => return None,
        }
    }
}

/// The part from `[` on: `[pid]: ` or, with other programs' ideas of a tag, anything without blanks up to `: `.
fn bracket<'a>(text: &'a str, open: usize, host: &'a str) -> Option<Header<'a>> {
    let program = text.get(..open)?;
    let inner = text.get(open + 1..)?;
    let digits = inner.bytes().take(11).take_while(u8::is_ascii_digit).count();
    let after = inner.get(digits..)?;
    if digits > 0
        && let Some(after) = after.strip_prefix(']')
    {
        let pid = number(inner.get(..digits)?);
        let body = match after.strip_prefix(':') {
            Some(body) => body,
            None if after.is_empty() || after.starts_with(' ') => after,
            None => return None,
        };
        return Some(Header {
            host,
            program,
            pid,
            body: body.strip_prefix(' ').unwrap_or(body),
            tagged: true,
        });
    }
    let bytes = inner.as_bytes();
    let end = memchr::memchr(b' ', bytes.get(..TAG_BYTES_MAX).unwrap_or(bytes))?;
    inner.get(..end)?.strip_suffix("]:")?;
    Some(Header { host, program, pid: None, body: inner.get(end + 1..)?, tagged: true })
}

/// Could the token be the name of a host: letters, digits and what addresses and relays add?
fn is_host(token: &str) -> bool {
    !token.is_empty()
        && token.len() <= 255
        && token.bytes().all(|byte| {
            byte.is_ascii_alphanumeric()
                || byte >= 0x80
                || matches!(byte, b'.' | b':' | b'-' | b'_' | b'%' | b'@' | b'/')
        })
}

/// Name of a program without path and module: `sshd(pam_unix)` and `/usr/sbin/sshd` are `sshd`; `postfix/smtpd` stays.
pub(crate) fn program_name(program: &str) -> &str {
    let name = match program.split_once('(') {
        Some((name, _)) if !name.is_empty() => name,
        _ => program,
    };
    match name.rsplit_once('/') {
        Some((path, last)) if path.is_empty() || path.starts_with('/') => last,
        _ => name,
    }
}
