//! A disk that is really full (LF-10, LG-DUR-03): a small file system in memory, which only root can mount. Where it
//! cannot be mounted the test says so and ends; `store::tests` plays the same on every system.

use crate::support::{NOW, cite, genesis, resume};
use ledger::{
    EntryKind, Error, Ledger, Payload, QueueLimits, Reader, SharedLedger, Submission, VerifyOptions, verify,
};
use serde_json::json;
use std::path::PathBuf;
use std::process::Command;

const FOLDER: &str = "SEKISHO_TEST_FULL_DISK";

#[test]
fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let temporary = tempfile::tempdir().unwrap();
    // A mount name space of its own: the file system is gone with the process.
    let script = "mount -t tmpfs -o size=2m tmpfs \"$1\" 2>/dev/null || exit 77
        exec \"$2\" --exact full_disk::fills_the_disk --ignored --nocapture";
    let ran = Command::new("unshare")
        .args(["-m", "sh", "-c", script, "sh"])
        .arg(temporary.path())
        .arg(std::env::current_exe().unwrap())
        .env(FOLDER, temporary.path())
        .output();
    match ran {
        Ok(ran) if ran.status.success() => {}
        Ok(ran) if ran.status.code() == Some(101) => {
            panic!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        }
        _ => eprintln!("skipped: a small file system cannot be mounted here"),
    }
}

/// The child, in a file system of two MiB.
#[test]
#[ignore = "the child of the test above"]
fn fills_the_disk() {
    #[expect(clippy::disallowed_methods, reason = "how the parent names the folder")]
    let root = PathBuf::from(std::env::var(FOLDER).expect("started by the test above"));
    let (folder, ballast) = (root.join("ledger"), root.join("ballast"));
    #[expect(clippy::disallowed_methods, reason = "takes room on the disk")]
    std::fs::write(&ballast, vec![1u8; 1 << 20]).unwrap();
    let mut ledger = Ledger::create(&folder, genesis()).unwrap();
    let stream = ledger.open_stream("s", "agent", NOW).unwrap();
    ledger.checkpoint(NOW).unwrap();
    let mut acknowledged = Vec::new();
    for round in 1..=3u8 {
        let shared = SharedLedger::new(ledger, QueueLimits::default());
        let error = loop {
            let n = acknowledged.len();
            let text = letters(n as u64 + 1);
            let payload = Payload::new(&json!(format!("{n} {text}"))).unwrap();
            let submission = Submission { stream, kind: EntryKind::Event, payload, seq: None };
            match shared.append(NOW, submission) {
                Ok(answer) => acknowledged.push(answer.index),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, Error::Io { .. } | Error::Stopped { .. }), "round {round}: {error}");
        assert!(shared.stats().space_low, "LE-SPACE-LOW is told beforehand");
        drop(shared);
        // On the full disk reading and verification still work.
        let report = verify(&folder, &VerifyOptions::default()).unwrap();
        assert!(report.holds(), "round {round}: {:?}", report.failures);
        let mut reader = Reader::open(&folder).unwrap();
        for (n, index) in acknowledged.iter().enumerate() {
            let record = reader.record(cite(*index, 0)).unwrap();
            assert!(record.bytes.starts_with(format!("\"{n} ").as_bytes()), "round {round}: entry {n}");
        }
        // Some room is made, and the ledger goes on.
        let left = std::fs::metadata(&ballast).unwrap().len().saturating_sub(256 << 10);
        std::fs::OpenOptions::new().write(true).open(&ballast).unwrap().set_len(left).unwrap();
        let (opened, found) = Ledger::open(&folder, &resume(round)).unwrap();
        assert!(found.size > acknowledged.last().unwrap().0, "round {round}");
        assert_eq!(found.open_streams, [stream]);
        ledger = opened;
    }
    assert!(acknowledged.len() > 50, "{}", acknowledged.len());
    std::fs::remove_file(&ballast).unwrap();
    ledger.close(NOW).unwrap();
    assert!(verify(&folder, &VerifyOptions::default()).unwrap().holds());
}

/// Letters that do not compress to nothing.
fn letters(mut state: u64) -> String {
    let letter = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + (state >> 33) as u8 % 26)
    };
    (0..8_000).map(letter).collect()
}
