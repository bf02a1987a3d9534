//! The page of notices and what is done on it: duties, addresses, a test (detection.md 8.1).

use super::routes::{Page, may, part, value};
use super::{Asked, Console, Made, askama};
use crate::serve::publish::level;
use crate::serve::telling::{TEST, is_address};
use anyhow::Context as _;
use casework::telling::{DAY_MINUTES, Duty, Hours};
use store::{Notice, NoticeState, PostRow, Role, Telling};
use vocab::{Message, Timestamp};
use web::Catalog;
use web::console::{AddressRow, DutyRow, NoticeRow, NoticesPage, WaitingRow};

/// Rows of the lists.
const ROWS: i64 = 100;
/// What nobody acknowledged for so long is shown as an alarm, microseconds (DT-NTF-03).
const LATE_MICROS: i64 = 15 * Timestamp::MINUTE;

impl Console {
    pub(super) fn notices(&self, asked: &Asked<'_>) -> anyhow::Result<Result<String, String>> {
        let t = asked.t;
        let (open, newest, posts, people) = self
            .shared
            .store
            .read(|tx| Ok((tx.open_tellings(ROWS)?, tx.newest_notices(ROWS)?, tx.posts()?, tx.people()?)))?;
        let mut waiting = Vec::with_capacity(open.len());
        for telling in &open {
            let (number, about) = self.about(&telling.incident, &telling.stage, t)?;
            waiting.push(WaitingRow {
                number,
                about,
                level: t.text(&format!("level-{}", level(telling.level).as_str())),
                begun: t.time(telling.begun),
                rounds: telling.rounds,
            });
        }
        let mut notices = Vec::with_capacity(newest.len());
        for notice in newest {
            notices.push(NoticeRow {
                time: t.time(notice.queued),
                about: self.about(&notice.incident, &notice.stage, t)?.1,
                channel: t.text(&format!("console-channel-{}", notice.channel)),
                person: notice.person,
                state: t.text(&format!("console-notice-{}", notice.state.name())),
                tries: notice.tries,
                answer: notice.proof,
            });
        }
        let role = asked.session.as_ref().map_or(Role::Auditor, |session| session.role);
        Ok(askama(&NoticesPage {
            alarms: self.alarms(asked)?,
            waiting,
            notices,
            duties: posts.iter().map(|post| duty_row(post, t)).collect(),
            people: people
                .into_iter()
                .filter(|person| person.active)
                .map(|person| AddressRow {
                    id: person.id,
                    login: person.login,
                    mail: person.mail,
                    second: person.second,
                })
                .collect(),
            kinds: Duty::ALL.into_iter().map(|duty| (duty.name(), duty_words(duty.name(), t))).collect(),
            days: (0..7).map(|day| t.text(&format!("console-day-{day}"))).collect(),
            acknowledges: may(Page::Acknowledge, role),
            tests: may(Page::TestNotice, role),
            changes: may(Page::AddDuty, role),
            f: self.frame(asked, "/notices", "console-notices"),
        }))
    }

    /// Number of the case and words for what is told of.
    fn about(&self, incident: &str, stage: &str, t: &Catalog) -> anyhow::Result<(i64, String)> {
        let case = self.shared.store.read(|tx| tx.case_of(incident))?;
        Ok(case.map_or_else(
            || (0, t.text(&format!("console-stage-{stage}"))),
            |case| {
                let words = Message::new("console-noticed-case")
                    .with("number", case.number.unsigned_abs())
                    .with("kind", Message::new(format!("kind-{}", case.title)));
                (case.number, format!("{} ({})", t.render(&words), t.text(&format!("console-stage-{stage}"))))
            },
        ))
    }

    /// What is wrong with the notices: no channel, nobody reached (DT-NTF-07), nobody acknowledges.
    pub(super) fn alarms(&self, asked: &Asked<'_>) -> anyhow::Result<Vec<String>> {
        let (t, told) = (asked.t, &self.shared.told);
        let mut alarms = Vec::new();
        if told.channels.is_empty() {
            alarms.push(t.text("console-alarm-channels"));
        }
        let lost = told.lost();
        let open = self.shared.store.read(|tx| tx.open_tellings(ROWS))?;
        let late = |telling: &&Telling| asked.now.since(telling.begun) > LATE_MICROS;
        let late: Vec<String> = open.iter().filter(late).map(|telling| telling.incident.clone()).collect();
        let lost = if told.channels.is_empty() { Vec::new() } else { lost };
        for (incidents, id) in [(lost, "console-alarm-lost"), (late, "console-alarm-late")] {
            if incidents.is_empty() {
                continue;
            }
            let mut numbers = Vec::with_capacity(incidents.len());
            for incident in incidents {
                let case = self.shared.store.read(|tx| tx.case_of(&incident))?;
                numbers
                    .push(case.map_or_else(|| t.text("console-stage-test"), |case| case.number.to_string()));
            }
            numbers.sort_unstable();
            numbers.dedup();
            alarms.push(t.render(&Message::new(id).with("numbers", numbers.join(", ").as_str())));
        }
        Ok(alarms)
    }

