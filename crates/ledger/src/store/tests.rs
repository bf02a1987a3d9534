//! A writer on a disk that fails or loses power at every call (LG-DUR-01 to -05, LG-STO-03, LF-10, LF-11).

use crate::drive::losing::{Disk, Failing, Loss};
use crate::{EntryKind, Error, Genesis, Ledger, Reader, Resume, StreamId, VerifyOptions, verify};
use serde_json::json;
use std::path::Path;
use vocab::{Citation, LedgerIndex, Timestamp};

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

/// In memory where there is such a place: what a disk loses is played, and syncs of a real one take long.
fn temporary() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let found = memory.is_dir().then(|| tempfile::tempdir_in(memory).ok()).flatten();
    found.unwrap_or_else(|| tempfile::tempdir().unwrap())
}

/// What a writer was told before it failed.
struct Told {
    /// Numbers of the entries that were acknowledged: (index, n).
    acknowledged: Vec<(LedgerIndex, u64)>,
    /// The first error, and the one of a further try.
    error: Option<(Error, Option<Error>)>,
}

/// A ledger whose first entries are durable on a sound disk.
fn begin(folder: &Path) -> (Ledger, StreamId) {
    let genesis = Genesis { origin: "local/test".to_owned(), now: NOW, seed: [7; 32] };
    let mut ledger = Ledger::create(folder, genesis).unwrap();
    let stream = ledger.open_stream("s", "agent", NOW).unwrap();
    ledger.checkpoint(NOW).unwrap();
    (ledger, stream)
}

/// Appends, commits and publishes; stops at the first error and tries once more behind it.
fn write(ledger: &mut Ledger, stream: StreamId) -> Told {
    let mut told = Told { acknowledged: Vec::new(), error: None };
    for round in 0..6u64 {
        let mut waiting = Vec::new();
        let mut step = |ledger: &mut Ledger| {
            for n in round * 10..round * 10 + 1 + round % 3 {
                let text = format!("{n} {}", "x".repeat(40 * round as usize));
                waiting.push((ledger.append(stream, EntryKind::Event, NOW, &json!(text))?, n));
                // Several frames may wait for one sync.
                ledger.flush()?;
            }
            if round % 2 == 0 { ledger.commit() } else { ledger.checkpoint(NOW).map(|head| head.size) }
        };
        match step(ledger) {
            Ok(_) => told.acknowledged.extend(waiting),
            Err(error) => {
                told.error = Some((error, ledger.commit().err()));
                break;
            }
        }
    }
    told
}

/// Everything acknowledged is there, once, unchanged; the ledger verifies, opens, goes on and verifies again.
fn recovers(folder: &Path, told: &Told, case: &str) {
    let (mut ledger, found) = Ledger::open(folder, &Resume { now: NOW, seed: [7; 32], session: [9; 32] })
        .unwrap_or_else(|error| panic!("{case}: {error}"));
    let newest = told.acknowledged.last().map_or(0, |(index, _)| index.0 + 1);
    assert!(found.size >= newest, "{case}: {} of {newest}", found.size);
    let stream = found.open_streams[0];
    ledger.append(stream, EntryKind::Event, NOW, &json!("after the failure")).unwrap();
    ledger.close(NOW).unwrap();
    let report = verify(folder, &VerifyOptions::default()).unwrap();
    assert!(report.holds(), "{case}: {:?}", report.failures);
    let mut reader = Reader::open(folder).unwrap();
    for (index, n) in &told.acknowledged {
        let record = reader.record(Citation { index: *index, record: 0 }).unwrap();
        let begins = format!("\"{n} ");
        assert!(record.bytes.starts_with(begins.as_bytes()), "{case}: entry {} is {n}", index.0);
    }
    let entries: Vec<_> = reader.entries().map(|entry| entry.unwrap().1).collect();
    let seqs: Vec<u64> =
        entries.iter().filter(|entry| entry.stream == 1).map(|entry| entry.stream_seq).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>(), "{case}: each number once, no hole");
}

/// Calls that a whole run makes.
fn calls() -> u64 {
    let temporary = temporary();
    let (mut ledger, stream) = begin(&temporary.path().join("l"));
    let disk = Disk::default();
    ledger.store().put_on(disk.clone());
    let told = write(&mut ledger, stream);
    assert!(told.error.is_none() && told.acknowledged.len() == 12);
    disk.calls()
}

/// LG-DUR-02, LG-DUR-03, LF-10: each write and each sync fails once, in three ways. The writer says so, acknowledges nothing
/// of the batch, touches the file no more, and the ledger opens with everything that was acknowledged before.
#[test]
fn every_call_fails_once_and_nothing_acknowledged_is_lost() {
    let calls = calls();
    assert!(calls > 15, "{calls}");
    for call in 0..calls {
        for how in [Failing::Nothing, Failing::Half, Failing::Everything] {
            let case = format!("call {call}, {how:?}");
            let temporary = temporary();
            let folder = temporary.path().join("l");
            let (mut ledger, stream) = begin(&folder);
            let disk = Disk::failing(call, how);
            ledger.store().put_on(disk.clone());
            let told = write(&mut ledger, stream);
            let Some((error, again)) = &told.error else { panic!("{case}: no error") };
            assert!(matches!(error, Error::Io { .. }), "{case}: {error}");
            assert!(matches!(again, Some(Error::Stopped { .. })), "{case}: {again:?}");
            assert_eq!(disk.calls_after_failure(), 0, "{case}: a sync that failed is never tried again");
            // Reading and verification work while the writer is down (LG-DUR-03).
            let report = verify(&folder, &VerifyOptions::default()).unwrap();
            assert!(report.holds(), "{case}: {:?}", report.failures);
            drop(ledger);
            disk.crash(Loss::All);
            recovers(&folder, &told, &case);
        }
    }
}

/// LG-DUR-01, LG-DUR-05, LF-02, LF-11: the power fails before each call, and what was not synced is lost in four ways.
#[test]
fn the_power_fails_at_every_call_and_nothing_acknowledged_is_lost() {
    for call in 0..=calls() {
        for loss in [Loss::All, Loss::Zeroed, Loss::FirstHalf, Loss::SecondHalf] {
            let temporary = temporary();
            let folder = temporary.path().join("l");
            let (mut ledger, stream) = begin(&folder);
            // An error stands for the end of the process: nothing is called behind it.
            let disk = Disk::failing(call, Failing::Nothing);
            ledger.store().put_on(disk.clone());
            let told = write(&mut ledger, stream);
            drop(ledger);
            disk.crash(loss);
            recovers(&folder, &told, &format!("call {call}, {loss:?}"));
        }
    }
}
