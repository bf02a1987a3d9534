//! What the pages show.

use super::clocks;
use super::facts::{self, Notes};
use super::routes::{Page, may, value};
use super::work::Work;
use super::{Asked, Console, Made, askama, held};
use crate::serve::publish::level;
use std::sync::atomic::Ordering;
use store::{Case, CaseEvent, CaseState, IncidentRow, Role, Session, Wanted};
use vocab::{Level, Message, Timestamp};
use web::Catalog;
use web::console::visible;
use web::console::{
    CasePage, CaseRow, CasesPage, FindingRow, FindingsPage, IncidentPart, MoveLine, PeoplePage, PersonRow,
    TablePage, TodayPage,
};

/// Rows of a list on one page.
const ROWS: i64 = 50;
/// Cases in a list.
const CASES_MAX: i64 = 500;

impl Console {
    pub(super) fn show(&self, asked: &Asked<'_>, page: Page) -> anyhow::Result<Made> {
        Ok(Made::Html(
            200,
            match page {
                Page::Cases => {
                    let cases = self.cases(asked.t, false)?;
                    askama(&CasesPage { f: self.frame(asked, "/cases", "console-cases"), cases })
                }
                Page::Case => return self.case(asked),
                Page::Logs => self.logs(asked)?,
                Page::LogLine => return self.log_line(asked),
                Page::Facts => return self.facts(asked),
                Page::Evidence => return self.evidence(asked),
                Page::Documents => return self.documents(asked),
                Page::Bundles => return self.bundles(asked),
                Page::DocumentFile => return self.document_file(asked),
                Page::Entries => return self.entries(asked),
                Page::Recovery => return self.recovery(asked),
                Page::Findings => self.findings(asked)?,
                Page::Notices => self.notices(asked)?,
                Page::Sources => self.sources(asked)?,
                Page::Rules => self.rules(asked),
                Page::Ledger => {
                    let t = asked.t;
                    let (entries, key) = held(&self.shared.ledger).clone();
                    askama(&TablePage {
                        f: self.frame(asked, "/ledger", "console-ledger"),
                        note: t.text("console-ledger-note"),
                        facts: vec![
                            (t.text("console-entries"), entries.to_string()),
                            (t.text("console-key"), key),
                        ],
                        heads: Vec::new(),
                        rows: Vec::new(),
                    })
                }
                Page::People => self.people(asked)?,
                _ => self.today(asked)?,
            },
        ))
    }

    fn cases(&self, t: &Catalog, open: bool) -> anyhow::Result<Vec<CaseRow>> {
        let all: Vec<(Case, Option<IncidentRow>, Vec<CaseEvent>)> = self.shared.store.read(|tx| {
            let cases = tx.cases(open, CASES_MAX)?;
            let whole = |case: Case| Ok((tx.incident(&case.incident)?, tx.case_events(&case.id)?, case));
            let whole: store::Result<Vec<_>> = cases.into_iter().map(whole).collect();
            Ok(whole?.into_iter().map(|(row, events, case)| (case, row, events)).collect())
        })?;
        let row = |(case, row, events): (Case, Option<IncidentRow>, Vec<CaseEvent>)| {
            Some(CaseRow { due: self.next_clock(&case, &events, t), ..case_row(&case, &row?, t) })
        };
        Ok(all.into_iter().filter_map(row).collect())
    }

    fn today(&self, asked: &Asked<'_>) -> anyhow::Result<Result<String, String>> {
        let t = asked.t;
        let mut cases = self.cases(t, true)?;
        cases.sort_by_key(|case| (!case.entered, std::cmp::Reverse(case.number)));
        let sources = self.shared.store.read(|tx| tx.sources())?;
        let lines: i64 = sources.iter().map(|source| source.lines).sum();
        let answer = match cases.first() {
            Some(case) if case.entered => "entered",
            Some(_) => "tried",
            None => "nothing",
        };
        let count = |id: &str, count: i64| (t.text(id), count.to_string());
        Ok(askama(&TodayPage {
            f: self.frame(asked, "/", "console-today"),
            answer,
            answer_title: t.text(&format!("console-answer-{answer}")),
            answer_text: t.text(&format!("console-answer-{answer}-text")),
            alarms: self.alarms(asked)?,
            cases,
            facts: vec![
                count("console-watched", i64::try_from(sources.len())?),
                count("console-lines", lines),
                count("console-unread", sources.iter().map(|source| source.unread).sum()),
            ],
            silent: sources.into_iter().filter(|source| source.silent).map(|source| source.name).collect(),
        }))
    }

