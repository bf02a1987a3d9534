//! Roots of many ranges of a tree in one pass over its leaves, and the proofs that are made of them (RFC 9162, 2.1).

use crate::Hash;
use crate::tree::{self, node};
use std::collections::{BTreeMap, BTreeSet};

/// Leaves `from..to`; always a node of the tree, thus a full subtree or one at the right edge.
pub(crate) type Range = (u64, u64);

/// Largest power of two below `size`, for `size` of 2 or more.
pub(crate) const fn split(size: u64) -> u64 {
    1 << (63 - (size - 1).leading_zeros())
}

/// The nodes that hide everything but the leaves `shown` (ascending, below `size`): as few as there can be, from left
/// to right.
pub(crate) fn cover(size: u64, shown: &BTreeSet<u64>) -> Vec<Range> {
    let mut found = Vec::new();
    let mut waiting = vec![(0, size)];
    while let Some((from, to)) = waiting.pop() {
        if from >= to {
            continue;
        }
        if shown.range(from..to).next().is_none() {
            found.push((from, to));
        } else if to - from > 1 {
            let middle = from + split(to - from);
            waiting.push((middle, to));
            waiting.push((from, middle));
        }
    }
    found
}

/// The nodes of a consistency proof between two sizes, in the order of RFC 9162, 2.1.4.1.
pub(crate) fn consistency(old: u64, new: u64) -> Vec<Range> {
    let mut found = Vec::new();
    if old == 0 || old >= new {
        return found;
    }
    let (mut from, mut to, mut whole) = (0, new, true);
    while to != old {
        let middle = from + split(to - from);
        if old <= middle {
            found.push((middle, to));
            to = middle;
        } else {
            found.push((from, middle));
            (from, whole) = (middle, false);
        }
    }
    if !whole {
        found.push((from, to));
    }
    found.reverse();
    found
}

/// The full subtrees that a range is made of, from left to right.
fn pieces((mut from, to): Range) -> Vec<Range> {
    let mut found = Vec::new();
    while to - from > 1 && !(to - from).is_power_of_two() {
        let middle = from + split(to - from);
        found.push((from, middle));
        from = middle;
    }
    found.push((from, to));
    found
}

/// Roots of `ranges`, in their order, from one pass over the leaf hashes. `None` when the leaves end too early.
pub(crate) fn roots<E>(
    ranges: &[Range],
    leaves: impl Iterator<Item = Result<Hash, E>>,
) -> Result<Option<Vec<Hash>>, E> {
    let mut wanted: BTreeMap<Range, Option<Hash>> = BTreeMap::new();
    for range in ranges.iter().filter(|(from, to)| from < to) {
        wanted.extend(pieces(*range).into_iter().map(|piece| (piece, None)));
    }
    let end = wanted.keys().map(|(_, to)| *to).max().unwrap_or(0);
    // Full subtrees that are not yet half of a larger one.
    let mut peaks: Vec<(Range, Hash)> = Vec::new();
    for (number, hash) in (0..end).zip(leaves) {
        let mut top = ((number, number + 1), hash?);
        loop {
            if let Some(slot) = wanted.get_mut(&top.0) {
                *slot = Some(top.1);
            }
            let width = top.0.1 - top.0.0;
            match peaks.last() {
                Some((left, hash)) if left.1 - left.0 == width && left.0 % (2 * width) == 0 => {
                    top = ((left.0, top.0.1), node(hash, &top.1));
                    peaks.pop();
                }
                _ => break,
            }
        }
        peaks.push(top);
    }
    let root = |range: &Range| {
        let mut parts = pieces(*range).into_iter().rev();
        let mut hash = parts.next().and_then(|piece| wanted.get(&piece).copied().flatten())?;
        for piece in parts {
            hash = node(&wanted.get(&piece).copied().flatten()?, &hash);
        }
        Some(hash)
    };
    Ok(ranges.iter().map(root).collect())
}

/// Root of a tree of `size` leaves of which some nodes are known: single leaves and whole ranges. `None` when a part
/// is missing or one is left over.
pub(crate) fn root_of(size: u64, known: &BTreeMap<Range, Hash>) -> Option<Hash> {
    if size == 0 {
        return known.is_empty().then(tree::empty_root);
    }
    let mut used = 0;
    let root = descend((0, size), known, &mut used)?;
    (used == known.len()).then_some(root)
}

