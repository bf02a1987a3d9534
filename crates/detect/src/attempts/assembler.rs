//! Joins the records of one login and counts each try once.

use super::Attempt;
use super::binary::Pairing;
use super::elsewhere::Elsewhere;
use super::role::{self, Role};
use crate::hooks::{Seen, WebLogins};
use crate::signal::Signal;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::collections::VecDeque;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use vocab::{AuthMethod, Flags, Outcome, Reason, Timestamp};

/// Records of one try lie at most this far apart, microseconds (DT-FMT-16).
const SAME_TRY_MICROS: i64 = 3 * Timestamp::SECOND;
/// How long a record of PAM waits for that of its program, microseconds: the delay after a failure may be long.
const PAM_WAIT_MICROS: i64 = 10 * Timestamp::SECOND;
/// A login that is not done after this time is given up, microseconds.
const LOGIN_MICROS: i64 = 10 * Timestamp::MINUTE;
/// A number may be used again after this time, microseconds (DT-FMT-14).
const REUSE_MICROS: i64 = Timestamp::DAY;
/// Open sessions held at once.
const SESSIONS_MAX: usize = 32_768;
/// Records of a session that wait for another.
const PENDING_MAX: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    Pam(&'static str),
    Name,
    Ambiguous,
}

#[derive(Clone, Debug)]
struct Pending {
    wait: Wait,
    attempt: Attempt,
}

#[derive(Clone, Debug, Default)]
struct Session {
    last: i64,
    last_failure: Option<i64>,
    src: Option<IpAddr>,
    tries: u32,
    accepted: bool,
    closed: bool,
    pending: SmallVec<[Box<Pending>; 1]>,
}

/// Turns ordered signals into attempts.
#[derive(Clone, Debug, Default)]
pub struct Assembler {
    sessions: FxHashMap<u64, Session>,
    /// Sessions in order of a moment at which they have to be looked at.
    timers: VecDeque<(i64, u64)>,
    /// Short timers of PAM records.
    short: VecDeque<(i64, u64)>,
    pairing: Pairing,
    web: WebLogins,
    /// Forms sent to web applications whose own log may name the account.
    forms: Pairing,
    /// Windows: records of other computers about the same try.
    elsewhere: Elsewhere,
}

impl Assembler {
    /// Takes the next signal; attempts that are now certain are added to `out`.
    pub fn push(&mut self, signal: &Signal, out: &mut Vec<Attempt>) {
        let now = signal.order.time;
        self.tick(now, out);
        let first = out.len();
        match self.web.see(signal) {
            Seen::Try(attempt) if attempt.account.is_empty() => return self.forms.binary(*attempt),
            Seen::Try(attempt) => return out.push(*attempt),
            Seen::Counted => return,
            Seen::Nothing => {}
        }
        match role::of(signal) {
            Role::None => {}
            Role::Binary => self.pairing.binary(Attempt::from_signal(signal)),
            Role::Pam if tells_elsewhere(signal) => {
                let mut attempt = Attempt::from_signal(signal);
                attempt.outcome = Outcome::Failure;
                self.pairing.binary(attempt);
            }
            Role::Success | Role::Failure if self.elsewhere.hold(signal) => return,
            role if signal.attempt == 0 => alone(role, signal, out),
            role => self.joined(role, signal, out),
        }
        for attempt in out.get(first..).unwrap_or_default() {
            self.elsewhere.counted(signal, attempt);
            if attempt.service == "wordpress" {
                self.forms.text(attempt);
            } else {
                self.pairing.text(attempt);
            }
        }
    }

