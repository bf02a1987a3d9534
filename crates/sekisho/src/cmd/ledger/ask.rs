//! Asking witnesses about a ledger, and keeping what they answer (LG-WIT-06, -07, -10).

use super::asking::Round;
use crate::clock::Clock;
use crate::error::Hinted;
use crate::http::post;
use anyhow::{Context as _, bail};
use ledger::{AddCheckpoint, Policy, Reader, WitnessAnswer, add_cosignatures};
use std::io::Write as _;
use std::path::Path;

/// How long a witness may take to answer.
const SECONDS_MAX: u64 = 10;
/// Longest text that is read: notes, answers, policies.
const TEXT_BYTES_MAX: usize = 256 << 10;

/// What one witness answered.
#[derive(Debug, Default)]
pub(super) struct Reply {
    /// A line that it gave as its cosignature.
    pub(super) line: Option<String>,
    /// What its answers mean, in order.
    pub(super) answers: Vec<WitnessAnswer>,
    /// For people.
    pub(super) told: Option<String>,
    /// What was sent and answered.
    pub(super) exchange: String,
}

impl Reply {
    /// An answer that says nothing.
    pub(super) fn unreadable(told: &str) -> Self {
        Self { answers: vec![WitnessAnswer::Unreachable], told: Some(told.to_owned()), ..Self::default() }
    }
}

/// Asks every witness of the policy that has an address, all at once.
pub(super) fn ask(folder: &Path, policy: &Path) -> anyhow::Result<u8> {
    let policy = read_policy(policy)?;
    let round = super::asking::round(folder, &policy, Clock::System, SECONDS_MAX, false)?;
    print(&round)
}

/// The answer of one witness: where it knows another size than `old`, it is asked once more from there (LG-WIT-07).
pub(super) fn question(folder: &Path, note: &str, url: &str, old: u64, seconds_max: u64) -> Reply {
    let mut reply = Reply::default();
    if let Err(error) = converse(folder, note, url, old, seconds_max, &mut reply) {
        reply.told = Some(format!("{error:#}"));
        if reply.answers.is_empty() {
            reply.answers.push(WitnessAnswer::Unreachable);
        }
    }
    reply
}

fn converse(
    folder: &Path,
    note: &str,
    url: &str,
    mut old: u64,
    seconds_max: u64,
    reply: &mut Reply,
) -> anyhow::Result<()> {
    let url = format!("{}/add-checkpoint", url.trim_end_matches('/'));
    let mut reader = Reader::open(folder)?;
    let size = size_of(note)?;
    old = old.min(size);
    for attempt in 0..2 {
        let request = AddCheckpoint::new(&reader.consistency(old, size)?, note)?;
        let answer = post(&url, request.body(), seconds_max)?;
        let sent = format!("POST {url}\n{}\nANSWER {}\n{}\n", request.body(), answer.status, answer.body);
        reply.exchange.push_str(&sent);
        match (answer.status, answer.body.trim_end().parse::<u64>()) {
            (200, _) => {
                reply.line = Some(answer.body);
                reply.answers.push(WitnessAnswer::Cosigned(size));
                return Ok(());
            }
            (409, Ok(known)) if known >= 1 << 53 => bail!("it names a size that no log can have: {known}"),
            (409, Ok(known)) if known > size => {
                reply.answers.push(WitnessAnswer::Knows(known));
                bail!(
                    "LE-ROLLBACK: it has cosigned {known} entries, this ledger has {size}: it was put back"
                );
            }
            (409, Ok(known)) if attempt == 0 && known != old => {
                reply.answers.push(WitnessAnswer::Knows(known));
                old = known;
            }
            (status @ (409 | 422), _) => {
                reply.answers.push(WitnessAnswer::Refused(size));
                bail!("alarm: refused ({status}): {}", answer.body.trim_end());
            }
            (status, _) => bail!("it does not take the request ({status}): {}", answer.body.trim_end()),
        }
    }
    bail!("it does not come to an end")
}

/// Prints a request for a witness without network.
pub(super) fn request(folder: &Path, old: u64) -> anyhow::Result<u8> {
    let (mut reader, note) = newest(folder)?;
    let request = AddCheckpoint::new(&reader.consistency(old, size_of(&note)?)?, &note)?;
    std::io::stdout()
        .lock()
        .write_all(request.body().as_bytes())
        .context("cannot write to standard output")?;
    Ok(0)
}

