//! Accounts of people who left (退職者アカウントの使用): one still open, one closed.

use super::ordinary;
use crate::stage::clock::at;
use crate::stage::plan::{Entry, Plan, attacker, far};
use crate::stage::truth::Declared;

/// The password of the closed account.
const OLD: &str = "Ume!2025-shimizu";

pub(super) fn plan() -> Plan {
    let mut plan = Plan::new("leaver", "db01", at(15, 8, 30, 0));
    ordinary::before(&mut plan, 15..18);
    ordinary::work(&mut plan, 18);
    ordinary::cron(&mut plan, 18, &[4, 16]);
    let entry = |left_on| Entry { kind: "person", state: "left", left_on, last_login: "" };
    plan.account_as("kobayashi", "Kiku!2025-kobayashi", false, entry("2026-09-30"));
    plan.account_as("shimizu", OLD, false, entry("2026-08-31"));
    let close = ["usermod", "-e", "2026-09-01", "shimizu"].map(str::to_owned).to_vec();
    plan.before.push(close);
    let lines = ["ls -la", "cat /etc/hosts", "find / -name '*.csv' -readable 2>/dev/null | head", "id"]
        .map(str::to_owned);
    plan.session(
        at(18, 21, 47, 3),
        Some("open"),
        far(33, 8),
        ("kobayashi", "Kiku!2025-kobayashi"),
        14,
        &lines,
    );
    plan.session(
        at(19, 0, 12, 40),
        Some("open"),
        far(33, 8),
        ("kobayashi", "Kiku!2025-kobayashi"),
        5,
        &lines[..1],
    );
    for number in 0..3 {
        plan.attempt(at(18, 23, 2, 0) + number * 41, Some("closed"), attacker(61), "shimizu", OLD);
    }
    plan.declared = vec![
        Declared::incident("open", "leaver_account_use", "security_hole")
            .also(&["first_seen_access", "off_hours_access"])
            .notes("kobayashi left on 2026-09-30, nobody closed the account; entered twice from an unknown address"),
        Declared::incident("closed", "leaver_account_use", "attempt")
            .also(&["password_guessing"])
            .notes("shimizu left on 2026-08-31 and the account had expired: right password, refused three times"),
    ];
    plan
}
