//! Facts that people establish or refute, and the verdict that they confirm (casework.md 2.1, 2.6). Both are notes in the log
//! of the case; each is in the ledger before it counts.

use super::routes::{Page, may, part, value};
use super::{Asked, Console, Made, askama, held};
use act::{EvidenceRef, FactId, LegalClass, State};
use anyhow::Context as _;
use casework::Incident;
use casework::noted::noted;
use casework::ruling::{Decided, Decision, Doing, Ruling, RulingFault, Statement, rows, ruling, values};
use store::{Case, CaseEvent, CaseState, Role};
use vocab::{Message, Timestamp};
use web::console::{FactLine, FactsPage, VerdictLine, visible_whole};
use web::{Catalog, Lang};

/// Deeds in the log of a case whose particulars are a statement and a decision.
pub(super) const FACT: &str = "fact";
pub(super) const VERDICT: &str = "verdict";

/// The notes of a case.
#[derive(Default)]
pub(super) struct Notes {
    statements: Vec<Statement>,
    decisions: Vec<Decision>,
}

impl Notes {
    /// Those in the log of a case.
    pub(super) fn of(events: &[CaseEvent]) -> Self {
        let of = |deed: &'static str| events.iter().filter(move |event| event.deed == deed);
        Self {
            statements: of(FACT).filter_map(|event| serde_json::from_str(&event.body).ok()).collect(),
            decisions: of(VERDICT).filter_map(|event| serde_json::from_str(&event.body).ok()).collect(),
        }
    }

    /// The ruling that they make of an incident, and what of them does not stand any more.
    pub(super) fn ruling(&self, incident: &Incident) -> (Ruling, Vec<RulingFault>) {
        self.over(&incident.legal.facts)
    }

    /// The same over the facts that the records show.
    pub(super) fn over(&self, proposed: &act::Facts) -> (Ruling, Vec<RulingFault>) {
        noted(proposed, &self.statements, &self.decisions)
    }
}

/// A note in words, for the log of the case.
pub(super) fn words(event: &CaseEvent, t: &Catalog) -> String {
    let said = match event.deed.as_str() {
        FACT => serde_json::from_str::<Statement>(&event.body).ok().map(|note| {
            let known = values(note.fact).into_iter().find(|option| option.value == note.value);
            let value = known.map_or(note.value, |option| pick(t, &option.text.ja, &option.text.en));
            format!("{} {}: {value} - {}", note.fact, pick(t, note.fact.ja(), note.fact.en()), note.reason)
        }),
        VERDICT => serde_json::from_str::<Decision>(&event.body).ok().map(|note| {
            let doing = t.text(&format!("console-verdict-{}", code(note.doing)));
            format!("{doing} {} - {}", class_words(&note.class, t), note.reason)
        }),
        _ => super::work::words(event, t),
    };
    visible_whole(&said.unwrap_or_else(|| event.body.clone()))
}

fn pick(t: &Catalog, ja: &str, en: &str) -> String {
    if t.lang() == Lang::Ja { ja } else { en }.to_owned()
}

const fn code(doing: Doing) -> &'static str {
    match doing {
        Doing::Confirm => "confirm",
        Doing::Revise => "revise",
        Doing::Withdraw => "withdraw",
    }
}

fn class_words(class: &str, t: &Catalog) -> String {
    LegalClass::from_code(class).map_or_else(String::new, |class| {
        let text = class.text();
        format!("{} ({class})", pick(t, &text.ja, &text.en))
    })
}

/// The time of a note, as notes write it: exact, because their order decides.
fn stamp(now: Timestamp) -> String {
    let offset = jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(9));
    let at = jiff::Timestamp::from_microsecond(now.0).unwrap_or_default().to_zoned(offset);
    at.strftime("%Y-%m-%dT%H:%M:%S%.6f+09:00").to_string()
}

