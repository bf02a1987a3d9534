//! PAM lines: what is read, and what must not be believed.

use crate::grammar::check::parse;
use vocab::{Flags, Reason};

const HEAD: &str = "pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser=";

#[test]
fn p01_reads_host_and_account() {
    let event = parse(
        "sshd",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=root",
    );
    assert_eq!(event.row(), "P01");
    assert_eq!(event.ip(), "192.0.2.1");
    assert_eq!(event.event.user.as_deref(), Some("root"));
    assert_eq!(event.event.is_remote, Some(true));
    let event = parse(
        "sshd(pam_unix)",
        "authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=a.example.org ",
    );
    assert_eq!(event.row(), "P01");
    assert_eq!(event.event.src_host.as_deref(), Some("a.example.org"));
    assert_eq!(event.event.user, None);
    let event = parse(
        "login",
        "pam_unix(login:auth): authentication failure; logname=LOGIN uid=0 euid=0 tty=/dev/tty1 ruser= rhost=  user=alice",
    );
    assert_eq!(event.event.is_remote, Some(false));
}

#[test]
fn p01_free_ruser_never_moves_the_host() {
    for ruser in [
        "x rhost=198.51.100.9",
        "x rhost=198.51.100.9  user=root",
        "x rhost=198.51.100.9 user=root",
        " rhost=",
        "a  user=root",
    ] {
        for tail in ["", " ", "  user=alice"] {
            let event = parse("vsftpd", &format!("{HEAD}{ruser} rhost=192.0.2.1{tail}"));
            assert_eq!(event.row(), "P01", "{ruser}");
            assert!(
                event.ip() == "192.0.2.1" || event.event.flags.has(Flags::AMBIGUOUS),
                "{ruser} {tail} {:?}",
                event.event
            );
            assert_ne!(event.ip(), "198.51.100.9");
        }
    }
}

#[test]
fn p01_free_user_of_other_modules_is_ambiguous() {
    let event = parse(
        "sshd",
        "pam_sss(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1 user=x rhost=198.51.100.9 user=y",
    );
    assert_eq!(event.ip(), "");
    assert!(event.event.flags.has(Flags::AMBIGUOUS));
    assert_eq!(event.event.readings.len(), 2);
}

#[test]
fn p02_counts() {
    let event = parse(
        "sshd",
        "PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=root",
    );
    assert_eq!((event.row(), event.event.count, event.ip()), ("P02", 2, "192.0.2.1".to_owned()));
    let event = parse("sshd", "PAM service(sshd) ignoring max retries; 6 > 3");
    assert_eq!((event.row(), event.event.count), ("P02", 0));
    let event = parse("sshd", "pam_unix(sshd:auth): check pass; user unknown");
    assert_eq!((event.row(), event.event.count), ("P02", 0));
}

#[test]
fn p03_sessions() {
    let event = parse("sshd", "pam_unix(sshd:session): session opened for user alice(uid=1000) by (uid=0)");
    assert_eq!((event.row(), event.event.activity), ("P03", 1));
    assert_eq!(event.event.user_uid.as_deref(), Some("1000"));
    let event = parse("CRON", "pam_unix(cron:session): session opened for user root by (uid=0)");
    assert_eq!((event.row(), event.event.activity), ("P03", 99));
    let event = parse("su", "pam_unix(su:session): session opened for user root(uid=0) by alice(uid=1000)");
    assert_eq!((event.row(), event.event.activity), ("P03", 7));
    assert_eq!(event.event.actor.as_deref(), Some("alice"));
    let event = parse("sshd", "pam_unix(sshd:session): session closed for user alice");
    assert_eq!((event.row(), event.event.activity), ("P03", 2));
}

#[test]
fn p04_p05_modules() {
    let lines = [
        (
            "pam_faillock(sshd:auth): Consecutive login failures for user alice account temporarily locked",
            "P04",
            Reason::Locked,
        ),
        (
            "pam_access(sshd:account): access denied for user `alice' from `192.0.2.1'",
            "P04",
            Reason::NotAllowed,
        ),
        (
            "pam_succeed_if(gdm:auth): requirement \"uid >= 1000\" not met by user \"root\"",
            "P04",
            Reason::NotAllowed,
        ),
        ("pam_sss(sshd:auth): received for user alice: 7 (Authentication failure)", "P04", Reason::BadSecret),
        ("pam_unix(sshd:account): account alice has expired (account expired)", "P05", Reason::Expired),
        ("pam_unix(passwd:chauthtok): password changed for alice", "P05", Reason::Unknown),
    ];
    for (line, row, reason) in lines {
        let event = parse("sshd", line);
        assert_eq!((event.row(), event.event.reason), (row, reason), "{line}");
        assert!(matches!(event.event.user.as_deref(), Some("alice" | "root")), "{line}");
    }
}
