//! Shares with the bounds of Wilson's interval (K-06).

use crate::Rate;

/// Normal quantile for 95 %.
const Z: f64 = 1.96;

impl Rate {
    /// `part / whole` with its Wilson bounds at 95 %. For `whole = 0` the rate is 0 and the bounds are 0 and 1.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn wilson(part: u64, whole: u64) -> Self {
        let (entered, tried) = (part.min(whole), whole);
        if tried == 0 {
            return Self { entered: 0, tried: 0, rate: 0.0, ci_low: 0.0, ci_high: 1.0, confidence: 0.95 };
        }
        let n = tried as f64;
        let rate = entered as f64 / n;
        let centre = rate + Z * Z / (2.0 * n);
        let spread = Z * (rate * (1.0 - rate) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + Z * Z / n;
        let low = if entered == 0 { 0.0 } else { ((centre - spread) / scale).max(0.0) };
        let high = if entered == tried { 1.0 } else { ((centre + spread) / scale).min(1.0) };
        Self { entered, tried, rate, ci_low: low, ci_high: high, confidence: 0.95 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_values() {
        let rate = Rate::wilson(3, 1000);
        assert!((rate.rate - 0.003).abs() < 1e-12);
        assert!((rate.ci_low - 0.001_021).abs() < 1e-5, "{rate:?}");
        assert!((rate.ci_high - 0.008_783).abs() < 1e-5, "{rate:?}");
        assert_eq!((Rate::wilson(0, 10).ci_low, Rate::wilson(10, 10).ci_high), (0.0, 1.0));
        assert_eq!(Rate::wilson(0, 0).ci_high, 1.0);
    }

    proptest! {
        #[test]
        fn bounds_enclose_the_rate(whole in 0_u64..100_000, share in 0.0_f64..=1.0) {
            let rate = Rate::wilson((whole as f64 * share) as u64, whole);
            prop_assert!(0.0 <= rate.ci_low && rate.ci_low <= rate.rate);
            prop_assert!(rate.rate <= rate.ci_high && rate.ci_high <= 1.0);
        }
    }
}
