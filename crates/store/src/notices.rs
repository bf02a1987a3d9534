//! Notices to the crisis manager and the deputies (detection.md 8.1).

use crate::{Result, Row, Tx};
use vocab::Timestamp;

/// How far a notice is (DT-NTF-02).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeState {
    /// Waits for its channel.
    Queued,
    /// The channel took it.
    Sent,
    /// A named person has acknowledged it.
    Acknowledged,
    /// The channel refused it for good.
    Failed,
}

impl NoticeState {
    const ALL: [Self; 4] = [Self::Queued, Self::Sent, Self::Acknowledged, Self::Failed];

    /// Name in the database and in messages' ids.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Acknowledged => "acknowledged",
            Self::Failed => "failed",
        }
    }
}

/// A notice: one for each incident, stage, channel and person (DT-NTF-04).
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
    /// When it was acknowledged; 0: not.
    pub acknowledged: Timestamp,
    /// Who acknowledged it.
    pub acknowledged_by: String,
}

const COLUMNS: &str = "id, incident, stage, channel, person, state, queued, next_try, tries, proof, acknowledged, \
    acknowledged_by";

fn notice(row: &Row) -> Result<Notice> {
    let state = row.text(5)?;
    Ok(Notice {
        id: row.text(0)?,
        incident: row.text(1)?,
        stage: row.text(2)?,
        channel: row.text(3)?,
        person: row.text(4)?,
        state: NoticeState::ALL
            .into_iter()
            .find(|known| known.name() == state)
            .unwrap_or(NoticeState::Failed),
        queued: row.time(6)?,
        next_try: row.time(7)?,
        tries: row.int(8)?,
        proof: row.text(9)?,
        acknowledged: row.time(10)?,
        acknowledged_by: row.text(11)?,
    })
}

impl Tx<'_> {
    /// Queues a notice; one that is there already stays as it is.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn queue_notice(&mut self, notice: &Notice) -> Result<bool> {
        let added = self.execute(
            "INSERT INTO notice (id, incident, stage, channel, person, state, queued, next_try, tries, proof, \
             acknowledged, acknowledged_by) VALUES ($1, $2, $3, $4, $5, 'queued', $6, $7, 0, '', 0, '') \
             ON CONFLICT (id) DO NOTHING",
            &[
                (&notice.id).into(),
                (&notice.incident).into(),
                (&notice.stage).into(),
                (&notice.channel).into(),
                (&notice.person).into(),
                notice.queued.into(),
                notice.next_try.into(),
            ],
        )?;
        Ok(added == 1)
    }

    /// Notices whose next try is due, oldest first.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn due_notices(&mut self, now: Timestamp, rows: i64) -> Result<Vec<Notice>> {
        let select = format!(
            "SELECT {COLUMNS} FROM notice WHERE state = 'queued' AND next_try <= $1 ORDER BY next_try, id LIMIT $2"
        );
        self.query(&select, &[now.into(), rows.into()])?.iter().map(notice).collect()
    }

    /// Notices that wait for somebody to acknowledge them and were queued before `before`.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn unacknowledged(&mut self, before: Timestamp, rows: i64) -> Result<Vec<Notice>> {
        let select = format!(
            "SELECT {COLUMNS} FROM notice WHERE state IN ('queued', 'sent', 'failed') AND queued <= $1 \
             ORDER BY queued, id LIMIT $2"
        );
        self.query(&select, &[before.into(), rows.into()])?.iter().map(notice).collect()
    }

    /// Notices of an incident, oldest first.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn notices_of(&mut self, incident: &str) -> Result<Vec<Notice>> {
        let select = format!("SELECT {COLUMNS} FROM notice WHERE incident = $1 ORDER BY queued, id");
        self.query(&select, &[incident.into()])?.iter().map(notice).collect()
    }

    /// Writes down what came of a try.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn tried_notice(
        &mut self,
        id: &str,
        state: NoticeState,
        proof: &str,
        next_try: Timestamp,
    ) -> Result<()> {
        self.execute(
            "UPDATE notice SET state = $2, proof = $3, next_try = $4, tries = tries + 1 \
             WHERE id = $1 AND state <> 'acknowledged'",
            &[id.into(), state.name().into(), proof.into(), next_try.into()],
        )?;
        Ok(())
    }

    /// A named person acknowledges all notices of an incident; gives how many waited for it.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub fn acknowledge(&mut self, incident: &str, by: &str, now: Timestamp) -> Result<u64> {
        self.execute(
            "UPDATE notice SET state = 'acknowledged', acknowledged = $3, acknowledged_by = $2 \
             WHERE incident = $1 AND state <> 'acknowledged'",
            &[incident.into(), by.into(), now.into()],
        )
    }
}
