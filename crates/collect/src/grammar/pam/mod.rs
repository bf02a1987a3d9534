//! PAM modules, rows P01 to P05 of detection.md 3.4: `pam_unix(SVC:TYPE): ...` inside the log of any program, and the old
//! form `PROG(pam_unix): ...`. Seen: Linux-PAM 0.7x to 1.5, sssd, faillock, tally2, winbind, google-authenticator.
//!
//! Free text: `ruser` for some services, `user` for modules other than pam_unix. Anchor: the last ` rhost=` before the
//! optional `  user=`; other readings make the record ambiguous. No cut of its own beside the transport's.
//!
//! For the attempt counter (DT-FMT-16): P01 counts 1 (the same try as an O01 of the same `attempt` within 3 s); "check
//! pass" and "ignoring max retries" have `count` 0; `n more authentication failures` has `count` n; P03 of a service that
//! logs its own success has `count` 0.

mod modules;
mod session;
#[cfg(test)]
mod tests;

use super::fill::{self, Split, Splits, auth, row};
use super::text::{Peer, has_failure_words, is_word, number};
use super::{Message, Parsed};
use std::borrow::Cow;
use vocab::{Event, Flags, Outcome, Reason, UserKind};

/// The head of a PAM message.
#[derive(Clone, Copy, Debug)]
struct Head<'a> {
    /// Module, e.g. `pam_unix`.
    module: &'a str,
    /// Service, e.g. `sshd`.
    service: &'a str,
    /// The text after the head.
    text: &'a str,
}

/// Parses a PAM message inside the log of a program; `None` when the body is none.
pub(crate) fn inside<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Option<Parsed> {
    let head = head(message)?;
    if event.origin.parser.is_empty() {
        super::begin(message, event, "pam", &["auth"]);
    }
    event.origin.parser = "pam";
    event.service = Some(Cow::Borrowed(head.service));
    let cut = fill::is_cut(message, event, usize::MAX);
    let parsed = match rows(head, event) {
        Parsed::Miss if !has_failure_words(head.text) => Parsed::Uninteresting,
        parsed => parsed,
    };
    if cut && parsed == Parsed::Event {
        fill::withdraw_source(event);
    }
    Some(parsed)
}

/// Grammar of programs that have none of their own: PAM lines, else nothing of interest.
pub(crate) fn other<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    if let Some(parsed) = inside(message, event) {
        return parsed;
    }
    super::begin(message, event, "syslog", &["syslog"]);
    Parsed::Uninteresting
}

/// Reads the head: `pam_x(svc:type): `, `PAM ` of the library itself, or the old `prog(pam_x)` program name.
fn head<'a>(message: &Message<'a>) -> Option<Head<'a>> {
    let body = message.body;
    let program = message.program;
    let (name, old) = match program.split_once('(') {
        Some((name, module)) => (name, module.strip_suffix(')').filter(|module| module.starts_with("pam_"))),
        None => (program, None),
    };
    if body.starts_with("pam_") {
        let (module, rest) = body.split_once('(')?;
        let (place, text) = rest.split_once("): ").or_else(|| rest.split_once("):"))?;
        let service = place.split_once(':').map_or(place, |(service, _)| service);
        let good = module.len() <= 40 && is_word(module) && place.len() <= 80 && is_word(place);
        return good.then_some(Head { module, service, text });
    }
    if let Some(module) = old {
        return Some(Head { module, service: name, text: body });
    }
    let plain = body.starts_with("authentication failure; logname=") || body == "check pass; user unknown";
    let library = body.starts_with("PAM ")
        && (body.contains(" more authentication failure") || body.contains(" ignoring max retries; "));
    (plain || library).then_some(Head { module: "pam_unix", service: name, text: body })
}

/// Tries the rows.
fn rows<'a>(head: Head<'a>, event: &mut Event<'a>) -> Parsed {
    let text = head.text;
    if let Some(rest) = text.strip_prefix("authentication failure; ") {
        return failure(head, rest, event);
    }
    if let Some(rest) = text.strip_prefix("PAM ") {
        return p02(head, rest, event);
    }
    if text == "check pass; user unknown" {
        auth(event, Outcome::Failure, Reason::UnknownUser);
        event.count = 0;
        event.user_kind = Some(UserKind::Unknown);
        return row(event, "P02");
    }
    if text.starts_with("session ") {
        return session::p03(head, event);
    }
    modules::parse(head, event)
}

/// P02 `PAM n more authentication failure[s]; ...` and `PAM service(SVC) ignoring max retries; n > m`.
fn p02<'a>(head: Head<'a>, rest: &'a str, event: &mut Event<'a>) -> Parsed {
    if rest.starts_with("service(") && rest.contains(") ignoring max retries; ") {
        auth(event, Outcome::Failure, Reason::RateLimited);
        event.count = 0;
        event.push_extra("exhausted", "true");
        return row(event, "P02");
    }
    let Some((count, tail)) = rest.split_once(" more authentication failure") else { return Parsed::Miss };
    let (Some(count), Some((_, tail))) = (number(count), tail.split_once("; ")) else { return Parsed::Miss };
    let parsed = failure(head, tail, event);
    if parsed == Parsed::Event {
        event.count = event.count.max(1).saturating_mul(count);
        event.origin.grammar = "P02";
    }
    parsed
}

