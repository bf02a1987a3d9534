//! A writer that is killed with SIGKILL at random moments (LF-11, LG-DUR-01): what it promised is there afterwards.

use crate::support::{NOW, cite, genesis, place, place_in_memory, records, resume};
use ledger::{
    EntryKind, Ledger, Payload, QueueLimits, Reader, Run, SharedLedger, Submission, VerifyOptions, verify,
};
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use vocab::LedgerIndex;

const FOLDER: &str = "SEKISHO_TEST_LEDGER";

/// The child: appends and publishes without end, and says each size that it has promised.
#[test]
#[ignore = "the child of the test below; it never ends by itself"]
fn writes_until_it_is_killed() {
    #[expect(clippy::disallowed_methods, reason = "how the parent names the folder")]
    let folder = PathBuf::from(std::env::var(FOLDER).expect("started by the test below"));
    let session = std::process::id().to_be_bytes();
    let mut ledger = if folder.exists() {
        let mut resume = resume(0);
        resume.session = std::array::from_fn(|n| session[n % 4] ^ n as u8);
        Ledger::open(&folder, &resume).unwrap().0
    } else {
        Ledger::create(&folder, genesis()).unwrap()
    };
    let stream = ledger.open_stream("child", "file", NOW).unwrap();
    let lines: Vec<Vec<u8>> = (0..200).map(|n| format!("line {n} {}", "x".repeat(n)).into_bytes()).collect();
    for round in 0u64.. {
        ledger.append_run(stream, NOW, &Run { file: "child", records: &records(&lines) }).unwrap();
        for _ in 0..round % 90 {
            ledger.append(stream, EntryKind::Event, NOW, &json!({ "round": round })).unwrap();
        }
        let size = ledger.checkpoint(NOW).unwrap().size;
        let mut out = std::io::stdout().lock();
        writeln!(out, "promised {size}").and_then(|()| out.flush()).unwrap();
    }
}

/// Starts the child, kills it after `promises` lines and some more work; returns the newest size it promised.
fn killed_after(folder: &Path, promises: usize, spin: u64) -> u64 {
    killed(folder, "killed::writes_until_it_is_killed", promises, spin)
}

fn killed(folder: &Path, test: &str, promises: usize, spin: u64) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let mut lines =
        out.lines().map_while(Result::ok).filter_map(|line| line.strip_prefix("promised ")?.parse().ok());
    let mut newest: u64 = lines.by_ref().take(promises).max().unwrap_or(0);
    std::thread::sleep(std::time::Duration::from_micros(spin));
    child.kill().unwrap();
    child.wait().unwrap();
    newest = lines.max().unwrap_or(newest).max(newest);
    newest
}

#[test]
fn a_killed_writer_loses_nothing_it_promised() {
    let (_guard, folder) = place();
    let mut before = 0;
    for round in 0..15u64 {
        let promised = killed_after(&folder, 1 + round as usize % 4, round * 733 % 4_000);
        assert!(promised > before, "round {round}: the child went on from what was there");
        let report = verify(&folder, &VerifyOptions::default()).unwrap();
        assert!(report.holds(), "round {round}: {:?}", report.failures);
        assert!(report.entries >= promised, "round {round}: {} of {promised}", report.entries);
        let mut reader = Reader::open(&folder).unwrap();
        assert!(reader.inclusion(cite(LedgerIndex(promised - 1), 0)).is_ok());
        before = promised;
    }
    let (ledger, found) = Ledger::open(&folder, &resume(250)).unwrap();
    assert!(!found.clean && found.size >= before);
    ledger.close(NOW).unwrap();
    let report = verify(&folder, &VerifyOptions::default()).unwrap();
    assert!(report.holds() && report.closed);
}

