//! Tombstones (LG-SEG-06): blocks are overwritten where they stand. What is to be done is written down first, so that a
//! stop in the middle is made good when the ledger is opened again.

use crate::bytes::Cursor;
use crate::scan::BlockPlace;
use crate::seal::KEYS_FOLDER;
use crate::{Error, Hash, Result, block, files, frame};
use std::fs::File;
use std::io::{Read, Seek as _, SeekFrom, Write as _};
use std::path::Path;

/// File with the graves that are being dug, below `keys/`.
const NAME: &str = "graves";
const MAGIC: &[u8; 8] = b"SKGRV\0\0\x01";
const GRAVE_BYTES: usize = 64;
/// Largest file of graves that is read, in bytes.
const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Largest frame, in bytes.
const FRAME_BYTES_MAX: u64 = 100 * 1024 * 1024;

/// A block that is to be overwritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grave {
    segment: u64,
    frame_offset: u64,
    offset: u64,
    bytes: u64,
    digest: Hash,
}

impl Grave {
    pub(crate) const fn new(place: &BlockPlace, digest: Hash) -> Self {
        Self {
            segment: place.segment as u64,
            frame_offset: place.frame_offset,
            offset: place.offset,
            bytes: place.bytes as u64,
            digest,
        }
    }
}

/// Writes down which blocks go, overwrites them, and strikes the note out.
pub(crate) fn bury(ledger_folder: &Path, graves: &[Grave]) -> Result<()> {
    if graves.is_empty() {
        return Ok(());
    }
    let mut bytes = MAGIC.to_vec();
    for grave in graves {
        bytes.extend(grave.segment.to_be_bytes());
        bytes.extend(grave.frame_offset.to_be_bytes());
        bytes.extend(grave.offset.to_be_bytes());
        bytes.extend(grave.bytes.to_be_bytes());
        bytes.extend(grave.digest);
    }
    if bytes.len() > FILE_BYTES_MAX {
        let (size, limit) = (bytes.len() as u64, FILE_BYTES_MAX as u64);
        return Err(Error::Limit { what: "list of blocks to destroy in bytes", size, limit });
    }
    files::replace(&ledger_folder.join(KEYS_FOLDER), NAME, &bytes)?;
    dig(ledger_folder, graves)?;
    erase(&ledger_folder.join(KEYS_FOLDER), NAME)
}

/// Ends what an earlier session began.
pub(crate) fn finish(ledger_folder: &Path) -> Result<()> {
    let folder = ledger_folder.join(KEYS_FOLDER);
    let path = folder.join(NAME);
    let bytes = match files::read_small(&path, FILE_BYTES_MAX) {
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    let graves =
        read(&bytes).ok_or_else(|| Error::damage(&path, 0, "list of blocks that are being destroyed"))?;
    dig(ledger_folder, &graves)?;
    erase(&folder, NAME)
}

fn read(bytes: &[u8]) -> Option<Vec<Grave>> {
    let rest = bytes.strip_prefix(MAGIC)?;
    if !rest.len().is_multiple_of(GRAVE_BYTES) {
        return None;
    }
    let one = |bytes: &[u8]| {
        let mut from = Cursor::new(bytes);
        Some(Grave {
            segment: from.u64().ok()?,
            frame_offset: from.u64().ok()?,
            offset: from.u64().ok()?,
            bytes: from.u64().ok()?,
            digest: from.hash().ok()?,
        })
    };
    rest.chunks(GRAVE_BYTES).map(one).collect()
}

/// Overwrites the blocks and renews the checksums of their frames. Doing it twice changes nothing more.
fn dig(ledger_folder: &Path, graves: &[Grave]) -> Result<()> {
    let mut sorted = graves.to_vec();
    sorted.sort_by_key(|grave| (grave.segment, grave.offset));
    for part in sorted.chunk_by(|a, b| a.segment == b.segment) {
        let Some(first) = part.first() else { continue };
        let path = ledger_folder.join("segments").join(frame::segment_name(first.segment));
        let mut file = files::open_existing(&path)?;
        for frame in part.chunk_by(|a, b| a.frame_offset == b.frame_offset) {
            let Some(grave) = frame.first() else { continue };
            let offset = grave.frame_offset;
            let mut bytes = read_frame(&mut file, &path, offset)?;
            for grave in frame {
                overwrite(&mut bytes, grave)
                    .ok_or_else(|| Error::damage(&path, grave.offset, "a block to destroy"))?;
            }
            frame::renew_checksum(&mut bytes);
            file.seek(SeekFrom::Start(offset))
                .and_then(|_| file.write_all(&bytes))
                .map_err(Error::io(&path))?;
        }
        file.sync_all().map_err(Error::io(&path))?;
    }
    Ok(())
}

fn read_frame(file: &mut File, path: &Path, offset: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(offset)).map_err(Error::io(path))?;
    #[expect(clippy::disallowed_methods, reason = "limited by take")]
    Read::by_ref(file).take(frame::HEADER_BYTES as u64).read_to_end(&mut bytes).map_err(Error::io(path))?;
    let header = frame::Header::decode(&bytes).map_err(|what| Error::damage(path, offset, what.0))?;
    let size = header.frame_bytes() as u64;
    if size > FRAME_BYTES_MAX {
        return Err(Error::damage(path, offset, "frame larger than the limit"));
    }
    #[expect(clippy::disallowed_methods, reason = "limited by take")]
    file.take(size - frame::HEADER_BYTES as u64).read_to_end(&mut bytes).map_err(Error::io(path))?;
    if bytes.len() as u64 != size {
        return Err(Error::damage(path, offset, "a whole frame"));
    }
    Ok(bytes)
}

/// Puts a tombstone into the bytes of a frame.
fn overwrite(frame: &mut [u8], grave: &Grave) -> Option<()> {
    let start = usize::try_from(grave.offset.checked_sub(grave.frame_offset)?).ok()?;
    let end = start.checked_add(usize::try_from(grave.bytes).ok()?)?;
    let place = frame.get_mut(start..end)?;
    // An earlier try may have been cut off inside the header: only what a tombstone keeps is read.
    let tombstone = block::tombstone(place, &grave.digest)?;
    place.copy_from_slice(&tombstone);
    Some(())
}

/// Overwrites a file with zeros and takes it away.
pub(crate) fn erase(folder: &Path, name: &str) -> Result<()> {
    let path = folder.join(name);
    let mut file = match files::open_existing(&path) {
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    let size = usize::try_from(file.metadata().map_err(Error::io(&path))?.len()).unwrap_or(0);
    let zeros = vec![0; size.min(FILE_BYTES_MAX)];
    file.write_all(&zeros).and_then(|()| file.sync_all()).map_err(Error::io(&path))?;
    std::fs::remove_file(&path).map_err(Error::io(&path))?;
    files::sync_folder(folder)
}
