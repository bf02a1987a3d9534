//! The places where a remote party writes into a log, one for each grammar with free text (detection.md 6.4).

/// What must come out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    /// One failed attempt of a login.
    Attempt,
    /// A failure, or a part of an attempt that another record counts.
    Failure,
    /// A right login: one success, or an ambiguous record.
    Login,
    /// Nothing is asked for but that no forged source and no success comes out.
    Harmless,
}

/// How the daemon writes text that it does not trust.
#[derive(Clone, Copy)]
pub(crate) enum Escape {
    /// `strnvis` as in sshd: octal for control characters and everything beyond ASCII, backslash doubled; the message is
    /// cut at 500 bytes.
    Sshd,
    /// rsyslog: `#ooo` for control characters.
    Rsyslog,
    /// `?` for what cannot be printed (vsftpd).
    Question,
    /// nginx: `\xHH`.
    Nginx,
    /// Apache: `\"`, `\\`, `\xhh`.
    Apache,
    /// JSON.
    Json,
    /// auditd: quoted when harmless, else hex.
    Audit,
    /// A column of W3C: `+` for blanks.
    W3c,
    /// Nothing but line ends are taken out, because they would end the record.
    Raw,
}

/// One place.
pub(crate) struct Place {
    pub(crate) name: &'static str,
    pub(crate) format: &'static str,
    pub(crate) file: &'static str,
    /// Lines that stand before.
    pub(crate) header: &'static str,
    /// The record with `{}` where the text goes.
    pub(crate) template: &'static str,
    pub(crate) escape: Escape,
    pub(crate) want: Want,
}

impl Place {
    /// The record as the daemon writes it.
    pub(crate) fn line(&self, text: &str) -> String {
        let escaped = escape(text, self.escape);
        let line = self.template.replacen("{}", &escaped, 1);
        match self.escape {
            Escape::Sshd => cut_body(&line, 500),
            _ => line,
        }
    }
}

fn cut_body(line: &str, max: usize) -> String {
    let body = line.find("]: ").map_or(0, |at| at + 3);
    line.chars().take(body + max).collect()
}

fn octal(out: &mut String, lead: char, text: &str) {
    for byte in text.bytes() {
        out.push_str(&format!("{lead}{byte:03o}"));
    }
}

fn escape(text: &str, how: Escape) -> String {
    let mut out = String::with_capacity(text.len());
    match how {
        Escape::Json => return json(text),
        Escape::Audit => return audit(text),
        _ => {}
    }
    for character in text.chars() {
        let mut buffer = [0; 4];
        let own: &str = character.encode_utf8(&mut buffer);
        let plain = character.is_ascii_graphic() || character == ' ';
        match (how, character) {
            (Escape::Sshd, '\\') => out.push_str("\\\\"),
            (Escape::Sshd, '\n') => out.push_str("\\n"),
            (Escape::Sshd, _) if !plain => octal(&mut out, '\\', own),
            (Escape::Rsyslog, _) if character.is_control() => octal(&mut out, '#', own),
            (Escape::Question, _) if character.is_control() => out.push('?'),
            (Escape::Nginx, _) if !plain || matches!(character, '"' | '\\') => {
                for byte in own.bytes() {
                    out.push_str(&format!("\\x{byte:02X}"));
                }
            }
            (Escape::Apache, '"') => out.push_str("\\\""),
            (Escape::Apache, '\\') => out.push_str("\\\\"),
            (Escape::Apache, _) if !plain => {
                for byte in own.bytes() {
                    out.push_str(&format!("\\x{byte:02x}"));
                }
            }
            (Escape::W3c, ' ') => out.push('+'),
            (Escape::W3c, _) if character.is_control() => out.push('+'),
            (Escape::Raw, '\n' | '\r') => out.push(' '),
            _ => out.push(character),
        }
    }
    out
}

fn json(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            _ if character.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => out.push(character),
        }
    }
    out
}

fn audit(text: &str) -> String {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"') {
        return format!("\"{text}\"");
    }
    text.bytes().map(|byte| format!("{byte:02X}")).collect()
}

const fn syslog(name: &'static str, template: &'static str, escape: Escape, want: Want) -> Place {
    Place { name, format: "syslog", file: "auth.log", header: "", template, escape, want }
}

const fn sshd(name: &'static str, template: &'static str, want: Want) -> Place {
    syslog(name, template, Escape::Sshd, want)
}

const fn web(
    format: &'static str,
    name: &'static str,
    template: &'static str,
    escape: Escape,
    want: Want,
) -> Place {
    Place { name, format, file: "web.log", header: "", template, escape, want }
}

