//! Tiles: the log as static files that any C2SP tlog-tiles client can check (LG chapter 8). Derived from the segments,
//! written without a sync of their own (LG-DUR-09), never believed without a root.

mod hashes;
mod make;
mod path;

pub(crate) use hashes::TileHashes;
pub(crate) use make::Tiler;
pub use path::{TileId, TileKind};

use crate::{Error, Hash, Reader, Result, files, tree};
use path::WIDTH;
use std::collections::BTreeSet;
use std::path::Path;

/// What was done to the tiles of a ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TileStats {
    /// Entries that the tiles cover now: the size of the newest checkpoint.
    pub size: u64,
    /// Tiles written, because they were missing or different.
    pub written: u64,
    /// Tiles that were right already.
    pub kept: u64,
    /// Files removed, because no tile of this log has such a name or content.
    pub removed: u64,
}

/// Writes every tile for the newest checkpoint again from the segments alone, byte by byte the same (LG-TIL-03), and removes
/// what does not belong there. `progress` is told entries done and entries in all.
///
/// # Errors
/// `LE-POLICY` when there is no checkpoint yet, `LE-ROLLBACK` when the log is shorter than its checkpoint, `LV-DAMAGE` when
/// it leads to another root, `LE-IO`.
pub fn rebuild_tiles(folder: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<TileStats> {
    let mut reader = Reader::open(folder)?;
    let mut stats = TileStats::default();
    let mut made = BTreeSet::new();
    write(folder, &mut reader, Tiler::default(), &mut stats, &mut Some(&mut made), progress)?;
    for (name, tile) in list(folder)? {
        if tile.is_none_or(|tile| !made.contains(&tile)) {
            let path = folder.join(name);
            std::fs::remove_file(&path).map_err(Error::io(&path))?;
            stats.removed += 1;
        }
    }
    Ok(stats)
}

/// Brings the tiles up to the newest checkpoint, going on behind the full tiles that are there (LG-TIL-02). Where these do not
/// lead to the signed root, all of them are made again.
///
/// # Errors
/// As [`rebuild_tiles`].
pub fn update_tiles(folder: &Path) -> Result<TileStats> {
    let mut reader = Reader::open(folder)?;
    let mut stats = TileStats::default();
    let from = present(folder, reader.size())?;
    match from.map(|tiler| write(folder, &mut reader, tiler, &mut stats, &mut None, &mut |_, _| {})) {
        Some(Ok(())) => Ok(stats),
        Some(Err(error)) if !matches!(error, Error::Damage { .. }) => Err(error),
        _ => rebuild_tiles(folder, &mut |_, _| {}),
    }
}

/// Makes the tiles from where `tiler` stands up to the newest checkpoint.
fn write(
    folder: &Path,
    reader: &mut Reader,
    mut tiler: Tiler,
    stats: &mut TileStats,
    made: &mut Option<&mut BTreeSet<TileId>>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<()> {
    let Some(checkpoint) = reader.checkpoint()? else {
        return Err(Error::Policy("tiles need a checkpoint; hint: run `sekisho ledger checkpoint`"));
    };
    if checkpoint.size > reader.size() {
        return Err(Error::Rollback { size: reader.size(), known: checkpoint.size });
    }
    let mut sink = |tile: TileId, bytes: &[u8]| {
        if let Some(made) = made {
            made.insert(tile);
        }
        put(folder, tile, bytes, stats)
    };
    let (from, size) = (tiler.size(), checkpoint.size);
    let wanted = usize::try_from(size.saturating_sub(from)).unwrap_or(usize::MAX);
    for item in reader.raw_entries_from(from).take(wanted) {
        let (index, bytes, _) = item?;
        tiler.push(&bytes, tree::leaf(&bytes), &mut sink)?;
        if index.is_multiple_of(4_096) {
            progress(index, size);
        }
    }
    tiler.partial(&mut sink)?;
    progress(size, size);
    if tiler.root() != checkpoint.root || tiler.size() != size {
        return Err(Error::damage(&folder.join("tile"), 0, "tiles that lead to the signed root"));
    }
    stats.size = size;
    Ok(())
}

/// Writes a tile unless it is there already; a full one takes the place of its partial ones.
fn put(folder: &Path, tile: TileId, bytes: &[u8], stats: &mut TileStats) -> Result<()> {
    let path = folder.join(tile.to_string());
    if files::read_small(&path, bytes.len()).is_ok_and(|found| found == bytes) {
        stats.kept += 1;
        return Ok(());
    }
    let parent = path.parent().unwrap_or(folder);
    files::make_folders(parent)?;
    files::put_unsynced(&path, bytes)?;
    stats.written += 1;
    if tile.width == WIDTH {
        let mut partial = path.into_os_string();
        partial.push(".p");
        match std::fs::remove_dir_all(&partial) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::io(Path::new(&partial))(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The full tiles that are there, as a state to go on from; `None` when there is none or one is missing.
fn present(folder: &Path, size: u64) -> Result<Option<Tiler>> {
    let there = |kind, number| folder.join(TileId { kind, number, width: WIDTH }.to_string()).is_file();
    let leaves = TileKind::Hashes { level: 0 };
    // Full tiles were written in order: the first missing one is found by halving.
    let (mut low, mut high) = (0, size / u64::from(WIDTH));
    while low < high {
        let middle = low + (high - low) / 2;
        if there(leaves, middle) && there(TileKind::Entries, middle) {
            low = middle + 1
        } else {
            high = middle
        }
    }
    if low == 0 {
        return Ok(None);
    }
    let (mut levels, mut full, mut level) = (Vec::new(), low, 0u8);
    while full > 0 {
        let number = full / u64::from(WIDTH);
        let mut hashes = Vec::new();
        for below in number * u64::from(WIDTH)..full {
            let tile = TileId { kind: TileKind::Hashes { level }, number: below, width: WIDTH };
            match hashes::read(folder, tile)? {
                Some(mut tile) => hashes.push(tree::root_in_place(&mut tile)),
                None => return Ok(None),
            }
        }
        levels.push((number, hashes));
        (full, level) = (number, level + 1);
    }
    Ok(Some(Tiler::resume(low * u64::from(WIDTH), levels)))
}

/// The bytes of a tile as a client may ask for it: a partial one is also cut from a wider or the full one. `None` when the log
/// has not grown so far, or nobody has made the tiles yet.
///
/// # Errors
/// `LE-IO`.
pub fn read_tile(folder: &Path, tile: TileId) -> Result<Option<Vec<u8>>> {
    let limit = match tile.kind {
        TileKind::Hashes { .. } => usize::from(WIDTH) * size_of::<Hash>(),
        TileKind::Entries => usize::from(WIDTH) * (usize::from(u16::MAX) + 2),
    };
    for width in std::iter::once(tile.width).chain([WIDTH]).chain(tile.width + 1..WIDTH) {
        let path = folder.join(TileId { width, ..tile }.to_string());
        match files::read_small(&path, limit) {
            Ok(bytes) if width == tile.width => return Ok(Some(bytes)),
            Ok(bytes) => return Ok(cut(tile, &bytes)),
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

fn cut(tile: TileId, bytes: &[u8]) -> Option<Vec<u8>> {
    let width = usize::from(tile.width);
    let end = match tile.kind {
        TileKind::Hashes { .. } => width * size_of::<Hash>(),
        TileKind::Entries => (0..width).try_fold(0usize, |at, _| {
            let size = bytes.get(at..at + 2)?.try_into().map(u16::from_be_bytes).ok()?;
            Some(at + 2 + usize::from(size))
        })?,
    };
    bytes.get(..end).map(<[u8]>::to_vec)
}

/// Files below `tile/`, with the tile that each one names.
pub(crate) fn list(folder: &Path) -> Result<Vec<(String, Option<TileId>)>> {
    let (mut found, mut folders) = (Vec::new(), vec!["tile".to_owned()]);
    while let Some(name) = folders.pop() {
        let path = folder.join(&name);
        let items = match std::fs::read_dir(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && name == "tile" => return Ok(found),
            items => items.map_err(Error::io(&path))?,
        };
        for item in items {
            let item = item.map_err(Error::io(&path))?;
            let below = format!("{name}/{}", item.file_name().to_string_lossy());
            if item.file_type().map_err(Error::io(&path))?.is_dir() {
                folders.push(below);
            } else {
                let tile = TileId::parse(&below);
                found.push((below, tile));
            }
        }
    }
    found.sort();
    Ok(found)
}
