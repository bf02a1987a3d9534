//! `verify` finds every change, and says what, where and since when.

use crate::support::{NOW, files, genesis, overwrite, place, place_in_memory, records, small, two_sessions};
use ledger::{Code, EntryKind, Ledger, Property, PropertyState, Run, VerifyOptions, VerifyReport, verify};
use serde_json::json;
use std::path::Path;

fn check(folder: &Path) -> VerifyReport {
    verify(folder, &VerifyOptions::default()).unwrap()
}

fn codes(report: &VerifyReport) -> Vec<&'static str> {
    report.failures.iter().map(|failure| failure.code.as_str()).collect()
}

#[test]
fn a_sound_ledger_holds_and_says_what_it_cannot_exclude() {
    let (_guard, folder) = place();
    small(&folder);
    let report = check(&folder);
    assert_eq!(report.failures, []);
    assert_eq!((report.entries, report.records, report.blocks, report.segments), (11, 3, 3, 1));
    assert_eq!(report.checkpoint, Some((11, report.root)));
    assert_eq!((report.closed, report.last_seal), (true, Some((1, NOW.plus(9)))));
    assert_eq!(report.last_time, Some(NOW.plus(9)));
    let warnings: Vec<_> = report.warnings.iter().map(|warning| warning.code).collect();
    assert_eq!(warnings, [Code::TailUnproven], "LG-THR-02: never a bare OK");
    let states: Vec<_> = report.properties().iter().map(|(_, state)| *state).collect();
    assert_eq!(states[..3], [PropertyState::Holds; 3]);
    assert_eq!(report.properties()[3], (Property::Leak, PropertyState::Unprotected));
}

/// LF-01: one bit of every `step`-th byte of every file. There is no byte whose change does not matter.
fn flip(folder: &Path, step: usize) -> usize {
    assert_eq!(check(folder).failures, []);
    let mut tried = 0;
    for path in files(folder) {
        let whole = std::fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(step) {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            overwrite(&path, &bytes);
            match verify(folder, &VerifyOptions::default()) {
                Ok(report) => assert!(!report.holds(), "{} byte {at}: nothing found", path.display()),
                Err(error) => assert!(error.to_string().starts_with("LV-FORMAT"), "{error}"),
            }
            tried += 1;
        }
        overwrite(&path, &whole);
    }
    assert_eq!(check(folder).failures, []);
    tried
}

#[test]
fn flipped_bytes_of_a_second_session_are_found() {
    let (_guard, folder) = place_in_memory();
    two_sessions(&folder);
    let tried = flip(&folder, 7);
    assert!(tried > 800, "{tried} bytes tried");
}

/// A changed place is named: frame, entry, and the time up to which all is well.
#[test]
fn damage_is_named() {
    let (_guard, folder) = place();
    small(&folder);
    let path = folder.join("segments/00000000000000000000.seg");
    let mut bytes = std::fs::read(&path).unwrap();
    let frames: Vec<usize> =
        (0..bytes.len()).step_by(8).filter(|at| bytes[*at..].starts_with(b"SKFRM\0\0")).collect();
    let (first, second) = (frames[0] as u64, frames[1] as u64);
    bytes[frames[1] + 60] ^= 1;
    overwrite(&path, &bytes);
    let report = check(&folder);
    let found = &report.failures[0];
    assert_eq!((found.offset, found.index, found.since), (second, Some(4), Some(NOW.plus(6))));
    assert_eq!(found.file, Path::new("segments/00000000000000000000.seg"));
    assert!(codes(&report).contains(&"LV-ROOT") && codes(&report).contains(&"LV-DAMAGE"), "{report:?}");
    assert!(!codes(&report).contains(&"LV-SIG"), "the signature covers the digest, which is unchanged");
    bytes[frames[1] + 60] ^= 1;
    bytes[frames[0] + 500] ^= 1;
    overwrite(&path, &bytes);
    let report = check(&folder);
    assert_eq!((report.failures[0].offset, report.failures[0].since), (first, None));
}

