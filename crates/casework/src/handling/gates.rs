//! The gate of preservation (保全ゲート, casework.md 6.3): what has to be preserved before anything is recovered.

use super::{Guard, Handling, ItemClass, Objection, Place, Situation};
use vocab::Timestamp;

/// Logs are kept from so long before the first suspicious record (PG-2), microseconds.
pub const KEPT_MICROS: i64 = 30 * Timestamp::DAY;

/// Gates that are closed; a gate that a waiver sets aside is not among them.
#[must_use]
pub fn gates(case: &Situation<'_>, handling: &Handling) -> Vec<Objection> {
    let mut closed = Vec::new();
    for host in case.hit {
        for (gate, class) in [(Guard::Image, ItemClass::Image), (Guard::Volatile, ItemClass::Volatile)] {
            let kept = handling.items.iter().any(|(_, item)| item.class == class && item.host == *host);
            if !kept && !stated(handling, gate, host) {
                closed.push(Objection::new(gate, host));
            }
        }
    }
    if !logs_are_kept(case, handling) && !stated(handling, Guard::Logs, "") {
        closed.push(Objection::new(Guard::Logs, ""));
    }
    if !stated(handling, Guard::Elsewhere, "") {
        closed.extend(on_hit_computers(case, handling).map(|name| Objection::new(Guard::Elsewhere, name)));
    }
    closed.extend(case.unheld.iter().map(|name| Objection::new(Guard::Custody, name)));
    let told = handling.clocks.iter().any(|note| note.clock == "CLK-2" && note.done.is_some());
    if !told && !stated(handling, Guard::Police, "") {
        closed.push(Objection::new(Guard::Police, ""));
    }
    closed.retain(|objection| !waived(case, handling, objection));
    closed.sort();
    closed
}

fn stated(handling: &Handling, gate: Guard, host: &str) -> bool {
    handling.gates.contains_key(&(gate, host.to_owned()))
}

/// Items together reach from the policy's days before the first suspicious record to the last.
fn logs_are_kept(case: &Situation<'_>, handling: &Handling) -> bool {
    let logs = handling.items.iter().filter(|(_, item)| item.class == ItemClass::Logs);
    let covers: Vec<_> = logs.filter_map(|(_, item)| item.covers).collect();
    let from = case.span.0.plus(-KEPT_MICROS);
    covers.iter().any(|(begins, _)| *begins <= from) && covers.iter().any(|(_, ends)| *ends >= case.span.1)
}

/// Names of items that lie on a computer that was hit.
fn on_hit_computers<'a>(
    case: &'a Situation<'_>,
    handling: &'a Handling,
) -> impl Iterator<Item = &'a str> + 'a {
    let hit = |name: &str| case.hit.iter().any(|host| host == name);
    let items = handling.items.iter().filter(move |(_, item)| match &item.place {
        Place::Store | Place::Ledger(..) => hit(case.keeper),
        Place::Elsewhere(place) => hit(place.trim()),
    });
    items.map(|(_, item)| item.name.as_str())
}

/// A waiver counts for the computers that were hit when it was made (CW-VIC-07).
fn waived(case: &Situation<'_>, handling: &Handling, objection: &Objection) -> bool {
    handling.waivers.iter().filter(|made| made.holds()).any(|made| {
        let about_host = matches!(objection.guard, Guard::Image | Guard::Volatile);
        let known = if about_host {
            made.waiver.hosts.contains(&objection.about)
        } else {
            case.hit.iter().all(|host| made.waiver.hosts.contains(host))
        };
        known && made.waiver.gates.contains(&objection.guard)
    })
}
