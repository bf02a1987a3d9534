//! Lines over TLS, from `openssl s_client`: a receiver that anybody may send to, and one that only hears known senders.

use crate::serving::{Service, failure, port};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn openssl(folder: &Path, args: &str) -> Output {
    let ran = Command::new("openssl").current_dir(folder).args(args.split(' ')).output().expect("openssl");
    assert!(ran.status.success(), "openssl {args}: {}", String::from_utf8_lossy(&ran.stderr));
    ran
}

/// An authority, a server of it, and senders of it and of another one.
fn certificates(folder: &Path) {
    for authority in ["ca", "other"] {
        openssl(
            folder,
            &format!(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN={authority} -keyout {authority}.key -out {authority}.pem"
            ),
        );
    }
    for (name, authority) in [("server", "ca"), ("sender", "ca"), ("stranger", "other")] {
        openssl(
            folder,
            &format!(
                "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={name} -addext subjectAltName=DNS:localhost -keyout {name}.key -out {name}.csr"
            ),
        );
        openssl(
            folder,
            &format!(
                "x509 -req -in {name}.csr -CA {authority}.pem -CAkey {authority}.key -CAcreateserial -days 2 -copy_extensions copy -out {name}.pem"
            ),
        );
    }
}

/// Sends lines with octet counting, as RFC 5425 has it. A server that refuses the sender may do so after all was sent.
fn send(folder: &Path, port: u16, certificate: Option<&str>, lines: &[String]) {
    let mut command = Command::new("openssl");
    command.current_dir(folder).args([
        "s_client",
        "-quiet",
        "-no_ign_eof",
        "-verify_return_error",
        "-CAfile",
        "ca.pem",
    ]);
    command.args(["-verify_hostname", "localhost", "-connect", &format!("127.0.0.1:{port}")]);
    if let Some(name) = certificate {
        command.args(["-cert", &format!("{name}.pem"), "-key", &format!("{name}.key")]);
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl s_client");
    let mut stdin = child.stdin.take().expect("piped");
    for line in lines {
        let line = line.trim_end();
        // A connection that was refused breaks while it is written to.
        let _ = write!(stdin, "{} {line}", line.len());
    }
    drop(stdin);
    child.wait().expect("ends");
}

fn lines(source: &str) -> Vec<String> {
    (0..12).map(|n| format!("<38>{}", failure(source, n))).collect()
}

/// RFC 5425: lines over TLS become findings; with an authority for senders, nobody else is heard.
#[test]
fn syslog_is_received_over_tls() {
    let folder = tempfile::tempdir().expect("folder");
    std::fs::write(folder.path().join("auth.log"), "").expect("log");
    certificates(folder.path());
    let (receiver, path) = (port(), folder.path().display());
    let settings = |clients: &str| {
        format!(
            "[syslog.tls]\nlisten = \"127.0.0.1:{receiver}\"\ncertificate = \"{path}/server.pem\"\nkey = \"{path}/server.key\"\n{clients}"
        )
    };
    let mut service = Service::start_with(folder.path(), &settings(""));
    service.set_up();
    send(folder.path(), receiver, None, &lines("203.0.113.9"));
    service.until("/findings", "203.0.113.9");
    let cookie = service.cookie.clone();
    drop(service);

    let mutual = settings(&format!("clients = \"{path}/ca.pem\"\n"));
    let mut service = Service::start_with(folder.path(), &mutual);
    service.cookie = cookie;
    // Nobody without certificate, and nobody of another authority.
    send(folder.path(), receiver, None, &lines("198.51.100.1"));
    send(folder.path(), receiver, Some("stranger"), &lines("198.51.100.2"));
    send(folder.path(), receiver, Some("sender"), &lines("198.51.100.3"));
    let findings = service.until("/findings", "198.51.100.3");
    assert!(!findings.contains("198.51.100.1") && !findings.contains("198.51.100.2"), "{findings}");
}

/// Mistakes in the certificates are named with their file before the service starts.
#[test]
fn certificates_are_checked_with_the_settings() {
    let folder = tempfile::tempdir().expect("folder");
    certificates(folder.path());
    std::fs::write(folder.path().join("empty.pem"), "no certificate").expect("file");
    openssl(folder.path(), "pkey -in server.key -out open.key");
    let open = Command::new("chmod").arg("644").arg(folder.path().join("open.key")).status().expect("chmod");
    assert!(open.success());
    for (certificate, key, wanted) in [
        ("server.pem", "server.key", ""),
        ("empty.pem", "server.key", "empty.pem: holds no certificate"),
        ("server.pem", "empty.pem", "empty.pem"),
        ("server.pem", "sender.key", "does not fit the key"),
        ("server.pem", "open.key", "everybody on this computer can read"),
        ("absent.pem", "server.key", "absent.pem"),
    ] {
        let text = format!(
            "data = \"d\"\n[syslog.tls]\nlisten = \"127.0.0.1:6514\"\ncertificate = \"{certificate}\"\nkey = \"{key}\"\n"
        );
        std::fs::write(folder.path().join("s.toml"), text).expect("settings");
        let mut command = crate::support::sekisho();
        let ran =
            command.current_dir(folder.path()).args(["config", "check", "s.toml"]).output().expect("runs");
        let said = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.success(), wanted.is_empty(), "{certificate} {key}: {said}");
        assert!(said.contains(wanted), "{certificate} {key}: {said}");
    }
}
