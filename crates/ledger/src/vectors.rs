//! Vectors that `tests/outsiders/vectors.py` made, which shares nothing with this crate: roots, proofs, tiles, a cosignature
//! (LG-IND-02, LF-17).

use crate::tiles::Tiler;
use crate::witness::{Policy, add_cosignatures};
use crate::{Hash, note, ranges, tree};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../docs/formats/vectors/tree.json")).unwrap()
}

fn entry(number: u64) -> Vec<u8> {
    number.to_string().into_bytes()
}

fn first(all: &[Hash], size: u64) -> impl Iterator<Item = Result<Hash, ()>> {
    all.iter().take(size as usize).copied().map(Ok)
}

fn hash(value: &Value) -> Hash {
    hex::decode(value.as_str().unwrap()).unwrap().try_into().unwrap()
}

fn hashes(value: &Value) -> Vec<Hash> {
    value.as_array().unwrap().iter().map(hash).collect()
}

fn items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap()
}

#[test]
fn roots_and_proofs_are_those_of_another_program() {
    let vectors = vectors();
    let trees = items(&vectors, "trees");
    let roots: BTreeMap<u64, Hash> =
        trees.iter().map(|one| (one["size"].as_u64().unwrap(), hash(&one["root"]))).collect();
    assert_eq!(roots.keys().copied().collect::<Vec<_>>(), [0, 1, 255, 256, 257, 65_535, 65_536, 65_537]);
    let all: Vec<Hash> = (0..65_537).map(|number| tree::leaf(&entry(number))).collect();
    for one in trees {
        let size = one["size"].as_u64().unwrap();
        let mut frontier = tree::Frontier::default();
        first(&all, size).flatten().for_each(|leaf| frontier.push(leaf));
        assert_eq!(frontier.root(), roots[&size], "{size}");
        for proof in items(one, "inclusion") {
            let (index, path) = (proof["index"].as_u64().unwrap(), hashes(&proof["path"]));
            assert_eq!(
                tree::path(index, size, first(&all, size)).unwrap().unwrap(),
                path,
                "{index} of {size}"
            );
            let root = tree::root_from_path(index, size, tree::leaf(&entry(index)), &path);
            assert_eq!(root, Some(roots[&size]), "{index} of {size}");
        }
        for proof in items(one, "consistency") {
            let (old, path) = (proof["old"].as_u64().unwrap(), hashes(&proof["path"]));
            let made = ranges::roots(&ranges::consistency(old, size), first(&all, size)).unwrap().unwrap();
            assert_eq!(made, path, "{old} to {size}");
            if let Some(root) = roots.get(&old) {
                assert!(ranges::consistent((old, *root), (size, roots[&size]), &path), "{old} to {size}");
            }
        }
    }
}

#[test]
fn tiles_are_those_of_another_program() {
    for one in items(&vectors(), "tiles") {
        let size = one["size"].as_u64().unwrap();
        let mut found = BTreeMap::new();
        let mut tiler = Tiler::default();
        let mut sink = |tile: crate::TileId, bytes: &[u8]| {
            found.insert(tile.to_string(), hex::encode(Sha256::digest(bytes)));
            Ok(())
        };
        for number in 0..size {
            let entry = entry(number);
            tiler.push(&entry, tree::leaf(&entry), &mut sink).unwrap();
        }
        tiler.partial(&mut sink).unwrap();
        for (path, digest) in one["some"].as_object().unwrap() {
            assert_eq!(found.get(path).map(String::as_str), digest.as_str(), "{size}: {path}");
        }
        let lines: String = found.iter().map(|(path, digest)| format!("{path} {digest}\n")).collect();
        assert_eq!(one["count"], found.len(), "{size}");
        assert_eq!(one["list_sha256"], hex::encode(Sha256::digest(lines)), "{size}");
    }
}

#[test]
fn a_cosignature_of_another_program_counts() {
    let vectors = vectors();
    let of = |name: &str| vectors["cosignature"][name].as_str().unwrap();
    let parsed = note::parse(of("note").as_bytes()).unwrap();
    assert_eq!(parsed.origin, "vectors.example.jp/log");
    let policy = format!("log {}\nwitness w {}\nquorum w\n", of("log_key"), of("witness_key"));
    let policy = Policy::parse(&policy).unwrap();
    let seconds = vectors["cosignature"]["seconds"].as_u64().unwrap();
    assert!(!policy.check(of("note")).unwrap().met);
    let quorum = policy.check(of("cosigned")).unwrap();
    assert!(quorum.met && quorum.signed == [("w".to_owned(), seconds)]);
    // The line alone, as a witness answers it.
    let line = of("cosigned").strip_prefix(of("note")).unwrap();
    assert_eq!(add_cosignatures(of("note"), line).unwrap(), of("cosigned"));
    let other = of("cosigned").replace("\n257\n", "\n258\n");
    assert!(policy.check(&other).is_err());
}