/// P01 `logname=L uid=n euid=n tty=T ruser=<R> rhost=H[  user=U]`; every place where ` rhost=` could stand is tried.
fn failure<'a>(head: Head<'a>, rest: &'a str, event: &mut Event<'a>) -> Parsed {
    let Some((fields, body)) = fields(rest) else { return Parsed::Miss };
    let mut splits = Splits::at(body, " rhost=", rhost);
    if head.module == "pam_unix" {
        // pam_unix prints only names that exist, so white space refutes (DT-HOS-04).
        splits.refute(|split| !split.rest.contains(' '));
    }
    if splits.is_empty() {
        return Parsed::Miss;
    }
    auth(event, Outcome::Failure, Reason::BadSecret);
    settle_rhost(event, &splits);
    if event.user.is_some() && head.module == "pam_unix" {
        event.user_kind = Some(UserKind::Known);
    }
    if !fields.tty.is_empty() {
        event.device = Some(fields.tty.into());
    }
    event.actor_uid = Some(fields.uid.into());
    let ruser = splits.iter().next().map_or("", |split| split.name);
    if !ruser.is_empty() && !event.flags.has(Flags::AMBIGUOUS) {
        event.actor = Some(super::text::unescape(ruser));
    }
    if event.is_remote.is_none() {
        event.is_remote = remote_by_tty(fields.tty);
    }
    row(event, "P01")
}

/// The daemon-owned fields left of `ruser`.
struct Fields<'a> {
    uid: &'a str,
    tty: &'a str,
}

/// `logname=L uid=n euid=n tty=T ruser=`; gives the fields and the text from the ruser value on.
fn fields(rest: &str) -> Option<(Fields<'_>, &str)> {
    let rest = rest.strip_prefix("logname=")?;
    let (_, rest) = rest.split_once(" uid=")?;
    let (uid, rest) = rest.split_once(" euid=")?;
    let (euid, rest) = rest.split_once(" tty=")?;
    let (tty, rest) = rest.split_once(" ruser=")?;
    number(uid)?;
    number(euid)?;
    Some((Fields { uid, tty }, rest))
}

/// `H[ ][ user=U]` to the end: the peer, and the account as the rest.
fn rhost(text: &str) -> Option<(Peer<'_>, &str)> {
    let (host, rest) = super::text::token(text);
    let peer =
        if host.is_empty() { Some(Peer { ip: None, host: None, port: None }) } else { Peer::host(host) }?;
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    if rest.is_empty() {
        return Some((peer, ""));
    }
    rest.strip_prefix("user=").map(|name| (peer, name))
}

/// Takes one reading over; several distinct ones make the event ambiguous.
fn settle_rhost<'a>(event: &mut Event<'a>, splits: &Splits<'a>) {
    let mut named = Splits::default();
    named.overflow = splits.overflow;
    for split in splits.iter() {
        named.push(Split { name: split.rest, ..*split });
    }
    fill::settle(event, &named, false);
    if event.user.as_deref() == Some("") {
        event.user = None;
    }
    if event.src_ip.is_none() && event.src_host.is_none() && !event.flags.has(Flags::AMBIGUOUS) {
        event.is_remote = None;
    }
}

/// Does the terminal say how somebody came: a console is local, `ssh` is remote, a pseudo terminal says nothing.
pub(crate) fn remote_by_tty(tty: &str) -> Option<bool> {
    let name = tty.strip_prefix("/dev/").unwrap_or(tty);
    let console = name.starts_with("tty")
        || name.starts_with("console")
        || name.starts_with("vc/")
        || name.starts_with(':');
    if console {
        Some(false)
    } else if name == "ssh" || name == "NODEVssh" {
        Some(true)
    } else {
        None
    }
}

/// Reason by the text of `pam_strerror` and of the modules.
pub(crate) fn reason(text: &str) -> Reason {
    const TABLE: &[(&str, Reason)] = &[
        ("user not known", Reason::UnknownUser),
        ("authentication failure", Reason::BadSecret),
        ("account has expired", Reason::Expired),
        ("account expired", Reason::Expired),
        ("password expired", Reason::PasswordExpired),
        ("token expired", Reason::PasswordExpired),
        ("token is no longer valid", Reason::PasswordExpired),
        ("new authtok", Reason::PasswordExpired),
        ("locked", Reason::Locked),
        ("maximum number", Reason::RateLimited),
        ("max retries", Reason::RateLimited),
        ("permission denied", Reason::NotAllowed),
        ("access denied", Reason::NotAllowed),
        ("invalid credentials", Reason::BadSecret),
        ("disabled", Reason::Disabled),
    ];
    let lower = text.to_ascii_lowercase();
    TABLE.iter().find(|(words, _)| lower.contains(words)).map_or(Reason::Unknown, |(_, reason)| *reason)
}
