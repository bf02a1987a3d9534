//! P04 and P05: messages of single modules, each anchored at both ends.

use super::{Head, reason};
use crate::grammar::Parsed;
use crate::grammar::fill::{self, Splits, auth, class, row};
use crate::grammar::text::{Peer, is_word, number};
use vocab::{AuthMethod, Class, Event, Outcome, Reason, UserKind, activity};

/// Tries the tables of modules.
pub(super) fn parse<'a>(head: Head<'a>, event: &mut Event<'a>) -> Parsed {
    if let Some(parsed) = p05(head, event) {
        return parsed;
    }
    match head.module {
        "pam_faillock" | "pam_tally" | "pam_tally2" => counter(head.text, event),
        "pam_access" => access(head.text, event),
        "pam_succeed_if" => between(head.text, " not met by user \"", "\"", Reason::NotAllowed, event),
        "pam_listfile" => listfile(head.text, event),
        "pam_sss" | "pam_ldap" | "pam_krb5" | "pam_winbind" | "pam_sekisho" => directory(head.text, event),
        "pam_google_authenticator" | "pam_u2f" | "sshd" => factor(head.text, event),
        _ => Parsed::Miss,
    }
}

/// P05 expiry and password changes of pam_unix.
fn p05<'a>(head: Head<'a>, event: &mut Event<'a>) -> Option<Parsed> {
    let text = head.text;
    if let Some(name) = text.strip_prefix("password changed for ") {
        class(event, Class::AccountChange, activity::ACCOUNT_PASSWORD_CHANGE);
        event.outcome = Outcome::Success;
        fill::user(event, name.trim_end());
        event.target_user = event.user.clone();
        return Some(row(event, "P05"));
    }
    let expired = text.strip_prefix("account ").and_then(|rest| rest.split_once(" has expired"));
    if let Some((name, tail)) =
        expired.filter(|(name, tail)| is_word(name) && (tail.is_empty() || tail.starts_with(" (")))
    {
        auth(event, Outcome::Failure, Reason::Expired);
        event.reason_code = (!tail.is_empty()).then(|| tail.trim().into());
        event.user_kind = Some(UserKind::Expired);
        event.count = 0;
        fill::user(event, name);
        return Some(row(event, "P05"));
    }
    let aged = text.strip_prefix("expired password for user ").and_then(|rest| rest.split_once(" ("));
    if let Some((name, _)) = aged.filter(|(name, _)| is_word(name)) {
        auth(event, Outcome::Failure, Reason::PasswordExpired);
        event.count = 0;
        fill::user(event, name);
        return Some(row(event, "P05"));
    }
    None
}

/// pam_faillock and pam_tally.
fn counter<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    let faillock = text
        .strip_prefix("Consecutive login failures for user ")
        .and_then(|rest| rest.strip_suffix(" account temporarily locked"));
    if let Some(name) = faillock {
        class(event, Class::AccountChange, activity::ACCOUNT_LOCK);
        event.outcome = Outcome::Success;
        event.reason = Reason::Locked;
        event.user_kind = Some(UserKind::Locked);
        fill::user(event, name);
        return row(event, "P04");
    }
    let tally = text.strip_prefix("user ").and_then(|rest| rest.rsplit_once(") tally "));
    if let Some((left, numbers)) = tally
        && let Some((name, _)) = left.rsplit_once(" (")
    {
        auth(event, Outcome::Failure, Reason::Locked);
        event.count = 0;
        event.reason_code = Some(numbers.into());
        fill::user(event, name);
        return row(event, "P04");
    }
    Parsed::Miss
}

