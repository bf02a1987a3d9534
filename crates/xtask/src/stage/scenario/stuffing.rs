//! Credential stuffing over ssh: a list of names and passwords from elsewhere, each tried once, four of them right.

use super::ordinary;
use crate::stage::clock::at;
use crate::stage::plan::{Plan, attacker, sudo};
use crate::stage::truth::Declared;

/// People with an account here.
const HERE: [&str; 34] = [
    "abe-k",
    "aoki-m",
    "arai-t",
    "endo-s",
    "fujii-y",
    "fukuda-a",
    "goto-h",
    "hara-n",
    "hasegawa-r",
    "hayashi-j",
    "honda-e",
    "ikeda-m",
    "imai-c",
    "inoue-t",
    "ishii-k",
    "kato-s",
    "kikuchi-y",
    "kondo-a",
    "maeda-h",
    "matsuda-n",
    "mori-r",
    "murakami-j",
    "nakagawa-e",
    "nakano-m",
    "nishimura-c",
    "ogawa-t",
    "okada-k",
    "ota-s",
    "sakai-y",
    "shibata-a",
    "sugiyama-h",
    "takeda-n",
    "ueda-r",
    "yamazaki-j",
];

/// People on the list who have no account here.
const ELSEWHERE: [&str; 22] = [
    "akiyama-d",
    "chiba-u",
    "doi-f",
    "eguchi-b",
    "furuya-o",
    "hoshino-d",
    "iida-u",
    "kubota-f",
    "kudo-b",
    "miura-o",
    "mizuno-d",
    "noguchi-u",
    "oda-f",
    "onishi-b",
    "saito-o",
    "sasaki-d",
    "seki-u",
    "tamura-f",
    "tsuchiya-b",
    "uchida-o",
    "wada-d",
    "yokoyama-u",
];

/// Who used the same password elsewhere.
const SAME_PASSWORD: [&str; 4] = ["fukuda-a", "kikuchi-y", "okada-k", "ueda-r"];

pub(super) fn plan() -> Plan {
    let mut plan = Plan::new("stuffing", "web03", at(8, 8, 30, 0));
    ordinary::before(&mut plan, 8..11);
    ordinary::day(&mut plan, 11);
    for name in HERE {
        plan.account(name, &format!("Koko-{name}-2026"), name == "okada-k");
    }
    // Both lists mixed, in an order that is no alphabet.
    let mut list: Vec<&str> = HERE.iter().chain(&ELSEWHERE).copied().collect();
    for place in (1..list.len()).rev() {
        let other = usize::try_from(plan.roll(u64::try_from(place + 1).unwrap_or(1))).unwrap_or(0);
        list.swap(place, other);
    }
    let mut now = at(11, 23, 8, 11);
    for (number, name) in list.into_iter().enumerate() {
        let password = if SAME_PASSWORD.contains(&name) {
            format!("Koko-{name}-2026")
        } else {
            format!("Yoso-{name}-1999")
        };
        let from = attacker(if number % 2 == 0 { 40 } else { 41 });
        plan.attempt(now, Some("stuffing"), from, name, &password);
        now += 14 + plan.roll_seconds(17);
    }
    let admin = "Koko-okada-k-2026";
    let lines = [
        "id".to_owned(),
        sudo(admin, "/usr/bin/cat /etc/shadow"),
        sudo(admin, "/usr/bin/tail -n 5 /var/log/auth.log"),
    ];
    plan.session(now + 300, Some("stuffing"), attacker(40), ("okada-k", admin), 12, &lines);
    let lines = ["ls -la".to_owned(), sudo("Koko-ueda-r-2026", "/usr/bin/id")];
    plan.session(now + 1_500, Some("stuffing"), attacker(41), ("ueda-r", "Koko-ueda-r-2026"), 9, &lines);
    plan.declared = vec![Declared::incident("stuffing", "credential_stuffing", "credential_misuse").also(&["success_after_failures", "first_seen_access", "privilege_misuse", "credential_store_access"]).notes("56 names tried once each from two addresses, 34 of them exist, 4 entered; okada-k (administrator) and \
                ueda-r were entered again: sudo cat /etc/shadow, and a sudo that was refused")];
    plan
}
