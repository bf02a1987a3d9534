//! A ledger that lives in a store (LG chapter 12.3): what was acknowledged stands there, once, whatever fails (LG-STO-03, LG-STO-06).

use crate::sealing::{holders, options};
use crate::support::{NOW, cite, genesis, place_in_memory, records, resume};
use ledger::storage::{Faulty, Objects, When};
use ledger::{
    Depot, Error, Form, Identity, Ledger, Reader, Replica, Run, StreamId, VerifyOptions, catch_up, verify,
};
use std::collections::BTreeMap;
use std::path::Path;

fn quiet(_: u64, _: u64) {}

/// Opens the ledger of the store in a folder, as a writer.
fn open(folder: &Path, store: &Faulty, session: u8, holders: &[Identity; 2]) -> ledger::Result<Ledger> {
    let mut there = Depot::read(store.clone(), store.clone())?;
    catch_up(folder, &mut there, None, &mut quiet)?;
    if !folder.join("format").exists() {
        // Nothing is made before the store has answered.
        let depot = Depot::write(store.clone(), store.clone())?;
        let mut ledger = Ledger::create(folder, genesis())?;
        ledger.live_on(depot)?;
        ledger.seal_with(options(holders, session))?;
        return Ok(ledger);
    }
    let mut ledger = Ledger::open(folder, &resume(session))?.0;
    let depot = Depot::write(store.clone(), store.clone())?;
    assert!(ledger.live_on(depot)?.is_some(), "the folder was brought up to the store");
    ledger.seal_with(options(holders, session))?;
    Ok(ledger)
}

/// One committed line.
fn put(ledger: &mut Ledger, stream: StreamId, text: &str) -> ledger::Result<()> {
    let lines = vec![text.as_bytes().to_vec()];
    ledger.append_run(stream, NOW.plus(11), &Run { file: "x", records: &records(&lines) })?;
    ledger.commit().map(drop)
}

/// A session that writes lines `first..`; what it was told is durable stands in `told`, also when it fails.
fn session(
    folder: &Path,
    store: &Faulty,
    number: u8,
    holders: &[Identity; 2],
    told: &mut Vec<String>,
) -> ledger::Result<()> {
    let mut ledger = open(folder, store, number, holders)?;
    let stream = ledger.open_stream("x", "file", NOW.plus(11))?;
    for line in 0..3 {
        let text = format!("{number}:{line}");
        put(&mut ledger, stream, &text)?;
        told.push(text);
    }
    ledger.checkpoint(NOW.plus(12))?;
    let last = format!("{number}:last");
    put(&mut ledger, stream, &last)?;
    told.push(last);
    ledger.rest(NOW.plus(13)).map(drop)
}

/// How often each line stands in a ledger that a role holder reads.
fn lines(folder: &Path, holders: &[Identity; 2]) -> BTreeMap<String, usize> {
    let report = verify(folder, &VerifyOptions::default()).unwrap();
    assert!(report.holds(), "{:?}", report.failures);
    let mut reader = Reader::open(folder).unwrap();
    reader.add_identities(vec![holders[0].clone()]);
    let entries: Vec<_> = reader.entries().map(Result::unwrap).collect();
    let mut found = BTreeMap::new();
    for (index, entry) in entries.iter().filter(|(_, entry)| entry.form == Form::Run) {
        assert_eq!(entry.part_count, 2);
        let text = String::from_utf8(reader.record(cite(*index, 0)).unwrap().bytes).unwrap();
        *found.entry(text).or_default() += 1;
    }
    found
}

/// What the store gives to somebody who has nothing.
fn fetched(store: &Faulty, folder: &Path) {
    let mut replica = Replica::open(folder, None).unwrap();
    Depot::read(store.clone(), store.clone()).unwrap().fetch(&mut replica, &mut quiet).unwrap();
}

/// LG-STO-03, LF-12: every call of the store fails once, before or after it took effect, and the writer goes on with his folder or
/// without it: each acknowledged line is there, once, and no other one twice.
#[test]
fn whatever_call_fails_nothing_acknowledged_is_lost_or_doubled() {
    let holders = holders();
    for when in [When::Before, When::After] {
        for lost in [false, true] {
            for call in 0.. {
                let (_keep, folder) = place_in_memory();
                let store = Faulty::default();
                let mut told = Vec::new();
                store.fail_at(call, when);
                let first = session(&folder, &store, 1, &holders, &mut told);
                store.mend();
                if lost && folder.exists() {
                    std::fs::remove_dir_all(&folder).unwrap();
                }
                session(&folder, &store, 2, &holders, &mut told).unwrap();
                let back = folder.with_file_name("back");
                fetched(&store, &back);
                for place in [&folder, &back] {
                    let found = lines(place, &holders);
                    assert!(
                        told.iter().all(|line| found.contains_key(line)),
                        "{when:?} {call} {found:?} {told:?}"
                    );
                    assert!(found.values().all(|times| *times == 1), "{when:?} {call} {found:?}");
                }
                if first.is_ok() {
                    assert!(call > 12, "{call}");
                    break;
                }
            }
        }
    }
}

