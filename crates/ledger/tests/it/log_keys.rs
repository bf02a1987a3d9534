//! Log keys one after another: handed over, lost, stolen; who may say so; what is believed afterwards (LG-EPO-04, LF-13).

use crate::support::{NOW, genesis, place, resume};
use ledger::{
    AddCheckpoint, Authority, Code, ContentPolicy, EntryKind, Error, InclusionProof, KeyHistory,
    KeyStatement, Ledger, Person, PersonKey, Reader, Replica, Request, Resume, RootKey, VerifyOptions,
    VerifyReport, Witness, WitnessKey, replicate, verify,
};
use serde_json::json;
use std::path::Path;
use vocab::{Citation, LedgerIndex};

const NEXT: [u8; 32] = [8; 32];

fn root() -> RootKey {
    RootKey::from_seed(&[99; 32])
}

fn person(seed: u8) -> PersonKey {
    PersonKey::from_seed(&[seed; 32])
}

/// A ledger under a root key, with two entries in a stream that is closed.
fn make(folder: &Path) {
    let mut ledger = Ledger::create_under(folder, genesis(), Some(&root().public())).unwrap();
    write(&mut ledger, 2);
    ledger.close(NOW.plus(2)).unwrap();
}

fn write(ledger: &mut Ledger, count: u64) -> LedgerIndex {
    let stream = ledger.open_stream("s", "file", NOW.plus(1)).unwrap();
    let mut last = LedgerIndex(0);
    for number in 0..count {
        last = ledger.append(stream, EntryKind::Record, NOW.plus(1), &json!({ "no": number })).unwrap();
    }
    last
}

fn next_key(ledger: &Ledger, number: u64, seed: &[u8; 32]) -> KeyStatement {
    KeyStatement::next_key(&ledger.id(), ledger.origin(), number, seed)
}

fn signed(mut statement: KeyStatement, keys: &[&PersonKey]) -> KeyStatement {
    for key in keys {
        statement.sign(key).unwrap();
    }
    statement
}

fn report(folder: &Path) -> VerifyReport {
    verify(folder, &VerifyOptions::default()).unwrap()
}

fn under(seed: [u8; 32], session: u8) -> Resume {
    Resume { seed, ..resume(session) }
}

/// Rotates the ledger in `folder` from the first key to the one of [`NEXT`]; returns the changeover head, and the proof that
/// the entry of the change stands under it.
fn rotated(folder: &Path) -> (ledger::Checkpoint, InclusionProof) {
    let (mut ledger, _) = Ledger::open(folder, &resume(1)).unwrap();
    write(&mut ledger, 1);
    let statement = signed(next_key(&ledger, 2, &NEXT), &[&root()]);
    let head = ledger.rotate(&statement, &NEXT, NOW.plus(12)).unwrap();
    let change = Citation { index: LedgerIndex(ledger.log_keys().all()[1].from), record: 0 };
    let proof = Reader::open(folder).unwrap().inclusion(change).unwrap();
    write(&mut ledger, 1);
    ledger.close(NOW.plus(14)).unwrap();
    (head, proof)
}

/// What a thief of the first key, or of its computer, goes on with.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for item in std::fs::read_dir(from).unwrap() {
        let item = item.unwrap().path();
        let place = to.join(item.file_name().unwrap());
        if item.is_dir() {
            copy(&item, &place);
        } else {
            std::fs::copy(&item, &place).unwrap();
        }
    }
}

fn loss(folder: &Path, reason: &str, from: u64) -> Vec<KeyStatement> {
    let reader = Reader::open(folder).unwrap();
    let (id, origin) = (reader.id(), reader.origin());
    let revoked = KeyStatement::revocation(&id, origin, 1, from, Some(NOW.plus(3)), reason).unwrap();
    vec![signed(revoked, &[&root()]), signed(KeyStatement::next_key(&id, origin, 2, &NEXT), &[&root()])]
}

