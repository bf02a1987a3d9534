//! Habits of an account: from where, how and when it is used (K-12, K-16), and by how many at once (K-18).

use super::history::Known;
use super::settings::Settings;
use super::targets::net;
use super::write::{Entry, write};
use crate::attempts::{Attempt, canonical, stable_hash};
use crate::engine::Ctx;
use crate::rule::{Params, RuleSet};
use crate::signal::Signal;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use vocab::{AccountKind, AuthMethod, Class, Context, Kind, Level, Message, Timestamp, activity};

/// Accounts whose habits are remembered.
const ACCOUNTS_MAX: usize = 65_536;
/// Networks and keys remembered of an account.
const VALUES_MAX: usize = 64;
/// Sessions held open at once.
const SESSIONS_MAX: usize = 16_384;
/// A session without an end is taken to be over after this time, microseconds.
const SESSION_MICROS: i64 = 12 * Timestamp::HOUR;

#[derive(Clone, Debug, Default)]
struct Habit {
    nets: SmallVec<[u64; 4]>,
    keys: SmallVec<[u64; 2]>,
    methods: u32,
    /// Successes by hour of the day, for working days and for weekends.
    hours: [[u8; 24]; 2],
    uses: u32,
    open: SmallVec<[Session; 1]>,
    /// Days on which two sessions from different networks overlapped.
    shared_days: SmallVec<[i64; 4]>,
}

#[derive(Clone, Debug)]
struct Session {
    id: u64,
    net: u64,
    device: u64,
    begun: Timestamp,
}

/// Habits of all accounts.
#[derive(Clone, Debug)]
pub(crate) struct Habits {
    accounts: FxHashMap<u64, Habit>,
    sessions: FxHashMap<u64, u64>,
    shared: FxHashSet<u64>,
    hour_uses: u32,
    hour_reach: u32,
    shared_days: u32,
}

fn method_bit(method: Option<AuthMethod>) -> u32 {
    method.map_or(0, |method| 1 << (method as u32))
}

/// Hour of the day and row of the table. The week is that of UTC; a habit needs no zone.
fn slot(time: Timestamp) -> (usize, usize) {
    let hours = time.seconds().div_euclid(3_600);
    // 1970-01-01 was a Thursday.
    let weekday = (hours.div_euclid(24) + 3).rem_euclid(7);
    (usize::from(weekday >= 5), usize::try_from(hours.rem_euclid(24)).unwrap_or(0))
}

impl Habits {
    pub(crate) fn new(rules: &RuleSet, context: &Context) -> Self {
        let empty = Params::default();
        let params = |kind: Kind| rules.native(kind.as_str()).map_or(&empty, |(_, rule)| &rule.params);
        let group = |kind: AccountKind| {
            matches!(kind, AccountKind::Group | AccountKind::Service | AccountKind::Decoy)
        };
        let shared = context.accounts.iter().filter(|(_, record)| group(record.kind));
        Self {
            accounts: FxHashMap::default(),
            sessions: FxHashMap::default(),
            shared: shared.map(|(name, _)| crate::attempts::account_id(name)).collect(),
            hour_uses: params(Kind::OffHoursAccess).count("uses_min", 20),
            hour_reach: params(Kind::OffHoursAccess).count("hours_apart", 3),
            shared_days: params(Kind::SharedCodeUse).count("days_min", 3),
        }
    }

    /// Takes a success that no attacker made, as far as is known; `known` is the history before it; `told`: that the source is new
    /// was said already.
    pub(crate) fn success(
        &mut self,
        attempt: &Attempt,
        known: Known,
        told: bool,
        settings: &Settings,
        ctx: &mut Ctx,
    ) {
        let key = stable_hash(&(attempt.account_id, attempt.host.as_str()));
        if self.accounts.len() >= ACCOUNTS_MAX && !self.accounts.contains_key(&key) {
            return;
        }
        let (hour_uses, reach, days) = (self.hour_uses, self.hour_reach, self.shared_days);
        let habit = self.accounts.entry(key).or_default();
        let new_net = attempt.src.map(net).is_some_and(|net| note(&mut habit.nets, net));
        let key_id = (!attempt.key_id.is_empty()).then(|| stable_hash(attempt.key_id.as_str()));
        let had_keys = !habit.keys.is_empty();
        let new_key = key_id.is_some_and(|id| note(&mut habit.keys, id)) && had_keys;
        let bit = method_bit(attempt.method);
        let new_method = bit != 0 && habit.methods != 0 && habit.methods & bit == 0;
        habit.methods |= bit;
        let enough = known.enough(attempt);
        let odd_hour = enough && habit.uses >= hour_uses && habit.is_odd(attempt.time, reach);
        habit.use_at(attempt.time);
        let privileged = settings.is_privileged(attempt.account_id);
        if enough && !told && (new_net || new_key || new_method) {
            first_seen(attempt, (new_net, new_key, new_method, odd_hour), privileged, settings, ctx);
        }
        if odd_hour {
            let level = if privileged { Level::Low } else { Level::Informational };
            let text = Message::new("note-off-hours")
                .with("account", attempt.account.as_str())
                .with("time", attempt.time);
            write(
                Entry::new(Kind::OffHoursAccess, level, text).key("account", &canonical(&attempt.account)),
                attempt,
                settings,
                ctx,
            );
        }
        if attempt.session != 0 && !self.shared.contains(&attempt.account_id) {
            self.opened(key, attempt, days, settings, ctx);
        }
    }

