//! A ledger that lives in a store, as a person runs it: on a folder, on PostgreSQL, on SeaweedFS with the cell in PostgreSQL (LG chapter
//! 12.3; LG-STO-03, -06, -07).

use crate::following::held;
use crate::servers::{KEY, SECRET, Server, boto, postgres, seaweedfs};
use crate::support::{Case, Ran, sekisho};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The binary with a place of its own for folders to work in.
fn command(case: &Case, args: &[&str]) -> Command {
    let mut command = sekisho();
    command.current_dir(case.path("")).env("XDG_STATE_HOME", case.path("state")).args(args);
    command
}

fn run(case: &Case, args: &[&str]) -> Ran {
    command(case, args).output().unwrap().into()
}

fn ok(case: &Case, args: &[&str]) -> Value {
    let ran = run(case, args);
    assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.stderr);
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(SECRET), "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap_or(Value::String(ran.stdout))
}

fn append(case: &Case, ledger: &str, text: &str, more: &[&str]) -> Ran {
    case.add("note", format!("{{\"note\":\"{text}\"}}\n").as_bytes());
    let args = ["ledger", "append", ledger, "logs/note", "--secret", "s.hex", "--stream", "x"];
    run(case, &[&args, more].concat())
}

fn holds(case: &Case, ledger: &str, more: &[&str]) -> Value {
    let report = ok(case, &[&["ledger", "verify", ledger], more].concat());
    assert_eq!(report["holds"], true, "{report}");
    report["root"].clone()
}

/// LG-STO-03, -06, -08: every command takes folder or address; a lost folder comes back; a second writer stops the first.
fn a_whole_life(case: &Case, store: &str, more: &[&str]) {
    let secret = ["--secret", "s.hex"];
    ok(
        case,
        &[&["ledger", "init", "a", "--store", store, "--origin", "example.jp/main"], &secret[..], more]
            .concat(),
    );
    assert_eq!(append(case, "a", "one", more).code, Some(0));
    ok(case, &[&["ledger", "checkpoint", "a"], &secret[..], more].concat());
    // From elsewhere, by the address alone.
    let there = append(case, store, "two", more);
    assert!(there.code == Some(0) && there.stderr.contains("works in"), "{}", there.stderr);
    let root = holds(case, store, more);
    // The first folder goes on with what came from there.
    assert_eq!(holds(case, "a", more), root);
    assert_eq!(append(case, "a", "three", more).code, Some(0));
    ok(case, &[&["ledger", "checkpoint", store], &secret[..], more].concat());
    let last = holds(case, store, more);
    assert_eq!(holds(case, "a", more), last);
    let proof = ok(case, &[&["ledger", "prove", store, "1"], more].concat());
    assert_eq!(proof["index"], 1);
    ok(case, &[&["ledger", "export", store, "disc"], more].concat());
    ok(case, &["ledger", "import", "disc", "copy"]);
    assert_eq!(holds(case, "copy", &[]), last);
    assert!(ok(case, &[&["ledger", "status", store], more].concat()).is_object());
    // Everything on this computer is lost but the secret.
    std::fs::remove_dir_all(case.path("a")).unwrap();
    std::fs::remove_dir_all(case.path("state")).unwrap();
    let again = run(case, &[&["ledger", "init", "a", "--store", store], &secret[..], more].concat());
    assert!(again.code == Some(2) && again.stderr.contains("--recover"), "{}", again.stderr);
    let _ = std::fs::remove_dir_all(case.path("a"));
    ok(case, &[&["ledger", "init", "a", "--store", store, "--recover"], &secret[..], more].concat());
    assert_eq!(holds(case, "a", &[]), last);
    assert_eq!(append(case, "a", "four", more).code, Some(0));
    assert_eq!(holds(case, store, more), holds(case, "a", &[]));
}

