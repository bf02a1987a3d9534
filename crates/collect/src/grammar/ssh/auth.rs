//! Rows about tries of a code: O01, O02, O03, O07, O08, O09, O15, O16, O21.

use super::{Line, info, settle};
use crate::grammar::Parsed;
use crate::grammar::fill::{self, READINGS_MAX, Split, Splits, auth, row};
use crate::grammar::text::{Peer, is_word, peer, peer_port, token, unescape};
use vocab::{Class, Event, Flags, Outcome, Reading, Reason, UserKind, activity};

/// Tries the rows of this module.
pub(super) fn parse<'a>(line: Line<'a>, event: &mut Event<'a>) -> Parsed {
    let text = line.text;
    for (verb, what) in VERBS {
        if let Some(rest) = text.strip_prefix(verb) {
            let parsed = o01(line, rest, *what, event);
            if parsed != Parsed::Miss {
                return parsed;
            }
        }
    }
    if let Some(rest) = text.strip_prefix("Invalid user").or_else(|| text.strip_prefix("Illegal user")) {
        return o02(line, rest, event);
    }
    if let Some(rest) = text.strip_prefix("input_userauth_request: ") {
        return o03(rest, event);
    }
    if let Some(rest) = text.strip_prefix("maximum authentication attempts exceeded for ") {
        return o07(line, rest, event);
    }
    if let Some(rest) = text.strip_prefix("User ") {
        return o08(line, rest, event);
    }
    if let Some(rest) = text.strip_prefix("PAM: ") {
        return o15(line, rest, event);
    }
    if let Some(rest) = text.strip_prefix("Access denied for user ") {
        return o16(rest, event);
    }
    if text.starts_with("ROOT LOGIN REFUSED FROM ") || text.starts_with("Root login accepted for ") {
        return o09(text, event);
    }
    if text.starts_with("Authentication refused for ") || text.starts_with("Authentication key ") {
        return Parsed::Miss;
    }
    Parsed::Miss
}

/// What the first word of O01 says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Accepted,
    Failed,
    Partial,
    Postponed,
}

const VERBS: &[(&str, Verb)] = &[
    ("Failed ", Verb::Failed),
    ("Accepted ", Verb::Accepted),
    ("Partial ", Verb::Partial),
    ("Postponed ", Verb::Postponed),
];

/// Takes `invalid user ` (or the older `illegal user `) off.
fn invalid(text: &str) -> (&str, bool) {
    match text.strip_prefix("invalid user ").or_else(|| text.strip_prefix("illegal user ")) {
        Some(rest) => (rest, true),
        None => (text, false),
    }
}

/// A try without `invalid user` names an account that exists: white space refutes the reading (DT-HOS-04).
fn refute_spaces(splits: &mut Splits<'_>, unknown: bool) {
    if !unknown {
        splits.refute(|split| is_word(split.name));
    }
}

/// `ssh2[: INFO]` or `ssh1` after the port, complete.
fn after_port(rest: &str, kerberos: bool) -> bool {
    match rest
        .strip_prefix(" ssh2")
        .or_else(|| rest.strip_prefix(" ssh1"))
        .or_else(|| rest.strip_prefix(" ssh"))
    {
        Some("") => true,
        Some(tail) => tail.strip_prefix(": ").is_some_and(|text| info::info(text, kerberos).is_some()),
        None => rest.is_empty(),
    }
}

/// O01 `Accepted|Failed|Partial|Postponed M[/SUB] for [invalid user ]<U> from A port P ssh2[: INFO]`.
fn o01<'a>(line: Line<'a>, rest: &'a str, verb: Verb, event: &mut Event<'a>) -> Parsed {
    let (name, rest) = token(rest);
    let Some(rest) = rest.strip_prefix(" for ") else { return Parsed::Miss };
    let (method, submethod) = name.split_once('/').unwrap_or((name, ""));
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'/')) {
        return Parsed::Miss;
    }
    let kerberos = method.starts_with("gssapi") || method == "kerberos";
    let (rest, unknown) = invalid(rest);
    let tail = |right: &'a str| peer_port(right).filter(|(_, rest)| after_port(rest, kerberos));
    // An empty name leaves `for  from`: the separator then begins with the blank before the name.
    let mut splits = Splits::at(rest, " from ", tail);
    let suspicious = splits.iter().any(|split| {
        split
            .rest
            .split_once(": ")
            .and_then(|(_, text)| info::info(text, kerberos))
            .is_some_and(info::Info::is_suspicious)
    });
    if splits.is_empty() {
        return Parsed::Miss;
    }
    refute_spaces(&mut splits, unknown);
    event.auth_method = fill::method(method);
    if !submethod.is_empty() {
        event.push_extra("submethod", submethod);
    }
    match verb {
        Verb::Accepted => auth(event, Outcome::Success, Reason::Ok),
        Verb::Failed => auth(event, Outcome::Failure, failed_reason(method, unknown)),
        Verb::Partial | Verb::Postponed => {
            auth(event, Outcome::Unknown, Reason::Unknown);
            event.count = 0;
            if verb == Verb::Partial {
                event.push_extra("first_factor", "true");
            }
        }
    }
    if method == "none" {
        event.count = 0;
    }
    if unknown {
        event.user_kind = Some(UserKind::Unknown);
    } else {
        event.user_kind = Some(UserKind::Known);
    }
    settle(line, event, &splits, suspicious);
    if event.user.as_deref() == Some("") {
        event.user_kind = Some(UserKind::Empty);
    }
    if !event.flags.has(Flags::AMBIGUOUS)
        && let Some(found) = splits.iter().next()
        && let Some((_, text)) = found.rest.split_once(": ")
        && let Some(info) = info::info(text, kerberos)
    {
        info.fill(event);
    }
    row(event, "O01")
}