    /// The input has ended: what still waits counts as it stands.
    pub fn finish(&mut self, out: &mut Vec<Attempt>) {
        let first = out.len();
        let mut keys: Vec<u64> = self.sessions.keys().copied().collect();
        keys.sort_unstable();
        for key in keys {
            if let Some(mut session) = self.sessions.remove(&key) {
                session.flush(|_| true, out);
            }
        }
        if let Some(late) = out.get_mut(first..) {
            late.sort_by_key(|attempt| (attempt.time, attempt.citation));
        }
        for attempt in out.get(first..).unwrap_or_default() {
            self.pairing.text(attempt);
        }
        self.elsewhere.release(Timestamp(i64::MAX), out);
        self.pairing.release(Timestamp(i64::MAX), out);
        self.forms.release(Timestamp(i64::MAX), out);
    }

    fn tick(&mut self, now: Timestamp, out: &mut Vec<Attempt>) {
        let first = out.len();
        while self.short.front().is_some_and(|(at, _)| *at < now.0) {
            let Some((at, key)) = self.short.pop_front() else { break };
            if let Some(session) = self.sessions.get_mut(&key) {
                session.flush(
                    |pending| {
                        matches!(pending.wait, Wait::Pam(_)) && pending.attempt.time.0 + PAM_WAIT_MICROS <= at
                    },
                    out,
                );
            }
        }
        while let Some(&(at, key)) = self.timers.front() {
            let full = self.sessions.len() > SESSIONS_MAX;
            if at >= now.0 && !full {
                break;
            }
            self.timers.pop_front();
            let Some(session) = self.sessions.get_mut(&key) else { continue };
            // A peer may hold a refused connection for hours; its end is no further try.
            let open = (session.accepted || session.tries > 0) && !session.closed;
            let until = session.last + if open { REUSE_MICROS } else { LOGIN_MICROS };
            if until >= now.0 && !full {
                session.flush(|pending| pending.attempt.time.0 + LOGIN_MICROS < now.0, out);
                self.timers.push_back((now.0 + LOGIN_MICROS, key));
                continue;
            }
            session.flush(|_| true, out);
            self.sessions.remove(&key);
        }
        for attempt in out.get(first..).unwrap_or_default() {
            self.pairing.text(attempt);
        }
        self.elsewhere.release(now, out);
        self.pairing.release(now, out);
        self.forms.release(now, out);
    }

    fn joined(&mut self, role: Role, signal: &Signal, out: &mut Vec<Attempt>) {
        let now = signal.order.time.0;
        let key = signal.attempt;
        let session = match self.sessions.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(_) if matches!(role, Role::Closed | Role::Peer) && signal.src_ip.is_none() => {
                return;
            }
            Entry::Vacant(new) => {
                self.timers.push_back((now + LOGIN_MICROS, key));
                new.insert(Session::default())
            }
        };
        let after_close =
            matches!(role, Role::More | Role::Closed | Role::ClosedBefore | Role::Pam | Role::Peer);
        if session.closed && !after_close {
            session.flush(|_| true, out);
            *session = Session::default();
        }
        session.last = now;
        let ambiguous = signal.flags.has(Flags::AMBIGUOUS);
        if !ambiguous && signal.src_ip.is_some() {
            session.src = signal.src_ip;
        }
        if ambiguous && !matches!(role, Role::Closed | Role::Peer) {
            session.wait(Wait::Ambiguous, Attempt::from_signal(signal), out);
            return;
        }
        session.take(role, signal, out);
        if session.pending.iter().any(|pending| matches!(pending.wait, Wait::Pam(_))) {
            self.short.push_back((now + PAM_WAIT_MICROS, key));
        }
    }
}

