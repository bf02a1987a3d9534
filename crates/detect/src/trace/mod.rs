//! What an attacker leaves on a computer: use of rights, changed accounts, hidden doors, damaged logs (detection.md 4.5,
//! 4.7). Each class has a rule document in `rules/trace/` that holds its numbers and lists (DT-KND-01).

mod account;
mod command;
mod commands;
mod crash;
mod deed;
mod entries;
mod files;
mod flood;
mod gap;
mod keys;
mod lateral;
mod limits;
mod logs;
mod mail;
mod mismatch;
mod needed;
mod network;
mod pairs;
mod privilege;
mod report;
mod rules;
mod shown;
mod skew;
mod system;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod world;

use crate::engine::{Ctx, Detector};
use crate::rule::RuleSet;
use crate::signal::Signal;
use compact_str::CompactString;
use deed::Deed;
pub(crate) use needed::needed;
use report::Reporter;
use rustc_hash::FxHashMap;
use vocab::Context;
use world::World;

/// What the parts share while they look at a record.
struct Desk<'a> {
    world: &'a World,
    reporter: &'a mut Reporter,
}

/// One class of traces.
trait Part: std::fmt::Debug + Send + Duplicate {
    /// Sees a record, in order of time.
    fn see(&mut self, deed: &Deed<'_>, desk: &mut Desk<'_>, ctx: &mut Ctx);

    /// The input has ended.
    fn close(&mut self, desk: &mut Desk<'_>, ctx: &mut Ctx) {
        let _ = (desk, ctx);
    }
}

/// Copies a part behind its trait.
trait Duplicate {
    fn duplicate(&self) -> Box<dyn Part>;
}

impl<P: Part + Clone + 'static> Duplicate for P {
    fn duplicate(&self) -> Box<dyn Part> {
        Box::new(self.clone())
    }
}

impl Clone for Box<dyn Part> {
    fn clone(&self) -> Self {
        (**self).duplicate()
    }
}

/// Watches the traces. Must see a signal after the detectors of guessing and of account use, so that their entries are
/// known when the input ends.
#[derive(Clone, Debug)]
pub struct Traces {
    world: World,
    reporter: Reporter,
    parts: Vec<Box<dyn Part>>,
    names: Names,
    flood: Option<flood::Flood>,
}

/// Account names by number, from a collected password file: auditd tells numbers.
#[derive(Clone, Debug, Default)]
struct Names(FxHashMap<CompactString, CompactString>);

impl Names {
    fn of(context: &Context) -> Self {
        let name =
            |(name, uid): (&String, &u32)| (CompactString::from(uid.to_string()), name.as_str().into());
        Self(context.local_users.iter().map(name).collect())
    }

    /// The name; the number where it is not known.
    fn get<'a>(&'a self, uid: &'a str) -> &'a str {
        self.0.get(uid).map_or(uid, CompactString::as_str)
    }
}

impl Traces {
    /// The parts whose rules are in force.
    #[must_use]
    pub fn new(rules: &RuleSet, context: &Context) -> Self {
        fn boxed<P: Part + 'static>(part: Option<P>) -> Option<Box<dyn Part>> {
            part.map(|part| Box::new(part) as Box<dyn Part>)
        }
        let parts = [
            boxed(privilege::Privilege::new(rules, context)),
            boxed(account::Accounts::new(rules, context)),
            boxed(keys::Keys::new(rules)),
            boxed(logs::Logs::new(rules)),
            boxed(commands::Commands::new(rules)),
            boxed(files::Files::new(rules)),
            boxed(system::System::new(rules)),
            boxed(crash::Crash::new(rules)),
            boxed(network::Network::new(rules, context)),
            boxed(lateral::Lateral::new(rules, context)),
            boxed(mail::Mail::new(rules)),
            boxed(mismatch::Mismatch::new(rules)),
            boxed(skew::Skew::new(rules)),
            boxed(gap::Gaps::new(rules)),
            boxed(Some(limits::Limits::new())),
        ];
        let parts = parts.into_iter().flatten().collect();
        Self {
            world: World::default(),
            reporter: Reporter::default(),
            parts,
            names: Names::of(context),
            flood: flood::Flood::new(rules),
        }
    }
}

impl Detector for Traces {
    fn push(&mut self, signal: &Signal, ctx: &mut Ctx) {
        if signal.class == vocab::Class::Http {
            if let Some(flood) = &mut self.flood {
                flood.request(signal, ctx);
            }
            if signal.matches.is_empty() {
                return;
            }
        }
        let deed = Deed::of(signal).named(&self.names);
        self.world.note(&deed);
        let mut desk = Desk { world: &self.world, reporter: &mut self.reporter };
        for part in &mut self.parts {
            part.see(&deed, &mut desk, ctx);
        }
        self.world.learn(&deed);
    }

    fn finish(&mut self, ctx: &mut Ctx) {
        let mut desk = Desk { world: &self.world, reporter: &mut self.reporter };
        for part in &mut self.parts {
            part.close(&mut desk, ctx);
        }
        if let Some(flood) = &mut self.flood {
            flood.finish(ctx);
        }
        self.reporter.finish(ctx);
    }
}
