//! One file being read to its end, again and again: what was read is never read twice, what is unfinished waits.

use sha2::{Digest as _, Sha256};
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use vocab::Timestamp;

/// Most bytes of records in one piece; the limit of a run in the ledger.
pub(crate) const PIECE_BYTES_MAX: usize = ledger::RUN_BYTES_MAX;
/// Most records in one piece.
pub(crate) const PIECE_RECORDS_MAX: usize = ledger::RUN_RECORDS_MAX;
/// A longer line is taken in several records of this size, which follow one another without a gap and have one line number.
pub(crate) const LINE_BYTES_MAX: usize = 1 << 20;
/// Bytes before the present place that must still be there when reading goes on.
const TAIL_BYTES_MAX: u64 = 1_024;

/// Which file: numbers of device and inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileId {
    /// Device.
    pub(crate) device: u64,
    /// Inode.
    pub(crate) inode: u64,
}

impl FileId {
    /// Of a file.
    pub(crate) fn of(data: &Metadata) -> Self {
        Self { device: data.dev(), inode: data.ino() }
    }
}

/// A stretch of a file by its digest: the file that is read on has to hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Byte behind the stretch.
    pub(crate) end: u64,
    /// Its length.
    pub(crate) bytes: u64,
    /// SHA-256.
    pub(crate) digest: [u8; 32],
}

impl Mark {
    /// Of bytes that end at `end`; the last kibibyte of them.
    pub(crate) fn of(bytes: &[u8], end: u64) -> Option<Self> {
        let from = bytes.len().saturating_sub(TAIL_BYTES_MAX as usize);
        let bytes = bytes.get(from..).filter(|bytes| !bytes.is_empty())?;
        Some(Self { end, bytes: bytes.len() as u64, digest: Sha256::digest(bytes).into() })
    }

    fn read(file: &File, end: u64, bytes: u64) -> io::Result<Option<Self>> {
        if bytes == 0 {
            return Ok(None);
        }
        Ok(read_whole(file, end - bytes, bytes)?.and_then(|found| Self::of(&found, end)))
    }

    fn holds(self, file: &File) -> io::Result<bool> {
        if self.bytes > TAIL_BYTES_MAX || self.bytes > self.end {
            return Ok(false);
        }
        Ok(Self::read(file, self.end, self.bytes)? == Some(self))
    }
}

