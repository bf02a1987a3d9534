//! One table a class: what must be found, what must stay quiet, what hostile text must not do.

use super::testing::{entered, login, run, run_with, signal, sudo, sudo_refused, useradd, with};
use vocab::{AccountRole, Class, Context, Kind, Level, Outcome, Reason, activity};

const DAY: i64 = 86_400;
const EVIL: &str = "203.0.113.5";

#[test]
fn k21_refusals_and_failures() {
    let run_one = run(&[sudo_refused(0, "mallory", Reason::NotAllowed)]);
    assert_eq!(run_one.level(Kind::PrivilegeMisuse), Some(Level::Medium));
    let one_slip = run(&[sudo_refused(0, "alice", Reason::BadSecret)]);
    assert_eq!(one_slip.level(Kind::PrivilegeMisuse), None);
    let three: Vec<_> = (0..3).map(|n| sudo_refused(n * 60, "alice", Reason::BadSecret)).collect();
    let run_three = run(&three);
    assert_eq!(run_three.level(Kind::PrivilegeMisuse), Some(Level::Medium));
    assert_eq!(run_three.one(Kind::PrivilegeMisuse).evidence.len(), 3);
    let slow: Vec<_> = (0..5).map(|n| sudo_refused(n * 3_600, "alice", Reason::BadSecret)).collect();
    assert_eq!(run(&slow).level(Kind::PrivilegeMisuse), None);
}

#[test]
fn k21_first_use_is_grave_only_after_an_entry() {
    let signals = [login(0, "alice", EVIL), sudo(60, "alice", "/bin/bash")];
    assert_eq!(run(&signals).level(Kind::PrivilegeMisuse), Some(Level::Informational));
    let joined = run_with(&signals, &Context::default(), |ctx| entered(ctx, 0, "alice", EVIL));
    assert_eq!(joined.level(Kind::PrivilegeMisuse), Some(Level::High));
    let finding = joined.one(Kind::PrivilegeMisuse);
    assert_eq!(finding.sessions, [77]);
    assert_eq!(finding.sources.first().map(|source| source.ip.to_string()).as_deref(), Some(EVIL));
    // The holder comes from elsewhere later: that is not the attacker's session.
    let holder =
        [login(0, "alice", EVIL), login(7_200, "alice", "192.0.2.10"), sudo(7_260, "alice", "/bin/bash")];
    let mut holder = holder.to_vec();
    holder[1].attempt = 78;
    let other = run_with(&holder, &Context::default(), |ctx| entered(ctx, 0, "alice", EVIL));
    assert_eq!(other.level(Kind::PrivilegeMisuse), Some(Level::Informational));
    // An administrator of the roster uses sudo as a matter of course.
    let admin = vocab::AccountRecord {
        account: "alice".to_owned(),
        kind: vocab::AccountKind::Admin,
        state: vocab::AccountState::Active,
        owner: None,
        left_on: None,
        valid_until: None,
        last_login: None,
        uid: None,
    };
    let roster = Context { accounts: [("alice".to_owned(), admin)].into(), ..Context::default() };
    let known = run_with(&signals, &roster, |ctx| entered(ctx, 0, "alice", EVIL));
    assert_eq!(known.level(Kind::PrivilegeMisuse), Some(Level::Informational));
    assert_eq!(run(&[sudo(0, "www-data", "/bin/sh")]).level(Kind::PrivilegeMisuse), Some(Level::High));
}

#[test]
fn k22_accounts_made_and_raised() {
    let strange =
        [sudo(0, "alice", "/usr/sbin/useradd -m backup2"), useradd(1, "backup2", 1005, "/bin/bash")];
    let found = run(&strange);
    assert_eq!(found.level(Kind::AccountManipulation), Some(Level::Medium));
    let finding = found.one(Kind::AccountManipulation);
    assert_eq!(finding.accounts.first().map(|seen| seen.role), Some(AccountRole::Created));
    assert_eq!(finding.artefacts, ["backup2"]);
    let root = run(&[useradd(1, "toor", 0, "/bin/bash")]);
    assert_eq!(root.level(Kind::AccountManipulation), Some(Level::High));
    // apt makes accounts for programs; a habitual administrator makes one for a person.
    let apt = [sudo(0, "alice", "/usr/bin/apt upgrade"), useradd(1, "_chrony", 112, "/usr/sbin/nologin")];
    assert_eq!(run(&apt).top(), Level::Informational);
    let mut habit: Vec<_> = (0..5).map(|day| sudo(day * DAY, "alice", "/usr/bin/apt update")).collect();
    habit.push(sudo(5 * DAY, "alice", "/usr/sbin/useradd -m bob"));
    habit.push(useradd(5 * DAY + 1, "bob", 1006, "/bin/bash"));
    assert_eq!(run(&habit).top(), Level::Informational);
}

