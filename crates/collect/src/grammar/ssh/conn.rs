//! Rows about connections: O04, O05, O06, O10 to O14, O17.

use super::{Line, settle};
use crate::grammar::Parsed;
use crate::grammar::fill::{self, Split, Splits, auth, class, row, set_peer};
use crate::grammar::text::{Peer, ip, is_host, is_word, number, peer, peer_port, port, token};
use vocab::{Class, Event, Flags, Outcome, Reason, UserKind, activity};

/// Tries the rows of this module.
pub(super) fn parse<'a>(line: Line<'a>, event: &mut Event<'a>) -> Parsed {
    let text = line.text;
    match text.as_bytes().first() {
        Some(b'C' | b'D') => closed(line, event),
        Some(b'R') if text.starts_with("Read from socket failed: ") => Parsed::Uninteresting,
        Some(b'R') => match text.strip_prefix("Received disconnect from ") {
            Some(rest) => o05(rest, event),
            None => Parsed::Miss,
        },
        Some(b'U') => o11_negotiate(line, event),
        Some(b's') if text.starts_with("ssh_dispatch_run_fatal: ") => o11_dispatch(line, event),
        Some(b'T') => timeout(line, event),
        // The line ends before they do: nothing about a try stands here.
        Some(b'W') if text.starts_with("Write failed: ") => Parsed::Uninteresting,
        Some(b'd') if text.starts_with("drop connection #") => o13(text, event),
        Some(b'a') if text.starts_with("administratively prohibited connection for ") => {
            o17_refused(line, event)
        }
        _ => o10_o14(line, event),
    }
}

/// Messages that begin with `Connection`, `Disconnected`, `Disconnecting`, `Did not receive`.
fn closed<'a>(line: Line<'a>, event: &mut Event<'a>) -> Parsed {
    let text = line.text;
    for start in ["Connection closed by ", "Connection reset by ", "Disconnected from "] {
        if let Some(rest) = text.strip_prefix(start) {
            return o04(line, rest, event);
        }
    }
    if let Some(rest) = text.strip_prefix("Disconnecting") {
        return o06(line, rest, event);
    }
    if let Some(rest) = text.strip_prefix("Connection from ") {
        if let Some(rest) = rest.strip_suffix(" timed out") {
            return preambled(line, rest, "O11", |rest| rest.is_empty(), event);
        }
        return o17(rest, event);
    }
    if let Some(rest) = text.strip_prefix("Did not receive identification string from ") {
        return whole_peer(rest, "O10", activity::NET_FAIL, event);
    }
    Parsed::Miss
}

/// The words that sshd puts before the address once it knows a user name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Preamble {
    Invalid,
    Authenticating,
    User,
}

/// Takes the preamble words off.
fn preamble(text: &str) -> Option<(Preamble, &str)> {
    let list = [
        ("invalid user", Preamble::Invalid),
        ("authenticating user", Preamble::Authenticating),
        ("user", Preamble::User),
    ];
    list.iter().find_map(|(words, kind)| {
        let rest = text.strip_prefix(words)?;
        rest.starts_with(' ').then_some((*kind, rest))
    })
}

/// `[PREAMBLE ]A port P` with `after` accepting what follows; all readings.
fn readings<'a>(rest: &'a str, after: impl Fn(&str) -> bool) -> (Option<Preamble>, Splits<'a>) {
    let tail = |right: &'a str| peer_port(right).filter(|(_, rest)| after(rest));
    let Some((kind, names)) = preamble(rest) else {
        let mut splits = Splits::default();
        // The address stands first and is the daemon's own: what follows cannot move it.
        if let Some((peer, rest)) = tail(rest).or_else(|| peer(rest).filter(|(_, rest)| after(rest))) {
            splits.push(Split { name: "", peer, rest });
        }
        return (None, splits);
    };
    // `names` begins with the blank after the preamble; an empty name gives two blanks in a row.
    let mut splits = Splits::default();
    let found = Splits::at(names, " ", tail);
    splits.overflow = found.overflow;
    for split in found.iter() {
        match split.name.strip_prefix(' ') {
            Some(name) => splits.push(Split { name, ..*split }),
            None => splits.push(*split),
        }
    }
    if kind != Preamble::Invalid {
        splits.refute(|split| is_word(split.name));
    }
    (Some(kind), splits)
}