/// Bytes of a stretch; `None` when the file ends before.
fn read_whole(file: &File, from: u64, bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let mut found = vec![0; bytes as usize];
    match file.read_exact_at(&mut found, from) {
        Ok(()) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// How far a file was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Which file.
    pub(crate) id: FileId,
    /// Byte up to which it was read.
    pub(crate) offset: u64,
    /// Number of the line that begins there; with `ended`, of the line that a record before belongs to.
    pub(crate) line: u64,
    /// The place is behind a record whose line end is still to be passed over.
    pub(crate) ended: bool,
    /// Another file has the name now.
    pub(crate) moved: bool,
    /// Everything that it held was read when the place was noted.
    pub(crate) drained: bool,
    /// Stretches that the file has to hold, when anything was read: of its beginning, and before the place.
    pub(crate) marks: Vec<Mark>,
}

impl Place {
    /// The beginning of a file.
    pub(crate) const fn beginning(id: FileId) -> Self {
        Self { id, offset: 0, line: 1, ended: false, moved: false, drained: false, marks: Vec::new() }
    }

    /// Whether a file is the one that was read up to this place, or a copy of it.
    pub(crate) fn fits(&self, file: &File) -> io::Result<bool> {
        if file.metadata()?.len() < self.offset {
            return Ok(false);
        }
        for mark in &self.marks {
            if !mark.holds(file)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// A record inside a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// First byte in the piece.
    pub(crate) start: usize,
    /// Length without line end.
    pub(crate) length: usize,
    /// Number of its line.
    pub(crate) line: u64,
}

/// Records that were read in one go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The bytes, line ends included.
    pub(crate) bytes: Vec<u8>,
    /// Byte of the file at which they begin.
    pub(crate) offset: u64,
    /// The records.
    pub(crate) spans: Vec<Span>,
}

impl Piece {
    /// The records: offset in the file, number of the line, bytes without line end.
    pub(crate) fn records(&self) -> impl ExactSizeIterator<Item = (u64, u64, &[u8])> {
        self.spans.iter().map(|span| {
            let bytes = self.bytes.get(span.start..span.start + span.length).unwrap_or_default();
            (self.offset + span.start as u64, span.line, bytes)
        })
    }
}

/// What was found behind the place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing that is finished.
    Nothing,
    /// Records; there may be more.
    Records(Piece),
    /// The file is shorter than what was read, or holds other bytes there: it was cut or written anew.
    Changed,
}

/// A file that is open.
#[derive(Debug)]
pub(crate) struct Generation {
    file: File,
    /// How far it was read; the marks are made when asked for.
    place: Place,
    /// Its first bytes, as far as they were read, at most a kibibyte.
    head: Vec<u8>,
    /// Bytes just before the place, at most a kibibyte.
    tail: Vec<u8>,
    /// Size and time of change when it was last read to its end.
    seen: Option<(u64, i64, i64)>,
    /// An unfinished last line was taken too.
    rested: bool,
    /// When it last grew.
    pub(crate) grew: Timestamp,
    /// Nobody writes to it any more: it was made when the file was cut.
    pub(crate) copy: bool,
    /// Tells the generations of one run of the program apart.
    pub(crate) serial: u64,
}

/// Opens a regular file for reading; never waits for a pipe.
pub(crate) fn open(path: &Path) -> io::Result<(File, Metadata)> {
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    let data = file.metadata()?;
    if !data.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok((file, data))
}

impl Generation {
    /// Goes on with a file at a place that fits it.
    pub(crate) fn resume(file: File, mut place: Place, now: Timestamp) -> io::Result<Self> {
        let data = file.metadata()?;
        place.id = FileId::of(&data);
        place.marks.clear();
        let bytes = place.offset.min(TAIL_BYTES_MAX);
        let head = read_whole(&file, 0, bytes)?.unwrap_or_default();
        let tail = read_whole(&file, place.offset - bytes, bytes)?.unwrap_or_default();
        Ok(Self { file, place, head, tail, seen: None, rested: false, grew: now, copy: false, serial: 0 })
    }

    /// Begins behind the last whole line.
    pub(crate) fn at_end(file: File, now: Timestamp) -> io::Result<Self> {
        let data = file.metadata()?;
        let size = data.len();
        let bytes = size.min(LINE_BYTES_MAX as u64);
        let last = read_whole(&file, size - bytes, bytes)?.unwrap_or_default();
        let after = memchr::memrchr(b'\n', &last).map_or(0, |at| at as u64 + 1);
        let offset = if after == 0 && bytes == size { 0 } else { size - bytes + after };
        Self::resume(file, Place { offset, ..Place::beginning(FileId::of(&data)) }, now)
    }

    /// Which file.
    pub(crate) const fn id(&self) -> FileId {
        self.place.id
    }

    /// Whether another file has the name now.
    pub(crate) const fn moved(&self) -> bool {
        self.place.moved
    }

    /// Notes whether another file has the name.
    pub(crate) const fn set_moved(&mut self, moved: bool) {
        self.place.moved = moved;
    }

    /// Which file, when nothing of it was read yet.
    pub(crate) fn unread(&self) -> Option<FileId> {
        (self.place.offset == 0 && !self.place.ended).then_some(self.place.id)
    }

    /// The file itself.
    pub(crate) fn into_file(self) -> File {
        self.file
    }

    /// The place with its marks, by which the file is found again.
    pub(crate) fn place(&self) -> Place {
        let mut marks: Vec<Mark> = Mark::of(&self.head, self.head.len() as u64).into_iter().collect();
        if self.place.offset > self.head.len() as u64 {
            marks.extend(Mark::of(&self.tail, self.place.offset));
        }
        let drained = self.is_drained();
        Place { marks, drained, ..self.place.clone() }
    }

    /// Whether everything that it holds was read, but for an unfinished last line.
    pub(crate) fn is_drained(&self) -> bool {
        state(&self.file).is_ok_and(|state| self.seen == Some(state))
    }

    /// Whether the file begins as `other` does: a copy of it.
    pub(crate) fn begins_like(&self, other: &File) -> io::Result<bool> {
        Mark::of(&self.head, self.head.len() as u64).map_or(Ok(false), |mark| mark.holds(other))
    }

    /// Whether it may hold more than at the last look.
    pub(crate) fn stirs(&self, rest: bool) -> io::Result<bool> {
        Ok(self.seen != Some(state(&self.file)?) || (rest && !self.rested))
    }

    /// Reads what is finished behind the place. With `rest`, an unfinished last line counts as a record.
    pub(crate) fn read(&mut self, now: Timestamp, rest: bool) -> io::Result<Found> {
        let state = state(&self.file)?;
        let size = state.0;
        if size < self.place.offset {
            return Ok(Found::Changed);
        }
        // The bytes before the place and those behind it come from one call: whoever cuts the file in between is noticed.
        let before = self.tail.len();
        let wanted = before + usize::try_from(size - self.place.offset).unwrap_or(usize::MAX);
        let mut bytes = vec![0; wanted.min(before + PIECE_BYTES_MAX + 2)];
        let got = read_most(&self.file, &mut bytes, self.place.offset - before as u64)?;
        bytes.truncate(got);
        if bytes.get(..before) != Some(&self.tail) {
            return Ok(Found::Changed);
        }
        if self.seen.is_none_or(|seen| seen.0 != size) {
            self.grew = now;
        }
        let whole = got >= wanted;
        let mut piece =
            Piece { offset: self.place.offset, bytes: bytes.split_off(before), spans: Vec::new() };
        self.cut(&mut piece, whole && rest);
        let full = piece.spans.len() >= PIECE_RECORDS_MAX || !whole;
        self.seen = (!full).then_some(state);
        self.rested = whole && rest;
        Ok(if piece.spans.is_empty() { Found::Nothing } else { Found::Records(piece) })
    }

    fn cut(&mut self, piece: &mut Piece, rest: bool) {
        let bytes = &piece.bytes;
        let Place { mut line, mut ended, .. } = self.place;
        let (mut at, mut total) = (0, 0);
        while piece.spans.len() < PIECE_RECORDS_MAX {
            let behind = bytes.get(at..).unwrap_or_default();
            if ended {
                let passed = match behind {
                    [b'\n', ..] => 1,
                    [b'\r', b'\n', ..] => 2,
                    // Nothing, or only the first half of a line end is there yet.
                    [] => break,
                    [b'\r'] if !rest => break,
                    _ => 0,
                };
                line += u64::from(passed > 0);
                (at, ended) = (at + passed, false);
                continue;
            }
            let window = behind.get(..LINE_BYTES_MAX + 1).unwrap_or(behind);
            let newline = memchr::memchr(b'\n', window);
            let length = match newline {
                Some(newline) => {
                    let carriage = newline > 0 && window.get(newline - 1) == Some(&b'\r');
                    newline - usize::from(carriage)
                }
                None if window.len() > LINE_BYTES_MAX => LINE_BYTES_MAX,
                None if rest && !window.is_empty() => window.len(),
                None => break,
            };
            if total + length > PIECE_BYTES_MAX {
                break;
            }
            total += length;
            piece.spans.push(Span { start: at, length, line });
            // The end of a line that is there is passed over at once.
            at += newline.map_or(length, |newline| newline + 1);
            (line, ended) = (line + u64::from(newline.is_some()), newline.is_none());
        }
        let end = at;
        (self.place.line, self.place.ended) = (line, ended);
        let head_room = (TAIL_BYTES_MAX as usize).saturating_sub(self.head.len());
        if self.place.offset == self.head.len() as u64 {
            self.head.extend_from_slice(bytes.get(..end.min(head_room)).unwrap_or_default());
        }
        self.place.offset += end as u64;
        self.tail.extend_from_slice(
            bytes.get(end.saturating_sub(TAIL_BYTES_MAX as usize)..end).unwrap_or_default(),
        );
        let surplus = self.tail.len().saturating_sub(TAIL_BYTES_MAX as usize);
        self.tail.drain(..surplus);
    }
}

/// Size and time of the last change.
fn state(file: &File) -> io::Result<(u64, i64, i64)> {
    let data = file.metadata()?;
    Ok((data.len(), data.mtime(), data.mtime_nsec()))
}

/// Reads until the buffer is full or the file ends.
fn read_most(file: &File, buffer: &mut [u8], from: u64) -> io::Result<usize> {
    let mut got = 0;
    while let Some(space) = buffer.get_mut(got..).filter(|space| !space.is_empty()) {
        match file.read_at(space, from + got as u64) {
            Ok(0) => break,
            Ok(more) => got += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}
