//! Excerpts: chosen records with proofs through both trees (LG 5.5, 16, 19.4).

use crate::support::{cite, place, small, two_sessions};
use ledger::{Excerpt, Reader};
use vocab::LedgerIndex;

fn excerpt() -> (Excerpt, String, String) {
    let (_keep, folder) = place();
    let run = small(&folder);
    let mut reader = Reader::open(&folder).unwrap();
    let (excerpt, head) =
        reader.excerpt(&[cite(run, 0), cite(run, 2), cite(LedgerIndex(5), 0)], &[]).unwrap();
    (excerpt, head.note, reader.verifier_key().to_owned())
}

#[test]
fn an_excerpt_shows_what_was_chosen_and_proves_it() {
    let (excerpt, note, key) = excerpt();
    let shown = excerpt.check(&note, Some(&key)).unwrap();
    let lines: Vec<_> = shown.iter().filter(|one| one.part.is_none()).map(|one| one.bytes.clone()).collect();
    assert_eq!(lines, [b"first".to_vec(), b"third \xff\x00".to_vec()]);
    assert_eq!(shown[0].file.as_deref(), Some("auth.log"));
    assert_eq!((shown[1].line, shown[1].citation.record), (3, 2));
    let parts: Vec<_> = shown.iter().filter_map(|one| one.part.as_deref()).collect();
    assert_eq!(parts, ["no", "op"]);
    assert_eq!(excerpt.log_key().unwrap(), key);
    assert!(excerpt.check(&note, Some("local/test+00000000+AAAA")).is_err());
}

#[test]
fn every_changed_character_of_an_excerpt_is_found() {
    let (excerpt, note, key) = excerpt();
    let text = serde_json::to_string(&excerpt).unwrap();
    for place in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[place] ^= 1;
        let Ok(changed) = serde_json::from_slice::<Excerpt>(&bytes) else { continue };
        assert!(
            changed == excerpt || changed.check(&note, Some(&key)).is_err(),
            "byte {place}: {}",
            String::from_utf8_lossy(&bytes)
        );
    }
}

/// LG-RED-01, LG-RED-02, LF-15.
#[test]
fn what_is_withheld_is_gone_and_the_root_stays() {
    let (mut excerpt, note, key) = excerpt();
    let root = excerpt.root().to_owned();
    let salt_of_first = {
        let value = serde_json::to_value(&excerpt).unwrap();
        value["entries"][1]["content"]["records"][0]["salt"].as_str().unwrap().to_owned()
    };
    let gone = excerpt.withhold(true, |shown| shown.bytes == b"first").unwrap();
    assert_eq!(gone, 2, "the record and the file name");
    let shown = excerpt.check(&note, Some(&key)).unwrap();
    assert!(shown.iter().all(|one| one.bytes != b"first" && one.file.is_none()));
    assert_eq!(excerpt.root(), root);
    let text = serde_json::to_string(&excerpt).unwrap();
    assert!(!text.contains(&salt_of_first) && !text.contains("auth.log"));
}

#[test]
fn an_entry_of_a_run_can_be_shown_whole() {
    let (_keep, folder) = place();
    let run = small(&folder);
    let mut reader = Reader::open(&folder).unwrap();
    let (excerpt, head) = reader.excerpt(&[], &[run]).unwrap();
    let shown = excerpt.check(&head.note, None).unwrap();
    assert_eq!(shown.len(), 3);
    assert!(reader.excerpt(&[cite(run, 3)], &[]).is_err(), "the head of a run is no record");
    assert!(reader.excerpt(&[cite(LedgerIndex(99), 0)], &[]).is_err());
}

#[test]
fn growth_of_a_ledger_is_proven() {
    let (_keep, folder) = place();
    two_sessions(&folder);
    let mut reader = Reader::open(&folder).unwrap();
    let size = reader.size();
    for old in [0, 1, 4, 11, size] {
        let proof = reader.consistency(old, size).unwrap();
        assert!(proof.holds());
        let mut wrong = proof.clone();
        wrong.old.root = reader.consistency(2, size).unwrap().old.root;
        assert!(!wrong.holds(), "from {old}");
    }
    assert!(reader.consistency(size, size + 1).is_err());
    assert!(reader.consistency(5, 4).is_err());
}
