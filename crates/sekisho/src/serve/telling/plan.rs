//! Who is told next: the steps that are due, as notices in the state.

use super::{Desk, MAIL, WEBHOOK};
use crate::serve::held;
use crate::serve::publish::level;
use casework::telling::{self, Duty, Hours, Post, Step, Told, Way};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use store::{Notice, NoticeState, Person, Role, Telling, Tx};
use vocab::Timestamp;

/// Stages that are told of at once.
const OPEN_MAX: i64 = 2_000;
/// Folded notices that are looked at in one turn.
const FOLDED_MAX: i64 = 10_000;
/// Stage of a summary, and of a test.
pub(super) const SUMMARY: &str = "summary";
pub(in crate::serve) const TEST: &str = "test";
/// A test goes to the crisis manager once and is not escalated.
const TEST_ROUNDS: i64 = 1;

/// Queues what is due.
pub(super) fn turn(desk: &Desk) -> anyhow::Result<()> {
    let now = desk.clock.now();
    let open = desk.shared.store.read(|tx| tx.open_tellings(OPEN_MAX))?;
    let mut lost = BTreeSet::new();
    for telling in &open {
        let notices = desk.shared.store.read(|tx| tx.notices_of(&telling.incident))?;
        let mine = notices.iter().filter(|notice| notice.stage == telling.stage);
        // A channel of the organisation may take a notice that nobody reads: people count, where people are named.
        let (named, common): (Vec<_>, Vec<_>) = mine.partition(|notice| !notice.person.is_empty());
        let states: Vec<_> = if named.is_empty() { common } else { named }
            .into_iter()
            .map(|notice| (notice.state, notice.tries))
            .collect();
        let is_lost = telling.rounds > 0 && (states.is_empty() || telling::lost(&states));
        if is_lost {
            lost.insert(telling.incident.clone());
        }
        let told = Told {
            level: level(telling.level),
            begun: telling.begun,
            rounds: usize::try_from(telling.rounds).unwrap_or(0),
            acknowledged: false,
            lost: is_lost,
        };
        if telling.stage == TEST && telling.rounds >= TEST_ROUNDS {
            continue;
        }
        if let Some(step) = telling::step(told, now, telling::quiet_end(desk.quiet, now, &desk.zone)) {
            queue(desk, telling, &step, now)?;
        }
    }
    say_lost(desk, lost);
    summaries(desk, now)?;
    super::daily::turn(desk)
}

/// What nobody could be told of is shown on the console and said at level error (DT-NTF-07).
fn say_lost(desk: &Desk, lost: BTreeSet<String>) {
    let mut known = held(&desk.shared.told.lost);
    // Without any channel that was said at the start.
    let channels = !desk.shared.told.channels.is_empty();
    for incident in lost.difference(&known).filter(|_| channels) {
        crate::output::alarm(&format!(
            "notices: no channel could tell anybody of incident {incident}; the console shows it"
        ));
    }
    *known = lost;
}

/// The people with their duties: those that were given, and for whoever has none the one that the role stands for.
pub(super) fn roster(people: &[Person], tx: &mut Tx<'_>) -> store::Result<Vec<Post>> {
    let given = tx.posts()?;
    let mut posts: Vec<Post> = given
        .iter()
        .filter_map(|row| {
            let small = |value: i64| u16::try_from(value).ok();
            let hours = Hours {
                days: u8::try_from(row.days).ok()?,
                from: small(row.from)?,
                until: small(row.until)?,
            };
            Some(Post { person: row.login.clone(), duty: Duty::of(&row.duty)?, hours })
        })
        .collect();
    let free = |person: &&Person| person.active && given.iter().all(|row| row.login != person.login);
    let implied = |duty_of: fn(Role) -> Option<Duty>| -> Vec<Post> {
        let post = |person: &Person| {
            let duty = duty_of(person.role)?;
            Some(Post { person: person.login.clone(), duty, hours: Hours::ALWAYS })
        };
        people.iter().filter(free).filter_map(post).collect()
    };
    posts.extend(implied(|role| match role {
        Role::CrisisManager => Some(Duty::CrisisManager),
        Role::Operator => Some(Duty::Operator),
        Role::Administrator | Role::Auditor => None,
    }));
    if posts.is_empty() {
        // A small organisation where nobody was given anything yet: whoever administers is told.
        posts = implied(|role| (role == Role::Administrator).then_some(Duty::CrisisManager));
    }
    Ok(posts)
}

