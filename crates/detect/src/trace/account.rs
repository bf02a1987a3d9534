//! K-22 account_manipulation (アカウントの不正な作成・変更) and K-20 planted_account_use (無断追加アカウントの使用).

use super::deed::{Deed, What};
use super::report::{Act, account};
use super::rules::{CommandList, InForce};
use super::shown::shown;
use super::{Desk, Part};
use crate::attempts::account_id;
use crate::engine::Ctx;
use crate::findings::{Key, add_evidence, add_source, record};
use crate::rule::RuleSet;
use compact_str::CompactString;
use rustc_hash::{FxHashMap, FxHashSet};
use vocab::{
    AccountKind, AccountRole, Class, Context, EvidenceRole, Level, Message, Outcome, Timestamp, activity,
};

/// New accounts whose use is watched.
const PLANTED_MAX: usize = 10_000;
/// Programs that change accounts: their records are joined with the command that ran them.
const TOOLS: &[&str] = &[
    "useradd", "adduser", "usermod", "userdel", "groupadd", "gpasswd", "passwd", "chage", "newusers", "vipw",
];

/// An account made while the logs ran.
#[derive(Clone, Debug)]
struct New {
    host: CompactString,
    name: CompactString,
    actor: CompactString,
    key: Key,
    login: Option<Key>,
    time: Timestamp,
    superuser: bool,
}

/// K-22 and K-20.
#[derive(Clone, Debug)]
pub(crate) struct Accounts {
    rule: InForce,
    planted: Option<InForce>,
    commands: CommandList,
    groups: Vec<String>,
    admin_commands: u32,
    admin_after: i64,
    admins: FxHashSet<u64>,
    roster: bool,
    known: FxHashSet<u64>,
    new: FxHashMap<u64, New>,
}

impl Accounts {
    /// The part, when its rule is in force.
    pub(crate) fn new(rules: &RuleSet, context: &Context) -> Option<Self> {
        let rule = InForce::find(rules, "account_manipulation")?;
        let admins = context.accounts.iter().filter(|(_, account)| account.kind == AccountKind::Admin);
        Some(Self {
            planted: InForce::find(rules, "planted_account_use"),
            commands: CommandList::new(&rule),
            groups: rule.params.list("admin_groups").to_vec(),
            admin_commands: rule.params.count("admin_commands", 3),
            admin_after: rule.params.duration("admin_after", Timestamp::DAY),
            admins: admins.map(|(name, _)| account_id(name)).collect(),
            roster: !context.accounts.is_empty(),
            known: context.accounts.keys().map(|name| account_id(name)).collect(),
            new: FxHashMap::default(),
            rule,
        })
    }

    /// Does the account administer the computer as a habit?
    fn is_usual(&self, actor: &str, deed: &Deed<'_>, desk: &Desk<'_>) -> bool {
        if self.admins.contains(&account_id(actor)) {
            return true;
        }
        let now = deed.signal.order.time;
        desk.world.habit(&deed.signal.host, actor).is_some_and(|habit| {
            habit.commands >= self.admin_commands && now.since(habit.first) >= self.admin_after
        })
    }

    /// Sign of the change and its level without an entry; `None` for what is of no interest.
    fn judge(&self, deed: &Deed<'_>, actor: &str, usual: bool) -> Option<(&'static str, Level, AccountRole)> {
        // auditd says less of the account than the tool's own record, which stands beside it in the text log.
        let known = usual || deed.signal.parser == "auditd";
        let ordinary = if known { Level::Informational } else { self.rule.level };
        Some(match deed.what {
            // Computers of a domain keep their own accounts.
            What::AccountChanged | What::PasswordSet if actor.ends_with('$') => return None,
            What::AccountCreated if is_superuser(deed) => {
                ("superuser", self.rule.level("level_superuser"), AccountRole::Created)
            }
            What::AccountCreated if is_system(deed) => ("system", Level::Informational, AccountRole::Created),
            What::AccountCreated => ("created", ordinary, AccountRole::Created),
            What::AccountChanged if is_superuser(deed) => {
                ("superuser", self.rule.level("level_superuser"), AccountRole::Changed)
            }
            What::AccountChanged => ("changed", self.change(deed, ordinary), AccountRole::Changed),
            What::GroupJoined if self.groups.iter().any(|group| group == deed.group) => {
                ("admin_group", ordinary, AccountRole::Changed)
            }
            What::GroupJoined => ("group", Level::Informational, AccountRole::Changed),
            What::PasswordSet if is_of_another(actor, deed.target) => {
                ("password", ordinary, AccountRole::Changed)
            }
            _ => return None,
        })
    }

    /// A change of how an account logs in matters; its name, home or expiry is only worth knowing.
    fn change(&self, deed: &Deed<'_>, ordinary: Level) -> Level {
        let grave = [" UID from", " shell from", " password", " to shell "];
        let unlocked = deed.signal.activity == activity::ACCOUNT_UNLOCK;
        if unlocked || grave.iter().any(|words| deed.message.contains(words)) {
            return ordinary.min(Level::Low);
        }
        Level::Informational
    }

