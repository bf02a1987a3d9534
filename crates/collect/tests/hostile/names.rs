//! Texts that an attacker would choose: the cases HC-01 to HC-20 of detection.md 6.4, and endless mixtures of their parts.

/// The cases of the specification, and whole lines of every program.
pub(crate) fn listed() -> Vec<String> {
    let mut all: Vec<String> = PARTS.iter().map(|part| (*part).to_owned()).collect();
    for line in LINES {
        all.push((*line).to_owned());
        all.push(format!(" {line}"));
        all.push(format!("x\" {line}"));
        all.push(format!("x]{line}"));
        all.push(format!("x\\n{line}"));
        all.push(format!("x {line} y"));
    }
    for length in [100, 200, 500, 1_000, 8_192, 70_000] {
        all.push("x".repeat(length));
        all.push("あ".repeat(length / 3));
        all.push(format!("{} from 198.51.100.9 port 22 ssh2", "y".repeat(length)));
        all.push(" ".repeat(length));
    }
    all
}

/// What fits a place best: the words that its own daemon writes around the text, with the attacker's address, also turned into
/// a success.
pub(crate) fn own(template: &str) -> Vec<String> {
    let forged = template.replace("192.0.2.1", "198.51.100.9").replace("4711", "22");
    let (head, tail) = forged.split_once("{}").unwrap_or((&forged, ""));
    let body = head.rsplit("]: ").next().unwrap_or(head);
    let mut parts = Vec::new();
    for (head, tail) in [(head, tail), (body, tail)] {
        parts.push(format!("x{tail}"));
        parts.push(tail.to_owned());
        parts.push(format!("x{tail} "));
        parts.push(format!("x{tail}{head}y"));
        parts.push(format!("x{tail} {head}y"));
        parts.push(format!("x{tail}, {head}"));
        parts.push(format!("{head}x{tail}"));
        parts.push(format!(" {head}x{tail}{tail}"));
        parts.push(format!("x{}", tail.trim_end_matches(['"', '\'', ']', ')', '>'])));
    }
    let good = [
        ("Failed", "Accepted"),
        ("FAIL ", "OK "),
        ("failed", "success"),
        ("Disconnected (auth failed, 1 attempts in 2 secs)", "Login"),
        (" (Login failed): Incorrect password.", ": Login successful."),
        (" 401", " 200"),
    ];
    for at in 0..parts.len() {
        for (bad, good) in good {
            if parts[at].contains(bad) {
                let turned = parts[at].replace(bad, good);
                parts.push(turned);
            }
        }
    }
    parts
}

/// Lines of many programs that name the attacker's address.
const LINES: &[&str] = &[
    "Accepted password for root from 198.51.100.9 port 22 ssh2",
    "Failed password for root from 198.51.100.9 port 22 ssh2",
    "Nov 22 04:05:06 web1 sshd[1]: Failed password for root from 198.51.100.9 port 1 ssh2",
    "Nov 22 04:05:06 web1 sshd[1]: Accepted publickey for root from 198.51.100.9 port 1 ssh2: RSA SHA256:abc",
    "sshd[1]: Failed password for root from 198.51.100.9 port 1 ssh2",
    "2026-11-22T04:05:06.000000+09:00 web1 sshd[1]: Accepted password for root from 198.51.100.9 port 1 ssh2",
    "<38>1 2026-11-22T04:05:06Z web1 sshd 1 - - Accepted password for root from 198.51.100.9 port 1 ssh2",
    "message repeated 99 times: [ Failed password for root from 198.51.100.9 port 22 ssh2]",
    "last message repeated 99 times",
    "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=198.51.100.9  user=root",
    "pam_unix(sshd:session): session opened for user root(uid=0) by (uid=0)",
    "imap-login: Login: user=<root>, method=PLAIN, rip=198.51.100.9, lip=203.0.113.5, session=<a>",
    "warning: unknown[198.51.100.9]: SASL LOGIN authentication failed: x",
    "[root] OK LOGIN: Client \"198.51.100.9\"",
    "(?@198.51.100.9) [WARNING] Authentication failed for user [root]",
    "root : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
    "198.51.100.9 - root [22/Nov/2026:04:05:06 +0000] \"GET / HTTP/1.1\" 200 3 \"-\" \"-\"",
    "- - [22/Nov/2026:04:05:06 +0000] \"GET /forged HTTP/1.1\" 200 3 \"-\" \"-\"",
    "2026/11/22 05:57:26 [error] 1#1: *2 user \"root\": password mismatch, client: 198.51.100.9, server: x, request: \"GET / HTTP/1.1\", host: \"x\"",
    "[Sun Nov 22 05:57:30.286992 2026] [auth_basic:error] [pid 1:tid 2] [client 198.51.100.9:1] AH01617: user root: authentication failure for \"/\": Password Mismatch",
    "type=USER_AUTH msg=audit(1795320306.123:456): pid=1 uid=0 auid=0 ses=1 msg='op=PAM:authentication acct=\"root\" exe=\"/usr/sbin/sshd\" hostname=198.51.100.9 addr=198.51.100.9 terminal=ssh res=success'",
    "{\"remote_addr\":\"198.51.100.9\",\"status\":200}",
];

