//! A chunk of an EVTX file: 64 KiB that hold records and the templates they refer to. Whatever is damaged, every record
//! that can be told from its surroundings comes out, and the rest is accounted for (DT-FMT-50).

use super::bytes::{array, u32_at, u64_at};

/// Bytes of the head of a file.
pub(crate) const FILE_HEAD_BYTES: usize = 4_096;
/// Bytes of a chunk.
pub(crate) const CHUNK_BYTES: usize = 1 << 16;
/// First bytes of a file.
pub(crate) const FILE_MAGIC: &[u8; 8] = b"ElfFile\0";
/// First bytes of a chunk.
pub(crate) const CHUNK_MAGIC: &[u8; 8] = b"ElfChnk\0";
/// First bytes of a record.
pub(super) const RECORD_MAGIC: &[u8; 4] = b"**\0\0";
/// Bytes of a chunk's head.
pub(super) const CHUNK_HEAD_BYTES: usize = 512;
/// Smallest record: head, and the size again.
const RECORD_BYTES_MIN: usize = 28;
/// Most stretches of a chunk: as many as the smallest records have room for. What is beyond is taken as one.
pub(crate) const STRETCHES_MAX: usize = 2_048;
/// Mark of a chunk without checksums.
const NO_CHECKSUMS: u32 = 4;
/// Mark of a chunk that was being written.
const DIRTY: u32 = 1;

/// A stretch of a chunk: a record, or bytes that should be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// Place in the chunk.
    pub(crate) start: usize,
    /// Bytes.
    pub(crate) length: usize,
    /// `EventRecordID` of its head; 0 where the bytes are no record.
    pub(crate) record_id: u64,
}

/// Something about the file or a chunk that is not as it should be, although records may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Place, from the same beginning as what was looked at.
    pub(crate) at: usize,
    /// What was expected there.
    pub(crate) expected: &'static str,
}

/// The head of a chunk, as far as it is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    last_id: u64,
    /// Where the records end that the head knows of.
    pub(super) free_at: usize,
    flags: u32,
    /// The head has the right checksum, or none is wanted.
    sound: bool,
}

impl Head {
    /// Reads the head; `None` when the chunk does not begin with one.
    pub(super) fn read(chunk: &[u8]) -> Option<Self> {
        let head = chunk.get(..CHUNK_HEAD_BYTES)?;
        if !head.starts_with(CHUNK_MAGIC) {
            return None;
        }
        let flags = u32_at(head, 120)?;
        Some(Self {
            last_id: u64_at(head, 32)?,
            free_at: u32_at(head, 48)? as usize,
            flags,
            sound: flags & NO_CHECKSUMS != 0 || Some(head_checksum(head)?) == u32_at(head, 124),
        })
    }

    fn records_sound(&self, chunk: &[u8]) -> bool {
        self.flags & NO_CHECKSUMS != 0
            || chunk
                .get(CHUNK_HEAD_BYTES..self.free_at)
                .is_some_and(|records| Some(evtx::checksum_ieee(records)) == u32_at(chunk, 52))
    }
}

/// Checksum of a chunk's head: all of it but the checksum and the marks.
pub(super) fn head_checksum(head: &[u8]) -> Option<u32> {
    let mut parts = [0_u8; 120 + 384];
    let (before, behind) = parts.split_at_mut(120);
    before.copy_from_slice(head.get(..120)?);
    behind.copy_from_slice(head.get(128..CHUNK_HEAD_BYTES)?);
    Some(evtx::checksum_ieee(&parts))
}

/// Looks at the head of a file; gives back what is wrong with it.
pub(crate) fn file_fault(head: &[u8]) -> Option<Fault> {
    let sum = head.get(..120).map(evtx::checksum_ieee);
    let expected = if head.len() < FILE_HEAD_BYTES {
        "the head of an EVTX file, 4,096 bytes"
    } else if sum != u32_at(head, 124) {
        "a file head with the right checksum (the records were read all the same)"
    } else {
        return None;
    };
    Some(Fault { at: 0, expected })
}

