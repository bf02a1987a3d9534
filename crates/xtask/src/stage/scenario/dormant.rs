//! An account that nobody used for half a year is used (休眠アカウントの使用).

use super::ordinary;
use crate::stage::clock::{at, on};
use crate::stage::plan::{Act, Entry, Logging, Plan, STAFF, far, friend};
use crate::stage::truth::Declared;

/// The password of the idle account.
const PASSWORD: &str = "Hagi!2025-yoshida";

pub(super) fn plan() -> Plan {
    let mut plan = Plan::new("dormant", "files01", on(5, 11, 8, 30, 0));
    plan.accounts_age_days = 400;
    plan.keeps_lastlog = true;
    plan.logging = Logging { short_stamps: false, draws_together: false, dated_rotation: true };
    let entry = Entry { kind: "person", state: "active", left_on: "", last_login: "2026-05-11" };
    plan.account_as("yoshida", PASSWORD, false, entry);
    let list = ["ls -l".to_owned()];
    plan.session(on(5, 11, 9, 4, 10), None, friend(21), ("yoshida", PASSWORD), 20, &list);
    // The others go on working, so that the silence of one account is no gap of the log.
    for month in 5..=10 {
        for (day, (name, password, _)) in (11..).zip(STAFF) {
            let start = on(month, day, 10, 0, 0) + plan.roll_seconds(3_600);
            let desk = friend(u8::try_from(day - 1).unwrap_or(10));
            plan.session(start, None, desk, (name, password), 7, &list);
        }
        plan.step(on(month, 25, 0, 0, 5), None, Act::Rotate);
    }
    plan.step(at(16, 0, 0, 5), None, Act::Rotate);
    for day in 16..=18 {
        ordinary::work(&mut plan, day);
        ordinary::cron(&mut plan, day, &[4, 16]);
    }
    let lines =
        ["id", "ls -la /srv", "tar -cf /tmp/all.tar /srv 2>/dev/null", "ls -l /tmp"].map(str::to_owned);
    plan.session(at(18, 3, 33, 20), Some("dormant"), far(58, 14), ("yoshida", PASSWORD), 11, &lines);
    plan.declared = vec![
        Declared::incident("dormant", "dormant_account_use", "credential_misuse")
            .also(&["first_seen_access", "off_hours_access"])
            .notes("yoshida last logged in on 2026-05-11 (wtmp, lastlog, roster); used from an unknown address at night"),
    ];
    plan
}
