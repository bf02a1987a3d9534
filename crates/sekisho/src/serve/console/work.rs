//! A case with everything that its pages and guards ask for: the incident as documents see it, what people did, what is owed.

use super::facts::Notes;
use super::routes::part;
use super::{Asked, Console, Made};
use anyhow::Context as _;
use casework::dossier::{Dossier, Seen};
use casework::handling::{Deed, Guard, Handling, Objection, Situation, objections};
use casework::obligation::{Obligation, standing};
use store::{Case, CaseEvent, CaseState, Error, IncidentRow};
use vocab::{Message, Timestamp};
use web::Catalog;
use web::console::{ObjectionLine, visible};

/// A case that is worked on.
pub(super) struct Work {
    pub(super) case: Case,
    pub(super) row: IncidentRow,
    pub(super) events: Vec<CaseEvent>,
    pub(super) dossier: Dossier,
    pub(super) handling: Handling,
    pub(super) obligations: Vec<Obligation>,
    /// A verdict is confirmed and not outdated.
    pub(super) confirmed: bool,
    /// Hit computers (CW-VIC-07).
    pub(super) hit: Vec<String>,
    /// The chain of custody; `None` when it does not hold.
    pub(super) chain: Option<bundle::Chain>,
    /// Forms that were handed in and have no receipt.
    without_receipt: Vec<String>,
    /// Items without an open custody record that holds.
    unheld: Vec<String>,
    measures: Vec<(String, u8)>,
    keeper: String,
}

/// What people did, by the log of a case.
pub(super) fn handling(events: &[CaseEvent]) -> Handling {
    Handling::of(events.iter().map(|event| Deed {
        entry: event.ledger,
        at: event.at,
        by: &event.actor,
        deed: &event.deed,
        body: &event.body,
    }))
}

/// Who asks, by the name to sign in with.
pub(super) fn actor(asked: &Asked<'_>) -> anyhow::Result<String> {
    Ok(asked.session.as_ref().context("a session")?.login.clone())
}

/// The particulars of a deed in words; `None` for a deed whose particulars are words already.
pub(super) fn words(event: &CaseEvent, t: &Catalog) -> Option<String> {
    let all = handling(std::slice::from_ref(event));
    let code = |text: &str| text.replace('_', "-");
    match event.deed.as_str() {
        super::entries::ENTERED => {
            let ids: Vec<String> = super::entries::typed(std::slice::from_ref(event)).into_keys().collect();
            return Some(ids.join(", "));
        }
        super::bundles::BUNDLE => return super::bundles::words(event),
        super::documents::RELEASED => {
            let all = super::documents::releases(std::slice::from_ref(event)).releases;
            let one = all.first()?;
            let files: Vec<String> =
                one.files.iter().map(|file| format!("{} SHA-256 {}", file.name, file.sha256)).collect();
            return Some(format!("{} v{} - {}", one.form, one.version, files.join(", ")));
        }
        _ => {}
    }
    if let Some((_, _, _, entry)) = all.recovery.first() {
        let action = t.text(&format!("recovery-action-{}", code(entry.action.code())));
        let texts = [&entry.host, &action, &entry.done, &entry.reason, &entry.result];
        return Some(
            texts.into_iter().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>().join(" - "),
        );
    }
    if let Some(note) = all.gates.values().next() {
        let answer = t.text(&format!("gate-answer-{}", code(note.answer.code())));
        return Some(format!("{} {} {answer} - {}", note.gate.code(), note.host, note.reason));
    }
    if let Some((_, item)) = all.items.first() {
        return Some(format!("{} - SHA-256 {} - {} bytes", item.name, item.sha256, item.bytes));
    }
    if let Some(note) = all.settled.values().next() {
        let fate = t.text(&format!("evidence-fate-{}", note.fate.code()));
        return Some(format!("{fate} - {} - {}", note.reason, note.item));
    }
    if let Some(event) = super::items::event(event) {
        return Some(format!("{} → {} - {} - {}", event.from, event.to, event.purpose, event.item));
    }
    if let Some(made) = all.waivers.first() {
        let gates: Vec<&str> = made.waiver.gates.iter().map(|gate| gate.code()).collect();
        return Some(format!("{} - {}", gates.join(", "), made.waiver.reason));
    }
    if let Some(note) = all.measures.values().next() {
        let answer = t.text(&format!("measure-answer-{}", note.answer.code()));
        return Some(format!("{} {answer} - {}", note.measure, note.reason));
    }
    if let Some(note) = all.clocks.first().filter(|_| event.deed == Handling::CLOCK) {
        let (id, text) = match (&note.extended_to, note.exempt.is_empty()) {
            (Some(_), _) => ("console-clock-do-extend", &note.reason),
            (None, false) => ("console-clock-do-exempt", &note.exempt),
            (None, true) => ("console-clock-do-not-applicable", &note.not_applicable),
        };
        let until = note.extended_to.clone().unwrap_or_default();
        return Some(format!("{} {} {until} - {text}", note.clock, t.text(id)));
    }
    None
}

impl Work {
    /// What still stands against moving the case to this state.
    pub(super) fn objections(&self, to: CaseState, now: Timestamp) -> Vec<Objection> {
        objections(to, &self.situation(now), &self.handling)
    }

