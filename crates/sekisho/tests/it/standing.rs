//! What goes on beside a writer that never waits: witnesses while logs are followed (LG-WIT-06), time stamps over HTTP (LG-TSA-01),
//! and answers on a medium that are no cosignatures.

use crate::outsiders::{Place, Server, ours, serve};
use crate::support::sekisho;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// A log that is followed by a process of ours.
struct Follower {
    child: Child,
    out: BufReader<ChildStdout>,
    log: PathBuf,
}

impl Follower {
    fn start(place: &Place) -> Self {
        let log = PathBuf::from(place.at("auth.log"));
        std::fs::OpenOptions::new().append(true).create(true).open(&log).unwrap();
        let mut command = sekisho();
        command.args([
            "ledger",
            "append",
            &place.ledger(),
            "--secret",
            &place.at("secret"),
            "--look-ms",
            "20",
        ]);
        command.args(["--head-seconds", "1", "--follow", &log.display().to_string()]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out, log }
    }

    /// Writes a line, and waits until it is durable; how long that took.
    fn line(&mut self, text: &str) -> Duration {
        let begun = Instant::now();
        let mut log = std::fs::OpenOptions::new().append(true).open(&self.log).unwrap();
        writeln!(log, "{text}").unwrap();
        let mut told = String::new();
        self.out.read_line(&mut told).unwrap();
        assert!(told.contains("\"records\":1"), "{told}");
        begun.elapsed()
    }

