//! Programs that we did not write check what we wrote (LG chapter 25, LG-IND-01). `./test` installs them, pinned, in
//! `target/outsiders`; where they are missing, these tests say that they skip.

use crate::support::sekisho;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// A tool of the virtual environment beside the folder of the binary.
#[allow(clippy::print_stderr, reason = "a check that is skipped says so")]
fn tool(name: &str) -> Option<Command> {
    let path = Path::new(env!("CARGO_BIN_EXE_sekisho")).ancestors().nth(2)?.join("outsiders/bin").join(name);
    if path.is_file() {
        return Some(Command::new(path));
    }
    eprintln!("skipped: {} is not installed; `./test` installs it", path.display());
    None
}

fn run(command: &mut Command) -> (bool, String) {
    let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().expect("it runs");
    let text = [stdout, stderr].concat();
    (status.success(), String::from_utf8_lossy(&text).into_owned())
}

pub(crate) fn ours(arguments: &[&str]) -> (bool, String) {
    let output = sekisho().args(arguments).output().expect("it runs");
    let told = if output.status.success() { output.stdout } else { [output.stdout, output.stderr].concat() };
    (output.status.success(), String::from_utf8_lossy(&told).trim_end().to_owned())
}

/// A server of ours or of others, ended with the test.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn serve(arguments: &[&str]) -> Server {
    let mut child = sekisho().args(arguments).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut url = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut url).expect("its address");
    Server { child, url: url.trim_end().to_owned() }
}

pub(crate) struct Place {
    folder: tempfile::TempDir,
    pub(crate) key: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        let mut place = Self { folder: tempfile::tempdir().expect("temporary folder"), key: String::new() };
        let (made, key) = ours(&[
            "ledger",
            "init",
            &place.ledger(),
            "--secret",
            &place.at("secret"),
            "--origin",
            "ledger.example.jp/test",
        ]);
        assert!(made, "{key}");
        place.key = key;
        place
    }
    pub(crate) fn at(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
    pub(crate) fn ledger(&self) -> String {
        self.at("ledger")
    }
    /// Appends entries; returns the size of the head published at the end.
    pub(crate) fn append(&self, ledger: &str, word: &str, count: usize) -> u64 {
        let lines: String = (0..count).map(|n| format!("{{\"{word}\":{n}}}\n")).collect();
        let mut child = sekisho()
            .args(["ledger", "append", ledger, "--secret", &self.at("secret"), "--stream", word])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("it starts");
        child.stdin.take().expect("piped").write_all(lines.as_bytes()).expect("lines are taken");
        assert!(child.wait().expect("it ends").success());
        let note = std::fs::read_to_string(Path::new(ledger).join("checkpoint")).expect("a head");
        note.lines().nth(1).and_then(|size| size.parse().ok()).expect("a size")
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).expect("a folder");
    for item in std::fs::read_dir(from).expect("a folder") {
        let path = item.expect("an item").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() { copy(&path, &target) } else { assert!(std::fs::copy(&path, &target).is_ok()) }
    }
}