/// O04 close lines.
fn o04<'a>(line: Line<'a>, rest: &'a str, event: &mut Event<'a>) -> Parsed {
    preambled(line, rest, "O04", |rest| rest.is_empty(), event)
}

/// A line with a preamble: a try when a name was being checked, a logoff after the login, else a closed connection.
fn preambled<'a>(
    line: Line<'a>,
    rest: &'a str,
    name: &'static str,
    after: impl Fn(&str) -> bool,
    event: &mut Event<'a>,
) -> Parsed {
    let (kind, splits) = readings(rest, after);
    let Some(first) = splits.iter().next() else { return Parsed::Miss };
    match kind {
        None => {
            class(event, Class::Network, activity::NET_CLOSE);
            event.reason = Reason::PreauthClose;
            set_peer(event, first.peer);
        }
        Some(Preamble::User) => {
            class(event, Class::Authentication, activity::AUTH_LOGOFF);
            event.outcome = Outcome::Success;
            settle(line, event, &splits, false);
        }
        Some(kind) => {
            let unknown = kind == Preamble::Invalid;
            auth(event, Outcome::Failure, if unknown { Reason::UnknownUser } else { Reason::PreauthClose });
            event.flags.set(Flags::INFERRED);
            event.user_kind = Some(if unknown { UserKind::Unknown } else { UserKind::Known });
            settle(line, event, &splits, false);
            if event.user.as_deref() == Some("") {
                event.user_kind = Some(UserKind::Empty);
            }
        }
    }
    row(event, name)
}

/// O05 `Received disconnect from A[ port P]:n: <message>`, old form `from A: n: <message>`: anchored left.
fn o05<'a>(rest: &'a str, event: &mut Event<'a>) -> Parsed {
    let (found, after) = match peer_port(rest) {
        Some(found) => found,
        None => {
            let Some((address, after)) = rest.split_once(": ") else { return Parsed::Miss };
            let Some(peer) = Peer::address(address) else { return Parsed::Miss };
            (peer, after)
        }
    };
    let after = after.strip_prefix(':').unwrap_or(after);
    let Some((code, message)) = after.split_once(':') else { return Parsed::Miss };
    if number(code.trim_start()).is_none() {
        return Parsed::Miss;
    }
    class(event, Class::Network, activity::NET_CLOSE);
    event.reason_code = Some(code.trim_start().into());
    set_peer(event, found);
    event.push_extra("disconnect_message", message.trim_start());
    row(event, "O05")
}

/// Reasons of O06 that hold no free text.
const REASONS: &[&str] = &[
    "Too many authentication failures",
    "No supported authentication methods available",
    "Packet corrupt",
    "Corrupted MAC on input.",
    "Bad packet length",
    "Timeout, your session not responding.",
    "Broken pipe",
];

/// Is the reason complete: a fixed sentence, or the one that ends with names?
fn known_reason(reason: &str) -> bool {
    let sentence = reason.strip_prefix(": ").unwrap_or(reason);
    REASONS.contains(&sentence)
        || (sentence.starts_with("Change of username or service not allowed: (") && sentence.ends_with(')'))
}

