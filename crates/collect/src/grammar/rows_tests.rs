//! One message of every form of the smaller grammars, and what becomes of it.

#![expect(clippy::too_many_lines, reason = "tables")]

use super::check::parse;
use vocab::Text;

/// `row class/activity outcome reason count | user -> target by actor @ source | what else`.
pub(super) fn show(program: &str, body: &str) -> String {
    let checked = parse(program, body);
    let event = &checked.event;
    let text = |value: &Text<'_>| value.as_deref().unwrap_or("-").to_owned();
    let source = if checked.ip().is_empty() { text(&event.src_host) } else { checked.ip() };
    format!(
        "{} {:?}/{} {:?} {:?} x{} | {} -> {} by {} @ {}{}",
        if checked.row().is_empty() { "-" } else { checked.row() },
        event.class,
        event.activity,
        event.outcome,
        event.reason,
        event.count,
        text(&event.user),
        text(&event.target_user),
        text(&event.actor),
        source,
        if checked.is_ambiguous() { " ambiguous" } else { "" },
    )
}

pub(super) fn table(rows: &[(&str, &str, &str)]) {
    for (program, body, want) in rows {
        assert_eq!(show(program, body), *want, "{program}: {body}");
    }
}

#[test]
fn p06_su() {
    table(&[
        (
            "su",
            "FAILED SU (to root) alice on pts/0",
            "P06 Authentication/7 Failure BadSecret x1 | root -> root by alice @ -",
        ),
        ("su", "(to root) alice on pts/0", "P06 Authentication/7 Success Ok x1 | root -> root by alice @ -"),
        (
            "su",
            "Successful su for root by alice",
            "P06 Authentication/7 Success Ok x1 | root -> root by alice @ -",
        ),
        (
            "su",
            "FAILED su for root by alice",
            "P06 Authentication/7 Failure BadSecret x1 | root -> root by alice @ -",
        ),
        ("su", "+ pts/1 alice:root", "P06 Authentication/7 Success Ok x1 | root -> root by alice @ -"),
        ("su", "- ??? alice:root", "P06 Authentication/7 Failure BadSecret x1 | root -> root by alice @ -"),
        (
            "su",
            "BAD SU alice to root on /dev/ttyp0",
            "P06 Authentication/7 Failure BadSecret x1 | root -> root by alice @ -",
        ),
        // The account that is asked for is free text: caller and terminal stand last.
        (
            "su",
            "FAILED SU (to x) mallory on pts/9) alice on pts/0",
            "P06 Authentication/7 Failure BadSecret x1 | x) mallory on pts/9 -> x) mallory on pts/9 by alice @ -",
        ),
        (
            "su",
            "pam_unix(su:session): session opened for user root(uid=0) by alice(uid=1000)",
            "P03 Authentication/7 Success Ok x0 | root -> root by alice @ -",
        ),
    ]);
}

