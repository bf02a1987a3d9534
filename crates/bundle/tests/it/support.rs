//! A small ledger, and bundles of it.

use bundle::minisign::SecretKey;
use bundle::{
    Chain, CustodyEvent, Draft, File, Head, Kind, Opened, Seal, SealError, Unseal, VerifyOptions, create,
};
use ledger::{EntryKind, Genesis, Ledger, Reader, Resume, Run, RunRecord};
use std::path::{Path, PathBuf};
use vocab::{Citation, LedgerIndex, Timestamp};

pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);
pub(crate) const LINES: [&str; 4] = [
    "Failed password for tanaka from 203.0.113.9",
    "Accepted password for tanaka from 203.0.113.9",
    "Accepted password for suzuki from 198.51.100.7",
    "session closed",
];

pub(crate) fn key() -> SecretKey {
    SecretKey::from_seed(&[1; 32])
}

/// A ledger with one run (index 2) and one decision (index 5).
pub(crate) fn ledger() -> (tempfile::TempDir, PathBuf) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("ledger");
    let genesis = Genesis { origin: "ledger.example.jp/main".to_owned(), now: NOW, seed: [7; 32] };
    let mut ledger = Ledger::create(&folder, genesis).unwrap();
    let file = ledger.open_stream("auth.log", "file", NOW).unwrap();
    let records: Vec<_> = LINES
        .iter()
        .zip(1..)
        .map(|(line, n)| RunRecord { offset: n * 100, line: n, bytes: line.as_bytes() })
        .collect();
    ledger.append_run(file, NOW, &Run { file: "auth.log", records: &records }).unwrap();
    ledger.checkpoint(NOW).unwrap();
    let case = ledger.open_stream("case", "case", NOW).unwrap();
    ledger.append(case, EntryKind::Record, NOW, &serde_json::json!({"op": "isolate", "by": "sato"})).unwrap();
    ledger.close(NOW).unwrap();
    (temporary, folder)
}

/// Three more entries.
pub(crate) fn grow(folder: &Path) {
    let resume = Resume { now: NOW, seed: [7; 32], session: [9; 32] };
    let (mut ledger, _) = Ledger::open(folder, &resume).unwrap();
    let case = ledger.open_stream("case", "case", NOW).unwrap();
    ledger.append(case, EntryKind::Record, NOW, &serde_json::json!({"op": "reopen"})).unwrap();
    ledger.close(NOW).unwrap();
}

pub(crate) fn custody(item: &[u8]) -> Chain {
    let mut chain = Chain::default();
    let event = CustodyEvent {
        item: File::evidence(item.to_vec()).path.trim_start_matches("evidence/").to_owned(),
        from: "web1".to_owned(),
        to: "Example KK".to_owned(),
        time: NOW,
        purpose: "保全".to_owned(),
        ..CustodyEvent::default()
    };
    chain.add(event).unwrap();
    chain
}

/// A draft with two records, a decision, a document, an item of evidence and its custody.
pub(crate) fn draft(folder: &Path) -> Draft {
    let mut reader = Reader::open(folder).unwrap();
    let cite = |index, record| Citation { index: LedgerIndex(index), record };
    let (excerpt, head) = reader.excerpt(&[cite(2, 0), cite(2, 1), cite(5, 0)], &[]).unwrap();
    let head = Head::new(&excerpt, head.note, None);
    Draft {
        bundle_id: [3; 16],
        kind: Kind::Full,
        case_ref: "2026-17".to_owned(),
        sequence: 1,
        previous: None,
        sender: "Example KK".to_owned(),
        recipient: None,
        sealed_at: NOW,
        recognised_at: Some(NOW),
        records: Some((excerpt, head)),
        files: vec![
            File::document("被害 状況.txt", "tanaka の口座".as_bytes().to_vec()),
            File::evidence(b"disk image".to_vec()),
        ],
        custody: custody(b"disk image"),
        withheld: vec![],
        tool: "sekisho 0.1.0".to_owned(),
    }
}

pub(crate) fn bundle() -> Vec<u8> {
    let (_keep, folder) = ledger();
    create(draft(&folder), &key(), None).unwrap()
}

/// A cipher for tests only: shows that everything that should be encrypted went through it.
pub(crate) struct Xor(pub(crate) u8);

impl Seal for Xor {
    fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        Ok(std::iter::once(self.0).chain(plain.iter().map(|byte| byte ^ self.0)).collect())
    }
}

impl Unseal for Xor {
    fn unseal(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (first, rest) = sealed.split_first()?;
        (*first == self.0).then(|| rest.iter().map(|byte| byte ^ self.0).collect())
    }
}

pub(crate) fn options() -> VerifyOptions<'static> {
    VerifyOptions { sender_keys: vec![key().public()], ..VerifyOptions::default() }
}

pub(crate) fn open(bytes: &[u8]) -> Opened {
    bundle::verify(bytes, &options()).unwrap_or_else(|fault| panic!("{fault}"))
}