/// PyPI aics-tlog and tlog-scales (no code in common): head, inclusion, consistency, and a changed tile.
#[test]
fn two_auditors_accept_the_tiles_and_notice_a_change() {
    let (Some(mut audit), Some(mut other)) = (tool("aics-tlog"), tool("tlog-tiles")) else { return };
    let place = Place::new();
    let first = place.append(&place.ledger(), "first", 100);
    let old = place.at("old");
    std::fs::copy(Path::new(&place.ledger()).join("checkpoint"), &old).expect("the earlier head");
    let size = place.append(&place.ledger(), "second", 500);
    assert!(first > 100 && size > first + 500);
    let server = serve(&["ledger", "serve", &place.ledger(), "--listen", "127.0.0.1:0"]);
    let source = ["--tiles", server.url.trim_end_matches('/'), "--log-key", &place.key];
    let (held, told) = run(audit.arg("verify-checkpoint").args(source));
    assert!(held, "{told}");
    let audit =
        |arguments: &[&str]| run(tool("aics-tlog").expect("it was there").args(arguments).args(source));
    let (held, told) = audit(&["verify-consistency", "--old-checkpoint", &old]);
    assert!(held, "{told}");
    for index in [0, 3, 255, 256, size - 1] {
        let index = index.to_string();
        let entry = place.at("entry");
        let (held, told) = audit(&["verify-inclusion", "--index", &index, "--entry-out", &entry]);
        assert!(held, "{index}: {told}");
        let leaf = tool("tlog-tiles")
            .expect("it was there")
            .args(["get-leaf", "-c", &server.url, &index])
            .output()
            .expect("it runs");
        assert!(leaf.status.success(), "{}", String::from_utf8_lossy(&leaf.stderr));
        assert_eq!(
            leaf.stdout,
            std::fs::read(&entry).expect("the entry"),
            "both auditors saw the same entry {index}"
        );
    }
    let (made, theirs) = run(other.args(["gen-proof", &server.url, "300"]));
    let (made_too, our_text) = ours(&["ledger", "prove", &place.ledger(), "300", "--tlog"]);
    assert!(made && made_too && theirs.trim_end() == our_text, "{theirs}\n{our_text}");

    let bundle = Path::new(&place.ledger()).join("tile/entries/001");
    let mut bytes = std::fs::read(&bundle).expect("a full bundle");
    bytes[40] ^= 1;
    std::fs::write(&bundle, &bytes).expect("a change");
    let (held, told) = audit(&["verify-inclusion", "--index", "256", "--entry-out", &place.at("entry")]);
    assert!(!held, "{told}");
    let (held, told) =
        run(tool("tlog-tiles").expect("it was there").args(["get-leaf", "-c", &server.url, "256"]));
    assert!(!held, "{told}");
    assert!(ours(&["ledger", "rebuild", &place.ledger()]).1.contains("written 1,"));
    assert!(audit(&["verify-inclusion", "--index", "256", "--entry-out", &place.at("entry")]).0);
}

fn policy(place: &Place, witness: &str, url: &str) -> String {
    let path = place.at("policy");
    let text = format!("log {}\nwitness w {witness} {url}\nquorum w\n", place.key);
    std::fs::write(&path, text).expect("a policy");
    path
}

/// What a witness has to do for us, whoever wrote it: cosign growth, refuse what was put back and what was forked.
fn witnessed(place: &Place, policy: &str) {
    let ledger = place.ledger();
    place.append(&ledger, "a", 3);
    let ask = |ledger: &str| ours(&["ledger", "witness", "ask", ledger, "--policy", policy]);
    let (met, told) = ask(&ledger);
    assert!(met, "{told}");
    copy(Path::new(&ledger), Path::new(&place.at("earlier")));
    place.append(&ledger, "b", 300);
    let (held, told) = ours(&["ledger", "verify", &ledger, "--policy", policy]);
    assert!(!held && told.contains("LV-QUORUM"), "{told}");
    let (met, told) = ask(&ledger);
    assert!(met, "{told}");
    let (held, told) = ours(&["ledger", "verify", &ledger, "--policy", policy, "--require-witness"]);
    assert!(held && told.contains("\"witnessed\"") && !told.contains("LV-TAIL-UNPROVEN"), "{told}");
    let (met, told) = ask(&place.at("earlier"));
    assert!(!met && told.contains("LE-ROLLBACK"), "{told}");
    // LG-DUR-06: what the witness knows stops the writer; a thief would take that knowledge away too.
    let earlier = place.at("earlier");
    let (stopped, told) = ours(&["ledger", "checkpoint", &earlier, "--secret", &place.at("secret")]);
    assert!(!stopped && told.contains("LE-ROLLBACK"), "{told}");
    std::fs::remove_dir_all(Path::new(&earlier).join("witness")).expect("the state");
    place.append(&place.at("earlier"), "fork", 600);
    let (met, told) = ask(&place.at("earlier"));
    assert!(!met && told.contains("alarm: refused"), "{told}");
}

