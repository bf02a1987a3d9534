//! Guessing by source: few tries are kept as they are, an attack becomes a [`Case`] (K-01 to K-04, K-06, K-08).

use super::case::Case;
use super::classify::{self, classify};
use super::history::prefix;
use super::report;
use super::settings::Settings;
use super::targets::Targets;
use super::tries::{Names, Try};
use crate::attempts::{Attempt, stable_hash};
use crate::engine::Ctx;
use crate::prim::table::{Keep, Table};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use vocab::{Kind, Timestamp};

/// Keys held at once (DT-COR-22).
pub(crate) const KEYS_MAX: usize = 131_072;
/// Tries of a quiet source kept, at most.
const TRIES_MAX: usize = 128;
/// Tries kept over all quiet sources; beyond it each keeps [`TRIES_FEW`].
const TRIES_ALL_MAX: usize = 200_000;
const TRIES_FEW: usize = 8;
/// Silence after which an attack is over, microseconds (DT-INC-03, K-03).
pub(crate) const OVER_MICROS: i64 = 7 * Timestamp::DAY;
/// A success this long before the first failure may belong to the attack (G-1).
const BEFORE_MICROS: i64 = Timestamp::HOUR;
/// From so many accounts on, an attack is about a list of accounts, and one that it never failed on can be its prey.
const WIDE: u64 = 5;
/// Attacked accounts remembered for K-07.
const ATTACKED_MAX: usize = 65_536;

/// Tries of a source.
#[derive(Clone, Debug)]
enum State {
    Quiet { tries: SmallVec<[Try; 1]>, used: bool },
    Attack(Box<Attack>),
}

#[derive(Clone, Debug)]
struct Attack {
    case: Case,
    /// Successes on accounts that the attack did not fail on; they count once it is about many accounts.
    aside: Vec<Try>,
    kind: Kind,
}

impl Keep for State {
    fn score(&self) -> u32 {
        match self {
            Self::Quiet { tries, .. } => u32::try_from(tries.len().saturating_sub(1)).unwrap_or(u32::MAX - 1),
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

/// What the failures before a success say of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Before {
    /// Failed tries by the same source on the same account in the memory of K-07.
    pub(crate) own: u32,
    /// Failed tries by the same source, any account.
    pub(crate) by_source: u32,
    /// The source was attacking.
    pub(crate) attacking: bool,
    /// The success was counted as an entry of that attack.
    pub(crate) entered: bool,
    /// Some of those failures.
    pub(crate) records: Vec<crate::findings::Mark>,
    /// First of those failures.
    pub(crate) first: Option<Timestamp>,
    /// The account is under an attack of K-03 to K-06.
    pub(crate) attacked: Option<Kind>,
}

/// What a source is after a failed try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stand {
    /// It cannot be read, or it tries too little to be an attack.
    Quiet,
    /// This try made it an attack.
    Began,
    /// It is attacking.
    Attacking,
}

/// All sources.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    table: Table<State>,
    kept: usize,
    attacked: Attacked,
}

/// Accounts under attack, for K-07.
#[derive(Clone, Debug, Default)]
struct Attacked {
    accounts: FxHashMap<u64, (Timestamp, Kind)>,
    cleaned: Timestamp,
}

impl Default for Sources {
    fn default() -> Self {
        Self { table: Table::new(KEYS_MAX), kept: 0, attacked: Attacked::default() }
    }
}

/// Key of a source; a local try is kept by who tries on which computer. `None`: the source cannot be read.
fn key(attempt: &Attempt) -> Option<u64> {
    match attempt.src {
        Some(ip) => Some(prefix(ip)),
        None if attempt.ambiguous => None,
        None if !attempt.src_host.is_empty() => Some(stable_hash(&("name", attempt.src_host.as_str()))),
        None => {
            let who = if attempt.actor.is_empty() { &attempt.account } else { &attempt.actor };
            Some(stable_hash(&("local", attempt.host.as_str(), crate::attempts::account_id(who))))
        }
    }
}

fn account_key(one: &Try) -> u64 {
    stable_hash(&(one.account_id, one.host))
}

