//! Finding frames and blocks in the segments, and reading them at random. Used by readers and by recovery.

use crate::block::BlockForm;
use crate::bytes::Malformed;
use crate::frame::{self, Header, SegmentHeader};
use crate::{Error, Hash, Result, block, files};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

/// Where a frame stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FramePlace {
    pub(crate) segment: usize,
    pub(crate) offset: u64,
    pub(crate) header: Header,
}

/// Where a block stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockPlace {
    pub(crate) segment: usize,
    pub(crate) offset: u64,
    pub(crate) first_index: u64,
    pub(crate) bytes: usize,
    pub(crate) form: BlockForm,
    /// Numbers of data class and data key; 0 when plain.
    pub(crate) class: u16,
    pub(crate) key: u64,
    /// Number of payloads.
    pub(crate) payloads: u64,
    /// Offset of its frame.
    pub(crate) frame_offset: u64,
    /// Index of the first entry of its frame. A block of earlier entries is one that was written again.
    pub(crate) frame_first: u64,
}

/// The segments of a ledger, opened for reading.
#[derive(Debug)]
pub(crate) struct Segments {
    paths: Vec<PathBuf>,
    open: Option<(usize, File)>,
}

impl Segments {
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        files::check_format(folder)?;
        let paths = files::segments(folder)?;
        if paths.is_empty() {
            return Err(Error::Format { path: folder.to_owned(), what: "no segment" });
        }
        Ok(Self { paths, open: None })
    }
    /// Segments that are known already.
    pub(crate) const fn of(paths: Vec<PathBuf>) -> Self {
        Self { paths, open: None }
    }
    pub(crate) fn count(&self) -> usize {
        self.paths.len()
    }
    pub(crate) fn path(&self, segment: usize) -> PathBuf {
        self.paths.get(segment).cloned().unwrap_or_default()
    }
    pub(crate) fn damage(&self, segment: usize, offset: u64, what: Malformed) -> Error {
        Error::damage(&self.path(segment), offset, what.0)
    }
    fn file(&mut self, segment: usize) -> Result<&mut File> {
        if self.open.as_ref().is_none_or(|(open, _)| *open != segment) {
            let path = self.path(segment);
            self.open = Some((segment, File::open(&path).map_err(Error::io(&path))?));
        }
        match &mut self.open {
            Some((_, file)) => Ok(file),
            None => Err(Error::Format { path: PathBuf::new(), what: "no segment" }),
        }
    }
    pub(crate) fn length(&mut self, segment: usize) -> Result<u64> {
        let path = self.path(segment);
        self.file(segment)?.metadata().map(|data| data.len()).map_err(Error::io(&path))
    }
    /// Reads at most `size` bytes at `offset`; fewer at the end of the file.
    pub(crate) fn read(
        &mut self,
        segment: usize,
        offset: u64,
        size: usize,
        into: &mut Vec<u8>,
    ) -> Result<()> {
        let path = self.path(segment);
        let file = self.file(segment)?;
        into.clear();
        file.seek(SeekFrom::Start(offset)).map_err(Error::io(&path))?;
        #[expect(clippy::disallowed_methods, reason = "limited by take")]
        file.take(size as u64).read_to_end(into).map_err(Error::io(&path))?;
        Ok(())
    }
    pub(crate) fn segment_header(&mut self, segment: usize) -> Result<SegmentHeader> {
        let mut bytes = Vec::new();
        self.read(segment, 0, frame::SEGMENT_HEADER_BYTES, &mut bytes)?;
        SegmentHeader::decode(&bytes).map_err(|what| self.damage(segment, 0, what))
    }

    /// Visits all frames in order without reading their blocks. A frame that does not end before the end of the
    /// newest segment, and zeros there, end the walk: a writer may be at work.
    pub(crate) fn frames(&mut self) -> Result<Vec<FramePlace>> {
        let mut places: Vec<FramePlace> = Vec::new();
        let mut bytes = Vec::new();
        for segment in 0..self.count() {
            let last = segment + 1 == self.count();
            let length = self.length(segment)?;
            let mut offset = frame::SEGMENT_HEADER_BYTES as u64;
            while offset < length {
                self.read(segment, offset, frame::HEADER_BYTES, &mut bytes)?;
                let header = match Header::decode(&bytes) {
                    Ok(header) if offset + header.frame_bytes() as u64 <= length => header,
                    _ if last => break,
                    Ok(_) => return Err(self.damage(segment, offset, Malformed("frame cut off"))),
                    Err(what) => return Err(self.damage(segment, offset, what)),
                };
                let next = places.last().map_or(0, |p| p.header.first_index + u64::from(p.header.entries));
                if header.first_index != next {
                    return Err(self.damage(segment, offset, Malformed("frames do not follow one another")));
                }
                places.push(FramePlace { segment, offset, header });
                offset += header.frame_bytes() as u64;
            }
        }
        Ok(places)
    }

    /// The blocks of a frame, by their headers only.
    pub(crate) fn blocks(
        &mut self,
        frame: &FramePlace,
        ledger: &Hash,
        out: &mut Vec<BlockPlace>,
    ) -> Result<()> {
        let mut bytes = Vec::new();
        let mut offset = frame.offset + (frame::HEADER_BYTES + frame.header.entries_bytes as usize) as u64;
        let end = offset + u64::from(frame.header.blocks_bytes);
        for number in 0..u64::from(frame.header.blocks) {
            self.read(frame.segment, offset, block::HEADER_BYTES, &mut bytes)?;
            let header =
                block::Header::decode(&bytes).map_err(|what| self.damage(frame.segment, offset, what))?;
            let size = block::HEADER_BYTES + header.stored_bytes as usize;
            if header.ledger != *ledger {
                return Err(Error::Foreign { path: self.path(frame.segment) });
            }
            if header.number != frame.header.first_block + number || offset + size as u64 > end {
                return Err(self.damage(frame.segment, offset, Malformed("block number or length")));
            }
            out.push(BlockPlace {
                segment: frame.segment,
                offset,
                first_index: header.first_index,
                bytes: size,
                form: header.form,
                class: header.class,
                key: header.key,
                payloads: header.payloads.into(),
                frame_offset: frame.offset,
                frame_first: frame.header.first_index,
            });
            offset += size as u64;
        }
        Ok(())
    }

    /// The entries part of a frame.
    pub(crate) fn entries(&mut self, frame: &FramePlace, into: &mut Vec<u8>) -> Result<()> {
        let (offset, size) = (frame.offset + frame::HEADER_BYTES as u64, frame.header.entries_bytes as usize);
        self.read(frame.segment, offset, size, into)
    }
}
