//! OpenSSH server, rows O01 to O22 of detection.md 3.3. Seen: 3.x to 10.x forms; checked against a real 9.2.
//!
//! Free text: user name (O01 to O08, O15), client message (O05), version string and offers (O10, O11), reverse name (O20),
//! certificate key id and client user of host-based login (O01, O19). Anchor: right of a name, left of a client message.
//! Longest body: 500 bytes after escaping (`%.500s` of the syslog call); at or above it nothing is believed about the source.
//!
//! For the attempt counter (DT-FMT-16) the grammar leaves these marks:
//!
//! * `origin.grammar` is the row, `attempt` joins the lines of one process; an event of class Authentication and activity
//!   logon stands for `count` attempts.
//! * O01 `Failed none`, `Postponed` and `Partial`, O03 and O07 have `count` 0; `Partial` sets the extra `first_factor`.
//! * O02 and O04 with a preamble carry the flag `inferred`: one attempt when no O01 of the same `attempt` exists, else none.
//! * O07 and an O06 "too many" set the extra `exhausted`.
//! * O13 and O14 are class Network, refused: attempts the server did not take; extra `dropped` is a lower bound.

mod auth;
mod conn;
mod info;
mod session;
#[cfg(test)]
mod tests;

use super::fill::{self, Splits};
use super::text::has_failure_words;
use super::{Message, Parsed};
use vocab::{Event, Flags};

/// Bytes after which the daemon cuts a message.
pub(crate) const DAEMON_CUT_BYTES: usize = 500;

/// A message of sshd without its daemon-owned prefixes and suffixes.
#[derive(Clone, Copy)]
struct Line<'a> {
    /// The text between prefix and suffix.
    text: &'a str,
    /// ` [preauth]` stood last: relayed by the monitor, which escapes a second time.
    preauth: bool,
    /// The daemon or the transport may have cut the line.
    cut: bool,
}

/// Grammar of `sshd`, `sshd-session` and `sshd-auth`.
pub(crate) fn sshd<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    super::begin(message, event, "openssh", &["sshd", "auth"]);
    event.service = Some("sshd".into());
    let cut = fill::is_cut(message, event, DAEMON_CUT_BYTES);
    let body = message.body;
    if let Some(parsed) = super::pam::inside(message, event) {
        return parsed;
    }
    let body = body.strip_prefix("error: ").or_else(|| body.strip_prefix("fatal: ")).unwrap_or(body);
    let (text, preauth) = match body.strip_suffix(" [preauth]") {
        Some(text) => (text, true),
        None => (body.strip_suffix(" [postauth]").unwrap_or(body), false),
    };
    let line = Line { text, preauth, cut };
    match dispatch(line, event) {
        Parsed::Miss if cut => lost(line, event),
        Parsed::Miss if !has_failure_words(body) => Parsed::Uninteresting,
        parsed => {
            if cut && parsed == Parsed::Event {
                fill::withdraw_source(event);
            }
            parsed
        }
    }
}

/// Chooses the row by the first bytes.
fn dispatch<'a>(line: Line<'a>, event: &mut Event<'a>) -> Parsed {
    let text = line.text;
    let Some(first) = text.as_bytes().first() else { return Parsed::Miss };
    let parsed = match first {
        b'F' | b'A' | b'P' | b'I' | b'i' | b'm' | b'U' | b'R' => auth::parse(line, event),
        _ => Parsed::Miss,
    };
    if parsed != Parsed::Miss {
        return parsed;
    }
    let parsed = conn::parse(line, event);
    if parsed != Parsed::Miss {
        return parsed;
    }
    session::parse(line, event)
}

/// A cut message without a complete reading: the attempt still counts, its source is not readable (DT-HOS-21).
fn lost<'a>(line: Line<'a>, event: &mut Event<'a>) -> Parsed {
    auth::lost(line, event)
}

/// Takes the readings over into the event, with the daemon's cut in mind.
fn settle<'a>(line: Line<'_>, event: &mut Event<'a>, splits: &Splits<'a>, force: bool) {
    fill::settle(event, splits, force || line.cut);
    if line.preauth
        && let Some(user) = &mut event.user
        && let Some(decoded) = relayed(user)
    {
        *user = decoded.into();
    }
    if splits.overflow {
        event.flags.set(Flags::AMBIGUOUS);
    }
}

/// Decodes the second layer of escapes of a line relayed by the monitor. The first layer is already gone; a second one is
/// there only when every byte that needs escaping is escaped.
fn relayed(once: &str) -> Option<String> {
    once.as_bytes().contains(&b'\\').then(|| super::text::unescape(once).into_owned())
}
