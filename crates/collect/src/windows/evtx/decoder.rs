//! The decoder of EVTX files.

use super::chunk::{Head, RECORD_MAGIC};
use super::read::{Reader, Target};
use super::unusual::Unusual;
use super::value::timestamp;
use crate::record::{Decoded, Decoder, RawRecord, Settings, Sink, UnreadReason};
use crate::windows::event::Maker;
use crate::windows::fields::Fields;
use vocab::{Flags, Trust};

/// Decodes records, chunk by chunk; chunks may come in any order, and of several files.
#[derive(Default)]
pub(super) struct EvtxDecoder {
    maker: Maker,
    reader: Reader,
    unusual: Unusual,
    fields: Fields,
    /// Source, file and place of the chunk of the record before.
    chunk: Option<(u32, u32, u64)>,
}

impl Decoder for EvtxDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, _: &Settings, sink: &mut Sink<'_>) -> Decoded {
        let raw = record.origin.raw;
        if !raw.starts_with(RECORD_MAGIC) {
            return Decoded::Unread(
                UnreadReason::Corrupt,
                "an event record: its mark, its size, its size again",
            );
        }
        let chunk_at = record.origin.offset - record.around_at as u64;
        let chunk = Some((record.origin.source, record.origin.file_rank, chunk_at));
        if self.chunk != chunk {
            self.chunk = chunk;
            self.maker.tidy();
            self.reader.next_chunk();
            self.unusual.next_chunk();
        }
        self.fields.clear();
        let Self { maker, reader, unusual, fields, .. } = self;
        let carved = Head::read(record.around).is_none_or(|head| record.around_at >= head.free_at);
        let mut target = Target { names: &mut maker.names, fields };
        let read = reader.record(record.around, record.around_at, raw.len(), &mut target);
        if read.is_err()
            && unusual.record(record.around, record.around_at, &mut maker.names, fields).is_none()
        {
            return Decoded::Unread(UnreadReason::Corrupt, "an event of templates and values");
        }
        if fields.time.is_none() {
            fields.time = super::bytes::u64_at(raw, 16).and_then(timestamp);
        }
        maker.event(record, fields, "evtx", &mut |event| {
            if !carved {
                return sink(event);
            }
            // What the chunk does not count among its records was overwritten, or never finished.
            let mut event = event.clone();
            event.trust = Trust::Tr1;
            event.flags.set(Flags::INFERRED);
            sink(&event);
        });
        Decoded::Events
    }
}
