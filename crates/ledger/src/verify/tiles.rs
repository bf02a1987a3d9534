//! Tiles against the segments (LG 19.2 step 4). They are derived: what is wrong in them is repaired by `ledger rebuild`.

use super::{Code, VerifyReport};
use crate::frame::{self, Frame};
use crate::replay::Fault;
use crate::tiles::{self, TileId, TileKind, Tiler};
use crate::{files, tree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Largest tile that is read, in bytes: a bundle of 256 entries.
const TILE_BYTES_MAX: usize = 256 * (65_535 + 2);

/// The tiles that a ledger has, each compared when the log has come so far.
pub(crate) struct TileCheck {
    folder: PathBuf,
    full: BTreeSet<TileId>,
    /// Partial tiles by the size of the log at which they are complete.
    partial: BTreeMap<u64, Vec<TileId>>,
    tiler: Tiler,
}

impl TileCheck {
    /// Lists the tiles; `None` when there is none.
    pub(crate) fn open(folder: &Path, report: &mut VerifyReport) -> Option<Self> {
        let mut check = Self {
            folder: folder.to_owned(),
            full: BTreeSet::new(),
            partial: BTreeMap::new(),
            tiler: Tiler::default(),
        };
        let Ok(found) = tiles::list(folder) else {
            report.fail(
                &Fault::new(Code::Tile, "a folder of tiles that can be read"),
                Path::new("tile"),
                0,
                None,
            );
            return None;
        };
        for (name, tile) in found {
            match tile {
                Some(tile) if tile == tile.full() => drop(check.full.insert(tile)),
                Some(tile) => check.partial.entry(complete_at(tile)).or_default().push(tile),
                None if name.ends_with(".tmp") => {}
                None => {
                    let fault = Fault::new(Code::Tile, "a file that is named like a tile");
                    report.fail(&fault, Path::new(&name), 0, None);
                }
            }
        }
        (!check.full.is_empty() || !check.partial.is_empty()).then_some(check)
    }

    /// Follows the entries of a frame.
    pub(crate) fn frame(&mut self, frame: &Frame<'_>, report: &mut VerifyReport) {
        for entry in frame::entries(frame.entries).map_while(Result::ok) {
            let Self { folder, full, partial, tiler } = self;
            let mut sink = |tile: TileId, bytes: &[u8]| {
                if full.remove(&tile) {
                    compare(folder, tile, bytes, report);
                }
                Ok(())
            };
            // The sink above never fails.
            let _ = tiler.push(entry, tree::leaf(entry), &mut sink);
            for tile in partial.remove(&tiler.size()).unwrap_or_default() {
                let bytes = match tile.kind {
                    TileKind::Entries => tiler.open_bundle(),
                    TileKind::Hashes { level } => tiler.open_hashes(level).as_flattened(),
                };
                compare(folder, tile, bytes, report);
            }
        }
    }

    /// Tiles that the log is too short for.
    pub(crate) fn finish(self, report: &mut VerifyReport) {
        for tile in self.full.into_iter().chain(self.partial.into_values().flatten()) {
            let what = "a tile within the size of the log";
            report.fail(&Fault::new(Code::Tile, what), Path::new(&tile.to_string()), 0, None);
        }
    }
}

/// Size of the log at which a tile has all its hashes or entries.
fn complete_at(tile: TileId) -> u64 {
    let level = match tile.kind {
        TileKind::Entries => 0,
        TileKind::Hashes { level } => u32::from(level),
    };
    let hashes = tile.number.saturating_mul(256).saturating_add(tile.width.into());
    hashes.saturating_mul(1u64.checked_shl(8 * level).unwrap_or(u64::MAX))
}

fn compare(folder: &Path, tile: TileId, bytes: &[u8], report: &mut VerifyReport) {
    let name = tile.to_string();
    if !files::read_small(&folder.join(&name), TILE_BYTES_MAX).is_ok_and(|found| found == bytes) {
        let what = "a tile that agrees with the segments";
        let index = tile.number.saturating_mul(256);
        let index = (tile.kind == TileKind::Entries).then_some(index);
        report.fail(&Fault { index, ..Fault::new(Code::Tile, what) }, Path::new(&name), 0, None);
    }
}
