//! Numbers of the guessing kinds, read once from the rule files (DT-KND-01).

use crate::attempts::account_id;
use crate::rule::{Params, RuleSet};
use crate::signal::RuleIndex;
use rustc_hash::FxHashSet;
use vocab::{AccountKind, Context, Kind, Timestamp};

/// Numbers in force. Names are those of the `params:` blocks in `rules/account/`.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    rules: Vec<(Kind, RuleIndex)>,
    pub(crate) guess_tries: u32,
    pub(crate) guess_window: i64,
    pub(crate) guess_tries_medium: u32,
    pub(crate) guess_day_medium: u32,
    pub(crate) dictionary_accounts: u32,
    pub(crate) dictionary_unknown: f64,
    pub(crate) dictionary_medium: u32,
    pub(crate) slow_tries: u32,
    pub(crate) slow_gap: i64,
    pub(crate) slow_span: i64,
    pub(crate) slow_days_tries: u32,
    pub(crate) slow_days: i64,
    pub(crate) slow_days_rate: f64,
    pub(crate) distributed_sources: u32,
    pub(crate) distributed_tries: u32,
    pub(crate) distributed_window: i64,
    pub(crate) distributed_nets: u32,
    pub(crate) distributed_clients: u32,
    pub(crate) distributed_day: u32,
    pub(crate) cluster_sources: u32,
    pub(crate) cluster_accounts: u32,
    pub(crate) cluster_tries: u32,
    pub(crate) cluster_window: i64,
    pub(crate) spray_accounts: u32,
    pub(crate) spray_tries: u32,
    pub(crate) spray_band: f64,
    pub(crate) spray_length: i64,
    pub(crate) spray_fast_accounts: u32,
    pub(crate) spray_fast_tries: u32,
    pub(crate) stuffing_tries: u32,
    pub(crate) stuffing_accounts: u32,
    pub(crate) stuffing_few: f64,
    pub(crate) stuffing_common: f64,
    pub(crate) stuffing_known: f64,
    pub(crate) stuffing_rate: f64,
    pub(crate) stuffing_critical: u32,
    pub(crate) enumeration_names: u32,
    pub(crate) after_failures: u32,
    pub(crate) after_memory: i64,
    pub(crate) after_memory_privileged: i64,
    pub(crate) common_names: FxHashSet<u64>,
    /// Room for accounts and sources by name over all attacks.
    pub(crate) room: Room,
    privileged: FxHashSet<u64>,
    existing: FxHashSet<u64>,
    roster: bool,
}

/// Accounts and sources that all attacks together may name; each is some 150 bytes.
const NAMED_ALL_MAX: usize = 150_000;
/// What each attack may name beyond that.
const NAMED_FEW: usize = 64;

/// How much of that room is used.
#[derive(Clone, Debug, Default)]
pub(crate) struct Room(std::cell::Cell<usize>);

impl Room {
    /// Takes a place for an attack that has `own` of at most `max`.
    pub(crate) fn take(&self, own: usize, max: usize) -> bool {
        let used = self.0.get();
        if own >= max || used >= NAMED_ALL_MAX && own >= NAMED_FEW {
            return false;
        }
        self.0.set(used.saturating_add(1));
        true
    }
}