    fn case(&self, asked: &Asked<'_>) -> anyhow::Result<Made> {
        let Some(work) = self.work(asked)? else {
            return Ok(self.told(asked, 404, "console-missing"));
        };
        let (case, number) = (&work.case, work.case.number);
        let told = self.shared.store.read(|tx| tx.tellings_of(&case.incident))?;
        let waits = told.iter().any(|telling| telling.acknowledged == Timestamp(0));
        self.seen(asked, &case.incident)?;
        let t = asked.t;
        let known = held(&self.shared.incidents).get(&case.incident).cloned();
        // The page shows the act as people see it: what they stated and confirmed counts.
        let part = known.map(|incident| {
            let mut incident = clocks::dated(incident, case);
            incident.legal = Notes::of(&work.events).ruling(&incident).0.legal();
            IncidentPart::new(&incident, t)
        });
        let mut f = self.frame(asked, "/cases", "console-case");
        f.title = format!("{} {number}: {}", t.text("console-case"), kind(&work.row.title, t));
        let mut page = CasePage::new(f, number, case.version, part);
        let role = asked.session.as_ref().map_or(Role::Auditor, |session: &Session| session.role);
        page.steps = CaseState::ALL
            .into_iter()
            .filter(|state| *state != CaseState::Dismissed || case.state == CaseState::Dismissed)
            .map(|state| (state_words(state, t), state == case.state))
            .collect();
        let owner = if case.owner.is_empty() { t.text("console-owner-none") } else { case.owner.clone() };
        page.facts = vec![(t.text("console-owner"), owner), (t.text("console-opened"), t.time(case.opened))];
        if case.recognised > Timestamp(0) {
            page.facts.push((t.text("console-recognised"), t.time(case.recognised)));
        }
        page.clocks = clocks::lines(&work, asked);
        page.acts = may(Page::Note, role);
        page.exempts = may(Page::Clock, role);
        page.waits = waits || case.state == CaseState::Detected;
        page.guide = (1..=guide_steps(case.state))
            .map(|step| t.text(&format!("guide-{}-{step}", case.state.name())))
            .collect();
        page.guide_not = t.text(&format!("guide-{}-not", case.state.name()));
        page.moves = self.moves(&work, asked);
        page.moves_too = may(Page::Move, role);
        page.events = work
            .events
            .iter()
            .map(|event| {
                let deed =
                    Message::new(format!("console-deed-{}", event.deed)).with("actor", event.actor.as_str());
                (t.time(event.at), t.render(&deed), event.ledger, facts::words(event, t))
            })
            .collect();
        Ok(Made::Html(200, askama(&page)))
    }

    /// Where the case may go, each with what still stands against it.
    fn moves(&self, work: &Work, asked: &Asked<'_>) -> Vec<MoveLine> {
        let t = asked.t;
        let one = |to: &CaseState| {
            let words = Message::new("console-move").with("state", state_words(*to, t).as_str());
            let objections = work.objections(*to, asked.now);
            MoveLine {
                state: to.name(),
                words: t.render(&words),
                objections: objections.iter().map(|one| work.objection_line(one, t)).collect(),
            }
        };
        casework::case::moves(work.case.state).iter().map(one).collect()
    }

    fn findings(&self, asked: &Asked<'_>) -> anyhow::Result<Result<String, String>> {
        let t = asked.t;
        let number = |name| value(&asked.request.query, name).and_then(|text| text.parse::<i64>().ok());
        let chosen = number("level").unwrap_or(1).clamp(0, 4);
        let page = number("page").unwrap_or(0).clamp(0, 1_000_000);
        let wanted = Wanted { level: chosen, skip: page * ROWS, rows: ROWS, ..Wanted::default() };
        let (found, numbers) = self.shared.store.read(|tx| {
            let found = tx.findings(&wanted)?;
            let mut numbers = Vec::with_capacity(found.rows.len());
            for row in &found.rows {
                let case = if row.incident.is_empty() { None } else { tx.case_of(&row.incident)? };
                numbers.push(case.map_or(0, |case| case.number));
            }
            Ok((found, numbers))
        })?;
        let more = found.all > (page + 1) * ROWS;
        let rows = found.rows.into_iter().zip(numbers).map(|(row, number)| {
            let level = level(row.level);
            FindingRow {
                level: level.as_str(),
                level_text: t.text(&format!("level-{}", level.as_str())),
                kind: kind(&row.kind, t),
                about: about(&row.body),
                first: t.time(row.began),
                last: t.time(row.ended),
                number,
            }
        });
        let levels = Level::ALL
            .iter()
            .zip(0_i64..)
            .map(|(level, number)| (number, t.text(&format!("level-{}", level.as_str())), number == chosen));
        Ok(askama(&FindingsPage {
            f: self.frame(asked, "/findings", "console-findings"),
            levels: levels.collect(),
            level: chosen,
            count: t.render(&Message::new("console-count").with("count", u64::try_from(found.all)?)),
            rows: rows.collect(),
            before: (page > 0).then(|| page - 1),
            after: more.then_some(page + 1),
        }))
    }