    /// How the case stands.
    pub(super) fn situation(&self, now: Timestamp) -> Situation<'_> {
        Situation {
            hit: &self.hit,
            keeper: &self.keeper,
            span: (self.dossier.seen.first, self.dossier.seen.last),
            unheld: &self.unheld,
            confirmed: self.confirmed,
            obligations: &self.obligations,
            measures: &self.measures,
            without_receipt: &self.without_receipt,
            now,
        }
    }

    /// An objection in words, with the page where it is dealt with.
    pub(super) fn objection_line(&self, one: &Objection, t: &Catalog) -> ObjectionLine {
        let page = match one.guard {
            Guard::Verdict => "/facts#verdict",
            Guard::Obligation => "#clocks",
            Guard::Measure => "/recovery#measures",
            Guard::Settled => "/evidence#items",
            Guard::Receipt => "/documents",
            guard if Guard::GATES.contains(&guard) => "/evidence#gates",
            _ => "/recovery#record",
        };
        let about = match one.guard {
            Guard::Measure => {
                let known = self.dossier.seen.measures.iter().find(|measure| measure.id == one.about);
                known.map_or_else(String::new, |_| t.text(&format!("measure-{}", one.about)))
            }
            Guard::Obligation => {
                let known = self.obligations.iter().find(|owed| owed.clock == one.about);
                let form = known.map_or_else(String::new, |owed| owed.form.replace('.', "-"));
                format!("{} ({})", t.text(&format!("recipient-{form}")), one.about)
            }
            _ => visible(&one.about),
        };
        let id = format!("guard-{}", one.guard.code().to_lowercase());
        ObjectionLine {
            code: one.guard.code(),
            text: t.render(&Message::new(id).with("about", about.as_str())),
            href: format!("/cases/{}{page}", self.case.number),
        }
    }

    /// The case is over: nothing is noted any more.
    pub(super) const fn is_over(&self) -> bool {
        matches!(self.case.state, CaseState::Closed | CaseState::Dismissed)
    }
}

impl Console {
    /// The case that the path names.
    pub(super) fn work(&self, asked: &Asked<'_>) -> anyhow::Result<Option<Work>> {
        let number: i64 = part(&asked.request.path, 2).parse().unwrap_or(0);
        let found = self.shared.store.read(|tx| {
            let Some(case) = tx.case(number)? else { return Ok(None) };
            let (row, events) = (tx.incident(&case.incident)?, tx.case_events(&case.id)?);
            Ok(row.map(|row| (case, row, events)))
        })?;
        found.map(|(case, row, events)| self.worked(case, row, events)).transpose()
    }

    fn worked(&self, case: Case, row: IncidentRow, events: Vec<CaseEvent>) -> anyhow::Result<Work> {
        let mut value: serde_json::Value =
            serde_json::from_str(&row.body).context("the incident in the state is no JSON")?;
        web::i18n::enrich(&mut value, &self.ja, &self.en);
        let mut seen = Seen::read(&value)?;
        if case.recognised > Timestamp(0) {
            casework::obligation::recognised(&mut seen, case.recognised);
        }
        let mut confirmed = false;
        let facts = super::entries::facts(&super::entries::typed(&events));
        if let Some(mut proposed) = seen.act_facts()? {
            casework::ruling::entered(&mut proposed, &facts);
            let ruling = Notes::of(&events).over(&proposed).0;
            confirmed = ruling.standing().is_some() && !ruling.is_outdated();
            ruling.settle(&mut seen)?;
        }
        let handling = handling(&events);
        let dossier = Dossier { seen, facts };
        let obligations = standing(&dossier, &handling.clocks).0;
        let chain = super::items::chain(&events);
        let unheld = super::items::unheld(&handling, chain.as_ref());
        let hit = dossier.seen.hosts.iter().filter(|host| host.state != "target");
        Ok(Work {
            hit: hit.map(|host| host.name.clone()).collect(),
            measures: dossier.seen.measures.iter().map(|one| (one.id.clone(), one.order)).collect(),
            without_receipt: super::documents::without_receipt(&events),
            chain,
            unheld,
            keeper: crate::inputs::host_name(),
            case,
            row,
            events,
            dossier,
            handling,
            obligations,
            confirmed,
        })
    }

    /// Writes down what somebody decided on the page of a case. It counts only when nobody else changed the case since the
    /// page was made (CW-DAT-05); `page` is the page below the case that is shown afterwards.
    pub(super) fn decide(
        &self,
        asked: &Asked<'_>,
        work: &Work,
        deed: &str,
        body: &str,
        page: &str,
        said: &str,
    ) -> anyhow::Result<Made> {
        let form = String::from_utf8_lossy(&asked.request.body).into_owned();
        let version = super::routes::value(&form, "version").and_then(|text| text.parse().ok());
        let case = Case { version: version.unwrap_or(0), ..work.case.clone() };
        let place = format!("/cases/{}{page}", case.number);
        match self.write_case(&case, true, deed, body, &actor(asked)?, asked.now) {
            Err(error) if matches!(error.downcast_ref(), Some(Error::Stale { .. })) => {
                Ok(Made::See(format!("{place}?said=stale"), None))
            }
            done => done.map(|()| Made::See(format!("{place}?said={said}"), None)),
        }
    }
}