/// Reason of a failed try by its method.
fn failed_reason(method: &str, unknown: bool) -> Reason {
    match method {
        _ if unknown => Reason::UnknownUser,
        "publickey" | "hostbased" => Reason::BadKey,
        "none" => Reason::NoMethod,
        "password" | "keyboard-interactive" | "challenge-response" => Reason::BadSecret,
        _ => Reason::Unknown,
    }
}

/// O02 `Invalid user <U> from A[ port P]`; the name may be empty.
fn o02<'a>(line: Line<'a>, rest: &'a str, event: &mut Event<'a>) -> Parsed {
    let Some(rest) = rest.strip_prefix(' ') else { return Parsed::Miss };
    let tail = |right: &'a str| peer(right).filter(|(_, rest)| rest.is_empty());
    let splits = at_or_empty(rest, " from ", tail);
    if splits.is_empty() {
        return Parsed::Miss;
    }
    auth(event, Outcome::Failure, Reason::UnknownUser);
    event.flags.set(Flags::INFERRED);
    event.user_kind = Some(UserKind::Unknown);
    settle(line, event, &splits, false);
    if event.user.as_deref() == Some("") {
        event.user_kind = Some(UserKind::Empty);
    }
    row(event, "O02")
}

/// Splits, where an empty name may have lost its blank (`Invalid user from A`).
fn at_or_empty<'a>(
    text: &'a str,
    separator: &str,
    tail: impl Fn(&'a str) -> Option<(Peer<'a>, &'a str)>,
) -> Splits<'a> {
    let mut splits = Splits::at(text, separator, &tail);
    if let Some(right) = separator.get(1..).and_then(|bare| text.strip_prefix(bare))
        && let Some((peer, rest)) = tail(right)
    {
        splits.push(Split { name: "", peer, rest });
    }
    splits
}

/// O03 `input_userauth_request: invalid user <U>`: no address, the try of the O02 of the same process.
fn o03<'a>(rest: &'a str, event: &mut Event<'a>) -> Parsed {
    let (name, unknown) = invalid(rest);
    if !unknown {
        return Parsed::Miss;
    }
    auth(event, Outcome::Failure, Reason::UnknownUser);
    event.flags.set(Flags::INFERRED);
    event.count = 0;
    fill::user(event, name);
    fill::unknown_user(event, name);
    event.is_remote = Some(true);
    row(event, "O03")
}

/// O07 `maximum authentication attempts exceeded for [invalid user ]<U> from A port P ssh2`.
fn o07<'a>(line: Line<'a>, rest: &'a str, event: &mut Event<'a>) -> Parsed {
    let (rest, unknown) = invalid(rest);
    let tail = |right: &'a str| peer_port(right).filter(|(_, rest)| after_port(rest, false));
    let mut splits = Splits::at(rest, " from ", tail);
    if splits.is_empty() {
        return Parsed::Miss;
    }
    refute_spaces(&mut splits, unknown);
    auth(event, Outcome::Failure, Reason::RateLimited);
    event.count = 0;
    event.user_kind = Some(if unknown { UserKind::Unknown } else { UserKind::Known });
    event.push_extra("exhausted", "true");
    settle(line, event, &splits, false);
    row(event, "O07")
}

/// O08 `User U from H not allowed because ...` and `User U not allowed because ...`.
fn o08<'a>(line: Line<'a>, rest: &'a str, event: &mut Event<'a>) -> Parsed {
    if let Some(pid) = rest.strip_prefix("child is on pid ") {
        return super::session::child(pid, event);
    }
    let Some((who, why)) = rest.rsplit_once(" not allowed because ") else { return Parsed::Miss };
    let Some((reason, kind)) = not_allowed(why) else { return Parsed::Miss };
    auth(event, Outcome::Failure, reason);
    event.reason_code = Some(why.into());
    event.user_kind = Some(kind);
    let mut splits = Splits::at(who, " from ", |right| Peer::host(right).map(|peer| (peer, "")));
    splits.refute(|split| is_word(split.name));
    if splits.is_empty() {
        fill::user(event, who);
        event.is_remote = Some(true);
    } else {
        settle(line, event, &splits, false);
    }
    row(event, "O08")
}

