//! Records of Windows event logs in chunks that somebody made up: the bytes are put behind the head of a chunk, with the
//! marks and sizes of records set right, so that the fuzzer spends its time on binary XML and not on finding them.
#![no_main]

use collect::input::{Input, Limits};
use collect::stream::{PlanSettings, SourceReader, plan};
use libfuzzer_sys::fuzz_target;
use std::io::Cursor;
use vocab::{Event, Timestamp};

/// A chunk with the bytes as its records, each as long as its first byte says.
fn chunk(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0; 512];
    out[..8].copy_from_slice(b"ElfChnk\0");
    let mut rest = data;
    let mut id = 0_u64;
    while let Some((&length, behind)) = rest.split_first() {
        let body = &behind[..behind.len().min(8 * usize::from(length))];
        rest = &behind[body.len()..];
        id += 1;
        let size = (28 + body.len()) as u32;
        out.extend(b"**\0\0");
        out.extend(size.to_le_bytes());
        out.extend(id.to_le_bytes());
        out.extend(132_000_000_000_000_000_u64.to_le_bytes());
        out.extend(body);
        out.extend(size.to_le_bytes());
    }
    let free = out.len() as u32;
    out[48..52].copy_from_slice(&free.to_le_bytes());
    // No checksums: bit 2 of the marks.
    out[120] = 4;
    out.resize(out.len().next_multiple_of(65_536), 0);
    out
}

fuzz_target!(|data: &[u8]| {
    let settings = PlanSettings {
        limits: Limits::default(),
        timezone: None,
        machine_zone: jiff::tz::TimeZone::UTC,
        year: None,
        clock: Timestamp::from_seconds(1_795_326_000),
    };
    for bytes in [chunk(data), data.to_vec()] {
        let found = plan(vec![Input::stream("f", Box::new(Cursor::new(bytes)))], &settings);
        for source in &found.sources {
            let mut reader = SourceReader::new(source, &settings);
            let mut out = Vec::new();
            let mut sink = |event: &Event<'_>| {
                out.clear();
                collect::ocsf::write(event, &mut out);
                assert!(serde_json::from_slice::<serde_json::Value>(&out).is_ok());
            };
            while let Some(block) = reader.next() {
                reader.decode(&block, None, &mut sink);
            }
            reader.finish(&mut sink);
        }
    }
});