#[test]
fn p07_sudo_and_kin() {
    table(&[
        (
            "sudo",
            "   alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/id",
            "P07 Process/1 Success Ok x1 | alice -> root by alice @ -",
        ),
        (
            "sudo",
            "alice : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
            "P07 Authentication/7 Failure BadSecret x3 | alice -> root by alice @ -",
        ),
        (
            "sudo",
            "bob : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
            "P07 AuthorizeSession/1 Failure NotAllowed x1 | bob -> root by bob @ -",
        ),
        (
            "sudo",
            "bob : command not allowed ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
            "P07 AuthorizeSession/1 Failure NotAllowed x1 | bob -> root by bob @ -",
        ),
        (
            "sudo",
            "bob : a password is required ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
            "P07 AuthorizeSession/1 Failure NoMethod x1 | bob -> root by bob @ -",
        ),
        ("sudo", "bob : (command continued) --more", "P07 Base/0 Unknown Unknown x1 | bob -> - by bob @ -"),
        // The folder is free text.
        (
            "sudo",
            "bob : TTY=pts/0 ; PWD=/tmp/a ; USER=nobody ; COMMAND=/bin/true ; USER=root ; COMMAND=/bin/sh",
            "P07 Process/1 Success Ok x1 | bob -> nobody by bob @ - ambiguous",
        ),
        (
            "doas",
            "failed auth for alice",
            "P07 Authentication/7 Failure BadSecret x1 | alice -> - by alice @ -",
        ),
        (
            "doas",
            "alice ran command ls -l as root from /home/alice",
            "P07 Process/1 Success Ok x1 | alice -> root by alice @ -",
        ),
        (
            "doas",
            "command not permitted for alice: sh",
            "P07 AuthorizeSession/1 Failure NotAllowed x1 | alice -> - by alice @ -",
        ),
        (
            "pkexec",
            "alice: Executing command [USER=root] [TTY=unknown] [CWD=/home/alice] [COMMAND=/usr/bin/id]",
            "P07 Process/1 Success Ok x1 | alice -> root by alice @ -",
        ),
        (
            "pkexec",
            "alice: The value for the SHELL variable was not found the /etc/shells file [USER=root] [TTY=/dev/pts/1] [CWD=/tmp] [COMMAND=a b]",
            "P07 AuthorizeSession/1 Failure NotAllowed x1 | alice -> root by alice @ -",
        ),
        (
            "polkitd",
            "Operator of unix-session:3 FAILED to authenticate to gain authorization for action org.a.b for unix-process:1:2 [bash] (owned by unix-user:alice)",
            "P10 AuthorizeSession/1 Failure BadSecret x1 | - -> - by alice @ -",
        ),
    ]);
    let event =
        parse("sudo", "bob : TTY=pts/0 ; PWD=/tmp ; USER=root ; ENV=A=b ; COMMAND=/bin/sh -c a ; b").event;
    assert_eq!(event.cmdline.as_deref(), Some("/bin/sh -c a ; b"));
    assert_eq!(event.cwd.as_deref(), Some("/tmp"));
    assert_eq!(event.device.as_deref(), Some("pts/0"));
}

#[test]
fn p08_login() {
    table(&[
        (
            "login",
            "FAILED LOGIN (1) on '/dev/tty1' FOR 'alice', Authentication failure",
            "P08 Authentication/1 Failure BadSecret x1 | alice -> - by - @ -",
        ),
        (
            "login",
            "FAILED LOGIN 2 FROM 192.0.2.1 FOR alice, Authentication failure",
            "P08 Authentication/1 Failure BadSecret x1 | alice -> - by - @ 192.0.2.1",
        ),
        (
            "login",
            "FAILED LOGIN 2 FROM 192.0.2.1 FOR a FROM 198.51.100.9 FOR b, User not known to the underlying authentication module",
            "P08 Authentication/1 Failure UnknownUser x1 | a FROM 198.51.100.9 FOR b -> - by - @ 192.0.2.1",
        ),
        (
            "login",
            "invalid password for 'UNKNOWN' on '/dev/tty1' from '192.0.2.1'",
            "P08 Authentication/1 Failure BadSecret x1 | UNKNOWN -> - by - @ 192.0.2.1",
        ),
        (
            "login",
            "TOO MANY LOGIN TRIES (3) FROM 192.0.2.1 FOR alice, Maximum number of tries exceeded",
            "P08 AuthorizeSession/1 Failure RateLimited x0 | alice -> - by - @ 192.0.2.1",
        ),
        ("login", "ROOT LOGIN ON tty2", "P08 Authentication/1 Success Ok x1 | root -> - by - @ -"),
        (
            "login",
            "LOGIN ON pts/1 BY alice FROM 192.0.2.1",
            "P08 Authentication/1 Success Ok x1 | alice -> - by - @ 192.0.2.1",
        ),
        (
            "klogind",
            "Authentication failed from 192.0.2.1 (192.0.2.1): Software caused connection abort ",
            "P08 Authentication/1 Failure Protocol x1 | - -> - by - @ 192.0.2.1",
        ),
    ]);
}

