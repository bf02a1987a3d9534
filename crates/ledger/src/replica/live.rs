//! A ledger that lives in a store (LG chapter 12.3): the folder of the writer is what it works with, and nothing is acknowledged
//! before the store has it. Order: frames, then the cell; a signed head only ever covers what the cell names.

use super::depot::key_name;
use super::{Depot, Receiver, Removed, Replica, Source, digest, parse};
use crate::seal::{KEYS_FOLDER, wrapped_name};
use crate::store::Store;
use crate::{Checkpoint, Error, Ledger, Reader, Result, files};
use std::path::{Path, PathBuf};

/// What was done so that a folder goes on where its store is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaughtUp {
    /// Entries that came from the store.
    pub fetched: u64,
    /// Entries that were cut off: the store took those of another writer in their place, and nobody was told that they stand.
    pub cut: u64,
}

/// The store behind a writer.
pub(crate) struct Home {
    depot: Depot<'static>,
    keys: PathBuf,
    /// Newest data key that the store has.
    newest_key: u64,
}

impl Home {
    /// A frame, not yet acknowledged.
    pub(crate) fn add(&mut self, frame: &[u8]) -> Result<()> {
        self.depot.add(frame)
    }
    /// Acknowledges all frames, after the data keys that they need.
    pub(crate) fn promise(&mut self) -> Result<()> {
        loop {
            let path = self.keys.join(wrapped_name(self.newest_key + 1));
            if !path.exists() {
                return self.depot.promise(None);
            }
            let wrapped = files::read_small(&path, super::WRAPPED_BYTES_MAX)?;
            self.depot.keep_key(self.newest_key + 1, &wrapped)?;
            self.newest_key += 1;
        }
    }
    /// A signed head over what is acknowledged.
    pub(crate) fn head(&mut self, head: &Checkpoint) -> Result<()> {
        self.depot.head(head)
    }
    /// The same head with more signatures.
    pub(crate) fn keep_head(&self, head: &Checkpoint) -> Result<()> {
        self.depot.keep_head(head)
    }
    /// A destroyed data key. One that the store locks is told when the ledger is opened again.
    pub(crate) fn erase_key(&self, key: u64) -> Result<()> {
        self.depot.erase_key(key).map(drop)
    }
}

