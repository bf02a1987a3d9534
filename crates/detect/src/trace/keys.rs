//! K-20 planted_account_use (無断追加アカウントの使用), second sign: a login with a key that an intruder may have put into
//! `authorized_keys`. The log does not show the key that was added; a key never seen before, soon after, is taken for it.

use super::deed::{Deed, What};
use super::report::{account, add_note};
use super::rules::InForce;
use super::world::Login;
use super::{Desk, Part};
use crate::attempts::{account_id, stable_hash};
use crate::engine::Ctx;
use crate::findings::{add_evidence, add_source, record};
use crate::rule::RuleSet;
use crate::signal::Signal;
use compact_str::CompactString;
use rustc_hash::FxHashSet;
use vocab::{AccountRole, AuthMethod, Class, EvidenceRole, Message, Outcome, Timestamp, activity};

/// Keys remembered.
const KEYS_MAX: usize = 50_000;
/// Added keys and later logins kept.
const DOORS_MAX: usize = 1_000;

/// A key was added.
#[derive(Clone, Debug)]
struct Door {
    host: CompactString,
    /// Account whose file it was; empty when the path does not tell.
    account: CompactString,
    actor: CompactString,
    time: Timestamp,
    login: Option<Login>,
    used: Vec<Signal>,
}

/// Second sign of K-20.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    rule: InForce,
    within: i64,
    seen: FxHashSet<u64>,
    doors: Vec<Door>,
}

impl Keys {
    /// The part, when its rule is in force.
    pub(crate) fn new(rules: &RuleSet) -> Option<Self> {
        let rule = InForce::find(rules, "planted_account_use")?;
        let within = rule.params.duration("key_within", 30 * Timestamp::DAY);
        Some(Self { within, seen: FxHashSet::default(), doors: Vec::new(), rule })
    }

    fn added(&mut self, deed: &Deed<'_>, desk: &Desk<'_>) {
        let Some(at) = deed.line.find("authorized_keys") else { return };
        if self.doors.len() >= DOORS_MAX {
            return;
        }
        let path = deed.line.get(..at).unwrap_or_default();
        let path = path.rsplit([' ', '\t', '>', '\'', '"', '=']).next().unwrap_or_default();
        let time = deed.signal.order.time;
        self.doors.push(Door {
            host: deed.signal.host.clone(),
            account: owner(path).into(),
            actor: deed.actor.into(),
            time,
            login: desk.world.login(&deed.signal.host, deed.actor, time).cloned(),
            used: Vec::new(),
        });
    }

    fn login(&mut self, deed: &Deed<'_>) {
        let (signal, key) = (deed.signal, deed.detail().key_id.as_str());
        if key.is_empty() || signal.account.is_empty() {
            return;
        }
        let new = if self.seen.len() < KEYS_MAX {
            self.seen.insert(stable_hash(&(signal.host.as_str(), account_id(&signal.account), key)))
        } else {
            false
        };
        if !new {
            return;
        }
        let now = signal.order.time;
        let within = self.within;
        for door in &mut self.doors {
            let same =
                door.host == signal.host && (door.account.is_empty() || door.account == signal.account);
            if same && door.time <= now && now.since(door.time) <= within && door.used.len() < 16 {
                door.used.push(signal.clone());
            }
        }
    }

    fn say(&self, door: &Door, ctx: &mut Ctx) {
        for signal in &door.used {
            let time = signal.order.time;
            let key = vec![
                ("host".to_owned(), signal.host.to_string()),
                ("account".to_owned(), signal.account.to_string()),
            ];
            let Some(finding) = ctx.findings.upsert(&ctx.rules, self.rule.index, key, time) else { return };
            finding.level = self.rule.level;
            finding.attempts += 1;
            finding.successes += 1;
            if finding.hosts.is_empty() {
                finding.hosts.push(signal.host.to_string());
                finding.service = signal.service.to_string();
            }
            add_evidence(finding, record(signal, EvidenceRole::Success));
            account(finding, &signal.account, AccountRole::Entered, signal);
            if let Some(seen) = finding.accounts.first_mut() {
                seen.attempts += 1;
                seen.successes += 1;
                seen.entry.get_or_insert(signal.citation);
                seen.entry_source = seen.entry_source.or(signal.src_ip);
            }
            if let Some(ip) = signal.src_ip {
                add_source(finding, ip, time, signal.trust, true);
            }
            if signal.attempt != 0 && !finding.sessions.contains(&signal.attempt) {
                finding.sessions.push(signal.attempt);
            }
            let note = Message::new("trace-planted-key")
                .with("account", signal.account.as_str())
                .with("actor", door.actor.as_str())
                .with("time", door.time);
            add_note(finding, note);
        }
    }
}

/// Account whose folder holds the file: `/home/U/.ssh/`, `/root/.ssh/`.
fn owner(path: &str) -> &str {
    let folder = path.strip_suffix("/.ssh/").unwrap_or_default();
    folder.rsplit('/').next().unwrap_or_default()
}

impl Part for Keys {
    fn see(&mut self, deed: &Deed<'_>, desk: &mut Desk<'_>, _ctx: &mut Ctx) {
        let signal = deed.signal;
        if deed.what == What::Command {
            self.added(deed, desk);
        } else if signal.class == Class::Authentication
            && signal.activity == activity::AUTH_LOGON
            && signal.outcome == Outcome::Success
            && signal.method == Some(AuthMethod::Publickey)
        {
            self.login(deed);
        }
    }

    fn close(&mut self, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        for door in std::mem::take(&mut self.doors) {
            if !door.used.is_empty()
                && desk.reporter.is_intruder(&door.host, &door.actor, door.time, door.login.as_ref(), ctx)
            {
                self.say(&door, ctx);
            }
        }
    }
}
