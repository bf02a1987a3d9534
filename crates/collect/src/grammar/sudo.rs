//! sudo (and sudo-rs where it writes the same form), doas and pkexec: row P07 of detection.md 3.4.
//!
//! sudo: `V : [reason ; ][HOST=h ; ]TTY=t ; [CHROOT=c ; ]PWD=<d> ; USER=U ; [GROUP=g ; ][TSID=n ; ][ENV=<e> ; ]COMMAND=<cmd>`.
//! Free text: working folder, environment, command. Anchor: the fields in their fixed order from the left; where the
//! folder's name makes a second reading possible the event is ambiguous and the command holds both. No source address.
//!
//! For the attempt counter: `n incorrect password attempts` is an authentication failure of `count` n. Refusals and grants
//! are no tries of a code: class AuthorizeSession for refusals, Process for commands that were run.

use super::fill::{self, class, row};
use super::program::between;
use super::text::{is_word, number};
use super::{Message, Parsed};
use vocab::{AuthMethod, Class, Event, Flags, Outcome, Reason, activity};

/// Grammar of `sudo`.
pub(crate) fn sudo<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    super::program::run(message, event, "sudo", &["sudo", "auth"], sudo_rows)
}

/// Grammar of `doas`.
pub(crate) fn doas<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    super::program::run(message, event, "doas", &["auth"], doas_rows)
}

/// Grammar of `pkexec`.
pub(crate) fn pkexec<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    super::program::run(message, event, "pkexec", &["auth"], pkexec_rows)
}

/// The fields of a record of sudo.
#[derive(Clone, Copy, Debug, Default)]
struct Fields<'a> {
    host: &'a str,
    terminal: &'a str,
    chroot: &'a str,
    folder: &'a str,
    user: &'a str,
    group: &'a str,
    environment: &'a str,
    command: Option<&'a str>,
}

const KEYS: [&str; 9] = ["HOST=", "TTY=", "CHROOT=", "PWD=", "USER=", "GROUP=", "TSID=", "ENV=", "COMMAND="];

/// Reads the fields in their order. `skip` leaves out that many places where the folder could end.
fn fields(text: &str, skip: usize) -> Option<Fields<'_>> {
    let mut values = [""; 9];
    let mut command = None;
    let mut rest = text;
    let mut next = 0;
    loop {
        let key = (next..KEYS.len()).find(|key| rest.starts_with(KEYS[*key]))?;
        let value = rest.get(KEYS[key].len()..)?;
        if KEYS[key] == "COMMAND=" {
            command = Some(value);
            break;
        }
        let skip = if KEYS[key] == "PWD=" { skip } else { 0 };
        let end = memchr::memmem::find_iter(value.as_bytes(), b" ; ")
            .take(64)
            .filter(|end| {
                let after = value.get(end + 3..).unwrap_or_default();
                KEYS.get(key + 1..).unwrap_or_default().iter().any(|key| after.starts_with(key))
            })
            .nth(skip);
        let Some(end) = end else {
            values[key] = value.trim_end();
            break;
        };
        values[key] = value.get(..end)?;
        rest = value.get(end + 3..)?;
        next = key + 1;
    }
    let [host, terminal, chroot, folder, user, group, _, environment, _] = values;
    Some(Fields { host, terminal, chroot, folder, user, group, environment, command })
}

fn sudo_rows<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    let body = message.body.trim_start();
    let Some((caller, rest)) = body.split_once(" : ") else { return Parsed::Miss };
    if caller.is_empty() || caller.len() > 256 {
        return Parsed::Miss;
    }
    if rest.starts_with("(command continued) ") {
        caller_is(event, caller);
        return row(event, "P07");
    }
    let (reason, text) = if KEYS.iter().any(|key| rest.starts_with(key)) {
        ("", rest)
    } else {
        rest.split_once(" ; ").unwrap_or((rest, ""))
    };
    let found = if text.is_empty() { Some(Fields::default()) } else { fields(text, 0) };
    let Some(found) = found else { return Parsed::Miss };
    let other =
        |skip| fields(text, skip).is_some_and(|other| other.command.is_some() && !other.user.is_empty());
    if text.matches(" ; USER=").nth(1).is_some() && (1..8).any(other) {
        event.flags.set(Flags::AMBIGUOUS);
    }
    caller_is(event, caller);
    result(reason, found.command.is_some(), event);
    place(found, event);
    row(event, "P07")
}

fn caller_is<'a>(event: &mut Event<'a>, caller: &'a str) {
    event.actor = Some(super::text::unescape(caller));
    event.user = event.actor.clone();
    event.service = Some("sudo".into());
    event.is_remote = Some(false);
}

/// Class and result by the daemon-owned reason.
fn result<'a>(reason: &'a str, ran: bool, event: &mut Event<'a>) {
    if reason.is_empty() {
        let what = if ran { activity::PROCESS_LAUNCH } else { activity::OTHER };
        class(event, Class::Process, what);
        (event.outcome, event.reason) = (Outcome::Success, Reason::Ok);
        return;
    }
    event.reason_code = Some(reason.into());
    event.outcome = Outcome::Failure;
    let tries = reason.split_once(" incorrect password attempt").and_then(|(count, _)| number(count));
    if let Some(count) = tries {
        class(event, Class::Authentication, activity::AUTH_SWITCH);
        event.reason = Reason::BadSecret;
        event.auth_method = Some(AuthMethod::Password);
        event.count = count;
        return;
    }
    class(event, Class::AuthorizeSession, activity::SESSION_PRIVILEGES);
    event.reason = match reason {
        "a password is required" | "no tty present and no askpass program specified" => Reason::NoMethod,
        _ => Reason::NotAllowed,
    };
}

