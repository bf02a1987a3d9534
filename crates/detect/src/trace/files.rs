//! Files that people touched, as auditd tells (DT-FMT-20): K-23 credential_store_access, K-24 persistence_change, K-29
//! file_tampering and K-31 log_tampering. Only acts of a person count: records with a login user, and not those of
//! programs whose work it is.

use super::command::glob;
use super::deed::Deed;
use super::report::Act;
use super::rules::InForce;
use super::{Desk, Part};
use crate::engine::Ctx;
use crate::rule::RuleSet;
use vocab::{Class, EvidenceRole, Level, Message, Outcome};

/// OCSF activities of a file.
const CREATE: u8 = 1;
const DELETE: u8 = 4;

/// Which acts on a path a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Touch {
    /// Any, reading included.
    Any,
    /// Made, or put in place of another.
    Made,
    /// Removed.
    Removed,
}

#[derive(Clone, Debug)]
struct Watched {
    rule: InForce,
    paths: Vec<String>,
    programs: Vec<String>,
    touch: Touch,
    usual: Option<Level>,
    note: &'static str,
}

/// Files of auditd's PATH records.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    watched: Vec<Watched>,
}

impl Files {
    /// The part, with the rules in force.
    pub(crate) fn new(rules: &RuleSet) -> Option<Self> {
        let list = [
            ("credential_store_access", Touch::Any, "trace-credential-file"),
            ("persistence_change", Touch::Made, "trace-persistence-file"),
            ("file_tampering", Touch::Made, "trace-file-file"),
            ("log_tampering", Touch::Removed, "trace-log-file"),
        ];
        let watched: Vec<Watched> = list
            .into_iter()
            .filter_map(|(name, touch, note)| {
                let rule = InForce::find(rules, name)?;
                let paths = rule.params.list("audit_paths").to_vec();
                let programs = rule.params.list("audit_programs").to_vec();
                let usual = rule.word_level("level_usual");
                (!paths.is_empty()).then_some(Watched { rule, paths, programs, touch, usual, note })
            })
            .collect();
        (!watched.is_empty()).then_some(Self { watched })
    }
}

impl Part for Files {
    fn see(&mut self, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let (signal, detail) = (deed.signal, deed.detail());
        let person = !detail.actor_uid.is_empty() && signal.outcome != Outcome::Failure;
        if signal.class != Class::FileSystem || signal.parser != "auditd" || !person {
            return;
        }
        let path = detail.path.as_str();
        let program = deed.process.rsplit('/').next().unwrap_or_default();
        for watched in &self.watched {
            let touched = match watched.touch {
                Touch::Any => true,
                Touch::Made => signal.activity == CREATE,
                Touch::Removed => signal.activity == DELETE,
            };
            if !touched
                || watched.programs.iter().any(|own| own == program)
                || !watched.paths.iter().any(|pattern| glob(pattern, path))
            {
                continue;
            }
            let usual = super::commands::is_usual(deed.actor, deed, desk);
            let level = match watched.usual {
                Some(level) if usual => watched.rule.level.min(level),
                _ => watched.rule.level,
            };
            let note = Message::new(watched.note)
                .with("actor", if deed.actor.is_empty() { "?" } else { deed.actor })
                .with("object", super::command::cut(path, 200))
                .with("program", super::command::cut(deed.process, 100));
            let act = Act {
                rule: watched.rule.index,
                key: &[("actor", deed.actor), ("object", path)],
                level,
                joined: watched.rule.joined,
                actor: deed.actor,
                account: None,
                artefact: "",
                role: EvidenceRole::Effect,
                note,
                only_after: None,
                observed: None,
            };
            desk.reporter.act(&act, deed, desk.world, ctx);
        }
    }
}
