//! What is known of one attack on codes: counts, accounts, sources, records. Grows only for keys that left the quiet zone.

use super::settings::Settings;
use super::tries::Try;
use crate::attempts::canonical;
use crate::findings::{EVIDENCE_EDGE_MAX, Edges, Mark};
use compact_str::CompactString;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;
use std::net::IpAddr;
use vocab::{Citation, Kind, Timestamp, Trust};

/// Accounts that were only tried, kept by name per attack.
const TRIED_MAX: usize = 10_000;
/// Sources kept per attack.
const SOURCES_MAX: usize = 10_000;
/// Accounts that were entered, kept by name per attack: all of them, up to what memory can bear.
const ENTERED_MAX: usize = 100_000;
/// Sessions named per attack.
const SESSIONS_MAX: usize = 256;
/// Gaps kept for the median (K-03).
const GAPS_MAX: usize = 64;

/// Name, host and service.
pub(crate) type AccountKey = (CompactString, u32, u32);

/// One account inside an attack.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) name: CompactString,
    pub(crate) id: u64,
    pub(crate) tries: u64,
    pub(crate) successes: u64,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) known: Option<bool>,
    pub(crate) entry: Option<(Citation, Option<IpAddr>)>,
    /// Tries since the last success.
    pub(crate) pending: u32,
    /// Visits with other accounts between them.
    visits: u32,
    place: u64,
}

/// One source inside an attack.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) attempts: u64,
    pub(crate) successes: u64,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) trust: Trust,
    pub(crate) sample: Mark,
}

/// Counters over the distinct accounts of an attack, kept up to date with every try.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// Distinct accounts.
    pub(crate) accounts: u64,
    /// Tried at most twice.
    pub(crate) few: u64,
    /// Tried two to six times.
    pub(crate) band: u64,
    /// Tried again after a round over others.
    pub(crate) revisited: u64,
    /// On a list of common names.
    pub(crate) common: u64,
    pub(crate) known: u64,
    pub(crate) unknown: u64,
    /// Successes after at most four failures, e.g. somebody who mistyped.
    pub(crate) entered: u64,
    pub(crate) privileged: u64,
    pub(crate) entered_privileged: u64,
}

/// An attack under way.
#[derive(Debug, Default)]
pub(crate) struct Case {
    /// Number of its finding.
    pub(crate) number: u64,
    /// Name of the source, where it has no address.
    pub(crate) origin: CompactString,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    /// Last failed try.
    pub(crate) last_failure: Timestamp,
    /// Failed tries of a code, and successes.
    pub(crate) attempts: u64,
    pub(crate) failures: u64,
    pub(crate) successes: u64,
    pub(crate) ambiguous: u64,
    pub(crate) unreadable: u64,
    /// Names given without a code.
    pub(crate) names_probed: u64,
    /// Keys offered and refused.
    pub(crate) keys_probed: u64,
    pub(crate) remote: bool,
    pub(crate) not_consented: bool,
    pub(crate) tally: Tally,
    pub(crate) accounts: FxHashMap<AccountKey, Account>,
    /// More accounts than room.
    pub(crate) crowded: bool,
    pub(crate) sources: FxHashMap<IpAddr, Source>,
    pub(crate) source_count: u64,
    pub(crate) hosts: FxHashSet<u32>,
    pub(crate) services: FxHashMap<u32, u64>,
    pub(crate) sessions: Vec<u64>,
    pub(crate) failed: Edges,
    pub(crate) entries: Vec<Mark>,
    pub(crate) pace: Pace,
    /// Classes whose conditions held at some time.
    pub(crate) seen: Vec<Kind>,
}

/// Speed of an attack.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    recent: VecDeque<(i64, u32)>,
    sum: u32,
    /// Most halves of a try inside the window of K-01.
    pub(crate) peak_halves: u32,
    hours: [(i64, u32); 24],
    /// Most tries in 24 clock hours.
    pub(crate) peak_day: u32,
    gaps: VecDeque<u32>,
    last: Option<i64>,
}

