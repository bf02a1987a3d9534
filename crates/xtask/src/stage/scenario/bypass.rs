//! The way past a log-in form, without any code (アクセス制御の回避).

use super::ordinary;
use crate::stage::clock::at;
use crate::stage::plan::{Plan, Request, attacker};
use crate::stage::truth::Declared;

const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

pub(super) fn plan() -> Plan {
    let mut plan = Plan::new("bypass", "web09", at(18, 1, 0, 0));
    for day in 18..=20 {
        ordinary::visits(&mut plan, day, 16);
        ordinary::crawl(&mut plan, day);
        ordinary::members(&mut plan, day);
        ordinary::editors(&mut plan, day);
    }
    ordinary::cron(&mut plan, 19, &[4, 16]);
    let ask = |target: &str, forged: bool, expect: &'static str| {
        let mut request = Request::get(attacker(95), target, AGENT);
        if forged {
            // The site believes any session that has the right name.
            request.more = ["-H", "Cookie: staged_session=1"].map(str::to_owned).to_vec();
        }
        request.expect = expect;
        request
    };
    let steps = [
        ("/", false, ""),
        ("/wp-login.php", false, "name=log"),
        ("/wp-admin/", false, ""),
        ("/wp-admin/", true, "dashboard"),
        ("/wp-admin/users.php", true, "dashboard"),
        ("/wp-admin/export.php?download=true", true, "dashboard"),
        ("/wp-admin/options-general.php", true, "dashboard"),
    ];
    for (number, (target, forged, expect)) in (0_i64..).zip(steps) {
        let request = ask(target, forged, expect);
        plan.ask(at(19, 23, 31, 0) + number * 21, Some("bypass"), request);
    }
    plan.declared = vec![
        Declared::incident("bypass", "authentication_bypass", "security_hole")
            .also(&["vulnerability_probe", "sensitive_file_probe"])
            .notes("pages behind the log-in form served to an address that never logged in: the session was forged"),
    ];
    plan
}
