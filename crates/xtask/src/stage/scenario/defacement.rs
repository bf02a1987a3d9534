//! Pages replaced and erased through a server that takes PUT and DELETE from anybody (ホームページの改ざん・消去).

use super::ordinary;
use crate::stage::clock::at;
use crate::stage::plan::{Act, Plan, Request, far};
use crate::stage::truth::Declared;
use crate::stage::web::Site;

pub(super) fn plan() -> Plan {
    let mut plan = Plan::new("defacement", "web06", at(16, 1, 0, 0));
    plan.web = Site { takes_put: true, ..Site::default() };
    for day in 16..=17 {
        ordinary::visits(&mut plan, day, 30);
        ordinary::crawl(&mut plan, day);
    }
    ordinary::cron(&mut plan, 16, &[4, 16]);
    let page = "<html><body bgcolor=black><h1><font color=red>owned</font></h1></body></html>\n";
    plan.step(at(16, 22, 0, 0), None, Act::File { path: "/tmp/page.html".to_owned(), text: page.to_owned() });
    let from = far(36, 50);
    let agent = "curl/8.5.0";
    let send = |method: &'static str, target: &str| {
        let mut request = Request::get(from, target, agent);
        request.method = method;
        if method == "PUT" {
            request.more = vec!["--data-binary".to_owned(), "@/tmp/page.html".to_owned()];
        }
        request
    };
    let steps = [
        ("OPTIONS", "/"),
        ("PUT", "/test.txt"),
        ("DELETE", "/test.txt"),
        ("PUT", "/index.html"),
        ("PUT", "/recruit.html"),
        ("DELETE", "/company.html"),
    ];
    for (number, (method, target)) in (0_i64..).zip(steps) {
        plan.ask(at(16, 22, 14, 0) + number * 17, Some("defacement"), send(method, target));
    }
    let mut look = Request::get(from, "/", agent);
    look.expect = "owned";
    plan.ask(at(16, 22, 16, 0), Some("defacement"), look);
    plan.declared = vec![
        Declared::incident("defacement", "page_defacement", "undetermined")
            .also(&["vulnerability_scan"])
            .notes(
                "two pages replaced and one erased; no access control function stood in the way, so that no offence of \
                 the Act is shown by these logs",
            ),
    ];
    plan
}
