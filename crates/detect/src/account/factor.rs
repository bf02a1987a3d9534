//! Second factors pressed upon the holder until one is accepted (K-09).

use super::settings::Settings;
use super::write::{Entry, write};
use crate::attempts::{Attempt, canonical};
use crate::engine::Ctx;
use crate::rule::{Params, RuleSet};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use vocab::{Category, Kind, Level, Message, Outcome, Reason, Timestamp};

/// Accounts with refused factors held at once.
const ACCOUNTS_MAX: usize = 16_384;
/// Refusals remembered of an account.
const REFUSALS_MAX: usize = 64;

/// Watches refused second factors.
#[derive(Clone, Debug)]
pub(crate) struct Factors {
    pushes: u32,
    denials: u32,
    window: i64,
    after: i64,
    accounts: FxHashMap<u64, VecDeque<(Timestamp, bool)>>,
    /// A refused factor was seen at all.
    pub(crate) seen: bool,
}

impl Factors {
    pub(crate) fn new(rules: &RuleSet) -> Self {
        let empty = Params::default();
        let params = rules.native(Kind::MfaFatigue.as_str()).map_or(&empty, |(_, rule)| &rule.params);
        Self {
            pushes: params.count("pushes_min", 5),
            denials: params.count("denials_min", 2),
            window: params.duration("window", 10 * Timestamp::MINUTE),
            after: params.duration("accepted_within", 30 * Timestamp::MINUTE),
            accounts: FxHashMap::default(),
            seen: false,
        }
    }

    /// Takes an attempt, refused or accepted.
    pub(crate) fn attempt(&mut self, attempt: &Attempt, settings: &Settings, ctx: &mut Ctx) {
        let refused = matches!(attempt.reason, Reason::FactorDenied | Reason::FactorTimeout);
        if attempt.outcome == Outcome::Failure && refused {
            self.refused(attempt, settings, ctx);
        } else if attempt.is_entry()
            && let Some(refusals) = self.accounts.remove(&attempt.account_id)
            && self.is_many(&refusals, |time| attempt.time.since(time) <= self.after + self.window)
        {
            self.write(attempt, Level::High, Some(Category::CredentialMisuse), settings, ctx);
        }
    }

    fn refused(&mut self, attempt: &Attempt, settings: &Settings, ctx: &mut Ctx) {
        self.seen = true;
        let full = self.accounts.len() >= ACCOUNTS_MAX;
        if full && !self.accounts.contains_key(&attempt.account_id) {
            let oldest = attempt.time.plus(-(self.after + self.window));
            self.accounts.retain(|_, refusals| refusals.back().is_some_and(|(time, _)| *time >= oldest));
        }
        let refusals = self.accounts.entry(attempt.account_id).or_default();
        if refusals.len() >= REFUSALS_MAX {
            refusals.pop_front();
        }
        refusals.push_back((attempt.time, attempt.reason == Reason::FactorDenied));
        let refusals = refusals.clone();
        if self.is_many(&refusals, |time| attempt.time.since(time) <= self.window) {
            self.write(attempt, Level::Medium, None, settings, ctx);
        }
    }

    fn is_many(&self, refusals: &VecDeque<(Timestamp, bool)>, recent: impl Fn(Timestamp) -> bool) -> bool {
        let recent: Vec<bool> =
            refusals.iter().filter(|(time, _)| recent(*time)).map(|(_, denied)| *denied).collect();
        recent.len() >= self.pushes as usize
            || recent.iter().filter(|denied| **denied).count() >= self.denials as usize
    }

    fn write(
        &self,
        attempt: &Attempt,
        level: Level,
        category: Option<Category>,
        settings: &Settings,
        ctx: &mut Ctx,
    ) {
        let id = if level == Level::High { "note-factor-accepted" } else { "note-factor-refused" };
        let note = Message::new(id).with("account", attempt.account.as_str());
        let mut entry =
            Entry::new(Kind::MfaFatigue, level, note).key("account", &canonical(&attempt.account));
        entry.category = category;
        write(entry, attempt, settings, ctx);
    }
}
