//! Every decoder on lines it did not choose: the first byte picks the format, whatever its scorer thinks of the bytes.
#![no_main]

use collect::record::{Cut, RawRecord, Sample, Settings};
use collect::registry::FORMATS;
use libfuzzer_sys::fuzz_target;
use vocab::{Event, Flags, Origin, Timestamp};

fuzz_target!(|data: &[u8]| {
    let Some((&pick, bytes)) = data.split_first() else { return };
    let Some(format) = FORMATS.get(usize::from(pick) % FORMATS.len()) else { return };
    let settings = Settings {
        zone: jiff::tz::TimeZone::UTC,
        zone_assumed: true,
        clock: Timestamp::from_seconds(1_795_326_000),
        host: String::new(),
    };
    let text = String::from_utf8_lossy(bytes);
    let sample = Sample { bytes, text: &text, name: "f", complete: true, size: Some(bytes.len() as u64) };
    let score = (format.score)(&sample);
    assert!((0.0..=1.0).contains(&score), "{}: {score}", format.name);
    let cut = (format.cut)(&sample);
    let mut decoder = (format.decoder)(&sample, &settings);
    let mut sink = |event: &Event<'_>| {
        assert!(!event.flags.has(Flags::AMBIGUOUS) || event.src_ip.is_none(), "DT-EVT-06: {}", format.name);
    };
    let records: Vec<&[u8]> = match cut {
        Cut::Lines => bytes.split(|byte| *byte == b'\n').collect(),
        Cut::Fixed(size) => bytes.chunks(size.max(1)).collect(),
        Cut::Json | Cut::Whole | Cut::Chunks | Cut::Elements => vec![bytes],
    };
    for (line, raw) in records.into_iter().enumerate() {
        let text = String::from_utf8_lossy(raw);
        let origin = Origin { file: "f", line: line as u64 + 1, raw, ..Origin::default() };
        let record = RawRecord { origin, text: &text, year: 2026, around: raw, ..RawRecord::default() };
        let _ = decoder.decode(&record, &settings, &mut sink);
    }
    decoder.finish(&settings, &mut sink);
    let _ = decoder.take_misses();
});
