//! The code of the person who keeps the site is guessed and the pages are erased (detection.md 4.10).

use super::ordinary;
use crate::stage::clock::at;
use crate::stage::plan::{Plan, attacker, sudo};
use crate::stage::truth::Declared;

pub(super) fn plan() -> Plan {
    let mut plan = Plan::new("hosting", "web07", at(14, 8, 30, 0));
    ordinary::before(&mut plan, 14..17);
    let right = "webmaster2026";
    plan.account("webmaster", right, true);
    for day in 17..=18 {
        ordinary::visits(&mut plan, day, 24);
        ordinary::crawl(&mut plan, day);
    }
    ordinary::work(&mut plan, 17);
    ordinary::cron(&mut plan, 17, &[4, 16]);
    let mut now = at(17, 19, 30, 0);
    for number in 0..31 {
        plan.attempt(now, Some("hosting"), attacker(81), "webmaster", &format!("webmaster{}", 1995 + number));
        now += 3 + plan.roll_seconds(5);
    }
    let lines = [
        "ls /srv/www".to_owned(),
        sudo(right, "/usr/bin/rm -f /srv/www/company.html /srv/www/recruit.html"),
        sudo(right, "/usr/bin/cp /etc/hostname /srv/www/index.html"),
    ];
    plan.session(now + 20, Some("hosting"), attacker(81), ("webmaster", right), 6, &lines);
    plan.declared = vec![
        Declared::incident("hosting", "password_guessing", "credential_misuse")
            .also(&[
                "success_after_failures",
                "page_defacement",
                "first_seen_access",
                "privilege_misuse",
                "file_tampering",
            ])
            .must(&["success_after_failures"])
            .notes("webmaster guessed at the 32nd try; two pages erased and one replaced through sudo"),
    ];
    plan
}
