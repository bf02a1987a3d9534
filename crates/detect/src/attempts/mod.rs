//! Session assembly, and one attempt per try of a code (DT-FMT-14, DT-FMT-16, DT-HOS-21).

mod assembler;
mod binary;
mod elsewhere;
mod role;
mod stable;

pub use assembler::Assembler;

use crate::signal::Signal;
use compact_str::CompactString;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use vocab::{AuthMethod, Citation, Flags, Outcome, Reason, Timestamp, Trust, UserKind};

/// One try of a code (識別符号の入力), however many records tell of it.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Time of its main record.
    pub time: Timestamp,
    /// Its main record.
    pub citation: Citation,
    /// How far that record can be believed.
    pub trust: Trust,
    /// Source address (送信元); `None` for local tries and where it cannot be read.
    pub src: Option<IpAddr>,
    /// Name of the source as logged, where it has no address; never resolved.
    pub src_host: CompactString,
    /// Account, as the log shows it.
    pub account: CompactString,
    /// Hash of the account's canonical form; 0 when the record names none.
    pub account_id: u64,
    /// Who acted, for su and sudo.
    pub actor: CompactString,
    /// Computer that was accessed.
    pub host: CompactString,
    /// Service of the access control function.
    pub service: CompactString,
    /// Success or failure.
    pub outcome: Outcome,
    /// Normalised reason.
    pub reason: Reason,
    /// How the code was given.
    pub method: Option<AuthMethod>,
    /// What the log source says of the account.
    pub user_kind: Option<UserKind>,
    /// Fingerprint of the key that was used; empty when unknown.
    pub key_id: CompactString,
    /// How many tries it stands for.
    pub count: u32,
    /// Weight in thresholds, in halves of a try (DT-COR-17).
    pub halves: u32,
    /// Only ambiguous records tell of it, and no other record of the session gives a source.
    pub ambiguous: bool,
    /// The outcome is deduced.
    pub inferred: bool,
    /// A key was offered, no password tried: own counter (DT-FMT-16).
    pub key_probe: bool,
    /// A name was given and no code tried (K-08).
    pub name_only: bool,
    /// Came over the line, as far as the record says.
    pub is_remote: Option<bool>,
    /// An announced test covers it.
    pub consented: bool,
    /// Login session; 0 = unknown.
    pub session: u64,
    /// Hash of user agent or client fingerprint; 0 = unknown.
    pub client: u64,
}

impl Attempt {
    /// The attempt that a signal shows when it stands alone.
    #[must_use]
    pub fn from_signal(signal: &Signal) -> Self {
        let detail = signal.detail.as_deref();
        let inferred = signal.flags.has(Flags::INFERRED);
        // A record that is no try of its own has a count of 0; where it is all that is known, it stands for one.
        let count = signal.count.max(1);
        Self {
            time: signal.order.time,
            citation: signal.citation,
            trust: signal.trust,
            src: signal.src_ip,
            src_host: match (signal.src_ip, detail) {
                (None, Some(detail)) => detail.src_host.clone(),
                _ => CompactString::default(),
            },
            account: signal.account.clone(),
            account_id: account_id(&signal.account),
            actor: detail.map(|detail| detail.actor.clone()).unwrap_or_default(),
            host: signal.host.clone(),
            service: signal.service.clone(),
            outcome: signal.outcome,
            reason: signal.reason,
            method: signal.method,
            user_kind: signal.user_kind,
            key_id: detail.map(|detail| detail.key_id.clone()).unwrap_or_default(),
            count,
            halves: count.saturating_mul(if inferred { 1 } else { 2 }),
            ambiguous: signal.flags.has(Flags::AMBIGUOUS),
            inferred,
            key_probe: false,
            name_only: false,
            is_remote: signal.is_remote,
            consented: signal.flags.has(Flags::CONSENTED),
            session: signal.attempt,
            client: 0,
        }
    }

    /// Marks the outcome as deduced: half a try in thresholds (DT-COR-17).
    #[must_use]
    pub fn deduced(mut self) -> Self {
        self.inferred = true;
        self.halves = self.count;
        self
    }

    /// Same try, standing for `count`.
    #[must_use]
    pub fn times(mut self, count: u32) -> Self {
        self.count = count;
        self.halves = count.saturating_mul(if self.inferred { 1 } else { 2 });
        self
    }

    /// Does the account exist, as far as the log source tells?
    #[must_use]
    pub fn known(&self) -> Option<bool> {
        match self.user_kind {
            Some(UserKind::Unknown | UserKind::Empty) => Some(false),
            Some(_) => Some(true),
            None if self.reason == Reason::UnknownUser => Some(false),
            None if self.outcome == Outcome::Success => Some(true),
            None => None,
        }
    }

    /// A failed try that counts for guessing of codes (K-01, signals).
    #[must_use]
    pub fn is_guess(&self) -> bool {
        self.outcome == Outcome::Failure
    }

    /// A success that can be relied on: unambiguous.
    #[must_use]
    pub fn is_entry(&self) -> bool {
        self.outcome == Outcome::Success && !self.ambiguous
    }
}

/// Hash of any value, the same on every machine and with every compiler (DT-EVT-02). It is not keyed: whoever knows it
/// can make two names collide, so that nothing may be named by its hash alone.
#[must_use]
pub fn stable_hash<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = stable::Stable::default();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Id of an account by its canonical form: case-folded, domain split off (DT-COR-12); 0 for an empty name.
#[must_use]
pub fn account_id(name: &str) -> u64 {
    if name.is_empty() {
        return 0;
    }
    if name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-$".contains(&byte))
    {
        return stable_hash(name).max(1);
    }
    stable_hash(canonical(name).as_str()).max(1)
}

/// Canonical form of an account name: case-folded, `DOMAIN\` split off.
#[must_use]
pub fn canonical(name: &str) -> String {
    let name = name.rsplit_once('\\').map_or(name, |(_, user)| if user.is_empty() { name } else { user });
    name.to_lowercase()
}
