//! `ledger append --follow` on logs of a writer at work (LG-SRC-03, LG-APP-01, LG-DUR-01, LG-DUR-10).

use crate::support::{Case, lines, sekisho};
use ledger::{EntryKind, Reader, VerifyOptions, verify};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;
use vocab::Citation;

/// Lines of each log as the ledger holds them, in order, and entries that tell of gaps.
pub(crate) fn held(folder: &Path) -> (BTreeMap<String, Vec<String>>, usize) {
    let report = verify(folder, &VerifyOptions::default()).unwrap();
    assert!(report.holds(), "{:?}", report.failures);
    let mut reader = Reader::open(folder).unwrap();
    let entries: Vec<_> = reader.entries().map(Result::unwrap).collect();
    let (mut logs, mut gaps) = (BTreeMap::new(), 0);
    for (index, entry) in entries {
        gaps += usize::from(entry.kind == EntryKind::Gap);
        if entry.kind != EntryKind::Event {
            continue;
        }
        assert_eq!(entry.flags, 2, "a run that is not older than its reception");
        for record in 0..u32::from(entry.part_count) - 1 {
            let view = reader.record(Citation { index, record }).unwrap();
            let name = view.file.rsplit('/').next().unwrap().to_owned();
            let log: &mut Vec<String> = logs.entry(name).or_default();
            log.push(String::from_utf8(view.bytes).unwrap());
        }
    }
    (logs, gaps)
}

fn start(case: &Case, more: &[&str]) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut command = sekisho();
    command.current_dir(case.path("")).stdout(Stdio::piped()).stderr(Stdio::null());
    command.args(["ledger", "append", "ledger", "--secret", "secret", "--look-ms", "10"]).args(more);
    let mut child = command.spawn().expect("the binary runs");
    let out = BufReader::new(child.stdout.take().unwrap());
    (child, out)
}

fn end(mut child: Child) {
    let told = std::process::Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(told.success());
    assert!(child.wait().unwrap().success(), "SIGTERM is a good end");
}

