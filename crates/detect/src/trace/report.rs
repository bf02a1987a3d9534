//! Findings of the trace detectors, and their raising once it is known who got in (detection.md 4.5).
//!
//! Which login was an entry is often known only when the window of a guessing detector closes, so acts are kept with the
//! session they came from and joined with the entries when the input ends.

use super::deed::Deed;
use super::entries::{Entries, Entry};
use super::world::{Login, World};
use crate::attempts::stable_hash;
use crate::engine::Ctx;
use crate::findings::{Key, add_evidence, observed, raise, record};
use crate::signal::{RuleIndex, Signal};
use compact_str::CompactString;
use rustc_hash::FxHashMap;
use vocab::{
    AccountRole, AccountSeen, EvidenceRole, Finding, Flags, Kind, Level, Message, SourceSeen, Timestamp,
};

/// Acts kept for joining.
const ACTS_MAX: usize = 20_000;
/// Keys remembered for telling series apart.
const SERIES_MAX: usize = 50_000;
/// After this much quiet the same act is a new finding, microseconds.
const QUIET_MICROS: i64 = Timestamp::DAY;
/// An act this soon after an entry is the gravest sort (K-22), microseconds.
const SOON_MICROS: i64 = 300 * Timestamp::SECOND;

/// What a detector wants to say.
#[derive(Clone, Debug)]
pub(crate) struct Act<'a> {
    /// Its rule.
    pub(crate) rule: RuleIndex,
    /// Key, without the host.
    pub(crate) key: &'a [(&'static str, &'a str)],
    /// Level without an entry.
    pub(crate) level: Level,
    /// Level in the session of an entry.
    pub(crate) joined: Level,
    /// Who acted; empty when unknown.
    pub(crate) actor: &'a str,
    /// Account that was made or changed, and what happened to it.
    pub(crate) account: Option<(&'a str, AccountRole)>,
    /// File, unit or account, for joining.
    pub(crate) artefact: &'a str,
    /// What the record shows.
    pub(crate) role: EvidenceRole,
    /// Sentence for people.
    pub(crate) note: Message,
    /// Least level of the entry, and longest time since it, for raising; `None` = any.
    pub(crate) only_after: Option<(Level, i64)>,
    /// Number that the rule looked at, and the number it asked for.
    pub(crate) observed: Option<(&'static str, f64, f64)>,
}

#[derive(Clone, Debug)]
struct Kept {
    rule: RuleIndex,
    key: Key,
    host: CompactString,
    actor: CompactString,
    time: Timestamp,
    joined: Level,
    only_after: Option<(Level, i64)>,
    login: Option<Login>,
}

impl Kept {
    /// Is the entry grave and near enough to raise the act?
    fn counts(&self, entry: &Entry) -> bool {
        self.only_after
            .is_none_or(|(level, within)| entry.level >= level && self.time.since(entry.time) <= within)
    }
}

/// Writes findings and remembers the acts behind them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reporter {
    acts: Vec<Kept>,
    series: FxHashMap<u64, (Timestamp, u32)>,
    entries: Option<Entries>,
}

impl Reporter {
    /// Writes the finding of an act, or adds to the one that runs.
    /// Gives its key.
    pub(crate) fn act(&mut self, act: &Act<'_>, deed: &Deed<'_>, world: &World, ctx: &mut Ctx) -> Key {
        let signal = deed.signal;
        let time = signal.order.time;
        let key = self.key(act, signal);
        let login = world.login(&signal.host, act.actor, time).cloned();
        if let Some(finding) = ctx.findings.upsert(&ctx.rules, act.rule, key.clone(), time) {
            let ambiguous = signal.flags.has(Flags::AMBIGUOUS);
            if finding.evidence.is_empty() {
                finding.level = act.level;
                finding.only_ambiguous = ambiguous;
            }
            finding.only_ambiguous &= ambiguous;
            finding.ambiguous += u64::from(ambiguous);
            finding.consented |= signal.flags.has(Flags::CONSENTED);
            raise(finding, act.level);
            fill(finding, act, signal);
            if let Some(login) = &login {
                origin(finding, login, time);
            }
        }
        // An ambiguous record raises nothing (DT-EVT-06).
        if act.actor.is_empty() || signal.flags.has(Flags::AMBIGUOUS) {
            return key;
        }
        if self.acts.len() < ACTS_MAX {
            let (host, actor) = (signal.host.clone(), act.actor.into());
            let key = key.clone();
            self.acts.push(Kept {
                rule: act.rule,
                key,
                host,
                actor,
                time,
                joined: act.joined,
                only_after: act.only_after,
                login,
            });
        } else {
            ctx.stats.evicted += 1;
        }
        key
    }

    /// Was the act of that key done in the session of an entry? To be asked when the input has ended.
    pub(crate) fn is_joined(&mut self, rule: RuleIndex, key: &Key, ctx: &Ctx) -> bool {
        let entries = self.entries.get_or_insert_with(|| Entries::of(ctx));
        let mut acts = self.acts.iter().filter(|act| act.rule == rule && act.key == *key);
        acts.any(|act| {
            entries.behind(&act.host, &act.actor, act.time, act.login.as_ref(), |_| true).is_some()
        })
    }