impl Sources {
    /// Takes a failed try.
    pub(crate) fn failure(
        &mut self,
        attempt: &Attempt,
        one: &Try,
        targets: &Targets,
        names: &Names,
        settings: &Settings,
        ctx: &mut Ctx,
    ) -> Stand {
        let Some(key) = key(attempt) else { return Stand::Quiet };
        let mut stand = Stand::Quiet;
        let (state, gone) = self.table.entry(key, || State::Quiet { tries: SmallVec::new(), used: true });
        match state {
            State::Attack(attack) if one.time.since(attack.case.last) > OVER_MICROS => {
                let State::Attack(over) = std::mem::replace(
                    state,
                    State::Quiet { tries: SmallVec::from_buf([one.clone()]), used: true },
                ) else {
                    return Stand::Quiet;
                };
                self.kept += 1;
                close(*over, targets, names, settings, ctx);
            }
            State::Attack(attack) => {
                stand = Stand::Attacking;
                attack.case.add(one, settings);
                attack.judge(settings);
                if aims_at_accounts(attack.kind) {
                    remember(&mut self.attacked, one, attack.kind);
                }
            }
            State::Quiet { tries, used } => {
                *used = true;
                let before = tries.len();
                keep(tries, one, self.kept);
                self.kept = (self.kept + tries.len()).saturating_sub(before);
                if classify::fires(tries, settings) {
                    self.kept = self.kept.saturating_sub(tries.len());
                    let mut attack = begin(tries, settings, ctx);
                    for one in tries.iter().filter(|one| !one.success && aims_at_accounts(attack.kind)) {
                        remember(&mut self.attacked, one, attack.kind);
                    }
                    attack.case.origin.clone_from(&attempt.src_host);
                    stand = Stand::Began;
                    *state = State::Attack(Box::new(attack));
                }
            }
        }
        self.dismiss(gone, targets, names, settings, ctx);
        stand
    }

    /// Takes a success and says what went before it.
    pub(crate) fn success(
        &mut self,
        attempt: &Attempt,
        one: &Try,
        usual: bool,
        settings: &Settings,
    ) -> Before {
        let mut before = Before::default();
        let memory = settings.memory(one.account_id);
        if let Some((time, kind)) = self.attacked.accounts.get(&account_key(one))
            && one.time.since(*time) <= memory
        {
            before.attacked = Some(*kind);
        }
        let Some(key) = key(attempt) else { return before };
        if self.table.get(key).is_none() && usual {
            return before;
        }
        let (state, gone) = self.table.entry(key, || State::Quiet { tries: SmallVec::new(), used: true });
        if matches!(gone, Some((_, State::Quiet { .. }))) {
            self.kept = self.kept.saturating_sub(1);
        }
        match state {
            State::Quiet { tries, used } => {
                *used = true;
                let length = tries.len();
                quiet_success(tries, one, usual, memory, self.kept, &mut before);
                self.kept = (self.kept + tries.len()).saturating_sub(length);
            }
            State::Attack(attack) => attack.success(one, usual, memory, settings, &mut before),
        }
        before
    }

    /// The input has ended.
    pub(crate) fn finish(&mut self, targets: &Targets, names: &Names, settings: &Settings, ctx: &mut Ctx) {
        ctx.stats.evicted += self.table.evicted();
        for (_, state) in self.table.drain_sorted() {
            if let State::Attack(attack) = state {
                close(*attack, targets, names, settings, ctx);
            }
        }
    }

    fn dismiss(
        &mut self,
        gone: Option<(u64, State)>,
        targets: &Targets,
        names: &Names,
        settings: &Settings,
        ctx: &mut Ctx,
    ) {
        match gone {
            Some((_, State::Attack(attack))) => close(*attack, targets, names, settings, ctx),
            Some((_, State::Quiet { tries, .. })) => self.kept = self.kept.saturating_sub(tries.len()),
            None => {}
        }
    }
}

/// K-03, K-04, K-06: a success from elsewhere can be their fruit.
fn aims_at_accounts(kind: Kind) -> bool {
    matches!(kind, Kind::SlowGuessing | Kind::PasswordSpraying | Kind::CredentialStuffing)
}

fn remember(attacked: &mut Attacked, one: &Try, kind: Kind) {
    let full = attacked.accounts.len() >= ATTACKED_MAX;
    // Cleaning looks at all of them, so that it may not happen with every try.
    if full && one.time.since(attacked.cleaned) >= Timestamp::HOUR {
        attacked.cleaned = one.time;
        attacked.accounts.retain(|_, (time, _)| one.time.since(*time) <= Timestamp::DAY);
    }
    let key = account_key(one);
    if attacked.accounts.len() < ATTACKED_MAX || attacked.accounts.contains_key(&key) {
        attacked.accounts.insert(key, (one.time, kind));
    }
}

