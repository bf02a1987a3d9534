//! Values of a record: typed bytes to text, as Windows and the crate `evtx` 0.15 write them.

use super::bytes::{array, u8_at, u16_at, u32_at, u64_at, utf16};
use crate::time::civil::civil_from_days;
use std::fmt::Write;
use vocab::Timestamp;

/// Value of no type: the slot is empty.
pub(super) const NULL: u8 = 0x00;
/// UTF-16 text.
pub(super) const STRING: u8 = 0x01;
/// A time in steps of 100 ns since 1601.
pub(super) const FILETIME: u8 = 0x11;
/// More binary XML.
pub(super) const BINARY_XML: u8 = 0x21;
/// Added to the type of the items of a list.
pub(super) const LIST: u8 = 0x80;

/// How a value came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// As text.
    Text,
    /// As a decimal number.
    Number,
    /// As text of which the encoding was guessed.
    Guessed,
}

/// Appends a single value; `None` when the bytes are no value of this type.
pub(super) fn write(kind: u8, bytes: &[u8], out: &mut String) -> Option<Written> {
    match kind {
        NULL => {}
        STRING => utf16(bytes, out),
        0x02 => return Some(ansi(bytes, out)),
        0x03 => return number(out, i64::from(i8::from_le_bytes(array(bytes, 0)?))),
        0x04 => return number(out, i64::from(u8_at(bytes, 0)?)),
        0x05 => return number(out, i64::from(i16::from_le_bytes(array(bytes, 0)?))),
        0x06 => return number(out, i64::from(u16_at(bytes, 0)?)),
        0x07 => return number(out, i64::from(i32::from_le_bytes(array(bytes, 0)?))),
        0x08 => return number(out, i64::from(u32_at(bytes, 0)?)),
        0x09 => return number(out, i64::from_le_bytes(array(bytes, 0)?)),
        0x0a => {
            whole(out, u64_at(bytes, 0)?, 1);
            return Some(Written::Number);
        }
        0x0b => drop(write!(out, "{:?}", f32::from_le_bytes(array(bytes, 0)?))),
        0x0c => drop(write!(out, "{:?}", f64::from_le_bytes(array(bytes, 0)?))),
        0x0d => match i32::from_le_bytes(array(bytes, 0)?) {
            0 => out.push_str("false"),
            1 => out.push_str("true"),
            mask => return number(out, i64::from(mask)),
        },
        0x0e => hex(bytes, out),
        0x0f => guid(&array(bytes, 0)?, out),
        0x10 if bytes.len() == 4 => hex_number(u64::from(u32_at(bytes, 0)?), out),
        0x10 | 0x15 => hex_number(u64_at(bytes, 0)?, out),
        FILETIME => filetime(u64_at(bytes, 0)?, out),
        0x12 => systemtime(bytes, out)?,
        0x13 => sid(bytes, out)?,
        0x14 => hex_number(u64::from(u32_at(bytes, 0)?), out),
        BINARY_XML if bytes.is_empty() => {}
        _ => return None,
    }
    Some(Written::Text)
}

/// Bytes of one item of a list of `kind`; `None` where items have no fixed size.
pub(super) const fn item_bytes(kind: u8) -> Option<usize> {
    Some(match kind {
        0x03 | 0x04 => 1,
        0x05 | 0x06 => 2,
        0x07 | 0x08 | 0x0b | 0x0d | 0x14 => 4,
        0x09 | 0x0a | 0x0c | 0x11 | 0x15 => 8,
        0x0f | 0x12 => 16,
        _ => return None,
    })
}

fn number(out: &mut String, value: i64) -> Option<Written> {
    if value < 0 {
        out.push('-');
    }
    whole(out, value.unsigned_abs(), 1);
    Some(Written::Number)
}

/// A whole number with at least so many digits.
fn whole(out: &mut String, value: u64, digits_min: usize) {
    let mut digits = [b'0'; 20];
    let mut rest = value;
    let mut length = 0;
    for digit in digits.iter_mut().rev() {
        if rest == 0 && length >= digits_min {
            break;
        }
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        length += 1;
    }
    let shown = digits.get(digits.len() - length..).unwrap_or_default();
    out.push_str(std::str::from_utf8(shown).unwrap_or_default());
}

/// Text in the code page of the computer, which the record does not name: UTF-8, Shift_JIS (CP932), else Windows-1252.
fn ansi(bytes: &[u8], out: &mut String) -> Written {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    let bytes = bytes.get(..end).unwrap_or(bytes);
    if bytes.is_ascii() {
        out.push_str(std::str::from_utf8(bytes).unwrap_or_default());
        return Written::Text;
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        out.push_str(text);
    } else if let Some(text) =
        encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes)
    {
        out.push_str(&text);
    } else {
        out.push_str(&encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0);
    }
    Written::Guessed
}

const HEX_UPPER: &[u8; 16] = b"0123456789ABCDEF";
const HEX_LOWER: &[u8; 16] = b"0123456789abcdef";

fn hex(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        out.push(char::from(HEX_UPPER[usize::from(byte >> 4)]));
        out.push(char::from(HEX_UPPER[usize::from(byte & 15)]));
    }
}

/// `0x3e7`.
fn hex_number(value: u64, out: &mut String) {
    let mut shown = *b"0x0000000000000000";
    let mut rest = value;
    let length = usize::try_from((64 - value.leading_zeros()).div_ceil(4)).unwrap_or(16).max(1);
    for digit in shown.iter_mut().skip(2).take(length).rev() {
        *digit = HEX_LOWER[usize::try_from(rest & 15).unwrap_or(0)];
        rest >>= 4;
    }
    out.push_str(std::str::from_utf8(shown.get(..2 + length).unwrap_or_default()).unwrap_or_default());
}