    /// The key with the host, and the number of the series when the same act came after a day of quiet.
    fn key(&mut self, act: &Act<'_>, signal: &Signal) -> Key {
        let mut key: Key = vec![("host".to_owned(), signal.host.to_string())];
        key.extend(act.key.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let id = stable_hash(&(act.rule, &key));
        let time = signal.order.time;
        if self.series.len() >= SERIES_MAX && !self.series.contains_key(&id) {
            return key;
        }
        let (last, number) = self.series.entry(id).or_insert((time, 1));
        if time.since(*last) > QUIET_MICROS {
            *number += 1;
        }
        *last = (*last).max(time);
        if *number > 1 {
            key.push(("series".to_owned(), number.to_string()));
        }
        key
    }

    /// Was what the account did at that time done by whoever entered? To be asked when the input has ended.
    pub(crate) fn is_intruder(
        &mut self,
        host: &str,
        actor: &str,
        time: Timestamp,
        login: Option<&Login>,
        ctx: &Ctx,
    ) -> bool {
        let entries = self.entries.get_or_insert_with(|| Entries::of(ctx));
        entries.behind(host, actor, time, login, |_| true).is_some()
    }

    /// Does an entry on the computer fall into that time? To be asked when the input has ended.
    pub(crate) fn entered_between(&mut self, host: &str, from: Timestamp, to: Timestamp, ctx: &Ctx) -> bool {
        let entries = self.entries.get_or_insert_with(|| Entries::of(ctx));
        entries.between(host, from, to)
    }

    /// Raises what was done in the session of an entry.
    pub(crate) fn finish(&mut self, ctx: &mut Ctx) {
        let entries = Entries::of(ctx);
        let soon = |act: &Kept, entry: &Entry| {
            act.joined == Level::High && act.time.since(entry.time) <= SOON_MICROS
        };
        for act in std::mem::take(&mut self.acts) {
            let login = act.login.as_ref();
            let counts = |entry: &Entry| act.counts(entry);
            let Some(entry) = entries.behind(&act.host, &act.actor, act.time, login, counts) else {
                continue;
            };
            let manipulation =
                ctx.rules.get(act.rule).is_some_and(|rule| rule.kind() == Kind::AccountManipulation);
            let level = if manipulation && soon(&act, entry) { Level::Critical } else { act.joined };
            let Some(finding) = ctx.findings.upsert(&ctx.rules, act.rule, act.key.clone(), act.time) else {
                continue;
            };
            raise(finding, level);
            finding.effect = true;
            for session in &entry.sessions {
                if !finding.sessions.contains(session) && finding.sessions.len() < 64 {
                    finding.sessions.push(*session);
                }
            }
            let note = Message::new("trace-after-entry")
                .with("account", entry.account.as_str())
                .with("kind", Message::new(format!("kind-{}", entry.kind.as_str())));
            add_note(finding, note);
        }
    }
}

/// Adds a sentence once, at most eight.
pub(crate) fn add_note(finding: &mut Finding, note: Message) {
    if finding.notes.len() < 8 && !finding.notes.contains(&note) {
        finding.notes.push(note);
    }
}

fn fill(finding: &mut Finding, act: &Act<'_>, signal: &Signal) {
    add_evidence(finding, record(signal, act.role));
    add_note(finding, act.note.clone());
    if finding.hosts.is_empty() && !signal.host.is_empty() {
        finding.hosts.push(signal.host.to_string());
    }
    if finding.service.is_empty() {
        finding.service = signal.service.to_string();
    }
    if !act.artefact.is_empty()
        && finding.artefacts.len() < 100
        && !finding.artefacts.iter().any(|old| old == act.artefact)
    {
        finding.artefacts.push(act.artefact.to_owned());
    }
    if let Some((name, value, threshold)) = act.observed {
        match finding.observed.iter_mut().find(|old| old.name == name) {
            Some(old) => old.value = old.value.max(value),
            None => finding.observed.push(observed(name, value, Some(threshold))),
        }
    }
    if let Some((name, role)) = act.account {
        account(finding, name, role, signal);
    }
}

/// Adds an account to a finding, or its later record.
pub(crate) fn account(finding: &mut Finding, name: &str, role: AccountRole, signal: &Signal) {
    let time = signal.order.time;
    if let Some(seen) = finding.accounts.iter_mut().find(|seen| seen.name == name && seen.role == role) {
        seen.last = seen.last.max(time);
        return;
    }
    if finding.accounts.len() >= 1_000 {
        return;
    }
    finding.account_count += 1;
    finding.accounts.push(AccountSeen {
        name: name.into(),
        realm: CompactString::default(),
        host: signal.host.clone(),
        service: signal.service.clone(),
        role,
        known: Some(true),
        privileged: name == "root",
        first: time,
        last: time,
        attempts: 0,
        successes: 0,
        entry: None,
        entry_source: None,
    });
}

/// Adds the session that an act came from.
fn origin(finding: &mut Finding, login: &Login, time: Timestamp) {
    if login.session != 0 && !finding.sessions.contains(&login.session) && finding.sessions.len() < 64 {
        finding.sessions.push(login.session);
    }
    let Some(ip) = login.src else { return };
    if let Some(source) = finding.sources.iter_mut().find(|source| source.ip == ip) {
        source.last = source.last.max(time);
        return;
    }
    finding.source_count += 1;
    if finding.sources.len() < 1_000 {
        let trust = vocab::Trust::Tr1;
        finding.sources.push(SourceSeen { ip, attempts: 0, successes: 0, first: time, last: time, trust });
    }
}
