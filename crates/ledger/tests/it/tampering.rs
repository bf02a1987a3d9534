//! What an intruder does to a ledger is found and named for what it is (LG-MOD-01, LG-VER-01, LF-01 to LF-06).

use crate::support::{NOW, files, genesis, overwrite, place_in_memory, two_sessions};
use ledger::{
    Code, EntryKind, Ledger, Property, PropertyState, VerifyOptions, VerifyReport, update_tiles, verify,
};
use serde_json::json;
use std::path::{Path, PathBuf};

const SEGMENT: &str = "segments/00000000000000000000.seg";

fn check(folder: &Path) -> VerifyReport {
    verify(folder, &VerifyOptions::default()).unwrap()
}

fn found(report: &VerifyReport) -> Vec<Code> {
    let mut codes: Vec<Code> = report.failures.iter().map(|failure| failure.code).collect();
    codes.dedup();
    codes
}

/// A ledger with everything a ledger has, as small as can be: two frames, a payload, a seal, checkpoints.
fn tiny(folder: &Path) {
    let mut ledger = Ledger::create(folder, genesis()).unwrap();
    let stream = ledger.open_stream("s", "case", NOW).unwrap();
    ledger.append(stream, EntryKind::Record, NOW, &json!({ "op": "open" })).unwrap();
    ledger.close(NOW.plus(1)).unwrap();
}

