//! Rows of mail, file transfer, proxies and data bases: program and body in, what the event says out.

#![expect(clippy::too_many_lines, reason = "tables")]

use super::rows_tests::table;

#[test]
fn m01_m02_mail() {
    table(&[
        (
            "dovecot",
            "imap-login: Disconnected (auth failed, 3 attempts in 15 secs): user=<alice>, method=PLAIN, rip=192.0.2.1, lip=203.0.113.5, TLS, session=<abc+1/2>",
            "M01 Authentication/1 Failure BadSecret x3 | alice -> - by - @ 192.0.2.1",
        ),
        (
            "dovecot",
            "imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<alice>, method=PLAIN, rip=192.0.2.1, lip=203.0.113.5, TLS: Connection closed, session=<abc>",
            "M01 Authentication/1 Failure BadSecret x1 | alice -> - by - @ 192.0.2.1",
        ),
        (
            "dovecot",
            "pop3-login: Login: user=<alice>, method=PLAIN, rip=192.0.2.1, lip=203.0.113.5, mpid=7, session=<a>",
            "M01 Authentication/1 Success Ok x1 | alice -> - by - @ 192.0.2.1",
        ),
        (
            "imap-login",
            "Info: Login aborted: Connection closed (auth failed, 2 attempts in 4 secs) (auth_failed): user=<alice>, method=PLAIN, rip=192.0.2.1, lip=203.0.113.5, session=<a>",
            "M01 Authentication/1 Failure BadSecret x2 | alice -> - by - @ 192.0.2.1",
        ),
        (
            "dovecot",
            "imap-login: Disconnected (no auth attempts in 0 secs): user=<>, rip=192.0.2.1, lip=203.0.113.5",
            "M01 Network/2 Unknown PreauthClose x1 |  -> - by - @ 192.0.2.1",
        ),
        (
            "dovecot",
            "imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<x>, method=PLAIN, rip=198.51.100.9, lip=203.0.113.5, session=<z>, rip=192.0.2.1, lip=203.0.113.5",
            "M01 Authentication/1 Failure BadSecret x1 | x>, method=PLAIN, rip=198.51.100.9, lip=203.0.113.5, session=<z -> - by - @ 192.0.2.1",
        ),
        (
            "dovecot",
            "auth-worker(5): pam(alice,192.0.2.1,<s>): pam_authenticate() failed: Authentication failure (password mismatch?)",
            "M01 Authentication/1 Failure BadSecret x0 | alice -> - by - @ 192.0.2.1",
        ),
        (
            "dovecot",
            "auth: passwd-file(x,198.51.100.9): unknown user,192.0.2.1): unknown user",
            "M01 Authentication/1 Failure UnknownUser x0 | - -> - by - @ - ambiguous",
        ),
        (
            "postfix/smtpd",
            "warning: unknown[192.0.2.1]: SASL LOGIN authentication failed: UGFzc3dvcmQ6",
            "M02 Authentication/1 Failure BadSecret x1 | - -> - by - @ 192.0.2.1",
        ),
        (
            "postfix/submission/smtpd",
            "warning: a.example[192.0.2.1]: SASL PLAIN authentication failed: authentication failure, sasl_username=x[198.51.100.9]: SASL",
            "M02 Authentication/1 Failure BadSecret x1 | x[198.51.100.9]: SASL -> - by - @ 192.0.2.1",
        ),
        (
            "postfix/smtpd",
            "4A1B2C: client=unknown[192.0.2.1], sasl_method=PLAIN, sasl_username=alice@example.org",
            "M02 Authentication/1 Success Ok x1 | alice@example.org -> - by - @ 192.0.2.1",
        ),
        (
            "postfix/smtpd",
            "NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 554 5.7.1 <a@b>: Relay access denied; from=<c@d> to=<a@b> proto=ESMTP helo=<x[198.51.100.9]>",
            "M02 Email/99 Failure NotAllowed x1 | - -> - by - @ 192.0.2.1",
        ),
        (
            "postfix/smtpd",
            "lost connection after AUTH from unknown[192.0.2.1]",
            "M02 Network/2 Unknown Unknown x1 | - -> - by - @ 192.0.2.1",
        ),
        (
            "postfix/postscreen",
            "PREGREET 11 after 0.1 from [192.0.2.1]:4711: EHLO x\\r\\n",
            "M02 Network/4 Unknown Unknown x1 | - -> - by - @ 192.0.2.1",
        ),
    ]);
}

