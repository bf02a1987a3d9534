//! `sekisho agent` and its server as processes: certificates, revocation, and every line once, whatever is killed or cut.

use crate::following::Log;
use crate::serving::{Service, failure, port};
use crate::support::sekisho;
use ledger::{EntryKind, Form, Reader, VerifyOptions, verify};
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use vocab::Citation;

fn add(folder: &Path, name: &str, server: &str) -> (bool, String) {
    let mut command = sekisho();
    command.current_dir(folder).args(["agents", "add", name, "--server", server]);
    let ran = command.output().expect("runs");
    (ran.status.success(), String::from_utf8_lossy(&ran.stderr).into_owned())
}

fn follow(folder: &Path, name: &str, files: &[&Path]) {
    let path = folder.join(name).join("agent.toml");
    let text = std::fs::read_to_string(&path).expect("settings");
    let text = text.lines().filter(|line| !line.starts_with("files")).collect::<Vec<_>>().join("\n");
    std::fs::write(&path, format!("{text}\nfiles = {files:?}\n")).expect("settings");
}

fn start(folder: &Path, name: &str) -> Child {
    let mut command = sekisho();
    command.current_dir(folder).args(["agent", "--config", &format!("{name}/agent.toml")]);
    command.stderr(Stdio::null()).spawn().expect("starts")
}

/// Ends as a supervisor ends it.
fn end(mut child: Child) {
    let told = std::process::Command::new("kill").arg(child.id().to_string()).status().expect("kill");
    assert!(told.success() && child.wait().expect("ends").success(), "SIGTERM is a good end");
}

fn kill(mut child: Child) {
    child.kill().expect("killed");
    child.wait().expect("gone");
}

/// Lines of each source of agents as the server's ledger holds them, and the numbers of each source.
fn held(folder: &Path) -> BTreeMap<String, Vec<(u64, String)>> {
    let report = verify(folder, &VerifyOptions::default()).expect("a ledger");
    assert!(report.holds(), "{:?}", report.failures);
    lines(folder)
}

fn lines(folder: &Path) -> BTreeMap<String, Vec<(u64, String)>> {
    let mut reader = Reader::open(folder).expect("a ledger");
    let entries: Vec<_> = reader.entries().map(Result::unwrap).collect();
    let mut sources: BTreeMap<String, Vec<(u64, String)>> = BTreeMap::new();
    for (index, entry) in entries {
        if entry.kind != EntryKind::Event || entry.form != Form::Run {
            continue;
        }
        for record in 0..u32::from(entry.part_count) - 1 {
            let view = reader.record(Citation { index, record }).expect("a record");
            if view.file.starts_with("web01:") {
                let line = String::from_utf8(view.bytes).expect("text");
                sources.entry(view.file.to_string()).or_default().push((view.line, line));
            }
        }
    }
    sources
}

fn count(folder: &Path) -> usize {
    lines(&folder.join("data/ledger")).values().map(Vec::len).sum()
}

/// A relay between agent and server whose connections can be cut.
fn relay(to: u16) -> (u16, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let (port, open) = (listener.local_addr().expect("address").port(), Arc::new(AtomicBool::new(true)));
    let switch = Arc::clone(&open);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(("127.0.0.1", to)) else { continue };
            for (mut from, mut to) in
                [(stream.try_clone().unwrap(), server.try_clone().unwrap()), (server, stream)]
            {
                let open = Arc::clone(&switch);
                from.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
                std::thread::spawn(move || {
                    let mut buffer = [0; 16_384];
                    while open.load(Ordering::Relaxed) {
                        match from.read(&mut buffer) {
                            Ok(0) => break,
                            Ok(read) if to.write_all(&buffer[..read]).is_ok() => {}
                            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                            _ => break,
                        }
                    }
                    let _ = (from.shutdown(std::net::Shutdown::Both), to.shutdown(std::net::Shutdown::Both));
                });
            }
        }
    });
    (port, open)
}