    /// K-18: two sessions of one account from different networks or devices, again and again.
    fn opened(&mut self, key: u64, attempt: &Attempt, days: u32, settings: &Settings, ctx: &mut Ctx) {
        let (Some(ip), Some(habit)) = (attempt.src, self.accounts.get_mut(&key)) else { return };
        let own = Session { id: attempt.session, net: net(ip), device: attempt.client, begun: attempt.time };
        habit.open.retain(|open| own.begun.since(open.begun) <= SESSION_MICROS && open.id != own.id);
        let apart = |open: &Session| open.net != own.net && (open.device == 0 || open.device != own.device);
        let overlaps = habit.open.iter().any(apart);
        if habit.open.len() < VALUES_MAX && self.sessions.len() < SESSIONS_MAX {
            self.sessions.insert(own.id, key);
            habit.open.push(own);
        }
        let day = attempt.time.0.div_euclid(Timestamp::DAY);
        if !overlaps || habit.shared_days.contains(&day) {
            return;
        }
        if habit.shared_days.len() < VALUES_MAX {
            habit.shared_days.push(day);
        }
        let many = habit.shared_days.len() >= days as usize;
        let level = if many { Level::Low } else { Level::Informational };
        let text = Message::new("note-shared-code").with("account", attempt.account.as_str());
        write(
            Entry::new(Kind::SharedCodeUse, level, text).key("account", &canonical(&attempt.account)),
            attempt,
            settings,
            ctx,
        );
    }

    /// Notes the ends of sessions.
    pub(crate) fn signal(&mut self, signal: &Signal) {
        if signal.class != Class::Authentication
            || signal.activity != activity::AUTH_LOGOFF
            || signal.attempt == 0
        {
            return;
        }
        if let Some(key) = self.sessions.remove(&signal.attempt)
            && let Some(habit) = self.accounts.get_mut(&key)
        {
            habit.open.retain(|open| open.id != signal.attempt);
        }
    }
}

impl Habit {
    fn use_at(&mut self, time: Timestamp) {
        self.uses = self.uses.saturating_add(1);
        let (row, hour) = slot(time);
        if let Some(count) = self.hours.get_mut(row).and_then(|row| row.get_mut(hour)) {
            *count = count.saturating_add(1);
        }
    }

    /// Was the account never used within `reach` hours of this hour, on such a day?
    fn is_odd(&self, time: Timestamp, reach: u32) -> bool {
        let (row, hour) = slot(time);
        let Some(hours) = self.hours.get(row) else { return false };
        let reach = (reach as usize).min(12);
        (0..=2 * reach).all(|step| hours.get((hour + 24 + step - reach) % 24).is_none_or(|count| *count == 0))
    }
}

/// Remembers a value; `true` when it is new.
fn note<A: smallvec::Array<Item = u64>>(values: &mut SmallVec<A>, value: u64) -> bool {
    if values.contains(&value) {
        return false;
    }
    if values.len() >= VALUES_MAX {
        values.remove(0);
    }
    values.push(value);
    true
}

fn first_seen(
    attempt: &Attempt,
    (new_net, new_key, new_method, odd_hour): (bool, bool, bool, bool),
    privileged: bool,
    settings: &Settings,
    ctx: &mut Ctx,
) {
    let level = match privileged {
        true if odd_hour => Level::High,
        true if new_key || new_method => Level::Medium,
        _ => Level::Informational,
    };
    for (holds, id) in
        [(new_net, "note-first-network"), (new_key, "note-first-key"), (new_method, "note-first-method")]
    {
        if !holds {
            continue;
        }
        let mut text = Message::new(id).with("account", attempt.account.as_str());
        if let Some(ip) = attempt.src {
            text = text.with("source", ip.to_string());
        }
        let entry = Entry::new(Kind::FirstSeenAccess, level, text)
            .key("account", &canonical(&attempt.account))
            .key("host", &attempt.host)
            .key("level", level.as_str());
        write(entry, attempt, settings, ctx);
        break;
    }
}
