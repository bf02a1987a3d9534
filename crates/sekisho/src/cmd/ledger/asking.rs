//! Witnesses that are asked by themselves after each head (LG-WIT-06): the policy and the state beside the ledger, and rounds with
//! a limit of time. Entries are durable before anybody is asked.

use super::ask::{Reply, question};
use crate::clock::Clock;
use crate::error::Hinted;
use crate::output::terminal::safe;
use anyhow::Context as _;
use ledger::{Ledger, Policy, Reader, WitnessAlarm, WitnessEntry, WitnessWatch, add_cosignatures};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The policy beside the ledger: its witnesses are asked by themselves.
const POLICY: &str = "policy";
/// Folder of what is known of the witnesses.
const FOLDER: &str = "witness";
const STATE: &str = "state.json";
const REFUSALS: &str = "refusals";
/// Longest policy or state that is read, bytes.
const TEXT_BYTES_MAX: usize = 256 << 10;
/// Refusals that are kept.
const REFUSALS_MAX: usize = 1_000;
/// How long a witness may take to answer when a command ends, in seconds.
const SECONDS_MAX: u64 = 5;

/// One change of the state at a time in this process.
static STATE_LOCK: Mutex<()> = Mutex::new(());

/// The policy beside the ledger, where there is one.
pub(super) fn policy_of(folder: &Path) -> anyhow::Result<Option<Policy>> {
    let path = folder.join(POLICY);
    if !path.exists() {
        return Ok(None);
    }
    super::ask::read_policy(&path).map(Some)
}

/// Puts a policy beside the ledger.
pub(super) fn set_policy(folder: &Path, file: &Path, alarm_seconds: Option<u32>) -> anyhow::Result<u8> {
    let text = crate::inputs::read_text(file, TEXT_BYTES_MAX)?;
    Policy::parse(&text).with_context(|| format!("{} is no policy", file.display()))?;
    Reader::open(folder).with_context(|| format!("cannot open {}", folder.display()))?;
    crate::output::atomic::write(&folder.join(POLICY), text.as_bytes())?;
    if let Some(seconds) = alarm_seconds {
        update(folder, |watch| watch.alarm_seconds = seconds)?;
    }
    Ok(0)
}

/// What is known of the witnesses of a ledger.
pub(super) fn watch_of(folder: &Path) -> anyhow::Result<WitnessWatch> {
    let path = folder.join(FOLDER).join(STATE);
    if !path.exists() {
        return Ok(WitnessWatch::default());
    }
    let text = crate::inputs::read_text(&path, TEXT_BYTES_MAX)?;
    let watch: WitnessWatch = serde_json::from_str(&text).map_err(|error| {
        Hinted::error(
            format!("{} cannot be read: {error}", path.display()),
            "keep a copy of the file, remove it, and run `sekisho ledger witness ask`",
        )
    })?;
    Ok(watch)
}

/// Changes the state, as a whole or not at all.
pub(super) fn update<T>(folder: &Path, change: impl FnOnce(&mut WitnessWatch) -> T) -> anyhow::Result<T> {
    let _one = STATE_LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    let mut watch = watch_of(folder)?;
    let before = watch.clone();
    let done = change(&mut watch);
    if watch != before {
        let place = folder.join(FOLDER);
        std::fs::create_dir_all(&place).with_context(|| format!("cannot make {}", place.display()))?;
        let bytes = serde_json::to_vec_pretty(&watch).context("cannot write JSON")?;
        crate::output::atomic::write(&place.join(STATE), &bytes)?;
    }
    Ok(done)
}

/// Before a ledger is opened for writing: a witness that knows more of it than it holds stops it (LG-DUR-06).
pub(super) fn before_writing(folder: &Path) -> anyhow::Result<()> {
    let watch = watch_of(folder)?;
    if watch.beyond(0).is_none() {
        return Ok(());
    }
    let size = Reader::open(folder).with_context(|| format!("cannot open {}", folder.display()))?.size();
    match watch.beyond(size) {
        Some(known) => Err(anyhow::Error::new(ledger::Error::Rollback { size, known })
            .context("a witness has cosigned more entries than this ledger holds")),
        None => Ok(()),
    }
}

/// Enters what happened with the witnesses since the last time (LG-WIT-06).
pub(super) fn enter_events(ledger: &mut Ledger, folder: &Path, clock: Clock) -> anyhow::Result<()> {
    let size = ledger.size();
    if !folder.join(FOLDER).join(STATE).exists() {
        return Ok(());
    }
    let events = update(folder, |watch| {
        watch.tick(size, clock.now());
        watch.events.clone()
    })?;
    if events.is_empty() {
        return Ok(());
    }
    for event in &events {
        ledger.record_witness(event, clock.now()).context("cannot enter what happened with a witness")?;
    }
    ledger.commit().context("cannot enter what happened with a witness")?;
    update(folder, |watch| watch.events.retain(|event| !events.contains(event)))
}

