//! K-09, K-12 to K-18, K-20, K-60.

use crate::script::{BEGIN, find, lines, run, signal, signals};
use insta::assert_snapshot;
use std::fmt::Write as _;
use vocab::{AccountKind, AccountRecord, AccountState, Context, Kind, Level, Reason, Timestamp};

fn record(name: &str, kind: AccountKind) -> AccountRecord {
    AccountRecord {
        account: name.to_owned(),
        kind,
        state: AccountState::Active,
        owner: None,
        left_on: None,
        valid_until: None,
        last_login: None,
        uid: None,
    }
}

fn roster(records: impl IntoIterator<Item = AccountRecord>) -> Context {
    let accounts = records.into_iter().map(|record| (record.account.to_lowercase(), record)).collect();
    Context { accounts, ..Context::default() }
}

fn with(script: &str, context: Context) -> String {
    let mut findings = run(signals(script), context).findings;
    findings.retain(|finding| finding.level > Level::Informational);
    lines(&findings)
}

fn day(day: i64) -> Option<Timestamp> {
    Some(Timestamp::from_seconds(BEGIN + day * 86_400))
}

#[test]
fn k09_pushes_until_one_is_accepted() {
    let refused = |seconds: u32| {
        let mut one = signal(&format!("{seconds}s 192.0.2.1 fail bob known"), u64::from(seconds));
        one.reason = Reason::FactorDenied;
        one
    };
    let levels = |signals| {
        let output = run(signals, Context::default());
        assert!(!output.not_checked.iter().any(|(kind, _)| *kind == Kind::MfaFatigue));
        output.findings.iter().filter(|f| f.kind == Kind::MfaFatigue).map(|f| f.level).collect::<Vec<_>>()
    };
    assert_eq!(levels(vec![refused(0)]), []);
    assert_eq!(levels(vec![refused(0), refused(60)]), [Level::Medium]);
    let accepted = signal("900s 192.0.2.1 ok bob", 900);
    assert_eq!(levels(vec![refused(0), refused(60), accepted.clone()]), [Level::High]);
    assert_eq!(levels(vec![refused(0), accepted]), []);
}

#[test]
fn k12_a_new_key_of_an_administrator() {
    let usual = (0..6).fold(String::new(), |mut script, day| {
        let _ = writeln!(script, "{day}d9h 192.0.2.1 ok root key keyid=SHA256:a");
        script
    });
    assert_snapshot!(with(&format!("{usual}6d9h 192.0.2.1 ok root key keyid=SHA256:b"), Context::default()),
        @"first_seen_access medium undetermined tries=1 ok=1 accounts=1 sources=1 entered=[root] others=[]");
    assert_snapshot!(with(&format!("{usual}6d9h 192.0.2.1 ok root key keyid=SHA256:a"), Context::default()), @"");
    // Another network alone is only worth knowing, and so is a new key of somebody else.
    assert_snapshot!(with(&format!("{usual}6d9h 203.0.113.9 ok root key keyid=SHA256:a"), Context::default()), @"");
    let bob = usual.replace("root", "bob");
    assert_snapshot!(with(&format!("{bob}6d9h 192.0.2.1 ok bob key keyid=SHA256:b"), Context::default()), @"");
}

/// Somebody else signs in every second day, so that the logs are known to be whole.
fn busy(script: &str) -> String {
    (0..50).fold(script.to_owned(), |mut script, n| {
        let _ = write!(script, "\n{}d1h 192.0.2.50 ok eve", n * 2);
        script
    })
}

#[test]
fn k13_idle_in_the_logs_themselves() {
    let run = |script: &str| with(&busy(script), Context::default());
    assert_snapshot!(run("0d 192.0.2.1 ok bob\n89d 203.0.113.9 ok bob"), @"");
    assert_snapshot!(run("0d 192.0.2.1 ok bob\n90d 203.0.113.9 ok bob"),
        @"dormant_account_use high credential_misuse tries=1 ok=1 accounts=1 sources=1 entered=[bob] others=[]");
    assert_snapshot!(run("0d 192.0.2.1 ok bob\n90d 192.0.2.1 ok bob"),
        @"dormant_account_use medium credential_misuse tries=1 ok=1 accounts=1 sources=1 entered=[bob] others=[]");
    assert_snapshot!(run("0d 192.0.2.1 ok root\n45d 192.0.2.1 ok root"),
        @"dormant_account_use medium credential_misuse tries=1 ok=1 accounts=1 sources=1 entered=[root] others=[]");
    // A hole in the logs is no idle time.
    assert_snapshot!(with("0d 192.0.2.1 ok bob\n190d 192.0.2.1 ok bob", Context::default()), @"");
}