#[test]
fn a_planned_rotation_is_followed_by_everybody() {
    let (guard, folder) = place();
    make(&folder);
    let first = Reader::open(&folder).unwrap().verifier_key().to_owned();
    let (head, at_change) = rotated(&folder);
    let (mut ledger, found) = Ledger::open(&folder, &under(NEXT, 3)).unwrap();
    assert!(found.clean);
    let cited = Citation { index: write(&mut ledger, 3), record: 0 };
    ledger.close(NOW.plus(20)).unwrap();
    assert!(
        matches!(Ledger::open(&folder, &resume(4)), Err(Error::Key(_))),
        "the first secret opens it no more"
    );

    let report = report(&folder);
    assert_eq!((report.failures.as_slice(), report.verifier_key.as_str()), (&[][..], first.as_str()));
    let keys = report.log_keys.all();
    assert_eq!(
        keys.iter().map(|key| (key.by, key.handed_over)).collect::<Vec<_>>(),
        [(Authority::Genesis, false), (Authority::Root, true)]
    );
    assert_eq!(keys[0].until, Some(keys[1].from));
    let heads: Vec<_> = report.signed_heads.iter().map(|one| (one.key, one.count)).collect();
    assert_eq!(heads, [(1, 2), (2, 4)], "two before; the changeover, two sessions, and the published one");
    assert_eq!(report.signed_heads[1].sizes.0, head.size);
    // Whoever expects the first key, the later one, or the root key, finds it; nobody else's.
    let second = keys[1].verifier_key.clone();
    for (log_key, root_key, holds) in [
        (Some(first.clone()), Some(root().public()), true),
        (Some(second.clone()), None, true),
        (Some(first.replace("local/test", "local/tost")), None, false),
        (None, Some(person(1).public()), false),
    ] {
        let options = VerifyOptions { log_key, root_key, ..VerifyOptions::default() };
        assert_eq!(verify(&folder, &options).unwrap().holds(), holds);
    }

    // The changeover head is signed by both keys: one proof that both accept.
    let mut reader = Reader::open(&folder).unwrap();
    assert_eq!(reader.log_keys().unwrap().all(), keys);
    let proof = reader.inclusion(cited).unwrap();
    assert_eq!(proof.check(Some(&second)), Ok(()));
    assert!(proof.check(Some(&first)).is_err(), "the first key signed nothing behind the changeover");
    assert_eq!(at_change.index, keys[1].from);
    for key in [&first, &second] {
        assert_eq!(at_change.check(Some(key)), Ok(()));
    }
    // An excerpt leads from the first key to the one that signed its head.
    let (excerpt, note) = reader.excerpt(&[cited], &[]).unwrap();
    for (key, holds) in [(None, true), (Some(&first), true), (Some(&second), true), (Some(&note.note), false)]
    {
        assert_eq!(excerpt.check(&note.note, key.map(String::as_str)).is_ok(), holds);
    }
    // A copy that knows the first key grows over the rotation, and a later one from the start.
    for pin in [&first, &second] {
        let place = guard.path().join(format!("copy-{}", pin.len()));
        let mut copy = Replica::open(&place, Some(&first)).unwrap();
        replicate(&mut reader, &mut copy, &mut |_, _| {}).unwrap();
        drop(copy);
        assert!(Replica::open(&place, Some(pin)).is_ok());
        assert_eq!(verify(&place, &VerifyOptions::default()).unwrap().failures, []);
    }
}

/// A witness goes over to the next key where the history grew from the head it cosigned; nobody else's history does.
#[test]
fn a_witness_follows_the_log_key() {
    let (guard, folder) = place();
    make(&folder);
    let state = guard.path().join("witness");
    let first = Reader::open(&folder).unwrap().verifier_key().to_owned();
    Witness::enrol(&state, &first, None).unwrap();
    let key = || WitnessKey::new("w1.example.jp", &[6; 32]).unwrap();
    let ask = |log_key: &str, old: u64| {
        let mut reader = Reader::open(&folder).unwrap();
        let head = reader.checkpoint().unwrap().unwrap();
        let request = AddCheckpoint::new(&reader.consistency(old, head.size).unwrap(), &head.note).unwrap();
        let mut witness = Witness::open(&state, key(), &[log_key.to_owned()]).unwrap();
        (witness.add_checkpoint(request.body().as_bytes(), NOW).unwrap().status, head.size)
    };
    let (status, cosigned) = ask(&first, 0);
    assert_eq!(status, 200);
    rotated(&folder);
    assert_eq!(ask(&first, cosigned).0, 403, "the key is not the one enrolled");
    let history = |old| KeyHistory::of(&mut Reader::open(&folder).unwrap(), old).unwrap();
    for old in [None, Some(1)] {
        assert!(
            Witness::next_log_key(&state, &first, &history(old)).is_err(),
            "not from the head that it knows"
        );
    }
    let mut forged = history(Some(cosigned));
    forged.checkpoint = forged.checkpoint.replace('A', "B");
    assert!(Witness::next_log_key(&state, &first, &forged).is_err());
    let next = Witness::next_log_key(&state, &first, &history(Some(cosigned))).unwrap();
    assert_eq!(ask(&next, cosigned).0, 200);
    // A thief of the first key cannot make up a history: it would have to hold what the witness cosigned.
    let other = guard.path().join("other");
    make(&other);
    rotated(&other);
    let made_up = KeyHistory::of(&mut Reader::open(&other).unwrap(), Some(1)).unwrap();
    assert!(Witness::next_log_key(&state, &first, &made_up).is_err());
}

