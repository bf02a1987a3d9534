//! su, row P06 of detection.md 3.4: util-linux, shadow and BSD forms.
//!
//! Free text: the account that was asked for. Anchor: right, because caller and terminal stand last and hold no blanks;
//! the shadow short form is anchored left. A try is one line of su; its PAM lines share the process id.

use super::fill::{self, class, row};
use super::text::{is_word, token};
use super::{Message, Parsed};
use vocab::{Class, Event, Outcome, Reason, activity};

/// Grammar of `su`.
pub(crate) fn su<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    super::program::run(message, event, "su", &["auth"], rows)
}

fn rows<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    match read(message.body) {
        Some(found) => fill_in(found, event),
        None => Parsed::Miss,
    }
}

/// A change of account, wanted or done.
struct Switch<'a> {
    done: bool,
    to: &'a str,
    by: &'a str,
    terminal: &'a str,
}

fn read(body: &str) -> Option<Switch<'_>> {
    let by = |rest: &'static str, done: bool| {
        let (to, by) = body.strip_prefix(rest)?.rsplit_once(" by ")?;
        is_word(by).then_some(Switch { done, to, by, terminal: "" })
    };
    if let Some(found) = by("Successful su for ", true).or_else(|| by("FAILED su for ", false)) {
        return Some(found);
    }
    for (start, done) in [("(to ", true), ("FAILED SU (to ", false)] {
        if let Some(rest) = body.strip_prefix(start) {
            let (left, terminal) = rest.rsplit_once(" on ")?;
            let (to, by) = left.rsplit_once(") ")?;
            return is_word(terminal).then_some(Switch { done, to, by, terminal });
        }
    }
    for (start, done) in [("+ ", true), ("- ", false)] {
        if let Some(rest) = body.strip_prefix(start) {
            let (terminal, names) = token(rest);
            let (by, to) = names.strip_prefix(' ')?.split_once(':')?;
            return is_word(by).then_some(Switch { done, to, by, terminal });
        }
    }
    bsd(body)
}

/// `V to U on TTY` and `BAD SU V to U on TTY`.
fn bsd(body: &str) -> Option<Switch<'_>> {
    let (rest, done) = match body.strip_prefix("BAD SU ") {
        Some(rest) => (rest, false),
        None => (body, true),
    };
    let (by, rest) = rest.split_once(" to ")?;
    let (to, terminal) = rest.rsplit_once(" on ")?;
    (is_word(by) && is_word(terminal)).then_some(Switch { done, to, by, terminal })
}

fn fill_in<'a>(found: Switch<'a>, event: &mut Event<'a>) -> Parsed {
    class(event, Class::Authentication, activity::AUTH_SWITCH);
    (event.outcome, event.reason) =
        if found.done { (Outcome::Success, Reason::Ok) } else { (Outcome::Failure, Reason::BadSecret) };
    fill::user(event, found.to);
    event.target_user = event.user.clone();
    event.actor = Some(found.by.into());
    event.service = Some("su".into());
    event.is_remote = Some(false);
    if !matches!(found.terminal, "" | "none" | "???") {
        event.device = Some(found.terminal.into());
    }
    row(event, "P06")
}
