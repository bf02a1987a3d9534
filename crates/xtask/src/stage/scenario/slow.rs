//! Guessing so slow that no window of minutes sees it (低速の総当たり).

use super::ordinary;
use crate::stage::clock::at;
use crate::stage::plan::{Plan, attacker, far};
use crate::stage::truth::Declared;

pub(super) fn plan() -> Plan {
    let mut plan = Plan::new("slow", "app02", at(9, 8, 30, 0));
    ordinary::before(&mut plan, 9..12);
    for day in 12..=16 {
        ordinary::work(&mut plan, day);
        ordinary::cron(&mut plan, day, &[4, 16]);
    }
    // Eleven to fourteen tries a day, 47 to 77 minutes apart.
    let mut now = at(12, 3, 7, 0);
    for number in 0..48 {
        plan.attempt(now, Some("hourly"), attacker(50), "ito", &format!("Yuri-{:04}", 1900 + number));
        now += 47 * 60 + plan.roll_seconds(30 * 60);
    }
    // Two or three tries a day on a name that is no account, over five days.
    for day in 12..=16 {
        for hour in [5, 13, 21].into_iter().skip(usize::from(day % 2 == 1)) {
            let moment = at(day, hour, 11, 0) + plan.roll_seconds(2_400);
            plan.attempt(moment, Some("daily"), far(9, 77), "backup", &format!("backup{day}{hour}"));
        }
    }
    plan.declared = vec![
        Declared::incident("hourly", "slow_guessing", "attempt")
            .notes("one account, an administrator; one try about every hour over two days"),
        Declared::incident("daily", "slow_guessing", "attempt")
            .notes("the name of a system account without password; two or three tries a day over five days"),
    ];
    plan
}
