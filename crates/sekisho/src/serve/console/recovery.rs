//! The page of recovery and measures (対処・復旧と再発防止): the record of what was done, and the answers to the measures.

use super::evidence::NOTE_CHARS_MAX;
use super::routes::{Page, may, value};
use super::{Asked, Console, Made, askama};
use casework::handling::{Action, Handling, MeasureAnswer, MeasureDoing, Recovery, gates};
use store::Role;
use vocab::Message;
use web::console::{MeasureLine, RecoveryLine, RecoveryPage, visible, visible_whole};

impl Console {
    pub(super) fn recovery(&self, asked: &Asked<'_>) -> anyhow::Result<Made> {
        let t = asked.t;
        let Some(work) = self.work(asked)? else { return Ok(self.told(asked, 404, "console-missing")) };
        let role = asked.session.as_ref().map_or(Role::Auditor, |session| session.role);
        let open = !work.is_over();
        let mut f = self.frame(asked, "/cases", "recovery-title");
        f.title = format!("{} {}: {}", t.text("console-case"), work.case.number, t.text("recovery-title"));
        let action = |action: Action| t.text(&format!("recovery-action-{}", action.code().replace('_', "-")));
        let doing = |doing: MeasureDoing| t.text(&format!("measure-answer-{}", doing.code()));
        let gates = gates(&work.situation(asked.now), &work.handling);
        let entries = work.handling.recovery.iter().map(|(entry, at, by, done)| RecoveryLine {
            entry: *entry,
            noted: t.render(
                &Message::new("recovery-noted").with("by", by.as_str()).with("at", t.time(*at).as_str()),
            ),
            host: if done.host.is_empty() { t.text("recovery-all-hosts") } else { visible(&done.host) },
            action: action(done.action),
            done: visible(&done.done),
            reason: visible_whole(&done.reason),
            change: [&done.before, &done.after]
                .map(|text| visible(text))
                .join(" → ")
                .trim_matches([' ', '→'])
                .to_owned(),
            result: visible(&done.result),
            measure: visible(&done.measure),
        });
        let measures = work.dossier.seen.measures.iter().map(|measure| {
            let answer = work.handling.measures.get(&measure.id);
            MeasureLine {
                id: measure.id.clone(),
                text: t.text(&format!("measure-{}", measure.id)),
                answer: answer.map_or_else(|| t.text("measure-answer-none"), |answer| doing(answer.answer)),
                open: answer.is_none_or(|answer| answer.answer == MeasureDoing::Planned),
                reason: answer.map_or_else(String::new, |answer| visible_whole(&answer.reason)),
            }
        });
        let page = RecoveryPage {
            number: work.case.number,
            version: work.case.version,
            gates: gates.iter().map(|one| work.objection_line(one, t)).collect(),
            entries: entries.collect(),
            hosts: work.hit.iter().map(|host| (host.clone(), visible(host))).collect(),
            actions: Action::ALL.into_iter().map(|one| (one.code(), action(one))).collect(),
            measures: measures.collect(),
            answers: MeasureDoing::ALL.into_iter().map(|one| (one.code(), doing(one))).collect(),
            acts: open && may(Page::AddRecovery, role),
            f,
        };
        Ok(Made::Html(200, askama(&page)))
    }

    /// An entry of the recovery record, or the answer to a measure.
    pub(super) fn note_recovery(&self, asked: &Asked<'_>, page: Page) -> anyhow::Result<Made> {
        let form = String::from_utf8_lossy(&asked.request.body).into_owned();
        let field = |name: &str| value(&form, name).unwrap_or_default();
        let Some(work) = self.work(asked)? else { return Ok(self.told(asked, 404, "console-missing")) };
        if work.is_over() {
            return Ok(self.told(asked, 409, "console-guard-closed"));
        }
        let texts = ["reason", "done", "before", "after", "result"].map(field);
        let long = texts.iter().any(|text| text.chars().count() > NOTE_CHARS_MAX);
        let measure = field("measure");
        let known = work.dossier.seen.measures.iter().any(|one| one.id == measure);
        let [reason, done, before, after, result] = texts;
        let refused = || Ok(self.told(asked, 409, "console-note-refused"));
        if reason.trim().is_empty() || long {
            return refused();
        }
        if page == Page::AnswerMeasure {
            let Some(answer) = MeasureDoing::of(&field("answer")).filter(|_| known) else { return refused() };
            let body = serde_json::to_string(&MeasureAnswer { measure, answer, reason })?;
            return self.decide(asked, &work, Handling::MEASURE, &body, "/recovery", "noted");
        }
        let host = field("host");
        let fits = (host.is_empty() || work.hit.contains(&host)) && (measure.is_empty() || known);
        let Some(action) = Action::of(&field("action")).filter(|_| fits && !done.trim().is_empty()) else {
            return refused();
        };
        // Recovery waits until what has to be preserved is preserved, or a waiver says why not (casework.md 6.3).
        let closed = gates(&work.situation(asked.now), &work.handling);
        if action.changes_computer() && !closed.is_empty() {
            let list: Vec<String> = closed.iter().map(ToString::to_string).collect();
            let said = Message::new("console-guard-open").with("list", list.join(", ").as_str());
            return Ok(self.told_words(asked, 409, asked.t.render(&said)));
        }
        let entry = Recovery { host, action, done, reason, before, after, result, measure };
        let body = serde_json::to_string(&entry)?;
        self.decide(asked, &work, Handling::RECOVERY, &body, "/recovery", "noted")
    }
}