#[test]
fn p09_account_tools() {
    table(&[
        (
            "useradd",
            "new user: name=eve, UID=1001, GID=1001, home=/home/eve, shell=/bin/bash, from=/dev/pts/0",
            "P09 AccountChange/1 Success Unknown x1 | eve -> eve by - @ -",
        ),
        (
            "useradd",
            "new group: name=eve, GID=1001",
            "P09 GroupManagement/6 Success Unknown x1 | - -> - by - @ -",
        ),
        (
            "useradd",
            "add 'eve' to group 'sudo'",
            "P09 GroupManagement/3 Success Unknown x1 | eve -> eve by - @ -",
        ),
        ("usermod", "add 'eve' to shadow group 'sudo'", "P09 Base/0 Unknown Unknown x1 | - -> - by - @ -"),
        (
            "usermod",
            "change user 'eve' UID from '1001' to '0'",
            "P09 AccountChange/99 Success Unknown x1 | eve -> eve by - @ -",
        ),
        (
            "usermod",
            "change user 'eve' password",
            "P09 AccountChange/4 Success Unknown x1 | eve -> eve by - @ -",
        ),
        (
            "usermod",
            "lock user 'eve' password",
            "P09 AccountChange/9 Success Unknown x1 | eve -> eve by - @ -",
        ),
        ("userdel", "delete user 'eve'", "P09 AccountChange/6 Success Unknown x1 | eve -> eve by - @ -"),
        (
            "userdel",
            "removed group 'eve' owned by 'eve'",
            "P09 GroupManagement/5 Success Unknown x1 | - -> - by - @ -",
        ),
        (
            "groupadd",
            "new group: name=g, GID=1002",
            "P09 GroupManagement/6 Success Unknown x1 | - -> - by - @ -",
        ),
        ("groupdel", "group 'g' removed", "P09 GroupManagement/5 Success Unknown x1 | - -> - by - @ -"),
        (
            "gpasswd",
            "user eve added by root to group sudo",
            "P09 GroupManagement/3 Success Unknown x1 | eve -> eve by root @ -",
        ),
        (
            "gpasswd",
            "members of group sudo set by root to eve,bob",
            "P09 GroupManagement/99 Success Unknown x1 | - -> - by root @ -",
        ),
        (
            "gpasswd",
            "user eve added by root to group sudo in /etc/group",
            "P09 Base/0 Unknown Unknown x1 | - -> - by - @ -",
        ),
        (
            "gpasswd",
            "eve failed to add user eve to group sudo",
            "P09 GroupManagement/99 Failure Unknown x1 | - -> - by eve @ -",
        ),
        (
            "passwd",
            "password for 'eve' changed by 'root'",
            "P09 AccountChange/4 Success Unknown x1 | eve -> eve by root @ -",
        ),
        (
            "passwd",
            "pam_unix(passwd:chauthtok): password changed for eve",
            "P05 AccountChange/3 Success Unknown x1 | eve -> eve by - @ -",
        ),
        (
            "chage",
            "changed password expiry for eve",
            "P09 AccountChange/99 Success Unknown x1 | eve -> eve by - @ -",
        ),
        (
            "useradd",
            "failed adding user 'eve', exit code: 9",
            "P09 AccountChange/1 Failure NotAllowed x1 | eve -> eve by - @ -",
        ),
    ]);
}

