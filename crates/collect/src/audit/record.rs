//! One audit record: `[node=H ]type=T msg=audit(sec.ms:serial): k=v ...`.

use crate::time::{Printed, audit};
use std::borrow::Cow;

/// Most fields of a record.
const FIELDS_MAX: usize = 512;

/// A record taken apart.
#[derive(Clone, Debug)]
pub(super) struct Record<'a> {
    pub(super) node: &'a str,
    pub(super) kind: &'a str,
    pub(super) printed: Printed,
    /// The stamp as printed.
    pub(super) stamp: &'a str,
    pub(super) serial: u64,
    /// Everything after the stamp.
    pub(super) body: &'a str,
}

impl<'a> Record<'a> {
    /// Reads the beginning of a record.
    pub(super) fn read(line: &'a str) -> Option<Self> {
        let (node, rest) = match line.strip_prefix("node=") {
            Some(rest) => rest.split_once(' ')?,
            None => ("", line),
        };
        let (kind, rest) = rest.strip_prefix("type=")?.split_once(' ')?;
        let printed = audit(rest.as_bytes())?;
        let stamp = rest.get(..printed.length)?;
        let serial = stamp.rsplit_once(':')?.1.strip_suffix(')')?.parse().ok()?;
        let body = rest.get(printed.length..)?;
        let body = body.strip_prefix(' ').unwrap_or(body).strip_prefix(':').unwrap_or(body);
        let good = kind.len() <= 40
            && kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_[]".contains(&byte));
        good.then(|| Self { node, kind, printed, stamp, serial, body: body.trim_start() })
    }

    /// Its fields in order, those inside `msg='...'` included.
    pub(super) fn fields(&self) -> Vec<(&'a str, Cow<'a, str>)> {
        let mut fields = Vec::new();
        split(self.body, &mut fields, 0);
        fields
    }
}

/// Splits `k=v` pairs parted by blanks or by the group separator that starts the enriched part.
fn split<'a>(text: &'a str, fields: &mut Vec<(&'a str, Cow<'a, str>)>, depth: u8) {
    let mut rest = text;
    while fields.len() < FIELDS_MAX {
        rest = rest.trim_start_matches([' ', '\u{1d}', ',']);
        let Some(equals) = rest.find(['=', ' ', '\u{1d}']) else { return };
        let (key, after) = rest.split_at_checked(equals).unwrap_or((rest, ""));
        let Some(value) = after.strip_prefix('=') else {
            // A word without a value.
            rest = after;
            continue;
        };
        let (value, after, quoted) = take(value);
        rest = after;
        if quoted == Some('\'') && depth == 0 {
            split(value, fields, 1);
        } else if key == "SADDR" && value == "{" {
            // `SADDR={ saddr_fam=inet laddr=A lport=P }`: its pairs follow.
        } else {
            fields.push((key, decoded(key, value, quoted.is_some())));
        }
    }
}

/// The value at the beginning, what follows it, and its quote.
fn take(text: &str) -> (&str, &str, Option<char>) {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            let end = if quote == '\'' { inner.rfind(quote) } else { inner.find(quote) };
            if let Some(end) = end {
                let (value, after) = inner.split_at_checked(end).unwrap_or((inner, ""));
                return (value, after.get(1..).unwrap_or_default(), Some(quote));
            }
            return (inner, "", Some(quote));
        }
    }
    let end = text.find([' ', '\u{1d}']).unwrap_or(text.len());
    let (value, after) = text.split_at_checked(end).unwrap_or((text, ""));
    (value, after, None)
}

/// Fields that auditd writes in hex when they hold blanks, quotes or control characters.
fn may_be_hex(key: &str) -> bool {
    let argument = key.strip_prefix('a').is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'[' || byte == b']')
    });
    argument
        || matches!(
            key,
            "acct"
                | "cmd"
                | "comm"
                | "cwd"
                | "data"
                | "dir"
                | "exe"
                | "file"
                | "key"
                | "name"
                | "path"
                | "proctitle"
                | "watch"
                | "ocomm"
                | "grp"
                | "id"
                | "new_group"
                | "terminal"
                | "hostname"
        )
}

fn decoded<'a>(key: &str, value: &'a str, quoted: bool) -> Cow<'a, str> {
    let hex = !quoted
        && value.len() >= 2
        && value.len().is_multiple_of(2)
        && may_be_hex(key)
        && value.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte))
        // Numbers of users and arguments are no hex.
        && (!matches!(key, "id") || value.len() > 10);
    if !hex {
        return if value == "(null)" { Cow::Borrowed("") } else { Cow::Borrowed(value) };
    }
    let Ok(mut bytes) = hex::decode(value) else { return Cow::Borrowed(value) };
    let separator = if key == "key" { 1 } else { 0 };
    for byte in &mut bytes {
        if *byte == separator {
            *byte = b' ';
        }
    }
    while bytes.last() == Some(&b' ') && key == "proctitle" {
        bytes.pop();
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}
