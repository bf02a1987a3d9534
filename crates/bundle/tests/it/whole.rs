//! What a bundle shows, and to whom.

use crate::support::{Xor, bundle, draft, grow, key, ledger, open, options};
use bundle::minisign::SecretKey;
use bundle::{
    Code, Decision, File, Head, Kind, Note, Receipt, Redaction, VerifyOptions, create, redact, verify,
};
use ledger::Reader;
use std::path::Path;
use std::process::Command;
use vocab::Timestamp;

/// Opens without any key of the machine that made it.
#[test]
fn a_bundle_opens_anywhere() {
    let bytes = bundle();
    let opened = verify(&bytes, &VerifyOptions::default()).unwrap();
    assert_eq!(opened.notes, [Note::KeyUnknown, Note::LogKeyUnknown]);
    let lines: Vec<_> = opened.shown.iter().map(|shown| String::from_utf8_lossy(&shown.bytes)).collect();
    assert_eq!(lines[..2], crate::support::LINES[..2]);
    assert_eq!(opened.files["forms/被害_状況.txt"], "tanaka の口座".as_bytes());
    assert_eq!(opened.custody.events()[0].to, "Example KK");
    assert_eq!(opened.manifest.kind, Kind::Full);
    let log_key = opened.excerpt.unwrap().log_key().unwrap();
    let pinned = VerifyOptions { log_key: Some(log_key), ..options() };
    assert_eq!(verify(&bytes, &pinned).unwrap().notes, []);
    let wrong = VerifyOptions { log_key: Some("x".to_owned()), ..options() };
    assert_eq!(verify(&bytes, &wrong).unwrap_err().code, Code::Bv09);
    let wrong = VerifyOptions { sender_keys: vec![SecretKey::from_seed(&[2; 32]).public()], ..options() };
    assert_eq!(verify(&bytes, &wrong).unwrap_err().code, Code::Bv05);
}

/// CW-BND-01.
#[test]
fn stock_tools_check_a_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = bundle();
    put(&folder.path().join("b.skb"), &bytes);
    put(&folder.path().join("sender.pub"), key().public().file().as_bytes());
    let run = |program: &str, args: &[&str]| {
        Command::new(program).args(args).current_dir(folder.path()).output().ok()
    };
    let tar = run("tar", &["xf", "b.skb"]).expect("tar");
    assert!(tar.status.success(), "{}", String::from_utf8_lossy(&tar.stderr));
    let sums = run("sha256sum", &["-c", "--strict", "SHA256SUMS"]).expect("sha256sum");
    assert!(sums.status.success(), "{}", String::from_utf8_lossy(&sums.stdout));
    let Some(signed) = run("minisign", &["-Vm", "manifest.json", "-p", "sender.pub"]) else {
        eprintln!("skipped in part: minisign is not installed (Debian package minisign)");
        return;
    };
    assert!(signed.status.success(), "{}", String::from_utf8_lossy(&signed.stderr));
    // And the other way round: what the stock tool signs with our key is accepted as a key.
    put(&folder.path().join("secret"), key().file().as_bytes());
    let made = run("minisign", &["-SW", "-s", "secret", "-m", "b.skb"]).expect("minisign");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let checked = run("minisign", &["-Vm", "b.skb", "-P", &key().public().line()]).expect("minisign");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let mut file = bytes;
    file[600] ^= 1;
    put(&folder.path().join("b.skb"), &file);
    assert!(!run("minisign", &["-Vm", "b.skb", "-P", &key().public().line()]).unwrap().status.success());
}

