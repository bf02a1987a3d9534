//! Changes of accounts and groups.

use super::{Row, SECURITY, View, class, row};
use crate::windows::known;
use std::borrow::Cow;
use vocab::{Class, Event, activity};

pub(super) const ROWS: &[Row] = &[
    row(SECURITY, 4720, "EVTX-4720", account),
    row(SECURITY, 4722, "EVTX-4722", account),
    row(SECURITY, 4723, "EVTX-4723", account),
    row(SECURITY, 4724, "EVTX-4724", account),
    row(SECURITY, 4725, "EVTX-4725", account),
    row(SECURITY, 4726, "EVTX-4726", account),
    row(SECURITY, 4738, "EVTX-4738", account),
    row(SECURITY, 4740, "EVTX-4740", account),
    row(SECURITY, 4741, "EVTX-4741", account),
    row(SECURITY, 4742, "EVTX-4742", account),
    row(SECURITY, 4743, "EVTX-4743", account),
    row(SECURITY, 4765, "EVTX-4765", account),
    row(SECURITY, 4767, "EVTX-4767", account),
    row(SECURITY, 4781, "EVTX-4781", account),
    row(SECURITY, 4794, "EVTX-4794", account),
    row(SECURITY, 4727, "EVTX-4727", group),
    row(SECURITY, 4728, "EVTX-4728", group),
    row(SECURITY, 4729, "EVTX-4729", group),
    row(SECURITY, 4730, "EVTX-4730", group),
    row(SECURITY, 4731, "EVTX-4731", group),
    row(SECURITY, 4732, "EVTX-4732", group),
    row(SECURITY, 4733, "EVTX-4733", group),
    row(SECURITY, 4734, "EVTX-4734", group),
    row(SECURITY, 4754, "EVTX-4754", group),
    row(SECURITY, 4756, "EVTX-4756", group),
    row(SECURITY, 4757, "EVTX-4757", group),
    row(SECURITY, 4758, "EVTX-4758", group),
];

fn account<'a>(view: &View<'a>, event: &mut Event<'a>) {
    let what = match view.event_id {
        4720 | 4741 => activity::ACCOUNT_CREATE,
        4722 => activity::ACCOUNT_ENABLE,
        4723 => activity::ACCOUNT_PASSWORD_CHANGE,
        4724 | 4794 => activity::ACCOUNT_PASSWORD_RESET,
        4725 => activity::ACCOUNT_DISABLE,
        4726 | 4743 => activity::ACCOUNT_DELETE,
        4740 => activity::ACCOUNT_LOCK,
        4767 => activity::ACCOUNT_UNLOCK,
        _ => activity::OTHER,
    };
    class(event, Class::AccountChange, what);
    view.subject(event);
    event.user = view.text(known::TARGET_USER_NAME);
    event.user_uid = view.text(known::TARGET_SID);
    event.target_user = view.text(known::NEW_TARGET_USER_NAME).or_else(|| event.user.clone());
    if view.event_id == 4740 {
        // Where the code was refused; the field for the domain names it.
        event.src_host = view.text(known::TARGET_DOMAIN_NAME);
    } else {
        event.user_domain = view.text(known::TARGET_DOMAIN_NAME);
    }
    if view.event_id == 4794 {
        // The password of the restore mode belongs to no account of the directory.
        event.src_host = view.text(known::WORKSTATION);
        event.target_user = Some(Cow::Borrowed("DSRM"));
    }
}

fn group<'a>(view: &View<'a>, event: &mut Event<'a>) {
    let what = match view.event_id {
        4727 | 4731 | 4754 => activity::GROUP_CREATE,
        4728 | 4732 | 4756 => activity::GROUP_ADD_USER,
        4729 | 4733 | 4757 => activity::GROUP_REMOVE_USER,
        _ => activity::GROUP_DELETE,
    };
    class(event, Class::GroupManagement, what);
    view.subject(event);
    event.group = view.text(known::TARGET_USER_NAME);
    // A local account stands there by its number only.
    let name = view.said(known::MEMBER_NAME).map(common_name);
    event.target_user = name.or_else(|| view.said(known::MEMBER_SID)).map(Cow::Borrowed);
    event.user = event.target_user.clone();
    event.user_uid = view.text(known::MEMBER_SID);
}

/// `CN=name,OU=...` as the name alone.
fn common_name(name: &str) -> &str {
    let own = name.strip_prefix("CN=").or_else(|| name.strip_prefix("cn="));
    own.map_or(name, |own| own.split_once(",").map_or(own, |(own, _)| own))
}

#[cfg(test)]
mod tests {
    #[test]
    fn names() {
        assert_eq!(super::common_name("CN=bob,CN=Users,DC=x"), "bob");
        assert_eq!(super::common_name("X\\bob"), "X\\bob");
    }
}
