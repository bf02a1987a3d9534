//! One account, many sources (K-05). Tools that count by address only see nothing here.

use super::case::Case;
use super::classify::classify;
use super::history::prefix;
use super::report;
use super::settings::Settings;
use super::source::{Before, KEYS_MAX, OVER_MICROS};
use super::tries::{Names, Try};
use crate::attempts::stable_hash;
use crate::engine::Ctx;
use crate::prim::table::{Keep, Table};
use smallvec::SmallVec;
use std::net::IpAddr;
use vocab::{Kind, Timestamp};

/// Sources kept of an account that is not yet under attack.
const SEEN_MAX: usize = 64;
/// Sources of one attack follow each other within this time, microseconds (DT-COR-14).
const TOGETHER_MICROS: i64 = Timestamp::HOUR;
/// Sources kept over all such accounts.
const SEEN_ALL_MAX: usize = 150_000;

/// A source that failed on the account.
#[derive(Clone, Debug)]
struct Seen {
    one: Try,
    last: Timestamp,
    prefix: u64,
}

#[derive(Clone, Debug)]
enum State {
    Quiet { seen: SmallVec<[Seen; 1]>, used: bool },
    Attack(Box<Attack>),
}

#[derive(Clone, Debug)]
struct Attack {
    case: Case,
    /// The last try by a source that came after a pause of the others: it is part of the attack only when another
    /// source follows soon (DT-COR-14).
    late: Option<Try>,
}

impl Keep for State {
    fn score(&self) -> u32 {
        match self {
            Self::Quiet { seen, .. } => u32::try_from(seen.len().saturating_sub(1)).unwrap_or(u32::MAX - 1),
            Self::Attack(_) => u32::MAX,
        }
    }

    fn used(&mut self) -> bool {
        match self {
            Self::Quiet { used, .. } => std::mem::take(used),
            Self::Attack(_) => true,
        }
    }
}

/// All accounts that somebody failed on.
#[derive(Clone, Debug)]
pub(crate) struct Targets {
    table: Table<State>,
    kept: usize,
}

impl Default for Targets {
    fn default() -> Self {
        Self { table: Table::new(KEYS_MAX), kept: 0 }
    }
}

fn key(account: u64, host: u32) -> u64 {
    stable_hash(&(account, host))
}

/// Network of an address: IPv4 /24, IPv6 /56.
pub(crate) fn net(ip: IpAddr) -> u64 {
    match ip {
        IpAddr::V4(v4) => stable_hash(&(v4.to_bits() >> 8)),
        IpAddr::V6(v6) => stable_hash(&(v6.to_bits() >> 72)),
    }
}

impl Targets {
    /// Takes a failed try.
    pub(crate) fn failure(&mut self, one: &Try, names: &Names, settings: &Settings, ctx: &mut Ctx) {
        if one.account_id == 0 || one.key_probe {
            return;
        }
        let key = key(one.account_id, one.host);
        let (state, gone) = self.table.entry(key, || State::Quiet { seen: SmallVec::new(), used: true });
        match state {
            State::Attack(attack) if one.time.since(attack.case.last) > OVER_MICROS => {
                let fresh = State::Quiet { seen: SmallVec::from_buf([Seen::new(one)]), used: true };
                if let State::Attack(over) = std::mem::replace(state, fresh) {
                    self.kept += 1;
                    close(&over.case, names, settings, ctx);
                }
            }
            State::Attack(attack) => attack.failure(one, settings),
            State::Quiet { seen, used } => {
                *used = true;
                let before = seen.len();
                note(seen, one, self.kept);
                self.kept = (self.kept + seen.len()).saturating_sub(before);
                if settings.rule(Kind::DistributedGuessing).is_some() && fires(seen, one, settings) {
                    self.kept = self.kept.saturating_sub(seen.len());
                    let mut case = Case::new(ctx.findings.number(), one.time);
                    for seen in seen.iter() {
                        case.add(&seen.one, settings);
                        case.until(&seen.one, seen.last);
                    }
                    *state = State::Attack(Box::new(Attack { case, late: None }));
                }
            }
        }
        match gone {
            Some((_, State::Attack(attack))) => close(&attack.case, names, settings, ctx),
            Some((_, State::Quiet { seen, .. })) => self.kept = self.kept.saturating_sub(seen.len()),
            None => {}
        }
    }

