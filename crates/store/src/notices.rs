//! Notices to people (detection.md 8.1).

use crate::{Error, NoticeState, Result, Row, Tx};
use vocab::Timestamp;

/// A notice: one for each incident, stage, round, channel and person (DT-NTF-04).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Id.
    pub id: String,
    /// Incident that it tells of.
    pub incident: String,
    /// Stage of the incident: a later stage is told anew.
    pub stage: String,
    /// `mail`, `webhook` or `syslog`.
    pub channel: String,
    /// Name to sign in with of the person, or what the channel is called.
    pub person: String,
    /// Where it goes; empty: where the settings say.
    pub address: String,
    /// How far it is.
    pub state: NoticeState,
    /// When it was queued.
    pub queued: Timestamp,
    /// When it is tried next.
    pub next_try: Timestamp,
    /// Tries so far.
    pub tries: i64,
    /// What the channel answered last.
    pub proof: String,
    /// When the channel took it; 0: not.
    pub told: Timestamp,
    /// When it was acknowledged; 0: not.
    pub acknowledged: Timestamp,
    /// Who acknowledged it.
    pub acknowledged_by: String,
}

const COLUMNS: &str = "id, incident, stage, channel, person, address, state, queued, next_try, tries, proof, told, \
    acknowledged, acknowledged_by";

fn notice(row: &Row) -> Result<Notice> {
    Ok(Notice {
        id: row.text(0)?,
        incident: row.text(1)?,
        stage: row.text(2)?,
        channel: row.text(3)?,
        person: row.text(4)?,
        address: row.text(5)?,
        state: NoticeState::of(&row.text(6)?)
            .ok_or(Error::Column { column: 6, expected: "state of a notice" })?,
        queued: row.time(7)?,
        next_try: row.time(8)?,
        tries: row.int(9)?,
        proof: row.text(10)?,
        told: row.time(11)?,
        acknowledged: row.time(12)?,
        acknowledged_by: row.text(13)?,
    })
}

impl Tx<'_> {
    /// Queues a notice, or enters it as folded; one that is there already stays as it is.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn queue_notice(&mut self, notice: &Notice) -> Result<bool> {
        let added = self.execute(
            "INSERT INTO notice (id, incident, stage, channel, person, address, state, queued, next_try, tries, proof, \
             told, acknowledged, acknowledged_by, link) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, '', 0, 0, '', '') \
             ON CONFLICT (id) DO NOTHING",
            &[
                (&notice.id).into(),
                (&notice.incident).into(),
                (&notice.stage).into(),
                (&notice.channel).into(),
                (&notice.person).into(),
                (&notice.address).into(),
                notice.state.name().into(),
                notice.queued.into(),
                notice.next_try.into(),
            ],
        )?;
        Ok(added == 1)
    }

    fn notices(&mut self, which: &str, values: &[crate::Value]) -> Result<Vec<Notice>> {
        self.query(&format!("SELECT {COLUMNS} FROM notice WHERE {which}"), values)?
            .iter()
            .map(notice)
            .collect()
    }

    /// Notices of a channel whose next try is due, oldest first; also those whose try was cut off.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn due_notices(&mut self, channel: &str, now: Timestamp, rows: i64) -> Result<Vec<Notice>> {
        let which = "channel = $1 AND state IN ('queued', 'failed', 'retried') AND next_try <= $2 \
                     ORDER BY next_try, id LIMIT $3";
        self.notices(which, &[channel.into(), now.into(), rows.into()])
    }

    /// The newest notices, to be shown.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn newest_notices(&mut self, rows: i64) -> Result<Vec<Notice>> {
        self.notices("queued >= 0 ORDER BY queued DESC, id LIMIT $1", &[rows.into()])
    }

    /// Notices of an incident, oldest first.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn notices_of(&mut self, incident: &str) -> Result<Vec<Notice>> {
        self.notices("incident = $1 ORDER BY queued, id", &[incident.into()])
    }

    /// Notices that a person was not told of one by one, oldest first.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn folded_notices(&mut self, rows: i64) -> Result<Vec<Notice>> {
        self.notices("state = 'folded' ORDER BY queued, id LIMIT $1", &[rows.into()])
    }

    /// How many notices of incidents were queued for a person by a channel since then.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn notices_since(&mut self, person: &str, channel: &str, since: Timestamp) -> Result<i64> {
        self.count(
            "SELECT COUNT(*) FROM notice WHERE person = $1 AND channel = $2 AND queued > $3 AND state <> 'folded' \
             AND stage <> 'summary'",
            &[person.into(), channel.into(), since.into()],
        )
    }

    /// Writes down how far a notice is. What was acknowledged stays acknowledged. `told`: when the channel took it, 0: not.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn tried_notice(&mut self, after: &Notice) -> Result<()> {
        self.execute(
            "UPDATE notice SET state = $2, proof = $3, next_try = $4, tries = $5, told = $6 \
             WHERE id = $1 AND state <> 'acknowledged'",
            &[
                (&after.id).into(),
                after.state.name().into(),
                (&after.proof).into(),
                after.next_try.into(),
                after.tries.into(),
                after.told.into(),
            ],
        )?;
        Ok(())
    }

    /// Keeps the hash of the one-time link that a notice carries.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn link_notice(&mut self, id: &str, link: &str) -> Result<()> {
        self.execute("UPDATE notice SET link = $2 WHERE id = $1", &[id.into(), link.into()])?;
        Ok(())
    }

    /// The notice with this hash of a one-time link.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn notice_by_link(&mut self, link: &str) -> Result<Option<Notice>> {
        if link.is_empty() {
            return Ok(None);
        }
        Ok(self.notices("link = $1 LIMIT 1", &[link.into()])?.into_iter().next())
    }

    /// A person has opened the page of the incident's case: the notices that were sent to the person count as seen. Gives them.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn unseen_notices(&mut self, incident: &str, person: &str) -> Result<Vec<Notice>> {
        let which = "incident = $1 AND person = $2 AND state = 'sent' ORDER BY queued, id";
        self.notices(which, &[incident.into(), person.into()])
    }

    /// A named person acknowledges what was told of an incident so far: all its notices, whoever got them, and their links
    /// are used up. Gives how many stages waited for it.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub fn acknowledge(&mut self, incident: &str, by: &str, now: Timestamp) -> Result<u64> {
        self.execute(
            "UPDATE notice SET state = 'acknowledged', acknowledged = $3, acknowledged_by = $2, link = '' \
             WHERE incident = $1 AND state <> 'acknowledged'",
            &[incident.into(), by.into(), now.into()],
        )?;
        self.execute(
            "UPDATE telling SET acknowledged = $3, acknowledged_by = $2 WHERE incident = $1 AND acknowledged = 0",
            &[incident.into(), by.into(), now.into()],
        )
    }
}
