//! Rotation chains across New Year, zones, daylight saving, encodings.

use crate::support::{CLOCK, access, auth, gzip, put, run, run_with, settings, sshd};
use collect::input::Input;
use collect::stream::PlanSettings;
use encoding_rs::{EUC_JP, SHIFT_JIS};
use jiff::tz::TimeZone;
use vocab::Timestamp;

fn at(text: &str) -> Timestamp {
    Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
}

#[test]
fn five_formats_in_chains_across_new_year() {
    let folder = tempfile::tempdir().unwrap();
    let stamps = ["Dec 31 23:59:58", "Jan  1 00:00:01", "Nov 21 12:00:00"];
    let lines: Vec<_> = stamps.iter().map(|stamp| sshd(stamp, "192.0.2.1")).collect();
    put(folder.path(), "auth.log.2.gz", gzip(lines[0].as_bytes()));
    put(folder.path(), "auth.log.1", &lines[1]);
    put(folder.path(), "auth.log", &lines[2]);
    put(folder.path(), "secure-20260104.gz", gzip((lines[0].clone() + &lines[1]).as_bytes()));
    put(folder.path(), "secure", &lines[2]);
    let iso = |time: &str| sshd(time, "192.0.2.2");
    put(folder.path(), "messages.1", iso("2025-12-31T23:59:58+09:00"));
    put(folder.path(), "messages", iso("2026-01-01T00:00:01+09:00"));
    let day = |date: &str| access("192.0.2.3", "/").replace("22/Nov/2026:04:05:06", date);
    put(folder.path(), "access.log.1.gz", gzip(day("31/Dec/2025:23:59:58").as_bytes()));
    put(folder.path(), "access.log", day("01/Jan/2026:00:00:01"));
    let mut login = [0_u8; 384];
    login[0] = 7;
    login[8..13].copy_from_slice(b"pts/0");
    login[44..47].copy_from_slice(b"bob");
    login[340..344].copy_from_slice(&1_767_193_198_i32.to_le_bytes());
    put(folder.path(), "wtmp.1", login.repeat(4));
    put(folder.path(), "wtmp", login.repeat(2));
    let run = run(folder.path());
    assert_eq!(run.unread(folder.path()), []);
    let formats: Vec<_> =
        run.plan.sources.iter().map(|source| (source.files.len(), source.files[0].format)).collect();
    assert_eq!(formats, [(2, "web_access"), (3, "syslog"), (2, "syslog"), (2, "syslog"), (2, "utmp")]);
    let times = |name: &str| run.of(name).iter().filter_map(|event| event.time).collect::<Vec<_>>();
    let (before, after) = (at("2025-12-31T14:59:58Z"), at("2025-12-31T15:00:01Z"));
    assert_eq!(times("auth.log.2.gz"), [before]);
    assert_eq!(times("auth.log.1"), [after]);
    assert_eq!(times("/auth.log"), [at("2026-11-21T03:00:00Z")]);
    assert_eq!(times("secure-20260104.gz"), [before, after]);
    assert_eq!((times("messages.1"), times("/messages")), (vec![before], vec![after]));
    assert_eq!((times("access.log.1.gz"), times("/access.log")), (vec![before], vec![after]));
    assert_eq!(times("wtmp.1"), [before; 4]);
    let anchors: Vec<_> = run.years.iter().map(|years| (years.newest, years.anchor.assumed())).collect();
    assert_eq!(anchors, [(2026, true), (2026, false)]);
    let assumed = |name: &str| run.of(name).iter().all(|event| event.flags.contains(&"year_assumed"));
    assert!(assumed("auth.log.1") && !assumed("secure-20260104.gz") && !assumed("/messages"));
}

#[test]
fn wrong_and_missing_zones_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "auth.log", sshd("Nov 21 12:00:00", "192.0.2.1"));
    put(folder.path(), "img/etc/timezone", "America/New_York\n");
    put(folder.path(), "img/var/log/auth.log", sshd("Nov 21 12:00:00", "192.0.2.1"));
    let of = |settings: &PlanSettings, name: &str| {
        let run = run_with(vec![Input::Path(folder.path().to_owned())], settings);
        let event = run.of(name)[0].clone();
        (event.time.unwrap(), event.flags.contains(&"zone_assumed"))
    };
    let assumed = settings();
    assert!(of(&assumed, "/auth.log").1);
    assert_eq!(of(&assumed, "img/var/log/auth.log"), (at("2026-11-21T17:00:00Z"), false));
    let given = PlanSettings { timezone: TimeZone::get("Europe/London").ok(), ..settings() };
    assert_eq!(of(&given, "img/var/log/auth.log"), (at("2026-11-21T12:00:00Z"), false));
}

