//! RFC 5424: fields and structured data (FR-02).

use super::frame::Frame;
use crate::grammar::text::number;
use std::borrow::Cow;
use vocab::Event;

/// Most parameters that become extra fields.
const PARAMETERS_MAX: usize = 32;

/// Reads `HOST APP PROCID MSGID SD[ MSG]`; the stamp was taken off. Missing fields leave the rest as the message.
pub(super) fn frame(text: &str) -> Frame<'_> {
    let mut fields = [""; 4];
    let mut rest = text;
    for field in &mut fields {
        let Some((value, after)) = rest.split_once(' ') else {
            return Frame { body: text, ..Frame::default() };
        };
        *field = if value == "-" { "" } else { value };
        rest = after;
    }
    let [host, program, process, message_id] = fields;
    let (structured, body) = data(rest);
    Frame {
        host,
        program,
        pid: number(process),
        message_id,
        structured,
        body: body.strip_prefix('\u{feff}').unwrap_or(body),
        tagged: true,
    }
}

/// Splits structured data and message. Broken structured data is left in the message.
fn data(text: &str) -> (&str, &str) {
    if let Some(body) = text.strip_prefix('-') {
        return ("", body.strip_prefix(' ').unwrap_or(body));
    }
    let mut at = 0;
    while text.as_bytes().get(at) == Some(&b'[') {
        match element_end(text.as_bytes(), at) {
            Some(end) => at = end,
            None => return ("", text),
        }
    }
    let (structured, body) = text.split_at_checked(at).unwrap_or(("", text));
    if !body.is_empty() && !body.starts_with(' ') {
        return ("", text);
    }
    (structured, body.strip_prefix(' ').unwrap_or(body))
}

/// Place after the `]` that closes the element opened at `at`; quotes and escapes are respected.
fn element_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut quoted = false;
    let mut place = at + 1;
    while let Some(byte) = bytes.get(place) {
        match byte {
            b'\\' if quoted => place += 1,
            b'"' => quoted = !quoted,
            b']' if !quoted => return Some(place + 1),
            _ => {}
        }
        place += 1;
    }
    None
}

/// Keeps message id and parameters as extra fields `ID.NAME` (DT-EVT-05).
pub(super) fn extras<'a>(structured: &'a str, message_id: &'a str, event: &mut Event<'a>) {
    if !message_id.is_empty() {
        event.push_extra("msgid", message_id);
    }
    let mut rest = structured;
    let mut count = 0;
    while let Some(inner) = rest.strip_prefix('[') {
        let Some(end) = element_end(rest.as_bytes(), 0) else { return };
        let element = inner.get(..end.saturating_sub(2)).unwrap_or_default();
        rest = rest.get(end..).unwrap_or_default();
        let (id, mut parameters) = element.split_once(' ').unwrap_or((element, ""));
        while let Some((name, value, after)) = parameter(parameters) {
            count += 1;
            if count > PARAMETERS_MAX {
                return;
            }
            event.push_extra(format!("{id}.{name}"), value);
            parameters = after;
        }
    }
}

/// `name="value"` at the beginning; the value with its escapes undone.
fn parameter(text: &str) -> Option<(&str, Cow<'_, str>, &str)> {
    let (name, rest) = text.trim_start().split_once("=\"")?;
    let bytes = rest.as_bytes();
    let mut end = 0;
    loop {
        match bytes.get(end)? {
            b'\\' => end += 2,
            b'"' => break,
            _ => end += 1,
        }
    }
    let value = rest.get(..end)?;
    Some((name, unescaped(value), rest.get(end + 1..)?))
}

/// Undoes `\"`, `\\` and `\]`; another backslash stands for itself.
fn unescaped(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len());
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        match characters.peek() {
            Some(next @ ('"' | '\\' | ']')) if character == '\\' => {
                out.push(*next);
                characters.next();
            }
            _ => out.push(character),
        }
    }
    Cow::Owned(out)
}
