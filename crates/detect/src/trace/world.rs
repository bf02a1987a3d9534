//! Who is on which computer, as far as the records tell: sessions, raised sessions, habits (DT-FMT-15).

use super::deed::{Deed, What};
use crate::attempts::{account_id, stable_hash};
use crate::signal::Signal;
use compact_str::CompactString;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::net::IpAddr;
use vocab::{Citation, Class, Flags, Outcome, Timestamp, activity};

/// Sessions kept per computer.
const LOGINS_MAX: usize = 512;
/// Computers kept.
const HOSTS_MAX: usize = 4_096;
/// Accounts whose habits are kept per computer.
const HABITS_MAX: usize = 1_024;
/// A record of an account tool belongs to the command that ran at most this long before.
const TOOL_MICROS: i64 = 30 * Timestamp::SECOND;
/// A session that was never closed counts as open this long.
const SESSION_MICROS: i64 = Timestamp::DAY;

/// A login from elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    /// Account, as logged.
    pub(crate) account: CompactString,
    /// Source address.
    pub(crate) src: Option<IpAddr>,
    /// Id that joins the records of the session; 0 = unknown.
    pub(crate) session: u64,
    /// When it began.
    pub(crate) start: Timestamp,
    /// When it ended, if a record says so.
    pub(crate) end: Option<Timestamp>,
    /// Its record.
    pub(crate) citation: Citation,
}

/// A privileged command, kept for a moment so that the record of the tool it ran finds its actor.
#[derive(Clone, Debug)]
struct Ran {
    time: Timestamp,
    actor: CompactString,
    line: CompactString,
}

/// How an account uses its rights on a computer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habit {
    /// First privileged command.
    pub(crate) first: Timestamp,
    /// Privileged commands so far.
    pub(crate) commands: u32,
}

#[derive(Clone, Debug, Default)]
struct Host {
    first: Option<Timestamp>,
    logins: VecDeque<Login>,
    ran: VecDeque<Ran>,
    raised: Vec<(CompactString, CompactString, Timestamp)>,
    habits: FxHashMap<u64, Habit>,
    last_boot: Option<Timestamp>,
    last_shutdown: Option<Timestamp>,
}

/// All computers.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    hosts: FxHashMap<u64, Host>,
}

impl World {
    /// Notes what a record says; called before the detectors see it, except for the habits.
    pub(crate) fn note(&mut self, deed: &Deed<'_>) {
        let Some(host) = self.host_mut(&deed.signal.host) else { return };
        let time = deed.signal.order.time;
        host.first.get_or_insert(time);
        match deed.what {
            What::Command => host.command(deed, time),
            What::Switched if deed.signal.outcome != Outcome::Failure && !deed.actor.is_empty() => {
                let twice = |(actor, target, start): &(CompactString, CompactString, Timestamp)| {
                    actor == deed.actor
                        && target == deed.target
                        && time.since(*start) <= 2 * Timestamp::SECOND
                };
                if host.raised.iter().any(twice) {
                    return;
                }
                if host.raised.len() >= 64 {
                    host.raised.remove(0);
                }
                host.raised.push((deed.actor.into(), deed.target.into(), time));
            }
            _ => host.login(deed, time),
        }
    }

    /// Counts a privileged command as habit; called after the detectors saw it.
    pub(crate) fn learn(&mut self, deed: &Deed<'_>) {
        if deed.what != What::Command || deed.actor.is_empty() || !deed.becomes_root() {
            return;
        }
        let time = deed.signal.order.time;
        let Some(host) = self.host_mut(&deed.signal.host) else { return };
        let id = account_id(deed.actor);
        if host.habits.len() >= HABITS_MAX && !host.habits.contains_key(&id) {
            return;
        }
        let habit = host.habits.entry(id).or_insert(Habit { first: time, commands: 0 });
        habit.commands = habit.commands.saturating_add(1);
    }

    /// How the account used its rights on the computer before.
    pub(crate) fn habit(&self, host: &str, account: &str) -> Option<Habit> {
        self.host(host)?.habits.get(&account_id(account)).copied()
    }

    /// Time of the first record of the computer.
    pub(crate) fn first(&self, host: &str) -> Option<Timestamp> {
        self.host(host)?.first
    }

    /// Who stands behind a record: its actor, else who ran the tool just before, else who holds the only raised session,
    /// else root when root itself logged in. Empty when nobody can be named.
    pub(crate) fn actor(&self, deed: &Deed<'_>, tools: &[&str]) -> CompactString {
        let named = deed.actor;
        if !named.is_empty() && named != "root" && named != "uid=0" {
            return named.into();
        }
        let time = deed.signal.order.time;
        let Some(host) = self.host(&deed.signal.host) else { return named.into() };
        let recent = host.ran.iter().rev().find(|ran| {
            time.since(ran.time) <= TOOL_MICROS && tools.iter().any(|tool| ran.line.contains(tool))
        });
        if let Some(ran) = recent {
            return ran.actor.clone();
        }
        let mut people: Vec<&CompactString> = host
            .raised
            .iter()
            .filter(|(_, _, start)| time.since(*start) <= SESSION_MICROS)
            .map(|(actor, ..)| actor)
            .collect();
        people.sort();
        people.dedup();
        if let [only] = people.as_slice() {
            return (*only).clone();
        }
        if self.login(&deed.signal.host, "root", time).is_some() {
            return "root".into();
        }
        named.into()
    }