/// Where notices of a step go: channel, person, address.
pub(super) fn places(
    desk: &Desk,
    people: &[Person],
    called: &[&str],
    way: Way,
) -> Vec<(&'static str, String, String)> {
    let has = |channel: &str| desk.shared.told.channels.contains(&channel);
    let mut places = Vec::new();
    for person in people.iter().filter(|person| called.contains(&person.login.as_str())) {
        let mut own: Vec<(&'static str, &str)> = Vec::new();
        own.extend((has(MAIL) && !person.mail.is_empty()).then_some((MAIL, person.mail.as_str())));
        own.extend(match person.second.as_str() {
            url if url.contains("://") => has(WEBHOOK).then_some((WEBHOOK, url)),
            mail => (has(MAIL) && !mail.is_empty()).then_some((MAIL, mail)),
        });
        if way == Way::First {
            own.truncate(1);
        }
        places.extend(
            own.into_iter().map(|(channel, address)| (channel, person.login.clone(), address.to_owned())),
        );
    }
    // Channels of the organisation name nobody.
    if way == Way::All && !called.is_empty() {
        let common = desk.shared.told.common.iter();
        places.extend(common.map(|channel| (*channel, String::new(), String::new())));
    }
    places
}

fn queue(desk: &Desk, telling: &Telling, step: &Step, now: Timestamp) -> anyhow::Result<()> {
    let store = &desk.shared.store;
    let (people, posts) = store.read(|tx| {
        let people = tx.people()?;
        let posts = roster(&people, tx)?;
        Ok((people, posts))
    })?;
    let called = telling::called(&posts, &step.to, telling::local(now, &desk.zone));
    let places = places(desk, &people, &called, step.way);
    let round = i64::try_from(step.rounds)?;
    let mut notices = Vec::with_capacity(places.len());
    for (channel, person, address) in places {
        let since = now.plus(-Timestamp::HOUR);
        let within = store.read(|tx| tx.notices_since(&person, channel, since))?;
        let folds = telling::folds(usize::try_from(within)?, level(telling.level));
        let place = format!("{channel}:{address}");
        let id = id(&[&telling.incident, &telling.stage, &round.to_string(), &person, &place]);
        let to = (channel, person, address);
        let state = if folds { NoticeState::Folded } else { NoticeState::Queued };
        notices.push(Notice { state, ..queued(id, (&telling.incident, &telling.stage), to, now) });
    }
    let to: Vec<_> =
        notices.iter().map(|one| format!("{}:{}:{}", one.state.name(), one.channel, one.person)).collect();
    desk.shared.deed(serde_json::json!({
        "deed": "notices", "incident": telling.incident, "stage": telling.stage, "level": level(telling.level).as_str(),
        "round": round, "to": to,
    }))?;
    store.write(|tx| {
        notices.iter().try_for_each(|notice| tx.queue_notice(notice).map(drop))?;
        tx.told_rounds(&telling.incident, &telling.stage, round)
    })?;
    Ok(())
}

/// A notice of a stage of something, that nobody has tried to hand over yet.
pub(super) fn queued(
    id: String,
    (incident, stage): (&str, &str),
    (channel, person, address): (&str, String, String),
    now: Timestamp,
) -> Notice {
    Notice {
        id,
        incident: incident.to_owned(),
        stage: stage.to_owned(),
        channel: channel.to_owned(),
        person,
        address,
        state: NoticeState::Queued,
        queued: now,
        next_try: now,
        tries: 0,
        proof: String::new(),
        told: Timestamp(0),
        acknowledged: Timestamp(0),
        acknowledged_by: String::new(),
    }
}

/// An id that is the same for the same notice.
pub(super) fn id(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize().get(..16).unwrap_or_default())
}

/// One summary for each address that has folded notices.
fn summaries(desk: &Desk, now: Timestamp) -> anyhow::Result<()> {
    let store = &desk.shared.store;
    let folded = store.read(|tx| tx.folded_notices(FOLDED_MAX))?;
    let mut of: BTreeMap<(&str, &str, &str), Vec<&Notice>> = BTreeMap::new();
    for notice in folded.iter().filter(|notice| notice.proof.is_empty()) {
        of.entry((&notice.channel, &notice.person, &notice.address)).or_default().push(notice);
    }
    for ((channel, person, address), notices) in of {
        let about = format!("summary/{channel}/{person}/{address}");
        let last = store.read(|tx| tx.notices_of(&about))?.last().map(|last| last.queued);
        let Some(first) = notices.first().filter(|first| telling::summary_due(first.queued, last, now))
        else {
            continue;
        };
        let summary = Notice {
            id: id(&[&about, &now.0.to_string()]),
            incident: about.clone(),
            stage: SUMMARY.to_owned(),
            state: NoticeState::Queued,
            queued: now,
            next_try: now,
            ..(*first).clone()
        };
        desk.shared.deed(serde_json::json!({
            "deed": "summary of notices", "notice": summary.id, "channel": channel, "person": person,
            "folded": notices.len(),
        }))?;
        store.write(|tx| {
            tx.queue_notice(&summary)?;
            notices.iter().try_for_each(|notice| {
                tx.tried_notice(&Notice { proof: summary.id.clone(), ..(*notice).clone() })
            })
        })?;
    }
    Ok(())
}