/// How many bytes from the start of `bytes` belong to one chunk, at most [`CHUNK_BYTES`]: less where another chunk begins
/// earlier, because bytes are missing.
pub(crate) fn extent(bytes: &[u8]) -> usize {
    let whole = bytes.get(..CHUNK_BYTES).unwrap_or(bytes);
    if Head::read(whole).is_some_and(|head| head.sound && head.records_sound(whole)) {
        return whole.len();
    }
    // A chunk that begins near the end of these bytes has its head behind them.
    let around = bytes.get(..CHUNK_BYTES + CHUNK_HEAD_BYTES).unwrap_or(bytes);
    memchr::memmem::find_iter(around, CHUNK_MAGIC)
        .filter(|at| (1..whole.len()).contains(at))
        .find(|at| around.get(*at..).and_then(Head::read).is_some_and(|head| head.sound))
        .unwrap_or(whole.len())
}

/// Walks a chunk: its records, damaged stretches, and faults of the chunk itself.
pub(crate) fn walk(chunk: &[u8], stretches: &mut Vec<Stretch>, faults: &mut Vec<Fault>) {
    let head = Head::read(chunk);
    let (start, live_end) = match &head {
        Some(head) => (CHUNK_HEAD_BYTES, head.free_at.clamp(CHUNK_HEAD_BYTES, chunk.len())),
        None if chunk.iter().all(|byte| *byte == 0) => return,
        None => (0, chunk.len()),
    };
    let mut fault = |expected| faults.push(Fault { at: 0, expected });
    match &head {
        None => fault("the head of a chunk (ElfChnk); records were searched one by one"),
        Some(_) if chunk.len() < CHUNK_BYTES => fault("a whole chunk of 65,536 bytes"),
        Some(head) if !head.sound => fault("a chunk head with the right checksum"),
        Some(head) if !head.records_sound(chunk) && head.flags & DIRTY == 0 => {
            fault("records with the right checksum of their chunk");
        }
        Some(_) => {}
    }
    // Behind what a sound head counts stands what was overwritten; where the head was not brought up to date, newer
    // records follow at once.
    let settled = head.is_some_and(|head| head.sound && head.records_sound(chunk));
    let end = if settled { live_end } else { chunk.len() };
    let stale = |id: u64| head.is_some_and(|head| head.sound && id <= head.last_id);
    let mut at = start;
    while at < end {
        let (next, found) = match record_at(chunk, at) {
            Some(found) => (at, Some(found)),
            None => search(chunk, at + 1),
        };
        let gap = chunk.get(at..next).unwrap_or_default();
        // A damaged head is told above.
        let broken_head = head.is_none() && at == 0 && gap.len() <= CHUNK_HEAD_BYTES;
        if at < live_end && !broken_head && gap.iter().any(|byte| *byte != 0) {
            stretches.push(Stretch { start: at, length: gap.len(), record_id: 0 });
        }
        at = next;
        if let Some((length, record_id)) = found {
            if at < live_end || !stale(record_id) {
                stretches.push(Stretch { start: at, length, record_id });
            }
            at += length;
        }
        if stretches.len() >= STRETCHES_MAX - 2 && at < chunk.len() {
            stretches.push(Stretch { start: at, length: chunk.len() - at, record_id: 0 });
            return;
        }
    }
    let mut last_id = head.map_or(u64::MAX, |head| head.last_id);
    while settled
        && stretches.len() < STRETCHES_MAX
        && let Some((length, record_id)) = record_at(chunk, at)
        && Some(record_id) == last_id.checked_add(1)
    {
        stretches.push(Stretch { start: at, length, record_id });
        (at, last_id) = (at + length, record_id);
    }
}

/// A record at this place: its length and id.
pub(super) fn record_at(chunk: &[u8], at: usize) -> Option<(usize, u64)> {
    let rest = chunk.get(at..)?;
    if array::<4>(rest, 0)? != *RECORD_MAGIC {
        return None;
    }
    let size = u32_at(rest, 4)?;
    let length = size as usize;
    if length < RECORD_BYTES_MIN || length > rest.len() || u32_at(rest, length - 4)? != size {
        return None;
    }
    Some((length, u64_at(rest, 8)?))
}

/// The next record from here on, and its place; the end of the chunk where there is none.
fn search(chunk: &[u8], from: usize) -> (usize, Option<(usize, u64)>) {
    let rest = chunk.get(from..).unwrap_or_default();
    memchr::memmem::find_iter(rest, RECORD_MAGIC)
        .find_map(|at| Some((from + at, Some(record_at(chunk, from + at)?))))
        .unwrap_or((chunk.len(), None))
}
