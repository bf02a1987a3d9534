//! Comparison without regard to case: each letter by its simple folding (DT-RUL-15).
//!
//! One letter becomes one letter, so that wildcards for a single letter keep their meaning. Both sides are folded alike:
//! Greek final sigma meets sigma, KELVIN SIGN meets `k`. Letters without a counterpart of one letter (`ß`, `İ`, `ı`) stay.

use std::borrow::Cow;

/// Folded form of one letter.
pub(crate) fn letter(sign: char) -> char {
    if sign.is_ascii() {
        return sign.to_ascii_lowercase();
    }
    // Turkish dotless i is not an `i`.
    if sign == '\u{131}' {
        return sign;
    }
    single(single(sign, char::to_uppercase), char::to_lowercase)
}

fn single<I: Iterator<Item = char>>(sign: char, map: impl Fn(char) -> I) -> char {
    let mut mapped = map(sign);
    match (mapped.next(), mapped.next()) {
        (Some(only), None) => only,
        _ => sign,
    }
}

/// Appends the folded form of `text` to `out`.
pub(crate) fn fold_into(text: &str, out: &mut String) {
    if text.is_ascii() {
        let start = out.len();
        out.push_str(text);
        if let Some(added) = out.get_mut(start..) {
            added.make_ascii_lowercase();
        }
    } else {
        out.extend(text.chars().map(letter));
    }
}

/// Folded form of a text; borrowed when nothing changes.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    if text.chars().all(|sign| letter(sign) == sign) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    fold_into(text, &mut out);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn letters_meet_their_counterparts() {
        for (left, right) in
            [("ÄRZTE", "ärzte"), ("ΣΊΓΜΑΣ", "σίγμας"), ("\u{212A}", "k"), ("ПАРОЛЬ", "пароль")]
        {
            assert_eq!(fold(left), fold(right), "{left} {right}");
        }
        for (left, right) in [("\u{131}", "i"), ("ß", "ss"), ("ア", "あ"), ("a", "à")] {
            assert_ne!(fold(left), fold(right), "{left} {right}");
        }
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing_and_keeps_the_number_of_letters(text in "\\PC{0,24}") {
            let once = fold(&text).into_owned();
            prop_assert_eq!(fold(&once).into_owned(), once.clone());
            prop_assert_eq!(once.chars().count(), text.chars().count());
        }
    }
}
