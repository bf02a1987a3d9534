//! Sealed payloads: nobody reads them without a key, everybody can check them (LG-PAY, LG-KEY).

use crate::support::{NOW, cite, files, genesis, place, records, resume};
use ledger::{
    Code, DataClass, EntryKind, Error, Identity, Ledger, OnlineCopy, Property, PropertyState, Reader,
    SealOptions, VerifyOptions, verify,
};
use serde_json::json;
use std::path::Path;
use vocab::{LedgerIndex, Timestamp};

const NAME: &[u8] = b"suzuki.taro logged in from 203.0.113.77";

/// Two role holders.
pub(crate) fn holders() -> [Identity; 2] {
    [Identity::generate(), Identity::generate()]
}

pub(crate) fn options(holders: &[Identity; 2], entropy: u8) -> SealOptions {
    SealOptions {
        recipients: vec![
            holders[0].recipient("auditor").unwrap(),
            holders[1].recipient("crisis-manager").unwrap(),
        ],
        entropy: [entropy; 32].into(),
        online: Some(OnlineCopy { secret: [7; 32], window_days: 7 }),
        single_recipient: false,
        keep_keys: false,
    }
}

/// A sealed ledger: a run of class `auth`, single entries of `case` and `secret` side by side. Returns the run and the
/// first single entry.
pub(crate) fn sealed(folder: &Path, holders: &[Identity; 2]) -> (LedgerIndex, LedgerIndex) {
    let mut ledger = Ledger::create(folder, genesis()).unwrap();
    ledger.seal_with(options(holders, 1)).unwrap();
    let auth = ledger.open_stream_of("auth.log", "file", DataClass::Auth, NOW).unwrap();
    let lines = vec![NAME.to_vec(), b"second".to_vec(), vec![]];
    let run = ledger::Run { file: "auth.log", records: &records(&lines) };
    let index = ledger.append_run(auth, NOW.plus(1), &run).unwrap();
    let case = ledger.open_stream_of("case 1", "case", DataClass::Case, NOW.plus(2)).unwrap();
    let vault = ledger.open_stream_of("vault", "file", DataClass::Secret, NOW.plus(2)).unwrap();
    let first =
        ledger.append(case, EntryKind::Record, NOW.plus(3), &json!({"op": "open", "who": "suzuki.taro"}));
    ledger.append(vault, EntryKind::Event, NOW.plus(3), &json!({"password": "hunter2hunter2"})).unwrap();
    ledger
        .append(case, EntryKind::Record, NOW.plus(4), &json!({"op": "close", "who": "suzuki.taro"}))
        .unwrap();
    ledger.close(NOW.plus(5)).unwrap();
    (index, first.unwrap())
}

pub(crate) fn holds(folder: &Path, needle: &[u8]) -> bool {
    files(folder).iter().any(|path| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle)
    })
}

