//! login and the old remote-login daemons: row P08 of detection.md 3.4, klogind, rlogind, telnetd, rshd.
//!
//! Free text: the account. Anchor: left, host or terminal stand before the account. Host names come from the daemon that
//! started login; a name is never resolved.
//!
//! For the attempt counter: `TOO MANY LOGIN TRIES` and `FAILED LOGIN SESSION` end a session whose tries were counted one
//! by one, so they set `exhausted` and have `count` 0.

use super::fill::{self, auth, row, set_peer};
use super::program::quoted;
use super::text::{Peer, is_word, number, token};
use super::{Message, Parsed};
use vocab::{Event, Outcome, Reason};

/// Grammar of `login`.
pub(crate) fn login<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    super::program::run(message, event, "login", &["auth"], rows)
}

/// Grammar of klogind, rlogind, rshd and kshd.
pub(crate) fn remote<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    super::program::run(message, event, "login", &["auth"], remote_rows)
}

fn rows<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    event.service = Some("login".into());
    let body = message.body;
    if let Some(rest) = body.strip_prefix("FAILED LOGIN SESSION ") {
        return exhausted(refused(rest, event), event);
    }
    if let Some(rest) = body.strip_prefix("FAILED LOGIN ") {
        let (count, rest) = token(rest);
        let digits = count.strip_prefix('(').and_then(|count| count.strip_suffix(')')).unwrap_or(count);
        return match (number(digits), rest.strip_prefix(' ')) {
            (Some(_), Some(rest)) => refused(rest, event),
            _ => Parsed::Miss,
        };
    }
    if let Some(rest) = body.strip_prefix("TOO MANY LOGIN TRIES (") {
        let Some((_, rest)) = rest.split_once(") ") else { return Parsed::Miss };
        return exhausted(refused(rest, event), event);
    }
    if let Some(rest) = body.strip_prefix("invalid password for ") {
        let Some((name, rest)) = quoted(rest) else { return Parsed::Miss };
        return failed(name, rest.strip_prefix(' ').unwrap_or(rest), event);
    }
    succeeded(body, event)
}

/// `FROM H FOR <U>, reason`; `on 'T'[ from 'H'] FOR '<U>', reason`; `ON T FOR <U>, reason`.
fn refused<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    if let Some(rest) = text.strip_prefix("on ") {
        let Some((terminal, rest)) = quoted(rest) else { return Parsed::Miss };
        let (host, rest) = match rest.strip_prefix(" from ").and_then(quoted) {
            Some((host, rest)) => (Some(host), rest),
            None => (None, rest),
        };
        let Some(account) = rest.strip_prefix(" FOR '") else { return Parsed::Miss };
        let (name, reason) = account
            .rsplit_once("', ")
            .or_else(|| account.strip_suffix('\'').map(|name| (name, "")))
            .unwrap_or((account, ""));
        event.device = Some(terminal.into());
        return tried(name, reason, host, event);
    }
    let from = text.strip_prefix("FROM ");
    let Some(rest) = from.or_else(|| text.strip_prefix("ON ")) else { return Parsed::Miss };
    let (place, rest) = token(rest);
    let Some(rest) = rest.strip_prefix(" FOR ") else { return Parsed::Miss };
    let (name, reason) = rest.rsplit_once(", ").unwrap_or((rest, ""));
    if from.is_none() {
        event.device = Some(place.into());
    }
    tried(name, reason, from.map(|_| place), event)
}

fn tried<'a>(name: &'a str, reason: &'a str, host: Option<&'a str>, event: &mut Event<'a>) -> Parsed {
    let why = super::pam::reason(reason);
    auth(event, Outcome::Failure, if why == Reason::Unknown { Reason::BadSecret } else { why });
    event.reason_code = (!reason.is_empty()).then(|| reason.into());
    fill::user(event, name);
    if matches!(name, "UNKNOWN" | "(unknown)") || why == Reason::UnknownUser {
        fill::unknown_user(event, name);
    }
    came_from(host, event);
    row(event, "P08")
}