/// O06 `Disconnecting [PREAMBLE ]A port P: reason`; `Disconnecting: Too many authentication failures[ for <U>]`.
fn o06<'a>(line: Line<'a>, rest: &'a str, event: &mut Event<'a>) -> Parsed {
    if let Some(reason) = rest.strip_prefix(": ") {
        class(event, Class::Network, activity::NET_CLOSE);
        event.is_remote = Some(true);
        if let Some(name) = reason.strip_prefix("Too many authentication failures for ") {
            fill::user(event, name);
        }
        exhausted(event, reason);
        return row(event, "O06");
    }
    let Some(rest) = rest.strip_prefix(' ') else { return Parsed::Miss };
    let (kind, mut splits) = readings(rest, |after| after.starts_with(": "));
    splits.refute(|split| known_reason(split.rest));
    let Some(first) = splits.iter().next().copied() else { return Parsed::Miss };
    class(event, Class::Network, activity::NET_CLOSE);
    match kind {
        None => set_peer(event, first.peer),
        Some(kind) => {
            event.outcome = Outcome::Failure;
            event.user_kind =
                Some(if kind == Preamble::Invalid { UserKind::Unknown } else { UserKind::Known });
            settle(line, event, &splits, false);
        }
    }
    exhausted(event, first.rest.trim_start_matches(": "));
    row(event, "O06")
}

/// Notes the reason, and that the tries of the session are used up.
fn exhausted<'a>(event: &mut Event<'a>, reason: &'a str) {
    event.reason_code = Some(reason.into());
    if reason.starts_with("Too many authentication failures") {
        event.reason = Reason::RateLimited;
        event.push_extra("exhausted", "true");
    }
}

/// A message that ends with a peer and nothing else.
fn whole_peer<'a>(rest: &'a str, name: &'static str, what: u8, event: &mut Event<'a>) -> Parsed {
    let Some((found, "")) = peer(rest) else { return Parsed::Miss };
    class(event, Class::Network, what);
    event.outcome = Outcome::Failure;
    event.reason = Reason::Protocol;
    set_peer(event, found);
    row(event, name)
}

/// O11 `Unable to negotiate with [PREAMBLE ]A port P: err. Their offer: <list>`.
fn o11_negotiate<'a>(line: Line<'a>, event: &mut Event<'a>) -> Parsed {
    match line.text.strip_prefix("Unable to negotiate with ") {
        Some(rest) => protocol(line, rest, event),
        None => Parsed::Miss,
    }
}

/// O11 `ssh_dispatch_run_fatal: Connection from|to [PREAMBLE ]A port P: err`.
fn o11_dispatch<'a>(line: Line<'a>, event: &mut Event<'a>) -> Parsed {
    match line.text.strip_prefix("ssh_dispatch_run_fatal: Connection from ") {
        Some(rest) => protocol(line, rest, event),
        None => Parsed::Miss,
    }
}

/// A protocol failure with the peer before a colon.
fn protocol<'a>(line: Line<'a>, rest: &'a str, event: &mut Event<'a>) -> Parsed {
    let (kind, splits) = readings(rest, |after| after.starts_with(": "));
    let Some(first) = splits.iter().next() else { return Parsed::Miss };
    class(event, Class::Network, activity::NET_FAIL);
    event.outcome = Outcome::Failure;
    event.reason = Reason::Protocol;
    event.reason_code = Some(first.rest.trim_start_matches(": ").into());
    match kind {
        None => set_peer(event, first.peer),
        Some(_) => settle(line, event, &splits, false),
    }
    row(event, "O11")
}

/// O12 grace time over, and the `Timeout, client not responding` of O11.
fn timeout<'a>(line: Line<'a>, event: &mut Event<'a>) -> Parsed {
    let text = line.text;
    if let Some(rest) = text.strip_prefix("Timeout, client not responding from ") {
        return preambled(line, rest, "O11", |rest| rest.is_empty(), event);
    }
    let Some(rest) = text.strip_prefix("Timeout before authentication for ") else { return Parsed::Miss };
    if let Some(rest) = rest.strip_prefix("connection from ") {
        let Some((from, tail)) = rest.split_once(" to ") else { return Parsed::Miss };
        let Some((to, pid)) = tail.split_once(", pid = ") else { return Parsed::Miss };
        let (Some(peer), Some(_)) = (Peer::address(from), number(pid)) else { return Parsed::Miss };
        class(event, Class::Network, activity::NET_FAIL);
        event.dst_ip = ip(to);
        set_peer(event, peer);
        event.outcome = Outcome::Failure;
        return row(event, "O12");
    }
    let parsed = whole_peer(rest, "O12", activity::NET_FAIL, event);
    event.reason = Reason::Unknown;
    parsed
}

