//! The interface for programs: tokens, lines in, findings out, and the script of the documents.

use crate::serving::{Service, failure};
use crate::support::sekisho;
use std::path::Path;
use std::process::Command;

fn token(folder: &Path, args: &[&str]) -> (bool, String) {
    let ran = sekisho().current_dir(folder).arg("token").args(args).output().expect("runs");
    (ran.status.success(), String::from_utf8(ran.stdout).expect("text").trim().to_owned())
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

#[test]
fn programs_send_and_read() {
    let folder = tempfile::tempdir().expect("folder");
    let folder = folder.path();
    std::fs::write(folder.join("auth.log"), "").expect("log");
    let service = Service::start_with(folder, "");
    let (made, source) = token(folder, &["add", "shop", "--role", "source"]);
    let (read, reader) = token(folder, &["add", "board", "--role", "auditor"]);
    assert!(made && read && source.starts_with("skt_"));
    assert!(
        !token(folder, &["add", "shop", "--role", "source"]).0
            && !token(folder, &["add", "x", "--role", "king"]).0
    );
    let (source, reader) = (bearer(&source), bearer(&reader));
    let lines: String = (0..30).map(|n| failure("203.0.113.9", n)).collect();

    // Nobody without token, nobody with the token of something else; a session is no token.
    for path in ["/api/v1/cases", "/api/v1/findings", "/api/v1/sources", "/api/v1/ledger", "/api/x"] {
        assert_eq!(service.ask("GET", path, "", "").0, 401, "{path}");
        assert_eq!(service.ask("GET", path, "", &source).0, 403, "{path}");
    }
    assert_eq!(service.ask("POST", "/v1/lines", &lines, "").0, 401);
    assert_eq!(service.ask("POST", "/v1/lines", &lines, &bearer("skt_00")).0, 401);
    assert_eq!(service.ask("POST", "/v1/lines", &lines, &reader).0, 403);
    assert_eq!(service.ask("GET", "/v1/lines", "", &source).0, 405);
    assert_eq!(service.ask("POST", "/v1/lines", "\n", &source).0, 400);
    assert_eq!(service.ask("POST", "/v1/lines", &"x".repeat((1 << 20) + 1), &source).0, 413);
    assert_eq!(service.ask("POST", "/api/v1/cases", "", &reader).0, 405);
    assert_eq!(service.ask("GET", "/api/v1/findings?level=9", "", &reader).0, 400);
    assert_eq!(service.ask("GET", "/api/v1/cases/77", "", &reader).0, 404);

    // Lines are acknowledged when they are durable; what they show can be read.
    let (status, answer) = service.ask("POST", "/v1/lines", &lines, &source);
    assert!(status == 200 && answer.contains("\"lines\":30"), "{answer}");
    let until = |path: &str, wanted: &str| {
        for _ in 0..300 {
            let (status, answer) = service.ask("GET", path, "", &reader);
            assert_eq!(status, 200, "{answer}");
            if answer.contains(wanted) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
        panic!("{path} never showed {wanted}");
    };
    until("/api/v1/findings?level=2&page=0", "203.0.113.9");
    until("/api/v1/sources", "\"name\":\"http/shop\"");
    until("/api/v1/cases", "\"number\":1");
    until("/api/v1/cases/1", "\"schema_version\":1");
    until("/api/v1/ledger", "\"size\":");

    // The script of the documents, with curl alone.
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api/example.sh");
    let value = |header: &str| header.trim().rsplit(' ').next().expect("a token").to_owned();
    let mut command = Command::new("sh");
    command.arg(script).arg(format!("http://127.0.0.1:{}", service.console));
    let ran = command.env("SOURCE", value(&source)).env("READER", value(&reader)).output().expect("sh");
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(
        ran.status.success() && said.contains("\"lines\":1"),
        "{said}{}",
        String::from_utf8_lossy(&ran.stderr)
    );

    assert!(token(folder, &["revoke", "shop"]).0);
    assert_eq!(service.ask("POST", "/v1/lines", &lines, &source).0, 401);
    let (_, listed) = token(folder, &["list"]);
    assert!(listed.contains("shop\tsource\trevoked") && !listed.contains("skt_"), "{listed}");
}