/// After a head was published by a command: asks the witnesses of the policy beside the ledger. The entries are durable
/// whatever comes of it, so that nothing here fails the command.
pub(super) fn after_head(folder: &Path, clock: Clock) {
    let done = policy_of(folder).and_then(|policy| match policy {
        Some(policy) => round(folder, &policy, clock, SECONDS_MAX, true).map(drop),
        None => Ok(()),
    });
    if let Err(error) = done {
        crate::output::say(&format!("warning: witnesses: {}", safe(&format!("{error:#}"), 400)));
    }
}

/// What came of asking the witnesses about the newest head.
pub(super) struct Round {
    /// The head with the cosignatures that hold.
    pub(super) note: String,
    /// Answers that are an alarm: a head that has its quorum from before is no answer to them.
    pub(super) alarms: usize,
    /// Whether the quorum is met.
    pub(super) met: bool,
    /// Who cosigned, with the time in seconds since 1970.
    pub(super) signed: Vec<(String, u64)>,
}

/// Asks every witness of the policy that has an address, at once, about the newest head, and keeps what they answer. With
/// `due`, those that did not answer lately are left alone.
pub(super) fn round(
    folder: &Path,
    policy: &Policy,
    clock: Clock,
    seconds_max: u64,
    due: bool,
) -> anyhow::Result<Round> {
    let watch = watch_of(folder)?;
    let note = super::ask::newest(folder)?.1;
    let has = policy.check(&note).map(|quorum| quorum.signed).unwrap_or_default();
    let wanted = |witness: &&WitnessEntry| {
        let has = has.iter().any(|(name, _)| *name == witness.name);
        witness.url.is_some() && (!due || (!has && watch.due(&witness.name, clock.now())))
    };
    let asked: Vec<&WitnessEntry> = policy.witnesses.iter().filter(wanted).collect();
    let replies: Vec<Reply> = std::thread::scope(|scope| {
        let ask = |witness: &WitnessEntry| {
            let url = witness.url.clone().unwrap_or_default();
            let old = watch.witnesses.get(&witness.name).map_or(0, |seen| seen.cosigned);
            let note = note.as_str();
            scope.spawn(move || question(folder, note, &url, old, seconds_max))
        };
        let threads: Vec<_> = asked.iter().map(|witness| ask(witness)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_default()).collect()
    });
    take(folder, policy, note, asked.into_iter().zip(replies), clock)
}

/// Keeps the answers that hold, and says which ones are an alarm.
fn take<'a>(
    folder: &Path,
    policy: &Policy,
    mut note: String,
    replies: impl Iterator<Item = (&'a WitnessEntry, Reply)>,
    clock: Clock,
) -> anyhow::Result<Round> {
    let size = super::ask::size_of(&note)?;
    let mut answers = Vec::new();
    for (witness, mut reply) in replies {
        if let Some(line) = reply.line.take() {
            let with = add_cosignatures(&note, &line).ok();
            let signed = with.as_ref().and_then(|with| policy.check(with).ok());
            // One line, and its own: another one would take the place of the signature of the log.
            let own =
                line.lines().count() == 1 && line.starts_with(&format!("\u{2014} {} ", witness.key_name()));
            let holds = own
                && signed.is_some_and(|quorum| quorum.signed.iter().any(|(name, _)| *name == witness.name));
            match with.filter(|_| holds) {
                Some(with) => note = with,
                None => reply = Reply::unreadable("the answer is no cosignature of this witness"),
            }
        }
        if let Some(told) = &reply.told {
            crate::output::say(&format!("warning: witness {}: {}", witness.name, safe(told, 400)));
        }
        answers.push((witness.name.clone(), reply));
    }
    super::ask::keep_note(folder, &note)?;
    let quorum = policy.check(&note).map_err(|what| anyhow::anyhow!("the head does not hold: {what}"))?;
    let met = quorum.met || policy.is_none();
    let now = clock.now();
    let alarms = update(folder, |watch| {
        let mut alarms: Vec<(String, WitnessAlarm, String)> = Vec::new();
        for (name, reply) in answers {
            for answer in &reply.answers {
                if let Some(alarm) = watch.answered(&name, size, *answer, now) {
                    alarms.push((name.clone(), alarm, reply.exchange.clone()));
                }
            }
        }
        watch.quorum(size, met, now);
        alarms
    })?;
    for (place, (name, alarm, exchange)) in alarms.iter().enumerate() {
        crate::output::say(&format!("alarm: witness {name}: {}", alarm.code()));
        keep_refusal(folder, &format!("{}-{place}-{}", now.0, alarm.code()), exchange)?;
    }
    Ok(Round { note, alarms: alarms.len(), met, signed: quorum.signed })
}

/// Keeps what was asked and answered (LG-WIT-07).
fn keep_refusal(folder: &Path, name: &str, exchange: &str) -> anyhow::Result<()> {
    let place = folder.join(FOLDER).join(REFUSALS);
    std::fs::create_dir_all(&place).with_context(|| format!("cannot make {}", place.display()))?;
    let kept =
        std::fs::read_dir(&place).map(|items| items.take(REFUSALS_MAX).count()).unwrap_or(REFUSALS_MAX);
    if kept >= REFUSALS_MAX {
        return Ok(());
    }
    crate::output::atomic::write(&place.join(name), exchange.as_bytes())
}
