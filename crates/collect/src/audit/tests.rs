//! Records of auditd 3.x as it writes them on Debian and RHEL.

use super::AUDITD;
use crate::record::{Decoded, RawRecord, Sample};
use crate::web::testing::{origin, settings};
use proptest::prelude::*;
use vocab::Flags;

fn sample(text: &str) -> Sample<'_> {
    Sample { bytes: text.as_bytes(), text, name: "audit.log", complete: true, size: None }
}

fn read(text: &str) -> Vec<String> {
    let settings = settings();
    let mut decoder = (AUDITD.decoder)(&sample(text), &settings);
    let mut out = Vec::new();
    let show = |event: &vocab::Event<'_>| {
        assert!(event.src_ip.is_none() || !event.flags.has(Flags::AMBIGUOUS));
        let text = |value: &vocab::Text<'_>| value.as_deref().unwrap_or("-").to_owned();
        format!(
            "{} {} {:?}/{} {:?} x{} user {} actor {} src {} dst {} cmd {} path {} exe {}{}",
            event.origin.line,
            event.signature.as_deref().unwrap_or("-"),
            event.class,
            event.activity,
            event.outcome,
            event.count,
            text(&event.user),
            text(&event.actor),
            event.src_ip.map_or("-".to_owned(), |ip| ip.to_string()),
            event.dst_ip.map_or("-".to_owned(), |ip| ip.to_string()),
            text(&event.cmdline),
            text(&event.path),
            text(&event.process),
            if event.flags.has(Flags::AMBIGUOUS) { " ambiguous" } else { "" },
        )
    };
    for (at, line) in text.lines().enumerate() {
        let mut origin = origin(line.as_bytes());
        origin.line = at as u64 + 1;
        let record =
            RawRecord { origin, text: line, flags: Flags::default(), year: 0, ..RawRecord::default() };
        let decoded = decoder.decode(&record, &settings, &mut |event| out.push(show(event)));
        if let Decoded::Unread(reason, _) = decoded {
            out.push(reason.name().to_owned());
        }
    }
    decoder.finish(&settings, &mut |event| out.push(show(event)));
    out
}

#[test]
fn a_started_program_is_joined_by_serial() {
    let text = "type=SYSCALL msg=audit(1795320306.123:456): arch=c000003e syscall=59 success=yes exit=0 a0=55d a1=55e a2=0 a3=8 items=2 ppid=1 pid=77 auid=1000 uid=0 gid=0 euid=0 tty=pts0 ses=3 comm=\"cat\" exe=\"/usr/bin/cat\" key=\"exec\"\u{1d}ARCH=x86_64 SYSCALL=execve AUID=\"alice\" UID=\"root\"\n\
        type=USER_AUTH msg=audit(1795320306.124:457): pid=78 uid=0 auid=4294967295 ses=4294967295 msg='op=PAM:authentication grantors=? acct=\"root\" exe=\"/usr/sbin/sshd\" hostname=192.0.2.1 addr=192.0.2.1 terminal=ssh res=failed'\u{1d}UID=\"root\" AUID=\"unset\"\n\
        type=EXECVE msg=audit(1795320306.123:456): argc=2 a0=\"cat\" a1=2F6574632F73686164 a2=\"x\"\n\
        type=CWD msg=audit(1795320306.123:456): cwd=\"/root\"\n\
        type=PATH msg=audit(1795320306.123:456): item=0 name=\"/usr/bin/cat\" inode=1 nametype=NORMAL\n\
        type=PROCTITLE msg=audit(1795320306.123:456): proctitle=636174002F657463\n";
    assert!((AUDITD.score)(&sample(text)) > 0.9);
    assert_eq!(
        read(text),
        [
            "2 USER_AUTH Authentication/1 Failure x1 user root actor - src 192.0.2.1 dst - cmd - path - exe /usr/sbin/sshd",
            "1 SYSCALL Process/99 Success x1 user - actor alice src - dst - cmd - path - exe /usr/bin/cat",
            "3 EXECVE Process/1 Success x1 user - actor alice src - dst - cmd cat /etc/shad x path - exe /usr/bin/cat",
            "4 CWD Base/0 Success x1 user - actor alice src - dst - cmd - path - exe /usr/bin/cat",
            "5 PATH FileSystem/99 Success x1 user - actor alice src - dst - cmd - path /usr/bin/cat exe /usr/bin/cat",
            "6 PROCTITLE Base/0 Success x1 user - actor alice src - dst - cmd cat /etc path - exe /usr/bin/cat",
        ]
    );
}