    /// The latest session of the account that was open at that time.
    pub(crate) fn login(&self, host: &str, account: &str, time: Timestamp) -> Option<&Login> {
        let id = account_id(account);
        self.host(host)?.logins.iter().rev().find(|login| {
            account_id(&login.account) == id
                && login.start <= time
                && login
                    .end
                    .map_or(time.since(login.start) <= SESSION_MICROS, |end| time <= end.plus(TOOL_MICROS))
        })
    }

    /// Was the computer going down, or had it just come up, at that time?
    pub(crate) fn is_rebooting(&self, host: &str, time: Timestamp, within: i64) -> bool {
        self.host(host).is_some_and(|host| {
            let near = |at: Option<Timestamp>| at.is_some_and(|at| time.since(at).abs() <= within);
            near(host.last_boot) || near(host.last_shutdown)
        })
    }

    fn host(&self, name: &str) -> Option<&Host> {
        self.hosts.get(&stable_hash(name))
    }

    fn host_mut(&mut self, name: &str) -> Option<&mut Host> {
        let key = stable_hash(name);
        if self.hosts.len() >= HOSTS_MAX && !self.hosts.contains_key(&key) {
            return None;
        }
        Some(self.hosts.entry(key).or_default())
    }
}

impl Host {
    fn command(&mut self, deed: &Deed<'_>, time: Timestamp) {
        if self.ran.len() >= 64 {
            self.ran.pop_front();
        }
        let line = super::command::cut(deed.line, 512).into();
        self.ran.push_back(Ran { time, actor: deed.actor.into(), line });
    }

    fn login(&mut self, deed: &Deed<'_>, time: Timestamp) {
        let signal = deed.signal;
        if is_boot(deed) {
            self.last_boot = Some(time);
        } else if is_shutdown(deed) {
            self.last_shutdown = Some(time);
        }
        if signal.class != Class::Authentication || signal.flags.has(Flags::AMBIGUOUS) {
            return;
        }
        match (signal.activity, signal.outcome) {
            (activity::AUTH_LOGON, Outcome::Success) if is_entry(signal) => self.opened(signal, time),
            (activity::AUTH_LOGOFF, _) => self.closed(deed, time),
            _ => {}
        }
    }

    fn opened(&mut self, signal: &Signal, time: Timestamp) {
        if self.logins.len() >= LOGINS_MAX {
            self.logins.pop_front();
        }
        self.logins.push_back(Login {
            account: signal.account.clone(),
            src: signal.src_ip,
            session: signal.attempt,
            start: time,
            end: None,
            citation: signal.citation,
        });
    }

    fn closed(&mut self, deed: &Deed<'_>, time: Timestamp) {
        let signal = deed.signal;
        if matches!(signal.service.as_str(), "su" | "su-l" | "sudo" | "sudo-i" | "doas") {
            if let Some(at) = self.raised.iter().rposition(|(_, target, _)| target == deed.target) {
                self.raised.remove(at);
            }
            return;
        }
        let open = self.logins.iter_mut().rev().filter(|login| login.end.is_none());
        let same = |login: &&mut Login| login.session != 0 && login.session == signal.attempt;
        if let Some(login) = open.into_iter().find(same) {
            login.end = Some(time);
        }
    }
}

/// A login that came from elsewhere or names a person at this computer.
fn is_entry(signal: &Signal) -> bool {
    !signal.account.is_empty()
        && (signal.src_ip.is_some() || matches!(signal.service.as_str(), "login" | "gdm"))
}

/// Does the record say that the computer came up?
pub(crate) fn is_boot(deed: &Deed<'_>) -> bool {
    let message = deed.message;
    deed.detail().signature == "BOOT_TIME"
        || deed.detail().signature == "SYSTEM_BOOT"
        || (deed.process == "kernel" && message.contains("Linux version "))
        || (deed.process == "systemd" && message.starts_with("Startup finished"))
}

/// Does the record say that the computer goes down?
pub(crate) fn is_shutdown(deed: &Deed<'_>) -> bool {
    let message = deed.message;
    let signature = deed.detail().signature.as_str();
    matches!(signature, "SHUTDOWN" | "SYSTEM_SHUTDOWN")
        || (deed.process == "systemd-logind"
            && (message.starts_with("System is ") || message.starts_with("The system will ")))
        || (deed.process == "systemd"
            && (message.contains("Shutdown Target")
                || message.contains("shutdown.target")
                || message.contains("System Power Off")
                || message.contains("System Reboot")
                || message.contains("System Shutdown")
                || message == "Shutting down."))
        || (deed.process == "shutdown")
}
