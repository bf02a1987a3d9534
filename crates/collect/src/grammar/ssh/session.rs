//! Rows about sessions, keys, reverse names and the service itself: O18 to O22.

use super::{Line, info, settle};
use crate::grammar::Parsed;
use crate::grammar::fill::{self, Splits, auth, class, row, set_peer};
use crate::grammar::text::{Peer, ip, is_word, number, peer_port, token};
use vocab::{Class, Event, Outcome, Reason, activity};

/// Tries the rows of this module.
pub(super) fn parse<'a>(line: Line<'a>, event: &mut Event<'a>) -> Parsed {
    let text = line.text;
    let parsed = match text.as_bytes().first() {
        Some(b'S') => o18_start(text, event),
        Some(b'C') => o18_close(text, event),
        Some(b's') => o18_crash(text, event),
        Some(b'A' | b'R') => o19(text, event),
        Some(b'r') => o20_reverse(text, event),
        Some(b'N') => nasty(text, event),
        Some(b'u' | b'p') => o21(line, event),
        _ => Parsed::Miss,
    };
    if parsed == Parsed::Miss { o22(text, event) } else { parsed }
}

/// O18 `User child is on pid n`: joins the process that goes on after the login.
pub(super) fn child<'a>(pid: &'a str, event: &mut Event<'a>) -> Parsed {
    if number(pid).is_none() {
        return Parsed::Miss;
    }
    class(event, Class::Ssh, activity::OTHER);
    event.push_extra("child_pid", pid);
    row(event, "O18")
}

/// O18 `Starting session: TYPE[ on TTY] for U from A port P id n`.
fn o18_start<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    let read = || {
        let rest = text.strip_prefix("Starting session: ")?;
        let (left, tail) = rest.rsplit_once(" from ")?;
        let (peer, tail) = peer_port(tail)?;
        number(tail.strip_prefix(" id ")?)?;
        let (what, name) = left.rsplit_once(" for ")?;
        is_word(name).then_some((what, name, peer))
    };
    let Some((what, name, peer)) = read() else { return Parsed::Miss };
    class(event, Class::Ssh, activity::NET_OPEN);
    event.outcome = Outcome::Success;
    if let Some((_, tty)) = what.rsplit_once(" on ") {
        event.device = Some(tty.into());
    }
    event.push_extra("session_type", token(what).0);
    fill::user(event, name);
    set_peer(event, peer);
    row(event, "O18")
}

/// O18 `Close session: user U from A port P id n`; `Closing connection to A port P`.
fn o18_close<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    if let Some((peer, "")) = text.strip_prefix("Closing connection to ").and_then(peer_port) {
        class(event, Class::Network, activity::NET_CLOSE);
        set_peer(event, peer);
        return row(event, "O18");
    }
    let read = || {
        let rest = text.strip_prefix("Close session: user ")?;
        let (name, tail) = rest.rsplit_once(" from ")?;
        let (peer, tail) = peer_port(tail)?;
        number(tail.strip_prefix(" id ")?)?;
        is_word(name).then_some((name, peer))
    };
    let Some((name, peer)) = read() else { return Parsed::Miss };
    class(event, Class::Ssh, activity::NET_CLOSE);
    fill::user(event, name);
    set_peer(event, peer);
    row(event, "O18")
}

/// O18 `session process n for connection from A to B killed by signal n`: a crash of the daemon's child.
fn o18_crash<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    let read = || {
        let rest = text.strip_prefix("session process ")?;
        let (pid, rest) = token(rest);
        number(pid)?;
        let (from, rest) = rest.strip_prefix(" for connection from ")?.split_once(" to ")?;
        let (to, signal) = rest.split_once(" killed by signal ")?;
        number(signal)?;
        Some((Peer::address(from)?, ip(to), signal))
    };
    let Some((peer, to, signal)) = read() else { return Parsed::Miss };
    class(event, Class::Process, activity::PROCESS_TERMINATE);
    event.outcome = Outcome::Failure;
    event.dst_ip = to;
    set_peer(event, peer);
    event.push_extra("signal", signal);
    row(event, "O18")
}

/// O19 facts about keys and certificates.
fn o19<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    if let Some(rest) = text.strip_prefix("Accepted key ") {
        let (_, rest) = token(rest);
        let (fingerprint, tail) = token(rest.trim_start());
        if !info::is_fingerprint(fingerprint) || !tail.starts_with(" found at ") {
            return Parsed::Miss;
        }
        class(event, Class::Ssh, activity::OTHER);
        event.key_id = Some(fingerprint.into());
        return row(event, "O19");
    }
    if let Some(rest) = text.strip_prefix("Accepted certificate ID \"") {
        let Some((id, tail)) = rest.rsplit_once("\" (serial ") else { return Parsed::Miss };
        class(event, Class::Ssh, activity::OTHER);
        event.push_extra("certificate_id", crate::grammar::text::unescape(id));
        if let Some((_, authority)) = tail.split_once(" CA ") {
            event.push_extra("certificate_authority", token(authority).0);
        }
        return row(event, "O19");
    }
    if let Some(rest) = text.strip_prefix("Authentication key ") {
        let Some((key, _)) = rest.rsplit_once(" revoked by file ") else { return Parsed::Miss };
        auth(event, Outcome::Failure, Reason::RevokedKey);
        event.severity = 3;
        event.count = 0;
        event.is_remote = Some(true);
        event.key_id = key.rsplit_once(' ').map(|(_, fingerprint)| fingerprint.into());
        return row(event, "O19");
    }
    if text.starts_with("Refusing certificate ID \"") {
        auth(event, Outcome::Failure, Reason::RevokedKey);
        event.count = 0;
        event.is_remote = Some(true);
        return row(event, "O19");
    }
    if let Some(rest) = text.strip_prefix("Authentication refused") {
        class(event, Class::Ssh, activity::OTHER);
        event.reason = Reason::BadKey;
        if let Some((name, _)) = rest.strip_prefix(" for ").and_then(|rest| rest.split_once(": bad owner")) {
            fill::user(event, name);
        }
        return row(event, "O19");
    }
    o20_maps(text, event)
}