/// Keeps an answer that came on a medium.
pub(super) fn import(folder: &Path, answer: &Path, policy: &Path) -> anyhow::Result<u8> {
    let lines = crate::inputs::read_text(answer, TEXT_BYTES_MAX)?;
    let (policy, note) = (read_policy(policy)?, newest(folder)?.1);
    let note = with_answers(&note, &lines, &policy)?;
    let found = policy.check(&note).map_err(|what| anyhow::anyhow!("an answer does not hold: {what}"))?;
    let (size, now) = (size_of(&note)?, Clock::System.now());
    keep_note(folder, &note)?;
    let met = found.met || policy.is_none();
    super::asking::update(folder, |watch| {
        for (name, _) in &found.signed {
            watch.answered(name, size, WitnessAnswer::Cosigned(size), now);
        }
        watch.quorum(size, met, now);
    })?;
    print(&Round { note, alarms: 0, met, signed: found.signed })
}

/// Puts a head with more cosignatures in its place.
pub(super) fn keep_note(folder: &Path, note: &str) -> anyhow::Result<()> {
    let reader = Reader::open(folder).with_context(|| format!("cannot open {}", folder.display()))?;
    ledger::keep_cosigned(&reader, note).context("cannot keep the cosignatures")
}

/// The head with every line of an answer under it; each has to be the cosignature of a witness of the policy over this head.
fn with_answers(note: &str, lines: &str, policy: &Policy) -> anyhow::Result<String> {
    let mut with = note.to_owned();
    let size = size_of(note)?;
    let mut lines_read = 0;
    for (number, line) in (1..).zip(lines.lines()).filter(|(_, line)| !line.is_empty()) {
        lines_read = number;
        let signed = |witness: &&ledger::WitnessEntry| {
            // Its own line: another one would take the place of the signature of the log.
            let own = line.starts_with(&format!("\u{2014} {} ", witness.key_name()));
            let alone = own.then(|| add_cosignatures(note, &format!("{line}\n")).ok()).flatten();
            let found = alone.and_then(|alone| policy.check(&alone).ok());
            found.is_some_and(|found| found.signed.iter().any(|(name, _)| *name == witness.name))
        };
        if !policy.witnesses.iter().any(|witness| signed(&witness)) {
            return Err(Hinted::error(
                format!(
                    "line {number} of the answer is no cosignature of a witness of the policy over the head of size {size}"
                ),
                "make the request again from the newest head, and import exactly what the witness answered",
            ));
        }
        with = add_cosignatures(&with, &format!("{line}\n")).context("an answer is no cosignature")?;
    }
    if lines_read == 0 {
        return Err(Hinted::error("the answer is empty", "import what `witness answer` printed"));
    }
    Ok(with)
}

/// Prints who cosigned; a quorum that is not met is a failure.
fn print(round: &Round) -> anyhow::Result<u8> {
    let size = size_of(&round.note)?;
    let mut out = std::io::stdout().lock();
    for (name, seconds) in &round.signed {
        writeln!(out, "{name} {size} {seconds}").context("cannot write to standard output")?;
    }
    if round.alarms > 0 {
        return Err(Hinted::error(
            "a witness gave an alarm",
            "`sekisho ledger status` names it; what was asked and answered is kept in `witness/refusals` beside the ledger",
        ));
    }
    if round.met {
        return Ok(0);
    }
    Err(Hinted::error(
        "the quorum of the policy is not met",
        "until it is, a rollback to an earlier state cannot be excluded; ask again when the witnesses can be reached",
    ))
}

pub(super) fn newest(folder: &Path) -> anyhow::Result<(Reader, String)> {
    let reader = Reader::open(folder).with_context(|| format!("cannot open {}", folder.display()))?;
    let head = reader.checkpoint()?;
    let head =
        head.ok_or_else(|| Hinted::error("no head was published", "run `sekisho ledger checkpoint`"))?;
    Ok((reader, head.note))
}

pub(super) fn size_of(note: &str) -> anyhow::Result<u64> {
    note.lines().nth(1).and_then(|size| size.parse().ok()).context("a note names its size")
}

pub(super) fn read_policy(path: &Path) -> anyhow::Result<Policy> {
    let text = crate::inputs::read_text(path, TEXT_BYTES_MAX)?;
    Policy::parse(&text).with_context(|| format!("{} is no policy", path.display()))
}
