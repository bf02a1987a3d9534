//! B02: lastlog, the last login of each account: one slot for each user id, 292 bytes (296 where the time has 64 bits). Free text:
//! terminal and host, both of fixed place. The file is sparse: empty slots are passed over.
//!
//! For the attempt counter: the login was told by other records; the event has `count` 0.

use crate::record::{Cut, Decoded, Decoder, RawRecord, Sample, Settings, Sink, UnreadReason};
use crate::registry::Format;
use std::borrow::Cow;
use vocab::{Class, Event, Flags, Outcome, Reason, Timestamp, Trust, activity};

/// The format.
pub(crate) const LASTLOG: Format = Format {
    name: "lastlog",
    cut: |sample| Cut::Fixed(slot_bytes(sample)),
    yearless: false,
    score,
    decoder: |sample, _| Box::new(LastlogDecoder { wide: slot_bytes(sample) == WIDE }),
};

const NARROW: usize = 292;
const WIDE: usize = 296;
const LINE_BYTES: usize = 32;

/// 292 or 296, by the size of the file and by what the slots hold.
fn slot_bytes(sample: &Sample<'_>) -> usize {
    let fits = |bytes: usize| sample.size.is_none_or(|size| size % bytes as u64 == 0);
    if fits(NARROW) && (!fits(WIDE) || good(sample, NARROW) >= good(sample, WIDE)) { NARROW } else { WIDE }
}

/// Share of the slots in use that hold a login, 0 to 1; 0 when none is in use.
fn good(sample: &Sample<'_>, bytes: usize) -> f32 {
    let (mut used, mut good) = (0_u16, 0_u16);
    for slot in sample.bytes.chunks_exact(bytes).filter(|slot| slot.iter().any(|byte| *byte != 0)) {
        used += 1;
        good += u16::from(Slot::read(slot, bytes == WIDE).is_some_and(|slot| slot.is_plausible()));
    }
    if used == 0 { 0.0 } else { f32::from(good) / f32::from(used) }
}

fn score(sample: &Sample<'_>) -> f32 {
    if memchr::memchr(0, sample.bytes).is_none() {
        return 0.0;
    }
    let named = sample.name.rsplit(['/', '!']).next().is_some_and(|name| name.starts_with("lastlog"));
    let sized = sample.size.is_some_and(|size| size > 0 && (size % 292 == 0 || size % 296 == 0));
    let empty = sample.bytes.iter().all(|byte| *byte == 0);
    if empty {
        // Accounts of people begin far behind the sample: name and size tell.
        return if named && sized { 0.7 } else { 0.0 };
    }
    let share = good(sample, slot_bytes(sample));
    if named && sized { share.max(0.5) + 0.2 } else { share * 0.9 }
}

/// A slot in use.
struct Slot<'a> {
    seconds: i64,
    line: Cow<'a, str>,
    host: Cow<'a, str>,
}

impl<'a> Slot<'a> {
    fn read(bytes: &'a [u8], wide: bool) -> Option<Self> {
        let (seconds, rest) = if wide {
            let (head, rest) = bytes.split_first_chunk::<8>()?;
            (i64::from_le_bytes(*head), rest)
        } else {
            let (head, rest) = bytes.split_first_chunk::<4>()?;
            (i64::from(u32::from_le_bytes(*head)), rest)
        };
        let (line, host) = rest.split_at_checked(LINE_BYTES)?;
        Some(Self { seconds, line: text(line), host: text(host) })
    }

    fn is_plausible(&self) -> bool {
        let printable = |text: &str| !text.chars().any(char::is_control) && !text.contains('\u{fffd}');
        self.seconds > 600_000_000
            && self.seconds < 8_000_000_000
            && printable(&self.line)
            && printable(&self.host)
    }
}

/// Text up to the first NUL.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    String::from_utf8_lossy(bytes.get(..end).unwrap_or(bytes))
}

struct LastlogDecoder {
    wide: bool,
}

