//! Opening a ledger to write on (LG-DUR-05 to LG-DUR-07, LG-EPO-02).

use crate::batch::Batch;
use crate::destroy::{erase, finish_burials};
use crate::entry::EntryKind;
use crate::frame::Frame;
use crate::logkey::{self, KeyStatement};
use crate::recall::Recent;
use crate::replay::{Fault, Replay};
use crate::run::Scratch;
use crate::seal::{KEYS_FOLDER, ONLINE_NAME, wrapped_name};
use crate::store::Store;
use crate::verify::{Code, Found, Heads, VerifyReport, Walk};
use crate::writer::{Clock, EpochStart, Ledger};
use crate::{Error, Hash, Result, StreamId, files, frame, keys};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use vocab::Timestamp;

/// What is needed to go on with a ledger.
#[derive(Clone, Debug)]
pub struct Resume {
    /// The present time.
    pub now: Timestamp,
    /// The random bytes that the ledger was made with: the log key follows from them. Secret.
    pub seed: Hash,
    /// Fresh random bytes for this session: epoch key and salts follow from them. Secret, and never used twice.
    pub session: Hash,
}

/// What was found when a ledger was opened to go on with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The writer before had closed it in good order.
    pub clean: bool,
    /// Entries kept.
    pub size: u64,
    /// Bytes of unfinished frames that were cut off. They were never acknowledged by a checkpoint.
    pub discarded_bytes: u64,
    /// Streams that are still open.
    pub open_streams: Vec<StreamId>,
}

/// Where writing goes on, and what is cut off there.
pub(crate) struct End {
    pub(crate) segment: usize,
    pub(crate) offset: u64,
    pub(crate) discarded: u64,
    /// A newest segment whose header was not finished.
    pub(crate) remove: Option<PathBuf>,
}

impl End {
    fn cut(walk: &Walk, offset: u64) -> Result<Self> {
        let segment = walk.last_segment();
        let discarded = files::content_end(&walk.last_path())?.saturating_sub(offset);
        Ok(Self { segment, offset, discarded, remove: None })
    }
}

/// A bad frame is a torn write only when nothing behind it was written with everything before it durable (LG-DUR-05).
fn require_torn(folder: &Path, walk: &mut Walk, found: Option<Found>, offset: u64) -> Result<()> {
    let file = walk.last_path();
    let mut report = VerifyReport::new(1);
    let mut next = found;
    loop {
        if next.is_some() && walk.frame().is_some_and(|frame| frame.sound && frame.header.synced) {
            let what = "a bad frame before one that was written when it was durable";
            return Err(Error::damage(&folder.join(file), offset, what));
        }
        next = match walk.next(None, &mut report)? {
            None | Some(Found::Torn { .. }) => return Ok(()),
            found => found,
        };
    }
}

impl Ledger {
    /// Opens the ledger in `folder` to go on with it. Everything is checked first as [`crate::verify`] does without
    /// opening payloads. An unfinished tail behind the newest checkpoint is cut off and a `recovery` entry tells of it;
    /// a new epoch begins with a key that the log key signs.
    ///
    /// # Errors
    /// `LE-LOCKED`, `LE-KEY` for a seed of another ledger, `LE-ROLLBACK` when entries that a checkpoint promised are
    /// missing, `LV-DAMAGE` when bytes under a checkpoint are not as they were written, `LV-FORMAT`, `LE-IO`. Nothing is
    /// changed on an error.
    pub fn open(folder: &Path, resume: &Resume) -> Result<(Self, Recovered)> {
        Self::open_after_loss(folder, resume, &[])
    }