#[expect(clippy::disallowed_methods, reason = "a small file of a test")]
fn put(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn an_encrypted_bundle_shows_nothing_without_the_identity() {
    let (_keep, folder) = ledger();
    let bytes = create(draft(&folder), &key(), Some(&Xor(0x5a))).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(!text.contains("tanaka") && !text.contains("sato") && !text.contains("auth.log"));
    let closed = open(&bytes);
    assert!(closed.notes.contains(&Note::Encrypted(4)), "{:?}", closed.notes);
    assert!(closed.shown.is_empty() && closed.head.is_some());
    let with = |xor: &Xor| verify(&bytes, &VerifyOptions { unseal: Some(xor), ..options() });
    let opened = with(&Xor(0x5a)).unwrap();
    assert_eq!((opened.shown.len(), opened.custody.events().len()), (4, 1));
    assert_eq!(with(&Xor(0x5b)).unwrap_err().code, Code::Bv11);
}

/// LG-RED-01, LF-15: the copy names nobody and leads to the same root.
#[test]
fn a_redacted_copy_names_nobody_and_keeps_the_root() {
    let original = open(&bundle());
    let how = Redaction {
        bundle_id: [4; 16],
        case_ref: "copy-1".to_owned(),
        sender: "Desk".to_owned(),
        sealed_at: crate::support::NOW,
        reason: "personal data".to_owned(),
        keep: vec![],
        tool: "sekisho".to_owned(),
    };
    let names = |bytes: &[u8]| {
        bytes.windows(6).any(|part| part == b"tanaka") || bytes.windows(4).any(|p| p == b"sato")
    };
    let draft = redact(&original, how, |shown| names(&shown.bytes)).unwrap();
    let bytes = create(draft, &SecretKey::from_seed(&[2; 32]), None).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    for name in ["tanaka", "suzuki", "sato", "auth.log", "Example KK", "2026-17"] {
        assert!(!text.contains(name), "{name}");
    }
    let copy = verify(&bytes, &VerifyOptions::default()).unwrap();
    assert_eq!(copy.manifest.kind, Kind::Redacted);
    assert_eq!(copy.manifest.previous.as_deref(), Some(original.manifest_hash.as_str()));
    assert_eq!(copy.manifest.ledger_head, original.manifest.ledger_head);
    assert_eq!(copy.shown.len(), 1, "the kind of the decision is still shown");
    let withheld: u64 = copy.manifest.withheld.iter().map(|one| one.count).sum();
    assert_eq!(withheld, 3 + 1 + 3, "records and part, name of the file, document, item and custody");
}

/// BV-07, BV-10.
#[test]
fn a_delta_continues_and_proves_that_the_ledger_only_grew() {
    let (_keep, folder) = ledger();
    let first = create(draft(&folder), &key(), None).unwrap();
    let first = open(&first);
    grow(&folder);
    let delta = |growth: bool| {
        let mut reader = Reader::open(&folder).unwrap();
        let (excerpt, head) = reader.excerpt(&[], &[vocab::LedgerIndex(reader.size() - 3)]).unwrap();
        let known = first.head.as_ref().unwrap().size;
        let proof = growth.then(|| reader.consistency(known, head.size).unwrap());
        let head = Head::new(&excerpt, head.note, proof);
        let mut draft = draft(&folder);
        (draft.kind, draft.sequence, draft.records) = (Kind::Delta, 2, Some((excerpt, head)));
        draft.previous = Some(first.manifest_hash.clone());
        draft.bundle_id = [8; 16];
        draft
    };
    let bytes = create(delta(true), &key(), None).unwrap();
    let with = |bytes: &[u8]| verify(bytes, &VerifyOptions { before: Some(&first), ..options() });
    assert!(!with(&bytes).unwrap().notes.contains(&Note::EarlierMissing));
    assert!(open(&bytes).notes.contains(&Note::EarlierMissing));
    assert_eq!(with(&create(delta(false), &key(), None).unwrap()).unwrap_err().code, Code::Bv10);
    let mut other = delta(true);
    other.previous = Some("0f".repeat(32));
    assert_eq!(with(&create(other, &key(), None).unwrap()).unwrap_err().code, Code::Bv07);
    let mut other = delta(true);
    other.sequence = 4;
    assert!(with(&create(other, &key(), None).unwrap()).unwrap().notes.contains(&Note::EarlierMissing));
}

/// CW-BND-15.
#[test]
fn a_receipt_names_the_bundle() {
    let desk = SecretKey::from_seed(&[6; 32]);
    let opened = open(&bundle());
    let receipt = Receipt {
        schema: String::new(),
        manifest_hash: opened.manifest_hash.clone(),
        desk: "Kanagawa".to_owned(),
        intake_no: "令8-0012".to_owned(),
        received_at: crate::support::NOW,
        accepted_at: Some(crate::support::NOW.plus(Timestamp::SECOND)),
        decision: Decision::Accepted,
        code: String::new(),
        policy_version: "1".to_owned(),
        key_id: String::new(),
    };
    let (bytes, signature) = receipt.clone().sign(&desk).unwrap();
    let check = |bytes: &[u8], hash: &str| Receipt::check(bytes, signature.as_bytes(), &desk.public(), hash);
    assert_eq!(check(&bytes, &opened.manifest_hash).unwrap().intake_no, "令8-0012");
    assert!(check(&bytes, &"0".repeat(64)).is_err());
    for place in 0..bytes.len() {
        let mut bytes = bytes.clone();
        bytes[place] ^= 1;
        assert!(check(&bytes, &opened.manifest_hash).is_err(), "byte {place}");
    }
    let refused = Receipt { decision: Decision::Refused, ..receipt };
    assert!(refused.sign(&desk).is_err(), "a refusal has no time of acceptance");
}

#[test]
fn what_the_receiver_would_refuse_is_not_sealed() {
    let (_keep, folder) = ledger();
    let with = |change: &dyn Fn(&mut bundle::Draft)| {
        let mut draft = draft(&folder);
        change(&mut draft);
        create(draft, &key(), None).unwrap_err().code
    };
    let file = |path: &str| File { path: path.to_owned(), bytes: vec![] };
    assert_eq!(with(&|draft| draft.files.push(file("../x"))), Code::Bv02);
    assert_eq!(with(&|draft| draft.files.push(draft.files[0].clone())), Code::Bv02);
    assert_eq!(with(&|draft| draft.sender = "Other".to_owned()), Code::Bv08);
    assert_eq!(with(&|draft| draft.kind = Kind::Delta), Code::Bv03);
}
