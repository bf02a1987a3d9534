//! Numbers in text (DT-RUL-15): whole numbers exactly, others as `f64`.

use std::cmp::Ordering;

/// A number of a rule or of a record; never NaN, never infinite.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number {
    /// A whole number.
    Whole(i64),
    /// Any other.
    Real(f64),
}

impl Number {
    /// The number that the text is, in decimal; `None` when it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // Cheap refusal: most texts are none.
        if !text.as_bytes().first()?.is_ascii_digit() && !text.starts_with(['-', '+', '.']) {
            return None;
        }
        if let Ok(whole) = text.parse() {
            return Some(Self::Whole(whole));
        }
        text.parse().ok().and_then(Self::real)
    }

    /// A finite number; whole where it is.
    pub(crate) fn real(number: f64) -> Option<Self> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if !number.is_finite() {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and below 2^53")]
        if number.fract() == 0.0 && number.abs() < EXACT {
            return Some(Self::Whole(number as i64));
        }
        Some(Self::Real(number))
    }

    #[expect(clippy::cast_precision_loss, reason = "only where the other side is no whole number")]
    fn as_real(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Real(real) => real,
        }
    }

    /// The whole number, if it is one.
    pub(crate) const fn whole(self) -> Option<i64> {
        match self {
            Self::Whole(whole) => Some(whole),
            Self::Real(_) => None,
        }
    }

    fn order(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Whole(own), Self::Whole(other)) => own.cmp(&other),
            _ => self.as_real().total_cmp(&other.as_real()),
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.order(*other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl std::hash::Hash for Number {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_real().to_bits().hash(state);
    }
}

/// How a number is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Bound {
    /// The same number.
    Equal,
    /// `gt`.
    Above,
    /// `gte`.
    AtLeast,
    /// `lt`.
    Below,
    /// `lte`.
    AtMost,
}

impl Bound {
    /// Does `own` of the record stand so to `asked` of the rule?
    pub(crate) fn holds(self, own: Number, asked: Number) -> bool {
        let order = own.order(asked);
        match self {
            Self::Equal => order.is_eq(),
            Self::Above => order.is_gt(),
            Self::AtLeast => order.is_ge(),
            Self::Below => order.is_lt(),
            Self::AtMost => order.is_le(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_text() {
        let number = |text: &str| Number::parse(text);
        assert_eq!(number("4688"), Some(Number::Whole(4688)));
        assert_eq!(number("4688.0"), Some(Number::Whole(4688)));
        assert_eq!(number("-3.5"), Some(Number::Real(-3.5)));
        for none in ["", "0x10", "inf", "nan", "-inf", "12a", " 1", "infinity", "-", "1e999"] {
            assert_eq!(number(none), None, "{none}");
        }
        let big = |text| number(text).unwrap();
        assert!(
            !Bound::Equal.holds(big("9007199254740993"), big("9007199254740992")),
            "beyond the precision of f64"
        );
        assert!(Bound::Above.holds(big("10"), big("9")), "not in the order of letters");
        assert!(Bound::AtMost.holds(big("2.5"), big("2.5")) && !Bound::Below.holds(big("2.5"), big("2.5")));
    }
}
