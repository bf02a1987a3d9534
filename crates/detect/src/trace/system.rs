//! State of the computer: K-24 changes of jobs and modules, K-27 antivirus, K-34 clock, K-35 services of defence, K-54
//! host_anomaly (機器の異状), as the kernel, systemd and other programs write it.

use super::deed::{Deed, What};
use super::needed::program;
use super::report::Act;
use super::rules::InForce;
use super::{Desk, Part};
use crate::engine::Ctx;
use crate::rule::RuleSet;
use crate::signal::Signal;
use compact_str::CompactString;
use vocab::{Class, EvidenceRole, Level, Message, Timestamp, activity};

/// Stopped services held until it is known whether they come back.
const STOPPED_MAX: usize = 1_000;

/// What a line of a program means: parts of the message, all of which must occur (after `!`: must not), and the level.
#[derive(Clone, Debug)]
struct Line {
    rule: InForce,
    program: String,
    parts: Vec<String>,
    level: Level,
    note: &'static str,
}

#[derive(Clone, Debug)]
struct Stopped {
    signal: Signal,
    unit: CompactString,
}

/// The part.
#[derive(Clone, Debug)]
pub(crate) struct System {
    lines: Vec<Line>,
    jobs: Option<InForce>,
    defence: Option<InForce>,
    units: Vec<String>,
    restart: i64,
    stopped: Vec<Stopped>,
}

/// Rules with `lines` parameters, and the sentence of each.
const LINES: &[(&str, &str)] = &[
    ("host_anomaly", "trace-host-line"),
    ("clock_anomaly", "trace-clock-line"),
    ("defence_impairment", "trace-defence-line"),
    ("malware_indicator", "trace-malware-line"),
    ("persistence_change", "trace-persistence-line"),
    ("denial_of_service", "trace-flood-line"),
    ("credential_store_access", "trace-credential-line"),
    ("backdoor_listener", "trace-listener-line"),
    ("file_tampering", "trace-file-line"),
];

impl System {
    /// The part, with the rules in force.
    pub(crate) fn new(rules: &RuleSet) -> Option<Self> {
        let mut lines = Vec::new();
        for (name, note) in LINES {
            let Some(rule) = InForce::find(rules, name) else { continue };
            for level in Level::ALL {
                let own = format!("lines_{}", level.as_str());
                for text in rule.params.list(&own) {
                    let mut parts = text.split('|').map(|part| part.trim().to_owned());
                    let program = parts.next().unwrap_or_default();
                    lines.push(Line { rule: rule.clone(), program, parts: parts.collect(), level, note });
                }
            }
        }
        let defence = InForce::find(rules, "defence_impairment");
        let units = defence.as_ref().map(|rule| rule.params.list("services").to_vec()).unwrap_or_default();
        let restart = defence.as_ref().map_or(10 * Timestamp::MINUTE, |rule| {
            rule.params.duration("restart_within", 10 * Timestamp::MINUTE)
        });
        let jobs = InForce::find(rules, "persistence_change");
        if lines.is_empty() && defence.is_none() && jobs.is_none() {
            return None;
        }
        Some(Self { lines, jobs, defence, units, restart, stopped: Vec::new() })
    }

    fn lines(&self, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let program = program(deed.process);
        if program.is_empty() || deed.message.is_empty() {
            return;
        }
        for line in &self.lines {
            let named = line.program == "*" || line.program == program;
            let fits = |part: &String| match part.strip_prefix('!') {
                Some(absent) => !deed.message.contains(absent),
                None => deed.message.contains(part.as_str()),
            };
            if !named || !line.parts.iter().all(fits) {
                continue;
            }
            let words = line.parts.first().map_or("", String::as_str);
            let text = super::shown::masked(deed.message);
            let act = Act {
                rule: line.rule.index,
                key: &[("program", program), ("line", words)],
                level: line.level,
                joined: line.level.max(line.rule.joined),
                actor: "",
                account: None,
                artefact: "",
                role: EvidenceRole::Context,
                note: Message::new(line.note).with("program", program).with("text", text.as_str()),
                only_after: None,
                observed: None,
            };
            desk.reporter.act(&act, deed, desk.world, ctx);
            return;
        }
    }

