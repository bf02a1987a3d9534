//! Cutting records out of a stream of bytes, with a cap on what is held in memory.

use super::block::{BLOCK_BYTES_MAX, Block, RECORDS_MAX, Span};
use super::element_cut::{Marks, Piece};
use super::json_cut::JsonCut;
use crate::input::Opened;
use crate::input::text::Charset;
use crate::record::Cut;
use crate::windows::evtx::chunk::{self, CHUNK_BYTES as WINDOWS_CHUNK_BYTES, FILE_HEAD_BYTES};
use std::io::{self, Read};

const CHUNK_BYTES: usize = 128 << 10;
/// Bytes of chunks in one block of an EVTX file.
const CHUNKS_BYTES_MAX: usize = 1 << 20;
/// Largest file of a format that is one record as a whole.
const WHOLE_BYTES_MAX: usize = 256 << 20;

/// What a cutter needs to know of its file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CutPlan {
    pub(crate) file: usize,
    pub(crate) cut: Cut,
    pub(crate) charset: Option<Charset>,
}

/// Cuts one file.
pub(crate) struct Cutter {
    stream: Opened,
    plan: CutPlan,
    buffer: Vec<u8>,
    spans: Vec<Span>,
    /// Numbers of the records, where they have some.
    numbers: Vec<u64>,
    /// What is wrong with the file beside its records: place, and what was expected.
    faults: Vec<(u64, String)>,
    /// Bytes of the buffer that were looked at.
    scanned: usize,
    /// Start of the record that is being looked for.
    record: usize,
    offset: u64,
    line: u64,
    lines_in_block: u32,
    json: JsonCut,
    /// The rest of a record that is too long is being skipped.
    skipping: bool,
    ended: bool,
    error: Option<io::Error>,
}

impl Cutter {
    /// Cuts `stream`, of which `head` was read already.
    pub(crate) fn new(stream: Opened, head: Vec<u8>, plan: CutPlan) -> Self {
        Self {
            stream,
            plan,
            buffer: head,
            spans: Vec::new(),
            numbers: Vec::new(),
            faults: Vec::new(),
            scanned: 0,
            record: 0,
            offset: 0,
            line: 1,
            lines_in_block: 0,
            json: JsonCut::default(),
            skipping: false,
            ended: false,
            error: None,
        }
    }

    /// Byte offset up to which records were handed out.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Number of the next line.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// The error that ended the stream early.
    pub(crate) fn take_error(&mut self) -> Option<io::Error> {
        self.error.take()
    }

    /// What is wrong with the file beside its records, once.
    pub(crate) fn take_faults(&mut self) -> Vec<(u64, String)> {
        std::mem::take(&mut self.faults)
    }

    /// The stream broke off behind the head that was handed over.
    pub(crate) fn broken(&mut self, error: io::Error) {
        self.error = Some(error);
        self.ended = true;
    }

    /// The next block; `None` at the end.
    pub(crate) fn next(&mut self) -> Option<Block> {
        loop {
            if self.skipping && !self.skip() {
                return None;
            }
            self.scan();
            if self.is_full() || self.ended {
                if self.ended && !self.is_full() {
                    self.last();
                }
                if self.spans.is_empty() {
                    return None;
                }
                return Some(self.emit());
            }
            if self.too_long() {
                if self.spans.is_empty() {
                    self.close(BLOCK_BYTES_MAX, true);
                    self.skipping = true;
                }
                return Some(self.emit());
            }
            self.read();
        }
    }

    fn is_full(&self) -> bool {
        if matches!(self.plan.cut, Cut::Chunks) {
            let no_room = self.spans.len() + chunk::STRETCHES_MAX > RECORDS_MAX;
            return no_room || (self.record >= CHUNKS_BYTES_MAX && !self.spans.is_empty());
        }
        self.spans.len() >= RECORDS_MAX || (self.record >= BLOCK_BYTES_MAX && !self.spans.is_empty())
    }

    fn too_long(&self) -> bool {
        match self.plan.cut {
            Cut::Whole | Cut::Chunks => false,
            _ => {
                self.buffer.len() - self.record >= BLOCK_BYTES_MAX || self.buffer.len() >= 2 * BLOCK_BYTES_MAX
            }
        }
    }

    /// Reads one more chunk into the buffer.
    fn read(&mut self) {
        let filled = self.buffer.len();
        if matches!(self.plan.cut, Cut::Whole) && filled > WHOLE_BYTES_MAX {
            self.error = Some(crate::input::LimitError::Size { bytes_max: WHOLE_BYTES_MAX as u64 }.into());
            self.ended = true;
            return;
        }
        self.buffer.resize(filled + CHUNK_BYTES, 0);
        let got = match self.buffer.get_mut(filled..).map(|space| self.stream.read(space)) {
            Some(Ok(got)) => got,
            Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {
                self.buffer.truncate(filled);
                return;
            }
            Some(Err(error)) => {
                self.error = Some(error);
                0
            }
            None => 0,
        };
        self.buffer.truncate(filled + got);
        self.ended = got == 0;
    }

