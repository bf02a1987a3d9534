//! A fast hash that is the same everywhere: eight bytes at a time, folded products of 64 by 64 bits.

use std::hash::Hasher;

/// Odd numbers without pattern: digits of the golden ratio and of the square root of two.
const FIRST: u64 = 0x9e37_79b9_7f4a_7c15;
const SECOND: u64 = 0x6a09_e667_f3bc_c909;

/// State of the hash.
#[derive(Clone, Debug)]
pub(super) struct Stable(u64);

impl Default for Stable {
    fn default() -> Self {
        Self(SECOND)
    }
}

fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
    let (low, high) = (product as u64, (product >> 64) as u64);
    low ^ high
}

impl Stable {
    fn word(&mut self, word: u64) {
        self.0 = fold(self.0 ^ word, FIRST).rotate_left(23) ^ word;
    }
}

impl Hasher for Stable {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        self.word(u64::from_le_bytes(last) ^ (bytes.len() as u64) << 56);
    }

    fn write_u8(&mut self, number: u8) {
        self.word(u64::from(number));
    }

    fn write_u16(&mut self, number: u16) {
        self.word(u64::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.word(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.word(number);
    }

    fn write_u128(&mut self, number: u128) {
        #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
        let (low, high) = (number as u64, (number >> 64) as u64);
        self.word(low);
        self.word(high);
    }

    fn write_usize(&mut self, number: usize) {
        self.word(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.word(number as u64);
    }

    fn finish(&self) -> u64 {
        fold(self.0 ^ FIRST, SECOND)
    }
}

#[cfg(test)]
mod tests {
    use crate::attempts::stable_hash;
    use std::collections::HashSet;

    #[test]
    fn the_same_on_every_machine() {
        let hashes = [stable_hash("root"), stable_hash(&7_u64), stable_hash(&("a", 1_u32)), stable_hash("")];
        let known = [
            18_076_908_283_793_629_007,
            1_002_884_459_113_392_985,
            10_293_641_207_159_350_907,
            7_612_012_026_389_442_488,
        ];
        assert_eq!(hashes, known);
    }

    #[test]
    fn names_and_numbers_are_spread() {
        let mut all = HashSet::new();
        let (mut high, mut low) = ([0_u32; 256], [0_u32; 256]);
        for number in 0..100_000_u64 {
            for hash in [stable_hash(&number), stable_hash(format!("user{number}").as_str())] {
                assert!(all.insert(hash));
                high[(hash >> 56) as usize] += 1;
                low[(hash & 0xff) as usize] += 1;
            }
        }
        for count in high.iter().chain(&low) {
            assert!((600..1_000).contains(count), "{count}");
        }
        assert_ne!(stable_hash("a\0"), stable_hash("a"));
        assert_ne!(stable_hash(&("ab", "c")), stable_hash(&("a", "bc")));
    }
}
