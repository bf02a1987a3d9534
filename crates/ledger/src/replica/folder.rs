//! A copy in a folder: a ledger that anybody can read and verify, and nobody can write on without the secret.

use super::{Holds, Receiver, digest, parse};
use crate::destroy::erase;
use crate::frame;
use crate::recover::{End, follow};
use crate::replay::Replay;
use crate::seal::{KEYS_FOLDER, ONLINE_NAME, wrapped_name};
use crate::store::Store;
use crate::verify::Heads;
use crate::{Checkpoint, Destruction, Error, Result, files, tree};
use std::path::{Path, PathBuf};

/// The copy, with the lock of its one receiver.
pub struct Replica {
    folder: PathBuf,
    /// The log key it must have, from a source you trust.
    log_key: Option<String>,
    holding: Option<Holding>,
    /// A frame that did not fit was followed half way: nothing more is taken until it is opened again.
    broken: bool,
    /// Destructions that were carried out here since it was opened.
    pub(super) destroyed: usize,
    _lock: files::Lock,
}

struct Holding {
    replay: Replay,
    store: Store,
    newest_head: u64,
}

impl Replica {
    /// Opens the copy in `folder`, which is made when it is not there. What it holds is checked as a whole; an unfinished
    /// tail that no head promised is cut off.
    ///
    /// # Errors
    /// `LE-LOCKED`, `LE-KEY` for a ledger with another log key, `LV-DAMAGE`, `LE-ROLLBACK`, `LE-IO`.
    pub fn open(folder: &Path, log_key: Option<&str>) -> Result<Self> {
        if !folder.exists() {
            files::make_folder(folder)?;
        }
        let lock = files::lock(folder)?;
        let holding = if folder.join("format").exists() { Some(resume(folder)?) } else { None };
        let replica = Self {
            folder: folder.to_owned(),
            log_key: log_key.map(str::to_owned),
            holding,
            broken: false,
            destroyed: 0,
            _lock: lock,
        };
        if let Some(holding) = &replica.holding {
            replica.check_key(&holding.replay)?;
        }
        Ok(replica)
    }

    /// Its folder, entries under its newest signed head, and what the log destroyed.
    pub(super) fn destructions(&self) -> (PathBuf, u64, Vec<Destruction>) {
        let holding = self.holding.as_ref();
        let all = holding.map(|holding| holding.replay.governance.destructions.clone());
        let head = holding.map_or(0, |holding| holding.newest_head);
        (self.folder.clone(), head, all.unwrap_or_default())
    }

    /// Removes wrapped data keys that the log does not name: a writer made them and could not say so. Another one may have given
    /// their numbers to other keys, so that the online copy goes with them.
    pub(super) fn forget_unnamed_keys(&self) -> Result<()> {
        let folder = self.folder.join(KEYS_FOLDER);
        let names = self.holding.as_ref().map(|holding| &holding.replay.data_keys);
        let newest = names.and_then(|keys| keys.last_key_value()).map_or(0, |(id, _)| *id);
        let Ok(items) = std::fs::read_dir(&folder) else { return Ok(()) };
        let mut unnamed = false;
        for item in items {
            let name = item.map_err(Error::io(&folder))?.file_name();
            let id = name
                .to_str()
                .and_then(|name| name.strip_suffix(".age"))
                .and_then(|id| id.parse::<u64>().ok());
            if id.is_some_and(|id| id > newest) {
                erase(&folder, &wrapped_name(id.unwrap_or_default()))?;
                unnamed = true;
            }
        }
        if unnamed { erase(&folder, ONLINE_NAME) } else { Ok(()) }
    }

    fn check_key(&self, replay: &Replay) -> Result<()> {
        match &self.log_key {
            Some(expected) if replay.log_keys.find(expected).is_none() => {
                Err(Error::Key("the log key of this ledger is not the one you expect"))
            }
            _ => Ok(()),
        }
    }

    /// Begins the copy with the first frame of a ledger.
    fn begin(&self, first: &frame::Frame<'_>) -> Result<Holding> {
        let broken = |what| Error::damage(Path::new("frame"), 0, what);
        let entry =
            frame::entries(first.entries).next().and_then(std::result::Result::ok).unwrap_or_default();
        let ledger = tree::sha256(entry);
        let replay = Replay::begin(first, &ledger).map_err(|fault| broken(fault.what))?;
        self.check_key(&replay)?;
        for name in ["segments", "keys", "checkpoints"] {
            let path = self.folder.join(name);
            // Left by a beginning that was broken off before `format` was written.
            if path.exists() {
                std::fs::remove_dir_all(&path).map_err(Error::io(&path))?;
            }
            files::make_folder(&path)?;
        }
        let store = Store::create(&self.folder, ledger)?;
        Ok(Holding { replay, store, newest_head: 0 })
    }
}

