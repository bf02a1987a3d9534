//! One channel: takes what is due, hands it over, writes down what came of it.

use super::daily::DIGEST;
use super::plan::{SUMMARY, TEST};
use super::{Answered, Channel, Desk, Facts, Parcel};
use crate::serve::held;
use crate::serve::publish::level;
use casework::telling::{Taken, after_try};
use store::{Notice, NoticeState};
use vocab::{Level, Timestamp};
use web::letter::{self, About, Letter, Place};
use web::{Catalog, Lang};

/// Notices handed over in one turn.
const TURN_MAX: i64 = 16;
/// Folded notices that one summary tells of.
const FOLDED_MAX: i64 = 10_000;

/// The thread of a channel.
pub(super) struct Sender {
    desk: Desk,
    channel: Box<dyn Channel>,
    ja: Catalog,
    en: Catalog,
}

impl Sender {
    pub(super) fn new(desk: Desk, channel: Box<dyn Channel>) -> Self {
        let (ja, en) = (Catalog::new(Lang::Ja, desk.zone.clone()), Catalog::new(Lang::En, desk.zone.clone()));
        Self { desk, channel, ja, en }
    }

    /// Hands over what is due.
    pub(super) fn turn(&self) -> anyhow::Result<()> {
        let now = self.desk.clock.now();
        let due = self.desk.shared.store.read(|tx| tx.due_notices(self.channel.name(), now, TURN_MAX))?;
        due.into_iter().try_for_each(|notice| self.deliver(notice))
    }

    fn deliver(&self, mut notice: Notice) -> anyhow::Result<()> {
        if notice.state == NoticeState::Failed {
            notice.state = NoticeState::Retried;
            self.step(&notice)?;
        }
        let token = self.link(&notice)?;
        let link = token.as_deref().and_then(|token| self.desk.settings.link(token));
        let place = link.as_deref().map_or(Place::Console, Place::Link);
        let answered = match self.letter(&notice, place)? {
            Some((letter, facts)) => {
                let now = self.desk.clock.now();
                self.channel.hand_over(&Parcel {
                    id: &notice.id,
                    address: &notice.address,
                    letter: &letter,
                    facts: &facts,
                    now,
                })
            }
            None => Answered { taken: Taken::Never, proof: "the incident is not there any more".to_owned() },
        };
        let now = self.desk.clock.now();
        notice.tries += 1;
        (notice.state, notice.next_try) = after_try(answered.taken, notice.tries, notice.queued, now);
        notice.proof = answered.proof;
        if notice.state == NoticeState::Sent {
            notice.told = now;
        }
        self.step(&notice)?;
        if notice.stage == SUMMARY && notice.state == NoticeState::Sent {
            self.unfold(&notice, now)?;
        }
        Ok(())
    }

    /// One step of a notice: into the ledger, then into the state.
    fn step(&self, notice: &Notice) -> anyhow::Result<()> {
        self.desk.shared.deed(serde_json::json!({
            "deed": "notice", "notice": notice.id, "incident": notice.incident, "stage": notice.stage,
            "channel": notice.channel, "person": notice.person, "state": notice.state.name(), "try": notice.tries,
            "proof": notice.proof,
        }))?;
        self.desk.shared.store.write(|tx| tx.tried_notice(notice))?;
        Ok(())
    }

    /// A one-time link for a notice to a person; the state keeps its hash only.
    fn link(&self, notice: &Notice) -> anyhow::Result<Option<String>> {
        if notice.person.is_empty()
            || [SUMMARY, DIGEST].contains(&notice.stage.as_str())
            || self.desk.settings.console.is_none()
        {
            return Ok(None);
        }
        let token = hex::encode(self.desk.clock.random()?);
        let hash = crate::serve::console::digest(&token);
        self.desk.shared.store.write(|tx| tx.link_notice(&notice.id, &hash))?;
        Ok(Some(token))
    }

    fn letter(&self, notice: &Notice, place: Place<'_>) -> anyhow::Result<Option<(Letter, Facts)>> {
        let both = [&self.ja, &self.en];
        let facts = |number, level| Facts {
            incident: notice.incident.clone(),
            stage: notice.stage.clone(),
            number,
            level,
        };
        if notice.stage == TEST {
            return Ok(Some((letter::test(notice.queued, place, both), facts(0, Level::Informational))));
        }
        let store = &self.desk.shared.store;
        if notice.stage == DIGEST {
            let day = super::daily::day(store, notice.queued)?;
            return Ok(Some((letter::digest(&day, notice.queued, both), facts(0, Level::Informational))));
        }
        if notice.stage == SUMMARY {
            let mine = self.folded(notice)?;
            let mut numbers = Vec::new();
            for one in &mine {
                numbers.extend(store.read(|tx| tx.case_of(&one.incident))?.map(|case| case.number));
            }
            numbers.sort_unstable();
            numbers.dedup();
            return Ok(Some((letter::summary(&numbers, mine.len(), both), facts(0, Level::High))));
        }
        let (row, case, tellings) = store.read(|tx| {
            let (row, case) = (tx.incident(&notice.incident)?, tx.case_of(&notice.incident)?);
            Ok((row, case, tx.tellings_of(&notice.incident)?))
        })?;
        let Some(row) = row else { return Ok(None) };
        let begun =
            tellings.iter().find(|told| told.stage == notice.stage).map_or(notice.queued, |told| told.begun);
        let known = held(&self.desk.shared.incidents).get(&notice.incident).cloned();
        let about = About {
            number: case.map_or(0, |case| case.number),
            level: level(row.level),
            entered: row.entered,
            span: (row.began, row.ended),
            kind: &row.title,
            incident: known.as_ref(),
            round: i64::from(notice.queued.since(begun) > 10 * Timestamp::MINUTE),
        };
        Ok(Some((letter::of_incident(&about, place, both), facts(about.number, about.level))))
    }

    /// The notices that a summary tells of.
    fn folded(&self, summary: &Notice) -> anyhow::Result<Vec<Notice>> {
        let folded = self.desk.shared.store.read(|tx| tx.folded_notices(FOLDED_MAX))?;
        Ok(folded.into_iter().filter(|notice| notice.proof == summary.id).collect())
    }

    fn unfold(&self, summary: &Notice, now: Timestamp) -> anyhow::Result<()> {
        let told = self.folded(summary)?;
        self.desk.shared.store.write(|tx| {
            told.into_iter().try_for_each(|notice| {
                tx.tried_notice(&Notice { state: NoticeState::Sent, told: now, ..notice })
            })
        })?;
        Ok(())
    }
}
