//! An intruder who cuts his own lines out of the log (ログの改ざん), and what the other log still says.

use super::ordinary;
use crate::stage::clock::at;
use crate::stage::plan::{Act, Logging, Plan, far, sudo};
use crate::stage::truth::Declared;

pub(super) fn plan() -> Plan {
    let mut plan = Plan::new("wiped", "app04", at(17, 8, 30, 0));
    ordinary::before(&mut plan, 17..20);
    plan.logging = Logging { short_stamps: false, draws_together: false, dated_rotation: true };
    plan.logs_destroyed = true;
    for day in 20..=22 {
        ordinary::work(&mut plan, day);
        ordinary::cron(&mut plan, day, &[4, 10, 16, 22]);
    }
    let right = "Momiji!2026-takahashi";
    let lines = [
        // A new file takes the place of auth.log, and rsyslogd is told to open it.
        sudo(
            right,
            "/bin/sh -c 'sed -i /11-21T02:2/d /var/log/auth.log; kill -HUP $(cat /run/rsyslogd.pid)'",
        ),
        "history -c; rm -f ~/.bash_history".to_owned(),
    ];
    plan.session(at(21, 2, 20, 0), Some("wiped"), far(71, 44), ("takahashi", right), 6, &lines);
    plan.step(at(22, 0, 0, 5), None, Act::Rotate);
    plan.declared = vec![
        Declared::incident("wiped", "login_record_mismatch", "undetermined")
            .also(&["log_tampering", "log_gap", "first_seen_access", "off_hours_access"])
            .notes(
                "takahashi (administrator) entered with the right password; the lines of those minutes cut out of \
                 auth.log; wtmp still has the log-in",
            ),
    ];
    plan
}
