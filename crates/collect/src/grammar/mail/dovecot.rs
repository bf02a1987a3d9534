//! Dovecot, row M01 of detection.md 3.8: login processes of 2.0 to 2.4, and the auth processes behind them.
//!
//! `LOGIN: what[ (auth failed, n attempts in s secs)]: user=<<U>>, method=M, rip=A, lip=B, ...`. Free text: the account.
//! Anchor: the last `, rip=` that is followed by `, lip=` (everything behind it is the daemon's). One process serves many
//! clients, so nothing is joined by process id.
//!
//! For the attempt counter: the login process counts the tries of a connection, n; lines of the auth processes tell of the
//! same tries and have `count` 0.

use crate::grammar::fill::{self, auth, class, row, set_peer};
use crate::grammar::program::{run, shared_process};
use crate::grammar::text::{Peer, ip, is_word, number};
use crate::grammar::{Message, Parsed};
use vocab::{AuthMethod, Class, Event, Flags, Outcome, Reading, Reason, activity};

/// The processes that talk to clients.
const LOGINS: &[&str] = &["imap-login", "pop3-login", "submission-login", "managesieve-login"];

/// Grammar of `dovecot` and of its processes where they name themselves.
pub(crate) fn dovecot<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    run(message, event, "dovecot", &["syslog"], rows)
}

fn rows<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    shared_process(event);
    let name = crate::syslog::program_name(message.program);
    let (service, text) = if name == "dovecot" {
        match message.body.split_once(": ").filter(|(service, _)| is_word(service)) {
            Some(found) => found,
            None => return Parsed::Miss,
        }
    } else {
        (name, message.body)
    };
    let text =
        ["Info: ", "Warning: ", "Error: "].iter().find_map(|level| text.strip_prefix(level)).unwrap_or(text);
    event.service = Some(service.split('(').next().unwrap_or(service).into());
    if LOGINS.contains(&service) {
        return login(text, event);
    }
    if service.starts_with("auth") {
        return checked(text, event);
    }
    Parsed::Miss
}

fn login<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    let Some((what, rest)) = text.split_once("user=<") else { return Parsed::Miss };
    let Some(what) = what.trim_end().strip_suffix(':') else { return Parsed::Miss };
    let Some((account, peer, after)) = anchored(rest) else { return Parsed::Miss };
    if what == "Login" {
        auth(event, Outcome::Success, Reason::Ok);
    } else if let Some(count) = tries(what) {
        auth(event, Outcome::Failure, Reason::BadSecret);
        event.count = count;
    } else if what.contains("auth failed") || what.contains("disallowed plaintext auth") {
        auth(event, Outcome::Failure, Reason::NotAllowed);
    } else {
        class(event, Class::Network, activity::NET_CLOSE);
        event.reason = Reason::PreauthClose;
        if !what.starts_with("Disconnected")
            && !what.starts_with("Aborted")
            && !what.starts_with("Login aborted")
        {
            return Parsed::Miss;
        }
    }
    event.reason_code = Some(what.into());
    let (name, method) = match account.rsplit_once(">, method=") {
        Some((name, method)) if is_word(method) => (name, method),
        _ => (account.strip_suffix('>').unwrap_or(account), ""),
    };
    fill::user(event, name);
    event.auth_method = match method {
        "" => None,
        "OAUTHBEARER" | "XOAUTH2" | "EXTERNAL" => Some(AuthMethod::None),
        "GSSAPI" => Some(AuthMethod::Gssapi),
        "NTLM" => Some(AuthMethod::Ntlm),
        _ => Some(AuthMethod::Password),
    };
    event.is_cleartext = Some(!after.contains(", TLS") && matches!(method, "PLAIN" | "LOGIN"));
    event.session = after
        .rsplit_once("session=<")
        .and_then(|(_, session)| session.strip_suffix('>'))
        .filter(|session| is_word(session))
        .map(Into::into);
    set_peer(event, peer);
    row(event, "M01")
}

/// `n attempts` inside the reason.
fn tries(what: &str) -> Option<u32> {
    let (_, rest) = what.split_once("(auth failed, ")?;
    number(rest.split_once(" attempts")?.0).filter(|count| *count > 0)
}

/// Splits at the last `, rip=A, lip=`: what stands before, the peer, what stands after.
fn anchored(text: &str) -> Option<(&str, Peer<'_>, &str)> {
    let at = memchr::memmem::rfind(text.as_bytes(), b", rip=")?;
    let right = text.get(at + 6..)?;
    let (address, after) = right.split_once(',').unwrap_or((right, ""));
    if !after.is_empty() && !after.starts_with(" lip=") {
        return None;
    }
    Some((text.get(..at)?, Peer::address(address)?, after))
}

/// `pam|sql|passwd-file|...(<U>,A[,<S>]): reason` of the auth processes. The name may hold commas and brackets: exactly one
/// place must fit.
fn checked<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    // `conn unix:auth-worker (pid=1,uid=2): auth-worker<3>: ` stands before it in newer versions.
    let inner =
        text.rsplit_once("auth-worker<").and_then(|(_, rest)| rest.split_once(">: ")).map(|(_, rest)| rest);
    let text = inner.filter(|_| text.starts_with("conn ")).unwrap_or(text);
    let Some((store, rest)) = text.split_once('(') else { return Parsed::Miss };
    if !store.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        return Parsed::Miss;
    }
    let mut found = Vec::new();
    for (at, _) in rest.match_indices("): ").take(16) {
        let (Some(inside), Some(why)) = (rest.get(..at), rest.get(at + 3..)) else { continue };
        let inside = match inside.rsplit_once(",<") {
            Some((inside, session)) if session.ends_with('>') && is_word(session) => inside,
            _ => inside,
        };
        if let Some((name, address)) = inside.rsplit_once(',')
            && let Some(address) = ip(address)
        {
            found.push((name, address, why));
        }
    }
    let Some(&(name, address, why)) = found.first() else { return Parsed::Miss };
    let lower = why.to_ascii_lowercase();
    let reason = if lower.contains("unknown user") || lower.contains("user not known") {
        Reason::UnknownUser
    } else if lower.contains("mismatch") || lower.contains("authentication failure") {
        Reason::BadSecret
    } else if lower.contains("failed") || lower.contains("denied") {
        Reason::Unknown
    } else {
        return Parsed::Uninteresting;
    };
    auth(event, Outcome::Failure, reason);
    event.count = 0;
    event.reason_code = Some(why.into());
    if found.len() > 1 {
        event.flags.set(Flags::AMBIGUOUS);
        event.readings.extend(found.iter().take(8).map(|(name, ip, _)| Reading {
            src_ip: Some(*ip),
            user: (*name).to_owned(),
            outcome: Outcome::Failure,
        }));
        return row(event, "M01");
    }
    fill::user(event, name);
    if reason == Reason::UnknownUser {
        fill::unknown_user(event, name);
    }
    set_peer(event, Peer { ip: Some(address), host: None, port: None });
    row(event, "M01")
}
