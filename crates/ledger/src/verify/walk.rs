//! Finding the frames of a ledger that may be damaged: where one cannot be read, the next whole one is looked for.

use super::extent::{Chosen, Extent};
use super::{Code, VerifyReport};
use crate::batch::Chain;
use crate::frame::{self, Frame, Header, SegmentHeader};
use crate::replay::Fault;
use crate::scan::Segments;
use crate::{Hash, Result, files};
use std::path::{Path, PathBuf};

/// The next piece of a log.
pub(crate) enum Found {
    /// A frame, whole or with a wrong checksum; [`Walk::frame`] gives it.
    Frame {
        /// Below the folder of the ledger.
        file: PathBuf,
        offset: u64,
        /// Something before it could not be read.
        after_hole: bool,
        /// Ledger that the header of the segment names.
        segment_id: Hash,
    },
    /// The newest segment does not end with a whole frame.
    Torn { file: PathBuf, offset: u64, bytes: u64 },
}

/// A walk over the frames in order.
pub(crate) struct Walk {
    segments: Segments,
    names: Vec<PathBuf>,
    segment: usize,
    offset: u64,
    length: u64,
    /// Bytes of the segments before this one.
    before: u64,
    header: Option<SegmentHeader>,
    hole: bool,
    buffer: Vec<u8>,
    /// Whether the frame in the buffer has a right checksum.
    sound: bool,
    /// Frames to be read as a whole; `None`: all.
    chosen: Option<Chosen>,
    /// The frame in the buffer was read without its blocks.
    light: bool,
}

impl Walk {
    /// Lists the segments; a missing one is a failure, and the walk goes on behind it.
    pub(crate) fn open(folder: &Path, report: &mut VerifyReport) -> Result<Self> {
        let (numbers, strays) = files::segment_numbers(folder)?;
        for name in strays {
            report.warn(Code::Foreign, format!("segments/{name}: a file that does not belong here"));
        }
        let last = numbers.last().copied().unwrap_or(0);
        for number in (0..=last).filter(|number| numbers.binary_search(number).is_err()) {
            let file = Path::new("segments").join(frame::segment_name(number));
            report.fail(&Fault::new(Code::Missing, "segment file"), &file, 0, None);
        }
        let names: Vec<PathBuf> =
            numbers.iter().map(|number| Path::new("segments").join(frame::segment_name(*number))).collect();
        report.segments = names.len() as u64;
        let segments = Segments::of(names.iter().map(|name| folder.join(name)).collect());
        Ok(Self {
            segments,
            names,
            segment: 0,
            offset: 0,
            length: 0,
            before: 0,
            header: None,
            hole: false,
            buffer: Vec::new(),
            sound: false,
            chosen: None,
            light: false,
        })
    }

    /// From now on only these frames are read as a whole.
    pub(crate) fn choose(&mut self, chosen: Chosen) {
        self.chosen = Some(chosen);
    }

    /// Whether some frames are not read as a whole.
    pub(crate) const fn is_partial(&self) -> bool {
        self.chosen.is_some()
    }

    /// Bytes of segments that lie behind.
    pub(crate) const fn passed(&self) -> u64 {
        self.before + self.offset
    }

    /// Frames chosen, and how many were read as a whole.
    pub(crate) fn extent(self) -> Option<Extent> {
        self.chosen.map(|chosen| chosen.extent)
    }

    /// The frame that was found last was read without its blocks.
    pub(crate) const fn is_light(&self) -> bool {
        self.light
    }

    /// Present segment file, below the folder of the ledger.
    pub(crate) fn name(&self) -> PathBuf {
        self.names.get(self.segment).cloned().unwrap_or_default()
    }

    /// Whether the newest segment has been reached.
    pub(crate) fn in_last(&self) -> bool {
        self.segment + 1 >= self.names.len()
    }

    /// Place of the newest segment.
    pub(crate) const fn last_segment(&self) -> usize {
        self.names.len().saturating_sub(1)
    }

    /// The newest segment file.
    pub(crate) fn last_path(&self) -> PathBuf {
        self.segments.path(self.last_segment())
    }

    /// Place of the present segment.
    pub(crate) const fn segment_number(&self) -> usize {
        self.segment
    }

