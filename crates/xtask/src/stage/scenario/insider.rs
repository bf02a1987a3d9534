//! A person with an account of his own who wants more than he may (権限の不正使用).

use super::ordinary;
use crate::stage::clock::at;
use crate::stage::plan::{Plan, friend, sudo};
use crate::stage::truth::Declared;

pub(super) fn plan() -> Plan {
    let mut plan = Plan::new("insider", "app06", at(18, 8, 30, 0));
    ordinary::before(&mut plan, 18..21);
    ordinary::work(&mut plan, 21);
    ordinary::cron(&mut plan, 21, &[4, 16]);
    let own = "Kikyo!2026-suzuki";
    let lines = [
        sudo(own, "/usr/bin/cat /etc/shadow"),
        "echo Momiji-2026 | su -c id takahashi".to_owned(),
        "echo Momiji2026 | su -c id takahashi".to_owned(),
        "echo root | su -c id root".to_owned(),
        "echo toor | su -c id root".to_owned(),
        "echo password | su -c id root".to_owned(),
        sudo(own, "/usr/bin/id"),
    ];
    plan.session_of(at(21, 20, 40, 0), (None, Some("insider")), friend(11), ("suzuki", own), 9, &lines);
    plan.declared = vec![
        Declared::incident("insider", "privilege_misuse", "undetermined")
            .also(&["credential_store_access", "password_guessing", "insider_excess"])
            .uncounted()
            .notes(
                "suzuki, from the usual desk: twice sudo without the right to it, five wrong passwords at su",
            ),
    ];
    plan
}
