//! The segment files as the writer sees them (LG chapter 6).

use crate::frame::{self, SegmentHeader};
use crate::{Error, Hash, Result, files};
use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// The segment being written.
pub(crate) struct Store {
    folder: PathBuf,
    ledger: Hash,
    number: u64,
    path: PathBuf,
    file: File,
    offset: u64,
    dirty: bool,
    /// Set by the first failure; nothing is written after it (LG-DUR-02).
    broken: bool,
}

impl Store {
    /// Begins segment 0.
    pub(crate) fn create(ledger_folder: &Path, ledger: Hash) -> Result<Self> {
        let folder = ledger_folder.join("segments");
        let header = SegmentHeader { ledger, number: 0, first_index: 0, before: [0; 32] };
        let (path, file) = begin(&folder, &header)?;
        let offset = frame::SEGMENT_HEADER_BYTES as u64;
        Ok(Self { folder, ledger, number: 0, path, file, offset, dirty: true, broken: false })
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
        Ok(Self { folder, ledger, number, path, file, offset, dirty: false, broken: false })
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
            self.file.sync_data().map_err(Error::io(&self.path))?;
            self.number += 1;
            let header = SegmentHeader { ledger: self.ledger, number: self.number, first_index, before };
            (self.path, self.file) = begin(&self.folder, &header)?;
            self.offset = frame::SEGMENT_HEADER_BYTES as u64;
        }
        self.file.write_all(bytes).map_err(Error::io(&self.path))?;
        self.offset += bytes.len() as u64;
        self.dirty = true;
        Ok(())
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
            self.dirty = false;
        }
        Ok(())
    }
}

/// Makes a segment file whose name and header are durable.
fn begin(folder: &Path, header: &SegmentHeader) -> Result<(PathBuf, File)> {
    let path = folder.join(frame::segment_name(header.number));
    let mut file = files::create_new(&path)?;
    file.write_all(&header.encode()).and_then(|()| file.sync_all()).map_err(Error::io(&path))?;
    files::sync_folder(folder)?;
    Ok((path, file))
}