#[test]
fn a_cut_is_found_at_every_byte() {
    let (_guard, folder) = place_in_memory();
    small(&folder);
    let path = folder.join("segments/00000000000000000000.seg");
    let whole = std::fs::read(&path).unwrap();
    for size in 0..whole.len() {
        overwrite(&path, &whole[..size]);
        match verify(&folder, &VerifyOptions::default()) {
            Ok(report) => {
                let found = codes(&report);
                assert!(
                    found.contains(&"LV-TRUNC") || found.contains(&"LV-DAMAGE"),
                    "cut at {size}: {found:?}"
                );
            }
            Err(error) => assert!(error.to_string().starts_with("LV-FORMAT"), "{error}"),
        }
    }
    let mut longer = whole;
    longer.extend([0; 16]);
    overwrite(&path, &longer);
    assert_eq!(codes(&check(&folder)), [""; 0], "zeros ahead of the frames say nothing (LG-SEG-04)");
    longer.extend([0, 1, 0]);
    overwrite(&path, &longer);
    assert_eq!(codes(&check(&folder)), ["LV-DAMAGE"], "bytes behind a closed ledger");
}

#[test]
fn a_missing_file_is_found() {
    let (_guard, folder) = place();
    two_sessions(&folder);
    for path in files(&folder).into_iter().filter(|path| !path.ends_with("lock")) {
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        match verify(&folder, &VerifyOptions::default()) {
            Ok(report) => assert!(!report.holds(), "{} is missing, nothing found", path.display()),
            Err(error) => {
                let only = path.ends_with("format") || path.to_string_lossy().contains("segments");
                assert!(only, "{}: {error}", path.display());
            }
        }
        overwrite(&path, &bytes);
    }
}

/// LF-05: frames, blocks and files in each other's place.
#[test]
fn swapped_pieces_are_found() {
    let (_guard, folder) = place();
    let (_other_guard, other) = place();
    two_sessions(&folder);
    two_sessions(&other);
    let path = folder.join("segments/00000000000000000000.seg");
    let whole = std::fs::read(&path).unwrap();
    let mut starts: Vec<usize> =
        (0..whole.len()).step_by(8).filter(|at| whole[*at..].starts_with(b"SKFRM\0\0")).collect();
    starts.push(whole.len());
    let frame = |n: usize| &whole[starts[n]..starts[n + 1]];
    let mut swapped = whole[..starts[1]].to_vec();
    for n in [2, 1].into_iter().chain(3..starts.len() - 1) {
        swapped.extend(frame(n));
    }
    overwrite(&path, &swapped);
    assert!(codes(&check(&folder)).contains(&"LV-DAMAGE"));
    let mut doubled = whole[..starts[2]].to_vec();
    doubled.extend(frame(1));
    doubled.extend(&whole[starts[2]..]);
    overwrite(&path, &doubled);
    assert!(!check(&folder).holds());
    let mut dropped = whole[..starts[1]].to_vec();
    dropped.extend(&whole[starts[2]..]);
    overwrite(&path, &dropped);
    assert!(!check(&folder).holds());
    overwrite(&path, &whole);
    let kept: Vec<_> =
        files(&folder).into_iter().filter(|path| path.to_string_lossy().contains("checkpoints/")).collect();
    let (a, b) = (std::fs::read(&kept[0]).unwrap(), std::fs::read(&kept[1]).unwrap());
    overwrite(&kept[0], &b);
    overwrite(&kept[1], &a);
    assert!(codes(&check(&folder)).contains(&"LV-DAMAGE"));
}

#[test]
fn pieces_of_another_ledger_are_foreign() {
    let (_guard, folder) = place();
    let (_other_guard, other) = place();
    small(&folder);
    let mut genesis = genesis();
    genesis.seed = [8; 32];
    let mut ledger = Ledger::create(&other, genesis).unwrap();
    let stream = ledger.open_stream("a", "file", NOW).unwrap();
    ledger.append(stream, EntryKind::Record, NOW, &json!({"a": 1})).unwrap();
    ledger.close(NOW).unwrap();
    let name = "segments/00000000000000000000.seg";
    let theirs = std::fs::read(other.join(name)).unwrap();
    let ours = std::fs::read(folder.join(name)).unwrap();
    let mut mixed = ours[..88].to_vec();
    mixed.extend(&theirs[88..]);
    overwrite(&folder.join(name), &mixed);
    assert_eq!(codes(&check(&folder)), ["LV-FOREIGN"]);
    // The whole segment of another ledger: its entries hold, the checkpoints of this one do not.
    overwrite(&folder.join(name), &theirs);
    assert!(codes(&check(&folder)).contains(&"LV-SIG"));
}

