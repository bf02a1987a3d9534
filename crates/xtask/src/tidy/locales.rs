//! Both languages say the same: same files, same message ids, same values, and every id that code names exists.

use super::{Report, Tree, numbered};
use std::collections::{BTreeMap, BTreeSet};

/// Id, with the names of its values and the line where it stands.
type Catalogue<'t> = BTreeMap<&'t str, (BTreeSet<&'t str>, usize)>;

/// Compares the catalogues with each other and with the code.
pub(super) fn check(tree: &Tree, report: &mut Report) {
    let mut known = BTreeSet::new();
    for (japanese, text) in tree.texts("locales/ja/", ".ftl") {
        let english = japanese.replacen("/ja/", "/en/", 1);
        let ours = catalogue(text);
        known.extend(ours.keys().copied());
        let Some(other) = tree.text(&english) else {
            report.add(japanese, 1, format!("{english} is missing"));
            continue;
        };
        let theirs = catalogue(other);
        compare(japanese, &ours, &english, &theirs, report);
        for (id, (_, line)) in theirs.iter().filter(|(id, _)| !ours.contains_key(*id)) {
            report.add(&english, *line, format!("{id} is missing in {japanese}"));
        }
    }
    for (english, _) in tree.texts("locales/en/", ".ftl") {
        if !tree.has(&english.replacen("/en/", "/ja/", 1)) {
            report.add(english, 1, "has no Japanese counterpart");
        }
    }
    for (file, text) in tree.texts("crates/", ".rs").filter(|(file, _)| !file.contains("/tests/")) {
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (line, words) in numbered(product) {
            for id in named(words).filter(|id| !known.contains(id)) {
                report.add(file, line, format!("no catalogue has the message {id}"));
            }
        }
    }
}

fn compare(japanese: &str, ours: &Catalogue<'_>, english: &str, theirs: &Catalogue<'_>, report: &mut Report) {
    for (id, (values, line)) in ours {
        match theirs.get(id) {
            None => report.add(japanese, *line, format!("{id} is missing in {english}")),
            Some((other, _)) if values != other => {
                report.add(japanese, *line, format!("{id} uses other values than {english}"));
            }
            Some(_) => {}
        }
    }
}

fn catalogue(text: &str) -> Catalogue<'_> {
    let mut all: Catalogue<'_> = BTreeMap::new();
    let mut current = None;
    for (line, words) in numbered(text) {
        let head = words.split_once(" =").map(|(id, _)| id);
        if let Some(id) = head.filter(|id| is_id(id)) {
            all.insert(id, (BTreeSet::new(), line));
            current = Some(id);
        }
        let Some((values, _)) = current.and_then(|id| all.get_mut(id)) else { continue };
        for after in words.split('$').skip(1) {
            let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
            values.insert(after.get(..end.unwrap_or(after.len())).unwrap_or_default());
        }
    }
    all
}

/// A message id as the catalogues write it; a term begins with `-`.
fn is_id(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// Ids that a line of code names literally.
fn named(line: &str) -> impl Iterator<Item = &str> {
    ["Message::new(\"", ".text(\""].into_iter().flat_map(move |call| {
        line.split(call)
            .skip(1)
            .filter_map(|after| after.split_once("\")").map(|(id, _)| id))
            .filter(|id| id.contains('-') && is_id(id))
    })
}

#[cfg(test)]
mod tests {
    use crate::tidy::faults;

    #[test]
    fn differences_are_named() {
        let files = [
            ("locales/en/a.ftl", "one = One { $count }\ntwo-words = Two\n"),
            ("locales/ja/a.ftl", "one = 一 { $number }\nthree = 三\n"),
            (
                "crates/a/src/lib.rs",
                "let m = Message::new(\"two-words\").with(1);\nMessage::new(\"no-such\");\n",
            ),
        ];
        assert_eq!(
            faults(super::check, &files),
            [
                "locales/ja/a.ftl:1: one uses other values than locales/en/a.ftl",
                "locales/ja/a.ftl:2: three is missing in locales/en/a.ftl",
                "locales/en/a.ftl:2: two-words is missing in locales/ja/a.ftl",
                "crates/a/src/lib.rs:1: no catalogue has the message two-words",
                "crates/a/src/lib.rs:2: no catalogue has the message no-such",
            ]
        );
    }
}
