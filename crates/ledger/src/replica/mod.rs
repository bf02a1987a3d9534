//! Replication (LG chapter 14): frames go, as they are, to a copy that can only grow. A copy needs no key.
//!
//! A [`Receiver`] is a folder ([`Replica`]), a store ([`Depot`]), or another computer. [`replicate`] compares what both hold
//! before it sends anything: a copy that is ahead, or that differs, is an alarm and is never overwritten (LF-22).

mod depot;
mod destroy;
mod folder;
mod live;
mod statement;

pub use depot::Depot;
pub use destroy::Removed;
pub use folder::Replica;
pub(crate) use live::Home;
pub use live::{CaughtUp, catch_up};
pub use statement::{ReplicaKey, Statement};

use crate::frame::{self, Frame};
use crate::{Checkpoint, Error, Hash, Reader, Result, note};
use std::path::{Path, PathBuf};

/// Largest wrapped data key in bytes.
pub(crate) const WRAPPED_BYTES_MAX: usize = 64 * 1024;

/// What a copy holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holds {
    /// Which ledger; `None` for an empty copy.
    pub ledger: Option<Hash>,
    /// Frames.
    pub frames: u64,
    /// Entries.
    pub size: u64,
    /// Digest of the newest frame; zero for an empty copy.
    pub last: Hash,
}

