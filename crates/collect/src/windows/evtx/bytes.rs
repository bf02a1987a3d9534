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

/// UTF-16 up to the first NUL, appended as UTF-8; halves of pairs that stand alone are replaced.
pub(super) fn utf16(bytes: &[u8], out: &mut String) {
    let mut rest = bytes;
    // Eight plain letters at a time, as long as there are no others.
    while let Some((block, behind)) = rest.split_first_chunk::<16>() {
        let word = u128::from_le_bytes(*block);
        if word & 0xff80_ff80_ff80_ff80_ff80_ff80_ff80_ff80 != 0 || has_zero_unit(word) {
            break;
        }
        let mut letters = [0_u8; 8];
        for (letter, pair) in letters.iter_mut().zip(block.as_chunks::<2>().0) {
            *letter = pair[0];
        }
        // All of them are below 0x80.
        out.push_str(std::str::from_utf8(&letters).unwrap_or_default());
        rest = behind;
    }
    let units = rest.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair));
    let units = units.take_while(|unit| *unit != 0);
    out.extend(char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)));
}

/// One of the eight units, all below 0x80, is zero.
const fn has_zero_unit(word: u128) -> bool {
    const ONES: u128 = 0x0001_0001_0001_0001_0001_0001_0001_0001;
    const HIGHS: u128 = 0x8000_8000_8000_8000_8000_8000_8000_8000;
    word.wrapping_sub(ONES) & !word & HIGHS != 0
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