/// Keeps a try of a quiet source.
fn keep(tries: &mut SmallVec<[Try; 1]>, one: &Try, kept: usize) {
    tries.retain(|old| one.time.since(old.time) <= OVER_MICROS);
    let max = if kept > TRIES_ALL_MAX { TRIES_FEW } else { TRIES_MAX };
    while tries.len() >= max {
        tries.remove(0);
    }
    tries.push(one.clone());
}

fn begin(tries: &[Try], settings: &Settings, ctx: &mut Ctx) -> Attack {
    let failed: Vec<&Try> = tries.iter().filter(|one| !one.success).collect();
    let first = failed.first().map_or_else(Timestamp::default, |one| one.time);
    let mut attack = Attack {
        case: Case::new(ctx.findings.number(), first),
        aside: Vec::new(),
        kind: Kind::PasswordGuessing,
    };
    for one in tries {
        let tried = failed.iter().any(|other| other.account_id == one.account_id && other.host == one.host);
        if !one.success || tried {
            attack.case.add(one, settings);
        } else if first.since(one.time) <= BEFORE_MICROS {
            attack.aside.push(one.clone());
        }
    }
    // The parts of the window are coarser than what made it fire.
    let pace = &mut attack.case.pace;
    pace.peak_halves = pace.peak_halves.max(classify::peak(tries, settings));
    attack.judge(settings);
    attack
}

impl Attack {
    /// Looks again at doublings of the count (DT-COR-16), so that the work stays small.
    fn judge(&mut self, settings: &Settings) {
        let count = self.case.failed.count;
        if count < 64 && count.is_multiple_of(5) || count.is_power_of_two() || count <= 8 {
            let verdict = classify(&self.case, false, settings);
            self.kind = verdict.kind;
            for kind in std::iter::once(verdict.kind).chain(verdict.others) {
                if !self.case.seen.contains(&kind) {
                    self.case.seen.push(kind);
                }
            }
        }
        if self.case.tally.accounts >= WIDE {
            for one in std::mem::take(&mut self.aside) {
                self.case.add(&one, settings);
            }
        }
    }

    fn success(&mut self, one: &Try, usual: bool, memory: i64, settings: &Settings, before: &mut Before) {
        if one.time.since(self.case.last_failure) > memory {
            return;
        }
        before.attacking = true;
        before.by_source = u32::try_from(self.case.failures).unwrap_or(u32::MAX);
        let seen = self.case.seen_account(one);
        before.own = seen.map_or(0, |account| account.pending);
        before.first = seen.map(|account| account.first);
        let tried = seen.is_some();
        if usual && before.own < settings.after_failures {
            return;
        }
        let wide = self.case.tally.accounts >= WIDE;
        if tried || wide {
            before.records = self.case.failed.last_few(20);
            before.entered = true;
            before.first = before.first.or(Some(self.case.first));
            self.case.add(one, settings);
            self.judge(settings);
        } else if self.aside.len() < TRIES_MAX {
            self.aside.push(one.clone());
        }
    }
}

fn quiet_success(
    tries: &mut SmallVec<[Try; 1]>,
    one: &Try,
    usual: bool,
    memory: i64,
    kept: usize,
    before: &mut Before,
) {
    let same = |old: &Try| old.account_id == one.account_id && old.host == one.host;
    let recent =
        tries.iter().filter(|old| !old.success && old.halves > 0 && one.time.since(old.time) <= memory);
    for old in recent {
        before.by_source = before.by_source.saturating_add(old.count);
        if same(old) {
            before.own = before.own.saturating_add(old.count);
            before.first.get_or_insert(old.time);
            before.records.push(old.mark());
        }
    }
    // A success proves that the failures of this source on this account were its holder's (DT-COR-15), or ends the
    // guessing; either way they no longer count towards a threshold.
    if usual {
        tries.retain(|old| !same(old));
        return;
    }
    for old in tries.iter_mut().filter(|old| same(old)) {
        old.halves = 0;
    }
    if !tries.iter().any(|old| old.success && same(old) && one.time.since(old.time) <= BEFORE_MICROS) {
        keep(tries, one, kept);
    }
}

fn close(mut attack: Attack, targets: &Targets, names: &Names, settings: &Settings, ctx: &mut Ctx) {
    let verdict = classify(&attack.case, false, settings);
    if attack.case.tally.accounts == 1
        && attack.case.accounts.values().any(|account| targets.covers(account.id, &attack.case))
    {
        return;
    }
    attack.case.seen.retain(|kind| *kind != verdict.kind);
    report::emit(&attack.case, verdict, names, settings, ctx);
}