impl Session {
    fn take(&mut self, role: Role, signal: &Signal, out: &mut Vec<Attempt>) {
        let now = signal.order.time.0;
        match role {
            Role::Failure => {
                let why = self.refused_account(now);
                self.take_back(now);
                self.tries = self.tries.saturating_add(signal.count.max(1));
                self.last_failure = Some(now);
                let mut attempt = self.sourced(Attempt::from_signal(signal));
                if attempt.reason == Reason::BadSecret {
                    attempt.reason = why.unwrap_or(attempt.reason);
                }
                out.push(attempt);
            }
            Role::KeyFailure => {
                self.pending.retain(|pending| pending.wait != Wait::Name);
                let mut attempt = self.sourced(Attempt::from_signal(signal));
                attempt.key_probe = true;
                attempt.halves = 0;
                out.push(attempt);
            }
            Role::NameOnly => {
                if self.tries == 0 && !self.pending.iter().any(|pending| pending.wait == Wait::Name) {
                    self.wait(Wait::Name, Attempt::from_signal(signal), out);
                }
            }
            Role::Pam => {
                let same = self.last_failure.is_some_and(|time| now - time <= SAME_TRY_MICROS)
                    || self.pending.iter().any(|pending| {
                        matches!(pending.wait, Wait::Pam(grammar) if grammar != signal.grammar)
                            && now - pending.attempt.time.0 <= SAME_TRY_MICROS
                    });
                if !same {
                    self.wait(Wait::Pam(signal.grammar), Attempt::from_signal(signal), out);
                }
            }
            Role::More => {
                self.flush(|pending| matches!(pending.wait, Wait::Pam(_)), out);
                let more = signal.count.saturating_sub(self.tries);
                if more > 0 {
                    self.tries += more;
                    out.push(self.sourced(Attempt::from_signal(signal)).times(more));
                }
            }
            Role::Success => {
                self.pending.retain(|pending| pending.wait != Wait::Name);
                self.flush(|pending| matches!(pending.wait, Wait::Pam(_)), out);
                self.accepted = true;
                out.push(self.sourced(Attempt::from_signal(signal)));
            }
            Role::Opened => self.opened(signal, out),
            Role::ClosedBefore => {
                let nothing = self.tries == 0 && self.pending.is_empty() && !self.accepted;
                self.flush(|_| true, out);
                if nothing {
                    out.push(self.sourced(Attempt::from_signal(signal)).unseen());
                    self.tries = 1;
                }
                self.closed = true;
            }
            Role::Closed => {
                self.flush(|pending| !matches!(pending.wait, Wait::Pam(_)), out);
                self.closed = true;
            }
            Role::Peer | Role::Binary | Role::None => {}
        }
    }

    /// Why PAM refused the account of the try that is under way, whatever the code was.
    fn refused_account(&self, now: i64) -> Option<Reason> {
        let waiting = self.pending.iter().filter(|pending| {
            matches!(pending.wait, Wait::Pam(_)) && now - pending.attempt.time.0 <= SAME_TRY_MICROS
        });
        let mut reasons = waiting.map(|pending| pending.attempt.reason);
        reasons.find(|reason| {
            matches!(reason, Reason::Expired | Reason::Disabled | Reason::Locked | Reason::NotAllowed)
        })
    }

    fn opened(&mut self, signal: &Signal, out: &mut Vec<Attempt>) {
        let remote =
            matches!(signal.service.as_str(), "sshd" | "vsftpd" | "proftpd" | "login" | "dovecot" | "remote");
        if self.accepted || !remote || signal.account.is_empty() {
            return;
        }
        self.accepted = true;
        let mut attempt = self.sourced(Attempt::from_signal(signal)).deduced();
        attempt.outcome = Outcome::Success;
        out.push(attempt);
    }

    /// A refusal by the program takes back what waited for it: the name, and the records of PAM about the same try.
    fn take_back(&mut self, now: i64) {
        let is_pam = |pending: &Pending| matches!(pending.wait, Wait::Pam(_));
        let held = self.pending.iter().filter(|pending| is_pam(pending)).count();
        self.pending.retain(|pending| match pending.wait {
            Wait::Pam(_) => now - pending.attempt.time.0 > SAME_TRY_MICROS,
            Wait::Name => false,
            Wait::Ambiguous => true,
        });
        let late = |pending: &Pending| is_pam(pending) && now - pending.attempt.time.0 <= PAM_WAIT_MICROS;
        let left = self.pending.iter().filter(|pending| is_pam(pending)).count();
        if left == held
            && let Some(place) = self.pending.iter().position(|pending| late(pending))
        {
            self.pending.remove(place);
        }
    }