fn place<'a>(found: Fields<'a>, event: &mut Event<'a>) {
    let filled = |text: &'a str| (!text.is_empty()).then(|| text.into());
    event.device = filled(found.terminal).filter(|terminal| terminal != "unknown");
    event.cwd = filled(found.folder);
    event.target_user = filled(found.user);
    event.group = filled(found.group);
    event.cmdline = found.command.map(Into::into);
    for (name, value) in [("host", found.host), ("chroot", found.chroot), ("env", found.environment)] {
        if !value.is_empty() {
            event.push_extra(name, value);
        }
    }
}

/// `V ran command C as U from D`, `failed auth for V`, `command not permitted for V: C`.
fn doas_rows<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    let body = message.body;
    event.service = Some("doas".into());
    event.is_remote = Some(false);
    if let Some(name) = body.strip_prefix("failed auth for ") {
        class(event, Class::Authentication, activity::AUTH_SWITCH);
        (event.outcome, event.reason) = (Outcome::Failure, Reason::BadSecret);
        fill::user(event, name);
    } else if let Some((name, command)) =
        body.strip_prefix("command not permitted for ").and_then(|rest| rest.split_once(": "))
    {
        class(event, Class::AuthorizeSession, activity::SESSION_PRIVILEGES);
        (event.outcome, event.reason) = (Outcome::Failure, Reason::NotAllowed);
        fill::user(event, name);
        event.cmdline = Some(command.into());
    } else if let Some((name, rest)) = body.split_once(" ran command ").filter(|(name, _)| is_word(name)) {
        class(event, Class::Process, activity::PROCESS_LAUNCH);
        (event.outcome, event.reason) = (Outcome::Success, Reason::Ok);
        fill::user(event, name);
        event.cmdline = Some(rest.into());
        // The command is free text, and so is the folder: the target is taken only where one reading exists.
        if rest.matches(" as ").count() == 1
            && let Some((command, tail)) = rest.split_once(" as ")
        {
            let (target, folder) = tail.split_once(" from ").unwrap_or((tail, ""));
            event.cmdline = Some(command.into());
            event.target_user = Some(target.into());
            event.cwd = (!folder.is_empty()).then(|| folder.into());
        }
    } else {
        return Parsed::Miss;
    }
    event.actor = event.user.clone();
    row(event, "P07")
}

/// `V: [what ][USER=U] [TTY=t] [CWD=<d>] [COMMAND=<c>]`.
fn pkexec_rows<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    let read = || {
        let (caller, rest) = message.body.split_once(": ").filter(|(name, _)| is_word(name))?;
        let (what, rest) = rest.split_once(" [USER=")?;
        let (user, rest) = rest.split_once("] [TTY=")?;
        let (terminal, rest) = rest.split_once("] [CWD=")?;
        let (folder, command) = rest.split_once("] [COMMAND=")?;
        Some((caller, what, user, terminal, folder, command.strip_suffix(']')?))
    };
    let Some((caller, what, user, terminal, folder, command)) = read() else { return Parsed::Miss };
    if what == "Executing command" {
        class(event, Class::Process, activity::PROCESS_LAUNCH);
        (event.outcome, event.reason) = (Outcome::Success, Reason::Ok);
    } else {
        class(event, Class::AuthorizeSession, activity::SESSION_PRIVILEGES);
        (event.outcome, event.reason) = (Outcome::Failure, Reason::NotAllowed);
        event.reason_code = Some(what.into());
    }
    caller_is(event, caller);
    event.service = Some("pkexec".into());
    event.target_user = Some(user.into());
    event.device = (terminal != "unknown").then(|| terminal.into());
    event.cwd = Some(folder.into());
    event.cmdline = Some(command.into());
    row(event, "P07")
}

/// polkitd: `Operator of unix-session:n ...`; only the outcome and the account are read, at fixed places.
pub(crate) fn polkit<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    super::program::run(message, event, "polkit", &["auth"], polkit_rows)
}

fn polkit_rows<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    let Some(rest) = message.body.strip_prefix("Operator of ") else { return Parsed::Miss };
    let Some((session, rest)) = rest.split_once(' ') else { return Parsed::Miss };
    let (outcome, reason, tail) =
        if let Some(tail) = rest.strip_prefix("successfully authenticated as unix-user:") {
            (Outcome::Success, Reason::Ok, tail)
        } else if let Some(tail) = rest.strip_prefix("FAILED to authenticate ") {
            (Outcome::Failure, Reason::BadSecret, tail)
        } else {
            return Parsed::Miss;
        };
    class(event, Class::AuthorizeSession, activity::SESSION_PRIVILEGES);
    (event.outcome, event.reason) = (outcome, reason);
    event.session = Some(session.into());
    event.service = Some("polkit".into());
    event.is_remote = Some(false);
    if outcome == Outcome::Success {
        event.user = tail.split_once(' ').map(|(name, _)| name.into());
    }
    if let Some((_, owner)) = tail.rsplit_once(" (owned by unix-user:") {
        event.actor = between(owner, "", ")").map(Into::into);
    }
    if let Some((_, action)) = tail.split_once(" for action ") {
        event.push_extra("action", action.split(' ').next().unwrap_or_default());
    }
    row(event, "P10")
}
