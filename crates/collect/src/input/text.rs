//! Character encodings (DT-FMT-04). Chosen once for a file, from its beginning: a guess for each record would let a
//! hostile name swallow the character behind it.

use encoding_rs::{EUC_JP, Encoding, SHIFT_JIS, UTF_16BE, UTF_16LE};

/// Encoding of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8 or ASCII; what is neither is replaced.
    Utf8,
    /// UTF-16, two bytes to the unit, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// Shift_JIS (CP932).
    ShiftJis,
    /// EUC-JP.
    EucJp,
}

impl Charset {
    fn encoding(self) -> Option<&'static Encoding> {
        match self {
            Self::Utf8 => None,
            Self::Utf16Le => Some(UTF_16LE),
            Self::Utf16Be => Some(UTF_16BE),
            Self::ShiftJis => Some(SHIFT_JIS),
            Self::EucJp => Some(EUC_JP),
        }
    }

    /// Was it chosen by statistics?
    #[must_use]
    pub const fn guessed(self) -> bool {
        matches!(self, Self::ShiftJis | Self::EucJp)
    }

    /// Bytes in a code unit.
    #[must_use]
    pub const fn unit(self) -> usize {
        match self {
            Self::Utf16Le | Self::Utf16Be => 2,
            _ => 1,
        }
    }

    /// Appends the text of some bytes; what cannot be decoded is replaced.
    pub fn decode_into(self, bytes: &[u8], text: &mut String) {
        match self.encoding() {
            None => text.push_str(&String::from_utf8_lossy(bytes)),
            Some(encoding) => text.push_str(&encoding.decode_without_bom_handling(bytes).0),
        }
    }
}

/// Looks at the beginning of a file. `None` = binary data.
#[must_use]
pub fn charset(sample: &[u8]) -> Option<Charset> {
    if sample.starts_with(&[0xff, 0xfe]) {
        return Some(Charset::Utf16Le);
    }
    if sample.starts_with(&[0xfe, 0xff]) {
        return Some(Charset::Utf16Be);
    }
    let head = sample.get(..4_096).unwrap_or(sample);
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let half = head.len() / 2;
    if half >= 8 {
        if odd * 10 >= half * 7 && even * 20 < half {
            return Some(Charset::Utf16Le);
        }
        if even * 10 >= half * 7 && odd * 20 < half {
            return Some(Charset::Utf16Be);
        }
    }
    if let Err(error) = std::str::from_utf8(sample)
        && error.error_len().is_some()
    {
        if (even + odd) * 50 > head.len() || controls(head) * 10 > head.len() {
            return None;
        }
        return Some(japanese(sample).unwrap_or(Charset::Utf8));
    }
    // A log may hold single NUL bytes (HC-07); a file full of them is no text.
    if (even + odd) * 10 > head.len() || controls(head) * 5 > head.len().max(1) {
        None
    } else {
        Some(Charset::Utf8)
    }
}

fn controls(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .filter(|byte| **byte < 0x20 && !matches!(byte, b'\n' | b'\r' | b'\t' | 0x1b | 0x1d | 0x1e))
        .count()
}

/// Shift_JIS or EUC-JP, when the bytes decode without a fault and give mostly Japanese letters.
fn japanese(sample: &[u8]) -> Option<Charset> {
    let score = |charset: Charset| -> Option<u32> {
        // The sample may end inside of a character: take whole lines.
        let end = memchr::memrchr(b'\n', sample).unwrap_or(sample.len());
        let (text, faults) = charset.encoding()?.decode_without_bom_handling(sample.get(..end)?);
        let (mut kana, mut other) = (0_u32, 0_u32);
        for letter in text.chars().filter(|letter| !letter.is_ascii()) {
            match letter {
                '\u{3040}'..='\u{30ff}' | '\u{3000}'..='\u{3002}' => kana += 2,
                '\u{4e00}'..='\u{9fff}' | '\u{ff01}'..='\u{ff5e}' => kana += 1,
                // Half-width kana are what EUC-JP looks like when read as Shift_JIS.
                _ => other += 1,
            }
        }
        (!faults && kana > other).then_some(kana * 100 / (kana + other).max(1))
    };
    match (score(Charset::ShiftJis), score(Charset::EucJp)) {
        (Some(sjis), Some(euc)) => Some(if euc >= sjis { Charset::EucJp } else { Charset::ShiftJis }),
        (Some(_), None) => Some(Charset::ShiftJis),
        (None, Some(_)) => Some(Charset::EucJp),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "Nov  2 03:04:05 ウェブ httpd: 認証に失敗しました。利用者の名前が違います\n";

    #[test]
    fn encodings_are_told_apart() {
        let encoded = |encoding: &'static Encoding| encoding.encode(LINE).0.into_owned();
        assert_eq!(charset(LINE.as_bytes()), Some(Charset::Utf8));
        assert_eq!(charset(&encoded(SHIFT_JIS)), Some(Charset::ShiftJis));
        assert_eq!(charset(&encoded(EUC_JP)), Some(Charset::EucJp));
        let utf16: Vec<u8> = "plain ascii text\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(charset(&utf16), Some(Charset::Utf16Le));
        assert_eq!(charset(b"user \xff\xfe\x81 failed\n and more text\n"), Some(Charset::Utf8));
        assert_eq!(charset(&[0, 1, 2, 3, 0, 0, 0, 0, 9, 200, 201, 0, 0, 0, 0, 0, 0, 0]), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes(bytes: Vec<u8>) {
            if let Some(found) = charset(&bytes) {
                found.decode_into(&bytes, &mut String::new());
            }
        }
    }
}
