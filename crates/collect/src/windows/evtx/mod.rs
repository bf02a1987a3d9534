//! EVTX files (DT-FMT-50 to 58): chunks, records, and the binary XML inside of them.

mod bytes;
pub(crate) mod chunk;
mod decoder;
mod program;
mod read;
mod unusual;
mod value;

use crate::record::{Cut, Sample};
use crate::registry::Format;

/// The format.
pub(crate) const EVTX: Format = Format {
    name: "evtx",
    cut: |_| Cut::Chunks,
    yearless: false,
    score,
    decoder: |_, _| Box::new(decoder::EvtxDecoder::default()),
};

/// By the first bytes of a file, of a chunk that was cut out of one, or of a chunk at its place behind a damaged head.
fn score(sample: &Sample<'_>) -> f32 {
    let behind_head = sample.bytes.get(chunk::FILE_HEAD_BYTES..).unwrap_or_default();
    if sample.bytes.starts_with(chunk::FILE_MAGIC) || sample.bytes.starts_with(chunk::CHUNK_MAGIC) {
        1.0
    } else if behind_head.starts_with(chunk::CHUNK_MAGIC) {
        0.95
    } else {
        0.0
    }
}
