//! Hash trees of RFC 6962 / RFC 9162: leaf `SHA-256(0x00 || data)`, node `SHA-256(0x01 || left || right)` (LG-MOD-01).

use crate::Hash;
use crate::ranges::{self, split};
use sha2::digest::generic_array::GenericArray;
use sha2::{Digest, Sha256};

/// Plain SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// Leaf hash of an entry.
pub(crate) fn leaf(data: &[u8]) -> Hash {
    joined::<2>(&[0], data)
}

/// Inner node.
pub(crate) fn node(left: &Hash, right: &Hash) -> Hash {
    let mut head = [1; 33];
    if let Some(slot) = head.last_chunk_mut::<32>() {
        *slot = *left;
    }
    joined::<2>(&head, right)
}

/// SHA-256 of two texts after one another. Those that fit into so many blocks of 64 bytes, with at least nine of padding,
/// are hashed without a buffer in between, which takes half the time: nearly all entries, nodes and lines of logs are as
/// short as that.
pub(crate) fn joined<const BLOCKS: usize>(head: &[u8], data: &[u8]) -> Hash {
    let size = head.len() + data.len();
    let used = (size + 9).div_ceil(64);
    let mut blocks = [[0; 64]; BLOCKS];
    let text = blocks.as_flattened_mut();
    if used > BLOCKS || text.len() < size + 9 {
        return Sha256::new().chain_update(head).chain_update(data).finalize().into();
    }
    let (first, rest) = text.split_at_mut(head.len());
    first.copy_from_slice(head);
    let (second, padding) = rest.split_at_mut(data.len());
    second.copy_from_slice(data);
    // FIPS 180-4, 5.1.1: one bit, zeros, the length in bits.
    if let Some(slot) = padding.first_mut() {
        *slot = 0x80;
    }
    if let Some(slot) = text.get_mut(64 * used - 8..64 * used) {
        slot.copy_from_slice(&(8 * size as u64).to_be_bytes());
    }
    let mut state = INITIAL;
    // Whole arrays: the other ways into a `GenericArray` go byte by byte.
    let blocks = blocks.map(GenericArray::from);
    sha2::compress256(&mut state, blocks.get(..used).unwrap_or_default());
    let mut out = [0; 32];
    for (slot, word) in out.chunks_exact_mut(4).zip(state) {
        slot.copy_from_slice(&word.to_be_bytes());
    }
    out
}

/// FIPS 180-4, 5.3.3.
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// Root of the empty tree: SHA-256 of nothing.
pub(crate) fn empty_root() -> Hash {
    sha256(&[])
}

/// Root over `hashes`, which is used up as working space.
pub(crate) fn root_in_place(hashes: &mut Vec<Hash>) -> Hash {
    if hashes.is_empty() {
        return empty_root();
    }
    while hashes.len() > 1 {
        let count = hashes.len();
        for pair in 0..count / 2 {
            let combined = match hashes.get(2 * pair..2 * pair + 2) {
                Some([left, right]) => node(left, right),
                _ => break,
            };
            if let Some(slot) = hashes.get_mut(pair) {
                *slot = combined;
            }
        }
        // A last one without a partner rises unchanged, which gives the shape of RFC 9162.
        if count % 2 == 1
            && let (Some(last), Some(slot)) = (hashes.last().copied(), hashes.get_mut(count / 2))
        {
            *slot = last;
        }
        hashes.truncate(count.div_ceil(2));
    }
    hashes.first().copied().unwrap_or_default()
}

/// The right edge of a growing tree: at most 64 hashes, whatever the size.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frontier {
    size: u64,
    /// Roots of the complete subtrees, largest first; one for each set bit of `size`.
    peaks: Vec<Hash>,
}

impl Frontier {
    pub(crate) const fn size(&self) -> u64 {
        self.size
    }
    /// Adds a leaf hash.
    pub(crate) fn push(&mut self, mut hash: Hash) {
        let mut bits = self.size;
        while bits & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            hash = node(&left, &hash);
            bits >>= 1;
        }
        self.peaks.push(hash);
        self.size += 1;
    }
    pub(crate) fn root(&self) -> Hash {
        root_of_peaks(&self.peaks)
    }
    /// Roots of the complete subtrees, largest first.
    pub(crate) fn into_peaks(self) -> Vec<Hash> {
        self.peaks
    }
}

