//! A run of records of one file, cut but not yet understood: what goes into one bulk entry of the ledger.

use crate::input::text::Charset;
use std::sync::Arc;

/// Most records of a block.
pub const RECORDS_MAX: usize = 4_096;
/// Bytes at which a block is full; also the longest record that is kept.
pub const BLOCK_BYTES_MAX: usize = 4 << 20;
/// How much of a record is parsed.
pub const PARSED_BYTES_MAX: usize = 64 << 10;

/// Place of a record in its block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) length: u32,
    /// Place of the text; of a binary record, the chunk that it stands in.
    pub(crate) text_start: u32,
    pub(crate) text_length: u32,
    /// Lines after the first line of the block.
    pub(crate) line: u32,
    /// The record went on: beyond what is kept, or beyond the place where its stream broke off.
    pub(crate) cut: bool,
}

#[derive(Clone, Debug)]
enum Body {
    /// All bytes are valid UTF-8; text and bytes are the same.
    Same(String),
    /// The text had to be decoded.
    Decoded { raw: Vec<u8>, text: String },
    /// Binary records.
    Binary(Vec<u8>),
}

/// At most [`RECORDS_MAX`] records of one file and about [`BLOCK_BYTES_MAX`] bytes (a format that is one record as a whole
/// may be larger). Owns its bytes, so that it can be appended to a ledger before it is decoded (DT-EVT-01).
#[derive(Clone, Debug)]
pub struct Block {
    pub(crate) file: usize,
    pub(crate) offset: u64,
    pub(crate) line: u64,
    pub(crate) spans: Vec<Span>,
    /// Number of each record, where records have numbers of their own; else empty.
    pub(crate) numbers: Vec<u64>,
    /// How the file of the block begins.
    pub(crate) opening: Arc<Opening>,
    body: Body,
}

/// The beginning of a file, from which decoders learn how it is laid out.
#[derive(Debug, Default)]
pub(crate) struct Opening {
    /// Its first bytes.
    pub(crate) bytes: Vec<u8>,
    /// They are the whole file.
    pub(crate) complete: bool,
}

/// One record of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockRecord<'b> {
    /// Byte offset in the decompressed stream.
    pub offset: u64,
    /// Line or record number from 1.
    pub line: u64,
    /// The record as received, without the line end.
    pub raw: &'b [u8],
    /// As text; empty for binary formats.
    pub(crate) text: &'b str,
    pub(crate) cut: bool,
    /// The chunk that the record stands in; empty where there are none.
    pub(crate) around: &'b [u8],
    /// Place of the record in `around`.
    pub(crate) around_at: usize,
}

impl BlockRecord<'_> {
    /// The last record of a stream that broke off inside of it.
    pub(crate) const fn is_broken_off(&self) -> bool {
        self.cut && self.raw.len() < BLOCK_BYTES_MAX
    }
}

impl Block {
    /// Puts a block together. `charset` `None` = binary.
    pub(crate) fn new(
        file: usize,
        offset: u64,
        line: u64,
        raw: Vec<u8>,
        mut spans: Vec<Span>,
        charset: Option<Charset>,
    ) -> Self {
        let body = match charset {
            None => Body::Binary(raw),
            Some(charset) => match (charset, String::from_utf8(raw)) {
                (Charset::Utf8 | Charset::ShiftJis | Charset::EucJp, Ok(text)) => {
                    let bom = if offset == 0 && text.starts_with('\u{feff}') { 3 } else { 0 };
                    for (index, span) in spans.iter_mut().enumerate() {
                        let skip = if index == 0 && span.start == 0 && span.length >= bom { bom } else { 0 };
                        (span.text_start, span.text_length) = (span.start + skip, span.length - skip);
                    }
                    Body::Same(text)
                }
                (charset, Ok(text)) => decoded(text.into_bytes(), &mut spans, charset),
                (charset, Err(error)) => decoded(error.into_bytes(), &mut spans, charset),
            },
        };
        Self { file, offset, line, spans, numbers: Vec::new(), opening: Arc::default(), body }
    }

    /// Number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Holds no record?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Index of the file in its [`super::SourcePlan`].
    #[must_use]
    pub const fn file(&self) -> usize {
        self.file
    }

    /// Bytes of the records together, without line ends.
    #[must_use]
    pub fn record_bytes(&self) -> u64 {
        self.spans.iter().map(|span| u64::from(span.length)).sum()
    }

    /// Bytes that the block takes in memory, about.
    #[must_use]
    pub fn bytes_held(&self) -> usize {
        let decoded = if let Body::Decoded { text, .. } = &self.body { text.len() } else { 0 };
        self.raw().len() + decoded + self.spans.len() * size_of::<Span>()
    }

    fn raw(&self) -> &[u8] {
        match &self.body {
            Body::Same(text) => text.as_bytes(),
            Body::Decoded { raw, .. } | Body::Binary(raw) => raw,
        }
    }

    fn text(&self) -> &str {
        match &self.body {
            Body::Same(text) | Body::Decoded { text, .. } => text,
            Body::Binary(_) => "",
        }
    }

    /// The records in order.
    pub fn records(&self) -> impl ExactSizeIterator<Item = BlockRecord<'_>> {
        let (raw, text) = (self.raw(), self.text());
        self.spans.iter().enumerate().map(move |(index, span)| {
            let start = span.start as usize;
            let text_start = span.text_start as usize;
            let around = text_start..text_start + span.text_length as usize;
            BlockRecord {
                offset: self.offset + u64::from(span.start),
                line: self.numbers.get(index).copied().unwrap_or(self.line + u64::from(span.line)),
                raw: raw.get(start..start + span.length as usize).unwrap_or_default(),
                text: text.get(around.clone()).unwrap_or_default(),
                cut: span.cut,
                around: if text.is_empty() { raw.get(around).unwrap_or_default() } else { &[] },
                around_at: start.saturating_sub(text_start),
            }
        })
    }
}

fn decoded(raw: Vec<u8>, spans: &mut [Span], charset: Charset) -> Body {
    let mut text = String::with_capacity(raw.len());
    for span in spans {
        let start = span.start as usize;
        let bytes = raw.get(start..start + span.length as usize).unwrap_or_default();
        let before = text.len();
        // Long records are decoded as far as they are parsed.
        let bytes = bytes.get(..2 * PARSED_BYTES_MAX).unwrap_or(bytes);
        match (charset, std::str::from_utf8(bytes)) {
            (Charset::Utf8, Ok(valid)) => text.push_str(valid),
            _ => charset.decode_into(bytes, &mut text),
        }
        let bom = usize::from(text.get(before..).is_some_and(|new| new.starts_with('\u{feff}'))) * 3;
        span.text_start = u32::try_from(before + bom).unwrap_or(u32::MAX);
        span.text_length = u32::try_from(text.len() - before - bom).unwrap_or(0);
    }
    Body::Decoded { raw, text }
}
