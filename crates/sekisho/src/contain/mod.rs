//! Blocking the sources of an attack (遮断, detection.md 8.2): proposes, carries out, keeps the books, and takes back what
//! nobody confirmed. Every order is in the ledger before anything happens (DT-RSP-01).

mod child;
mod nft;
mod standing;
#[cfg(test)]
mod tests;

pub(crate) use nft::Nft;

use anyhow::Context as _;
use casework::Incident;
use casework::containment::{Attacker, Block, Proposal, Standing, propose};
use ipnet::IpNet;
use std::path::Path;
use store::{BlockRow, BlockState, Store};
use vocab::{Network, Timestamp};

/// How far back earlier blocks count.
const PAST_MICROS: i64 = 30 * Timestamp::DAY;
/// Blocks that are looked at.
const ROWS_MAX: i64 = 5_000;
/// The first block of an installation ends after this time unless somebody confirms it (DT-RSP-06).
pub(crate) const CONFIRM_MICROS: i64 = 5 * Timestamp::MINUTE;
/// A block may be gone from the kernel so long before its end without being missed.
const SLACK_MICROS: i64 = 5 * Timestamp::SECOND;
/// Name under which it is kept that somebody confirmed a block.
const CONFIRMED: &str = "block-confirmed";

/// Writes something into the ledger, gives the entry.
pub(crate) type Deed<'a> = &'a mut dyn FnMut(serde_json::Value) -> anyhow::Result<i64>;

/// What does not change while the service runs.
pub(crate) struct Blocker {
    /// The kernel's table.
    nft: Nft,
    /// Networks that settings shelter.
    allow: Vec<IpNet>,
    /// Networks of the organisation.
    networks: Vec<Network>,
    /// The zone of stamps was assumed.
    zone_assumed: bool,
}

/// An order to block.
pub(crate) struct Order<'a> {
    /// Id of the new row.
    pub(crate) id: String,
    /// Number of the case.
    pub(crate) case: i64,
    /// What, and what speaks against it.
    pub(crate) proposal: &'a Proposal,
    /// Who; empty: Sekisho itself.
    pub(crate) actor: &'a str,
    /// Why.
    pub(crate) reason: &'a str,
}

impl Blocker {
    /// A blocker by the program `nft`.
    pub(crate) const fn new(nft: Nft, allow: Vec<IpNet>, networks: Vec<Network>, zone_assumed: bool) -> Self {
        Self { nft, allow, networks, zone_assumed }
    }

    /// Whom a block must not touch at this moment; `asker` is the address of the person who looks at the page.
    pub(crate) fn standing(&self, asker: Option<std::net::IpAddr>) -> Standing {
        let mut known = standing::of_this_computer(Path::new("/"));
        standing::allow(&mut known, &self.allow);
        known.add_networks(&self.networks);
        known.zone_assumed = self.zone_assumed;
        if let Some(asker) = asker {
            known.shelter(asker, casework::containment::Shelter::LiveSession);
        }
        known
    }

    /// Carries out an order: written down, carried out, read back, entered.
    ///
    /// # Errors
    /// When the ledger, the state or the kernel refuses; then nothing is blocked, and the row says why.
    pub(crate) fn block(
        &self,
        store: &Store,
        order: &Order<'_>,
        now: Timestamp,
        deed: Deed<'_>,
    ) -> anyhow::Result<()> {
        let Proposal { prefix, seconds, objections } = order.proposal;
        let length = i64::try_from(*seconds).context("length")? * Timestamp::SECOND;
        let confirmed = store.read(|tx| tx.kept(CONFIRMED))?.is_some();
        let confirm_by = if confirmed { Timestamp(0) } else { now.plus(CONFIRM_MICROS.min(length)) };
        let set_aside: Vec<&str> = objections.iter().map(|objection| objection.guard.id()).collect();
        let ledger = deed(serde_json::json!({
            "deed": "block ordered", "case": order.case, "prefix": prefix.to_string(), "seconds": seconds,
            "actor": order.actor, "reason": order.reason, "objections": objections,
        }))?;
        let row = BlockRow {
            id: order.id.clone(),
            prefix: prefix.to_string(),
            case: order.case,
            state: BlockState::Ordered,
            began: now,
            ends: now.plus(length),
            confirm_by,
            actor: order.actor.to_owned(),
            reason: order.reason.to_owned(),
            remark: set_aside.join(" "),
            ledger,
        };
        store.write(|tx| tx.add_block(&row))?;
        // While nobody has confirmed, the kernel's own timer ends it, even if Sekisho is dead.
        let kernel = if confirmed { *seconds } else { left(confirm_by, now) };
        let done = self.nft.block(*prefix, kernel);
        let (state, remark) = match &done {
            Ok(()) => (BlockState::Active, row.remark.clone()),
            Err(error) => (BlockState::Failed, format!("{error:#}")),
        };
        store.write(|tx| tx.change_block(&row.id, state, &remark, confirm_by))?;
        done.with_context(|| format!("{prefix} is not blocked"))
    }

