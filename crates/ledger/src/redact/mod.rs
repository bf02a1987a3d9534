//! Redacted copies (一部開示, LG chapter 16): a ledger whose payloads are all tombstones, with openings of what is
//! disclosed. It names nobody else and verifies to the same root and the same signatures.

use crate::bytes::Malformed;
use crate::frame::{self, Header, SEGMENT_HEADER_BYTES};
use crate::opening::Opening;
use crate::{Error, Reader, Result, block, files};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;

/// File that marks a redacted copy, with its one line.
pub(crate) const MARK: &str = "redacted";
const MARK_LINE: &str = "sekisho-redacted 1\n";
/// Folder of the openings.
pub(crate) const OPENINGS: &str = "openings";
/// Largest opening that is read, in bytes.
pub(crate) const OPENING_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Largest frame, in bytes.
const FRAME_BYTES_MAX: usize = 100 * 1024 * 1024;

/// What a redacted copy holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Redacted {
    /// Segment files.
    pub segments: u64,
    /// Blocks that are tombstones in the copy.
    pub blocks: u64,
    /// Opening documents.
    pub openings: u64,
}

/// Whether a folder is a redacted copy.
pub(crate) fn is_redacted(folder: &Path) -> bool {
    files::read_small(&folder.join(MARK), 64).is_ok_and(|line| line == MARK_LINE.as_bytes())
}

/// Writes a redacted copy of the ledger in `from` to `to`, which must not exist yet. No key, no payload and no salt goes
/// along but those of `openings`.
///
/// # Errors
/// `LV-FORMAT`, `LV-DAMAGE` when the ledger cannot be followed, `LE-POLICY` for an opening that does not hold, `LE-IO`.
pub fn redact(from: &Path, to: &Path, openings: &[Opening]) -> Result<Redacted> {
    let reader = Reader::open(from)?;
    for opening in openings {
        if opening.origin != reader.origin() || opening.check(None).is_err() {
            return Err(Error::Policy("an opening does not hold, or belongs to another ledger"));
        }
    }
    files::make_folder(to)?;
    for name in ["segments", "checkpoints", OPENINGS] {
        files::make_folder(&to.join(name))?;
    }
    let mut made = Redacted { openings: openings.len() as u64, ..Redacted::default() };
    for path in files::segments(from)? {
        let name = path.file_name().unwrap_or_default();
        made.blocks += copy_segment(&path, &to.join("segments").join(name))?;
        made.segments += 1;
    }
    for opening in openings {
        let mut bytes =
            serde_json::to_vec_pretty(opening).map_err(|_| Error::Policy("an opening cannot be written"))?;
        bytes.push(b'\n');
        files::replace(&to.join(OPENINGS), &format!("{}.json", opening.index), &bytes)?;
    }
    copy_notes(from, to)?;
    files::replace(to, MARK, MARK_LINE.as_bytes())?;
    files::replace(to, "format", files::FORMAT_LINE.as_bytes())?;
    Ok(made)
}

/// Signed heads name nobody.
fn copy_notes(from: &Path, to: &Path) -> Result<()> {
    let kept = from.join("checkpoints");
    for item in std::fs::read_dir(&kept).map_err(Error::io(&kept))? {
        let name = item.map_err(Error::io(&kept))?.file_name();
        let Some(name) = name.to_str().filter(|name| name.parse::<u64>().is_ok()) else { continue };
        let note = files::read_small(&kept.join(name), crate::note::NOTE_BYTES_MAX)?;
        files::replace(&to.join("checkpoints"), name, &note)?;
    }
    match files::read_small(&from.join("checkpoint"), crate::note::NOTE_BYTES_MAX) {
        Ok(note) => files::replace(to, "checkpoint", &note),
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(other) => Err(other),
    }
}

/// Copies the frames of a segment with tombstones for blocks; what follows the last whole frame is left off.
fn copy_segment(from: &Path, to: &Path) -> Result<u64> {
    let mut input = File::open(from).map_err(Error::io(from))?;
    let mut output = files::create_new(to)?;
    let mut bytes = Vec::new();
    let mut blocks = 0;
    read(&mut input, from, SEGMENT_HEADER_BYTES, &mut bytes)?;
    output.write_all(&bytes).map_err(Error::io(to))?;
    let mut offset = bytes.len() as u64;
    loop {
        bytes.clear();
        read(&mut input, from, frame::HEADER_BYTES, &mut bytes)?;
        // Behind the last frame a segment may be filled with zeros.
        if bytes.len() < frame::HEADER_BYTES || bytes.iter().all(|byte| *byte == 0) {
            break;
        }
        let header = Header::decode(&bytes).map_err(|Malformed(what)| Error::damage(from, offset, what))?;
        let size = header.frame_bytes();
        if size > FRAME_BYTES_MAX {
            return Err(Error::damage(from, offset, "frame larger than the limit"));
        }
        read(&mut input, from, size - frame::HEADER_BYTES, &mut bytes)?;
        if bytes.len() != size {
            break;
        }
        blocks += empty(&mut bytes).map_err(|Malformed(what)| Error::damage(from, offset, what))?;
        output.write_all(&bytes).map_err(Error::io(to))?;
        offset += size as u64;
    }
    output.sync_all().map_err(Error::io(to))?;
    Ok(blocks)
}

fn read(file: &mut File, path: &Path, size: usize, into: &mut Vec<u8>) -> Result<()> {
    #[expect(clippy::disallowed_methods, reason = "limited by take")]
    file.take(size as u64).read_to_end(into).map_err(Error::io(path)).map(drop)
}

/// Makes every block of a frame a tombstone.
fn empty(frame: &mut [u8]) -> std::result::Result<u64, Malformed> {
    let parsed = frame::parse(frame)?;
    let mut at = frame::HEADER_BYTES + parsed.entries.len();
    let mut graves = Vec::new();
    for item in frame::blocks(&parsed) {
        let (header, bytes) = item?;
        let digest = block::digest(&header, bytes).ok_or(Malformed("a tombstone"))?;
        graves.push((at, block::tombstone(bytes, &digest).ok_or(Malformed("length of a block"))?));
        at += bytes.len();
    }
    for (at, grave) in &graves {
        if let Some(place) = frame.get_mut(*at..at + grave.len()) {
            place.copy_from_slice(grave);
        }
    }
    frame::renew_checksum(frame);
    Ok(graves.len() as u64)
}