    /// Looks for the ends of records in what was not looked at yet.
    fn scan(&mut self) {
        match self.plan.cut {
            Cut::Lines if self.unit() == 2 => self.scan_wide_lines(),
            Cut::Lines => self.scan_lines(),
            Cut::Fixed(size) => {
                let size = size.clamp(1, BLOCK_BYTES_MAX);
                while self.buffer.len() - self.record >= size && !self.is_full() {
                    self.push(size, false);
                    self.record += size;
                    self.lines_in_block += 1;
                }
                self.scanned = self.record;
            }
            Cut::Json => self.scan_json(),
            Cut::Whole => self.scanned = self.buffer.len(),
            Cut::Chunks => self.scan_chunks(),
            Cut::Elements => self.scan_elements(),
        }
    }

    fn unit(&self) -> usize {
        self.plan.charset.map_or(1, Charset::unit)
    }

    fn scan_lines(&mut self) {
        let Some(fresh) = self.buffer.get(self.scanned..) else { return };
        let base = self.scanned;
        let mut record = self.record;
        for found in memchr::memchr_iter(b'\n', fresh) {
            let end = base + found;
            let length = end - record;
            let carriage = usize::from(length > 0 && self.buffer.get(end - 1) == Some(&b'\r'));
            self.spans.push(span(record, length - carriage, self.lines_in_block));
            self.lines_in_block += 1;
            record = end + 1;
            if self.spans.len() >= RECORDS_MAX || record >= BLOCK_BYTES_MAX {
                self.record = record;
                self.scanned = record;
                return;
            }
        }
        self.record = record;
        self.scanned = self.buffer.len();
    }

    fn scan_wide_lines(&mut self) {
        let newline: [u8; 2] =
            if self.plan.charset == Some(Charset::Utf16Be) { [0, b'\n'] } else { [b'\n', 0] };
        let mut at = self.scanned;
        while let Some(pair) = self.buffer.get(at..at + 2) {
            at += 2;
            if pair == newline {
                let length = at - 2 - self.record;
                let carriage = if newline[0] == 0 { [0, b'\r'] } else { [b'\r', 0] };
                let before = self.buffer.get((at - 2).saturating_sub(2)..at - 2);
                let strip = if length >= 2 && before == Some(&carriage) { 2 } else { 0 };
                self.push(length - strip, false);
                self.record = at;
                self.lines_in_block += 1;
                if self.is_full() {
                    break;
                }
            }
        }
        self.scanned = at;
    }

    fn scan_json(&mut self) {
        while let Some(&byte) = self.buffer.get(self.scanned) {
            let at = self.scanned;
            self.scanned += 1;
            let step = self.json.step(byte, self.buffer.get(at + 1).copied());
            if step.starts {
                self.record = at;
            }
            if step.ends {
                let end = if step.includes { at + 1 } else { at };
                self.push(end.saturating_sub(self.record), false);
                self.record = at + 1;
            } else if step.idle {
                self.record = at + 1;
            }
            if byte == b'\n' {
                self.lines_in_block += 1;
            }
            if step.ends && self.is_full() {
                return;
            }
        }
    }