#[test]
fn k22_after_an_entry_and_k20_its_use() {
    let signals = [
        login(0, "alice", EVIL),
        sudo(60, "alice", "/usr/sbin/useradd -m support"),
        useradd(61, "support", 1005, "/bin/bash"),
        login(4_000, "support", "198.51.100.77"),
    ];
    let found = run_with(&signals, &Context::default(), |ctx| entered(ctx, 0, "alice", EVIL));
    assert_eq!(found.level(Kind::AccountManipulation), Some(Level::Critical));
    assert_eq!(found.level(Kind::PlantedAccountUse), Some(Level::Critical));
    let planted = found.one(Kind::PlantedAccountUse);
    assert_eq!((planted.successes, planted.accounts.len()), (1, 1));
    // Without an entry and without a roster a new account is just new.
    assert_eq!(run(&signals).level(Kind::PlantedAccountUse), Some(Level::Informational));
}

#[test]
fn k20_a_key_that_an_intruder_added() {
    let key_login = |at, account: &str, key: &str, ip| {
        let mut signal = with(login(at, account, ip), |detail| detail.key_id = key.into());
        (signal.method, signal.attempt) = (Some(vocab::AuthMethod::Publickey), 90);
        signal
    };
    let signals = [
        key_login(-100, "carol", "SHA256:old", "192.0.2.10"),
        login(0, "alice", EVIL),
        sudo(60, "alice", "/usr/bin/tee -a /home/carol/.ssh/authorized_keys"),
        key_login(500, "carol", "SHA256:old", "192.0.2.10"),
        key_login(4_000, "carol", "SHA256:new", "198.51.100.77"),
    ];
    let found = run_with(&signals, &Context::default(), |ctx| entered(ctx, 0, "alice", EVIL));
    assert_eq!(found.level(Kind::PlantedAccountUse), Some(Level::Critical));
    assert_eq!(found.one(Kind::PlantedAccountUse).successes, 1);
    assert_eq!(run(&signals).level(Kind::PlantedAccountUse), None);
}

#[test]
fn k22_groups_and_passwords() {
    let mut join = signal(0, Class::GroupManagement, activity::GROUP_ADD_USER, Outcome::Success);
    join.account = "bob".into();
    let admin = with(join.clone(), |detail| detail.group = "sudo".into());
    assert_eq!(run(&[admin]).level(Kind::AccountManipulation), Some(Level::Medium));
    let audio = with(join, |detail| detail.group = "audio".into());
    assert_eq!(run(&[audio]).top(), Level::Informational);
    let mut password = signal(10, Class::AccountChange, activity::ACCOUNT_PASSWORD_CHANGE, Outcome::Success);
    password.account = "bob".into();
    assert_eq!(run(&[password.clone()]).level(Kind::AccountManipulation), None);
    let other = [sudo(0, "mallory", "/usr/bin/passwd bob"), password];
    assert_eq!(run(&other).level(Kind::AccountManipulation), Some(Level::Medium));
}

#[test]
fn k31_commands_against_logs() {
    for line in [
        "/usr/bin/rm -f /var/log/auth.log",
        "/bin/bash -c :\\ >\\ /var/log/wtmp",
        "/usr/bin/truncate -s 0 /var/log/nginx/access.log",
        "/usr/bin/shred -u /root/.bash_history",
    ] {
        assert_eq!(run(&[sudo(0, "alice", line)]).level(Kind::LogTampering), Some(Level::High), "{line}");
    }
    let vacuum = run(&[sudo(0, "alice", "/usr/bin/journalctl --vacuum-time=1s")]);
    assert_eq!(vacuum.level(Kind::LogTampering), Some(Level::Medium));
    for line in [
        "/usr/bin/tail -f /var/log/auth.log",
        "/usr/sbin/logrotate -f /etc/logrotate.conf",
        "/usr/bin/less /var/log/rm",
        "/usr/bin/apt install shred-docs",
    ] {
        assert_eq!(run(&[sudo(0, "alice", line)]).level(Kind::LogTampering), None, "{line}");
    }
    let signals = [login(0, "alice", EVIL), sudo(60, "alice", "/usr/bin/rm /var/log/auth.log")];
    let joined = run_with(&signals, &Context::default(), |ctx| entered(ctx, 0, "alice", EVIL));
    assert_eq!(joined.level(Kind::LogTampering), Some(Level::Critical));
}

