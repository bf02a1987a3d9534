//! Opening again: after a clean end, after a kill at any byte, and the refusals.

use crate::support::{NOW, cite, files, genesis, overwrite, place, records, resume, small, two_sessions};
use ledger::{EntryKind, Error, Ledger, Reader, Run, VerifyOptions, verify};
use serde_json::json;
use std::path::Path;

fn holds(folder: &Path) {
    let report = verify(folder, &VerifyOptions::default()).unwrap();
    assert!(report.holds(), "{:?}", report.failures);
}

#[test]
fn a_closed_ledger_goes_on() {
    let (_guard, folder) = place();
    let run = small(&folder);
    let (mut ledger, found) = Ledger::open(&folder, &resume(1)).unwrap();
    assert_eq!((found.clean, found.size, found.discarded_bytes), (true, 11, 0));
    assert_eq!(found.open_streams, []);
    let stream = ledger.open_stream("more.log", "file", NOW.plus(20)).unwrap();
    assert_eq!(stream.number(), 3, "LG-MOD-05: numbers are never used again");
    let lines = vec![b"later".to_vec()];
    let later = ledger
        .append_run(stream, NOW.plus(21), &Run { file: "more.log", records: &records(&lines) })
        .unwrap();
    ledger.close(NOW.plus(22)).unwrap();
    holds(&folder);
    let mut reader = Reader::open(&folder).unwrap();
    assert_eq!(reader.record(cite(run, 0)).unwrap().bytes, b"first");
    assert_eq!(reader.record(cite(later, 0)).unwrap().bytes, b"later");
    let kinds: Vec<_> = reader.entries().skip(11).map(|entry| entry.unwrap().1.kind.name()).collect();
    assert_eq!(kinds, ["key", "stream-open", "event", "stream-close", "seal", "blocks"]);
    let key = reader.verifier_key().to_owned();
    for citation in [cite(run, 2), cite(later, 0)] {
        assert_eq!(reader.inclusion(citation).unwrap().check(Some(&key)), Ok(()));
    }
}

#[test]
fn many_sessions_verify_in_one() {
    let (_guard, folder) = place();
    small(&folder);
    for session in 1..6u8 {
        let (mut ledger, found) = Ledger::open(&folder, &resume(session)).unwrap();
        assert_eq!(found.clean, session % 2 == 1, "session {session}");
        let stream = ledger.open_stream("s", "file", NOW.plus(30)).unwrap();
        ledger.append(stream, EntryKind::Record, NOW.plus(30), &json!({ "session": session })).unwrap();
        if session % 2 == 0 {
            ledger.close(NOW.plus(31)).unwrap();
        } else {
            ledger.checkpoint(NOW.plus(31)).unwrap();
        }
        holds(&folder);
    }
}

/// LF-02, LF-11: whatever was on disk when the writer was killed, what a checkpoint promised is there afterwards.
#[test]
fn a_torn_tail_is_cut_at_every_byte() {
    let (_guard, folder) = place();
    let mut ledger = Ledger::create(&folder, genesis()).unwrap();
    let stream = ledger.open_stream("a.log", "file", NOW).unwrap();
    let lines = vec![b"kept".to_vec()];
    ledger.append_run(stream, NOW, &Run { file: "a.log", records: &records(&lines) }).unwrap();
    let promised = ledger.checkpoint(NOW).unwrap().size;
    let path = folder.join("segments/00000000000000000000.seg");
    let durable = std::fs::metadata(&path).unwrap().len() as usize;
    for number in 0..300 {
        ledger.append(stream, EntryKind::Record, NOW, &json!({ "n": number })).unwrap();
    }
    drop(ledger); // killed: a frame of 256 entries is on disk, no checkpoint names it
    let whole = std::fs::read(&path).unwrap();
    assert!(whole.len() > durable + 10_000);
    let steps = (durable..whole.len()).step_by(97).chain(whole.len() - 9..=whole.len());
    for size in steps {
        overwrite(&path, &whole[..size]);
        let report = verify(&folder, &VerifyOptions::default()).unwrap();
        assert!(report.holds(), "a torn tail is a warning: {:?}", report.failures);
        let (mut ledger, found) = Ledger::open(&folder, &resume(1)).unwrap();
        assert!(!found.clean && found.size >= promised, "cut at {size}");
        assert_eq!(found.size, if size == whole.len() { promised + 256 } else { promised });
        assert_eq!(found.open_streams, [stream], "streams stay open");
        ledger.append(stream, EntryKind::Record, NOW, &json!({ "after": size })).unwrap();
        ledger.close(NOW.plus(1)).unwrap();
        holds(&folder);
        let mut reader = Reader::open(&folder).unwrap();
        let kinds: Vec<_> = reader.entries().map(|entry| entry.unwrap().1.kind).collect();
        assert!(kinds.contains(&EntryKind::Recovery), "the recovery is written down");
        drop(reader);
        reset(&folder, promised);
    }
}