    /// The reader has the page of the case before the eyes: what was sent to the reader counts as seen (DT-NTF-02).
    pub(super) fn seen(&self, asked: &Asked<'_>, incident: &str) -> anyhow::Result<()> {
        let Some(session) = &asked.session else { return Ok(()) };
        let unseen = self.shared.store.read(|tx| tx.unseen_notices(incident, &session.login))?;
        if unseen.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = unseen.iter().map(|notice| notice.id.as_str()).collect();
        self.shared.deed(serde_json::json!({
            "deed": "notices seen", "incident": incident, "notices": ids, "actor": session.login,
        }))?;
        self.shared.store.write(|tx| {
            unseen
                .into_iter()
                .try_for_each(|notice| tx.tried_notice(&Notice { state: NoticeState::Seen, ..notice }))
        })?;
        Ok(())
    }

    pub(super) fn change_notices(&self, asked: &Asked<'_>, page: Page) -> anyhow::Result<Made> {
        let form = String::from_utf8_lossy(&asked.request.body).into_owned();
        let field = |name: &str| value(&form, name).unwrap_or_default();
        let actor = asked.session.as_ref().context("a session")?.login.as_str();
        let done = match page {
            Page::TestNotice => self.test_notice(asked, actor)?,
            Page::AcknowledgeTests => self.acknowledge_tests(asked, actor)?,
            Page::AddDuty => self.add_duty(actor, &field)?,
            Page::RemoveDuty => {
                let id = part(&asked.request.path, 3);
                self.shared
                    .deed(serde_json::json!({ "deed": "duty removed", "duty": id, "actor": actor }))?;
                self.shared.store.write(|tx| tx.remove_post(id))?
            }
            _ => self.set_addresses(asked, actor, &field)?,
        };
        if done {
            return Ok(Made::See("/notices?said=moved-notices".to_owned(), None));
        }
        Ok(self.told(asked, 400, "console-notices-wrong"))
    }

    fn test_notice(&self, asked: &Asked<'_>, actor: &str) -> anyhow::Result<bool> {
        let incident = format!("{TEST}/{}", self.id()?);
        let deed = serde_json::json!({ "deed": "test notice", "incident": incident, "actor": actor });
        self.shared.deed(deed)?;
        Ok(self.shared.store.write(|tx| tx.begin_telling(&incident, TEST, 3, asked.now))?)
    }

    fn acknowledge_tests(&self, asked: &Asked<'_>, actor: &str) -> anyhow::Result<bool> {
        let open = self.shared.store.read(|tx| tx.open_tellings(ROWS))?;
        let tests: Vec<_> = open.iter().filter(|telling| telling.stage == TEST).collect();
        for telling in tests {
            let incident = &telling.incident;
            self.shared
                .deed(serde_json::json!({ "deed": "acknowledged", "incident": incident, "actor": actor }))?;
            self.shared.store.write(|tx| tx.acknowledge(incident, actor, asked.now))?;
        }
        Ok(true)
    }

    fn add_duty(&self, actor: &str, field: &dyn Fn(&str) -> String) -> anyhow::Result<bool> {
        let person = self.shared.store.read(|tx| tx.person(&field("person")))?;
        let hours = Hours::parse(&format!("{}-{}", field("from"), field("until")));
        let days: i64 = (0..7).map(|day| i64::from(field(&format!("day{day}")) == "1") << day).sum();
        let (Some(person), Some(duty), Some(hours)) = (person, Duty::of(&field("duty")), hours) else {
            return Ok(false);
        };
        if days == 0 {
            return Ok(false);
        }
        let post = PostRow {
            id: self.id()?,
            person: person.id,
            login: person.login,
            duty: duty.name().to_owned(),
            days,
            from: i64::from(hours.from),
            until: i64::from(hours.until),
        };
        self.shared.deed(serde_json::json!({
            "deed": "duty given", "login": post.login, "duty": post.duty, "days": days, "from": hours.from,
            "until": hours.until, "actor": actor,
        }))?;
        self.shared.store.write(|tx| tx.add_post(&post))?;
        Ok(true)
    }

    fn set_addresses(
        &self,
        asked: &Asked<'_>,
        actor: &str,
        field: &dyn Fn(&str) -> String,
    ) -> anyhow::Result<bool> {
        let (id, mail, second) = (part(&asked.request.path, 3), field("mail"), field("second"));
        let mail_fits = mail.is_empty() || is_address(&mail) && !mail.contains("://");
        if !mail_fits || !(second.is_empty() || is_address(&second)) {
            return Ok(false);
        }
        self.shared.deed(serde_json::json!({ "deed": "addresses changed", "person": id, "actor": actor }))?;
        match self.shared.store.write(|tx| tx.set_addresses(id, &mail, &second)) {
            Err(store::Error::Absent(_)) => Ok(false),
            done => done.map(|()| true).map_err(Into::into),
        }
    }
}

fn duty_words(name: &str, t: &Catalog) -> String {
    t.text(&format!("console-duty-{name}"))
}

fn duty_row(post: &PostRow, t: &Catalog) -> DutyRow {
    let days: Vec<String> = (0..7_i64)
        .filter(|day| post.days >> day & 1 == 1)
        .map(|day| t.text(&format!("console-day-{day}")))
        .collect();
    let clock = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
    let until = if post.until == 0 { i64::from(DAY_MINUTES) } else { post.until };
    DutyRow {
        id: post.id.clone(),
        login: post.login.clone(),
        duty: duty_words(&post.duty, t),
        hours: format!("{} {}-{}", days.join(" "), clock(post.from), clock(until)),
    }
}
