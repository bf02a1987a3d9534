//! Records whose binary XML is built in a way that [`super::program`] does not compile: the crate `evtx` writes them as
//! XML, and the reader of exports reads that.

use crate::windows::fields::Fields;
use crate::windows::names::Names;
use crate::windows::xml;
use evtx::{EvtxChunkData, ParserSettings};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Most text kept for one chunk, bytes.
const TEXT_BYTES_MAX: usize = 32 << 20;

/// The records of one chunk as XML, made when the first of them is asked for.
#[derive(Default)]
pub(super) struct Unusual {
    records: Option<FxHashMap<u64, String>>,
}

impl Unusual {
    /// Another chunk.
    pub(super) fn next_chunk(&mut self) {
        self.records = None;
    }

    /// Reads the record at `at`; `None` when it cannot be read.
    pub(super) fn record(
        &mut self,
        chunk: &[u8],
        at: usize,
        names: &mut Names,
        fields: &mut Fields,
    ) -> Option<()> {
        let records = self.records.get_or_insert_with(|| rendered(chunk).unwrap_or_default());
        let text = records.get(&(at as u64))?;
        fields.clear();
        xml::read(text, names, fields).ok()
    }
}

fn rendered(chunk: &[u8]) -> Option<FxHashMap<u64, String>> {
    let settings = Arc::new(ParserSettings::new().indent(false));
    let mut data = EvtxChunkData::new(chunk.to_vec(), false).ok()?;
    let mut parsed = data.parse(settings).ok()?;
    let mut all = FxHashMap::default();
    let mut bytes = 0;
    for record in parsed.iter().filter_map(Result::ok) {
        let at = record.binxml_offset.saturating_sub(24);
        let Ok(text) = record.into_xml() else { continue };
        bytes += text.data.len();
        if bytes > TEXT_BYTES_MAX {
            break;
        }
        all.insert(at, text.data);
    }
    Some(all)
}
