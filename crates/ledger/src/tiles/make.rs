//! Entries to tiles, in one pass with memory that does not grow with the log.

use super::path::{TileId, TileKind, WIDTH};
use crate::{Hash, Result, tree};

/// The tiles that are open while entries pass by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tiler {
    /// Per level: number of the open tile, and its hashes so far.
    levels: Vec<(u64, Vec<Hash>)>,
    bundle: Vec<u8>,
    size: u64,
}

/// Takes in a tile when it is full, or at the end.
pub(crate) type Sink<'a> = dyn FnMut(TileId, &[u8]) -> Result<()> + 'a;

impl Tiler {
    /// Goes on behind `size` entries, a multiple of 256; `levels` holds the open tiles of the levels from 1 up.
    pub(crate) fn resume(size: u64, levels: Vec<(u64, Vec<Hash>)>) -> Self {
        let mut all = vec![(size / u64::from(WIDTH), Vec::new())];
        all.extend(levels);
        Self { levels: all, bundle: Vec::new(), size }
    }

    /// Adds an entry with its leaf hash.
    pub(crate) fn push(&mut self, entry: &[u8], leaf: Hash, sink: &mut Sink<'_>) -> Result<()> {
        self.bundle.extend((entry.len() as u16).to_be_bytes());
        self.bundle.extend_from_slice(entry);
        self.size += 1;
        if self.size.is_multiple_of(u64::from(WIDTH)) {
            let number = self.size / u64::from(WIDTH) - 1;
            sink(TileId { kind: TileKind::Entries, number, width: WIDTH }, &self.bundle)?;
            self.bundle.clear();
        }
        let (mut hash, mut level) = (leaf, 0usize);
        loop {
            if self.levels.len() <= level {
                self.levels.push((0, Vec::with_capacity(WIDTH.into())));
            }
            let Some((number, hashes)) = self.levels.get_mut(level) else { return Ok(()) };
            hashes.push(hash);
            if hashes.len() < WIDTH.into() {
                return Ok(());
            }
            let kind = TileKind::Hashes { level: level as u8 };
            sink(TileId { kind, number: *number, width: WIDTH }, hashes.as_flattened())?;
            hash = tree::root_in_place(hashes);
            hashes.clear();
            *number += 1;
            level += 1;
        }
    }

    /// The open tiles as partial ones.
    pub(crate) fn partial(&self, sink: &mut Sink<'_>) -> Result<()> {
        let width = (self.size % u64::from(WIDTH)) as u16;
        if width > 0 {
            let number = self.size / u64::from(WIDTH);
            sink(TileId { kind: TileKind::Entries, number, width }, &self.bundle)?;
        }
        for (level, (number, hashes)) in (0u8..).zip(&self.levels) {
            if !hashes.is_empty() {
                let kind = TileKind::Hashes { level };
                sink(TileId { kind, number: *number, width: hashes.len() as u16 }, hashes.as_flattened())?;
            }
        }
        Ok(())
    }

    /// Entries that the open bundle holds, as bytes.
    pub(crate) fn open_bundle(&self) -> &[u8] {
        &self.bundle
    }

    /// Hashes of the open tile of a level.
    pub(crate) fn open_hashes(&self, level: u8) -> &[Hash] {
        self.levels.get(usize::from(level)).map_or(&[], |(_, hashes)| hashes)
    }

    /// Entries so far.
    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// Root over all entries so far, from the open tiles.
    pub(crate) fn root(&self) -> Hash {
        // The largest subtrees stand in the highest level.
        let peaks = self.levels.iter().rev().flat_map(|(_, hashes)| {
            let mut frontier = tree::Frontier::default();
            hashes.iter().for_each(|hash| frontier.push(*hash));
            frontier.into_peaks()
        });
        tree::root_of_peaks(&peaks.collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn tiles(size: u64) -> (BTreeMap<TileId, Vec<u8>>, Hash) {
        let (mut tiler, mut frontier) = (Tiler::default(), tree::Frontier::default());
        let mut found = BTreeMap::new();
        let mut sink = |tile: TileId, bytes: &[u8]| {
            assert!(found.insert(tile, bytes.to_vec()).is_none());
            Ok(())
        };
        for n in 0..size {
            let entry = n.to_be_bytes();
            tiler.push(&entry, tree::leaf(&entry), &mut sink).unwrap();
            frontier.push(tree::leaf(&entry));
        }
        tiler.partial(&mut sink).unwrap();
        assert_eq!(tiler.root(), frontier.root(), "size {size}");
        (found, frontier.root())
    }

    /// LG-TIL-01, LF-17: the golden figures.
    #[test]
    fn sizes_give_the_golden_figures() {
        let count = |size: u64| {
            let (found, _) = tiles(size);
            let mut counts = BTreeMap::new();
            for tile in found.keys() {
                let full = tile.width == WIDTH;
                counts.entry((tile.kind, full)).or_insert((0u64, 0u16)).0 += 1;
                if !full {
                    counts.entry((tile.kind, full)).and_modify(|entry| entry.1 = tile.width);
                }
            }
            counts.into_iter().map(|((kind, full), (n, width))| (kind, full, n, width)).collect::<Vec<_>>()
        };
        let hashes = |level| TileKind::Hashes { level };
        assert_eq!(
            count(70_000),
            [
                (hashes(0), false, 1, 112),
                (hashes(0), true, 273, 0),
                (hashes(1), false, 1, 17),
                (hashes(1), true, 1, 0),
                (hashes(2), false, 1, 1),
                (TileKind::Entries, false, 1, 112),
                (TileKind::Entries, true, 273, 0),
            ]
        );
        let one = [(hashes(0), true, 1, 0), (hashes(1), false, 1, 1), (TileKind::Entries, true, 1, 0)];
        assert_eq!(count(256), one);
        for size in [0, 1, 255, 257, 511, 512, 65_535, 65_536, 65_537] {
            count(size);
        }
    }
}
