//! A list of codes from elsewhere, fed into the log-in form of the site (連続自動入力試行攻撃).

use super::ordinary;
use crate::stage::clock::at;
use crate::stage::plan::{Act, Plan, far};
use crate::stage::truth::Declared;

const AGENT: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36";
/// Members who use the same password elsewhere.
const SAME: [u64; 5] = [4, 17, 23, 41, 58];

pub(super) fn plan() -> Plan {
    let mut plan = Plan::new("members", "web08", at(17, 1, 0, 0));
    for day in 17..=18 {
        ordinary::visits(&mut plan, day, 16);
        ordinary::crawl(&mut plan, day);
        ordinary::members(&mut plan, day);
    }
    ordinary::cron(&mut plan, 17, &[4, 16]);
    let mut now = at(18, 2, 44, 0);
    for number in 0..96_u64 {
        // 60 of the names are members; the 36 others are not.
        let member = number * 37 % 96 + 1;
        let (user, password) = if member <= 60 {
            let right = format!("Natsu{member:03}matsuri");
            let wrong = format!("Yoso-{member}-{}", plan.roll(90_000));
            (format!("kaiin{member:03}@example.jp"), if SAME.contains(&member) { right } else { wrong })
        } else {
            (format!("hito{member:03}@example.org"), format!("Yoso-{member}"))
        };
        let from = far(50 + u8::try_from(number % 3).unwrap_or(0), 21);
        plan.step(now, Some("members"), Act::Form { from, user, password, agent: AGENT });
        now += 7 + plan.roll_seconds(14);
    }
    plan.declared = vec![
        Declared::incident("members", "credential_stuffing", "credential_misuse")
            .also(&["success_after_failures", "first_seen_access", "password_guessing"])
            .notes("96 names once each from three addresses, 60 of them members, five entered"),
    ];
    plan
}