#[test]
fn k31_loggers_that_stop() {
    let log = |at, activity| {
        let mut log = signal(at, Class::EventLog, activity, Outcome::Unknown);
        log.service = "rsyslogd".into();
        log
    };
    let beat = |at| signal(at, Class::Process, activity::OTHER, Outcome::Unknown);
    let stopped = run(&[log(0, activity::LOG_STOP), beat(3_600)]);
    assert_eq!(stopped.level(Kind::LogTampering), Some(Level::Medium));
    let restarted = run(&[log(0, activity::LOG_STOP), log(3, activity::LOG_START), beat(3_600)]);
    assert_eq!(restarted.level(Kind::LogTampering), None);
    let down = with(signal(-5, Class::Base, activity::OTHER, Outcome::Unknown), |detail| {
        detail.process = "systemd-logind".into();
        detail.message = "System is rebooting.".into();
    });
    let rebooted = run(&[down, log(0, activity::LOG_STOP), beat(3_600)]);
    assert_eq!(rebooted.level(Kind::LogTampering), None);
    let zeroed = with(signal(0, Class::EventLog, activity::LOG_DELETE, Outcome::Unknown), |detail| {
        detail.signature = "ZEROED_RECORD".into();
    });
    assert_eq!(run(&[zeroed]).level(Kind::LogTampering), Some(Level::High));
}

#[test]
fn hostile_text_moves_nothing() {
    // A name that imitates a command is an account like any other; a command that quotes a log line is a command.
    let name = "x ; COMMAND=/usr/bin/rm /var/log/auth.log";
    assert_eq!(run(&[login(0, name, EVIL)]).findings.len(), 0);
    let created = run(&[useradd(0, name, 1000, "/bin/sh")]);
    assert_eq!(created.level(Kind::LogTampering), None);
    assert_eq!(
        created.one(Kind::AccountManipulation).accounts.first().map(|seen| seen.name.as_str()),
        Some(name)
    );
    let long = format!("/bin/echo {}", "a;".repeat(100_000));
    assert_eq!(run(&[sudo(0, "alice", &long)]).top(), Level::Informational);
}

#[test]
fn k51_a_minute_with_many_requests() {
    let request = |at: i64, last: u8, status: u16| {
        // The tests begin 20 s into a minute.
        let mut request = with(signal(at + 40, Class::Http, 3, Outcome::Unknown), |detail| {
            detail.http_status = Some(status);
        });
        request.src_ip = Some(std::net::IpAddr::from([198, 51, 100, last]));
        request
    };
    let mut usual: Vec<_> =
        (0..60).flat_map(|minute| (0..10).map(move |n| (minute * 60 + n, 7, 200))).collect();
    let quiet: Vec<_> = usual.iter().map(|(at, last, status)| request(*at, *last, *status)).collect();
    assert_eq!(run(&quiet).level(Kind::DenialOfService), None);
    // A busy minute is no flood, one far above the usual is; with errors the server is down.
    usual.extend((0..2_900).map(|n| (60 * 60 + n / 60, 9, 200)));
    let busy: Vec<_> = usual.iter().map(|(at, last, status)| request(*at, *last, *status)).collect();
    assert_eq!(run(&busy).level(Kind::DenialOfService), None);
    usual.extend((0..3_600).map(|n| (61 * 60 + n / 60, (n % 200) as u8, 200)));
    let flood: Vec<_> = usual.iter().map(|(at, last, status)| request(*at, *last, *status)).collect();
    let found = run(&flood);
    assert_eq!(found.level(Kind::DenialOfService), Some(Level::Medium));
    assert_eq!(found.one(Kind::DenialOfService).sources.len(), 20);
    usual.extend((0..3_600).map(|n| (62 * 60 + n / 60, (n % 200) as u8, 503)));
    let down: Vec<_> = usual.iter().map(|(at, last, status)| request(*at, *last, *status)).collect();
    assert_eq!(run(&down).level(Kind::DenialOfService), Some(Level::High));
}