/// What may be done about the verdict now. It can be confirmed from 判定 on (CW-DAT-09).
fn doings(ruling: &Ruling, state: CaseState) -> &'static [Doing] {
    let open = matches!(state, CaseState::Assessing | CaseState::Responding | CaseState::Preventing);
    match (open, ruling.standing()) {
        (false, _) => &[],
        (true, None) => &[Doing::Confirm],
        (true, Some(_)) => &[Doing::Revise, Doing::Withdraw],
    }
}

/// Classes that may be confirmed here: the one that the rules propose, and that it cannot be determined.
fn offered(ruling: &Ruling) -> Vec<LegalClass> {
    let mut classes = vec![ruling.proposal.legal_class, LegalClass::Undetermined];
    classes.dedup();
    classes
}

struct Found {
    case: Case,
    incident: Incident,
    notes: Notes,
}

impl Console {
    fn found(&self, asked: &Asked<'_>) -> anyhow::Result<Option<Found>> {
        let number: i64 = part(&asked.request.path, 2).parse().unwrap_or(0);
        let found = self.shared.store.read(|tx| {
            let Some(case) = tx.case(number)? else { return Ok(None) };
            let events = tx.case_events(&case.id)?;
            Ok(Some((case, events)))
        })?;
        Ok(found.and_then(|(case, events)| {
            let incident = held(&self.shared.incidents).get(&case.incident).cloned()?;
            Some(Found { case, incident, notes: Notes::of(&events) })
        }))
    }

    pub(super) fn facts(&self, asked: &Asked<'_>) -> anyhow::Result<Made> {
        let t = asked.t;
        let Some(Found { case, incident, notes }) = self.found(asked)? else {
            return Ok(self.told(asked, 404, "console-old"));
        };
        let (ruling, fallen) = notes.ruling(&incident);
        let role = asked.session.as_ref().map_or(Role::Auditor, |session| session.role);
        let mut warnings = Vec::new();
        if ruling.is_outdated() {
            warnings.push(t.text("ruling-outdated"));
        }
        if !fallen.is_empty() {
            let list: Vec<String> = fallen.iter().map(ToString::to_string).collect();
            warnings.push(t.render(&Message::new("console-fallen").with("list", list.join("; ").as_str())));
        }
        let doings = if may(Page::Verdict, role) { doings(&ruling, case.state) } else { &[] };
        let proposal = &ruling.proposal;
        let mut f = self.frame(asked, "/cases", "console-facts");
        f.title = format!("{} {}: {}", t.text("console-case"), case.number, t.text("console-facts-title"));
        let page = FactsPage {
            f,
            number: case.number,
            proposal: class_words(proposal.legal_class.as_str(), t),
            names: t.text(if ruling.names_act() { "ruling-names" } else { "ruling-names-not" }),
            warnings,
            verdicts: ruling.verdicts.iter().map(|decided| verdict_line(decided, t)).collect(),
            facts: fact_lines(&ruling, t),
            states: may(Page::StateFact, role),
            doings: doings
                .iter()
                .map(|doing| (code(*doing), t.text(&format!("console-verdict-{}", code(*doing)))))
                .collect(),
            classes: offered(&ruling)
                .into_iter()
                .map(|class| (class.as_str().to_owned(), class_words(class.as_str(), t)))
                .collect(),
        };
        Ok(Made::Html(200, askama(&page)))
    }