/// LF-11, LG-DUR-01: a thousand kills, each followed by a verification and by another writer.
#[test]
#[ignore = "slow: some minutes; `./test --slow` runs it"]
fn a_thousand_kills_lose_nothing() {
    for series in 0..40u64 {
        let (_guard, folder) = place_in_memory();
        let mut before = 0;
        for round in 0..25u64 {
            let case = format!("series {series} round {round}");
            let promised =
                killed_after(&folder, 1 + (series + round) as usize % 3, (series * 31 + round * 733) % 5_000);
            assert!(promised > before, "{case}: the child went on from what was there");
            let report = verify(&folder, &VerifyOptions::default()).unwrap();
            assert!(report.holds() && report.entries >= promised, "{case}: {:?}", report.failures);
            before = promised;
        }
    }
}

/// The child: four threads append numbered entries, and each says the number that was acknowledged.
#[test]
#[ignore = "the child of the test below; it never ends by itself"]
fn appends_until_it_is_killed() {
    #[expect(clippy::disallowed_methods, reason = "how the parent names the folder")]
    let folder = PathBuf::from(std::env::var(FOLDER).expect("started by the test below"));
    let mut resume = resume(0);
    resume.session[..4].copy_from_slice(&std::process::id().to_be_bytes());
    let (ledger, found) = Ledger::open(&folder, &resume).unwrap();
    let shared = SharedLedger::new(ledger, QueueLimits::default());
    let mut next: Vec<u64> = vec![2; found.open_streams.len()];
    let mut reader = Reader::open(&folder).unwrap();
    for entry in reader.entries().map(|entry| entry.unwrap().1) {
        if let Some(place) = found.open_streams.iter().position(|stream| stream.number() == entry.stream) {
            next[place] = entry.stream_seq + 1;
        }
    }
    std::thread::scope(|scope| {
        for (stream, first) in found.open_streams.iter().zip(next) {
            let shared = &shared;
            scope.spawn(move || {
                // The last one is sent again: whether it was acknowledged before the kill is not known here.
                for seq in first.saturating_sub(1).max(2).. {
                    let payload = Payload::new(&json!({ "stream": stream.number(), "seq": seq })).unwrap();
                    let submission =
                        Submission { stream: *stream, kind: EntryKind::Event, payload, seq: Some(seq) };
                    let index = shared.append(NOW, submission).unwrap().index.0;
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "promised {index}\nacknowledged {} {seq}", stream.number()).unwrap();
                }
            });
        }
    });
}

/// LG-DUR-01, LG-APP-02, LF-11: acknowledged entries are there exactly once, whatever the moment of the kill.
#[test]
fn every_acknowledged_entry_is_there_exactly_once() {
    let (_guard, folder) = place();
    let mut ledger = Ledger::create(&folder, genesis()).unwrap();
    for n in 0..4 {
        ledger.open_stream(&format!("s{n}"), "agent", NOW).unwrap();
    }
    ledger.checkpoint(NOW).unwrap();
    drop(ledger);
    for round in 0..8u64 {
        let newest = killed(
            &folder,
            "killed::appends_until_it_is_killed",
            40 + round as usize * 13,
            round * 911 % 3_000,
        );
        let report = verify(&folder, &VerifyOptions::default()).unwrap();
        assert!(report.holds() && report.entries > newest, "round {round}: {newest} {:?}", report.failures);
        let mut reader = Reader::open(&folder).unwrap();
        let entries: Vec<_> = reader.entries().map(Result::unwrap).collect();
        for stream in 1..=4u32 {
            let mut seqs = Vec::new();
            for (index, entry) in entries.iter().filter(|(_, entry)| entry.stream == stream) {
                seqs.push(entry.stream_seq);
                if entry.kind == EntryKind::Event {
                    let expected = format!("{{\"seq\":{},\"stream\":{stream}}}", entry.stream_seq);
                    assert_eq!(reader.record(cite(*index, 0)).unwrap().bytes, expected.into_bytes());
                }
            }
            let count = seqs.len() as u64;
            assert_eq!(
                seqs,
                (1..=count).collect::<Vec<_>>(),
                "round {round}: each number once, without a hole"
            );
        }
    }
}
