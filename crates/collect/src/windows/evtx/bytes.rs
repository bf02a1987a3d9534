//! Little-endian numbers out of a chunk; `None` beyond its end.

/// A byte.
pub(super) fn u8_at(bytes: &[u8], at: usize) -> Option<u8> {
    bytes.get(at).copied()
}

/// Two bytes.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(array(bytes, at)?))
}

/// Four bytes.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(array(bytes, at)?))
}

/// Eight bytes.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(array(bytes, at)?))
}

/// `N` bytes.
pub(super) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk::<N>().copied()
}

/// Letters that are looked at together.
const RUN: usize = 32;

/// UTF-16 up to the first NUL, appended as UTF-8; halves of pairs that stand alone are replaced.
pub(super) fn utf16(bytes: &[u8], out: &mut String) {
    let mut units = bytes.as_chunks::<2>().0;
    // Plain letters, as long as there are no others.
    while !units.is_empty() {
        let (run, rest) = units.split_at(units.len().min(RUN));
        let mut letters = [0_u8; RUN];
        let mut others = 0;
        for (letter, [low, high]) in letters.iter_mut().zip(run) {
            *letter = *low;
            others |= *high | (*low & 0x80);
        }
        let plain = letters.get(..run.len()).unwrap_or_default();
        if others != 0 {
            break;
        }
        let end = memchr::memchr(0, plain).unwrap_or(run.len());
        out.push_str(std::str::from_utf8(plain.get(..end).unwrap_or_default()).unwrap_or_default());
        if end < run.len() {
            return;
        }
        units = rest;
    }
    let units = units.iter().map(|pair| u16::from_le_bytes(*pair)).take_while(|unit| *unit != 0);
    out.extend(char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> String {
        let mut out = String::new();
        utf16(bytes, &mut out);
        out
    }

    fn encoded(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn texts() {
        for text in ["", "a", "12345678", "123456789", "日本語のログ", "C:\\Users\\太郎\\file 😀 x"]
        {
            assert_eq!(decoded(&encoded(text)), text);
        }
        assert_eq!(decoded(&encoded("12345678abc\0defghijklmnop")), "12345678abc");
        assert_eq!(decoded(&encoded("123\0abcdefg")), "123");
        assert_eq!(decoded(&[0x00, 0xd8, 0x41, 0x00, 0x42]), "\u{fffd}A");
    }

    #[test]
    fn numbers_beyond_the_end() {
        assert_eq!((u8_at(&[1], 0), u8_at(&[1], 1)), (Some(1), None));
        assert_eq!((u16_at(&[1, 2], 0), u16_at(&[1, 2], 1)), (Some(0x0201), None));
        assert_eq!(u32_at(&[1, 0, 0, 0], usize::MAX), None);
        assert_eq!(u64_at(&[1, 0, 0, 0, 0, 0, 0, 0], 0), Some(1));
    }

    proptest::proptest! {
        #[test]
        fn any_text_up_to_its_first_nul(text: String) {
            let expected = text.split('\0').next().unwrap_or_default();
            proptest::prop_assert_eq!(decoded(&encoded(&text)), expected);
        }
    }
}