    /// As [`Ledger::open`], for a ledger whose log key was lost or stolen: `statements` revoke it and name the next one, which
    /// follows from the seed given; they are entered before the new epoch (LG-EPO-04). The online copy of the data keys,
    /// which the former secret opens, is destroyed: older payloads need a role holder from here on.
    ///
    /// # Errors
    /// As [`Ledger::open`], and `LE-KEY` for a statement that does not fit or is not signed by those who have to.
    pub fn open_after_loss(
        folder: &Path,
        resume: &Resume,
        statements: &[KeyStatement],
    ) -> Result<(Self, Recovered)> {
        files::check_format(folder)?;
        if crate::redact::is_redacted(folder) {
            return Err(Error::Policy("a redacted copy is not written on"));
        }
        crate::succession::require_open(folder)?;
        let lock = files::lock(folder)?;
        finish_burials(folder)?;
        let (replay, heads, end) = follow(folder)?;
        let log_key = keys::log_key(&resume.seed);
        let size = replay.size();
        let mut log_keys = replay.log_keys.clone();
        let bodies = logkey::bodies(&replay.ledger, statements, &mut log_keys, &replay.governance, size)?;
        if *log_key.verifying_key().as_bytes() != log_keys.current_key() {
            return Err(Error::Key("the secret is not that of the log key in force"));
        }
        if size < heads.newest() {
            return Err(Error::Rollback { size, known: heads.newest() });
        }
        let clean = replay.sealed && heads.keeps(size) && end.discarded == 0 && end.remove.is_none();
        files::upgrade_format(folder)?;
        if let Some(path) = &end.remove {
            std::fs::remove_file(path).map_err(Error::io(path))?;
            files::sync_folder(&folder.join("segments"))?;
        }
        let store = Store::resume(folder, replay.ledger, end.segment as u64, end.offset)?;
        let epoch = replay.epoch + 1;
        let batch =
            Batch::new(replay.ledger, resume.session, epoch, replay.tree, replay.unlisted, replay.chain)?;
        let before = replay.accepted;
        let mut ledger = Self {
            folder: folder.to_owned(),
            origin: replay.origin,
            log_key,
            log_keys: replay.log_keys,
            batch,
            streams: replay.streams,
            store: Arc::new(Mutex::new(store)),
            unsynced: false,
            recent: Recent::default(),
            clock: Clock { accepted: before.max(resume.now), passed: before },
            epoch_start: EpochStart { time: before, seq: 0 },
            work: Scratch::default(),
            governance: replay.governance,
            data_keys: replay.data_keys.last_key_value().map_or(0, |(id, _)| *id),
            _lock: lock,
        };
        for key in ledger.governance.destructions.iter().flat_map(|one| &one.keys) {
            erase(&folder.join(KEYS_FOLDER), &wrapped_name(*key))?;
        }
        if !bodies.is_empty() {
            erase(&folder.join(KEYS_FOLDER), ONLINE_NAME)?;
        }
        ledger.begin_epoch(clean, (size, end.discarded), before, resume.now, &bodies)?;
        let open_streams = ledger.streams.open().into_iter().map(StreamId).collect();
        Ok((ledger, Recovered { clean, size, discarded_bytes: end.discarded, open_streams }))
    }

    /// The first entries of a session: what was lost, the new epoch key, a step of the clock.
    fn begin_epoch(
        &mut self,
        clean: bool,
        (size, discarded): (u64, u64),
        before: Timestamp,
        now: Timestamp,
        about_keys: &[Value],
    ) -> Result<()> {
        if !clean {
            let body = json!({
                "discarded": discarded,
                "from": before.0,
                "last_index": size.saturating_sub(1),
                "to": now.0,
            });
            self.public(EntryKind::Recovery, 0, &body)?;
        }
        for body in about_keys {
            self.public(EntryKind::Key, 0, body)?;
        }
        let (epoch, key) = (self.batch.epoch, *self.batch.epoch_key.verifying_key().as_bytes());
        let message = keys::epoch_message(&self.batch.ledger, epoch, &key);
        let body = json!({
            "epoch": epoch,
            "key": BASE64.encode(key),
            "signature": BASE64.encode(keys::sign(&self.log_key, &message)),
            "use": "epoch",
        });
        self.epoch_start = EpochStart { time: self.clock.accepted, seq: self.streams.next(0).0 };
        self.public(EntryKind::Key, 0, &body)?;
        self.settle_clock(now)
    }
}