#[test]
fn k13_idle_by_the_roster() {
    let idle = |last| roster([AccountRecord { last_login: day(last), ..record("bob", AccountKind::Person) }]);
    assert_snapshot!(with("1d 192.0.2.1 ok bob", idle(-89)), @"dormant_account_use high credential_misuse tries=1 ok=1 accounts=1 sources=1 entered=[bob] others=[]");
    assert_snapshot!(with("1d 192.0.2.1 ok bob", idle(-88)), @"");
    // The roster is younger than the log: it says nothing of that day.
    assert_snapshot!(with("1d 192.0.2.1 ok bob", idle(2)), @"");
    assert_snapshot!(with("1d 192.0.2.1 fail bob\n1d1m 192.0.2.1 fail bob", idle(-200)), @"");
    assert_snapshot!(with("1d 192.0.2.1 fail bob\n1d1m 192.0.2.1 fail bob\n1d2m 192.0.2.1 fail BOB", idle(-200)),
        @"dormant_account_use low attempt tries=3 ok=0 accounts=1 sources=1 entered=[] others=[]");
}

#[test]
fn k14_a_leaver_comes_back() {
    let left = |on| roster([AccountRecord { left_on: day(on), ..record("suzuki", AccountKind::Person) }]);
    assert_snapshot!(with("1d 192.0.2.1 ok suzuki", left(1)),
        @"leaver_account_use high security_hole tries=1 ok=1 accounts=1 sources=1 entered=[suzuki] others=[]");
    assert_snapshot!(with("1d 192.0.2.1 ok suzuki", left(2)), @"");
    assert_snapshot!(with("1d 192.0.2.1 ok tanaka", left(1)), @"");
    assert_snapshot!(with("1d 192.0.2.1 fail suzuki", left(1)),
        @"leaver_account_use medium attempt tries=1 ok=0 accounts=1 sources=1 entered=[] others=[]");
    let admin = roster([AccountRecord { left_on: day(0), ..record("suzuki", AccountKind::Admin) }]);
    assert_snapshot!(with("1d 192.0.2.1 fail suzuki\n1d1s 192.0.2.1 ok SUZUKI", admin),
        @"leaver_account_use critical security_hole tries=2 ok=1 accounts=1 sources=1 entered=[suzuki] others=[]");
}

#[test]
fn k15_a_factory_account() {
    assert_snapshot!(with("0s 192.0.2.1 ok pi", Context::default()),
        @"default_account_use high security_hole tries=1 ok=1 accounts=1 sources=1 entered=[pi] others=[]");
    assert_snapshot!(with("0s 192.0.2.1 ok pi key", Context::default()), @"");
    assert_snapshot!(with("0s 192.0.2.1 fail pi", Context::default()), @"");
    assert_snapshot!(with("0s 192.0.2.1 ok pi", roster([record("pi", AccountKind::Person)])), @"");
    assert_snapshot!(with("0s 192.0.2.1 ok kiosk", roster([record("kiosk", AccountKind::Default)])),
        @"default_account_use high security_hole tries=1 ok=1 accounts=1 sources=1 entered=[kiosk] others=[]");
}

#[test]
fn k16_night_work_of_an_administrator() {
    let days = (0..28).fold(String::new(), |mut script, day| {
        let _ = writeln!(script, "{day}d{}h 192.0.2.1 ok root", 8 + day % 8);
        script
    });
    assert_snapshot!(with(&format!("{days}28d2h 192.0.2.1 ok root"), Context::default()),
        @"off_hours_access low undetermined tries=1 ok=1 accounts=1 sources=1 entered=[root] others=[]");
    assert_snapshot!(with(&format!("{days}28d7h 192.0.2.1 ok root"), Context::default()), @"");
    assert_snapshot!(with(&format!("{days}28d2h 192.0.2.1 ok root").replace("root", "bob"), Context::default()), @"");
}

