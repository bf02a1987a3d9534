//! The format document and the ledger of version 1 that is kept beside the tests (LF-23).

use crate::support::{NOW, cite, place, two_sessions};
use ledger::{Reader, VerifyOptions, verify};
use std::path::{Path, PathBuf};
use vocab::LedgerIndex;

const DOCUMENT: &str = include_str!("../../../../docs/formats/ledger.md");

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/ledger-v1")
}

fn vector(name: &str) -> &'static str {
    let line =
        DOCUMENT.lines().find_map(|line| line.strip_prefix(name).and_then(|rest| rest.strip_prefix(" = ")));
    line.unwrap_or_else(|| panic!("no vector {name}"))
}

#[test]
fn version_1_opens_and_verifies() {
    let report = verify(&kept(), &VerifyOptions::default()).unwrap();
    assert_eq!(report.failures, []);
    assert_eq!(report.verifier_key, vector("log key"));
    assert_eq!(report.entries.to_string(), vector("entries"));
    assert_eq!(hex::encode(report.root), vector("root"));
    assert_eq!(report.last_time, Some(NOW.plus(15)));
    let mut reader = Reader::open(&kept()).unwrap();
    let first = reader.entry(LedgerIndex(0)).unwrap().encode();
    assert_eq!(hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&first)), vector("ledger id"));
    assert_eq!(hex::encode(&first[..68]), vector("entry 0 header"));
    assert_eq!(hex::encode(reader.entry(LedgerIndex(2)).unwrap().encode()), vector("entry 2"));
    let record = reader.record(cite(LedgerIndex(2), 2)).unwrap();
    assert_eq!(hex::encode(record.bytes), vector("record 2/2"));
    let proof = reader.inclusion(cite(LedgerIndex(2), 2)).unwrap();
    assert_eq!(proof.check(Some(vector("log key"))), Ok(()));
    assert_eq!(proof.record.unwrap().salt, vector("salt of record 2/2"));
}

/// What is written now is version 1: the same entries, commitments and root.
#[test]
fn what_is_written_now_is_version_1() {
    let (_guard, folder) = place();
    two_sessions(&folder);
    let report = verify(&folder, &VerifyOptions::default()).unwrap();
    assert_eq!(hex::encode(report.root), vector("root"));
    let read = |folder: &Path| std::fs::read_to_string(folder.join("checkpoint")).unwrap();
    assert_eq!(read(&folder), read(&kept()));
}

/// LG-ENT-04: the decoder of the document, run with Python where there is one.
#[test]
fn the_decoder_of_the_document_works() {
    let code = DOCUMENT.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert!(code.lines().count() <= 40);
    let segment = kept().join("segments/00000000000000000000.seg");
    let run = std::process::Command::new("python3").arg("-c").arg(code).arg(segment).output();
    let Ok(output) = run else {
        eprintln!("skipped: python3 is not installed");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(text.lines().last(), Some(format!("root {}", vector("root")).as_str()));
}

/// Makes `tests/data/ledger-v1` and prints the vectors; run by hand when a new version of the format begins.
#[test]
#[ignore = "writes the kept ledger; run by hand for a new version of the format"]
fn make_the_kept_ledger() {
    assert!(!kept().exists(), "a kept ledger is never overwritten");
    two_sessions(&kept());
    for name in ["lock", "keys"] {
        let path = kept().join(name);
        if path.is_dir() { std::fs::remove_dir(path).unwrap() } else { std::fs::remove_file(path).unwrap() }
    }
    let report = verify(&kept(), &VerifyOptions::default()).unwrap();
    let mut reader = Reader::open(&kept()).unwrap();
    let first = reader.entry(LedgerIndex(0)).unwrap().encode();
    let proof = reader.inclusion(cite(LedgerIndex(2), 2)).unwrap();
    println!("log key = {}", report.verifier_key);
    println!("entries = {}", report.entries);
    println!("root = {}", hex::encode(report.root));
    println!("ledger id = {}", hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&first)));
    println!("entry 0 header = {}", hex::encode(&first[..68]));
    println!("entry 2 = {}", hex::encode(reader.entry(LedgerIndex(2)).unwrap().encode()));
    println!("record 2/2 = {}", hex::encode(reader.record(cite(LedgerIndex(2), 2)).unwrap().bytes));
    println!("salt of record 2/2 = {}", proof.record.unwrap().salt);
}
