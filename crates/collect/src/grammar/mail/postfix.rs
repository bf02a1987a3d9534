//! Postfix, row M02 of detection.md 3.8: smtpd of any service name, postscreen.
//!
//! Free text: SASL user name, HELO, addresses, all of which stand right of the client. Anchor: left, the bracket of
//! `HOST[A]`; Postfix prints a host name only when it is a valid one, so the first bracket is its own. One process serves
//! many clients, so nothing is joined by process id.
//!
//! For the attempt counter: the SASL failure is the try; `lost connection after AUTH` and its kind are class Email.

use crate::grammar::fill::{self, auth, class, row, set_peer};
use crate::grammar::program::{run, shared_process};
use crate::grammar::text::{Peer, ip, port};
use crate::grammar::{Message, Parsed};
use vocab::{AuthMethod, Class, Event, Outcome, Reason, activity};

/// Grammar of `postfix/...`.
pub(crate) fn postfix<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    run(message, event, "postfix", &["syslog"], rows)
}

fn rows<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    shared_process(event);
    let service = message.program.split_once('/').map_or(message.program, |(_, service)| service);
    event.service = Some(service.into());
    let body = message.body;
    if service.ends_with("postscreen") {
        return postscreen(body, event);
    }
    if !service.ends_with("smtpd") {
        return Parsed::Uninteresting;
    }
    if let Some(rest) = body.strip_prefix("warning: ") {
        return warning(rest, event);
    }
    for (start, what) in [
        ("connect from ", activity::NET_OPEN),
        ("disconnect from ", activity::NET_CLOSE),
        ("lost connection after ", activity::NET_CLOSE),
        ("timeout after ", activity::NET_CLOSE),
        ("too many errors after ", activity::NET_CLOSE),
        ("improper command pipelining after ", activity::NET_CLOSE),
    ] {
        let Some(rest) = body.strip_prefix(start) else { continue };
        let rest = if start.ends_with("after ") {
            let Some((state, rest)) = rest.split_once(" from ") else { return Parsed::Miss };
            event.reason_code = Some(state.into());
            rest
        } else {
            rest
        };
        let Some((peer, _)) = client(rest) else { return Parsed::Miss };
        class(event, Class::Network, what);
        set_peer(event, peer);
        return row(event, "M02");
    }
    let Some((queue, rest)) = body.split_once(": ") else { return Parsed::Miss };
    if !queue.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Parsed::Miss;
    }
    if let Some(rest) = rest.strip_prefix("client=") {
        return accepted(rest, event);
    }
    rest.strip_prefix("reject: ").map_or(Parsed::Miss, |rest| rejected(rest, event))
}

/// `HOST[A]` or `HOST[A]:P` at the beginning; gives the peer and what follows.
fn client(text: &str) -> Option<(Peer<'_>, &str)> {
    let (host, rest) = text.split_once('[')?;
    if host.bytes().any(|byte| byte == b' ' || byte == b']') || host.len() > 255 {
        return None;
    }
    let (address, rest) = rest.split_once(']')?;
    let address = ip(address.strip_prefix("IPv6:").unwrap_or(address));
    let host = (!matches!(host, "" | "unknown" | "localhost")).then_some(host);
    if address.is_none() && host.is_none() {
        return None;
    }
    let digits = rest.strip_prefix(':').map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    let number = if digits > 0 { rest.get(1..=digits).and_then(port) } else { None };
    let rest = if digits > 0 { rest.get(digits + 1..)? } else { rest };
    Some((Peer { ip: address, host, port: number }, rest))
}

/// `HOST[A]: SASL M authentication failed: reason[, sasl_username=<U>]`.
fn warning<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    let Some((peer, rest)) = client(text) else { return Parsed::Uninteresting };
    let Some((method, why)) =
        rest.strip_prefix(": SASL ").and_then(|rest| rest.split_once(" authentication "))
    else {
        return Parsed::Miss;
    };
    let why = match why.strip_prefix("failed").or_else(|| why.strip_prefix("failure")) {
        Some(why) => why.strip_prefix(": ").unwrap_or(why),
        None if why.starts_with("aborted") => why,
        None => return Parsed::Miss,
    };
    auth(event, Outcome::Failure, Reason::BadSecret);
    event.auth_method = Some(sasl(method));
    let (reason, name) =
        why.split_once(", sasl_username=").map_or((why, ""), |(reason, name)| (reason, name));
    event.reason_code = (!reason.is_empty()).then(|| reason.into());
    if !name.is_empty() {
        fill::user(event, name);
    }
    set_peer(event, peer);
    row(event, "M02")
}

fn sasl(method: &str) -> AuthMethod {
    match method {
        "GSSAPI" | "GSS-SPNEGO" => AuthMethod::Gssapi,
        "NTLM" => AuthMethod::Ntlm,
        "EXTERNAL" => AuthMethod::Certificate,
        _ => AuthMethod::Password,
    }
}

/// `HOST[A], sasl_method=M, sasl_username=U[, sasl_sender=S]` after `client=`.
fn accepted<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    let Some((peer, rest)) = client(text) else { return Parsed::Miss };
    match rest.strip_prefix(", sasl_method=").and_then(|rest| rest.split_once(", sasl_username=")) {
        Some((method, name)) => {
            auth(event, Outcome::Success, Reason::Ok);
            event.auth_method = Some(sasl(method));
            fill::user(event, name.split(", sasl_sender=").next().unwrap_or(name));
        }
        None => class(event, Class::Email, activity::OTHER),
    }
    set_peer(event, peer);
    row(event, "M02")
}

/// `RCPT from HOST[A]: code text; from=<..> to=<..> ...`.
fn rejected<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    let Some((_, rest)) = text.split_once(" from ") else { return Parsed::Miss };
    let Some((peer, rest)) = client(rest) else { return Parsed::Miss };
    class(event, Class::Email, activity::OTHER);
    event.outcome = Outcome::Failure;
    event.reason = Reason::NotAllowed;
    let why = rest.trim_start_matches(": ");
    event.reason_code = Some(why.split("; from=").next().unwrap_or(why).into());
    set_peer(event, peer);
    row(event, "M02")
}

/// `CONNECT from [A]:P to [B]:25`, `PREGREET n after t from [A]:P: ...`, `NOQUEUE: reject: RCPT from [A]:P: ...`.
fn postscreen<'a>(body: &'a str, event: &mut Event<'a>) -> Parsed {
    if let Some(rest) = body.strip_prefix("NOQUEUE: reject: ") {
        return rejected(rest, event);
    }
    let what = if body.starts_with("CONNECT from ") {
        activity::NET_OPEN
    } else if body.starts_with("PREGREET ") || body.starts_with("HANGUP ") || body.starts_with("DNSBL rank ")
    {
        activity::NET_FAIL
    } else if body.starts_with("DISCONNECT ") {
        activity::NET_CLOSE
    } else {
        return Parsed::Uninteresting;
    };
    let Some(at) = body.find('[') else { return Parsed::Miss };
    let Some((peer, _)) = body.get(at..).and_then(client) else { return Parsed::Miss };
    class(event, Class::Network, what);
    set_peer(event, peer);
    row(event, "M02")
}
