//! Requests of the worm that rewrote pages in 2001, from many computers at once (detection.md K-28).

use super::ordinary;
use crate::stage::clock::at;
use crate::stage::plan::{Plan, Request, far};
use crate::stage::truth::Declared;

/// What it sent to web servers.
const REQUESTS: [&str; 2] = [
    "/scripts/..%c0%af../winnt/system32/cmd.exe?/c+dir",
    "/scripts/..%c0%af../winnt/system32/cmd.exe?/c+dir+..\\",
];

pub(super) fn plan() -> Plan {
    let mut plan = Plan::new("worm", "web10", at(21, 1, 0, 0));
    ordinary::visits(&mut plan, 21, 20);
    ordinary::crawl(&mut plan, 21);
    ordinary::cron(&mut plan, 21, &[4, 16]);
    let mut now = at(21, 11, 4, 0);
    for number in 0..16_u8 {
        for target in REQUESTS {
            plan.ask(now, Some("worm"), Request::get(far(150 + number, 12), target, "-"));
            now += 2;
        }
        now += 60 + plan.roll_seconds(110);
    }
    plan.declared = vec![
        Declared::incident("worm", "worm_propagation", "attempt")
            .also(&["path_traversal", "code_execution", "vulnerability_probe", "vulnerability_scan"])
            .notes("the same two requests from 16 computers within an hour; nginx refused all of them"),
    ];
    plan
}
