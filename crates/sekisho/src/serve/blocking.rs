//! Blocking as the service does it: by itself where settings say so, and the books compared with the kernel.

use super::config::Containment;
use crate::contain::{self, Blocker, Nft, Order};
use crate::live::{Judged, Watch};
use casework::Incident;
use casework::containment::{self, Mode, Proposal, Standing};
use ledger::EntryKind;
use std::net::IpAddr;
use std::path::PathBuf;
use store::Store;
use vocab::{Context, Level, Timestamp};

/// How often the books are compared with the kernel.
pub(crate) const COMPARE_MICROS: i64 = 5 * Timestamp::SECOND;
/// Where Debian keeps the program.
const NFT: &str = "/usr/sbin/nft";
/// Name under which it is kept that somebody looked at what would be blocked (DT-RSP-07).
pub(crate) const SEEN: &str = "block-preview-seen";

/// Blocking, with what settings say of it.
pub(crate) struct Blocking {
    /// What is done about an attacker.
    pub(crate) mode: Mode,
    auto_rules: Vec<String>,
    /// Carries out.
    pub(crate) blocker: Blocker,
}

impl Blocking {
    /// As settings say.
    pub(crate) fn new(settings: &Containment, context: &Context, zone_assumed: bool) -> Self {
        let nft = Nft::new(settings.nft.clone().unwrap_or_else(|| PathBuf::from(NFT)));
        Self {
            mode: settings.mode,
            auto_rules: settings.auto_rules.clone(),
            blocker: Blocker::new(nft, settings.allow.clone(), context.networks.clone(), zone_assumed),
        }
    }

    /// May a person order blocks?
    pub(crate) const fn acts(&self) -> bool {
        matches!(self.mode, Mode::Confirm | Mode::Auto)
    }

    /// What could be done about the sources of an incident.
    pub(crate) fn proposals(
        &self,
        store: &Store,
        incident: &Incident,
        asker: Option<IpAddr>,
        now: Timestamp,
    ) -> anyhow::Result<Vec<Proposal>> {
        let standing = self.blocker.standing(asker);
        let past = contain::past(store, now)?;
        Ok(of(incident, &standing, &past, now))
    }

    /// Compares the books with the kernel; what goes wrong is said and tried again.
    pub(crate) fn compare(&self, store: &Store, watch: &mut Watch, now: Timestamp) {
        if !self.acts() {
            return;
        }
        let mut deed = |deed: serde_json::Value| write(watch, &deed, now);
        match self.blocker.compare(store, now, &mut deed) {
            Ok(said) => said.iter().for_each(|line| crate::output::say(line)),
            Err(error) => crate::output::say(&format!("blocks: {error:#}")),
        }
    }

    /// Blocks by itself: for findings of the rules that settings name, at level high or above, once somebody has looked at
    /// what would be blocked, and only where no guard objects.
    pub(crate) fn by_itself(
        &self,
        store: &Store,
        watch: &mut Watch,
        judged: &Judged,
        now: Timestamp,
        id: &mut dyn FnMut() -> anyhow::Result<String>,
    ) {
        if self.mode != Mode::Auto {
            return;
        }
        if let Err(error) = self.try_by_itself(store, watch, judged, now, id) {
            crate::output::say(&format!("blocks: {error:#}"));
        }
    }

    fn try_by_itself(
        &self,
        store: &Store,
        watch: &mut Watch,
        judged: &Judged,
        now: Timestamp,
        id: &mut dyn FnMut() -> anyhow::Result<String>,
    ) -> anyhow::Result<()> {
        if store.read(|tx| tx.kept(SEEN))?.is_none() {
            return Ok(());
        }
        let mut past = contain::past(store, now)?;
        let standing = self.blocker.standing(None);
        for incident in judged.incidents.iter().filter(|incident| incident.level >= Level::High) {
            let named = judged.findings.iter().find(|finding| {
                self.auto_rules.contains(&finding.rule.id)
                    && !finding.only_ambiguous
                    && incident.findings.contains(&finding.id)
            });
            let Some(named) = named else { continue };
            for proposal in of(incident, &standing, &past, now) {
                if containment::leaves_alone(proposal.prefix, &past, now) || !proposal.is_free() {
                    continue;
                }
                let case = store.read(|tx| tx.case_of(&incident.id))?.map_or(0, |case| case.number);
                let order = Order { id: id()?, case, proposal: &proposal, actor: "", reason: &named.rule.id };
                let mut deed = |deed: serde_json::Value| write(watch, &deed, now);
                self.blocker.block(store, &order, now, &mut deed)?;
                past = contain::past(store, now)?;
            }
        }
        Ok(())
    }
}

fn write(watch: &mut Watch, deed: &serde_json::Value, now: Timestamp) -> anyhow::Result<i64> {
    Ok(i64::try_from(watch.deed(EntryKind::Command, deed, now)?.0)?)
}

fn of(
    incident: &Incident,
    standing: &Standing,
    past: &[containment::Block],
    now: Timestamp,
) -> Vec<Proposal> {
    // The fifth box holds when an announced test covers everything (CW-CLS-22).
    let announced = |element: &casework::Element| element.id == "X" && element.state == "established";
    let consented = incident.legal.elements.iter().any(announced);
    contain::proposals(incident, consented, standing, past, now)
}
