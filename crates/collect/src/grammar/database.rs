//! Databases (detection.md 3.9): D01 MySQL and MariaDB, D02 PostgreSQL. The message without its file's prefix.
//!
//! MySQL: `Access denied for user '<U>'@'H' (using password: YES|NO)`. Free text: the account; with `to database '<D>'` also on
//! the right. All readings are tried.
//! PostgreSQL: the account stands in quotes that it may hold itself; the address is that of the process, or the first quoted
//! text after `for host `, left of the account. One server process serves one connection.

use super::fill::{self, Split, Splits, auth, class, row, set_peer};
use super::text::{Peer, port};
use super::{Message, Parsed};
use vocab::{AuthMethod, Class, Event, Outcome, Reason, activity};

/// Grammar of `mysqld` and `mariadbd` in syslog.
pub(crate) fn mysql<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    super::program::run(message, event, "mysql", &["syslog"], |message, event| {
        super::program::shared_process(event);
        mysql_body(message.body, event)
    })
}

/// Grammar of `postgres` in syslog.
pub(crate) fn postgres<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    super::program::run(message, event, "postgresql", &["syslog"], |message, event| {
        // `[3-1] ` counts lines of one process.
        let body = message
            .body
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("] "))
            .map_or(message.body, |(_, body)| body);
        postgres_body(body, event)
    })
}

/// The message of MySQL from `Access denied` on.
pub(crate) fn mysql_body<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    event.service = Some("mysql".into());
    let at = memchr::memmem::find(text.as_bytes(), b"Access denied for user '");
    let Some(rest) = at.filter(|at| *at <= 80).and_then(|at| text.get(at + 24..)) else {
        return Parsed::Miss;
    };
    let mut splits = Splits::default();
    let mut tried = 0;
    for (place, _) in rest.match_indices("'@'") {
        tried += 1;
        if tried > 64 {
            splits.overflow = true;
            break;
        }
        let (Some(name), Some(right)) = (rest.get(..place), rest.get(place + 3..)) else { continue };
        let Some((host, tail)) = right.split_once('\'') else { continue };
        let whole = tail.is_empty()
            || tail == " (using password: YES)"
            || tail == " (using password: NO)"
            || (tail.starts_with(" to database '") && tail.ends_with('\''));
        if let Some(peer) = Peer::host(host).filter(|_| whole) {
            splits.push(Split { name, peer, rest: tail });
        }
    }
    if splits.is_empty() {
        return Parsed::Miss;
    }
    auth(event, Outcome::Failure, Reason::BadSecret);
    event.auth_method = Some(AuthMethod::Password);
    fill::settle(event, &splits, false);
    if event.src_host.as_deref() == Some("localhost") {
        event.is_remote = Some(false);
    }
    row(event, "D01")
}

/// The message of PostgreSQL after `LEVEL:  `.
pub(crate) fn postgres_body<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    event.service = Some("postgresql".into());
    let text = ["FATAL:  ", "LOG:  ", "ERROR:  ", "WARNING:  "]
        .iter()
        .find_map(|level| text.strip_prefix(level))
        .unwrap_or(text);
    if let Some(rest) = text.strip_prefix("connection received: host=") {
        let (host, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let Some(peer) = Peer::host(host) else { return Parsed::Uninteresting };
        class(event, Class::Network, activity::NET_OPEN);
        set_peer(event, Peer { port: rest.strip_prefix("port=").and_then(port), ..peer });
        return row(event, "D02");
    }
    if let Some(rest) = text.strip_prefix("connection authorized: user=") {
        auth(event, Outcome::Success, Reason::Ok);
        // The name may hold blanks; what follows it is the last ` database=`.
        let name = rest.rsplit_once(" database=").map_or(rest, |(name, _)| name);
        fill::user(event, name);
        return row(event, "D02");
    }
    if let Some(rest) = text.strip_prefix("no pg_hba.conf entry for ") {
        let rest = rest.strip_prefix("replication connection from ").unwrap_or(rest);
        let Some((host, rest)) = rest.strip_prefix("host \"").and_then(|rest| rest.split_once("\", user \""))
        else {
            return Parsed::Miss;
        };
        let Some(peer) = Peer::host(host) else { return Parsed::Miss };
        auth(event, Outcome::Failure, Reason::NotAllowed);
        let name = rest
            .rsplit_once("\", database \"")
            .or_else(|| rest.rsplit_once('"'))
            .map_or(rest, |(name, _)| name);
        fill::user(event, name);
        set_peer(event, peer);
        return row(event, "D02");
    }
    if let Some(name) = text.strip_prefix("role \"").and_then(|rest| rest.strip_suffix("\" does not exist")) {
        auth(event, Outcome::Failure, Reason::UnknownUser);
        fill::user(event, name);
        fill::unknown_user(event, name);
        return row(event, "D02");
    }
    let Some((method, rest)) = text.split_once(" authentication failed for user \"") else {
        return Parsed::Miss;
    };
    if method.len() > 20 {
        return Parsed::Miss;
    }
    auth(event, Outcome::Failure, Reason::BadSecret);
    event.auth_method = match method {
        "password" | "PAM" | "LDAP" | "RADIUS" => Some(AuthMethod::Password),
        "certificate" => Some(AuthMethod::Certificate),
        "GSSAPI" | "SSPI" => Some(AuthMethod::Gssapi),
        _ => None,
    };
    fill::user(event, rest.strip_suffix('"').unwrap_or(rest));
    row(event, "D02")
}