/// O20 `Address A maps to <name>, but this does not map back to the address[...]`: anchored left.
fn o20_maps<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    let Some(rest) = text.strip_prefix("Address ") else { return Parsed::Miss };
    let (address, rest) = token(rest);
    let (Some(peer), Some((name, _))) = (
        Peer::address(address),
        rest.strip_prefix(" maps to ")
            .and_then(|rest| rest.split_once(", but this does not map back to the address")),
    ) else {
        return Parsed::Miss;
    };
    reverse(name, peer, event)
}

/// O20 `reverse mapping checking getaddrinfo for <name> [A] failed...`.
fn o20_reverse<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    let read = || {
        let rest = text.strip_prefix("reverse mapping checking getaddrinfo for ")?;
        let (left, tail) = rest.rsplit_once("] failed")?;
        let (name, address) = left.rsplit_once(" [")?;
        let tail_ok =
            matches!(tail, "" | "." | " - POSSIBLE BREAK-IN ATTEMPT!" | ". - POSSIBLE BREAK-IN ATTEMPT!");
        (tail_ok && is_word(name)).then_some((name, Peer::address(address)?))
    };
    let Some((name, peer)) = read() else { return Parsed::Miss };
    reverse(name, peer, event)
}

/// `Nasty PTR record "<name>" is set up for A, ignoring`.
fn nasty<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    let read = || {
        let rest = text.strip_prefix("Nasty PTR record \"")?.strip_suffix(", ignoring")?;
        let (name, address) = rest.rsplit_once("\" is set up for ")?;
        Some((name, Peer::address(address)?))
    };
    let Some((name, peer)) = read() else { return Parsed::Miss };
    reverse(name, peer, event)
}

/// The event of O20: a note with the source; the name belongs to the owner of the reverse zone.
fn reverse<'a>(name: &'a str, peer: Peer<'a>, event: &mut Event<'a>) -> Parsed {
    class(event, Class::Network, activity::OTHER);
    set_peer(event, peer);
    event.src_host = Some(name.into());
    row(event, "O20")
}

/// O21 host-based mismatch, and signatures that were refused.
fn o21<'a>(line: Line<'a>, event: &mut Event<'a>) -> Parsed {
    if let Some(rest) = line.text.strip_prefix("userauth_hostbased mismatch: client sends ") {
        let read = || {
            let (_, tail) = rest.rsplit_once(", but we resolve ")?;
            let (address, tail) = token(tail);
            let name = tail.strip_prefix(" to ")?;
            is_word(name).then_some((Peer::address(address)?, name))
        };
        let Some((peer, name)) = read() else { return Parsed::Miss };
        auth(event, Outcome::Failure, Reason::BadKey);
        event.auth_method = Some(vocab::AuthMethod::Hostbased);
        event.count = 0;
        set_peer(event, peer);
        event.src_host = Some(name.into());
        return row(event, "O21");
    }
    let Some(rest) = line.text.strip_prefix("public key ") else { return Parsed::Miss };
    let Some((_, who)) = rest.split_once(" signature for ") else { return Parsed::Miss };
    let (who, unknown) = match who.strip_prefix("invalid user ") {
        Some(who) => (who, true),
        None => (who, false),
    };
    let tail = |right: &'a str| peer_port(right).filter(|(_, rest)| rest.starts_with(" rejected: "));
    let mut splits = Splits::at(who, " from ", tail);
    if splits.is_empty() {
        return Parsed::Miss;
    }
    if !unknown {
        splits.refute(|split| is_word(split.name));
    }
    auth(event, Outcome::Failure, Reason::BadKey);
    event.auth_method = Some(vocab::AuthMethod::Publickey);
    event.count = 0;
    settle(line, event, &splits, false);
    row(event, "O21")
}

/// O22 life of the service.
fn o22<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    if let Some((found, ".")) = text.strip_prefix("Server listening on ").and_then(peer_port) {
        class(event, Class::Base, activity::OTHER);
        event.dst_ip = found.ip;
        event.dst_port = found.port;
        event.push_extra("lifecycle", "start");
        return row(event, "O22");
    }
    if text.strip_prefix("Received signal ").and_then(|rest| rest.strip_suffix("; terminating.")).is_some() {
        class(event, Class::Base, activity::OTHER);
        event.push_extra("lifecycle", "stop");
        return row(event, "O22");
    }
    if let Some(rest) = text.strip_prefix("subsystem request for ") {
        let Some((what, name)) = rest.split_once(" by user ") else { return Parsed::Miss };
        class(event, Class::Ssh, activity::OTHER);
        event.push_extra("subsystem", what);
        fill::user(event, name);
        return row(event, "O22");
    }
    if text.starts_with("refusing non-sftp session") || text.starts_with("refusing previously-used ") {
        class(event, Class::Ssh, activity::OTHER);
        event.outcome = Outcome::Failure;
        return row(event, if text.starts_with("refusing non") { "O22" } else { "O19" });
    }
    Parsed::Miss
}
