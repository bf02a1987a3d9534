//! K-31 log_tampering (ログの改ざん・消去): logs emptied, deleted, switched off or rewritten, as far as other records show.

use super::deed::{Deed, What};
use super::report::Act;
use super::rules::{CommandList, Hit, InForce};
use super::shown::shown;
use super::{Desk, Part};
use crate::engine::Ctx;
use crate::rule::RuleSet;
use crate::signal::Signal;
use vocab::{Class, EvidenceRole, Level, Message, Timestamp, activity};

/// K-31.
#[derive(Clone, Debug)]
pub(crate) struct Logs {
    rule: InForce,
    commands: CommandList,
    loggers: Vec<String>,
    reboot: i64,
    /// A logger that was told to stop and has not come back: host, time, its record.
    stopped: Vec<Signal>,
}

impl Logs {
    /// The part, when its rule is in force.
    pub(crate) fn new(rules: &RuleSet) -> Option<Self> {
        let rule = InForce::find(rules, "log_tampering")?;
        Some(Self {
            commands: CommandList::new(&rule),
            loggers: rule.params.list("loggers").to_vec(),
            reboot: rule.params.duration("restart_within", 10 * Timestamp::MINUTE),
            stopped: Vec::new(),
            rule,
        })
    }

    fn say(&self, sign: &str, hit: &Hit, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let actor = if deed.actor.is_empty() { desk.world.actor(deed, &[]) } else { deed.actor.into() };
        let note = Message::new(format!("trace-log-{sign}"))
            .with("object", hit.object.as_str())
            .with("actor", if actor.is_empty() { "?" } else { actor.as_str() })
            .with("command", shown(deed));
        let act = Act {
            rule: self.rule.index,
            key: &[("actor", &actor), ("sign", sign)],
            level: hit.level,
            joined: self.rule.joined,
            actor: &actor,
            account: None,
            artefact: "",
            role: EvidenceRole::Effect,
            note,
            only_after: None,
            observed: None,
        };
        desk.reporter.act(&act, deed, desk.world, ctx);
    }

    fn object(level: Level, object: &str) -> Hit {
        Hit { level, object: super::command::cut(object, 256).to_owned() }
    }

    /// A logger stopped: tampering unless it comes back soon or the computer goes down.
    fn stop(&mut self, deed: &Deed<'_>) {
        if self.stopped.len() < 1_000 {
            self.stopped.push(deed.signal.clone());
        }
    }

    fn settle(&mut self, deed: Option<&Deed<'_>>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        if self.stopped.is_empty() {
            return;
        }
        let now = deed.map(|deed| deed.signal.order.time);
        let mut left = Vec::new();
        for stop in std::mem::take(&mut self.stopped) {
            if now.is_some_and(|now| now.since(stop.order.time) <= self.reboot) {
                left.push(stop);
                continue;
            }
            if desk.world.is_rebooting(&stop.host, stop.order.time, self.reboot) {
                continue;
            }
            let stopped = Deed::of(&stop);
            let object = Self::object(self.rule.level("level_stopped"), stopped.process);
            self.say("stopped", &object, &stopped, desk, ctx);
        }
        self.stopped = left;
    }
}

impl Part for Logs {
    fn see(&mut self, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        self.settle(Some(deed), desk, ctx);
        let signal = deed.signal;
        match (deed.what, signal.class, signal.activity) {
            (What::Command, ..) => {
                if let Some(hit) = self.commands.hit(deed.line) {
                    self.say("command", &hit, deed, desk, ctx);
                }
            }
            (_, Class::EventLog, activity::LOG_CLEAR) => {
                // A log of Windows is named by its channel.
                let name = if signal.service.is_empty() { &deed.detail().path } else { &signal.service };
                let object = Self::object(self.rule.level, name);
                self.say("cleared", &object, deed, desk, ctx);
            }
            (_, Class::EventLog, activity::LOG_DELETE) => {
                let object = Self::object(self.rule.level, signal.parser);
                let sign = if deed.detail().signature == "ZEROED_RECORD" { "zeroed" } else { "cleared" };
                self.say(sign, &object, deed, desk, ctx);
            }
            (_, Class::EventLog, activity::LOG_STOP) if self.is_logger(deed) => self.stop(deed),
            (_, Class::EventLog, activity::LOG_START) if self.is_logger(deed) => {
                self.stopped.retain(|stop| stop.host != signal.host);
            }
            _ => {}
        }
    }

    fn close(&mut self, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        self.settle(None, desk, ctx);
    }
}

impl Logs {
    fn is_logger(&self, deed: &Deed<'_>) -> bool {
        let service = deed.signal.service.as_str();
        let named =
            |name: &String| service.starts_with(name.as_str()) || deed.process.starts_with(name.as_str());
        self.loggers.iter().any(named)
    }
}
