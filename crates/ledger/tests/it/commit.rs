//! Group commit (LG-SEG-03 to -05, LG-APP-01 to -04, LF-12).

use crate::support::{NOW, cite, genesis, place, resume};
use ledger::{
    EntryKind, Error, Ledger, Payload, QueueLimits, Reader, SharedLedger, StreamId, Submission,
    VerifyOptions, verify,
};
use serde_json::json;
use std::path::Path;
use std::time::Duration;

fn shared(folder: &Path) -> (SharedLedger, StreamId) {
    let mut ledger = Ledger::create(folder, genesis()).unwrap();
    let stream = ledger.open_stream("s", "agent", NOW).unwrap();
    (SharedLedger::new(ledger, QueueLimits::default()), stream)
}

fn event(stream: StreamId, seq: Option<u64>, content: &serde_json::Value) -> Submission {
    Submission { stream, kind: EntryKind::Event, payload: Payload::new(content).unwrap(), seq }
}

fn holds(folder: &Path) {
    let report = verify(folder, &VerifyOptions::default()).unwrap();
    assert!(report.holds(), "{:?}", report.failures);
}

/// What was acknowledged is on disk, whatever becomes of the process: the files are copied as they are.
#[test]
fn an_acknowledged_entry_is_durable_without_a_checkpoint() {
    let (guard, folder) = place();
    let (shared, stream) = shared(&folder);
    for n in 0..20u64 {
        let answer = shared.append(NOW, event(stream, None, &json!({ "n": n }))).unwrap();
        let copy = guard.path().join(format!("copy{n}"));
        copy_folder(&folder, &copy);
        let mut reader = Reader::open(&copy).unwrap();
        let record = reader.record(cite(answer.index, 0)).unwrap();
        assert_eq!(record.bytes, format!("{{\"n\":{n}}}").into_bytes());
        let (ledger, found) = Ledger::open(&copy, &resume(n as u8 + 1)).unwrap();
        assert_eq!((found.size, found.discarded_bytes), (answer.index.0 + 1, 0), "zeros ahead are no loss");
        ledger.close(NOW).unwrap();
        holds(&copy);
    }
    let stats = shared.stats();
    assert_eq!((stats.batches, stats.acknowledged), (20, 20));
    shared.close(NOW).unwrap();
    holds(&folder);
    let size = std::fs::metadata(folder.join("segments/00000000000000000000.seg")).unwrap().len();
    assert!(size < 100_000, "a closed segment ends with its last frame: {size}");
}

/// P4, LG-SEG-03: one sync a batch; 16 threads, every entry there once and in the order of its stream.
#[test]
fn many_writers_share_syncs_and_keep_their_order() {
    const WRITERS: u64 = 16;
    const EACH: u64 = 60;
    let (_guard, folder) = place();
    let mut ledger = Ledger::create(&folder, genesis()).unwrap();
    let streams: Vec<_> =
        (0..WRITERS).map(|n| ledger.open_stream(&format!("w{n}"), "agent", NOW).unwrap()).collect();
    let shared = SharedLedger::new(ledger, QueueLimits::default());
    let before = shared.stats();
    std::thread::scope(|scope| {
        for stream in &streams {
            let shared = &shared;
            scope.spawn(move || {
                for n in 0..EACH {
                    let submission = event(*stream, Some(n + 2), &json!({ "n": n }));
                    assert!(!shared.append(NOW, submission).unwrap().duplicate);
                }
            });
        }
    });
    let stats = shared.stats();
    assert_eq!(stats.acknowledged, WRITERS * EACH);
    assert!(stats.batches < WRITERS * EACH / 2, "batches are shared: {}", stats.batches);
    assert!(stats.syncs - before.syncs <= stats.batches + 2, "{stats:?}");
    shared.close(NOW).unwrap();
    holds(&folder);
    let mut reader = Reader::open(&folder).unwrap();
    let mut next = vec![0u64; streams.len()];
    let events: Vec<_> = reader.entries().map(Result::unwrap).collect();
    for (index, entry) in events.iter().filter(|(_, entry)| entry.kind == EntryKind::Event) {
        let writer = streams.iter().position(|stream| stream.number() == entry.stream).unwrap();
        let record = reader.record(cite(*index, 0)).unwrap();
        assert_eq!(record.bytes, format!("{{\"n\":{}}}", next[writer]).into_bytes());
        next[writer] += 1;
    }
    assert_eq!(next, vec![EACH; streams.len()]);
}

