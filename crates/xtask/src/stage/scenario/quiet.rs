//! Eleven days without any attack, with rotated logs: what must not be reported.

use super::ordinary;
use crate::stage::clock::at;
use crate::stage::plan::{Act, Logging, Plan};

pub(super) fn plan() -> Plan {
    let mut plan = Plan::new("quiet", "web01", at(9, 6, 30, 0));
    plan.logging = Logging { short_stamps: true, draws_together: false, dated_rotation: false };
    for day in 9..=19 {
        ordinary::work(&mut plan, day);
        ordinary::visits(&mut plan, day, 24);
        ordinary::crawl(&mut plan, day);
        ordinary::members(&mut plan, day);
        ordinary::cron(&mut plan, day, &[7, 13, 19]);
    }
    for day in [13, 17] {
        plan.step(at(day, 0, 0, 5), None, Act::Rotate);
    }
    plan
}
