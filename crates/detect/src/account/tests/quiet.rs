//! What must stay quiet.

use crate::script::{find, lines};
use std::fmt::Write as _;
use vocab::Level;

fn incidents(script: &str) -> String {
    let mut findings = find(script);
    findings.retain(|finding| finding.level > Level::Informational);
    lines(&findings)
}

#[test]
fn an_administrator_mistypes_twice_and_enters() {
    assert_eq!(incidents("0s 192.0.2.1 fail root\n5s 192.0.2.1 fail root\n10s 192.0.2.1 ok root"), "");
}

#[test]
fn sign_in_by_key_is_nothing() {
    let script = (0..30).fold(String::new(), |mut script, day| {
        let _ = writeln!(script, "{day}d8h 192.0.2.1 ok alice key keyid=SHA256:abc");
        script
    });
    assert_eq!(lines(&find(&script)), "");
}

#[test]
fn nightly_jobs_are_nothing() {
    let script = (0..60).fold(String::new(), |mut script, day| {
        let _ = writeln!(script, "{day}d2h 10.0.0.5 ok backup key\n{day}d2h1m - ok root svc=CRON actor=root");
        script
    });
    assert_eq!(incidents(&script), "");
}

#[test]
fn an_office_behind_one_address_mistypes_in_the_morning() {
    let script = (0..60).fold(String::new(), |mut script, n| {
        let _ = writeln!(
            script,
            "9h{}s 192.0.2.1 fail staff{n} known\n9h{}s 192.0.2.1 ok staff{n}",
            n * 10,
            n * 10 + 6
        );
        script
    });
    assert_eq!(incidents(&script), "");
}

#[test]
fn a_busy_service_whose_people_mistype() {
    // Each ten seconds somebody signs in from an address of his own; every fourth gives up after a failure.
    let script = (0..400).fold(String::new(), |mut script, n| {
        let outcome = if n % 4 == 0 { "fail" } else { "ok" };
        let _ = writeln!(script, "{}s 10.{}.{}.1 {outcome} user{n} known svc=web", n * 10, n % 200, n / 200);
        script
    });
    assert_eq!(incidents(&script), "");
}

#[test]
fn a_known_source_after_a_long_pause_mistypes() {
    let usual = (0..6).fold(String::new(), |mut script, day| {
        let _ = writeln!(script, "{day}d9h 192.0.2.1 ok bob");
        script
    });
    assert_eq!(incidents(&format!("{usual}60d9h 192.0.2.1 fail bob\n60d9h5s 192.0.2.1 ok bob")), "");
}