#[test]
fn a_stolen_key_signs_nothing_more() {
    let (guard, folder) = place();
    make(&folder);
    let stolen = guard.path().join("stolen");
    let believed = Reader::open(&folder).unwrap().size();
    copy(&folder, &stolen);
    // The thief goes on in the ledger itself, and then its owner takes it back.
    let (mut ledger, _) = Ledger::open(&folder, &resume(1)).unwrap();
    let forged = write(&mut ledger, 2);
    ledger.close(NOW.plus(12)).unwrap();
    let statements = loss(&folder, "stolen", believed);
    assert!(
        matches!(Ledger::open_after_loss(&folder, &resume(2), &statements), Err(Error::Key(_))),
        "with the old secret"
    );
    assert!(matches!(
        Ledger::open_after_loss(&folder, &under(NEXT, 2), &statements[1..]),
        Err(Error::Key(_))
    ));
    let (mut ledger, _) = Ledger::open_after_loss(&folder, &under(NEXT, 2), &statements).unwrap();
    let proved = write(&mut ledger, 1);
    ledger.close(NOW.plus(20)).unwrap();
    let size = Reader::open(&folder).unwrap().size();

    let report = report(&folder);
    assert_eq!(report.failures, []);
    let revoked = report.log_keys.all()[0].revoked.clone().unwrap();
    assert_eq!(
        (revoked.from, revoked.since, revoked.reason.as_str()),
        (believed, Some(NOW.plus(3)), "stolen")
    );
    assert!(report.warnings.iter().any(|one| one.code == Code::Unproven), "{:?}", report.warnings);
    assert_eq!(report.log_keys.doubt(forged.0, size).map(|key| key.number), Some(1));
    assert_eq!(report.log_keys.doubt(believed - 1, size), None);
    assert_eq!(report.log_keys.doubt(proved.0, size), None);
    assert_eq!(report.log_keys.all()[1].by, Authority::Root);

    // The thief has the key still: a longer log of his own is a fork, and his heads are not in force.
    let (mut ledger, _) = Ledger::open(&stolen, &resume(5)).unwrap();
    write(&mut ledger, 40);
    let head = ledger.close(NOW.plus(30)).unwrap();
    let options =
        VerifyOptions { heads: vec![("thief".to_owned(), head.note.clone())], ..VerifyOptions::default() };
    let codes: Vec<_> = verify(&folder, &options).unwrap().failures.iter().map(|one| one.code).collect();
    assert_eq!(codes, [Code::Key]);
    // And where he signs a head of the size of a believed one, it is a fork.
    assert!(size < head.size);
}

#[test]
fn a_key_that_cannot_be_used_any_more_is_replaced_by_the_root_key() {
    let (_guard, folder) = place();
    make(&folder);
    let size = Reader::open(&folder).unwrap().size();
    let statements = loss(&folder, "lost", size);
    let (mut ledger, _) = Ledger::open_after_loss(&folder, &under(NEXT, 2), &statements).unwrap();
    write(&mut ledger, 1);
    ledger.checkpoint(NOW.plus(20)).unwrap();
    drop(ledger);
    // Left open, and gone on with by the next key.
    let (ledger, found) = Ledger::open(&folder, &under(NEXT, 3)).unwrap();
    assert!(!found.clean);
    ledger.close(NOW.plus(21)).unwrap();
    let report = report(&folder);
    assert_eq!(report.failures, []);
    assert_eq!(report.log_keys.all()[0].unproven(report.entries), None, "nothing was signed since");
    assert!(!report.warnings.iter().any(|one| one.code == Code::Unproven));
}

