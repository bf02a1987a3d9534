//! A copy on another computer: what it takes, what it refuses, that a stop loses nothing, and that destruction reaches it.

use crate::support::{Case, Ran, sekisho};
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Stdio};

/// A computer that keeps a copy, ended with the test.
struct Keeper {
    child: Child,
    url: String,
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Keeper {
    fn start(case: &Case, listen: &str) -> Self {
        let mut command = sekisho();
        command.current_dir(case.path("")).args(["ledger", "replica", "serve", "kept", "--listen", listen]);
        let errors = std::fs::File::create(case.path("kept.log")).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(errors).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { child, url: url.trim_end().trim_end_matches('/').to_owned() }
    }
    /// `kill -9`, and started again at the same address.
    fn kill_and_start(&mut self, case: &Case) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let address = self.url.trim_start_matches("http://").to_owned();
        *self = Self::start(case, &address);
    }
}

fn ok(ran: Ran) -> Value {
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap_or(Value::String(ran.stdout))
}

fn append(case: &Case, ledger: &str, text: &str) {
    let args = ["ledger", "append", ledger, "--secret", "s.hex", "--stream", "x"];
    ok(case.run_with(&args, format!("{{\"note\":\"{text}\"}}\n").as_bytes()));
}

fn copy(case: &Case, from: &str, to: &str) -> Ran {
    case.run(&["ledger", "replicate", from, to, "--settings", "host.toml"])
}

fn root(case: &Case, ledger: &str) -> Value {
    let report = ok(case.run(&["ledger", "verify", ledger]));
    assert_eq!(report["holds"], true);
    report["root"].clone()
}

