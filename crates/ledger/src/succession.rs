//! Succession (承継, LG-DUR-07): a ledger that cannot be completed any more is closed for ever, and a new one begins with what is known
//! of it and what is left of it. History is never written again.

use crate::bytes::Malformed;
use crate::entry::EntryKind;
use crate::govern::{Fields, code};
use crate::logkey::LogKeys;
use crate::replay::Replay;
use crate::verify::{Found, VerifyReport, Walk};
use crate::{Error, Hash, Ledger, Reader, Result, files, json, note};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use std::path::Path;
use vocab::{LedgerIndex, Timestamp};

/// Mark in the folder of a ledger that was succeeded.
const MARK: &str = "succeeded";
/// Most kept heads that are looked at.
const HEADS_MAX: usize = 1_000_000;

/// Failures that are looked at.
const FAILURES_MAX: usize = 1_000;

/// What of a ledger can still be relied on, and what was once signed of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remains {
    /// Name of the ledger.
    pub origin: String,
    /// Its id.
    pub ledger: Hash,
    /// Size and root of the sound entries from its beginning.
    pub left: (u64, Hash),
    /// Size and root of the largest head that it signed, as far as is known.
    pub known: Option<(u64, Hash)>,
}

/// What a ledger says of the one before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Succession {
    /// The one before.
    pub before: Remains,
    /// Why: `rolled-back`, `damaged`, `key-lost`, `ended`.
    pub reason: String,
    /// When the new one began.
    pub time: Timestamp,
}

/// Reads a ledger as far as it is sound, and the heads that are kept with it or given (`heads`: signed notes from elsewhere).
///
/// # Errors
/// `LV-FORMAT` or `LV-DAMAGE` when not even its first frame can be relied on, `LE-KEY` for a given head that it did not sign,
/// `LE-IO`.
pub fn remains(folder: &Path, heads: &[String]) -> Result<Remains> {
    files::check_format(folder)?;
    let mut report = VerifyReport::new(FAILURES_MAX);
    let mut walk = Walk::open(folder, &mut report)?;
    let missing = report.failures.len();
    let mut state: Option<Replay> = None;
    let mut left = (0, [0; 32]);
    while let Some(found) = walk.next(state.as_ref().map(|replay| &replay.chain), &mut report)? {
        let damaged = |what| Error::damage(&folder.join("segments"), 0, what);
        // Heads of segments, and what is not where it should be.
        match report.failures.get(missing) {
            Some(failure) if left.0 == 0 => return Err(damaged(failure.what)),
            Some(_) => break,
            None => {}
        }
        let Found::Frame { after_hole: false, segment_id, .. } = found else { break };
        let Some(frame) = walk.frame() else { break };
        if state.is_none() {
            state = Some(Replay::begin(&frame, &segment_id).map_err(|fault| damaged(fault.what))?);
        }
        let Some(replay) = &mut state else { break };
        let mut faults = Vec::new();
        replay.frame(&frame, &mut |_, _| {}, &mut faults);
        match faults.first() {
            None => left = (replay.size(), replay.tree.root()),
            Some(fault) if left.0 == 0 => return Err(damaged(fault.what)),
            Some(_) => break,
        }
    }
    let Some(replay) = state else {
        return Err(Error::Format { path: folder.to_owned(), what: "no whole frame" });
    };
    let known = newest(folder, &replay.log_keys, heads)?;
    Ok(Remains { origin: replay.origin, ledger: replay.ledger, left, known })
}

