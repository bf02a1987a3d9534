//! Shapes of messages that no grammar fits (DT-FMT-06).

use serde::Serialize;
use std::collections::BTreeMap;

/// How many different shapes are kept; later ones are counted together.
const SHAPES_MAX: usize = 4_096;
/// How much of a message takes part in its shape, bytes.
const SHAPE_BYTES_MAX: usize = 200;

/// One shape and how often it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shape {
    /// Program as framed.
    pub program: String,
    /// The message with numbers, addresses and quoted text replaced.
    pub shape: String,
    /// How many messages.
    pub count: u64,
}

/// Counts shapes.
#[derive(Clone, Debug, Default)]
pub struct Shapes {
    counts: BTreeMap<(String, String), u64>,
    beyond: u64,
}

impl Shapes {
    /// Counts a message.
    pub fn add(&mut self, program: &str, message: &str) {
        let key = (cut(program, 64).to_owned(), shape_of(message));
        self.put(key, 1);
    }

    fn put(&mut self, key: (String, String), count: u64) {
        if let Some(known) = self.counts.get_mut(&key) {
            *known += count;
        } else if self.counts.len() < SHAPES_MAX {
            self.counts.insert(key, count);
        } else {
            self.beyond += count;
        }
    }

    /// Takes over the counts of another collection.
    pub fn merge(&mut self, other: Self) {
        for (key, count) in other.counts {
            self.put(key, count);
        }
        self.beyond += other.beyond;
    }

    /// How many messages no grammar fitted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.values().sum::<u64>() + self.beyond
    }

    /// The most frequent shapes, most frequent first, then by name.
    #[must_use]
    pub fn top(&self, max: usize) -> Vec<Shape> {
        let mut all: Vec<_> = self.counts.iter().collect();
        all.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
        all.into_iter()
            .take(max)
            .map(|((program, shape), count)| Shape {
                program: program.clone(),
                shape: shape.clone(),
                count: *count,
            })
            .collect()
    }
}

/// Words that hold a digit, an `@`, a `/` or a quotation mark become `*`; runs of them become one.
fn shape_of(message: &str) -> String {
    let mut shape = String::with_capacity(80);
    let mut starred = false;
    for word in cut(message, SHAPE_BYTES_MAX).split_whitespace() {
        let variable = word.bytes().any(|b| {
            b.is_ascii_digit() || matches!(b, b'@' | b'/' | b'"' | b'\'' | b'\\' | b'<') || b >= 0x80
        });
        let key = word
            .split_once('=')
            .map(|(key, _)| key)
            .filter(|key| variable && key.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_'));
        if variable && key.is_none() && starred {
            continue;
        }
        if !shape.is_empty() {
            shape.push(' ');
        }
        match key {
            Some(key) => {
                shape.push_str(key);
                shape.push_str("=*");
            }
            None => shape.push_str(if variable { "*" } else { word }),
        }
        starred = variable && key.is_none();
    }
    shape
}

/// At most `max` bytes of a text, cut between characters.
fn cut(text: &str, max: usize) -> &str {
    text.get(..text.floor_char_boundary(max)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_addresses_do_not_make_new_shapes() {
        let mut shapes = Shapes::default();
        shapes.add("sshd", "Weird thing from 192.0.2.1 port 22 uid=0");
        shapes.add("sshd", "Weird thing from 192.0.2.77 port 4711 uid=1000");
        shapes.add("sshd", "Other \u{3042}thing");
        assert_eq!(
            shapes.top(10),
            [
                Shape { program: "sshd".into(), shape: "Weird thing from * port * uid=*".into(), count: 2 },
                Shape { program: "sshd".into(), shape: "Other *".into(), count: 1 },
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text(message: String) {
            let mut shapes = Shapes::default();
            shapes.add(&message, &message);
            proptest::prop_assert_eq!(shapes.total(), 1);
        }
    }
}
