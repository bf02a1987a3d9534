//! One password against everybody, then the next after a pause (パスワードスプレー).

use super::ordinary;
use crate::stage::clock::at;
use crate::stage::plan::{Plan, STAFF, far};
use crate::stage::truth::Declared;

/// Further people with an account here.
const HERE: [&str; 10] = [
    "fujita-k",
    "okamoto-s",
    "hirano-m",
    "sugawara-t",
    "taniguchi-y",
    "koyama-a",
    "otsuka-r",
    "chida-n",
    "nomura-h",
    "iwasaki-j",
];
/// One word a round.
const ROUNDS: [&str; 4] = ["Kaisha2026!", "Aki2026!", "Natsu2026!", "Welcome2026!"];

pub(super) fn plan() -> Plan {
    let mut plan = Plan::new("spraying", "mail01", at(10, 8, 30, 0));
    ordinary::before(&mut plan, 10..13);
    ordinary::day(&mut plan, 13);
    for name in HERE {
        let password = if name == "nomura-h" { "Natsu2026!".to_owned() } else { format!("Koko-{name}-2026") };
        plan.account(name, &password, false);
    }
    let everybody: Vec<&str> = STAFF.iter().map(|(name, _, _)| *name).chain(HERE).collect();
    for (round, word) in (0_i64..).zip(ROUNDS) {
        let mut now = at(13, 22, 3, 0) + round * 31 * 60;
        for name in &everybody {
            plan.attempt(now, Some("spraying"), far(77, 5), name, word);
            now += 3 + plan.roll_seconds(5);
        }
    }
    plan.declared = vec![
        Declared::incident("spraying", "password_spraying", "credential_misuse")
            .also(&["success_after_failures", "first_seen_access", "password_guessing"])
            .notes("16 accounts, four rounds of one password each, half an hour apart; nomura-h entered in round three"),
    ];
    plan
}
