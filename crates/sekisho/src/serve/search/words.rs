//! Words as they are compared: case and width of characters do not count. And the pairs of characters of a text, by which
//! stretches of lines are found that may hold it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use unicode_normalization::{UnicodeNormalization as _, is_nfkc};

/// Pairs of a question that are looked up; more would narrow little.
const PAIRS_MAX: usize = 12;

/// A text as it is compared.
pub(crate) fn folded(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        };
    }
    if is_nfkc(text) {
        Cow::Owned(text.to_lowercase())
    } else {
        Cow::Owned(text.nfkc().collect::<String>().to_lowercase())
    }
}

/// Adds the pairs of characters of a folded text.
pub(crate) fn pairs(folded: &str, into: &mut BTreeSet<i64>) {
    let mut before = None;
    for now in folded.chars() {
        if let Some(before) = before {
            into.insert(pair(before, now));
        }
        before = Some(now);
    }
}

fn pair(first: char, second: char) -> i64 {
    (i64::from(u32::from(first)) << 21) | i64::from(u32::from(second))
}

/// What is searched: words that all have to stand in a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Question {
    words: Vec<String>,
}

impl Question {
    /// From what somebody typed; words stand between blanks, also wide ones.
    pub(crate) fn new(text: &str) -> Self {
        Self { words: folded(text).split_whitespace().map(str::to_owned).collect() }
    }

    /// Nothing is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Pairs that stand in every line that fits; the rarest cannot be told, so they are spread over the words.
    pub(crate) fn pairs(&self) -> Vec<i64> {
        let mut all = BTreeSet::new();
        self.words.iter().for_each(|word| pairs(word, &mut all));
        let step = all.len().div_ceil(PAIRS_MAX).max(1);
        all.into_iter().step_by(step).collect()
    }

    /// Does a line hold all words?
    pub(crate) fn fits(&self, text: &str) -> bool {
        let text = folded(text);
        self.words.iter().all(|word| text.contains(word.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_and_width_do_not_count() {
        let fits = |question: &str, text: &str| Question::new(question).fits(text);
        assert!(fits("侵入", "不正侵入を検知") && fits("関所", "関所") && !fits("侵入", "侵 入"));
        assert!(
            fits("FAILED", "sshd: Failed password") && fits("ｒｏｏｔ", "for root") && fits("ﾛｸﾞ", "ログ")
        );
        assert!(fits("root　failed", "Failed password for root") && !fits("root x", "root"));
        assert!(Question::new("　 ").is_empty() && Question::new("").fits("x"));
    }

    proptest! {
        /// Whatever fits is found: its pairs are among those of the line.
        #[test]
        fn pairs_never_hide_a_line(before in ".{0,9}", word in "[^\\s]{1,9}", after in ".{0,9}") {
            let line = format!("{before}{word}{after}");
            let question = Question::new(&word);
            if question.fits(&line) {
                let mut all = BTreeSet::new();
                pairs(&folded(&line), &mut all);
                prop_assert!(question.pairs().iter().all(|pair| all.contains(pair)));
            }
        }
    }
}
