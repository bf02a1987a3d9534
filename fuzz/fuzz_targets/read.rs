//! Any bytes as an input: recognised, unpacked, cut and decoded without a panic, within the limits, and the same twice.
#![no_main]

use collect::input::{Input, Limits};
use collect::stream::{PlanSettings, SourceReader, plan};
use libfuzzer_sys::fuzz_target;
use vocab::{Event, Timestamp};

fn read(data: &[u8]) -> (Vec<u8>, u64) {
    let settings = PlanSettings {
        limits: Limits { file_bytes_max: 4 << 20, ratio_free_bytes: 1 << 20, members_max: 16, ..Limits::default() },
        timezone: None,
        machine_zone: jiff::tz::TimeZone::UTC,
        year: None,
        clock: Timestamp::from_seconds(1_795_326_000),
    };
    let input = Input::stream("-", Box::new(std::io::Cursor::new(data.to_vec())));
    let plan = plan(vec![input], &settings);
    let (mut lines, mut unread) = (Vec::new(), plan.unread.total());
    for source in &plan.sources {
        let mut reader = SourceReader::new(source, &settings);
        let mut sink = |event: &Event<'_>| {
            assert!(!event.flags.has(vocab::Flags::AMBIGUOUS) || event.src_ip.is_none(), "DT-EVT-06");
            let start = lines.len();
            collect::ocsf::write(event, &mut lines);
            assert!(serde_json::from_slice::<serde_json::Value>(&lines[start..]).is_ok());
            lines.push(b'\n');
        };
        while let Some(block) = reader.next() {
            assert!(block.len() <= collect::stream::RECORDS_MAX && !block.is_empty());
            reader.decode(&block, None, &mut sink);
        }
        reader.finish(&mut sink);
        unread += reader.into_report().unread.total();
    }
    (lines, unread)
}

fuzz_target!(|data: &[u8]| {
    assert_eq!(read(data), read(data));
});