#[test]
fn m05_m06_ftp() {
    table(&[
        (
            "vsftpd",
            "[alice] FAIL LOGIN: Client \"192.0.2.1\"",
            "M05 Authentication/1 Failure BadSecret x1 | alice -> - by - @ 192.0.2.1",
        ),
        (
            "vsftpd",
            "[ftp] OK LOGIN: Client \"::ffff:192.0.2.1\", anon password \"a@b\"",
            "M05 Authentication/1 Success Ok x1 | ftp -> - by - @ 192.0.2.1",
        ),
        (
            "vsftpd",
            "[x] OK LOGIN: Client \"198.51.100.9] FAIL LOGIN: Client \"192.0.2.1\"",
            "M05 Authentication/1 Failure BadSecret x1 | x] OK LOGIN: Client \"198.51.100.9 -> - by - @ 192.0.2.1",
        ),
        (
            "vsftpd",
            "[ftp] OK LOGIN: Client \"198.51.100.9\", anon password \"x] FAIL LOGIN: Client \"192.0.2.1\"",
            "M05 Authentication/1 Failure BadSecret x1 | - -> - by - @ - ambiguous",
        ),
        (
            "vsftpd",
            "[alice] OK UPLOAD: Client \"192.0.2.1\", \"/a b\", 12 bytes, 1.00Kbyte/sec",
            "M05 Ftp/99 Success Unknown x1 | alice -> - by - @ 192.0.2.1",
        ),
        (
            "vsftpd",
            "CONNECT: Client \"192.0.2.1\"",
            "M05 Network/1 Unknown Unknown x1 | - -> - by - @ 192.0.2.1",
        ),
        (
            "proftpd",
            "127.0.0.1 (a.example[192.0.2.1]) - USER x (y[198.51.100.9]) (Login failed): Incorrect password.",
            "M06 Authentication/1 Failure BadSecret x1 | x (y[198.51.100.9]) -> - by - @ 192.0.2.1",
        ),
        (
            "proftpd",
            "127.0.0.1 (192.0.2.1[192.0.2.1]): USER x: no such user found from 192.0.2.1 [192.0.2.1] to 127.0.0.1:21",
            "M06 Authentication/1 Failure UnknownUser x1 | x -> - by - @ 192.0.2.1",
        ),
        (
            "proftpd",
            "127.0.0.1 (192.0.2.1[192.0.2.1]) - USER alice: Login successful.",
            "M06 Authentication/1 Success Ok x1 | alice -> - by - @ 192.0.2.1",
        ),
        (
            "proftpd",
            "127.0.0.1 (192.0.2.1[192.0.2.1]) - SECURITY VIOLATION: root login attempted.",
            "M06 Authentication/1 Failure NotAllowed x1 | root -> - by - @ 192.0.2.1",
        ),
        (
            "pure-ftpd",
            "(?@192.0.2.1) [WARNING] Authentication failed for user [x]@198.51.100.9) [y]",
            "M06 Authentication/1 Failure BadSecret x1 | x]@198.51.100.9) [y -> - by - @ 192.0.2.1",
        ),
        (
            "pure-ftpd",
            "(?@a.example.org) [INFO] alice is now logged in",
            "M06 Authentication/1 Success Ok x1 | alice -> - by - @ a.example.org",
        ),
        (
            "ftpd",
            "connection from 192.0.2.1 (a.example.org) at Sun Jul 17 15:09:57 2005 ",
            "M06 Network/1 Unknown Unknown x1 | - -> - by - @ 192.0.2.1",
        ),
        (
            "ftpd",
            "ANONYMOUS FTP LOGIN FROM 192.0.2.1,  (anonymous)",
            "M06 Authentication/1 Success Ok x1 | anonymous -> - by - @ 192.0.2.1",
        ),
        (
            "ftpd",
            "failed login from a.example.org [192.0.2.1], alice",
            "M06 Authentication/1 Failure BadSecret x1 | alice -> - by - @ 192.0.2.1",
        ),
    ]);
}