/// All places.
pub(crate) const PLACES: &[Place] = &[
    sshd(
        "O01 password",
        "Nov 22 04:05:06 web1 sshd[7]: Failed password for invalid user {} from 192.0.2.1 port 4711 ssh2",
        Want::Attempt,
    ),
    sshd(
        "O01 keyboard",
        "Nov 22 04:05:06 web1 sshd[7]: Failed keyboard-interactive/pam for invalid user {} from 192.0.2.1 port 4711 ssh2",
        Want::Attempt,
    ),
    sshd("O02", "Nov 22 04:05:06 web1 sshd[7]: Invalid user {} from 192.0.2.1 port 4711", Want::Attempt),
    sshd("O02 old", "Nov 22 04:05:06 web1 sshd[7]: Invalid user {} from 192.0.2.1", Want::Attempt),
    sshd(
        "O04 closed",
        "Nov 22 04:05:06 web1 sshd[7]: Connection closed by invalid user {} 192.0.2.1 port 4711 [preauth]",
        Want::Attempt,
    ),
    sshd(
        "O04 reset",
        "Nov 22 04:05:06 web1 sshd-session[7]: Connection reset by invalid user {} 192.0.2.1 port 4711 [preauth]",
        Want::Attempt,
    ),
    sshd(
        "O04 disconnected",
        "Nov 22 04:05:06 web1 sshd[7]: Disconnected from invalid user {} 192.0.2.1 port 4711 [preauth]",
        Want::Attempt,
    ),
    sshd(
        "O05",
        "Nov 22 04:05:06 web1 sshd[7]: Received disconnect from 192.0.2.1 port 4711:11: {} [preauth]",
        Want::Harmless,
    ),
    sshd(
        "O06",
        "Nov 22 04:05:06 web1 sshd[7]: Disconnecting invalid user {} 192.0.2.1 port 4711: Too many authentication failures [preauth]",
        Want::Failure,
    ),
    sshd(
        "O07",
        "Nov 22 04:05:06 web1 sshd[7]: error: maximum authentication attempts exceeded for invalid user {} from 192.0.2.1 port 4711 ssh2 [preauth]",
        Want::Failure,
    ),
    sshd(
        "O10 version",
        "Nov 22 04:05:06 web1 sshd[7]: Bad protocol version identification '{}' from 192.0.2.1 port 4711",
        Want::Failure,
    ),
    sshd(
        "O11 offer",
        "Nov 22 04:05:06 web1 sshd[7]: Unable to negotiate with 192.0.2.1 port 4711: no matching host key type found. Their offer: {} [preauth]",
        Want::Failure,
    ),
    sshd(
        "O15",
        "Nov 22 04:05:06 web1 sshd[7]: error: PAM: Authentication failure for illegal user {} from 192.0.2.1",
        Want::Attempt,
    ),
    syslog(
        "P01 ruser",
        "Nov 22 04:05:06 web1 vsftpd[7]: pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser={} rhost=192.0.2.1",
        Escape::Rsyslog,
        Want::Attempt,
    ),
    syslog(
        "P01 ruser and user",
        "Nov 22 04:05:06 web1 vsftpd[7]: pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser={} rhost=192.0.2.1  user=alice",
        Escape::Rsyslog,
        Want::Attempt,
    ),
    syslog(
        "P01 user of sss",
        "Nov 22 04:05:06 web1 sshd[7]: pam_sss(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1 user={}",
        Escape::Rsyslog,
        Want::Attempt,
    ),
    syslog(
        "P08 login",
        "Nov 22 04:05:06 web1 login[7]: FAILED LOGIN 1 FROM 192.0.2.1 FOR {}, Authentication failure",
        Escape::Rsyslog,
        Want::Attempt,
    ),
    syslog(
        "P08 shadow",
        "Nov 22 04:05:06 web1 login[7]: FAILED LOGIN (1) on '/dev/pts/0' from '192.0.2.1' FOR '{}', Authentication failure",
        Escape::Rsyslog,
        Want::Attempt,
    ),
    syslog(
        "M01",
        "Nov 22 04:05:06 web1 dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<{}>, method=PLAIN, rip=192.0.2.1, lip=203.0.113.5, TLS, session=<abc>",
        Escape::Rsyslog,
        Want::Attempt,
    ),
    syslog(
        "M02",
        "Nov 22 04:05:06 web1 postfix/smtpd[7]: warning: unknown[192.0.2.1]: SASL PLAIN authentication failed: authentication failure, sasl_username={}",
        Escape::Rsyslog,
        Want::Attempt,
    ),
    syslog(
        "M02 relay",
        "Nov 22 04:05:06 web1 postfix/smtpd[7]: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 554 5.7.1 <a@b>: Relay access denied; from=<c@d> to=<a@b> proto=ESMTP helo=<{}>",
        Escape::Rsyslog,
        Want::Failure,
    ),
    syslog(
        "M05 syslog",
        "Nov 22 04:05:06 web1 vsftpd[7]: [{}] FAIL LOGIN: Client \"192.0.2.1\"",
        Escape::Question,
        Want::Attempt,
    ),
    syslog(
        "M06 proftpd",
        "Nov 22 04:05:06 web1 proftpd[7]: 127.0.0.1 (192.0.2.1[192.0.2.1]) - USER {} (Login failed): Incorrect password.",
        Escape::Rsyslog,
        Want::Attempt,
    ),
    syslog(
        "M06 proftpd unknown",
        "Nov 22 04:05:06 web1 proftpd[7]: 127.0.0.1 (192.0.2.1[192.0.2.1]) - USER {}: no such user found from 192.0.2.1 [192.0.2.1] to 127.0.0.1:21",
        Escape::Rsyslog,
        Want::Attempt,
    ),
    syslog(
        "M06 pure-ftpd",
        "Nov 22 04:05:06 web1 pure-ftpd: (?@192.0.2.1) [WARNING] Authentication failed for user [{}]",
        Escape::Rsyslog,
        Want::Attempt,
    ),
    syslog(
        "DB dropbear",
        "Nov 22 04:05:06 web1 dropbear[7]: Bad password attempt for '{}' from 192.0.2.1:4711",
        Escape::Rsyslog,
        Want::Attempt,
    ),
    web(
        "web_access",
        "W02 request",
        "192.0.2.1 - - [22/Nov/2026:04:05:06 +0000] \"GET /{} HTTP/1.1\" 404 3 \"-\" \"-\"",
        Escape::Nginx,
        Want::Failure,
    ),
    web(
        "web_access",
        "W02 user",
        "192.0.2.1 - {} [22/Nov/2026:04:05:06 +0000] \"GET / HTTP/1.1\" 401 3 \"-\" \"-\"",
        Escape::Nginx,
        Want::Failure,
    ),
    web(
        "web_access",
        "W02 referrer",
        "192.0.2.1 - - [22/Nov/2026:04:05:06 +0000] \"GET / HTTP/1.1\" 401 3 \"{}\" \"-\"",
        Escape::Nginx,
        Want::Failure,
    ),
    web(
        "web_access",
        "W02 agent",
        "192.0.2.1 - - [22/Nov/2026:04:05:06 +0000] \"GET / HTTP/1.1\" 401 3 \"-\" \"{}\"",
        Escape::Nginx,
        Want::Failure,
    ),
    web(
        "web_access",
        "W02 forwarded",
        "192.0.2.1 - - [22/Nov/2026:04:05:06 +0000] \"GET / HTTP/1.1\" 401 3 \"-\" \"-\" \"{}\"",
        Escape::Nginx,
        Want::Failure,
    ),
    web(
        "web_access",
        "W03 request",
        "192.0.2.1 - - [22/Nov/2026:04:05:06 +0000] \"GET /{} HTTP/1.1\" 404 3 \"-\" \"-\"",
        Escape::Apache,
        Want::Failure,
    ),
    web(
        "web_access",
        "W03 user",
        "192.0.2.1 - {} [22/Nov/2026:04:05:06 +0000] \"GET / HTTP/1.1\" 401 3 \"-\" \"-\"",
        Escape::Apache,
        Want::Failure,
    ),
    web(
        "web_access",
        "W03 agent",
        "192.0.2.1 - - [22/Nov/2026:04:05:06 +0000] \"GET / HTTP/1.1\" 401 3 \"-\" \"{}\"",
        Escape::Apache,
        Want::Failure,
    ),
    web(
        "web_access",
        "unescaped request",
        "192.0.2.1 - - [22/Nov/2026:04:05:06 +0000] \"GET /{} HTTP/1.1\" 200 3 \"-\" \"-\"",
        Escape::Raw,
        Want::Harmless,
    ),
    web(
        "web_access",
        "unescaped user",
        "192.0.2.1 - {} [22/Nov/2026:04:05:06 +0000] \"GET / HTTP/1.1\" 200 3 \"-\" \"-\"",
        Escape::Raw,
        Want::Harmless,
    ),
    web(
        "web_access",
        "unescaped agent",
        "192.0.2.1 - - [22/Nov/2026:04:05:06 +0000] \"GET / HTTP/1.1\" 200 3 \"-\" \"{}\"",
        Escape::Raw,
        Want::Harmless,
    ),
    web(
        "nginx_error",
        "W06 user",
        "2026/11/22 04:05:06 [error] 9#9: *9 user \"{}\" was not found in \"/etc/nginx/pw\", client: 192.0.2.1, server: a.example, request: \"GET / HTTP/1.1\", host: \"a.example\"",
        Escape::Raw,
        Want::Attempt,
    ),
    web(
        "nginx_error",
        "W06 mismatch",
        "2026/11/22 04:05:06 [error] 9#9: *9 user \"{}\": password mismatch, client: 192.0.2.1, server: a.example, request: \"GET / HTTP/1.1\", host: \"a.example\"",
        Escape::Raw,
        Want::Attempt,
    ),
    web(
        "nginx_error",
        "W06 path",
        "2026/11/22 04:05:06 [error] 9#9: *9 open() \"/srv/{}\" failed (2: No such file or directory), client: 192.0.2.1, server: a.example, request: \"GET / HTTP/1.1\", host: \"a.example\"",
        Escape::Raw,
        Want::Harmless,
    ),
    web(
        "nginx_error",
        "W06 request",
        "2026/11/22 04:05:06 [error] 9#9: *9 access forbidden by rule, client: 192.0.2.1, server: a.example, request: \"GET /{} HTTP/1.1\", host: \"a.example\"",
        Escape::Raw,
        Want::Failure,
    ),
    web(
        "nginx_error",
        "W06 referrer",
        "2026/11/22 04:05:06 [error] 9#9: *9 user \"bob\": password mismatch, client: 192.0.2.1, server: a.example, request: \"GET / HTTP/1.1\", host: \"a.example\", referrer: \"{}\"",
        Escape::Raw,
        Want::Attempt,
    ),
    web(
        "apache_error",
        "W07 user",
        "[Sun Nov 22 04:05:06.286992 2026] [auth_basic:error] [pid 9:tid 9] [client 192.0.2.1:4711] AH01618: user {} not found: /secret/",
        Escape::Apache,
        Want::Attempt,
    ),
    web(
        "apache_error",
        "W07 mismatch",
        "[Sun Nov 22 04:05:06.286992 2026] [auth_basic:error] [pid 9:tid 9] [client 192.0.2.1:4711] AH01617: user {}: authentication failure for \"/secret/\": Password Mismatch",
        Escape::Apache,
        Want::Attempt,
    ),
    web(
        "apache_error",
        "W07 path",
        "[Sun Nov 22 04:05:06.286992 2026] [auth_basic:error] [pid 9:tid 9] [client 192.0.2.1:4711] AH01617: user bob: authentication failure for \"/{}\": Password Mismatch",
        Escape::Apache,
        Want::Attempt,
    ),
    web(
        "apache_error",
        "W07 errno",
        "[Sun Nov 22 04:05:06.286992 2026] [core:error] [pid 9:tid 9] (36)File name too long: [client 192.0.2.1:4711] AH00036: access to /{} failed",
        Escape::Raw,
        Want::Harmless,
    ),
    web(
        "apache_error",
        "W07 of 2.2",
        "[Sun Nov 22 04:05:06 2026] [error] [client 192.0.2.1] user {} not found: /secret/",
        Escape::Apache,
        Want::Attempt,
    ),
    web(
        "web_json",
        "W04 user",
        "{\"remote_addr\":\"192.0.2.1\",\"time\":\"2026-11-22T04:05:06Z\",\"remote_user\":\"{}\",\"request\":\"GET / HTTP/1.1\",\"status\":401}",
        Escape::Json,
        Want::Failure,
    ),
    web(
        "web_json",
        "W04 agent unescaped",
        "{\"remote_addr\":\"192.0.2.1\",\"time\":\"2026-11-22T04:05:06Z\",\"request\":\"GET / HTTP/1.1\",\"status\":401,\"agent\":\"{}\"}",
        Escape::Json,
        Want::Failure,
    ),
    web(
        "web_ltsv",
        "W04 label",
        "host:192.0.2.1\ttime:22/Nov/2026:04:05:06 +0000\treq:GET / HTTP/1.1\tstatus:401\tua:{}",
        Escape::Nginx,
        Want::Failure,
    ),
    web(
        "web_ltsv",
        "W04 label unescaped",
        "host:192.0.2.1\ttime:22/Nov/2026:04:05:06 +0000\treq:GET / HTTP/1.1\tstatus:401\tua:{}",
        Escape::Raw,
        Want::Failure,
    ),
    Place {
        header: "#Fields: date time c-ip cs-method cs-uri-stem cs-username cs(User-Agent) sc-status\n",
        ..web(
            "iis_w3c",
            "W05 user",
            "2026-11-22 04:05:06 192.0.2.1 GET /x u{} curl 401",
            Escape::W3c,
            Want::Harmless,
        )
    },
    Place {
        header: "#Fields: date time cs-method cs-uri-stem cs(User-Agent) c-ip sc-status\n",
        ..web(
            "iis_w3c",
            "W05 agent",
            "2026-11-22 04:05:06 GET /x a{} 192.0.2.1 401",
            Escape::W3c,
            Want::Failure,
        )
    },
    web(
        "vsftpd",
        "M05 own log",
        "Sun Nov 22 04:05:06 2026 [pid 7] [{}] FAIL LOGIN: Client \"192.0.2.1\"",
        Escape::Question,
        Want::Attempt,
    ),
    web(
        "auditd",
        "A01",
        "type=USER_AUTH msg=audit(1795320306.123:456): pid=78 uid=0 auid=4294967295 ses=4294967295 msg='op=PAM:authentication acct={} exe=\"/usr/sbin/sshd\" hostname=192.0.2.1 addr=192.0.2.1 terminal=ssh res=failed'",
        Escape::Audit,
        Want::Attempt,
    ),
    web(
        "journal_json",
        "FR-03 json",
        "{\"__REALTIME_TIMESTAMP\":\"1795287906000000\",\"SYSLOG_IDENTIFIER\":\"sshd\",\"_COMM\":\"sshd\",\"_UID\":\"0\",\"_PID\":\"7\",\"MESSAGE\":\"Failed password for invalid user {} from 192.0.2.1 port 4711 ssh2\"}",
        Escape::Json,
        Want::Attempt,
    ),
    syslog(
        "W08 request",
        "Nov 22 04:05:06 web1 haproxy[7]: 192.0.2.1:4711 [22/Nov/2026:04:05:06.789] www back/srv1 0/0/0/1/1 404 123 - - ---- 1/1/0/0/0 0/0 \"GET /{} HTTP/1.1\"",
        Escape::Rsyslog,
        Want::Failure,
    ),
    syslog(
        "W08 capture",
        "Nov 22 04:05:06 web1 haproxy[7]: 192.0.2.1:4711 [22/Nov/2026:04:05:06.789] www back/srv1 0/0/0/1/1 404 123 - - ---- 1/1/0/0/0 0/0 {{}} \"GET / HTTP/1.1\"",
        Escape::Rsyslog,
        Want::Failure,
    ),
    web(
        "mysql_error",
        "D01",
        "2026-11-22T04:05:06.123456Z 10 [Note] [MY-010926] [Server] Access denied for user '{}'@'192.0.2.1' (using password: YES)",
        Escape::Raw,
        Want::Attempt,
    ),
    web(
        "postgresql",
        "D02 hba",
        "2026-11-22 04:05:06.790 UTC [77] FATAL:  no pg_hba.conf entry for host \"192.0.2.1\", user \"{}\", database \"db\", no encryption",
        Escape::Raw,
        Want::Attempt,
    ),
    web(
        "postgresql",
        "D02 password",
        "2026-11-22 04:05:06.790 UTC [77] FATAL:  password authentication failed for user \"{}\"",
        Escape::Raw,
        Want::Attempt,
    ),
    web(
        "postgresql",
        "D02 prefix",
        "2026-11-22 04:05:06.790 UTC [77] {}@db FATAL:  password authentication failed for user \"x\"",
        Escape::Raw,
        Want::Harmless,
    ),
    web(
        "exim",
        "M03 helo",
        "2026-11-22 04:05:06 plain_login authenticator failed for ({}) [192.0.2.1]:4711: 535 Incorrect authentication data (set_id=x)",
        Escape::Raw,
        Want::Attempt,
    ),
    web(
        "exim",
        "M03 account",
        "2026-11-22 04:05:06 plain_login authenticator failed for (x) [192.0.2.1]:4711: 535 Incorrect authentication data (set_id={})",
        Escape::Raw,
        Want::Attempt,
    ),
];