/// The closed list of reasons of O08.
fn not_allowed(why: &str) -> Option<(Reason, UserKind)> {
    let listed = [
        "listed in DenyUsers",
        "not listed in AllowUsers",
        "not in any group",
        "a group is listed in DenyGroups",
        "none of user's groups are listed in AllowGroups",
    ];
    if listed.contains(&why) {
        return Some((Reason::NotAllowed, UserKind::Known));
    }
    if why == "account is locked" {
        return Some((Reason::Locked, UserKind::Locked));
    }
    let shell = why.starts_with("shell ")
        && (why.ends_with(" does not exist") || why.ends_with(" is not executable"));
    (shell || why.ends_with(" exists")).then_some((Reason::NotAllowed, UserKind::Known))
}

/// O09 `ROOT LOGIN REFUSED FROM A[ port P]`; `Root login accepted for forced command.`
fn o09<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    if text == "Root login accepted for forced command." {
        fill::class(event, Class::Ssh, activity::OTHER);
        event.user = Some("root".into());
        return row(event, "O09");
    }
    let Some((found, "")) = text.strip_prefix("ROOT LOGIN REFUSED FROM ").and_then(peer) else {
        return Parsed::Miss;
    };
    auth(event, Outcome::Failure, Reason::NotAllowed);
    event.user = Some("root".into());
    event.user_kind = Some(UserKind::Known);
    fill::set_peer(event, found);
    row(event, "O09")
}

/// O15 `error: PAM: reason for [illegal user ]<U> from H`; the same try as the O01 of the process.
fn o15<'a>(line: Line<'a>, rest: &'a str, event: &mut Event<'a>) -> Parsed {
    let skip = "Have exhausted maximum number of retries for service";
    let start = if rest.starts_with(skip) { skip.len() } else { 0 };
    let Some(at) = rest.get(start..).and_then(|text| text.find(" for ")).map(|at| at + start) else {
        return Parsed::Miss;
    };
    let (Some(why), Some(who)) = (rest.get(..at), rest.get(at + 5..)) else { return Parsed::Miss };
    let (who, unknown) = invalid(who);
    let mut splits = Splits::at(who, " from ", |right| Peer::host(right).map(|peer| (peer, "")));
    if splits.is_empty() {
        return Parsed::Miss;
    }
    refute_spaces(&mut splits, unknown);
    auth(event, Outcome::Failure, crate::grammar::pam::reason(why));
    event.reason_code = Some(why.into());
    event.user_kind = Some(if unknown { UserKind::Unknown } else { UserKind::Known });
    settle(line, event, &splits, false);
    row(event, "O15")
}

/// O16 `Access denied for user U by PAM account configuration`: a right code, refused by policy.
fn o16<'a>(rest: &'a str, event: &mut Event<'a>) -> Parsed {
    let Some(name) = rest.strip_suffix(" by PAM account configuration") else { return Parsed::Miss };
    auth(event, Outcome::Failure, Reason::NotAllowed);
    event.user_kind = Some(UserKind::Known);
    event.is_remote = Some(true);
    fill::user(event, name);
    row(event, "O16")
}

/// A cut line that begins like a row but has no complete reading: one try whose source is not readable.
pub(super) fn lost<'a>(line: Line<'a>, event: &mut Event<'a>) -> Parsed {
    let starts: [(&str, &'static str); 9] = [
        ("Failed ", "O01"),
        ("Accepted ", "O01"),
        ("Invalid user ", "O02"),
        ("maximum authentication attempts exceeded for ", "O07"),
        ("Connection closed by invalid user ", "O04"),
        ("Connection reset by invalid user ", "O04"),
        ("Disconnected from invalid user ", "O04"),
        ("Disconnecting invalid user ", "O06"),
        ("PAM: ", "O15"),
    ];
    let Some((start, name)) = starts.iter().find(|(start, _)| line.text.starts_with(start)) else {
        return Parsed::Miss;
    };
    let unknown = line.text.contains("nvalid user ") || line.text.contains(" illegal user ");
    let outcome = if *start == "Accepted " { Outcome::Unknown } else { Outcome::Failure };
    auth(event, outcome, if unknown { Reason::UnknownUser } else { Reason::Unknown });
    if matches!(*name, "O06" | "O07") {
        event.count = 0;
    }
    if matches!(*name, "O02" | "O04") {
        event.flags.set(Flags::INFERRED);
    }
    if unknown {
        event.user_kind = Some(UserKind::Unknown);
    }
    event.flags.set(Flags::AMBIGUOUS);
    event.is_remote = Some(true);
    let rest = line.text.get(start.len()..).unwrap_or_default();
    if event.readings.len() < READINGS_MAX {
        let user = unescape(invalid(rest.split_once(" for ").map_or(rest, |(_, who)| who)).0).into_owned();
        event.readings.push(Reading { src_ip: None, user, outcome });
    }
    row(event, name)
}
