//! A kept ledger with a changed segment: it is verified without a panic, and every change is found.
#![no_main]

use ledger::{Reader, VerifyOptions, verify};
use libfuzzer_sys::fuzz_target;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

const NAME: &str = "segments/00000000000000000000.seg";

/// A copy of the kept ledger in memory, and its segment.
fn place() -> &'static (PathBuf, Vec<u8>) {
    static PLACE: OnceLock<(PathBuf, Vec<u8>)> = OnceLock::new();
    PLACE.get_or_init(|| {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/ledger/tests/data/ledger-v2");
        let folder = PathBuf::from(format!("/dev/shm/sekisho-fuzz-{}", std::process::id()));
        for name in ["segments", "checkpoints"] {
            std::fs::create_dir_all(folder.join(name)).unwrap();
        }
        let names =
            std::fs::read_dir(kept.join("checkpoints")).unwrap().map(|item| item.unwrap().file_name());
        let heads = names.map(|name| format!("checkpoints/{}", name.to_string_lossy()));
        for name in heads.chain(["format".to_owned(), "checkpoint".to_owned()]) {
            std::fs::copy(kept.join(&name), folder.join(&name)).unwrap();
        }
        (folder, std::fs::read(kept.join(NAME)).unwrap())
    })
}

fuzz_target!(|data: &[u8]| {
    let (folder, kept) = place();
    std::fs::write(folder.join(NAME), data).unwrap();
    if let Ok(report) = verify(folder, &VerifyOptions::default()) {
        let end = data.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let same = data.len() >= kept.len() && data[..kept.len()] == kept[..] && end <= kept.len();
        assert!(same || !report.holds(), "a change was not found");
    }
    if let Ok(mut reader) = Reader::open(folder) {
        let _ = reader.audit(vocab::Timestamp(0), 1);
    }
});
