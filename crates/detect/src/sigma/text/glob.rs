//! Values with wildcards: `*` for any text (line ends too), `?` for one letter, and the dashes of `windash`.

/// What stands for one letter or a run of letters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    /// This text.
    Text(Box<str>),
    /// Any one letter.
    One,
    /// One of the five dashes of `windash`.
    Dash,
}

/// The characters that `windash` holds for one another.
pub(crate) const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];

/// A pattern: runs without `*`, and whether text may stand before the first and after the last.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Glob {
    segments: Box<[Box<[Part]>]>,
    open_start: bool,
    open_end: bool,
}

impl Glob {
    /// A pattern of runs of parts; `None` stands for `*`.
    pub(crate) fn new(parts: impl IntoIterator<Item = Option<Part>>) -> Self {
        let (mut segments, mut run, mut open_start, mut open_end) = (Vec::new(), Vec::new(), false, false);
        for part in parts {
            open_end = part.is_none();
            match part {
                Some(part) => run.push(part),
                None if run.is_empty() => open_start |= segments.is_empty(),
                None => segments.push(std::mem::take(&mut run).into_boxed_slice()),
            }
        }
        if !run.is_empty() {
            segments.push(run.into_boxed_slice());
        }
        Self { segments: segments.into_boxed_slice(), open_start, open_end }
    }

    /// Runs that must stand in the text, in this order.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &[Part]> {
        self.segments.iter().map(AsRef::as_ref)
    }

    /// May text stand before the first run, and after the last?
    pub(crate) fn open(&self) -> (bool, bool) {
        (self.open_start, self.open_end)
    }

    /// Does the whole text fit? Compared letter by letter: fold both sides before.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.rest(text).is_some()
    }

    fn rest(&self, text: &str) -> Option<()> {
        let mut middle: &[Box<[Part]>] = &self.segments;
        let mut rest = text;
        if middle.is_empty() {
            return (self.open_start || text.is_empty()).then_some(());
        }
        if !self.open_start
            && let Some((first, others)) = middle.split_first()
        {
            rest = strip_front(first, rest)?;
            middle = others;
            if middle.is_empty() && !self.open_end {
                return rest.is_empty().then_some(());
            }
        }
        if !self.open_end
            && let Some((last, others)) = middle.split_last()
        {
            rest = strip_back(last, rest)?;
            middle = others;
        }
        for segment in middle {
            rest = after(segment, rest)?;
        }
        Some(())
    }
}

/// What follows the run that the text begins with.
fn strip_front<'t>(segment: &[Part], text: &'t str) -> Option<&'t str> {
    let mut rest = text;
    for part in segment {
        rest = match part {
            Part::Text(own) => rest.strip_prefix(&**own)?,
            Part::One => rest.strip_prefix(|_: char| true)?,
            Part::Dash => rest.strip_prefix(DASHES)?,
        };
    }
    Some(rest)
}

/// What stands before the run that the text ends with.
fn strip_back<'t>(segment: &[Part], text: &'t str) -> Option<&'t str> {
    let mut rest = text;
    for part in segment.iter().rev() {
        rest = match part {
            Part::Text(own) => rest.strip_suffix(&**own)?,
            Part::One => rest.strip_suffix(|_: char| true)?,
            Part::Dash => rest.strip_suffix(DASHES)?,
        };
    }
    Some(rest)
}

/// What follows the first place where the run stands.
fn after<'t>(segment: &[Part], text: &'t str) -> Option<&'t str> {
    if let Some((Part::Text(own), others)) = segment.split_first() {
        let mut from = 0;
        while let Some(at) = text.get(from..)?.find(&**own) {
            let start = from + at;
            if let Some(rest) = strip_front(others, text.get(start + own.len()..)?) {
                return Some(rest);
            }
            from = start + text.get(start..)?.chars().next()?.len_utf8();
        }
        return None;
    }
    text.char_indices().find_map(|(at, _)| strip_front(segment, text.get(at..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn glob(text: &str) -> Glob {
        Glob::new(text.chars().map(|sign| match sign {
            '*' => None,
            '?' => Some(Part::One),
            '-' => Some(Part::Dash),
            own => Some(Part::Text(own.to_string().into())),
        }))
    }

    /// The same by trying every split.
    fn slow(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, first) => first.is_none(),
            (Some(('*', others)), first) => {
                slow(others, text) || first.is_some_and(|(_, rest)| slow(pattern, rest))
            }
            (Some((wanted, others)), Some((sign, rest))) => {
                let fits = *wanted == '?' || wanted == sign || *wanted == '-' && DASHES.contains(sign);
                fits && slow(others, rest)
            }
            (Some(_), None) => false,
        }
    }

    #[test]
    fn wildcards_cross_line_ends_and_count_letters() {
        for (pattern, text, want) in [
            ("a*b", "a\nb", true),
            ("a?c", "aあc", true),
            ("a?c", "ac", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("*ab*ab", "ab", false),
            ("* -e*", "x \u{2015}e", true),
            ("* -e*", "x +e", false),
        ] {
            assert_eq!(glob(pattern).matches(text), want, "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn as_by_trying_everything(pattern in "[ab*?あ-]{0,8}", text in "[ab/あ\n-]{0,10}") {
            let signs: Vec<char> = pattern.chars().collect();
            let letters: Vec<char> = text.chars().collect();
            prop_assert_eq!(glob(&pattern).matches(&text), slow(&signs, &letters));
        }
    }
}