/// LF-03: put back to an earlier state.
#[test]
fn rollback_is_found_by_a_head_from_elsewhere() {
    let (_guard, folder) = place();
    let (_older_guard, older) = place();
    small(&folder);
    let note = std::fs::read_to_string(folder.join("checkpoint")).unwrap();
    let mut ledger = Ledger::create(&older, genesis()).unwrap();
    let file = ledger.open_stream("auth.log", "file", NOW).unwrap();
    let lines = vec![b"first".to_vec(), vec![], b"third \xff\x00".to_vec()];
    ledger.append_run(file, NOW.plus(5), &Run { file: "auth.log", records: &records(&lines) }).unwrap();
    ledger.checkpoint(NOW.plus(6)).unwrap();
    drop(ledger);
    let report = check(&older);
    assert_eq!(codes(&report), Vec::<&str>::new());
    assert!(report.warnings.iter().any(|warning| warning.code == Code::Unsealed));
    let heads = vec![("old report".to_owned(), note.clone())];
    let report = verify(&older, &VerifyOptions { heads, ..VerifyOptions::default() }).unwrap();
    assert_eq!(codes(&report), ["LV-TRUNC"]);
    assert_eq!(report.failures[0].file, Path::new("old report"));
    let key = Some("local/other+00000000+AAAA".to_owned());
    let report = verify(&folder, &VerifyOptions { log_key: key, ..VerifyOptions::default() }).unwrap();
    assert_eq!(codes(&report), ["LV-KEY"]);
}

/// LF-04: a fork, made by the holder of all keys.
#[test]
fn a_fork_is_found_by_a_head_from_elsewhere() {
    let (_guard, folder) = place();
    let (_other_guard, other) = place();
    small(&folder);
    let mut ledger = Ledger::create(&other, genesis()).unwrap();
    let stream = ledger.open_stream("x", "file", NOW).unwrap();
    while ledger.size() < 20 {
        ledger.append(stream, EntryKind::Record, NOW, &json!({"n": ledger.size()})).unwrap();
    }
    ledger.close(NOW).unwrap();
    let heads = vec![("bundle".to_owned(), std::fs::read_to_string(folder.join("checkpoint")).unwrap())];
    let report = verify(&other, &VerifyOptions { heads, ..VerifyOptions::default() }).unwrap();
    assert_eq!(codes(&report), ["LV-FORK"]);
}

#[test]
fn failures_are_limited_and_counted() {
    let (_guard, folder) = place();
    two_sessions(&folder);
    for path in files(&folder).iter().filter(|path| path.to_string_lossy().contains("checkpoints/")) {
        overwrite(path, b"nothing");
    }
    let options = VerifyOptions { failures_max: 2, ..VerifyOptions::default() };
    let report = verify(&folder, &options).unwrap();
    assert_eq!(report.failures.len(), 2);
    assert!(report.failures_left_off > 0 && !report.holds());
}

#[test]
fn without_opening_payloads_the_digests_still_speak() {
    let (_guard, folder) = place();
    small(&folder);
    let options = VerifyOptions { open: false, ..VerifyOptions::default() };
    assert!(verify(&folder, &options).unwrap().holds());
    let path = folder.join("segments/00000000000000000000.seg");
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.windows(5).position(|bytes| bytes == b"SKBLK").unwrap();
    bytes[at + 120] ^= 1;
    overwrite(&path, &bytes);
    assert!(codes(&verify(&folder, &options).unwrap()).contains(&"LV-BLOCK"));
}
