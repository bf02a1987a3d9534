//! Accounts as the maker delivered them (初期設定アカウントの使用).

use super::ordinary;
use crate::stage::clock::at;
use crate::stage::plan::{Entry, Plan, far};
use crate::stage::truth::Declared;

pub(super) fn plan() -> Plan {
    let mut plan = Plan::new("initial", "gw01", at(16, 8, 30, 0));
    ordinary::before(&mut plan, 16..19);
    ordinary::work(&mut plan, 19);
    ordinary::cron(&mut plan, 19, &[4, 16]);
    let entry = Entry { kind: "default", state: "active", left_on: "", last_login: "" };
    plan.account_as("pi", "raspberry", false, entry);
    let from = far(91, 200);
    plan.attempt(at(19, 5, 40, 0), Some("default"), from, "ubnt", "ubnt");
    plan.attempt(at(19, 5, 40, 9), Some("default"), from, "pi", "raspberryraspberry993311");
    plan.attempt(at(19, 5, 40, 17), Some("default"), from, "pi", "raspberry");
    let lines = ["uname -a", "cat /proc/cpuinfo | head -3", "w"].map(str::to_owned);
    plan.session(at(19, 5, 43, 0), Some("default"), from, ("pi", "raspberry"), 4, &lines);
    plan.declared = vec![
        Declared::incident("default", "default_account_use", "security_hole")
            .also(&["first_seen_access", "success_after_failures", "off_hours_access"])
            .notes("pi with the password of its maker, in the roster as a default account"),
    ];
    plan
}