/// O13 `drop connection #n from [A]:P on [B]:P2 why`.
fn o13<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    let refused = || {
        let (count, rest) = token(text.strip_prefix("drop connection #")?);
        number(count)?;
        let (from, rest) = bracketed(rest.strip_prefix(" from [")?)?;
        let (to, rest) = bracketed(rest.strip_prefix(" on [")?)?;
        Some((from, to, rest.strip_prefix(' ').unwrap_or(rest)))
    };
    let Some((from, to, why)) = refused() else { return Parsed::Miss };
    class(event, Class::Network, activity::NET_REFUSE);
    event.outcome = Outcome::Failure;
    event.reason = Reason::RateLimited;
    event.reason_code = Some(why.into());
    event.push_extra("dropped", "1");
    event.dst_ip = to.ip;
    event.dst_port = to.port;
    set_peer(event, from);
    row(event, "O13")
}

/// `A]:P` and what follows.
fn bracketed(text: &str) -> Option<(Peer<'_>, &str)> {
    let (address, rest) = text.split_once("]:")?;
    let (digits, rest) = token(rest);
    Some((Peer { port: Some(port(digits)?), ..Peer::address(address)? }, rest))
}

/// O17 `Connection from A port P on B port P2[ rdomain "r"]`.
fn o17<'a>(rest: &'a str, event: &mut Event<'a>) -> Parsed {
    let Some((from, rest)) = peer_port(rest) else { return Parsed::Miss };
    if let Some((to, tail)) = rest.strip_prefix(" on ").and_then(peer_port) {
        if !(tail.is_empty() || (tail.starts_with(" rdomain \"") && tail.ends_with('"'))) {
            return Parsed::Miss;
        }
        event.dst_ip = to.ip;
        event.dst_port = to.port;
    } else if !rest.is_empty() {
        return Parsed::Miss;
    }
    class(event, Class::Network, activity::NET_OPEN);
    set_peer(event, from);
    row(event, "O17")
}

/// O17 `administratively prohibited connection for [invalid user ]<U> from A port P`.
fn o17_refused<'a>(line: Line<'a>, event: &mut Event<'a>) -> Parsed {
    let Some(rest) = line.text.strip_prefix("administratively prohibited connection for ") else {
        return Parsed::Miss;
    };
    let (rest, unknown) = match rest.strip_prefix("invalid user ") {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    let mut splits = Splits::at(rest, " from ", |right| peer_port(right).filter(|(_, rest)| rest.is_empty()));
    if splits.is_empty() {
        return Parsed::Miss;
    }
    if !unknown {
        splits.refute(|split| is_word(split.name));
    }
    class(event, Class::Network, activity::NET_REFUSE);
    event.outcome = Outcome::Failure;
    event.reason = Reason::NotAllowed;
    settle(line, event, &splits, false);
    row(event, "O17")
}

/// O10 version exchange, O14 penalties and rate limits.
fn o10_o14<'a>(line: Line<'a>, event: &mut Event<'a>) -> Parsed {
    let text = line.text;
    if let Some(rest) = text.strip_prefix("kex_exchange_identification: ") {
        class(event, Class::Network, activity::NET_FAIL);
        event.outcome = Outcome::Failure;
        event.reason = Reason::Protocol;
        event.reason_code = Some(rest.into());
        event.is_remote = Some(true);
        return row(event, "O10");
    }
    if let Some(rest) = text.strip_prefix("banner exchange: Connection from ") {
        return match peer_port(rest) {
            Some((found, tail)) if tail.starts_with(": ") => o10(found, tail.trim_start_matches(": "), event),
            _ => Parsed::Miss,
        };
    }
    if let Some(rest) = text.strip_prefix("Bad protocol version identification '") {
        return o10_version(line, rest, event);
    }
    if let Some(rest) = text.strip_prefix("Bad remote protocol version identification: '") {
        class(event, Class::Network, activity::NET_FAIL);
        event.outcome = Outcome::Failure;
        event.reason = Reason::Protocol;
        event.is_remote = Some(true);
        event.push_extra("client_version", rest.strip_suffix('\'').unwrap_or(rest));
        return row(event, "O10");
    }
    for start in ["probed from ", "scanned from "] {
        if let Some(rest) = text.strip_prefix(start) {
            return match peer_port(rest) {
                Some((found, tail)) if tail.starts_with(" with ") => o10(found, tail, event),
                _ => Parsed::Miss,
            };
        }
    }
    o14(text, event)
}

