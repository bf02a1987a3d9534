//! K-43: a page that asks others for a login is served to a source that was refused it and never logged in.
//!
//! Which pages ask for a login is learned from the log: somebody was refused the page, logged in, and got it, and nobody
//! gets it without. Sources that logged in before the log begins make a page look open, so the doubt goes to them.

use super::visitor::Visitor;
use super::{login, payload};
use crate::engine::Ctx;
use crate::findings::{self, Mark, add_evidence};
use crate::prim::table::{Keep, Table};
use crate::rule::RuleSet;
use crate::signal::{Answer, RuleIndex, Signal};
use vocab::{EvidenceRole, Flags, Kind, Level, Message, Timestamp};

/// Pages that refused somebody, kept at once.
const ROUTES_MAX: usize = 20_000;
/// Refusals remembered of one source.
const REFUSALS_MAX: usize = 4;
/// A page served this long after its refusal is the next try of the same visit.
const SAME_VISIT: i64 = Timestamp::HOUR;
/// Longest path kept, bytes.
const PATH_BYTES_MAX: usize = 200;

/// What a source did about logins on one site.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    /// Sent something that may have been a login.
    logged_in: Option<Timestamp>,
    /// Pages refused, the oldest first.
    refusals: Vec<(u64, Mark)>,
}

/// A page that refused somebody.
#[derive(Clone, Debug, Default)]
struct Route {
    path: String,
    /// Served after a login to somebody who was refused it before.
    learned: bool,
    /// Served without any of that.
    open: bool,
    used: bool,
}

impl Keep for Route {
    fn score(&self) -> u32 {
        u32::from(self.learned) * 2
    }

    fn used(&mut self) -> bool {
        std::mem::take(&mut self.used)
    }
}

/// Learns which pages ask for a login, and sees who gets them without.
#[derive(Clone, Debug)]
pub(super) struct Bypass {
    rule: Option<RuleIndex>,
    routes: Table<Route>,
}

impl Bypass {
    pub(super) fn new(rules: &RuleSet) -> Self {
        let rule = rules.native(Kind::AuthenticationBypass.as_str()).map(|(index, _)| index);
        Self { rule, routes: Table::new(ROUTES_MAX) }
    }

    /// Sees a request.
    pub(super) fn push(&mut self, signal: &Signal, page: u64, visitor: &mut Visitor, ctx: &mut Ctx) {
        let seen = signal.answer;
        if signal.src_ip.is_none() || signal.flags.has(Flags::AMBIGUOUS) || seen.has(Answer::ASSET) {
            return;
        }
        let now = signal.order.time;
        let plain = seen.has(Answer::GET) && !seen.has(Answer::QUERY) && signal.account.is_empty();
        match seen.status {
            302 | 401 | 403 if plain => self.refused(signal, page, visitor),
            200 if plain => {
                self.served(signal, page, visitor, ctx);
            }
            // A form, a code of another server in the query, the server's own user column: a login as far as one can see.
            200..=399
                if !seen.has(Answer::HEAD)
                    && (!seen.has(Answer::GET) || !signal.account.is_empty() || seen.status >= 300) =>
            {
                visitor.standing.get_or_insert_default().logged_in = Some(now);
            }
            _ => {}
        }
    }

    fn refused(&mut self, signal: &Signal, page: u64, visitor: &mut Visitor) {
        let Some(detail) = signal.detail.as_deref() else { return };
        let path = detail.url_path.as_str();
        if login::is_login(path) {
            return;
        }
        let (route, _) = self.routes.entry(page, Route::default);
        route.used = true;
        if route.path.is_empty() {
            path.get(..path.floor_char_boundary(PATH_BYTES_MAX))
                .unwrap_or_default()
                .clone_into(&mut route.path);
        }
        let refusals = &mut visitor.standing.get_or_insert_default().refusals;
        refusals.retain(|(known, _)| *known != page);
        if refusals.len() >= REFUSALS_MAX {
            refusals.remove(0);
        }
        refusals.push((
            page,
            Mark {
                citation: signal.citation,
                time: signal.order.time,
                trust: signal.trust,
                ambiguous: false,
            },
        ));
    }

    fn served(&mut self, signal: &Signal, page: u64, visitor: &mut Visitor, ctx: &mut Ctx) -> Option<()> {
        let route = self.routes.get_mut(page)?;
        route.used = true;
        let standing = visitor.standing.as_deref();
        let refusal =
            standing.and_then(|standing| standing.refusals.iter().find(|(known, _)| *known == page));
        let refusal = refusal.map(|(_, mark)| *mark);
        let logged_in = standing.and_then(|standing| standing.logged_in);
        match (refusal, logged_in) {
            (Some(refusal), Some(login)) => {
                route.learned |= refusal.time <= login;
                return None;
            }
            (None, Some(_)) => return None,
            (Some(refusal), None) if signal.order.time.since(refusal.time) <= SAME_VISIT => {
                if !route.learned || route.open {
                    route.open = true;
                    return None;
                }
            }
            _ => {
                route.open = true;
                return None;
            }
        }
        let (path, refusal) = (route.path.clone(), refusal?);
        let key = payload::hostile(visitor, signal).key.clone();
        let rules = std::sync::Arc::clone(&ctx.rules);
        let finding = ctx.findings.upsert(&rules, self.rule?, key, refusal.time)?;
        add_evidence(finding, refusal.record(EvidenceRole::Context));
        payload::fill(finding, signal, EvidenceRole::Effect);
        finding.last = finding.last.max(signal.order.time);
        finding.effect = true;
        finding.category = Kind::AuthenticationBypass.category(true);
        findings::raise(finding, Level::High);
        if !finding.artefacts.contains(&path) {
            finding.notes.push(Message::new("web-login-evaded").with("path", path.as_str()));
            finding.artefacts.push(path);
        }
        Some(())
    }
}