    /// An attempt with the source that another record of the session gave.
    fn sourced(&self, mut attempt: Attempt) -> Attempt {
        if attempt.src.is_none() {
            attempt.src = self.src;
        }
        attempt
    }

    fn wait(&mut self, wait: Wait, attempt: Attempt, out: &mut Vec<Attempt>) {
        if self.pending.len() >= PENDING_MAX {
            self.flush(|_| true, out);
        }
        self.pending.push(Box::new(Pending { wait, attempt }));
    }

    /// Counts the waiting records that `when` picks, in order.
    fn flush(&mut self, when: impl Fn(&Pending) -> bool, out: &mut Vec<Attempt>) {
        if self.pending.is_empty() {
            return;
        }
        for pending in std::mem::take(&mut self.pending) {
            if !when(&pending) {
                self.pending.push(pending);
                continue;
            }
            let Pending { wait, attempt } = *pending;
            let attempt = self.sourced(attempt);
            match wait {
                Wait::Pam(_) => {
                    self.tries = self.tries.saturating_add(attempt.count);
                    out.push(attempt);
                }
                Wait::Name if self.tries == 0 && !self.accepted => {
                    self.tries = 1;
                    let mut attempt = attempt.deduced_failure();
                    attempt.name_only = true;
                    out.push(attempt);
                }
                Wait::Name => {}
                Wait::Ambiguous => {
                    self.tries = self.tries.saturating_add(attempt.count);
                    out.push(unclear(attempt));
                }
            }
        }
    }
}

impl Attempt {
    /// A connection that ended before the login was done, and no record says that a code was tried: most likely keys
    /// were offered. Half a try in thresholds, and counted with the offers of keys.
    fn unseen(self) -> Self {
        let mut attempt = self.deduced_failure();
        attempt.key_probe = true;
        attempt
    }

    fn deduced_failure(self) -> Self {
        let mut attempt = self.deduced();
        attempt.outcome = Outcome::Failure;
        attempt
    }
}

/// An attempt known from ambiguous records only. Where the session has a source it counts as any other failure and the
/// record is support; else it counts for account and host (DT-HOS-21). It is never a success (DT-EVT-06).
fn unclear(mut attempt: Attempt) -> Attempt {
    attempt.outcome = Outcome::Failure;
    attempt.ambiguous = attempt.src.is_none();
    attempt
}

/// Is it PAM's word on a program whose own word on the same try usually stands in another log (vsftpd, dovecot)? Nothing but
/// time and source joins the two.
fn tells_elsewhere(signal: &Signal) -> bool {
    let one_log = matches!(signal.service.as_str(), "sshd" | "login" | "su" | "sudo");
    !one_log && signal.src_ip.is_some() && !signal.flags.has(Flags::AMBIGUOUS)
}

/// A record that no session id joins to others.
fn alone(role: Role, signal: &Signal, out: &mut Vec<Attempt>) {
    let mut attempt = Attempt::from_signal(signal);
    let ambiguous = attempt.ambiguous;
    match role {
        Role::Failure | Role::Pam | Role::More => attempt.outcome = Outcome::Failure,
        Role::KeyFailure => {
            attempt.key_probe = true;
            attempt.halves = 0;
        }
        Role::NameOnly => {
            attempt = attempt.deduced_failure();
            attempt.name_only = true;
        }
        Role::ClosedBefore => attempt = attempt.unseen(),
        Role::Success => {}
        Role::Opened | Role::Closed | Role::Peer | Role::Binary | Role::None => return,
    }
    if ambiguous {
        attempt = unclear(attempt);
    }
    if attempt.method == Some(AuthMethod::None) && attempt.outcome == Outcome::Failure {
        return;
    }
    out.push(attempt);
}
