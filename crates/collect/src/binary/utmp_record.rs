//! The record of utmp, wtmp and btmp: two widths, two byte orders (B01).
//!
//! 384 bytes where the time has 32 bits (x86-64, 32-bit systems), 400 bytes where it has 64 (aarch64 and others).

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use vocab::Timestamp;

/// Width and byte order of the records of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// 384 or 400.
    pub(crate) bytes: usize,
    /// Most significant byte first.
    pub(crate) big: bool,
}

/// All shapes, the most common first.
pub(crate) const SHAPES: [Shape; 4] = [
    Shape { bytes: 384, big: false },
    Shape { bytes: 400, big: false },
    Shape { bytes: 384, big: true },
    Shape { bytes: 400, big: true },
];

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Utmp<'a> {
    /// Type, 0 to 9.
    pub(crate) kind: i16,
    /// Process of the login.
    pub(crate) pid: i32,
    /// Terminal.
    pub(crate) line: Cow<'a, str>,
    /// Account.
    pub(crate) user: Cow<'a, str>,
    /// The account fills its field: it may have been longer.
    pub(crate) user_full: bool,
    /// Name or address of the peer.
    pub(crate) host: Cow<'a, str>,
    /// Session number.
    pub(crate) session: i64,
    /// Time; `None` when zero.
    pub(crate) time: Option<Timestamp>,
    /// Address of the peer; `None` when zero.
    pub(crate) address: Option<IpAddr>,
}

/// Bytes of a fixed record, read by offset.
#[derive(Clone, Copy)]
struct Fields<'a> {
    bytes: &'a [u8],
    big: bool,
}

impl<'a> Fields<'a> {
    fn array<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.bytes.get(at..at + N)?.try_into().ok()
    }

    fn i16(&self, at: usize) -> Option<i16> {
        let bytes = self.array(at)?;
        Some(if self.big { i16::from_be_bytes(bytes) } else { i16::from_le_bytes(bytes) })
    }

    fn i32(&self, at: usize) -> Option<i32> {
        let bytes = self.array(at)?;
        Some(if self.big { i32::from_be_bytes(bytes) } else { i32::from_le_bytes(bytes) })
    }

    fn i64(&self, at: usize) -> Option<i64> {
        let bytes = self.array(at)?;
        Some(if self.big { i64::from_be_bytes(bytes) } else { i64::from_le_bytes(bytes) })
    }

    fn text(&self, at: usize, width: usize) -> Option<&'a [u8]> {
        let field = self.bytes.get(at..at + width)?;
        let end = memchr::memchr(0, field).unwrap_or(width);
        field.get(..end)
    }
}

/// Reads a record; `None` when it is shorter than its shape.
pub(crate) fn read(bytes: &[u8], shape: Shape) -> Option<Utmp<'_>> {
    let fields = Fields { bytes: bytes.get(..shape.bytes)?, big: shape.big };
    let (session, seconds, micros, address) = if shape.bytes == 400 {
        (fields.i64(336)?, fields.i64(344)?, fields.i64(352)?, fields.array::<16>(360)?)
    } else {
        let seconds = fields.i32(340)?.cast_unsigned();
        (fields.i32(336)?.into(), seconds.into(), fields.i32(344)?.into(), fields.array::<16>(348)?)
    };
    let micros = if (0..1_000_000).contains(&micros) { micros } else { 0 };
    let user = fields.text(44, 32)?;
    Some(Utmp {
        kind: fields.i16(0)?,
        pid: fields.i32(4)?,
        line: String::from_utf8_lossy(fields.text(8, 32)?),
        user: String::from_utf8_lossy(user),
        user_full: user.len() == 32,
        host: String::from_utf8_lossy(fields.text(76, 256)?),
        session,
        time: (seconds > 0).then(|| Timestamp::from_seconds(seconds).plus(micros)),
        address: ip(address),
    })
}

/// The address field: IPv4 in the first four bytes with the rest zero, else IPv6.
fn ip(bytes: [u8; 16]) -> Option<IpAddr> {
    let [a, b, c, d, rest @ ..] = bytes;
    match (a | b | c | d, rest == [0; 12]) {
        (0, true) => None,
        (_, true) => Some(Ipv4Addr::new(a, b, c, d).into()),
        _ => Some(IpAddr::from(Ipv6Addr::from(bytes)).to_canonical()),
    }
}

/// Share of the first 100 records that can be records of this shape, 0 to 1. Empty records count for nothing.
pub(crate) fn plausibility(bytes: &[u8], shape: Shape) -> f32 {
    let (mut good, mut all) = (0_u8, 0_u8);
    for record in bytes.chunks_exact(shape.bytes).take(100) {
        if record.iter().all(|byte| *byte == 0) {
            continue;
        }
        all += 1;
        good += u8::from(is_plausible(record, shape));
    }
    if all == 0 { 0.0 } else { f32::from(good) / f32::from(all) }
}

fn is_plausible(bytes: &[u8], shape: Shape) -> bool {
    let fields = Fields { bytes, big: shape.big };
    let printable = |at, width| {
        fields
            .text(at, width)
            .is_some_and(|text| text.iter().filter(|byte| **byte < 32).count() * 2 <= text.len())
    };
    let Some(record) = read(bytes, shape) else { return false };
    let unused = bytes.get(shape.bytes - 24..).unwrap_or_default();
    // 1995-01-01 to 2100-01-01
    let is_time = record.time.is_none_or(|time| (788_918_400..4_102_444_800).contains(&time.seconds()));
    let named = record.kind == 0 || record.time.is_some();
    (0..=9).contains(&record.kind)
        && fields.array::<2>(2) == Some([0, 0])
        && is_time
        && named
        && unused.iter().skip(4).all(|byte| *byte == 0)
        && printable(8, 32)
        && printable(44, 32)
        && printable(76, 256)
}

/// The shape that fits the sample best, with its share; the earlier one on a draw.
pub(crate) fn shape_of(bytes: &[u8]) -> Option<(Shape, f32)> {
    let mut best: Option<(Shape, f32)> = None;
    for shape in SHAPES {
        let share = plausibility(bytes, shape);
        if share > best.map_or(0.0, |(_, share)| share) {
            best = Some((shape, share));
        }
    }
    best
}
