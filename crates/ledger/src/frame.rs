//! Segments and frames (LG chapter 6): one frame is one batch, signed as a whole.

use crate::Hash;
use crate::block;
use crate::bytes::{Cursor, Malformed};

const SEGMENT_MAGIC: &[u8; 8] = b"SKSEG\0\0\x01";
const FRAME_MAGIC: &[u8; 8] = b"SKFRM\0\0\x01";
/// Magic of a frame that was written when everything before it was durable (LG-DUR-05).
const SYNCED_MAGIC: &[u8; 8] = b"SKFRM\0\0\x02";
pub(crate) const END_MAGIC: &[u8; 4] = b"SKEN";
/// Bytes of the header of a segment.
pub(crate) const SEGMENT_HEADER_BYTES: usize = 88;
/// Bytes of the header of a frame.
pub(crate) const HEADER_BYTES: usize = 48;
/// Bytes of the trailer that are signed together with the header.
const SIGNED_TRAILER_BYTES: usize = 144;
/// Bytes of trailer, signature, checksum and end magic.
pub(crate) const TRAILER_BYTES: usize = SIGNED_TRAILER_BYTES + 64 + 8;
/// Size at which a new segment begins, in bytes.
pub(crate) const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;
/// Largest part of a frame in bytes.
pub(crate) const PART_BYTES_MAX: u32 = 48 * 1024 * 1024;
/// What a trailer signature covers begins with this text.
const SIGNATURE_CONTEXT: &[u8] = b"sekisho-ledger-1 trailer\0";

/// Header of a segment file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) ledger: Hash,
    pub(crate) number: u64,
    pub(crate) first_index: u64,
    /// Digest of the last frame of the segment before; zero in the first.
    pub(crate) before: Hash,
}

impl SegmentHeader {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = SEGMENT_MAGIC.to_vec();
        out.extend(self.ledger);
        out.extend(self.number.to_be_bytes());
        out.extend(self.first_index.to_be_bytes());
        out.extend(self.before);
        out
    }
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut from = Cursor::new(bytes);
        if from.take(8)? != SEGMENT_MAGIC {
            return Err(Malformed("magic of a segment"));
        }
        Ok(Self { ledger: from.hash()?, number: from.u64()?, first_index: from.u64()?, before: from.hash()? })
    }
}

/// Whether a frame may begin here.
pub(crate) fn begins_frame(bytes: &[u8]) -> bool {
    bytes.starts_with(FRAME_MAGIC) || bytes.starts_with(SYNCED_MAGIC)
}

/// File name of a segment.
pub(crate) fn segment_name(number: u64) -> String {
    format!("{number:020}.seg")
}

/// Header of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    /// Everything before this frame was durable when it was written: a bad frame before it is damage, not a torn write.
    pub(crate) synced: bool,
    pub(crate) entries_bytes: u32,
    pub(crate) blocks_bytes: u32,
    pub(crate) batch: u64,
    pub(crate) first_index: u64,
    pub(crate) entries: u32,
    pub(crate) blocks: u32,
    pub(crate) first_block: u64,
}