/// LG-APP-02, LG-SRC-02, LF-06: the same number gives the same index, also after a restart and a kill.
#[test]
fn a_repeated_record_gets_its_first_index() {
    let (_guard, folder) = place();
    let (shared, stream) = shared(&folder);
    let content = |n: u64| json!({ "record": n });
    let submissions = (2..300).map(|n| event(stream, Some(n), &content(n))).collect();
    let first: Vec<_> = shared
        .append_all(NOW, submissions)
        .unwrap()
        .into_iter()
        .map(|answer| answer.unwrap().index)
        .collect();
    let again = |shared: &SharedLedger| {
        for (n, index) in (2..300).zip(&first) {
            let answer = shared.append(NOW, event(stream, Some(n), &content(n))).unwrap();
            assert_eq!((answer.index, answer.duplicate), (*index, true), "number {n}");
        }
        let other = shared.append(NOW, event(stream, Some(7), &content(8)));
        assert!(matches!(other, Err(Error::Conflict { seq: 7, .. })), "{other:?}");
        let early = shared.append(NOW, event(stream, Some(301), &content(1)));
        assert!(matches!(early, Err(Error::Seq { expected: 300, found: 301, .. })), "{early:?}");
    };
    again(&shared);
    drop(shared); // killed
    let (ledger, found) = Ledger::open(&folder, &resume(3)).unwrap();
    assert_eq!(found.size, 300);
    let shared = SharedLedger::new(ledger, QueueLimits::default());
    again(&shared);
    // One batch with a number twice, and one that is missing before the last.
    let batch = [300, 300, 301, 303].map(|n| event(stream, Some(n), &content(n))).to_vec();
    let answers = shared.append_all(NOW, batch).unwrap();
    let [one, two, three, four] = answers.as_slice() else { panic!() };
    let (one, two) = (one.as_ref().unwrap(), two.as_ref().unwrap());
    assert_eq!((one.index, one.duplicate, two.duplicate), (two.index, false, true));
    assert!(three.is_ok() && matches!(four, Err(Error::Seq { .. })));
    shared.close(NOW).unwrap();
    holds(&folder);
}

/// LG-APP-03: a full queue is an answer, not a loss.
#[test]
fn a_full_queue_is_busy() {
    let (_guard, folder) = place();
    let mut ledger = Ledger::create(&folder, genesis()).unwrap();
    let stream = ledger.open_stream("s", "agent", NOW).unwrap();
    let limits = QueueLimits { entries_max: 2, bytes_max: 4_096, wait_max: Duration::from_millis(30) };
    let shared = SharedLedger::new(ledger, limits);
    let one = || event(stream, None, &json!("x"));
    assert!(matches!(shared.append_all(NOW, vec![one(), one(), one()]), Err(Error::Limit { .. })));
    let (held, go) = (std::sync::Barrier::new(2), std::sync::Barrier::new(2));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            shared.with(|_| {
                held.wait();
                go.wait();
                Ok(())
            })
        });
        held.wait();
        let waiting: Vec<_> = (0..2).map(|_| scope.spawn(|| shared.append(NOW, one()))).collect();
        while shared.stats().waiting < 2 {
            std::thread::yield_now();
        }
        let refused = shared.append(NOW, one());
        assert!(matches!(refused, Err(Error::Busy { milliseconds: 30 })), "{refused:?}");
        go.wait();
        assert!(waiting.into_iter().all(|thread| thread.join().unwrap().is_ok()));
    });
    assert!(shared.append(NOW, one()).is_ok(), "there is room again");
    shared.close(NOW).unwrap();
    holds(&folder);
}

/// LG-DUR-05: a bad frame before one that was written when it was durable is damage, not a torn write.
#[test]
fn a_bad_frame_that_was_acknowledged_is_damage() {
    let (_guard, folder) = place();
    let (shared, stream) = shared(&folder);
    for n in 0..3u64 {
        shared.append(NOW, event(stream, None, &json!({ "n": n }))).unwrap();
    }
    drop(shared);
    let path = folder.join("segments/00000000000000000000.seg");
    let whole = std::fs::read(&path).unwrap();
    let frames: Vec<usize> =
        (0..whole.len()).step_by(8).filter(|at| whole[*at..].starts_with(b"SKFRM\0\0")).collect();
    assert_eq!(frames.len(), 3);
    for at in [frames[1] + 3, frames[1] + 60] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        crate::support::overwrite(&path, &bytes);
        let refused = Ledger::open(&folder, &resume(1)).err();
        assert!(matches!(refused, Some(Error::Damage { .. })), "{at}: {refused:?}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "nothing is changed");
    }
    // The last one may be torn: nothing was written behind it.
    let mut bytes = whole.clone();
    bytes[frames[2] + 60] ^= 1;
    crate::support::overwrite(&path, &bytes);
    let (ledger, found) = Ledger::open(&folder, &resume(1)).unwrap();
    assert!(found.size == 4 && (100..2_000).contains(&found.discarded_bytes), "{found:?}");
    ledger.close(NOW).unwrap();
    holds(&folder);
}

/// LG-SEG-07: the second writer learns who the first one is.
#[test]
fn a_locked_ledger_names_its_writer() {
    let (_guard, folder) = place();
    let (shared, _) = shared(&folder);
    let refused = Ledger::open(&folder, &resume(1)).err().unwrap().to_string();
    assert!(refused.starts_with("LE-LOCKED") && refused.contains(&format!("process {}", std::process::id())));
    shared.close(NOW).unwrap();
    assert_eq!(std::fs::read(folder.join("lock")).unwrap(), b"");
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for item in std::fs::read_dir(from).unwrap() {
        let path = item.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &target)
        } else {
            assert!(std::fs::copy(&path, &target).is_ok())
        }
    }
}
