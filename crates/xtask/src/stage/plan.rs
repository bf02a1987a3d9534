//! What a scenario is: accounts, steps in time, and the incidents that they make up.

use std::net::IpAddr;

use super::truth::Declared;
use super::web::Site;

/// An invented account of the staged computer.
pub(super) struct Account {
    /// Log-in name.
    pub(super) name: String,
    /// Its password, invented.
    pub(super) password: String,
    /// May use sudo.
    pub(super) admin: bool,
    /// What the list of accounts says of it; none = the owner does not know it.
    pub(super) entry: Option<Entry>,
}

/// A line of the list of accounts (detection.md 1.6); empty dates are unknown.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Kind of account.
    pub(super) kind: &'static str,
    /// State of account.
    pub(super) state: &'static str,
    /// Day on which its holder left.
    pub(super) left_on: &'static str,
    /// Day of the last known log-in.
    pub(super) last_login: &'static str,
}

/// One request to the staged web site.
#[derive(Clone)]
pub(super) struct Request {
    /// Client address.
    pub(super) from: IpAddr,
    /// HTTP method.
    pub(super) method: &'static str,
    /// Path and query, already encoded.
    pub(super) target: String,
    /// User-Agent.
    pub(super) agent: String,
    /// Further options of curl, for example a body or a header.
    pub(super) more: Vec<String>,
    /// Text that the answer must hold, or the staging fails; empty = any answer is right.
    pub(super) expect: &'static str,
}

impl Request {
    /// A plain GET.
    pub(super) fn get(from: IpAddr, target: impl Into<String>, agent: &str) -> Self {
        Self {
            from,
            method: "GET",
            target: target.into(),
            agent: agent.to_owned(),
            more: Vec::new(),
            expect: "",
        }
    }
}

