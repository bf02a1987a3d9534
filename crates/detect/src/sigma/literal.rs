//! Literals for the search over the texts of a normalised event: one of those of a leaf stands in the scanned texts of
//! every event of which the leaf is true.
//!
//! They are looked for without regard to the case of ASCII letters; outside ASCII they hold signs without case only.
//! Letters outside ASCII whose lower case is ASCII are handled by the caller.

use super::compile::Table;
use super::leaf::{Ask, Leaf, Subject};
use super::slot::{Slot, group};
use super::test::Test;
use super::text::{fold, literals};

/// More alternatives than this are not looked for.
const LITERALS_MAX: usize = 4096;

/// A literal and the groups of text in which it counts.
pub(super) type Literal = (String, u8);

/// Literals of a leaf; `None` = nothing can be said.
pub(super) fn of_leaf(leaf: &Leaf, table: &Table) -> Option<Vec<Literal>> {
    let Ask::Any { tests, or_null: false } = &leaf.ask else { return None };
    let (groups, joint) = match leaf.subject {
        Subject::Keywords => (group::ALL, None),
        Subject::Field(field) => {
            let slot = table.fields.get(field as usize)?.slot;
            (slot.groups(), joint(slot))
        }
    };
    if groups == 0 {
        return None;
    }
    let mut all = Vec::new();
    for test in tests {
        let texts = match test {
            Test::Text { own, .. } => vec![fold::fold(own).into_owned()],
            Test::Glob { glob, .. } => literals::of_glob(glob),
            Test::Regex(pattern) => literals::of_regex(pattern.as_str()),
            _ => return None,
        };
        let before = all.len();
        for text in texts {
            all.push((longest(&text, joint)?, groups));
        }
        if all.len() == before || all.len() > LITERALS_MAX {
            return None;
        }
    }
    (!all.is_empty()).then_some(all)
}

/// The sign that joins two texts to the value of the field, so that a literal is cut there.
const fn joint(slot: Slot) -> Option<char> {
    match slot {
        Slot::Uri => Some('?'),
        Slot::ReadUrl | Slot::ReadRequest | Slot::ReadPath | Slot::ReadQuery => Some('\n'),
        _ => None,
    }
}

/// ASCII, or a sign that is its own upper and lower case.
fn has_one_form(sign: char) -> bool {
    sign.is_ascii() || sign.to_lowercase().eq([sign]) && sign.to_uppercase().eq([sign])
}

/// The longest run of text that is written in one way only.
fn longest(text: &str, joint: Option<char>) -> Option<String> {
    let runs = text.split(|sign: char| !has_one_form(sign) || Some(sign) == joint);
    let best = runs.max_by_key(|run| run.len())?;
    (!best.is_empty()).then(|| best.to_owned())
}

/// How rarely ordinary text holds one of them: weight of the lightest, common words last.
pub(super) fn worth(found: &[Literal]) -> u32 {
    const COMMON: [&str; 13] = [
        "http", "https", "https://", "http://", "mozilla", "index", ".php", ".html", "post", "get", "www.",
        "/api/", "&",
    ];
    let weight = |(text, groups): &Literal| match text.as_str() {
        common if COMMON.contains(&common) => 1,
        // Outside user agents it is as rare as a bracket.
        ";" if groups & !(group::URL | group::METHOD) == 0 => 3,
        text => literals::weight(text),
    };
    u32::try_from(found.iter().map(weight).min().unwrap_or(0).min(6)).unwrap_or(6)
}
