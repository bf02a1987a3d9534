//! Which leaves say early that a rule cannot match: one of them is true of every record that the rule matches.

use super::leaf::Node;

/// Leaves of which one is necessary, and how rarely one of them holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Guard {
    pub(super) leaves: Vec<u32>,
    worth: (u32, std::cmp::Reverse<usize>),
}

/// The most telling guard of a condition; `worth` says how telling a leaf is, `None` when nothing can be looked up for it.
pub(super) fn of(node: &Node, worth: &dyn Fn(u32) -> Option<u32>) -> Option<Guard> {
    match node {
        Node::Known(_) | Node::Not(_) => None,
        Node::Leaf(leaf) => {
            let worth = worth(*leaf)?;
            Some(Guard { leaves: vec![*leaf], worth: (worth, std::cmp::Reverse(1)) })
        }
        Node::All(parts) => parts.iter().filter_map(|part| of(part, worth)).max_by_key(|guard| guard.worth),
        Node::Any(parts) | Node::AtLeast(_, parts) => {
            let mut all = Guard { leaves: Vec::new(), worth: (u32::MAX, std::cmp::Reverse(0)) };
            for part in parts {
                let own = of(part, worth)?;
                all.worth.0 = all.worth.0.min(own.worth.0);
                all.leaves.extend(own.leaves);
            }
            all.leaves.sort_unstable();
            all.leaves.dedup();
            all.worth.1 = std::cmp::Reverse(all.leaves.len());
            (!all.leaves.is_empty()).then_some(all)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_takes_the_best_and_any_takes_everything() {
        let leaf = Node::Leaf;
        let worth = |number: u32| (number < 10).then_some(number);
        let guard = |node: &Node| of(node, &worth).map(|guard| guard.leaves);
        assert_eq!(guard(&Node::all(vec![leaf(1), leaf(7), leaf(12)])), Some(vec![7]));
        assert_eq!(guard(&Node::any(vec![leaf(3), Node::all(vec![leaf(1), leaf(2)])])), Some(vec![2, 3]));
        assert_eq!(guard(&Node::any(vec![leaf(3), leaf(12)])), None);
        assert_eq!(guard(&Node::not(leaf(3))), None);
        assert_eq!(guard(&Node::AtLeast(2, vec![leaf(3), leaf(4)].into())), Some(vec![3, 4]));
    }
}
