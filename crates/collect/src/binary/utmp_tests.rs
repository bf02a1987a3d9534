//! Tests of the login-record decoder: widths, byte orders, families, wiped records.

use super::utmp::{UTMP, UtmpDecoder};
use crate::record::{Cut, Decoded, Decoder, RawRecord, Sample};
use crate::web::testing::{origin, settings};
use proptest::prelude::*;
use vocab::{Class, Event, Flags, Outcome, Timestamp};

struct Record<'a> {
    kind: i16,
    pid: i32,
    line: &'a str,
    user: &'a str,
    host: &'a str,
    seconds: i64,
    address: [u8; 16],
}

const LOGIN: Record<'static> = Record {
    kind: 7,
    pid: 4711,
    line: "pts/0",
    user: "alice",
    host: "203.0.113.7",
    seconds: 1_795_287_906,
    address: [203, 0, 113, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
};

impl Record<'_> {
    fn bytes(&self, wide: bool, big: bool) -> Vec<u8> {
        let mut bytes = vec![0; if wide { 400 } else { 384 }];
        let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
        put(0, &if big { self.kind.to_be_bytes() } else { self.kind.to_le_bytes() });
        put(4, &if big { self.pid.to_be_bytes() } else { self.pid.to_le_bytes() });
        put(8, self.line.as_bytes());
        put(44, self.user.as_bytes());
        put(76, self.host.as_bytes());
        if wide {
            put(344, &if big { self.seconds.to_be_bytes() } else { self.seconds.to_le_bytes() });
            put(360, &self.address);
        } else {
            let seconds = u32::try_from(self.seconds).unwrap();
            put(340, &if big { seconds.to_be_bytes() } else { seconds.to_le_bytes() });
            put(348, &self.address);
        }
        bytes
    }
}

fn sample<'a>(bytes: &'a [u8], name: &'a str) -> Sample<'a> {
    Sample { bytes, text: "", name, complete: true, size: Some(bytes.len() as u64) }
}

