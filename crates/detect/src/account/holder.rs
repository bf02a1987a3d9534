//! Use of accounts that nobody should use: dormant, left over, factory, service, planted, decoy (K-13 to K-15, K-17,
//! K-20, K-60).

use super::history::History;
use super::roster::Roster;
use super::settings::Settings;
use super::source::Before;
use super::write::{Entry, write};
use crate::attempts::{Attempt, account_id, canonical};
use crate::engine::Ctx;
use crate::rule::{Params, RuleSet};
use crate::signal::Signal;
use rustc_hash::{FxHashMap, FxHashSet};
use vocab::{
    AccountKind, AccountState, AuthMethod, Class, Context, Kind, Level, Message, Outcome, Reason, Timestamp,
    activity,
};

/// Accounts whose last use, making or failures are remembered.
const ACCOUNTS_MAX: usize = 65_536;
/// Begin of the names that `sekisho exercise` uses (演習): decoys without a roster.
const EXERCISE: &str = "sekisho-exercise-";

/// Numbers of these kinds.
#[derive(Clone, Debug)]
struct Numbers {
    idle: i64,
    idle_privileged: i64,
    idle_new: i64,
    failures_low: u32,
    failures_medium: u32,
    default_names: FxHashSet<u64>,
    service_names: FxHashSet<u64>,
    uid_min: u32,
    regular_uses: u32,
    regular_span: i64,
}

/// Watches who is used.
#[derive(Clone, Debug)]
pub(crate) struct Holders {
    numbers: Numbers,
    roster: Roster,
    last_use: FxHashMap<u64, Timestamp>,
    made: FxHashMap<u64, Timestamp>,
    failures: FxHashMap<u64, u32>,
    cover: Cover,
}

impl Holders {
    pub(crate) fn new(rules: &RuleSet, context: &Context) -> Self {
        let empty = Params::default();
        let params = |kind: Kind| rules.native(kind.as_str()).map_or(&empty, |(_, rule)| &rule.params);
        let ids = |names: &[String]| names.iter().map(|name| account_id(name)).collect();
        let (dormant, service) = (params(Kind::DormantAccountUse), params(Kind::ServiceAccountLogin));
        let numbers = Numbers {
            idle: dormant.duration("idle", 90 * Timestamp::DAY),
            idle_privileged: dormant.duration("idle_privileged", 45 * Timestamp::DAY),
            idle_new: dormant.duration("never_used", 30 * Timestamp::DAY),
            failures_low: dormant.count("failures_low", 3),
            failures_medium: dormant.count("failures_medium", 10),
            default_names: ids(params(Kind::DefaultAccountUse).list("names")),
            service_names: ids(service.list("names")),
            uid_min: service.count("uid_min", 1_000),
            regular_uses: service.count("regular_uses", 5),
            regular_span: service.duration("regular_span", 30 * Timestamp::DAY),
        };
        Self {
            numbers,
            roster: Roster::new(context),
            last_use: FxHashMap::default(),
            made: FxHashMap::default(),
            failures: FxHashMap::default(),
            cover: Cover::default(),
        }
    }

    /// What roster and password file say.
    pub(crate) fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Notes accounts that are made.
    pub(crate) fn signal(&mut self, signal: &Signal) {
        self.cover.at(signal.order.time);
        let made = signal.class == Class::AccountChange
            && signal.activity == activity::ACCOUNT_CREATE
            && signal.outcome != Outcome::Failure;
        if !made {
            return;
        }
        let target = signal.detail.as_deref().map_or("", |detail| detail.target_user.as_str());
        let name = if target.is_empty() { signal.account.as_str() } else { target };
        if self.made.len() < ACCOUNTS_MAX && !name.is_empty() {
            self.made.insert(account_id(name), signal.order.time);
        }
    }

    /// Takes a failed try.
    pub(crate) fn failure(&mut self, attempt: &Attempt, settings: &Settings, ctx: &mut Ctx) {
        if attempt.account_id == 0 || attempt.name_only || attempt.key_probe {
            return;
        }
        self.decoy(attempt, settings, ctx);
        if self.leaver(attempt, settings, ctx) || attempt.known() == Some(false) {
            return;
        }
        let Some((since, _)) = self.idle(attempt, settings) else { return };
        if self.failures.len() >= ACCOUNTS_MAX && !self.failures.contains_key(&attempt.account_id) {
            return;
        }
        let failures = self.failures.entry(attempt.account_id).or_default();
        *failures = failures.saturating_add(attempt.count);
        let level = match *failures {
            count if count >= self.numbers.failures_medium => Level::Medium,
            count if count >= self.numbers.failures_low => Level::Low,
            _ => Level::Informational,
        };
        let entry =
            Entry::new(Kind::DormantAccountUse, level, dormant_note("note-dormant-tried", attempt, since))
                .key("account", &canonical(&attempt.account));
        write(entry, attempt, settings, ctx);
    }

