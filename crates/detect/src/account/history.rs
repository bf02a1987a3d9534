//! Which sources are usual for an account.

use crate::attempts::{Attempt, stable_hash};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::net::IpAddr;
use vocab::Timestamp;

/// How long a source stays usual, microseconds (K-07).
const USUAL_MICROS: i64 = 30 * Timestamp::DAY;
/// Sources remembered per account.
const SOURCES_MAX: usize = 32;
/// Accounts remembered.
const ACCOUNTS_MAX: usize = 65_536;

/// Prefix by which sources are told apart: an IPv4 address, the /64 of an IPv6 address (DT-COR-13).
pub(crate) fn prefix(ip: IpAddr) -> u64 {
    match ip {
        IpAddr::V4(v4) => stable_hash(&v4.to_bits()),
        IpAddr::V6(v6) => stable_hash(&(v6.to_bits() >> 64)),
    }
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    prefix: u64,
    last: Timestamp,
    /// Every success from there came while the source was attacking.
    doubtful: bool,
}

#[derive(Clone, Debug, Default)]
struct Account {
    first: Timestamp,
    successes: u32,
    sources: SmallVec<[Seen; 1]>,
}

/// What is known of an account.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Known {
    pub(crate) successes: u32,
    pub(crate) first: Option<Timestamp>,
}

impl Known {
    /// Is the history long enough to call something new (K-12)?
    pub(crate) fn enough(self, attempt: &Attempt) -> bool {
        self.successes >= 5
            || self.first.is_some_and(|first| attempt.time.since(first) >= 14 * Timestamp::DAY)
    }
}

/// Successes by account.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    accounts: FxHashMap<u64, Account>,
}

fn key(attempt: &Attempt) -> u64 {
    stable_hash(&(attempt.account_id, attempt.host.as_str()))
}

impl History {
    /// Had the source succeeded for the account in the last 30 days?
    pub(crate) fn is_usual(&self, attempt: &Attempt) -> bool {
        let Some(ip) = attempt.src else { return false };
        let prefix = prefix(ip);
        self.accounts.get(&key(attempt)).is_some_and(|account| {
            account.sources.iter().any(|seen| {
                seen.prefix == prefix && !seen.doubtful && attempt.time.since(seen.last) <= USUAL_MICROS
            })
        })
    }

    /// Had the source ever succeeded for the account?
    pub(crate) fn has_source(&self, attempt: &Attempt) -> bool {
        let Some(ip) = attempt.src else { return false };
        let prefix = prefix(ip);
        self.accounts
            .get(&key(attempt))
            .is_some_and(|account| account.sources.iter().any(|seen| seen.prefix == prefix && !seen.doubtful))
    }

    /// What is known of the account before this attempt.
    pub(crate) fn known(&self, attempt: &Attempt) -> Known {
        self.accounts.get(&key(attempt)).map_or_else(Known::default, |account| Known {
            successes: account.successes,
            first: Some(account.first),
        })
    }

    /// Notes a success.
    pub(crate) fn success(&mut self, attempt: &Attempt, doubtful: bool) {
        let full = self.accounts.len() >= ACCOUNTS_MAX;
        let key = key(attempt);
        if full && !self.accounts.contains_key(&key) {
            return;
        }
        let account = self.accounts.entry(key).or_default();
        if account.successes == 0 {
            account.first = attempt.time;
        }
        account.successes = account.successes.saturating_add(1);
        let Some(ip) = attempt.src else { return };
        let prefix = prefix(ip);
        if let Some(seen) = account.sources.iter_mut().find(|seen| seen.prefix == prefix) {
            seen.last = seen.last.max(attempt.time);
            seen.doubtful &= doubtful;
            return;
        }
        if account.sources.len() >= SOURCES_MAX
            && let Some(oldest) = (0..account.sources.len())
                .min_by_key(|place| account.sources.get(*place).map(|seen| seen.last))
        {
            account.sources.remove(oldest);
        }
        account.sources.push(Seen { prefix, last: attempt.time, doubtful });
    }
}
