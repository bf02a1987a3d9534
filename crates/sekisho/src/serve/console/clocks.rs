//! What has to be told to whom by when, as a case stands (届出の期限, casework.md 7.8). The clocks start when somebody recognised
//! the matter, not with each look; that something was told is a note in the log of the case.

use super::routes::{Page, may};
use super::{Asked, Console};
use casework::{Incident, ReportDue};
use store::{Case, CaseEvent, CaseState, Role};
use vocab::{Message, Timestamp};
use web::Catalog;
use web::console::ClockLine;

/// Deed in the log of a case: its particulars are a clock, a blank, and what the recipient gave.
pub(super) const TOLD: &str = "told";
/// The notice inside the organisation is done when somebody acknowledges.
const INTERNAL: &str = "internal.notice";
/// From so long before its end a clock presses, where it has no day of its own.
const SOON_MICROS: i64 = Timestamp::DAY;

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

/// What was told: the newest receipt of a clock.
fn receipt(events: &[CaseEvent], clock: &str) -> Option<String> {
    let told = events.iter().rev().filter(|event| event.deed == TOLD);
    let parts = told.map(|event| event.body.split_once(' ').unwrap_or((&event.body, "")));
    parts.into_iter().find(|(known, _)| *known == clock).map(|(_, receipt)| receipt.to_owned())
}

/// Does this clock run in this case?
pub(super) fn runs(incident: &Incident, clock: &str) -> bool {
    incident.reports.iter().any(|report| report.clock == clock && report.form != INTERNAL)
}

/// How a clock stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    Done,
    Open,
    Soon,
    Overdue,
}

fn stands(report: &ReportDue, done: bool, now: Timestamp) -> Stands {
    match report.due {
        _ if done => Stands::Done,
        Some(due) if now > due => Stands::Overdue,
        Some(due) if now >= report.warn_from.unwrap_or_else(|| due.plus(-SOON_MICROS)) => Stands::Soon,
        _ => Stands::Open,
    }
}

/// The clock that ends first among those that apply and are not done: its end, and whether that has passed.
pub(super) fn next(incident: &Incident, events: &[CaseEvent], now: Timestamp) -> Option<(Timestamp, bool)> {
    let applies = incident.reports.iter().filter(|report| report.state == "due" && report.form != INTERNAL);
    let open = applies.filter(|report| receipt(events, &report.clock).is_none());
    open.filter_map(|report| report.due).min().map(|due| (due, now > due))
}

/// The clocks of a case for its page; none before somebody recognised the matter, or when it is over.
pub(super) fn lines(
    incident: &Incident,
    case: &Case,
    events: &[CaseEvent],
    asked: &Asked<'_>,
) -> Vec<ClockLine> {
    if case.recognised == Timestamp(0) || matches!(case.state, CaseState::Closed | CaseState::Dismissed) {
        return Vec::new();
    }
    let role = asked.session.as_ref().map_or(Role::Auditor, |session| session.role);
    let shown = incident.reports.iter().filter(|report| report.form != INTERNAL);
    shown.map(|report| line(report, events, may(Page::Told, role), asked)).collect()
}

fn line(report: &ReportDue, events: &[CaseEvent], acts: bool, asked: &Asked<'_>) -> ClockLine {
    let t = asked.t;
    let receipt = receipt(events, &report.clock);
    let stands = stands(report, receipt.is_some(), asked.now);
    let state = match stands {
        Stands::Done => "console-clock-done",
        Stands::Open => "console-clock-open",
        Stands::Soon => "console-clock-soon",
        Stands::Overdue => "console-clock-overdue",
    };
    ClockLine {
        clock: report.clock.clone(),
        recipient: t.text(&format!("recipient-{}", report.form.replace('.', "-"))),
        applies: t.text(&format!("report-state-{}", report.state)),
        due: report.due.map_or_else(|| t.render(&report.when), |due| t.time(due)),
        state: t.text(state),
        presses: matches!(stands, Stands::Soon | Stands::Overdue) && report.state == "due",
        receipt: receipt.map_or_else(String::new, |text| web::console::visible(&text)),
        acts: acts && stands != Stands::Done,
    }
}

impl Console {
    /// The next clock of a case in words, for lists.
    pub(super) fn next_clock(&self, case: &Case, events: &[CaseEvent], t: &Catalog) -> String {
        let over = matches!(case.state, CaseState::Closed | CaseState::Dismissed);
        if case.recognised == Timestamp(0) || over {
            return String::new();
        }
        let known = super::held(&self.shared.incidents).get(&case.incident).cloned();
        let next = known.and_then(|incident| next(&dated(incident, case), events, self.clock.now()));
        next.map_or_else(String::new, |(due, overdue)| {
            let id = if overdue { "console-clock-passed" } else { "console-clock-until" };
            t.render(&Message::new(id).with("time", t.time(due).as_str()))
        })
    }
}
