//! What comes by the clock: the daily digest, and tests of the notices (DT-NTF-01, DT-NTF-05).

use super::plan::{self, TEST};
use super::{Desk, settings};
use crate::serve::publish::level;
use casework::telling::{self, Duty, Way};
use std::collections::BTreeMap;
use store::{Notice, Store, Wanted};
use vocab::Timestamp;
use web::letter::Day;

/// Stage of a digest.
pub(super) const DIGEST: &str = "digest";
/// Under which the time of the last digest is kept.
const LAST: &str = "digest-sent";
/// Findings that a digest counts.
const FINDINGS_MAX: i64 = 10_000;
/// Cases that a digest looks at.
const CASES_MAX: i64 = 500;

/// Queues what is due by the clock.
pub(super) fn turn(desk: &Desk) -> anyhow::Result<()> {
    let now = desk.clock.now();
    if let Some(minute) = desk.settings.digest_minute()? {
        let last = desk.shared.store.read(|tx| tx.kept(LAST))?.and_then(|text| text.parse().ok());
        if telling::digest_due(minute, Timestamp(last.unwrap_or(0)), now, &desk.zone) {
            queue(desk, now)?;
        }
    }
    if let Some(days) = desk.settings.test_days {
        let last = desk.shared.store.read(|tx| tx.last_telling(TEST))?.unwrap_or_default();
        if now.since(last) > i64::from(days) * Timestamp::DAY && !managers(desk, now)?.is_empty() {
            let incident = format!("{TEST}/{now}", now = now.0);
            desk.shared.deed(serde_json::json!({ "deed": "test notice", "actor": "", "test": incident }))?;
            desk.shared.store.write(|tx| tx.begin_telling(&incident, TEST, 3, now))?;
        }
    }
    Ok(())
}

/// The first way to each crisis manager on duty: channel, person, address.
fn managers(desk: &Desk, now: Timestamp) -> anyhow::Result<Vec<(&'static str, String, String)>> {
    let (people, posts) = desk.shared.store.read(|tx| {
        let people = tx.people()?;
        let posts = plan::roster(&people, tx)?;
        Ok((people, posts))
    })?;
    let called = telling::called(&posts, &[Duty::CrisisManager], telling::local(now, &desk.zone));
    Ok(plan::places(desk, &people, &called, Way::First))
}

/// One digest to each crisis manager on duty.
fn queue(desk: &Desk, now: Timestamp) -> anyhow::Result<()> {
    let (store, places) = (&desk.shared.store, managers(desk, now)?);
    if places.is_empty() {
        return Ok(());
    }
    let incident = format!("{DIGEST}/{}", now.0);
    let notice = |(channel, person, address): (&str, String, String)| {
        let id = plan::id(&[&incident, channel, &person, &address]);
        plan::queued(id, (&incident, DIGEST), (channel, person, address), now)
    };
    let notices: Vec<Notice> = places.into_iter().map(notice).collect();
    let to: Vec<_> = notices.iter().map(|one| format!("{}:{}", one.channel, one.person)).collect();
    desk.shared.deed(serde_json::json!({ "deed": "digest", "digest": incident, "to": to }))?;
    store.write(|tx| {
        notices.iter().try_for_each(|notice| tx.queue_notice(notice).map(drop))?;
        tx.keep(LAST, &now.0.to_string())
    })?;
    Ok(())
}

/// What the day until `until` brought.
pub(super) fn day(store: &Store, until: Timestamp) -> anyhow::Result<Day> {
    let wanted = Wanted { rows: FINDINGS_MAX, ..Wanted::default() };
    let (cases, found, sources) = store.read(|tx| {
        let mut cases = Vec::new();
        for case in tx.cases(true, CASES_MAX)? {
            if let Some(row) = tx.incident(&case.incident)? {
                cases.push((case.number, row.title, level(row.level), case.recognised != Timestamp(0)));
            }
        }
        Ok((cases, tx.findings(&wanted)?.rows, tx.sources()?))
    })?;
    let since = until.plus(-Timestamp::DAY);
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for row in found.into_iter().filter(|row| row.ended >= since && row.ended <= until.plus(Timestamp::HOUR))
    {
        *counts.entry(row.kind).or_default() += 1;
    }
    let silent = sources.into_iter().filter(|source| source.silent).map(|source| source.name);
    Ok(Day { cases, found: counts.into_iter().collect(), silent: silent.collect() })
}

impl settings::Telling {
    /// Minute of the day at which the digest goes; `None`: there is none.
    ///
    /// # Errors
    /// When it is no time of the day.
    pub(in crate::serve) fn digest_minute(&self) -> anyhow::Result<Option<u16>> {
        let Some(text) = &self.digest else { return Ok(None) };
        let minute = telling::minute(text).filter(|minute| *minute < telling::DAY_MINUTES);
        minute.map(Some).ok_or_else(|| {
            crate::error::Hinted::error(
                format!("[telling] digest = {text:?}"),
                "expected a time of the day such as \"09:00\"",
            )
        })
    }
}
