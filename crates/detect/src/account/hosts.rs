//! One computer, many sources (DT-COR-14, K-04 and K-06 by several sources): each tries so little that it stays quiet,
//! together they are an attack.

use super::case::Case;
use super::classify::classify;
use super::history::prefix;
use super::report;
use super::settings::Settings;
use super::source::Before;
use super::targets::net;
use super::tries::{Names, Try};
use crate::engine::Ctx;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;
use vocab::{Kind, Timestamp};

/// Computers and services watched.
const HOSTS_MAX: usize = 256;
/// Tries kept of a computer that is not under attack.
const TRIES_MAX: usize = 1_024;
/// Sources of an attack remembered with what they aim at.
const AIMS_MAX: usize = 16_384;
/// Silence after which such an attack is over, microseconds.
const OVER_MICROS: i64 = Timestamp::DAY;
/// A source that attacks on its own shows it within this time, microseconds.
const LOUD_MICROS: i64 = Timestamp::MINUTE;

/// Tries on one service of one computer by sources that are quiet on their own.
#[derive(Clone, Debug, Default)]
struct Host {
    tries: VecDeque<Try>,
    /// Times of successes, which say how busy the service is.
    successes: VecDeque<Timestamp>,
    case: Option<Box<Case>>,
    /// The account that a source failed on; 0 when there were several.
    aims: FxHashMap<u64, u64>,
    /// Tries to come before it is looked at again, so that the work stays small.
    wait: usize,
}

/// All computers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts {
    hosts: FxHashMap<(u32, u32), Host>,
}

impl Hosts {
    /// Takes a failed try by a source that is quiet on its own.
    pub(crate) fn failure(&mut self, one: &Try, names: &Names, settings: &Settings, ctx: &mut Ctx) {
        if one.src.is_none() || !one.coded() || one.account_id == 0 {
            return;
        }
        let key = (one.host, one.service);
        if self.hosts.len() >= HOSTS_MAX && !self.hosts.contains_key(&key) {
            return;
        }
        let host = self.hosts.entry(key).or_default();
        if let Some(case) = host.case.take_if(|case| one.time.since(case.last) > OVER_MICROS) {
            host.aims.clear();
            close(&case, names, settings, ctx);
        }
        if let Some(case) = &mut host.case {
            case.add(one, settings);
            aim(&mut host.aims, one);
            return;
        }
        host.forget(one.time, settings.cluster_window);
        if host.tries.len() >= TRIES_MAX {
            host.tries.pop_front();
        }
        host.tries.push_back(one.clone());
        host.wait = host.wait.saturating_sub(1);
        if host.wait == 0 {
            host.judge(one.time.plus(-LOUD_MICROS), settings, ctx);
            host.wait = host.tries.len() / 16;
        }
    }

    /// A source turned out to attack on its own: its tries say nothing of others.
    pub(crate) fn loud(&mut self, one: &Try) {
        if let Some(host) = self.hosts.get_mut(&(one.host, one.service)) {
            host.tries.retain(|old| old.src != one.src);
        }
    }

    /// Takes a success.
    pub(crate) fn success(&mut self, one: &Try, usual: bool, settings: &Settings, before: &mut Before) {
        let Some(host) = self.hosts.get_mut(&(one.host, one.service)) else { return };
        // Whoever gets in from where he failed had mistyped.
        host.tries.retain(|old| old.account_id != one.account_id || old.src != one.src);
        if host.successes.len() >= TRIES_MAX {
            host.successes.pop_front();
        }
        host.successes.push_back(one.time);
        let Some(case) = &mut host.case else { return };
        // Who failed on this account alone and then gets in is most likely its holder.
        let member =
            one.src.is_some_and(|ip| host.aims.get(&prefix(ip)).is_some_and(|aim| *aim != one.account_id));
        if usual || !member || one.time.since(case.last_failure) > settings.memory(one.account_id) {
            return;
        }
        before.entered = true;
        before.attacked.get_or_insert(Kind::DistributedGuessing);
        before.first = before.first.or(Some(case.first));
        if before.records.is_empty() {
            before.records = case.failed.last_few(20);
        }
        case.add(one, settings);
    }

    /// The input has ended.
    pub(crate) fn finish(&mut self, names: &Names, settings: &Settings, ctx: &mut Ctx) {
        let mut keys: Vec<(u32, u32)> = self.hosts.keys().copied().collect();
        keys.sort_unstable();
        for key in keys {
            let Some(mut host) = self.hosts.remove(&key) else { continue };
            if host.case.is_none() {
                host.judge(Timestamp(i64::MAX), settings, ctx);
            }
            if let Some(case) = host.case {
                close(&case, names, settings, ctx);
            }
        }
    }
}

impl Host {
    fn forget(&mut self, now: Timestamp, window: i64) {
        while self.tries.front().is_some_and(|old| now.since(old.time) > window) {
            self.tries.pop_front();
        }
        while self.successes.front().is_some_and(|old| now.since(*old) > window) {
            self.successes.pop_front();
        }
    }

    /// Begins a case when the tries up to `until` are one attack.
    fn judge(&mut self, until: Timestamp, settings: &Settings, ctx: &mut Ctx) {
        if !self.fires(until, settings) {
            return;
        }
        let first = self.tries.front().map_or(until, |one| one.time);
        let mut case = Case::new(ctx.findings.number(), first);
        for one in self.tries.drain(..) {
            case.add(&one, settings);
            aim(&mut self.aims, &one);
        }
        self.case = Some(Box::new(case));
    }

    fn fires(&self, until: Timestamp, settings: &Settings) -> bool {
        if self.tries.len() < settings.cluster_tries as usize {
            return false;
        }
        let old = || self.tries.iter().filter(move |one| one.time <= until);
        let tries = old().map(|one| one.halves).fold(0, u32::saturating_add) / 2;
        if tries < settings.cluster_tries {
            return false;
        }
        // On a busy service some fail at any time: more must fail than get in.
        if u64::from(tries) < 2 * self.successes.len() as u64 {
            return false;
        }
        let nets: FxHashSet<u64> = old().filter_map(|one| one.src).map(net).collect();
        let accounts: FxHashSet<u64> = old().map(|one| one.account_id).collect();
        nets.len() >= settings.cluster_sources as usize
            && accounts.len() >= settings.cluster_accounts as usize
    }
}

fn aim(aims: &mut FxHashMap<u64, u64>, one: &Try) {
    let Some(ip) = one.src else { return };
    let own = prefix(ip);
    let room = aims.len() < AIMS_MAX;
    match aims.get_mut(&own) {
        Some(aim) if *aim != one.account_id => *aim = 0,
        Some(_) => {}
        None if room => {
            aims.insert(own, one.account_id);
        }
        None => {}
    }
}

fn close(case: &Case, names: &Names, settings: &Settings, ctx: &mut Ctx) {
    let verdict = classify(case, true, settings);
    report::emit(case, verdict, names, settings, ctx);
}
