//! Asking witnesses about a ledger, and keeping what they answer (LG-WIT-06, -07, -10).

use crate::error::Hinted;
use crate::http::post;
use anyhow::{Context as _, bail};
use ledger::{AddCheckpoint, Policy, Reader, WitnessEntry, add_cosignatures};
use std::io::Write as _;
use std::path::Path;

/// How long a witness may take to answer.
const SECONDS_MAX: u64 = 10;
/// Longest text that is read: notes, answers, policies.
const TEXT_BYTES_MAX: usize = 256 << 10;

/// Asks every witness of the policy that has an address, all at once.
pub(super) fn ask(folder: &Path, policy: &Path) -> anyhow::Result<u8> {
    let policy = read_policy(policy)?;
    let asked: Vec<&WitnessEntry> = policy.witnesses.iter().filter(|witness| witness.url.is_some()).collect();
    let note = newest(folder)?.1;
    let answers: Vec<anyhow::Result<String>> = std::thread::scope(|scope| {
        let ask = |witness: &WitnessEntry| {
            let url = witness.url.clone().unwrap_or_default();
            let note = note.as_str();
            scope.spawn(move || cosignature(folder, note, &url))
        };
        let threads: Vec<_> = asked.iter().map(|witness| ask(witness)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| bail!("the request was broken off")))
            .collect()
    });
    let mut lines = String::new();
    for (witness, answer) in asked.iter().zip(answers) {
        match answer {
            Ok(line) => lines.push_str(&line),
            Err(error) => crate::output::say(&format!("warning: witness {}: {error:#}", witness.name)),
        }
    }
    keep(folder, &policy, &note, &lines)
}

/// The answer of one witness: where it knows another size, it is asked once more from there (LG-WIT-07).
fn cosignature(folder: &Path, note: &str, url: &str) -> anyhow::Result<String> {
    let url = format!("{}/add-checkpoint", url.trim_end_matches('/'));
    let mut reader = Reader::open(folder)?;
    let size = size_of(note)?;
    let mut old = 0;
    for attempt in 0..2 {
        let request = AddCheckpoint::new(&reader.consistency(old, size)?, note)?;
        let answer = post(&url, request.body(), SECONDS_MAX)?;
        match (answer.status, answer.body.trim_end().parse::<u64>()) {
            (200, _) => return Ok(answer.body),
            (409, Ok(known)) if known > size => {
                bail!(
                    "LE-ROLLBACK: it has cosigned {known} entries, this ledger has {size}: it was put back"
                );
            }
            (409, Ok(known)) if attempt == 0 && known != old => old = known,
            (status, _) => bail!("alarm: refused ({status}): {}", answer.body.trim_end()),
        }
    }
    bail!("alarm: refused twice")
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
    let note = newest(folder)?.1;
    keep(folder, &read_policy(policy)?, &note, &lines)
}

/// Puts cosignatures of witnesses of the policy under the note, and says whether they suffice.
fn keep(folder: &Path, policy: &Policy, note: &str, lines: &str) -> anyhow::Result<u8> {
    if !lines.is_empty() {
        let note = add_cosignatures(note, lines).context("an answer is no cosignature")?;
        let found = policy.check(&note).map_err(|what| anyhow::anyhow!("an answer does not hold: {what}"))?;
        let size = size_of(&note)?;
        let kept = folder.join("checkpoints").join(size.to_string());
        crate::output::atomic::write(&kept, note.as_bytes())?;
        // A newer head may have been published meanwhile; it stays.
        if newest(folder).is_ok_and(|(_, now)| size_of(&now).is_ok_and(|now| now == size)) {
            crate::output::atomic::write(&folder.join("checkpoint"), note.as_bytes())?;
        }
        let mut out = std::io::stdout().lock();
        for (name, seconds) in &found.signed {
            writeln!(out, "{name} {size} {seconds}").context("cannot write to standard output")?;
        }
        if found.met || policy.is_none() {
            return Ok(0);
        }
    }
    Err(Hinted::error(
        "the quorum of the policy is not met",
        "until it is, a rollback to an earlier state cannot be excluded; ask again when the witnesses can be reached",
    ))
}

fn newest(folder: &Path) -> anyhow::Result<(Reader, String)> {
    let reader = Reader::open(folder).with_context(|| format!("cannot open {}", folder.display()))?;
    let head = reader.checkpoint()?;
    let head =
        head.ok_or_else(|| Hinted::error("no head was published", "run `sekisho ledger checkpoint`"))?;
    Ok((reader, head.note))
}

fn size_of(note: &str) -> anyhow::Result<u64> {
    note.lines().nth(1).and_then(|size| size.parse().ok()).context("a note names its size")
}

fn read_policy(path: &Path) -> anyhow::Result<Policy> {
    let text = crate::inputs::read_text(path, TEXT_BYTES_MAX)?;
    Policy::parse(&text).with_context(|| format!("{} is no policy", path.display()))
}
