//! ProFTPD, Pure-FTPd and wu-ftpd: row M06 of detection.md 3.8.
//!
//! ProFTPD: `SERVER (HOST[A])[: | - ]message`; Pure-FTPd: `(U@HOST) [LEVEL] message`; wu-ftpd: `VERB FROM HOST [A], <U>`.
//! Free text: the account, right of the client. Anchor: left, the bracket before the message. Reverse names hold no
//! brackets or blanks. Every session of ProFTPD has a process of its own.

use crate::grammar::fill::{self, auth, class, row, set_peer};
use crate::grammar::program::{between, run};
use crate::grammar::text::{Peer, ip, is_host, token};
use crate::grammar::{Message, Parsed};
use vocab::{Class, Event, Outcome, Reason, activity};

/// Grammar of `proftpd`.
pub(crate) fn proftpd<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    run(message, event, "proftpd", &["syslog"], proftpd_rows)
}

/// Grammar of `pure-ftpd`.
pub(crate) fn pureftpd<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    run(message, event, "pure-ftpd", &["syslog"], pureftpd_rows)
}

/// Grammar of `ftpd`, `wu-ftpd` and `in.ftpd`.
pub(crate) fn wuftpd<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    run(message, event, "ftpd", &["syslog"], wuftpd_rows)
}

/// `HOST[A]` with nothing else.
fn named(text: &str) -> Option<Peer<'_>> {
    let (host, address) = text.strip_suffix(']')?.split_once('[')?;
    let address = ip(address)?;
    let name = is_host(host) && ip(host).is_none();
    Some(Peer { ip: Some(address), host: name.then_some(host), port: None })
}

fn proftpd_rows<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    event.service = Some("proftpd".into());
    let read = || {
        let (server, rest) = message.body.split_once(" (").filter(|(server, _)| is_host(server))?;
        let (client, text) = rest.split_once(")")?;
        let text = text.strip_prefix(": ").or_else(|| text.strip_prefix(" - "))?;
        Some((server, named(client)?, text))
    };
    let Some((server, peer, text)) = read() else { return Parsed::Miss };
    set_peer(event, peer);
    event.dst_ip = ip(server);
    if text == "FTP session opened." || text == "FTP session closed." {
        let what = if text.ends_with("opened.") { activity::NET_OPEN } else { activity::NET_CLOSE };
        class(event, Class::Network, what);
        return row(event, "M06");
    }
    if text.starts_with("Maximum login attempts (") {
        class(event, Class::Network, activity::NET_CLOSE);
        event.reason = Reason::RateLimited;
        event.push_extra("exhausted", "true");
        return row(event, "M06");
    }
    if text.to_ascii_lowercase().starts_with("security violation: root login attempted") {
        auth(event, Outcome::Failure, Reason::NotAllowed);
        event.user = Some("root".into());
        return row(event, "M06");
    }
    let Some(rest) = text.strip_prefix("USER ").or_else(|| text.strip_prefix("ANON ")) else {
        return Parsed::Miss;
    };
    if let Some(name) =
        rest.strip_suffix(": Login successful.").or_else(|| rest.strip_suffix(": Login successful"))
    {
        auth(event, Outcome::Success, Reason::Ok);
        fill::user(event, name);
        return row(event, "M06");
    }
    if let Some((name, why)) = rest.rsplit_once(" (Login failed): ") {
        auth(event, Outcome::Failure, login_reason(why));
        event.reason_code = Some(why.into());
        fill::user(event, name);
        return row(event, "M06");
    }
    if let Some((name, _)) = rest.rsplit_once(": no such user found") {
        auth(event, Outcome::Failure, Reason::UnknownUser);
        fill::user(event, name);
        fill::unknown_user(event, name);
        return row(event, "M06");
    }
    Parsed::Miss
}

