//! K-01 to K-08.

use crate::script::{evidence, find, lines};
use insta::assert_snapshot;
use std::fmt::Write as _;
use vocab::{EvidenceRole, Kind, Level};

/// `count` lines, `gap` seconds apart.
fn repeat(count: u32, begin: u32, gap: u32, line: impl Fn(u32) -> String) -> String {
    (0..count).fold(String::new(), |mut script, number| {
        let _ = writeln!(script, "{}s {}", begin + number * gap, line(number));
        script
    })
}

#[test]
fn k01_guessing_begins_at_the_threshold_and_grows_with_the_tries() {
    assert_snapshot!(lines(&find(&repeat(4, 0, 10, |_| "192.0.2.1 fail bob known".into()))), @"");
    assert_snapshot!(lines(&find(&repeat(5, 0, 10, |n| format!("192.0.2.1 fail {} known", ["bob", "eve"][n as usize % 2])))),
        @"password_guessing low attempt tries=5 ok=0 accounts=2 sources=1 entered=[] others=[]");
    assert_snapshot!(lines(&find(&repeat(300, 0, 2, |_| "192.0.2.1 fail root".into()))),
        @"password_guessing medium attempt tries=300 ok=0 accounts=1 sources=1 entered=[] others=[]");
}

#[test]
fn k01_tries_outside_the_window_do_not_add_up() {
    // One every three minutes is four in ten minutes: the day's count tells.
    let script = |count| repeat(count, 0, 200, |_| "192.0.2.1 fail bob known".into());
    assert_snapshot!(lines(&find(&script(99))), @"");
    assert_snapshot!(lines(&find(&script(100))),
        @"password_guessing medium attempt tries=100 ok=0 accounts=1 sources=1 entered=[] others=[]");
}

#[test]
fn k01_repeated_records_count_as_often_as_they_say() {
    assert_snapshot!(lines(&find("0s 192.0.2.1 fail bob known x=5")),
        @"password_guessing medium attempt tries=5 ok=0 accounts=1 sources=1 entered=[] others=[]");
}

#[test]
fn k01_a_local_guess_is_outside_the_act() {
    assert_snapshot!(lines(&find(&repeat(6, 0, 5, |_| "- fail root actor=bob svc=su".into()))),
        @"password_guessing medium out_of_scope tries=6 ok=0 accounts=1 sources=0 entered=[] others=[]");
}

#[test]
fn k02_many_names_that_do_not_exist() {
    assert_snapshot!(lines(&find(&repeat(20, 0, 3, |n| format!("192.0.2.1 fail name{n} unknown")))),
        @"dictionary_attack low attempt tries=20 ok=0 accounts=20 sources=1 entered=[] others=[password_guessing]");
    assert_snapshot!(lines(&find(&repeat(60, 0, 3, |n| format!("192.0.2.1 fail name{n} unknown")))),
        @"dictionary_attack medium attempt tries=60 ok=0 accounts=60 sources=1 entered=[] others=[password_guessing]");
}

#[test]
fn k02_names_that_differ_in_case_are_one_account() {
    let findings =
        find(&repeat(6, 0, 3, |n| format!("192.0.2.1 fail {} known", ["Bob", "bob", "BOB"][n as usize % 3])));
    assert_snapshot!(lines(&findings), @"password_guessing medium attempt tries=6 ok=0 accounts=1 sources=1 entered=[] others=[]");
}

#[test]
fn k03_one_try_an_hour() {
    assert_snapshot!(lines(&find(&repeat(3, 0, 3_600, |_| "192.0.2.1 fail bob known".into()))), @"");
    assert_snapshot!(lines(&find(&repeat(40, 0, 3_600, |_| "192.0.2.1 fail bob known".into()))),
        @"slow_guessing low attempt tries=40 ok=0 accounts=1 sources=1 entered=[] others=[password_guessing]");
    assert_snapshot!(lines(&find(&repeat(40, 0, 3_600, |_| "192.0.2.1 fail root known".into()))),
        @"slow_guessing medium attempt tries=40 ok=0 accounts=1 sources=1 entered=[] others=[password_guessing]");
}

#[test]
fn k03_three_tries_a_day_for_days() {
    assert_snapshot!(lines(&find(&repeat(12, 0, 28_800, |_| "192.0.2.1 fail bob known".into()))),
        @"slow_guessing low attempt tries=12 ok=0 accounts=1 sources=1 entered=[] others=[password_guessing]");
}

#[test]
fn k03_a_success_clears_the_holders_own_failures() {
    let script = (0..8).fold(String::new(), |mut script, day| {
        let _ = writeln!(script, "{day}d9h 192.0.2.1 fail bob known\n{day}d9h1m 192.0.2.1 ok bob");
        script
    });
    let findings = find(&script);
    assert!(findings.iter().all(|finding| finding.level == Level::Informational), "{}", lines(&findings));
}