#[test]
fn a_torn_ledger_goes_on_under_the_next_key() {
    let (_guard, folder) = place();
    let mut ledger = Ledger::create_under(&folder, genesis(), Some(&root().public())).unwrap();
    write(&mut ledger, 2);
    ledger.checkpoint(NOW.plus(2)).unwrap();
    drop(ledger);
    let statements = loss(&folder, "stolen", 2);
    let (ledger, found) = Ledger::open_after_loss(&folder, &under(NEXT, 2), &statements).unwrap();
    assert!(!found.clean);
    ledger.close(NOW.plus(20)).unwrap();
    let report = report(&folder);
    assert_eq!(report.failures, []);
    assert_eq!(
        report.log_keys.all()[0].unproven(report.entries),
        Some((2, found.size)),
        "with the recovery entry"
    );
}

#[test]
fn only_the_root_key_or_two_people_speak_about_log_keys() {
    let (_guard, folder) = place();
    make(&folder);
    let (mut ledger, _) = Ledger::open(&folder, &resume(1)).unwrap();
    let people = [person(1), person(2), person(3)];
    let listed =
        people.iter().take(2).map(|one| Person { key: one.public(), role: "auditor".to_owned() }).collect();
    let policy = ContentPolicy { people: listed, ..ContentPolicy::default() };
    let request = Request::policy(&ledger.id(), &policy, None, &json!({}), &[4; 32]).unwrap();
    ledger.enact(&request, NOW.plus(11)).unwrap();
    let statement = || next_key(&ledger, 2, &NEXT);
    let [a, b, c] = &people;
    let refused = [
        signed(statement(), &[]),
        signed(statement(), &[a]),
        signed(statement(), &[c]),
        signed(statement(), &[a, c]),
        signed(next_key(&ledger, 3, &NEXT), &[&root()]),
        signed(next_key(&ledger, 2, &[7; 32]), &[&root()]),
        {
            let mut changed = signed(statement(), &[&root()]);
            changed.body["number"] = json!(3);
            changed
        },
        {
            let mut other = statement();
            other.ledger = "00".repeat(32);
            signed(other, &[&root()])
        },
    ];
    let accepted = signed(statement(), &[a, b]);
    let size = ledger.size();
    for statement in &refused {
        assert!(ledger.rotate(statement, &NEXT, NOW.plus(12)).is_err(), "{statement:?}");
    }
    assert!(
        ledger.rotate(&accepted, &[6; 32], NOW.plus(12)).is_err(),
        "with another secret than the one named"
    );
    assert_eq!(ledger.size(), size, "nothing was entered");
    ledger.rotate(&accepted, &NEXT, NOW.plus(12)).unwrap();
    ledger.close(NOW.plus(13)).unwrap();
    let report = report(&folder);
    assert_eq!(report.failures, []);
    assert_eq!(report.log_keys.all()[1].by, Authority::People);
    // An excerpt shows the policy that lists them.
    let mut reader = Reader::open(&folder).unwrap();
    let (excerpt, note) = reader.excerpt(&[], &[]).unwrap();
    assert!(excerpt.check(&note.note, Some(&report.verifier_key)).is_ok());
}

#[test]
fn a_ledger_made_without_a_root_key_gets_one() {
    let (_guard, folder) = place();
    let mut ledger = Ledger::create(&folder, genesis()).unwrap();
    write(&mut ledger, 1);
    ledger.close(NOW.plus(2)).unwrap();
    let (mut ledger, _) = Ledger::open(&folder, &resume(1)).unwrap();
    let statement = signed(next_key(&ledger, 2, &NEXT), &[&root()]);
    assert!(
        matches!(ledger.rotate(&statement, &NEXT, NOW.plus(11)), Err(Error::Key(_))),
        "nobody named a root key yet"
    );
    let adopt = |key: &RootKey| {
        KeyStatement::adopt_root(&Reader::open(&folder).unwrap().id(), "local/test", &key.public())
    };
    let index = ledger.enter_key_statement(&adopt(&root()), NOW.plus(11)).unwrap();
    assert!(ledger.enter_key_statement(&adopt(&person(5)), NOW.plus(11)).is_err(), "only once");
    ledger.rotate(&statement, &NEXT, NOW.plus(12)).unwrap();
    ledger.close(NOW.plus(13)).unwrap();
    let report = report(&folder);
    assert_eq!(report.failures, []);
    assert_eq!(report.log_keys.root, Some((index.0, root().public())));
}