/// Root that follows from the roots of complete subtrees, largest first.
pub(crate) fn root_of_peaks(peaks: &[Hash]) -> Hash {
    let mut peaks = peaks.iter().rev();
    let Some(mut hash) = peaks.next().copied() else { return empty_root() };
    for left in peaks {
        hash = node(left, &hash);
    }
    hash
}

/// Ranges of leaves whose roots are the audit path of leaf `index`, bottom first; `None` when it is not below `size`.
pub(crate) fn path_ranges(index: u64, size: u64) -> Option<Vec<(u64, u64)>> {
    if index >= size {
        return None;
    }
    let mut ranges = Vec::new();
    let (mut start, mut end) = (0, size);
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            ranges.push((middle, end));
            end = middle;
        } else {
            ranges.push((start, middle));
            start = middle;
        }
    }
    ranges.reverse();
    Some(ranges)
}

/// The audit path of leaf `index` in the tree over the first `size` hashes that `leaves` yields. Bottom first. `None` when
/// `index` is not below `size`.
pub(crate) fn path<E>(
    index: u64,
    size: u64,
    leaves: impl Iterator<Item = Result<Hash, E>>,
) -> Result<Option<Vec<Hash>>, E> {
    path_ranges(index, size).map_or(Ok(None), |ranges| ranges::roots(&ranges, leaves))
}

/// Root that follows from a leaf hash and its audit path; `None` when the path has the wrong length for the place.
pub(crate) fn root_from_path(index: u64, size: u64, leaf: Hash, path: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut place, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return None;
        }
        if place & 1 == 1 || place == last {
            hash = node(sibling, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition of RFC 9162, 2.1.1, word by word.
    fn reference(hashes: &[Hash]) -> Hash {
        match hashes {
            [] => empty_root(),
            [one] => *one,
            many => {
                let (left, right) = many.split_at(split(many.len() as u64) as usize);
                node(&reference(left), &reference(right))
            }
        }
    }

    fn leaves(count: usize) -> Vec<Hash> {
        (0..count).map(|n| leaf(&n.to_be_bytes())).collect()
    }

    #[test]
    fn three_ways_to_a_root_agree() {
        for count in (0..70).chain([255, 256, 257]) {
            let hashes = leaves(count);
            let mut frontier = Frontier::default();
            hashes.iter().for_each(|hash| frontier.push(*hash));
            assert_eq!(frontier.root(), reference(&hashes), "size {count}");
            assert_eq!(root_in_place(&mut hashes.clone()), reference(&hashes), "size {count}");
        }
    }

    #[test]
    fn short_hashes_are_those_of_sha_256() {
        for size in 0..300 {
            let data: Vec<u8> = (0..size).map(|n| (n * 7 + size) as u8).collect();
            let expected: Hash = Sha256::new().chain_update([0]).chain_update(&data).finalize().into();
            assert_eq!(leaf(&data), expected, "{size} bytes");
            assert_eq!(joined::<4>(&[0], &data), expected, "{size} bytes");
        }
        let (left, right) = ([0xa5; 32], [0x5a; 32]);
        let expected: Hash =
            Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into();
        assert_eq!(node(&left, &right), expected);
    }

    proptest! {
        #[test]
        fn every_path_leads_to_the_root(count in 1usize..200, pick: u64, flip: usize) {
            let hashes = leaves(count);
            let index = pick % count as u64;
            let path = path(index, count as u64, hashes.iter().map(|h| Ok::<_, ()>(*h))).unwrap().unwrap();
            let root = reference(&hashes);
            let own = hashes[index as usize];
            prop_assert_eq!(root_from_path(index, count as u64, own, &path), Some(root));
            prop_assert_ne!(root_from_path(index, count as u64, leaf(b"x"), &path), Some(root));
            if !path.is_empty() {
                let mut wrong = path.clone();
                let at = flip % wrong.len();
                wrong[at][0] ^= 1;
                prop_assert_ne!(root_from_path(index, count as u64, own, &wrong), Some(root));
                prop_assert_eq!(root_from_path(index, count as u64, own, &path[1..]).filter(|r| *r == root), None);
            }
        }
    }
}
