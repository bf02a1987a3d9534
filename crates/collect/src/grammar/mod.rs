//! Grammars of program messages: one module per program family, one function per program.
//!
//! A grammar matches the complete message body or nothing (DT-HOS-02), is anchored away from free text (DT-HOS-01), tries
//! all readings where free text leaves more than one (DT-HOS-03), and never searches for a sub-pattern.

mod accounts;
mod cron;
pub(crate) mod database;
mod dropbear;
pub(crate) mod fill;
mod ftp;
mod haproxy;
mod kernel;
mod login;
mod mail;
mod pam;
pub(crate) mod program;
mod ssh;
mod su;
mod sudo;
mod system;
pub(crate) mod text;
mod wordpress;

#[cfg(test)]
mod check;
#[cfg(test)]
mod rows_service_tests;
#[cfg(test)]
mod rows_tests;

use vocab::Event;

/// A framed message, ready for the grammar of its program.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Host that wrote it, as framed; may be empty.
    pub host: &'a str,
    /// Program name without path, e.g. `sshd`, `sshd-session`, `postfix/smtpd`.
    pub program: &'a str,
    /// Process id.
    pub pid: Option<u32>,
    /// The message, framing removed, escapes as they are.
    pub body: &'a str,
    /// Body length in bytes at or above which the transport may have cut it (DT-HOS-07); `usize::MAX` = no cut.
    pub cut_at: usize,
}

/// What a grammar made of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// Understood; the event is filled in.
    Event,
    /// A known message of this program that says nothing of interest; stays a base event.
    Uninteresting,
    /// A message of this program that no template fits: counted by shape, and as `grammar_miss` when it holds failure
    /// words (DT-HOS-06).
    Miss,
}

/// Fills in the event from the message. The framing has already set time, `dst_host`, `process`, `pid`, `message`, `trust`,
/// `count` and `origin`; the grammar sets the rest, including `origin.parser`, `origin.grammar`, `product`,
/// `sigma_services` and `attempt`.
///
/// A line that is known to be no attempt of its own gets `count` 0 (DT-FMT-16); each grammar's module says which.
pub type Grammar = for<'a> fn(&Message<'a>, &mut Event<'a>) -> Parsed;

/// The grammar of a program. Chosen by a static match on the name, any `(module)` behind it left out. Programs without a
/// grammar of their own get one that reads the lines that PAM writes in any program's name.
#[must_use]
pub fn of_program(program: &str) -> Option<Grammar> {
    Some(match crate::syslog::program_name(program) {
        "sshd" | "sshd-session" | "sshd-auth" => ssh::sshd,
        "dropbear" => dropbear::dropbear,
        "su" | "su-l" => su::su,
        "sudo" | "sudo-rs" => sudo::sudo,
        "doas" => sudo::doas,
        "pkexec" => sudo::pkexec,
        "polkitd" | "polkit-agent-helper-1" => sudo::polkit,
        "login" | "remote" => login::login,
        "klogind" | "rlogind" | "rshd" | "kshd" | "in.rlogind" | "in.rshd" => login::remote,
        "useradd" | "adduser" | "usermod" | "userdel" | "groupadd" | "groupdel" | "groupmod" | "gpasswd"
        | "passwd" | "chpasswd" | "chage" | "chfn" | "chsh" | "newusers" | "vipw" => accounts::tools,
        "cron" | "crond" | "CRON" | "CROND" | "crontab" | "anacron" | "atd" => cron::cron,
        "systemd" => system::systemd,
        "systemd-logind" => system::logind,
        "rsyslogd" | "syslogd" | "syslog-ng" | "systemd-journald" | "systemd-journal" | "auditd"
        | "klogd" => system::loggers,
        "kernel" => kernel::kernel,
        "mysqld" | "mariadbd" => database::mysql,
        "postgres" => database::postgres,
        "haproxy" => haproxy::haproxy,
        "vsftpd" => ftp::vsftpd,
        "proftpd" => ftp::proftpd,
        "pure-ftpd" => ftp::pureftpd,
        "ftpd" | "wu-ftpd" | "in.ftpd" => ftp::wuftpd,
        "dovecot" | "imap-login" | "pop3-login" | "submission-login" | "managesieve-login" | "auth"
        | "auth-worker" => mail::dovecot,
        "wordpress" => wordpress::wordpress,
        name if name.starts_with("postfix") => mail::postfix,
        _ => pam::other,
    })
}

/// Sets what all grammars set: parser, Sigma log source, and the id that joins the lines of one process (DT-FMT-16).
fn begin<'a>(
    message: &Message<'a>,
    event: &mut Event<'a>,
    parser: &'static str,
    services: &'static [&'static str],
) {
    event.origin.parser = parser;
    event.origin.parser_version = 1;
    event.product = "linux";
    event.sigma_services = services;
    if event.attempt == 0
        && let Some(pid) = message.pid
    {
        event.attempt =
            crate::record::attempt_id(event.origin.source, message.host, family(message.program), pid);
    }
}

/// Programs that share a process id, by one name.
fn family(program: &str) -> &str {
    match crate::syslog::program_name(program) {
        "sshd-session" | "sshd-auth" => "sshd",
        name => name,
    }
}
