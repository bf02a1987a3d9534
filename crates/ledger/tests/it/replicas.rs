//! Copies: in a folder, in a store; ahead, behind, forked, changed (LG chapters 12.3 and 14; LF-12, LF-22).

use crate::support::{NOW, genesis, place, resume, small, two_sessions};
use ledger::storage::{DirectoryCell, DirectoryObjects, Faulty, Objects, When};
use ledger::{Depot, EntryKind, Error, Ledger, Reader, Receiver, Replica, VerifyOptions, replicate, verify};
use serde_json::json;
use std::path::Path;

fn quiet(_: u64, _: u64) {}

fn copy(from: &Path, to: &Path) -> ledger::Result<ledger::Replicated> {
    let mut replica = Replica::open(to, None)?;
    replicate(&mut Reader::open(from)?, &mut replica, &mut quiet)
}

fn root(folder: &Path) -> [u8; 32] {
    let report = verify(folder, &VerifyOptions::default()).unwrap();
    assert!(report.holds(), "{:?}", report.failures);
    report.root
}

/// LG-REP-01, LG-REP-02, LG-REP-03: the copy verifies by itself, grows, and was made without a key.
#[test]
fn a_copy_verifies_and_grows() {
    let (_keep, folder) = place();
    small(&folder);
    let to = folder.with_file_name("copy");
    let done = copy(&folder, &to).unwrap();
    assert_eq!((done.size, done.lag), (Reader::open(&folder).unwrap().size(), 0));
    assert_eq!(root(&to), root(&folder));
    let (mut ledger, _) = Ledger::open(&folder, &resume(1)).unwrap();
    let stream = ledger.open_stream("later", "file", NOW).unwrap();
    ledger.append(stream, EntryKind::Record, NOW, &json!({"n": 1})).unwrap();
    ledger.close(NOW).unwrap();
    let done = copy(&folder, &to).unwrap();
    assert!(done.frames > 0);
    assert_eq!(copy(&folder, &to).unwrap().frames, 0, "nothing new");
    assert_eq!(root(&to), root(&folder));
    let key = Reader::open(&folder).unwrap().verifier_key().to_owned();
    drop(Replica::open(&to, Some(&key)).unwrap());
    assert!(matches!(Replica::open(&to, Some("x")), Err(Error::Key(_))));
}

/// LG-REP-04: what was lost is taken back from the copy, and writing goes on.
#[test]
fn a_ledger_is_restored_from_its_copy() {
    let (_keep, folder) = place();
    two_sessions(&folder);
    let (to, again) = (folder.with_file_name("copy"), folder.with_file_name("again"));
    copy(&folder, &to).unwrap();
    let before = root(&folder);
    std::fs::remove_dir_all(&folder).unwrap();
    copy(&to, &again).unwrap();
    assert_eq!(root(&again), before);
    let (ledger, found) = Ledger::open(&again, &resume(2)).unwrap();
    assert!(found.clean);
    ledger.close(NOW.plus(30)).unwrap();
    root(&again);
}

/// LF-22: never overwritten.
#[test]
fn a_copy_that_is_ahead_or_differs_is_an_alarm() {
    let (_keep, folder) = place();
    small(&folder);
    let old = folder.with_file_name("old");
    copy(&folder, &old).unwrap();
    let to = folder.with_file_name("copy");
    copy(&folder, &to).unwrap();
    let grow = |folder: &Path, session: u8| {
        let (mut ledger, _) = Ledger::open(folder, &resume(session)).unwrap();
        let stream = ledger.open_stream("x", "file", NOW).unwrap();
        ledger.append(stream, EntryKind::Record, NOW, &json!({ "session": session })).unwrap();
        ledger.close(NOW).unwrap();
    };
    grow(&folder, 1);
    copy(&folder, &to).unwrap();
    // The ledger was put back to an earlier state.
    assert!(matches!(copy(&old, &to), Err(Error::Rollback { .. })));
    // And grew anew from there.
    grow(&old, 2);
    assert!(matches!(copy(&old, &to), Err(Error::Fork { .. })));
    assert_eq!(root(&to), root(&folder), "the copy is as it was");
    let other = folder.with_file_name("other");
    Ledger::create(&other, ledger::Genesis { origin: "other".into(), ..genesis() })
        .unwrap()
        .close(NOW)
        .unwrap();
    assert!(matches!(copy(&other, &to), Err(Error::Foreign { .. })));
}

/// LG-REP-02: nothing is taken unchecked.
#[test]
fn a_changed_frame_is_refused() {
    let (_keep, folder) = place();
    small(&folder);
    let mut reader = Reader::open(&folder).unwrap();
    let good = reader.raw_frame(0).unwrap();
    for at in (0..good.len()).step_by(7) {
        let to = folder.with_file_name("copy");
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        assert!(Replica::open(&to, None).unwrap().add(&bytes).is_err(), "byte {at}");
        std::fs::remove_dir_all(&to).unwrap();
    }
    let mut replica = Replica::open(&folder.with_file_name("copy"), None).unwrap();
    replica.add(&good).unwrap();
    assert!(replica.add(&good).is_err(), "twice");
    assert!(replica.acknowledge(&reader.checkpoint().unwrap().unwrap()).is_err(), "a head over more");
}

