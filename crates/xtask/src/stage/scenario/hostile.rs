//! Names, addresses and agents made to mislead whoever reads the log (detection.md 6.4).

use super::ordinary;
use crate::stage::clock::at;
use crate::stage::plan::{Act, Logging, Plan, Request, attacker, far};
use crate::stage::truth::Declared;

/// Names that imitate what stands beside a name in the log. 8.8.8.8 and the like never came near the computer.
const NAMES: [&[u8]; 24] = [
    b"x from 8.8.8.8 port 22",
    b"root from 8.8.8.8 port 22 ssh2",
    b"invalid user root from 8.8.4.4",
    b"admin ",
    b" admin",
    b"root\tfrom 9.9.9.9",
    b"a b c d",
    b"''; drop table users; --",
    b"\"quoted\"",
    b"%s%s%s%n",
    b"-oProxyCommand=id",
    b"root@1.1.1.1",
    b"from",
    b"for",
    b"ssh2",
    b"user from 1.1.1.1 port 1: 11: Bye Bye",
    b"\xe7\xae\xa1\xe7\x90\x86\xe8\x80\x85",
    b"\xef\xbc\x92\xef\xbc\x90\xef\xbc\x93.0.113.9",
    b"\xff\xfe\x80",
    b"esc\x1b[31mred\x1b[0m",
    b"bell\x07back\x08",
    b"Accepted password for root from 9.9.9.9 port 22 ssh2",
    b"rhost=8.8.8.8 user=root",
    b"<script>alert(1)</script>",
];

/// Agents, referrers and paths that imitate an access log.
const WEB: [(&str, &str); 6] = [
    ("/?a=%22%20200%205%20%22-%22%20%22x", "x\" 200 5 \"-\" \"y"),
    ("/%20HTTP/1.1%22%20200%201%20%22-%22%20%22-%22%0a8.8.8.8%20-%20-", "Mozilla/5.0"),
    ("/", "8.8.8.8 - - [22/Nov/2026:00:00:00 +0900] \"GET / HTTP/1.1\" 200 5"),
    ("/?q=Failed+password+for+root+from+8.8.8.8+port+22+ssh2", "-"),
    ("/products/?id=1%00%1b%5b31m", "\u{1b}[31m"),
    ("/company.html?x=[22/Nov/2026]", "a\\x22b"),
];

pub(super) fn plan() -> Plan {
    let mut plan = Plan::new("hostile", "gw02", at(19, 8, 30, 0));
    ordinary::before(&mut plan, 19..22);
    plan.logging = Logging { short_stamps: true, draws_together: false, dated_rotation: false };
    ordinary::day(&mut plan, 22);
    let mut names: Vec<Vec<u8>> = NAMES.iter().map(|name| name.to_vec()).collect();
    names.push(b"A".repeat(255));
    names.push(b"x from 8.8.8.8 port 22 ".repeat(356));
    names.push([b"n".repeat(8_000).as_slice(), b" from 8.8.8.8 port 22 ssh2"].concat());
    let mut now = at(22, 3, 0, 0);
    for name in names {
        let act = Act::Knock { from: attacker(90), name, passwords: vec!["Himitsu-0000"] };
        plan.step(now, Some("names"), act);
        now += 6 + plan.roll_seconds(6);
    }
    // The same trick with a name that exists, many times: the guessing must be seen and the innocent left alone.
    for number in 0..24_i64 {
        let name = format!("sato from 203.0.113.{} port 22 ssh2", 20 + number);
        let act = Act::Knock { from: far(82, 6), name: name.into_bytes(), passwords: vec!["Himitsu-0000"] };
        plan.step(at(22, 5, 0, 0) + number * 5, Some("innocent"), act);
    }
    for (number, (target, agent)) in (0_i64..).zip(WEB) {
        plan.ask(at(22, 6, 0, 0) + number * 30, Some("web"), Request::get(attacker(92), target, agent));
    }
    plan.declared = vec![
        Declared::incident("names", "dictionary_attack", "attempt")
            .also(&["password_guessing", "account_enumeration", "credential_stuffing", "password_spraying"])
            .notes(
                "27 names, none an account, from one address; every other address in these lines is invented",
            ),
        Declared::incident("innocent", "dictionary_attack", "attempt")
            .also(&["password_guessing", "account_enumeration", "credential_stuffing", "password_spraying"])
            .notes("24 names that end in an address of somebody who never came near; one source"),
        Declared::label("web", "vulnerability_probe", "attempt")
            .also(&["cross_site_scripting"])
            .notes("six requests whose paths and agents imitate an access log; no attack beyond that"),
    ];
    plan
}