impl Settings {
    pub(crate) fn new(rules: &RuleSet, context: &Context) -> Self {
        let empty = Params::default();
        let params = |kind: Kind| rules.native(kind.as_str()).map_or(&empty, |(_, rule)| &rule.params);
        let guess = params(Kind::PasswordGuessing);
        let dictionary = params(Kind::DictionaryAttack);
        let slow = params(Kind::SlowGuessing);
        let spray = params(Kind::PasswordSpraying);
        let stuffing = params(Kind::CredentialStuffing);
        let distributed = params(Kind::DistributedGuessing);
        let after = params(Kind::SuccessAfterFailures);
        let ids = |names: &[String]| names.iter().map(|name| account_id(name)).collect();
        let mut privileged: FxHashSet<u64> = ids(guess.list("privileged_names"));
        let admins = context.accounts.iter().filter(|(_, account)| account.kind == AccountKind::Admin);
        privileged.extend(admins.map(|(name, _)| account_id(name)));
        let roots = context.local_users.iter().filter(|(_, uid)| **uid == 0);
        privileged.extend(roots.map(|(name, _)| account_id(name)));
        Self {
            rules: rules.iter().map(|(index, rule)| (rule, index)).filter_map(native_kind).collect(),
            guess_tries: guess.count("tries_min", 5),
            guess_window: guess.duration("window", 10 * Timestamp::MINUTE),
            guess_tries_medium: guess.count("tries_medium", 20),
            guess_day_medium: guess.count("tries_day_medium", 100),
            dictionary_accounts: dictionary.count("accounts_min", 5),
            dictionary_unknown: dictionary.number("unknown_share", 0.5),
            dictionary_medium: dictionary.count("accounts_medium", 50),
            slow_tries: slow.count("tries_min", 4),
            slow_gap: slow.duration("median_gap", 10 * Timestamp::MINUTE),
            slow_span: slow.duration("span", Timestamp::DAY),
            slow_days_tries: slow.count("tries_days_min", 10),
            slow_days: slow.duration("days_min", 3 * Timestamp::DAY),
            slow_days_rate: slow.number("tries_a_day_max", 5.0),
            distributed_sources: distributed.count("sources_min", 5),
            distributed_tries: distributed.count("tries_min", 10),
            distributed_window: distributed.duration("window", 15 * Timestamp::MINUTE),
            distributed_nets: distributed.count("networks_min", 8),
            distributed_clients: distributed.count("clients_min", 3),
            distributed_day: distributed.count("sources_day", 20),
            cluster_sources: distributed.count("host_networks_min", 8),
            cluster_accounts: distributed.count("host_accounts_min", 8),
            cluster_tries: distributed.count("host_tries_min", 25),
            cluster_window: distributed.duration("window", 15 * Timestamp::MINUTE),
            spray_accounts: spray.count("accounts_min", 8),
            spray_tries: spray.count("tries_min", 15),
            spray_band: spray.number("band_share", 0.6),
            spray_length: spray.duration("length_min", 5 * Timestamp::MINUTE),
            spray_fast_accounts: spray.count("fast_accounts_min", 10),
            spray_fast_tries: spray.count("fast_tries_min", 30),
            stuffing_tries: stuffing.count("tries_min", 25),
            stuffing_accounts: stuffing.count("accounts_min", 15),
            stuffing_few: stuffing.number("few_tries_share", 0.8),
            stuffing_common: stuffing.number("common_share_max", 0.3),
            stuffing_known: stuffing.number("known_share_min", 0.05),
            stuffing_rate: stuffing.number("guess_rate", 0.0001),
            stuffing_critical: stuffing.count("entered_critical", 10),
            enumeration_names: params(Kind::AccountEnumeration).count("names_min", 10),
            after_failures: after.count("failures_min", 5),
            after_memory: after.duration("memory", Timestamp::DAY),
            after_memory_privileged: after.duration("memory_privileged", 7 * Timestamp::DAY),
            common_names: ids(dictionary.list("common_names")),
            room: Room::default(),
            privileged,
            existing: context
                .accounts
                .keys()
                .chain(context.local_users.keys())
                .map(|name| account_id(name))
                .collect(),
            roster: !context.accounts.is_empty(),
        }
    }

    /// Number of the rule of a kind; `None` when it is switched off.
    pub(crate) fn rule(&self, kind: Kind) -> Option<RuleIndex> {
        self.rules.iter().find(|(own, _)| *own == kind).map(|(_, index)| *index)
    }

    /// Does the account exist, as far as roster and password file tell?
    pub(crate) fn known(&self, account: u64) -> Option<bool> {
        if self.existing.contains(&account) { Some(true) } else { self.roster.then_some(false) }
    }

    /// How long failures on the account are remembered for K-07, microseconds.
    pub(crate) fn memory(&self, account: u64) -> i64 {
        if self.is_privileged(account) { self.after_memory_privileged } else { self.after_memory }
    }

    /// Is the account an administrator or otherwise privileged?
    pub(crate) fn is_privileged(&self, account: u64) -> bool {
        self.privileged.contains(&account)
    }
}

fn native_kind((rule, index): (&crate::rule::Rule, RuleIndex)) -> Option<(Kind, RuleIndex)> {
    match &rule.body {
        crate::rule::Body::Native(name) => Kind::parse(name).map(|kind| (kind, index)),
        _ => None,
    }
}