impl Header {
    fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut out = [0; HEADER_BYTES];
        let magic = if self.synced { SYNCED_MAGIC } else { FRAME_MAGIC };
        let fields = magic
            .iter()
            .copied()
            .chain(self.entries_bytes.to_be_bytes())
            .chain(self.blocks_bytes.to_be_bytes())
            .chain(self.batch.to_be_bytes())
            .chain(self.first_index.to_be_bytes())
            .chain(self.entries.to_be_bytes())
            .chain(self.blocks.to_be_bytes())
            .chain(self.first_block.to_be_bytes());
        out.iter_mut().zip(fields).for_each(|(slot, byte)| *slot = byte);
        out
    }
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut from = Cursor::new(bytes);
        let magic = from.take(8)?;
        if !begins_frame(magic) {
            return Err(Malformed("magic of a frame"));
        }
        let header = Self {
            synced: magic == SYNCED_MAGIC,
            entries_bytes: from.u32()?,
            blocks_bytes: from.u32()?,
            batch: from.u64()?,
            first_index: from.u64()?,
            entries: from.u32()?,
            blocks: from.u32()?,
            first_block: from.u64()?,
        };
        if header.entries_bytes > PART_BYTES_MAX || header.blocks_bytes > PART_BYTES_MAX {
            return Err(Malformed("frame larger than the limit"));
        }
        Ok(header)
    }
    /// Zero bytes after the blocks, so that frames begin at multiples of 8.
    const fn padding(&self) -> usize {
        let content = self.entries_bytes as usize + self.blocks_bytes as usize;
        content.next_multiple_of(8) - content
    }
    /// Bytes before the trailer.
    pub(crate) const fn content_bytes(&self) -> usize {
        self.frame_bytes() - TRAILER_BYTES
    }
    /// Bytes of the whole frame.
    pub(crate) const fn frame_bytes(&self) -> usize {
        HEADER_BYTES
            + self.entries_bytes as usize
            + self.blocks_bytes as usize
            + self.padding()
            + TRAILER_BYTES
    }
}

/// The signed statement at the end of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trailer {
    pub(crate) size: u64,
    pub(crate) root: Hash,
    pub(crate) epoch: u64,
    pub(crate) entries_digest: Hash,
    pub(crate) blocks_root: Hash,
    pub(crate) before: Hash,
    pub(crate) signature: [u8; 64],
}

impl Trailer {
    fn signed(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(SIGNED_TRAILER_BYTES);
        out.extend(self.size.to_be_bytes());
        out.extend(self.root);
        out.extend(self.epoch.to_be_bytes());
        out.extend(self.entries_digest);
        out.extend(self.blocks_root);
        out.extend(self.before);
        out
    }
    /// What the epoch key signs.
    pub(crate) fn message(&self, ledger: &Hash, header: &Header) -> Vec<u8> {
        let mut out = SIGNATURE_CONTEXT.to_vec();
        out.extend(ledger);
        out.extend(header.encode());
        out.extend(self.signed());
        out
    }
    /// Digest by which the next frame names this one.
    pub(crate) fn digest(&self, header: &Header) -> Hash {
        let mut out = header.encode().to_vec();
        out.extend(self.signed());
        out.extend(self.signature);
        crate::tree::sha256(&out)
    }
}

/// A whole frame as bytes.
pub(crate) fn encode(header: &Header, entries: &[u8], blocks: &[u8], trailer: &Trailer) -> Vec<u8> {
    let mut out = Vec::with_capacity(header.frame_bytes());
    out.extend(header.encode());
    out.extend_from_slice(entries);
    out.extend_from_slice(blocks);
    out.resize(out.len() + header.padding(), 0);
    out.extend(trailer.signed());
    out.extend(trailer.signature);
    out.extend(crc32c::crc32c(&out).to_be_bytes());
    out.extend(END_MAGIC);
    out
}

/// Computes the checksum of a whole frame again after a block became a tombstone.
pub(crate) fn renew_checksum(frame: &mut [u8]) {
    if let Some((covered, sum)) = frame.split_last_chunk_mut::<8>()
        && let Some(slot) = sum.get_mut(..4)
    {
        slot.copy_from_slice(&crc32c::crc32c(covered).to_be_bytes());
    }
}

/// A frame, taken apart.
#[derive(Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) header: Header,
    pub(crate) entries: &'a [u8],
    pub(crate) blocks: &'a [u8],
    pub(crate) trailer: Trailer,
    /// Whether checksum, padding and end magic are as they should be.
    pub(crate) sound: bool,
}