    /// The frame that was found last.
    pub(crate) fn frame(&self) -> Option<Frame<'_>> {
        if self.light {
            frame::without_blocks(&self.buffer).ok()
        } else {
            frame::parsed(&self.buffer, self.sound).ok()
        }
    }

    /// The next frame; `None` at the end.
    pub(crate) fn next(&mut self, chain: Option<&Chain>, report: &mut VerifyReport) -> Result<Option<Found>> {
        loop {
            if self.segment >= self.names.len() {
                return Ok(None);
            }
            let header = match self.header {
                Some(header) => header,
                None => {
                    self.length = self.segments.length(self.segment)?;
                    // The writer died while it began a segment.
                    let header_bytes = frame::SEGMENT_HEADER_BYTES as u64;
                    if self.in_last() && (self.length < header_bytes || self.content_end()? == 0) {
                        let (file, bytes) = (self.name(), self.length);
                        self.segment += 1;
                        return Ok(Some(Found::Torn { file, offset: 0, bytes }));
                    }
                    self.enter(chain, report)?
                }
            };
            if self.offset >= self.length {
                self.before += self.length;
                (self.segment, self.header, self.offset) = (self.segment + 1, None, 0);
                continue;
            }
            let (file, offset) = (self.name(), self.offset);
            if self.read_here()? {
                let after_hole = std::mem::take(&mut self.hole);
                return Ok(Some(Found::Frame { file, offset, after_hole, segment_id: header.ledger }));
            }
            // The newest segment may be filled with zeros ahead of its frames.
            let content = if self.in_last() { self.content_end()? } else { self.length };
            if content <= offset {
                self.offset = self.length;
                continue;
            }
            let bytes = content - offset;
            match self.next_sound(offset + 8)? {
                Some(next) => self.offset = next,
                None => {
                    self.offset = self.length;
                    if self.segment + 1 == self.names.len() {
                        return Ok(Some(Found::Torn { file, offset, bytes }));
                    }
                }
            }
            let fault = Fault { index: chain.map(|chain| chain.first_index), ..unreadable() };
            report.fail(&fault, &file, offset, None);
            self.hole = true;
        }
    }

    fn content_end(&self) -> Result<u64> {
        files::content_end(&self.segments.path(self.segment))
    }

    /// Reads and checks the header of a segment.
    fn enter(&mut self, chain: Option<&Chain>, report: &mut VerifyReport) -> Result<SegmentHeader> {
        let file = self.name();
        self.offset = (frame::SEGMENT_HEADER_BYTES as u64).min(self.length);
        let mut bytes = Vec::new();
        self.segments.read(self.segment, 0, frame::SEGMENT_HEADER_BYTES, &mut bytes)?;
        let named = file.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let expected = Chain { ..chain.copied().unwrap_or_default() };
        let header = match SegmentHeader::decode(&bytes) {
            Ok(header) => {
                let continues =
                    header.first_index == expected.first_index && header.before == expected.before;
                self.hole |= header.first_index != expected.first_index;
                if frame::segment_name(header.number) != named || !continues {
                    let what = "segments do not follow one another";
                    report.fail(&Fault::at(Code::Damage, what, expected.first_index), &file, 0, None);
                }
                header
            }
            Err(what) => {
                report.fail(&Fault::at(Code::Damage, what.0, expected.first_index), &file, 0, None);
                SegmentHeader { ledger: [0; 32], number: 0, first_index: 0, before: [0; 32] }
            }
        };
        self.header = Some(header);
        Ok(header)
    }

    /// Reads the frame at the present offset into the buffer. False when no frame can stand there: a frame with a wrong
    /// checksum is believed only if its length leads to the next frame or to the end of the file.
    fn read_here(&mut self) -> Result<bool> {
        self.segments.read(self.segment, self.offset, frame::HEADER_BYTES, &mut self.buffer)?;
        let Ok(header) = Header::decode(&self.buffer) else { return Ok(false) };
        let size = header.frame_bytes();
        let end = self.offset + size as u64;
        if end > self.length {
            return Ok(false);
        }
        self.light = self.chosen.as_ref().is_some_and(|chosen| !chosen.whole(&header));
        if self.light && self.read_light(&header)? {
            self.offset = end;
            return Ok(true);
        }
        self.light = false;
        self.segments.read(self.segment, self.offset, size, &mut self.buffer)?;
        let Ok(sound) = frame::parse(&self.buffer).map(|frame| frame.sound) else { return Ok(false) };
        self.sound = sound;
        let believed = sound || end == self.length || {
            let mut next = Vec::new();
            self.segments.read(self.segment, end, 8, &mut next)?;
            frame::begins_frame(&next)
        };
        if believed {
            self.offset = end;
            if let Some(chosen) = &mut self.chosen {
                chosen.extent.read += 1;
            }
        }
        Ok(believed)
    }

    /// Reads header, entries and trailer of the frame at the present offset. False when it does not look like one.
    fn read_light(&mut self, header: &Header) -> Result<bool> {
        let (segment, offset) = (self.segment, self.offset);
        let mut end = Vec::new();
        self.segments.read(
            segment,
            offset,
            frame::HEADER_BYTES + header.entries_bytes as usize,
            &mut self.buffer,
        )?;
        let trailer = offset + header.content_bytes() as u64;
        self.segments.read(segment, trailer, frame::TRAILER_BYTES, &mut end)?;
        self.buffer.extend_from_slice(&end);
        Ok(end.ends_with(frame::END_MAGIC) && frame::without_blocks(&self.buffer).is_ok())
    }

    /// Offset of the next frame with a right checksum.
    fn next_sound(&mut self, from: u64) -> Result<Option<u64>> {
        let mut rest = Vec::new();
        let size =
            usize::try_from(self.length.saturating_sub(from)).unwrap_or(usize::MAX).min(REST_BYTES_MAX);
        self.segments.read(self.segment, from, size, &mut rest)?;
        let sound = |at: &usize| {
            let bytes = rest.get(*at..).unwrap_or_default();
            frame::begins_frame(bytes) && frame::parse(bytes).is_ok_and(|frame| frame.sound)
        };
        Ok((0..rest.len()).step_by(8).find(sound).map(|at| from + at as u64))
    }
}

/// Bytes looked through for the next frame: a segment and its last frame.
const REST_BYTES_MAX: usize = 192 * 1024 * 1024;

const fn unreadable() -> Fault {
    Fault::new(Code::Damage, "a frame that can be read")
}