/// LG-STO-01, LG-STO-08: the same through a store of objects, on both backends that are here.
#[test]
fn a_ledger_goes_through_a_store_and_comes_back() {
    let (_keep, folder) = place();
    two_sessions(&folder);
    let media = folder.with_file_name("media");
    let objects = DirectoryObjects::open(&media).unwrap();
    let cell = DirectoryCell::open(&media, "cell").unwrap();
    let memory = Faulty::default();
    for (name, objects, cell) in
        [("a", &objects as &dyn Objects, &cell as &dyn ledger::storage::Cell), ("b", &memory, &memory)]
    {
        let mut depot = Depot::write(objects, cell).unwrap();
        let done = replicate(&mut Reader::open(&folder).unwrap(), &mut depot, &mut quiet).unwrap();
        assert_eq!(done.lag, 0);
        let back = folder.with_file_name(name);
        let mut replica = Replica::open(&back, None).unwrap();
        Depot::read(objects, cell).unwrap().fetch(&mut replica, &mut quiet).unwrap();
        assert_eq!(root(&back), root(&folder));
    }
    // What an intruder changes in the store is found.
    let name = memory.list("frames/", None).unwrap()[1].clone();
    let mut bytes = memory.get(&name).unwrap().unwrap();
    bytes[60] ^= 1;
    memory.forge(&name, bytes);
    let mut replica = Replica::open(&folder.with_file_name("c"), None).unwrap();
    assert!(Depot::read(&memory, &memory).unwrap().fetch(&mut replica, &mut quiet).is_err());
}

/// LG-REP-06: a part for write-once media continues a copy that has what came before.
#[test]
fn an_export_continues_a_copy() {
    let (_keep, folder) = place();
    small(&folder);
    let to = folder.with_file_name("copy");
    copy(&folder, &to).unwrap();
    let since = Reader::open(&folder).unwrap().size();
    let (mut ledger, _) = Ledger::open(&folder, &resume(1)).unwrap();
    let stream = ledger.open_stream("x", "file", NOW).unwrap();
    ledger.append(stream, EntryKind::Record, NOW, &json!(1)).unwrap();
    ledger.close(NOW).unwrap();
    let media = Faulty::default();
    let mut reader = Reader::open(&folder).unwrap();
    let mut part = Depot::begin_at(&media, &media, &mut reader, since).unwrap();
    replicate(&mut reader, &mut part, &mut quiet).unwrap();
    assert!(
        media
            .list("frames/", None)
            .unwrap()
            .iter()
            .all(|name| !name.starts_with("frames/00000000000000000000-"))
    );
    let depot = Depot::read(&media, &media).unwrap();
    depot.fetch(&mut Replica::open(&to, None).unwrap(), &mut quiet).unwrap();
    assert_eq!(root(&to), root(&folder));
    let empty = folder.with_file_name("empty");
    assert!(
        depot.fetch(&mut Replica::open(&empty, None).unwrap(), &mut quiet).is_err(),
        "what came before is missing"
    );
}

/// LG-STO-06, LF-12.
#[test]
fn a_second_writer_takes_over_and_the_first_stops_for_good() {
    let (_keep, folder) = place();
    small(&folder);
    let store = Faulty::default();
    let mut first = Depot::write(&store, &store).unwrap();
    let mut second = Depot::write(&store, &store).unwrap();
    assert_eq!((first.fence(), second.fence()), (1, 2));
    let mut reader = Reader::open(&folder).unwrap();
    assert!(matches!(replicate(&mut reader, &mut first, &mut quiet), Err(Error::Fenced { .. })));
    assert!(replicate(&mut reader, &mut first, &mut quiet).is_err(), "for good");
    replicate(&mut reader, &mut second, &mut quiet).unwrap();
}

/// LG-STO-03: whatever call fails, before or after it took effect, what a head acknowledged is in the store, once, and
/// going on leads to the whole ledger.
#[test]
fn every_failing_call_of_a_store_is_survived() {
    let (_keep, folder) = place();
    small(&folder);
    let whole = root(&folder);
    for when in [When::Before, When::After] {
        for call in 0.. {
            let store = Faulty::default();
            store.fail_at(call, when);
            let write = || -> ledger::Result<u64> {
                let mut depot = Depot::write(&store, &store)?;
                Ok(replicate(&mut Reader::open(&folder)?, &mut depot, &mut quiet)?.size)
            };
            let first = write();
            store.mend();
            let acknowledged = Depot::read(&store, &store).unwrap().size();
            if first.is_ok() {
                assert_eq!(acknowledged, Reader::open(&folder).unwrap().size());
            }
            write().unwrap();
            let back = folder.with_file_name("back");
            let mut replica = Replica::open(&back, None).unwrap();
            Depot::read(&store, &store).unwrap().fetch(&mut replica, &mut quiet).unwrap();
            drop(replica);
            let found = Reader::open(&back).unwrap();
            assert!(found.size() >= acknowledged, "{when:?} {call}");
            assert_eq!(found.checkpoint().unwrap().unwrap().root, whole, "{when:?} {call}");
            std::fs::remove_dir_all(&back).unwrap();
            if first.is_ok() {
                assert!(call > 4, "{call}");
                break;
            }
        }
    }
}

#[test]
fn stores_that_keep_the_rules_pass_and_others_are_refused() {
    let (_keep, folder) = place();
    let objects = DirectoryObjects::open(&folder).unwrap();
    let cell = DirectoryCell::open(&folder, "scratch-cell").unwrap();
    ledger::storage::check(&objects, &cell, "scratch").unwrap();
    let good = Faulty::default();
    ledger::storage::check(&good, &good, "scratch").unwrap();
    let careless = Faulty::careless();
    let refused = ledger::storage::check(&careless, &careless, "scratch").unwrap_err().to_string();
    assert!(refused.contains("LE-POLICY") && refused.contains("If-None-Match"), "{refused}");
    for name in ["../x", "/x", "x//y", ".x", "x/.y", "", "x\\y", "ü"] {
        assert!(objects.put_if_absent(name, b"").is_err() && objects.get(name).is_err(), "{name:?}");
    }
}
