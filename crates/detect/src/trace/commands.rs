//! Classes that show in the commands that people run with other rights: K-23 credential_store_access (識別符号の窃取), K-24
//! persistence_change (永続化), K-26 backdoor_listener (裏口ポート), K-27 malware_indicator (不正プログラムの痕跡), K-29
//! file_tampering (ファイルの改ざん), K-35 defence_impairment (防御機能の無効化), K-49 springboard_use (踏み台). The commands
//! stand in the rule documents; auditd's execve records are read like sudo's.

use super::deed::{Deed, What};
use super::report::Act;
use super::rules::{CommandList, Hit, InForce};
use super::shown::shown;
use super::{Desk, Part};
use crate::engine::Ctx;
use crate::rule::RuleSet;
use vocab::{EvidenceRole, Level, Message, Timestamp};

/// Names of the rules, and of the sentence that each says.
const RULES: &[(&str, &str)] = &[
    ("credential_store_access", "trace-credential-command"),
    ("persistence_change", "trace-persistence-command"),
    ("backdoor_listener", "trace-listener-command"),
    ("malware_indicator", "trace-malware-command"),
    ("file_tampering", "trace-file-command"),
    ("defence_impairment", "trace-defence-command"),
    ("springboard_use", "trace-springboard-command"),
    ("clock_anomaly", "trace-clock-command"),
];

#[derive(Clone, Debug)]
struct Watched {
    rule: InForce,
    list: CommandList,
    note: &'static str,
    /// Level for a habitual administrator.
    usual: Option<Level>,
    /// Its objects are rare enough to join incidents of several computers.
    joins: bool,
}

/// All classes that show in commands.
#[derive(Clone, Debug)]
pub(crate) struct Commands {
    watched: Vec<Watched>,
}

impl Commands {
    /// The part, with the rules in force.
    pub(crate) fn new(rules: &RuleSet) -> Option<Self> {
        let watched: Vec<Watched> = RULES
            .iter()
            .filter_map(|(name, note)| {
                let rule = InForce::find(rules, name)?;
                let usual = rule.word_level("level_usual");
                let joins = matches!(*name, "malware_indicator" | "backdoor_listener");
                Some(Watched { list: CommandList::new(&rule), rule, note, usual, joins })
            })
            .collect();
        (!watched.is_empty()).then_some(Self { watched })
    }
}

impl Watched {
    fn level(&self, hit: &Hit, usual: bool) -> Level {
        match self.usual {
            Some(level) if usual => hit.level.min(level),
            _ => hit.level,
        }
    }
}

/// Has the account administered the computer for a while?
pub(crate) fn is_usual(actor: &str, deed: &Deed<'_>, desk: &Desk<'_>) -> bool {
    let now = deed.signal.order.time;
    desk.world
        .habit(&deed.signal.host, actor)
        .is_some_and(|habit| habit.commands >= 3 && now.since(habit.first) >= Timestamp::DAY)
}

impl Part for Commands {
    fn see(&mut self, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        if deed.what != What::Command {
            return;
        }
        for watched in &self.watched {
            let Some(hit) = watched.list.hit(deed.line) else { continue };
            let note = Message::new(watched.note)
                .with("actor", if deed.actor.is_empty() { "?" } else { deed.actor })
                .with("object", hit.object.as_str())
                .with("command", shown(deed));
            let act = Act {
                rule: watched.rule.index,
                key: &[("actor", deed.actor), ("object", &hit.object)],
                level: watched.level(&hit, is_usual(deed.actor, deed, desk)),
                joined: watched.rule.joined,
                actor: deed.actor,
                account: None,
                // Files that every computer has join nothing.
                artefact: if watched.joins && hit.object.starts_with('/') { &hit.object } else { "" },
                role: EvidenceRole::Effect,
                note,
                only_after: None,
                observed: None,
            };
            desk.reporter.act(&act, deed, desk.world, ctx);
        }
    }
}