    /// Takes a block back.
    ///
    /// # Errors
    /// As [`Self::block`].
    pub(crate) fn undo(
        &self,
        store: &Store,
        row: &BlockRow,
        actor: &str,
        deed: Deed<'_>,
    ) -> anyhow::Result<()> {
        deed(serde_json::json!({ "deed": "block undone", "prefix": row.prefix, "actor": actor }))?;
        self.nft.unblock(row.prefix.parse().context("prefix of a block")?)?;
        store.write(|tx| tx.change_block(&row.id, BlockState::Undone, &row.remark, Timestamp(0)))?;
        Ok(())
    }

    /// Somebody says that the way in is still open: blocks that waited for it get their full length.
    ///
    /// # Errors
    /// As [`Self::block`].
    pub(crate) fn confirm(
        &self,
        store: &Store,
        actor: &str,
        now: Timestamp,
        deed: Deed<'_>,
    ) -> anyhow::Result<()> {
        deed(serde_json::json!({ "deed": "blocks confirmed", "actor": actor }))?;
        let waiting = store.read(|tx| tx.blocks(now.plus(-PAST_MICROS), ROWS_MAX))?;
        for row in waiting.iter().filter(|row| waits(row, now)) {
            self.nft.block(row.prefix.parse().context("prefix of a block")?, left(row.ends, now))?;
            store.write(|tx| tx.change_block(&row.id, BlockState::Active, &row.remark, Timestamp(0)))?;
        }
        store.write(|tx| tx.keep(CONFIRMED, actor))?;
        Ok(())
    }

    /// Compares the books with the kernel: what ended is entered as ended, what the kernel lost is blocked again for the time
    /// that is left, and what waited in vain to be confirmed is taken back. Gives what is worth saying.
    ///
    /// # Errors
    /// As [`Self::block`].
    pub(crate) fn compare(
        &self,
        store: &Store,
        now: Timestamp,
        deed: Deed<'_>,
    ) -> anyhow::Result<Vec<String>> {
        let rows = store.read(|tx| tx.blocks(now, ROWS_MAX))?;
        let open: Vec<&BlockRow> =
            rows.iter().filter(|row| matches!(row.state, BlockState::Active | BlockState::Ordered)).collect();
        if open.is_empty() {
            return Ok(Vec::new());
        }
        self.nft.prepare()?;
        let kernel = self.nft.list()?;
        let mut said = Vec::new();
        for row in open {
            let prefix: IpNet = row.prefix.parse().context("prefix of a block")?;
            let there = kernel.iter().any(|blocked| blocked.prefix == prefix);
            let mut end = |state: BlockState, what: &str| -> anyhow::Result<()> {
                deed(serde_json::json!({ "deed": what, "prefix": row.prefix }))?;
                if there {
                    self.nft.unblock(prefix)?;
                }
                Ok(store.write(|tx| tx.change_block(&row.id, state, &row.remark, Timestamp(0)))?)
            };
            if now >= row.ends {
                end(BlockState::Expired, "block expired")?;
            } else if row.confirm_by > Timestamp(0) && now >= row.confirm_by {
                end(BlockState::Undone, "block not confirmed")?;
                said.push(format!("{prefix}: nobody confirmed the block; it was taken back"));
            } else if !there && row.ends.since(now) > SLACK_MICROS && !waits(row, now.plus(SLACK_MICROS)) {
                deed(serde_json::json!({ "deed": "block restored", "prefix": row.prefix }))?;
                self.nft.block(prefix, left(row.ends, now))?;
                store
                    .write(|tx| tx.change_block(&row.id, BlockState::Active, &row.remark, row.confirm_by))?;
                said.push(format!("{prefix}: the kernel had lost the block; it is there again"));
            }
        }
        Ok(said)
    }
}

/// Does the block wait to be confirmed?
fn waits(row: &BlockRow, now: Timestamp) -> bool {
    row.state == BlockState::Active && row.confirm_by > Timestamp(0) && row.ends > now
}

/// Seconds until a time, at least one.
fn left(until: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(until.since(now) / Timestamp::SECOND).unwrap_or(0).max(1)
}

/// Blocks of the last thirty days, as the guards look at them.
///
/// # Errors
/// When the state cannot be read.
pub(crate) fn past(store: &Store, now: Timestamp) -> anyhow::Result<Vec<Block>> {
    let rows = store.read(|tx| tx.blocks(now.plus(-PAST_MICROS), ROWS_MAX))?;
    let block = |row: BlockRow| {
        let undone = matches!(row.state, BlockState::Undone | BlockState::Failed);
        Some(Block { prefix: row.prefix.parse().ok()?, began: row.began, ends: row.ends, undone })
    };
    Ok(rows.into_iter().filter_map(block).collect())
}

/// What could be done about the sources of an incident, the busiest first.
pub(crate) fn proposals(
    incident: &Incident,
    consented: bool,
    standing: &Standing,
    past: &[Block],
    now: Timestamp,
) -> Vec<Proposal> {
    let mut proposals: Vec<Proposal> = Vec::new();
    for source in &incident.sources {
        let attacker = Attacker {
            ip: source.ip,
            records: source.attempts + source.successes,
            trust: source.trust,
            last: source.last,
            consented,
        };
        let one = propose(&attacker, standing, past, now);
        // Two addresses of one /64 are one block.
        if proposals.iter().all(|known| known.prefix != one.prefix) {
            proposals.push(one);
        }
    }
    proposals
}
