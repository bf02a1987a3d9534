//! Guards of a change of state (casework.md 10.4, CW-DAT-10, CW-VIC-09, -10).

use super::{Action, Guard, Handling, MeasureDoing, Objection, Situation, gates};
use crate::obligation::{Binding, ObligationState};
use vocab::CaseState;

/// Told within the organisation: done when somebody acknowledges.
const INTERNAL: &str = "internal.notice";
/// Measures up to this order close the way in (DT-KND-09).
const CLOSES_WAY_IN: u8 = 2;

/// What still stands against moving the case to this state; empty: nothing.
#[must_use]
pub fn objections(to: CaseState, case: &Situation<'_>, handling: &Handling) -> Vec<Objection> {
    match to {
        CaseState::Assessing => {
            let mut closed = gates(case, handling);
            closed.retain(|objection| objection.guard != Guard::Police);
            closed
        }
        CaseState::Responding => gates(case, handling),
        CaseState::Preventing => recovery(case, handling, &[Guard::Record, Guard::Cause]),
        CaseState::Closed => closing(case, handling),
        CaseState::Detected | CaseState::Initial | CaseState::Preserving | CaseState::Dismissed => Vec::new(),
    }
}

fn closing(case: &Situation<'_>, handling: &Handling) -> Vec<Objection> {
    let mut all = Vec::new();
    if !case.confirmed {
        all.push(Objection::new(Guard::Verdict, ""));
    }
    let open = case.obligations.iter().filter(|one| {
        let settled = matches!(
            one.state(case.now),
            ObligationState::Done { .. }
                | ObligationState::Exempt { .. }
                | ObligationState::NotApplicable { .. }
        );
        one.binding != Binding::Optional && one.form != INTERNAL && !settled
    });
    all.extend(open.map(|one| Objection::new(Guard::Obligation, &one.clock)));
    let asked = [Guard::Rebuilt, Guard::Cause, Guard::Codes, Guard::Checked, Guard::RestoredOnly];
    all.extend(recovery(case, handling, &asked));
    let answered =
        |id: &str| handling.measures.get(id).is_some_and(|answer| answer.answer != MeasureDoing::Planned);
    let measures = case.measures.iter().filter(|(id, _)| !answered(id));
    all.extend(measures.map(|(id, _)| Objection::new(Guard::Measure, id)));
    let items = handling.items.iter().filter(|(_, item)| !handling.settled.contains_key(&item.sha256));
    all.extend(items.map(|(_, item)| Objection::new(Guard::Settled, &item.name)));
    all.extend(case.without_receipt.iter().map(|form| Objection::new(Guard::Receipt, form)));
    all
}

/// What the recovery record lacks, for each hit computer.
fn recovery(case: &Situation<'_>, handling: &Handling, asked: &[Guard]) -> Vec<Objection> {
    let mut lacks = Vec::new();
    for host in case.hit {
        let did: Vec<Action> = handling
            .recovery
            .iter()
            .filter(|(.., entry)| entry.host.is_empty() || entry.host == *host)
            .map(|(.., entry)| entry.action)
            .collect();
        let any = |actions: &[Action]| actions.iter().any(|action| did.contains(action));
        for guard in asked {
            let holds = match guard {
                Guard::Record => !did.is_empty(),
                Guard::Rebuilt => any(&[Action::Rebuilt, Action::NotRebuilt]),
                Guard::Cause => any(&[Action::CauseFound, Action::CauseNotFound]),
                Guard::Codes => any(&[Action::CodesChanged]),
                Guard::Checked => any(&[Action::Checked]),
                _ => {
                    !any(&[Action::Restored])
                        || any(&[Action::Rebuilt, Action::Patched])
                        || way_in_closed(case, handling)
                }
            };
            if !holds {
                lacks.push(Objection::new(*guard, host));
            }
        }
    }
    lacks
}

/// A measure that closes the way in was carried out.
fn way_in_closed(case: &Situation<'_>, handling: &Handling) -> bool {
    case.measures.iter().any(|(id, order)| {
        let done = handling.measures.get(id).is_some_and(|answer| answer.answer == MeasureDoing::Done);
        *order <= CLOSES_WAY_IN && done
    })
}