/// Where a policy lists people, a thief of the log key cannot name a root key of his own.
#[test]
fn people_have_to_agree_to_a_root_key() {
    let (_guard, folder) = place();
    let mut ledger = Ledger::create(&folder, genesis()).unwrap();
    let listed = [1, 2].map(|seed| Person { key: person(seed).public(), role: "auditor".to_owned() });
    let policy = ContentPolicy { people: listed.to_vec(), ..ContentPolicy::default() };
    let request = Request::policy(&ledger.id(), &policy, None, &json!({}), &[4; 32]).unwrap();
    ledger.enact(&request, NOW.plus(1)).unwrap();
    let adopt = KeyStatement::adopt_root(&ledger.id(), "local/test", &root().public());
    for keys in [&[][..], &[&person(1)], &[&person(1), &person(3)], &[&root()]] {
        assert!(ledger.enter_key_statement(&signed(adopt.clone(), keys), NOW.plus(2)).is_err());
    }
    ledger.enter_key_statement(&signed(adopt, &[&person(1), &person(2)]), NOW.plus(2)).unwrap();
    ledger.close(NOW.plus(3)).unwrap();
    assert_eq!(report(&folder).failures, []);
}

#[test]
fn a_revocation_that_was_handed_out_counts_before_it_is_entered() {
    let (_guard, folder) = place();
    make(&folder);
    let [revoked, _] = <[KeyStatement; 2]>::try_from(loss(&folder, "stolen", 3)).unwrap();
    let check = |statement: &KeyStatement| {
        let statements = vec![("revoked.json".to_owned(), statement.clone())];
        verify(&folder, &VerifyOptions { statements, ..VerifyOptions::default() }).unwrap()
    };
    let told = check(&revoked);
    assert_eq!(told.failures, []);
    let key = &told.log_keys.all()[0];
    assert_eq!(
        (key.revoked.as_ref().unwrap().entry, key.unproven(told.entries)),
        (None, Some((3, told.entries - 1)))
    );
    let mut forged = revoked.clone();
    forged.approvals.clear();
    forged.sign(&person(1)).unwrap();
    let mut elsewhere = revoked;
    elsewhere.ledger = "11".repeat(32);
    for statement in [forged, elsewhere] {
        assert_eq!(check(&statement).failures.iter().map(|one| one.code).collect::<Vec<_>>(), [Code::Key]);
    }
}

/// LF-13: what the thief writes into the ledger after the revocation is not of the ledger.
#[test]
fn a_revoked_key_opens_no_epoch() {
    let (_guard, folder) = place();
    make(&folder);
    // A statement about the key in force does not slip in beside a rotation.
    let (mut ledger, _) = Ledger::open(&folder, &resume(1)).unwrap();
    let revoked = KeyStatement::revocation(&ledger.id(), "local/test", 1, 2, None, "stolen").unwrap();
    let refused = ledger.enter_key_statement(&signed(revoked, &[&root()]), NOW.plus(11));
    assert!(matches!(refused, Err(Error::Policy(_))));
    ledger.close(NOW.plus(12)).unwrap();
    // The key that was handed over is found stolen later: what it signed before stays proved by the heads behind it.
    rotated(&folder);
    let (mut ledger, _) = Ledger::open(&folder, &under(NEXT, 3)).unwrap();
    let until = ledger.log_keys().all()[0].until.unwrap();
    let revoked = KeyStatement::revocation(&ledger.id(), "local/test", 1, until, None, "stolen").unwrap();
    ledger.enter_key_statement(&signed(revoked, &[&root()]), NOW.plus(15)).unwrap();
    ledger.close(NOW.plus(16)).unwrap();
    let report = report(&folder);
    assert_eq!(report.failures, []);
    assert_eq!(report.log_keys.all()[0].unproven(report.entries), None);
    assert!(matches!(KeyStatement::revocation(&[0; 32], "x", 1, 0, None, "bored"), Err(Error::Policy(_))));
}