    fn end(mut self) {
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

/// Waits until something is so, or fails with what was last seen.
fn until<T: std::fmt::Debug>(mut look: impl FnMut() -> (bool, T)) -> T {
    let begun = Instant::now();
    loop {
        let (so, seen) = look();
        if so {
            return seen;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{seen:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn status(place: &Place) -> Value {
    let output = sekisho().args(["ledger", "status", &place.ledger()]).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Codes of the entries of a kind.
fn entries(place: &Place, kind: ledger::EntryKind) -> Vec<Value> {
    let mut reader = ledger::Reader::open(Path::new(&place.ledger())).unwrap();
    let all = reader.entries().map(Result::unwrap).filter(|(_, entry)| entry.kind == kind);
    all.map(|(_, entry)| serde_json::from_slice(&entry.body).unwrap()).collect()
}

fn witness(place: &Place, name: &str) -> (String, Server) {
    let folder = place.at(name);
    let (made, key) =
        ours(&["ledger", "witness", "init", &folder, "--name", &format!("witness.example.jp/{name}")]);
    assert!(made, "{key}");
    assert!(ours(&["ledger", "witness", "enrol", &folder, &place.key]).0);
    (key, serve(&["ledger", "witness", "serve", &folder, "--listen", "127.0.0.1:0"]))
}

/// LG-WIT-06: cosigned while a log is followed; a witness that hangs holds nothing up; the missing quorum is an entry while the
/// follower still runs.
#[test]
fn witnesses_are_asked_while_a_log_is_followed() {
    let place = Place::new();
    let (key, server) = witness(&place, "w1");
    let policy = |url: &str| {
        let text = format!("log {}\nwitness w1 {key} {url}\nquorum w1\n", place.key);
        std::fs::write(place.at("policy"), text).unwrap();
        let (set, told) =
            ours(&["ledger", "witness", "policy", &place.ledger(), &place.at("policy"), "--alarm", "1"]);
        assert!(set, "{told}");
    };
    policy(&server.url);
    let mut follower = Follower::start(&place);
    follower.line("one");
    let met = until(|| {
        let status = status(&place);
        (status["quorum"]["met_size"].is_u64() && status["quorum"]["missing_since"].is_null(), status)
    });
    std::thread::sleep(Duration::from_millis(1_100));
    follower.line("two");
    until(|| {
        let status = status(&place);
        (status["quorum"]["met_size"].as_u64() > met["quorum"]["met_size"].as_u64(), status)
    });
    // It accepts, and never answers: lines are durable as quickly as before.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    policy(&format!("http://{}", silent.local_addr().unwrap()));
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(4) {
        let took = follower.line("three");
        assert!(took < Duration::from_secs(3), "{took:?}: a line waited for a witness");
        std::thread::sleep(Duration::from_millis(300));
    }
    let codes = || -> Vec<String> {
        let all = entries(&place, ledger::EntryKind::Witness);
        all.iter().map(|body| body["code"].as_str().unwrap().to_owned()).collect()
    };
    until(|| {
        follower.line("four");
        (codes() == ["quorum-lost"], codes())
    });
    // It is back: the follower finds it by itself.
    policy(&server.url);
    until(|| {
        follower.line("five");
        (codes() == ["quorum-lost", "quorum-regained"], codes())
    });
    follower.end();
    let verify = ["ledger", "verify", &place.ledger(), "--policy", &place.at("policy"), "--require-witness"];
    let (held, told) = ours(&verify);
    assert!(held, "the last head is cosigned too: {told}");
}

/// LG-WIT-07: a witness that knows more than the ledger holds ends the writing.
#[test]
fn a_rollback_ends_a_follower() {
    let place = Place::new();
    let (key, server) = witness(&place, "w1");
    let text = format!("log {}\nwitness w1 {key} {}\nquorum w1\n", place.key, server.url);
    std::fs::write(place.at("policy"), text).unwrap();
    assert!(ours(&["ledger", "witness", "policy", &place.ledger(), &place.at("policy")]).0);
    place.append(&place.ledger(), "a", 2);
    let copy = place.at("copy");
    assert!(Command::new("cp").args(["-a", &place.ledger(), &copy]).status().unwrap().success());
    place.append(&place.ledger(), "b", 40);
    // Put back, with what it knew of the witness.
    std::fs::remove_dir_all(place.ledger()).unwrap();
    std::fs::rename(&copy, place.ledger()).unwrap();
    let mut follower = Follower::start(&place);
    follower.line("one");
    let begun = Instant::now();
    let code = loop {
        if let Some(code) = follower.child.try_wait().unwrap() {
            break code;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "it goes on signing");
        std::thread::sleep(Duration::from_millis(100));
    };
    assert_eq!(code.code(), Some(1));
    let (stopped, told) = ours(&["ledger", "checkpoint", &place.ledger(), "--secret", &place.at("secret")]);
    assert!(!stopped && told.contains("LE-ROLLBACK"), "{told}");
}

/// LG-WIT-10: what is no cosignature of this head is refused, and nothing of it is kept.
#[test]
fn an_import_takes_cosignatures_only() {
    let place = Place::new();
    let (key, server) = witness(&place, "w1");
    drop(server);
    let text = format!("log {}\nwitness w1 {key}\nquorum w1\n", place.key);
    std::fs::write(place.at("policy"), text).unwrap();
    place.append(&place.ledger(), "a", 1);
    let answer = |old: &str| {
        let (made, request) = ours(&["ledger", "witness", "request", &place.ledger(), "--old", old]);
        assert!(made, "{request}");
        std::fs::write(place.at("request"), format!("{request}\n")).unwrap();
        let (answered, line) = ours(&["ledger", "witness", "answer", &place.at("w1"), &place.at("request")]);
        assert!(answered, "{line}");
        line
    };
    let first = answer("0");
    let size = place.append(&place.ledger(), "b", 1);
    let old = first_size(&place, size);
    let newest = std::fs::read_to_string(place.at("ledger/checkpoint")).unwrap();
    let own = newest.lines().last().unwrap().to_owned();
    let import = |text: &str| {
        std::fs::write(place.at("answer"), text).unwrap();
        ours(&[
            "ledger",
            "witness",
            "import",
            &place.ledger(),
            &place.at("answer"),
            "--policy",
            &place.at("policy"),
        ])
    };
    let stranger = format!("\u{2014} somebody.example {}", own.rsplit(' ').next().unwrap());
    for wrong in ["", "rubbish\n", &format!("{first}\n"), &format!("{own}\n"), &format!("{stranger}\n")] {
        let (taken, told) = import(wrong);
        assert!(!taken, "{wrong:?}: {told}");
        assert_eq!(std::fs::read_to_string(place.at("ledger/checkpoint")).unwrap(), newest, "{wrong:?}");
    }
    let right = answer(&old.to_string());
    let (taken, told) = import(&format!("{right}\n{stranger}\n"));
    assert!(!taken && told.contains("line 2"), "{told}");
    let (taken, told) = import(&format!("{right}\n"));
    assert!(taken, "{told}");
    assert!(ours(&["ledger", "verify", &place.ledger(), "--policy", &place.at("policy")]).0);
}

/// The size that the witness cosigned: that of the head before the newest.
fn first_size(place: &Place, newest: u64) -> u64 {
    let names = std::fs::read_dir(place.at("ledger/checkpoints")).unwrap();
    let sizes = names.filter_map(|name| name.unwrap().file_name().to_str()?.parse::<u64>().ok());
    sizes.filter(|size| *size < newest).max().unwrap()
}

/// An authority: a root and a signer; `false` without `openssl`.
fn authority(folder: &Path) -> bool {
    let config = "[tsa]\ndefault_tsa = t\n[t]\nserial = serial\ncrypto_device = builtin\nsigner_digest = sha256\n\
        default_policy = 1.2.3.4.1\ndigests = sha256\naccuracy = secs:1\nordering = no\ntsa_name = no\n\
        ess_cert_id_chain = no\ness_cert_id_alg = sha256\n";
    std::fs::create_dir(folder).unwrap();
    std::fs::write(folder.join("tsa.cnf"), config).unwrap();
    std::fs::write(folder.join("serial"), "01\n").unwrap();
    std::fs::write(folder.join("stamp.ext"), "extendedKeyUsage=critical,timeStamping\n").unwrap();
    [
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout root.key -out root.pem -days 20 -subj /CN=root",
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout s.key -out s.csr -subj /CN=stamp",
        "x509 -req -in s.csr -CA root.pem -CAkey root.key -CAcreateserial -out s.pem -days 10 -extfile stamp.ext",
    ]
    .iter()
    .all(|line| {
        let ran = Command::new("openssl").args(line.split(' ')).current_dir(folder).output();
        ran.is_ok_and(|ran| ran.status.success())
    })
}

/// A time-stamp authority on loopback: HTTP in front of `openssl ts -reply`. The path says how it misbehaves.
fn tsa(folder: PathBuf) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut line, mut path, mut length, mut kind) = (String::new(), String::new(), 0, String::new());
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                let lower = line.to_ascii_lowercase();
                if path.is_empty() {
                    path = line.split(' ').nth(1).unwrap_or_default().to_owned();
                } else if let Some(value) = lower.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap_or(0);
                } else if let Some(value) = lower.strip_prefix("content-type:") {
                    value.trim().clone_into(&mut kind);
                }
                line.clear();
            }
            let mut query = Vec::new();
            let _ = reader.take(length).read_to_end(&mut query);
            if path != "/replay" {
                std::fs::write(folder.join("q.tsq"), &query).unwrap();
            }
            let line = "ts -reply -config tsa.cnf -queryfile q.tsq -signer s.pem -inkey s.key -out r.tsr";
            let made = Command::new("openssl").args(line.split(' ')).current_dir(&folder).output().unwrap();
            let good = made.status.success() && kind == "application/timestamp-query";
            let (status, kind, body) = match path.as_str() {
                "/down" => (503, "text/plain", b"closed".to_vec()),
                "/page" => (200, "text/html", b"<h1>welcome</h1>".to_vec()),
                "/huge" => (200, "application/timestamp-reply", vec![0x30; 1 << 20]),
                "/rubbish" => (200, "application/timestamp-reply", b"rubbish".to_vec()),
                _ if good => {
                    (200, "application/timestamp-reply", std::fs::read(folder.join("r.tsr")).unwrap())
                }
                _ => (400, "text/plain", b"no query".to_vec()),
            };
            let head = format!(
                "HTTP/1.1 {status} x\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    address
}

/// LG-TSA-01, -02: a real authority is asked over HTTP, by a command and by itself; answers that are no token are refused.
#[test]
#[expect(clippy::too_many_lines, reason = "one authority, asked in every way")]
fn time_stamps_are_fetched_from_an_authority() {
    let place = Place::new();
    let folder = PathBuf::from(place.at("tsa"));
    if !authority(&folder) {
        eprintln!("skipped: `openssl` (package openssl) is missing");
        return;
    }
    let address = tsa(folder.clone());
    let root = folder.join("root.pem").display().to_string();
    let url = |path: &str| format!("http://{address}{path}");
    let fetch = |path: &str| {
        ours(&[
            "ledger",
            "timestamp",
            "fetch",
            &place.ledger(),
            "--secret",
            &place.at("secret"),
            "--url",
            &url(path),
            "--authority",
            &root,
        ])
    };
    place.append(&place.ledger(), "a", 1);
    for path in ["/down", "/page", "/huge", "/rubbish"] {
        let (fetched, told) = fetch(path);
        assert!(!fetched, "{path}: {told}");
    }
    assert_eq!(entries(&place, ledger::EntryKind::Stamp).len(), 0);
    let (fetched, told) = fetch("/");
    assert!(fetched, "{told}");
    let document: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(document["trusted"], true);
    let size = document["size"].as_u64().unwrap();
    assert_eq!(entries(&place, ledger::EntryKind::Stamp)[0]["size"], size);
    // The answer to an earlier request, played again.
    let (fetched, told) = fetch("/replay");
    assert!(!fetched, "{told}");
    assert!(ours(&["ledger", "verify", &place.ledger(), "--authority", &root]).0);
    // Stock tools check what is kept.
    let tokens = PathBuf::from(place.at("ledger/tokens"));
    let kept = |end: &str| tokens.join(format!("{size}.{end}")).display().to_string();
    let stock = Command::new("openssl")
        .args(["ts", "-verify", "-in", &kept("tsr"), "-data", &kept("note"), "-CAfile", &root])
        .output()
        .unwrap();
    assert!(stock.status.success(), "{}", String::from_utf8_lossy(&stock.stderr));
    // By itself: after the next head of a command, once; a head the same day gets none.
    let daily = |path: &str| {
        ours(&["ledger", "timestamp", "daily", &place.ledger(), "--url", &url(path), "--authority", &root])
    };
    assert!(daily("/").0);
    place.append(&place.ledger(), "b", 1);
    place.append(&place.ledger(), "c", 1);
    assert_eq!(entries(&place, ledger::EntryKind::Stamp).len(), 2);
    assert!(status(&place)["timestamps"]["obtained"].is_string());
    // An authority that is down stops nothing; the failure is shown.
    assert!(ours(&["ledger", "timestamp", "daily", &place.ledger(), "--off"]).0);
    assert!(daily("/down").0);
    place.append(&place.ledger(), "d", 1);
    let told = status(&place);
    assert_eq!(
        (&told["timestamps"]["failures"], told["timestamps"]["obtained"].is_null()),
        (&1.into(), true)
    );
    // While a log is followed.
    assert!(ours(&["ledger", "timestamp", "daily", &place.ledger(), "--off"]).0);
    assert!(daily("/").0);
    let mut follower = Follower::start(&place);
    follower.line("one");
    until(|| {
        let found = entries(&place, ledger::EntryKind::Stamp).len();
        (found == 3, found)
    });
    follower.line("two");
    follower.end();
    assert!(ours(&["ledger", "verify", &place.ledger(), "--authority", &root]).0);
}
