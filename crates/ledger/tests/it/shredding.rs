//! Destruction reaches copies: folders, stores, and stores that lock what they hold (LG 15.4, LG-SHR-04).

use crate::governing::Office;
use crate::sealing::holds;
use crate::support::files;
use ledger::storage::{Faulty, Objects, StoreError, StoreResult};
use ledger::{DataClass, Depot, Reader, Receiver as _, Removed, Replica, VerifyOptions, replicate, verify};
use std::path::Path;

/// A store that locks everything, as a bucket with a default retention does.
struct Locking(Faulty);

impl Objects for Locking {
    fn get(&self, name: &str) -> StoreResult<Option<Vec<u8>>> {
        self.0.get(name)
    }
    fn put_if_absent(&self, name: &str, bytes: &[u8]) -> StoreResult<()> {
        self.0.put_if_absent(name, bytes)
    }
    fn list(&self, prefix: &str, after: Option<&str>) -> StoreResult<Vec<String>> {
        self.0.list(prefix, after)
    }
    fn delete(&self, name: &str) -> StoreResult<()> {
        Err(StoreError::Refused(format!("{name} is locked")))
    }
}

/// LG-STO-04, LG-SHR-04: a wrapped key that the store does not give up is told as kept, and what comes back from there is
/// without it all the same.
#[test]
fn a_locked_key_is_told_as_kept() {
    let mut office = Office::new();
    let cell = Faulty::default();
    let store = Locking(cell.clone());
    let copy = |folder: &Path| {
        let mut reader = Reader::open(folder).unwrap();
        let mut depot = Depot::write(&store, &cell).unwrap();
        replicate(&mut reader, &mut depot, &mut |_, _| {}).unwrap();
        depot.destroy(&reader.governance().unwrap().destructions).unwrap()
    };
    assert_eq!(copy(&office.folder), []);
    let id = office.plans(DataClass::Auth)[0].key;
    office.review();
    let mut request = office.shred_request(DataClass::Auth);
    request.approve(&office.auditor).unwrap();
    request.approve(&office.manager).unwrap();
    let index = office.shred(&request).unwrap().index.0;
    assert_eq!(copy(&office.folder), [Removed { index, gone: vec![], kept: vec![id] }]);
    let back = office.folder.with_file_name("back");
    let mut replica = Replica::open(&back, None).unwrap();
    Depot::read(&store, &cell).unwrap().fetch(&mut replica, &mut |_, _| {}).unwrap();
    replica.destroy().unwrap();
    assert!(!back.join(format!("keys/{id}.age")).exists());
    let options = VerifyOptions { identities: vec![office.holders[0].clone()], ..VerifyOptions::default() };
    assert_eq!(verify(&back, &options).unwrap().payloads, office.verify().payloads);
}

/// LG 15.4 steps 4 and 5: what is destroyed goes from folders and stores too, nothing of it can be read there, and a store
/// that locks the wrapped key says so.
#[test]
fn destruction_reaches_every_kind_of_copy() {
    let mut office = Office::new();
    let to = office.folder.with_file_name("replica");
    let store = Faulty::default();
    let copy = |folder: &Path, store: &Faulty| {
        let mut replica = Replica::open(&to, None).unwrap();
        replicate(&mut Reader::open(folder).unwrap(), &mut replica, &mut |_, _| {}).unwrap();
        let mut depot = Depot::write(store, store).unwrap();
        let mut reader = Reader::open(folder).unwrap();
        replicate(&mut reader, &mut depot, &mut |_, _| {}).unwrap();
        let destructions = reader.governance().unwrap().destructions;
        (replica.destroy().unwrap(), depot.destroy(&destructions).unwrap())
    };
    assert_eq!(copy(&office.folder, &store), (vec![], vec![]));
    let id = office.plans(DataClass::Auth)[0].key;
    let key_names = || store.list(&format!("keys/{id:020}-"), None).unwrap();
    let wrapped = std::fs::read(to.join(format!("keys/{id}.age"))).unwrap();
    assert_eq!(store.get(&key_names()[0]).unwrap(), Some(wrapped.clone()));
    // As it was named before.
    store.put_if_absent(&format!("keys/{id:020}-wrapped.age"), &wrapped).unwrap();
    let sealed: Vec<u8> = std::fs::read(files(&to.join("segments")).pop().unwrap()).unwrap();
    office.review();
    let mut request = office.shred_request(DataClass::Auth);
    request.approve(&office.auditor).unwrap();
    request.approve(&office.manager).unwrap();
    let done = office.shred(&request).unwrap();
    let removed = Removed { index: done.index.0, gone: vec![id], kept: vec![] };
    for _ in 0..2 {
        assert_eq!(copy(&office.folder, &store), (vec![removed.clone()], vec![removed.clone()]));
    }
    assert!(!holds(&to, &wrapped) && key_names().is_empty());
    assert_ne!(sealed, std::fs::read(files(&to.join("segments")).pop().unwrap()).unwrap());
    let options = VerifyOptions { identities: vec![office.holders[0].clone()], ..VerifyOptions::default() };
    let (there, here) = (verify(&to, &options).unwrap(), office.verify());
    assert_eq!((there.failures.as_slice(), there.root, there.payloads.destroyed), (&[][..], here.root, 1));
    // A key that comes back from elsewhere is not taken.
    let mut replica = Replica::open(&to, None).unwrap();
    replica.keep_key(id, &wrapped).unwrap();
    assert!(!to.join(format!("keys/{id}.age")).exists());
}