impl Pace {
    fn push(&mut self, time: Timestamp, halves: u32, count: u32, window: i64) {
        if halves > 0 {
            self.recent.push_back((time.0, halves));
            self.sum = self.sum.saturating_add(halves);
            while let Some((old, weight)) = self.recent.front().copied() {
                if time.0.saturating_sub(old) <= window && self.recent.len() <= GAPS_MAX {
                    break;
                }
                self.recent.pop_front();
                self.sum = self.sum.saturating_sub(weight);
            }
            self.peak_halves = self.peak_halves.max(self.sum);
        }
        let hour = time.0.div_euclid(Timestamp::HOUR);
        if let Some(slot) = self.hours.get_mut(hour.rem_euclid(24) as usize) {
            *slot = if slot.0 == hour { (hour, slot.1.saturating_add(count)) } else { (hour, count) };
        }
        let day: u32 =
            self.hours.iter().filter(|(at, _)| hour - at < 24).map(|(_, n)| *n).fold(0, u32::saturating_add);
        self.peak_day = self.peak_day.max(day);
        if let Some(last) = self.last {
            if self.gaps.len() >= GAPS_MAX {
                self.gaps.pop_front();
            }
            let gap = time.0.saturating_sub(last).max(0) / Timestamp::SECOND;
            self.gaps.push_back(u32::try_from(gap).unwrap_or(u32::MAX));
        }
        self.last = Some(self.last.map_or(time.0, |last| last.max(time.0)));
    }

    /// Median of the last gaps between tries, microseconds; 0 with fewer than two tries.
    pub(crate) fn median_gap(&self) -> i64 {
        let mut gaps: Vec<u32> = self.gaps.iter().copied().collect();
        gaps.sort_unstable();
        gaps.get(gaps.len() / 2).map_or(0, |gap| i64::from(*gap) * Timestamp::SECOND)
    }
}

impl Case {
    pub(crate) fn new(number: u64, time: Timestamp) -> Self {
        Self { number, first: time, last: time, last_failure: time, ..Self::default() }
    }

    /// Adds an attempt.
    pub(crate) fn add(&mut self, one: &Try, settings: &Settings) {
        self.first = self.first.min(one.time);
        self.last = self.last.max(one.time);
        self.remote |= !one.local;
        self.not_consented |= !one.consented;
        if one.ambiguous {
            self.ambiguous += u64::from(one.count);
            self.unreadable += u64::from(one.count);
        }
        self.hosts.insert(one.host);
        *self.services.entry(one.service).or_default() += 1;
        self.source(one);
        if one.success {
            self.succeeded(one, settings);
        } else {
            self.failed(one, settings);
        }
    }

    fn failed(&mut self, one: &Try, settings: &Settings) {
        self.last_failure = self.last_failure.max(one.time);
        self.failed.push(one.mark(), EVIDENCE_EDGE_MAX);
        if one.name_only {
            self.names_probed += u64::from(one.count);
        } else if one.key_probe {
            self.keys_probed += u64::from(one.count);
        } else if !one.ambiguous {
            self.attempts += u64::from(one.count);
            self.failures += u64::from(one.count);
        }
        self.pace.push(one.time, one.halves, one.count, settings.guess_window);
        self.account(one, settings);
    }

    fn succeeded(&mut self, one: &Try, settings: &Settings) {
        self.attempts += u64::from(one.count);
        self.successes += u64::from(one.count);
        if self.entries.len() < ENTERED_MAX {
            self.entries.push(one.mark());
        }
        if one.session != 0 && self.sessions.len() < SESSIONS_MAX && !self.sessions.contains(&one.session) {
            self.sessions.push(one.session);
        }
        self.account(one, settings);
    }

    fn source(&mut self, one: &Try) {
        let Some(ip) = one.src else { return };
        let coded = if one.coded() { u64::from(one.count) } else { 0 };
        let won = if one.success { u64::from(one.count) } else { 0 };
        if let Some(source) = self.sources.get_mut(&ip) {
            source.attempts += coded;
            source.successes += won;
            source.first = source.first.min(one.time);
            source.last = source.last.max(one.time);
            source.trust = source.trust.max(one.trust);
            return;
        }
        self.source_count += 1;
        if self.sources.len() < SOURCES_MAX {
            let (first, last, trust, sample) = (one.time, one.time, one.trust, one.mark());
            self.sources.insert(ip, Source { attempts: coded, successes: won, first, last, trust, sample });
        }
    }

