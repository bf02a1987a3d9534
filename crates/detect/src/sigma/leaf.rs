//! The smallest parts of a rule that are true or false of a record, and the trees over them.

use super::test::{FieldId, Test};

/// What a leaf looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    /// The values of one field.
    Field(FieldId),
    /// Every text of the record (DT-RUL-13).
    Keywords,
}

/// What a leaf asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Ask {
    /// One of the values passes one of the tests, or is null or absent where `or_null` says so.
    Any { tests: Box<[Test]>, or_null: bool },
    /// The field is there and not null.
    Exists,
    /// The field is there, even if null.
    Present,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Leaf {
    pub(super) subject: Subject,
    pub(super) ask: Ask,
}

impl Leaf {
    /// Does its truth depend on the values of its field alone?
    pub(super) fn is_of_one_field(&self) -> bool {
        let alone = |test: &Test| !matches!(test, Test::Field { .. });
        matches!(self.subject, Subject::Field(_))
            && !matches!(&self.ask, Ask::Any { tests, .. } if !tests.iter().all(alone))
    }
}

/// A condition over leaves, which are numbers in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// Known beforehand.
    Known(bool),
    /// A leaf.
    Leaf(u32),
    /// All of them.
    All(Box<[Node]>),
    /// One of them.
    Any(Box<[Node]>),
    /// So many of them.
    AtLeast(u32, Box<[Node]>),
    /// The contrary.
    Not(Box<Node>),
}

impl Node {
    /// All of the parts.
    pub(super) fn all(parts: Vec<Self>) -> Self {
        single(parts).unwrap_or_else(|parts| Self::All(parts.into()))
    }

    /// One of the parts.
    pub(super) fn any(parts: Vec<Self>) -> Self {
        single(parts).unwrap_or_else(|parts| Self::Any(parts.into()))
    }

    /// The contrary.
    pub(super) fn not(part: Self) -> Self {
        match part {
            Self::Known(known) => Self::Known(!known),
            Self::Not(inner) => *inner,
            part => Self::Not(Box::new(part)),
        }
    }

    /// The tree with other leaves; parts that are known fall away.
    pub(super) fn map(&self, leaf: &mut dyn FnMut(u32) -> Self) -> Self {
        match self {
            Self::Known(known) => Self::Known(*known),
            Self::Leaf(number) => leaf(*number),
            Self::Not(part) => Self::not(part.map(leaf)),
            Self::All(parts) => {
                let mut kept = Vec::with_capacity(parts.len());
                for part in parts {
                    match part.map(leaf) {
                        Self::Known(true) => {}
                        Self::Known(false) => return Self::Known(false),
                        part => kept.push(part),
                    }
                }
                if kept.is_empty() { Self::Known(true) } else { Self::all(kept) }
            }
            Self::Any(parts) => {
                let mut kept = Vec::with_capacity(parts.len());
                for part in parts {
                    match part.map(leaf) {
                        Self::Known(false) => {}
                        Self::Known(true) => return Self::Known(true),
                        part => kept.push(part),
                    }
                }
                if kept.is_empty() { Self::Known(false) } else { Self::any(kept) }
            }
            Self::AtLeast(wanted, parts) => {
                let (mut wanted, mut kept) = (*wanted, Vec::with_capacity(parts.len()));
                for part in parts {
                    match part.map(leaf) {
                        Self::Known(true) => wanted = wanted.saturating_sub(1),
                        Self::Known(false) => {}
                        part => kept.push(part),
                    }
                }
                match wanted {
                    0 => Self::Known(true),
                    _ if (kept.len() as u64) < u64::from(wanted) => Self::Known(false),
                    1 => Self::any(kept),
                    _ => Self::AtLeast(wanted, kept.into()),
                }
            }
        }
    }

    /// Is the condition true, when leaves are as `leaf` says?
    pub(super) fn holds(&self, leaf: &mut dyn FnMut(u32) -> bool) -> bool {
        match self {
            Self::Known(known) => *known,
            Self::Leaf(number) => leaf(*number),
            Self::Not(part) => !part.holds(leaf),
            Self::All(parts) => parts.iter().all(|part| part.holds(leaf)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(leaf)),
            Self::AtLeast(wanted, parts) => {
                let mut left = *wanted;
                left == 0
                    || parts.iter().any(|part| {
                        left -= u32::from(part.holds(leaf));
                        left == 0
                    })
            }
        }
    }

    /// Leaves that made the condition true: those that hold and are not under a negation, left to right.
    pub(super) fn reasons(&self, leaf: &mut dyn FnMut(u32) -> bool, out: &mut Vec<u32>) {
        match self {
            Self::Leaf(number) => {
                if leaf(*number) && !out.contains(number) {
                    out.push(*number);
                }
            }
            Self::All(parts) | Self::Any(parts) | Self::AtLeast(_, parts) => {
                for part in parts {
                    if part.holds(leaf) {
                        part.reasons(leaf, out);
                    }
                }
            }
            Self::Known(_) | Self::Not(_) => {}
        }
    }
}

fn single(mut parts: Vec<Node>) -> Result<Node, Vec<Node>> {
    match parts.pop() {
        Some(only) if parts.is_empty() => Ok(only),
        Some(last) => {
            parts.push(last);
            Err(parts)
        }
        None => Err(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tree() -> impl Strategy<Value = Node> {
        let leaf = prop_oneof![(0_u32..6).prop_map(Node::Leaf), any::<bool>().prop_map(Node::Known)];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let parts = proptest::collection::vec(inner.clone(), 1..4);
            prop_oneof![
                parts.clone().prop_map(|parts| Node::All(parts.into())),
                parts.clone().prop_map(|parts| Node::Any(parts.into())),
                (0_u32..4, parts).prop_map(|(wanted, parts)| Node::AtLeast(wanted, parts.into())),
                inner.prop_map(|part| Node::Not(Box::new(part))),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_known_may_be_put_in_before(tree in tree(), truth in 0_u32..64, known in 0_u32..64) {
            let is = |number: u32| truth >> number & 1 == 1;
            let reduced = tree.map(&mut |number| match known >> number & 1 {
                1 => Node::Known(is(number)),
                _ => Node::Leaf(number),
            });
            prop_assert_eq!(tree.holds(&mut |number| is(number)), reduced.holds(&mut |number| is(number)));
        }
    }
}