/// Follows the whole log strictly.
pub(crate) fn follow(folder: &Path) -> Result<(Replay, Heads, End)> {
    let mut report = VerifyReport::new(1);
    let mut walk = Walk::open(folder, &mut report)?;
    let mut state: Option<(Replay, Heads)> = None;
    let mut end = End { segment: 0, offset: 0, discarded: 0, remove: None };
    loop {
        let found = walk.next(state.as_ref().map(|(replay, _)| &replay.chain), &mut report)?;
        // A torn frame is one in the newest segment that no checkpoint has promised; anything else is damage.
        let promised = state.as_ref().is_none_or(|(replay, heads)| replay.size() < heads.newest());
        let may_be_torn = !promised && walk.in_last();
        if let Some(failure) = report.failures.first() {
            let here = failure.code == Code::Damage && failure.file == walk.name() && failure.offset > 0;
            if !may_be_torn || !here {
                return Err(Error::damage(&folder.join(&failure.file), failure.offset, failure.what));
            }
            let at = failure.offset;
            require_torn(folder, &mut walk, found, at)?;
            end = End::cut(&walk, at)?;
            break;
        }
        match found {
            None => {
                // A newest segment that holds its header only is written on.
                if end.segment != walk.last_segment() {
                    end = End {
                        segment: walk.last_segment(),
                        offset: frame::SEGMENT_HEADER_BYTES as u64,
                        discarded: 0,
                        remove: None,
                    };
                }
                break;
            }
            Some(Found::Torn { file, offset: 0, bytes }) => {
                (end.remove, end.discarded) = (Some(folder.join(file)), bytes);
                break;
            }
            Some(Found::Torn { offset, .. }) => {
                end = End::cut(&walk, offset)?;
                break;
            }
            Some(Found::Frame { file, offset, segment_id, .. }) => {
                let Some(frame) = walk.frame() else { continue };
                if !frame.sound && may_be_torn {
                    require_torn(folder, &mut walk, None, offset)?;
                    end = End::cut(&walk, offset)?;
                    break;
                }
                let path = folder.join(&file);
                take(folder, &path, offset, &frame, &segment_id, &mut state, &mut report)?;
                end = End {
                    segment: walk.segment_number(),
                    offset: offset + frame.header.frame_bytes() as u64,
                    discarded: 0,
                    remove: None,
                };
            }
        }
    }
    match state {
        Some((replay, mut heads)) => {
            // A torn tail stands in the report of the walk.
            let mut late = VerifyReport::new(1);
            heads.settle(folder, &replay.log_keys, None, &mut late);
            match late.failures.first() {
                Some(failure) => Err(Error::damage(&folder.join(&failure.file), 0, failure.what)),
                None => Ok((replay, heads, end)),
            }
        }
        None => Err(Error::Format { path: folder.to_owned(), what: "no whole frame" }),
    }
}

/// Follows one frame that has to be right.
fn take(
    folder: &Path,
    path: &Path,
    offset: u64,
    frame: &Frame<'_>,
    id: &Hash,
    state: &mut Option<(Replay, Heads)>,
    report: &mut VerifyReport,
) -> Result<()> {
    let damage = |fault: &Fault| Error::damage(path, offset, fault.what);
    if state.is_none() {
        let replay = Replay::begin(frame, id).map_err(|fault| damage(&fault))?;
        let heads = Heads::read(folder, &replay, &[], None, report);
        *state = Some((replay, heads));
    }
    let Some((replay, heads)) = state else { return Ok(()) };
    let (mut faults, mut forks) = (Vec::new(), Vec::new());
    replay.frame(frame, &mut |size, tree| heads.pass(size, tree, &mut forks), &mut faults);
    if let Some(fault) = faults.first() {
        return Err(damage(fault));
    }
    match forks.first() {
        Some((file, _)) => {
            Err(Error::damage(&folder.join(file), 0, "another root than the log at this size"))
        }
        None => Ok(()),
    }
}