    /// A table of jobs was replaced.
    fn job(&self, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let Some(rule) = &self.jobs else { return };
        let actor = desk.world.actor(deed, &["crontab"]);
        let own = actor == deed.target || deed.target.is_empty();
        let usual = super::commands::is_usual(&actor, deed, desk);
        let level = if own || usual { Level::Informational } else { rule.level };
        let act = Act {
            rule: rule.index,
            key: &[("actor", &actor), ("object", deed.target)],
            level,
            joined: rule.joined,
            actor: &actor,
            account: None,
            artefact: "",
            role: EvidenceRole::Effect,
            note: Message::new("trace-persistence-cron")
                .with("actor", if actor.is_empty() { "?" } else { actor.as_str() })
                .with("account", deed.target),
            only_after: None,
            observed: None,
        };
        desk.reporter.act(&act, deed, desk.world, ctx);
    }

    /// A service that guards the computer stopped or started.
    fn service(&mut self, deed: &Deed<'_>) {
        let Some(unit) = self.units.iter().find(|unit| names(deed, unit)) else { return };
        let stop = deed.message.starts_with("Stopped ") || deed.message.starts_with("Deactivated ");
        let stop =
            stop || (deed.signal.class == Class::EventLog && deed.signal.activity == activity::LOG_STOP);
        if !stop {
            self.stopped.retain(|old| old.signal.host != deed.signal.host || old.unit != unit.as_str());
        } else if self.stopped.len() < STOPPED_MAX {
            self.stopped.push(Stopped { signal: deed.signal.clone(), unit: unit.as_str().into() });
        }
    }

    fn settle(&mut self, now: Option<Timestamp>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        if self.stopped.is_empty() {
            return;
        }
        let Some(rule) = &self.defence else { return };
        let (restart, mut left) = (self.restart, Vec::new());
        for stop in std::mem::take(&mut self.stopped) {
            let time = stop.signal.order.time;
            if now.is_some_and(|now| now.since(time) <= restart) {
                left.push(stop);
                continue;
            }
            if desk.world.is_rebooting(&stop.signal.host, time, restart) {
                continue;
            }
            let deed = Deed::of(&stop.signal);
            let actor = desk.world.actor(&deed, &["systemctl", "service", &stop.unit]);
            let act = Act {
                rule: rule.index,
                key: &[("service", &stop.unit)],
                level: rule.level("level_stopped"),
                joined: rule.joined,
                actor: &actor,
                account: None,
                artefact: "",
                role: EvidenceRole::Effect,
                note: Message::new("trace-defence-stopped").with("object", stop.unit.as_str()),
                only_after: None,
                observed: None,
            };
            desk.reporter.act(&act, &deed, desk.world, ctx);
        }
        self.stopped = left;
    }
}

fn names(deed: &Deed<'_>, unit: &str) -> bool {
    let service = deed.signal.service.as_str();
    let message = deed.message;
    service == unit
        || service.strip_prefix(unit).is_some_and(|rest| rest.starts_with('.'))
        || message.strip_prefix("Stopped ").or_else(|| message.strip_prefix("Started ")).is_some_and(|rest| {
            rest.strip_prefix(unit).is_some_and(|rest| rest.starts_with(['.', ' ']) || rest.is_empty())
        })
}

impl Part for System {
    fn see(&mut self, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        self.settle(Some(deed.signal.order.time), desk, ctx);
        match (deed.what, deed.signal.class) {
            (What::JobTableChanged, _) => self.job(deed, desk, ctx),
            (What::Other, Class::Base | Class::EventLog) => {
                if program(deed.process) == "systemd" || deed.signal.parser == "auditd" {
                    self.service(deed);
                }
                self.lines(deed, desk, ctx);
            }
            (What::Other, Class::Authentication | Class::Http | Class::AccountChange) => {}
            (What::Other, _) => self.lines(deed, desk, ctx),
            _ => {}
        }
    }

    fn close(&mut self, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        self.settle(None, desk, ctx);
    }
}
