//! The page of blocks (遮断): what is blocked, what could be, and why not.

use super::routes::{Page, may, part, value};
use super::{Asked, Console, Made, askama, held};
use crate::contain::Order;
use crate::serve::blocking::SEEN;
use anyhow::Context as _;
use casework::Incident;
use casework::containment::{Guard, Mode, Proposal};
use store::{BlockRow, BlockState, Role};
use vocab::{Message, Timestamp};
use web::Catalog;
use web::console::{BlockLine, BlocksPage, ProposalLine};

/// Blocks of so many days are shown.
const SHOWN_MICROS: i64 = 30 * Timestamp::DAY;
/// Blocks on the page.
const ROWS_MAX: i64 = 500;
/// Cases whose sources are shown, and sources of each.
const CASES_MAX: i64 = 50;
const SOURCES_MAX: usize = 50;

impl Console {
    pub(super) fn blocks(&self, asked: &Asked<'_>) -> anyhow::Result<Made> {
        let (t, now) = (asked.t, asked.now);
        let role = asked.session.as_ref().map_or(Role::Auditor, |session| session.role);
        let (acts, undoes) = (may(Page::AddBlock, role), may(Page::UndoBlock, role));
        let rows = self.shared.store.read(|tx| tx.blocks(now.plus(-SHOWN_MICROS), ROWS_MAX))?;
        let waits = rows.iter().any(|row| row.state == BlockState::Active && row.confirm_by > now);
        let mode = self.shared.blocking.mode;
        let mut proposals = Vec::new();
        if mode != Mode::Off {
            for (number, incident) in self.open_incidents()? {
                let made =
                    self.shared.blocking.proposals(&self.shared.store, &incident, asked.request.peer, now)?;
                let lines = made.iter().take(SOURCES_MAX);
                proposals.extend(lines.map(|one| self.proposal_line(one, number, &rows, asked)));
            }
        }
        let seen = self.shared.store.read(|tx| tx.kept(SEEN))?.is_some();
        Ok(Made::Html(
            200,
            askama(&BlocksPage {
                f: self.frame(asked, "/blocks", "console-blocks"),
                mode: t.text(match mode {
                    Mode::Off => "console-block-mode-off",
                    Mode::Preview => "console-block-mode-preview",
                    Mode::Confirm => "console-block-mode-confirm",
                    Mode::Auto if seen => "console-block-mode-auto",
                    Mode::Auto => "console-block-mode-auto-waits",
                }),
                asks_seen: mode == Mode::Auto && !seen && acts,
                asks_confirm: waits && undoes,
                rows: rows.iter().map(|row| block_line(row, undoes, now, t)).collect(),
                proposals,
            }),
        ))
    }

    /// Open cases with what was found, the newest first.
    fn open_incidents(&self) -> anyhow::Result<Vec<(i64, Incident)>> {
        let cases = self.shared.store.read(|tx| tx.cases(true, CASES_MAX))?;
        let incidents = held(&self.shared.incidents);
        let found = |case: store::Case| Some((case.number, incidents.get(&case.incident)?.clone()));
        Ok(cases.into_iter().filter_map(found).collect())
    }

    fn proposal_line(
        &self,
        proposal: &Proposal,
        number: i64,
        rows: &[BlockRow],
        asked: &Asked<'_>,
    ) -> ProposalLine {
        let t = asked.t;
        let role = asked.session.as_ref().map_or(Role::Auditor, |session| session.role);
        let prefix = proposal.prefix.to_string();
        let active = rows.iter().any(|row| row.prefix == prefix && is_open(row) && row.ends > asked.now);
        let may_act = may(Page::AddBlock, role) && self.shared.blocking.acts() && !active;
        let objection = |one: &casework::containment::Objection| {
            let words =
                Message::new(format!("console-guard-{}", one.guard.id())).with("seen", one.seen.as_str());
            format!("{}: {}", one.guard.id(), t.render(&words))
        };
        ProposalLine {
            number,
            length: length(proposal.seconds, t),
            objections: proposal.objections.iter().map(objection).collect(),
            state: t.text(if active { "console-block-active" } else { "console-block-possible" }),
            acts: may_act && proposal.may_be_decided(),
            asks_reason: !proposal.is_free(),
            sheltered: proposal.objections.iter().any(|one| one.guard == Guard::Sheltered),
            prefix,
        }
    }

