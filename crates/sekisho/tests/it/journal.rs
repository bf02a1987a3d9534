//! The journal of systemd as a source: a journald of its own namespace, killed and started services, each entry once.

use crate::serving::Service;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const JOURNALD: &str = "/usr/lib/systemd/systemd-journald";

/// A journald with its own files, ended and cleared away in the end.
struct Journald {
    child: Child,
    namespace: String,
    socket: PathBuf,
}

impl Drop for Journald {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        let machine = std::fs::read_to_string("/etc/machine-id").unwrap_or_default();
        let folders = [
            format!("/run/systemd/journal.{}", self.namespace),
            format!("/run/log/journal/{}.{}", machine.trim(), self.namespace),
            format!("/var/log/journal/{}.{}", machine.trim(), self.namespace),
        ];
        folders.iter().for_each(|folder| drop(std::fs::remove_dir_all(folder)));
    }
}

impl Journald {
    fn start() -> Option<Self> {
        if !Path::new(JOURNALD).exists() || !rustix::process::geteuid().is_root() {
            return None;
        }
        let namespace = format!("sekisho{}", std::process::id());
        let socket = PathBuf::from(format!("/run/systemd/journal.{namespace}/dev-log"));
        let child = Command::new(JOURNALD)
            .arg(&namespace)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        let journald = Self { child, namespace, socket };
        let begun = Instant::now();
        while !journald.socket.exists() {
            if begun.elapsed() > Duration::from_secs(10) {
                return None;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(journald)
    }

    /// Logs as sshd does, number by number: journald notes the name of the program, so it has to be called so.
    fn log(&self, folder: &Path, numbers: std::ops::Range<u32>) {
        let sshd = folder.join("sshd");
        if !sshd.exists() {
            std::fs::copy("/usr/bin/logger", &sshd).expect("a copy of logger");
        }
        let mut child = Command::new(&sshd)
            .args(["--tag", "sshd", "--priority", "authpriv.info", "--socket"])
            .arg(&self.socket)
            .stdin(Stdio::piped())
            .spawn()
            .expect("runs");
        let mut stdin = child.stdin.take().expect("piped");
        for number in numbers {
            let port = 10_000 + number;
            writeln!(stdin, "Failed password for root from 203.0.113.9 port {port} ssh2").expect("logged");
        }
        drop(stdin);
        assert!(child.wait().expect("ends").success());
    }
}

/// How often each number is in the ledger.
fn counted(folder: &Path) -> BTreeMap<u32, u32> {
    let mut reader = ledger::Reader::open(&folder.join("data/ledger")).expect("a ledger");
    let runs: Vec<_> = reader
        .entries()
        .map(|item| item.expect("whole"))
        .filter(|(_, entry)| entry.kind == ledger::EntryKind::Event && entry.form == ledger::Form::Run)
        .map(|(index, entry)| (index, u32::from(entry.part_count) - 1))
        .collect();
    let mut counts = BTreeMap::new();
    for (index, records) in runs {
        for record in 0..records {
            let bytes = reader.record(vocab::Citation { index, record }).expect("a record").bytes;
            let entry: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
            let message = entry["MESSAGE"].as_str().expect("a message");
            let Some(port) = message.split(" port ").nth(1) else { continue };
            let port = port.split(' ').next();
            *counts.entry(port.and_then(|port| port.parse().ok()).expect("a number")).or_default() += 1;
        }
    }
    counts
}

fn wait_for(folder: &Path, count: usize) {
    let begun = Instant::now();
    while counted(folder).len() < count {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", counted(folder).len());
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn entries_of_the_journal_are_taken_once() {
    let Some(journald) = Journald::start() else {
        eprintln!("skipped: the journal needs root, and systemd-journald, which could not start here");
        return;
    };
    let folder = tempfile::tempdir().expect("folder");
    std::fs::write(folder.path().join("auth.log"), "").expect("log");
    journald.log(folder.path(), 0..40);
    let settings = format!("[journal]\nfollow = true\nnamespace = {:?}\n", journald.namespace);
    let mut service = Service::start_with(folder.path(), &settings);
    service.set_up();
    service.until("/sources", "journal");
    service.until("/findings", "203.0.113.9");
    let running = std::thread::scope(|scope| {
        let logging = scope.spawn(|| {
            for part in 0..20 {
                journald.log(folder.path(), 40 + part * 10..50 + part * 10);
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        // Killed without a word, while entries come in; then started again.
        std::thread::sleep(Duration::from_millis(700));
        drop(service);
        let service = Service::start_with(folder.path(), &settings);
        logging.join().expect("logged");
        service
    });
    wait_for(folder.path(), 240);
    drop(running);
    let counts = counted(folder.path());
    assert_eq!(counts.len(), 240);
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
}
