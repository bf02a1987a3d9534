//! What has to be told to whom by when, as a case stands (届出の期限, casework.md 7.8). The clocks start when somebody recognised
//! the matter, not with each look; what was told, exempted or extended are notes in the log of the case.

use super::routes::{Page, may, value};
use super::work::{Work, handling};
use super::{Asked, Console, Made, held};
use casework::Incident;
use casework::dossier::{Dossier, Seen};
use casework::handling::Handling;
use casework::obligation::{Binding, Note, Obligation, ObligationState, obligations, recognised, standing};
use serde_json::json;
use store::{Case, CaseEvent, CaseState, Role};
use vocab::{Message, Timestamp};
use web::Catalog;
use web::console::{ClockLine, visible};

/// The notice inside the organisation is done when somebody acknowledges.
const INTERNAL: &str = "internal.notice";

/// The incident with the clocks of its case.
pub(super) fn dated(mut incident: Incident, case: &Case) -> Incident {
    if case.recognised > Timestamp(0) {
        incident.reports = casework::reports_due(&incident, case.recognised);
    }
    incident
}

/// Particulars of the deed that something was told.
pub(super) fn told_body(clock: &str, receipt: &str) -> String {
    format!("{clock} {}", receipt.trim()).trim().to_owned()
}

/// Does this clock run in this case?
pub(super) fn runs(work: &Work, clock: &str) -> bool {
    work.obligations.iter().any(|one| one.clock == clock && one.form != INTERNAL)
}

/// The clocks of a case for its page; none before somebody recognised the matter, or when it is over.
pub(super) fn lines(work: &Work, asked: &Asked<'_>) -> Vec<ClockLine> {
    let case = &work.case;
    if case.recognised == Timestamp(0) || matches!(case.state, CaseState::Closed | CaseState::Dismissed) {
        return Vec::new();
    }
    let role = asked.session.as_ref().map_or(Role::Auditor, |session| session.role);
    let shown = work.obligations.iter().filter(|one| one.form != INTERNAL);
    shown.map(|one| line(one, may(Page::Told, role), asked)).collect()
}

fn line(one: &Obligation, acts: bool, asked: &Asked<'_>) -> ClockLine {
    let t = asked.t;
    let (id, said, settled) = match one.state(asked.now) {
        ObligationState::Done { receipt, late: false } => ("console-clock-done", receipt, true),
        ObligationState::Done { receipt, late: true } => ("console-clock-late", receipt, true),
        ObligationState::Exempt { basis } => ("console-clock-exempt", basis, true),
        ObligationState::NotApplicable { reason } => ("console-clock-not-applicable", reason, true),
        ObligationState::Open => ("console-clock-open", String::new(), false),
        ObligationState::DueSoon => ("console-clock-soon", String::new(), false),
        ObligationState::Overdue => ("console-clock-overdue", String::new(), false),
    };
    let presses = matches!(id, "console-clock-soon" | "console-clock-overdue");
    let binding = match one.binding {
        Binding::Due => "due",
        Binding::Conditional => "conditional",
        Binding::Optional => "optional",
    };
    let mut due = one.due.map_or_else(|| t.text("clock-no-day"), |due| t.time(due));
    if let Some(before) = one.due_before {
        let words = Message::new("console-clock-extended").with("before", t.time(before).as_str());
        due = format!("{due} {}", t.render(&words));
    }
    ClockLine {
        clock: one.clock.clone(),
        recipient: t.text(&format!("recipient-{}", one.form.replace('.', "-"))),
        applies: t.text(&format!("report-state-{binding}")),
        due,
        state: t.text(id),
        presses: presses && one.binding == Binding::Due,
        receipt: visible(&said),
        acts: acts && !settled,
    }
}

/// The obligations of a case for lists: of its incident only what they ask for.
fn brief(incident: Incident, case: &Case, events: &[CaseEvent]) -> Option<Vec<Obligation>> {
    let (id, first, last) = (incident.id.clone(), incident.first, incident.last);
    let words = json!({ "ja": "", "en": "" });
    let seen = json!({
        "schema_version": 1, "id": id, "kind": "", "title": words, "level": "", "first": first, "last": last,
        "legal": { "category": "", "verdict": "" }, "reports": dated(incident, case).reports,
    });
    let mut seen = Seen::read(&seen).ok()?;
    recognised(&mut seen, case.recognised);
    let facts = super::entries::facts(&super::entries::typed(events));
    Some(standing(&Dossier { seen, facts }, &handling(events).clocks).0)
}

/// The clock that ends first among those that apply and are not done: its end, and whether that has passed.
fn next(all: &[Obligation], now: Timestamp) -> Option<(Timestamp, bool)> {
    let open = all.iter().filter(|one| {
        let open = matches!(
            one.state(now),
            ObligationState::Open | ObligationState::DueSoon | ObligationState::Overdue
        );
        one.binding == Binding::Due && one.form != INTERNAL && open
    });
    open.filter_map(|one| one.due).min().map(|due| (due, now > due))
}

impl Console {
    /// Notes that a clock does not apply, is exempted from, or ends later; always with a reason.
    pub(super) fn note_clock(&self, asked: &Asked<'_>) -> anyhow::Result<Made> {
        let form = String::from_utf8_lossy(&asked.request.body).into_owned();
        let field = |name: &str| value(&form, name).unwrap_or_default();
        let Some(work) = self.work(asked)? else { return Ok(self.told(asked, 404, "console-missing")) };
        let (actor, reason) = (super::work::actor(asked)?, field("reason"));
        let mut note = Note { clock: field("clock"), by: actor, ..Note::default() };
        match field("do").as_str() {
            "exempt" => note.exempt = reason,
            "not_applicable" => note.not_applicable = reason,
            "extend" => (note.extended_to, note.reason) = (Some(field("until")), reason),
            _ => return Ok(self.told(asked, 400, "console-note-refused")),
        }
        let said = [&note.exempt, &note.not_applicable, &note.reason];
        let mut notes = work.handling.clocks.clone();
        notes.push(note.clone());
        // It stands when it adds no fault to those that are there already.
        let stands = obligations(&work.dossier, std::slice::from_ref(&note)).is_ok()
            && standing(&work.dossier, &notes).1.len()
                == standing(&work.dossier, &work.handling.clocks).1.len();
        let reasoned = said.iter().any(|text| !text.trim().is_empty());
        if !stands || !reasoned || !runs(&work, &note.clock) || work.case.recognised == Timestamp(0) {
            return Ok(self.told(asked, 409, "console-note-refused"));
        }
        self.decide(asked, &work, Handling::CLOCK, &serde_json::to_string(&note)?, "", "noted")
    }

    /// The next clock of a case in words, for lists.
    pub(super) fn next_clock(&self, case: &Case, events: &[CaseEvent], t: &Catalog) -> String {
        let over = matches!(case.state, CaseState::Closed | CaseState::Dismissed);
        if case.recognised == Timestamp(0) || over {
            return String::new();
        }
        let known = held(&self.shared.incidents).get(&case.incident).cloned();
        let all = known.and_then(|incident| brief(incident, case, events));
        let next = all.and_then(|all| next(&all, self.clock.now()));
        next.map_or_else(String::new, |(due, overdue)| {
            let id = if overdue { "console-clock-passed" } else { "console-clock-until" };
            t.render(&Message::new(id).with("time", t.time(due).as_str()))
        })
    }
}