fn settings(case: &Case, name: &str, token: &str, key: &str) {
    let path = case.path(name);
    std::fs::write(&path, format!("[host]\ntoken = \"{token}\"\nkey = \"{key}\"\nrequest_seconds = 20\n"))
        .unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Makes the place for the copy of a ledger with this log key, and settings that reach it.
fn keeper(case: &Case, log_key: &str) -> Keeper {
    let made = ok(case.run(&[
        "ledger",
        "replica",
        "init",
        "kept",
        "--name",
        "backup.example.jp/r1",
        "--key",
        log_key,
    ]));
    let token = std::fs::read_to_string(case.path("kept/token")).unwrap();
    settings(case, "host.toml", token.trim(), made["key"].as_str().unwrap());
    Keeper::start(case, "127.0.0.1:0")
}

/// LG-REP-01, LG-REP-02, LG-REP-04, LF-22.
#[test]
fn another_computer_keeps_a_copy_and_gives_it_back() {
    let case = Case::new(&[]);
    let log_key = ok(case.run(&["ledger", "init", "a", "--secret", "s.hex", "--origin", "example.jp/main"]));
    let log_key = log_key.as_str().unwrap().trim().to_owned();
    append(&case, "a", "one");
    let mut keeper = keeper(&case, &log_key);
    let url = keeper.url.clone();
    assert_eq!(ok(case.run(&["ledger", "replica", "status", "kept"]))["size"], 0);
    let first = ok(copy(&case, "a", &url));
    assert_eq!(first["lag"], 0);
    assert_eq!(ok(copy(&case, "a", &url))["frames"], 0, "nothing is sent twice");
    assert_eq!(root(&case, "a"), root(&case, "kept/ledger"));
    // The copy is killed; what it acknowledged is there, and it goes on.
    keeper.kill_and_start(&case);
    append(&case, "a", "two");
    ok(copy(&case, "a", &url));
    let status = ok(case.run(&["ledger", "replica", "status", "kept"]));
    assert!(status["size"].as_u64() > first["size"].as_u64() && status["origin"] == "example.jp/main");
    // Lost, and given back.
    std::fs::rename(case.path("a"), case.path("lost")).unwrap();
    ok(copy(&case, &url, "a"));
    assert_eq!(root(&case, "a"), root(&case, "lost"));
    append(&case, "a", "three");
    ok(copy(&case, "a", &url));
    // A ledger that was put back, then one that grew another way.
    let before = root(&case, "kept/ledger");
    let ran = copy(&case, "lost", &url);
    assert!(
        ran.code == Some(1) && ran.stderr.contains("LE-ROLLBACK") && ran.stderr.contains(&url),
        "{}",
        ran.stderr
    );
    append(&case, "lost", "other");
    append(&case, "lost", "other");
    let ran = copy(&case, "lost", &url);
    assert!(ran.code == Some(1) && ran.stderr.contains("LV-FORK"), "{}", ran.stderr);
    assert_eq!(root(&case, "kept/ledger"), before);
    let copies = ok(case.run(&["ledger", "copies", "a"]));
    assert_eq!(
        (&copies["copies"][0]["place"], &copies["copies"][0]["lag"]),
        (&Value::from(url.as_str()), &0.into())
    );
}

/// LG-REP-02: who has no token, another ledger, and a copy that is not the one that was named.
#[test]
fn a_copy_takes_only_what_it_is_for() {
    let case = Case::new(&[]);
    let log_key = ok(case.run(&["ledger", "init", "a", "--secret", "s.hex", "--origin", "example.jp/main"]));
    let keeper = keeper(&case, log_key.as_str().unwrap().trim());
    let url = keeper.url.as_str();
    ok(case.run(&["ledger", "init", "b", "--secret", "t.hex", "--origin", "example.jp/main"]));
    let ran = copy(&case, "b", url);
    assert!(ran.code == Some(1) && ran.stderr.contains("LE-KEY"), "{}", ran.stderr);
    let alarm = std::fs::read_to_string(case.path("kept.log")).unwrap();
    assert!(alarm.contains("alarm: LE-KEY"), "{alarm}");
    let token = std::fs::read_to_string(case.path("kept/token")).unwrap();
    let right: Value = ok(case.run(&["ledger", "replica", "status", "kept"]))["key"].clone();
    settings(&case, "wrong.toml", "0123", right.as_str().unwrap());
    let args = |settings| case.run(&["ledger", "replicate", "a", url, "--settings", settings]);
    let ran = args("wrong.toml");
    assert!(ran.code == Some(1) && ran.stderr.contains("token"), "{}", ran.stderr);
    let other = ledger::ReplicaKey::new("backup.example.jp/r1", &[9; 32]).unwrap().verifier_key();
    settings(&case, "other.toml", token.trim(), &other);
    let ran = args("other.toml");
    assert!(ran.code == Some(1) && ran.stderr.contains("statement signed by the key"), "{}", ran.stderr);
    ok(copy(&case, "a", url));
    drop(keeper);
    let ran = copy(&case, "a", "http://127.0.0.1:9");
    assert!(ran.code == Some(1) && ran.stderr.contains("127.0.0.1:9"), "{}", ran.stderr);
    assert_eq!(case.run(&["ledger", "replicate", "a", "https://192.0.2.1"]).code, Some(2), "no settings");
}

/// LG-REP-01, LG-REP-02: `kill -9` of either side in the middle of a copy; the next run goes on, and nothing is lost or doubled.
#[test]
fn a_kill_on_either_side_loses_and_doubles_nothing() {
    let case = Case::new(&[]);
    let log_key = ok(case.run(&["ledger", "init", "a", "--secret", "s.hex", "--origin", "example.jp/main"]));
    let mut keeper = keeper(&case, log_key.as_str().unwrap().trim());
    let url = keeper.url.clone();
    let mut acknowledged = 0;
    for (round, milliseconds) in [5, 15, 25, 35, 50, 70].into_iter().enumerate() {
        append(&case, "a", "one");
        append(&case, "a", "two");
        let mut command = sekisho();
        command.current_dir(case.path(""));
        command.args(["ledger", "replicate", "a", &url, "--settings", "host.toml"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        if round % 2 == 0 {
            child.kill().unwrap();
        } else {
            keeper.kill_and_start(&case);
        }
        child.wait().unwrap();
        let size = ok(case.run(&["ledger", "replica", "status", "kept"]))["size"].as_u64().unwrap();
        assert!(size >= acknowledged, "what was acknowledged stays");
        acknowledged = size;
    }
    ok(copy(&case, "a", &url));
    assert_eq!(root(&case, "a"), root(&case, "kept/ledger"));
}

/// LG-SHR-04, LG 15.4: what the ledger destroys goes from copies, which say so; one that was not reached stays open.
#[test]
#[expect(clippy::too_many_lines, reason = "one story from the first copy to the last")]
fn destruction_reaches_copies() {
    let case = Case::new(&[]);
    let run = |args: &[&str]| ok(case.run(&[&["ledger"], args].concat()));
    let log_key = run(&["init", "a", "--secret", "s.hex", "--origin", "example.jp/main"]);
    let holder = ledger::Identity::generate();
    let to = |role: &str| format!("{role}={}", holder.recipient(role).unwrap().key());
    let person = |file: &str| run(&["person", file])["key"].as_str().unwrap().to_owned();
    let people = [format!("auditor={}", person("a.key")), format!("crisis-manager={}", person("m.key"))];
    let other = ledger::Identity::generate();
    let second = format!("crisis-manager={}", other.recipient("crisis-manager").unwrap().key());
    run(&[
        "policy",
        "a",
        "--secret",
        "s.hex",
        "--recipient",
        &to("auditor"),
        "--recipient",
        &second,
        "--person",
        &people[0],
        "--person",
        &people[1],
        "--keep",
        "event=0",
    ]);
    append(&case, "a", "suzuki");
    let keeper = keeper(&case, log_key.as_str().unwrap().trim());
    let places = [keeper.url.clone(), "copy".to_owned(), "store:nas".to_owned()];
    for place in &places {
        ok(copy(&case, "a", place));
    }
    run(&["audit", "a", "--secret", "s.hex", "--person", "a.key", "--result", "clean"]);
    run(&[
        "request", "shred", "a", "--class", "event", "--basis", "policy", "--reason", "over", "--person",
        "a.key", "--out", "s.json",
    ]);
    run(&["approve", "s.json", "--person", "m.key"]);
    let done = run(&["carry-out", "a", "s.json", "--secret", "s.hex"]);
    let keys = run(&["deletions", "a"])[0]["keys"].as_array().unwrap().clone();
    assert!(!keys.is_empty());
    let in_store = |id: u64| {
        let items = std::fs::read_dir(case.path("nas/keys")).unwrap();
        let names = items.map(|item| item.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with(&format!("{id:020}-"))).count()
    };
    let there = |id: &Value| {
        let id = id.as_u64().unwrap();
        let folders = ["kept/ledger", "copy"].map(|folder| case.path(&format!("{folder}/keys/{id}.age")));
        folders.iter().filter(|path| path.exists()).count() + in_store(id)
    };
    let there = || keys.iter().map(there).sum::<usize>();
    assert_eq!(there(), 3 * keys.len(), "not yet");
    for (reached, place) in places.iter().enumerate() {
        let copies = run(&["copies", "a"]);
        let open = copies["copies"].as_array().unwrap().iter();
        let open = open.filter(|copy| copy["incomplete"][0]["index"] == done["index"]);
        assert_eq!(open.count(), places.len() - reached, "{copies}");
        ok(copy(&case, "a", place));
    }
    let copies = run(&["copies", "a"]);
    assert!(
        copies["copies"]
            .as_array()
            .unwrap()
            .iter()
            .all(|copy| copy["incomplete"] == Value::from(Vec::<u8>::new()))
    );
    assert_eq!(there(), 0, "gone everywhere");
    for folder in ["a", "copy", "kept/ledger"] {
        assert_eq!(
            run(&["verify", folder])["payloads"]["destroyed"],
            run(&["verify", "a"])["payloads"]["destroyed"]
        );
    }
    // What comes back from the store holds nothing of it either.
    ok(copy(&case, "store:nas", "back"));
    assert_eq!(root(&case, "back"), root(&case, "a"));
    assert_eq!(run(&["verify", "back"])["payloads"], run(&["verify", "a"])["payloads"]);
}
