//! From a guessed administrator to an account of one's own and to logs that say less than they should.

use super::ordinary;
use crate::stage::clock::at;
use crate::stage::plan::{Plan, far, sudo};
use crate::stage::truth::Declared;

pub(super) fn plan() -> Plan {
    let mut plan = Plan::new("takeover", "app03", at(17, 8, 30, 0));
    ordinary::before(&mut plan, 17..20);
    ordinary::day(&mut plan, 20);
    let right = "Yuri!2026-ito";
    let mut now = at(20, 23, 10, 0);
    for number in 0..22 {
        plan.attempt(
            now,
            Some("takeover"),
            far(66, 12),
            "ito",
            &format!("Yuri!20{:02}-ito", 4 + number % 22),
        );
        now += 4 + plan.roll_seconds(6);
    }
    let lines = [
        "id".to_owned(),
        sudo(right, "/usr/bin/cat /etc/shadow"),
        sudo(right, "/usr/sbin/useradd -m -s /bin/bash -G sudo sysupd"),
        format!("echo '{right}' | sudo -S -p '' sh -c 'echo sysupd:Ushiro-2026 | /usr/sbin/chpasswd'"),
        "ln -sf /dev/null ~/.bash_history".to_owned(),
    ];
    plan.session(now + 40, Some("takeover"), far(66, 12), ("ito", right), 8, &lines);
    let own = "Ushiro-2026";
    let lines = [
        sudo(own, "/usr/bin/id"),
        sudo(own, "/usr/bin/rm -f /var/log/btmp"),
        sudo(own, "/usr/bin/truncate -s 0 /var/log/nginx/access.log"),
        sudo(own, "/usr/bin/truncate -s 0 /var/log/wtmp"),
        "history -c".to_owned(),
    ];
    plan.session(now + 1_900, Some("takeover"), far(67, 80), ("sysupd", own), 9, &lines);
    plan.declared = vec![
        Declared::incident("takeover", "password_guessing", "credential_misuse")
            .also(&[
                "success_after_failures",
                "first_seen_access",
                "privilege_misuse",
                "credential_store_access",
                "account_manipulation",
                "planted_account_use",
                "log_tampering",
                "login_record_mismatch",
                "log_gap",
            ])
            .must(&["account_manipulation", "planted_account_use", "log_tampering"])
            .notes(
                "ito (administrator) guessed at the 23rd try; the account sysupd created with sudo rights and used from \
                 another address; btmp removed, wtmp and the access log emptied. auth.log was left alone",
            ),
    ];
    plan
}
