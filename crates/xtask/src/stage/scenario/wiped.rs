//! An intruder who cuts his own lines out of the log (ログの改ざん), and what the other log still says.

use super::ordinary;
use crate::stage::clock::at;
use crate::stage::plan::{Act, Logging, Plan, far, sudo};
use crate::stage::truth::Declared;

pub(super) fn plan() -> Plan {
    let mut plan = Plan::new("wiped", "app04", at(20, 8, 0, 0));
    plan.logging = Logging { short_stamps: false, draws_together: false, dated_rotation: true };
    plan.logs_destroyed = true;
    for day in 20..=22 {
        ordinary::work(&mut plan, day);
        ordinary::cron(&mut plan, day, &[4, 10, 16, 22]);
    }
    let right = "Momiji!2026-takahashi";
    let lines = [
        sudo(right, "/usr/bin/id"),
        // A new file takes the place of auth.log; rsyslogd goes on writing to the old one, which has no name any more.
        sudo(right, "/usr/bin/sed -i -e /198.19/d -e /takahashi/d /var/log/auth.log"),
        "history -c; rm -f ~/.bash_history".to_owned(),
    ];
    plan.session(at(21, 2, 20, 0), Some("wiped"), far(71, 44), ("takahashi", right), 6, &lines);
    plan.step(at(22, 0, 0, 5), None, Act::Rotate);
    plan.declared = vec![
        Declared::incident("wiped", "login_record_mismatch", "undetermined")
            .also(&["log_tampering", "log_gap", "first_seen_access", "off_hours_access"])
            .notes(
                "takahashi (administrator) entered with the right password; every line about takahashi cut out of \
                 auth.log, which then stays silent until it is rotated a day later; wtmp still has the log-in",
            ),
    ];
    plan
}