    fn changed(&mut self, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let actor = desk.world.actor(deed, TOOLS);
        let usual = self.is_usual(&actor, deed, desk);
        let Some((sign, level, role)) = self.judge(deed, &actor, usual) else { return };
        let joined =
            if level == Level::Informational && sign == "system" { Level::Medium } else { self.rule.joined };
        let note = Message::new(format!("trace-account-{sign}"))
            .with("account", deed.target)
            .with("group", deed.group)
            .with("actor", if actor.is_empty() { "?" } else { actor.as_str() });
        let act = Act {
            rule: self.rule.index,
            key: &[("account", deed.target), ("sign", sign)],
            level,
            joined,
            actor: &actor,
            account: Some((deed.target, role)),
            artefact: if role == AccountRole::Created && sign != "system" { deed.target } else { "" },
            role: EvidenceRole::Effect,
            note,
            only_after: None,
            observed: None,
        };
        let key = desk.reporter.act(&act, deed, desk.world, ctx);
        if deed.what == What::AccountCreated && !is_system(deed) && self.new.len() < PLANTED_MAX {
            let new = New {
                host: deed.signal.host.clone(),
                name: deed.target.into(),
                actor,
                key,
                login: None,
                time: deed.signal.order.time,
                superuser: is_superuser(deed),
            };
            self.new.insert(account_id(deed.target), new);
        }
    }

    fn ran(&self, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let Some(hit) = self.commands.hit(deed.line) else { return };
        let usual = self.is_usual(deed.actor, deed, desk);
        let level = if usual && hit.level <= self.rule.level { Level::Informational } else { hit.level };
        let act = Act {
            rule: self.rule.index,
            key: &[("actor", deed.actor), ("sign", "command")],
            level,
            joined: self.rule.joined,
            actor: deed.actor,
            account: None,
            artefact: "",
            role: EvidenceRole::Session,
            note: Message::new("trace-account-command")
                .with("actor", deed.actor)
                .with("command", shown(deed)),
            only_after: None,
            observed: None,
        };
        desk.reporter.act(&act, deed, desk.world, ctx);
    }

    /// A login with an account that was made while the logs ran.
    fn used(&mut self, deed: &Deed<'_>, ctx: &mut Ctx) {
        let Some(rule) = &self.planted else { return };
        let signal = deed.signal;
        let entry = signal.class == Class::Authentication
            && signal.activity == activity::AUTH_LOGON
            && signal.outcome == Outcome::Success
            && signal.src_ip.is_some();
        if !entry {
            return;
        }
        let Some(new) = self.new.get_mut(&account_id(&signal.account)) else { return };
        let other_host = !new.host.is_empty() && !signal.host.is_empty() && new.host != signal.host;
        if other_host || self.known.contains(&account_id(&new.name)) {
            return;
        }
        let time = signal.order.time;
        let key =
            vec![("host".to_owned(), signal.host.to_string()), ("account".to_owned(), new.name.to_string())];
        let Some(finding) = ctx.findings.upsert(&ctx.rules, rule.index, key.clone(), time) else { return };
        if new.login.is_none() {
            finding.level = if self.roster || new.superuser { rule.level } else { Level::Informational };
            let note =
                Message::new("trace-planted").with("account", new.name.as_str()).with("time", new.time);
            super::report::add_note(finding, note);
            finding.hosts.push(signal.host.to_string());
            finding.service = signal.service.to_string();
            finding.artefacts.push(new.name.to_string());
        }
        new.login = Some(key);
        finding.attempts += 1;
        finding.successes += 1;
        add_evidence(finding, record(signal, EvidenceRole::Success));
        account(finding, &new.name, AccountRole::Entered, signal);
        if let Some(seen) = finding.accounts.first_mut() {
            seen.attempts += 1;
            seen.successes += 1;
            seen.entry.get_or_insert(signal.citation);
            seen.entry_source = seen.entry_source.or(signal.src_ip);
        }
        if let Some(ip) = signal.src_ip {
            add_source(finding, ip, time, signal.trust, true);
        }
        if signal.attempt != 0 && finding.sessions.len() < 64 && !finding.sessions.contains(&signal.attempt) {
            finding.sessions.push(signal.attempt);
        }
    }
}

/// uid 0 beside root.
fn is_superuser(deed: &Deed<'_>) -> bool {
    let message = deed.message;
    deed.target != "root"
        && (deed.detail().user_uid == "0"
            || message.contains("UID=0,")
            || (message.contains(" UID from '") && message.ends_with(" to '0'")))
}

/// An account for a program: no shell to log in with, and a number below those of people.
fn is_system(deed: &Deed<'_>) -> bool {
    let message = deed.message;
    let shell =
        ["shell=/usr/sbin/nologin", "shell=/sbin/nologin", "shell=/bin/false", "shell=/usr/bin/false"];
    shell.iter().any(|shell| message.contains(shell)) && !is_superuser(deed)
}

/// The password of somebody else.
fn is_of_another(actor: &str, target: &str) -> bool {
    !actor.is_empty() && actor != target && !target.is_empty()
}

impl Part for Accounts {
    fn see(&mut self, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        match deed.what {
            What::AccountCreated | What::AccountChanged | What::GroupJoined | What::PasswordSet => {
                self.changed(deed, desk, ctx);
            }
            What::Command => self.ran(deed, desk, ctx),
            _ => self.used(deed, ctx),
        }
    }

    fn close(&mut self, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        // An account planted by whoever entered is planted, with or without a roster.
        let Some(rule) = &self.planted else { return };
        for new in self.new.values().filter(|new| new.login.is_some()) {
            let Some(key) = &new.login else { continue };
            if desk.reporter.is_joined(self.rule.index, &new.key, ctx)
                && let Some(finding) = ctx.findings.upsert(&ctx.rules, rule.index, key.clone(), new.time)
            {
                crate::findings::raise(finding, rule.level);
                let note = Message::new("trace-planted-by").with("actor", new.actor.as_str());
                super::report::add_note(finding, note);
            }
        }
    }
}