    /// Takes a success, before the history learns of it.
    pub(crate) fn success(
        &mut self,
        attempt: &Attempt,
        before: &Before,
        history: &History,
        settings: &Settings,
        ctx: &mut Ctx,
    ) {
        self.decoy(attempt, settings, ctx);
        if !self.leaver(attempt, settings, ctx) {
            self.dormant(attempt, history, settings, ctx);
        }
        self.factory(attempt, before, settings, ctx);
        self.service(attempt, history, settings, ctx);
        self.planted(attempt, settings, ctx);
        if self.last_use.len() < ACCOUNTS_MAX || self.last_use.contains_key(&attempt.account_id) {
            let last = self.last_use.entry(attempt.account_id).or_insert(attempt.time);
            *last = (*last).max(attempt.time);
        }
        self.failures.remove(&attempt.account_id);
    }

    fn decoy(&self, attempt: &Attempt, settings: &Settings, ctx: &mut Ctx) {
        let exercise = attempt.account.starts_with(EXERCISE);
        if exercise || self.roster.kind(attempt.account_id) == Some(AccountKind::Decoy) {
            let note = if exercise { "note-exercise" } else { "note-decoy" };
            let note = Message::new(note).with("account", attempt.account.as_str());
            let entry =
                Entry::new(Kind::DecoyUse, Level::High, note).key("account", &canonical(&attempt.account));
            write(entry, attempt, settings, ctx);
        }
    }

    /// K-14. Without a roster the log itself may say that the account had run out.
    fn leaver(&self, attempt: &Attempt, settings: &Settings, ctx: &mut Ctx) -> bool {
        let left = self.roster.left(attempt.account_id, attempt.time);
        let ran_out = attempt.reason == Reason::Expired && attempt.known() != Some(false);
        if left.is_none() && !ran_out {
            return false;
        }
        let success = attempt.outcome == Outcome::Success;
        let level = match (success, settings.is_privileged(attempt.account_id)) {
            (true, true) => Level::Critical,
            (true, false) => Level::High,
            (false, _) => Level::Medium,
        };
        let mut note = match left.flatten() {
            Some(since) => Message::new("note-leaver-since").with("since", since),
            None if left.is_some() => Message::new("note-leaver"),
            None => Message::new("note-leaver-expired"),
        };
        note = note.with("account", attempt.account.as_str());
        let owner = self.roster.get(attempt.account_id).and_then(|record| record.owner.clone());
        let entry =
            Entry::new(Kind::LeaverAccountUse, level, note).key("account", &canonical(&attempt.account));
        if let Some(finding) = write(entry, attempt, settings, ctx)
            && let Some(owner) = owner
        {
            let note = Message::new("note-leaver-owner").with("owner", owner);
            if !finding.notes.contains(&note) {
                finding.notes.push(note);
            }
        }
        true
    }

    /// Since when the account is idle, and whether it was used at all, when that is long enough.
    fn idle(&self, attempt: &Attempt, settings: &Settings) -> Option<(Option<Timestamp>, bool)> {
        let account = attempt.account_id;
        let seen = self.last_use.get(&account).copied();
        let told = self.roster.last_login(account, attempt.time);
        let bound =
            if settings.is_privileged(account) { self.numbers.idle_privileged } else { self.numbers.idle };
        match seen.max(told) {
            // The roster knows the day of the latest use; the logs know only what happened while they were kept.
            Some(last) if told.is_some_and(|told| last.since(told) <= Timestamp::DAY) => {
                (attempt.time.since(last) >= bound).then_some((Some(last), true))
            }
            Some(last) => {
                let idle = attempt.time.since(last) - self.cover.silent(last, attempt.time);
                (idle >= bound).then_some((Some(last), true))
            }
            None if self.roster.is_asleep(account) => Some((None, true)),
            None => {
                let made = *self.made.get(&account)?;
                (attempt.time.since(made) >= self.numbers.idle_new).then_some((Some(made), false))
            }
        }
    }

    fn dormant(&self, attempt: &Attempt, history: &History, settings: &Settings, ctx: &mut Ctx) {
        let Some((since, used)) = self.idle(attempt, settings) else { return };
        let level = if history.has_source(attempt) { Level::Medium } else { Level::High };
        let id = if used { "note-dormant" } else { "note-dormant-never" };
        let entry = Entry::new(Kind::DormantAccountUse, level, dormant_note(id, attempt, since))
            .key("account", &canonical(&attempt.account));
        write(entry, attempt, settings, ctx);
    }

