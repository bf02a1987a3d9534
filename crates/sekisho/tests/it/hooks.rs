//! Notices by webhook and syslog at real receivers with TLS, the page of notices, duties, and tests of notices.

use crate::notices::{attack, certificate};
use crate::serving::{Service, form, port};
use crate::support::sekisho;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

struct Receiver(Child);

impl Drop for Receiver {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Starts it; `None`, said plainly, without Python.
#[allow(clippy::print_stderr, reason = "a check that is skipped says so")]
fn receiver(folder: &Path, https: u16, syslog: u16) -> Option<Receiver> {
    certificate(folder);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/receiver.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(folder).args([folder.join("server.pem"), folder.join("server.key")]);
    command.args([https.to_string(), syslog.to_string()]).stdout(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        eprintln!("skipped: python3 is not installed; `./test` installs it");
        return None;
    };
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("says so");
    assert_eq!(line.trim(), "ready");
    Some(Receiver(child))
}

/// Waits until the file holds the text.
fn until(file: &Path, wanted: &str) -> String {
    let begun = Instant::now();
    loop {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if text.contains(wanted) {
            return text;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "no {wanted:?} in {}: {text}", file.display());
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The HMAC, computed by another program.
fn openssl_hmac(text: &str) -> String {
    use std::io::Write as _;
    let mut child = Command::new("openssl")
        .args(["dgst", "-sha256", "-hmac", "hook-secret-of-the-test", "-r"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("openssl");
    child.stdin.take().expect("piped").write_all(text.as_bytes()).expect("written");
    let said = String::from_utf8(child.wait_with_output().expect("ends").stdout).expect("UTF-8");
    said.split(' ').next().expect("a hash").to_owned()
}

#[test]
fn notices_go_by_signed_webhooks_and_syslog_over_tls() {
    let folder = tempfile::tempdir().expect("folder");
    let (https, syslog) = (port(), port());
    let Some(_receiver) = receiver(folder.path(), https, syslog) else { return };
    std::fs::write(folder.path().join("secret"), "hook-secret-of-the-test\n").expect("written");
    let ca = folder.path().join("ca.pem");
    let mut service = Service::start_for(folder.path(), |_| {
        format!(
            "[webhook]\nurl = \"https://localhost:{https}/all\"\nsecret_file = {:?}\nca_file = {ca:?}\n\
             [syslog_out]\nhost = \"localhost\"\nport = {syslog}\nca_file = {ca:?}\n",
            folder.path().join("secret")
        )
    });
    service.set_up_as("kanri", "");
    // A duty for the administrator, and an address with TLS of its own.
    let page = service.get("/notices");
    let secret = form(&page);
    let (_, rest) = page.split_once("/notices/addresses/").expect("people");
    let person = rest.get(..32).expect("an id").to_owned();
    let post = |path: &str, body: &str| service.ask("POST", path, &format!("form={secret}&{body}"), "").0;
    let all_days: String = (0..7).map(|day| format!("&day{day}=1")).collect();
    let duty = format!("person={person}&duty=crisis-manager&from=00:00&until=00:00");
    assert_eq!(post("/notices/duties", &duty), 400, "on no day");
    assert_eq!(post("/notices/duties", &format!("{duty}{all_days}")), 303);
    assert_eq!(post("/notices/duties", &format!("person=x&duty=head&from=9&until=18:00{all_days}")), 400);
    for (second, status) in [
        ("http%3A%2F%2F203.0.113.1%2Fx", 400),
        ("file%3A%2F%2F%2Fetc", 400),
        ("a%40b%0D%0ABcc%3Ac%40d", 400),
        (&*format!("https%3A%2F%2Flocalhost%3A{https}%2Fmoved"), 303),
    ] {
        assert_eq!(
            post(&format!("/notices/addresses/{person}"), &format!("mail=&second={second}")),
            status,
            "{second}"
        );
    }
    attack(&folder.path().join("auth.log"), "203.0.113.9");
    let hooks = folder.path().join("hooks.jsonl");
    let text = until(&hooks, "/all") + &until(&hooks, "/moved");
    assert!(!text.contains("/elsewhere"), "a redirect is not followed");
    let kept: serde_json::Value = serde_json::from_str(text.lines().next().expect("a line")).expect("JSON");
    let (body, signature) =
        (kept["body"].as_str().expect("body"), kept["signature"].as_str().expect("signed"));
    let (time, hash) =
        signature.strip_prefix("t=").and_then(|rest| rest.split_once(",v1=")).expect("two parts");
    assert_eq!(openssl_hmac(&format!("{time}.{body}")), hash);
    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    assert_eq!((&body["schema_version"], &body["case"]), (&1.into(), &1.into()));
    let line = until(&folder.path().join("syslog"), "【関所】");
    assert!(line.contains(" sekisho - notice [notice@32473 id=\""), "{line}");

    // Who may do nothing sees the page, and hostile words stand in it as text.
    let page = service.until("/notices", "given up, others are told");
    assert!(page.contains("302") && page.contains("written to the connection"), "{page}");
    assert!(page.contains("/notices/duties/"), "{page}");
    // Acknowledged on the page.
    assert_eq!(post("/cases/1/acknowledge", ""), 303);
    service.until("/notices", "Nothing waits to be acknowledged");

    // A test, from the command line and from the page.
    let ran = sekisho().current_dir(folder.path()).args(["notice", "test"]).output().expect("runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    until(&hooks, "通知の試験");
    service.until("/notices", "action=\"/notices/acknowledge\"");
    assert_eq!(post("/notices/test", ""), 303);
    assert_eq!(post("/notices/acknowledge", ""), 303);
    service.until("/notices", "Nothing waits to be acknowledged");
}
