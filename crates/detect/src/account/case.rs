//! What is known of one attack on codes: counts, accounts, sources, records. Grows only for keys that left the quiet zone.

use super::settings::Settings;
use super::tries::Try;
use crate::attempts::{canonical, stable_hash};
use crate::findings::{EVIDENCE_EDGE_MAX, Edges, Mark};
use crate::prim::small::SmallMap;
use compact_str::CompactString;
use smallvec::SmallVec;
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
/// Hosts and services named per attack.
const HOSTS_MAX: usize = 1_024;
/// Parts of the window of K-01 in which tries are counted.
const PARTS: i64 = 16;
/// Gaps kept for the median (K-03).
const GAPS_MAX: usize = 64;

/// One account inside an attack.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) name: CompactString,
    pub(crate) id: u64,
    pub(crate) host: u32,
    pub(crate) service: u32,
    pub(crate) tries: u32,
    pub(crate) successes: u32,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) known: Option<bool>,
    pub(crate) entry: Option<Box<(Citation, Option<IpAddr>)>>,
    /// Tries since the last success.
    pub(crate) pending: u32,
    /// Visits with other accounts between them.
    visits: u32,
    place: u32,
    common: bool,
    privileged: bool,
}

/// One source inside an attack.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) attempts: u32,
    pub(crate) successes: u32,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) trust: Trust,
    /// Its first record.
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
#[derive(Clone, Debug, Default)]
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
    pub(crate) accounts: SmallMap<u64, Account>,
    /// More accounts than room.
    pub(crate) crowded: bool,
    pub(crate) sources: SmallMap<IpAddr, Source>,
    pub(crate) source_count: u64,
    pub(crate) hosts: SmallVec<[u32; 2]>,
    pub(crate) services: SmallVec<[(u32, u64); 2]>,
    pub(crate) sessions: Vec<u64>,
    pub(crate) failed: Edges,
    pub(crate) entries: Vec<Mark>,
    pub(crate) pace: Pace,
    /// Classes whose conditions held at some time.
    pub(crate) seen: Vec<Kind>,
}

/// Speed of an attack.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pace {
    parts: [u32; PARTS as usize],
    /// Number of the newest part since 1970.
    part: i64,
    sum: u32,
    /// Most halves of a try inside the window of K-01.
    pub(crate) peak_halves: u32,
    hours: [(i64, u32); 24],
    /// Tries of the last 24 clock hours, and the newest of these hours.
    day: u32,
    hour: i64,
    /// Most tries in 24 clock hours.
    pub(crate) peak_day: u32,
    gaps: VecDeque<u32>,
    last: Option<i64>,
}

impl Pace {
    fn push(&mut self, time: Timestamp, halves: u32, count: u32, settings: &Settings) {
        if halves > 0 {
            self.count_part(time.0.div_euclid((settings.guess_window / PARTS).max(1)), halves);
        }
        self.count_hour(time.0.div_euclid(Timestamp::HOUR), count);
        if let Some(last) = self.last {
            if self.gaps.len() >= GAPS_MAX {
                self.gaps.pop_front();
            }
            let gap = time.0.saturating_sub(last).max(0) / Timestamp::SECOND;
            self.gaps.push_back(u32::try_from(gap).unwrap_or(u32::MAX));
        }
        self.last = Some(self.last.map_or(time.0, |last| last.max(time.0)));
    }

    fn count_part(&mut self, part: i64, halves: u32) {
        if part > self.part {
            for old in (self.part.max(part - PARTS) + 1)..=part {
                if let Some(slot) = self.parts.get_mut(slot_of(old, PARTS)) {
                    self.sum = self.sum.saturating_sub(*slot);
                    *slot = 0;
                }
            }
            self.part = part;
        }
        if self.part - part < PARTS
            && let Some(slot) = self.parts.get_mut(slot_of(part, PARTS))
        {
            *slot = slot.saturating_add(halves);
            self.sum = self.sum.saturating_add(halves);
        }
        self.peak_halves = self.peak_halves.max(self.sum);
    }

    fn count_hour(&mut self, hour: i64, count: u32) {
        if let Some(slot) = self.hours.get_mut(slot_of(hour, 24)) {
            *slot = if slot.0 == hour { (hour, slot.1.saturating_add(count)) } else { (hour, count) };
        }
        if hour == self.hour {
            self.day = self.day.saturating_add(count);
        } else {
            self.hour = self.hour.max(hour);
            let recent = self.hours.iter().filter(|(at, _)| self.hour - at < 24);
            self.day = recent.map(|(_, count)| *count).fold(0, u32::saturating_add);
        }
        self.peak_day = self.peak_day.max(self.day);
    }

    /// Median of the last gaps between tries, microseconds; 0 with fewer than two tries.
    pub(crate) fn median_gap(&self) -> i64 {
        let mut gaps: Vec<u32> = self.gaps.iter().copied().collect();
        gaps.sort_unstable();
        gaps.get(gaps.len() / 2).map_or(0, |gap| i64::from(*gap) * Timestamp::SECOND)
    }
}

