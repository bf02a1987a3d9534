//! Tools that change accounts and groups: row P09 of detection.md 3.4. shadow 4.x (useradd, usermod, userdel, groupadd,
//! groupdel, groupmod, gpasswd, passwd, chpasswd, chage, chfn, chsh, newusers).
//!
//! Free text: none beside names and values that whoever runs the tool gives; each template is fixed at both ends. No source
//! address stands in these records: who acted is joined by time and session (DT-FMT-15). A change of `/etc/gshadow` is the
//! same act as that of `/etc/group` and stays a base event.

use super::fill::{self, class, row};
use super::program::{between, quoted};
use super::text::is_word;
use super::{Message, Parsed};
use vocab::{Class, Event, Outcome, Reason, activity};

/// Grammar of the tools.
pub(crate) fn tools<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    super::program::run(message, event, "accounts", &["auth"], rows)
}

fn rows<'a>(message: &Message<'a>, event: &mut Event<'a>) -> Parsed {
    let body = message.body;
    // The tools tell of each file that they change, and then of the whole act.
    let part =
        [" shadow group ", "/etc/gshadow", " in /etc/group", "group added to ", " removed from /etc/group"];
    if part.iter().any(|words| body.contains(words)) {
        event.origin.grammar = "P09";
        return Parsed::Uninteresting;
    }
    let understood = made(body, event)
        || membership(body, event)
        || gpasswd(body, event)
        || user_changed(body, event)
        || password(body, event)
        || removed(body, event)
        || failed(body, event);
    if understood { row(event, "P09") } else { Parsed::Miss }
}

fn account<'a>(event: &mut Event<'a>, what: u8, name: &'a str) -> bool {
    class(event, Class::AccountChange, what);
    event.outcome = Outcome::Success;
    fill::user(event, name);
    event.target_user = event.user.clone();
    true
}

fn group<'a>(event: &mut Event<'a>, what: u8, name: &'a str, user: &'a str) -> bool {
    class(event, Class::GroupManagement, what);
    event.outcome = Outcome::Success;
    event.group = Some(name.into());
    if !user.is_empty() {
        fill::user(event, user);
        event.target_user = event.user.clone();
    }
    true
}

/// Value of `key=` in a list parted by `, `.
fn value<'a>(list: &'a str, key: &str) -> Option<&'a str> {
    list.split(", ").find_map(|part| part.strip_prefix(key))
}

/// `new user: name=U, UID=n, GID=n, home=d, shell=s[, from=t]`, `new group: name=g, GID=n`, `group added to ...: name=g`.
fn made<'a>(body: &'a str, event: &mut Event<'a>) -> bool {
    if let Some(list) = body.strip_prefix("new user: ") {
        let Some(name) = value(list, "name=") else { return false };
        account(event, activity::ACCOUNT_CREATE, name);
        event.user_uid = value(list, "UID=").map(Into::into);
        for key in ["GID=", "home=", "shell="] {
            if let Some(value) = value(list, key) {
                event.push_extra(key.trim_end_matches('='), value);
            }
        }
        event.device = value(list, "from=").filter(|from| *from != "none").map(Into::into);
        return true;
    }
    let list = body.strip_prefix("new group: ").or_else(|| body.strip_prefix("group added to /etc/group: "));
    match list.and_then(|list| value(list, "name=")) {
        Some(name) => group(event, activity::GROUP_CREATE, name, ""),
        None => false,
    }
}

/// `add 'U' to group 'g'`, `delete 'U' from group 'g'`.
fn membership<'a>(body: &'a str, event: &mut Event<'a>) -> bool {
    for (verb, link, what) in [
        ("add ", " to group ", activity::GROUP_ADD_USER),
        ("delete ", " from group ", activity::GROUP_REMOVE_USER),
    ] {
        let read = || {
            let (user, rest) = quoted(body.strip_prefix(verb)?)?;
            let (name, rest) = quoted(rest.strip_prefix(link)?)?;
            rest.is_empty().then_some((user, name))
        };
        if let Some((user, name)) = read() {
            return group(event, what, name, user);
        }
    }
    false
}

/// gpasswd: `user U added by V to group g`, `user U removed by V from group g`, `members of group g set by V to a,b`.
fn gpasswd<'a>(body: &'a str, event: &mut Event<'a>) -> bool {
    if let Some(rest) = body.strip_prefix("user ") {
        for (verb, link, what) in [
            (" added by ", " to group ", activity::GROUP_ADD_USER),
            (" removed by ", " from group ", activity::GROUP_REMOVE_USER),
        ] {
            if let Some((user, (by, name))) = rest
                .split_once(verb)
                .and_then(|(user, rest)| Some((user, rest.split_once(link)?)))
                .filter(|(user, (by, name))| is_word(user) && is_word(by) && is_word(name))
            {
                event.actor = Some(by.into());
                return group(event, what, name, user);
            }
        }
        return false;
    }
    for (start, link, end) in [
        ("members of group ", " set by ", " to "),
        ("administrators of group ", " set by ", " to "),
        ("password of group ", " changed by ", ""),
        ("password of group ", " removed by ", ""),
        ("access to group ", " restricted by ", ""),
    ] {
        let Some((name, rest)) = body.strip_prefix(start).and_then(|rest| rest.split_once(link)) else {
            continue;
        };
        let (by, members) =
            if end.is_empty() { (rest, "") } else { rest.split_once(end).unwrap_or((rest, "")) };
        event.actor = Some(by.into());
        if !members.is_empty() {
            event.push_extra("members", members);
        }
        return group(event, activity::OTHER, name, "");
    }
    false
}