    /// K-15. A key that somebody put there on purpose is no factory code.
    fn factory(&self, attempt: &Attempt, before: &Before, settings: &Settings, ctx: &mut Ctx) {
        let account = attempt.account_id;
        let by_name = self.numbers.default_names.contains(&account)
            && !matches!(attempt.method, Some(AuthMethod::Publickey | AuthMethod::Certificate))
            && self.roster.get(account).is_none();
        let far = attempt.src.is_some() || !attempt.src_host.is_empty() || attempt.is_remote == Some(true);
        if !far || !by_name && self.roster.kind(account) != Some(AccountKind::Default) {
            return;
        }
        let note = Message::new("note-default-account").with("account", attempt.account.as_str());
        let entry = Entry::new(Kind::DefaultAccountUse, Level::High, note)
            .key("account", &canonical(&attempt.account))
            .key("host", &attempt.host)
            .after_all(before);
        write(entry, attempt, settings, ctx);
    }

    /// K-17: a shell for an account that belongs to a program.
    fn service(&self, attempt: &Attempt, history: &History, settings: &Settings, ctx: &mut Ctx) {
        let account = attempt.account_id;
        let shell = matches!(
            attempt.service.as_str(),
            "sshd" | "login" | "remote" | "dropbear" | "rlogin" | "telnetd"
        );
        if attempt.src.is_none() || !shell {
            return;
        }
        let by_uid = self.roster.uid(account).is_some_and(|uid| uid > 0 && uid < self.numbers.uid_min);
        let by_key = matches!(attempt.method, Some(AuthMethod::Publickey | AuthMethod::Certificate));
        let by_roster = self.roster.kind(account) == Some(AccountKind::Service);
        if !by_roster
            && (self.roster.get(account).is_some()
                || !by_uid && !self.numbers.service_names.contains(&account))
        {
            return;
        }
        let known = history.known(attempt);
        let regular = known.successes >= self.numbers.regular_uses
            && known.first.is_some_and(|first| attempt.time.since(first) >= self.numbers.regular_span);
        let level = match (by_key, regular) {
            // A key was put there on purpose; whether it may be used by a person is for people to say.
            (true, _) => Level::Informational,
            (false, true) => Level::Medium,
            (false, false) => Level::High,
        };
        let note = Message::new("note-service-account").with("account", attempt.account.as_str());
        let entry = Entry::new(Kind::ServiceAccountLogin, level, note)
            .key("account", &canonical(&attempt.account))
            .key("host", &attempt.host);
        write(entry, attempt, settings, ctx);
    }

    /// K-20, as far as roster and password file show it; accounts made while the logs ran are a matter of the traces.
    fn planted(&self, attempt: &Attempt, settings: &Settings, ctx: &mut Ctx) {
        let account = attempt.account_id;
        if self.made.contains_key(&account) {
            return;
        }
        let by_roster = self.roster.get(account).is_some_and(|record| record.state == AccountState::Planted);
        let second_root =
            self.roster.uid(account) == Some(0) && !matches!(attempt.account.as_str(), "root" | "toor");
        if !by_roster && !second_root {
            return;
        }
        let id = if by_roster { "note-planted-roster" } else { "note-planted-uid" };
        let note = Message::new(id).with("account", attempt.account.as_str());
        let entry = Entry::new(Kind::PlantedAccountUse, Level::Critical, note)
            .key("account", &canonical(&attempt.account))
            .key("host", &attempt.host);
        if let Some(finding) = write(entry, attempt, settings, ctx)
            && !finding.artefacts.iter().any(|name| name == attempt.account.as_str())
        {
            finding.artefacts.push(attempt.account.to_string());
        }
    }
}

/// When the logs were silent altogether: nobody can tell what happened then.
#[derive(Clone, Debug, Default)]
struct Cover {
    last: Option<Timestamp>,
    silences: Vec<(Timestamp, Timestamp)>,
}

/// Silence of all logs that counts as a hole, microseconds.
const SILENCE_MICROS: i64 = 3 * Timestamp::DAY;

impl Cover {
    fn at(&mut self, time: Timestamp) {
        if let Some(last) = self.last
            && time.since(last) > SILENCE_MICROS
            && self.silences.len() < 4_096
        {
            self.silences.push((last, time));
        }
        self.last = self.last.max(Some(time));
    }

    /// Microseconds of silence between two times; the record of `now` itself need not have been seen.
    fn silent(&self, since: Timestamp, now: Timestamp) -> i64 {
        let open = self.last.filter(|last| now.since(*last) > SILENCE_MICROS).map(|last| (last, now));
        let after = self.silences.iter().rev().take_while(|(_, end)| *end > since);
        after
            .copied()
            .chain(open)
            .map(|(begin, end)| end.since(since.max(begin)))
            .fold(0, i64::saturating_add)
    }
}

fn dormant_note(id: &str, attempt: &Attempt, since: Option<Timestamp>) -> Message {
    let note = Message::new(match since {
        Some(_) => id.to_owned(),
        None => format!("{id}-undated"),
    });
    let note = note.with("account", attempt.account.as_str());
    match since {
        Some(since) => {
            let days = attempt.time.since(since) / Timestamp::DAY;
            note.with("since", since).with("days", u64::try_from(days).unwrap_or(0))
        }
        None => note,
    }
}