/// LG-STO-06: whoever opens the ledger elsewhere takes over; the first is refused before it acknowledges anything more, and what it
/// could not place gives way to what the second wrote, also under a data key of the same number.
#[test]
fn a_second_writer_takes_over_a_living_ledger() {
    let holders = holders();
    let (_keep, here) = place_in_memory();
    let (there, store) = (here.with_file_name("there"), Faulty::default());
    let mut told = Vec::new();
    session(&here, &store, 1, &holders, &mut told).unwrap();
    let mut first = open(&here, &store, 2, &holders).unwrap();
    let stream = first.open_stream("y", "file", NOW.plus(11)).unwrap();
    put(&mut first, stream, "first").unwrap();
    let mut second = open(&there, &store, 3, &holders).unwrap();
    // A new class: both make a data key of the same number.
    let class = ledger::DataClass::Auth;
    let refused =
        first.open_stream_of("z", "file", class, NOW.plus(11)).and_then(|z| put(&mut first, z, "never told"));
    assert!(matches!(refused, Err(Error::Fenced { .. })), "{refused:?}");
    assert!(put(&mut first, stream, "nor this").is_err(), "for good");
    drop(first);
    let z = second.open_stream_of("z", "file", class, NOW.plus(11)).unwrap();
    put(&mut second, z, "second").unwrap();
    second.rest(NOW.plus(14)).unwrap();
    // Where the first one was, the ledger goes on.
    let mut read = Depot::read(store.clone(), store.clone()).unwrap();
    let done = catch_up(&here, &mut read, None, &mut quiet).unwrap();
    assert!(done.cut > 0 && done.fetched > 0, "{done:?}");
    session(&here, &store, 4, &holders, &mut told).unwrap();
    let back = here.with_file_name("back");
    fetched(&store, &back);
    for place in [&here, &back] {
        let found = lines(place, &holders);
        assert!(found.contains_key("first") && found.contains_key("second"), "{found:?}");
        assert!(!found.keys().any(|line| line.starts_with("n")), "{found:?}");
        assert!(told.iter().all(|line| found.get(line) == Some(&1)), "{found:?}");
    }
}

/// LF-03, LF-04 (at a store): a store that was put back, or that another log was written to, is an alarm and changes nothing.
#[test]
fn a_store_that_lost_what_a_head_promised_is_an_alarm() {
    let holders = holders();
    let (_keep, folder) = place_in_memory();
    let (store, empty) = (Faulty::default(), Faulty::default());
    session(&folder, &store, 1, &holders, &mut Vec::new()).unwrap();
    let mut read = Depot::read(empty.clone(), empty.clone()).unwrap();
    assert!(matches!(catch_up(&folder, &mut read, None, &mut quiet), Err(Error::Rollback { .. })));
    let other = folder.with_file_name("other");
    let origin = ledger::Genesis { origin: "other".into(), ..genesis() };
    let mut ledger = Ledger::create(&other, origin).unwrap();
    ledger.live_on(Depot::write(empty.clone(), empty.clone()).unwrap()).unwrap().unwrap();
    ledger.close(NOW.plus(5)).unwrap();
    let mut read = Depot::read(empty.clone(), empty.clone()).unwrap();
    assert!(matches!(catch_up(&folder, &mut read, None, &mut quiet), Err(Error::Foreign { .. })));
    assert_eq!(lines(&folder, &holders).len(), 4);
}

/// LG-STO-07, 12.3: a batch is one object and one exchange of the cell, and each waits for its turn.
#[test]
fn a_batch_is_one_frame_and_one_exchange() {
    let holders = holders();
    let (_keep, folder) = place_in_memory();
    let store = Faulty::default();
    session(&folder, &store, 1, &holders, &mut Vec::new()).unwrap();
    let mut ledger = Ledger::open(&folder, &resume(2)).unwrap().0;
    let waits = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let counted = std::sync::Arc::clone(&waits);
    let depot = Depot::write(store.clone(), store.clone()).unwrap();
    let depot = depot.paced(move || {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    });
    ledger.live_on(depot).unwrap().unwrap();
    ledger.seal_with(options(&holders, 2)).unwrap();
    let stream = ledger.open_stream("x", "file", NOW.plus(11)).unwrap();
    put(&mut ledger, stream, "the data key of the day").unwrap();
    let (calls, before) = (store.calls(), waits.load(std::sync::atomic::Ordering::Relaxed));
    let frames = store.list("frames/", None).unwrap().len();
    for _ in 0..200 {
        let lines = vec![b"line".to_vec()];
        ledger.append_run(stream, NOW.plus(11), &Run { file: "x", records: &records(&lines) }).unwrap();
    }
    ledger.commit().unwrap();
    assert_eq!(store.list("frames/", None).unwrap().len(), frames + 1);
    // Frame, exchange, and the two looks of this test.
    assert_eq!(store.calls() - calls, 4);
    assert_eq!(waits.load(std::sync::atomic::Ordering::Relaxed) - before, 1);
    ledger.rest(NOW.plus(12)).unwrap();
}
