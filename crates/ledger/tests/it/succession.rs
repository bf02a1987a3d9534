//! A ledger in the place of one that cannot be completed (LG-DUR-07), and the past for a new role holder (LG-KEY-04).

use crate::governing::Office;
use crate::support::{NOW, files, genesis, overwrite, place, resume, two_sessions};
use ledger::{
    Code, EntryKind, Error, Genesis, Identity, Ledger, Reader, Remains, VerifyOptions, close_for_ever,
    remains, verify,
};
use serde_json::json;
use std::path::Path;

fn successor(folder: &Path, before: &Remains) -> ledger::Result<Ledger> {
    let genesis = Genesis { origin: "local/next".to_owned(), now: NOW.plus(30), seed: [9; 32] };
    let mut ledger = Ledger::create(folder, genesis).unwrap();
    ledger.succeed(before, "rolled-back", NOW.plus(30)).map(|_| ledger)
}

/// LG-DUR-06, LG-DUR-07: what was signed and what is left are named, the old one is closed, and nothing of it is written again.
#[test]
fn a_ledger_that_lost_entries_is_succeeded() {
    let (guard, old) = place();
    two_sessions(&old);
    let whole = verify(&old, &VerifyOptions::default()).unwrap();
    let head = std::fs::read_to_string(old.join("checkpoint")).unwrap();
    // Everything behind the first session is gone, with the heads that told of it.
    let segment = old.join("segments/00000000000000000000.seg");
    let bytes = std::fs::read(&segment).unwrap();
    let frames: Vec<usize> =
        (88..bytes.len()).step_by(8).filter(|at| bytes[*at..].starts_with(b"SKFRM")).collect();
    overwrite(&segment, &bytes[..frames[2]]);
    let alone = remains(&old, &[]).unwrap();
    assert!(alone.left.0 < whole.entries);
    assert_eq!(alone.known, Some((whole.entries, whole.root)), "the heads are kept beside it");
    for path in files(&old).into_iter().filter(|path| path.to_string_lossy().contains("checkpoint")) {
        std::fs::remove_file(path).unwrap();
    }
    assert_eq!(remains(&old, &[]).unwrap().known, None);
    let before = remains(&old, std::slice::from_ref(&head)).unwrap();
    assert_eq!(before.known, Some((whole.entries, whole.root)), "from a bundle");
    let other = head.replace("local/test", "local/other");
    assert!(matches!(remains(&old, &[other]), Err(Error::Key(_))), "a head of another ledger");

    let new = guard.path().join("new");
    let mut ledger = successor(&new, &before).unwrap();
    assert!(
        matches!(ledger.succeed(&before, "damaged", NOW.plus(31)), Err(Error::Policy(_))),
        "once, and first"
    );
    let stream = ledger.open_stream("s", "file", NOW.plus(31)).unwrap();
    ledger.append(stream, EntryKind::Record, NOW.plus(31), &json!({ "goes": "on" })).unwrap();
    ledger.close(NOW.plus(32)).unwrap();
    assert_eq!(verify(&new, &VerifyOptions::default()).unwrap().failures, []);
    let told = Reader::open(&new).unwrap().succession().unwrap().unwrap();
    assert_eq!((told.before, told.reason.as_str(), told.time), (before.clone(), "rolled-back", NOW.plus(30)));
    // The old one stays as it is, and is written on no more.
    let kept = std::fs::read(&segment).unwrap();
    close_for_ever(&old, "local/next").unwrap();
    assert!(matches!(Ledger::open(&old, &resume(5)), Err(Error::Policy(_))));
    assert_eq!(std::fs::read(&segment).unwrap(), kept);
    assert_eq!(Reader::open(&old).unwrap().succession().unwrap(), None);
}