/// Parts that templates are made of.
const PARTS: &[&str] = &[
    "x from 198.51.100.9 port 22",
    "x from 198.51.100.9 port 22 ssh2",
    "x 198.51.100.9 port 22",
    " from 198.51.100.9",
    " from 198.51.100.9 port 22",
    " from 198.51.100.9 port 22 ssh2",
    " from 198.51.100.9 port 22 ssh2: RSA SHA256:abc",
    " from 2001:db8::bad port 22 ssh2",
    " 198.51.100.9 port 22",
    " 198.51.100.9 port 22 [preauth]",
    " 198.51.100.9 port 22: Too many authentication failures",
    ": 11: Bye Bye [preauth]",
    "invalid user ",
    "user ",
    "root",
    "",
    " ",
    "  ",
    " x ",
    " ssh2",
    " port 22",
    "port 22 ssh2",
    " [preauth]",
    " Accepted password for root from 198.51.100.9 port 22 ssh2",
    "rhost=198.51.100.9",
    " rhost=198.51.100.9",
    " rhost=198.51.100.9  user=root",
    "  user=root",
    " user=root",
    " ruser=x rhost=198.51.100.9",
    ">, method=PLAIN, rip=198.51.100.9, lip=203.0.113.5, TLS, session=<a>",
    ", rip=198.51.100.9, lip=203.0.113.5",
    ", rip=198.51.100.9",
    "rip=198.51.100.9",
    ", sasl_username=root",
    "[198.51.100.9]",
    "unknown[198.51.100.9]: SASL PLAIN authentication failed: x",
    "client: 198.51.100.9",
    ", client: 198.51.100.9, server: x, request: \"GET / HTTP/1.1\"",
    ", client: 198.51.100.9",
    "[client 198.51.100.9:1]",
    "(198.51.100.9[198.51.100.9]): USER root: Login successful.",
    ": Login successful.",
    " (Login failed): Incorrect password.",
    "] OK LOGIN: Client \"198.51.100.9\"",
    "] FAIL LOGIN: Client \"198.51.100.9\"",
    "ftp] OK LOGIN: Client \"198.51.100.9\", anon password \"",
    ", anon password \"x\"",
    "' from 198.51.100.9:22",
    "' from '198.51.100.9' FOR 'root'",
    " FROM 198.51.100.9 FOR root, Authentication failure",
    ") [WARNING] Authentication failed for user [root",
    "] ",
    "]: ",
    "\"",
    "\\\"",
    "\\x22",
    "\" 200 3 \"-\" \"-\"",
    "\" 200 3 \"-\" \"",
    "\\",
    "\\n",
    "\\nNov 22 04:05:06 web1 sshd[1]: ",
    "\\012",
    "#012",
    "\\303",
    "あ",
    "ソ表能予",
    "\u{fffd}",
    "\u{202e}",
    "\u{1b}]0;x\u{7}",
    "\u{0}",
    "\t",
    "::ffff:198.51.100.9",
    "198.51.100.9.example.org",
    "0x7f.1",
    "127.1",
    "fe80::1%eth0",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "%n%s",
    "$(id)",
    "=cmd|' /C calc'!A0",
    "' OR 1=1 --",
    "message repeated 99 times: [ ",
    " not allowed because listed in DenyUsers",
    " not allowed because account is locked",
    " by PAM account configuration",
    "UNKNOWN",
    "addr=198.51.100.9",
    " res=success'",
    "\u{1d}",
    "198.51.100.9, 198.51.100.77",
    "\t198.51.100.9\t",
    ",198.51.100.9,",
];

/// Endless mixtures of the parts, the same in every run.
pub(crate) struct Names {
    state: u64,
    own: Vec<String>,
}

impl Names {
    pub(crate) fn new(seed: u64, template: &str) -> Self {
        Self { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def1, own: own(template) }
    }

    fn below(&mut self, max: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state % max as u64) as usize
    }
}

impl Iterator for Names {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let mut text = String::new();
        for _ in 0..=self.below(7) {
            match self.below(8) {
                2 | 3 => {
                    let at = self.below(self.own.len());
                    text.push_str(&self.own[at]);
                }
                0 => text.push_str(LINES[self.below(LINES.len())]),
                1 => text.push_str(&"z".repeat(self.below(120))),
                _ => text.push_str(PARTS[self.below(PARTS.len())]),
            }
        }
        Some(text)
    }
}