#[test]
fn k04_rounds_over_the_same_accounts() {
    let spray = |rounds: u32| repeat(rounds * 10, 0, 60, |n| format!("192.0.2.1 fail staff{} known", n % 10));
    assert_snapshot!(lines(&find(&spray(3))),
        @"password_spraying medium attempt tries=30 ok=0 accounts=10 sources=1 entered=[] others=[password_guessing]");
    let script = spray(3) + "1801s 192.0.2.1 ok staff4";
    assert_snapshot!(lines(&find(&script)), @r"
    password_spraying high credential_misuse tries=31 ok=1 accounts=10 sources=1 entered=[staff4] others=[password_guessing]
    success_after_failures high credential_misuse tries=4 ok=1 accounts=1 sources=1 entered=[staff4] others=[]
    ");
}

#[test]
fn k04_one_account_after_the_other_is_no_spray() {
    let script = repeat(30, 0, 20, |n| format!("192.0.2.1 fail staff{} known", n / 3));
    assert_snapshot!(lines(&find(&script)),
        @"password_guessing medium attempt tries=30 ok=0 accounts=10 sources=1 entered=[] others=[]");
}

#[test]
fn k05_one_account_from_many_networks() {
    let script = |sources: u32| repeat(sources * 2, 0, 20, |n| format!("10.{}.0.1 fail root", n % sources));
    assert_snapshot!(lines(&find(&script(7))), @"");
    assert_snapshot!(lines(&find(&script(12))),
        @"distributed_guessing medium attempt tries=24 ok=0 accounts=1 sources=12 entered=[] others=[password_guessing]");
    let findings = find(&(script(12) + "600s 10.3.0.1 ok root"));
    assert_snapshot!(lines(&findings), @r"
    distributed_guessing high credential_misuse tries=25 ok=1 accounts=1 sources=12 entered=[root] others=[password_guessing]
    success_after_failures high credential_misuse tries=3 ok=1 accounts=1 sources=1 entered=[root] others=[]
    ");
    assert_eq!(findings[0].accounts[0].entry_source, "10.3.0.1".parse().ok());
}

#[test]
fn k05_addresses_of_one_network_are_not_many() {
    let script = repeat(24, 0, 20, |n| format!("10.0.0.{} fail bob known", n % 12));
    assert_snapshot!(lines(&find(&script)), @"");
}

#[test]
fn k05_twenty_sources_in_a_day_are_enough() {
    let script = repeat(20, 0, 3_600, |n| format!("10.{n}.0.1 fail bob known"));
    assert_snapshot!(lines(&find(&script)),
        @"distributed_guessing medium attempt tries=20 ok=0 accounts=1 sources=20 entered=[] others=[password_guessing slow_guessing]");
}

#[test]
fn k06_a_list_of_codes_and_who_was_entered() {
    let script = repeat(200, 0, 5, |n| {
        let outcome = if n % 40 == 7 { "ok" } else { "fail" };
        format!("192.0.2.1 {outcome} user{n}@example.jp {}", if n % 3 == 0 { "known" } else { "unknown" })
    });
    let findings = find(&script);
    assert_snapshot!(lines(&findings), @r"
    credential_stuffing high credential_misuse tries=200 ok=5 accounts=200 sources=1 entered=[user7@example.jp user47@example.jp user87@example.jp user127@example.jp user167@example.jp] others=[password_guessing dictionary_attack]
    success_after_failures high credential_misuse tries=5 ok=5 accounts=5 sources=1 entered=[user7@example.jp user47@example.jp user87@example.jp user127@example.jp user167@example.jp] others=[]
    ");
    let rate = findings[0].success_rate.expect("rate");
    assert_eq!((rate.entered, rate.tried), (5, 200));
    assert!(rate.ci_low > 0.01 && rate.ci_high < 0.06, "{rate:?}");
    assert_eq!(evidence(&findings[0], EvidenceRole::Success), 5);
    assert_eq!(evidence(&findings[0], EvidenceRole::Failure), 100);
    assert_eq!(findings[0].facts, ["f5"]);
    assert!(findings[0].accounts[0].entry.is_some());
}

#[test]
fn k06_the_first_try_may_be_the_right_one() {
    let script =
        repeat(40, 0, 5, |n| format!("192.0.2.1 {} user{n} known", if n == 0 { "ok" } else { "fail" }));
    let findings = find(&script);
    assert_eq!(findings[0].kind, Kind::CredentialStuffing);
    assert_eq!(findings[0].accounts[0].name, "user0");
    assert_eq!((findings[0].attempts, findings[0].successes), (40, 1));
}

#[test]
fn k06_ten_accounts_entered_are_critical() {
    let script =
        repeat(100, 0, 5, |n| format!("192.0.2.1 {} user{n} known", if n % 10 == 9 { "ok" } else { "fail" }));
    assert_eq!(find(&script)[0].level, Level::Critical);
}

#[test]
fn k06_twenty_four_tries_are_not_yet_a_list() {
    let script = |count| repeat(count, 0, 5, |n| format!("192.0.2.1 fail user{n} known"));
    assert_eq!(find(&script(24))[0].kind, Kind::PasswordGuessing);
    assert_eq!(find(&script(25))[0].kind, Kind::CredentialStuffing);
}

#[test]
fn k07_rows_of_the_table() {
    let usual = "0s 192.0.2.1 ok bob\n1d 192.0.2.1 ok bob\n2d 192.0.2.1 ok bob\n3d 192.0.2.1 ok bob\n4d 192.0.2.1 ok bob\n";
    let fails = |count: u32, source: &str| {
        (0..count).fold(String::new(), |script, n| script + &format!("5d0h0m{n}s {source} fail bob known\n"))
    };
    let of = |source: &str, count: u32, from: &str| {
        let script = format!("{usual}{}5d1h {source} ok bob", fails(count, from));
        find(&script)
            .iter()
            .filter(|finding| finding.kind != Kind::PasswordGuessing)
            .map(|finding| format!("{} {}", finding.kind.as_str(), finding.level.as_str()))
            .collect::<Vec<_>>()
            .join(", ")
    };
    assert_eq!(of("192.0.2.1", 4, "192.0.2.1"), "");
    assert_eq!(of("198.51.100.9", 4, "198.51.100.9"), "first_seen_access low");
    assert_eq!(of("198.51.100.9", 5, "198.51.100.9"), "success_after_failures high");
    assert_eq!(of("192.0.2.1", 5, "192.0.2.1"), "success_after_failures medium");
    assert_eq!(of("192.0.2.1", 9, "198.51.100.9"), "");
}

#[test]
fn k07_an_account_under_slow_attack() {
    let usual = (0..6).fold(String::new(), |script, day| script + &format!("{day}d 192.0.2.1 ok bob\n"));
    let attack =
        (0..8).fold(String::new(), |script, n| script + &format!("6d{n}h 198.51.100.9 fail bob known\n"));
    let last = |source: &str| {
        find(&format!("{usual}{attack}6d8h {source} ok bob"))
            .iter()
            .filter(|finding| finding.kind == Kind::SuccessAfterFailures)
            .map(|finding| finding.level.as_str())
            .collect::<String>()
    };
    assert_eq!(last("203.0.113.77"), "high");
    assert_eq!(last("192.0.2.1"), "informational");
}

#[test]
fn k08_names_without_a_code() {
    let script = |count| repeat(count, 0, 10, |n| format!("192.0.2.1 name name{n} unknown"));
    assert_snapshot!(lines(&find(&script(9))), @"");
    assert_snapshot!(lines(&find(&script(12))),
        @"account_enumeration low attempt tries=12 ok=0 accounts=12 sources=1 entered=[] others=[]");
}

#[test]
fn k05_one_computer_from_many_networks() {
    // Thirty sources, two tries each, on forty accounts: none of them does anything on its own.
    let script = |sources: u32, rounds: u32| {
        repeat(sources * rounds, 0, 10, |n| {
            format!("10.{}.0.1 fail {} {}", n % sources, ["root", "admin", "test"][n as usize % 3], "unknown")
                .replace("admin", &format!("name{}", n % 40))
        })
    };
    assert_snapshot!(lines(&find(&script(6, 3))), @"");
    let findings = find(&script(30, 2));
    assert!(
        findings.iter().any(|finding| finding.sources.len() == 30 && finding.account_count > 8),
        "{}",
        lines(&findings)
    );
}

#[test]
fn k06_a_list_fed_in_by_many_sources() {
    let attack = |tail: &str| {
        let script = repeat(120, 0, 5, |n| {
            format!("10.{}.0.1 fail user{n} {}", n % 60, if n % 4 == 0 { "known" } else { "unknown" })
        });
        find(&(script + tail))
    };
    assert_snapshot!(lines(&attack("")),
        @"credential_stuffing medium attempt tries=120 ok=0 accounts=120 sources=60 entered=[] others=[password_guessing dictionary_attack distributed_guessing]");
    assert_snapshot!(lines(&attack("620s 10.7.0.1 ok user900\n630s 192.0.2.1 ok user901")), @r"
    credential_stuffing high credential_misuse tries=121 ok=1 accounts=121 sources=60 entered=[user900] others=[password_guessing dictionary_attack distributed_guessing]
    success_after_failures high credential_misuse tries=1 ok=1 accounts=1 sources=1 entered=[user900] others=[]
    ");
}

#[test]
fn several_loud_attackers_are_not_one_cluster() {
    let script = repeat(400, 0, 2, |n| format!("10.{}.0.1 fail name{} known", n % 10, n % 10));
    let findings = find(&script);
    assert_eq!(findings.len(), 10, "{}", lines(&findings));
}
