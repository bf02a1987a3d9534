//! The segment files as the writer sees them (LG chapter 6).

use crate::drive::Drive;
use crate::fill::Filler;
use crate::frame::{self, SegmentHeader};
use crate::replica::Home;
use crate::{Error, Hash, Result, files};
use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

/// The segment being written.
pub(crate) struct Store {
    folder: PathBuf,
    ledger: Hash,
    number: u64,
    path: PathBuf,
    file: Box<dyn Drive>,
    offset: u64,
    dirty: bool,
    /// Set by the first failure; nothing is written after it (LG-DUR-02).
    broken: bool,
    filler: Filler,
    /// Syncs of segment files so far, those of zeros in advance included.
    syncs: u64,
    /// The store that the ledger lives in.
    home: Option<Home>,
    /// The disk of a test.
    #[cfg(test)]
    pub(crate) disk: Option<crate::drive::losing::Disk>,
}

impl Store {
    /// Begins segment 0.
    pub(crate) fn create(ledger_folder: &Path, ledger: Hash) -> Result<Self> {
        let folder = ledger_folder.join("segments");
        let header = SegmentHeader { ledger, number: 0, first_index: 0, before: [0; 32] };
        let (path, file) = begin(&folder, &header)?;
        let offset = frame::SEGMENT_HEADER_BYTES as u64;
        Ok(Self::new(folder, ledger, 0, path, file, offset))
    }

    /// Goes on in an existing segment behind `offset`; what follows there is cut off.
    pub(crate) fn resume(ledger_folder: &Path, ledger: Hash, number: u64, offset: u64) -> Result<Self> {
        let folder = ledger_folder.join("segments");
        let path = folder.join(frame::segment_name(number));
        let mut file = files::open_existing(&path)?;
        file.set_len(offset)
            .and_then(|()| file.sync_all())
            .and_then(|()| file.seek(SeekFrom::Start(offset)))
            .map_err(Error::io(&path))?;
        Ok(Self::new(folder, ledger, number, path, file, offset))
    }

    fn new(folder: PathBuf, ledger: Hash, number: u64, path: PathBuf, file: File, offset: u64) -> Self {
        let filler = Filler::new(offset);
        Self {
            folder,
            ledger,
            number,
            path,
            file: Box::new(file),
            offset,
            dirty: false,
            broken: false,
            filler,
            syncs: 0,
            home: None,
            #[cfg(test)]
            disk: None,
        }
    }

    /// From now on segments are written on the disk of a test.
    #[cfg(test)]
    pub(crate) fn put_on(&mut self, disk: crate::drive::losing::Disk) {
        let file = File::options().append(true).open(&self.path).unwrap();
        self.file = disk.drive(&self.path, file);
        self.disk = Some(disk);
    }

    #[cfg(test)]
    fn drive(&self, path: &Path, file: File) -> Box<dyn Drive> {
        match &self.disk {
            Some(disk) => disk.drive(path, file),
            None => Box::new(file),
        }
    }
    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "a test gives the store another disk")]
    fn drive(&self, _: &Path, file: File) -> Box<dyn Drive> {
        Box::new(file)
    }

    /// From now on segments are filled with zeros ahead of the frames (LG-SEG-04).
    pub(crate) fn fill_ahead(&mut self) {
        self.filler.start(&self.path);
    }

    /// From now on nothing is acknowledged before this store has it.
    pub(crate) fn live_on(&mut self, home: Home) {
        self.home = Some(home);
    }

    /// Does something with the store that the ledger lives in, where it lives in one; a failure ends the writing.
    pub(crate) fn at_home(&mut self, work: impl FnOnce(&mut Home) -> Result<()>) -> Result<()> {
        let Some(home) = &mut self.home else { return Ok(()) };
        if self.broken {
            return Err(Error::Stopped { path: self.folder.clone() });
        }
        let result = work(home);
        self.broken = result.is_err();
        result
    }

    /// Whether the disk had no room for zeros in advance (LE-SPACE-LOW).
    pub(crate) const fn space_low(&self) -> bool {
        self.filler.space_low()
    }

    /// Syncs of segment files so far.
    pub(crate) const fn syncs(&self) -> u64 {
        self.syncs + self.filler.syncs()
    }

    /// Writes a frame behind the last one. `first_index` and `before` are used where a new segment begins.
    pub(crate) fn append(&mut self, bytes: &[u8], first_index: u64, before: Hash) -> Result<()> {
        if self.broken {
            return Err(Error::Stopped { path: self.folder.clone() });
        }
        let result = self.try_append(bytes, first_index, before);
        self.broken = result.is_err();
        result
    }

    fn try_append(&mut self, bytes: &[u8], first_index: u64, before: Hash) -> Result<()> {
        let full = self.offset + bytes.len() as u64 > frame::SEGMENT_BYTES;
        if full && self.offset > frame::SEGMENT_HEADER_BYTES as u64 {
            self.end_segment()?;
            self.number += 1;
            let header = SegmentHeader { ledger: self.ledger, number: self.number, first_index, before };
            let (path, file) = begin(&self.folder, &header)?;
            self.file = self.drive(&path, file);
            self.path = path;
            self.syncs += 1;
            self.offset = frame::SEGMENT_HEADER_BYTES as u64;
            self.filler.turn(&self.path, self.offset);
        }
        self.filler.room(&self.path, self.offset + bytes.len() as u64);
        self.file.write_all(bytes).map_err(Error::io(&self.path))?;
        self.offset += bytes.len() as u64;
        self.dirty = true;
        self.home.as_mut().map_or(Ok(()), |home| home.add(bytes))
    }

    /// Nothing is written from now on (LG-DUR-02).
    pub(crate) const fn give_up(&mut self) {
        self.broken = true;
    }

    /// Makes everything written durable.
    pub(crate) fn sync(&mut self) -> Result<()> {
        if self.broken {
            return Err(Error::Stopped { path: self.folder.clone() });
        }
        if self.dirty {
            let result = self.file.sync_data().map_err(Error::io(&self.path));
            self.broken = result.is_err();
            result?;
            self.syncs += 1;
            self.dirty = false;
        }
        self.at_home(Home::promise)
    }

    /// A segment ends with its last frame: the zeros behind it are taken away.
    pub(crate) fn end_segment(&mut self) -> Result<()> {
        self.sync()?;
        if self.filler.stop() {
            let result = self.file.cut(self.offset);
            self.broken = result.is_err();
            result.map_err(Error::io(&self.path))?;
            self.syncs += 1;
        }
        Ok(())
    }
}

/// Makes a segment file whose name and header are durable.
fn begin(folder: &Path, header: &SegmentHeader) -> Result<(PathBuf, File)> {
    let path = folder.join(frame::segment_name(header.number));
    let mut file = files::create_new(&path)?;
    Drive::write_all(&mut file, &header.encode()).and_then(|()| file.sync_all()).map_err(Error::io(&path))?;
    files::sync_folder(folder)?;
    Ok((path, file))
}

#[cfg(test)]
mod tests;