fn init(case: &Case) {
    let ran =
        case.run(&["ledger", "init", "ledger", "--secret", "secret", "--origin", "ledger.example.jp/f"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

/// A writer of a log that is turned as logrotate does it.
pub(crate) struct Log {
    pub(crate) path: std::path::PathBuf,
    file: File,
    pub(crate) written: Vec<String>,
    turned: usize,
}

impl Log {
    pub(crate) fn new(path: std::path::PathBuf) -> Self {
        let file = append(&path);
        Self { path, file, written: Vec::new(), turned: 0 }
    }
    pub(crate) fn write(&mut self, count: usize) {
        for _ in 0..count {
            let line = format!("line {} of {}", self.written.len(), self.path.display());
            // In two parts, so that the follower sees unfinished lines.
            let (first, second) = line.split_at(line.len() / 2);
            self.file.write_all(first.as_bytes()).unwrap();
            self.file.write_all(format!("{second}\n").as_bytes()).unwrap();
            self.written.push(line);
        }
    }
    fn shift(&mut self) -> std::path::PathBuf {
        let name = |number: usize| self.path.with_extension(format!("log.{number}"));
        for number in (1..=self.turned).rev() {
            std::fs::rename(name(number), name(number + 1)).unwrap();
        }
        self.turned += 1;
        name(1)
    }
    pub(crate) fn rename(&mut self) {
        let first = self.shift();
        std::fs::rename(&self.path, first).unwrap();
        // The writer is told a little later.
        self.write(3);
        self.file = append(&self.path);
    }
    pub(crate) fn copy_and_cut(&mut self) {
        let first = self.shift();
        std::fs::copy(&self.path, first).unwrap();
        self.file.set_len(0).unwrap();
    }
}

fn append(path: &Path) -> File {
    OpenOptions::new().append(true).create(true).open(path).unwrap()
}

/// Turned by renaming and by copying, killed and started again in the middle, stopped: every line is there exactly once.
#[test]
fn every_line_of_a_log_at_work_is_there_exactly_once() {
    let case = Case::new(&[]);
    init(&case);
    let mut logs = [Log::new(case.path("a.log")), Log::new(case.path("b.log"))];
    let follow = ["--follow", "a.log", "b.log", "--head-seconds", "1"];
    let (mut child, mut out) = start(&case, &follow);
    // What was turned away before a log was followed for the first time is not read.
    logs.iter_mut().for_each(|log| log.write(1));
    for _ in &logs {
        out.read_line(&mut String::new()).unwrap();
    }
    for round in 0..14usize {
        for log in &mut logs {
            log.write(30 + round);
        }
        match round % 4 {
            1 => logs[0].rename(),
            3 => logs[1].copy_and_cut(),
            _ => {}
        }
        logs[round % 2].write(5);
        if round % 3 == 2 {
            // Killed somewhere in its work; turned while nobody is there.
            let mut line = String::new();
            out.read_line(&mut line).unwrap();
            std::thread::sleep(Duration::from_millis(round as u64 * 3));
            child.kill().unwrap();
            child.wait().unwrap();
            logs[0].write(4);
            if round == 5 {
                logs[0].rename();
                logs[1].copy_and_cut();
            }
            logs[1].write(4);
            (child, out) = start(&case, &follow);
        }
        std::thread::sleep(Duration::from_millis(15));
    }
    let mut line = String::new();
    assert!(out.read_line(&mut line).unwrap() > 0, "entries are told as they become durable");
    // What is written when it is asked to end is taken too.
    logs[0].write(1);
    end(child);
    let (mut held, gaps) = held(&case.path("ledger"));
    assert_eq!(gaps, 0);
    for log in &logs {
        let name = log.path.file_name().unwrap().to_str().unwrap();
        let mut lines = held.remove(name).unwrap();
        let number = |line: &String| line.split(' ').nth(1).and_then(|text| text.parse::<usize>().ok());
        lines.sort_by_key(number);
        let differs = lines.iter().zip(&log.written).position(|(found, written)| found != written);
        assert_eq!((differs, lines.len()), (None, log.written.len()), "{name}");
    }
}

/// Sealed lines: the place is found with the online copy of the keys; other commands leave the streams open; what is lost is
/// told and entered.
#[test]
fn following_goes_on_where_it_ended() {
    let case = Case::new(&[]);
    init(&case);
    let holders = [ledger::Identity::generate(), ledger::Identity::generate()];
    let to = |place: usize| format!("auditor={}", holders[place].recipient("auditor").unwrap().key());
    let ran = case.run(&[
        "ledger",
        "policy",
        "ledger",
        "--secret",
        "secret",
        "--recipient",
        &to(0),
        "--recipient",
        &to(1),
        "--person",
        &format!("auditor={}", base64()),
    ]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let mut log = Log::new(case.path("a.log"));
    let once = || {
        let ran =
            case.run(&["ledger", "append", "ledger", "--secret", "secret", "--follow", "a.log", "--once"]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let records = lines(&ran.stdout).iter().map(|line| line["records"].as_u64().unwrap()).sum::<u64>();
        let stream = lines(&ran.stdout).first().map(|line| line["stream"].as_u64().unwrap());
        (records, stream, ran.stderr)
    };
    log.write(7);
    let (records, stream, _) = once();
    assert_eq!(records, 7);
    let ran = case
        .run_with(&["ledger", "append", "ledger", "--secret", "secret", "--stream", "notes"], b"{\"n\":1}\n");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    log.write(2);
    assert_eq!(once().0, 2);
    assert_eq!(once().0, 0, "nothing new, nothing twice");
    log.rename();
    log.write(1);
    let (records, again, _) = once();
    assert_eq!((records, again), (4, stream), "the same stream goes on");
    // Removed and begun anew: told, and a gap in the ledger.
    std::fs::remove_file(&log.path).unwrap();
    std::fs::remove_file(case.path("a.log.1")).unwrap();
    log.file = append(&log.path);
    log.write(1);
    let (records, _, said) = once();
    assert_eq!(records, 1);
    assert!(said.contains("a.log") && said.contains("台帳に欠落として記しました"), "{said}");
    let ran = case.run(&["ledger", "audit", "ledger"]);
    let facts: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let follow = facts["streams"].as_array().unwrap().iter().find(|one| one["type"] == "follow").unwrap();
    assert_eq!((&follow["gaps"], &follow["open"]), (&1.into(), &true.into()));
    let report = verify(&case.path("ledger"), &VerifyOptions::default()).unwrap();
    assert!(report.holds(), "{:?}", report.failures);
}

/// Any key of a person will do for the policy.
fn base64() -> String {
    let case = Case::new(&[]);
    let ran = case.run(&["ledger", "person", "key"]);
    let told: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    told["key"].as_str().unwrap().to_owned()
}

#[test]
fn wrong_use_is_told() {
    let case = Case::new(&[]);
    init(&case);
    std::fs::create_dir(case.path("folder")).unwrap();
    for (logs, said) in [
        (vec!["folder"], "is a folder"),
        (vec!["a.log", "./a.log"], "is named twice"),
        (vec!["nowhere/a.log"], "nowhere"),
    ] {
        let args =
            [&["ledger", "append", "ledger", "--secret", "secret", "--follow"], logs.as_slice()].concat();
        let ran = case.run(&args);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
    let ran = case.run(&["ledger", "append", "ledger", "--secret", "secret"]);
    assert_eq!(ran.code, Some(2), "a stream or --follow: {}", ran.stderr);
}