/// LF-01: every single bit of every file. Each flip is found; in the segments the frame is named, in another file the
/// file, and what it breaks is that nothing was altered.
#[test]
fn every_flipped_bit_is_found() {
    let (_guard, folder) = place_in_memory();
    tiny(&folder);
    assert_eq!(check(&folder).failures, []);
    let names: Vec<PathBuf> =
        files(&folder).iter().map(|path| path.strip_prefix(&folder).unwrap().to_owned()).collect();
    let workers = std::thread::available_parallelism().map_or(2, usize::from).min(8);
    let tried: usize = std::thread::scope(|scope| {
        let work = |worker: usize| {
            let names = &names;
            scope.spawn(move || flip_every_bit(names, worker, workers))
        };
        (0..workers).map(work).collect::<Vec<_>>().into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let bytes: usize = names.iter().map(|name| std::fs::read(folder.join(name)).unwrap().len()).sum();
    assert_eq!(tried, bytes * 8);
    assert!(tried > 15_000, "{tried} bits");
}

/// The bits of every `workers`-th byte, in a ledger of its own, which is the same to the byte.
fn flip_every_bit(names: &[PathBuf], worker: usize, workers: usize) -> usize {
    let (_guard, folder) = place_in_memory();
    tiny(&folder);
    let mut tried = 0;
    for name in names {
        let path = folder.join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        for at in (worker..bytes.len()).step_by(workers) {
            for bit in 0..8 {
                bytes[at] ^= 1 << bit;
                overwrite(&path, &bytes);
                bytes[at] ^= 1 << bit;
                tried += 1;
                let case = format!("{} byte {at} bit {bit}", name.display());
                let report = match verify(&folder, &VerifyOptions::default()) {
                    Ok(report) => report,
                    Err(error) => {
                        let only = name.ends_with("format") || name.starts_with("segments") && at < 500;
                        assert!(only && error.to_string().starts_with("LV-FORMAT"), "{case}: {error}");
                        continue;
                    }
                };
                let first = report.failures.first().unwrap_or_else(|| panic!("{case}: nothing found"));
                let (_, altered) = report.properties()[0];
                assert_eq!(altered, PropertyState::Broken, "{case}: {:?}", report.failures);
                if name.starts_with("segments") {
                    // The header of the segment stands before its first frame.
                    assert!(first.offset <= at.max(88) as u64, "{case}: {first:?}");
                } else {
                    assert!(report.failures.iter().any(|one| one.file == *name), "{case}: {first:?}");
                }
            }
        }
        overwrite(&path, &bytes);
    }
    tried
}

/// CRC-32C, bit by bit: an intruder renews it, since it is no secret.
fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

/// A frame taken apart as docs/formats/ledger.md tells.
#[derive(Clone)]
struct Frame {
    header: Vec<u8>,
    entries: Vec<Vec<u8>>,
    blocks: Vec<u8>,
    trailer: Vec<u8>,
}

fn word(bytes: &[u8], at: usize) -> usize {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
}

fn take_apart(segment: &[u8]) -> (Vec<u8>, Vec<Frame>) {
    let (head, mut rest) = segment.split_at(88);
    let mut frames = Vec::new();
    while rest.starts_with(b"SKFRM") {
        let (entries_bytes, blocks_bytes) = (word(rest, 8), word(rest, 12));
        let blocks_at = 48 + entries_bytes;
        let trailer_at = 48 + (entries_bytes + blocks_bytes).next_multiple_of(8);
        let mut entries = Vec::new();
        let mut part = &rest[48..blocks_at];
        while let Some((size, after)) = part.split_first_chunk::<2>() {
            let (entry, after) = after.split_at(usize::from(u16::from_be_bytes(*size)));
            entries.push(entry.to_vec());
            part = after;
        }
        frames.push(Frame {
            header: rest[..48].to_vec(),
            entries,
            blocks: rest[blocks_at..blocks_at + blocks_bytes].to_vec(),
            trailer: rest[trailer_at..trailer_at + 208].to_vec(),
        });
        rest = &rest[trailer_at + 216..];
    }
    (head.to_vec(), frames)
}

/// Writes the frames again with right lengths, counts and checksums: all that needs no key.
fn put_together(head: &[u8], frames: &[Frame]) -> Vec<u8> {
    let mut out = head.to_vec();
    for frame in frames {
        let entries: Vec<u8> = frame
            .entries
            .iter()
            .flat_map(|entry| [&(entry.len() as u16).to_be_bytes()[..], entry].concat())
            .collect();
        let mut bytes = frame.header.clone();
        bytes[8..12].copy_from_slice(&(entries.len() as u32).to_be_bytes());
        bytes[32..36].copy_from_slice(&(frame.entries.len() as u32).to_be_bytes());
        bytes.extend(&entries);
        bytes.extend(&frame.blocks);
        bytes.resize(48 + (entries.len() + frame.blocks.len()).next_multiple_of(8), 0);
        bytes.extend(&frame.trailer);
        bytes.extend(crc32c(&bytes).to_be_bytes());
        bytes.extend(b"SKEN");
        out.extend(bytes);
    }
    out
}

/// What an intruder does to the frames.
type Change = fn(&mut Vec<Frame>);

/// Changes the frames of a ledger of two sessions and verifies.
fn after(change: impl FnOnce(&mut Vec<Frame>)) -> VerifyReport {
    let (_guard, folder) = place_in_memory();
    two_sessions(&folder);
    let path = folder.join(SEGMENT);
    let whole = std::fs::read(&path).unwrap();
    let (head, mut frames) = take_apart(&whole);
    assert!(put_together(&head, &frames) == whole && frames.len() >= 4);
    change(&mut frames);
    overwrite(&path, &put_together(&head, &frames));
    check(&folder)
}

/// LG-MOD-01, LF-05, LF-06: entries of a frame swapped, dropped, doubled, moved; the root no longer is the signed one, the
/// place in the stream does not fit, and the frame is named. The checksums are right: no accident.
#[test]
fn entries_swapped_dropped_doubled_or_moved_break_the_root() {
    let changes: [(&str, Change); 5] = [
        ("swapped", |frames| frames[1].entries.swap(0, 1)),
        ("dropped", |frames| drop(frames[1].entries.remove(1))),
        ("doubled", |frames| {
            let entry = frames[1].entries[1].clone();
            frames[1].entries.insert(1, entry);
        }),
        ("moved", |frames| {
            let entry = frames[1].entries.remove(0);
            frames[2].entries.push(entry);
        }),
        ("reversed", |frames| frames[1].entries.reverse()),
    ];
    for (name, change) in changes {
        let report = after(change);
        let codes = found(&report);
        assert!(codes.contains(&Code::Root), "{name}: {codes:?}");
        assert!(codes.contains(&Code::Link) || name == "dropped", "{name}: {codes:?}");
        // The epoch key signed other counts; where only the order changed, it signed these.
        assert_eq!(codes.contains(&Code::Sig), !["swapped", "reversed"].contains(&name), "{name}: {codes:?}");
        let first = &report.failures[0];
        assert!(first.index.is_some_and(|index| (4..8).contains(&index)), "{name}: {first:?}");
        assert_eq!(first.since, Some(NOW.plus(6)), "{name}: sound up to the frame before");
        assert_eq!(report.properties()[0], (Property::Alteration, PropertyState::Broken), "{name}");
    }
}

/// LF-05: whole frames swapped, dropped, doubled, moved to the end: they do not follow one another.
#[test]
fn frames_swapped_dropped_doubled_or_moved_do_not_follow() {
    let changes: [(&str, Change); 4] = [
        ("swapped", |frames| frames.swap(1, 2)),
        ("dropped", |frames| drop(frames.remove(1))),
        ("doubled", |frames| frames.insert(1, frames[1].clone())),
        ("moved", |frames| frames.rotate_left(1)),
    ];
    for (name, change) in changes {
        let report = after(change);
        let first = &report.failures[0];
        let expected = if name == "moved" { Code::Foreign } else { Code::Damage };
        assert_eq!(first.code, expected, "{name}: {:?}", report.failures);
        if name != "moved" {
            assert_eq!(first.what, "frames do not follow one another", "{name}");
        }
    }
    let report = after(|frames| frames.truncate(2));
    assert_eq!(found(&report), [Code::Trunc], "the tail cut at a frame: {:?}", report.failures);
}

/// A payload block put in the place of another: the digest of the trailer is another.
#[test]
fn a_block_in_the_place_of_another_is_named() {
    let report = after(|frames| {
        let blocks = frames[1].blocks.clone();
        frames[2].blocks.clone_from(&blocks);
        let size = (blocks.len() as u32).to_be_bytes();
        frames[2].header[12..16].copy_from_slice(&size);
    });
    assert!(found(&report).contains(&Code::Block), "{:?}", report.failures);
}

/// LF-03: an old checkpoint in the place of the newest.
#[test]
fn a_replayed_checkpoint_is_named() {
    let (_guard, folder) = place_in_memory();
    two_sessions(&folder);
    let published = std::fs::read_to_string(folder.join("checkpoint")).unwrap();
    let size = |note: &str| note.lines().nth(1).unwrap().parse::<u64>().unwrap();
    let mut kept: Vec<u64> = files(&folder.join("checkpoints"))
        .iter()
        .map(|path| size(&std::fs::read_to_string(path).unwrap()))
        .collect();
    kept.sort_unstable();
    let old = std::fs::read(folder.join("checkpoints").join(kept[0].to_string())).unwrap();
    overwrite(&folder.join("checkpoint"), &old);
    let report = check(&folder);
    assert!(report.warnings.iter().any(|warning| warning.code == Code::Trunc), "{:?}", report.warnings);
    // The newer ones taken away as well: the log itself says that they were published.
    for newer in &kept[1..] {
        std::fs::remove_file(folder.join("checkpoints").join(newer.to_string())).unwrap();
    }
    let report = check(&folder);
    assert_eq!(found(&report), [Code::Missing], "{:?}", report.failures);
    assert!(size(&published) > kept[0]);
    // The log cut back to it too: only somebody outside who saw the newer head can tell (LG-THR-02).
    let heads = vec![("seen".to_owned(), published)];
    let report = verify(&folder, &VerifyOptions { heads, ..VerifyOptions::default() }).unwrap();
    assert!(!found(&report).contains(&Code::Trunc), "nothing is cut yet");
}

/// LF-01, LF-05 for tiles: swapped, dropped in part, doubled, reordered inside. Named as tiles, the log itself is sound.
#[test]
fn tiles_swapped_doubled_or_reordered_are_named() {
    let (_guard, folder) = place_in_memory();
    let mut ledger = Ledger::create(&folder, genesis()).unwrap();
    let stream = ledger.open_stream("s", "file", NOW).unwrap();
    for n in 0..600 {
        ledger.append(stream, EntryKind::Record, NOW, &json!({ "n": n })).unwrap();
    }
    ledger.checkpoint(NOW).unwrap();
    update_tiles(&folder).unwrap();
    for kind in ["tile/0", "tile/entries"] {
        let (one, two) = (folder.join(kind).join("000"), folder.join(kind).join("001"));
        let (first, second) = (std::fs::read(&one).unwrap(), std::fs::read(&two).unwrap());
        let case = |name: &str, a: &[u8], b: &[u8], wrong: usize| {
            overwrite(&one, a);
            overwrite(&two, b);
            let report = check(&folder);
            assert_eq!(found(&report), [Code::Tile], "{kind} {name}");
            assert_eq!(report.failures.len(), wrong, "{kind} {name}: {:?}", report.failures);
            assert_eq!(report.properties()[0].1, PropertyState::Holds, "the log itself is sound");
        };
        case("swapped", &second, &first, 2);
        case("doubled", &first, &first, 1);
        case("cut", &first[..first.len() - 1], &second, 1);
        let mut inside = first.clone();
        // Two hashes, or two whole entries: those of one stream are equally long.
        let width = if kind == "tile/0" { 32 } else { 70 };
        let start = inside.len() - 2 * width;
        inside[start..].rotate_left(width);
        case("reordered", &inside, &second, 1);
        overwrite(&one, &first);
        overwrite(&two, &second);
    }
    assert!(check(&folder).holds());
}
