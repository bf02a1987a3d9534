//! Connections that look for a door and try no key (ポートスキャン).

use super::ordinary;
use crate::stage::clock::at;
use crate::stage::plan::{Act, Plan, far};
use crate::stage::truth::Declared;

/// What scanners say to a port to find out what listens there.
const GREETINGS: [&[u8]; 6] = [
    b"",
    b"GET / HTTP/1.0\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"SSH-2.0-Go\r\n",
    b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00",
    b"OPTIONS sip:nm SIP/2.0\r\n\r\n",
];

pub(super) fn plan() -> Plan {
    let mut plan = Plan::new("knocking", "app05", at(19, 8, 30, 0));
    ordinary::before(&mut plan, 19..22);
    ordinary::day(&mut plan, 22);
    let mut now = at(22, 2, 30, 0);
    for round in 0..4_u8 {
        for greeting in GREETINGS {
            plan.step(now, Some("scan"), Act::Greet { from: far(99, 3 + round), bytes: greeting.to_vec() });
            now += 3 + plan.roll_seconds(20);
        }
    }
    plan.declared = vec![
        Declared::label("scan", "port_scan", "out_of_scope")
            .also(&["vulnerability_probe"])
            .notes("24 connections to port 22 from four addresses that try no name and no password"),
    ];
    plan
}