/// usermod, chfn, chsh: `change user 'U' what from 'a' to 'b'`, `change user name 'a' to 'b'`, `lock user 'U' password`.
fn user_changed<'a>(body: &'a str, event: &mut Event<'a>) -> bool {
    if let Some((name, "password")) =
        body.strip_prefix("lock user ").and_then(quoted).map(|(name, rest)| (name, rest.trim()))
    {
        return account(event, activity::ACCOUNT_LOCK, name);
    }
    if let Some((name, "password")) =
        body.strip_prefix("unlock user ").and_then(quoted).map(|(name, rest)| (name, rest.trim()))
    {
        return account(event, activity::ACCOUNT_UNLOCK, name);
    }
    if let Some((name, rest)) = body.strip_prefix("change user name ").and_then(quoted) {
        if let Some(new) = rest.strip_prefix(" to '").and_then(|rest| rest.strip_suffix('\'')) {
            event.push_extra("new_name", new);
        }
        return account(event, activity::OTHER, name);
    }
    let rest = body.strip_prefix("change user ").or_else(|| body.strip_prefix("changed user "));
    let Some((name, what)) = rest.and_then(quoted) else { return false };
    let what = what.trim_start();
    if what.starts_with("password") {
        return account(event, activity::ACCOUNT_PASSWORD_RESET, name);
    }
    event.push_extra("change", what);
    account(event, activity::OTHER, name)
}

/// passwd and chage: `password for 'U' changed by 'V'`, `changed password expiry for U`.
fn password<'a>(body: &'a str, event: &mut Event<'a>) -> bool {
    if let Some((name, rest)) = body.strip_prefix("password for ").and_then(quoted) {
        let Some(by) = rest
            .strip_prefix(" changed by ")
            .and_then(quoted)
            .filter(|(_, rest)| rest.is_empty())
            .map(|(by, _)| by)
        else {
            return false;
        };
        let own = by == name;
        event.actor = Some(by.into());
        return account(
            event,
            if own { activity::ACCOUNT_PASSWORD_CHANGE } else { activity::ACCOUNT_PASSWORD_RESET },
            name,
        );
    }
    match body.strip_prefix("changed password expiry for ") {
        Some(name) if is_word(name) => {
            event.push_extra("change", "password expiry");
            account(event, activity::OTHER, name)
        }
        _ => false,
    }
}

/// userdel and groupdel: `delete user 'U'`, `removed group 'g' owned by 'U'`, `group 'g' removed`.
fn removed<'a>(body: &'a str, event: &mut Event<'a>) -> bool {
    if let Some(name) = between(body, "delete user '", "'").or_else(|| between(body, "delete user `", "'")) {
        return account(event, activity::ACCOUNT_DELETE, name);
    }
    if let Some((name, rest)) = body.strip_prefix("removed group ").and_then(quoted) {
        return rest.starts_with(" owned by ") && group(event, activity::GROUP_DELETE, name, "");
    }
    match body.strip_prefix("group ").and_then(quoted) {
        Some((name, " removed")) => group(event, activity::GROUP_DELETE, name, ""),
        _ => false,
    }
}

/// `failed adding user 'U', ...` and other refusals of the tools.
fn failed<'a>(body: &'a str, event: &mut Event<'a>) -> bool {
    // gpasswd: `V failed to add user U to group g`.
    if let Some((by, rest)) = body.split_once(" failed to ").filter(|(by, _)| is_word(by)) {
        class(event, Class::GroupManagement, activity::OTHER);
        event.outcome = Outcome::Failure;
        event.actor = Some(by.into());
        event.reason_code = Some(rest.into());
        return true;
    }
    for (start, what) in [
        ("failed adding user ", activity::ACCOUNT_CREATE),
        ("failed deleting user ", activity::ACCOUNT_DELETE),
    ] {
        if let Some((name, why)) = body.strip_prefix(start).and_then(quoted) {
            account(event, what, name);
            event.outcome = Outcome::Failure;
            event.reason = Reason::NotAllowed;
            event.reason_code = Some(why.trim_start_matches(", ").into());
            return true;
        }
    }
    false
}