fn login_reason(why: &str) -> Reason {
    let lower = why.to_ascii_lowercase();
    if lower.contains("no such user") {
        Reason::UnknownUser
    } else if lower.contains("incorrect password") {
        Reason::BadSecret
    } else if lower.contains("limit access") || lower.contains("shell") || lower.contains("denied") {
        Reason::NotAllowed
    } else if lower.contains("disabled") {
        Reason::Disabled
    } else if lower.contains("expired") {
        Reason::Expired
    } else {
        Reason::Unknown
    }
}

fn pureftpd_rows<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    event.service = Some("pure-ftpd".into());
    let read = || {
        let (who, rest) = message.body.strip_prefix('(')?.split_once(") [")?;
        let (account, host) = who.rsplit_once('@')?;
        let (level, text) = rest.split_once("] ")?;
        Some((account, Peer::host(host)?, level, text))
    };
    let Some((account, peer, _, text)) = read() else { return Parsed::Miss };
    if let Some(name) = between(text, "Authentication failed for user [", "]") {
        auth(event, Outcome::Failure, Reason::BadSecret);
        fill::user(event, name);
    } else if let Some(name) = text.strip_suffix(" is now logged in") {
        auth(event, Outcome::Success, Reason::Ok);
        fill::user(event, name);
    } else if text.starts_with("New connection from ") {
        class(event, Class::Network, activity::NET_OPEN);
    } else if text.starts_with("Logout") || text.starts_with("Timeout") {
        class(event, Class::Network, activity::NET_CLOSE);
    } else {
        class(event, Class::Ftp, activity::OTHER);
    }
    if event.user.is_none() && account != "?" {
        fill::user(event, account);
    }
    set_peer(event, peer);
    row(event, "M06")
}

/// `connection from A (HOST) at ...`, `[ANONYMOUS ]FTP LOGIN FROM HOST [A], <U>`, `FTP LOGIN REFUSED (why) FROM ...`,
/// `failed login from HOST [A][, <U>]`.
fn wuftpd_rows<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    event.service = Some("ftpd".into());
    let body = message.body;
    if let Some(rest) = body.strip_prefix("connection from ") {
        let (address, rest) = token(rest);
        let host = rest.strip_prefix(" (").and_then(|rest| rest.split_once(')')).map(|(host, _)| host);
        let Some(peer) = Peer::host(address) else { return Parsed::Miss };
        class(event, Class::Network, activity::NET_OPEN);
        set_peer(event, Peer { host: peer.host.or(host.filter(|host| is_host(host))), ..peer });
        return row(event, "M06");
    }
    if body.starts_with("User ") && body.contains(" timed out after ") {
        return Parsed::Uninteresting;
    }
    let (text, outcome, reason) = if let Some(rest) = body.strip_prefix("FTP LOGIN REFUSED (") {
        let Some((why, rest)) = rest.split_once(") FROM ") else { return Parsed::Miss };
        event.reason_code = Some(why.into());
        (rest, Outcome::Failure, Reason::NotAllowed)
    } else if let Some(rest) = body.strip_prefix("failed login from ") {
        (rest, Outcome::Failure, Reason::BadSecret)
    } else if let Some(rest) =
        body.strip_prefix("FTP LOGIN FROM ").or_else(|| body.strip_prefix("ANONYMOUS FTP LOGIN FROM "))
    {
        (rest, Outcome::Success, Reason::Ok)
    } else {
        return Parsed::Miss;
    };
    let (place, name) = text.split_once(',').unwrap_or((text, ""));
    let peer = match place.split_once(" [") {
        Some((host, address)) => named_apart(host, address),
        None => Peer::host(place),
    };
    let Some(peer) = peer else { return Parsed::Miss };
    auth(event, outcome, reason);
    let name = name.trim_start();
    if body.starts_with("ANONYMOUS") {
        event.user = Some("anonymous".into());
        event.push_extra("anonymous", "true");
    } else if !name.is_empty() {
        fill::user(event, name);
    }
    set_peer(event, peer);
    row(event, "M06")
}

fn named_apart<'a>(host: &'a str, address: &'a str) -> Option<Peer<'a>> {
    let address = ip(address.strip_suffix(']')?)?;
    Some(Peer { ip: Some(address), host: is_host(host).then_some(host), port: None })
}