/// Something that happens.
pub(super) enum Act {
    /// One ssh connection that tries one password; `command` runs when it is right.
    Try { from: IpAddr, user: String, password: String, command: &'static str },
    /// An interactive session is opened and stays until its `Leave`.
    Enter { id: usize, from: IpAddr, user: String, password: String },
    /// A line is typed into an open session.
    Type { id: usize, line: String },
    /// The session ends.
    Leave { id: usize },
    /// A web request.
    Ask(Request),
    /// One try at the log-in form of the web site.
    Form { from: IpAddr, user: String, password: String, agent: &'static str },
    /// One log-in at the FTP server.
    Ftp { from: IpAddr, user: &'static str, password: String },
    /// cron does what is due at this minute.
    Cron,
    /// The real hydra against sshd from this address; it says itself what it tried.
    Hydra { from: IpAddr, args: Vec<String> },
    /// Wrong passwords for one name over one connection, sent by paramiko; the name may be any bytes.
    Knock { from: IpAddr, name: Vec<u8>, passwords: Vec<&'static str> },
    /// logrotate turns the logs.
    Rotate,
    /// A connection to sshd that says something and leaves.
    Greet { from: IpAddr, bytes: Vec<u8> },
    /// A file that the staged programs use.
    File { path: String, text: String },
}

/// An act at a time, and the incident it belongs to.
pub(super) struct Step {
    /// Seconds since 1970 on the staged clock.
    pub(super) at: i64,
    /// What happens.
    pub(super) act: Act,
    /// Name of the incident; none = ordinary use.
    pub(super) incident: Option<&'static str>,
}

/// How the logs of the staged computer are written.
#[derive(Clone, Copy, Default)]
pub(super) struct Logging {
    /// `Nov  9 08:00:00` as older systems write it, in place of RFC 3339.
    pub(super) short_stamps: bool,
    /// Equal lines in a row become `message repeated N times`, as Ubuntu sets it.
    pub(super) draws_together: bool,
    /// Rotated files are named by the day, in place of a number.
    pub(super) dated_rotation: bool,
}

/// A scenario, ready to run.
pub(super) struct Plan {
    /// Folder under samples/.
    pub(super) name: &'static str,
    /// Host name in the log lines.
    pub(super) host: &'static str,
    /// First moment.
    pub(super) start: i64,
    /// How the web server is set up.
    pub(super) web: Site,
    /// Accounts of the computer.
    pub(super) accounts: Vec<Account>,
    /// What happens; put in order of time before running.
    pub(super) steps: Vec<Step>,
    /// The incidents as the staging party knows them.
    pub(super) declared: Vec<Declared>,
    /// How rsyslogd and logrotate are set up.
    pub(super) logging: Logging,
    /// Age of the accounts when the first step is taken.
    pub(super) accounts_age_days: i64,
    /// There is an FTP server.
    pub(super) runs_ftp: bool,
    /// Commands of root before the first log line is written.
    pub(super) before: Vec<Vec<String>>,
    /// lastlog is among the files that are collected.
    pub(super) keeps_lastlog: bool,
    /// The intruder destroys a part of the logs.
    pub(super) logs_destroyed: bool,
    sessions: usize,
    dice: u64,
}

impl Plan {
    /// An empty scenario with the usual staff.
    pub(super) fn new(name: &'static str, host: &'static str, start: i64) -> Self {
        let mut plan = Self {
            name,
            host,
            start,
            web: Site::default(),
            accounts: Vec::new(),
            steps: Vec::new(),
            declared: Vec::new(),
            logging: Logging::default(),
            accounts_age_days: 40,
            runs_ftp: false,
            before: Vec::new(),
            keeps_lastlog: false,
            logs_destroyed: false,
            sessions: 0,
            dice: host
                .bytes()
                .fold(0x2545_f491_4f6c_dd1d, |state, byte| state.rotate_left(9) ^ u64::from(byte)),
        };
        for (name, password, admin) in STAFF {
            plan.account(name, password, admin);
        }
        plan
    }

    /// Adds the account of a person who works here.
    pub(super) fn account(&mut self, name: &str, password: &str, admin: bool) {
        let kind = if admin { "admin" } else { "person" };
        self.account_as(name, password, admin, Entry { kind, state: "active", left_on: "", last_login: "" });
    }

    /// Adds an account of which the list of accounts says something else.
    pub(super) fn account_as(&mut self, name: &str, password: &str, admin: bool, entry: Entry) {
        let (name, password) = (name.to_owned(), password.to_owned());
        self.accounts.push(Account { name, password, admin, entry: Some(entry) });
    }

    /// Adds a step.
    pub(super) fn step(&mut self, at: i64, incident: Option<&'static str>, act: Act) {
        self.steps.push(Step { at, act, incident });
    }

    /// Adds one try of a password by ssh.
    pub(super) fn attempt(
        &mut self,
        at: i64,
        incident: Option<&'static str>,
        from: IpAddr,
        user: &str,
        password: &str,
    ) {
        let act = Act::Try { from, user: user.to_owned(), password: password.to_owned(), command: "true" };
        self.step(at, incident, act);
    }

    /// Adds an interactive session of some minutes in which lines are typed one minute apart.
    pub(super) fn session(
        &mut self,
        at: i64,
        incident: Option<&'static str>,
        from: IpAddr,
        user: (&str, &str),
        minutes: i64,
        lines: &[String],
    ) {
        self.session_of(at, (incident, incident), from, user, minutes, lines);
    }

    /// A session whose opening and whose lines belong to different incidents, or one of them to none.
    pub(super) fn session_of(
        &mut self,
        at: i64,
        (entering, typing): (Option<&'static str>, Option<&'static str>),
        from: IpAddr,
        user: (&str, &str),
        minutes: i64,
        lines: &[String],
    ) {
        self.sessions += 1;
        let id = self.sessions;
        self.step(
            at,
            entering,
            Act::Enter { id, from, user: user.0.to_owned(), password: user.1.to_owned() },
        );
        for (moment, line) in (1_i64..).zip(lines) {
            self.step(at + moment * 47, typing, Act::Type { id, line: line.clone() });
        }
        let last = i64::try_from(lines.len()).unwrap_or(0) * 47 + 40;
        self.step((at + minutes * 60).max(at + last), typing, Act::Leave { id });
    }

    /// Adds a web request.
    pub(super) fn ask(&mut self, at: i64, incident: Option<&'static str>, request: Request) {
        self.step(at, incident, Act::Ask(request));
    }

    /// A number below `limit`, the same in every staging of the same scenario.
    pub(super) fn roll(&mut self, limit: u64) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        (self.dice >> 11) % limit.max(1)
    }

    /// Like `roll`, as seconds.
    pub(super) fn roll_seconds(&mut self, limit: u64) -> i64 {
        i64::try_from(self.roll(limit)).unwrap_or(0)
    }
}

/// The people who use the staged computers: name, password, may use sudo.
pub(super) const STAFF: [(&str, &str, bool); 6] = [
    ("sato", "Asagao!2026-sato", false),
    ("suzuki", "Kikyo!2026-suzuki", false),
    ("takahashi", "Momiji!2026-takahashi", true),
    ("tanaka", "Sakura!2026-tanaka", false),
    ("watanabe", "Tsubaki!2026-watanabe", false),
    ("ito", "Yuri!2026-ito", true),
];

/// A line that runs a command through sudo; the password goes in by standard input.
pub(super) fn sudo(password: &str, command: &str) -> String {
    format!("echo '{password}' | sudo -S -p '' {command}")
}

/// An IPv4 address from a documentation network: 192.0.2.0/24 (attackers).
pub(super) fn attacker(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

/// An IPv4 address from a network that is set aside for tests of equipment: 198.18.0.0/15 (attackers, many networks).
pub(super) fn far(net: u8, last: u8) -> IpAddr {
    IpAddr::from([198, 18 + (net & 1), net, last])
}

/// An IPv6 address from the documentation network, each `net` a /48 of its own.
pub(super) fn far_v6(net: u16, last: u16) -> IpAddr {
    IpAddr::from([0x2001, 0xdb8, net, 0, 0, 0, 0, last])
}

/// An IPv4 address from a documentation network: 198.51.100.0/24 (staff and visitors, unless a scenario says other).
pub(super) fn friend(last: u8) -> IpAddr {
    IpAddr::from([198, 51, 100, last])
}