/// The event of O10: the peer stands left of the text it sent.
fn o10<'a>(found: Peer<'a>, tail: &'a str, event: &mut Event<'a>) -> Parsed {
    class(event, Class::Network, activity::NET_FAIL);
    event.outcome = Outcome::Failure;
    event.reason = Reason::Protocol;
    event.reason_code = Some(tail.into());
    set_peer(event, found);
    row(event, "O10")
}

/// `<X>' from A port P`: the text of the client stands left.
fn o10_version<'a>(line: Line<'a>, rest: &'a str, event: &mut Event<'a>) -> Parsed {
    let splits = Splits::at(rest, " from ", |right| peer(right).filter(|(_, rest)| rest.is_empty()));
    if splits.is_empty() && !line.cut {
        return Parsed::Miss;
    }
    class(event, Class::Network, activity::NET_FAIL);
    event.outcome = Outcome::Failure;
    event.reason = Reason::Protocol;
    // Without a reading the source was cut off: the event is ambiguous.
    settle(line, event, &splits, false);
    if let Some(version) = event.user.take() {
        event.push_extra("client_version", version);
    }
    row(event, "O10")
}

/// O14 penalties of the server and dropped connections: a lower bound of attempts that it refused.
fn o14<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    if let Some(rest) = text.strip_prefix("srclimit_penalise: ") {
        class(event, Class::Network, activity::NET_REFUSE);
        event.outcome = Outcome::Failure;
        event.reason = Reason::RateLimited;
        event.reason_code = Some(rest.into());
        event.is_remote = Some(true);
        penalised(rest, event);
        return row(event, "O14");
    }
    let dropped = || {
        let head = text.strip_suffix(" connections dropped")?;
        let (left, count) = head.rsplit_once(' ')?;
        let known =
            left.ends_with(" logging rate-limited: additional") || left.starts_with("exited MaxStartups");
        if known { number(count).map(|_| count) } else { None }
    };
    if let Some(count) = dropped() {
        class(event, Class::Network, activity::NET_REFUSE);
        event.outcome = Outcome::Failure;
        event.reason = Reason::RateLimited;
        event.is_remote = Some(true);
        event.push_extra("dropped", count);
        return row(event, "O14");
    }
    if text == "beginning MaxStartups throttling" {
        class(event, Class::Network, activity::NET_REFUSE);
        event.reason = Reason::RateLimited;
        event.is_remote = Some(true);
        return row(event, "O14");
    }
    Parsed::Miss
}

/// The prefix that is punished: an address alone (or with the full length) becomes the source.
fn penalised<'a>(rest: &'a str, event: &mut Event<'a>) {
    let prefix = rest
        .strip_prefix("ipv4: new ")
        .or_else(|| rest.strip_prefix("ipv6: new "))
        .map(|right| token(right).0)
        .or_else(|| rest.split_once(": activating ").map(|(left, _)| left));
    let Some(prefix) = prefix.filter(|text| is_host(text.split('/').next().unwrap_or_default())) else {
        return;
    };
    event.push_extra("prefix", prefix);
    let (address, bits) = prefix.split_once('/').unwrap_or((prefix, ""));
    if matches!((address.contains(':'), bits), (_, "") | (false, "32") | (true, "128")) {
        event.src_ip = ip(address);
    }
}