/// Reads a whole file and hands each event to `test`; gives the number of events.
fn read(file: &[u8], name: &str, mut test: impl FnMut(usize, &Event<'_>)) -> usize {
    let sample = sample(file, name);
    assert!((UTMP.score)(&sample) > 0.6, "{name} is recognised");
    let Cut::Fixed(width) = (UTMP.cut)(&sample) else { panic!("fixed records") };
    let mut decoder = UtmpDecoder::new(&sample);
    let mut seen = 0;
    for bytes in file.chunks(width) {
        let record = RawRecord {
            origin: origin(bytes),
            text: "",
            flags: Flags::default(),
            year: 0,
            ..RawRecord::default()
        };
        decoder.decode(&record, &settings(), &mut |event| {
            test(seen, event);
            seen += 1;
        });
    }
    seen
}

#[test]
fn both_widths_and_byte_orders_read_the_same() {
    let boot =
        Record { kind: 2, pid: 0, line: "~", user: "reboot", host: "6.1.0", address: [0; 16], ..LOGIN };
    let logout =
        Record { kind: 8, user: "", host: "", address: [0; 16], seconds: LOGIN.seconds + 60, ..LOGIN };
    for (wide, big) in [(false, false), (false, true), (true, false), (true, true)] {
        let file: Vec<u8> =
            [&boot, &LOGIN, &logout].iter().flat_map(|record| record.bytes(wide, big)).collect();
        let count = read(&file, "x", |at, event| {
            assert_eq!(event.origin.parser, "wtmp");
            match at {
                0 => {
                    assert_eq!(
                        (event.class, event.signature.as_deref()),
                        (Class::EventLog, Some("BOOT_TIME"))
                    );
                    assert_eq!(event.src_ip, None);
                }
                1 => {
                    assert_eq!(
                        (event.class, event.activity, event.outcome),
                        (Class::Authentication, 1, Outcome::Success)
                    );
                    assert_eq!(event.user.as_deref(), Some("alice"));
                    assert_eq!(event.src_ip, Some([203, 0, 113, 7].into()));
                    assert_eq!(event.time, Some(Timestamp::from_seconds(1_795_287_906)));
                    assert_eq!((event.device.as_deref(), event.pid), (Some("pts/0"), Some(4711)));
                }
                _ => assert_eq!((event.activity, event.user.as_deref()), (2, None)),
            }
        });
        assert_eq!(count, 3);
    }
}

#[test]
fn failed_logins_are_known_by_content() {
    let failed = Record { kind: 6, line: "ssh:notty", user: "root", ..LOGIN };
    let odd = Record { user: "x from 198.51.100.9 port 22 ssh2x", line: "ssh:notty", kind: 6, ..LOGIN };
    let odd = Record { user: &odd.user[..32], ..odd };
    let file: Vec<u8> = [failed, odd].iter().flat_map(|record| record.bytes(false, false)).collect();
    let count = read(&file, "renamed", |at, event| {
        assert_eq!((event.origin.parser, event.origin.grammar), ("btmp", "B01-btmp"));
        assert_eq!((event.activity, event.outcome), (1, Outcome::Failure));
        assert_eq!(event.src_ip, Some([203, 0, 113, 7].into()));
        assert_eq!(event.flags.has(Flags::TRUNCATED), at == 1);
        assert_eq!(event.service.as_deref(), Some("sshd"));
    });
    assert_eq!(count, 2);
}

#[test]
fn the_name_decides_where_the_content_does_not() {
    let file = LOGIN.bytes(false, false);
    for (name, parser) in [("var/log/btmp.1", "btmp"), ("wtmp", "wtmp"), ("run/utmp", "utmp")] {
        read(&file, name, |_, event| assert_eq!(event.origin.parser, parser));
    }
    // A file with a boot record is no btmp, whatever its name.
    let boot = Record { kind: 2, ..LOGIN };
    read(&boot.bytes(false, false), "btmp", |_, event| assert_eq!(event.origin.parser, "wtmp"));
}

#[test]
fn wiped_records_are_a_sign_of_tampering() {
    let mut file = LOGIN.bytes(false, false);
    file.extend([0; 384]);
    file.extend(LOGIN.bytes(false, false));
    let count = read(&file, "wtmp", |at, event| {
        assert_eq!(event.signature.as_deref() == Some("ZEROED_RECORD"), at == 1);
    });
    assert_eq!(count, 3);
    assert_eq!(read(&file, "utmp", |_, _| {}), 2);
    assert_eq!(read(&[0; 768], "wtmp", |_, _| {}), 2);
}

#[test]
fn ipv6_and_names() {
    let mut address = [0; 16];
    address[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
    address[15] = 7;
    let file = Record { address, host: "host.example.org", ..LOGIN }.bytes(false, false);
    read(&file, "wtmp", |_, event| {
        assert_eq!(event.src_ip, "2001:db8::7".parse().ok());
        assert_eq!(event.src_host.as_deref(), Some("host.example.org"));
    });
    let file = Record { address: [0; 16], host: ":0", ..LOGIN }.bytes(false, false);
    read(&file, "wtmp", |_, event| assert_eq!((event.src_ip, event.is_remote), (None, Some(false))));
}

#[test]
fn other_files_are_not_login_records() {
    for bytes in [&b"Nov 22 04:05:06 h sshd[1]: x\n".repeat(40)[..], &[0; 4096], &[7; 4096]] {
        assert!((UTMP.score)(&sample(bytes, "x")) < 0.6);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..1200)) {
        let mut decoder = UtmpDecoder::new(&sample(&bytes, "wtmp"));
        (UTMP.score)(&sample(&bytes, "wtmp"));
        for chunk in bytes.chunks(384) {
            let record = RawRecord { origin: origin(chunk), text: "", flags: Flags::default(), year: 0, ..RawRecord::default() };
            let decoded = decoder.decode(&record, &settings(), &mut |_| {});
            prop_assert!(chunk.len() == 384 || decoded != Decoded::Events);
        }
    }
}