    pub(super) fn note_fact(&self, asked: &Asked<'_>, page: Page) -> anyhow::Result<Made> {
        let form = String::from_utf8_lossy(&asked.request.body).into_owned();
        let field = |name: &str| value(&form, name).unwrap_or_default();
        let actor = asked.session.as_ref().context("a session")?.login.clone();
        let Some(Found { case, incident, notes }) = self.found(asked)? else {
            return Ok(self.told(asked, 404, "console-old"));
        };
        if matches!(case.state, CaseState::Closed | CaseState::Dismissed) {
            return Ok(self.told(asked, 409, "console-guard-closed"));
        }
        let before = notes.ruling(&incident).0;
        let at = stamp(asked.now);
        let (deed, body, stands) = if page == Page::StateFact {
            let evidence = Some(field("evidence")).filter(|text| !text.trim().is_empty());
            let Ok(fact) = serde_json::from_value::<FactId>(serde_json::json!(field("fact"))) else {
                return Ok(self.told(asked, 400, "console-ruling-refused"));
            };
            let note = Statement {
                fact,
                value: field("value"),
                by: actor.clone(),
                at,
                reason: field("reason"),
                evidence: evidence.map(EvidenceRef::Text).into_iter().collect(),
            };
            (FACT, serde_json::to_string(&note)?, ruling(&before.facts, &[note], &[]).is_ok())
        } else {
            let known = doings(&before, case.state).iter().find(|doing| code(**doing) == field("do"));
            let Some(doing) = known else {
                return Ok(self.told(asked, 409, "console-guard-verdict"));
            };
            let class = if *doing == Doing::Withdraw { String::new() } else { field("class") };
            let note = Decision { doing: *doing, class, by: actor.clone(), at, reason: field("reason") };
            let mut all = notes.decisions.clone();
            all.push(note.clone());
            let means = offered(&before).iter().any(|class| class.as_str() == note.class);
            // It stands when it adds no fault to those that are there already.
            let faults = noted(&incident.legal.facts, &notes.statements, &all).1.len();
            let stands =
                (means || note.doing == Doing::Withdraw) && faults == notes.ruling(&incident).1.len();
            (VERDICT, serde_json::to_string(&note)?, stands)
        };
        if !stands {
            return Ok(self.told(asked, 409, "console-ruling-refused"));
        }
        self.write_case(&case, false, deed, &body, &actor, asked.now)?;
        Ok(Made::See(format!("/cases/{}/facts?said=noted", case.number), None))
    }
}

fn verdict_line(decided: &Decided, t: &Catalog) -> VerdictLine {
    let verdict = &decided.verdict;
    let state = match verdict.state {
        State::Revised => "console-verdict-was-revised",
        State::Withdrawn => "console-verdict-was-withdrawn",
        State::Confirmed | State::Proposed => "console-verdict-stands",
    };
    let by = Message::new(state)
        .with("by", verdict.confirmed_by.clone().unwrap_or_default().as_str())
        .with("at", verdict.confirmed_at.clone().unwrap_or_default().as_str());
    let mut said = t.render(&by);
    if decided.sole_author {
        said = format!("{said} {}", t.text("ruling-sole"));
    }
    VerdictLine { label: class_words(verdict.legal_class.as_str(), t), said, reason: decided.reason.clone() }
}

fn fact_lines(ruling: &Ruling, t: &Catalog) -> Vec<FactLine> {
    let missing = &ruling.proposal.missing;
    rows(&ruling.facts)
        .into_iter()
        .map(|row| {
            let wanted = missing.iter().find(|missing| missing.fact == row.fact);
            let author = row.author.map_or_else(String::new, |author| {
                let id = if author == "sekisho" { "console-fact-records" } else { "console-fact-by" };
                let at = row.recorded_at.unwrap_or_default();
                t.render(&Message::new(id).with("by", author.as_str()).with("at", at.as_str()))
            });
            FactLine {
                id: row.fact.as_str().to_owned(),
                statement: pick(t, &row.statement.ja, &row.statement.en),
                value: match (row.text.ja.as_str(), t.lang()) {
                    ("?", Lang::Ja) => "不明".to_owned(),
                    ("?", _) => "not known".to_owned(),
                    _ => pick(t, &row.text.ja, &row.text.en),
                },
                author,
                reason: row.note.unwrap_or_default(),
                missing: wanted.is_some(),
                settled_by: wanted.map_or_else(String::new, |wanted| {
                    pick(t, &wanted.settled_by_ja.join("、"), &wanted.settled_by_en.join(", "))
                }),
                values: values(row.fact)
                    .into_iter()
                    .map(|option| (option.value, pick(t, &option.text.ja, &option.text.en)))
                    .collect(),
            }
        })
        .collect()
}