#[test]
fn logins_count_once() {
    let text = "type=USER_AUTH msg=audit(1795320306.1:1): pid=78 uid=0 auid=4294967295 ses=4294967295 msg='op=PAM:authentication acct=\"alice\" exe=\"/usr/sbin/sshd\" hostname=192.0.2.1 addr=192.0.2.1 terminal=ssh res=failed'\n\
        type=USER_LOGIN msg=audit(1795320307.1:2): pid=78 uid=0 auid=4294967295 ses=4294967295 msg='op=login id=1000 exe=\"/usr/sbin/sshd\" hostname=? addr=192.0.2.1 terminal=ssh res=failed'\n\
        type=USER_LOGIN msg=audit(1795320308.1:3): pid=79 uid=0 auid=4294967295 ses=4294967295 msg='op=login acct=\"(unknown)\" exe=\"/usr/sbin/sshd\" hostname=? addr=192.0.2.1 terminal=ssh res=failed'\n\
        type=USER_AUTH msg=audit(1795320309.1:4): pid=80 uid=0 auid=4294967295 ses=4294967295 msg='op=PAM:authentication acct=\"alice\" exe=\"/usr/sbin/sshd\" hostname=192.0.2.1 addr=192.0.2.1 terminal=ssh res=success'\n\
        type=USER_LOGIN msg=audit(1795320309.2:5): pid=80 uid=0 auid=1000 ses=3 msg='op=login id=1000 exe=\"/usr/sbin/sshd\" hostname=192.0.2.1 addr=192.0.2.1 terminal=/dev/pts/0 res=success'\u{1d}UID=\"root\" AUID=\"alice\" ID=\"alice\"\n";
    let events = read(text);
    assert!(events[0].starts_with("1 USER_AUTH Authentication/1 Failure x1 user alice"), "{events:#?}");
    assert!(events[1].starts_with("2 USER_LOGIN Authentication/1 Failure x0"), "{events:#?}");
    assert!(events[2].starts_with("3 USER_LOGIN Authentication/1 Failure x1 user -"), "{events:#?}");
    assert!(events[3].starts_with("4 USER_AUTH Authentication/1 Success x0"), "{events:#?}");
    assert!(
        events[4]
            .starts_with("5 USER_LOGIN Authentication/1 Success x1 user alice actor alice src 192.0.2.1"),
        "{events:#?}"
    );
}

#[test]
fn accounts_daemons_sockets() {
    let text = "node=web1 type=ADD_USER msg=audit(1795320306.1:1): pid=78 uid=0 auid=1000 ses=3 msg='op=adding user id=1001 exe=\"/usr/sbin/useradd\" hostname=web1 addr=? terminal=pts/0 res=success'\n\
        type=USER_MGMT msg=audit(1795320306.1:2): pid=78 uid=0 auid=1000 ses=3 msg='op=add-user-to-group grp=\"sudo\" acct=\"eve\" exe=\"/usr/sbin/usermod\" hostname=web1 addr=? terminal=pts/0 res=success'\n\
        type=DAEMON_END msg=audit(1795320306.1:3): op=terminate auid=0 pid=1 subj=x res=success\n\
        type=CONFIG_CHANGE msg=audit(1795320306.1:4): op=set audit_enabled=0 old=1 auid=0 ses=1 res=1\n\
        type=SERVICE_STOP msg=audit(1795320306.1:5): pid=1 uid=0 auid=4294967295 ses=4294967295 msg='unit=rsyslog comm=\"systemd\" exe=\"/usr/lib/systemd/systemd\" hostname=? addr=? terminal=? res=success'\n\
        type=USER_CMD msg=audit(1795320306.1:6): pid=9 uid=1000 auid=1000 ses=3 msg='cwd=\"/root\" cmd=6C73202D6C exe=\"/usr/bin/sudo\" terminal=pts/0 res=success'\u{1d}UID=\"alice\" AUID=\"alice\"\n\
        type=SOCKADDR msg=audit(1795320306.1:7): saddr=02001F90C0000201000000000000000000\n\
        type=BAD\n";
    let events = read(text);
    let short: Vec<_> = events.iter().map(|event| event.split(" exe ").next().unwrap()).collect();
    assert_eq!(
        short,
        [
            "1 ADD_USER AccountChange/1 Success x1 user 1001 actor - src - dst - cmd - path -",
            "2 USER_MGMT GroupManagement/3 Success x1 user eve actor - src - dst - cmd - path -",
            "3 DAEMON_END EventLog/7 Success x1 user - actor - src - dst - cmd - path -",
            "5 SERVICE_STOP EventLog/7 Success x1 user - actor - src - dst - cmd - path -",
            "6 USER_CMD Process/1 Success x1 user alice actor alice src - dst - cmd ls -l path -",
            "grammar_miss",
            "4 CONFIG_CHANGE EventLog/7 Success x1 user - actor - src - dst - cmd - path -",
            "7 SOCKADDR Network/1 Unknown x1 user - actor - src - dst 192.0.2.1 cmd - path -",
        ]
    );
}

#[test]
fn a_name_cannot_leave_its_field() {
    // `x" addr=198.51.100.9 res=success'` as auditd writes it.
    let hex = hex::encode_upper("x\" addr=198.51.100.9 res=success'");
    let line = format!(
        "type=USER_AUTH msg=audit(1795320306.1:1): pid=78 uid=0 auid=1 ses=1 msg='op=PAM:authentication acct={hex} exe=\"/usr/sbin/sshd\" hostname=192.0.2.1 addr=192.0.2.1 terminal=ssh res=failed'\n"
    );
    assert_eq!(
        read(&line),
        [
            "1 USER_AUTH Authentication/1 Failure x1 user x\" addr=198.51.100.9 res=success' actor - src 192.0.2.1 dst - cmd - path - exe /usr/sbin/sshd"
        ]
    );
    let twice = "type=USER_AUTH msg=audit(1795320306.1:1): pid=78 msg='op=PAM:authentication acct=\"x\" exe=\"/a/sshd\" hostname=? addr=198.51.100.9 addr=192.0.2.1 res=failed'\n";
    assert!(read(twice)[0].ends_with("src - dst - cmd - path - exe /a/sshd ambiguous"));
}

proptest! {
    #[test]
    fn any_text(text in "([ -~\u{3042}\u{1d}\n]|type=USER_AUTH msg=audit\\(1795320306.1:1\\): |a0=|'|\"){0,60}") {
        (AUDITD.score)(&sample(&text));
        read(&text);
    }
}