    fn scan_elements(&mut self) {
        let marks = Marks::new(self.plan.charset);
        while !self.is_full() {
            let rest = self.buffer.get(self.record..).unwrap_or_default();
            if rest.is_empty() {
                break;
            }
            let (length, element) = match marks.next(rest, self.ended) {
                Piece::Element(length) => (length, true),
                Piece::Between(length) => (length, false),
                Piece::Open => break,
            };
            let piece = rest.get(..length).unwrap_or(rest);
            let lines = memchr::memchr_iter(b'\n', piece).count();
            if element || !piece.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
                self.push(length, self.ended && self.error.is_some() && !element);
            }
            self.record += length;
            self.lines_in_block =
                self.lines_in_block.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        }
        self.scanned = self.record;
    }

    /// Cuts the records of all chunks that are there in full; at the end of the file, of what is left.
    fn scan_chunks(&mut self) {
        while !self.is_full() {
            let offset = self.offset + self.record as u64;
            let rest = self.buffer.get(self.record..).unwrap_or_default();
            let has_head = offset == 0 && !rest.starts_with(chunk::CHUNK_MAGIC);
            let wanted = if has_head { FILE_HEAD_BYTES } else { WINDOWS_CHUNK_BYTES + 512 };
            if rest.is_empty() || (rest.len() < wanted && !self.ended) {
                break;
            }
            if has_head {
                let head = rest.get(..FILE_HEAD_BYTES).unwrap_or(rest);
                if let Some(fault) = chunk::file_fault(head) {
                    self.faults.push((0, fault.expected.to_owned()));
                }
                self.record += head.len();
                continue;
            }
            self.cut_chunk(offset);
        }
        self.scanned = self.record;
    }

    fn cut_chunk(&mut self, offset: u64) {
        let rest = self.buffer.get(self.record..).unwrap_or_default();
        let bytes = rest.get(..chunk::extent(rest)).unwrap_or(rest);
        let (mut stretches, mut faults) = (Vec::new(), Vec::new());
        chunk::walk(bytes, &mut stretches, &mut faults);
        let number = offset.saturating_sub(FILE_HEAD_BYTES as u64) / WINDOWS_CHUNK_BYTES as u64;
        let told =
            |fault: chunk::Fault| (offset + fault.at as u64, format!("{} (chunk {number})", fault.expected));
        self.faults.extend(faults.into_iter().map(told));
        for stretch in stretches {
            let mut new = span(self.record + stretch.start, stretch.length, 0);
            new.text_start = u32::try_from(self.record).unwrap_or(u32::MAX);
            new.text_length = u32::try_from(bytes.len()).unwrap_or(0);
            self.spans.push(new);
            self.numbers.push(stretch.record_id);
        }
        self.record += bytes.len();
    }

    /// Adds a record that begins at `self.record`.
    fn push(&mut self, length: usize, cut: bool) {
        let mut new = span(self.record, length, self.lines_in_block);
        if matches!(self.plan.cut, Cut::Json) {
            let body = self.buffer.get(self.record..self.record + length).unwrap_or_default();
            let inside = u32::try_from(memchr::memchr_iter(b'\n', body).count()).unwrap_or(0);
            new.line = self.lines_in_block.saturating_sub(inside);
        }
        new.cut = cut;
        self.spans.push(new);
    }

    /// Closes an unfinished record after `length` bytes.
    fn close(&mut self, length: usize, cut: bool) {
        self.push(length, cut);
        self.record += length;
        self.scanned = self.record;
        self.json = JsonCut::resumed(&self.json);
    }

    /// What is left at the end of the stream.
    fn last(&mut self) {
        let left = self.buffer.len() - self.record;
        if left == 0 {
            return;
        }
        if matches!(self.plan.cut, Cut::Json) && self.json.is_idle() {
            self.record = self.buffer.len();
            return;
        }
        // What a broken stream left of its last record may end anywhere, in the middle of an address too.
        let broken = self.error.is_some() && matches!(self.plan.cut, Cut::Lines | Cut::Json);
        self.push(left, broken);
        self.record = self.buffer.len();
        self.scanned = self.record;
        self.lines_in_block += 1;
    }

    /// Drops the rest of a record that is too long; `false` at the end of the stream.
    fn skip(&mut self) -> bool {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.buffer) {
                let wide = if self.plan.charset == Some(Charset::Utf16Le) { 2 } else { 1 };
                let end = (end + wide).min(self.buffer.len());
                self.buffer.drain(..end);
                self.offset += end as u64;
                self.line += 1;
                (self.skipping, self.scanned, self.record) = (false, 0, 0);
                return true;
            }
            self.offset += self.buffer.len() as u64;
            self.buffer.clear();
            (self.scanned, self.record) = (0, 0);
            if self.ended {
                return false;
            }
            self.read();
        }
    }

    /// Hands out what was cut; what follows stays.
    fn emit(&mut self) -> Block {
        let mut rest = Vec::with_capacity(self.buffer.len() - self.record + CHUNK_BYTES);
        rest.extend_from_slice(self.buffer.get(self.record..).unwrap_or_default());
        self.buffer.truncate(self.record);
        let raw = std::mem::replace(&mut self.buffer, rest);
        let spans = std::mem::replace(&mut self.spans, Vec::with_capacity(RECORDS_MAX));
        let numbers = std::mem::take(&mut self.numbers);
        let mut block = Block::new(self.plan.file, self.offset, self.line, raw, spans, self.plan.charset);
        block.numbers = numbers;
        self.offset += self.record as u64;
        self.line += u64::from(self.lines_in_block);
        self.scanned = self.scanned.saturating_sub(self.record);
        (self.record, self.lines_in_block) = (0, 0);
        block
    }
}

fn span(start: usize, length: usize, line: u32) -> Span {
    let narrow = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Span { start: narrow(start), length: narrow(length), text_start: 0, text_length: 0, line, cut: false }
}