#[test]
fn k17_a_program_gets_a_shell() {
    assert_snapshot!(with("0s 192.0.2.1 ok www-data", Context::default()),
        @"service_account_login high undetermined tries=1 ok=1 accounts=1 sources=1 entered=[www-data] others=[]");
    assert_snapshot!(with("0s 192.0.2.1 ok www-data key", Context::default()), @"");
    assert_snapshot!(with("0s 192.0.2.1 ok www-data svc=dovecot", Context::default()), @"");
    assert_snapshot!(with("0s - ok postgres svc=su actor=root", Context::default()), @"");
    let users = Context {
        local_users: [("_app".to_owned(), 998), ("bob".to_owned(), 1000)].into(),
        ..Context::default()
    };
    assert_snapshot!(with("0s 192.0.2.1 ok _app\n1s 192.0.2.1 ok bob", users),
        @"service_account_login high undetermined tries=1 ok=1 accounts=1 sources=1 entered=[_app] others=[]");
}

#[test]
fn k18_one_code_in_several_hands() {
    let days = |days: u32, second: &str| {
        (0..days).fold(String::new(), |mut script, day| {
            let _ = writeln!(script, "{day}d9h 192.0.2.1 ok sales session={}", day * 2 + 1);
            let _ = writeln!(script, "{day}d10h {second} ok sales session={}", day * 2 + 2);
            script
        })
    };
    assert_snapshot!(with(&days(4, "203.0.113.9"), Context::default()),
        @"shared_code_use low out_of_scope tries=4 ok=4 accounts=1 sources=1 entered=[sales] others=[]");
    assert_snapshot!(with(&days(2, "203.0.113.9"), Context::default()), @"");
    assert_snapshot!(with(&days(4, "192.0.2.9"), Context::default()), @"");
    assert_snapshot!(with(&days(4, "203.0.113.9"), roster([record("sales", AccountKind::Group)])), @"");
}

#[test]
fn k20_a_second_superuser() {
    let users = Context {
        local_users: [("root".to_owned(), 0), ("sysd".to_owned(), 0)].into(),
        ..Context::default()
    };
    assert_snapshot!(with("0s 192.0.2.1 ok sysd\n9s 192.0.2.1 ok root", users),
        @"planted_account_use critical security_hole tries=1 ok=1 accounts=1 sources=1 entered=[sysd] others=[]");
    let planted = AccountRecord { state: AccountState::Planted, ..record("helper", AccountKind::Person) };
    assert_snapshot!(with("0s 192.0.2.1 ok helper", roster([planted])),
        @"planted_account_use critical security_hole tries=1 ok=1 accounts=1 sources=1 entered=[helper] others=[]");
}

#[test]
fn k60_a_decoy() {
    let decoy = || roster([record("payroll-old", AccountKind::Decoy)]);
    assert_snapshot!(with("0s 192.0.2.1 fail payroll-old", decoy()),
        @"decoy_use high attempt tries=1 ok=0 accounts=1 sources=1 entered=[] others=[]");
    assert_snapshot!(with("0s 192.0.2.1 fail payroll", decoy()), @"");
}

#[test]
fn what_was_not_checked_is_said() {
    let kinds = |context: Context| {
        let output = run(signals("0s 192.0.2.1 ok bob"), context);
        output.not_checked.iter().map(|(kind, _)| *kind).collect::<Vec<_>>()
    };
    let without = kinds(Context::default());
    assert!(without.contains(&Kind::LeaverAccountUse) && without.contains(&Kind::ImpossibleTravel));
    let given = AccountRecord { left_on: day(9), ..record("bob", AccountKind::Person) };
    let with = kinds(roster([given, record("trap", AccountKind::Decoy)]));
    assert!(!with.contains(&Kind::LeaverAccountUse) && !with.contains(&Kind::DecoyUse), "{with:?}");
    assert!(with.contains(&Kind::ImpossibleTravel));
}

#[test]
fn hostile_names_are_only_names() {
    let script = "0s 192.0.2.1 ok x'or'1'='1\n1s 192.0.2.1 ok \u{202e}toor\n2s 192.0.2.1 ok {{7*7}}";
    assert_eq!(lines(&find(script)), "");
}
