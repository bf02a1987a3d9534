//! Guessing at the FTP server, with a success, and a page taken away (detection.md 4.10, pages at a provider).

use super::ordinary;
use crate::stage::clock::at;
use crate::stage::plan::{Act, Plan, attacker};
use crate::stage::truth::Declared;

pub(super) fn plan() -> Plan {
    let mut plan = Plan::new("ftp", "ftp01", at(15, 8, 30, 0));
    plan.runs_ftp = true;
    ordinary::before(&mut plan, 15..18);
    ordinary::cron(&mut plan, 18, &[4, 16]);
    plan.account("koukoku", "koukoku123", false);
    let ftp = |password: String| Act::Ftp { from: attacker(97), user: "koukoku", password };
    let mut now = at(18, 2, 10, 0);
    for number in 0..26 {
        plan.step(now, Some("ftp"), ftp(format!("koukoku{number:02}")));
        now += 5 + plan.roll_seconds(4);
    }
    plan.step(now, Some("ftp"), ftp("koukoku123".to_owned()));
    plan.declared = vec![
        Declared::incident("ftp", "password_guessing", "credential_misuse")
            .also(&["success_after_failures", "first_seen_access"])
            .notes("koukoku guessed at the FTP server at the 27th try"),
    ];
    plan
}
