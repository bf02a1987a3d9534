//! Entrances for fuzzers and property tests (feature `fuzz`): bytes and texts from outside, taken apart by everything that may meet
//! them. Nothing may panic, and what is read is what would be written.

use crate::block::{self, Content};
use crate::entry::Entry;
use crate::frame;
use crate::govern::{ContentPolicy, Governance, Request};
use crate::logkey::{KeyHistory, KeyStatement};
use crate::seal::{Identity, KeyRing, Recipient};
use crate::witness::{AddCheckpoint, Policy};
use crate::{
    ConsistencyProof, EntryPath, Excerpt, InclusionProof, Opening, Statement, TileId, check_stamp, json,
    note, run,
};
use std::path::Path;

/// Segments, frames, entries, blocks, runs, data keys, notes, requests, time stamps.
pub fn bytes(data: &[u8]) {
    let _ = frame::SegmentHeader::decode(data);
    for parsed in [frame::parse(data), frame::parsed(data, false), frame::without_blocks(data)] {
        let Ok(frame) = parsed else { continue };
        frame::entries(frame.entries).flatten().for_each(entry);
        for (header, bytes) in frame::blocks(&frame).flatten() {
            opened(&header, bytes);
        }
    }
    entry(data);
    frame::entries(data).take(1_000).flatten().for_each(entry);
    if let Ok(header) = block::Header::decode(data) {
        let _ = block::digest(&header, data);
        opened(&header, data);
    }
    if let Ok(opened) = run::open(data) {
        let _ = opened.leaves(&[7; 32]);
    }
    if let Ok(value) = json::parse_canonical(data) {
        assert_eq!(json::canonical(&value).ok().as_deref(), Some(data), "one form only");
    }
    if let Ok(parsed) = note::parse(data) {
        let _ = parsed.check_log(&parsed.origin, &[7; 32]);
    }
    if let Ok(request) = AddCheckpoint::parse(data) {
        assert_eq!(request.body().as_bytes(), data, "one form only");
    }
    let _ = check_stamp(data, b"a head", None, None, None);
}

fn entry(data: &[u8]) {
    let Ok(entry) = Entry::decode(data) else { return };
    assert_eq!(entry.encode(), data, "one form only");
    let mut governance = Governance::new([7; 32]);
    let _ = governance.take(u64::MAX >> 12, &entry);
    let _ = governance.take(5, &entry);
}

fn opened(header: &block::Header, bytes: &[u8]) {
    let mut ring = KeyRing::new(Path::new("/nonexistent"), header.ledger, Vec::new());
    if let Ok(Some(content)) = Content::open(header, bytes, &mut ring) {
        let _ = content.payload(header.first_index);
    }
}

/// Policies, statements, requests, keys, and every proof that outsiders check.
pub fn texts(text: &str) {
    if let Ok(policy) = Policy::parse(text) {
        let _ = policy.check(text);
    }
    let _ = Statement::check(text, "name+00000000+AAAA");
    let _ = TileId::parse(text);
    let _ = Recipient::parse(text);
    let _ = Identity::parse_file(text);
    let _ = note::parse_verifier_key(text);
    let _ = crate::add_cosignatures(text, text);
    if let Ok((index, path)) = EntryPath::parse_tlog_proof(text) {
        assert_eq!(path.tlog_proof(index).as_deref(), Some(text), "one form only");
        let _ = path.check(index, b"entry", None);
    }
    let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else { return };
    let _ = ContentPolicy::read(&value);
    let read = value.clone();
    if let Ok(request) = serde_json::from_value::<Request>(read.clone()) {
        let _ = request.people();
    }
    if let Ok(mut statement) = serde_json::from_value::<KeyStatement>(read.clone()) {
        let _ = statement.sign(&crate::PersonKey::from_seed(&[7; 32]));
    }
    if let Ok(history) = serde_json::from_value::<KeyHistory>(read.clone()) {
        let _ = (history.check("a+b+c", Some((1, [0; 32]))), history.check_root(&[7; 32]));
    }
    if let Ok(excerpt) = serde_json::from_value::<Excerpt>(read.clone()) {
        let _ = excerpt.check(text, None);
    }
    if let Ok(opening) = serde_json::from_value::<Opening>(read.clone()) {
        let _ = opening.check(None);
    }
    if let Ok(proof) = serde_json::from_value::<InclusionProof>(read.clone()) {
        let _ = (proof.check(None), proof.tlog_proof());
    }
    if let Ok(proof) = serde_json::from_value::<ConsistencyProof>(read) {
        let _ = proof.holds();
    }
}

