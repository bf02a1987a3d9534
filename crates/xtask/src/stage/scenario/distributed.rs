//! Guessing by many computers, each of which tries too little to be seen alone (分散総当たり).

use super::ordinary;
use crate::stage::clock::at;
use crate::stage::plan::{Plan, attacker, far, far_v6};
use crate::stage::truth::Declared;

/// Passwords that the computers of the attacker share out among themselves.
const WORDS: [&str; 12] = [
    "Nippon1",
    "Sakura2026",
    "Takahashi1",
    "Password1!",
    "Qwerty2026",
    "Asahi0",
    "Fuyu2026",
    "Aki2026!",
    "Tokyo2026",
    "Welcome1",
    "Hanako1",
    "Kaisha1",
];

pub(super) fn plan() -> Plan {
    let mut plan = Plan::new("distributed", "app01", at(9, 8, 30, 0));
    ordinary::before(&mut plan, 9..12);
    ordinary::day(&mut plan, 12);
    plan.account("nakamura", "Fuji!2026-nakamura", false);
    // 26 computers, each in a network of its own, two tries each on the administrator within 13 minutes.
    let mut now = at(12, 4, 20, 0);
    for round in 0..2_usize {
        for number in 0..26_u8 {
            let from =
                if number % 5 == 4 { far_v6(0x100 + u16::from(number), 7) } else { far(40 + number, 9) };
            let word =
                WORDS.get((usize::from(number) + round * 5) % WORDS.len()).copied().unwrap_or_default();
            plan.attempt(now, Some("administrator"), from, "takahashi", word);
            now += 9 + plan.roll_seconds(10);
        }
    }
    // 24 others on one account; the last but one has the right password.
    let mut now = at(12, 22, 40, 0);
    for number in 0..24_u8 {
        let from = if number % 6 == 5 { attacker(100 + number) } else { far(120 + number, 31) };
        let word = WORDS.get(usize::from(number) % WORDS.len()).copied().unwrap_or_default();
        plan.attempt(now, Some("entered"), from, "nakamura", word);
        now += 8 + plan.roll_seconds(12);
    }
    let lines = ["id".to_owned(), "cat /etc/passwd".to_owned(), "ls -la /home".to_owned()];
    plan.session(now, Some("entered"), far(120, 31), ("nakamura", "Fuji!2026-nakamura"), 6, &lines);
    plan.declared = vec![
        Declared::incident("administrator", "distributed_guessing", "attempt")
            .also(&["password_guessing"])
            .notes("26 computers in 26 networks, five of them by IPv6, two tries each on one administrator"),
        Declared::incident("entered", "distributed_guessing", "credential_misuse")
            .also(&["success_after_failures", "password_guessing", "first_seen_access"])
            .notes(
                "24 computers, one try each on one account, then one of them enters with the right password",
            ),
    ];
    plan
}
