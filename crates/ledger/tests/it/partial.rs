//! Verification of a part: cheap, honest about what it covers, and no entry changes unseen (LG 19.1, LG-VER-01).

use crate::support::{NOW, genesis, overwrite, place};
use ledger::{Code, EntryKind, Ledger, Sample, VerifyOptions, VerifyReport, size_at, verify};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Forty batches of three entries, a second each, with a checkpoint after each. Returns the sizes.
fn many(folder: &Path) -> Vec<u64> {
    let mut ledger = Ledger::create(folder, genesis()).unwrap();
    let stream = ledger.open_stream("s", "agent", NOW).unwrap();
    let mut sizes = Vec::new();
    for n in 0..40 {
        for part in 0..3 {
            let text = format!("line {n} {part} {}", "x".repeat(200));
            ledger.append(stream, EntryKind::Event, NOW.plus(n * 1_000_000), &json!(text)).unwrap();
        }
        sizes.push(ledger.checkpoint(NOW.plus(n * 1_000_000)).unwrap().size);
    }
    ledger.close(NOW.plus(40_000_000)).unwrap();
    sizes
}

fn check(folder: &Path, since: Option<u64>, sample: Option<Sample>) -> VerifyReport {
    verify(folder, &VerifyOptions { since, sample, ..VerifyOptions::default() }).unwrap()
}

fn segment(folder: &Path) -> PathBuf {
    folder.join("segments/00000000000000000000.seg")
}

/// Flips a bit of the batch with this number: of its first entry, or of its last block.
fn spoil(folder: &Path, batch: usize, content: bool) {
    let mut bytes = std::fs::read(segment(folder)).unwrap();
    let frames: Vec<usize> =
        (0..bytes.len()).step_by(8).filter(|at| bytes[*at..].starts_with(b"SKFRM\0\0")).collect();
    let at = if content { frames[batch + 1] - 240 } else { frames[batch] + 48 + 2 + 40 };
    bytes[at] ^= 4;
    overwrite(&segment(folder), &bytes);
}

#[test]
fn a_part_is_read_and_the_report_says_which() {
    let (_guard, folder) = place();
    let sizes = many(&folder);
    let whole = check(&folder, None, None);
    let part = check(&folder, Some(sizes[29]), None);
    assert!(part.holds(), "{:?}", part.failures);
    assert_eq!((part.root, part.entries, part.records), (whole.root, whole.entries, whole.records));
    let extent = part.extent.clone().unwrap();
    assert_eq!((extent.frames, extent.read, extent.since), (41, 11, sizes[29]));
    assert_eq!(part.payloads.present, 30, "payloads of ten batches");
    assert!(part.warnings.iter().any(|warning| warning.code == Code::Partial));
    assert_eq!((whole.extent, whole.payloads.present), (None, 121));
    let all = check(&folder, Some(0), None);
    assert!(all.holds() && all.warnings.iter().all(|warning| warning.code != Code::Partial));
    assert_eq!(size_at(&folder, NOW.plus(30_000_000)).unwrap(), sizes[28], "the batch before may overlap");
    assert_eq!((size_at(&folder, NOW).unwrap(), size_at(&folder, NOW.plus(-1)).unwrap()), (0, 0));
}

/// A changed entry is found wherever it stands; changed content where its batch is read.
#[test]
fn no_entry_changes_unseen_in_what_is_only_hashed() {
    let (_guard, folder) = place();
    let sizes = many(&folder);
    let whole = std::fs::read(segment(&folder)).unwrap();
    for batch in [3, 20, 35] {
        spoil(&folder, batch, false);
        let report = check(&folder, Some(sizes[29]), None);
        assert_eq!(report.failures[0].code, if batch == 35 { Code::Damage } else { Code::Root }, "{batch}");
        assert!(report.failures.iter().any(|failure| failure.code == Code::Root), "batch {batch}");
        overwrite(&segment(&folder), &whole);
        spoil(&folder, batch, true);
        let report = check(&folder, Some(sizes[29]), None);
        assert_eq!(report.holds(), batch != 35, "batch {batch}: its content is read from {} on", sizes[29]);
        assert!(!check(&folder, None, None).holds());
        overwrite(&segment(&folder), &whole);
    }
}

#[test]
fn a_sample_is_repeatable_and_finds_what_it_draws() {
    let (_guard, folder) = place();
    many(&folder);
    let sample = |seed: &str, frames| Some(Sample { seed: seed.to_owned(), frames });
    let first = check(&folder, None, sample("audit", 12));
    assert!(first.holds());
    let extent = first.extent.clone().unwrap();
    assert_eq!((extent.frames, extent.read, extent.damaged_max()), (41, 13, Some(7)));
    assert_eq!(check(&folder, None, sample("audit", 12)), first);
    let whole = std::fs::read(segment(&folder)).unwrap();
    let found = |seed: &str| {
        let hits = (0..40).filter(|batch| {
            spoil(&folder, *batch, true);
            let found = !check(&folder, None, sample(seed, 12)).holds();
            overwrite(&segment(&folder), &whole);
            found
        });
        hits.collect::<Vec<_>>()
    };
    let (one, other) = (found("audit"), found("another"));
    assert_eq!((one.len(), other.len()), (12, 12), "each drawn batch, and no other");
    assert_ne!(one, other);
    let every = check(&folder, None, sample("audit", 1_000));
    assert_eq!((every.extent.unwrap().damaged_max(), every.payloads.present), (Some(0), 121));
}

/// A signed head that is given pins what came before: a fork below it is found although nothing there is read.
#[test]
fn a_given_head_pins_what_is_not_read() {
    let (_guard, folder) = place();
    let (_other, forked) = place();
    let sizes = many(&folder);
    let mut ledger = Ledger::create(&forked, genesis()).unwrap();
    let stream = ledger.open_stream("s", "agent", NOW).unwrap();
    for n in 0..200 {
        ledger.append(stream, EntryKind::Event, NOW, &json!({ "n": n })).unwrap();
    }
    ledger.close(NOW).unwrap();
    let head = std::fs::read_to_string(folder.join("checkpoints").join(sizes[29].to_string())).unwrap();
    let options = VerifyOptions {
        since: Some(sizes[29]),
        heads: vec![("yesterday".to_owned(), head)],
        ..VerifyOptions::default()
    };
    assert!(verify(&folder, &options).unwrap().holds());
    let report = verify(&forked, &options).unwrap();
    assert_eq!(report.failures[0].code, Code::Fork);
}
