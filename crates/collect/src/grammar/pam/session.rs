//! P03: sessions opened and closed.

use super::Head;
use crate::grammar::Parsed;
use crate::grammar::fill::{self, class, row};
use vocab::{Class, Event, Outcome, Reason, activity};

/// Services that run jobs: their sessions are no logins of people.
const JOBS: &[&str] = &["cron", "crond", "CRON", "atd", "systemd-user", "runuser", "runuser-l"];
/// Services that change the account inside a session.
const SWITCHES: &[&str] = &["su", "su-l", "sudo", "sudo-i", "doas", "polkit-1"];

/// `session opened for user U[(uid=n)] by [L](uid=n)`; `session closed for user U`.
pub(super) fn p03<'a>(head: Head<'a>, event: &mut Event<'a>) -> Parsed {
    let text = head.text;
    if let Some(name) = text.strip_prefix("session closed for user ") {
        class(event, Class::Authentication, activity::AUTH_LOGOFF);
        event.outcome = Outcome::Success;
        account(event, name.trim_end(), head);
        return row(event, "P03");
    }
    let Some(rest) = text.strip_prefix("session opened for user ") else { return Parsed::Miss };
    let Some((name, by)) = rest.rsplit_once(" by ") else { return Parsed::Miss };
    let Some((actor, uid)) = by.trim_end().strip_suffix(')').and_then(|by| by.rsplit_once("(uid=")) else {
        return Parsed::Miss;
    };
    class(event, Class::Authentication, activity::AUTH_LOGON);
    event.outcome = Outcome::Success;
    event.reason = Reason::Ok;
    event.actor_uid = Some(uid.into());
    if !actor.is_empty() {
        event.actor = Some(actor.into());
    }
    account(event, name, head);
    row(event, "P03")
}

/// Account and kind of session by service.
fn account<'a>(event: &mut Event<'a>, name: &'a str, head: Head<'a>) {
    let (name, uid) = match name.strip_suffix(')').and_then(|name| name.rsplit_once("(uid=")) {
        Some((name, uid)) => (name, Some(uid)),
        None => (name, None),
    };
    event.user_uid = uid.map(Into::into);
    fill::user(event, name);
    let logon = event.activity == activity::AUTH_LOGON;
    if JOBS.contains(&head.service) {
        event.is_remote = Some(false);
        event.count = 0;
        if logon {
            event.activity = activity::OTHER;
        }
    } else if SWITCHES.contains(&head.service) {
        event.count = 0;
        event.target_user = event.user.clone();
        if logon {
            event.activity = activity::AUTH_SWITCH;
        }
    } else if head.service == "sshd" {
        event.count = 0;
        event.is_remote = Some(true);
    }
}