/// Lines of a log that a killed writer follows into the store: nothing that was told is lost, no line is there twice, with the folder
/// and without it.
fn killed_writers(case: &Case, store: &str, more: &[&str], mut between: impl FnMut(u32)) {
    let secret = ["--secret", "s.hex"];
    ok(
        case,
        &[&["ledger", "init", "f", "--store", store, "--origin", "example.jp/f"], &secret[..], more].concat(),
    );
    case.add("x.log", b"");
    let mut written = Vec::new();
    for round in 0..4_u32 {
        let args = [&["ledger", "append", "f", "--follow", "logs/x.log"], &secret[..], more].concat();
        let mut child = command(case, &args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let (out, kept) = (BufReader::new(child.stdout.take().unwrap()), Arc::clone(&told));
        let reading = std::thread::spawn(move || {
            out.lines().map_while(Result::ok).for_each(|line| kept.lock().unwrap().push(line))
        });
        let mut log = std::fs::OpenOptions::new().append(true).open(case.path("logs/x.log")).unwrap();
        for line in 0..25 {
            let text = format!("round {round} line {line}");
            writeln!(log, "{text}").unwrap();
            written.push(text);
            std::thread::sleep(Duration::from_millis(100));
            if line == 12 {
                between(round);
            }
        }
        // On a busy computer the first acknowledgement takes a while; the round in which the store is stopped may tell nothing.
        for _ in 0..600 {
            if round == 2 || !told.lock().unwrap().is_empty() {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let _ = child.kill();
        child.wait().unwrap();
        reading.join().unwrap();
        let told: Vec<Value> =
            told.lock().unwrap().iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
        assert!(!told.is_empty() || round == 2, "round {round}");
        let newest = told.iter().filter_map(|one| one["index"].as_u64()).max();
        if round % 2 == 1 {
            std::fs::remove_dir_all(case.path("f")).unwrap();
            ok(case, &[&["ledger", "init", "f", "--store", store, "--recover"], &secret[..], more].concat());
            let size = ok(case, &["ledger", "verify", "f"])["entries"].as_u64().unwrap();
            assert!(newest.is_none_or(|newest| newest < size), "round {round}: {newest:?} of {size}");
        }
    }
    ok(
        case,
        &[&["ledger", "append", "f", "--follow", "logs/x.log", "--once", "--quiet"], &secret[..], more]
            .concat(),
    );
    ok(case, &[&["ledger", "replicate", store, "back"], more].concat());
    for folder in ["f", "back"] {
        let (logs, _) = held(&case.path(folder));
        assert_eq!(logs["x.log"], written, "{folder}");
    }
}

fn settings(case: &Case, text: &str) {
    let path = case.path("store.toml");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn database(server: &Server) -> String {
    format!("postgresql://sekisho@127.0.0.1:{}/postgres", server.port)
}

#[test]
fn a_ledger_lives_in_a_store_of_a_folder() {
    let case = Case::new(&[]);
    a_whole_life(&case, &format!("store:{}", case.path("depot").display()), &[]);
    let mut other = Case::new(&[]);
    killed_writers(&other, "store:depot", &[], |_| ());
    // A store that is away: reading goes on with a warning, writing does not.
    std::fs::rename(other.path("depot"), other.path("away")).unwrap();
    std::fs::write(other.path("depot"), b"").unwrap();
    let read = run(&other, &["ledger", "verify", "f"]);
    assert_eq!(read.code, Some(0), "{}", read.stderr);
    let shown = run(&other, &["ledger", "status", "f"]);
    assert!(shown.code == Some(0) && shown.stderr.contains("warning"), "{}", shown.stderr);
    assert_eq!(append(&other, "f", "x", &[]).code, Some(1));
    std::fs::remove_file(other.path("depot")).unwrap();
    std::fs::rename(other.path("away"), other.path("depot")).unwrap();
    assert_eq!(append(&other, "f", "x", &[]).code, Some(0));
    // A store that was put back is an alarm.
    let frames = other.path("depot");
    put_back(&mut other, &frames);
}

/// The cell of a store in a folder is put back to an earlier state.
fn put_back(case: &mut Case, depot: &Path) {
    let old = std::fs::read(depot.join("head")).unwrap();
    assert_eq!(append(case, "f", "y", &[]).code, Some(0));
    std::fs::write(depot.join("head"), old).unwrap();
    let ran = append(case, "f", "z", &[]);
    assert!(ran.code == Some(1) && ran.stderr.contains("LE-ROLLBACK"), "{}", ran.stderr);
}

#[test]
fn a_ledger_lives_in_postgresql() {
    let Some(server) = postgres(&[]) else { return };
    let case = Case::new(&[]);
    settings(&case, &format!("[postgres]\npassword = \"{SECRET}\"\n"));
    a_whole_life(&case, &database(&server), &["--settings", "store.toml"]);
}

/// Objects in S3 with Object Lock, the cell in S3; the writer and the store are killed in turn.
#[test]
fn a_ledger_lives_in_a_bucket_whose_server_is_killed() {
    let Some(mut server) = seaweedfs() else { return };
    let (made, told) = boto(&server, "s3.create_bucket(Bucket='live', ObjectLockEnabledForBucket=True)");
    assert!(made, "{told}");
    let case = Case::new(&[]);
    let text = format!(
        "[s3]\nendpoint = \"{}\"\nregion = \"us-east-1\"\naccess_key_id = \"{KEY}\"\nsecret_access_key = \"{SECRET}\"\n\
         lock = \"compliance\"\nretain_days = 1\n",
        server.url()
    );
    settings(&case, &text);
    let more = ["--settings", "store.toml"];
    a_whole_life(&case, "s3://live/main", &more);
    killed_writers(&case, "s3://live/followed", &more, |round| {
        if round == 2 {
            server.restart();
        }
    });
}