/// Bytes changed behind the checkpoint, with a whole frame after them: still nothing that was promised is lost.
#[test]
fn a_bad_frame_behind_the_checkpoint_is_cut() {
    let (_guard, folder) = place();
    let mut ledger = Ledger::create(&folder, genesis()).unwrap();
    let stream = ledger.open_stream("a.log", "file", NOW).unwrap();
    let promised = ledger.checkpoint(NOW).unwrap().size;
    let path = folder.join("segments/00000000000000000000.seg");
    let durable = std::fs::metadata(&path).unwrap().len() as usize;
    for number in 0..600 {
        ledger.append(stream, EntryKind::Record, NOW, &json!({ "n": number })).unwrap();
    }
    drop(ledger);
    let whole = std::fs::read(&path).unwrap();
    for at in [durable, durable + 9, durable + 100] {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x40;
        overwrite(&path, &bytes);
        let (ledger, found) = Ledger::open(&folder, &resume(1)).unwrap();
        assert_eq!(found.size, promised);
        assert_eq!(found.discarded_bytes, (whole.len() - durable) as u64);
        ledger.close(NOW).unwrap();
        holds(&folder);
        reset(&folder, promised);
    }
}

#[test]
fn what_a_checkpoint_promised_is_never_given_up() {
    let (_guard, folder) = place();
    two_sessions(&folder);
    let path = folder.join("segments/00000000000000000000.seg");
    let whole = std::fs::read(&path).unwrap();
    overwrite(&path, &whole[..whole.len() - 1]);
    assert!(matches!(Ledger::open(&folder, &resume(9)), Err(Error::Rollback { .. })));
    let mut bytes = whole.clone();
    bytes[300] ^= 1;
    overwrite(&path, &bytes);
    assert!(matches!(Ledger::open(&folder, &resume(9)), Err(Error::Damage { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), bytes, "nothing is changed on an error");
    overwrite(&path, &whole);
    let mut other = resume(9);
    other.seed = [0; 32];
    assert!(matches!(Ledger::open(&folder, &other), Err(Error::Key(_))));
    let (first, _) = Ledger::open(&folder, &resume(9)).unwrap();
    assert!(matches!(Ledger::open(&folder, &resume(10)), Err(Error::Locked { .. })), "LG-SEG-07");
    drop(first);
}

#[test]
fn a_segment_that_was_just_begun_is_no_damage() {
    let (_guard, folder) = place();
    small(&folder);
    let next = folder.join("segments/00000000000000000001.seg");
    for size in [0usize, 1, 87] {
        overwrite(&next, &vec![0; size]);
        let (ledger, found) = Ledger::open(&folder, &resume(40 + size as u8)).unwrap();
        assert!(!found.clean);
        ledger.close(NOW).unwrap();
        holds(&folder);
        assert!(!next.exists());
    }
}

#[test]
fn a_clock_set_back_is_written_down() {
    let (_guard, folder) = place();
    small(&folder);
    let mut early = resume(1);
    early.now = NOW.plus(-3_600_000_000);
    let (ledger, _) = Ledger::open(&folder, &early).unwrap();
    ledger.close(early.now).unwrap();
    holds(&folder);
    let mut reader = Reader::open(&folder).unwrap();
    let kinds: Vec<_> = reader.entries().map(|entry| entry.unwrap().1.kind).collect();
    assert!(kinds.contains(&EntryKind::Clock), "LG-ENT-05");
}

/// Puts the checkpoints back to the one of `size`.
fn reset(folder: &Path, size: u64) {
    for path in files(folder).into_iter().filter(|path| path.to_string_lossy().contains("checkpoints/")) {
        if !path.ends_with(size.to_string()) {
            std::fs::remove_file(path).unwrap();
        }
    }
    let kept = std::fs::read(folder.join("checkpoints").join(size.to_string())).unwrap();
    overwrite(&folder.join("checkpoint"), &kept);
}
