//! Changed bundles, and containers made to harm (BV-01 to BV-11, CW-BND-14).

use crate::support::{bundle, draft, key, ledger, open, options};
use bundle::{Code, VerifyOptions, create, verify};
use proptest::prelude::*;
use sha2::Digest as _;

/// Every byte of a bundle has one allowed value.
#[test]
fn every_flipped_byte_is_found() {
    let good = bundle();
    open(&good);
    for place in 0..good.len() {
        let mut bytes = good.clone();
        bytes[place] ^= 1 << (place % 8);
        assert!(verify(&bytes, &options()).is_err(), "byte {place} of {}", good.len());
    }
}

#[test]
fn a_cut_bundle_is_refused() {
    let good = bundle();
    for end in (0..good.len()).step_by(97).chain([good.len() - 1]) {
        assert_eq!(verify(&good[..end], &options()).unwrap_err().code, Code::Bv01, "cut at {end}");
    }
}

#[test]
fn a_bundle_signed_by_another_is_refused() {
    let (_keep, folder) = ledger();
    let other = bundle::minisign::SecretKey::from_seed(&[2; 32]);
    let bytes = create(draft(&folder), &other, None).unwrap();
    assert_eq!(verify(&bytes, &options()).unwrap_err().code, Code::Bv05);
    assert!(verify(&bytes, &VerifyOptions::default()).is_ok(), "whole, but of an unknown key");
}

/// A tar as any tool could write it.
fn tar(members: &[(&str, u8, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, kind, bytes) in members {
        let mut head = vec![0u8; 512];
        let mut put = |at: usize, text: &[u8]| head[at..at + text.len()].copy_from_slice(text);
        put(0, name.as_bytes());
        put(100, b"0000644\x000000000\x000000000\0");
        put(124, format!("{:011o}\0{:011o}\0        ", bytes.len(), 0).as_bytes());
        put(156, &[*kind]);
        put(157, b"/etc/passwd");
        put(257, b"ustar\x0000");
        if *kind == b'0' {
            put(157, &[0; 11]);
        }
        let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
        head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        out.extend(head);
        out.extend_from_slice(bytes);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

fn code(bytes: &[u8]) -> Code {
    verify(bytes, &VerifyOptions::default()).unwrap_err().code
}

#[test]
fn hostile_containers_are_refused() {
    for name in
        ["../evil", "/etc/cron.d/x", "forms/../../x", "evidence/x", ".ssh/authorized_keys", "forms/CON/x"]
    {
        assert_eq!(code(&tar(&[(name, b'0', b"x")])), Code::Bv02, "{name}");
    }
    for kind in [b'1', b'2', b'3', b'4', b'5', b'6', b'x', b'g', b'L', b'S', 0] {
        assert_eq!(code(&tar(&[("forms/a", kind, b"")])), Code::Bv02, "type {kind}");
    }
    assert_eq!(code(&tar(&[("forms/a", b'0', b"x"), ("forms/a", b'0', b"y")])), Code::Bv02, "doubled");
    assert_eq!(code(&tar(&[("forms/A", b'0', b"x"), ("forms/a", b'0', b"y")])), Code::Bv02, "by case");
    // A length that is not there, and one that would overflow.
    for size in ["77777777777", "00000002000"] {
        let mut bytes = tar(&[("forms/a", b'0', b"x")]);
        bytes[124..135].copy_from_slice(size.as_bytes());
        assert_eq!(code(&bytes), Code::Bv01, "{size}");
    }
    let many: Vec<(String, Vec<u8>)> = (0..4_097).map(|n| (format!("forms/{n:06}"), vec![])).collect();
    let many: Vec<(&str, u8, &[u8])> = many.iter().map(|(n, b)| (n.as_str(), b'0', b.as_slice())).collect();
    assert_eq!(code(&tar(&many)), Code::Bv01);
    // Nothing is ever unpacked: gzip, zstd, zip are no containers.
    for magic in [&b"\x1f\x8b\x08"[..], b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b""] {
        assert_eq!(code(magic), Code::Bv01);
    }
}

/// Entries exchanged, added and removed behind the manifest.
#[test]
fn entries_agree_with_the_manifest() {
    let good = bundle();
    let at = (0..good.len()).step_by(512).find(|at| good[*at..].starts_with(b"forms/")).unwrap();
    let mut without = good[..at].to_vec();
    without.extend(&good[at + 1024..]);
    assert_eq!(verify(&without, &options()).unwrap_err().code, Code::Bv06);
    let mut changed = good.clone();
    changed[at + 512] ^= 0x20;
    let fault = verify(&changed, &options()).unwrap_err();
    assert_eq!((fault.code, fault.place.starts_with("forms/")), (Code::Bv06, true));
}

/// Vectors of docs/formats/bundle.md.
#[test]
fn the_vectors_of_the_document_hold() {
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../ledger/tests/data/ledger-v1");
    let mut draft = draft(std::path::Path::new(kept));
    draft.sealed_at = crate::support::NOW;
    let bytes = create(draft, &key(), None).unwrap();
    let found = format!(
        "public key = {}\nmanifest sha256 = {}\nbundle bytes = {}\nbundle sha256 = {}\n",
        key().public().line(),
        bundle::manifest_hash(&bytes).unwrap(),
        bytes.len(),
        hex::encode(sha2::Sha256::digest(&bytes)),
    );
    let document = include_str!("../../../../docs/formats/bundle.md");
    assert!(document.contains(&found), "docs/formats/bundle.md should hold:\n{found}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
        let _ = verify(&bytes, &VerifyOptions::default());
        let _ = bundle::Chain::parse(&String::from_utf8_lossy(&bytes));
        let _ = bundle::Receipt::parse(&bytes);
        let _ = bundle::minisign::PublicKey::parse(&String::from_utf8_lossy(&bytes));
        let _ = bundle::minisign::SecretKey::parse(&String::from_utf8_lossy(&bytes));
    }
}