/// `on 'T'[ from 'H']` after `invalid password for 'U'`.
fn failed<'a>(name: &'a str, rest: &'a str, event: &mut Event<'a>) -> Parsed {
    let Some((terminal, rest)) = rest.strip_prefix("on ").and_then(quoted) else { return Parsed::Miss };
    let host = rest.strip_prefix(" from ").and_then(quoted).map(|(host, _)| host);
    event.device = Some(terminal.into());
    tried(name, "", host, event)
}

fn exhausted(parsed: Parsed, event: &mut Event<'_>) -> Parsed {
    if parsed == Parsed::Event {
        event.count = 0;
        event.class = vocab::Class::AuthorizeSession;
        event.reason = Reason::RateLimited;
        event.push_extra("exhausted", "true");
    }
    parsed
}

/// `[ROOT ]LOGIN ON T[ BY U][ FROM H]`, `ROOT LOGIN on 'T'[ from 'H']`, `DIALUP AT T BY U`.
fn succeeded<'a>(body: &'a str, event: &mut Event<'a>) -> Parsed {
    let (root, rest) = match body.strip_prefix("ROOT LOGIN ") {
        Some(rest) => (true, rest.trim_start()),
        None => match body.strip_prefix("LOGIN ").or_else(|| body.strip_prefix("DIALUP ")) {
            Some(rest) => (false, rest),
            None => return Parsed::Miss,
        },
    };
    let (terminal, name, host) = if let Some(rest) = rest.strip_prefix("on ") {
        let Some((terminal, rest)) = quoted(rest) else { return Parsed::Miss };
        (terminal, "", rest.strip_prefix(" from ").and_then(quoted).map(|(host, _)| host))
    } else {
        let Some(rest) = rest.strip_prefix("ON ").or_else(|| rest.strip_prefix("AT ")) else {
            return Parsed::Miss;
        };
        let (terminal, rest) = token(rest);
        let (name, rest) = match rest.strip_prefix(" BY ") {
            Some(rest) => token(rest),
            None => ("", rest),
        };
        (terminal, name, rest.strip_prefix(" FROM "))
    };
    if !is_word(terminal) || host.is_some_and(|host| !is_word(host)) || (!root && name.is_empty()) {
        return Parsed::Miss;
    }
    auth(event, Outcome::Success, Reason::Ok);
    event.user = Some(if root { "root".into() } else { name.into() });
    event.device = Some(terminal.into());
    came_from(host, event);
    row(event, "P08")
}

/// Source of a login: a host name or address, or the console.
fn came_from<'a>(host: Option<&'a str>, event: &mut Event<'a>) {
    match host.and_then(Peer::host) {
        Some(peer) => set_peer(event, peer),
        None => {
            let terminal = event.device.as_deref().unwrap_or_default();
            event.is_remote = super::pam::remote_by_tty(terminal);
        }
    }
}

/// `Authentication failed from A (H): reason`, `Kerberos authentication failed`.
fn remote_rows<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    event.service = Some(crate::syslog::program_name(message.program).into());
    event.is_remote = Some(true);
    if message.body.trim_end() == "Kerberos authentication failed" {
        // The line before tells of the same try and of its source.
        auth(event, Outcome::Failure, Reason::BadSecret);
        event.count = 0;
        return row(event, "P08");
    }
    let read = || {
        let (address, rest) = token(message.body.strip_prefix("Authentication failed from ")?);
        let (_, why) = rest.strip_prefix(" (")?.split_once("): ")?;
        Some((Peer::host(address)?, why))
    };
    let Some((peer, why)) = read() else { return Parsed::Miss };
    auth(event, Outcome::Failure, Reason::Protocol);
    event.reason_code = Some(why.trim_end().into());
    set_peer(event, peer);
    row(event, "P08")
}
