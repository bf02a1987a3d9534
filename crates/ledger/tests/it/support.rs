//! Small ledgers for tests.

use ledger::{EntryKind, Genesis, Ledger, Resume, Run, RunRecord};
use serde_json::json;
use std::path::{Path, PathBuf};
use vocab::{Citation, LedgerIndex, Timestamp};

/// A fixed point in time.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

/// A folder that does not exist yet inside a temporary one.
pub(crate) fn place() -> (tempfile::TempDir, PathBuf) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("ledger");
    (temporary, folder)
}

/// As [`place`], in memory where there is such a place: for tests that do not ask the disk for anything.
pub(crate) fn place_in_memory() -> (tempfile::TempDir, PathBuf) {
    let memory = Path::new("/dev/shm");
    let found = memory.is_dir().then(|| tempfile::tempdir_in(memory).ok()).flatten();
    let temporary = found.unwrap_or_else(|| tempfile::tempdir().unwrap());
    let folder = temporary.path().join("ledger");
    (temporary, folder)
}

pub(crate) fn genesis() -> Genesis {
    Genesis { origin: "local/test".to_owned(), now: NOW, seed: [7; 32] }
}

/// Records that stand one after another in a file, one a line.
pub(crate) fn records(lines: &[Vec<u8>]) -> Vec<RunRecord<'_>> {
    let mut offset = 0;
    let mut out = Vec::new();
    for (number, bytes) in lines.iter().enumerate() {
        out.push(RunRecord { offset, line: number as u64 + 1, bytes });
        offset += bytes.len() as u64 + 1;
    }
    out
}

pub(crate) fn cite(index: LedgerIndex, record: usize) -> Citation {
    Citation { index, record: record as u32 }
}

/// A small ledger with two frames, two streams, a run and a few single entries. Returns the index of the run.
pub(crate) fn small(folder: &Path) -> LedgerIndex {
    let mut ledger = Ledger::create(folder, genesis()).unwrap();
    let file = ledger.open_stream("auth.log", "file", NOW).unwrap();
    let lines = vec![b"first".to_vec(), vec![], b"third \xff\x00".to_vec()];
    let run = Run { file: "auth.log", records: &records(&lines) };
    let index = ledger.append_run(file, NOW.plus(5), &run).unwrap();
    ledger.checkpoint(NOW.plus(6)).unwrap();
    let case = ledger.open_stream("case 1", "case", NOW.plus(7)).unwrap();
    ledger.append(case, EntryKind::Record, NOW.plus(8), &json!({"op": "open", "no": 1})).unwrap();
    ledger.append(case, EntryKind::Command, NOW.plus(8), &json!("lock")).unwrap();
    ledger.close(NOW.plus(9)).unwrap();
    index
}

/// What a further session of [`genesis`] is opened with.
pub(crate) fn resume(session: u8) -> Resume {
    Resume { now: NOW.plus(10), seed: [7; 32], session: [session; 32] }
}

/// [`small`], then a second session with its own epoch.
pub(crate) fn two_sessions(folder: &Path) {
    small(folder);
    let (mut ledger, _) = Ledger::open(folder, &resume(1)).unwrap();
    let stream = ledger.open_stream("secure", "file", NOW.plus(11)).unwrap();
    let lines = vec![b"later".to_vec(), b"last".to_vec()];
    let run = Run { file: "secure", records: &records(&lines) };
    ledger.append_run(stream, NOW.plus(12), &run).unwrap();
    ledger.checkpoint(NOW.plus(13)).unwrap();
    ledger.append(stream, EntryKind::Event, NOW.plus(14), &json!({"raw": "eA=="})).unwrap();
    ledger.close(NOW.plus(15)).unwrap();
}

/// All files of a ledger, sorted.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for item in std::fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[expect(clippy::disallowed_methods, reason = "a test damages files on purpose")]
pub(crate) fn overwrite(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
}