impl Decoder for LastlogDecoder {
    fn decode(&mut self, record: &RawRecord<'_>, settings: &Settings, sink: &mut Sink<'_>) -> Decoded {
        let bytes = record.origin.raw;
        if bytes.iter().all(|byte| *byte == 0) {
            return Decoded::Nothing;
        }
        let Some(slot) = Slot::read(bytes, self.wide).filter(|_| bytes.len() >= NARROW) else {
            return Decoded::Unread(UnreadReason::Corrupt, "a whole slot of 292 or 296 bytes");
        };
        let size = if self.wide { WIDE } else { NARROW } as u64;
        let time = Timestamp::from_seconds(slot.seconds);
        let mut event = Event {
            time: Some(time).filter(|time| crate::time::within_reason(*time, settings.clock)),
            tz_offset_min: Some(0),
            class: Class::Authentication,
            activity: activity::AUTH_LOGON,
            outcome: Outcome::Success,
            reason: Reason::Ok,
            product: "linux",
            dst_host: (!settings.host.is_empty()).then_some(Cow::Borrowed(settings.host.as_str())),
            user_uid: Some(Cow::Owned((record.origin.offset / size).to_string())),
            count: 0,
            trust: Trust::Tr3,
            flags: record.flags,
            origin: record.origin.clone(),
            ..Event::default()
        };
        if event.time.is_none() {
            event.flags.set(Flags::BAD_TIME);
        }
        (event.origin.parser, event.origin.parser_version, event.origin.grammar) = ("lastlog", 1, "B02");
        event.message = Some(Cow::Owned(format!(
            "last login uid={} line={} host={}",
            record.origin.offset / size,
            slot.line,
            slot.host
        )));
        event.src_ip = crate::web::proxies::address(&slot.host);
        event.is_remote = Some(!slot.host.is_empty() && !slot.host.starts_with(':'));
        if event.src_ip.is_none() && !slot.host.is_empty() {
            event.src_host = Some(slot.host);
        }
        if !slot.line.is_empty() {
            event.device = Some(slot.line);
        }
        sink(&event);
        Decoded::Events
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::testing::{origin, settings};
    use proptest::prelude::*;

    fn slot(seconds: u32, line: &str, host: &str) -> Vec<u8> {
        let mut bytes = seconds.to_le_bytes().to_vec();
        bytes.extend_from_slice(line.as_bytes());
        bytes.resize(36, 0);
        bytes.extend_from_slice(host.as_bytes());
        bytes.resize(292, 0);
        bytes
    }

    fn read(bytes: &[u8], name: &str) -> Vec<String> {
        let sample = Sample { bytes, text: "", name, complete: true, size: Some(bytes.len() as u64) };
        let size = slot_bytes(&sample);
        let mut decoder = (LASTLOG.decoder)(&sample, &settings());
        let mut out = Vec::new();
        for (at, chunk) in bytes.chunks(size).enumerate() {
            let mut origin = origin(chunk);
            origin.offset = (at * size) as u64;
            let record =
                RawRecord { origin, text: "", flags: Flags::default(), year: 0, ..RawRecord::default() };
            decoder.decode(&record, &settings(), &mut |event| {
                out.push(format!(
                    "{} {} {:?} x{}",
                    event.time.map_or(0, Timestamp::seconds),
                    event.user_uid.as_deref().unwrap_or_default(),
                    event.src_ip,
                    event.count
                ));
            });
        }
        out
    }

    #[test]
    fn slots_are_user_ids() {
        let mut bytes = vec![0; 292 * 3];
        bytes.extend(slot(1_795_287_906, "pts/0", "192.0.2.1"));
        bytes.extend(slot(1_795_287_907, "tty1", ""));
        assert_eq!(read(&bytes, "x"), ["1795287906 3 Some(192.0.2.1) x0", "1795287907 4 None x0"]);
        let sample =
            Sample { bytes: &bytes, text: "", name: "x", complete: true, size: Some(bytes.len() as u64) };
        assert!((LASTLOG.score)(&sample) > 0.8);
        let zeros = vec![0; 292 * 100];
        let mut sample =
            Sample { bytes: &zeros, text: "", name: "var/log/lastlog", complete: true, size: Some(29_200) };
        assert!((LASTLOG.score)(&sample) > 0.6);
        sample.name = "other";
        assert!((LASTLOG.score)(&sample) < 0.1);
    }

    proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(prop_oneof![Just(0), any::<u8>()], 0..900)) {
            let sample = Sample { bytes: &bytes, text: "", name: "lastlog", complete: true, size: None };
            (LASTLOG.score)(&sample);
            read(&bytes, "lastlog");
        }
    }
}
