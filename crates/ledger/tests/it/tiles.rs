//! Tiles (LG-TIL-01 to -03, LG-DUR-09, P7): derived, byte-identical when made again, checked by `verify`.

use crate::support::{NOW, cite, files, genesis, overwrite, place, two_sessions};
use ledger::{
    EntryKind, Ledger, Reader, TileId, TileKind, VerifyOptions, read_tile, rebuild_tiles, update_tiles,
    verify,
};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use vocab::LedgerIndex;

fn tiles(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let below = |path: &PathBuf| path.starts_with(folder.join("tile"));
    files(folder).into_iter().filter(below).map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// A ledger that grows by `steps` entries before each checkpoint; after each the tiles are brought up to it.
fn grown(folder: &Path, steps: &[u64]) -> Ledger {
    let mut ledger = Ledger::create(folder, genesis()).unwrap();
    let stream = ledger.open_stream("s", "file", NOW).unwrap();
    for count in steps {
        for n in 0..*count {
            ledger.append(stream, EntryKind::Record, NOW, &json!({ "n": n })).unwrap();
        }
        let size = ledger.checkpoint(NOW).unwrap().size;
        assert_eq!(update_tiles(folder).unwrap().size, size);
    }
    ledger
}

#[test]
fn tiles_made_step_by_step_are_those_made_at_once() {
    let (_guard, folder) = place();
    let ledger = grown(&folder, &[1, 250, 2, 300, 600, 70]);
    let stepwise = tiles(&folder);
    drop(ledger);
    assert!(verify(&folder, &VerifyOptions::default()).unwrap().holds());
    // Partial tiles of earlier checkpoints remain until the tile is full; rebuilding makes those of the newest only.
    let stats = rebuild_tiles(&folder, &mut |_, _| {}).unwrap();
    assert_eq!(stats.written, 0, "byte-identical (LG-TIL-03): {stats:?}");
    let once = tiles(&folder);
    assert!(once.iter().all(|(path, bytes)| stepwise.get(path) == Some(bytes)));
    assert_eq!(stepwise.len() as u64, once.len() as u64 + stats.removed);
    std::fs::remove_dir_all(folder.join("tile")).unwrap();
    assert_eq!(update_tiles(&folder).unwrap().written as usize, once.len());
    assert_eq!(tiles(&folder), once);
    let names: Vec<String> =
        once.keys().map(|path| path.strip_prefix(&folder).unwrap().display().to_string()).collect();
    assert!(names.iter().all(|name| TileId::parse(name).is_some()), "{names:?}");
    assert!(names.contains(&"tile/1/000.p/4".to_owned()), "{names:?}");
}

/// LF-01: each wrong tile is named, is no failure of the log itself, and is repaired.
#[test]
fn a_wrong_tile_is_named_and_made_again() {
    let (_guard, folder) = place();
    let key = grown(&folder, &[300]).verifier_key();
    let sound = tiles(&folder);
    for (path, whole) in &sound {
        for at in [0, whole.len() / 2, whole.len() - 1] {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            overwrite(path, &bytes);
            let report = verify(&folder, &VerifyOptions::default()).unwrap();
            let found: Vec<_> =
                report.failures.iter().map(|one| (one.code.as_str(), one.file.clone())).collect();
            assert_eq!(found, [("LV-TILE", path.strip_prefix(&folder).unwrap().to_owned())]);
            // A proof is never made of a wrong tile.
            let proof = Reader::open(&folder).unwrap().inclusion(cite(LedgerIndex(3), 0)).unwrap();
            assert_eq!(proof.check(Some(&key)), Ok(()));
        }
        assert_eq!(rebuild_tiles(&folder, &mut |_, _| {}).unwrap().written, 1);
    }
    overwrite(&folder.join("tile/0/stray"), b"x");
    overwrite(&folder.join("tile/0/001.p/200"), b"x");
    let report = verify(&folder, &VerifyOptions::default()).unwrap();
    assert_eq!(report.failures.len(), 2, "{:?}", report.failures);
    assert_eq!(rebuild_tiles(&folder, &mut |_, _| {}).unwrap().removed, 2);
    assert_eq!(tiles(&folder), sound);
}

/// LF-18: a client that saw an earlier head still finds its partial tiles, cut from wider ones.
#[test]
fn narrower_tiles_are_cut_from_wider_ones() {
    let (_guard, folder) = place();
    drop(grown(&folder, &[100, 400]));
    for kind in [TileKind::Entries, TileKind::Hashes { level: 0 }] {
        let full = read_tile(&folder, TileId { kind, number: 0, width: 256 }).unwrap().unwrap();
        for width in [1, 100, 255] {
            let part = read_tile(&folder, TileId { kind, number: 0, width }).unwrap().unwrap();
            assert!(full.starts_with(&part) && part.len() < full.len());
            if kind != TileKind::Entries {
                assert_eq!(part.len(), usize::from(width) * 32);
            }
        }
        assert_eq!(read_tile(&folder, TileId { kind, number: 1, width: 256 }).unwrap(), None);
        assert_eq!(read_tile(&folder, TileId { kind, number: 9, width: 1 }).unwrap(), None);
    }
}

/// LG chapter 19.4: any two sizes, with tiles and without.
#[test]
fn consistency_is_proved_with_tiles_and_without() {
    let (_guard, folder) = place();
    two_sessions(&folder);
    let mut bare = Reader::open(&folder).unwrap();
    let size = bare.size();
    let without: Vec<_> = (0..=size).map(|old| bare.consistency(old, size).unwrap()).collect();
    update_tiles(&folder).unwrap();
    let mut reader = Reader::open(&folder).unwrap();
    for (old, proof) in (0..).zip(&without) {
        assert!(proof.holds(), "{old}");
        assert_eq!(reader.consistency(old, size).unwrap(), *proof);
    }
    let notes: Vec<(u64, String)> = files(&folder.join("checkpoints"))
        .iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            (name.parse().unwrap(), std::fs::read_to_string(path).unwrap())
        })
        .collect();
    let key = reader.verifier_key().to_owned();
    for (old, old_note) in &notes {
        for (new, new_note) in notes.iter().filter(|(new, _)| new >= old) {
            let proof = reader.consistency(*old, *new).unwrap();
            assert!(proof.joins(&key, old_note, new_note));
            assert!(old == new || !proof.joins(&key, new_note, old_note));
        }
    }
    assert!(reader.consistency(2, 1).is_err() && reader.consistency(0, size + 1).is_err());
}