/// Takes the frame at the start of `bytes` apart. What follows it is ignored.
pub(crate) fn parse(bytes: &[u8]) -> Result<Frame<'_>, Malformed> {
    let mut frame = take_apart(bytes)?;
    let covered = bytes.get(..frame.header.frame_bytes() - 8).unwrap_or_default();
    let mut end = Cursor::new(bytes.get(covered.len()..).unwrap_or_default());
    let padding = covered.len() - TRAILER_BYTES + 8;
    let padding = bytes.get(padding - frame.header.padding()..padding).unwrap_or_default();
    let (sum, magic) = (end.u32()?, end.array::<4>()?);
    frame.sound =
        crc32c::crc32c(covered) == sum && &magic == END_MAGIC && padding.iter().all(|byte| *byte == 0);
    Ok(frame)
}

/// [`parse`] without reading all of the frame again: `sound` says what it found.
pub(crate) fn parsed(bytes: &[u8], sound: bool) -> Result<Frame<'_>, Malformed> {
    Ok(Frame { sound, ..take_apart(bytes)? })
}

/// A frame of which only header, entries and trailer were read, one after another: no blocks, and `sound` is taken for
/// granted. The root in its trailer still has to be right.
pub(crate) fn without_blocks(bytes: &[u8]) -> Result<Frame<'_>, Malformed> {
    let header = Header::decode(bytes)?;
    let mut from = Cursor::new(bytes);
    from.take(HEADER_BYTES)?;
    let entries = from.take(header.entries_bytes as usize)?;
    let trailer = trailer(&mut from)?;
    Ok(Frame { header, entries, blocks: &[], trailer, sound: true })
}

fn take_apart(bytes: &[u8]) -> Result<Frame<'_>, Malformed> {
    let header = Header::decode(bytes)?;
    let mut from = Cursor::new(bytes);
    from.take(HEADER_BYTES)?;
    let entries = from.take(header.entries_bytes as usize)?;
    let blocks = from.take(header.blocks_bytes as usize)?;
    from.take(header.padding())?;
    let trailer = trailer(&mut from)?;
    from.take(8)?;
    Ok(Frame { header, entries, blocks, trailer, sound: false })
}

/// The blocks of a frame one after another, each with its header; the first malformed one ends the walk.
pub(crate) fn blocks<'a>(
    frame: &Frame<'a>,
) -> impl Iterator<Item = Result<(block::Header, &'a [u8]), Malformed>> {
    let (mut rest, mut number) = (frame.blocks, frame.header.first_block);
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let block = one_block(&mut rest, number);
        number = number.wrapping_add(1);
        if block.is_err() {
            rest = &[];
        }
        Some(block)
    })
}

fn one_block<'a>(rest: &mut &'a [u8], number: u64) -> Result<(block::Header, &'a [u8]), Malformed> {
    let header = block::Header::decode(rest)?;
    if header.number != number {
        return Err(Malformed("number of a block"));
    }
    let size = block::HEADER_BYTES + header.stored_bytes as usize;
    let Some((bytes, after)) = rest.split_at_checked(size) else {
        return Err(Malformed("length of a block"));
    };
    *rest = after;
    Ok((header, bytes))
}

/// The trailer at the cursor.
fn trailer(from: &mut Cursor<'_>) -> Result<Trailer, Malformed> {
    Ok(Trailer {
        size: from.u64()?,
        root: from.hash()?,
        epoch: from.u64()?,
        entries_digest: from.hash()?,
        blocks_root: from.hash()?,
        before: from.hash()?,
        signature: from.array()?,
    })
}

/// The entries part as single entries: a 16-bit length before each.
pub(crate) fn entries(part: &[u8]) -> impl Iterator<Item = Result<&[u8], Malformed>> {
    let mut from = Cursor::new(part);
    std::iter::from_fn(move || {
        if from.rest().is_empty() {
            return None;
        }
        let entry = from.u16().and_then(|size| from.take(size.into()));
        if entry.is_err() {
            from = Cursor::new(&[]);
        }
        Some(entry)
    })
}