/// Agent and server killed by turns in the middle of their work, the network cut, logs turned and cut meanwhile: every line
/// of every log is in the server's ledger exactly once, and the numbers have no hole (LG-SRC-01, LG-SRC-02).
#[test]
fn every_line_arrives_exactly_once() {
    let folder = tempfile::tempdir().expect("folder");
    let folder = folder.path();
    let address = port();
    let settings = format!("[agents]\nlisten = \"127.0.0.1:{address}\"\n");
    std::fs::write(folder.join("auth.log"), "").expect("log");
    let (door, open) = relay(address);
    let mut service = Service::start_with(folder, &settings);
    service.set_up();
    assert!(add(folder, "web01", &format!("127.0.0.1:{door}")).0);
    let mut logs = [Log::new(folder.join("a.log")), Log::new(folder.join("b.log"))];
    follow(folder, "web01", &[&folder.join("a.log"), &folder.join("b.log")]);
    let mut agent = start(folder, "web01");
    logs.iter_mut().for_each(|log| log.write(10));
    service.until("/sources", "web01:");
    for round in 0..12usize {
        for log in &mut logs {
            log.write(40 + round);
        }
        match round % 4 {
            1 => logs[0].rename(),
            3 => logs[1].copy_and_cut(),
            _ => {}
        }
        std::thread::sleep(Duration::from_millis(110 + 37 * round as u64));
        match round % 3 {
            0 => {
                kill(agent);
                logs[1].write(7);
                agent = start(folder, "web01");
            }
            1 => {
                drop(service);
                logs[0].write(7);
                service = Service::start_with(folder, &settings);
            }
            _ => {
                open.store(false, Ordering::Relaxed);
                logs[0].write(7);
                std::thread::sleep(Duration::from_millis(120));
                open.store(true, Ordering::Relaxed);
            }
        }
    }
    let written: usize = logs.iter().map(|log| log.written.len()).sum();
    let begun = Instant::now();
    while count(folder) < written {
        let found = count(folder);
        assert!(begun.elapsed() < Duration::from_secs(120), "{found} of {written} lines arrived");
        std::thread::sleep(Duration::from_millis(300));
    }
    end(agent);
    end(std::mem::replace(&mut service.child, start(folder, "web01")));
    let sources = held(&folder.join("data/ledger"));
    let mut numbers: Vec<u64> = sources.values().flatten().map(|(number, _)| *number).collect();
    numbers.sort_unstable();
    assert!(numbers.iter().copied().eq(1..=written as u64), "numbers have a hole or come twice");
    for log in &logs {
        let name = format!("web01:{}", log.path.display());
        let mut lines: Vec<&String> = sources[&name].iter().map(|(_, line)| line).collect();
        lines.sort_by_key(|line| line.split(' ').nth(1).and_then(|text| text.parse::<usize>().ok()));
        assert!(lines.into_iter().eq(&log.written), "{name}");
    }
}

/// An agent is heard with the certificate that was made for it, its lines are looked at, it needs little memory; one that
/// was revoked is not heard.
#[test]
fn agents_are_added_and_revoked() {
    let folder = tempfile::tempdir().expect("folder");
    let folder = folder.path();
    let address = port();
    std::fs::write(folder.join("auth.log"), "").expect("log");
    let mut service = Service::start_with(folder, &format!("[agents]\nlisten = \"127.0.0.1:{address}\"\n"));
    service.set_up();
    let server = format!("127.0.0.1:{address}");
    for name in ["web01", "web02"] {
        assert!(add(folder, name, &server).0);
        let log = folder.join(format!("{name}.log"));
        let source = if name == "web01" { "203.0.113.9" } else { "198.51.100.7" };
        std::fs::write(&log, (0..30).map(|n| failure(source, n)).collect::<String>()).expect("log");
        follow(folder, name, &[&log]);
    }
    let (again, said) = add(folder, "web01", &server);
    assert!(!again && said.contains("exists already"), "{said}");
    let (bad, said) = add(folder, "../x", &server);
    assert!(!bad && said.contains("cannot be the name of an agent"), "{said}");
    let revoke = |name: &str| {
        let mut command = sekisho();
        command.current_dir(folder).args(["agents", "revoke", name]).output().expect("runs").status.success()
    };
    assert!(revoke("web02") && !revoke("web02"));
    let agents = [start(folder, "web02"), start(folder, "web01")];
    service.until("/findings", "203.0.113.9");
    service.until("/sources", "Agent web01");
    // Its own memory; the pages of the program file, which are the larger the less it is optimised, belong to all.
    let status = std::fs::read_to_string(format!("/proc/{}/status", agents[1].id())).expect("status");
    let own = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("memory").trim();
    let kibibytes: u64 = own.trim_end_matches(" kB").parse().expect("a number");
    println!("memory of the agent: {kibibytes} KiB");
    assert!(kibibytes < 30 << 10, "{kibibytes} KiB");
    assert!(!service.get("/sources").contains("web02"), "a revoked agent is heard");
    agents.into_iter().for_each(end);
    service.until("/sources", "stopped at");
}
