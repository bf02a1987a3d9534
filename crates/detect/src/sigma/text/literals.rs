//! Texts of which one must stand in everything that a pattern matches: they say early that a pattern cannot match.

use super::fold;
use super::glob::{DASHES, Glob, Part};
use regex_syntax::hir::{Class, Hir, HirKind};

/// More alternatives than this are not looked for.
const ALTERNATIVES_MAX: usize = 64;
/// Nesting of an expression that is looked into.
const DEPTH_MAX: usize = 32;

/// Folded texts of which one stands in every folded text that the pattern with wildcards matches.
pub(crate) fn of_glob(glob: &Glob) -> Vec<String> {
    let mut best: Vec<String> = Vec::new();
    for segment in glob.segments() {
        for (place, part) in segment.iter().enumerate() {
            let Part::Text(own) = part else { continue };
            let own = fold::fold(own);
            let after_dash = place.checked_sub(1).is_some_and(|at| segment.get(at) == Some(&Part::Dash));
            let found = if after_dash {
                DASHES.iter().map(|dash| format!("{dash}{own}")).collect()
            } else {
                vec![own.into_owned()]
            };
            if worth(&found) > worth(&best) {
                best = found;
            }
        }
    }
    best
}

/// Folded texts of which one stands in every folded text that the regular expression matches; empty when none is known.
pub(crate) fn of_regex(pattern: &str) -> Vec<String> {
    let Ok(hir) = regex_syntax::parse(pattern) else { return Vec::new() };
    let found = Seen::of(&hir, DEPTH_MAX);
    found.best(Vec::new())
}

fn worth(texts: &[String]) -> usize {
    texts.iter().map(|text| weight(text)).min().unwrap_or(0)
}

/// How rarely ordinary text holds the text: its length, where signs of programs count more than letters. `sh` stands in
/// every second address of a page, `[$` in none.
pub(crate) fn weight(text: &str) -> usize {
    let sign = |byte: u8| match byte {
        b'|' | b'`' | b'$' | b'<' | b'>' | b'{' | b'}' | b'[' | b']' | b'^' | b'\'' => 3,
        b';' | b'(' | b')' | b'&' | b'!' | b'*' => 2,
        _ => 1,
    };
    text.bytes().map(sign).sum()
}

/// What is known of a part of an expression: the folded text that it always is, or texts of which one stands in it.
enum Seen {
    Exactly(String),
    OneOf(Vec<String>),
}

impl Seen {
    fn of(hir: &Hir, depth_left: usize) -> Self {
        let nothing = Self::OneOf(Vec::new());
        if depth_left == 0 {
            return nothing;
        }
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Self::Exactly(String::new()),
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                Ok(text) => Self::Exactly(fold::fold(text).into_owned()),
                Err(_) => nothing,
            },
            HirKind::Class(class) => {
                one_letter(class).map_or(nothing, |sign| Self::Exactly(sign.to_string()))
            }
            HirKind::Capture(inner) => Self::of(&inner.sub, depth_left - 1),
            HirKind::Repetition(inner) => match Self::of(&inner.sub, depth_left - 1) {
                found if inner.min >= 1 && inner.max == Some(1) => found,
                found if inner.min >= 1 => Self::OneOf(found.best(Vec::new())),
                _ => nothing,
            },
            HirKind::Concat(parts) => Self::concat(parts, depth_left - 1),
            HirKind::Alternation(parts) => {
                let mut all = Vec::new();
                for part in parts {
                    let found = Self::of(part, depth_left - 1).best(Vec::new());
                    if found.is_empty() || all.len() + found.len() > ALTERNATIVES_MAX {
                        return nothing;
                    }
                    all.extend(found);
                }
                Self::OneOf(all)
            }
        }
    }

    fn concat(parts: &[Hir], depth_left: usize) -> Self {
        let (mut run, mut best, mut whole) = (String::new(), Vec::new(), true);
        for part in parts {
            match Self::of(part, depth_left) {
                Self::Exactly(text) => run.push_str(&text),
                Self::OneOf(found) => {
                    whole = false;
                    best = Self::Exactly(std::mem::take(&mut run)).best(best);
                    best = Self::OneOf(found).best(best);
                }
            }
        }
        if whole { Self::Exactly(run) } else { Self::OneOf(Self::Exactly(run).best(best)) }
    }

    /// The more telling of this and `other`.
    fn best(self, other: Vec<String>) -> Vec<String> {
        let own = match self {
            Self::Exactly(text) if text.is_empty() => return other,
            Self::Exactly(text) => vec![text],
            Self::OneOf(texts) => texts,
        };
        if worth(&own) > worth(&other) { own } else { other }
    }
}

/// The one letter that a class is without regard to case.
fn one_letter(class: &Class) -> Option<char> {
    let mut letters = Vec::new();
    match class {
        Class::Unicode(class) => {
            for range in class.ranges() {
                if letters.len() > 4 || range.end() as u32 - range.start() as u32 > 3 {
                    return None;
                }
                letters.extend(range.start()..=range.end());
            }
        }
        Class::Bytes(_) => return None,
    }
    let first = fold::letter(*letters.first()?);
    letters.iter().all(|sign| fold::letter(*sign) == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn telling_texts_of_expressions() {
        for (pattern, want) in [
            (r"(?i)Invoke-\w+Kit", vec!["invoke-"]),
            (r"\\(cmd|powershell)\.x$", vec!["cmd", "powershell"]),
            (r"a?b*", vec![]),
            (r"[Ss]ecret{2}x", vec!["secre"]),
            (r"^(?:alpha|beta)+gamma", vec!["gamma"]),
            (r".*", vec![]),
        ] {
            assert_eq!(of_regex(pattern), want, "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn every_match_holds_one(pattern in r"[ab]{1,2}(\((a|B)\|b?\)[+*?]?)?[aAbB.]{0,3}", text in "[abAB]{0,8}") {
            if let Ok(regex) = regex::Regex::new(&pattern) && regex.is_match(&text) {
                let found = of_regex(&pattern);
                let folded = fold::fold(&text).into_owned();
                prop_assert!(found.is_empty() || found.iter().any(|own| folded.contains(own.as_str())));
            }
        }
    }
}