/// The largest head that one of the log keys signed.
fn newest(folder: &Path, keys: &LogKeys, given: &[String]) -> Result<Option<(u64, Hash)>> {
    let mut known: Option<(u64, Hash)> = None;
    let mut take = |head: (u64, Hash)| {
        if known.is_none_or(|before| head.0 > before.0) {
            known = Some(head);
        }
    };
    for text in given {
        let head = keys.check(text.as_bytes()).map_err(|Malformed(what)| Error::Key(what))?.0;
        take((head.size, head.root));
    }
    let kept = std::fs::read_dir(folder.join("checkpoints"));
    let kept = kept.into_iter().flatten().take(HEADS_MAX).filter_map(|item| Some(item.ok()?.path()));
    for path in kept.chain([folder.join("checkpoint")]) {
        // What is kept with a damaged ledger may be damaged as well.
        let Ok(bytes) = files::read_small(&path, note::NOTE_BYTES_MAX) else { continue };
        if let Ok((head, _)) = keys.check(&bytes) {
            take((head.size, head.root));
        }
    }
    Ok(known)
}

/// Marks a ledger as closed for ever: the program writes on it no more. A nuisance to others, not a proof (LG-THR-03).
///
/// # Errors
/// `LE-LOCKED` while somebody writes on it, `LE-IO`.
pub fn close_for_ever(folder: &Path, successor: &str) -> Result<()> {
    let _lock = files::lock(folder)?;
    files::replace(folder, MARK, format!("{successor}\n").as_bytes())
}

/// Refuses a ledger that was succeeded.
pub(crate) fn require_open(folder: &Path) -> Result<()> {
    match folder.join(MARK).exists() {
        true => Err(Error::Policy("this ledger was succeeded by another one and is closed for ever")),
        false => Ok(()),
    }
}

impl Ledger {
    /// Writes down which ledger this one follows; the second entry of a new ledger (LG-DUR-07).
    ///
    /// # Errors
    /// `LE-POLICY` when something else was entered before, for the same name, or an unfit reason code; `LE-IO`.
    pub fn succeed(&mut self, before: &Remains, reason: &str, now: Timestamp) -> Result<LedgerIndex> {
        code(reason)?;
        if self.size() != 1 {
            return Err(Error::Policy("only a new ledger follows another one"));
        }
        if before.origin == self.origin {
            return Err(Error::Policy(
                "a ledger that follows another one has a name of its own: witnesses keep the size of the old one",
            ));
        }
        self.settle_clock(now)?;
        let head = |(size, root): (u64, Hash)| json!({ "root": BASE64.encode(root), "size": size });
        let body = json!({
            "known": before.known.map(head),
            "ledger": hex::encode(before.ledger),
            "left": head(before.left),
            "origin": before.origin,
            "reason": reason,
        });
        self.public(EntryKind::Succession, 0, &body)
    }
}

impl Reader {
    /// The ledger that this one follows; `None` when it follows none.
    ///
    /// # Errors
    /// `LV-DAMAGE`, `LE-IO`.
    pub fn succession(&mut self) -> Result<Option<Succession>> {
        if self.size() < 2 {
            return Ok(None);
        }
        let entry = self.entry(LedgerIndex(1))?;
        if entry.kind != EntryKind::Succession {
            return Ok(None);
        }
        let body = json::parse_canonical(&entry.body).unwrap_or(Value::Null);
        let (before, reason) = read(&body).map_err(|what| Error::damage(self.folder(), 0, what))?;
        Ok(Some(Succession { before, reason, time: entry.received_at }))
    }
}

/// Reads the body of a `succession` entry, strictly.
pub(crate) fn read(body: &Value) -> Result<(Remains, String), &'static str> {
    let fields = Fields(body);
    let head = |value: &Value| -> std::result::Result<(u64, Hash), &'static str> {
        Ok((Fields(value).number("size")?, Fields(value).bytes("root")?))
    };
    let known = match body.get("known") {
        Some(Value::Null) => None,
        Some(known) => Some(head(known)?),
        None => return Err("known"),
    };
    let ledger = hex::decode(fields.text("ledger")?).ok().and_then(|id| id.try_into().ok());
    let origin = fields.text("origin")?;
    if !note::origin_fits(origin) {
        return Err("origin");
    }
    let before = Remains {
        origin: origin.to_owned(),
        ledger: ledger.ok_or("ledger")?,
        left: head(body.get("left").ok_or("left")?)?,
        known,
    };
    Ok((before, fields.code("reason")?.to_owned()))
}