#[cfg(test)]
mod tests {
    use crate::{KeyHistory, Reader};
    use proptest::prelude::*;
    use std::path::{Path, PathBuf};
    use vocab::{Citation, LedgerIndex};

    fn kept() -> impl Iterator<Item = PathBuf> {
        ["ledger-v1", "ledger-v2", "ledger-v2-sealed"]
            .into_iter()
            .map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name))
    }

    /// Pieces of real ledgers: frames with what they hold, notes, proofs, documents.
    fn seeds() -> Vec<Vec<u8>> {
        let mut seeds = Vec::new();
        for folder in kept() {
            let segment = std::fs::read(folder.join("segments/00000000000000000000.seg")).unwrap();
            seeds.push(segment[..88].to_vec());
            let starts: Vec<usize> =
                (88..segment.len()).step_by(8).filter(|at| segment[*at..].starts_with(b"SKFRM")).collect();
            for (place, start) in starts.iter().enumerate() {
                let end = starts.get(place + 1).copied().unwrap_or(segment.len());
                seeds.push(segment[*start..end].to_vec());
            }
            let note = std::fs::read(folder.join("checkpoint")).unwrap();
            seeds.push([b"old 0\n\n", note.as_slice()].concat());
            seeds.push(note);
            let mut reader = Reader::open(&folder).unwrap();
            let entries: Vec<_> = reader.entries().map(|item| item.unwrap().1.encode()).collect();
            let json = |value: &dyn erased::Json| value.bytes();
            for index in 0..entries.len() as u64 {
                let (_, path) = reader.entry_with_path(LedgerIndex(index)).unwrap();
                seeds.extend(path.tlog_proof(index).map(String::into_bytes));
            }
            seeds.extend(entries);
            seeds.push(json(&KeyHistory::of(&mut reader, Some(1)).unwrap()));
            seeds.push(json(&reader.consistency(1, reader.size()).unwrap()));
            if let Ok(proof) = reader.inclusion(Citation { index: LedgerIndex(2), record: 0 }) {
                seeds.push(json(&proof));
            }
            if let Ok(opening) = reader.opening(LedgerIndex(2), &crate::Choice::All) {
                seeds.push(json(&opening));
            }
        }
        seeds
    }

    mod erased {
        /// Anything that is written as JSON.
        pub(super) trait Json {
            fn bytes(&self) -> Vec<u8>;
        }
        impl<T: serde::Serialize> Json for T {
            fn bytes(&self) -> Vec<u8> {
                serde_json::to_vec(self).unwrap()
            }
        }
    }

    /// One change: a byte, a cut, a piece doubled or put in, a number at the edges.
    fn change(data: &mut Vec<u8>, (kind, at, value): (u8, usize, u8)) {
        let place = at % data.len().max(1);
        match kind {
            0 if !data.is_empty() => data[place] ^= 1 << (value % 8),
            1 => data.truncate(place),
            2 => data.insert(place, value),
            3 if !data.is_empty() => drop(data.remove(place)),
            4 => {
                let piece: Vec<u8> = data[place..].iter().take(usize::from(value)).copied().collect();
                data.splice(place..place, piece);
            }
            _ => {
                let edge = [0x00, 0xff, 0x7f, 0x80][usize::from(value) % 4];
                data.iter_mut().skip(place).take(1 << (value % 4)).for_each(|byte| *byte = edge);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]
        /// LG-VER-02, LG-ENT-03: changed pieces of real ledgers, and any bytes, are taken apart without a panic.
        #[test]
        fn hostile_pieces_are_taken_apart(
            seed in 0..10_000_usize,
            changes in prop::collection::vec((0..6u8, 0..1_000_000_usize, any::<u8>()), 0..4),
            rubbish in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            static SEEDS: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();
            let seeds = SEEDS.get_or_init(seeds);
            let mut data = seeds[seed % seeds.len()].clone();
            changes.into_iter().for_each(|one| change(&mut data, one));
            for data in [&data, &rubbish] {
                super::bytes(data);
                super::texts(&String::from_utf8_lossy(data));
            }
        }
    }
}