#[test]
fn dropbear_rows() {
    table(&[
        (
            "dropbear",
            "Bad password attempt for 'alice' from 192.0.2.1:4711",
            "DB Authentication/1 Failure BadSecret x1 | alice -> - by - @ 192.0.2.1",
        ),
        (
            "dropbear",
            "Bad password attempt for 'x' from 198.51.100.9:22' from 192.0.2.1:4711",
            "DB Authentication/1 Failure BadSecret x1 | x' from 198.51.100.9:22 -> - by - @ 192.0.2.1",
        ),
        (
            "dropbear",
            "Login attempt for nonexistent user from 2001:db8::1:4711",
            "DB Authentication/1 Failure UnknownUser x1 |  -> - by - @ 2001:db8::1",
        ),
        (
            "dropbear",
            "Password auth succeeded for 'alice' from 192.0.2.1:4711",
            "DB Authentication/1 Success Ok x1 | alice -> - by - @ 192.0.2.1",
        ),
        (
            "dropbear",
            "Pubkey auth succeeded for 'alice' with ssh-ed25519 key SHA256:abc from 192.0.2.1:4711",
            "DB Authentication/1 Success Ok x1 | alice -> - by - @ 192.0.2.1",
        ),
        (
            "dropbear",
            "Exit before auth from <192.0.2.1:4711>: (user 'x', 3 fails): Exited normally",
            "DB Network/2 Unknown PreauthClose x1 | - -> - by - @ 192.0.2.1",
        ),
    ]);
}

#[test]
fn haproxy_and_databases_in_syslog() {
    table(&[
        (
            "haproxy",
            "192.0.2.1:4711 [22/Nov/2026:04:05:06.789] www~ back/srv1 0/0/0/1/1 404 123 - - ---- 1/1/0/0/0 0/0 {198.51.100.9} \"GET /x?y HTTP/1.1\"",
            "W08 Http/3 Failure Unknown x1 | - -> - by - @ 192.0.2.1",
        ),
        (
            "postgres",
            "[3-1] FATAL:  password authentication failed for user \"x\"",
            "D02 Authentication/1 Failure BadSecret x1 | x -> - by - @ -",
        ),
        (
            "mysqld",
            "Access denied for user 'x'@'192.0.2.1' (using password: YES)",
            "D01 Authentication/1 Failure BadSecret x1 | x -> - by - @ 192.0.2.1",
        ),
    ]);
}

#[test]
fn d04_wordpress() {
    table(&[
        (
            "wordpress(www.example.jp)",
            "Authentication failure for alice@example.jp from 192.0.2.1",
            "D04 Authentication/1 Failure BadSecret x1 | alice@example.jp -> - by - @ 192.0.2.1",
        ),
        (
            "wordpress(www.example.jp)",
            "Authentication attempt for unknown user bob from 2001:db8::1",
            "D04 Authentication/1 Failure UnknownUser x1 | bob -> - by - @ 2001:db8::1",
        ),
        (
            "wordpress(www.example.jp)",
            "Accepted password for alice from 192.0.2.1",
            "D04 Authentication/1 Success Ok x1 | alice -> - by - @ 192.0.2.1",
        ),
        (
            "wordpress(www.example.jp)",
            "Authentication failure for x from 8.8.8.8 from 192.0.2.1",
            "D04 Authentication/1 Failure BadSecret x1 | x from 8.8.8.8 -> - by - @ 192.0.2.1",
        ),
        (
            "wordpress(www.example.jp)",
            "XML-RPC multicall authentication failure from 192.0.2.1",
            "D04 Authentication/1 Failure BadSecret x1 | - -> - by - @ 192.0.2.1",
        ),
    ]);
}