/// `{54849625-5478-4994-a5ba-3e3b0328c30d}`.
fn guid(bytes: &[u8; 16], out: &mut String) {
    const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let mut shown = [b'-'; 38];
    shown[0] = b'{';
    shown[37] = b'}';
    let mut at = 1;
    for (index, place) in ORDER.into_iter().enumerate() {
        at += usize::from(matches!(index, 4 | 6 | 8 | 10));
        let byte = bytes[place];
        shown[at] = HEX_LOWER[usize::from(byte >> 4)];
        shown[at + 1] = HEX_LOWER[usize::from(byte & 15)];
        at += 2;
    }
    out.push_str(std::str::from_utf8(&shown).unwrap_or_default());
}

/// Days from 1601 to 1970.
const DAYS_TO_1970: i64 = 134_774;

/// The time as we keep it; `None` when it is none.
pub(super) fn timestamp(filetime: u64) -> Option<Timestamp> {
    let micros = i64::try_from(filetime / 10).ok()?;
    let since = micros.checked_sub(DAYS_TO_1970 * 86_400 * 1_000_000)?;
    (filetime != 0).then_some(Timestamp(since))
}

fn filetime(value: u64, out: &mut String) {
    let (seconds, ticks) = (value / 10_000_000, value % 10_000_000);
    let days = i64::try_from(seconds / 86_400).unwrap_or(0);
    let date = civil_from_days(days - DAYS_TO_1970);
    let second = seconds % 86_400;
    let date = [u64::try_from(date.0).unwrap_or(0), u64::from(date.1), u64::from(date.2)];
    moment(date, [second / 3_600, second / 60 % 60, second % 60], ticks, out);
}

fn systemtime(bytes: &[u8], out: &mut String) -> Option<()> {
    let part = |index: usize| u16_at(bytes, index * 2).map(u64::from);
    let date = [part(0)?, part(1)?, part(3)?];
    moment(date, [part(4)?, part(5)?, part(6)?], part(7)? * 10_000, out);
    Some(())
}

/// `2019-04-17T18:40:00.0000005Z`.
fn moment(date: [u64; 3], time: [u64; 3], ticks: u64, out: &mut String) {
    let [year, month, day] = date;
    let [hour, minute, second] = time;
    for (value, digits, behind) in [
        (year, 4, '-'),
        (month, 2, '-'),
        (day, 2, 'T'),
        (hour, 2, ':'),
        (minute, 2, ':'),
        (second, 2, '.'),
        (ticks, 7, 'Z'),
    ] {
        whole(out, value, digits);
        out.push(behind);
    }
}

/// `S-1-5-21-...`.
fn sid(bytes: &[u8], out: &mut String) -> Option<()> {
    let (revision, count) = (u8_at(bytes, 0)?, usize::from(u8_at(bytes, 1)?));
    let high = array::<6>(bytes, 2)?;
    let authority = high.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    out.push_str("S-");
    whole(out, u64::from(revision), 1);
    out.push('-');
    whole(out, authority, 1);
    for index in 0..count {
        out.push('-');
        whole(out, u64::from(u32_at(bytes, 8 + 4 * index)?), 1);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(kind: u8, bytes: &[u8]) -> Option<String> {
        let mut out = String::new();
        write(kind, bytes, &mut out).map(|_| out)
    }

    #[test]
    fn values_as_windows_writes_them() {
        let cases: &[(u8, &[u8], &str)] = &[
            (0x03, &[0xff], "-1"),
            (0x06, &[0x10, 0x27], "10000"),
            (0x09, &i64::MIN.to_le_bytes(), "-9223372036854775808"),
            (0x0a, &u64::MAX.to_le_bytes(), "18446744073709551615"),
            (0x0d, &[1, 0, 0, 0], "true"),
            (0x0d, &[16, 0, 0, 0], "16"),
            (0x0e, &[0xde, 0xad, 0x01], "DEAD01"),
            (0x10, &[0xe7, 3, 0, 0], "0x3e7"),
            (0x15, &0x3e7_u64.to_le_bytes(), "0x3e7"),
            (0x11, &132_000_000_000_000_005_u64.to_le_bytes(), "2019-04-17T18:40:00.0000005Z"),
            (0x13, &[1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0], "S-1-5-18"),
            (0x02, b"abc\0def", "abc"),
            (0x02, &[0x83, 0x8d, 0x83, 0x4f], "ログ"),
            (
                0x0f,
                &[
                    0x25, 0x96, 0x84, 0x54, 0x78, 0x54, 0x94, 0x49, 0xa5, 0xba, 0x3e, 0x3b, 0x03, 0x28, 0xc3,
                    0x0d,
                ],
                "{54849625-5478-4994-a5ba-3e3b0328c30d}",
            ),
        ];
        for (kind, bytes, expected) in cases {
            assert_eq!(shown(*kind, bytes).as_deref(), Some(*expected), "type {kind:#x}");
        }
        assert_eq!(shown(0x08, &[1, 2]), None);
        assert_eq!(shown(0x13, &[1, 2, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]), None);
        assert_eq!(shown(0x55, &[]), None);
    }

    #[test]
    fn times() {
        assert_eq!(timestamp(116_444_736_000_000_000), Some(Timestamp(0)));
        assert_eq!(timestamp(0), None);
        assert_eq!(timestamp(u64::MAX), Some(Timestamp(1_833_029_933_770_955_161)));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_of_any_type(kind: u8, bytes: Vec<u8>) {
            shown(kind, &bytes);
        }
    }
}