    fn sources(&self, asked: &Asked<'_>) -> anyhow::Result<Result<String, String>> {
        let t = asked.t;
        let heads = ["col-source", "console-way", "console-format", "console-lines", "console-events"]
            .into_iter()
            .chain(["console-unread", "console-seen"]);
        let rows = self.shared.store.read(|tx| tx.sources())?.into_iter().map(|source| {
            let counts = [source.lines, source.events, source.unread].map(|count| count.to_string());
            let mut row = vec![source.name, source.way, source.format];
            row.extend(counts);
            let seen = t.time(source.last_seen);
            row.push(if source.silent { format!("{seen} {}", t.text("console-silent-now")) } else { seen });
            row
        });
        Ok(askama(&TablePage {
            f: self.frame(asked, "/sources", "console-sources"),
            note: String::new(),
            facts: self.receivers(t),
            heads: heads.map(|id| t.text(id)).collect(),
            rows: rows.collect(),
        }))
    }

    /// What is known of the receivers: datagrams that were lost, and when each agent was heard.
    fn receivers(&self, t: &Catalog) -> Vec<(String, String)> {
        let dropped = self.shared.dropped.load(Ordering::Relaxed).to_string();
        let agents = self.shared.agents.heard().into_iter().map(|(name, agent)| {
            let state = if agent.stopped { "console-agent-stopped" } else { "console-agent-heard" };
            let mebibytes = agent.spool_bytes.div_ceil(1 << 20);
            let words = Message::new(state)
                .with("time", t.time(agent.heard).as_str())
                .with("records", agent.have)
                .with("spool", mebibytes)
                .with("repeated", agent.repeated);
            (t.render(&Message::new("console-agent").with("name", name.as_str())), t.render(&words))
        });
        std::iter::once((t.text("console-dropped"), dropped)).chain(agents).collect()
    }

    fn people(&self, asked: &Asked<'_>) -> anyhow::Result<Result<String, String>> {
        let t = asked.t;
        let words = |role: Role| t.text(&format!("console-role-{}", role.name()));
        let people = self.shared.store.read(|tx| tx.people())?.into_iter().map(|person| PersonRow {
            role: words(person.role),
            role_code: person.role.name(),
            state: t.text(if person.active { "console-active" } else { "console-inactive" }),
            id: person.id,
            login: visible(&person.login),
            name: visible(&person.name),
            mail: visible(&person.mail),
            active: person.active,
            version: person.version,
        });
        let role = asked.session.as_ref().map_or(Role::Auditor, |session| session.role);
        Ok(askama(&PeoplePage {
            f: self.frame(asked, "/people", "console-people"),
            people: people.collect(),
            roles: Role::ALL.into_iter().map(|role| (role.name(), words(role))).collect(),
            acts: may(Page::AddPerson, role),
        }))
    }
}

/// How many steps the guide has in a state (casework.md 6.2).
const fn guide_steps(state: CaseState) -> usize {
    match state {
        CaseState::Detected | CaseState::Assessing => 2,
        CaseState::Initial | CaseState::Preserving | CaseState::Responding | CaseState::Preventing => 3,
        CaseState::Closed | CaseState::Dismissed => 1,
    }
}

pub(super) fn kind(name: &str, t: &Catalog) -> String {
    t.text(&format!("kind-{name}"))
}

pub(super) fn state_words(state: CaseState, t: &Catalog) -> String {
    t.text(&format!("console-state-{}", state.name()))
}

fn case_row(case: &Case, row: &IncidentRow, t: &Catalog) -> CaseRow {
    let level = level(row.level);
    let waits = case.state == CaseState::Detected;
    CaseRow {
        number: case.number,
        level: level.as_str(),
        level_text: t.text(&format!("level-{}", level.as_str())),
        entered: row.entered,
        title: kind(&row.title, t),
        state: state_words(case.state, t),
        told: t.text(if waits { "console-told-waits" } else { "console-notice-acknowledged" }),
        last: t.time(row.ended),
        due: String::new(),
    }
}

/// The parts of a finding's key, as `name value`.
fn about(body: &str) -> String {
    let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    let key = body.get("key").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
    let parts = key.iter().filter_map(|pair| {
        let (name, value) = (pair.get(0)?.as_str()?, pair.get(1)?.as_str()?);
        (!value.is_empty()).then(|| visible(&format!("{name} {value}")))
    });
    parts.collect::<Vec<_>>().join(", ")
}