/// LG-DUR-07: damage in the middle ends what is left; a ledger whose beginning is gone cannot be followed.
#[test]
fn what_is_left_ends_at_the_first_damage() {
    let (guard, old) = place();
    two_sessions(&old);
    let whole = verify(&old, &VerifyOptions::default()).unwrap();
    assert_eq!(remains(&old, &[]).unwrap().left, (whole.entries, whole.root));
    let segment = old.join("segments/00000000000000000000.seg");
    let intact = std::fs::read(&segment).unwrap();
    let mut sizes = std::collections::BTreeSet::new();
    for at in (0..intact.len()).step_by(61) {
        let mut bytes = intact.clone();
        bytes[at] ^= 0x10;
        overwrite(&segment, &bytes);
        match remains(&old, &[]) {
            Ok(found) => {
                assert!(found.left.0 < whole.entries, "byte {at}");
                sizes.insert(found.left.0);
            }
            Err(Error::Damage { .. } | Error::Format { .. }) => {}
            Err(error) => panic!("byte {at}: {error}"),
        }
    }
    assert!(sizes.len() >= 3, "{sizes:?}");
    overwrite(&segment, &intact);
    let before = remains(&old, &[]).unwrap();
    // The same name is refused: witnesses keep the size of the old one.
    let mut ledger = Ledger::create(&guard.path().join("same"), genesis()).unwrap();
    assert!(matches!(ledger.succeed(&before, "ended", NOW), Err(Error::Policy(_))));
    drop(ledger);
    // A forged entry elsewhere than at the beginning breaks the tree, as any change does.
    let new = guard.path().join("new");
    successor(&new, &before).unwrap().close(NOW.plus(40)).unwrap();
    let segment = new.join("segments/00000000000000000000.seg");
    let bytes = std::fs::read(&segment).unwrap();
    let at = bytes.windows(11).position(|part| part == b"rolled-back").unwrap();
    let mut forged = bytes.clone();
    forged[at] = b'R';
    overwrite(&segment, &forged);
    let codes: Vec<Code> =
        verify(&new, &VerifyOptions::default()).unwrap().failures.iter().map(|one| one.code).collect();
    assert!(codes.contains(&Code::Root) && codes.contains(&Code::Damage), "{codes:?}");
}

/// LG-KEY-04: an existing role holder gives the keys of the past to a new one; nobody else opens them, and destroyed keys are not
/// among them.
#[test]
fn the_past_is_given_to_a_new_role_holder() {
    let mut office = Office::new();
    let (run, first) = office.indices();
    let newcomer = Identity::generate();
    let recipient = newcomer.recipient("chief-information-officer").unwrap();
    let mut stranger = Reader::open(&office.folder).unwrap();
    assert!(matches!(stranger.grant(None, &recipient), Err(Error::Key(_))), "only a role holder can");
    let mut reader = Reader::open(&office.folder).unwrap();
    reader.add_identities(vec![office.holders[0].clone()]);
    let granted = reader.grant(None, &recipient).unwrap();
    assert!(
        granted.keys.len() > 1 && granted.range.0 <= run.0 && granted.range.1 >= first.0,
        "{:?}",
        granted.keys
    );
    let read = |identity: &Identity, bytes: &[u8]| -> ledger::Result<usize> {
        let mut reader = Reader::open(&office.folder).unwrap();
        let opened = reader.use_granted(bytes, std::slice::from_ref(identity))?;
        for index in [run, first] {
            reader.record(crate::support::cite(index, 0))?;
        }
        Ok(opened)
    };
    assert_eq!(read(&newcomer, &granted.bytes).unwrap(), granted.keys.len());
    assert!(
        matches!(read(&office.holders[1], &granted.bytes), Err(Error::Key(_))),
        "it is wrapped to the new one alone"
    );
    for at in (0..granted.bytes.len()).step_by(17) {
        let mut bytes = granted.bytes.clone();
        bytes[at] ^= 1;
        assert!(read(&newcomer, &bytes).is_err(), "byte {at}");
    }
    assert!(read(&newcomer, &granted.bytes[..granted.bytes.len() - 1]).is_err());
    // Only some of them.
    let some = reader.grant(Some(&granted.keys[..1]), &recipient).unwrap();
    assert_eq!(some.keys, granted.keys[..1]);
    assert!(matches!(reader.grant(Some(&[9_999]), &recipient), Err(Error::Key(_))));
    // Of another ledger: nothing.
    let (_guard, other) = place();
    Ledger::create(&other, Genesis { origin: "local/other".to_owned(), ..genesis() })
        .unwrap()
        .close(NOW)
        .unwrap();
    let mut reader = Reader::open(&other).unwrap();
    let foreign = reader.use_granted(&granted.bytes, std::slice::from_ref(&newcomer));
    assert!(matches!(foreign, Err(Error::Key(_))), "{foreign:?}");
    // A key that is destroyed afterwards: the blocks are gone, whoever has the key.
    office.review();
    let mut request = office.shred_request(ledger::DataClass::Auth);
    request.approve(&office.auditor).unwrap();
    request.approve(&office.manager).unwrap();
    office.shred(&request).unwrap();
    let mut reader = Reader::open(&office.folder).unwrap();
    reader.use_granted(&granted.bytes, &[newcomer]).unwrap();
    assert!(matches!(reader.record(crate::support::cite(run, 0)), Err(Error::Destroyed { .. })));
}