/// PyPI aics-witness on loopback.
#[test]
fn an_outside_witness_cosigns_growth_and_refuses_forks() {
    let Some(mut init) = tool("aics-witness") else { return };
    let place = Place::new();
    let config = place.at("witness.json");
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    let listen = format!("127.0.0.1:{port}");
    let (made, told) =
        run(init.args(["init", "-c", &config, "--name", "witness.example.org/w1", "--listen", &listen]));
    assert!(made, "{told}");
    let key = told
        .split_whitespace()
        .find(|word| word.starts_with("witness.example.org/w1+"))
        .expect("its key")
        .to_owned();
    let again = || tool("aics-witness").expect("it was there");
    let (made, told) = run(again().args([
        "add-log",
        "-c",
        &config,
        "--origin",
        "ledger.example.jp/test",
        "--vkey",
        &place.key,
    ]));
    assert!(made, "{told}");
    let child = again()
        .args(["serve", "-c", &config])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let server = Server { child, url: format!("http://{listen}") };
    for _ in 0..200 {
        if std::net::TcpStream::connect(&listen).is_ok() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    witnessed(&place, &policy(&place, &key, &server.url));
    drop(server);
    let (_, told) = run(again().args(["evidence", "-c", &config]));
    assert!(told.contains("ledger.example.jp/test"), "{told}");
}

/// Our own witness, over the network and by files (LG-WIT-10).
#[test]
fn our_witness_does_what_an_outside_one_does() {
    let place = Place::new();
    let folder = place.at("witness");
    let (made, key) = ours(&["ledger", "witness", "init", &folder, "--name", "witness.example.jp/w1"]);
    assert!(made, "{key}");
    let (made, told) = ours(&["ledger", "witness", "enrol", &folder, &place.key]);
    assert!(made, "{told}");
    let server = serve(&["ledger", "witness", "serve", &folder, "--listen", "127.0.0.1:0"]);
    let policy = policy(&place, &key, &server.url);
    witnessed(&place, &policy);
    drop(server);
    let (_, status) = ours(&["ledger", "witness", "status", &folder]);
    let known = status.split(' ').nth(1).expect("a size").to_owned();
    assert_eq!(
        ours(&["ledger", "witness", "evidence", &folder]).1.lines().count(),
        2,
        "the rollback and the fork"
    );
    place.append(&place.ledger(), "c", 2);
    let (made, request) = ours(&["ledger", "witness", "request", &place.ledger(), "--old", &known]);
    assert!(made, "{request}");
    let carried = PathBuf::from(place.at("request"));
    std::fs::write(&carried, request + "\n").expect("a medium");
    let (made, line) = ours(&["ledger", "witness", "answer", &folder, &place.at("request")]);
    assert!(made, "{line}");
    std::fs::write(&carried, line + "\n").expect("a medium");
    let (met, told) =
        ours(&["ledger", "witness", "import", &place.ledger(), &place.at("request"), "--policy", &policy]);
    assert!(met, "{told}");
    assert!(ours(&["ledger", "verify", &place.ledger(), "--policy", &policy]).0);
}

/// PyPI rfc3161-client: the same token of `openssl ts` over the same head that ours accepts, and refuses another head.
#[test]
fn an_outside_client_checks_the_same_token() {
    let Some(mut python) = tool("python") else { return };
    if !run(python.args(["-c", "import rfc3161_client"])).0 {
        return;
    }
    let place = Place::new();
    place.append(&place.ledger(), "first", 3);
    let config = "[tsa]\ndefault_tsa = t\n[t]\nserial = serial\ncrypto_device = builtin\nsigner_digest = sha256\n\
        default_policy = 1.2.3.4.1\ndigests = sha256\ness_cert_id_alg = sha256\n";
    std::fs::write(place.at("tsa.cnf"), config).expect("a file");
    std::fs::write(place.at("serial"), "01\n").expect("a file");
    std::fs::write(place.at("ext"), "extendedKeyUsage=critical,timeStamping\n").expect("a file");
    let openssl = |line: &str| run(Command::new("openssl").args(line.split(' ')).current_dir(place.at("")));
    for line in [
        "req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -days 20 -subj /CN=root",
        "req -newkey rsa:2048 -nodes -keyout s.key -out s.csr -subj /CN=s",
        "x509 -req -in s.csr -CA root.pem -CAkey root.key -CAcreateserial -out s.pem -days 10 -extfile ext",
    ] {
        let (done, told) = openssl(line);
        assert!(done, "{told}");
    }
    let (made, told) = ours(&["ledger", "timestamp", "request", &place.ledger(), "--out", &place.at("q")]);
    assert!(made, "{told}");
    let size = serde_json::from_str::<serde_json::Value>(&told).expect("JSON")["size"].to_string();
    let (made, told) = openssl("ts -reply -config tsa.cnf -queryfile q -signer s.pem -inkey s.key -out r");
    assert!(made, "{told}");
    let add = ["ledger", "timestamp", "add", &place.ledger(), &place.at("r"), "--size", &size, "--secret"];
    let trust = ["--authority", &place.at("root.pem")];
    let (kept, told) = ours(&[&add[..], &[&place.at("secret")], &trust].concat());
    assert!(kept, "{told}");
    let (held, told) = ours(&[&["ledger", "verify", &place.ledger()][..], &trust].concat());
    assert!(held && told.contains("\"stamped\": {"), "{told}");
    let script = "import sys, rfc3161_client as c\nfrom cryptography import x509\n\
        reply = c.decode_timestamp_response(open(sys.argv[1], 'rb').read())\n\
        root = x509.load_pem_x509_certificate(open(sys.argv[2], 'rb').read())\n\
        leaf = x509.load_pem_x509_certificate(open(sys.argv[3], 'rb').read())\n\
        v = c.VerifierBuilder().add_root_certificate(root).tsa_certificate(leaf).build()\n\
        v.verify_message(reply, open(sys.argv[4], 'rb').read())\n";
    let outside = |message: &str| {
        let arguments = ["-c", script, &place.at("r"), &place.at("root.pem"), &place.at("s.pem"), message];
        run(tool("python").expect("it was there").args(arguments))
    };
    let (held, told) = outside(&format!("{}/tokens/{size}.note", place.ledger()));
    assert!(held, "{told}");
    let (held, _) = outside(&format!("{}/checkpoint", place.ledger()));
    assert!(!held, "a newer head");
}

/// Go's `sumdb/note` and `sumdb/tlog`, where this form of tree, note and proof comes from: every entry by its inclusion
/// proof, growth from an older head, and everything that does not hold is refused.
#[test]
fn go_checks_the_same_notes_and_proofs() {
    let Some(probe) = tool("sumdb") else { return };
    let place = Place::new();
    let first = place.append(&place.ledger(), "first", 100);
    let old = place.at("old");
    std::fs::copy(Path::new(&place.ledger()).join("checkpoint"), &old).expect("the earlier head");
    copy(Path::new(&place.ledger()), Path::new(&place.at("fork")));
    let size = place.append(&place.ledger(), "second", 600);
    place.append(&place.at("fork"), "other", 50);
    assert!(ours(&["ledger", "rebuild", &place.ledger()]).0 && size > first + 600);
    let program = probe.get_program().to_owned();
    let check = |arguments: &[&str]| run(Command::new(&program).args(arguments));
    let (held, told) = check(&[&place.ledger(), &place.key, &old]);
    assert!(held && told.starts_with(&format!("{size} entries, root ")), "{told}");
    let (held, told) = check(&[&place.ledger(), &place.key, &place.at("fork/checkpoint")]);
    assert!(!held && told.contains("growth from"), "a head of a fork: {told}");
    let (held, told) = check(&[&place.ledger(), "ledger.example.jp/test+00000000+AAAA"]);
    assert!(!held, "another key: {told}");
    for (name, at) in
        [("tile/entries/001", 60), ("tile/0/001", 40), ("tile/1/000.p/2", 33), ("checkpoint", 26)]
    {
        let path = Path::new(&place.ledger()).join(name);
        let whole = std::fs::read(&path).expect("a file");
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(&path, &bytes).expect("a changed file");
        let (held, told) = check(&[&place.ledger(), &place.key, &old]);
        assert!(!held && told.starts_with("refused:"), "{name}: {told}");
        std::fs::write(&path, &whole).expect("the file as it was");
    }
    assert!(check(&[&place.ledger(), &place.key, &old]).0);
}
