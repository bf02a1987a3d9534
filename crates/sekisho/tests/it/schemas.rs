//! The HTTP interface against its description: schemathesis, by `./test` from the package index, asks every operation for what
//! the description allows and forbids.

use crate::serving::{Service, failure};
use crate::support::sekisho;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn token(folder: &Path, name: &str, role: &str) -> String {
    let made =
        sekisho().current_dir(folder).args(["token", "add", name, "--role", role]).output().expect("runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let said = String::from_utf8(made.stdout).expect("text");
    said.split_whitespace().find(|word| word.starts_with("skt_")).expect("a token").to_owned()
}

#[test]
fn no_operation_leaves_its_description() {
    let program = root().join("target/schemas/bin/schemathesis");
    if !program.exists() {
        eprintln!("skipped: schemathesis is not installed; `./test` installs it");
        return;
    }
    let folder = tempfile::tempdir().expect("folder");
    let log: String = (0..30).map(|number| failure("203.0.113.9", number)).collect();
    std::fs::write(folder.path().join("auth.log"), log).expect("log");
    let mut service = Service::start_with(folder.path(), "");
    service.set_up();
    service.until("/cases", "/cases/1");
    let (reads, sends) = (token(folder.path(), "look", "auditor"), token(folder.path(), "shop", "source"));
    // Whatever is written as a body of text is text: there is no value of a wrong type.
    let text = &["--exclude-checks", "negative_data_rejection"][..];
    for (which, token, more) in [("--exclude-path", &reads, &[][..]), ("--include-path", &sends, text)] {
        let ran = Command::new(&program)
            .current_dir(folder.path())
            .arg("run")
            .arg(root().join("docs/api/openapi.yaml"))
            .args(["--url", &format!("http://127.0.0.1:{}", service.console)])
            .args(["--header", &format!("Authorization: Bearer {token}")])
            .args(["--max-examples", "40", "--seed", "1", "--generation-deterministic", "--no-color"])
            .args([which, "/v1/lines"])
            .args(more)
            .env("PYTHONUTF8", "1")
            .env("PYTHONPATH", root().join("tests/outsiders"))
            .env("SCHEMATHESIS_HOOKS", "ndjson")
            .output()
            .expect("runs");
        let said = String::from_utf8_lossy(&ran.stdout);
        assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
        assert!(said.contains("Test cases"), "nothing was asked: {said}");
    }
    // Whatever came in, the service goes on and its ledger is whole.
    service.until("/sources", "http/shop");
}