/// pam_access: ``access denied for user `U' from `H'``.
fn access<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    let Some(rest) = text.strip_prefix("access denied for user `") else { return Parsed::Miss };
    let tail = |right: &'a str| {
        let host = right.strip_prefix('`')?.strip_suffix('\'')?;
        Peer::host(host).map(|peer| (peer, ""))
    };
    let mut quoted = Splits::default();
    let splits = Splits::at(rest, " from ", tail);
    for split in splits.iter() {
        if let Some(name) = split.name.strip_suffix('\'') {
            quoted.push(fill::Split { name, ..*split });
        }
    }
    if quoted.is_empty() {
        return Parsed::Miss;
    }
    auth(event, Outcome::Failure, Reason::NotAllowed);
    event.count = 0;
    fill::settle(event, &quoted, splits.overflow);
    if event.src_host.as_deref().is_some_and(|host| host.starts_with("tty")) {
        event.device = event.src_host.take();
        event.is_remote = Some(false);
    }
    row(event, "P04")
}

/// A name between a fixed text and the end.
fn between<'a>(text: &'a str, left: &str, right: &str, why: Reason, event: &mut Event<'a>) -> Parsed {
    let Some((_, name)) = text.rsplit_once(left) else { return Parsed::Miss };
    let Some(name) = name.strip_suffix(right) else { return Parsed::Miss };
    auth(event, Outcome::Failure, why);
    event.count = 0;
    fill::user(event, name);
    row(event, "P04")
}

/// pam_listfile: `Refused user U for service SVC`.
fn listfile<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    let read = || text.strip_prefix("Refused user ")?.rsplit_once(" for service ");
    let Some((name, _)) = read() else { return Parsed::Miss };
    auth(event, Outcome::Failure, Reason::NotAllowed);
    event.count = 0;
    fill::user(event, name);
    row(event, "P04")
}

/// Modules of directories: pam_sss, pam_ldap, pam_krb5, pam_winbind.
fn directory<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    // `received for user U: n (reason)`.
    if let Some(rest) = text.strip_prefix("received for user ") {
        let read = || {
            let (name, tail) = rest.rsplit_once(": ")?;
            let (code, why) = tail.strip_suffix(')')?.split_once(" (")?;
            number(code).map(|_| (name, why))
        };
        let Some((name, why)) = read() else { return Parsed::Miss };
        auth(event, Outcome::Failure, reason(why));
        event.reason_code = Some(why.into());
        event.count = 0;
        fill::user(event, name);
        return row(event, "P04");
    }
    let granted = text.strip_prefix("user '").and_then(|rest| rest.strip_suffix("' granted access"));
    let authenticated = text
        .strip_prefix("user ")
        .and_then(|rest| rest.rsplit_once(" authenticated as "))
        .map(|(name, _)| name);
    if let Some(name) = granted.or(authenticated) {
        auth(event, Outcome::Success, Reason::Ok);
        event.count = 0;
        fill::user(event, name);
        return row(event, "P04");
    }
    let denied = text.strip_prefix("user '").and_then(|rest| rest.rsplit_once("' denied access"));
    let fails = text.strip_prefix("authentication fails for '").and_then(|rest| rest.rsplit_once("' ("));
    if let Some((name, why)) = denied.or(fails) {
        auth(event, Outcome::Failure, if why.is_empty() { Reason::BadSecret } else { reason(why) });
        event.count = 0;
        fill::user(event, name);
        return row(event, "P04");
    }
    if text.starts_with("error trying to bind as user ") && text.ends_with("(Invalid credentials)") {
        auth(event, Outcome::Failure, Reason::BadSecret);
        event.count = 0;
        return row(event, "P04");
    }
    Parsed::Miss
}

/// One-time passwords and keys.
fn factor<'a>(text: &'a str, event: &mut Event<'a>) -> Parsed {
    let (outcome, why, name) = if let Some(name) = text.strip_prefix("Accepted google_authenticator for ") {
        (Outcome::Success, Reason::Ok, name)
    } else if let Some(name) = text.strip_prefix("Invalid verification code for ") {
        (Outcome::Failure, Reason::BadFactor, name)
    } else {
        return Parsed::Miss;
    };
    auth(event, outcome, why);
    event.auth_method = Some(AuthMethod::Otp);
    event.is_mfa = Some(true);
    event.count = 0;
    fill::user(event, name);
    row(event, "P04")
}