/// LG-KEY-01, LG-PAY-04 to LG-PAY-06, LG-MOD-06.
#[test]
fn role_holders_read_what_others_can_only_check() {
    let (_guard, folder) = place();
    let holders = holders();
    let (run, first) = sealed(&folder, &holders);
    assert!(!holds(&folder, b"suzuki") && !holds(&folder, b"hunter2") && !holds(&folder, b"auth.log"));

    let report = verify(&folder, &VerifyOptions::default()).unwrap();
    assert_eq!(report.failures, []);
    // Three names of streams, one run, three single payloads.
    assert_eq!((report.payloads.present, report.payloads.withheld, report.payloads.destroyed), (0, 7, 0));
    assert!(report.properties().contains(&(Property::Leak, PropertyState::Holds)));
    for holder in &holders {
        let options = VerifyOptions { identities: vec![holder.clone()], ..VerifyOptions::default() };
        let report = verify(&folder, &options).unwrap();
        assert_eq!((report.failures.as_slice(), report.payloads.present), ([].as_slice(), 7));
        let mut reader = Reader::open(&folder).unwrap();
        assert!(matches!(reader.record(cite(run, 0)), Err(Error::Sealed { .. })));
        reader.add_identities(vec![holder.clone()]);
        assert_eq!(reader.record(cite(run, 0)).unwrap().bytes, NAME);
        assert_eq!(reader.record(cite(first, 0)).unwrap().bytes, br#"{"op":"open","who":"suzuki.taro"}"#);
        assert_eq!(
            reader.record(cite(LedgerIndex(first.0 + 2), 0)).unwrap().bytes,
            br#"{"password":"hunter2hunter2"}"#
        );
        let key = reader.verifier_key().to_owned();
        assert_eq!(reader.inclusion(cite(run, 1)).unwrap().check(Some(&key)), Ok(()));
    }
    let mut reader = Reader::open(&folder).unwrap();
    reader.add_identities(vec![Identity::generate()]);
    assert!(matches!(reader.record(cite(run, 0)), Err(Error::Sealed { .. })));
}

/// LG-KEY-02: the online copy reads the days of the window, then only role holders do; old copies are gone.
#[test]
fn the_online_copy_ends_with_the_window() {
    let (_guard, folder) = place();
    let holders = holders();
    let (run, _) = sealed(&folder, &holders);
    let read = |secret: u8| {
        let mut reader = Reader::open(&folder).unwrap();
        reader.use_online_copy(&[secret; 32])?;
        reader.record(cite(run, 0))
    };
    assert_eq!(read(7).unwrap().bytes, NAME);
    assert!(matches!(read(8), Err(Error::Key(_))));
    let day = 86_400 * Timestamp::SECOND;
    for (session, days, inside) in [(1, 7, true), (2, 8, false)] {
        let now = Timestamp(NOW.0 + days * day);
        let (mut ledger, _) = Ledger::open(&folder, &ledger::Resume { now, ..resume(session) }).unwrap();
        assert!(matches!(ledger.open_stream("x", "file", now), Err(Error::Policy(_))), "sealing must go on");
        ledger.seal_with(options(&holders, session + 1)).unwrap();
        let stream = ledger.open_stream_of("more", "file", DataClass::Auth, now).unwrap();
        ledger.append(stream, EntryKind::Event, now, &json!({"n": session})).unwrap();
        ledger.close(now).unwrap();
        assert_eq!(read(7).is_ok(), inside, "{days} days");
    }
    let options = VerifyOptions { identities: vec![holders[1].clone()], ..VerifyOptions::default() };
    let report = verify(&folder, &options).unwrap();
    assert_eq!((report.failures.as_slice(), report.payloads.withheld), ([].as_slice(), 0));
}

/// A day ends: the next key of the class, in the same session.
#[test]
fn each_day_has_its_key() {
    let (_guard, folder) = place();
    let holders = holders();
    let mut ledger = Ledger::create(&folder, genesis()).unwrap();
    ledger.seal_with(options(&holders, 1)).unwrap();
    let stream = ledger.open_stream_of("x", "file", DataClass::Auth, NOW).unwrap();
    let next = Timestamp(NOW.0 + 86_400 * Timestamp::SECOND);
    let indices = [NOW, NOW, next, next]
        .map(|now| ledger.append(stream, EntryKind::Event, now, &json!({"a": 1})).unwrap());
    ledger.close(next).unwrap();
    let mut reader = Reader::open(&folder).unwrap();
    reader.add_identities(vec![holders[0].clone()]);
    for index in indices {
        assert_eq!(reader.record(cite(index, 0)).unwrap().bytes, br#"{"a":1}"#);
    }
    let keys = reader.entries().filter(|entry| entry.as_ref().unwrap().1.kind == EntryKind::Key).count();
    assert_eq!(keys, 3, "ledger, auth, auth of the next day");
}

/// LG-PAY-04: every byte of every block, key and header counts.
#[test]
#[expect(clippy::disallowed_methods, reason = "damage on purpose")]
fn every_changed_byte_of_a_sealed_ledger_is_found() {
    let (_guard, folder) = place();
    let holders = holders();
    sealed(&folder, &holders);
    let options = VerifyOptions { identities: vec![holders[0].clone()], ..VerifyOptions::default() };
    for path in files(&folder) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name == "lock" || name == "online" {
            continue;
        }
        let sound = std::fs::read(&path).unwrap();
        let step = (sound.len() / 7).max(1);
        for place in (0..sound.len()).step_by(step) {
            let mut bytes = sound.clone();
            bytes[place] ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            let found = verify(&folder, &options).is_ok_and(|report| report.holds());
            assert!(!found, "{name} byte {place}");
        }
        std::fs::write(&path, &sound).unwrap();
    }
    std::fs::remove_file(folder.join("keys/1.age")).unwrap();
    let report = verify(&folder, &VerifyOptions::default()).unwrap();
    assert_eq!(report.failures.iter().map(|failure| failure.code).collect::<Vec<_>>(), [Code::Missing]);
}

/// LG-KEY-01: one recipient only with a recorded exception.
#[test]
fn one_recipient_is_an_exception() {
    let (_guard, folder) = place();
    let mut ledger = Ledger::create(&folder, genesis()).unwrap();
    let holder = Identity::generate();
    let twice = vec![holder.recipient("auditor").unwrap(), holder.recipient("crisis-manager").unwrap()];
    let alone = SealOptions { recipients: twice, ..options(&holders(), 1) };
    assert!(matches!(ledger.seal_with(alone.clone()), Err(Error::Policy(_))));
    ledger.seal_with(SealOptions { single_recipient: true, ..alone }).unwrap();
}