    fn account(&mut self, one: &Try, settings: &Settings) {
        if one.account.is_empty() {
            return;
        }
        let place = self.failed.count;
        let distance = (self.tally.accounts / 2).max(4);
        let key = (CompactString::from(canonical(&one.account)), one.host, one.service);
        if let Some(account) = self.accounts.get_mut(&key) {
            self.tally.remove(account, settings);
            account.add(one, place, distance);
            self.tally.insert(account, settings);
            return;
        }
        let mut account = Account {
            name: one.account.clone(),
            id: one.account_id,
            tries: 0,
            successes: 0,
            first: one.time,
            last: one.time,
            known: None,
            entry: None,
            pending: 0,
            visits: 0,
            place: 0,
        };
        account.add(one, place, distance);
        self.tally.insert(&account, settings);
        if self.accounts.len() < TRIED_MAX || one.success && self.accounts.len() < TRIED_MAX + ENTERED_MAX {
            self.accounts.insert(key, account);
        } else {
            self.crowded = true;
        }
    }

    /// The source and the account of a try were seen until `last`.
    pub(crate) fn until(&mut self, one: &Try, last: Timestamp) {
        self.last = self.last.max(last);
        self.last_failure = self.last_failure.max(last);
        if let Some(source) = one.src.and_then(|ip| self.sources.get_mut(&ip)) {
            source.last = source.last.max(last);
        }
        let key = (CompactString::from(canonical(&one.account)), one.host, one.service);
        if let Some(account) = self.accounts.get_mut(&key) {
            account.last = account.last.max(last);
        }
    }

    /// The account as this attack saw it.
    pub(crate) fn seen_account(&self, one: &Try) -> Option<&Account> {
        self.accounts.get(&(CompactString::from(canonical(&one.account)), one.host, one.service))
    }

    /// Length from first to last record, microseconds.
    pub(crate) fn length(&self) -> i64 {
        self.last.since(self.first)
    }
}

impl Account {
    fn add(&mut self, one: &Try, place: u64, distance: u64) {
        if self.visits == 0 || place.saturating_sub(self.place) > distance {
            self.visits = self.visits.saturating_add(1);
        }
        self.place = place;
        self.first = self.first.min(one.time);
        self.last = self.last.max(one.time);
        self.known = self.known.or(one.known);
        if one.success {
            self.tries += u64::from(one.count);
            self.successes += u64::from(one.count);
            self.entry.get_or_insert((one.citation, one.src));
            self.pending = 0;
            self.known = Some(true);
        } else if one.coded() {
            self.tries += u64::from(one.count);
            self.pending = self.pending.saturating_add(one.count);
        }
    }
}

impl Tally {
    fn insert(&mut self, account: &Account, settings: &Settings) {
        self.change(account, settings, |number| *number += 1);
    }

    fn remove(&mut self, account: &Account, settings: &Settings) {
        self.change(account, settings, |number| *number = number.saturating_sub(1));
    }

    fn change(&mut self, account: &Account, settings: &Settings, by: impl Fn(&mut u64)) {
        let privileged = settings.is_privileged(account.id);
        let entered = account.successes > 0;
        let parts = [
            (true, &mut self.accounts),
            (account.tries <= 2, &mut self.few),
            ((2..=6).contains(&account.tries), &mut self.band),
            (account.visits >= 2, &mut self.revisited),
            (settings.common_names.contains(&account.id), &mut self.common),
            (account.known == Some(true), &mut self.known),
            (account.known == Some(false), &mut self.unknown),
            (entered, &mut self.entered),
            (privileged, &mut self.privileged),
            (entered && privileged, &mut self.entered_privileged),
        ];
        for (holds, number) in parts {
            if holds {
                by(number);
            }
        }
    }
}
