//! Number of distinct values (detection.md 5.3, `distinct`): exact to 64, then HyperLogLog with 1,024 registers.

use smallvec::SmallVec;

/// Values counted exactly.
const EXACT_MAX: usize = 64;
const REGISTER_BITS: u32 = 10;
const REGISTERS: usize = 1 << REGISTER_BITS;

/// Distinct hashes.
#[derive(Clone, Debug)]
pub struct Distinct(Form);

#[derive(Clone, Debug)]
enum Form {
    Exact(SmallVec<[u64; 2]>),
    Sketch(Box<[u8; REGISTERS]>),
}

impl Default for Distinct {
    fn default() -> Self {
        Self(Form::Exact(SmallVec::new()))
    }
}

impl Distinct {
    /// Adds the hash of a value; the hash must be well mixed.
    pub fn add(&mut self, hash: u64) {
        match &mut self.0 {
            Form::Exact(values) => {
                if values.contains(&hash) {
                    return;
                }
                values.push(hash);
                if values.len() > EXACT_MAX {
                    let mut registers = Box::new([0; REGISTERS]);
                    for value in values.iter() {
                        note(&mut registers, *value);
                    }
                    self.0 = Form::Sketch(registers);
                }
            }
            Form::Sketch(registers) => note(registers, hash),
        }
    }

    /// Number of distinct values.
    #[must_use]
    pub fn count(&self) -> u64 {
        match &self.0 {
            Form::Exact(values) => values.len() as u64,
            Form::Sketch(registers) => estimate(registers),
        }
    }

    /// Is the number an estimate? Then people are told "about".
    #[must_use]
    pub fn is_about(&self) -> bool {
        matches!(self.0, Form::Sketch(_))
    }
}

fn note(registers: &mut [u8; REGISTERS], hash: u64) {
    let place = usize::try_from(hash >> (64 - REGISTER_BITS)).unwrap_or(0);
    let rank = (hash << REGISTER_BITS | 1 << (REGISTER_BITS - 1)).leading_zeros() + 1;
    if let Some(register) = registers.get_mut(place) {
        *register = (*register).max(u8::try_from(rank).unwrap_or(u8::MAX));
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "an estimate, positive and far below 2^53"
)]
fn estimate(registers: &[u8; REGISTERS]) -> u64 {
    let count = REGISTERS as f64;
    let sum: f64 = registers.iter().map(|register| 0.5_f64.powi(i32::from(*register))).sum();
    let raw = 0.7213 / (1.0 + 1.079 / count) * count * count / sum;
    let empty = registers.iter().filter(|register| **register == 0).count();
    let value = if raw <= 2.5 * count && empty > 0 { count * (count / empty as f64).ln() } else { raw };
    value.round().max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attempts::stable_hash;

    #[test]
    fn exact_first_then_about() {
        let mut distinct = Distinct::default();
        for value in 0..64_u64 {
            distinct.add(stable_hash(&value));
            distinct.add(stable_hash(&value));
        }
        assert_eq!((distinct.count(), distinct.is_about()), (64, false));
        for goal in [1_000_u64, 10_000, 200_000] {
            for value in 0..goal {
                distinct.add(stable_hash(&value));
            }
            let error = (distinct.count() as f64 - goal as f64).abs() / goal as f64;
            assert!(distinct.is_about() && error < 0.1, "{goal}: {}", distinct.count());
        }
    }
}
