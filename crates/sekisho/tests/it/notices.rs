//! Notices (detection.md 8.1) at a real SMTP server: aiosmtpd, by the Debian package python3-aiosmtpd, which `./test`
//! installs; where it is missing the tests say that they skip.

use crate::serving::{Service, failure, form, port};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A mail server that ends with the test.
struct MailServer {
    child: Child,
    port: u16,
    folder: PathBuf,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl MailServer {
    /// Starts it; `secure`: with STARTTLS and a password.
    #[allow(clippy::print_stderr, reason = "a check that is skipped says so")]
    fn start(folder: &Path, secure: bool) -> Option<Self> {
        let known = Command::new("/usr/bin/python3").args(["-c", "import aiosmtpd"]).output();
        if !known.is_ok_and(|ran| ran.status.success()) {
            eprintln!("skipped: python3-aiosmtpd is not installed; `./test` installs it");
            return None;
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/smtp_server.py");
        let port = port();
        let mut command = Command::new("/usr/bin/python3");
        command.arg(script).arg(port.to_string()).arg(folder);
        if secure {
            certificate(folder);
            command
                .args([folder.join("server.pem"), folder.join("server.key")])
                .args(["relay", "mail-secret-1"]);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("says so");
        assert_eq!(line.trim(), "ready");
        Some(Self { child, port, folder: folder.to_owned() })
    }

    fn mails(&self) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(self.folder.join("mail.jsonl")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// Waits for so many mails.
    fn until(&self, count: usize) -> Vec<serde_json::Value> {
        let begun = Instant::now();
        while self.mails().len() < count {
            assert!(begun.elapsed() < Duration::from_secs(60), "only these came: {:?}", self.mails());
            std::thread::sleep(Duration::from_millis(50));
        }
        self.mails()
    }
}

/// An authority of one's own and a certificate of the server.
pub(crate) fn certificate(folder: &Path) {
    let run = |args: &[&str]| {
        let ran = Command::new("openssl").current_dir(folder).args(args).output().expect("openssl");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    };
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"];
    run(&[
        &["req", "-x509"],
        &key[..],
        &["-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority"],
    ]
    .concat());
    run(&[
        &["req", "-x509", "-CA", "ca.pem", "-CAkey", "ca.key"],
        &key[..],
        &["-keyout", "server.key", "-out", "server.pem", "-subj", "/CN=localhost"],
        &["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"],
    ]
    .concat());
}

/// Subject and text of a mail, by the reader of Python.
fn read(mail: &serde_json::Value) -> (String, String) {
    let script = "import sys,email,email.policy as p;m=email.message_from_bytes(sys.stdin.buffer.read(),policy=p.default);\
        print(m['Subject']);print(m['Auto-Submitted'],m['Message-ID'],m['To']);print(m.get_content())";
    let mut child = Command::new("/usr/bin/python3")
        .args(["-c", script])
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let data = mail["data"].as_str().expect("data");
    child.stdin.take().expect("piped").write_all(data.as_bytes()).expect("written");
    let text = String::from_utf8(child.wait_with_output().expect("ends").stdout).expect("UTF-8");
    let (subject, rest) = text.split_once('\n').expect("lines");
    (subject.to_owned(), rest.to_owned())
}

pub(crate) fn attack(log: &Path, source: &str) {
    let mut lines: String = (0..30).map(|n| failure(source, n)).collect();
    lines.push_str(&format!(
        "Nov 21 10:01:00 web01 sshd[900]: Accepted password for root from {source} port 22 ssh2\n"
    ));
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(log).expect("log");
    file.write_all(lines.as_bytes()).expect("written");
}

/// DT-NTF-01, -02, -05: in seconds by mail over STARTTLS, in Japanese first, without a raw line; opening the link is not
/// acknowledging, pressing its button is, once.
#[test]
fn the_manager_is_told_by_mail_and_acknowledges_by_the_link() {
    let folder = tempfile::tempdir().expect("folder");
    let Some(server) = MailServer::start(folder.path(), true) else { return };
    std::fs::write(folder.path().join("password"), "mail-secret-1\n").expect("written");
    let mut service = Service::start_for(folder.path(), |console| {
        format!(
            "[telling]\nconsole = \"http://127.0.0.1:{console}\"\nquiet = \"00:00-23:59\"\n[mail]\nhost = \"localhost\"\n\
             port = {}\nca_file = {:?}\nuser = \"relay\"\npassword_file = {:?}\nfrom = \"関所 <sekisho@example.jp>\"\n",
            server.port,
            folder.path().join("ca.pem"),
            folder.path().join("password")
        )
    });
    service.set_up_as("kanri", "kanri@example.jp");
    let begun = Instant::now();
    attack(&folder.path().join("auth.log"), "203.0.113.9");
    let mails = server.until(1);
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(60), "DT-NTF-01: {took:?}");
    println!("told after {took:?}");
    let mail = &mails[0];
    assert_eq!((&mail["tls"], &mail["user"]), (&true.into(), &"relay".into()));
    assert_eq!(mail["to"], serde_json::json!(["kanri@example.jp"]));
    let (subject, text) = read(mail);
    assert!(subject.starts_with("【関所】") && subject.contains("事案1"), "{subject}");
    assert!(text.starts_with("auto-generated <") && text.contains("203.0.113.9"), "{text}");
    assert!(text.contains("(Asia/Tokyo)") && text.contains("Leave the power on"), "{text}");
    for hidden in ["Failed password", "sshd[", "mail-secret"] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
    // The link.
    let address = format!("http://127.0.0.1:{}", service.console);
    let link = text.lines().find_map(|line| line.strip_prefix(&address)).expect("a link").to_owned();
    let cookie = std::mem::take(&mut service.cookie);
    assert!(service.get(&link).contains("<button"), "a page with a button");
    assert!(
        !service.get(&link).contains("203.0.113.9"),
        "it shows nothing that one would have to sign in for"
    );
    assert_eq!(service.ask("GET", &link.replace(['0', '1', '2'], "3"), "", "").0, 404);
    service.cookie = cookie;
    assert!(service.get("/cases").contains("not acknowledged"), "opening it is not acknowledging");
    // What the mail server has taken is written down a moment later.
    service.until("/notices", "<td>sent</td>");
    service.get("/cases/1");
    assert!(service.get("/notices").contains("<td>seen</td>"), "looked at by the person who was told");
    let foreign = "Origin: http://evil.example\r\n";
    assert_eq!(service.ask("POST", &link, "", foreign).0, 403, "a form of another page");
    assert_eq!(service.ask("POST", &link, "", "").0, 200);
    assert_eq!(service.ask("POST", &link, "", "").0, 404, "it works once");
    let case = service.get("/cases/1");
    assert!(case.contains("kanri acknowledged the notice"), "{case}");
    // One notice for one stage (DT-NTF-04).
    attack(&folder.path().join("auth.log"), "203.0.113.9");
    std::thread::sleep(Duration::from_secs(3));
    let subjects: Vec<_> = server.mails().iter().map(|mail| read(mail).0).collect();
    assert_eq!(subjects.iter().filter(|one| **one == subject).count(), 1, "{subjects:?}");
}

/// DT-NTF-01, -05: the day in one mail, once, and a test by itself, once.
#[test]
fn the_day_is_told_once_and_tests_come_by_themselves() {
    let folder = tempfile::tempdir().expect("folder");
    let Some(server) = MailServer::start(folder.path(), false) else { return };
    let settings = |_| {
        format!(
            "[telling]\ndigest = \"00:00\"\ntest_days = 30\n[mail]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\
             from = \"sekisho@example.jp\"\n",
            server.port
        )
    };
    let mut service = Service::start_for(folder.path(), settings);
    service.set_up_as("kanri", "kanri@example.jp");
    let subjects =
        |mails: Vec<serde_json::Value>| -> Vec<String> { mails.iter().map(|mail| read(mail).0).collect() };
    let first = subjects(server.until(2));
    assert!(first.iter().any(|one| one.contains("のまとめ（未終結の事案 0 件）")), "{first:?}");
    assert!(first.iter().any(|one| one.contains("試験")), "{first:?}");
    // What is written down as sent is not sent again after a restart.
    while service.get("/notices").matches("<td>sent</td>").count() < 2 {
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(service);
    let service = Service::start_for(folder.path(), settings);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(server.mails().len(), 2, "{:?}", subjects(server.mails()));
    drop(service);
}

/// DT-NTF-02, -03, -07: a refused address is handed to the operator at once, whose server says "later" first; while nobody
/// could be told the console says so.
#[test]
fn what_one_address_refuses_others_are_told() {
    let folder = tempfile::tempdir().expect("folder");
    let Some(server) = MailServer::start(folder.path(), false) else { return };
    let mut service = Service::start_for(folder.path(), |_| {
        format!(
            "[mail]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"sekisho@example.jp\"\n",
            server.port
        )
    });
    service.set_up_as("kanri", "admin@example.jp");
    let secret = form(&service.get("/people"));
    for (login, role, mail) in [("sekinin", "crisis-manager", "refused"), ("oper", "operator", "later")] {
        let body = format!(
            "form={secret}&login={login}&name=A&mail={mail}%40example.jp&role={role}&password=correct-horse-battery"
        );
        assert_eq!(service.ask("POST", "/people", &body, "").0, 303);
    }
    attack(&folder.path().join("auth.log"), "203.0.113.9");
    service.until("/", "Notices do not arrive");
    let mails = server.until(1);
    assert_eq!(mails[0]["to"], serde_json::json!(["later@example.jp"]));
    let (_, text) = read(&mails[0]);
    assert!(!text.contains("http"), "no link without an address of the console: {text}");
}

#[test]
fn settings_of_mail_are_checked() {
    let folder = tempfile::tempdir().expect("folder");
    let good = "data = \"d\"\nfiles = [\"x\"]\n";
    let mail = "[mail]\nhost = \"mail.example.jp\"\nfrom = \"a@example.jp\"\n";
    for (text, wanted) in [
        (format!("{mail}tls = \"none\"\n"), "without TLS"),
        (format!("{mail}user = \"x\"\n"), "only one of"),
        (mail.replace("a@example.jp", "nobody"), "no mail address"),
        (format!("{mail}user = \"x\"\npassword_file = \"absent\"\n"), "absent"),
        (format!("{mail}ca_file = \"s.toml\"\n"), "s.toml"),
        (format!("{mail}password = \"x\"\n"), "unknown field"),
        ("[telling]\nquiet = \"22-7\"\n".to_owned(), "22:00-07:00"),
        ("[telling]\nconsole = \"http://sekisho.example.jp\"\n".to_owned(), "https://"),
    ] {
        std::fs::write(folder.path().join("s.toml"), format!("{good}{text}")).expect("settings");
        let ran = crate::support::sekisho()
            .current_dir(folder.path())
            .args(["config", "check", "s.toml"])
            .output()
            .expect("runs");
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(!ran.status.success() && said.contains(wanted), "{text}: {said}");
    }
}
