//! What was appended comes back, and proofs lead to the signed root.

use crate::support::{NOW, cite, genesis, place, records, small};
use ledger::{EntryKind, InclusionProof, Ledger, ReadOptions, Reader, Run};
use proptest::prelude::*;
use vocab::LedgerIndex;

#[test]
fn the_writer_can_move_to_another_thread() {
    fn movable<T: Send>() {}
    movable::<Ledger>();
    movable::<Reader>();
}

#[test]
fn a_small_ledger_reads_back() {
    let (_guard, folder) = place();
    let run = small(&folder);
    let mut reader = Reader::open(&folder).unwrap();
    let kinds: Vec<_> = reader.entries().map(|entry| entry.unwrap().1.kind.name()).collect();
    let expected = [
        "genesis",
        "stream-open",
        "event",
        "blocks",
        "stream-open",
        "record",
        "command",
        "stream-close",
        "stream-close",
        "seal",
        "blocks",
    ];
    assert_eq!(kinds, expected);
    let third = reader.record(cite(run, 2)).unwrap();
    assert_eq!(
        (third.bytes.as_slice(), &*third.file, third.line, third.offset),
        (&b"third \xff\0"[..], "auth.log", 3, 7)
    );
    assert!(reader.record(cite(run, 3)).is_err());
    assert_eq!(reader.record(cite(LedgerIndex(5), 0)).unwrap().bytes, br#"{"no":1,"op":"open"}"#);
    assert!(reader.record(cite(LedgerIndex(0), 0)).is_err());
    assert!(reader.record(cite(LedgerIndex(99), 0)).is_err());
    assert_eq!(reader.checkpoint().unwrap().unwrap().size, 11);
}

#[test]
fn proofs_hold_and_changed_ones_do_not() {
    let (_guard, folder) = place();
    let run = small(&folder);
    let mut reader = Reader::open(&folder).unwrap();
    let key = reader.verifier_key().to_owned();
    for index in 0..reader.size() {
        let proof = reader.inclusion(cite(LedgerIndex(index), 0)).unwrap();
        assert_eq!(proof.check(Some(&key)), Ok(()), "entry {index}");
    }
    let proof = reader.inclusion(cite(run, 1)).unwrap();
    assert_eq!(proof.check(Some(&key)), Ok(()));
    let changes: [fn(&mut InclusionProof); 9] = [
        |p| p.index += 1,
        |p| p.size += 1,
        |p| p.root = p.hashes[0].clone(),
        |p| p.hashes.truncate(1),
        |p| p.record = None,
        |p| p.record.as_mut().unwrap().line += 1,
        |p| p.record.as_mut().unwrap().number += 1,
        |p| p.record.as_mut().unwrap().bytes = "eA==".to_owned(),
        |p| p.origin.push('x'),
    ];
    for (number, change) in changes.iter().enumerate() {
        let mut wrong = proof.clone();
        change(&mut wrong);
        assert!(wrong.check(Some(&key)).is_err(), "change {number}");
    }
    let text = serde_json::to_string(&proof).unwrap();
    assert_eq!(serde_json::from_str::<InclusionProof>(&text).unwrap(), proof);
}

#[test]
fn limits_are_kept() {
    let (_guard, folder) = place();
    let mut ledger = Ledger::create(&folder, genesis()).unwrap();
    let stream = ledger.open_stream("x", "file", NOW).unwrap();
    let many = vec![Vec::new(); 4_097];
    let long = vec![vec![b'a'; 4 * 1024 * 1024 + 1]];
    for lines in [&many, &long, &Vec::new()] {
        let run = Run { file: "x", records: &records(lines) };
        assert!(ledger.append_run(stream, NOW, &run).is_err());
    }
    assert!(ledger.append(stream, EntryKind::Seal, NOW, &serde_json::json!({})).is_err());
    assert!(ledger.append(stream, EntryKind::Record, NOW, &serde_json::json!({"a": 0.5})).is_err());
    ledger.close_stream(stream, NOW).unwrap();
    assert!(ledger.append(stream, EntryKind::Record, NOW, &serde_json::json!({})).is_err());
    assert!(Ledger::create(&folder, genesis()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_records_come_back(
        runs in prop::collection::vec(
            prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..40), 1..12),
        pick: prop::sample::Index,
    ) {
        let (_guard, folder) = place();
        let mut ledger = Ledger::create(&folder, genesis()).unwrap();
        let stream = ledger.open_stream("any", "file", NOW).unwrap();
        let mut expected = Vec::new();
        for (number, lines) in runs.iter().enumerate() {
            let run = Run { file: "any", records: &records(lines) };
            let index = ledger.append_run(stream, NOW, &run).unwrap();
            expected.extend(lines.iter().enumerate().map(|(n, line)| (cite(index, n), line.clone())));
            if number % 3 == 2 {
                ledger.checkpoint(NOW).unwrap();
            }
        }
        ledger.close(NOW).unwrap();
        let mut reader = Reader::open_with(&folder, ReadOptions { cache_bytes_max: 0 }).unwrap();
        expected.reverse();
        let citations: Vec<_> = expected.iter().map(|(citation, _)| *citation).collect();
        for (found, (_, line)) in reader.records(&citations).into_iter().zip(&expected) {
            prop_assert_eq!(&found.unwrap().bytes, line);
        }
        let key = reader.verifier_key().to_owned();
        let proof = reader.inclusion(*pick.get(&citations)).unwrap();
        prop_assert_eq!(proof.check(Some(&key)), Ok(()));
    }
}