/// Brings the folder of a ledger up to what its store acknowledged; it is made when it is not there. What the folder has beyond
/// that stays, and goes to the store when it is opened to write ([`Ledger::live_on`]).
///
/// # Errors
/// `LE-LOCKED` while another program writes in the folder, `LV-FORK` or `LE-ROLLBACK` when the store lacks or contradicts what a
/// signed head promised, `LV-FOREIGN`, `LE-KEY` for another log key than `log_key`, `LV-DAMAGE`, `LE-IO`.
pub fn catch_up(
    folder: &Path,
    depot: &mut Depot<'_>,
    log_key: Option<&str>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<CaughtUp> {
    let holds = depot.holds()?;
    let mut done = CaughtUp::default();
    if folder.join("format").exists() {
        let mut reader = Reader::open(folder)?;
        if holds.ledger.is_some_and(|ledger| ledger != reader.ledger()) {
            return Err(Error::Foreign { path: "the store".into() });
        }
        let common = common(depot, &mut reader)?;
        if common == holds.frames {
            return Ok(done);
        }
        if common < reader.frame_count() {
            let before = reader.size();
            drop(reader);
            done.cut = before - cut_behind(folder, common)?;
        }
    } else if holds.frames == 0 {
        return Ok(done);
    }
    let mut replica = Replica::open(folder, log_key)?;
    replica.forget_unnamed_keys()?;
    let before = replica.holds()?.size;
    done.fetched = depot.fetch(&mut replica, progress)?.size - before;
    replica.destroy()?;
    Ok(done)
}

/// Number of frames that folder and store have in common. What a signed head covers is always common, or it is an alarm.
fn common(depot: &mut Depot<'_>, reader: &mut Reader) -> Result<u64> {
    let holds = depot.holds()?;
    let promised = reader.kept_checkpoints()?.last().map_or(0, |head| head.size);
    if holds.size < promised {
        return Err(Error::Rollback { size: holds.size, known: promised });
    }
    let fork = || Error::Fork { size: promised };
    let (mut number, mut last) = (holds.frames, holds.last);
    let mut names = None;
    loop {
        let Some(newest) = number.checked_sub(1) else {
            return if promised == 0 { Ok(0) } else { Err(fork()) };
        };
        if number <= reader.frame_count() {
            let bytes = reader.raw_frame(newest)?;
            let frame = parse(&bytes)?;
            if digest(&frame) == last {
                return if frame.trailer.size < promised { Err(fork()) } else { Ok(number) };
            }
        }
        let listed = match names.take() {
            Some(listed) => listed,
            None => depot.names("frames/", promised)?,
        };
        let end = format!("-{}", hex::encode(last));
        let name = listed.values().flatten().find(|name| name.ends_with(&end)).ok_or_else(fork)?;
        let bytes = depot.object(name)?;
        let frame = parse(&bytes)?;
        if digest(&frame) != last {
            return Err(Error::damage(Path::new(name), 0, "content that its name does not name"));
        }
        (number, last) = (newest, frame.trailer.before);
        names = Some(listed);
    }
}

/// Cuts everything behind the first frames off, which no signed head covers; returns the entries that stay.
fn cut_behind(folder: &Path, frames: u64) -> Result<u64> {
    let _lock = files::lock(folder)?;
    let reader = Reader::open(folder)?;
    let newest = frames.checked_sub(1).and_then(|at| usize::try_from(at).ok());
    let place = newest.and_then(|at| reader.frames.get(at)).copied();
    let place = place.ok_or(Error::Foreign { path: folder.to_owned() })?;
    let size = place.header.first_index + u64::from(place.header.entries);
    let promised = reader.kept_checkpoints()?.last().map_or(0, |head| head.size);
    if size < promised {
        return Err(Error::Fork { size: promised });
    }
    for path in files::segments(folder)?.iter().skip(place.segment + 1).rev() {
        std::fs::remove_file(path).map_err(Error::io(path))?;
    }
    files::sync_folder(&folder.join("segments"))?;
    let end = place.offset + place.header.frame_bytes() as u64;
    drop(Store::resume(folder, reader.ledger(), place.segment as u64, end)?);
    Ok(size)
}

impl Ledger {
    /// From now on nothing is acknowledged before the store has it: an append that was committed stands in the store, once.
    /// What the folder has and the store has not yet is sent first, and data keys that the log destroyed are removed there; the
    /// value says what came of that. `None`: the store has what the folder has not, see [`catch_up`]; nothing was written.
    ///
    /// # Errors
    /// `LE-LOCKED` when another writer took over, `LE-POLICY` for a store that was opened for reading, `LE-IO`.
    pub fn live_on(&mut self, mut depot: Depot<'static>) -> Result<Option<Vec<Removed>>> {
        let holds = depot.holds()?;
        if let Some(newest) = holds.frames.checked_sub(1) {
            let mut reader = Reader::open(&self.folder)?;
            let has = reader.has()?;
            if has.ledger != holds.ledger || has.frames < holds.frames {
                return Ok(None);
            }
            if digest(&parse(&reader.raw_frame(newest)?)?) != holds.last {
                return Ok(None);
            }
        }
        self.commit()?;
        let mut reader = Reader::open(&self.folder)?;
        let keys = reader.keys()?;
        let there = depot.names("keys/", 0)?;
        for (id, wrapped) in &keys {
            let known = there.get(id).is_some_and(|names| names.contains(&key_name(*id, wrapped)));
            if !known && self.governance.destroyed(*id).is_none() {
                depot.keep_key(*id, wrapped)?;
            }
        }
        for number in holds.frames..reader.frame_count() {
            depot.add(&reader.raw_frame(number)?)?;
        }
        depot.promise(None)?;
        let newest = depot.head_size();
        for head in reader.heads()?.iter().filter(|head| head.size > newest) {
            depot.keep_head(head)?;
        }
        let removed = depot.destroy(&self.governance.destructions)?;
        let newest_key = keys.last().map_or(0, |(id, _)| *id).max(self.data_keys);
        let home = Home { depot, keys: self.folder.join(KEYS_FOLDER), newest_key };
        self.store().live_on(home);
        Ok(Some(removed))
    }
}