/// Takes frames in order. There is no way to take anything away (LG-REP-01).
pub trait Receiver {
    /// What it holds now.
    ///
    /// # Errors
    /// When it cannot be read.
    fn holds(&mut self) -> Result<Holds>;
    /// Takes the next frame. Not durable until a checkpoint over it is acknowledged.
    ///
    /// # Errors
    /// `LV-DAMAGE` and others when the frame does not continue what is held.
    fn add(&mut self, frame: &[u8]) -> Result<()>;
    /// Takes a wrapped data key, which only role holders open; the copy compares it with the `key` entry that names it.
    ///
    /// # Errors
    /// `LV-DAMAGE` for one that no entry names.
    fn keep_key(&mut self, id: u64, wrapped: &[u8]) -> Result<()>;
    /// Checks a signed head over exactly what is held, makes everything durable, and keeps the head (LG-REP-02).
    ///
    /// # Errors
    /// `LV-FORK` when the head has another root; `LE-IO`.
    fn acknowledge(&mut self, checkpoint: &Checkpoint) -> Result<()>;
    /// Makes what was added behind the newest head durable: a live store acknowledges more often than heads are signed.
    ///
    /// # Errors
    /// `LE-IO`.
    fn settle(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Gives frames: a ledger, or a copy on another computer.
pub trait Source {
    /// What it has.
    ///
    /// # Errors
    /// When it cannot be read.
    fn has(&mut self) -> Result<Holds>;
    /// The bytes of a frame.
    ///
    /// # Errors
    /// [`Error::Absent`] beyond the end, `LE-IO`.
    fn frame(&mut self, number: u64) -> Result<Vec<u8>>;
    /// Kept signed heads by size.
    ///
    /// # Errors
    /// `LV-DAMAGE`, `LE-IO`.
    fn heads(&mut self) -> Result<Vec<Checkpoint>>;
    /// Wrapped data keys by number.
    ///
    /// # Errors
    /// `LE-IO`.
    fn keys(&mut self) -> Result<Vec<(u64, Vec<u8>)>>;
}

impl Source for Reader {
    fn has(&mut self) -> Result<Holds> {
        let (frames, size, ledger) = (self.frame_count(), self.size(), Some(self.ledger()));
        let last = match frames.checked_sub(1) {
            Some(newest) => digest(&parse(&self.raw_frame(newest)?)?),
            None => [0; 32],
        };
        Ok(Holds { ledger, frames, size, last })
    }
    fn frame(&mut self, number: u64) -> Result<Vec<u8>> {
        self.raw_frame(number)
    }
    fn heads(&mut self) -> Result<Vec<Checkpoint>> {
        self.kept_checkpoints()
    }
    fn keys(&mut self) -> Result<Vec<(u64, Vec<u8>)>> {
        self.wrapped_keys()
    }
}

/// What a replication did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replicated {
    /// Frames sent.
    pub frames: u64,
    /// Bytes sent.
    pub bytes: u64,
    /// Entries that the copy has acknowledged.
    pub size: u64,
    /// Entries of the ledger that the copy does not have: not yet under a signed head.
    pub lag: u64,
}

/// Sends everything under signed heads that `to` does not have. `progress` is told frames done and frames in all.
///
/// # Errors
/// `LV-FOREIGN` for a copy of another ledger, `LE-ROLLBACK` when the copy is ahead, `LV-FORK` when it differs, and what
/// the receiver says.
pub fn replicate(
    from: &mut dyn Source,
    to: &mut dyn Receiver,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Replicated> {
    let holds = to.holds()?;
    let has = from.has()?;
    let total = has.frames;
    if holds.ledger.is_some() && has.ledger.is_some() && holds.ledger != has.ledger {
        return Err(Error::Foreign { path: PathBuf::from("the copy") });
    }
    if holds.frames > total || holds.size > has.size {
        return Err(Error::Rollback { size: has.size, known: holds.size });
    }
    if let Some(newest) = holds.frames.checked_sub(1) {
        let bytes = from.frame(newest)?;
        if digest(&parse(&bytes)?) != holds.last {
            return Err(Error::Fork { size: holds.size });
        }
    }
    let notes = from.heads()?;
    let note =
        |size: u64| notes.binary_search_by_key(&size, |note| note.size).ok().and_then(|at| notes.get(at));
    let promised = notes.last().map_or(0, |note| note.size);
    if let Some(note) = note(holds.size) {
        to.acknowledge(note)?;
    }
    let mut done = Replicated { size: holds.size, ..Replicated::default() };
    for number in holds.frames..total {
        let bytes = from.frame(number)?;
        let size = parse(&bytes)?.trailer.size;
        if size > promised {
            break;
        }
        to.add(&bytes)?;
        done.frames += 1;
        done.bytes += bytes.len() as u64;
        if let Some(note) = note(size) {
            to.acknowledge(note)?;
            done.size = size;
        }
        progress(number + 1, total);
    }
    for (id, wrapped) in from.keys()? {
        to.keep_key(id, &wrapped)?;
    }
    done.lag = has.size.saturating_sub(done.size);
    Ok(done)
}

/// Digest by which the next frame names this one, and entries up to its end.
///
/// # Errors
/// `LV-DAMAGE` for bytes that are no whole frame.
pub fn frame_names(bytes: &[u8]) -> Result<(Hash, u64)> {
    let frame = parse(bytes)?;
    Ok((digest(&frame), frame.trailer.size))
}

impl Checkpoint {
    /// Size and root of a note whose signatures somebody else checks; `None` for what is no note.
    #[must_use]
    pub fn unchecked(note: &str) -> Option<Self> {
        note::unchecked(note.to_owned())
    }
}

/// One whole frame and nothing else.
pub(crate) fn parse(bytes: &[u8]) -> Result<Frame<'_>> {
    let broken = |what| Error::damage(Path::new("frame"), 0, what);
    let frame = frame::parse(bytes).map_err(|what| broken(what.0))?;
    if frame.header.frame_bytes() != bytes.len() || !frame.sound {
        return Err(broken("one whole frame with its checksum"));
    }
    Ok(frame)
}

/// Digest by which the next frame names this one.
pub(crate) fn digest(frame: &Frame<'_>) -> Hash {
    frame.trailer.digest(&frame.header)
}

impl Reader {
    /// Which ledger it is: SHA-256 of the first entry.
    #[must_use]
    pub const fn ledger(&self) -> Hash {
        self.ledger
    }
    /// Whole frames.
    #[must_use]
    pub const fn frame_count(&self) -> u64 {
        self.frames.len() as u64
    }
    /// The bytes of a frame.
    ///
    /// # Errors
    /// [`Error::Absent`] beyond the end, `LE-IO`.
    pub fn raw_frame(&mut self, number: u64) -> Result<Vec<u8>> {
        let place = usize::try_from(number).ok().and_then(|at| self.frames.get(at)).copied();
        let place = place.ok_or(Error::Absent { index: number, record: 0 })?;
        let mut bytes = Vec::new();
        self.segments.read(place.segment, place.offset, place.header.frame_bytes(), &mut bytes)?;
        Ok(bytes)
    }
    /// Wrapped data keys by number.
    ///
    /// # Errors
    /// `LE-IO`.
    pub fn wrapped_keys(&self) -> Result<Vec<(u64, Vec<u8>)>> {
        let folder = self.folder.join("keys");
        let items = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            items => items.map_err(Error::io(&folder))?,
        };
        let mut keys = Vec::new();
        for item in items {
            let name = item.map_err(Error::io(&folder))?.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(".age")).and_then(|id| id.parse().ok());
            if let Some(id) = id {
                keys.push((id, crate::files::read_small(&folder.join(&name), WRAPPED_BYTES_MAX)?));
            }
        }
        keys.sort();
        Ok(keys)
    }
    /// Number and digest of the frame that ends at a size.
    pub(crate) fn frame_ending_at(&mut self, size: u64) -> Result<(u64, Hash)> {
        let end =
            |frame: &crate::scan::FramePlace| frame.header.first_index + u64::from(frame.header.entries);
        let found = self.frames.iter().position(|frame| end(frame) == size);
        let number = found.ok_or(Error::Policy("a size at which a signed head was published"))? as u64;
        let bytes = self.raw_frame(number)?;
        Ok((number, digest(&parse(&bytes)?)))
    }
    /// All signed heads that are kept and not beyond the end, by size, their signatures checked.
    ///
    /// # Errors
    /// `LV-DAMAGE` for one that does not hold, `LE-IO`.
    pub fn kept_checkpoints(&self) -> Result<Vec<Checkpoint>> {
        let folder = self.folder.join("checkpoints");
        let mut notes = Vec::new();
        for item in std::fs::read_dir(&folder).map_err(Error::io(&folder))? {
            let name = item.map_err(Error::io(&folder))?.file_name();
            if name.to_str().is_none_or(|name| name.parse::<u64>().is_err()) {
                continue;
            }
            let path = folder.join(&name);
            let bytes = crate::files::read_small(&path, note::NOTE_BYTES_MAX)?;
            let checked = self.log_keys.check(&bytes).map(|(head, _)| head);
            notes.push(checked.map_err(|what| Error::damage(&path, 0, what.0))?);
        }
        notes.retain(|note| note.size <= self.size());
        notes.sort_by_key(|note| note.size);
        Ok(notes)
    }
}