#[test]
fn daylight_saving_by_the_order_of_lines() {
    let folder = tempfile::tempdir().unwrap();
    let stamps = [
        "Oct 25 01:59:59",
        "Oct 25 02:30:00",
        "Oct 25 02:59:59",
        "Oct 25 02:00:00",
        "Oct 25 02:30:00",
        "Oct 25 03:00:00",
    ];
    put(folder.path(), "auth.log", stamps.map(|stamp| sshd(stamp, "192.0.2.1")).concat());
    let settings = PlanSettings { timezone: TimeZone::get("Europe/Berlin").ok(), ..settings() };
    let run = run_with(vec![Input::Path(folder.path().to_owned())], &settings);
    let times: Vec<_> = run.events.iter().map(|event| event.time.unwrap()).collect();
    let expected = ["23:59:59", "00:30:00", "00:59:59", "01:00:00", "01:30:00", "02:00:00"];
    let expected: Vec<_> = expected
        .iter()
        .enumerate()
        .map(|(index, time)| at(&format!("2026-10-{}T{time}Z", if index == 0 { 24 } else { 25 })))
        .collect();
    assert_eq!(times, expected);
}

#[test]
fn encodings_of_text() {
    let folder = tempfile::tempdir().unwrap();
    let line = "Nov 21 12:00:00 web01 sshd[77]: Failed password for invalid user 山田さくら from 192.0.2.1 port 22 ssh2\n";
    let utf16 = |bom: bool, little: bool| -> Vec<u8> {
        let text = line.repeat(3);
        let units = bom.then_some(0xfeff).into_iter().chain(text.encode_utf16());
        units.flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
    };
    put(folder.path(), "a/auth.log", utf16(true, true));
    put(folder.path(), "b/auth.log", utf16(true, false));
    put(folder.path(), "c/auth.log", utf16(false, true));
    put(folder.path(), "d/auth.log", SHIFT_JIS.encode(&line.repeat(3)).0);
    put(folder.path(), "e/auth.log", EUC_JP.encode(&line.repeat(3)).0);
    put(folder.path(), "f/auth.log", format!("\u{feff}{}", line.repeat(3)));
    let run = run(folder.path());
    assert_eq!(run.unread(folder.path()), []);
    for name in ["a", "b", "c", "d", "e", "f"] {
        let events = run.of(&format!("{name}/auth.log"));
        assert_eq!(events.len(), 3, "{name}");
        for event in events {
            assert_eq!(event.user.as_deref(), Some("山田さくら"), "{name}");
            assert_eq!(event.ip.as_deref(), Some("192.0.2.1"), "{name}");
            assert_eq!(event.flags.contains(&"encoding_guessed"), matches!(name, "d" | "e"), "{name}");
        }
    }
}

/// Hashes and offsets are of the original bytes, whatever the encoding (DT-FMT-04).
#[test]
fn offsets_are_of_the_original_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let line = "Nov 21 12:00:00 web01 sshd[77]: Failed password for invalid user 山田さくら from 192.0.2.1 port 22 ssh2\n";
    let bytes = SHIFT_JIS.encode(&line.repeat(2)).0.into_owned();
    put(folder.path(), "auth.log", &bytes);
    let run = run(folder.path());
    let second: serde_json::Value = serde_json::from_str(&run.events[1].ocsf).unwrap();
    assert_eq!(second["unmapped"]["sekisho"]["offset"], (bytes.len() / 2) as u64);
    assert_eq!(second["raw_data_size"], (bytes.len() / 2 - 1) as u64);
}

#[test]
fn the_clock_is_the_last_anchor() {
    let input = Input::stream("-", Box::new(std::io::Cursor::new(auth("192.0.2.1", 3).into_bytes())));
    let run = run_with(vec![input], &settings());
    assert_eq!(run.years.len(), 1);
    assert_eq!(serde_json::to_value(run.years[0].anchor).unwrap(), "clock");
    assert!(run.events.iter().all(|event| event.time.is_some_and(|time| time < CLOCK)));
}
