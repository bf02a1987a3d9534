//! Hashes of subtrees from tiles: a proof reads a few tiles, whatever the size of the log (P7).

use super::path::{TileId, TileKind, WIDTH};
use crate::{Error, Hash, Result, files, ranges, tree};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The hashes of one tile; `None` when it is not there.
pub(super) fn read(folder: &Path, tile: TileId) -> Result<Option<Vec<Hash>>> {
    let path = folder.join(tile.to_string());
    let size = usize::from(tile.width) * size_of::<Hash>();
    match files::read_small(&path, size) {
        Ok(bytes) if bytes.len() == size => {
            Ok(Some(bytes.chunks_exact(32).filter_map(|hash| hash.try_into().ok()).collect()))
        }
        Ok(_) | Err(Error::Limit { .. }) => {
            Err(Error::damage(&path, 0, "a tile of the length its name says"))
        }
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Tiles of a log of a certain size, read as they are needed.
pub(crate) struct TileHashes {
    folder: PathBuf,
    size: u64,
    tiles: HashMap<(u8, u64), Vec<Hash>>,
}

impl TileHashes {
    pub(crate) fn new(folder: &Path, size: u64) -> Self {
        Self { folder: folder.to_owned(), size, tiles: HashMap::new() }
    }

    /// Root over the leaves from `start` to `end`; `None` when a tile is missing. The caller compares what follows from it
    /// with a signed root.
    pub(crate) fn root(&mut self, start: u64, end: u64) -> Result<Option<Hash>> {
        let width = end - start;
        if width == 0 {
            return Ok(Some(tree::empty_root()));
        }
        if width.is_power_of_two() && start.is_multiple_of(width) {
            return self.subtree(start, width.trailing_zeros());
        }
        let middle = start + ranges::split(width);
        let (left, right) = (self.root(start, middle)?, self.root(middle, end)?);
        Ok(left.zip(right).map(|(left, right)| tree::node(&left, &right)))
    }

    /// Root of a complete subtree of 2^height leaves.
    fn subtree(&mut self, start: u64, height: u32) -> Result<Option<Hash>> {
        let (level, rest) = ((height / 8) as u8, height % 8);
        let first = start >> (8 * u32::from(level));
        let (number, place) = (first / u64::from(WIDTH), (first % u64::from(WIDTH)) as usize);
        let Some(tile) = self.tile(level, number)? else { return Ok(None) };
        let mut hashes = tile.get(place..place + (1 << rest)).unwrap_or_default().to_vec();
        Ok((!hashes.is_empty()).then(|| tree::root_in_place(&mut hashes)))
    }

    fn tile(&mut self, level: u8, number: u64) -> Result<Option<&[Hash]>> {
        if !self.tiles.contains_key(&(level, number)) {
            let in_level = self.size >> (8 * u32::from(level));
            let left = in_level.saturating_sub(number * u64::from(WIDTH));
            let tile =
                TileId { kind: TileKind::Hashes { level }, number, width: left.min(WIDTH.into()) as u16 };
            let found = match read(&self.folder, tile)? {
                None if tile.width < WIDTH => read(&self.folder, tile.full())?,
                found => found,
            };
            let Some(hashes) = found else { return Ok(None) };
            self.tiles.insert((level, number), hashes);
        }
        Ok(self.tiles.get(&(level, number)).map(Vec::as_slice))
    }
}
