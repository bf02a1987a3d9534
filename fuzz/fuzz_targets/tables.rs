//! Context files, time stamps and masking on any bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let utc = jiff::tz::TimeZone::UTC;
    let _ = collect::context::accounts(data, "f", &utc);
    let _ = collect::context::assets(data, "f");
    let _ = collect::context::networks(data, "f");
    let _ = collect::context::passwd(data, "f");
    if let Some(printed) = collect::time::any(data) {
        assert!(printed.length <= data.len());
    }
    let text = String::from_utf8_lossy(data);
    let once = collect::mask::masked(&text).into_owned();
    assert_eq!(collect::mask::masked(&once), once);
});