// Depth is at most 64: each step halves the range.
fn descend(range: Range, known: &BTreeMap<Range, Hash>, used: &mut usize) -> Option<Hash> {
    if let Some(hash) = known.get(&range) {
        *used += 1;
        return Some(*hash);
    }
    let (from, to) = range;
    // A part that nobody knows anything about is not walked leaf by leaf.
    known.range((from, 0)..(to, 0)).next()?;
    if to - from <= 1 {
        return None;
    }
    let middle = from + split(to - from);
    let left = descend((from, middle), known, used)?;
    Some(node(&left, &descend((middle, to), known, used)?))
}

/// Whether `path` shows that the tree of `new` leaves grew from the tree of `old` leaves (RFC 9162, 2.1.4.2).
pub(crate) fn consistent(old: (u64, Hash), new: (u64, Hash), path: &[Hash]) -> bool {
    if old.0 == new.0 {
        return path.is_empty() && old.1 == new.1;
    }
    if old.0 == 0 {
        return path.is_empty() && old.1 == tree::empty_root();
    }
    if old.0 > new.0 {
        return false;
    }
    let (mut place, mut last) = (old.0 - 1, new.0 - 1);
    let shift = place.trailing_ones();
    (place, last) = (place >> shift, last >> shift);
    let mut path = path.iter().copied();
    let first = if old.0.is_power_of_two() { Some(old.1) } else { path.next() };
    let Some(first) = first else { return false };
    let (mut before, mut after) = (first, first);
    for hash in path {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            (before, after) = (node(&hash, &before), node(&hash, &after));
            while place & 1 == 0 && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            after = node(&after, &hash);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    last == 0 && before == old.1 && after == new.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn leaves(count: u64) -> Vec<Hash> {
        (0..count).map(|n| tree::leaf(&n.to_be_bytes())).collect()
    }

    fn root(hashes: &[Hash]) -> Hash {
        tree::root_in_place(&mut hashes.to_vec())
    }

    fn of(ranges: &[Range], hashes: &[Hash]) -> Vec<Hash> {
        roots(ranges, hashes.iter().map(|hash| Ok::<_, ()>(*hash))).unwrap().unwrap()
    }

    #[test]
    fn every_growth_is_proven_and_no_other() {
        let hashes = leaves(40);
        for new in 0..=40_usize {
            for old in 0..=new {
                let (small, large) = (root(&hashes[..old]), root(&hashes[..new]));
                let path = of(&consistency(old as u64, new as u64), &hashes[..new]);
                let (old, new) = (old as u64, new as u64);
                assert!(consistent((old, small), (new, large), &path), "{old} to {new}");
                if old > 0 && old < new {
                    assert!(!consistent((old, tree::leaf(b"x")), (new, large), &path));
                    assert!(!consistent((old, small), (new, tree::leaf(b"x")), &path));
                    let mut wrong = path.clone();
                    wrong.pop();
                    assert!(!consistent((old, small), (new, large), &wrong), "{old} to {new}, cut");
                    wrong = path.clone();
                    wrong.push(small);
                    assert!(!consistent((old, small), (new, large), &wrong), "{old} to {new}, longer");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn a_cover_and_the_shown_leaves_give_the_root(
            count in 1u64..300,
            shown in proptest::collection::btree_set(0u64..300, 0..20),
        ) {
            let shown: BTreeSet<u64> = shown.into_iter().filter(|leaf| *leaf < count).collect();
            let hashes = leaves(count);
            let ranges = cover(count, &shown);
            let mut known: BTreeMap<Range, Hash> =
                ranges.iter().copied().zip(of(&ranges, &hashes)).collect();
            known.extend(shown.iter().map(|leaf| ((*leaf, leaf + 1), hashes[*leaf as usize])));
            prop_assert_eq!(root_of(count, &known), Some(root(&hashes)));
            known.insert((count, count + 1), tree::leaf(b"left over"));
            prop_assert_eq!(root_of(count, &known), None);
        }
    }

    #[test]
    fn a_huge_tree_that_is_not_there_costs_nothing() {
        let known = BTreeMap::from([((0, 1), tree::leaf(b"x"))]);
        assert_eq!(root_of(1 << 52, &known), None);
    }
}