    /// Takes a success; notes in `before` when the account is under attack, and counts it when an attacker may have made
    /// it.
    pub(crate) fn success(&mut self, one: &Try, usual: bool, settings: &Settings, before: &mut Before) {
        let Some(State::Attack(attack)) = self.table.get_mut(key(one.account_id, one.host)) else { return };
        let case = &mut attack.case;
        if one.time.since(case.last_failure) > settings.memory(one.account_id) {
            return;
        }
        before.attacked = Some(Kind::DistributedGuessing);
        let member = one.src.is_some_and(|ip| case.sources.contains_key(&ip));
        if before.entered || member && !usual {
            before.entered = true;
            before.attacking |= member;
            before.first = before.first.or(Some(case.first));
            if before.records.is_empty() {
                before.records = case.failed.last_few(20);
            }
            case.add(one, settings);
        }
    }

    /// Is a single source's attack part of the attack of many on its account?
    pub(crate) fn covers(&self, account: u64, other: &Case) -> bool {
        other.hosts.len() == 1
            && other.hosts.iter().all(|host| {
                matches!(self.table.get(key(account, *host)), Some(State::Attack(attack))
                    if attack.case.first <= other.last && attack.case.last >= other.first
                        && attack.case.last.since(other.last) <= OVER_MICROS)
            })
    }

    /// The input has ended.
    pub(crate) fn finish(&mut self, names: &Names, settings: &Settings, ctx: &mut Ctx) {
        ctx.stats.evicted += self.table.evicted();
        for (_, state) in self.table.drain_sorted() {
            if let State::Attack(attack) = state {
                close(&attack.case, names, settings, ctx);
            }
        }
    }
}

impl Attack {
    fn failure(&mut self, one: &Try, settings: &Settings) {
        let pause = one.time.since(self.case.last_failure);
        let known = one.src.is_none_or(|ip| self.case.sources.contains_key(&ip));
        // The median is asked for only where it can matter: it is dear, and most tries follow at once.
        if known || pause <= TOGETHER_MICROS {
            self.case.add(one, settings);
            return;
        }
        let reach = (4 * self.case.pace.median_gap()).max(TOGETHER_MICROS);
        if pause <= reach {
            self.case.add(one, settings);
            return;
        }
        let follows = |late: &Try| late.src != one.src && one.time.since(late.time) <= reach;
        match self.late.take() {
            Some(late) if follows(&late) => {
                self.case.add(&late, settings);
                self.case.add(one, settings);
            }
            _ => self.late = Some(one.clone()),
        }
    }
}

impl Seen {
    fn new(one: &Try) -> Self {
        Self { one: one.clone(), last: one.time, prefix: one.src.map_or(0, prefix) }
    }
}

fn note(seen: &mut SmallVec<[Seen; 1]>, one: &Try, kept: usize) {
    let own = one.src.map_or(0, prefix);
    if let Some(old) = seen.iter_mut().find(|old| old.prefix == own) {
        if one.time.since(old.last) > Timestamp::DAY {
            *old = Seen::new(one);
        } else {
            old.last = old.last.max(one.time);
            old.one.count = old.one.count.saturating_add(one.count);
            old.one.halves = old.one.halves.saturating_add(one.halves);
        }
        return;
    }
    if seen.len() >= SEEN_MAX || kept > SEEN_ALL_MAX || seen.len() % 8 == 7 {
        seen.retain(|old| one.time.since(old.last) <= Timestamp::DAY);
    }
    if seen.len() < SEEN_MAX && (kept <= SEEN_ALL_MAX || seen.is_empty()) {
        seen.push(Seen::new(one));
    }
}

/// K-05: enough sources from enough networks, in a quarter of an hour or in a day.
fn fires(seen: &[Seen], now: &Try, settings: &Settings) -> bool {
    if seen.len() < settings.distributed_sources as usize {
        return false;
    }
    let within = |window: i64| {
        seen.iter().filter(move |old| old.one.src.is_some() && now.time.since(old.last) <= window)
    };
    let window = settings.distributed_window;
    let halves: u32 = within(window).map(|old| old.one.halves).fold(0, u32::saturating_add);
    let sources = within(window).count();
    let nets = distinct(within(window).filter_map(|old| old.one.src).map(net));
    let clients = distinct(within(window).map(|old| old.one.client).filter(|client| *client != 0));
    let quick = sources >= settings.distributed_sources as usize
        && halves >= 2 * settings.distributed_tries
        && (nets >= settings.distributed_nets as usize || clients >= settings.distributed_clients as usize);
    quick || within(Timestamp::DAY).count() >= settings.distributed_day as usize
}

fn distinct(values: impl Iterator<Item = u64>) -> usize {
    let mut values: SmallVec<[u64; 64]> = values.collect();
    values.sort_unstable();
    values.dedup();
    values.len()
}

fn close(case: &Case, names: &Names, settings: &Settings, ctx: &mut Ctx) {
    let verdict = classify(case, true, settings);
    report::emit(case, verdict, names, settings, ctx);
}
