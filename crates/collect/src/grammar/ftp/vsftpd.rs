//! vsftpd, row M05 of detection.md 3.8: the body of its own log and of its syslog form.
//!
//! `[pid n] [<U>] OK|FAIL VERB: Client "A"[, "path"|anon password "<P>"...]`, `CONNECT: Client "A"`. Free text: account,
//! path, password of anonymous logins. Free text on both sides: all readings are tried (DT-HOS-03). A password reading
//! needs an anonymous account.
//!
//! For the attempt counter: one `LOGIN` line is one try. Every login has a process of its own.

use crate::grammar::fill::{self, auth, class, row, set_peer};
use crate::grammar::program::run;
use crate::grammar::text::{Peer, ip, unescape};
use crate::grammar::{Message, Parsed};
use vocab::{AuthMethod, Class, Event, Flags, Outcome, Reading, Reason, activity};

/// Grammar of `vsftpd` in syslog.
pub(crate) fn vsftpd<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    run(message, event, "vsftpd", &["vsftpd"], |message, event| body(message.body, event))
}

const VERBS: &[&str] = &[
    "LOGIN",
    "UPLOAD",
    "DOWNLOAD",
    "DELETE",
    "MKDIR",
    "RMDIR",
    "RENAME",
    "CHMOD",
    "APPEND",
    "APPENDED UPLOAD",
];

/// One way to read the line.
#[derive(Clone, Copy)]
struct Reading1<'a> {
    name: &'a str,
    good: bool,
    verb: &'a str,
    address: &'a str,
    rest: &'a str,
}

/// Reads the body, process id taken off.
fn body<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    event.service = Some("vsftpd".into());
    if let Some(address) = text.strip_prefix("CONNECT: Client \"").and_then(|rest| rest.strip_suffix('"')) {
        let Some(peer) = Peer::address(address) else { return Parsed::Miss };
        class(event, Class::Network, activity::NET_OPEN);
        set_peer(event, peer);
        return row(event, "M05");
    }
    let readings = readings(text);
    let Some(first) = readings.first().copied() else { return Parsed::Miss };
    let one = readings.len() == 1;
    // Where the readings differ the worse one counts: a try that may have failed is a failure.
    let good = readings.iter().all(|reading| reading.good);
    if readings.iter().any(|reading| reading.verb == "LOGIN") {
        auth(
            event,
            if good { Outcome::Success } else { Outcome::Failure },
            if good { Reason::Ok } else { Reason::BadSecret },
        );
        event.auth_method = Some(AuthMethod::Password);
    } else {
        class(event, Class::Ftp, activity::OTHER);
        event.outcome = if good { Outcome::Success } else { Outcome::Failure };
        event.push_extra("ftp_verb", first.verb);
        if one {
            event.path = first
                .rest
                .strip_prefix(", \"")
                .and_then(|rest| rest.split_once('"'))
                .map(|(path, _)| path.into());
        }
    }
    if one {
        fill::user(event, first.name);
        if let Some(peer) = Peer::address(first.address) {
            set_peer(event, peer);
        }
        if matches!(first.name, "ftp" | "anonymous") {
            event.push_extra("anonymous", "true");
        }
    } else {
        event.flags.set(Flags::AMBIGUOUS);
        event.readings.extend(readings.iter().take(fill::READINGS_MAX).map(|reading| Reading {
            src_ip: ip(reading.address),
            user: unescape(reading.name).into_owned(),
            outcome: if reading.good { Outcome::Success } else { Outcome::Failure },
        }));
    }
    row(event, "M05")
}

/// Every place where the account could end.
fn readings(text: &str) -> Vec<Reading1<'_>> {
    let Some(text) = text.strip_prefix('[') else { return Vec::new() };
    let mut found: Vec<Reading1<'_>> = Vec::new();
    for (at, _) in text.match_indices("] ").take(64) {
        let (Some(name), Some(right)) = (text.get(..at), text.get(at + 2..)) else { continue };
        let (good, right) = match right.strip_prefix("OK ") {
            Some(right) => (true, right),
            None => match right.strip_prefix("FAIL ") {
                Some(right) => (false, right),
                None => continue,
            },
        };
        let Some((verb, right)) = right.split_once(": Client \"") else { continue };
        let Some((address, rest)) = right.split_once('"') else { continue };
        if !VERBS.contains(&verb) || Peer::address(address).is_none() {
            continue;
        }
        let login = verb == "LOGIN";
        let complete = if login {
            let anonymous = matches!(name, "ftp" | "anonymous")
                && rest.starts_with(", anon password \"")
                && rest.ends_with('"')
                && rest.len() > 17;
            rest.is_empty() || anonymous
        } else {
            rest.is_empty() || rest.starts_with(", \"")
        };
        if complete {
            found.push(Reading1 { name, good, verb, address, rest });
        }
    }
    found
}