#[test]
fn p10_jobs_sessions_loggers() {
    table(&[
        (
            "CRON",
            "(root) CMD (   cd / && run-parts --report /etc/cron.hourly)",
            "P10 ScheduledJob/6 Success Unknown x1 | root -> - by - @ -",
        ),
        ("crontab", "(root) REPLACE (eve)", "P10 ScheduledJob/2 Success Unknown x1 | eve -> eve by root @ -"),
        (
            "cron",
            "(*system*) RELOAD (/etc/cron.d/x)",
            "P10 ScheduledJob/2 Success Unknown x1 | *system* -> - by - @ -",
        ),
        ("crontab", "(root) LIST (root)", "- Base/0 Unknown Unknown x1 | - -> - by - @ -"),
        (
            "systemd-logind",
            "New session 3 of user alice.",
            "P10 Authentication/1 Success Ok x0 | alice -> - by - @ -",
        ),
        (
            "systemd-logind",
            "New session '3' of user 'alice' with class 'user' and type 'tty'.",
            "P10 Authentication/1 Success Ok x0 | alice -> - by - @ -",
        ),
        (
            "systemd-logind",
            "Session 3 logged out. Waiting for processes to exit.",
            "P10 Authentication/2 Success Unknown x0 | - -> - by - @ -",
        ),
        (
            "systemd",
            "Stopped rsyslog.service - System Logging Service.",
            "P10 EventLog/7 Success Unknown x1 | - -> - by - @ -",
        ),
        (
            "systemd",
            "Stopped Security Auditing Service.",
            "P10 EventLog/7 Success Unknown x1 | - -> - by - @ -",
        ),
        (
            "systemd",
            "nginx.service: Main process exited, code=dumped, status=11/SEGV",
            "P10 Process/2 Failure Unknown x1 | - -> - by - @ -",
        ),
        (
            "rsyslogd",
            "[origin software=\"rsyslogd\" swVersion=\"8.2302.0\" x-pid=\"600\" x-info=\"https://www.rsyslog.com\"] exiting on signal 15.",
            "P10 EventLog/7 Success Unknown x1 | - -> - by - @ -",
        ),
        (
            "rsyslogd",
            " [origin software=\"rsyslogd\" swVersion=\"8.2302.0\" x-pid=\"600\" x-info=\"https://www.rsyslog.com\"] start",
            "P10 EventLog/6 Success Unknown x1 | - -> - by - @ -",
        ),
        (
            "rsyslogd",
            "[origin software=\"rsyslogd\" swVersion=\"8.2302.0\" x-pid=\"600\" x-info=\"https://www.rsyslog.com\"] rsyslogd was HUPed",
            "P10 EventLog/5 Success Unknown x1 | - -> - by - @ -",
        ),
        ("systemd-journald", "Journal stopped", "P10 EventLog/7 Success Unknown x1 | - -> - by - @ -"),
        ("auditd", "The audit daemon is exiting.", "P10 EventLog/7 Success Unknown x1 | - -> - by - @ -"),
    ]);
}

#[test]
fn p11_kernel() {
    table(&[
        (
            "kernel",
            "[12345.678901] [UFW BLOCK] IN=eth0 OUT= MAC=00:11 SRC=192.0.2.1 DST=203.0.113.5 LEN=40 TOS=0x00 PREC=0x00 TTL=244 ID=1 PROTO=TCP SPT=4711 DPT=22 WINDOW=1024 RES=0x00 SYN URGP=0",
            "P11 Network/5 Failure Unknown x1 | - -> - by - @ 192.0.2.1",
        ),
        (
            "kernel",
            "IN=eth0 OUT= MAC= SRC=192.0.2.1 DST=203.0.113.5 LEN=40 PROTO=ICMP TYPE=3 CODE=1 [SRC=203.0.113.5 DST=198.51.100.9 PROTO=UDP SPT=1 DPT=2 ]",
            "P11 Network/6 Unknown Unknown x1 | - -> - by - @ 192.0.2.1",
        ),
        (
            "kernel",
            "nginx[77]: segfault at 0 ip 00007f sp 00007f error 4 in nginx[5500+1000]",
            "P11 Process/2 Failure Unknown x1 | - -> - by - @ -",
        ),
        ("kernel", "device eth0 entered promiscuous mode", "P11 Base/0 Unknown Unknown x1 | - -> - by - @ -"),
        (
            "kernel",
            "Out of memory: Killed process 99 (java) total-vm:1kB",
            "P11 Process/2 Failure Unknown x1 | - -> - by - @ -",
        ),
    ]);
}
