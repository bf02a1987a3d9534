//! Guessing of passwords by hydra and by a plain loop, without any success.

use super::ordinary;
use crate::stage::clock::at;
use crate::stage::plan::{Act, Logging, Plan, attacker};
use crate::stage::truth::Declared;
use crate::stage::world::SERVER;

/// Passwords of the lists that such programs carry.
const COMMON: [&str; 24] = [
    "123456", "password", "admin", "root", "12345678", "qwerty", "1234", "111111", "abc123", "letmein",
    "toor", "passw0rd", "changeme", "welcome", "sakura", "nippon", "P@ssw0rd", "1qaz2wsx", "zaq12wsx",
    "hello", "master", "dragon", "default", "00000000",
];

/// Names of the lists that such programs carry; none of them is an account here.
const NAMES: [&str; 14] = [
    "admin",
    "test",
    "oracle",
    "postgres",
    "ubuntu",
    "pi",
    "git",
    "ftpuser",
    "hadoop",
    "jenkins",
    "user",
    "guest",
    "deploy",
    "minecraft",
];

pub(super) fn plan() -> Plan {
    let mut plan = Plan::new("guessing", "web02", at(7, 8, 30, 0));
    ordinary::before(&mut plan, 7..10);
    plan.logging = Logging { short_stamps: true, draws_together: true, dated_rotation: false };
    ordinary::day(&mut plan, 10);
    let file = |path: &str, list: &[&str]| Act::File { path: path.to_owned(), text: list.join("\n") + "\n" };
    plan.step(at(10, 1, 10, 0), None, file("/tmp/common.txt", COMMON.get(..16).unwrap_or_default()));
    plan.step(at(10, 1, 10, 0), None, file("/tmp/few.txt", COMMON.get(..3).unwrap_or_default()));
    plan.step(at(10, 1, 10, 0), None, file("/tmp/names.txt", &NAMES));
    let target = format!("ssh://{SERVER}");
    let hydra = |args: &[&str]| args.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    // Two tries a connection: at the sixth sshd cuts the connection, and hydra silently sends that password again.
    let args = hydra(&["-l", "root", "-P", "/tmp/common.txt", "-t", "8", &target]);
    plan.step(at(10, 3, 12, 20), Some("root"), Act::Hydra { from: attacker(21), args });
    let args = hydra(&["-L", "/tmp/names.txt", "-P", "/tmp/few.txt", "-t", "4", "-u", &target]);
    plan.step(at(10, 14, 40, 7), Some("names"), Act::Hydra { from: attacker(22), args });
    for (number, password) in (0_i64..).zip(COMMON) {
        let now = at(10, 20, 5, 0) + number * 7 + plan.roll_seconds(4);
        plan.attempt(now, Some("suzuki"), attacker(23), "suzuki", password);
    }
    for (number, passwords) in (0_i64..).zip(COMMON.chunks(6)) {
        let act = Act::Knock { from: attacker(24), name: b"sato".to_vec(), passwords: passwords.to_vec() };
        plan.step(at(10, 21, 30, 0) + number * 20, Some("sato"), act);
    }
    plan.declared = vec![
        Declared::incident("root", "password_guessing", "attempt")
            .notes("hydra, account root, several tries over each connection"),
        Declared::incident("names", "dictionary_attack", "attempt")
            .also(&["password_guessing", "account_enumeration", "password_spraying"])
            .notes("hydra, 14 names that are no accounts, 3 passwords each"),
        Declared::incident("sato", "password_guessing", "attempt")
            .notes("one existing account, six tries a connection until the server cuts it"),
        Declared::incident("suzuki", "password_guessing", "attempt")
            .notes("one existing account, one connection a try"),
    ];
    plan
}