fn slot_of(number: i64, slots: i64) -> usize {
    usize::try_from(number.rem_euclid(slots)).unwrap_or(0)
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
        self.place(one);
        self.source(one, settings);
        if one.success {
            self.succeeded(one, settings);
        } else {
            self.failed(one, settings);
        }
    }

    fn place(&mut self, one: &Try) {
        if self.hosts.last() != Some(&one.host)
            && !self.hosts.contains(&one.host)
            && self.hosts.len() < HOSTS_MAX
        {
            self.hosts.push(one.host);
        }
        let room = self.services.len() < HOSTS_MAX;
        match self.services.iter_mut().find(|(service, _)| *service == one.service) {
            Some((_, count)) => *count += 1,
            None if room => self.services.push((one.service, 1)),
            None => {}
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
        self.pace.push(one.time, one.halves, one.count, settings);
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

    fn source(&mut self, one: &Try, settings: &Settings) {
        let Some(ip) = one.src else { return };
        let coded = if one.coded() { one.count } else { 0 };
        let won = if one.success { one.count } else { 0 };
        if let Some(source) = self.sources.get_mut(&ip) {
            source.attempts = source.attempts.saturating_add(coded);
            source.successes = source.successes.saturating_add(won);
            source.first = source.first.min(one.time);
            source.last = source.last.max(one.time);
            source.trust = source.trust.max(one.trust);
            return;
        }
        self.source_count += 1;
        if settings.room.take(self.sources.len(), SOURCES_MAX) {
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
        let key = stable_hash(&(one.account_id, one.host, one.service));
        if let Some(account) = self.accounts.get_mut(&key)
            && account.is_of(one)
        {
            if account.is_settled() && !one.success {
                account.add(one, place, distance);
                return;
            }
            self.tally.remove(account);
            account.add(one, place, distance);
            self.tally.insert(account);
            return;
        }
        let key = self.key(one);
        if let Some(account) = self.accounts.get_mut(&key) {
            self.tally.remove(account);
            account.add(one, place, distance);
            self.tally.insert(account);
            return;
        }
        let mut account = Account {
            name: one.account.clone(),
            id: one.account_id,
            host: one.host,
            service: one.service,
            tries: 0,
            successes: 0,
            first: one.time,
            last: one.time,
            known: None,
            entry: None,
            pending: 0,
            visits: 0,
            place: 0,
            common: settings.common_names.contains(&one.account_id),
            privileged: settings.is_privileged(one.account_id),
        };
        account.add(one, place, distance);
        self.tally.insert(&account);
        if settings.room.take(self.accounts.len(), TRIED_MAX)
            || one.success && self.accounts.len() < TRIED_MAX + ENTERED_MAX
        {
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
        let key = self.key(one);
        if let Some(account) = self.accounts.get_mut(&key) {
            account.last = account.last.max(last);
        }
    }

    /// Key of the account of a try. Names whose hashes collide stand side by side: who was entered must be exact.
    fn key(&self, one: &Try) -> u64 {
        let mut key = stable_hash(&(one.account_id, one.host, one.service));
        while self.accounts.get(&key).is_some_and(|account| !account.is_of(one)) {
            key = key.wrapping_add(1);
        }
        key
    }

    /// The account as this attack saw it.
    pub(crate) fn seen_account(&self, one: &Try) -> Option<&Account> {
        self.accounts.get(&self.key(one))
    }

    /// Length from first to last record, microseconds.
    pub(crate) fn length(&self) -> i64 {
        self.last.since(self.first)
    }
}

impl Account {
    /// Can another failure not change any number of [`Tally`]?
    fn is_settled(&self) -> bool {
        self.tries > 7 && self.visits >= 2 && self.known.is_some()
    }

    fn is_of(&self, one: &Try) -> bool {
        self.host == one.host
            && self.service == one.service
            && (self.name == one.account || canonical(&self.name) == canonical(&one.account))
    }

    fn add(&mut self, one: &Try, place: u64, distance: u64) {
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        if self.visits == 0 || u64::from(place.saturating_sub(self.place)) > distance {
            self.visits = self.visits.saturating_add(1);
        }
        self.place = place;
        self.first = self.first.min(one.time);
        self.last = self.last.max(one.time);
        self.known = self.known.or(one.known);
        if one.success {
            self.tries = self.tries.saturating_add(one.count);
            self.successes = self.successes.saturating_add(one.count);
            self.entry.get_or_insert_with(|| Box::new((one.citation, one.src)));
            self.pending = 0;
            self.known = Some(true);
        } else if one.coded() {
            self.tries = self.tries.saturating_add(one.count);
            self.pending = self.pending.saturating_add(one.count);
        }
    }
}

impl Tally {
    fn insert(&mut self, account: &Account) {
        self.change(account, |number| *number += 1);
    }

    fn remove(&mut self, account: &Account) {
        self.change(account, |number| *number = number.saturating_sub(1));
    }

    fn change(&mut self, account: &Account, by: impl Fn(&mut u64)) {
        let privileged = account.privileged;
        let entered = account.successes > 0;
        let parts = [
            (true, &mut self.accounts),
            (account.tries <= 2, &mut self.few),
            ((2..=6).contains(&account.tries), &mut self.band),
            (account.visits >= 2, &mut self.revisited),
            (account.common, &mut self.common),
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