fn resume(folder: &Path) -> Result<Holding> {
    files::check_format(folder)?;
    let (replay, heads, end) = follow(folder)?;
    let newest_head = Heads::newest(&heads);
    if replay.size() < newest_head {
        return Err(Error::Rollback { size: replay.size(), known: newest_head });
    }
    let End { segment, offset, remove, .. } = end;
    if let Some(path) = &remove {
        std::fs::remove_file(path).map_err(Error::io(path))?;
        files::sync_folder(&folder.join("segments"))?;
    }
    let store = Store::resume(folder, replay.ledger, segment as u64, offset)?;
    Ok(Holding { replay, store, newest_head })
}

impl Receiver for Replica {
    fn holds(&mut self) -> Result<Holds> {
        let Some(holding) = &self.holding else {
            return Ok(Holds { ledger: None, frames: 0, size: 0, last: [0; 32] });
        };
        let replay = &holding.replay;
        let (frames, last) = (replay.chain.batch, replay.chain.before);
        Ok(Holds { ledger: Some(replay.ledger), frames, size: replay.size(), last })
    }

    fn add(&mut self, bytes: &[u8]) -> Result<()> {
        if self.broken {
            return Err(Error::Stopped { path: self.folder.clone() });
        }
        let frame = parse(bytes)?;
        if let Some(Holding { replay, .. }) = &self.holding
            && (frame.header.batch, frame.trailer.before) != (replay.chain.batch, replay.chain.before)
        {
            // Not followed half way: what is held stays in use.
            return Err(Error::Fork { size: replay.size().min(frame.header.first_index) });
        }
        let mut holding = match self.holding.take() {
            Some(holding) => holding,
            None => self.begin(&frame)?,
        };
        let mut faults = Vec::new();
        holding.replay.frame(&frame, &mut |_, _| {}, &mut faults);
        if let Some(fault) = faults.first() {
            self.broken = true;
            self.holding = Some(holding);
            return Err(Error::damage(Path::new("frame"), frame.header.batch, fault.what));
        }
        let (index, before) = (frame.header.first_index, frame.trailer.before);
        let written = holding.store.append(bytes, index, before);
        self.broken = written.is_err() || holding.replay.chain.before != digest(&frame);
        self.holding = Some(holding);
        written
    }

    fn keep_key(&mut self, id: u64, wrapped: &[u8]) -> Result<()> {
        let note = self.holding.as_ref().and_then(|holding| holding.replay.data_keys.get(&id));
        let destroyed = |holding: &Holding| holding.replay.governance.destroyed(id).is_some();
        if self.holding.as_ref().is_some_and(destroyed) {
            return Ok(());
        }
        // A key whose entry is not yet under a signed head comes with the next round.
        let Some(note) = note else { return Ok(()) };
        if note.digest != tree::sha256(wrapped) {
            return Err(Error::damage(Path::new("keys"), id, "the wrapped key that its entry names"));
        }
        let (folder, name) = (self.folder.join(KEYS_FOLDER), wrapped_name(id));
        if folder.join(&name).exists() { Ok(()) } else { files::replace(&folder, &name, wrapped) }
    }

    fn settle(&mut self) -> Result<()> {
        if self.broken {
            return Err(Error::Stopped { path: self.folder.clone() });
        }
        let Some(holding) = self.holding.as_mut() else { return Ok(()) };
        holding.store.sync()?;
        if !self.folder.join("format").exists() {
            files::replace(&self.folder, "format", files::FORMAT_LINE.as_bytes())?;
        }
        Ok(())
    }

    fn acknowledge(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        let Some(holding) = self.holding.as_mut().filter(|_| !self.broken) else {
            return Err(Error::Stopped { path: self.folder.clone() });
        };
        let replay = &holding.replay;
        let (checked, _) = replay
            .log_keys
            .check(checkpoint.note.as_bytes())
            .map_err(|what| Error::damage(Path::new("checkpoint"), 0, what.0))?;
        if checked.size != replay.size() {
            return Err(Error::Policy("a head is acknowledged when exactly its entries are held"));
        }
        if checked.root != replay.tree.root() {
            return Err(Error::Fork { size: checked.size });
        }
        holding.store.sync()?;
        // Only now is it a ledger: what a stop before left behind is begun anew.
        if !self.folder.join("format").exists() {
            files::replace(&self.folder, "format", files::FORMAT_LINE.as_bytes())?;
        }
        let name = checked.size.to_string();
        files::replace(&self.folder.join("checkpoints"), &name, checked.note.as_bytes())?;
        if checked.size >= holding.newest_head {
            files::replace(&self.folder, "checkpoint", checked.note.as_bytes())?;
            holding.newest_head = checked.size;
        }
        Ok(())
    }
}