    pub(super) fn act_on_blocks(&self, asked: &Asked<'_>, page: Page) -> anyhow::Result<Made> {
        let form = String::from_utf8_lossy(&asked.request.body).into_owned();
        let actor = asked.session.as_ref().context("a session")?.login.clone();
        let said = |said: &str| Ok(Made::See(format!("/blocks?said={said}"), None));
        let (blocking, store) = (&self.shared.blocking, &self.shared.store);
        let mut deed = |deed: serde_json::Value| self.shared.deed(deed);
        match page {
            Page::SeenBlocks => {
                deed(serde_json::json!({ "deed": "preview of blocks seen", "actor": actor }))?;
                store.write(|tx| tx.keep(SEEN, &actor))?;
                said("preview-seen")
            }
            Page::ConfirmBlocks => {
                blocking.blocker.confirm(store, &actor, asked.now, &mut deed)?;
                said("confirmed")
            }
            Page::UndoBlock => {
                let row = store.read(|tx| tx.block(part(&asked.request.path, 2)))?;
                let Some(row) = row.filter(is_open) else { return said("stale") };
                blocking.blocker.undo(store, &row, &actor, &mut deed)?;
                said("unblocked")
            }
            _ => {
                let field = |name: &str| value(&form, name).unwrap_or_default();
                if !blocking.acts() {
                    return Ok(self.told(asked, 409, "console-not-blocked"));
                }
                let number = field("case").parse().unwrap_or(0);
                let Some(proposal) = self.chosen(asked, number, &field("prefix"))? else {
                    return Ok(self.told(asked, 409, "console-not-blocked"));
                };
                let reason = field("reason");
                if !proposal.is_free() && (!proposal.may_be_decided() || reason.trim().is_empty()) {
                    return Ok(self.told(asked, 409, "console-not-blocked"));
                }
                let order = Order {
                    id: self.id()?,
                    case: number,
                    proposal: &proposal,
                    actor: &actor,
                    reason: &reason,
                };
                match blocking.blocker.block(store, &order, asked.now, &mut deed) {
                    Ok(()) => said("blocked"),
                    Err(error) => {
                        crate::output::say(&format!("blocks: {error:#}"));
                        said("not-blocked")
                    }
                }
            }
        }
    }

    /// The proposal as it is now: what the page showed may have changed since.
    fn chosen(&self, asked: &Asked<'_>, number: i64, prefix: &str) -> anyhow::Result<Option<Proposal>> {
        let Some(case) = self.shared.store.read(|tx| tx.case(number))? else { return Ok(None) };
        let Some(incident) = held(&self.shared.incidents).get(&case.incident).cloned() else {
            return Ok(None);
        };
        let blocking = &self.shared.blocking;
        let made = blocking.proposals(&self.shared.store, &incident, asked.request.peer, asked.now)?;
        Ok(made.into_iter().find(|one| one.prefix.to_string() == prefix))
    }
}

pub(super) fn is_open(row: &BlockRow) -> bool {
    matches!(row.state, BlockState::Active | BlockState::Ordered)
}

fn length(seconds: u64, t: &Catalog) -> String {
    t.render(&Message::new("console-minutes").with("count", seconds / 60))
}

fn block_line(row: &BlockRow, undoes: bool, now: Timestamp, t: &Catalog) -> BlockLine {
    let state = if is_open(row) && row.confirm_by > now { "unconfirmed" } else { row.state.name() };
    BlockLine {
        id: row.id.clone(),
        prefix: row.prefix.clone(),
        number: row.case,
        state: t.text(&format!("console-block-{state}")),
        began: t.time(row.began),
        ends: t.time(row.ends),
        actor: if row.actor.is_empty() { "Sekisho".to_owned() } else { row.actor.clone() },
        why: [row.reason.as_str(), row.remark.as_str()].join(" ").trim().to_owned(),
        ledger: row.ledger,
        undoes: undoes && is_open(row),
    }
}
